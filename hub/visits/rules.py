"""What may be said of a visit, and whether an agent has a reason to open a file. Touches nothing."""

from __future__ import annotations

from collections.abc import Iterable

from hub.clock import Instant, elapsed
from hub.errors import NotFound, Refused, Unreadable, chosen
from hub.queues.model import Ticket
from hub.visits.model import (
    CHANNELS,
    QUALITIES,
    Concerned,
    ConcernedAdded,
    ConcernedRemoved,
    Contact,
    ContactBegun,
    ContactEnded,
    RequesterNamed,
)

#: A reason to look does not hold for ever: afterwards it is asked for again.
CONTACT_MS = 60 * 60_000
MOTIVE_LENGTH = 200
NAME_LENGTH = 120
MOST_CONCERNED = 12
_AT_HAND = frozenset({"called", "serving"})
#: A visit that can still be written of: it is going on, was put aside, or has just ended.
_WRITTEN_OF = _AT_HAND | {"on_hold", "served", "waiting"}


def at_hand(ticket: Ticket | None) -> bool:
    """Whether a visitor stands at the counter, or is on the way there."""
    return ticket is not None and ticket.state in _AT_HAND


def same_visit(ticket: Ticket | None, agent: str, seen_by: Iterable[str | None]) -> Ticket:
    """The visit that something was typed for: this agent's, though another may have been called meanwhile.

    `seen_by`: the agents of all its stages. Raises Refused `visit_over` or `not_your_visit`.
    """
    if ticket is None or ticket.state not in _WRITTEN_OF:
        raise Refused("this visit is over: nothing can be added to it", code="visit_over")
    if agent not in seen_by:
        raise Refused("this visit is at another counter", code="not_your_visit")
    return ticket


def name_requester(ticket: int, name: str, quality: str, party: str | None) -> RequesterNamed:
    """Who stands at the counter. Raises Unreadable without a name or a file."""
    known = chosen(quality, QUALITIES, Unreadable(f"quality: one of {', '.join(QUALITIES)}", field="quality"))
    said = " ".join(name.split())
    if not said and party is None:
        raise Unreadable("say who asks", code="name_needed", field="name")
    if len(said) > NAME_LENGTH:
        raise Unreadable(f"name: at most {NAME_LENGTH} characters", code="name_too_long", field="name")
    return RequesterNamed(ticket, known, None if party else said, party)


def add_concerned(
    ticket: int, known: Iterable[Concerned], last_rank: int, party: str | None, number: str | None = None
) -> ConcernedAdded:
    """The visit is about one more file, or a number that no file has here.

    `last_rank`: the highest that was ever given, removed ones included.
    """
    there = list(known)
    if any((each.party, each.number) == (party, number) for each in there):
        raise Refused("this visit is about them already", code="already_concerned")
    if len(there) >= MOST_CONCERNED:
        raise Refused(f"a visit is about {MOST_CONCERNED} persons at most", code="too_many_concerned")
    return ConcernedAdded(ticket, last_rank + 1, party, number)


def add_all(ticket: int, numbers: Iterable[tuple[str, str | None]]) -> tuple[ConcernedAdded, ...]:
    """A new visit is about all of these: each a registration number as it was typed, and the file it is known by."""
    added: list[ConcernedAdded] = []
    for number, party in numbers:
        known = [Concerned(each.rank, each.party, each.number) for each in added]
        added.append(add_concerned(ticket, known, len(added), party, None if party else number))
    return tuple(added)


def remove_concerned(ticket: int, known: Iterable[Concerned], rank: int) -> ConcernedRemoved:
    """Take back one of them. Raises NotFound."""
    if all(each.rank != rank for each in known):
        raise NotFound("the visit is not about them", field="rank")
    return ConcernedRemoved(ticket, rank)


# --- a request without a visitor ---------------------------------------------------------------


def begin_contact(contact: int, ticket: Ticket | None, channel: str, motive: str) -> ContactBegun:
    """Somebody wrote or telephoned. A visitor at the counter goes first: their ticket is the reason then."""
    if at_hand(ticket):
        raise Refused("a visitor is at your counter: their visit is the reason", code="visit_at_hand")
    unsaid = Unreadable(f"channel: one of {', '.join(CHANNELS)}", code="channel_needed", field="channel")
    known = chosen(channel, CHANNELS, unsaid)
    said = " ".join(motive.split())
    if not said:
        raise Unreadable("say why you look", code="motive_needed", field="motive")
    return ContactBegun(contact, known, said[:MOTIVE_LENGTH])


def end_contact(contact: Contact | None) -> ContactEnded:
    """It is done with. Raises Refused when there is none."""
    if contact is None or contact.ended:
        raise Refused("no request is open", code="no_contact")
    return ContactEnded(contact.id)


def holds(contact: Contact | None, now: Instant) -> bool:
    """Whether a request is still a reason to look: it was neither ended nor forgotten."""
    return contact is not None and not contact.ended and elapsed(contact.began, now).ms < CONTACT_MS
