"""A kiosk and its hub in one process and in virtual time, cut apart and killed as chances have it.

Real: `KioskApp`, `Spool`, the messenger's way of telling, the table of asks, the rules, the store. Made up: the
wire, the paper, the clocks and the threads. Either side dies by an exception out of a seam: the kiosk before and
after each write, ask, answer and paper; the hub before and after its commit. What came out of the printer is held
against the hub's file by `alone_checks`.
"""

from __future__ import annotations

import math
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hardware.print_loop import Job
from hardware.printer import Status
from hub import asks
from hub.ask import Actor, Ask
from hub.client import HubAway
from hub.clock import ManualClock, local
from hub.context import Hub
from hub.errors import Refused
from hub.history import History
from hub.paper import Text
from hub.queues import actions, pictures, store
from hub.wire import as_json
from kiosk.app import KioskApp, Manners
from kiosk.box_clock import BoxClock
from kiosk.press import Press
from kiosk.spool import Spool
from tests.faults.alone_checks import check
from tests.office import SUPERVISOR, demo_settings, open_store

NAME, SERVICES = "K1", ("DEP", "RAS", "PEN", "CPR")
ANSWER_MS = 1_500
OPENS, CLOSES = "07:20", "16:00"
#: A business day as the world books it: its number and date, when it was opened and closed (true time).
Day = tuple[int, str, int, int | None]
DAY_S = 86_400
#: A line that broke without a word is missed after so long at most (ping and its patience).
MISSED_MS = 7_000


class KioskDied(BaseException):
    """Not to be caught by anything of ours."""


class HubDied(BaseException):
    """The same."""


class Mortal:
    """The hub's writing connection, which may be the last thing it does: before its commit, or after."""

    def __init__(self, real: Any, dies: Callable[[str], bool]) -> None:
        self.real, self.dies = real, dies

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def execute(self, sql: str, *values: Any) -> Any:
        if sql == "COMMIT" and self.dies("before"):
            raise HubDied
        done = self.real.execute(sql, *values)
        if sql == "COMMIT" and self.dies("after"):
            raise HubDied
        return done


class MortalSpool(Spool):
    """A spool whose process may die before and after each write."""

    fuse: Callable[[str], None] = staticmethod(lambda _: None)
    booked: Callable[[Press], None] = staticmethod(lambda _: None)

    @contextmanager
    def _transaction(self) -> Iterator[Any]:
        writes = sys._getframe(2).f_code.co_name  # the method of Spool that is about to keep something
        self.fuse(f"before {writes}")
        with super()._transaction() as db:
            yield db
        self.fuse(f"after {writes}")

    def add(self, press: Press) -> Press | None:
        kept = super().add(press)
        if kept:
            self.booked(kept)
        return kept

    def drop(self) -> None:
        """As SIGKILL does: nothing more is written."""
        if self._db is not None:
            self._db.close()
            self._db = None


class BoxTime(BoxClock):
    """The kiosk's clock in the world's time; a machine that starts anew counts from its start."""

    def __init__(self, world: World) -> None:
        super().__init__(f"boot{world.kiosk_boot:04d}")
        self._world, self._since = world, world.booted_at

    def _mono(self) -> int:  # type: ignore[override]
        return self._world.now - self._since

    def wall_ms(self) -> int:  # type: ignore[override]
        return 0


@dataclass
class Pressed:
    """What the world knows of a press: when, and what came out for it."""

    at: int
    papers: list[str] = field(default_factory=list)
    paper_after: int | None = None
    disturbed: bool = False
    estimated: bool = False
    undated: bool = False


@dataclass
class Queue:
    """In place of a pool of threads: what is to be done is done when the world says so."""

    todo: list[tuple[Any, tuple[Any, ...]]] = field(default_factory=list)

    def submit(self, work: Any, *values: Any) -> None:
        self.todo.append((work, values))

    def shutdown(self, **_: Any) -> None:
        self.todo.clear()


class World:
    """One agency's kiosk and hub. `now` is milliseconds of true time; nobody here can read it but the checks."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.chance = folder, random.Random(seed)  # noqa: S311  the script of a play
        self.settings = demo_settings()
        self.clock = ManualClock(datetime(2026, 3, 2, 7, 20, tzinfo=self.settings.agency.zone))
        self.now = 0
        self.counts: Counter[str] = Counter()
        self.died_at: Counter[str] = Counter()
        self.bad: list[str] = []
        self.presses: dict[str, Pressed] = {}
        self.holder: dict[str, str] = {}
        self.days: list[Day] = []
        self.checked_seq = 0
        self.own_last = 0
        # the wire: `cut` the kiosk knows of; `deaf` loses asks, `mute` loses answers, and nobody knows
        self.wire, self.letters = "whole", []
        self.rough = False
        self.hub_doom = ""
        self.hub_back = self.kiosk_back = 0
        self.kiosk_boot, self.booted_at, self.hub_boot = 1, 0, 1
        self.burning: int | None = None
        self.app: KioskApp | None = None
        self.start_hub()
        self.start_kiosk()

    # --- time

    def passes(self, ms: float) -> None:
        self.clock.advance(seconds=round(ms) / 1000)
        self.now += round(ms)
        while self.letters and self.letters[0][0] <= self.now and not self.hub_down:
            _, what, body = self.letters.pop(0)
            self.hub_does(what, body)

    @property
    def here(self) -> datetime:
        return local(self.clock.now().at, self.settings.agency.zone)

    def office_hours(self) -> None:
        """Supervisors open and close the day, whenever the hub lives."""
        if self.hub_down:
            return
        day, minute, today = store.day(self.hub.reader), self.here.strftime("%H:%M"), self.here.date().isoformat()
        if day and day.open and (minute >= CLOSES or day.date < today):
            self.staff(lambda ask: actions.close_day(self.hub, ask, force=True))
        elif OPENS <= minute < CLOSES and (day is None or day.date < today):
            self.staff(lambda ask: actions.open_day(self.hub, ask))

    def staff(self, does: Callable[[Ask], Any]) -> None:
        """A person asks, and the world books what the day is afterwards, whatever the hub died of."""
        try:
            does(self.ask_of_staff())
        except HubDied:
            self.bury_hub()
        day = store.day(self.hub.reader)
        if day and len(self.days) < day.id:
            self.days.append((day.id, day.date, self.now, None))
        elif day and not day.open and self.days[-1][3] is None:
            self.days[-1] = (*self.days[-1][:3], self.now)

    def ask_of_staff(self) -> Ask:
        self.counts["staff"] += 1
        return Ask(SUPERVISOR, f"staff {self.counts['staff']}")

    # --- the hub

    def start_hub(self) -> None:
        self.hub = Hub(self.settings, open_store(self.folder / "hub", self.clock))
        self.hub.store.writer = Mortal(self.hub.store.writer, self.hub_dies)

    def hub_dies(self, when: str) -> bool:
        if self.hub_doom == when:
            self.hub_doom = ""
            self.died_at[f"hub {when} its commit"] += 1
            return True
        return False

    @property
    def hub_down(self) -> bool:
        return self.now < self.hub_back

    def bury_hub(self) -> None:
        """Its process is gone, and comes back after a while; now and then with its machine."""
        self.counts["hub deaths"] += 1
        self.hub.store.writer.real.close()
        self.hub.store.close()
        self.hub_doom = ""
        self.hub_back = self.now + self.chance.choice((800, 3_000, 60_000, 600_000))
        if self.chance.random() < 0.3:
            self.hub_boot += 1
            self.clock.reboot(self.hub_boot)
        self.start_hub()

    def hub_does(self, what: str, body: dict[str, Any]) -> Any:
        """An ask has arrived: the answer, the refusal, or None when the hub died of it."""
        if what == "trouble":
            self.counts["not taken"] += body["state"] == "not_taken"
            return {}
        try:
            return asks.perform(self.hub, Actor(device=NAME, roles=frozenset({"kiosk"})), what, body)
        except Refused as refused:
            self.counts[f"refused {refused.reason}"] += 1
            return refused
        except HubDied:
            self.bury_hub()
            return None

    # --- the wire: what KioskApp takes for hub.client

    @property
    def away(self) -> bool:
        return self.wire == "cut" or self.hub_down

    def ask(self, what: str, key: str, timeout_s: float = 1.5, **body: Any) -> dict[str, Any]:
        self.fuse(f"before {what} is asked")
        if self.away:
            raise HubAway("the hub is away")
        body |= {"key": key}
        fate = self.wire if self.wire != "whole" else self.whim()
        if fate in ("deaf", "late"):
            if fate == "late":
                self.letters.append((self.now + self.chance.randrange(200, 30_000), what, body))
                self.letters.sort(key=lambda letter: letter[0])
            self.passes(timeout_s * 1000)
            raise HubAway("no answer")
        full = Refused("the disk is full", code="not_stored")
        answer = full if fate == "full" else self.hub_does(what, body)
        if answer is None:
            raise HubAway("the line broke")
        if fate == "mute":
            self.passes(timeout_s * 1000)
            raise HubAway("no answer")
        self.passes(self.chance.choice((3, 5, 20)))
        self.fuse(f"after {what} is answered")
        if isinstance(answer, Refused):
            raise answer
        return answer

    def whim(self) -> str:
        """Also a line that holds loses and delays; and a disk is full now and then."""
        whims = ("whole", "late", "mute", "deaf", "full")
        return self.chance.choices(whims, (93, 3, 2, 1, 1))[0] if self.rough else "whole"

    # --- the kiosk

    def fuse(self, at: str) -> None:
        if self.burning is not None:
            self.burning -= 1
            if self.burning <= 0:
                self.burning = None
                self.died_at[at] += 1
                raise KioskDied

    def start_kiosk(self) -> None:
        """Its process starts, and takes up what an earlier one left."""
        spool = MortalSpool(self.folder / "kiosk" / "spool.db", NAME)
        spool.open()
        spool.fuse, spool.booked = self.fuse, self.booked
        self.visitors, self.jobs = Queue(), []
        clock = BoxTime(self)
        app = KioskApp(
            Manners(NAME, "fr", has_screen=True, answer_s=ANSWER_MS / 1000, again_s=0.0),
            self,
            spool,
            clock,
            History(NAME),
        )
        app._visitors.shutdown()
        app._visitors = self.visitors
        app.messenger.open = spool.take_up_aside
        app.troubles.open = lambda: None
        app.errands.open = lambda _: None
        self.app, self.told_away = app, True
        for press, _ in spool.unfinished():
            self.presses.setdefault(press.key, Pressed(self.now)).disturbed = True
        with self.mortal():
            app.open(self, {})

    status = Status("ok")

    def put(self, job: Job) -> None:
        self.fuse("before the paper is queued")
        self.app.hear_job(job, "queued", "")
        self.jobs.append(job)

    @contextmanager
    def mortal(self) -> Iterator[None]:
        try:
            yield
        except KioskDied:
            self.counts["kiosk deaths"] += 1
            self.app.spool.drop()
            self.app, self.burning = None, None
            self.kiosk_back = self.now + self.chance.choice((300, 2_000, 15_000, 90_000))
            if self.chance.random() < 0.2:
                self.kiosk_boot, self.booted_at = self.kiosk_boot + 1, self.now

    def booked(self, press: Press) -> None:
        self.presses[press.key] = Pressed(self.now, undated=press.at.hub_at is None)

    def visitors_come(self, count: int) -> None:
        """So many fingers at once; then what each of them set off, in any order, one after the other.

        What a new process has taken up goes first: side by side, as in threads, is not played here.
        """
        self.work()
        for _ in range(count):
            with self.mortal():
                if self.app:
                    self.app.press(self.chance.choice(SERVICES))
        self.work()

    def work(self) -> None:
        """All that can be done without time passing by itself: numbers, papers, reports."""
        self.link()
        while self.app and (self.visitors.todo or self.jobs):
            with self.mortal():
                if self.visitors.todo:
                    work, values = self.visitors.todo.pop(self.chance.randrange(len(self.visitors.todo)))
                    work(*values)
                else:
                    self.print(self.jobs.pop(0))
        if self.app and self.chance.random() < 0.7:
            self.tell()

    def print(self, job: Job) -> None:
        self.fuse("before the paper")
        found = self.presses[job.subject]
        label = max((line for line in job.slip if isinstance(line, Text)), key=lambda line: line.size).text
        found.papers.append(label)
        _, number = self.app._printing.get(job.subject, (None, None))
        found.estimated |= bool(number and number.own and (number.wait is not None or number.ahead is not None))
        if not found.disturbed and found.paper_after is None:
            found.paper_after = self.now - found.at
        self.counts["papers"] += 1
        self.fuse("after the paper")
        self.app.hear_job(job, "confirmed", "")

    def tell(self) -> None:
        """The messenger's turn, and that of the troubles."""
        with self.mortal():
            try:
                self.app.messenger._tell_reports()
                while self.app.troubles._has_news():
                    self.app.troubles._tell_one()
            except HubAway:
                pass

    def link(self) -> None:
        """What hub.client would have said by now: the line's end, or its return with the hub's pictures."""
        if self.app is None and self.now >= self.kiosk_back:
            self.start_kiosk()
        if self.app is None or self.away == self.told_away:
            return
        self.told_away = self.away
        heard = [lambda: self.app.hear_away(self.told_away)]
        if not self.told_away:
            heard += [self.picture]
            self.chance.shuffle(heard)
        with self.mortal():
            for each in heard:
                each()

    def picture(self) -> None:
        self.app.hear_picture("catalogue", as_json(pictures.catalogue(self.hub)))
        self.app.hear_picture("kiosk", as_json(pictures.kiosks(self.hub, self.hub.reader)(NAME)))

    # --- the script

    def partition(self, presses: int) -> None:
        """A quiet start, a cut of 1 s to 24 h with deaths inside, and the end of it."""
        self.counts["partitions"] += 1
        if self.chance.random() < 0.8:
            self.until_morning()
        self.rough = True
        self.spread(presses // 3, presses * self.chance.choice((0.5, 5.0)))
        lasts = 10 ** self.chance.uniform(0, math.log10(DAY_S))
        missed = min(lasts, self.chance.uniform(0, MISSED_MS / 1000))
        inside = presses // 3
        self.wire = self.chance.choice(("deaf", "mute"))
        first = min(inside, self.chance.randrange(1, 6))
        self.spread(first, missed)
        self.wire = "cut"
        self.spread(inside - first, lasts - missed)
        self.wire = "whole"
        self.spread(presses - 2 * (presses // 3), presses * 0.5)
        self.heal()
        check(self)

    def spread(self, presses: int, seconds: float) -> None:
        """Visitors over so long, and in between whatever may happen."""
        left = presses
        while left > 0:
            together = min(left, self.chance.choice((1, 1, 1, 2, 4)))
            before = self.now
            self.misfortune(presses)
            if self.app is None:
                self.passes(max(0, self.kiosk_back - self.now))
                self.link()
            self.visitors_come(together)
            self.passes(max(0, seconds * 1000 * together / presses * self.chance.uniform(0.5, 1.5) - self.now + before))
            self.office_hours()
            left -= together

    def misfortune(self, presses: int) -> None:
        """Some five deaths a cut, of either or of both."""
        if self.rough and self.chance.random() < 2.5 / max(presses, 2):
            who = self.chance.choice(("kiosk", "hub", "both"))
            if who != "hub":
                self.burning = self.chance.randrange(1, 14)
            if who != "kiosk":
                self.hub_doom = self.chance.choice(("before", "after"))

    def until_morning(self) -> None:
        tomorrow = (self.here + timedelta(days=1)).replace(hour=7, minute=21, second=0, microsecond=0)
        self.passes((self.here.replace(hour=16, minute=1) - self.here).total_seconds() * 1000 if self.open_late else 0)
        self.office_hours()
        self.passes((tomorrow - self.here).total_seconds() * 1000)
        self.office_hours()

    @property
    def open_late(self) -> bool:
        return self.here.strftime("%H:%M") < CLOSES

    def heal(self) -> None:
        """Everybody lives, the line holds, the day is open, and all that is to be told is told."""
        self.rough, self.burning, self.hub_doom = False, None, ""
        self.passes(max(0, self.hub_back - self.now, self.kiosk_back - self.now))
        if not (OPENS <= self.here.strftime("%H:%M") < CLOSES):
            self.passes(((self.here + timedelta(days=self.here.hour >= 7)).replace(hour=7, minute=21) - self.here)
                        .total_seconds() * 1000)  # fmt: skip
        self.office_hours()
        for _ in range(3):
            self.work()
            self.passes(31_000)
        self.tell()

    def close(self) -> None:
        one = self.hub.reader.execute
        self.counts["relabelled"] = one("SELECT count(*) FROM voided").fetchone()[0]
        self.counts["own series"] = one("SELECT count(*) FROM ticket WHERE series = ?", (f"{NAME}-",)).fetchone()[0]
        self.counts["told after their day"] = one(
            "SELECT count(*) FROM journal WHERE kind = 'ticket_unserved' AND payload LIKE '%ended_at%'"
        ).fetchone()[0]
        if self.app:
            self.app.spool.drop()
        self.hub.store.close()


def run(folder: Path, seed: int, partitions: int, presses: int) -> World:
    """So many partitions one after another, on one hub and one kiosk."""
    world = World(folder, seed)
    try:
        world.office_hours()
        for _ in range(partitions):
            world.partition(presses)
    finally:
        world.close()
    return world
