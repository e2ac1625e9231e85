"""One owner, one slip at a time, and an end to every job."""

from __future__ import annotations

import threading
import time

import pytest

from hardware.print_loop import Job, PrintLoop
from hardware.printer import Printer, Status
from hub.paper import Cut, Text
from tests.hardware.conftest import TICKET

pytestmark = pytest.mark.slow  # real files, sockets or processes


class Desk:
    """Whoever owns the loop: hears the jobs' steps and the printer's health."""

    def __init__(self, settings) -> None:
        self.steps: list[tuple[str, str, str]] = []
        self.ends: list[tuple[str, str, str, int]] = []
        self.health: list[Status] = []
        self.heard = threading.Condition()
        self.loop = PrintLoop(Printer(settings), self.report, self.trouble, probe_s=0.05).open()

    def report(self, job: Job, state: str, reason: str) -> None:
        with self.heard:
            self.steps.append((job.subject, state, reason))
            if state in ("confirmed", "unknown", "failed") or reason == "not_asked":
                self.ends.append((job.subject, state, reason, job.copy))
            self.heard.notify_all()

    def trouble(self, status: Status) -> None:
        with self.heard:
            self.health.append(status)
            self.heard.notify_all()

    def put(self, subject: str, within: float = 2.0) -> None:
        self.loop.put(Job(subject, (Text(subject), *TICKET[1:]), time.monotonic() + within))

    def wait_end(self, count: int = 1) -> list[tuple[str, str, str, int]]:
        with self.heard:
            assert self.heard.wait_for(lambda: len(self.ends) >= count, 6), self.steps
            return list(self.ends)

    def wait_health(self, status: Status) -> None:
        with self.heard:
            assert self.heard.wait_for(lambda: self.health[-1:] == [status], 4), self.health


@pytest.fixture
def desk(at):
    desk = Desk(at)
    yield desk
    desk.loop.close()


def test_jobs_are_printed_in_order_and_reported_step_by_step(desk, emulator):
    desk.put("a")
    desk.put("b")
    assert desk.wait_end(2) == [("a", "confirmed", "", 0), ("b", "confirmed", "", 0)]
    assert [slip[0].text for slip in emulator.wait_for_slips(2)] == ["a", "b"]
    assert [state for subject, state, _ in desk.steps if subject == "a"] == ["queued", "sent", "confirmed"]


def test_paper_out_is_known_before_the_next_visitor_and_so_is_the_refill(desk, emulator):
    desk.wait_health(Status("ok"))
    emulator.fault("paper_out")
    desk.wait_health(Status("not_ok", "paper_end"))
    emulator.fault(None)
    desk.wait_health(Status("ok"))


def test_a_stale_job_is_dropped_and_never_floods_out(desk, emulator):
    emulator.fault("paper_out")
    desk.put("too late", within=1.0)
    assert desk.wait_end() == [("too late", "failed", "paper_end", 0)]
    emulator.fault(None)
    desk.wait_health(Status("ok"))
    desk.put("next")
    desk.wait_end(2)
    assert [slip[0].text for slip in emulator.wait_for_slips(1)] == ["next"]


def test_a_job_whose_time_is_over_is_not_even_tried(desk, emulator):
    desk.put("gone", within=-1)
    assert desk.wait_end() == [("gone", "failed", "stale", 0)]
    assert not emulator.slips


def test_a_printer_that_comes_back_in_time_prints_the_waiting_job(desk, emulator):
    emulator.fault("cover_open")
    desk.put("patient", within=3)
    time.sleep(0.3)
    emulator.fault(None)
    assert desk.wait_end() == [("patient", "confirmed", "", 0)]


@pytest.mark.faults
def test_a_slip_in_doubt_is_printed_again_once_as_a_duplicate(desk, emulator):
    desk.wait_health(Status("ok"))
    emulator.fault("unplugged", 40)
    threading.Timer(0.05, emulator.fault, (None,)).start()
    desk.put("D001", within=4)
    end = desk.wait_end()[0]
    if end[1] == "confirmed":
        assert end == ("D001", "confirmed", "", 1)
        assert any("DUPLICATA 1" in line.text for line in emulator.wait_for_slips(1)[0])
    else:  # it was not back yet when it was asked
        assert end == ("D001", "unknown", "unreachable", 0)


def test_the_loop_closes_twice_and_has_a_short_name(desk):
    assert repr(desk.loop).startswith("<PrintLoop <Printer tcp")
    desk.loop.close()
    desk.loop.close()


def test_an_idle_loop_leaves_a_printer_alone_that_cannot_be_asked(at):
    desk = Desk(at.model_copy(update={"status": False}))
    desk.loop.put(Job("x", (Text("x"), Cut()), time.monotonic() + 1))
    assert desk.wait_end() == [("x", "sent", "not_asked", 0)]
    assert desk.loop._pause() is None
    desk.loop.close()
