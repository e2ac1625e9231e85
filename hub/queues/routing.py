"""Routing: who is called next, and why (requirements B.12). Pure, replayable, explaining.

1. Whoever has waited over `max_wait_min`, oldest first.
2. After `priority_run` priority calls in a row while a normal visitor has waited over
   `normal_wait_min`: the best normal one.
3. The highest score(t) = head start(class) + weight(class) × minutes waited + affinity:
   an accumulating priority queue (Kleinrock 1964; Stanford, Taylor, Ziedins 2014), ties by issue.
   Slopes alone let the top class wait long in overload (Oz, Shneer, Ziedins 2020): hence rules 1 and 2.
   The score also has what this counter's profile adds to a service: within one service it changes nobody's place.
   An appointment's minutes count from its time, not from when its visitor came, and it has a head start as long as
   they were not too late (`head_start`). Nobody who comes early overtakes: they are called from `early_min` before.
4. A counter that helps another queue (`Help`) calls one of that queue when its turn to help has come, unless
   one of its own has waited over `max_wait_min`: then rule 1 looks at both.

Affinity is a preference and no lock: a wanted counter that is open; else, of the open counters that serve the
visitor, those that are accessible where it is needed, then those that speak the language. A wish that none of them
meets is dropped, and after `affinity_min` any counter that serves the visitor may call. So nobody waits longer than
without affinity by more than that. What is *needed* (`needs_language`, a skill) holds for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from hub.queues.model import HELPED, Priority
from hub.settings import QueueRules

#: class → (head start in minutes, minutes of score for a minute waited).
CLASSES: dict[Priority, tuple[float, float]] = {
    "normal": (0, 1.0),
    "reduced_mobility": (10, 1.5),
    "pregnant": (10, 1.5),
    "age_70": (10, 1.5),
    "infant": (10, 1.5),
    "work_accident": (15, 2.0),
}
#: Score of a ticket sent to this very counter: as if it had waited so many minutes more.
AFFINITY_MIN = 15.0
#: Who can use some counters only, where there are others.
NEEDS_ACCESS: frozenset[Priority] = frozenset({"reduced_mobility"})
#: rule → why, where the rule says it all.
WHY = {1: "too_long", 2: "normal_turn", HELPED: "helped"}
CONSIDERED = 10
#: A run of priority calls is looked for among so many times `priority_run` of the last calls.
LOOK_BACK = 20


@dataclass(frozen=True, slots=True)
class Candidate:
    """A waiting ticket, in numbers. Minutes since its issue, and since it entered this queue.

    Of an appointment: minutes since its time, until its time (`early_min`), and the local HH:MM of it (`due`).
    """

    ticket: int
    stage: int
    label: str
    service: str
    priority: Priority
    waited_min: float
    here_min: float
    order: int
    behind: int = 0
    wanted: str | None = None
    head: bool = False
    language: str = ""
    needs_language: bool = False
    early_min: float = 0.0
    head_start: float = 0.0
    due: str = ""

    @property
    def special(self) -> bool:
        """Whether a normal visitor who waits long is to be protected from them (rule 2)."""
        return self.priority != "normal" or self.head_start > 0


@dataclass(frozen=True, slots=True)
class Help:
    """A queue that is helped while its oldest has waited over so many minutes: one of it after so many own calls."""

    service: str
    over_min: float
    after: int = 1


@dataclass(frozen=True, slots=True)
class Place:
    """An open counter with whoever sits there: what they call, and whom they suit.

    `weights` are minutes added to the score of a service. `languages` None: every one is spoken.
    """

    counter: str
    services: tuple[str, ...]
    weights: Mapping[str, float] = field(default_factory=dict)
    languages: frozenset[str] | None = None
    accessible: bool = False
    helps: tuple[Help, ...] = ()

    @property
    def called(self) -> frozenset[str]:
        """Every service that may be called here, one that is helped too."""
        return _called(self.services, self.helps)


@dataclass(frozen=True, slots=True)
class Caller:
    """The counter that asks. `run` is how many priority calls in a row were just made from its queues.

    `own` is how many it has called since it last helped another queue; `places` are the open counters, its own too,
    without which nobody is kept for a counter that suits better.
    """

    counter: str
    services: tuple[str, ...]
    open_counters: frozenset[str] = frozenset()
    run: int = 0
    weights: Mapping[str, float] = field(default_factory=dict)
    languages: frozenset[str] | None = None
    helps: tuple[Help, ...] = ()
    own: int = 0
    places: tuple[Place, ...] = ()
    #: The counters that suit, by what of a visitor decides it: worked out once for all who wait.
    _suiting: dict[tuple[str, bool, str], frozenset[str]] = field(default_factory=dict, compare=False, repr=False)

    def suiting(self, candidate: Candidate) -> frozenset[str]:
        """The open counters that suit a visitor best; none named where they all suit alike, or none serves."""
        access = candidate.priority in NEEDS_ACCESS
        what = candidate.service, access, candidate.language
        if what not in self._suiting:
            places = serving = [place for place in self.places if candidate.service in place.services]
            if access:
                places = [place for place in places if place.accessible] or places
            if candidate.language:
                places = [place for place in places if speaks(place.languages, candidate.language)] or places
            alike = len(places) == len(serving)
            self._suiting[what] = frozenset() if alike else frozenset(place.counter for place in places)
        return self._suiting[what]

    @property
    def called(self) -> frozenset[str]:
        """Every service that may be called here, one that is helped too."""
        return _called(self.services, self.helps)


def _called(services: tuple[str, ...], helps: tuple[Help, ...]) -> frozenset[str]:
    return frozenset(services) | {help_.service for help_ in helps}


@dataclass(frozen=True, slots=True)
class Choice:
    """Who, by which rule, and why: `why` is a word of the translation files, `minutes` its number."""

    candidate: Candidate
    rule: int
    why: str
    minutes: int
    scores: tuple[tuple[int, float], ...] = field(default=())
    waiting: int = 0

    @property
    def told(self) -> str:
        """What `why` is filled with: the time of an appointment, else the minutes waited."""
        return self.candidate.due if self.why == "appointment" else str(self.minutes)


@dataclass(frozen=True, slots=True)
class Nobody:
    """Nobody can be called here now: the queues are `empty`, all wait for a counter `elsewhere`, or came `early`."""

    why: str
    waiting: int = 0


def speaks(languages: frozenset[str] | None, language: str) -> bool:
    """Whether a language is spoken there."""
    return languages is None or language in languages


def eligible(candidate: Candidate, caller: Caller, rules: QueueRules) -> bool:
    """Whether this counter may call this ticket of its own services, its turn aside."""
    return candidate.service in caller.services and _may(candidate, caller, rules)


def _may(candidate: Candidate, caller: Caller, rules: QueueRules) -> bool:
    if candidate.needs_language and not speaks(caller.languages, candidate.language):
        return False
    if candidate.early_min > rules.early_min:
        return False
    return not _reserved(candidate, caller, rules)


def _reserved(candidate: Candidate, caller: Caller, rules: QueueRules) -> bool:
    """A preference for another open counter holds for `affinity_min`, then any counter that serves may call."""
    if candidate.here_min >= rules.affinity_min or candidate.wanted == caller.counter:
        return False
    if candidate.wanted in caller.open_counters:
        return True
    suiting = caller.suiting(candidate)
    return bool(suiting) and caller.counter not in suiting


def score(candidate: Candidate, caller: Caller) -> float:
    """Rule 3's score, in minutes."""
    head_start, weight = CLASSES[candidate.priority]
    affinity = AFFINITY_MIN if candidate.wanted == caller.counter else 0.0
    profile = caller.weights.get(candidate.service, 0.0)
    return head_start + candidate.head_start + weight * candidate.waited_min + affinity + profile


def choose(candidates: Sequence[Candidate], caller: Caller, rules: QueueRules) -> Choice | Nobody:
    """The next visitor for this counter, with the reason, or why nobody."""
    own = _in_reach([c for c in candidates if eligible(c, caller, rules)])
    helped = _helped(candidates, caller, rules, idle=not own) if caller.helps else []
    possible = own + helped
    if not possible:
        return _nobody(candidates, caller, rules)
    scores = {c.ticket: score(c, caller) for c in possible}
    if helped and not any(c.waited_min > rules.max_wait_min for c in own):
        chosen, rule = _best(helped, scores), HELPED
    else:
        chosen, rule = _by_rule(possible, scores, caller, rules)
        rule = HELPED if chosen.service not in caller.services else rule
    best = sorted(possible, key=lambda c: (-scores[c.ticket], c.order))[:CONSIDERED]
    why, minutes = _reason(chosen, rule, caller)
    return Choice(
        chosen, rule, why, minutes, tuple((c.ticket, round(scores[c.ticket], 2)) for c in best), len(possible)
    )


def run_of(calls: Iterable[tuple[str, bool]], services: tuple[str, ...], enough: int) -> int:
    """How many of the last calls from these queues, in a row, were priority ones; it does not count beyond `enough`.

    `calls`: queue of each call, and whether it was one (`Candidate.special`), the newest first.
    """
    run = 0
    for service, special in calls:
        if service not in services:
            continue
        if not special or run >= enough:
            break
        run += 1
    return run


def _in_reach(may: list[Candidate]) -> list[Candidate]:
    """A returned visitor waits behind others as long as there are others: nobody waits for ever in an empty room."""
    return [c for c in may if c.behind <= 0] or [c for c in may if c.behind == min(m.behind for m in may)]


def _helped(candidates: Sequence[Candidate], caller: Caller, rules: QueueRules, *, idle: bool) -> list[Candidate]:
    """Who of a helped queue may be called now: of the one whose oldest has waited longest; empty before its turn."""
    found: list[Candidate] = []
    longest = 0.0
    for help_ in caller.helps:
        if help_.service in caller.services or (caller.own < help_.after and not idle):
            continue
        line = _in_reach([c for c in candidates if c.service == help_.service and _may(c, caller, rules)])
        oldest = max((c.waited_min for c in line), default=0.0)
        if oldest > max(help_.over_min, longest):
            found, longest = line, oldest
    return found


def in_turn(candidates: Sequence[Candidate], caller: Caller, rules: QueueRules) -> Iterator[Choice]:
    """Whom this counter would call, one after the other, if no other counter called.

    It asks `choose` again and again, as the counter will: a list and the calls cannot disagree.
    """
    line = [c for c in candidates if c.service in caller.called]
    while True:
        choice = choose(line, caller, rules)
        if isinstance(choice, Choice):
            yield choice
            line = without(line, choice.candidate)
            caller = after(caller, choice)
        elif choice.why == "early":
            wait = min(c.early_min for c in line if c.service in caller.services) - rules.early_min
            line = [later(c, wait) for c in line]
        else:
            return


def later(one: Candidate, minutes: float) -> Candidate:
    """The same visitor so many minutes later, as they still wait."""
    early = max(0.0, one.early_min - minutes)
    waited = one.waited_min + minutes - (one.early_min - early)
    return replace(one, waited_min=waited, here_min=one.here_min + minutes, early_min=early)


def after(caller: Caller, choice: Choice) -> Caller:
    """The same counter once it has called."""
    own = 0 if choice.rule == HELPED else caller.own + 1
    if choice.candidate.service not in caller.services:
        return replace(caller, own=own)  # a run is one of its own queues
    return replace(caller, own=own, run=caller.run + 1 if choice.candidate.special else 0)


def without(line: list[Candidate], called: Candidate) -> list[Candidate]:
    """The line after a call: those who had to let others pass are nearer to their turn."""
    nearer = set(passed(line, called))
    return [replace(c, behind=c.behind - 1) if c.stage in nearer else c for c in line if c is not called]


def order(candidates: Sequence[Candidate], service: str, rules: QueueRules) -> tuple[int, ...]:
    """The tickets that wait for a service, in the order in which they would be called if one counter called them all.

    Who is wanted at one counter waits for that one, which counts for nobody's place here.
    """
    return tuple(choice.candidate.ticket for choice in in_turn(candidates, Caller("", (service,)), rules))


def _by_rule(
    possible: list[Candidate], scores: dict[int, float], caller: Caller, rules: QueueRules
) -> tuple[Candidate, int]:
    too_long = [c for c in possible if c.waited_min > rules.max_wait_min]
    if too_long:
        return min(too_long, key=lambda c: (-c.waited_min, c.order)), 1
    normal = [c for c in possible if not c.special]
    if caller.run >= rules.priority_run and any(c.waited_min > rules.normal_wait_min for c in normal):
        return _best(normal, scores), 2
    sent_ahead = [c for c in possible if c.head]
    return _best(sent_ahead or possible, scores), 3


def _best(possible: list[Candidate], scores: dict[int, float]) -> Candidate:
    return min(possible, key=lambda c: (-scores[c.ticket], c.order))


def _reason(chosen: Candidate, rule: int, caller: Caller) -> tuple[str, int]:
    minutes = int(chosen.waited_min)
    if rule in WHY:
        return WHY[rule], minutes
    if chosen.wanted == caller.counter:
        return "for_this_counter", minutes
    if chosen.head_start:
        return "appointment", minutes
    if chosen.priority != "normal":
        return f"priority_{chosen.priority}", minutes
    return "waited", minutes


def _nobody(candidates: Sequence[Candidate], caller: Caller, rules: QueueRules) -> Nobody:
    mine = [c for c in candidates if c.service in caller.services]
    if mine and all(c.early_min > rules.early_min for c in mine):
        return Nobody("early", len(mine))
    return Nobody("elsewhere" if mine else "empty", len(mine))


def passed(candidates: Sequence[Candidate], chosen: Candidate) -> tuple[int, ...]:
    """The stages of the same queue whose turn came nearer by this call."""
    return tuple(c.stage for c in candidates if c.service == chosen.service and c.behind > 0 and c is not chosen)
