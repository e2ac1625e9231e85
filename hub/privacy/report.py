"""Everything that is held about one person, and who looked at it: the report that they may ask for (law 29-2019)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub import notices
from hub.ask import Ask
from hub.context import Hub
from hub.errors import NotFound, Unreadable
from hub.notices import Notice
from hub.people import actions as people
from hub.people.model import Sheet
from hub.privacy import actions, rules, store
from hub.visits import store as visits

if TYPE_CHECKING:  # known by its shape alone, as the desk knows it
    from hub.services.ports import CounterService, SheetLine


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody looked: when (wall, ms), who, by which channel, at what, for which ticket or why."""

    at: int
    agent: str | None
    channel: str
    view: str
    ticket: int | None
    motive: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """What is held. `sheet` is of the central data, as its reader may see it; the rest is of this agency alone."""

    sheet: Sheet
    done: tuple[SheetLine, ...]
    visits: tuple[tuple[str, int], ...]
    notices: tuple[Notice, ...]
    looks: tuple[Look, ...]


def _meant(hub: Hub, ask: Ask, number: str) -> str:
    """The file of that number. Raises NotFound, Unreadable where it is not one alone."""
    hits = [hit for hit in people.find(hub, ask, number) if hit.number == number] if number else []
    if not hits:
        raise NotFound("no file has that number", field="party")
    if len(hits) > 1:
        raise Unreadable("several files answer: give the whole number", code="whose", field="party")
    return hits[0].ref


def report(hub: Hub, ask: Ask, *, party: str, motive: str, services: tuple[CounterService, ...]) -> Report:
    """The report, once it is written down that it was made, and why; `party`: a number. Raises NotFound, Unreadable."""
    why = rules.motive(motive)
    party = _meant(hub, ask, party)
    sheet = people.read_sheet(hub, ask, ref=party, channel="administration", motive=why, view="report")
    actions.note_report(hub, ask, party=party, motive=why)
    with hub.snapshot() as reader:
        done = tuple(line for service in services for line in service.sheet(reader, party))
        looks = tuple(
            Look(row["at"], row["agent"], row["channel"], row["view"], row["ticket"], row["motive"])
            for row in store.looks_at(reader, party)
        )
        return Report(
            sheet, tuple(sorted(done, key=lambda line: -line.at)), visits.visits_about(reader, party),
            tuple(notices.of_party(reader, party)), looks,
        )  # fmt: skip
