"""E6: system calls that are interrupted (EINTR), once, often and each time: no false answer, and nothing is refused
that a second try would have done.

A real process over the real store and actions; strace interrupts the calls before the kernel does anything.
"""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from hub.ask import HUB, Ask
from hub.context import Hub
from hub.demo.processes import ROOT
from hub.queues import actions, appliers
from hub.queues.migrations import migrations
from hub.verify import Rooms, verify
from tests.faults import interrupted
from tests.office import open_store

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.timeout(120)]
REQUESTS = 12
QUEUES = Rooms(appliers.APPLIERS, (migrations,), appliers.STATE_TABLES)
#: strace's words for which of the calls: each third from one on, or all of them from the fifth on.
OFTEN, FOR_EVER = "2+3", "5+"
#: What SQLite does again by itself (the first readings are the loader's, of libraries); a sync, it does not.
AGAIN = {"pwrite64": OFTEN, "pread64": "40+3", "ftruncate": OFTEN}
SYNC = ("fdatasync", "fsync")


@pytest.fixture(scope="module")
def tracer():
    """strace, where it may trace."""
    found = shutil.which("strace")
    if found is None or subprocess.run([found, "-qq", "-e", "trace=none", "true"], check=False).returncode:
        pytest.skip("no strace that may trace here: no system call can be interrupted")
    return found


def morning(office, tracer, calls, when):
    """Requests, some of whose system calls are interrupted: what was answered by key, and what strace counted."""
    data = office.hub.store.folder
    office.hub.store.close()
    trace = data.parent / "trace"
    inject = [word for call in calls for word in ("-e", f"inject={call}:error=EINTR:when={when}")]
    said = subprocess.run(
        [tracer, "-f", "-qq", "-o", trace, "-e", f"trace={','.join(calls)}", *inject, sys.executable,
         interrupted.__file__, data, str(REQUESTS)],
        env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    answers = dict(line.split() for line in said.stdout.splitlines()[1:])
    assert len(answers) == REQUESTS, said.stdout + said.stderr
    return answers, trace.read_text().count("(INJECTED)")


def kept(office):
    """Labels by key, as the file has them."""
    with closing(sqlite3.connect(office.hub.store.path)) as db:
        rows = db.execute("SELECT key, payload ->> 'label' FROM journal WHERE kind = 'ticket_issued'").fetchall()
    return dict(rows)


@pytest.mark.thinned(3)
@pytest.mark.parametrize(("call", "when"), AGAIN.items())
def test_a_call_that_is_interrupted_is_made_again_and_nobody_hears_of_it(office, tracer, note, call, when):
    answers, interruptions = morning(office, tracer, (call,), when)
    note(f"{call}: {interruptions} interrupted")
    assert interruptions
    assert "refused" not in answers.values()
    assert kept(office) == answers
    assert verify(office.hub.store.folder, QUEUES).problems == []


@pytest.mark.thinned(2)
@pytest.mark.parametrize("when", [OFTEN, FOR_EVER], ids=["often", "for ever"])
def test_a_sync_that_is_interrupted_is_no_sync_and_nothing_is_acknowledged_by_it(office, tracer, note, when):
    answers, interruptions = morning(office, tracer, SYNC, when)
    given = {key: label for key, label in answers.items() if label != "refused"}
    note(f"{interruptions} interrupted, {len(answers) - len(given)} of {len(answers)} refused")
    assert interruptions
    assert kept(office).items() >= given.items()
    assert len(set(given.values())) == len(given)
    assert verify(office.hub.store.folder, QUEUES).problems == []
    hub = Hub(office.hub.settings, open_store(office.hub.store.folder, office.hub.store.clock))
    assert actions.issue(hub, Ask(HUB, "after"), service="DEP", channel="reception")["label"]
    hub.store.close()
