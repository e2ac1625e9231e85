"""E18: hostile messages and requests, unpaired and in each role: the hub lives, answers, keeps its size and its log."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hub.agents import csrf
from hub.agents.model import ROLES
from hub.app import what_of
from hub.asks import ASKS
from hub.bench.rig import family, free_port
from hub.demo.agency import prepare
from hub.errors import Refused
from hub.wsgi import build
from tests.agency import hub_with, opened, strain

pytestmark = [pytest.mark.slow, pytest.mark.faults]

DEVICES = ("kiosk", "display", "panel", "api")
P99_MS, LOG_PER_MINUTE, GROWTH = 200, 1024, 1.10
#: Threads, caches and small lists are made once and kept: measured after so many.
WARM = 20_000


@dataclass
class Flood:
    """What one run of it came to."""

    answered: Counter[str] = field(default_factory=Counter)
    acks_ms: list[float] = field(default_factory=list)
    grown: float = 0.0
    first_kb: int = 0
    log_bytes: int = 0
    helpers: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def p99_ms(self) -> float:
        """Of the paired kiosk's asks."""
        return sorted(self.acks_ms)[int(len(self.acks_ms) * 0.99)]

    def __str__(self) -> str:
        statuses = {name: count for name, count in sorted(self.answered.items()) if len(name) < 60}
        middle = sorted(self.acks_ms)[len(self.acks_ms) // 2]
        return (
            f"{self.seconds:.0f} s; kiosk p50 {middle:.0f}, p99 {self.p99_ms:.0f} ms of {len(self.acks_ms)};"
            f" memory {self.first_kb // 1024} MB x {self.grown:.3f}, beside it {self.helpers};"
            f" log {self.log_bytes} bytes; {statuses}"
        )


@pytest.fixture(scope="module")
def doors(tmp_path_factory):
    """Every address the hub has, with its row of the rights and its methods, read off a hub that nobody asks."""
    folder = tmp_path_factory.mktemp("routes")
    command = f"from tests.faults.test_hostile import print_routes; print_routes({str(folder)!r})"
    told = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True, cwd=ROOT)
    return json.loads(told.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def routes(doors):
    """Every address with its methods."""
    return [[rule, *methods] for rule, _, *methods in doors]


ROOT = Path(__file__).parents[2]


def print_routes(folder: str) -> None:
    """In a process of its own: a hub leaves threads behind."""
    app = build(prepare(Path(folder), free_port()).settings)
    # signing out and away, and locking the screen, is a right of every session: it would end the test
    rules = [
        [re.sub(r"<[^>:]+:", "<", rule.rule), what_of(rule.endpoint), *sorted((rule.methods or set()) - {"OPTIONS"})]
        for rule in app.url_map.iter_rules()
        if rule.rule not in ("/logout", "/lock") and "static" not in rule.endpoint
    ]
    print(json.dumps(rules), flush=True)  # noqa: T201 (read by the fixture)
    raise SystemExit


@pytest.fixture
def agency(tmp_path):
    with opened_for_real(tmp_path) as running:
        yield running


def opened_for_real(folder):
    """The agency with the limits of a real one."""
    return opened(folder, hub_with(requests_per_s=100))


@pytest.fixture
def wide_open(tmp_path):
    """The agency without its limit of requests: whatever comes is looked at, not turned away at the door."""
    with opened(tmp_path, hub_with(requests_per_s=100_000)) as running:
        yield running


def resident_kb(*pids):
    """What these processes hold now."""
    found = 0
    for pid in pids:
        with suppress(FileNotFoundError, AttributeError):  # a helper that has just ended
            found += int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1])
    return found


def hub_kb(agency):
    """Of the hub. Whoever draws a page as PDF is a process that comes and goes, with limits of its own."""
    return resident_kb(agency.pid("hub"))


def helpers(agency):
    """What those are and hold, to be told."""
    found = []
    for pid in family(agency.pid("hub"))[1:]:
        with suppress(FileNotFoundError):
            name = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
            found.append(f"{' '.join(name[1:3])} {resident_kb(pid) // 1024} MB")
    return found


def identities(agency):
    """Everybody malice can be: name, token of the socket, head of a request."""
    yield "unpaired", "", {}
    for kind in DEVICES:
        yield kind, agency.tokens[kind], {"Authorization": f"Bearer {agency.tokens[kind]}"}
    for role in ROLES:
        if person := next((each for each in agency.people if role in each["roles"]), None):
            cookie, token = agency.session(person["code"])
            yield role, token, {"Cookie": cookie, csrf.HEADER: csrf.token_for(cookie.partition("=")[2])}


def press_on(agency, done, acks):
    """A paired kiosk as it works: every fifth of a second an ask."""
    line, refused = agency.line("K51"), 0
    while not done.is_set():
        began = time.monotonic()
        try:
            line.ask("issue", f"press {began}", service="XES", timeout_s=10)
        except Refused:
            refused += 1
        acks.append(1000 * (time.monotonic() - began))
        done.wait(0.2)
    assert refused == 0


def flood(agency, routes, seed, count, at_once=2):
    """So many messages and so many requests, by everybody in turn; `at_once` processes of them at a time."""
    everybody = list(identities(agency))
    plans = [
        {
            "port": agency.port, "seed": seed * 100 + number, "routes": routes, "whats": sorted(ASKS), "token": token,
            "head": head, "frames": count // len(everybody), "requests": count // len(everybody),
        }
        for number, (_, token, head) in enumerate(everybody)
    ]  # fmt: skip
    result = Flood()

    def work(mine):
        command = [sys.executable, "-m", "tests.faults.hostile"]
        told = subprocess.run(command, input=json.dumps(mine), capture_output=True, text=True, check=True, cwd=ROOT)
        result.answered.update(json.loads(told.stdout))

    done, began = threading.Event(), time.monotonic()
    log, size = len(agency.log()), hub_kb(agency)
    kiosk = threading.Thread(target=press_on, args=(agency, done, result.acks_ms))
    workers = [threading.Thread(target=work, args=(plans[first::at_once],)) for first in range(at_once)]
    kiosk.start()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    done.set()
    kiosk.join()
    result.seconds = time.monotonic() - began
    result.first_kb = size
    result.grown, result.log_bytes = hub_kb(agency) / size, len(agency.log()) - log
    result.helpers = helpers(agency)
    return result


def held(agency, result, hub):
    """All that must hold, at once."""
    assert agency.pid("hub") == hub, "the hub died"
    assert [name for name in result.answered if name[0] == "5" and name[:3].isdigit()] == []
    assert result.grown <= GROWTH
    assert result.log_bytes <= LOG_PER_MINUTE * (1 + result.seconds / 60)
    assert "Traceback" not in agency.log()
    assert agency.verified() == []


@pytest.mark.nightly
@pytest.mark.timeout(240)
def test_a_small_flood_from_everybody(agency, routes, note):
    hub = agency.pid("hub")
    flood(agency, routes, 1, 200)
    result = flood(agency, routes, 2, 300)
    note(str(result))
    held(agency, result, hub)  # how long a kiosk waits meanwhile is measured alone, by the pieces below


@pytest.mark.nightly
@pytest.mark.timeout(600)
@pytest.mark.parametrize("piece", range(4))
def test_a_quarter_of_a_hundred_thousand_messages_and_requests(agency, routes, piece, note):
    hub = agency.pid("hub")
    flood(agency, routes, 1000 + piece, WARM)
    result = flood(agency, routes, piece, 25_000)
    note(str(result))
    held(agency, result, hub)
    assert result.p99_ms <= P99_MS * strain()


@pytest.mark.nightly
@pytest.mark.timeout(600)
@pytest.mark.parametrize("piece", range(4))
def test_what_no_limit_holds_back_reaches_every_page_and_none_breaks(wide_open, routes, piece, note):
    """With the limit two of three requests end at the door; here they come to the pages. How fast is no matter."""
    hub = wide_open.pid("hub")
    flood(wide_open, routes, 3000 + piece, WARM // 4)
    result = flood(wide_open, routes, 2000 + piece, 10_000)
    note(str(result))
    held(wide_open, result, hub)
