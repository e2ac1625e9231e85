"""Whose picture goes out next: a call at once, everything else at most ten times a second or less, latest wins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

#: Least time between two pictures of one kind, seconds.
PACE_S = 0.1


class Pace:
    """The pictures of one announcer, by kind: which are wanted, when each was sent. Knows no clock and no thread."""

    def __init__(self, kinds: Iterable[str], paces: Mapping[str, float] = MappingProxyType({})) -> None:
        """`paces`: the least time between two pictures, seconds, of kinds that may take longer than PACE_S."""
        self.kinds = tuple(kinds)
        self._paces = paces
        self._wanted: set[str] = set()
        self._hurried: set[str] = set()
        self._sent: dict[str, float] = {}

    def __bool__(self) -> bool:
        """Somebody wants one."""
        return bool(self._wanted)

    def want(self, kinds: Iterable[str], *, hurried: bool = False) -> None:
        """These show something else by now; `hurried`: they do not wait for their time."""
        ours = set(kinds).intersection(self.kinds)
        self._wanted |= ours
        if hurried:
            self._hurried |= ours

    def next(self, now: float) -> tuple[str | None, float]:
        """The kind whose turn it is, which counts as sent at `now`; or none, and how long the first one waits, seconds.

        Those in a hurry go first, then whoever waits longest.
        """
        if not self._wanted:
            return None, PACE_S
        turns = {kind: self._turn(kind) for kind in self.kinds if kind in self._wanted}
        first = min(turns, key=turns.__getitem__)
        if turns[first] > now:
            return None, turns[first] - now
        self._wanted.discard(first)
        self._hurried.discard(first)
        self._sent[first] = now
        return first, 0.0

    def _turn(self, kind: str) -> float:
        never = float("-inf")
        return never if kind in self._hurried else self._sent.get(kind, never) + self._paces.get(kind, PACE_S)

    def __repr__(self) -> str:
        return f"<Pace {sorted(self._wanted)}>"
