"""A day of forty visits, told to the second and played through the real actions.

Each visit is one line: who took a ticket for what and when, where and when they were called, and what happened
then. The day lasts from 07:30:00 to 15:00:00. The figures that the tests expect are worked out from these lines
by hand (`test_known_day`), with no code of the hub.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

#: counter → agent.
SEATS = {"02": "00815D", "03": "00816D", "05": "00902F", "08": "00918V", "12": "01022K"}

#: errand, issued, counter, called, started (or what happened instead), finished.
#: `no_show`: recalled 30 s after the call, absent 70 s after it. `gives_up`: cancelled while waiting.
#: `left`: nobody called them before the day closed.
SIMPLE = """
deposit   07:40:00  05  07:52:10  07:52:40  08:03:00
deposit   07:41:00  05  08:03:10  08:03:40  08:10:40
deposit   07:45:00  05  08:11:00  08:11:20  08:20:20
deposit   07:59:59  05  08:21:00  08:21:29  08:30:00
deposit   08:00:00  05  08:30:30  08:31:00  08:39:00
deposit   08:10:00  05  08:39:30  08:40:00  08:52:00
deposit   08:20:00  05  08:52:30  08:53:00  08:58:00
deposit   08:30:00  05  08:58:20  no_show   -
deposit   08:40:00  05  09:00:00  09:00:30  09:10:30
deposit   09:00:00  05  09:11:00  09:11:30  09:19:30
deposit   09:30:00  05  09:30:00  09:30:20  09:36:20
deposit   10:00:00  05  10:00:10  10:00:40  10:10:40
inquiry   07:35:00  02  07:36:00  07:36:30  07:44:30
inquiry   07:36:00  03  07:36:10  07:36:50  07:42:50
inquiry   07:37:00  03  07:43:00  07:43:30  07:50:30
inquiry   07:38:00  02  07:45:00  07:45:30  07:53:30
inquiry   07:50:00  03  07:51:00  07:51:20  08:05:20
inquiry   07:55:00  02  07:55:30  07:56:00  08:01:00
inquiry   08:02:00  02  08:02:30  08:03:00  08:15:00
inquiry   08:05:00  03  08:06:00  08:06:30  08:12:30
inquiry   08:15:00  02  08:16:00  no_show   -
inquiry   08:16:00  -   -         gives_up  08:25:00
inquiry   08:30:00  02  08:30:30  08:31:00  08:37:00
inquiry   08:45:00  03  08:45:00  08:45:10  08:55:10
inquiry   09:15:00  02  09:16:00  09:16:30  09:24:30
inquiry   13:00:00  03  13:00:30  13:01:00  13:07:00
benefits  08:00:00  12  08:01:00  08:01:20  08:05:20
benefits  08:01:00  12  08:05:30  08:06:00  08:09:00
benefits  08:02:00  12  08:09:10  08:09:40  08:13:40
benefits  08:03:00  12  08:14:00  08:14:30  08:16:30
benefits  08:30:00  12  08:30:10  08:30:30  08:36:30
benefits  09:00:00  12  09:00:20  09:00:40  09:04:40
benefits  14:29:59  -   -         left      -
pension   09:00:00  08  09:01:00  09:01:30  09:15:30
pension   09:05:00  08  09:16:00  09:16:30  09:36:30
pension   09:10:00  -   -         left      -
"""
#: The four others, by hand. A transfer (inquiry → pension), a hold (deposit), a return after absence (inquiry),
#: a visit still at the counter when the day closes (pension).
OTHERS = 4


@dataclass(frozen=True)
class Visitor:
    """One line of the table."""

    errand: str
    issued: str
    counter: str
    called: str
    started: str
    finished: str


def visitors() -> list[Visitor]:
    return [Visitor(*line.split()) for line in SIMPLE.strip().splitlines()]


def plus(time: str, seconds: int) -> str:
    hour, minute, second = (int(part) for part in time.split(":"))
    total = hour * 3600 + minute * 60 + second + seconds
    return f"{total // 3600:02d}:{total // 60 % 60:02d}:{total % 60:02d}"


Deed = tuple[str, int, Callable[[], Any]]


def play(office: Any) -> None:
    """The whole day, in order of time; at one second, who leaves a counter goes before who is called."""
    office.at("07:30:00").open_day()
    for code, agent in SEATS.items():
        office.counter(code).open(agent)
    deeds = [deed for number, visitor in enumerate(visitors()) for deed in _deeds(office, visitor, number)]
    for time, _, do in sorted([*deeds, *_others(office)], key=lambda deed: deed[:2]):
        office.at(time)
        do()
    office.at("15:00:00").close_day(force=True)


def _deeds(office: Any, visitor: Visitor, number: int) -> list[Deed]:
    desk, held = office.counter(visitor.counter), {}

    def take() -> None:
        held["label"] = office.give(visitor.errand)

    def call() -> None:
        desk.pick(held["label"])

    deeds: list[Deed] = [(visitor.issued, 1, take)]
    if visitor.started == "left":
        return deeds
    if visitor.started == "gives_up":
        return [*deeds, (visitor.finished, 0, lambda: office.gives_up(held["label"]))]
    deeds.append((visitor.called, 2, call))
    if visitor.started == "no_show":
        return [*deeds, (plus(visitor.called, 30), 3, desk.recall), (plus(visitor.called, 70), 0, desk.absent)]
    return [*deeds, (visitor.started, 3, desk.start), (visitor.finished, 0, desk.finish)]


def _others(office: Any) -> list[Deed]:
    two, five, eight, held = office.counter("02"), office.counter("05"), office.counter("08"), {}

    def take(name: str, errand: str) -> Callable[[], None]:
        return lambda: held.update({name: office.give(errand)})

    return [
        # the transfer: inquiry at 10:00:00, 02 from 10:05:00, called 10:04:30, to the pensions at 10:12:00
        ("10:00:00", 1, take("sent on", "inquiry")),
        ("10:04:30", 2, lambda: two.pick(held["sent on"])),
        ("10:05:00", 3, two.start),
        ("10:12:00", 0, lambda: two.transfer("pension")),
        ("10:20:00", 2, lambda: eight.pick(held["sent on"])),
        ("10:20:30", 3, eight.start),
        ("10:35:30", 0, eight.finish),
        # the hold: deposit at 10:20:00, 05 called 10:21:00, from 10:21:30, aside 10:25:30 to 10:40:30, end 10:46:30
        ("10:20:00", 1, take("aside", "deposit")),
        ("10:21:00", 2, lambda: five.pick(held["aside"])),
        ("10:21:30", 3, five.start),
        ("10:25:30", 0, five.hold),
        ("10:40:30", 3, lambda: five.resume(held["aside"])),
        ("10:46:30", 0, five.finish),
        # the return: inquiry at 11:00:00, 02 calls 11:01:00, again 11:01:30, absent 11:02:10, back 11:10:00,
        # called 11:10:30, from 11:11:00 to 11:20:00
        ("11:00:00", 1, take("back", "inquiry")),
        ("11:01:00", 2, lambda: two.pick(held["back"])),
        ("11:01:30", 3, two.recall),
        ("11:02:10", 0, two.absent),
        ("11:10:00", 1, lambda: office.comes_back(held["back"])),
        ("11:10:30", 2, lambda: two.pick(held["back"])),
        ("11:11:00", 3, two.start),
        ("11:20:00", 0, two.finish),
        # still at the counter when the day closes: pension at 14:50:00, 08 called 14:51:00, from 14:51:30
        ("14:50:00", 1, take("unfinished", "pension")),
        ("14:51:00", 2, lambda: eight.pick(held["unfinished"])),
        ("14:51:30", 3, eight.start),
    ]  # fmt: skip
