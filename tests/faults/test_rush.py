"""E13: agents press *Suivant* together, a million times: nobody is called twice, in the agency's order; all is judged.

Sixteen threads over the real actions, in forty pieces of the nightly run; four processes of four agents each on real
sockets, in ten. What a hub looks like that fails it stands in test_contested.py: both its rushes find a *next* that
looks first and calls afterwards.
"""

import itertools
import json
import os
import subprocess
import sys
import threading
import time

import pytest

from hub.ask import Actor
from hub.context import Hub
from hub.demo.processes import ROOT
from hub.judge import read_lines
from hub.queues import actions
from hub.queues import appliers as queue_appliers
from hub.queues.migrations import migrations
from hub.verify import Rooms, verify
from tests.agency import COUNTERS, hub_alone, opened
from tests.faults import pressers
from tests.faults.checker import judge_agency
from tests.faults.clients import Agent, Core, Crowd, Visitors, chances
from tests.office import SUPERVISOR, Ask, demo_settings, open_store

pytestmark = [pytest.mark.faults, pytest.mark.slow]
PRESSES, NIGHTLY_PRESSES, PIECES = 1_500, 1_000_000, 40
ON_SOCKETS, NIGHTLY_ON_SOCKETS, SOCKET_PIECES = 10, 625, 10
#: Who hears that nobody waits presses again after so long.
EMPTY_S = 0.002
AGENTS, PROCESSES, WAITING, SERVICE = 16, 4, 12, "DEP"
QUEUES = Rooms(queue_appliers.APPLIERS, (migrations,), queue_appliers.STATE_TABLES)
NIGHTLY = (pytest.mark.nightly, pytest.mark.timeout(900))
LOOKED = ["G0", "G1", "G2", "G4", "G9", *(f"Q{n}" for n in (*range(1, 13), 19, 20))]


def pieces(first, many):
    """Piece 0 is a short one."""
    return pytest.mark.parametrize("piece", [first, *(pytest.param(n, marks=NIGHTLY) for n in range(1, many + 1))])


# --- over the actions ---------------------------------------------------------------------------


@pytest.fixture
def hall(tmp_path):
    """Sixteen counters of one queue, each with an agent; nobody waits yet."""
    settings = demo_settings()
    first = next(counter for counter in settings.counters if counter.services)
    codes = [f"{number}" for number in range(61, 61 + AGENTS)]
    counters = tuple(first.model_copy(update={"code": code, "services": (SERVICE,)}) for code in codes)
    hub = Hub(
        settings.model_copy(update={"counters": counters, "counter_services": ()}), open_store(tmp_path / "data", None)
    )
    actions.open_day(hub, Ask(SUPERVISOR, "day"))
    for code in codes:
        actions.open_counter(hub, Ask(SUPERVISOR, f"open {code}"), counter=code, agent=f"0000{code}")
    yield hub
    hub.store.close()


@pieces(0, PIECES)
@pytest.mark.timeout(240)
def test_sixteen_threads_press_next_over_the_actions(hall, tmp_path, seed, note, piece):
    presses, book = NIGHTLY_PRESSES // PIECES if piece else PRESSES, tmp_path / "history.jsonl"
    first, began = hall.store.head[0] + 1, time.monotonic()
    Floor(hall, book, seed + piece).press(presses)
    took = time.monotonic() - began
    verdict = judge_agency(
        read_lines(book), hall.store.folder, hall.settings, config={"overtake_max": 0}, exercises=LOOKED, from_seq=first
    )
    note(f"E13 {presses} presses of {AGENTS} threads in {took:.0f} s: {verdict}")
    assert verdict.valid is True, str(verdict)
    assert verdict.counts["calls"] + verdict.counts["nobody"] >= presses
    assert verdict.counts["calls"] > presses // 10
    assert verify(hall.store.folder, QUEUES).problems == []


class Floor:
    """Agents who press as fast as they can, and visitors who come as long as few wait."""

    def __init__(self, hub, book, seed):
        self._presses = itertools.count(1)
        self._most = 0
        self._ended = threading.Event()
        self._given, self._called = itertools.count(1), itertools.count(1)
        self._waiting = 0
        self._lock = threading.Lock()
        kiosk, panel = frozenset({"kiosk"}), frozenset({"panel"})
        self._visitors = [
            (Visitors(name, Core(hub, Actor(device=name, roles=kiosk)), book), chances(seed + n))
            for n, name in enumerate(("K1", "K2", "K3", "K4"))
        ]
        self._agents = [
            Agent(f"P{c.code}", Core(hub, Actor(device=f"P{c.code}", roles=panel, counters=(c.code,))), book).at(c.code)
            for c in hub.settings.counters
        ]

    def press(self, presses):
        """So often, all together. What goes wrong in a thread is raised here."""
        self._most, wrong = presses, []

        def careful(work, *about):
            try:
                work(*about)
            except Exception as error:  # noqa: BLE001 (it is raised below)
                wrong.append(error)
                self._ended.set()

        people = [threading.Thread(target=careful, args=(self._serve, agent)) for agent in self._agents]
        people += [threading.Thread(target=careful, args=(self._come, *one)) for one in self._visitors]
        for one in people:
            one.start()
        for one in people:
            one.join()
        if wrong:
            raise wrong[0]

    def _come(self, visitors, chance):
        while not self._ended.is_set():
            with self._lock:
                few = self._waiting < WAITING
                self._waiting += few
            if few:
                visitors.take(SERVICE, chance)
            else:
                self._ended.wait(0.002)

    def _serve(self, agent):
        while not self._ended.is_set():
            if next(self._presses) >= self._most:
                self._ended.set()
            if agent.next() is None:
                self._ended.wait(EMPTY_S)
                continue
            with self._lock:
                self._waiting -= 1
            agent.ask("serve.start", "start", counter=agent.counter)
            agent.ask("serve.end", "finish", counter=agent.counter)


# --- on sockets ---------------------------------------------------------------------------------


@pieces(pytest.param(0, marks=pytest.mark.nightly), SOCKET_PIECES)
@pytest.mark.timeout(240)
def test_four_processes_press_next_on_their_sockets(tmp_path, seed, note, piece):
    presses, book = NIGHTLY_ON_SOCKETS if piece else ON_SOCKETS, tmp_path / "history.jsonl"
    with opened(tmp_path / "agency", hub_alone()) as agency:
        first = agency.api.get("board")["seq"] + 1
        with Crowd(agency, book, kiosks=4, agents=0, seed=seed + piece, pause_s=0.02):
            pressed = in_processes(agency, presses, book)
        last, chance = Agent("A9", agency.api, book).at("05"), chances(seed)
        while last.visit(chance):
            pass  # until nobody waits any more: that is an answer, too
        data = agency.folder / "data"
        verdict = judge_agency(
            read_lines(book), data, agency.settings, config={"overtake_max": 0}, exercises=LOOKED, from_seq=first
        )
        note(f"E13 {pressed} presses on {AGENTS} sockets of {PROCESSES} processes: {verdict}")
        assert verdict.valid is True, str(verdict)
        assert pressed == AGENTS * presses
        assert agency.verified() == []


def in_processes(agency, presses, book):
    """Four processes of four agents; how often all of them pressed."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    started = []
    for number in range(PROCESSES):
        codes = COUNTERS[number * AGENTS // PROCESSES : (number + 1) * AGENTS // PROCESSES]
        wanted = {
            "url": f"http://127.0.0.1:{agency.port}", "tokens": {code: agency.tokens[code] for code in codes},
            "presses": presses, "book": str(book),
        }  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, pressers.__file__],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        process.stdin.write(json.dumps(wanted) + "\n")
        process.stdin.close()
        process.stdin = None
        started.append(process)
    return sum(int(process.communicate()[0] or 0) for process in started)
