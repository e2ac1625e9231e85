"""The counters as routing sees them: what the agency says of each, and of whoever sits there.

What stands in the settings is worked out once for as long as they stand (`hub.standing`), so that a call looks
nothing up twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast
from zoneinfo import ZoneInfo

from hub.clock import local
from hub.context import Hub
from hub.queues.model import CounterSession, Priority
from hub.queues.routing import Caller, Candidate, Help, Place
from hub.settings import QueueRules, Settings
from hub.settings.counters import Counter, Profile

#: Level of whoever no profile speaks of.
USUAL = 2
#: Minutes that a level adds to the score of a service: whoever knows it best is given it a little sooner.
LEVEL_MIN = {1: -5.0, 2: 0.0, 3: 5.0}


#: The zone of an agency that is none: of a test's terms.
_NOWHERE = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Terms:
    """What of the settings decides about those who wait.

    `needing`: services whose visitors are called only where their language is spoken; `called`: the services of each
    counter, whoever sits there; `zone`: in which times are told.
    """

    rules: QueueRules
    needing: frozenset[str] = frozenset()
    called: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    zone: ZoneInfo = _NOWHERE


def terms_of(settings: Settings) -> Terms:
    """Worked out of the settings."""
    return Terms(
        settings.queue,
        frozenset(service.code for service in settings.services if service.language_needed),
        {counter.code: counter.services for counter in settings.counters},
        settings.agency.zone,
    )


def place_of(settings: Settings, counter: Counter, agent: str | None) -> Place:
    """A counter with an agent: the services in which their level suffices, the minutes both add, what they speak."""
    profile = settings.profile(agent)
    levels = {service: _level(profile, service) for service in settings_services(settings)}
    able = tuple(s for s in counter.services if levels.get(s, USUAL) >= _least(settings, s))
    weights = {s: counter.weights.get(s, 0) + LEVEL_MIN[levels.get(s, USUAL)] for s in able}
    return Place(
        counter=counter.code,
        services=able,
        weights={service: minutes for service, minutes in weights.items() if minutes},
        languages=frozenset(profile.languages if profile and profile.languages else counter.languages),
        accessible=counter.accessible,
        helps=tuple(
            Help(each.queue, each.over_min, each.after)
            for each in settings.helps
            if counter.code in each.counters
            and each.queue not in counter.services
            and levels.get(each.queue, USUAL) >= _least(settings, each.queue)
        ),
    )


def settings_services(settings: Settings) -> tuple[str, ...]:
    """The codes of all services."""
    return tuple(service.code for service in settings.services)


def _level(profile: Profile | None, service: str) -> int:
    return profile.skills.get(service, USUAL) if profile else USUAL


def _least(settings: Settings, service: str) -> int:
    """The level that a service asks for; nobody serves what they do not know at all."""
    found = settings.service(service)
    return max(1, found.least_skill if found else 1)


# --- as they stand now ---------------------------------------------------------------------------


def of(hub: Hub, session: CounterSession) -> Place:
    """The place of a counter with whoever is signed on to it."""
    known = hub.standing.known
    name = ("place", session.code, session.agent)
    if name not in known:
        counter = hub.settings.counter(session.code)
        known[name] = place_of(hub.settings, counter, session.agent) if counter else Place(session.code, ())
    return cast("Place", known[name])


def opened(hub: Hub, sessions: Mapping[str, CounterSession]) -> tuple[Place, ...]:
    """The places of all open counters."""
    return tuple(of(hub, session) for session in sessions.values() if session.is_open)


def serving(hub: Hub, sessions: Mapping[str, CounterSession], service: str) -> tuple[Place, ...]:
    """The open counters where a service is called."""
    return tuple(place for place in opened(hub, sessions) if service in place.services)


def candidate(  # noqa: PLR0913 (a visitor as they wait)
    terms: Terms,
    *,
    ticket: int,
    stage: int,
    label: str,
    service: str,
    rank: int,
    priority: Priority,
    language: str,
    waited_min: float,
    here_min: float,
    behind: int,
    wanted: str | None,
    early_min: float = 0.0,
    head_start: float = 0.0,
    due_at: int | None = None,
) -> Candidate:
    """Whoever waits, in their passage number `rank`; tickets are numbered in order of issue.

    They are wanted at a counter as long as that one serves them; whoever is sent on may go to the head.
    """
    return Candidate(
        ticket=ticket, stage=stage, label=label, service=service, priority=priority, waited_min=waited_min,
        here_min=here_min, order=ticket, behind=behind,
        wanted=wanted if wanted and service in terms.called.get(wanted, ()) else None,
        head=rank > 1 and behind == 0 and terms.rules.transferred == "head",
        language=language, needs_language=service in terms.needing, early_min=early_min, head_start=head_start,
        due=f"{local(due_at, terms.zone):%H:%M}" if due_at is not None else "",
    )  # fmt: skip


def caller(here: Place, open_places: tuple[Place, ...], run: int, own: int) -> Caller:
    """A counter that asks for the next visitor."""
    return Caller(
        counter=here.counter, services=here.services, open_counters=frozenset(place.counter for place in open_places),
        run=run, weights=here.weights, languages=here.languages, helps=here.helps, own=own, places=open_places,
    )  # fmt: skip


def terms(hub: Hub) -> Terms:
    """Those that stand now."""
    known = hub.standing.known
    if "terms" not in known:
        known["terms"] = terms_of(hub.settings)
    return cast("Terms", known["terms"])
