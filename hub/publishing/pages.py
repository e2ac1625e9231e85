"""The pages on which settings are published: the routing's (counters, agents, help, rules) and the administration's.

Nothing is published whose effect was not shown: the page with the effect carries exactly those changes, and the
version that they were held against.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any

from flask import Blueprint, Response, current_app, g, jsonify, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from hub.agents import rights
from hub.agents import store as agents
from hub.agents.forms import asked, new_key
from hub.clock import local
from hub.context import Hub
from hub.errors import NotAllowed, NotFound, Refused, Unreadable
from hub.publishing import actions, forms, making, reasons, rules, store
from hub.publishing import administration as admin
from hub.publishing.complaints import in_words
from hub.publishing.files import read, written
from hub.publishing.forms import Filled, Wanted
from hub.publishing.model import Change, Publication
from hub.publishing.preview import Effect, Side, effect
from hub.publishing.proof import Proofs
from hub.publishing.ticket import ticket_parts
from hub.publishing.wording import Wording
from hub.say import say, say_refused
from hub.settings import Settings
from hub.settings.counters import Service
from hub.settings.forms import DAYS

VERSIONS = "versions"
#: So many versions are shown.
SHOWN = 40
#: The most of a file that comes in, bytes.
LARGEST = 60_000


def pages(hub: Hub) -> Blueprint:
    """Everything at /routing: who calls whom."""
    room, desk = _room(hub, "routing", forms.PARTS, forms.wanted)
    room.add_url_rule("/routing/effect", "effect", desk.effect, methods=["POST"])
    room.add_url_rule("/routing/assign", "assign", desk.assign, methods=["POST"])
    return room


def administration(hub: Hub) -> Blueprint:
    """Everything at /administration: services, counters, hours, messages, and the configuration as files."""
    room, desk = _room(hub, "administration", (*admin.PARTS, admin.FILES), admin.wanted)
    room.add_url_rule("/administration/ticket/<key>/<int:millimetres>-<language>.png", "proof", desk.proof)
    room.add_url_rule("/administration/files.zip", "files", desk.files)
    room.add_url_rule("/administration/files", "read_files", desk.read_files, methods=["POST"])
    return room


Reads = Callable[[str, Filled, Settings], Wanted]


def _room(hub: Hub, name: str, parts: tuple[str, ...], reads: Reads) -> tuple[Blueprint, _Desk]:
    room = Blueprint(
        name, __name__, template_folder="templates", static_folder="static", static_url_path=f"/{name}/static"
    )
    desk = _Desk(hub, name, parts, reads)
    room.context_processor(desk.in_templates)
    room.add_url_rule(f"/{name}", "page", desk.page)
    room.add_url_rule(f"/{name}/preview", "preview", desk.preview, methods=["POST"])
    room.add_url_rule(f"/{name}/publish", "publish", desk.publish, methods=["POST"])
    room.register_error_handler(Refused, desk.refused)
    return room, desk


class _Desk:
    """One of the two pages of a hub; `reads` makes settings of what is filled in."""

    def __init__(self, hub: Hub, name: str, parts: tuple[str, ...], reads: Reads) -> None:
        self._hub, self._name, self._reads = hub, name, reads
        self._parts = (*parts, VERSIONS)
        self._proofs = Proofs(hub)

    def in_templates(self) -> dict[str, Any]:
        return {
            "t": self._say,
            "new_key": new_key,
            "base": f"/{self._name}",
            "name": self._name,
            "may_change": rights.allowed(g.actor, f"{self._name}.publish"),
            "may_go": lambda page: rights.allowed(g.actor, page) and page in current_app.view_functions,
            "weights": forms.WEIGHTS,
            "parts": self._parts,
            "languages": self._hub.settings.agency.languages,
            "days": DAYS,
            "arrows": admin.ARROWS,
            "icons": making.ICONS,
            "kinds": making.KINDS,
            "may_make": rights.allowed(g.actor, "routing.publish"),
            "printers": self._printers(),
            "chosen": request.form.getlist,
            "kept": self._kept,
            "ticked": self._ticked,
            "runs": _runs,
            "ticket_parts": ticket_parts,
        }

    def _printers(self) -> tuple[str, ...]:
        """Where the papers of a counter may come out."""
        settings = self._hub.settings
        return (*(each.name for each in settings.printers), settings.kiosk.name)

    def _filled_in(self) -> bool:
        """Whether the page was sent to be looked at: then it shows what was filled in, whatever became of it."""
        return request.endpoint == f"{self._name}.preview" and "undoes" not in request.form

    def _kept(self, name: str, stands: object) -> object:
        """What stands in a field."""
        return request.form.get(name, stands) if self._filled_in() else stands

    def _ticked(self, name: str, value: str, stands: object) -> bool:
        """Whether one of several is chosen."""
        return value in request.form.getlist(name) if self._filled_in() else bool(stands)

    @property
    def _language(self) -> str:
        return self._hub.settings.agency.languages[0]

    def _say(self, key: str, **values: object) -> str:
        return say(self._language, f"publishing.{key}", **values)

    def page(self) -> Response:
        """One part as it stands."""
        return self._show(self._part(), self._hub.settings)

    def _part(self) -> str:
        said = request.values.get("part", "")
        return said if said in self._parts else self._parts[0]

    def preview(self) -> Response:
        """What is filled in, or a version that is to be taken back: what it would do."""
        undoes = request.form.get("undoes", type=int)
        with self._hub.snapshot() as reader:
            if undoes is not None:
                asked_for = rules.before(undoes, store.versions(reader, undoes))
            else:
                asked_for = self._reads(self._part(), request.form, self._hub.settings)
        return self._shown_first(asked_for, undoes)

    def _shown_first(self, asked_for: Wanted, undoes: int | None = None, **more: Any) -> Response:
        """The page with the effect of these, and what is needed to publish exactly them."""
        with self._hub.snapshot() as reader:
            settings, changes = actions.proposed(self._hub, reader, asked_for)
            found = effect(self._hub, reader, settings)
            spoken_of = (*settings.services, *self._hub.settings.services)  # those that come, and those that go
            word = Wording(self._language, spoken_of, agents.names(reader))
        self._may(name for name, *_ in changes)
        return self._show(
            self._part(), settings, effect=found, changes=_in_words(word, changes), carried=_carried(changes),
            undoes=undoes, **more,
        )  # fmt: skip

    @staticmethod
    def _may(names: Iterable[str]) -> None:
        """What belongs to the other page is for whoever may publish there. Raises NotAllowed."""
        if any(not rights.allowed(g.actor, f"{rules.page_of(name)}.publish") for name in names):
            raise NotAllowed("a supervisor publishes that", code="other_page")

    def publish(self) -> AnyResponse:
        """What was shown counts from now on."""
        seen, undoes = request.form.get("seen", type=int), request.form.get("undoes", type=int)
        if seen is None:
            raise Unreadable("look at the effect again", code="bad_request", field="seen")
        changes = forms.sent_on(request.form.get("changes", ""))
        self._may(changes)
        reason = request.form.get("reason", "")
        ask = asked(f"{self._name}.publish")
        actions.publish(self._hub, ask, wanted=changes, reason=reason, seen=seen, undoes=undoes)
        return redirect(f"/{self._name}?part={self._part()}&done=1", 303)

    def proof(self, key: str, millimetres: int, language: str) -> Response:
        """A ticket as it will be, of what stands or of a draft that was looked at."""
        drawn = self._proofs.picture(key, millimetres, language)
        if drawn is None:
            raise NotFound("look at the ticket again: this draft is no longer kept")
        return Response(drawn, mimetype="image/png", headers={"Cache-Control": "no-store"})

    # as files

    def files(self) -> Response:
        """The configuration as it stands, to be taken along."""
        agency = self._hub.settings.agency.code
        headers = {"Content-Disposition": f'attachment; filename="configuration-{agency}.zip"'}
        return Response(written(self._hub.settings), mimetype="application/zip", headers=headers)

    def read_files(self) -> Response:
        """Files that come in: what of them can be published, with its effect."""
        sent = request.files.get("file")
        settings = read(sent.read(LARGEST + 1) if sent else b"")
        said, stands = rules.values_of(settings), rules.values_of(self._hub.settings)
        framed: Wanted = dict(rules.frames(self._hub.settings, settings))
        can = (*rules.WHOLE, *rules.MADE)
        both = {name: value for name, value in said.items() if name in stands or name.partition(".")[0] in can}
        gone = {name: None for name in stands if name not in said and name.partition(".")[0] in rules.WHOLE}
        missing = {name for name in said.keys() ^ stands.keys() if name.partition(".")[0] not in can}
        left = sorted({".".join(name.split(".")[:2]) for name in missing})
        return self._shown_first(both | gone | framed, left=left)

    # for the supervisor's board, whose script asks

    def effect(self) -> Response:
        """What a counter would call, and what that would do, in sentences."""
        counter, services = request.form.get("counter", ""), request.form.getlist("services")
        asked_for = actions.as_values({f"counters.{counter}.services": services})
        with self._hub.snapshot() as reader:
            settings, changes = actions.proposed(self._hub, reader, asked_for)
            found = effect(self._hub, reader, settings)
            seen = store.last_version(reader)
        return jsonify(said=self._sentences(found), changes=_carried(changes), seen=seen)

    def assign(self) -> Response:
        """What was shown counts from now on."""
        changes, reason = forms.sent_on(request.form.get("changes", "")), request.form.get("reason", "")
        seen = request.form.get("seen", -1, type=int)
        answer = actions.publish(self._hub, asked("routing.assign"), wanted=changes, reason=reason, seen=seen)
        return jsonify(version=answer["version"])

    def _sentences(self, found: Effect) -> list[str]:
        if not found.waiting:
            return [self._say("effect_nobody")]
        if not found.open_counters:
            return [self._say("effect_closed", count=found.waiting)]
        moved = [
            self._say(
                "queue_line", queue=each.label, before=self._minutes(each.before), after=self._minutes(each.after)
            )
            for each in found.queues
            if each.before != each.after
        ]
        return [self._say("effect_sum", waiting=found.waiting, sooner=found.sooner, later=found.later), *moved]

    def _minutes(self, side: Side) -> str:
        if side.longest_min is None:
            return self._say("nobody_calls")
        return self._say("min", count=side.longest_min)

    def refused(self, error: Refused) -> Response:
        """Say it above what was filled in; a motive that is missing, beside the effect it is for."""
        said = self._said(error)
        if request.endpoint in ("routing.effect", "routing.assign"):
            return make_response(jsonify(error=said), error.status)
        carried = request.form.get("changes", "")
        if carried and error.field == "reason":
            undoes = request.form.get("undoes", type=int)
            shown = self._shown_first(forms.sent_on(carried), undoes, error=said, field="reason")
            return make_response(shown, error.status)
        return self._show(self._part(), self._hub.settings, error.status, error=said, field=error.field or "")

    def _said(self, error: Refused) -> str:
        """Why not; of settings that do not go together, each of the reasons."""
        problems = in_words(self._language, error.facts.get("problems", ()))
        if error.reason == "misfit" and problems:
            return self._say("refused_misfit", problem=problems)
        return say_refused(self._language, error, "publishing")

    # --- what a template is given

    def _show(self, part: str, settings: Settings, status: int = 200, **more: Any) -> Response:
        with self._hub.snapshot() as reader:
            everybody = [one for one in agents.agents(reader) if not calls_nobody(one.roles)]
            names = agents.names(reader)
            last = store.last_version(reader)
            found = list(store.versions(reader, max(1, last - SHOWN + 1))) if part == VERSIONS else []
        word = Wording(self._language, self._hub.settings.services, names)
        shown = {
            "part": part, "settings": settings, "agents": everybody, "last": last, "typed": request.form,
            "versions": [self._version(one, word, names) for one in found], "effect": None, "error": "", "field": "",
            "done": request.args.get("done"), "seen": last, "left": (),
            "proofs": self._proofs.of(settings) if part == "ticket" else (),
            "service": reasons.shown(settings, request.values.get("service", "")) if part == "reasons" else None,
        } | more  # fmt: skip
        return make_response(render_template("publishing/page.html", **shown), status)

    def _version(self, one: Publication, word: Wording, names: dict[str, str]) -> dict[str, Any]:
        return {
            "version": one.version,
            "at": local(one.at, self._hub.settings.agency.zone).strftime("%d/%m/%Y %H:%M"),
            "who": names.get(one.agent or "", one.agent or "") or self._say("the_files"),
            "origin": one.origin, "reason": one.reason, "undoes": one.undoes,
            "first": all(old is None for _, old, _, _ in one.changes) and one.origin == "file",
            "changes": _in_words(word, one.changes),
        }  # fmt: skip


def _runs(services: Iterable[Service]) -> list[tuple[str, int]]:
    """The groups over the columns of services, each with how many columns it is over."""
    return [(name, len(list(those))) for name, those in groupby(services, key=lambda one: one.group)]


def _in_words(word: Wording, changes: Iterable[Change]) -> list[dict[str, str]]:
    """What changes; what is nothing before and after (of a service that is made) is none."""
    found = [
        {"what": word.name(name), "before": word.value(name, old), "after": word.value(name, new)}
        for name, old, new, _ in changes
    ]
    return [each for each in found if each["before"] != each["after"]]


def _carried(changes: Iterable[Change]) -> str:
    """Exactly what was shown, as the page carries it to be published (`forms.sent_on` reads it)."""
    return json.dumps({name: after for name, _, after, _ in changes}, ensure_ascii=False)


def calls_nobody(roles: frozenset[str]) -> bool:
    """Whether these roles call nobody."""
    return rights.RIGHTS["desk.page"].isdisjoint(roles)
