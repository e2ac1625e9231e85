"""`mbote waits learn`: what the agency's last days teach of its waits, learned in a process of its own at night.

It reads the journal as any reader does and writes one file, whole and tried, which the hub takes up as its next day
opens. A hub without the file, or with one that it cannot read, announces by the blend alone.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from hub.disk import ask_room, write_whole
from hub.queues import offer
from hub.settings import Settings
from hub.sqlite import open_reader
from hub.store import DATABASE
from hub.waits import watch
from hub.waits.forecast import Forecast
from hub.waits.hall import KINDS, Hall
from hub.waits.learning import Visit, learn
from hub.waits.picture import Picture

#: Business days that are learned from: six weeks of work.
DAYS = 30


def learn_waits(settings: Settings, folder: Path) -> dict[str, Any]:
    """Learn from the closed days of a data folder and write the file there; what it says of itself.

    Raises DiskFull, OSError.
    """
    ask_room(folder, "what was learned of waits")
    began = time.process_time()
    with closing(open_reader(folder / DATABASE)) as reader:
        days = closed_days(settings, reader)
    forecaster = learn(list(days.values()))
    said: dict[str, Any] = {
        "days": list(days),
        "visits": sum(map(len, days.values())),
        "trees": sorted(forecaster.learned.proved) if forecaster.learned else [],
        "cpu_s": round(time.process_time() - began, 1),
    }
    kept = watch.write(forecaster, said)
    if watch.read(kept) is None:
        raise AssertionError("what was learned cannot be read back")
    write_whole(folder / watch.FILE, kept)
    return said


def closed_days(settings: Settings, reader: sqlite3.Connection) -> dict[str, list[Visit]]:
    """The visits of the last closed days by date, oldest first."""
    rows = reader.execute(
        "SELECT id, date, first_seq, (SELECT min(n.first_seq) FROM business_day n WHERE n.id > d.id) AS until"
        " FROM business_day d WHERE closed_at IS NOT NULL ORDER BY id DESC LIMIT ?",
        (DAYS,),
    ).fetchall()
    return {row["date"]: _visits(settings, reader, row["first_seq"], row["until"]) for row in reversed(rows)}


def _visits(settings: Settings, reader: sqlite3.Connection, first: int, until: int | None) -> list[Visit]:
    found: list[Visit] = []

    def heard(picture: Picture, _: Forecast | None, minutes: float) -> None:
        found.append(Visit(picture, minutes))

    hall = Hall(offer.places(settings), heard=heard)
    marks = ",".join("?" * len(KINDS))
    rows = reader.execute(
        f"SELECT seq, at, certain, kind, subject, payload FROM journal WHERE seq >= ? AND seq < ? AND kind IN ({marks})"  # noqa: S608 (marks alone)
        " ORDER BY seq",
        (first, until if until is not None else 1 << 62, *KINDS),
    )
    for entry in offer.entries(settings, rows):
        if entry.kind == "day_opened":
            hall.begin(entry.weekday)
        else:
            hall.entry(entry.kind, entry.ticket, entry.facts, entry.minute, certain=entry.certain)
    return found


def describe(said: dict[str, Any], file: Path) -> str:
    """One line for whoever ran it."""
    used = f"trees in {', '.join(said['trees'])}" if said["trees"] else "the blend alone is better, or days are few"
    return f"{file}: {len(said['days'])} days, {said['visits']} visits, {said['cpu_s']} s; {used}"
