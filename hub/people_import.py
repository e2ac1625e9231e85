"""`mbote import`: a file taken into the replica by a process of its own, while the hub goes on.

The hub is told one thing only, by `tell` (its local door, or its data while it is stopped): that the file
came to its end, which it journals.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from hub.clock import SystemClock, local
from hub.disk import ask_room
from hub.errors import StoreFault
from hub.people import files, importing, replica
from hub.people.importing import Run, Today
from hub.settings import Settings

#: The kind and the values of a record.
Record = tuple[str, Mapping[str, str]]
#: Says to the hub that an import ended: kind, digest and a key of its own.
Tell = Callable[[dict[str, str]], object]
#: Lines between two words of progress.
A_WORD_EVERY = 50_000


def stand_back() -> None:
    """This process, which imports, lets the hub's go first on the same cores: a visitor must not wait for a file."""
    os.nice(10)


def import_file(settings: Settings, tell: Tell, what: str, path: Path, report: Path) -> int:
    """Take a file over, or go on where it was left; how many lines were refused. Raises Refused, StoreFault."""
    source, data = files.opened(path, what), settings.path(settings.hub.data)
    ask_room(data, "the import")
    with _disk(), replica.writing(data) as writer:
        now = today(settings)
        run = importing.begin(writer, what, source.digest, size=source.size, data_of=source.modified_ms, now_ms=now.ms)
        if run.lines:
            _say(f"going on after line {run.lines + source.first_line - 1}")
        with files.report(report, run, source.first_line) as refused:
            lines = source.lines(run.offset)
            run = importing.take_over(writer, run, lines, now, lambda so_far, bad: _piece(data, refused, so_far, bad))
        tell(_end_of(run))
        importing.journalled(writer, run)
    _say(", ".join(f"{name} {count}" for name, count in run.counts().items()))
    if run.refused:
        _say(f"the reasons are in {report}")
    return run.refused


def import_records(settings: Settings, name: str, records: Iterator[Record], tell: Tell) -> Run:
    """Take over records that were never in a file; `name` stands in place of its digest. Done once for a name."""
    with _disk(), replica.writing(settings.path(settings.hub.data)) as writer:
        now = today(settings)
        row = writer.execute("SELECT * FROM import_run WHERE digest = ? AND journalled", (name,)).fetchone()
        if row is not None:
            return importing.run_of(row)
        run = importing.begin(writer, "bundle", name, size=0, data_of=now.ms, now_ms=now.ms)
        lines = importing.generated(records, run)
        run = importing.take_over(writer, run, lines, now, lambda so_far, _: _progress(so_far))
        tell(_end_of(run))
        importing.journalled(writer, run)
    return run


def today(settings: Settings) -> Today:
    """The present, where the agency is."""
    at = SystemClock().now().at
    return Today(local(at, settings.agency.zone).date().isoformat(), at)


def _end_of(run: Run) -> dict[str, str]:
    key = f"import:{run.what}:{run.digest[:20]}:{run.began}"
    return {"kind": run.what, "digest": run.digest, "key": key}


def _piece(data: Path, report: files.Report, run: Run, refused: list[tuple[int, str]]) -> None:
    report.add(refused)
    _progress(run)
    ask_room(data, "the rest of the import")


def _progress(run: Run) -> None:
    if run.lines % A_WORD_EVERY < importing.PIECE:
        share = f"{100 * run.offset // run.bytes} %, " if run.bytes else ""
        _say(f"{share}{run.lines} lines, {run.refused} refused")


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")


@contextmanager
def _disk() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreFault(f"the import stopped, what was taken over stays; run it again: {error}") from error
