"""Looks at many visits or long ranges, in a process of their own.

Five years take a tenth of a second of Python, the story of a month two seconds, and Python runs one thread of a process
at a time: a press beside such a look waited at each of its own steps for a turn, five times as long as alone (P31); and
what a look took at its height stayed with the hub as memory (P9). So the hub asks a process that gives way to all.
At a few visits, or a short range that summaries answer, it looks itself; and at all where that process does not answer.
"""

from __future__ import annotations

import pickle
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import structlog

from hub.clock import Instant
from hub.context import Hub
from hub.errors import MboteError, Refused
from hub.queues.store import Reader
from hub.readable import Readable
from hub.settings import Settings
from hub.store import DATABASE, Store
from hub.supervision import report, statistics, store
from hub.supervision.beside import Beside, serve
from hub.supervision.report import Report
from hub.workshop.apart import Unanswered

#: Days whose summaries the hub reads itself, and visits: each some ten milliseconds.
SHORT_DAYS, FEW_VISITS = 92, 300
#: On a small box five years take seconds, the first time; the process stays for the next look.
DEADLINE_S, IDLE_S = 30.0, 300.0
log = structlog.get_logger("figures")
P = ParamSpec("P")
R = TypeVar("R", bound=Reader)
T = TypeVar("T")


def figures(hub: Hub, reader: sqlite3.Connection, query: Mapping[str, str]) -> dict[str, Any]:
    """`statistics.figures`, wherever it is looked up. Raises Unreadable."""
    if _is_short(hub, reader, query):
        return statistics.figures(hub, reader, query)
    return _beside(hub, reader, statistics.figures, dict(query))


def report_of(
    hub: Hub, reader: sqlite3.Connection, query: Mapping[str, str], *, of_agents: bool, whole: bool = False
) -> Report:
    """`report.report_of`, wherever it is looked up. Raises Unreadable."""
    if _is_short(hub, reader, query):
        return report.report_of(hub, reader, query, of_agents=of_agents, whole=whole)
    return _beside(hub, reader, report.report_of, dict(query), of_agents=of_agents, whole=whole)


def visits_of(
    hub: Hub,
    reader: R,
    first: str,
    last: str,
    look: Callable[Concatenate[Hub, R, P], T],
    *given: P.args,
    **more: P.kwargs,
) -> T:
    """`look(hub, reader, …)`, which reads the visits from one date to another, wherever it is looked up.

    `look` is a function of a module of ours. Raises what it raises.
    """
    if store.are_few(reader, first, last, FEW_VISITS):
        return look(hub, reader, *given, **more)
    return _beside(hub, reader, look, *given, **more)


def rest(hub: Hub) -> None:
    """The process ends now, instead of when nobody has asked for a while."""
    _LOOKERS.of(hub).close()


def _beside(
    hub: Hub,
    reader: R,
    look: Callable[Concatenate[Hub, R, P], T],
    *given: P.args,
    **more: P.kwargs,
) -> T:
    asked = _Look(hub.settings, hub.store.folder, hub.now(), look, given, more)
    try:
        found = pickle.loads(_LOOKERS.of(hub).asked(pickle.dumps(asked)))  # noqa: S301 (our own process, of our own code)
    except Unanswered as why:
        log.warning("looked up in the hub", why=str(why))
        found = None
    return cast("T", found) if found is not None else look(hub, reader, *given, **more)


def _is_short(hub: Hub, reader: sqlite3.Connection, query: Mapping[str, str]) -> bool:
    """Whether the hub looks itself; what makes no sense it refuses itself, too."""
    asked = {name: query[name] for name in ("from", "to", "by") if name in query}
    try:
        found = statistics.parsed(asked, statistics.today(hub, reader))
    except Refused:
        return True
    if not statistics.is_prepared(found.by):
        return store.are_few(reader, found.first, found.last, FEW_VISITS)
    return found.length <= SHORT_DAYS


# --- beside the hub ------------------------------------------------------------------------------

_LOOKERS = Beside("hub.supervision.looking", DEADLINE_S, IDLE_S)


@dataclass(frozen=True, slots=True)
class _Look:
    """What is asked of the process: what stands and what time it is at the hub, and what somebody wants to know."""

    settings: Settings
    folder: Path
    at: Instant
    look: Callable[..., Any]
    given: tuple[Any, ...]
    more: Mapping[str, Any]


@dataclass(slots=True)
class _Clock:
    """What time it was at the hub when it asked."""

    at: Instant

    def now(self) -> Instant:
        """That."""
        return self.at


class _Looked(Readable):
    """The hub's file as the process has it: to be read."""

    def __init__(self, folder: Path, clock: _Clock) -> None:
        super().__init__(folder / DATABASE)
        self.folder, self.clock = folder, clock


class _Looker:
    """The process's own view of the hub, kept as long as the same settings stand."""

    def __init__(self) -> None:
        self._stands: Settings | None = None
        self._hub: Hub | None = None
        self._clock = _Clock(Instant(0, 0, 0))

    def look(self, look: _Look) -> Any:
        """What was asked. None where it is refused or cannot be read: the hub says why."""
        hub = self._of(look)
        with hub.snapshot() as reader:
            try:
                return look.look(hub, reader, *look.given, **look.more)
            except (MboteError, sqlite3.Error):
                return None

    def _of(self, look: _Look) -> Hub:
        if self._hub is None or self._stands != look.settings:
            store = _Looked(look.folder, self._clock)
            self._stands, self._hub = look.settings, Hub(look.settings, cast("Store", store))
        self._clock.at = look.at
        return self._hub


def main() -> None:
    """The process: a look in, what was found out."""
    looker = _Looker()
    serve(lambda asked: pickle.dumps(looker.look(pickle.loads(asked))))  # noqa: S301 (from the hub that began this process)


if __name__ == "__main__":
    main()
