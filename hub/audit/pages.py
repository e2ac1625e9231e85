"""The auditor's pages: the journal with its filters, a private part, who could do what, a copy, the reading through.

A page translates. Whatever shows or copies something leaves its trace first; so does each search.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, send_file
from werkzeug.wrappers import Response as AnyResponse

from hub import chain
from hub.agents import rights
from hub.agents import store as agents
from hub.agents.forms import asked, new_key
from hub.ask import Ask
from hub.audit import actions, configuration, facts, rules, store
from hub.audit.model import Could, Found, Line, Wanted
from hub.audit.reading import Reading
from hub.clock import local
from hub.context import Hub
from hub.errors import NotFound, Refused, Unreadable
from hub.say import FIRST, say, say_refused, words
from hub.store import SIGNING_KEY

_FILTERS = ("from", "to", "agent", "device", "family", "subject", "text")
_DIGEST_LENGTH = 12


def pages(hub: Hub) -> Blueprint:
    """Everything at /audit."""
    room = Blueprint(
        "audit", __name__, template_folder="templates", static_folder="static", static_url_path="/audit/static"
    )
    desk = _Desk(hub)
    room.context_processor(desk.in_templates)
    room.add_url_rule("/audit", "page", desk.page)
    room.add_url_rule("/audit/entries/<int:entry>", "reveal", desk.reveal, methods=["POST"])
    room.add_url_rule("/audit/copy", "copy", desk.copy, methods=["POST"])
    room.add_url_rule("/audit/verify", "verify", desk.verify, methods=["POST"])
    room.add_url_rule("/audit/rights", "rights", desk.rights)
    room.register_error_handler(Refused, desk.refused)
    return room


class _Desk:
    """The pages of one hub."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._reading = Reading()

    # what templates need

    def in_templates(self) -> dict[str, Any]:
        language = self._language
        return {
            "t": lambda key, **values: say(language, f"audit.{key}", **values),
            "new_key": new_key,
            "at_time": self._at,
            "kind_word": self._kind,
            "family_word": self._family,
            "told": self._told,
            "subject": lambda said: facts.subject(language, said),
            "is_first": configuration.is_first,
            "changed": lambda name: _changed(language, name),
            "shown": lambda name, value: _value(language, name, value),
            "may_reveal": rights.allowed(g.actor, "audit.reveal"),
        }

    @property
    def _language(self) -> str:
        return self._hub.settings.agency.languages[0]

    def _at(self, at_ms: int) -> str:
        return local(at_ms, self._hub.settings.agency.zone).strftime("%d/%m/%Y %H:%M:%S")

    def _kind(self, kind: str) -> str:
        return say(self._language, f"audit.kind_{kind}") if f"kind_{kind}" in words(FIRST, "audit") else kind

    def _told(self, kind: str, said: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
        return facts.told(self._language, self._hub.settings.agency.zone, kind, said)

    def _family(self, family: str) -> str:
        """A family of ours, or the name of a counter service on its tab."""
        own = f"family_{family}"
        return say(self._language, f"audit.{own}" if own in words(FIRST, "audit") else f"{family}.title")

    # the journal

    def page(self) -> Response:
        """A page of the journal; without a question, how to ask one."""
        wanted = self._wanted(request.args)
        if not request.args:
            return self._show(wanted, Found((), None), fresh=True)
        before = request.args.get("before", type=int)
        return self._show(wanted, actions.search(self._hub, Ask(g.actor), wanted, before))

    def _wanted(self, said: Mapping[str, str]) -> Wanted:
        """What the form asks for; the subject may be in the reader's words. Raises Unreadable."""
        found = rules.wanted(said, self._hub.settings.agency.zone)
        return replace(found, subject=facts.typed_subject(self._language, found.subject))

    def _show(self, wanted: Wanted, found: Found, status: int = 200, **parts: Any) -> Response:
        with self._hub.snapshot() as reader:
            names = agents.names(reader)
            last = reader.execute("SELECT * FROM signed_head ORDER BY seq DESC LIMIT 1").fetchone()
        shown = render_template(
            "audit/page.html", wanted=wanted, found=found, names=names, kept=self._kept(), last_head=last,
            families=self._families(), reading=self._reading, public_key=self._public_key(),
            **{"revealed": {}, "error": "", "field": "", "fresh": False, "typed": {}} | parts,
        )  # fmt: skip
        return make_response(shown, status)

    @staticmethod
    def _kept() -> dict[str, str]:
        """The question as it was asked, to be asked again."""
        return {name: request.values.get(name, "") for name in _FILTERS}

    def _families(self) -> dict[str, str]:
        known = {rules.family_of(kind, event) for kind, event in actions.kinds(self._hub).items()}
        return dict(sorted(((each, self._family(each)) for each in known), key=lambda each: each[1]))

    def _public_key(self) -> str:
        return chain.public_key(self._hub.store.folder / SIGNING_KEY).hex()

    def reveal(self, entry: int) -> Response:
        """The private part of an entry, once it is written down that it was seen, and why."""
        actions.reveal(self._hub, asked(f"audit.reveal/{entry}"), entry=entry, motive=request.form.get("motive", ""))
        return self._one(entry, revealed={entry: self._private(entry)})

    def _private(self, entry: int) -> Mapping[str, Any]:
        with self._hub.snapshot() as reader:
            return store.private_part(reader, entry) or {}

    def _one(self, entry: int, status: int = 200, **parts: Any) -> Response:
        return self._show(Wanted(), Found((self._line(entry),), None), status, **parts)

    def _line(self, entry: int) -> Line:
        with self._hub.snapshot() as reader:
            line = store.line(reader, entry, actions.kinds(self._hub))
        if line is None:
            raise NotFound("no such entry", field="entry")
        return line

    # taking along, reading through

    def copy(self) -> AnyResponse:
        """The copy as a file to save."""
        wanted = self._wanted(request.form)
        with tempfile.TemporaryDirectory(prefix="mbote-audit-") as folder:
            path = Path(folder) / "copy.zip"
            actions.take_copy(
                self._hub, Ask(g.actor), wanted=wanted, persons="persons" in request.form,
                motive=request.form.get("motive", ""), path=path,
            )  # fmt: skip
            # opened before its folder goes: the answer reads what has no name any more
            return send_file(path.open("rb"), "application/zip", as_attachment=True, download_name=self._file_name())

    def _file_name(self) -> str:
        agency, now = self._hub.settings.agency, self._hub.now().at
        return f"audit-{agency.code}-{local(now, agency.zone):%Y%m%d-%H%M}.zip"

    def verify(self) -> AnyResponse:
        """Have the journal read through; the page says how it goes."""
        self._reading.begin(self._hub)
        return redirect("/audit#reading", 303)

    # who could

    def rights(self) -> Response:
        """Who had which roles at the end of a day, what these may, and which should not be one person's."""
        zone = self._hub.settings.agency.zone
        today = local(self._hub.now().at, zone).date()
        first = rules.wanted({"from": request.args.get("on", "")}, zone).since
        on = local(first, zone).date() if first is not None else today
        end = int(datetime.combine(on + timedelta(days=1), time(), zone).timestamp() * 1000)
        with self._hub.snapshot() as reader:
            found, names = store.could(reader, end), agents.names(reader)
        may = {role: sorted(what for what, roles in rights.RIGHTS.items() if role in roles) for role in _roles(found)}
        shown = render_template(
            "audit/rights.html", on=on.isoformat(), today=today.isoformat(), found=found, names=names, may=may
        )
        return make_response(shown)

    # refusals

    def refused(self, error: Refused) -> Response:
        """Say it beside what was asked."""
        said = say_refused(self._language, error, "audit")
        parts = {"error": said, "field": error.field or "", "typed": request.form}
        entry = (request.view_args or {}).get("entry")
        if entry is not None and not isinstance(error, NotFound):
            return self._one(entry, error.status, **parts)
        if request.endpoint == "audit.rights":
            return make_response(render_template("audit/rights.html", on="", today="", found=(), names={}, may={},
                                                 error=said), error.status)  # fmt: skip
        try:
            wanted = self._wanted(request.values)
        except Unreadable:
            wanted = Wanted()
        return self._show(wanted, Found((), None), error.status, **parts)


def _roles(found: tuple[Could, ...]) -> list[str]:
    return sorted({role for each in found for role in each.roles})


def _changed(language: str, name: str) -> str:
    """What changed: a setting as its file names it, or a file."""
    file = name.removeprefix(configuration.FILE)
    return say(language, "audit.changed_file", name=file) if file != name else name


def _value(language: str, name: str, value: str | None) -> str:
    """What a setting was or is; of a file the beginning of its digest tells enough."""
    if not value:
        return say(language, "audit.changed_none")
    return f"{value[:_DIGEST_LENGTH]}…" if name.startswith(configuration.FILE) else facts.short(value)
