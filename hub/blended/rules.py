"""When back-office work may be taken up, and who is called back from it. Pure; waits in minutes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hub.errors import IllegalStep, Refused
from hub.queues.model import BackOfficeBegun, BackOfficeEnded, BackOfficeRecalled, CounterSession, RecallWhy
from hub.settings import Blended


@dataclass(frozen=True, slots=True)
class Line:
    """Who waits for a counter now: in which of its services, how many, and how long the first of them has."""

    services: frozenset[str] = frozenset()
    waiting: int = 0
    oldest_min: float = 0.0


@dataclass(frozen=True, slots=True)
class Working:
    """A counter whose agent is at back-office work, and its line."""

    session: CounterSession
    line: Line


def begin(counter: CounterSession, work: str, count: int, line: Line, rule: Blended) -> BackOfficeBegun:
    """Take up work at a free counter. Raises IllegalStep, or Refused `people_wait` where they would be called back."""
    _free(counter)
    if why(line, 0, rule):
        raise Refused(f"{line.waiting} people wait for counter {counter.code}: call them first", code="people_wait")
    return BackOfficeBegun(counter.code, counter.agent, work, count)


def end(counter: CounterSession) -> BackOfficeEnded:
    """Put it down. Raises Refused `no_work`."""
    _at_work(counter)
    return BackOfficeEnded(counter.code)


def call_back(counter: CounterSession, line: Line, because: RecallWhy) -> BackOfficeRecalled:
    """Call the agent back to the counter. Raises Refused `no_work`, `called_back`."""
    _at_work(counter)
    if counter.recalled is not None:
        raise Refused(f"the agent of counter {counter.code} is called back already", code="called_back")
    return BackOfficeRecalled(counter.code, because, line.waiting, int(line.oldest_min))


def recalls(working: Sequence[Working], rule: Blended) -> Iterator[BackOfficeRecalled]:
    """Who is called back now: whoever has been at it longest goes first, and the next one when as many more wait."""
    called = [one for one in working if one.session.recalled is not None]
    at_it = [one for one in working if one.session.recalled is None]
    for one in sorted(at_it, key=_begun):
        already = sum(not one.line.services.isdisjoint(other.line.services) for other in called)
        because = why(one.line, already, rule)
        if because is not None:
            called.append(one)
            yield call_back(one.session, one.line, because)


def _begun(one: Working) -> tuple[int, str]:
    since = one.session.work_since
    return since.tick if since else 0, one.session.code


def why(line: Line, already: int, rule: Blended) -> RecallWhy | None:
    """Why somebody is called back to a line for which so many are called back `already`; None while nobody is."""
    if line.waiting >= rule.recall_waiting * (already + 1):
        return "crowd"
    return "late" if line.oldest_min >= rule.recall_min * (already + 1) else None


def offered_after_ms(free_ms: int, rule: Blended) -> int | None:
    """In how many ms work is offered at a counter that has been free for `free_ms`; None where it never is."""
    return max(0, rule.idle_min * 60_000 - free_ms) if rule.idle_min else None


def _free(counter: CounterSession) -> None:
    if counter.state != "free":
        raise IllegalStep(f"counter {counter.code} is {counter.state}", state=counter.state, possible=["next"])


def _at_work(counter: CounterSession) -> None:
    if not counter.work:
        raise Refused(f"nobody at counter {counter.code} is at back-office work", code="no_work")
