"""The page of the exchange: what waits to leave and why, what the centre refused, and what it has said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, Response, g, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from hub import days, outbox
from hub.agents import rights
from hub.agents import store as agents
from hub.agents.forms import asked, new_key
from hub.clock import local
from hub.context import Hub
from hub.errors import Refused
from hub.exchange import inbox, notices, store
from hub.exchange import model as m
from hub.exchange.running import Exchange
from hub.outbox import Message
from hub.say import FIRST, say, say_refused, words
from hub.services.ports import Change, Found

#: The most refused messages and letters that are shown.
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Back:
    """A message that the centre refused, and where it is put right."""

    message: Message
    found: Found | None


@dataclass(frozen=True, slots=True)
class Waits:
    """A letter that has not taken effect, what it is called, and what it would change."""

    letter: m.Kept
    title: str
    changes: tuple[Change, ...]


def pages(hub: Hub, running: Callable[[], Exchange]) -> Blueprint:
    """Everything at /exchange. `running`: the threads of this hub, once they are there."""
    room = Blueprint(
        "exchange", __name__, template_folder="templates", static_folder="static", static_url_path="/exchange/static"
    )
    desk = _Desk(hub, running)
    room.context_processor(desk.in_templates)
    room.add_url_rule("/exchange", "page", desk.page)
    room.add_url_rule("/exchange/try", "try_now", desk.try_now, methods=["POST"])
    room.add_url_rule("/exchange/messages/<int:message>/again", "again", desk.again, methods=["POST"])
    room.add_url_rule("/exchange/letters/<int:letter>/hold", "hold", desk.hold, methods=["POST"])
    room.add_url_rule("/exchange/letters/<int:letter>/release", "release", desk.release, methods=["POST"])
    room.register_error_handler(Refused, desk.refused)
    return room


class _Desk:
    """The pages of one hub."""

    def __init__(self, hub: Hub, running: Callable[[], Exchange]) -> None:
        self._hub, self._running = hub, running

    @property
    def _language(self) -> str:
        return self._hub.settings.agency.languages[0]

    def in_templates(self) -> dict[str, Any]:
        """What templates need."""
        language = self._language
        return {
            "t": lambda key, **values: say(language, f"exchange.{key}", **values),
            "new_key": new_key,
            "at_time": lambda at: local(at, self._hub.settings.agency.zone).strftime("%d/%m/%Y %H:%M"),
            "day": days.said,
            "age": lambda at: outbox.age_said(language, self._hub.now().at - at),
            "topic_said": self._topic_said,
            "code_said": lambda code: outbox.code_said(language, code),
            "may": lambda what: rights.allowed(g.actor, f"exchange.{what}"),
            "notice_said": lambda payload, name: notices.said(payload, name, language),
        }

    def _topic_said(self, topic: str) -> str:
        inbound = inbox.kinds(self._hub).get(topic)
        if inbound is not None:
            return say(self._language, inbound.title)
        name = f"topic_{topic.replace('.', '_')}"
        return say(self._language, f"exchange.{name}") if name in words(FIRST, "exchange") else topic

    def page(self) -> Response:
        """How the exchange stands."""
        return self._show()

    def _show(self, status: int = 200, **parts: Any) -> Response:
        hub, settings = self._hub, self._hub.settings
        with hub.snapshot() as reader:
            oldest = outbox.oldest_unsent(reader)
            newest, today = store.newest(reader, SHOWN), hub.today().isoformat()
            whole: dict[str, Any] = {
                "counts": outbox.counts(reader),
                "oldest": oldest,
                "late": oldest is not None and hub.now().at - oldest > settings.centre.alarm_ms,
                "back": [self._back(reader, each) for each in outbox.refused(reader, SHOWN)],
                "waiting": [self._waits(reader, each) for each in store.waiting(reader)],
                "letters": [each for each in newest if each.state in ("applied", "refused")],
                "notices": [(each, notices.readers(reader, each.number)) for each in newest if _is_shown(each, today)],
                "files": store.refused_files(reader, SHOWN),
                "heard": store.last_letter_at(reader),
                "names": agents.names(reader),
            }
        where = settings.hub.outbox
        whole |= {
            "way": "address" if "://" in where else "folder" if where else "none",
            "where": where,
            "key": settings.centre.key,
            "complaints": self._running().complaints,
            "error": "",
            "field": "",
            "typed": {},
        }
        return make_response(render_template("exchange/page.html", **whole | parts), status)

    def _back(self, reader: store.Reader, message: Message) -> Back:
        found = (service.about(reader, message.aggregate) for service in self._hub.services)
        return Back(message, next(filter(None, found), None))

    def _waits(self, reader: store.Reader, letter: m.Kept) -> Waits:
        inbound = inbox.kinds(self._hub).get(letter.topic)
        if inbound is None or letter.payload is None:
            return Waits(letter, letter.topic, ())
        try:
            changes = inbound.preview(self._hub, reader, inbox.received_of(letter))
        except Refused as error:
            changes = (Change("exchange.change_refused", {"why": error.message}),)
        return Waits(letter, say(self._language, inbound.title), changes)

    def try_now(self) -> AnyResponse:
        """The way is back, somebody says."""
        self._running().try_now()
        return redirect("/exchange?said=try", 303)

    def again(self, message: int) -> AnyResponse:
        """A refused message goes again as it is."""
        outbox.send_again(self._hub, asked(f"exchange.again/{message}"), message=message)
        return redirect("/exchange?said=again", 303)

    def hold(self, letter: int) -> AnyResponse:
        """A letter waits until somebody lets it go."""
        motive = request.form.get("motive", "")
        inbox.hold(self._hub, asked(f"exchange.hold/{letter}"), letter=letter, motive=motive)
        return redirect("/exchange?said=hold", 303)

    def release(self, letter: int) -> AnyResponse:
        """It takes effect after all."""
        inbox.release(self._hub, asked(f"exchange.release/{letter}"), letter=letter)
        return redirect("/exchange?said=release", 303)

    def refused(self, error: Refused) -> Response:
        """Say it on the page."""
        said = say_refused(self._language, error, "exchange")
        return self._show(error.status, error=said, field=error.field or "", typed=request.form)


def _is_shown(letter: m.Kept, today: str) -> bool:
    """Whether it is a notice that still says something today."""
    if letter.topic != m.NOTICE or letter.state != "applied" or not isinstance(letter.payload, dict):
        return False
    until = letter.payload.get("until")
    return until is None or date.fromisoformat(until).isoformat() >= today
