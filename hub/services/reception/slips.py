"""What reception prints: a ticket, laid out as the kiosk lays it out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hub.paper import Slip
from hub.ticket_slip import Number, Ticket, ticket_slip
from hub.wire import Catalogue, Hour, Wait


@dataclass(frozen=True, slots=True)
class Facts:
    """A ticket as its paper tells it. `at` is the local time of its issue, `follow` its token.

    `sub_reason` is the errand within the service, `counter` the one that its visitor is kept for, '' for most; `hour`
    the appointment that they came for.
    """

    label: str
    service: str
    language: str
    at: datetime
    follow: str
    priority: bool
    wait: Wait | None
    ahead: int | None = None
    sub_reason: str = ""
    counter: str = ""
    hour: Hour | None = None


def ticket_paper(catalogue: Catalogue, facts: Facts, columns: int) -> Slip:
    """The lines of a ticket. A copy does not say how many were ahead: that was then."""
    service = next((each for each in catalogue.services if each.service == facts.service), None)
    number = Number(facts.label, ahead=facts.ahead, wait=facts.wait)
    ticket = Ticket(
        number, service, catalogue.slip, facts.language, facts.at, facts.follow, facts.priority,
        service.reason(facts.sub_reason) if service else None, facts.counter, facts.hour,
    )  # fmt: skip
    return ticket_slip(ticket, columns)
