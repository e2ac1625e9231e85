"""Everything that can be asked of the hub, in one table: what it is called, what it must say, what it does.

The API and the socket are two doors to the same table: same body, same answer, same rights
(`agents/rights.py`), same journal. The OpenAPI document is read off it too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hub import scans
from hub.agents import actions as agents
from hub.agents import refusals, rights
from hub.ask import Actor, Answer, Ask
from hub.blended import actions as blended
from hub.codes import CARRIED, LONGEST
from hub.context import Hub
from hub.errors import NotAllowed, NotFound, Unreadable
from hub.printing import actions as printing
from hub.queues import actions as queues
from hub.queues import followup, store
from hub.queues import papers as queue_papers
from hub.queues.model import Category, Channel, Mode, Paper, Priority

Key = Annotated[str, Field(min_length=1, max_length=64)]
Word = Annotated[str, Field(max_length=64)]
Words = Annotated[str, Field(max_length=300)]
#: A code, as far as a ticket carries it.
Scanned = Annotated[str, Field(max_length=CARRIED)]
Milliseconds = Annotated[int, Field(ge=0, le=4_102_444_800_000)]

#: As far as a row can have it.
Number = Annotated[int, Field(ge=0, le=2**63 - 1)]


class Body(BaseModel):
    """What every ask says: a key made by the client, the same for each repeat of the same request."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    key: Key


class Pressed(BaseModel):
    """When a button was pressed, as the kiosk knows it: `hub_at` is its estimate of the hub's time, in ms."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    boot: Word = ""
    mono: Milliseconds = 0
    hub_at: Milliseconds | None = None


class IssueBody(Body):
    """A ticket, please."""

    service: Word
    language: Word | None = None
    category: Category = "simple"
    priority: Priority = "normal"
    counter: Word | None = None
    registration_number: Word | None = None
    requester: Annotated[str, Field(max_length=120)] | None = None
    reason: Words | None = None
    pressed: Pressed | None = None
    scanned: Scanned | None = None
    sub_reason: Word | None = None


class PaperBody(Body):
    """What became of the paper of the request `issue` (its key), and the label on it."""

    issue: Key
    label: Word
    service: Word
    language: Word | None = None
    category: Category = "simple"
    priority: Priority = "normal"
    pressed: Pressed | None = None
    reason: Words | None = None
    printed_at: Milliseconds | None = None
    scanned: Scanned | None = None
    sub_reason: Word | None = None


class ScannedBody(Body):
    """What a scanner typed."""

    code: Annotated[str, Field(min_length=1, max_length=LONGEST)]


class ArriveBody(Body):
    """Somebody comes for an appointment: the code of their slip, else their telephone number or their name."""

    code: Scanned = ""
    telephone: Word = ""
    name: Annotated[str, Field(max_length=120)] = ""
    language: Word = ""


class TimesBody(Body):
    """Free times of a service, from a day on (ISO); from today when absent."""

    service: Word
    day: Word | None = None


class BookBody(Body):
    """An appointment: `day` ISO, `time` HH:MM; at a `counter` or by `telephone`; and who comes."""

    service: Word
    day: Word
    time: Word
    mode: Word = "counter"
    language: Word = ""
    name: Annotated[str, Field(max_length=120)] = ""
    telephone: Word = ""
    registration_number: Word = ""
    note: Words = ""


class ExpectedBody(Body):
    """Who says that they have an appointment today: a telephone number, or a name."""

    telephone: Word = ""
    name: Annotated[str, Field(max_length=120)] = ""


class CodeBody(Body):
    """The follow-up code on a ticket, or the code on the slip of an appointment."""

    code: Word


class TroubleBody(Body):
    """A part of a device is in trouble, or well again (`ok`)."""

    part: Word
    state: Word
    detail: Words = ""


class PlaceBody(Body):
    """Where help is wanted."""

    place: Words = ""


class TicketBody(Body):
    """A ticket by its public id."""

    ticket: Word
    reason: Words | None = None


class PriorityBody(TicketBody):
    """A ticket's new priority class."""

    priority: Priority


class CorrectBody(Body):
    """When the service of a ticket really ended (wall, ms), and why its key came late."""

    ticket: Word
    ended_at: Milliseconds
    reason: Words


class CounterBody(Body):
    """A counter by its code."""

    counter: Word


class OpenBody(CounterBody):
    """Who signs on; an agent's own session needs no `agent`."""

    agent: Word | None = None
    take_over: bool = False


class ReasonBody(CounterBody):
    """A step with a motive."""

    reason: Words | None = None


class WorkBody(CounterBody):
    """Which back-office work, by its code (`deposit.to_decide`)."""

    work: Word


class FinishBody(CounterBody):
    """How the visit ended."""

    outcome: Word = "served"


class ResumeBody(CounterBody):
    """Which visit goes on; the last put on hold when absent."""

    ticket: Word | None = None


class PickBody(ReasonBody):
    """Which ticket is called out of turn."""

    ticket: Word


class TransferBody(ReasonBody):
    """Where to: a service, or one counter (`to`)."""

    service: Word | None = None
    to: Word | None = None


class DayBody(Body):
    """The date of the day to open, ISO; today when absent."""

    date: Word | None = None


class CloseDayBody(Body):
    """Whether visitors still at counters are left unfinished."""

    force: bool = False


class ModeBody(Body):
    """What the kiosk gives."""

    mode: Mode


class PrintTakeBody(Body):
    """For which printer; the device's own when absent."""

    printer: Word | None = None


class PrintReportBody(Body):
    """What became of a print job."""

    job: Number
    attempt: Number
    state: Word
    reason: Words | None = None


Act = Callable[[Hub, Ask, Any], Answer]


@dataclass(frozen=True, slots=True)
class Spec:
    """One thing that can be asked. `path` is where the API has it, below /api/v1; '' for the socket alone."""

    body: type[Body]
    act: Act
    path: str = ""
    status: int = 200
    at_counter: bool = False
    summary: str = ""


def _issue(hub: Hub, ask: Ask, body: IssueBody) -> Answer:
    if body.scanned and (agenda := _kept_agenda(hub)) and agenda.expects(hub, body.scanned, body.service):
        arrived: Answer = agenda.arrive(hub, ask, {"code": body.scanned, "language": body.language or ""})
        return arrived
    channel: Channel = "kiosk" if "kiosk" in ask.actor.roles else "reception"
    scan = scans.brought(hub, body.scanned or "")
    kept_for = body.counter or scans.kept_for(hub, scan, body.service)
    issued: Answer = queues.issue(
        hub, ask, service=body.service, channel=channel, language=body.language, category=body.category,
        priority=body.priority, counter=kept_for, requester=body.requester,
        registration_number=body.registration_number, reason=body.reason, pressed_at=_pressed(body.pressed),
        brought=scan.label, party=scan.party, sub_reason=body.sub_reason,
    )  # fmt: skip
    return issued | {"why": scans.why(hub, scan, body.service)} if scan.label else issued


def _kept_agenda(hub: Hub) -> Any:
    """What the service answers that keeps the appointments; None where none does."""
    return next((service.agenda for service in hub.services if service.agenda), None)


def _agenda(hub: Hub) -> Any:
    if (found := _kept_agenda(hub)) is None:
        raise NotFound("this agency gives no appointments", code="no_agenda")
    return found


def _arrive(hub: Hub, ask: Ask, body: ArriveBody) -> Answer:
    answer: Answer = _agenda(hub).arrive(hub, ask, body.model_dump(exclude={"key"}))
    return answer


def _times(hub: Hub, _: Ask, body: TimesBody) -> Answer:
    answer: Answer = _agenda(hub).times(hub, service=body.service, day=body.day)
    return answer


def _book(hub: Hub, ask: Ask, body: BookBody) -> Answer:
    """A kiosk's visitor stands there and a receptionist knows who asks; a program's is confirmed by a person."""
    channel = "kiosk" if "kiosk" in ask.actor.roles else "web" if "api" in ask.actor.roles else "reception"
    answer: Answer = _agenda(hub).book(hub, ask, {**body.model_dump(exclude={"key"}), "channel": channel})
    return answer


def _expected(hub: Hub, ask: Ask, body: ExpectedBody) -> Answer:
    answer: Answer = _agenda(hub).expected(hub, ask.actor.scope, telephone=body.telephone, name=body.name)
    return answer


def _unbook(hub: Hub, ask: Ask, body: CodeBody) -> Answer:
    answer: Answer = _agenda(hub).unbook(hub, ask, code=body.code)
    return answer


def _pressed(pressed: Pressed | None) -> int | None:
    return pressed.hub_at if pressed else None


def _paper(paper: Paper) -> Act:
    def report(hub: Hub, ask: Ask, body: PaperBody) -> Answer:
        scan = scans.brought(hub, body.scanned or "")
        return queue_papers.report_paper(
            hub, ask, issue=body.issue, paper=paper, label=body.label, service=body.service, language=body.language,
            category=body.category, priority=body.priority, pressed_at=_pressed(body.pressed), reason=body.reason,
            brought=scan.label, party=scan.party, sub_reason=body.sub_reason,
        )  # fmt: skip

    return report


def _plain(action: Callable[..., Answer]) -> Act:
    """An action whose arguments are the body's fields."""

    def act(hub: Hub, ask: Ask, body: Body) -> Answer:
        return action(hub, ask, **body.model_dump(exclude={"key"}))

    return act


def _open(hub: Hub, ask: Ask, body: OpenBody) -> Answer:
    agent = body.agent or ask.actor.agent
    if agent is None:
        raise Unreadable("say which agent signs on", field="agent")
    if ask.actor.agent and agent != ask.actor.agent and "supervisor" not in ask.actor.roles:
        raise NotAllowed("you can only sign yourself on")
    agents.check_serves(hub, agent)
    return queues.open_counter(hub, ask, counter=body.counter, agent=agent, take_over=body.take_over)


def _at(body: type[CounterBody], action: Callable[..., Answer], step: str, summary: str) -> Spec:
    return Spec(body, _plain(action), f"/counters/<counter>/{step}", at_counter=True, summary=summary)


def _on(body: type[TicketBody], action: Callable[..., Answer], step: str, summary: str) -> Spec:
    return Spec(body, _plain(action), f"/tickets/<ticket>/{step}", summary=summary)


class _NoReason(Body):
    ticket: Word


ASKS: dict[str, Spec] = {
    "issue": Spec(IssueBody, _issue, "/tickets", 201, summary="Give a ticket"),
    "printed": Spec(PaperBody, _paper("printed"), summary="The ticket's paper is in the visitor's hand"),
    "shown": Spec(PaperBody, _paper("shown"), summary="The ticket's number was shown on the kiosk's screen"),
    "failed": Spec(PaperBody, _paper("failed"), summary="The ticket's paper failed"),
    "scanned": Spec(
        ScannedBody,
        lambda hub, ask, body: scans.look(hub, body.code, ask.actor.scope),
        "/scans",
        summary="A paper or a card was held under the kiosk's scanner",
    ),
    "arrive": Spec(ArriveBody, _arrive, "/appointments/arrive", 201, summary="Somebody comes for their appointment"),
    "times": Spec(TimesBody, _times, "/appointments/times", summary="The free times for appointments"),
    "book": Spec(BookBody, _book, "/appointments", 201, summary="Book an appointment"),
    "expected": Spec(ExpectedBody, _expected, summary="Whether somebody has an appointment today"),
    "unbook": Spec(CodeBody, _unbook, summary="A visitor gives their own appointment up"),
    "trouble": Spec(TroubleBody, _plain(agents.trouble), summary="A part of a device is in trouble"),
    "help": Spec(
        PlaceBody, lambda hub, ask, body: agents.ask_help(hub, ask, place=body.place), summary="A visitor asks for help"
    ),
    "return": _on(TicketBody, queues.give_back, "return", "Bring an absent visitor back"),
    "cancel": _on(TicketBody, queues.cancel, "cancel", "Give a ticket up"),
    "let_pass": _on(TicketBody, followup.let_pass, "let-pass", "Let others go before a waiting visitor, once"),
    "own_cancel": Spec(CodeBody, _plain(followup.cancel_own), summary="A visitor gives their own ticket up"),
    "own_let_pass": Spec(CodeBody, _plain(followup.let_pass_own), summary="A visitor lets others go first"),
    "priority": _on(PriorityBody, queues.set_priority, "priority", "Set a ticket's priority class"),
    "reprint": _on(TicketBody, queues.reprint, "reprint", "Print a further copy of a ticket"),
    "correct_end": Spec(
        CorrectBody,
        _plain(queues.correct_end),
        "/tickets/<ticket>/correct-end",
        summary="A service ended before its key was pressed",
    ),
    "confirm_paper": Spec(
        _NoReason,
        _plain(queues.confirm_paper),
        "/tickets/<ticket>/confirm-paper",
        summary="Staff saw the label on the paper",
    ),
    "next": _at(CounterBody, queues.call_next, "next", "Call the next visitor"),
    "recall": _at(CounterBody, queues.recall, "recall", "Call once more"),
    "start": _at(CounterBody, queues.start, "start", "The visitor is at the counter"),
    "no_show": _at(CounterBody, queues.no_show, "no-show", "Nobody came"),
    "finish": _at(FinishBody, queues.finish, "finish", "The visit at this counter is over"),
    "hold": _at(ReasonBody, queues.hold, "hold", "Put the visit aside"),
    "resume": _at(ResumeBody, queues.resume, "resume", "Take a visit up again"),
    "transfer": _at(TransferBody, queues.transfer, "transfer", "Send the visitor on"),
    "release": _at(CounterBody, queues.release, "release", "Called by mistake"),
    "undo": _at(CounterBody, queues.undo, "undo", "Take back finish, absent or transfer"),
    "pick": _at(PickBody, queues.pick, "pick", "Call one ticket out of turn"),
    "open": Spec(OpenBody, _open, "/counters/<counter>/open", summary="Sign an agent on"),
    "pause": _at(ReasonBody, queues.pause, "pause", "Call nobody for a while"),
    "unpause": _at(CounterBody, queues.unpause, "unpause", "Free again after a pause"),
    "close": _at(CounterBody, queues.close_counter, "close", "Sign off"),
    "work": _at(WorkBody, blended.begin, "work", "Take up back-office work while nobody waits"),
    "work_end": _at(CounterBody, blended.end, "work-end", "Put back-office work down"),
    "work_recall": _at(CounterBody, blended.call_back, "work-recall", "Call an agent back from back-office work"),
    "alarm": _at(CounterBody, queues.raise_alarm, "alarm", "Call for help in an emergency"),
    "alarm_answer": _at(CounterBody, queues.answer_alarm, "alarm-answer", "Somebody goes to a counter that calls"),
    "day_open": Spec(DayBody, _plain(queues.open_day), "/day/open", summary="Open the business day"),
    "day_close": Spec(CloseDayBody, _plain(queues.close_day), "/day/close", summary="Close the business day"),
    "mode": Spec(ModeBody, _plain(queues.change_mode), "/day/mode", summary="What the kiosk gives"),
    "print_take": Spec(
        PrintTakeBody,
        lambda hub, ask, body: printing.take(hub, ask, printer=body.printer),
        summary="Take the next print job",
    ),
    "print_report": Spec(PrintReportBody, _plain(printing.report), summary="What became of a print job"),
}


def perform(hub: Hub, actor: Actor, what: str, content: Any) -> Answer:
    """Answer one ask of an actor. Raises Refused in one of its kinds."""
    spec = ASKS.get(what)
    if spec is None:
        raise NotFound(
            f"there is nothing called {what!r} to ask; see /api/v1/openapi.json", code="unknown_ask", field="what"
        )
    if not rights.allowed(actor, what):
        refusals.of(hub).note(actor, what)
        raise NotAllowed(f"{actor.scope} may not ask for {what}")
    body = parsed(spec.body, content)
    if isinstance(body, CounterBody):
        _may_at(hub, actor, what, body.counter)
    ask = Ask(actor, body.key, {"what": what} | body.model_dump(exclude={"key"}, exclude_defaults=True))
    return spec.act(hub, ask, body)


def _may_at(hub: Hub, actor: Actor, what: str, counter: str) -> None:
    if hub.settings.counter(counter) is None:
        raise NotFound(f"no counter {counter}", code="unknown_counter", field="counter")
    rights.may_at(actor, counter, store.counter(hub.reader, counter).agent, opening=what == "open")


def parsed(body: type[Body], content: Any) -> Body:
    """The body, or Unreadable naming the first field that does not fit."""
    if not isinstance(content, dict):
        raise Unreadable("send a JSON object")
    try:
        return body.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or None
        raise Unreadable(_sentence(field, first["type"], first["msg"], body), field=field) from error


def _sentence(field: str | None, kind: str, message: str, body: type[Body]) -> str:
    if kind == "extra_forbidden":
        return f"{field}: no such field; there are {', '.join(names(body))}"
    return f"{field}: {message}" if field else message


def names(body: type[Body]) -> Iterable[str]:
    """The fields of a body."""
    return sorted(body.model_fields)
