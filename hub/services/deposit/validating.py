"""The list of the validators: the fund's own screen with its ten columns, filters, and a decision for what is ticked.

The rows are grouped as on the form (the day once, the ticket once, the event once); the export says everything on
every line. Whoever is second on a row is told who was first, and nothing of that press is done.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from hub import days, spreadsheet
from hub.agents import store as agents
from hub.agents.forms import asked, the_hub
from hub.errors import Refused
from hub.say import say, say_refused
from hub.services.deposit import actions, pages, paper, scan_store, store
from hub.services.deposit import model as m

COLUMNS = ("date", "ticket", "event", "code", "label", "issued", "valid", "copies", "status", "tick")
MOST_TICKED = store.ROWS
MONTH = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Shown:
    """A row of the list. `day`, `ticket` and `event`: how many rows a cell spans, 0 where an earlier one does."""

    listed: store.Listed
    due: str
    late: bool
    day: int = 1
    ticket: int = 1
    event: int = 1


def add(room: Blueprint) -> None:
    """The pages of the validators, on the tab's blueprint."""
    room.get("/validation")(validation)
    room.get("/validation.csv")(export)
    room.post("/validation")(decide)
    room.post("/documents/<int:document>/undo")(undo)
    room.post("/documents/<int:document>/put-right")(put_right)


def validation() -> Response:
    """What waits for a decision, the oldest first; or what a filter asks for."""
    return _list()


def wanted(said: Any, on: date) -> store.Filter:
    """The filter of an address; a day that is none is left out. Everything, without days, is that of a month."""
    values = {name: said.get(name, "").strip()[:40] for name in asdict(store.Filter())}
    for name in ("since", "until"):
        try:
            values[name] = date.fromisoformat(values[name]).isoformat() if values[name] else ""
        except ValueError:
            values[name] = ""
    values["show"] = values["show"] if values["show"] in store.SHOWS else "open"
    if values["show"] == "all" and not values["since"] and not values["until"]:
        values["since"] = (on - MONTH).isoformat()
    return store.Filter(**values | {"ticket": values["ticket"].upper()})


def grouped(lines: list[store.Listed], due: Any) -> list[Shown]:
    """The rows with their spans: a day, a ticket of that day, an event of that ticket."""
    found: list[Shown] = []
    keys = [_keys(each) for each in lines]
    for at, each in enumerate(lines):
        spans = [_span(keys, at, depth) for depth in (1, 2, 3)]
        until, late = due(each.deposit)
        found.append(Shown(each, until, late, *spans))
    return found


def _keys(each: store.Listed) -> tuple[object, ...]:
    of = each.deposit
    return of.deposited_on, of.id, (each.document.event, each.document.rank)


def _span(keys: list[tuple[object, ...]], at: int, depth: int) -> int:
    """How many rows from here share the first keys; 0 where the row above shares them already."""
    mine = keys[at][:depth]
    if at and keys[at - 1][:depth] == mine:
        return 0
    return next((n for n, each in enumerate(keys[at:]) if each[:depth] != mine), len(keys) - at)


def _due_of(on: date) -> Any:
    """By when a deposit is decided on, and whether that day has gone by."""
    settings = the_hub().settings
    known: dict[str, date] = {}

    def due(of: m.Deposit) -> tuple[str, bool]:
        day = of.deposited_on or on.isoformat()
        if day not in known:
            known[day] = days.due(date.fromisoformat(day), settings.deposits.decide_days, settings.day.calendar)
        return known[day].isoformat(), known[day] < on

    return due


def _list(status: int = 200, **parts: Any) -> Response:
    hub = the_hub()
    on = hub.today()
    which = wanted(request.args, on)
    with hub.snapshot() as reader:
        lines = store.listed(reader, which)
        names = agents.names(reader)
        shots = scan_store.of_documents(reader, frozenset(each.deposit.id for each in lines))
    shown = grouped(lines, _due_of(on))
    whole = {
        "rows": shown,
        "filter": which,
        "narrowed": which != store.Filter(),
        "columns": COLUMNS,
        "shows": store.SHOWS,
        "names": names,
        "services": [each for each in hub.settings.services if each.prefix],
        "late": sum(row.late and row.listed.document.state == "deposited" for row in shown),
        "more": len(lines) >= store.ROWS,
        "today": on.isoformat(),
        "four_eyes": hub.settings.deposits.four_eyes,
        "ticked": frozenset(),
        "shots": shots,
        "kept": {},
    }
    return pages.show("validation", status, **whole | parts)


def decide() -> AnyResponse:
    """One outcome for the ticked rows, a motive for each that is not accepted."""
    form = request.form
    ticked = [int(each) for each in form.getlist("document") if each.isdecimal()][:MOST_TICKED]
    outcome = form.get("outcome", "")
    choices = tuple(
        actions.Choice(each, form.get(f"motive-{each}", ""), form.get(f"note-{each}", "")) for each in ticked
    )
    ask = asked("deposit.decide")
    ask = type(ask)(ask.actor, ask.key, {**ask.body, "document": ticked})
    try:
        answer = actions.decide(the_hub(), ask, outcome=outcome, choices=choices)
    except Refused as error:
        said = say_refused(pages.language(), error, "deposit")
        return _list(error.status, error=said, ticked=frozenset(ticked), kept=form, wrong=error.facts.get("document"))
    done = f"{outcome}:{len(answer['documents'])}"
    return _back(done)


def _back(said: str) -> AnyResponse:
    """To the list as it was filtered, with what was done."""
    kept: dict[str, Any] = {
        name: value for name, value in asdict(wanted(request.args, the_hub().today())).items() if value
    }
    return redirect(url_for("deposit.validation", said=said, **kept), 303)


def undo(document: int) -> AnyResponse:
    """A decision of today is taken back."""
    return _step(document, "undo")


def put_right(document: int) -> AnyResponse:
    """What the head office did not take was looked into."""
    return _step(document, "put_right")


def _step(document: int, name: str) -> AnyResponse:
    ask = asked(f"deposit.{name}/{document}")
    try:
        getattr(actions, name)(the_hub(), ask, document=document)
    except Refused as error:
        return _list(error.status, error=say_refused(pages.language(), error, "deposit"))
    return _back(f"{name}:1")


def export() -> Response:
    """The same lines as a file, everything on every line."""
    hub, spoken = the_hub(), pages.language()
    lists = actions.lists_of(hub)
    rows: list[list[object]] = [
        [say(spoken, f"deposit.column_{name}") for name in (*COLUMNS[:-1], "number", "motive", "agent")]
    ]
    for each in store.listed(hub.reader, wanted(request.args, hub.today())):
        line, of = each.document, each.deposit
        rows.append([
            days.said(of.deposited_on), of.ticket_label, paper.event_said(line.event, lists, spoken), line.type,
            paper.type_said(line.type, lists, spoken), days.said(line.issued_on), days.said(line.valid_until),
            line.copies, say(spoken, f"deposit.state_{line.state}"), of.label,
            say(spoken, f"deposit.motive_{line.motive}") if line.motive in m.MOTIVES else "", line.decided_by,
        ])  # fmt: skip
    response = Response(spreadsheet.written(rows), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{say(spoken, "deposit.export_name")}.csv"'
    return response
