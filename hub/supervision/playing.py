"""The replays of a trial, and the process of their own in which they are played.

A trial plays a day forty-two times: seconds of a processor, during which a thread of the hub would hold back whoever
presses a button. So the hub reads what is needed, sends it to a process that gives way to everybody, and waits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from pydantic import TypeAdapter

from hub.context import Hub
from hub.errors import Refused
from hub.supervision import replay
from hub.supervision.beside import Beside, serve
from hub.supervision.cells import rank_of
from hub.supervision.replay import Outcome, Scene
from hub.supervision.sheets import THIN
from hub.workshop.apart import Unanswered

#: Days by lot that a change is tried on, besides the day itself. Eight of ten of them are told.
TIMES = 20
_LOW, _HIGH = 0.1, 0.9
#: On a small box a trial takes half a minute; the process stays for the next one.
DEADLINE_S, IDLE_S = 90.0, 300.0


@dataclass(frozen=True, slots=True)
class Result:
    """One queue, or all of them (`service` None). P80 of waits to the call, minutes, None of nobody.

    `was`: the day's own figure; `again`: replayed as it was; `changed`: replayed with the change. `low`, `high`: what
    the change makes of the P80 in eight of ten days like this one, minutes more (or, below 0, less). `called`, `gone`,
    `unserved`: how many, replayed as it was and with the change.
    """

    service: str | None
    was: float | None
    again: float | None
    changed: float | None
    low: float | None
    high: float | None
    called: tuple[int, int]
    gone: tuple[int, int]
    unserved: tuple[int, int]

    @property
    def thin(self) -> bool:
        """Whether few people are behind it."""
        return 0 < self.called[0] < THIN


@dataclass(frozen=True, slots=True)
class Trying:
    """A day to play as it was and with a change; `was`: its own P80 of the wait to the call, by queue, minutes."""

    scene: Scene
    changed: Scene
    was: tuple[tuple[str | None, float | None], ...]


def results(trying: Trying) -> tuple[Result, ...]:
    """What comes of a trial: of all queues together first, then of each."""
    scene, changed = trying.scene, trying.changed
    again, other = replay.replay(scene, Random(0)), replay.replay(changed, Random(0))  # noqa: S311 (no secret)
    throws = [_thrown(scene, changed, seed) for seed in range(1, TIMES + 1)]
    return tuple(
        Result(
            service=service,
            was=was,
            again=again.p80_min(service),
            changed=other.p80_min(service),
            **_range(throws, service),
            called=(len(again.waits(service)), len(other.waits(service))),
            gone=(_of(again.gone, service), _of(other.gone, service)),
            unserved=(_of(again.unserved, service), _of(other.unserved, service)),
        )
        for service, was in trying.was
    )


def _thrown(scene: Scene, changed: Scene, seed: int) -> tuple[Outcome, Outcome]:
    """Another day like that one, as it was staffed and with the change."""
    day = replay.like(scene, Random(seed))  # noqa: S311 (no secret)
    other = replace(changed, visitors=day.visitors)
    return replay.replay(day, Random(seed)), replay.replay(other, Random(seed))  # noqa: S311 (no secret)


def _range(throws: Sequence[tuple[Outcome, Outcome]], service: str | None) -> dict[str, float | None]:
    """What the change makes of the P80 in eight of ten days: its P10 and P90."""
    pairs = [(before.p80_min(service), after.p80_min(service)) for before, after in throws]
    found = sorted(after - before for before, after in pairs if before is not None and after is not None)
    if not found:
        return {"low": None, "high": None}
    low, high = (found[rank_of(share, len(found)) - 1] for share in (_LOW, _HIGH))
    return {"low": low, "high": high}


def _of(counts: Mapping[str, int], service: str | None) -> int:
    return sum(counts.values()) if service is None else counts.get(service, 0)


# --- apart from the hub --------------------------------------------------------------------------

_TRYING, _RESULTS = TypeAdapter(Trying), TypeAdapter(tuple[Result, ...])
_PLAYERS = Beside("hub.supervision.playing", DEADLINE_S, IDLE_S)


class NotPlayed(Refused):
    """The process that plays is busy, or cannot be started."""

    code = "not_played"
    status = 503


def apart(hub: Hub) -> Callable[[Trying], tuple[Result, ...]]:
    """Plays in a process beside this hub, which is begun when it is needed. It raises NotPlayed."""
    player = _PLAYERS.of(hub)

    def play(trying: Trying) -> tuple[Result, ...]:
        try:
            return _RESULTS.validate_json(player.asked(_TRYING.dump_json(trying)))
        except Unanswered as error:
            raise NotPlayed(f"the day cannot be replayed now: {error}") from error

    return play


def main() -> None:
    """The process: a trial in, its results out."""
    serve(lambda asked: _RESULTS.dump_json(results(_TRYING.validate_json(asked))))


if __name__ == "__main__":
    main()
