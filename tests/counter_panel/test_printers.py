"""The printers at the counters: real processes that own them, real hub, bytes on real sockets, kills."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager

import pytest

from counter_panel.printers import OwnedPrinter
from hardware.printer import NOT_ASKED, Status
from hardware.printer_emulator import PrinterEmulator
from hub.agents import actions as agents
from hub.ask import HUB, Ask
from hub.bench.rig import free_port, wait_answer
from hub.demo.agency import prepare
from hub.demo.processes import ROOT
from hub.errors import StoreFault
from hub.paper import Cut, Text
from hub.printing import rules, store
from hub.rooms import open_hub
from hub.settings.devices import CounterPrinter
from hub.settings_files import load_settings
from tests.patience import patience

pytestmark = [pytest.mark.slow, pytest.mark.faults]
SOON_S = 15
RECEIPTS, DESK = "RECUS", "ACCUEIL"


class Counters:
    """An agency with two printers at its counters, each owned by a process of its own."""

    def __init__(self, folder, opened):
        self._opened = opened
        self.agency = prepare(folder, free_port())
        self.paper = {name: PrinterEmulator().open() for name in (RECEIPTS, DESK)}
        for emulator in self.paper.values():
            opened.callback(emulator.close)
        (self.agency.config / "printers.toml").write_text(self._printers())
        self.settings = load_settings(self.agency.config)
        with self._hub() as hub:
            for name in ("I1", "I2"):
                token = agents.pair(hub, Ask(HUB), kind="printer", name=name)["token"]
                (self.agency.config / f"{name}.token").write_text(str(token))

    def _printers(self):
        tables = (
            f'[[printer]]\nname = "{name}"\nport = {self.paper[name].port}\ntimeout_s = 1.0\n'
            + (f'stand_in = "{DESK}"\n' if name == RECEIPTS else "")
            for name in (RECEIPTS, DESK)
        )
        return f'[printing]\nhub = "http://127.0.0.1:{self.agency.port}"\n' + "".join(tables)

    @contextmanager
    def _hub(self):
        """The agency's store, while no hub runs; a killed one lets go of it in a moment."""
        end = time.monotonic() + patience(SOON_S)
        while True:
            try:
                hub = open_hub(self.settings)
                break
            except StoreFault:
                assert time.monotonic() < end, "the hub is still there"
                time.sleep(0.05)
        try:
            yield hub
        finally:
            hub.store.close()

    def cause(self, *words, printer=RECEIPTS):
        """Papers that wait for a printer; before the hub is started."""
        with self._hub() as hub, hub.store.transaction(Ask(HUB)) as tx:
            return [
                store.queue_job(tx, about=f"receipt {word}", printer=printer, copy=0, slip=(Text(word, size=4), Cut()))
                for word in words
            ]

    def start_hub(self):
        process = self._start("hub.demo.child", "hub")
        wait_answer(self.agency.port, patience(15))
        return process

    def own(self, printer, device):
        """`mbote printer` for one of them, started and ready."""
        local = self.agency.config / "local.toml"
        words = local.read_text("utf-8").partition("[printing]")[0]
        local.write_text(f'{words}[printing]\nname = "{device}"\ntoken = "{device}.token"\n', "utf-8")
        process = self._start("hub.cli", "printer", "--name", printer)
        assert process.stdout.readline() == f"ready {device}\n"
        return process

    def _start(self, module, *words):
        command = [sys.executable, "-m", module, words[0], "--config", str(self.agency.config), *words[1:]]
        environment = os.environ | {"PYTHONPATH": str(ROOT), "MBOTE_PARENT": str(os.getpid())}
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)

        def end():
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()
            process.stdout.close()

        self._opened.callback(end)
        return process

    def on(self, printer):
        """The words on each paper of a printer."""
        return [[line.text for line in slip if line.kind == "text"] for slip in list(self.paper[printer].slips)]

    def wait_for_papers(self, printer, count, seconds=SOON_S):
        self.paper[printer].wait_for_slips(count, patience(seconds))
        return self.on(printer)

    def states(self):
        """Each job's state, once the hub has been stopped."""
        with self._hub() as hub:
            rows = hub.reader.execute("SELECT about, state, attempt, owner FROM print_job ORDER BY id").fetchall()
        return [tuple(row) for row in rows]


@pytest.fixture
def counters(tmp_path):
    with ExitStack() as opened:
        yield Counters(tmp_path, opened)


def until(true, seconds, what):
    end = time.monotonic() + patience(seconds)
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.02)


@pytest.mark.nightly
def test_papers_come_out_in_order_each_once(counters):
    counters.cause("R1", "R2", "R3")
    hub = counters.start_hub()
    owner = counters.own(RECEIPTS, "I1")
    assert counters.wait_for_papers(RECEIPTS, 3) == [["R1"], ["R2"], ["R3"]]
    until_told(counters, hub, owner)
    assert {state for _, state, _, _ in counters.states()} == {"confirmed"}


def until_told(counters, hub, *owners):
    """The owners have told of their papers; then hub and owners are stopped."""
    time.sleep(0.5)
    for process in (*owners, hub):
        process.kill()
        process.wait()


def test_who_is_killed_in_mid_paper_prints_it_again_as_a_copy_and_never_as_a_second_original(counters):
    counters.cause("R1")
    counters.paper[RECEIPTS].speed(20)
    hub = counters.start_hub()
    owner = counters.own(RECEIPTS, "I1")
    until(lambda: counters.paper[RECEIPTS].unfinished, SOON_S, "the paper has begun")
    owner.kill()
    owner.wait()
    counters.paper[RECEIPTS].speed(0)
    again = counters.own(RECEIPTS, "I1")
    until(lambda: any("*** DUPLICATA 1 ***" in words for words in counters.on(RECEIPTS)), SOON_S, "a copy comes")
    until_told(counters, hub, again)
    originals = [words for words in counters.on(RECEIPTS) if "R1" in words and "*** DUPLICATA 1 ***" not in words]
    assert len(originals) <= 1
    assert counters.states() == [("receipt R1", "confirmed", 2, "I1")]


@pytest.mark.nightly
def test_a_printer_without_paper_leaves_its_papers_to_its_stand_in(counters):
    counters.paper[RECEIPTS].fault("paper_out")
    counters.cause("R1", "R2")
    hub = counters.start_hub()
    first, second = counters.own(RECEIPTS, "I1"), counters.own(DESK, "I2")
    assert counters.wait_for_papers(DESK, 2, 60) == [["R1"], ["R2"]]
    counters.paper[RECEIPTS].fault(None)
    until_told(counters, hub, first, second)
    assert counters.on(RECEIPTS) == []
    assert [(state, owner) for _, state, _, owner in counters.states()] == [("confirmed", "I2")] * 2


def test_papers_are_left_to_the_stand_in_until_the_printer_is_known_to_be_well():
    """Its first word may come a second after the hub's first papers: what is taken then would end as failed."""
    owned = OwnedPrinter(CounterPrinter(name=RECEIPTS, stand_in=DESK), None, None)
    for status, ready in (
        (Status("unknown"), False), (Status("not_ok", "paper_end"), False), (Status("unknown", "slow"), False),
        (Status("ok"), True), (NOT_ASKED, True),
    ):  # fmt: skip
        owned.loop._status = status
        assert owned._may_be_tried() is ready, status


@pytest.mark.nightly
@pytest.mark.timeout(180)
def test_an_owner_that_falls_silent_is_fenced_and_returns_too_late(counters):
    counters.cause("R1")
    counters.paper[RECEIPTS].speed(2)
    hub = counters.start_hub()
    first = counters.own(RECEIPTS, "I1")
    until(lambda: counters.paper[RECEIPTS].unfinished or counters.paper[RECEIPTS]._buffer, SOON_S, "it has begun")
    first.send_signal(signal.SIGSTOP)
    second = counters.own(DESK, "I2")
    assert counters.wait_for_papers(DESK, 1, rules.SILENT_MS / 1000 + 60) == [["*** DUPLICATA 1 ***", "R1"]]
    first.send_signal(signal.SIGCONT)
    counters.paper[RECEIPTS].speed(0)
    until_told(counters, hub, second)
    first.kill()
    first.wait()
    assert counters.states() == [("receipt R1", "confirmed", 2, "I2")]
    assert len([words for words in counters.on(RECEIPTS) if "R1" in words]) <= 1
