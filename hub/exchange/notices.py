"""What the centre tells the staff: a title and a text by language, until a day.

It is shown on the page of the exchange, and at each agent's desk until that agent has read it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from hub.agents import rights
from hub.agents import store as agents
from hub.ask import Answer
from hub.context import Hub, action
from hub.errors import NotFound, Unreadable
from hub.exchange import store
from hub.exchange.model import NOTICE, InboxNoticeRead, Kept
from hub.services.ports import Change, Inbound, Reader, Received
from hub.staff_pictures import Told
from hub.store import Transaction

TITLE_LENGTH, TEXT_LENGTH = 120, 2_000
#: The most that a page is told of at once, so that its picture stays small: the next come as these are read.
TOLD = 5


def check(hub: Hub, reader: Reader, received: Received) -> None:
    """It says something in the agency's first language. Raises Unreadable `bad_notice`."""
    del reader
    said = received.payload if isinstance(received.payload, dict) else {}
    language = hub.settings.agency.languages[0]
    for name, most in (("title", TITLE_LENGTH), ("text", TEXT_LENGTH)):
        words = said.get(name)
        value = words.get(language) if isinstance(words, dict) else None
        if not isinstance(value, str) or not 1 <= len(value.strip()) <= most:
            raise Unreadable(f"{name}.{language}: a text of at most {most} letters", code="bad_notice", field=name)
    until = said.get("until")
    try:
        if until is not None:
            date.fromisoformat(until)
    except (TypeError, ValueError) as error:
        raise Unreadable("until: a day such as 2027-01-31", code="bad_notice", field="until") from error


def apply(hub: Hub, tx: Transaction, received: Received) -> None:
    """It is shown from now on: that the letter is applied says it already."""
    del hub, tx, received


def preview(hub: Hub, reader: Reader, received: Received) -> tuple[Change, ...]:
    """What it says."""
    del reader
    language = hub.settings.agency.languages[0]
    return (Change("exchange.change_notice", {name: said(received.payload, name, language) for name in WORDS}),)


WORDS = ("title", "text")


def said(payload: Any, name: str, language: str) -> str:
    """A notice's words in a language, else in any."""
    words = payload.get(name) if isinstance(payload, dict) else None
    if not isinstance(words, dict):
        return ""
    return str(words.get(language) or next(iter(words.values()), ""))


INBOUND = Inbound(topic=NOTICE, title="exchange.topic_notice", check=check, apply=apply, preview=preview)


# --- who has read it -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Readers:
    """Of those who are to read a notice: how many have, how many there are, and the names of those who have not."""

    read: int
    all: int
    missing: tuple[str, ...]


def unread(hub: Hub, reader: Reader, agent: str) -> tuple[Told, ...]:
    """What an agent has not read of the notices in force, the newest first."""
    language = hub.settings.agency.languages[0]
    found = store.unread(reader, agent, hub.today(), TOLD)
    return tuple(Told(number, said(payload, "title", language)) for number, payload in found)


def unread_of(hub: Hub) -> Callable[[Reader, str], tuple[Told, ...]]:
    """The same, for a page that does not know this room."""
    return lambda reader, agent: unread(hub, reader, agent)


def newest(hub: Hub, reader: Reader) -> int:
    """The letter of the newest notice in force; 0 while there is none."""
    return store.newest_notice(reader, hub.today())


def in_force(reader: Reader, letter: int) -> Kept:
    """A notice that has taken effect. Raises NotFound."""
    found = store.letter(reader, letter)
    if found is None or found.topic != NOTICE or found.state != "applied" or found.payload is None:
        raise NotFound(f"no notice {letter}", field="letter")
    return found


@action
def read(tx: Transaction, hub: Hub, *, letter: int) -> Answer:
    """The asker has read a notice, once for good. Raises NotFound where there is no such notice in force."""
    del hub
    in_force(tx.connection, letter)
    if tx.actor.agent not in store.readers_of(tx.connection, letter):
        tx.record(InboxNoticeRead(letter))
    return {"letter": letter}


def readers(reader: Reader, letter: int) -> Readers:
    """Who of those who work here now has read a notice, and who has not."""
    have = store.readers_of(reader, letter)
    staff = [each for each in agents.agents(reader) if not each.roles.isdisjoint(rights.RIGHTS["notices.read"])]
    missing = tuple(each.name for each in staff if each.code not in have)
    return Readers(len(staff) - len(missing), len(staff), missing)
