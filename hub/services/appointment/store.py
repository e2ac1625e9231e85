"""Appointments on disk: how each fact changes the rows, and what can be read."""

from __future__ import annotations

import json
import sqlite3

from hub import codes, days
from hub.journal import Appliers, Rows, payload_of
from hub.queues import store as queues
from hub.services.appointment import model as m
from hub.services.ports import Found, Pending, ThreadLine

Reader = sqlite3.Connection
URL = "/desk/appointment"
_OPEN = "('requested', 'confirmed', 'calling')"
#: More than the rows of one day: what is asked for whole is a day.
SHOWN = 500


# --- reading ---------------------------------------------------------------------------------


def appointment_of(row: sqlite3.Row) -> m.Appointment:
    """One from its row."""
    same = {name: row[name] for name in m.Appointment.__slots__ if name not in ("on", "at", "code")}
    return m.Appointment(**same, on=row["day"], at=row["time"], code=row["code"] or "")


def appointment(reader: Reader, number: int) -> m.Appointment | None:
    """One appointment."""
    row = reader.execute("SELECT * FROM appointment WHERE id = ?", (number,)).fetchone()
    return appointment_of(row) if row else None


def labelled(reader: Reader, label: str) -> m.Appointment | None:
    """The one of that number."""
    row = reader.execute("SELECT * FROM appointment WHERE label = ?", (label,)).fetchone()
    return appointment_of(row) if row else None


def of_code(reader: Reader, code: str) -> m.Appointment | None:
    """The one whose slip has this code."""
    token = codes.token(code)
    row = reader.execute("SELECT * FROM appointment WHERE code = ?", (token,)).fetchone() if token else None
    return appointment_of(row) if row else None


def of_ticket(reader: Reader, ticket: int) -> m.Appointment | None:
    """The one whose visitor has this ticket."""
    row = reader.execute("SELECT * FROM appointment WHERE ticket = ?", (ticket,)).fetchone()
    return appointment_of(row) if row else None


def of_day(reader: Reader, day: str, service: str | None = None) -> list[m.Appointment]:
    """All of a day in the order of their times."""
    rows = reader.execute(
        "SELECT * FROM appointment WHERE day = ? AND (? IS NULL OR service = ?) ORDER BY slot_at, id LIMIT ?",
        (day, service, service, SHOWN),
    )
    return [appointment_of(row) for row in rows]


def taken(reader: Reader, day: str, service: str) -> dict[str, int]:
    """How many places of each time of a day are taken."""
    rows = reader.execute(
        "SELECT time, count(*) FROM appointment WHERE day = ? AND service = ?"
        " AND state NOT IN ('cancelled', 'absent', 'unreachable') GROUP BY time",
        (day, service),
    )
    return {row[0]: int(row[1]) for row in rows}


def booked_at_kiosk(reader: Reader, device: str, since: int, until: int) -> int:
    """How many a kiosk has given between two wall times (ms)."""
    row = reader.execute(
        "SELECT count(*) FROM appointment a JOIN appointment_line l ON l.appointment = a.id"
        " JOIN journal j ON j.seq = l.id WHERE a.channel = 'kiosk' AND a.booked_at > ? AND a.booked_at <= ?"
        " AND l.kind = 'appointment_booked' AND j.device = ?",
        (since, until, device),
    ).fetchone()
    return int(row[0])


def open_of(reader: Reader, digits: str, after: int) -> list[m.Appointment]:
    """Those still to come after a wall time whose telephone number ends so; without digits, visitors' own by name."""
    of_whom = "telephone LIKE ?2" if digits else "telephone IS NULL AND name IS NOT NULL AND channel = 'kiosk'"
    rows = reader.execute(
        f"SELECT * FROM appointment WHERE state IN {_OPEN} AND slot_at > ?1 AND {of_whom} ORDER BY slot_at",  # noqa: S608 (ours)
        (after, f"%{digits}") if digits else (after,),
    )
    return [appointment_of(row) for row in rows]


def calls_at(reader: Reader, day: str, time: str) -> dict[str, int]:
    """How many calls each counter has to make at that time."""
    rows = reader.execute(
        "SELECT counter, count(*) FROM appointment WHERE day = ? AND time = ? AND mode = 'telephone'"
        " AND state IN ('requested', 'confirmed', 'calling') GROUP BY counter",
        (day, time),
    )
    return {row[0]: int(row[1]) for row in rows}


def overdue(reader: Reader, counter_before: int, telephone_before: int) -> list[m.Appointment]:
    """Those at a counter whose time was before the one, and calls never made whose time was before the other."""
    rows = reader.execute(
        f"SELECT * FROM appointment WHERE state IN {_OPEN}"  # noqa: S608 (our words)
        " AND slot_at < max(?1, ?2) AND slot_at < CASE mode WHEN 'telephone' THEN ?2 ELSE ?1 END"
        " ORDER BY slot_at LIMIT ?3",
        (counter_before, telephone_before, SHOWN),
    )
    return [appointment_of(row) for row in rows]


def lines(reader: Reader, number: int) -> list[m.Line]:
    """What happened to an appointment, oldest first."""
    rows = reader.execute("SELECT * FROM appointment_line WHERE appointment = ? ORDER BY id", (number,))
    return [m.Line(row["at"], row["agent"], row["kind"], json.loads(row["facts"])) for row in rows]


def copies(reader: Reader, number: int) -> int:
    """How often its slip was printed."""
    row = reader.execute("SELECT copies FROM appointment WHERE id = ?", (number,)).fetchone()
    return int(row["copies"]) if row else 0


def next_id(reader: Reader) -> int:
    """The number of the next row."""
    return int(reader.execute("SELECT coalesce(max(id), 0) + 1 FROM appointment").fetchone()[0])


# --- read ports ------------------------------------------------------------------------------


def thread(reader: Reader, ticket: int) -> tuple[ThreadLine, ...]:
    """The appointment that a visitor came for, and how it ended."""
    found = of_ticket(reader, ticket)
    if found is None:
        return ()
    facts: dict[str, object] = {"label": found.label, "time": found.at}
    said = {"appointment_arrived": "arrived", "appointment_concluded": found.outcome}
    return tuple(
        ThreadLine(line.at, "calendar-event", f"appointment.thread_{said[line.kind]}", facts)
        for line in lines(reader, found.id)
        if line.kind in said
    )


def pending(reader: Reader, agent: str) -> tuple[Pending, ...]:
    """The calls that the agent's counter has to make today, and visits whose agent has not said how they ended."""
    counter, day = queues.counter_of_agent(reader, agent), queues.day(reader)
    if day is None:
        return ()
    row = reader.execute(
        f"SELECT count(*), min(slot_at) FROM appointment WHERE day = ? AND state IN {_OPEN}"  # noqa: S608 (our words)
        " AND mode = 'telephone' AND counter = ?",
        (day.date, counter),
    ).fetchone()
    unsaid = reader.execute(
        "SELECT count(*), min(a.slot_at) FROM appointment a JOIN ticket t ON t.id = a.ticket"
        " JOIN stage s ON s.id = t.stage"
        " WHERE a.day = ? AND a.state = 'arrived' AND t.state = 'served' AND s.agent = ?",
        (day.date, agent),
    ).fetchone()
    kinds = (("calls", row), ("unsaid", unsaid))
    return tuple(
        Pending(name, f"appointment.pending_{name}", int(found[0]), int(found[1]), f"{URL}?show={name}")
        for name, found in kinds
        if found[0]
    )


def finds(reader: Reader, typed: str) -> tuple[Found, ...]:
    """The one of a number that was typed, or of a code that was scanned."""
    found = labelled(reader, typed.strip().upper()) or of_code(reader, typed)
    if found is None:
        return ()
    facts = {"label": found.label, "on": days.said(found.on), "time": found.at}
    return (Found(found.label, "calendar-event", "appointment.found", f"{URL}/{found.id}", facts),)


def to_come(reader: Reader) -> dict[str, int]:
    """How many are still to come, by service."""
    rows = reader.execute(f"SELECT service, count(*) FROM appointment WHERE state IN {_OPEN} GROUP BY service")  # noqa: S608 (ours)
    return {row[0]: int(row[1]) for row in rows}


def works_on(reader: Reader) -> tuple[str, ...]:
    """Those that are still to come."""
    rows = reader.execute(f"SELECT id FROM appointment WHERE state IN {_OPEN} ORDER BY slot_at")  # noqa: S608 (ours)
    return tuple(f"appointment {row['id']}" for row in rows)


# --- applying --------------------------------------------------------------------------------


def _line(rows: Rows, event: m.AppointmentEvent) -> None:
    facts = {name: value for name, value in payload_of(event).items() if name != "appointment"}
    rows.run(
        "INSERT INTO appointment_line (id, appointment, kind, agent, facts, at) VALUES (?, ?, ?, ?, ?, ?)",
        rows.seq, event.appointment, event.kind, rows.actor.agent, json.dumps(facts, sort_keys=True), rows.now.at,
    )  # fmt: skip


def _now(rows: Rows, event: m.AppointmentEvent, **values: object) -> None:
    """The appointment's row as it is after a fact."""
    sets = ", ".join(f"{name} = ?" for name in values)
    rows.run(f"UPDATE appointment SET {sets} WHERE id = ?", *values.values(), event.appointment)  # noqa: S608 (ours)
    _line(rows, event)


def _booked(rows: Rows, event: m.AppointmentBooked) -> None:
    rows.run(
        "INSERT INTO appointment (id, label, year, number, epoch, code, service, mode, state, day, time, slot_at,"
        " minutes, counter, channel, language, agent, name, telephone, registration_number, note, booked_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        event.appointment, event.label, event.year, event.number, event.epoch, event.code, event.service, event.mode,
        "confirmed" if event.confirmed else "requested", event.on, event.time, event.slot_at, event.minutes,
        event.counter, event.channel, event.language, rows.actor.agent, event.name, event.telephone,
        event.registration_number, event.note, rows.now.at,
    )  # fmt: skip
    _line(rows, event)


def _confirmed(rows: Rows, event: m.AppointmentConfirmed) -> None:
    _now(rows, event, state="confirmed")


def _moved(rows: Rows, event: m.AppointmentMoved) -> None:
    _now(
        rows, event, state="confirmed", day=event.on, time=event.time, slot_at=event.slot_at, counter=event.counter,
        tries=0, ticket=None,
    )  # fmt: skip


def _cancelled(rows: Rows, event: m.AppointmentCancelled) -> None:
    _now(rows, event, state="cancelled")


def _arrived(rows: Rows, event: m.AppointmentArrived) -> None:
    _now(rows, event, state="arrived", ticket=event.ticket)


def _missed(rows: Rows, event: m.AppointmentMissed) -> None:
    _now(rows, event, state="absent")


def _dialled(rows: Rows, event: m.AppointmentDialled) -> None:
    _now(rows, event, state="calling", tries=event.attempt)


def _unanswered(rows: Rows, event: m.AppointmentUnanswered) -> None:
    _now(rows, event, state="unreachable" if event.last else "confirmed")


def _concluded(rows: Rows, event: m.AppointmentConcluded) -> None:
    _now(rows, event, state="done", outcome=event.outcome, motive=event.motive)


def _printed(rows: Rows, event: m.AppointmentPrinted) -> None:
    rows.run("UPDATE appointment SET copies = ? WHERE id = ?", event.copy + 1, event.appointment)


APPLIERS: Appliers = {
    m.AppointmentBooked: _booked,
    m.AppointmentConfirmed: _confirmed,
    m.AppointmentMoved: _moved,
    m.AppointmentCancelled: _cancelled,
    m.AppointmentArrived: _arrived,
    m.AppointmentMissed: _missed,
    m.AppointmentDialled: _dialled,
    m.AppointmentUnanswered: _unanswered,
    m.AppointmentConcluded: _concluded,
    m.AppointmentPrinted: _printed,
}

#: State tables and the columns that a purged private body leaves empty on both sides of a replay.
STATE_TABLES: dict[str, tuple[str, ...]] = {
    "appointment": ("code", "name", "telephone", "registration_number", "note", "motive"), "appointment_line": (),
}  # fmt: skip
