"""Pay-days on disk: how each fact changes the rows, and what can be read."""

from __future__ import annotations

import sqlite3

from hub.journal import Appliers, Rows
from hub.services.payday import model as m

Reader = sqlite3.Connection


def plan(reader: Reader, number: int) -> m.Plan | None:
    """One pay-day that was not withdrawn."""
    row = reader.execute("SELECT * FROM payday WHERE id = ? AND withdrawn = 0", (number,)).fetchone()
    return _plan(reader, row) if row else None


def from_day(reader: Reader, day: str) -> list[m.Plan]:
    """Those of a day and after it, the first first."""
    rows = reader.execute("SELECT * FROM payday WHERE day >= ? AND withdrawn = 0 ORDER BY day, id LIMIT 50", (day,))
    return [_plan(reader, row) for row in rows.fetchall()]


def _plan(reader: Reader, row: sqlite3.Row) -> m.Plan:
    waves = reader.execute("SELECT * FROM payday_wave WHERE payday = ? ORDER BY number", (row["id"],))
    return m.Plan(row["id"], row["day"], row["service"], row["sorted_by"], tuple(_wave(each) for each in waves))


def _wave(row: sqlite3.Row) -> m.Wave:
    return m.Wave(
        row["number"], row["first"], row["last"], row["time"], row["size"], row["called"], row["ends"], row["printed"]
    )


def entered(reader: Reader, day: str, most: int) -> list[sqlite3.Row]:
    """The last groups that entered on a day (ISO), the newest first, each with its wave and plan."""
    return reader.execute(
        "SELECT g.id, g.wave, g.first, g.last, g.at, g.tick, p.service, p.sorted_by, w.first AS since, w.last AS until"
        " FROM payday p CROSS JOIN payday_group g INDEXED BY payday_group_plan ON g.payday = p.id"
        " JOIN payday_wave w ON w.payday = g.payday AND w.number = g.wave"
        " WHERE p.day = ? ORDER BY g.id DESC LIMIT ?",
        (day, most),
    ).fetchall()


def next_id(reader: Reader) -> int:
    """The number of the next row."""
    return int(reader.execute("SELECT coalesce(max(id), 0) + 1 FROM payday").fetchone()[0])


# --- applying --------------------------------------------------------------------------------


def _planned(rows: Rows, event: m.PayDayPlanned) -> None:
    rows.run(
        "INSERT INTO payday (id, day, service, sorted_by, at) VALUES (?, ?, ?, ?, ?)",
        event.plan, event.on, event.service, event.by, rows.now.at,
    )  # fmt: skip
    for number, (first, last, time, size) in enumerate(event.waves, start=1):
        rows.run(
            "INSERT INTO payday_wave (payday, number, first, last, time, size) VALUES (?, ?, ?, ?, ?, ?)",
            event.plan, number, first, last, time, size,
        )  # fmt: skip


def _withdrawn(rows: Rows, event: m.PayDayWithdrawn) -> None:
    rows.run("UPDATE payday SET withdrawn = 1 WHERE id = ?", event.plan)


def _printed(rows: Rows, event: m.BandPrinted) -> None:
    rows.run(
        "UPDATE payday_wave SET printed = ? WHERE payday = ? AND number = ?", event.copy + 1, event.plan, event.wave
    )


def _ends(rows: Rows, event: m.WaveEnds) -> None:
    rows.run("UPDATE payday_wave SET ends = ? WHERE payday = ? AND number = ?", event.number, event.plan, event.wave)


def _called(rows: Rows, event: m.GroupCalled) -> None:
    rows.run("UPDATE payday_wave SET called = ? WHERE payday = ? AND number = ?", event.last, event.plan, event.wave)
    rows.run(
        "INSERT INTO payday_group (id, payday, wave, first, last, at, tick) VALUES (?, ?, ?, ?, ?, ?, ?)",
        rows.seq, event.plan, event.wave, event.first, event.last, rows.now.at, rows.now.tick,
    )  # fmt: skip


APPLIERS: Appliers = {
    m.PayDayPlanned: _planned,
    m.PayDayWithdrawn: _withdrawn,
    m.BandPrinted: _printed,
    m.WaveEnds: _ends,
    m.GroupCalled: _called,
}
STATE_TABLES: dict[str, tuple[str, ...]] = {"payday": (), "payday_wave": (), "payday_group": ()}
