"""The inquiry page: one search box, one sheet. A view parses, asks one action, and shows.

The sheet is a part of the page (`#view`): a link inside it changes that part and the address, so back and forward
work and whatever is being typed beside it stays. Each part that shows a file is a look, journalled by the action
that reads it; none is kept by the browser (`no-store`, and htmx keeps no pages).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

from flask import Blueprint, Response, current_app, g, make_response, render_template, request

from hub import notices
from hub.agents import rights
from hub.agents import store as agents
from hub.agents.forms import asked, staff_language, the_hub
from hub.ask import Ask
from hub.clock import local
from hub.errors import NotFound, Refused
from hub.money import grouped
from hub.people import actions as people
from hub.people import tables
from hub.people.model import MASKED, Sheet
from hub.people.rules import may_see, stale
from hub.people.synthesis import synthesis
from hub.people.wording import birth, day, period, value, word
from hub.queues import store as queues
from hub.say import say, say_refused, words
from hub.services import ports
from hub.services.inquiry import actions, rules, store
from hub.services.inquiry.model import RESULTS, SUBJECTS
from hub.services.ports import SheetLine

Parts = dict[str, Any]

pages = Blueprint("inquiry", __name__, url_prefix="/desk/inquiry", template_folder="templates", static_folder="static")


@pages.context_processor
def _in_templates() -> dict[str, Any]:
    language = staff_language()
    return {
        "t": lambda key, **values: say(language, f"inquiry.{key}", **values),
        "p": lambda key, **values: say(language, f"people.{key}", **values),
        "value": lambda field, held: value(language, field, held),
        "tab_word": lambda tab: _tab_word(language, tab),
        "birth": lambda held: held if held == MASKED else birth(language, held),
        "day": day,
        "francs": grouped,
        "at_time": _at,
        "subjects": SUBJECTS,
        "results": RESULTS,
        "page_of": notices.page_of,
        "may_oversee": rights.allowed(g.actor, "inquiry.looks"),
        "may_note": rights.allowed(g.actor, "inquiry.note"),
    }


def _tab_word(language: str, tab: str) -> str:
    """The name of a tab where there is little room."""
    return say(language, f"people.{'short' if f'short_{tab}' in words('fr', 'people') else 'tab'}_{tab}")


def _at(at_ms: int) -> str:
    return local(at_ms, the_hub().settings.agency.zone).strftime("%d/%m/%Y %H:%M")


# --- drawing ---------------------------------------------------------------------------------


def _part() -> bool:
    return bool(request.headers.get("HX-Request"))


def _show(view: str, status: int = 200, **parts: Any) -> Response:
    """The view for htmx, the whole page around it for anybody else."""
    template = f"inquiry/{view}.html" if _part() else "inquiry/page.html"
    if not _part():
        parts = {"typed": "", **parts}
    return make_response(render_template(template, view=f"inquiry/{view}.html", **_freshness(), **parts), status)


def _freshness() -> Parts:
    """Of which moment the central data are, and whether that is long ago."""
    data_of = people.data_of(the_hub())
    return {"data_of": data_of, "stale": stale(data_of, the_hub().now().at)}


@pages.get("")
def page() -> Response:
    """Where a search begins; without a script also where its answers stand."""
    typed = request.args.get("q", "").strip()
    answers = actions.find(the_hub(), Ask(g.actor), typed) if typed else None
    return _show("start", typed=typed, answers=answers, **_today())


def _today() -> Parts:
    """How the day goes at the first level: one's own, and everybody's for those who oversee."""
    with the_hub().snapshot() as reader:
        last = queues.day(reader)
        if last is None:
            return {"mine": None, "all": None, "channels": {}}
        overseen = rights.allowed(g.actor, "statistics")
        return {
            "mine": ports.first_level(the_hub(), reader, last.id, g.actor.agent),
            "all": ports.first_level(the_hub(), reader, last.id) if overseen else None,
            "channels": store.by_channel(reader, last.id) if overseen else {},
        }


@pages.get("/search")
def search() -> Response:
    """What may be meant by what is being typed."""
    typed = request.args.get("q", "")
    answers = actions.find(the_hub(), Ask(g.actor), typed)
    return make_response(render_template("inquiry/found.html", answers=answers, typed=typed.strip()))


# --- a file ----------------------------------------------------------------------------------


@pages.get("/file/<path:ref>")
def file(ref: str) -> Response:
    """A file, at one of its tabs, today or as it was on a day."""
    tab = request.args.get("tab", "identity")
    shown, known = _asked_days()
    sheet = actions.open_file(the_hub(), Ask(g.actor), ref=ref, view=_view(tab), on=shown, known_ms=known)
    named = {each.name for each in tables.tabs(sheet)}
    return _show("sheet", **_sheet_parts(sheet, tab if tab in named else "identity", shown))


def _view(tab: str) -> str:
    """The word under which a look is journalled: only words that are ours."""
    return tab if tab in tables.TABS else "identity"


def _asked_days() -> tuple[str | None, int | None]:
    """The day that the sheet shows, and the end of the day until which its facts were known, ms."""
    zone = the_hub().settings.agency.zone
    today = local(the_hub().now().at, zone).date()
    shown = rules.shown_day(request.args.get("on", ""), today)
    known = rules.shown_day(request.args.get("known", ""), today)
    if known is None:
        return shown.isoformat() if shown else None, None
    night = datetime.combine(known + timedelta(days=1), time(), zone)
    return shown.isoformat() if shown else None, int(night.timestamp() * 1000) - 1


def _sheet_parts(sheet: Sheet, tab: str, on: str | None) -> Parts:
    language, roles = staff_language(), g.actor.roles
    rows = sheet.tabs.get(tab, [])
    hidden = rows == MASKED or not _tab_seen(tab, sheet)
    lines = () if hidden else tuple(line for line in actions.lines_of(the_hub(), sheet.ref) if line.tab == tab)
    table = tables.table(tab, rows, request.args.get("page", 1, int), language) if rows and not hidden else None
    return {
        "sheet": sheet,
        "tabs": tables.tabs(sheet),
        "tab": tab,
        "on": on,
        "known": request.args.get("known", ""),
        "hidden": hidden,
        "identity": tables.identity(sheet, language) if tab == "identity" else (),
        "table": table,
        "lines": [] if on else [_line(line) for line in lines],
        "looks": _much_looked(),
        "to_tell": () if on else _to_tell(sheet),
        "person": sheet.fields["type"] == "person",
        "name_seen": may_see(roles, "name", restricted=sheet.restricted),
        "may_say_death": may_see(roles, "deceased_on", restricted=sheet.restricted),
    }


def _tab_seen(tab: str, sheet: Sheet) -> bool:
    if tab == "identity":
        return True
    right = "employments" if tab == "employees" else tab
    return may_see(g.actor.roles, right, restricted=sheet.restricted)


def _line(line: SheetLine) -> Parts:
    return {"at": _at(line.at), "icon": line.icon, "text": line.said(staff_language()), "url": line.url,
            "provisional": line.provisional}  # fmt: skip


def _to_tell(sheet: Sheet) -> tuple[notices.Notice, ...]:
    """What this person shall hear now that they are here; who may not read their letters reads none of it."""
    if not may_see(g.actor.roles, "letters", restricted=sheet.restricted):
        return ()
    with the_hub().snapshot() as reader:
        return tuple(notices.to_tell(reader, sheet.ref))


def _much_looked() -> int:
    """How often this agent has looked within the hour, where that is much; 0 where it is not."""
    with the_hub().snapshot() as reader:
        mine = store.looks_since(reader, the_hub().now().at - rules.HOUR_MS, g.actor.agent or "")
    looks = mine[0].looks if mine else 0
    return looks if looks > rules.MUCH_AN_HOUR else 0


@pages.get("/similar/<path:ref>")
def similar(ref: str) -> Response:
    """Files that may be about the same person; asked for by the sheet once it is there."""
    found = people.similar_to(the_hub(), Ask(g.actor), ref)
    return make_response(render_template("inquiry/similar.html", found=found))


@pages.get("/synthesis/<path:ref>")
def synthetic(ref: str) -> Response:
    """A whole file on one page, to print."""
    sheet = actions.open_file(the_hub(), Ask(g.actor), ref=ref, view="synthesis")
    with the_hub().snapshot() as reader:
        name = agents.names(reader).get(g.actor.agent or "", "")
    agency, at = the_hub().settings.agency, _at(the_hub().now().at)
    shown = render_template(
        "inquiry/synthesis.html", sheet=sheet, agency=agency, lines=_summary(sheet), printed_at=at, agent=name,
        identity=tables.identity(sheet, staff_language()), person=sheet.fields["type"] == "person",
        blocks=_blocks(sheet), **_freshness(),
    )  # fmt: skip
    return make_response(shown)


#: Numbers or periods that one line of the synthetic sheet names.
_FEW = 4
#: Tabs of which the synthetic sheet shows the last rows, and how many.
_BLOCKS = (("employments", 3), ("contributions", 3), ("relationships", 4), ("cases", 3), ("payments", 3))
#: What the identity beside it says already.
_SAID_ABOVE = frozenset({"name", "number", "status", "birth_date", "city"})


def _blocks(sheet: Sheet) -> list[Parts]:
    """The last rows of each tab, so that all of it fits one page."""
    found = []
    for tab, most in _BLOCKS:
        rows = sheet.tabs.get(tab)
        if rows == MASKED:
            found.append({"tab": tab, "hidden": True})
        elif rows:
            found.append(
                {
                    "tab": tab,
                    "table": tables.table(tab, rows[:most], 1, staff_language(), narrow=True),
                    "count": len(rows),
                }
            )
    return found


def _summary(sheet: Sheet) -> list[tuple[str, str]]:
    """The lines of the synthesis as they are read, but those that the identity says."""
    told = [(key.removeprefix("people.sum_"), held) for key, held in synthesis(sheet)]
    return [
        (say(staff_language(), f"people.sum_{name}"), _summed(name, held))
        for name, held in told
        if name not in _SAID_ABOVE
    ]


def _few(said: Sequence[str]) -> str:
    """The first of many, and how many others there are: the page has room for no more."""
    more = len(said) - _FEW
    first = " · ".join(said[:_FEW])
    return f"{first} {say(staff_language(), 'inquiry.others', count=more)}" if more > 0 else first


def _summed(name: str, held: Any) -> str:
    language = staff_language()
    if held == MASKED:
        return MASKED
    if name == "employer":
        return str(held.name)
    if name == "open_cases":
        return _few(held)
    if name == "unpaid":
        return _few(tuple(period(language, each) for each in held))
    if name == "last_payment":
        paid_on, francs, state = held
        return f"{day(paid_on)} · {grouped(francs)} FCFA · {word(language, 'payment', state)}"
    return grouped(held) if name == "owed" else value(language, name, held)


# --- what was asked ----------------------------------------------------------------------------


@pages.post("/notes")
def note() -> Response:
    """Something was asked, and how it ended."""
    form = request.form
    actions.note(
        the_hub(), asked("inquiry.note"), visit=form.get("visit", ""), subject=form.get("subject", ""),
        result=form.get("result", ""), said=form.get("note", ""), party=form.get("party") or None,
    )  # fmt: skip
    result = form.get("result")
    on = ports.goes_on(the_hub()) if result != "answered" else ""
    return _note(noted=result, done_key=form.get("key"), goes_on=on and f"{on}?why={result}")


def _note(status: int = 200, **parts: Any) -> Response:
    if _part():
        return make_response(render_template("inquiry/note.html", **parts), status)
    return _show("start", status, answers=None, **_today(), **parts)


# --- who looked at how much --------------------------------------------------------------------


@pages.get("/looks")
def looks() -> Response:
    """Today's looks by agent, for those who answer for them; no file is named."""
    hub = the_hub()
    now = local(hub.now().at, hub.settings.agency.zone)
    morning = int(now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() * 1000)
    with hub.snapshot() as reader:
        found, names = store.looks_since(reader, morning), agents.names(reader)
    return _show("looks", looks=found, names=names, much=rules.MUCH_AN_HOUR)


# --- refusals --------------------------------------------------------------------------------


@pages.errorhandler(Refused)
def _refused(error: Refused) -> Response:
    """Say it where the eye is. A file without a reason is not refused: it is asked for."""
    if error.reason == "purpose_needed" and request.method == "GET":
        return _show("asked", back=request.full_path.rstrip("?"))
    if request.endpoint == "inquiry.note":
        return _note(
            error.status,
            refused_note=error,
            refused_words=say_refused(staff_language(), error, "inquiry"),
            kept_note=request.form,
        )
    if isinstance(error, NotFound) or error.reason == "bad_day":
        now_url = request.path if request.args.get("on") or request.args.get("known") else ""
        return _show(
            "nothing", error.status, error_words=say_refused(staff_language(), error, "inquiry"), now_url=now_url
        )
    answer: Response = current_app.extensions["refused"](error)
    return answer
