"""What requests print: the acknowledgement that a visitor takes home, and letters, many at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hub import days
from hub.clock import local
from hub.context import Hub
from hub.notices import Notice
from hub.say import FIRST, say, words
from hub.services.request import store
from hub.services.request.model import Request
from hub.services.request.office import letters as layouts
from hub.services.request.office import office_of
from hub.workshop.qr import qr_picture


def acknowledgement(hub: Hub, found: Request, copy: int) -> bytes:
    """The paper with the number of a request. Raises NotDrawn."""
    language = hub.settings.agency.languages[0]
    reason = reason_said(hub, found.reason)
    data = _common(hub, say(language, "request.paper_title")) | {
        "label": found.label,
        "copy": copy,
        "due": days.said(found.due_on),
        "facts": [
            [say(language, "request.paper_by"), found.visitor or "–"],
            [say(language, "request.paper_what"), say(language, f"request.what_{found.what}")],
            [say(language, "request.paper_reason"), reason],
            [say(language, "request.paper_opened"), days.said(found.opened_on)],
        ],
    }
    sources = layouts(hub.settings.folder)
    picture = {"main": sources["acknowledgement.typ"], "qr.svg": qr_picture(found.label)}
    return hub.workshop.drawn({**sources, **picture}, data, found.at // 1000)


def letters(hub: Hub, waiting: Iterable[Notice]) -> bytes:
    """The letters of a batch, in their order. Raises NotDrawn."""
    language, now = hub.settings.agency.languages[0], hub.now()
    told = [_letter(hub, each, language) for each in waiting]
    data = _common(hub, say(language, "request.paper_letters")) | {
        "letters": told,
        "on": f"{local(now.at, hub.settings.agency.zone):%d/%m/%Y}",
    }
    sources = layouts(hub.settings.folder)
    return hub.workshop.drawn({**sources, "main": sources["letter.typ"]}, data, now.at // 1000)


def _letter(hub: Hub, notice: Notice, language: str) -> dict[str, str]:
    room, _, number = notice.about.partition(" ")
    request = store.request(hub.reader, int(number)) if room == "request" and number.isdecimal() else None
    object_ = f"{reason_said(hub, request.reason)}, {request.label}" if request else _about(room, language)
    return {
        "name": notice.name or "",
        "reach": notice.reach or "",
        "object": object_,
        "text": notice.text or say(language, "request.purged"),
    }


def _about(room: str, language: str) -> str:
    """What a letter of another room is about: the list of letters that wait is one for all."""
    known = f"about_{room}"
    return (
        say(language, f"request.{known}") if known in words(FIRST, "request") else say(language, "request.about_other")
    )


def _common(hub: Hub, title: str) -> dict[str, Any]:
    agency, language = hub.settings.agency, hub.settings.agency.languages[0]
    return {
        "lang": language,
        "title": title,
        "agency": {name: getattr(agency, name) for name in ("organisation", "name", "city", "address")},
        "words": {
            name.removeprefix("paper_"): say(language, f"request.{name}")
            for name in words(FIRST, "request")
            if name.startswith("paper_")
        },
    }


def reason_said(hub: Hub, code: str) -> str:
    """A reason as the agency calls it; one that is no longer there keeps its code."""
    called = office_of(hub.settings).reasons.get(code, {})
    return called.get(hub.settings.agency.languages[0]) or next(iter(called.values()), code)
