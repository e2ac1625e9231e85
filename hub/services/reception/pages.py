"""The receptionist's page. A view parses, asks one action, and shows; refusals fly to one handler below.

Every form carries a key made when it was drawn: a double click, a reload or a lost answer is one
request. A request of htmx gets the part of the page that changes, any other the whole page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

from flask import Blueprint, Response, current_app, make_response, render_template, request

from hub.agents import actions as agents
from hub.agents.forms import asked, new_key, staff_language, the_hub
from hub.ask import Ask
from hub.context import Hub
from hub.errors import NotFound, Refused, Unreadable
from hub.printing import actions as printing
from hub.queues import actions as queues
from hub.queues import faces, followup
from hub.queues import store as queue_store
from hub.queues.model import Category, Priority
from hub.say import say, say_refused, words
from hub.services.reception import actions, store
from hub.services.reception.model import Given, Trouble
from hub.visits.model import QUALITIES
from hub.wire import Wait

PRIORITIES: tuple[Priority, ...] = get_args(Priority)
#: `priority` follows from the priority class, so nobody has to say it twice.
CATEGORIES: tuple[Category, ...] = tuple(each for each in get_args(Category) if each != "priority")
#: Of the numbers of those whom a visit is about.
MOST_TYPED = 400
#: Numbers on one sheet of A4: three across, nine down.
SHEET = 27
#: Sent back with what changes the lists, so that they are drawn again.
CHANGED = {"HX-Trigger": "reception-changed"}
#: What a drawn part needs beside what the whole page needs.
Parts = dict[str, Any]

pages = Blueprint(
    "reception", __name__, url_prefix="/desk/reception", template_folder="templates", static_folder="static"
)


@pages.context_processor
def _in_templates() -> dict[str, Any]:
    language = staff_language()
    return {
        "t": lambda key, **values: say(language, f"reception.{key}", **values),
        "minutes": _minutes,
        "trouble_words": _trouble_words,
        "new_key": new_key,
        "priorities": PRIORITIES,
        "categories": CATEGORIES,
        "qualities": {each: say(language, f"visits.quality_{each}") for each in QUALITIES},
    }


def _minutes(wait: Wait) -> tuple[int, int]:
    """A range in whole minutes, the upper end rounded up."""
    return wait.low_s // 60, -(-wait.high_s // 60)


def _trouble_words(trouble: Trouble) -> str:
    """What to look at, in words; a state without words keeps its name."""
    known = f"trouble_{trouble.state}" in words("fr", "reception")
    name = f"trouble_{trouble.state}" if known else "trouble_other"
    return say(staff_language(), f"reception.{name}", part=trouble.part, state=trouble.state)


# --- drawing ---------------------------------------------------------------------------------


def _whole() -> Parts:
    """What the page shows besides what was just done."""
    hub = the_hub()
    with hub.snapshot() as reader:
        day = queue_store.day(reader)
        return {
            "day_open": day is not None and day.open,
            "services": store.services_now(hub, reader),
            "missing": store.missing(hub, reader),
            "absent": store.absent(hub, reader),
            "troubles": store.troubles(hub),
            "answered": store.answered(reader, day.id) if day else 0,
            "counters": [counter for counter in hub.settings.counters if counter.shown],
            "languages": hub.settings.agency.languages,
            "printer": hub.settings.kiosk.name,
        }


def _show(part: str, status: int = 200, headers: dict[str, str] | None = None, **parts: Any) -> Response:
    """One part for htmx, the whole page for anybody else."""
    template = f"reception/{part}.html" if request.headers.get("HX-Request") else "reception/page.html"
    response = make_response(render_template(template, **(_whole() | parts)), status)
    response.headers.update(headers or {})
    return response


@pages.get("")
def page() -> Response:
    """The whole page."""
    return _show("page", **_search())


@pages.get("/lists")
def lists() -> Response:
    """What waits for somebody: troubles, missing papers, absent visitors."""
    return _show("lists")


@pages.get("/search")
def search() -> Response:
    """Today's tickets by what is typed of their label."""
    return _show("found", **_search())


def _search() -> Parts:
    typed = request.args.get("label", "").strip()
    hub = the_hub()
    with hub.snapshot() as reader:
        return {"typed": typed, "found": store.found(hub, reader, typed) if typed else ()}


# --- giving ----------------------------------------------------------------------------------


@pages.post("/tickets")
def give() -> Response:
    """A ticket for somebody, and an empty form for the next."""
    form = request.form
    answer = actions.give(
        the_hub(),
        asked("reception.give"),
        service=form.get("service", ""),
        category=_one_of(form.get("category"), CATEGORIES, "category"),
        priority=_one_of(form.get("priority"), PRIORITIES, "priority"),
        reason=form.get("reason", ""),
        counter=form.get("counter") or None,
        language=form.get("language") or None,
        requester=form.get("requester", "").strip() or None,
        quality=form.get("quality") or "self",
        concerned=form.get("concerned", "")[:MOST_TYPED],
    )
    return _show("give", headers=CHANGED, given=_given(answer))


def _one_of(value: str | None, known: tuple[Any, ...], field: str) -> Any:
    """The value, the first when left out. Raises Unreadable for one that the form does not offer."""
    if value and value not in known:
        raise Unreadable(f"{field}: one of {', '.join(known)}", field=field)
    return value or known[0]


def _given(answer: dict[str, Any]) -> Given:
    hub = the_hub()
    with hub.snapshot() as reader:
        sheet = store.sheet(hub, reader, faces.ticket_by_id(reader, answer["id"]))
    wait = answer["wait"]
    return Given(sheet, answer["ahead"], Wait(wait["low_s"], wait["high_s"]) if wait else None)


@pages.post("/answers")
def note_answer() -> Response:
    """Somebody was helped on the spot."""
    noted = actions.note_answer(the_hub(), asked("reception.note_answer"), service=request.form.get("service", ""))
    return _show("give", headers=CHANGED, noted=noted)


@pages.post("/answers/<int:answer>/withdraw")
def withdraw_answer(answer: int) -> Response:
    """That was a slip of the finger."""
    actions.withdraw_answer(the_hub(), asked("reception.withdraw_answer"), answer=answer)
    return _show("give", headers=CHANGED, withdrawn=True)


# --- the paper roll --------------------------------------------------------------------------


@pages.get("/roll")
def roll() -> Response:
    """Where the numbers of the paper roll are entered, many at once."""
    return _roll_page(request.args.get("roll", ""))


def _roll_page(typed: str, status: int = 200, headers: dict[str, str] | None = None, **parts: Any) -> Response:
    """The whole page; for htmx the table beside what is typed."""
    hub = the_hub()
    template = "reception/roll_read.html" if request.headers.get("HX-Request") else "reception/roll.html"
    day = queue_store.day(hub.reader)
    lines = actions.read_roll(hub, typed)
    shown = render_template(
        template, typed=typed, lines=lines, series=hub.settings.queue.roll, day_open=day is not None and day.open,
        services={each.code: each for each in hub.settings.services}, **parts,
    )  # fmt: skip
    response = make_response(shown, status)
    response.headers.update(headers or {})
    return response


@pages.post("/roll")
def enter_roll() -> Response:
    """All that is typed joins the queue, or nothing does."""
    typed = request.form.get("roll", "")
    try:
        answer = actions.enter_roll(the_hub(), asked("reception.enter_roll"), typed)
    except Refused as error:
        return _roll_page(
            typed, error.status, error=error, error_words=say_refused(staff_language(), error, "reception")
        )
    return _roll_page("", entered=answer["labels"])


@pages.get("/roll/sheet")
def roll_sheet() -> Response:
    """A page of numbers to print before they are needed, and to cut."""
    first = max(1, request.args.get("from", 1, int))
    numbers = [f"{the_hub().settings.queue.roll}-{number:03d}" for number in range(first, first + SHEET)]
    return make_response(
        render_template("reception/roll_sheet.html", numbers=numbers, agency=the_hub().settings.agency)
    )


# --- one ticket ------------------------------------------------------------------------------


def _confirm(hub: Hub, ask: Ask, ticket: str) -> None:
    queues.confirm_paper(hub, ask, ticket=ticket)


def _return(hub: Hub, ask: Ask, ticket: str) -> None:
    queues.give_back(hub, ask, ticket=ticket)


def _reprint(hub: Hub, ask: Ask, ticket: str) -> None:
    queues.reprint(hub, ask, ticket=ticket)


def _let_pass(hub: Hub, ask: Ask, ticket: str) -> None:
    followup.let_pass(hub, ask, ticket=ticket)


def _set_priority(hub: Hub, ask: Ask, ticket: str) -> None:
    priority: Priority = _one_of(request.form.get("priority"), PRIORITIES, "priority")
    queues.set_priority(hub, ask, ticket=ticket, priority=priority, reason=request.form.get("reason"))


def _cancel(hub: Hub, ask: Ask, ticket: str) -> None:
    queues.cancel(hub, ask, ticket=ticket, reason=request.form.get("reason"))


STEPS: dict[str, Callable[[Hub, Ask, str], None]] = {
    "confirm": _confirm, "return": _return, "reprint": _reprint, "priority": _set_priority, "let_pass": _let_pass,
    "cancel": _cancel,
}  # fmt: skip


@pages.post("/tickets/<ticket>/<step>")
def change(ticket: str, step: str) -> Response:
    """One step of one ticket, and its sheet as it is now."""
    if step not in STEPS:
        raise NotFound(f"{step} is none of {', '.join(STEPS)}")
    STEPS[step](the_hub(), asked(f"reception.{step}/{ticket}"), ticket)
    return _show("found", headers=CHANGED, found=(_sheet(ticket),), done=step)


def _sheet(ticket: str) -> Any:
    hub = the_hub()
    with hub.snapshot() as reader:
        return store.sheet(hub, reader, faces.ticket_by_id(reader, ticket))


@pages.post("/jobs/<int:job>/<any(printed,unwanted):outcome>")
def settle(job: int, outcome: str) -> Response:
    """Somebody looked for a paper that may be missing."""
    printing.settle(the_hub(), asked(f"reception.settle/{job}"), job=job, printed=outcome == "printed")
    return _show("lists", headers=CHANGED)


@pages.post("/help/<device>")
def helped(device: str) -> Response:
    """Somebody went to the visitor who called."""
    agents.give_help(the_hub(), asked(f"reception.helped/{device}"), device=device)
    return _show("lists", headers=CHANGED)


# --- refusals --------------------------------------------------------------------------------

#: endpoint → the part that shows its refusal, beside what was typed. A list shows its own.
_REFUSED_IN = {
    "reception.give": "give", "reception.note_answer": "give", "reception.withdraw_answer": "give",
    "reception.change": "found", "reception.settle": "lists", "reception.helped": "lists",
}  # fmt: skip


@pages.errorhandler(Refused)
def _refused(error: Refused) -> Response:
    """Say it where the eye is, and keep what was typed. Nothing was recorded, so the form's key may be used again."""
    part = _REFUSED_IN.get(request.endpoint or "")
    if part is None:
        answer: Response = current_app.extensions["refused"](error)
        return answer
    parts: Parts = {
        "error": error,
        "error_words": say_refused(staff_language(), error, "reception"),
        "kept": request.form,
    }
    if part == "found":
        parts |= _refused_ticket(error)
    return _show(part, error.status, **parts)


def _refused_ticket(error: Refused) -> Parts:
    """The sheet that was worked on, if there is such a ticket."""
    values = request.view_args or {}
    if isinstance(error, NotFound):
        return {"found": ()}
    return {"found": (_sheet(values["ticket"]),), "refused_step": values["step"]}
