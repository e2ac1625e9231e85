"""What the centre tells the staff: a title and a text by language, shown on the page of the exchange until a day."""

from __future__ import annotations

from datetime import date
from typing import Any

from hub.context import Hub
from hub.errors import Unreadable
from hub.exchange.model import NOTICE
from hub.services.ports import Change, Inbound, Reader, Received
from hub.store import Transaction

TITLE_LENGTH, TEXT_LENGTH = 120, 2_000


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
