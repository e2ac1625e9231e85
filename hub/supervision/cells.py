"""A cell: every figure of one group of visits and passages, in a form that adds up.

It holds counts and sums, greatest values, and *spreads*: all durations of the group, each in whole seconds. The cell of
two groups is the sum of theirs, so a day's cells make the month's and the months' the year's, and a percentile over
five years is exact to the second: it is found among sorted runs, which are never written out together.

A duration counts as the whole second that it has begun: 10.2 s is 11 s. So a percentile is never less than what it
promises ("eight of ten waited no longer"), and whoever waited exactly the target has waited no longer than it.
"""

from __future__ import annotations

import math
import struct
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, groupby

#: What is added up. `told`, `kept` and `missed_ms` are of announced ranges (`missed_ms`: twice the distance);
#: `queue_ms` is the area under a queue's length, `open_ms` how long it could have had one; `busy_ms`, `staffed_ms` and
#: `back_ms` (at back-office work, in none of the others) are of counters; a duration's sum stands beside its spread.
#: `corrected_ms`: service times of which the end was corrected, `as_pressed_ms` the same ones by the key that was
#: pressed; `services`: how many service times; `early`: how many were here before the time of their appointment.
SUMS = (
    "issued", "served", "absent", "cancelled", "unserved", "unfinished", "one_counter",
    "passages", "tickets", "recalls", "transfers", "uncertain", "measured", "within",
    "told", "kept", "missed_ms", "queue_ms", "open_ms", "busy_ms", "staffed_ms", "back_ms",
    "corrected", "early", "early_ms",
    "wait_ms", "wait_to_call_ms", "service_time_ms", "visit_wait_ms", "corrected_ms", "as_pressed_ms", "services",
)  # fmt: skip
#: The greatest of each, ms; of `queue`, people.
MOST = ("queue", "wait", "wait_to_call", "service_time", "visit_wait")
#: Durations of which all are kept. `width` is that of announced ranges.
SPREADS = ("wait", "wait_to_call", "service_time", "visit_wait", "width")
_PLACE = {name: place for place, name in enumerate(SUMS)}
_MOST_PLACE = {name: place for place, name in enumerate(MOST)}
_SPREAD_PLACE = {name: place for place, name in enumerate(SPREADS)}
_HEAD = struct.Struct(f"<{len(SUMS)}q{len(MOST)}q{len(SPREADS)}I{len(SPREADS)}I{len(SPREADS)}B")
_SHORT = 1 << 16
_ONE = struct.Struct("<q")
#: A run without counts and shorter than this is put together with others: to look into each would take longer.
_LONG = 256
#: From so many durations for each second on, a run keeps seconds with their counts.
_CROWDED = 2
_KINDS = ((False, "H"), (False, "I"), (True, "H"), (True, "I"))

#: Sorted seconds, and how many durations there are up to each; None where each stands for one.
Run = tuple[Sequence[int], Sequence[int] | None]


def whole_seconds(ms: int) -> int:
    """The whole seconds that a duration has begun."""
    return -(-ms // 1000)


class Spread:
    """Durations in whole seconds, as sorted runs and some that came one by one."""

    __slots__ = ("_loose", "_runs")

    def __init__(self, runs: Iterable[Run] = ()) -> None:
        self._runs: list[Run] = list(runs)
        self._loose: list[int] = []

    def add(self, seconds: int) -> None:
        """One more."""
        self._loose.append(seconds)

    def take(self, run: Run) -> None:
        """A run of them."""
        self._runs.append(run)

    def join(self, other: Spread) -> None:
        """All of another's."""
        self._runs += other._runs
        self._loose += other._loose

    def __len__(self) -> int:
        return len(self._loose) + sum(_count(run) for run in self._runs)

    def at_most(self, seconds: int) -> int:
        """How many are no longer."""
        return sum(_at_most(run, seconds) for run in self._settled())

    def percentiles(self, shares: Iterable[float]) -> tuple[int, ...]:
        """Several of them, each as `percentile` has it; of at least one."""
        runs = self._runs if len(self._runs) == 1 and not self._loose else self._settled()
        if len(runs) > 1:
            return tuple(self.percentile(share) for share in shares)
        run, count = runs[0], _count(runs[0])
        return tuple(_ranked(run, rank_of(share, count)) for share in shares)

    def percentile(self, share: float) -> int:
        """The nearest-rank percentile, seconds; `share` in (0, 1]. Of at least one.

        It lies between the least and the greatest of the runs' own: there it is looked for by halving.
        """
        runs = self._settled()
        if len(runs) == 1:
            return _ranked(runs[0], rank_of(share, _count(runs[0])))
        within = [_ranked(run, rank_of(share, _count(run))) for run in runs]
        low, high = min(within), max(within)
        rank = rank_of(share, sum(map(_count, runs)))
        while low < high:
            middle = (low + high) // 2
            if sum(_at_most(run, middle) for run in runs) >= rank:
                high = middle
            else:
                low = middle + 1
        return low

    def _settled(self) -> list[Run]:
        """As few runs as it takes: short ones without counts become one."""
        short = [run for run, upto in self._runs if upto is None and len(run) < _LONG]
        if self._loose or len(short) > 1:
            merged = self._loose
            for run in short:
                merged.extend(run)
            merged.sort()
            self._loose = []
            self._runs = [(run, upto) for run, upto in self._runs if upto is not None or len(run) >= _LONG]
            self._runs.append((merged, None))
        return self._runs

    def packed(self) -> tuple[int, int, bytes]:
        """Its kind, its length, its bytes."""
        counted = self._counted()
        if not counted:
            return 0, 0, b""
        seconds = [second for second, _ in counted]
        upto = list(accumulate(count for _, count in counted))
        crowded = upto[-1] >= _CROWDED * len(seconds)
        code = "H" if seconds[-1] < _SHORT else "I"
        kind = _KINDS.index((crowded, code))
        if crowded:
            return kind, len(seconds), array(code, seconds).tobytes() + array("I", upto).tobytes()
        return kind, upto[-1], array(code, [s for s, count in counted for _ in range(count)]).tobytes()

    def _counted(self) -> list[tuple[int, int]]:
        found: dict[int, int] = {}
        for seconds, upto in self._settled():
            if upto is None:
                for second, same in groupby(seconds):
                    found[second] = found.get(second, 0) + sum(1 for _ in same)
            else:
                before = 0
                for second, count in zip(seconds, upto, strict=True):
                    found[second] = found.get(second, 0) + count - before
                    before = count
        return sorted(found.items())


@lru_cache(4096)
def rank_of(share: float, count: int) -> int:
    """The nearest rank: the smallest that holds at least this share of so many. Floating point does not move it."""
    return max(1, math.ceil(round(share * count, 9)))


def _count(run: Run) -> int:
    seconds, upto = run
    return len(seconds) if upto is None else upto[-1]


def _at_most(run: Run, limit: int) -> int:
    seconds, upto = run
    place = bisect_right(seconds, limit)
    return place if upto is None or not place else upto[place - 1]


def _ranked(run: Run, rank: int) -> int:
    seconds, upto = run
    return seconds[rank - 1 if upto is None else bisect_left(upto, rank)]


class Cell:
    """The figures of one group; `cell["issued"]` is a sum."""

    __slots__ = ("most", "spreads", "sums")

    def __init__(self) -> None:
        self.sums = [0] * len(SUMS)
        self.most = [0] * len(MOST)
        self.spreads = [Spread() for _ in SPREADS]

    def __getitem__(self, name: str) -> int:
        return self.sums[_PLACE[name]]

    def greatest(self, name: str) -> int:
        """One of MOST."""
        return self.most[_MOST_PLACE[name]]

    def spread(self, name: str) -> Spread:
        """One of SPREADS."""
        return self.spreads[_SPREAD_PLACE[name]]

    def count(self, name: str, more: int = 1) -> None:
        """Add to a sum."""
        self.sums[_PLACE[name]] += more

    def rise(self, name: str, value: int) -> None:
        """A value that may be the greatest so far."""
        place = _MOST_PLACE[name]
        self.most[place] = max(self.most[place], value)

    def lasted(self, name: str, ms: int) -> None:
        """One more duration."""
        self.sums[_PLACE[f"{name}_ms"]] += ms
        self.rise(name, ms)
        self.spread(name).add(whole_seconds(ms))

    def forget_spreads(self) -> None:
        """Keep the sums alone."""
        self.spreads = [Spread() for _ in SPREADS]

    def packed(self) -> bytes:
        """The cell as it is kept."""
        runs = [spread.packed() for spread in self.spreads]
        bodies = [body for *_, body in runs]
        head = _HEAD.pack(
            *self.sums, *self.most, *(length for _, length, _ in runs), *map(len, bodies), *(kind for kind, *_ in runs)
        )
        return b"".join((head, *bodies))


def sum_of(kept: bytes | Cell, name: str) -> int:
    """One sum of a cell, of a kept one without reading the rest."""
    if isinstance(kept, Cell):
        return kept[name]
    return int(_ONE.unpack_from(kept, _PLACE[name] * _ONE.size)[0])


def together(kept: Iterable[bytes | Cell]) -> Cell:
    """The cell of all these groups together; kept ones are read."""
    found = Cell()
    spread_of = found.spreads
    numbers: list[Sequence[int]] = []
    most: list[Sequence[int]] = []
    for one in kept:
        if isinstance(one, Cell):
            numbers.append(one.sums)
            most.append(one.most)
            for mine, theirs in zip(found.spreads, one.spreads, strict=True):
                mine.join(theirs)
        else:
            values = _HEAD.unpack_from(one)
            numbers.append(values[: len(SUMS)])
            most.append(values[len(SUMS) : len(SUMS) + len(MOST)])
            for spread, run in _runs_of(one, values[len(SUMS) + len(MOST) :]):
                spread_of[spread].take(run)
    if numbers:
        found.sums = list(map(sum, zip(*numbers, strict=True)))
        found.most = list(map(max, zip(*most, strict=True)))
    return found


def _runs_of(kept: bytes, sizes: Sequence[int]) -> Iterator[tuple[int, Run]]:
    """The runs of a kept cell, each with the place of its spread."""
    begin, many = _HEAD.size, len(SPREADS)
    for place in range(many):
        length, size, kind = sizes[place], sizes[many + place], sizes[2 * many + place]
        if not length:
            continue
        crowded, code = _KINDS[kind]
        seconds = array(code)
        end = begin + length * seconds.itemsize
        seconds.frombytes(kept[begin:end])
        upto = None
        if crowded:
            upto = array("I")
            upto.frombytes(kept[end : begin + size])
        yield place, (seconds, upto)
        begin += size
