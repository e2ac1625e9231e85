"""What a past day would have been with other counters, profiles or rules.

The day again, called by the product's own routing (`hub.queues.routing.choose`), not by a second model of it: with the
places of its counters, whoever sat there, and at each moment by the version of the routing that held then
(`Hub.stood`). A day before the first version has today's, and each counter calls besides what it called that day.

Who came, when, for what, how long they walked and were served, who did not answer and who gave up is that day's;
who waits where, who calls whom and when is worked out anew. Whoever was never served takes as long as somebody else of
their queue, by lot. What is not known stays as it was: who gave up does so after the same wait, who did not
answer does not answer. Time on hold is left out, and a counter calls again after the pause that agents made that day.

Whoever came for an appointment is called by its time, as on the day; an agency's other counters or rules change no time
that was given.

One day is one throw of the dice. `like` throws them again: as many visitors by lot among those of the day, each some
minutes earlier or later, with service times by lot. The same throws are played on both sides, so that their difference
is that of the change.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, pairwise
from random import Random
from statistics import median

from hub.clock import elapsed
from hub.context import Stood
from hub.queues import places, routing
from hub.queues.model import HELPED, Priority
from hub.queues.places import Terms
from hub.queues.routing import Place
from hub.supervision.measures import Timeline, percentile
from hub.supervision.model import Passage, Stretch, Visit

#: A pause between two visitors that is longer is something else, ms.
_LONGEST_PAUSE_MS = 5 * 60_000
#: Another day like this one has its visitors so much earlier or later, ms.
_JITTER_MS = 10 * 60_000
_MIN = 60_000
#: What is played first of one moment: whoever leaves has left before somebody comes, and a counter that goes on
#: otherwise has opened before it ends, so that it keeps its turn.
_HOLDS, _FREE, _LEAVES, _COMES, _OPENS, _ENDS = range(6)


@dataclass(frozen=True, slots=True)
class Step:
    """One wait and service. `pause_ms`: from the end of the step before to entering this queue.

    `walk_ms`, `work_ms`: from the call to the start and to the end; None where nobody was served. `absent`: does not
    answer. `patience_ms`: after how long they give up; None: never.
    """

    service: str
    pause_ms: int = 0
    walk_ms: int = 0
    work_ms: int | None = None
    absent: bool = False
    patience_ms: int | None = None
    wanted: str | None = None


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who comes, when (ms of the day's line), what for, and in which language.

    `due`: the time of the appointment that they came for, none of the day's accidents; `head_start` the minutes that it
    is worth in the line.
    """

    came: int
    priority: Priority
    steps: tuple[Step, ...]
    language: str = ""
    due: int | None = None
    head_start: float = 0.0

    @property
    def since(self) -> int:
        """From when on their minutes count in the line: a time that they were given counts, and not when they came."""
        return self.came if self.due is None else self.due


@dataclass(frozen=True, slots=True)
class Window:
    """A counter with whoever sits there, open from `begin` to `end`.

    `sitting`: as long as it is the same one, the same agent has not left; calls since a help are counted on.
    """

    place: Place
    begin: int
    end: int
    sitting: int = 0

    @property
    def counter(self) -> str:
        """Its code."""
        return self.place.counter


@dataclass(frozen=True, slots=True)
class Scene:
    """A day to play. `spells`: how long somebody walked and was served, by queue; `pause_ms`: between two visitors.

    `terms`: from when on each held (ms of the day's line); the first one from before the day.
    """

    visitors: tuple[Visitor, ...]
    windows: tuple[Window, ...]
    terms: tuple[tuple[int, Terms], ...]
    spells: Mapping[str, tuple[tuple[int, int], ...]]
    pause_ms: int = 0


@dataclass(frozen=True, slots=True)
class Called:
    """A call of the replay; `waited` from entering the queue, ms; `passed`: who had come earlier and still waited.

    `number`: of the visitor, in order of coming.
    """

    counter: str
    number: int
    service: str
    priority: Priority
    entered: int
    waited: int
    passed: int


@dataclass(slots=True)
class Outcome:
    """What a day came to: its calls, and by queue who gave up and who was not called before the counters closed."""

    calls: list[Called] = field(default_factory=list)
    gone: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    unserved: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def waits(self, service: str | None = None) -> list[int]:
        """Waits to the call, sorted, ms; of one queue or of all."""
        return sorted(call.waited for call in self.calls if service in (None, call.service))

    def p80_min(self, service: str | None = None) -> float | None:
        """The wait to the call that eight of ten did not exceed, minutes."""
        found = self.waits(service)
        return percentile(found, 0.8) / _MIN if found else None


# --- a past day, to be played ----------------------------------------------------------------


def scene_of(
    visits: Sequence[Visit],
    stretches: Iterable[Stretch],
    stood: Sequence[Stood],
    usual_ms: Mapping[str, int],
) -> Scene:
    """A closed day. `stood`: by which settings, in order; `usual_ms`: a service time by the settings, by queue."""
    line = Timeline(passage.entered for visit in visits for passage in visit.passages)
    spells: dict[str, list[tuple[int, int]]] = defaultdict(list)
    called: dict[str, dict[str, None]] = defaultdict(dict)
    for passage in (p for visit in visits for p in visit.passages):
        if passage.counter and _own(passage):
            called[passage.counter][passage.service] = None
        if passage.service_time and passage.service_time.certain and passage.called and passage.started:
            walk = elapsed(passage.called, passage.started).ms
            spells[passage.service].append((walk, passage.service_time.ms))
    for service, ms in usual_ms.items():
        spells[service] = spells[service] or [(0, ms)]
    eras = [(line.place(each.since) if each.since else 0, each) for each in stood]
    return Scene(
        visitors=tuple(
            Visitor(
                line.place(v.passages[0].entered),
                v.priority,
                tuple(_steps(v)),
                v.language,
                line.place(v.due) if v.due else None,
                v.head_start,
            )
            for v in visits
            if v.passages
        ),
        windows=_windows(stretches, eras, called),
        terms=tuple((since, places.terms_of(each.settings)) for since, each in eras),
        spells={service: tuple(found) for service, found in spells.items()},
        pause_ms=_pause(visits, line),
    )


def _own(passage: Passage) -> bool:
    """Whether a call says that the counter calls this queue: neither by hand nor in help."""
    return passage.why.partition(":")[0] not in ("picked", routing.WHY[HELPED])


def _steps(visit: Visit) -> Iterable[Step]:
    before: Passage | None = None
    for passage in visit.passages:
        pause = elapsed(before.ended, passage.entered).ms if before and before.ended else 0
        yield replace(_step(passage), pause_ms=max(0, pause))
        before = passage


def _step(passage: Passage) -> Step:
    """What is known of one wait and service."""
    plain = Step(passage.service, wanted=passage.wanted)
    if passage.called is None:
        gave_up = passage.outcome == "cancelled" and passage.ended
        return replace(plain, patience_ms=elapsed(passage.entered, passage.ended).ms) if gave_up else plain  # type: ignore[arg-type]  # it has ended
    if passage.ended is None:
        return plain
    if passage.started is None:
        return replace(plain, absent=True, work_ms=max(0, elapsed(passage.called, passage.ended).ms))
    served = elapsed(passage.started, passage.ended)
    if not served.certain:
        return plain
    walk = max(0, elapsed(passage.called, passage.started).ms)
    return replace(plain, walk_ms=walk, work_ms=max(0, served.ms - passage.held_ms))


_Eras = Sequence[tuple[int, Stood]]


def _windows(stretches: Iterable[Stretch], eras: _Eras, called: Mapping[str, Iterable[str]]) -> tuple[Window, ...]:
    """When counters were open without a break, whatever they did then, with the same person and under one version."""
    found: list[Window] = []
    for one in sorted(stretches, key=lambda one: (one.counter, one.begin)):
        if one.paused:
            continue
        for window in _under(one, eras, called):
            last = found[-1] if found else None
            if last and (last.place, last.sitting) == (window.place, window.sitting) and last.end >= window.begin:
                found[-1] = replace(last, end=max(last.end, window.end))
            elif window.place.called:
                found.append(window)
    return tuple(found)


def _under(one: Stretch, eras: _Eras, called: Mapping[str, Iterable[str]]) -> Iterator[Window]:
    """A time at a counter, by the version that held then; before the first one, with what was called there that day."""
    for (since, stood), (until, _) in zip(eras, [*eras[1:], (one.end, None)], strict=True):
        begin, end = max(one.begin, since), min(one.end, until)
        if begin >= end:
            continue
        counter = stood.settings.counter(one.counter)
        place = places.place_of(stood.settings, counter, one.agent) if counter else Place(one.counter, ())
        if not stood.version:
            more = tuple(service for service in called.get(one.counter, ()) if service not in place.services)
            place = replace(place, services=(*place.services, *more))
        yield Window(place, begin, end, one.came)


def _pause(visits: Iterable[Visit], line: Timeline) -> int:
    """How long counters take from one visitor to the next while somebody waits: the median of that day."""
    by_counter: dict[str, list[Passage]] = defaultdict(list)
    for passage in (p for visit in visits for p in visit.passages):
        if passage.counter and passage.called and passage.ended:
            by_counter[passage.counter].append(passage)
    found: list[int] = []
    for passages in by_counter.values():
        passages.sort(key=lambda p: line.place(p.called or p.entered))
        for before, after in pairwise(passages):
            assert before.ended
            assert after.called
            free, called = line.place(before.ended), line.place(after.called)
            if line.place(after.entered) <= free <= called <= free + _LONGEST_PAUSE_MS:
                found.append(called - free)
    return int(median(found)) if found else 0


# --- other counters --------------------------------------------------------------------------


def opened(windows: Sequence[Window], more: Window) -> tuple[Window, ...]:
    """With a counter open in a time in which it was not, or with other queues in that time."""
    return (*closed(windows, more.counter, more.begin, more.end), more)


def closed(windows: Iterable[Window], counter: str, begin: int, end: int) -> tuple[Window, ...]:
    """Without a counter in a time."""
    found: list[Window] = []
    for one in windows:
        if one.counter != counter or one.end <= begin or one.begin >= end:
            found.append(one)
            continue
        found += [replace(one, end=begin)] if one.begin < begin else []
        found += [replace(one, begin=end, sitting=end)] if one.end > end else []
    return tuple(found)


def like(scene: Scene, chance: Random) -> Scene:
    """Another day like this one, by lot."""
    visitors = []
    for _ in scene.visitors:
        drawn = chance.choice(scene.visitors)
        steps = tuple(_another(step, scene.spells, chance) for step in drawn.steps)
        visitors.append(replace(drawn, came=drawn.came + chance.randint(-_JITTER_MS, _JITTER_MS), steps=steps))
    return replace(scene, visitors=tuple(sorted(visitors, key=lambda visitor: visitor.came)))


def _another(step: Step, spells: Mapping[str, Sequence[tuple[int, int]]], chance: Random) -> Step:
    if step.absent or not spells.get(step.service):
        return step
    walk, work = chance.choice(spells[step.service])
    return Step(step.service, step.pause_ms, walk, work, patience_ms=step.patience_ms, wanted=step.wanted)


# --- playing ---------------------------------------------------------------------------------


def replay(scene: Scene, chance: Random) -> Outcome:
    """Play a day. `chance` decides how long those are served whom the day itself did not serve."""
    hall = _Hall(scene, chance)
    for visitor in scene.visitors:
        if visitor.steps:
            hall.later(visitor.came, _COMES, _Coming(0, visitor, 0))
    for since, terms in scene.terms[1:]:
        hall.later(since, _HOLDS, terms)
    for window in scene.windows:
        hall.later(window.begin, _OPENS, window)
        hall.later(window.end, _ENDS, window)
    hall.play()
    return hall.outcome


@dataclass(frozen=True, slots=True)
class _Coming:
    """Somebody on the way to a queue; `number` 0 has none yet."""

    number: int
    visitor: Visitor
    place: int


@dataclass(slots=True)
class _Waiting:
    """Somebody in a queue. Numbers are given in order of coming."""

    number: int
    visitor: Visitor
    place: int
    entered: int
    behind: int

    @property
    def step(self) -> Step:
        return self.visitor.steps[self.place]

    @property
    def since(self) -> int:
        """Since when they stand in this queue for others; whoever came before their appointment, since its time."""
        return self.entered if self.visitor.due is None else max(self.entered, self.visitor.due)


class _Hall:
    """The queues and counters while a day is played."""

    def __init__(self, scene: Scene, chance: Random) -> None:
        self.outcome = Outcome()
        self._scene, self._chance = scene, chance
        self._events: list[tuple[int, int, int, object]] = []
        self._count = 0
        self._people = 0
        self._waiting: dict[str, dict[int, _Waiting]] = defaultdict(dict)
        self._terms = scene.terms[0][1]
        self._open: dict[str, Window] = {}
        #: Of each counter: its sitting, and how many of its own it has called since it last helped.
        self._own: dict[str, tuple[int, int]] = {}
        #: Counters that could call, in the order in which they became free.
        self._free: dict[str, None] = {}
        self._busy: set[str] = set()
        #: Those for which something has changed: free now, or somebody new may be called there.
        self._asking: set[str] = set()
        self._looks: set[int] = set()
        self._calls: list[tuple[str, bool]] = []

    def later(self, at: int, rank: int, what: object) -> None:
        """Something happens at a moment."""
        self._count += 1
        heapq.heappush(self._events, (at, rank, self._count, what))

    def play(self) -> None:
        """All of it."""
        happens = {
            _HOLDS: self._holds, _ENDS: self._ends, _FREE: self._freed,
            _LEAVES: self._leaves, _COMES: self._comes, _OPENS: self._opens,
        }  # fmt: skip
        while self._events:
            now = self._events[0][0]
            while self._events and self._events[0][0] == now:
                _, rank, _, what = heapq.heappop(self._events)
                happens[rank](now, what)
            for counter in [each for each in self._free if each in self._asking]:
                self._call(now, self._open[counter])
            self._asking.clear()
        for service, line in self._waiting.items():
            self.outcome.unserved[service] += len(line)

    # --- what happens ------------------------------------------------------------------------

    def _holds(self, _: int, what: object) -> None:
        assert isinstance(what, Terms)
        self._terms = what
        self._asking.update(self._free)

    def _opens(self, _: int, what: object) -> None:
        assert isinstance(what, Window)
        self._open[what.counter] = what
        if self._own.get(what.counter, (None, 0))[0] != what.sitting:
            self._own[what.counter] = what.sitting, 0
        if what.counter not in self._busy:
            self._free[what.counter] = None
        self._asking.add(what.counter)

    def _ends(self, _: int, what: object) -> None:
        assert isinstance(what, Window)
        if self._open.get(what.counter) == what:
            del self._open[what.counter]
            self._free.pop(what.counter, None)
            self._asking.update(self._free)  # who waited for this one may be called elsewhere now

    def _freed(self, _: int, what: object) -> None:
        assert isinstance(what, str)
        self._busy.discard(what)
        if what in self._open:
            self._free[what] = None
        self._asking.update((what,) if what else self._free)

    def _comes(self, now: int, what: object) -> None:
        assert isinstance(what, _Coming)
        self._people += not what.number
        number, visitor, place = what.number or self._people, what.visitor, what.place
        back = place > 0 and visitor.steps[place - 1].absent
        one = _Waiting(number, visitor, place, now, self._terms.rules.return_behind if back else 0)
        service = one.step.service
        self._waiting[service][number] = one
        self._asking.update(counter for counter in self._free if service in self._open[counter].place.called)
        if one.step.patience_ms is not None:
            self.later(now + one.step.patience_ms, _LEAVES, one)

    def _leaves(self, _: int, what: object) -> None:
        assert isinstance(what, _Waiting)
        if self._waiting[what.step.service].get(what.number) is what:
            del self._waiting[what.step.service][what.number]
            self.outcome.gone[what.step.service] += 1

    # --- calling -----------------------------------------------------------------------------

    def _call(self, now: int, window: Window) -> None:
        """The counter asks for its next visitor, as it does in the hub."""
        line = [one for service in sorted(window.place.called) for one in self._waiting[service].values()]
        if not line:
            return
        candidates = [self._candidate(now, one) for one in line]
        caller = self._caller(window)
        choice = routing.choose(candidates, caller, self._terms.rules)
        if isinstance(choice, routing.Nobody):
            self._look_again(now, line, window.place)
            return
        called = next(one for one, seen in zip(line, candidates, strict=True) if seen is choice.candidate)
        nearer = set(routing.passed(candidates, choice.candidate))
        for one in line:
            one.behind -= one.number in nearer
        self._own[window.counter] = window.sitting, routing.after(caller, choice).own
        self._called(now, window.counter, called, line)

    def _caller(self, window: Window) -> routing.Caller:
        enough = self._terms.rules.priority_run
        lately = islice(reversed(self._calls), routing.LOOK_BACK * enough)
        run = routing.run_of(lately, window.place.services, enough)
        open_places = tuple(each.place for each in self._open.values())
        return places.caller(window.place, open_places, run, self._own[window.counter][1])

    def _candidate(self, now: int, one: _Waiting) -> routing.Candidate:
        due, waited_min, here_min = one.visitor.due, (now - one.visitor.since) / _MIN, (now - one.entered) / _MIN
        return places.candidate(
            self._terms, ticket=one.number, stage=one.number, label="", service=one.step.service, rank=one.place + 1,
            priority=one.visitor.priority, language=one.visitor.language, behind=one.behind, wanted=one.step.wanted,
            waited_min=waited_min, here_min=here_min if due is None else min(here_min, waited_min),
            early_min=0.0 if due is None else (due - now) / _MIN, head_start=one.visitor.head_start,
        )  # fmt: skip

    def _look_again(self, now: int, line: Iterable[_Waiting], place: Place) -> None:
        """From when on the first of them may be called here.

        No preference holds any more, an appointment has come near enough, or a queue wants help.
        """
        rules, helps = self._terms.rules, {each.service: round(each.over_min * _MIN) + 1 for each in place.helps}
        moments = [one.since + rules.affinity_min * _MIN for one in line]
        moments += [one.visitor.due - rules.early_min * _MIN for one in line if one.visitor.due is not None]
        moments += [one.visitor.since + helps[one.step.service] for one in line if one.step.service in helps]
        again = min((moment for moment in moments if moment > now), default=None)
        if again is not None and again not in self._looks:
            self._looks.add(again)
            self.later(again, _FREE, "")

    def _called(self, now: int, counter: str, called: _Waiting, line: Iterable[_Waiting]) -> None:
        step, visitor = called.step, called.visitor
        del self._waiting[step.service][called.number]
        passed = sum(one.since < called.since for one in line if one.step.service == step.service)
        waited = now - called.entered
        self.outcome.calls.append(
            Called(counter, called.number, step.service, visitor.priority, called.entered, waited, passed)
        )
        self._calls.append((step.service, visitor.priority != "normal" or visitor.head_start > 0))
        took = step.walk_ms + step.work_ms if step.work_ms is not None else sum(self._drawn(step.service))
        ends = now + took
        if called.place + 1 < len(visitor.steps):
            self.later(
                ends + visitor.steps[called.place + 1].pause_ms,
                _COMES,
                _Coming(called.number, visitor, called.place + 1),
            )
        self._free.pop(counter, None)
        self._busy.add(counter)
        self.later(ends + self._scene.pause_ms, _FREE, counter)

    def _drawn(self, service: str) -> tuple[int, int]:
        spells = self._scene.spells.get(service)
        return self._chance.choice(spells) if spells else (0, 0)
