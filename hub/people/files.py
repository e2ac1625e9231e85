"""Files of central data: CSV with a header or JSON lines, read line by line and never whole.

One record is one line, also in CSV: a cut or broken line costs that line only, and an import can go
on from any line. What is no text in UTF-8, too long or not well formed is a line with a reason.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO

from hub.errors import Unreadable
from hub.people.columns import BUNDLE, KINDS
from hub.people.importing import Line, Run, bundled
from hub.people.rules import Wrong
from hub.problems import did_you_mean

LONGEST = 16_384
BLOCK = 1 << 20
DELIMITERS = "\t;,"
#: Refused lines that are written down; the others are counted.
REPORTED = 10_000


@dataclass(frozen=True, slots=True)
class Source:
    """A file that can be imported: its kind of record, its form, and where its records begin.

    `header` is empty for JSON lines.
    """

    path: Path
    what: str
    digest: str
    size: int
    modified_ms: int
    header: tuple[str, ...]
    delimiter: str
    start: int

    @property
    def first_line(self) -> int:
        """The number of the first record's line."""
        return 2 if self.header else 1

    def lines(self, offset: int) -> Iterator[Line]:
        """The records from a place in the file on."""
        with self.path.open("rb") as file:
            file.seek(max(offset, self.start))
            while line := file.readline(LONGEST + 1):
                yield *self._record(_whole(file, line)), file.tell()

    def _record(self, line: bytes | Wrong) -> tuple[str, Mapping[str, str] | Wrong]:
        try:
            if isinstance(line, Wrong):
                return self.what, line
            text = _decoded(line)
            record = _cells(text, self.header, self.delimiter) if self.header else _members(text)
        except Wrong as wrong:
            return self.what, wrong
        return bundled(record) if self.what == BUNDLE else (self.what, record)


def opened(path: Path, what: str) -> Source:
    """Look at a file's form. Raises Unreadable when nothing of it can be imported, saying why."""
    try:
        size, modified = path.stat().st_size, path.stat().st_mtime_ns // 1_000_000
        with path.open("rb") as file:
            first = file.readline(LONGEST + 1)
            digest = _digest(file)
            bom = 3 if first.startswith(b"\xef\xbb\xbf") else 0
            text = _first_line(path, first[bom:])
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from error
    if text.startswith("{"):
        return Source(path, what, digest, size, modified, (), "", bom)
    if what == BUNDLE:
        raise Unreadable(f'{path}: a bundle is JSON lines, each {{"kind": …}}')
    header, delimiter = _header(path, text, what)
    return Source(path, what, digest, size, modified, header, delimiter, len(first))


def _digest(file: BinaryIO) -> str:
    file.seek(0)
    hashed = hashlib.sha256()
    while block := file.read(BLOCK):
        hashed.update(block)
    return hashed.hexdigest()


def _first_line(path: Path, line: bytes) -> str:
    if not line.strip():
        raise Unreadable(f"{path}: the first line is empty; a CSV file begins with the names of its columns")
    try:
        return _decoded(line)
    except Wrong as wrong:
        raise Unreadable(f"{path}: line 1: {wrong}; save the file as UTF-8") from wrong


def _header(path: Path, text: str, what: str) -> tuple[tuple[str, ...], str]:
    delimiter = next((each for each in DELIMITERS if each in text), ",")
    found = tuple(name.strip().lower() for name in next(csv.reader([text], delimiter=delimiter)))
    known = KINDS[what].names
    problems = [
        f"{name[:40]!r} is no column of {what}{did_you_mean(name, known)}" for name in found if name not in known
    ]
    problems += [f"the column {c.name} is missing" for c in KINDS[what].columns if c.needed and c.name not in found]
    if len(set(found)) < len(found):
        problems.append("a column is there twice")
    if problems:
        raise Unreadable(f"{path}: line 1: {'; '.join(problems)}")
    return found, delimiter


def _whole(file: BinaryIO, line: bytes) -> bytes | Wrong:
    """The line, or the reason why it is none; a longer one is read over to its end."""
    if len(line) <= LONGEST:
        return line
    while line and not line.endswith(b"\n"):
        line = file.readline(BLOCK)
    return Wrong(f"longer than {LONGEST} bytes")


def _decoded(line: bytes) -> str:
    try:
        text = line.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise Wrong(f"not UTF-8 at byte {error.start + 1}") from error
    if "\x00" in text:
        raise Wrong("not UTF-8: it has bytes of zero")
    return text


def _cells(text: str, header: tuple[str, ...], delimiter: str) -> dict[str, str]:
    try:
        cells = next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        raise Wrong(f"no CSV: {error}") from error
    if len(cells) != len(header):
        raise Wrong(f"{len(cells)} values where the header has {len(header)}")
    return dict(zip(header, cells, strict=True))


def _members(text: str) -> dict[str, str]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Wrong("no JSON object") from error
    if not isinstance(found, dict):
        raise Wrong("no JSON object")
    return {name: _member(name, value) for name, value in found.items()}


def _member(name: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool | int):
        return str(int(value))
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ";".join(value)
    raise Wrong(f"{name[:40]}: expected a text, a whole number, or a list of texts")


# --- what was refused --------------------------------------------------------------------------


@contextmanager
def report(path: Path, run: Run, first_line: int) -> Iterator[Report]:
    """The report of refused lines beside a run; what an interrupted run had written of later lines is dropped."""
    kept = _kept(path, run.lines + first_line - 1) if run.lines else []
    try:
        with path.open("w", encoding="utf-8") as file:
            file.writelines(kept)
            yield Report(file, len(kept), first_line)
    except OSError as error:
        raise Unreadable(f"{path}: the report cannot be written: {error.strerror}") from error
    if not path.stat().st_size:
        path.unlink()


def _kept(path: Path, last_line: int) -> list[str]:
    if not path.is_file():
        return []
    with path.open(encoding="utf-8") as file:
        return [line for line in file if line.split(":")[0][5:].isdigit() and int(line.split(":")[0][5:]) <= last_line]


@dataclass(slots=True)
class Report:
    """`line 12: birth_date: no such day in the calendar`, at most REPORTED times; it quotes no value."""

    file: TextIO
    written: int
    first_line: int

    def add(self, refused: list[tuple[int, str]]) -> None:
        """Write down the lines refused in one piece, to the disk."""
        room = REPORTED - self.written
        lines = [f"line {number + self.first_line - 1}: {why}\n" for number, why in refused[: max(0, room)]]
        if 0 <= room < len(refused):
            lines.append(f"and more: only the first {REPORTED} are written down\n")
        self.written += len(lines)
        self.file.writelines(lines)
        self.file.flush()
