"""Which pieces together are a backup, how old it is, when the next whole piece is due, and which may go. Pure.

Pieces join where one ends and the next begins with the same hash before it: over lines too, since a restored
hub's line begins where its backup ended. Within a line a piece may overlap the one before it (a whole piece ends
in the middle of a `rows` one); the chain, checked entry by entry while it is read, has the last word.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.backup.piece import Header, Piece

#: At least so many whole pieces stay, whatever the rules say.
LEAST_WHOLES = 2
#: Beyond the nights that are all kept, one whole piece of so many.
_A_WEEK = 7


@dataclass(frozen=True, slots=True)
class Chain:
    """A whole piece and what follows it."""

    pieces: tuple[Piece, ...]

    @property
    def end(self) -> Header:
        """Its last piece's header: what the backup holds at most."""
        return self.pieces[-1].header

    @property
    def reach(self) -> tuple[int, int]:
        """(epoch, last entry)."""
        return self.end.epoch, self.end.last


def chains(pieces: Iterable[Piece]) -> list[Chain]:
    """Every whole piece with the longest continuation; the furthest first, of equal ones the shortest."""
    every = tuple(pieces)
    rows = [piece for piece in every if piece.header.kind == "rows"]
    joined: dict[tuple[int, str], list[Piece]] = defaultdict(list)
    for piece in rows:
        joined[piece.header.first, piece.header.before].append(piece)
    found = [_continued(whole, rows, joined) for whole in every if whole.header.kind == "whole"]
    return sorted(found, key=lambda chain: (*chain.reach, -len(chain.pieces)), reverse=True)


def _continued(whole: Piece, rows: list[Piece], joined: Mapping[tuple[int, str], list[Piece]]) -> Chain:
    chain, end = [whole], whole.header
    following = [piece for piece in rows if _overlaps(end, piece.header)] or joined.get((end.last + 1, end.head))
    while following:
        chain.append(max(following, key=lambda piece: (piece.header.epoch, piece.header.last)))
        end = chain[-1].header
        following = joined.get((end.last + 1, end.head))
    return Chain(tuple(chain))


def _overlaps(whole: Header, rows: Header) -> bool:
    return rows.line == whole.line and rows.first <= whole.last < rows.last


def newest(pieces: Iterable[Piece]) -> Chain | None:
    """The backup that reaches furthest."""
    return next(iter(chains(pieces)), None)


def position(pieces: Iterable[Piece], hash_at: Callable[[int], str | None]) -> Header | None:
    """Where the stream goes on: the furthest piece of a chain that this hub's own journal knows, by `hash_at`."""
    known = [last for chain in chains(pieces) if (last := _last_known(chain, hash_at))]
    return max(known, key=lambda header: header.last, default=None)


def _last_known(chain: Chain, hash_at: Callable[[int], str | None]) -> Header | None:
    headers = (piece.header for piece in reversed(chain.pieces))
    return next((header for header in headers if hash_at(header.last) == header.head), None)


def beyond(pieces: Iterable[Piece], epoch: int, seq: int, hash_at: Callable[[int], str | None]) -> Header | None:
    """A piece of this hub's present or a later epoch that its journal does not know: it is a copy that is behind."""
    strange = [
        piece.header
        for piece in pieces
        if piece.header.epoch >= epoch and (piece.header.last > seq or hash_at(piece.header.last) != piece.header.head)
    ]
    return max(strange, key=lambda header: (header.epoch, header.last), default=None)


def whole_due(last: datetime | None, now: datetime, nightly: str) -> bool:
    """Whether the time of the night has passed since the last whole piece. A clock that went back makes none due."""
    if last is None:
        return True
    hour, minute = (int(part) for part in nightly.split(":"))
    tonight = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    latest = tonight if tonight <= now else tonight - timedelta(days=1)
    return last < latest


def to_delete(pieces: Iterable[Piece], nights: int, weeks: int) -> list[Piece]:
    """What may go: whole pieces beyond `nights`, save one in seven of the older ones for `weeks`; and their rows.

    Counted, not dated: a clock that jumps throws nothing away. The last two stay whatever is asked.
    """
    every = tuple(pieces)
    wholes = sorted((p for p in every if p.header.kind == "whole"), key=_age, reverse=True)
    kept = wholes[: max(nights, LEAST_WHOLES)] + wholes[max(nights, LEAST_WHOLES) :][::_A_WEEK][:weeks]
    gone = [whole for whole in wholes if whole not in kept]
    return gone + [p for p in every if p.header.kind == "rows" and _covered(p.header, [w.header for w in kept])]


def _age(piece: Piece) -> tuple[int, int, int]:
    return piece.header.epoch, piece.header.last, piece.header.made


def _covered(rows: Header, wholes: list[Header]) -> bool:
    """Whether two whole copies hold these rows already, so that one of them may be rotten; or nothing leads to them.

    Another line's copies do not count: a fresh file beside a damaged one knows nothing of what was before.
    """
    holding = [whole for whole in wholes if whole.line == rows.line and whole.last >= rows.last]
    return len(holding) >= LEAST_WHOLES or rows.epoch < min((whole.epoch for whole in wholes), default=0)
