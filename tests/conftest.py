"""Fixtures of the whole house: a hub on a real file with a clock that moves when told."""

from __future__ import annotations

import gc
import os
import shutil
from collections import Counter
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import structlog
from argon2 import PasswordHasher
from hypothesis import settings

from hub.agents import secrets
from hub.clock import ManualClock
from hub.context import Hub
from hub.demo import agency as demo_agency
from tests.chromium import chromium
from tests.office import Office, demo_settings, open_store
from tests.once import once
from tests.patience import patience
from tests.together import Together

__all__ = ["chromium"]

# No folder of found examples in a clone, and no failure because two cores were busy.
settings.register_profile("mbote", database=None, deadline=None, max_examples=50)
settings.load_profile("mbote")

#: A test's files lie in memory where there is room for them: nothing of them has to outlive the power, and those that
#: cut it make a disk of their own. What a test that passed leaves is thrown away (pyproject.toml).
MEMORY, ROOM = Path("/dev/shm"), 2_000_000_000  # noqa: S108 (pytest makes a folder of its own in it)
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

#: Each process that runs tests has ports of its own: one that another has chosen and not yet opened looks free.
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
demo_agency.PORTS = demo_agency.PORTS[WORKER::WORKERS]

#: A Monday, ten minutes before the doors open in Brazzaville.
MONDAY = datetime(2026, 3, 2, 7, 20, tzinfo=ZoneInfo("Africa/Brazzaville"))


#: The hasher of the product.
DEAR = secrets._HASHER


@pytest.fixture(autouse=True, scope="session")
def cheap_hashes():
    """Secrets are hashed at a hundredth of the cost; what a hash really costs is told in tests/hub/agents."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secrets, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        yield


@pytest.fixture(autouse=True, scope="session")
def the_same_once():
    """Tables, templates and addresses are made once in a process; a traceback is not painted."""
    said = structlog.processors
    structlog.configure(processors=[said.add_log_level, said.format_exc_info, said.JSONRenderer()])
    with pytest.MonkeyPatch.context() as patch:
        once(patch)
        yield


@pytest.fixture
def clock():
    return ManualClock(MONDAY)


@pytest.fixture(scope="session")
def agency():
    """The demo agency's settings, read once."""
    return demo_settings()


@pytest.fixture
def hub(tmp_path, clock, agency):
    """A hub of the demo agency on a new file; no day is open yet."""
    opened = Hub(agency, open_store(tmp_path / "data", clock))
    yield opened
    opened.store.close()


@pytest.fixture
def office(hub, clock):
    """The agency with its day open and nobody in it."""
    house = Office(hub, clock).open_day()
    yield house
    house.hub.store.close()


@pytest.fixture
def note(record_property):
    """Write down what a run counted or measured: it stands under the results, whether they are good or bad."""
    return lambda sentence: record_property("note", sentence)


def pytest_terminal_summary(terminalreporter):
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, ()):
            for name, sentence in report.user_properties:
                if name == "note":
                    terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {sentence}")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item):
    """What may take a minute may take as many as others want the processors: it is slow then, and does not hang."""
    own = item.get_closest_marker("timeout")
    alone = own.args[0] if own else float(item.config.getini("timeout"))
    item.add_marker(pytest.mark.timeout(patience(alone)), append=False)
    return (yield)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """The whole suite's (`--dist loadgroup`)."""
    return Together(config, log) if config.getvalue("dist") == "loadgroup" else None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection(session):
    """Six thousand tests stay to the end: Python need not look through them again and again for what may go."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """`@pytest.mark.thinned(5)`: the ordinary run takes every fifth case of a test, the nightly one takes all.

    And what a case says of itself (the time a nightly piece may take) goes before what its test says of all.
    """
    seen: Counter[str] = Counter()
    for item in items:
        own = item.callspec.marks if hasattr(item, "callspec") else []
        item.own_markers.sort(key=lambda mark: mark not in own)
        if thinned := item.get_closest_marker("thinned"):
            test = item.nodeid.partition("[")[0]
            if seen[test] % thinned.args[0]:
                item.add_marker(pytest.mark.nightly)
            seen[test] += 1
