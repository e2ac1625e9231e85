"""E16: a printer that breaks in 25 ways, at every byte of a ticket; one press, one number, and the ledger is exact.

A whole kiosk (spool, print loop, printer) stands before a mechanism that breaks at one byte. Two visitors
come: one to the breaking printer, one after it was seen to. Then the bytes that are really on paper are
held against what was said of each job. Time runs faster than in the office (`FASTER`); what must hold
in time is looked at again, slower, before it is called a failure: the ledger never is.

`./mbote test tests/faults/test_printer_scripts.py` takes 200 points by a seed; `-m nightly` all of them,
one script and line a piece. MBOTE_SEED plays a run again.
"""

from __future__ import annotations

import itertools
import queue
import random
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock
from uuid import uuid4

import pytest

import hardware.print_loop
import hardware.printer
import kiosk.app
from hardware import ink
from hardware.print_loop import PrintLoop
from hardware.printer import ASK, CONFIRM, Printer
from hub.history import History
from hub.paper import Cut, duplicate
from hub.settings.devices import Printer as PrinterSettings
from hub.wire import Catalogue, parse
from kiosk.app import KioskApp, Manners
from kiosk.box_clock import BoxClock
from kiosk.spool import Spool
from tests.faults.scripted_printer import LINES, SCRIPTS, Mechanism, Script, mended
from tests.kiosk.fake_hub import CATALOGUE, FakeHub

pytestmark = [pytest.mark.faults, pytest.mark.slow]
#: The office's seconds that go into one of the campaign's; and how often slower a second look is.
FASTER, SLOWER = 7.0, 5.0
TOLD_S, STAFF_S, WELL_S = 3.0, 5.0, 60.0
ORDINARY, AT_ONCE, EVERY_SERIAL = 200, 10, 16
#: What of the product is a time, in seconds of the office.
TIMES = {
    (hardware.printer, "SILENCE_S"), (hardware.printer, "GLANCE_S"), (hardware.printer, "LEAST_S"),
    (hardware.print_loop, "PROBE_S"), (hardware.print_loop, "TROUBLED_PROBE_S"), (hardware.print_loop, "RETRY_S"),
    (kiosk.app, "PAPER_S"),
}  # fmt: skip
OFFICE = {(module, name): getattr(module, name) for module, name in TIMES}
BY_NAME = {script.name: script for script in SCRIPTS}


#: The hub answers at once; on a machine with no time for either the kiosk's own series would be another story.
PATIENT_S = 60


@contextmanager
def hurried(faster: float) -> Iterator[None]:
    """The product's own times, so many times faster."""
    with mock.patch.multiple(hardware.printer, **_faster(hardware.printer, faster)), \
            mock.patch.multiple(hardware.print_loop, **_faster(hardware.print_loop, faster)), \
            mock.patch.multiple(kiosk.app, **_faster(kiosk.app, faster)):  # fmt: skip
        yield


def _faster(module, faster):
    return {name: seconds / faster for (owner, name), seconds in OFFICE.items() if owner is module}


class Witness:
    """The hub as far as a kiosk knows it: gives numbers, and keeps what it is told."""

    away = False

    def __init__(self) -> None:
        self.heard = threading.Condition()
        self.told: list[dict] = []
        self.asked: dict[str, str] = {}
        self.reported: dict[str, list[dict]] = defaultdict(list)
        self._numbers = itertools.count(1)

    def ask(self, what, key, timeout_s=1.5, **body):
        del timeout_s
        answer = {}
        with self.heard:
            if what == "issue":
                number = next(self._numbers)
                answer = {
                    "id": f"T{number}", "label": f"D{number:05d}", "service": "DEP", "state": "issued",
                    "issued_at": "", "ahead": 3, "wait": None, "follow": "k3x9q2ab",
                }  # fmt: skip
            self.told.append(told := {"what": what, "key": key, "answer": answer, **body})
            if what == "issue":
                self.asked.setdefault(answer["label"], key)
            elif what in ("printed", "shown", "failed"):
                self.reported[body["issue"]].append(told)
            self.heard.notify_all()
        return answer

    def of(self, *what: str) -> list[dict]:
        return [each for each in self.told if each["what"] in what]


class World:
    """One kiosk and its printer."""

    def __init__(self, folder: Path, line: str, faster: float) -> None:
        self.faster = faster
        self.mechanism = Mechanism()
        self.line = LINES[line](self.mechanism, folder)
        self.witness = Witness()
        self.spool = Spool(folder / "spool.db", "K1").open()
        patient = Manners("K1", "fr", has_screen=True, answer_s=PATIENT_S)
        self.app = KioskApp(patient, self.witness, self.spool, BoxClock(), History("K1"))
        self.app.catalogue = parse(Catalogue, CATALOGUE)
        self.app.tell = self._tell
        self.heard = threading.Condition()
        self.screen: dict[str, list[tuple[float, object]]] = defaultdict(list)
        self.ends: dict[str, Ended] = {}
        self.jobs: dict[str, object] = {}
        printer = Printer(PrinterSettings(**self.line.settings, timeout_s=2 / faster))
        self.loop = PrintLoop(printer, self._report, self.app.hear_printer, hardware.print_loop.PROBE_S)
        self.app.open(self.loop, {})
        self.app.hear_away(False)
        self.app.hear_picture("kiosk", FakeHub().picture())
        self.loop.open()
        assert self.until(lambda: self.loop.status.health == "ok", WELL_S), f"a well printer: {self.loop.status}"

    def _tell(self, told) -> None:
        with self.heard:
            self.screen[told.tap].append((time.monotonic(), told))
            self.heard.notify_all()

    def _report(self, job, state, reason) -> None:
        self.jobs.setdefault(job.subject, job)
        if state in ("confirmed", "unknown", "failed"):
            self.ends[job.subject] = Ended(state, reason, job.copy, self.mechanism.printed())
        self.app.hear_job(job, state, reason)

    def until(self, check, office_s: float) -> bool:
        """Whether it comes to that within the office's seconds, or a while of ours: the machine may be busy."""
        end = time.monotonic() + office_s / self.faster
        while not check():
            if time.monotonic() > end:
                return bool(check())
            time.sleep(0.002)
        return True

    def visitor(self) -> Visitor:
        """Somebody touches the screen."""
        visitor = Visitor(self, uuid4().hex, time.monotonic(), len(self.witness.told))
        self.app.press("DEP", tap=visitor.tap)
        return visitor

    def troubles(self, since: int) -> list[str]:
        """What staff were told of the printer."""
        return [each["state"] for each in self.witness.told[since:] if each["what"] == "trouble"]

    def close(self) -> None:
        self.line.plug()
        self.loop.close()
        self.app.close()
        self.spool.close()
        self.line.close()


@dataclass(frozen=True)
class Ended:
    """What was said of a job in the end, and what was on paper at that moment."""

    state: str
    reason: str
    copy: int
    paper: bytes


@dataclass
class Visitor:
    """Somebody before the kiosk."""

    world: World
    tap: str
    came: float
    since: int

    def told(self, step: str) -> list[tuple[float, object]]:
        return [(at, told) for at, told in list(self.world.screen.get(self.tap, ())) if told.step == step]

    def wait_end(self) -> bool:
        """Whether the screen says in the end what became of the paper."""
        return self.world.until(lambda: self.told("paper"), WELL_S) and self.world.until(lambda: self.reported, WELL_S)

    @property
    def label(self) -> str:
        return self.told("number")[0][1].number.label

    @property
    def waited_s(self) -> float:
        """In the office's seconds."""
        return (self.told("paper")[0][0] - self.came) * self.world.faster

    @property
    def key(self) -> str:
        return self.world.witness.asked[self.label]

    @property
    def reported(self) -> list[dict]:
        return self.world.witness.reported[self.key]


@dataclass
class Findings:
    """What is wrong at a point. `late` may be the machine's fault and is looked at again."""

    wrong: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)

    def must(self, holds: bool, words: str) -> None:
        if not holds:
            self.wrong.append(words)

    def in_time(self, holds: bool, words: str) -> None:
        if not holds:
            self.late.append(words)


# --- one point -------------------------------------------------------------------------------


def played(world: World, script: Script, at: int) -> Findings:
    """Two visitors and a fault at one byte."""
    found = Findings()
    world.until(lambda: world.loop.status.health == "ok", WELL_S)
    break_it(world, script, at)
    first = world.visitor()
    found.must(first.wait_end(), f"the screen says nothing of the paper: {first.told('number')}")
    found.in_time(bool(first.told("paper")) and first.waited_s <= TOLD_S, f"told after {first.waited_s:.1f} s")
    struck = world.mechanism.strike is None
    if struck and script.back is None and "" not in script.alerts:
        alerted = world.until(lambda: script.alerts & set(world.troubles(first.since)), STAFF_S)
        found.in_time(alerted, f"staff heard {world.troubles(first.since)}, not {sorted(script.alerts)}")
    elif struck:
        heard = set(world.troubles(first.since)) - script.alerts - {"ok"}
        found.in_time(not heard, f"staff heard {heard}, expected {sorted(script.alerts)}")
    before = len(world.mechanism.printed())
    mended(world.mechanism, world.line)
    found.in_time(world.until(lambda: world.loop.status.health == "ok", WELL_S), f"not well: {world.loop.status}")
    second = world.visitor()
    found.must(second.wait_end(), "the second visitor is told nothing")
    paper = world.mechanism.printed()
    judge(found, world, first, paper, flood=paper[before:])
    judge(found, world, second, paper, flood=b"")
    said = world.ends[second.key]
    found.in_time(said.state == "confirmed", f"the next visitor's paper: {said.state} {said.reason}")
    return found


def break_it(world: World, script: Script, at: int) -> None:
    """Arm the script, with its second fault and its end where it has them."""
    mechanism, wait_s = world.mechanism, OFFICE[kiosk.app, "PAPER_S"] / world.faster

    def strike() -> None:
        script.strike(mechanism, world.line, wait_s)
        if script.twice:
            mechanism.arm(at // 2 + 20, lambda: script.twice(mechanism, world.line, wait_s))
        if script.back:
            threading.Timer(script.back * wait_s, mended, (mechanism, world.line)).start()

    if script.where == "before":
        strike()
    else:
        mechanism.arm(at, strike, after_cut=script.where == "after the cut")


def judge(found: Findings, world: World, visitor: Visitor, paper: bytes, flood: bytes) -> None:
    """The ledger: what was said of this visitor's paper against what is on paper."""
    label, end = visitor.label, world.ends[visitor.key]
    numbers = {told.number.label for _, told in visitor.told("number") + visitor.told("paper")}
    found.must(numbers == {label}, f"one press has the numbers {numbers}")
    found.must(len([e for e in world.witness.of("issue") if e["key"] == visitor.key]) == 1, "asked twice")
    original, copy = slips(world, visitor)
    whole, copies = counted(paper, original, copy)
    there, there_copies = counted(end.paper, original, copy)
    found.must(whole <= 1, f"{whole} unmarked originals of {label}")
    found.must(copies <= 1, f"{copies} copies marked DUPLICATA 1 of {label}")
    match end.state:
        case "confirmed":
            found.must((there_copies if end.copy else there) == 1, f"confirmed, and on paper {there} + {there_copies}")
            found.must(end.copy or not copies, "a copy that nobody asked for")
        case "failed":
            found.must(whole + copies == 0, f"failed ({end.reason}), and on paper {whole} + {copies}")
    if end.reason not in ("slow", "silent"):  # it goes on printing what it has and says nothing of it
        found.must(label.encode() not in flood, f"{end.state} ({end.reason}), and poured out after the refill")
    said = [(each["what"], each["label"]) for each in visitor.reported]
    expected = "printed" if end.state == "confirmed" else "shown"
    found.must(said == [(expected, label)], f"{end.state}: the hub was told {said}")
    shown = visitor.told("paper")[-1][1].paper
    found.must(shown == ("printed" if end.state == "confirmed" else "none"), f"{end.state}: the screen said {shown}")


def slips(world: World, visitor: Visitor) -> tuple[bytes, bytes]:
    """The bytes of the visitor's ticket, and of its copy."""
    slip = world.jobs[visitor.key].slip
    return ink.encode(slip), ink.encode(duplicate(slip, 1))


def counted(paper: bytes, original: bytes, copy: bytes) -> tuple[int, int]:
    """How many whole originals and whole copies are on paper. A cut may stand between a job's head and its slip."""
    head, cut = ink.encode(()), ink.encode((Cut(),))
    rest = paper.replace(copy, b"\0")
    rest, copies = rest.replace(cut + copy.removeprefix(head), b"\0"), paper.count(copy)
    copies += paper.count(cut + copy.removeprefix(head))
    return rest.count(original) + rest.count(cut + original.removeprefix(head)), copies


# --- all points ------------------------------------------------------------------------------


def points() -> list[tuple[Script, str, int]]:
    """Every script, line and byte there is. A fault that is there before, or follows the cut, has one place."""
    with tempfile.TemporaryDirectory() as folder, hurried(1):
        world = World(Path(folder), "tcp", 1)
        world.visitor().wait_end()
        job = len(ASK) + len(ink.encode(next(iter(world.jobs.values())).slip)) + len(CONFIRM)
        world.close()
    return [
        (script, line, at)
        for script in SCRIPTS
        for line in script.lines
        for at in (range(0, job, EVERY_SERIAL if line == "serial" else 1) if script.where == "any byte" else (0,))
    ]


def looked_at(folder: Path, chosen: list[tuple[Script, str, int]], faster: float = FASTER) -> dict[str, list[str]]:
    """Play the points, some at once, each line's kiosks in a row; what was wrong, by point."""
    found: dict[str, Findings] = {}
    with hurried(faster), ThreadPoolExecutor(AT_ONCE) as visits:
        waiting: queue.SimpleQueue[tuple[Script, str, int]] = queue.SimpleQueue()
        for point in chosen:
            waiting.put(point)
        list(visits.map(lambda place: _play(folder / f"{faster:g}-{place}", waiting, found, faster), range(AT_ONCE)))
    wrong = {words: each.wrong for words, each in found.items() if each.wrong}
    late = [point for point in chosen if found[_words(point)].late and not found[_words(point)].wrong]
    if late and faster > FASTER / SLOWER**1.5:
        return wrong | looked_at(folder, late, faster / SLOWER)
    return wrong | {_words(point): found[_words(point)].late for point in late}


def _words(point: tuple[Script, str, int]) -> str:
    script, line, at = point
    return f"{script.name}, {line}, byte {at}"


def _listed(wrong: dict[str, list[str]]) -> str:
    return "\n".join(f"{point}: {'; '.join(words)}" for point, words in sorted(wrong.items()))


def _play(folder: Path, waiting, found: dict[str, Findings], faster: float) -> None:
    """One kiosk for each line, until nothing waits."""
    worlds: dict[str, World] = {}
    try:
        while True:
            script, line, at = waiting.get_nowait()
            if line not in worlds:
                (folder / line).mkdir(parents=True, exist_ok=True)
                worlds[line] = World(folder / line, line, faster)
            found[_words((script, line, at))] = played(worlds[line], script, at)
            if found[_words((script, line, at))].wrong:
                worlds.pop(line).close()  # what comes next must not be blamed for this
    except queue.Empty:
        pass
    finally:
        for world in worlds.values():
            world.close()


@pytest.fixture(scope="module")
def every_point():
    return points()


@pytest.mark.timeout(300)
def test_a_printer_that_breaks_anywhere_costs_no_number_and_no_truth(tmp_path, every_point, seed, note):
    chosen = random.Random(seed).sample(every_point, ORDINARY)  # noqa: S311  no secret
    began = time.monotonic()
    wrong = looked_at(tmp_path, chosen)
    note(f"{ORDINARY} of {len(every_point)} points in {time.monotonic() - began:.0f} s, {len(wrong)} wrong")
    assert not wrong, _listed(wrong)


@pytest.mark.nightly
@pytest.mark.timeout(600)
@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("name", BY_NAME)
def test_every_script_at_every_byte(tmp_path, every_point, note, name, line):
    chosen = [point for point in every_point if (point[0].name, point[1]) == (name, line)]
    began = time.monotonic()
    wrong = looked_at(tmp_path, chosen)
    note(f"{name}, {line}: {len(chosen)} points in {time.monotonic() - began:.0f} s, {len(wrong)} wrong")
    assert not wrong, _listed(wrong)


# --- the check can fail ----------------------------------------------------------------------


def _confirmed_once_sent(*_):
    return hardware.printer.Result("confirmed")


def _stray_byte_and_no_paper(mechanism: Mechanism, _, __) -> None:
    mechanism.say(b"\x00")
    mechanism.paper_left = "none"


STRAY = Script("a stray byte, and the paper ends", _stray_byte_and_no_paper, frozenset({"paper_out"}))
CUT_OFF, PAPER_END = BY_NAME["connection cut in mid-ticket"], BY_NAME["paper end in mid-line"]
#: A fault put into the product → the script, the byte (None: once the slip is whole) and the words that show it.
PLANTED = {
    "confirmed as soon as it is sent": (Printer, "_await", _confirmed_once_sent, PAPER_END, 100, "confirmed, and on"),
    "printed again without a mark": (
        hardware.print_loop, "_marked", lambda job: job.slip, CUT_OFF, None, "unmarked originals",
    ),
    "the printer keeps what it has": (hardware.printer, "CLEAR", b"", PAPER_END, 100, "poured out after the refill"),
    "one stray byte confirms": (hardware.printer, "CONFIRMATIONS", 1, STRAY, 100, "confirmed, and on paper"),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found(tmp_path, every_point, name):
    owner, attribute, planted, script, at, words = PLANTED[name]
    whole = max(place for _, _, place in every_point) + 1 - len(CONFIRM)
    with mock.patch.object(owner, attribute, planted):
        wrong = looked_at(tmp_path, [(script, "tcp", whole if at is None else at)], FASTER / 2)
    assert any(words in each for found in wrong.values() for each in found), wrong
