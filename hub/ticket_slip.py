"""The ticket: what is on the paper, in the visitor's language. Pure: the same ticket gives the same lines.

The kiosk lays out what it prints by itself, the hub what it has printed (a further copy, a ticket given at
reception): one layout for both, so that every paper of a ticket looks the same.

The number is as large as the paper carries, and every line says something to do or to know. A number of
the kiosk's own series carries no estimate: without the hub nothing is known of the queue.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Protocol

from hub.codes import in_halves
from hub.paper import Cut, Feed, Line, Pair, Picture, Qr, Rule, Slip, Text, of_school
from hub.say import say
from hub.wire import CatalogueReason, CatalogueService, SlipText, Wait

#: Largest size of letters on a ticket printer.
LARGEST = 8


class Numbered(Protocol):
    """What the paper says of the number. `own`: of a kiosk's own series, so nothing is known of the queue."""

    @property
    def label(self) -> str:
        """As it is called."""

    @property
    def own(self) -> bool:
        """Given without the hub."""

    @property
    def ahead(self) -> int | None:
        """How many wait before this one, where that is known."""

    @property
    def wait(self) -> Wait | None:
        """The range announced."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number that the hub gave."""

    label: str
    own: bool = False
    ahead: int | None = None
    wait: Wait | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """All that the paper shows. `at` is the local time, None while nobody knows it; `follow` the follow-up token.

    `reason` is the errand within the service; `counter` the one that its visitor is kept for, as their file is there.
    """

    number: Numbered
    service: CatalogueService | None
    text: SlipText | None
    language: str
    at: datetime | None
    follow: str = ""
    priority: bool = False
    reason: CatalogueReason | None = None
    counter: str = ""


def papers_slip(
    service: CatalogueService, reason: CatalogueReason | None, text: SlipText | None, language: str
) -> Slip:
    """What to come back with, for somebody who takes no ticket: a wasted wait is what this paper saves."""
    return of_school((
        *_agency(text),
        Text(say(language, "slip.come_back"), size=2, bold=True, align="center"),
        *_errand(service, reason, language),
        Feed(),
        *(Text(f"[ ] {paper}") for paper in papers_of(service, reason, language)),
        *_open_on(service, language),
        Feed(),
        Text(say(language, "slip.come_back_note"), align="center"),
        *_address(text, language),
        Cut(),
    ), text.mark if text else "")  # fmt: skip


def papers_of(service: CatalogueService, reason: CatalogueReason | None, language: str) -> tuple[str, ...]:
    """What has to be ready for an errand, in the visitor's language, else in the first there is."""
    papers = (reason.papers if reason else {}) or service.papers
    return papers.get(language) or next(iter(papers.values()), ())


def open_on(hours: tuple[tuple[str, str] | None, ...], days: list[str]) -> list[str]:
    """The hours of tickets, neighbours with the same ones together: `lun – ven : 07:30 – 14:30`. `days` from Monday."""
    said: list[str] = []
    for same, group in groupby(enumerate(hours), key=lambda day: day[1]):
        held = [number for number, _ in group]
        if same is not None:
            names = days[held[0]] if len(held) == 1 else f"{days[held[0]]} – {days[held[-1]]}"
            said.append(f"{names} : {same[0]} – {same[1]}")
    return said


def ticket_slip(ticket: Ticket, columns: int = 48) -> Slip:
    """The lines of a ticket, for paper so many characters wide."""
    text = ticket.text
    made = {
        "logo": _logo(ticket),
        "head": _agency(ticket.text),
        "welcome": _welcome(ticket),
        "number": _number(ticket, columns),
        "queue": _queue(ticket),
        "papers": _papers(ticket),
        "away": _when_away(ticket),
        "follow": _follow(ticket),
        "foot": _address(ticket.text, ticket.language),
    }
    wanted = (text.parts if text else ()) or tuple(made)
    slip = (*(line for part in wanted if part in made for line in made[part]), Cut())
    return of_school(slip, text.mark if text else "")


def label_size(label: str, columns: int) -> int:
    """The largest size at which the label stands on one line."""
    return max(1, min(LARGEST, columns // max(1, len(label))))


def minutes(low_s: int, high_s: int) -> tuple[int, int]:
    """A range in whole minutes, in steps that people use: one below ten, five above."""
    return _down(low_s / 60), _up(high_s / 60)


def wait_sentence(wait: Wait, language: str, room: str = "slip") -> str:
    """The range in words; an upper bound alone when it may also be no wait at all."""
    low, high = minutes(wait.low_s, wait.high_s)
    if low == 0:
        return say(language, f"{room}.wait_short", high=max(high, 1))
    if high <= low:
        return say(language, f"{room}.wait_long", low=low)
    return say(language, f"{room}.wait_range", low=low, high=high)


def _step(value: float) -> int:
    return 1 if value < 10 else 5  # noqa: PLR2004


def _down(value: float) -> int:
    return int(value // _step(value)) * _step(value)


def _up(value: float) -> int:
    return -int(-value // _step(value)) * _step(value)


def _logo(ticket: Ticket) -> Iterator[Line]:
    if ticket.text and ticket.text.logo:
        yield Picture(ticket.text.logo_across, ticket.text.logo)
        yield Feed()


def _welcome(ticket: Ticket) -> Iterator[Line]:
    said = ticket.text and _worded(ticket.text.welcome, ticket.language, "")
    if said:
        yield Text(said, align="center")


def _agency(text: SlipText | None) -> Iterator[Line]:
    if text:
        yield Text(text.organisation, align="center")
        yield Text(text.agency, bold=True, align="center")
    yield Rule()


def _errand(service: CatalogueService, reason: CatalogueReason | None, language: str) -> Iterator[Line]:
    yield Text(_worded(service.labels, language, service.service), bold=True, align="center")
    if reason:
        yield Text(_worded(reason.labels, language, reason.reason), align="center")


def _open_on(service: CatalogueService, language: str) -> Iterator[Line]:
    if service.hours:
        yield Feed()
        yield Text(say(language, "slip.open_on"))
        yield from (Text(each) for each in open_on(service.hours, say(language, "slip.days").split()))


def _number(ticket: Ticket, columns: int) -> Iterator[Line]:
    label = ticket.number.label
    if ticket.service:
        yield from _errand(ticket.service, ticket.reason, ticket.language)
    yield Text(label, size=label_size(label, columns), bold=True, align="center")
    if ticket.priority:
        yield Text(say(ticket.language, "slip.priority"), bold=True, align="center")
    if ticket.at:
        day = say(ticket.language, "slip.date", day=f"{ticket.at:%d}", month=f"{ticket.at:%m}", year=f"{ticket.at:%Y}")
        yield Pair(day, f"{ticket.at:%H:%M}")


def _queue(ticket: Ticket) -> Iterator[Line]:
    yield Rule()
    number, language = ticket.number, ticket.language
    if number.own:
        yield Text(say(language, "slip.own_series"))
        return
    if number.ahead == 0:
        yield Text(say(language, "slip.ahead_none"), bold=True)
    elif number.ahead is not None:
        yield Text(say(language, "slip.ahead", count=number.ahead), bold=True)
    if number.wait:
        yield Text(wait_sentence(number.wait, language), bold=True)
    if ticket.counter:
        yield Text(say(language, "slip.kept", counter=ticket.counter), bold=True)
        yield Text(say(language, "slip.kept_note"))


def _papers(ticket: Ticket) -> Iterator[Line]:
    papers = ticket.service and papers_of(ticket.service, ticket.reason, ticket.language)
    if papers:
        yield Feed()
        yield Text(say(ticket.language, "slip.papers"))
        yield from (Text(f"- {paper}") for paper in papers)


def _when_away(ticket: Ticket) -> Iterator[Line]:
    text = ticket.text
    if text is None:
        return
    yield Feed()
    once = text.recalls == 1
    yield Text(
        say(ticket.language, "slip.away_once") if once else say(ticket.language, "slip.away", calls=text.recalls)
    )
    if text.return_min:
        yield Text(say(ticket.language, "slip.away_return", minutes=text.return_min))
    else:
        yield Text(say(ticket.language, "slip.away_no_return"))


def _follow(ticket: Ticket) -> Iterator[Line]:
    """The code, for kiosk and reception; where there is a page for telephones, the QR opens it."""
    if not ticket.follow:
        return
    yield Feed()
    yield Text(say(ticket.language, "slip.follow", token=in_halves(ticket.follow)), align="center")
    if ticket.text is None or not ticket.text.follow:
        yield Qr(ticket.follow)
        return
    yield Text(say(ticket.language, "slip.follow_phone"), align="center")
    if ticket.text.wifi:
        yield Text(say(ticket.language, "slip.follow_wifi", name=ticket.text.wifi), align="center")
    yield Qr(f"{ticket.text.follow}/{ticket.follow}")


def _address(text: SlipText | None, language: str) -> Iterator[Line]:
    footer = text and _worded(text.footer, language, "")
    if footer:
        yield Rule()
        yield Text(footer, align="center")


def _worded(words: dict[str, str], language: str, otherwise: str) -> str:
    """In the visitor's language, else in the first there is."""
    return words.get(language) or next(iter(words.values()), otherwise)
