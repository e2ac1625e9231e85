"""From the box to a piece: what is read, at one moment, without a lock and without a byte written to the card."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from hub import chain, journal
from hub.backup import contents as parts
from hub.backup import piece
from hub.backup.contents import Contents
from hub.backup.keyring import DrillKeys
from hub.backup.piece import Header, Piece
from hub.backup.place import Place
from hub.clock import Clock, SystemClock
from hub.sqlite import open_reader
from hub.store import DATABASE, SIGNING_KEY

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

#: Entries of one `rows` piece at most: who comes back after a week catches up in pieces of some megabytes.
MOST_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Box:
    """The box that is copied: its data and configuration folders, its agency, what its rooms keep."""

    data: Path
    config: Path
    agency: str
    keys: tuple[str, ...]
    contents: Contents
    clock: Clock = field(default_factory=SystemClock)

    @property
    def signing_key(self) -> Ed25519PrivateKey:
        """The key that signs the journal's heads, and the pieces."""
        return chain.signing_key(self.data / SIGNING_KEY)

    @contextmanager
    def moment(self) -> Iterator[sqlite3.Connection]:
        """A reader of the database, held at one moment. Raises StoreFault or sqlite3.Error where there is none."""
        with closing(open_reader(self.data / DATABASE)) as reader:
            reader.execute("BEGIN")
            yield reader


def whole(box: Box, place: Place) -> Piece:
    """Copy everything, and read it back from the medium.

    Raises OSError when the medium refuses, BadPiece when it lies, AlteredJournal when the box's own data do.
    """
    with DrillKeys(box.data, place.path).renewed() as drill:
        opens = (*box.keys, *drill)
        with box.moment() as reader:
            header = _header(box, reader, "whole", 1, journal.head(reader)[0], opens)
            lines = _whole_lines(box, reader, header)
            made = piece.write(place.folder / header.folder, header, lines, box.signing_key, opens)
        piece.check(made)
    return made


def _whole_lines(box: Box, reader: sqlite3.Connection, header: Header) -> Iterator[list[Any]]:
    yield _first_line(header)
    yield from parts.file_lines(box.data, box.config)
    yield from parts.entry_lines(reader, header.first, header.last)
    yield from parts.side_lines(reader, box.contents, heads=header.last)
    yield from parts.state_lines(reader, box.contents)
    yield ["end", header.entries]


def rows(box: Box, place: Place, after: int) -> Piece | None:
    """Copy the entries after number `after`, at most `MOST_ROWS`; None where there are none. Raises as `whole`."""
    opens = (*box.keys, *DrillKeys(box.data, place.path).present())
    with box.moment() as reader:
        last = min(journal.head(reader)[0], after + MOST_ROWS)
        if last <= after:
            return None
        header = _header(box, reader, "rows", after + 1, last, opens)
        lines = _rows_lines(box, reader, header)
        return piece.write(place.folder / header.folder, header, lines, box.signing_key, opens)


def _rows_lines(box: Box, reader: sqlite3.Connection, header: Header) -> Iterator[list[Any]]:
    yield _first_line(header)
    yield from parts.entry_lines(reader, header.first, header.last)
    yield from parts.side_lines(reader, box.contents)
    yield ["end", header.entries]


def _first_line(header: Header) -> list[Any]:
    """What the plain header says, once more where nobody can change it."""
    return ["piece", header.kind, header.agency, header.epoch, header.line, header.first, header.last, header.head]


def _header(  # noqa: PLR0913, PLR0917 (a header has that many facts)
    box: Box, reader: sqlite3.Connection, kind: Literal["whole", "rows"], first: int, last: int, opens: tuple[str, ...]
) -> Header:
    ends = reader.execute("SELECT at, epoch, hash FROM journal WHERE seq = ?", (last,)).fetchone()
    return Header(
        piece.FORMAT, kind, box.agency, ends["epoch"], line_of(reader, ends["epoch"]), first, last,
        hash_at(reader, first - 1) or chain.GENESIS.hex(), ends["hash"].hex(), ends["at"],
        box.clock.now().at, opens,
    )  # fmt: skip


def line_of(reader: sqlite3.Connection, epoch: int) -> str:
    """The name of this line of history: two boxes restored from one backup begin their epochs differently."""
    began = reader.execute("SELECT first_seq FROM epoch WHERE epoch = ?", (epoch,)).fetchone()
    return (hash_at(reader, began["first_seq"] if began else 1) or "")[:8]


def hash_at(reader: sqlite3.Connection, seq: int) -> str | None:
    """The hash of an entry, in hexadecimal; None where there is no such entry."""
    found = journal.hash_at(reader, seq)
    return found.hex() if found else None
