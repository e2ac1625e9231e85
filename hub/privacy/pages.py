"""The pages of privacy: what is due to be destroyed and what became of it, its certificate, and a person's report."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import structlog
from flask import Blueprint, Response, g, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from hub.agents import rights
from hub.agents import store as agents
from hub.agents.forms import asked, new_key
from hub.ask import Actor, Ask
from hub.clock import local
from hub.context import Hub
from hub.errors import MboteError, NotFound, Refused
from hub.people import tables
from hub.people.model import MASKED, Sheet
from hub.privacy import actions, paper, purge, store
from hub.privacy.classes import classes
from hub.privacy.report import report
from hub.say import FIRST, say, say_refused, words
from hub.workshop.answer import pdf

if TYPE_CHECKING:  # known by its shape alone, as the desk knows it
    from hub.services.ports import CounterService

log = structlog.get_logger("privacy")
#: So many files that are still worked on are named.
_NAMED = 5


def pages(hub: Hub, services: tuple[CounterService, ...], tables: Mapping[str, tuple[str, ...]]) -> Blueprint:
    """Everything at /privacy. `tables`: the state tables of all rooms and their personal columns."""
    room = Blueprint(
        "privacy", __name__, template_folder="templates", static_folder="static", static_url_path="/privacy/static"
    )
    desk = _Desk(hub, services, tables)
    room.context_processor(desk.in_templates)
    room.add_url_rule("/privacy", "page", desk.page)
    room.add_url_rule("/privacy/propose", "propose", desk.propose, methods=["POST"])
    room.add_url_rule("/privacy/<int:proposal>/approve", "approve", desk.approve, methods=["POST"])
    room.add_url_rule("/privacy/<int:proposal>/withdraw", "withdraw", desk.withdraw, methods=["POST"])
    room.add_url_rule("/privacy/<int:proposal>/destroy", "destroy", desk.destroy, methods=["POST"])
    room.add_url_rule("/privacy/<int:proposal>/certificate", "certificate", desk.certificate)
    room.add_url_rule("/privacy/report", "report", desk.report, methods=["POST"])
    room.register_error_handler(Refused, desk.refused)
    return room


class _Desk:
    """The pages of one hub; one destruction at a time, in a thread of its own."""

    def __init__(self, hub: Hub, services: tuple[CounterService, ...], tables: Mapping[str, tuple[str, ...]]) -> None:
        self._hub, self._services, self._tables = hub, services, tables
        self._lock = threading.Lock()
        self._since: int | None = None
        self._trouble: str = ""

    # what templates need

    def in_templates(self) -> dict[str, Any]:
        language = self._language
        return {
            "t": lambda key, **values: say(language, f"privacy.{key}", **values),
            "new_key": new_key,
            "at_time": self._at,
            "named": lambda subjects: _named(language, subjects),
            "masked": MASKED,
            "channel_word": lambda each: say(language, f"visits.channel_{each}")
            if f"channel_{each}" in words(FIRST, "visits") else each,
            "may": lambda what: rights.allowed(g.actor, f"privacy.{what}"),
            "me": g.actor.agent,
        }  # fmt: skip

    @property
    def _language(self) -> str:
        return self._hub.settings.agency.languages[0]

    def _at(self, at_ms: int) -> str:
        return local(at_ms, self._hub.settings.agency.zone).strftime("%d/%m/%Y %H:%M")

    # retention

    def page(self) -> Response:
        """What is due, the proposal that is going on, and those of before."""
        return self._show()

    def _show(self, status: int = 200, **parts: Any) -> Response:
        due = actions.due(self._hub)
        with self._hub.snapshot() as reader:
            found, names = store.proposals(reader), agents.names(reader)
            back = {each.id: store.returned(reader, classes(self._hub.settings.folder), each) for each in found}
        going = next((each for each in found if each.state not in ("wiped", "withdrawn")), None)
        shown = render_template(
            "privacy/page.html", due=due, going=going, past=[each for each in found if each is not going], names=names,
            back=back, titles={each.name: each.called(self._language) for each, _, _ in due}, since=self._since,
            trouble=self._trouble, **{"error": "", "field": "", "typed": {}} | parts,
        )  # fmt: skip
        return make_response(shown, status)

    def propose(self) -> AnyResponse:
        """All that is due, as a list."""
        actions.propose(self._hub, asked("privacy.propose"))
        return redirect("/privacy", 303)

    def approve(self, proposal: int) -> AnyResponse:
        """Yes, of one of two."""
        actions.approve(self._hub, asked(f"privacy.approve/{proposal}"), proposal=proposal)
        return redirect("/privacy", 303)

    def withdraw(self, proposal: int) -> AnyResponse:
        """Not to be done."""
        actions.withdraw(self._hub, asked(f"privacy.withdraw/{proposal}"), proposal=proposal)
        return redirect("/privacy", 303)

    def destroy(self, proposal: int) -> AnyResponse:
        """Begin; it takes minutes on a small box, and the page says how it went."""
        purge.may_begin(self._hub, proposal)
        with self._lock:
            if self._since is None:
                self._since, self._trouble = self._hub.now().at, ""
                threading.Thread(target=self._run, args=(g.actor, proposal), name="retention", daemon=True).start()
        return redirect("/privacy", 303)

    def _run(self, actor: Actor, proposal: int) -> None:
        trouble = ""
        try:
            purge.destroy(self._hub, Ask(actor), proposal=proposal, tables=self._tables)
        except Refused as refused:
            trouble = say_refused(self._language, refused, "privacy")
        except MboteError as error:
            log.warning("not destroyed", proposal=proposal, fault=str(error))
            trouble = say(self._language, "privacy.failed")
        finally:
            self._hub.store.give_back()
            with self._lock:
                self._since, self._trouble = None, trouble

    def certificate(self, proposal: int) -> Response:
        """The certificate of destruction as PDF."""
        with self._hub.snapshot() as reader:
            found, names = store.proposal(reader, proposal), agents.names(reader)
        if found is None or found.state != "wiped":
            raise NotFound("nothing was destroyed by this proposal yet", field="proposal")
        return pdf(paper.certificate(self._hub, found, names), f"destruction-{found.id:04d}")

    # one person

    def report(self) -> Response:
        """All that is held about somebody, on pages that print."""
        party, why = request.form.get("party", "").strip(), request.form.get("motive", "")
        found = report(self._hub, Ask(g.actor), party=party, motive=why, services=self._services)
        with self._hub.snapshot() as reader:
            names = agents.names(reader)
        language = self._language
        shown = render_template(
            "privacy/report.html", report=found, names=names, language=language, agency=self._hub.settings.agency,
            identity=tables.identity(found.sheet, language), blocks=_blocks(found.sheet, language),
            made_at=self._at(self._hub.now().at),
        )  # fmt: skip
        return make_response(shown)

    def refused(self, error: Refused) -> Response:
        """Say it beside what was asked."""
        said = say_refused(self._language, error, "privacy")
        return self._show(error.status, error=said, field=error.field or "", typed=request.form)


def _blocks(sheet: Sheet, language: str) -> list[dict[str, Any]]:
    """Every tab with all its rows; of what its reader may not see, that it is there."""
    found: list[dict[str, Any]] = []
    for tab, rows in sheet.tabs.items():
        if rows == MASKED:
            found.append({"tab": tab, "hidden": True})
        elif rows:
            found.append({"tab": tab, "table": tables.table(tab, rows, 0, language)})
    return found


def _named(language: str, subjects: tuple[str, ...]) -> str:
    """Files (`request 7`) as people call them, the first few."""
    known = words(FIRST, "privacy")
    parts = [(f"file_{kind}", number) for kind, _, number in (each.partition(" ") for each in subjects[:_NAMED])]
    said = [
        say(language, f"privacy.{word}", number=number) if word in known else subject
        for (word, number), subject in zip(parts, subjects, strict=False)
    ]
    return ", ".join(said) + (" …" if len(subjects) > _NAMED else "")
