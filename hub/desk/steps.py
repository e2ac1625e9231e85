"""Which steps the desk offers now, and when: it asks the rules themselves, so that no key promises what they refuse."""

from __future__ import annotations

from collections.abc import Callable

from hub.clock import Instant, elapsed
from hub.errors import Refused
from hub.queues import rules
from hub.queues.model import CounterSession, Ticket
from hub.settings import QueueRules
from hub.staff_pictures import DeskStep, Undo
from hub.wire import Step

#: Refusals that time alone lifts, or that the agent can read and act on; a step refused otherwise is not offered.
_SAID = frozenset({"too_soon", "too_few_calls"})


def offered(
    session: CounterSession, ticket: Ticket | None, rule: QueueRules, now: Instant, *, on_hold: bool
) -> tuple[DeskStep, ...]:
    """The steps of this counter, the default first. Undo is offered apart (`undoable`)."""
    names = [name for name in rules.next_actions(session, ticket, rule) if name != "undo"]
    found = [_step(name, session, ticket, rule, now) for name in names if name != "resume" or on_hold]
    return tuple(step for step in found if step)


def _step(
    name: Step, session: CounterSession, ticket: Ticket | None, rule: QueueRules, now: Instant
) -> DeskStep | None:
    if ticket is None:
        return DeskStep(name)
    tries: dict[Step, Callable[[], object]] = {
        "recall": lambda: rules.recall(session, ticket, rule, now),
        "no_show": lambda: rules.no_show(session, ticket, rule, now),
        "release": lambda: rules.release(session, ticket, rule, now),
    }
    refused = _refusal(tries.get(name, lambda: None))
    if refused is None:
        ends = _left(ticket.stage.last_called, rule.release_s, now) if name == "release" else None
        return DeskStep(name, until_s=ends)
    if refused.reason not in _SAID:
        return None
    return DeskStep(name, after_s=int(refused.facts.get("retry_s", 0)), why=refused.reason)


def undoable(session: CounterSession, last: Ticket | None, rule: QueueRules, now: Instant) -> Undo | None:
    """The counter's last step, while the rules let it be taken back."""
    if last is None or session.last_step is None or _refusal(lambda: rules.undo(session, last, rule, now)):
        return None
    return Undo(session.last_step, last.label, _left(session.since, rule.undo_s, now))


def _refusal(decide: Callable[[], object]) -> Refused | None:
    try:
        decide()
    except Refused as refused:
        return refused
    return None


def _left(since: Instant | None, limit_s: int, now: Instant) -> int:
    return max(0, limit_s - (elapsed(since, now).ms // 1000 if since else 0))
