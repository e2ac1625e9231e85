"""Days on which everything happens: every step, restarts, a machine that starts again, clocks that are set.

    WildDay(office, chance).live(date, steps)

Steps are drawn by chance and refused where they make no sense, as in the office. A day that is over is over; what is
told late, and corrections, come after it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

from hub.ask import HUB, Actor, Ask
from hub.blended import actions as blended
from hub.blended import rules
from hub.blended.rules import Line
from hub.clock import Instant
from hub.errors import Refused
from hub.queues import actions, store
from tests.hub.supervision.stories import ERRANDS
from tests.office import SUPERVISOR

SEATS = {"02": "00815D", "05": "00902F", "08": "00918V"}
#: What happens next, and how often.
STEPS = {
    "press": 26, "give": 6, "next": 24, "start": 24, "finish": 18, "recall": 5, "absent": 6, "back": 4, "transfer": 5,
    "hold": 6, "resume": 9, "undo": 9, "release": 2, "pick": 2, "gives_up": 4, "first": 3, "pause": 2, "unpause": 4,
    "open": 2, "move": 1, "leave": 1, "lost": 2, "unplug": 1, "plug": 2, "restart": 1, "reboot": 1, "jump": 1,
    "expire": 1, "correct": 2, "long": 1, "work": 8, "put_down": 6, "call_back": 4,
    "meeting": 4,
}  # fmt: skip
PRIORITIES = ("pregnant", "age_70", "reduced_mobility", "work_accident", "infant", "normal")


class WildDay:
    """One day of an office."""

    def __init__(self, office: Any, chance: random.Random) -> None:
        self.office, self.chance = office, chance
        self.counts: dict[str, int] = {}

    def live(self, on: date, steps: int) -> dict[str, int]:
        """From the opening to the closing; how often each step was taken."""
        office, zone = self.office, self.office.hub.settings.agency.zone
        office.clock.jump(to=datetime.combine(on, time(7, 20), zone))
        self._reboot()
        office.open_day()
        for code, agent in SEATS.items():
            office.counter(code).open(agent)
        for _ in range(steps):
            office.later(seconds=self.chance.choice((0, 0.4, 1, 7, 20, 45, 61, 90, 150)))
            self._try(self.chance.choices(list(STEPS), list(STEPS.values()))[0])
        self._try("plug")
        office.close_day(force=True)
        office.later(minutes=3)
        self._try("correct")
        return self.counts

    def _try(self, step: str) -> None:
        desk = self.office.counter(self.chance.choice(list(SEATS)))
        try:
            getattr(self, f"_{step}")(desk)
        except Refused:
            return
        self.counts[step] = self.counts.get(step, 0) + 1

    def _label(self, *states: str) -> str:
        found = [one.label for one in store.open_tickets(self.office.hub.reader, states)]
        if not found:
            raise Refused("nobody")
        return self.chance.choice(found)

    def _of_today(self, state: str) -> str:
        day = store.day(self.office.hub.reader)
        rows = self.office.hub.reader.execute(
            "SELECT label FROM ticket INDEXED BY ticket_label WHERE day = ? AND state = ?", (day.id, state)
        ).fetchall()
        if not rows:
            raise Refused("nobody")
        return self.chance.choice(rows)[0]

    def _errand(self) -> str:
        return self.chance.choices(list(ERRANDS), list(ERRANDS.values()))[0]

    # --- steps

    def _press(self, _: Any) -> None:
        self.office.press(self._errand())

    def _give(self, _: Any) -> None:
        self.office.give(self._errand(), priority=self.chance.choice(PRIORITIES))

    def _meeting(self, _: Any) -> None:
        """Somebody comes for an appointment, most of them before its time."""
        now, ms = self.office.clock.now(), self.chance.choice((-600_000, 60_000, 400_000, 900_000, 3_600_000))
        due = actions.Due(Instant(now.at + ms, now.mono + ms, now.boot), 30) if now.mono + ms > 0 else None
        self.office.give(self._errand(), category="appointment", due=due)

    def _lost(self, _: Any) -> None:
        self.office.kiosk.press(self._errand(), answer_lost=True)
        self.office.later(seconds=2)
        if self.office.kiosk.connected:
            self.office.kiosk.report()

    def _unplug(self, _: Any) -> None:
        self.office.kiosk.unplug()

    def _plug(self, _: Any) -> None:
        self.office.kiosk.plug()

    def _next(self, desk: Any) -> None:
        desk.next()

    def _pick(self, desk: Any) -> None:
        desk.pick(self._label("waiting"))

    def _gives_up(self, _: Any) -> None:
        self.office.gives_up(self._label("waiting", "called"))

    def _first(self, _: Any) -> None:
        self.office.goes_first(self._label("waiting"), self.chance.choice(PRIORITIES))

    def _back(self, _: Any) -> None:
        self.office.comes_back(self._of_today("no_show"))

    def _absent(self, desk: Any) -> None:
        """Called again, waited for, and not there."""
        if desk.state == "calling":
            self.office.later(seconds=25)
            desk.recall()
            self.office.later(seconds=61)
        desk.absent()

    def _release(self, desk: Any) -> None:
        """Pressed by mistake."""
        desk.next()
        self.office.later(seconds=3)
        desk.release()

    def _transfer(self, desk: Any) -> None:
        if self.chance.random() < 0.5:
            desk.transfer(self._errand())
        else:
            desk.transfer(to=self.chance.choice(list(SEATS)))

    def _open(self, desk: Any) -> None:
        desk.open(SEATS[desk.code])

    def _move(self, desk: Any) -> None:
        desk.open(self.chance.choice(list(SEATS.values())), take_over=True)

    def _leave(self, desk: Any) -> None:
        desk.close()

    def _expire(self, _: Any) -> None:
        actions.expire_holds(self.office.hub, Ask(HUB))

    def _long(self, _: Any) -> None:
        self.office.later(minutes=75)

    def _correct(self, _: Any) -> None:
        label = self._of_today(self.chance.choice(("served", "unfinished")))
        stage = self.office.ticket(label).stage
        if stage.started is None or stage.ended is None:
            raise Refused("nothing")
        ended = stage.ended.at - self.chance.choice((1_000, 60_000, 600_000))
        actions.correct_end(
            self.office.hub, self.office.ask(SUPERVISOR), ticket=self.office.id_of(label), ended_at=ended,
            reason="touche oubliée",
        )  # fmt: skip

    def _work(self, desk: Any) -> None:
        """Back-office work is taken up, by its rule: what a service holds open does not matter to any figure."""
        office = self.office

        def decide(tx: Any) -> dict[str, Any]:
            session = store.counter(tx.connection, desk.code)
            tx.record(rules.begin(session, "deposit.to_decide", 3, Line(), office.hub.settings.blended))
            return {}

        office.hub.perform(office.ask(Actor(agent=desk.agent)), decide)

    def _put_down(self, desk: Any) -> None:
        blended.end(self.office.hub, self.office.ask(Actor(agent=desk.agent)), counter=desk.code)

    def _call_back(self, desk: Any) -> None:
        blended.call_back(self.office.hub, self.office.ask(SUPERVISOR), counter=desk.code)

    def _restart(self, _: Any) -> None:
        """The hub's process ends and another one begins, within one boot of the machine."""
        self.office.restart(later_by_s=self.chance.choice((1, 20)))

    def _reboot(self, _: Any = None) -> None:
        """Power was away: the machine's own clock begins anew."""
        self.office.clock.reboot(self.office.clock.now().boot + 1)

    def _jump(self, _: Any) -> None:
        """Somebody sets the wall clock."""
        self.office.clock.jump(seconds=self.chance.choice((-3000, -90, 120, 2400)))


def _plain(name: str) -> Callable[[WildDay, Any], None]:
    def step(_: WildDay, desk: Any) -> None:
        getattr(desk, name)()

    return step


for _name in ("start", "finish", "recall", "hold", "resume", "undo", "pause"):
    setattr(WildDay, f"_{_name}", _plain(_name))
setattr(WildDay, "_unpause", lambda _, desk: desk.step("unpause"))  # noqa: B010 (beside the others)
