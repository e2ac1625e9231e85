"""What may happen to a request, and by when it is answered. The steps are one table; deadlines count working days.

Sources: requirements B.6 (states, 2, 10 and 15 working days, 60 days to contest), R-026 to R-028.
"""

from __future__ import annotations

from datetime import date, timedelta

from hub.days import due
from hub.errors import IllegalStep, Refused, Unreadable
from hub.services.request.model import (
    ANSWER_CHANNELS,
    CHANNELS,
    ESCALATIONS,
    WHATS,
    Office,
    Request,
    RequestAnswered,
    RequestClosed,
    RequestContested,
    RequestEscalated,
    RequestNoted,
    RequestPassedOn,
    RequestResolved,
    RequestTaken,
    State,
    VisitorAsked,
    VisitorReplied,
    What,
)

#: state → step → state. An answer that was given can be contested whether it has been told or not.
STEPS: dict[State, dict[str, State]] = {
    "open": {"resolve": "resolved", "escalate": "escalated"},
    "escalated": {"take": "in_hand", "pass_on": "escalated", "note": "escalated"},
    "in_hand": {
        "answer": "answered", "ask_visitor": "awaiting_visitor", "note": "in_hand", "pass_on": "escalated",
    },
    "awaiting_visitor": {"reply": "in_hand", "note": "awaiting_visitor"},
    "answered": {"inform": "closed", "contest": "escalated"},
    "closed": {"contest": "escalated"},
    "resolved": {},
}  # fmt: skip
CONTEST_DAYS = 60
HIGHEST = 3
TEXT_LENGTH = 2_000


def step(request: Request, name: str) -> State:
    """The state that a step leads to. Raises IllegalStep naming the steps there are."""
    steps = STEPS[request.state]
    if name not in steps:
        raise IllegalStep(
            f"{request.label} is {request.state}: {name} is not possible now",
            state=request.state, possible=sorted(steps),
        )  # fmt: skip
    return steps[name]


# --- what is decided -------------------------------------------------------------------------


def opened(what: str, reason: str, channel: str, text: str, office: Office) -> tuple[What, str]:
    """What is asked and in which words. Raises Unreadable for what is missing or unknown."""
    known = next((each for each in WHATS if each == what), None)
    if known is None:
        raise Unreadable(f"what: one of {', '.join(WHATS)}", code="what_needed", field="what")
    if reason not in office.reasons:
        raise Unreadable("choose what it is about", code="reason_needed", field="reason")
    if channel not in CHANNELS:
        raise Unreadable(f"channel: one of {', '.join(CHANNELS)}", code="unknown_channel", field="channel")
    return known, said(text, "text")


def said(text: str, field: str) -> str:
    """What somebody wrote, its lines kept. Raises Unreadable for nothing, and for a book."""
    kept = "\n".join(" ".join(line.split()) for line in text.strip().splitlines())
    if not kept:
        raise Unreadable("write what is meant", code="text_needed", field=field)
    if len(kept) > TEXT_LENGTH:
        raise Unreadable(f"at most {TEXT_LENGTH} letters", code="text_long", field=field)
    return kept


def resolve(request: Request, answer: str, on: date) -> RequestResolved:
    """Answered at the counter."""
    step(request, "resolve")
    return RequestResolved(request.id, on.isoformat(), said(answer, "answer"))


def escalate(request: Request, why: str, service: str, desks: tuple[str, ...]) -> RequestEscalated:
    """On to a back desk."""
    step(request, "escalate")
    if why not in ESCALATIONS:
        raise Unreadable(f"why: one of {', '.join(ESCALATIONS)}", code="why_needed", field="why")
    return RequestEscalated(request.id, why, desk(service, desks), 2)


def desk(service: str, desks: tuple[str, ...]) -> str:
    """A back desk that there is. Raises Unreadable."""
    if service not in desks:
        raise Unreadable("choose the back desk that studies it", code="desk_needed", field="service")
    return service


def take(request: Request) -> RequestTaken:
    """An agent of the back office begins."""
    step(request, "take")
    return RequestTaken(request.id)


def mine(request: Request, agent: str | None) -> None:
    """Raise Refused when somebody else works on it; it names nobody to the public, the agent to colleagues."""
    if request.owner is not None and request.owner != agent:
        raise Refused(f"{request.owner} works on {request.label}", code="not_yours", owner=request.owner)


def note(request: Request, text: str) -> RequestNoted:
    """A word among colleagues."""
    step(request, "note")
    return RequestNoted(request.id, said(text, "text"))


def pass_on(request: Request, service: str, text: str, desks: tuple[str, ...]) -> RequestPassedOn:
    """For another desk; why, so that it does not come back."""
    step(request, "pass_on")
    if service == request.service:
        raise Unreadable("that desk has it", code="desk_needed", field="service")
    return RequestPassedOn(request.id, desk(service, desks), said(text, "text"))


def ask_visitor(request: Request, channel: str, text: str) -> VisitorAsked:
    """Something is needed from the visitor."""
    step(request, "ask_visitor")
    return VisitorAsked(request.id, answer_channel(channel), said(text, "text"))


def reply(request: Request, text: str) -> VisitorReplied:
    """The visitor gave it."""
    step(request, "reply")
    return VisitorReplied(request.id, said(text, "text"))


def answer(request: Request, channel: str, text: str, on: date) -> RequestAnswered:
    """What the study came to."""
    step(request, "answer")
    return RequestAnswered(request.id, on.isoformat(), answer_channel(channel), said(text, "answer"))


def answer_channel(channel: str) -> str:
    """A channel that reaches a visitor. Raises Unreadable."""
    if channel not in ANSWER_CHANNELS:
        raise Unreadable(f"channel: one of {', '.join(ANSWER_CHANNELS)}", code="channel_needed", field="channel")
    return channel


def inform(request: Request, on: date) -> RequestClosed:
    """The visitor knows the answer."""
    step(request, "inform")
    return RequestClosed(request.id, on.isoformat())


def contest(request: Request, text: str, on: date, office: Office) -> RequestContested:
    """Not accepted, within sixty days of the answer: once more, one level higher."""
    step(request, "contest")
    assert request.answered_on is not None
    if on > date.fromisoformat(request.answered_on) + timedelta(days=CONTEST_DAYS):
        raise Refused(f"contested within {CONTEST_DAYS} days only", code="too_late_to_contest")
    if request.level >= HIGHEST:
        raise Refused("there is no higher level", code="highest_level")
    until = due(on, office.days[request.what], office.calendar)
    return RequestContested(request.id, request.level + 1, request.service or "", until.isoformat(), said(text, "text"))
