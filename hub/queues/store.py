"""What can be read of the queues, from any connection. How each fact changes the rows stands in `appliers`."""

from __future__ import annotations

import sqlite3
from typing import Any, Protocol

from hub.clock import Instant, instant
from hub.queues import model as m


class Reader(Protocol):
    """A connection or a transaction to read from."""

    def execute(self, sql: str, values: tuple[Any, ...] = (), /) -> sqlite3.Cursor:
        """Execute one statement."""


_TICKET = (
    "SELECT t.*, s.id AS s_id, s.rank, s.service, s.wanted, s.behind, s.counter, s.agent, s.entered_at, s.entered_tick,"
    " s.call, s.call_count, s.called_at, s.called_tick, s.last_called_at, s.last_called_tick,"
    " s.started_at, s.started_tick, s.held_at, s.held_tick, s.held_ms, s.ended_at, s.ended_tick, s.outcome, s.why"
    " FROM ticket t JOIN stage s ON s.id = t.stage"
)
OPEN_STATES = ("issued", "waiting", "called", "serving", "on_hold")


def _maybe(at: int | None, tick: int | None) -> Instant | None:
    return None if at is None or tick is None else instant(at, tick)


def ticket_of(row: sqlite3.Row) -> m.Ticket:
    """A ticket with its present stage, from a joined row."""
    stage = m.Stage(
        id=row["s_id"],
        rank=row["rank"],
        service=row["service"],
        entered=instant(row["entered_at"], row["entered_tick"]),
        wanted=row["wanted"],
        behind=row["behind"],
        counter=row["counter"],
        agent=row["agent"],
        call=row["call"],
        call_count=row["call_count"],
        called=_maybe(row["called_at"], row["called_tick"]),
        last_called=_maybe(row["last_called_at"], row["last_called_tick"]),
        started=_maybe(row["started_at"], row["started_tick"]),
        held=_maybe(row["held_at"], row["held_tick"]),
        held_ms=row["held_ms"],
        ended=_maybe(row["ended_at"], row["ended_tick"]),
        outcome=row["outcome"],
        why=row["why"] or "",
    )
    return m.Ticket(
        id=row["id"],
        epoch=row["epoch"],
        day=row["day"],
        label=row["label"],
        series=row["series"],
        number=row["number"],
        asked=row["asked"],
        state=row["state"],
        category=row["category"],
        priority=row["priority"],
        language=row["language"],
        channel=row["channel"],
        issued=instant(row["issued_at"], row["issued_tick"], certain=bool(row["certain"])),
        paper=row["paper"],
        token=row["token"],
        stage=stage,
        returns=row["returns"],
        low_s=row["low_s"],
        high_s=row["high_s"],
        first_seq=row["first_seq"],
        last_seq=row["last_seq"],
        brought=row["brought"],
        passes=row["passes"] or 0,
        sub_reason=row["sub_reason"],
        due=_maybe(row["due_at"], row["due_tick"]),
        head_start=row["head_start"] or 0,
    )


def day(reader: Reader) -> m.BusinessDay | None:
    """The last business day, open or closed; None before the first."""
    return _day(reader, "ORDER BY id DESC")


def _day(reader: Reader, which: str, *values: int) -> m.BusinessDay | None:
    row = reader.execute(f"SELECT * FROM business_day {which} LIMIT 1", values).fetchone()  # noqa: S608 (our words)
    if row is None:
        return None
    closed_at = row["closed_at"]
    return m.BusinessDay(row["id"], row["date"], row["mode"], closed_at is None, row["first_seq"], closed_at)


def days_around(reader: Reader, at: int) -> m.DaysAround:
    """The days about a moment, in wall time."""
    newest, before = day(reader), _day(reader, "WHERE opened_at <= ? ORDER BY id DESC", at)
    return m.DaysAround(
        newest,
        _opened(reader, newest.first_seq) if newest else None,
        before,
        after=_day(reader, "WHERE id > ? ORDER BY id", before.id if before else 0),
    )


def _opened(reader: Reader, first_seq: int) -> Instant | None:
    row = reader.execute("SELECT at, boot, mono FROM journal WHERE seq = ?", (first_seq,)).fetchone()
    return Instant(row["at"], row["mono"], row["boot"]) if row else None


def ticket(reader: Reader, ticket_id: int) -> m.Ticket | None:
    """One ticket."""
    row = reader.execute(f"{_TICKET} WHERE t.id = ?", (ticket_id,)).fetchone()
    return ticket_of(row) if row else None


def ticket_labelled(reader: Reader, day_id: int, label: str) -> m.Ticket | None:
    """The ticket of a day that has this label."""
    row = reader.execute(f"{_TICKET} WHERE t.day = ? AND t.label = ?", (day_id, label)).fetchone()
    return ticket_of(row) if row else None


def ticket_of_issue(reader: Reader, scope: str, key: str) -> m.Ticket | None:
    """The ticket that a device's issue request made, by its key."""
    row = reader.execute(
        f"{_TICKET} WHERE t.id = (SELECT substr(subject, 8) FROM journal"  # noqa: S608 (nothing of it is handed in)
        " WHERE coalesce(device, actor) = ? AND key = ? AND kind = 'ticket_issued')",
        (scope, key),
    ).fetchone()
    return ticket_of(row) if row else None


def open_ticket_of_token(reader: Reader, token: str) -> m.Ticket | None:
    """The ticket whose visit goes on, by the follow-up code on its paper."""
    row = reader.execute(
        f"{_TICKET} WHERE t.token = ? AND t.state IN ('issued', 'waiting', 'called', 'serving', 'on_hold')",
        (token,),
    ).fetchone()
    return ticket_of(row) if row else None


def ticket_of_token(reader: Reader, token: str) -> m.Ticket | None:
    """The ticket of a follow-up code: one whose visit goes on, else one of the last day that is over."""
    if found := open_ticket_of_token(reader, token):
        return found
    row = reader.execute(
        f"{_TICKET} WHERE t.day = (SELECT max(id) FROM business_day) AND t.token = ?",  # noqa: S608 (the words above)
        (token,),
    ).fetchone()
    return ticket_of(row) if row else None


def open_tickets(reader: Reader, states: tuple[str, ...] = OPEN_STATES) -> list[m.Ticket]:
    """Every ticket in one of these open states, oldest first."""
    marks = ",".join("?" * len(states))
    rows = reader.execute(
        f"{_TICKET} WHERE t.state IN ({marks}) AND t.state IN ('issued', 'waiting', 'called', 'serving', 'on_hold')"
        " ORDER BY t.issued_at, t.id",
        states,
    )
    return [ticket_of(row) for row in rows]


def absent_tickets(reader: Reader, day_id: int, limit: int = 50) -> list[m.Ticket]:
    """The day's absent visitors, last first."""
    rows = reader.execute(
        f"{_TICKET} WHERE t.day = ? AND t.state = 'no_show' ORDER BY t.id DESC LIMIT ?", (day_id, limit)
    )
    return [ticket_of(row) for row in rows]


def stages(reader: Reader, ticket_id: int) -> list[sqlite3.Row]:
    """Every stage of a ticket, in order."""
    return reader.execute("SELECT * FROM stage WHERE ticket = ? ORDER BY rank", (ticket_id,)).fetchall()


def history(reader: Reader, ticket: m.Ticket) -> list[sqlite3.Row]:
    """What happened to a ticket, from the journal."""
    return reader.execute(
        "SELECT seq, at, actor, device, kind, payload FROM journal"
        " WHERE seq BETWEEN ? AND ? AND subject = ? ORDER BY seq",
        (ticket.first_seq, ticket.last_seq, f"ticket {ticket.id}"),
    ).fetchall()


def copies(reader: Reader, ticket_id: int) -> int:
    """How many further copies of the paper were asked for."""
    row = reader.execute("SELECT copies FROM ticket WHERE id = ?", (ticket_id,)).fetchone()
    return row["copies"] if row else 0


def last_number(reader: Reader, day_id: int, series: str) -> int:
    """The last number given in a series that day, or perhaps given before an epoch began; 0 before the first."""
    row = reader.execute("SELECT last FROM numbering WHERE day = ? AND series = ?", (day_id, series)).fetchone()
    return max(row["last"] if row else 0, number_floor(reader, day_id))


def number_floor(reader: Reader, day_id: int) -> int:
    """Up to here numbers of that day may have been given in an epoch of which not everything is known.

    Those are the days until the epoch began; where the clock was not believed then, also the next one.
    """
    row = reader.execute(
        "SELECT max(e.floor) AS floor FROM epoch e JOIN business_day d ON d.id = ?"
        " WHERE e.day >= d.id OR e.date >= d.date OR (e.certain = 0 AND e.day + 1 = d.id)",
        (day_id,),
    ).fetchone()
    return row["floor"] or 0


def label_used(reader: Reader, day_id: int, label: str) -> bool:
    """Whether a ticket has that label, or had it until its kiosk gave it another."""
    row = reader.execute("SELECT 1 FROM voided WHERE day = ? AND label = ?", (day_id, label)).fetchone()
    return row is not None or ticket_labelled(reader, day_id, label) is not None


def highest_number(reader: Reader, date: str) -> int:
    """The highest number that may have been given until `date`, in any series that the hub itself counts.

    Of the latest day, or a floor under which an earlier epoch left room: whoever gave those may be lost, too.
    """
    row = reader.execute(
        "WITH latest AS (SELECT coalesce(max(id), 0) AS id FROM business_day) SELECT max("
        " (SELECT coalesce(max(last), 0) FROM numbering JOIN latest ON day = id WHERE series NOT LIKE '%-'),"
        " (SELECT coalesce(max(floor), 0) FROM epoch JOIN latest ON date >= ? OR day >= id)) AS last",
        (date,),
    ).fetchone()
    return int(row["last"])


def given(reader: Reader, day_id: int, service: str) -> int:
    """How many tickets a service gave that day."""
    return int(
        reader.execute("SELECT count(*) FROM ticket WHERE day = ? AND asked = ?", (day_id, service)).fetchone()[0]
    )


def holes(reader: Reader, day_id: int) -> tuple[str, ...]:
    """The labels voided that day."""
    rows = reader.execute("SELECT label FROM voided WHERE day = ? ORDER BY label", (day_id,))
    return tuple(row["label"] for row in rows)


def counter(reader: Reader, code: str) -> m.CounterSession:
    """What a counter is doing; closed when it was never opened."""
    row = reader.execute("SELECT * FROM counter WHERE code = ?", (code,)).fetchone()
    return counter_of(row) if row else m.CounterSession(code)


def counter_of(row: sqlite3.Row) -> m.CounterSession:
    """A counter's session from its row."""
    return m.CounterSession(
        code=row["code"],
        state=row["state"],
        agent=row["agent"],
        ticket=row["ticket"],
        since=instant(row["since_at"], row["since_tick"]),
        reason=row["reason"],
        last=row["last"],
        last_step=row["last_step"],
        last_seq=row["last_seq"] or 0,
        own_calls=row["own_calls"],
        alarm=_maybe(row["alarm_at"], row["alarm_tick"]),
        work=row["work"],
        work_since=_maybe(row["work_at"], row["work_tick"]),
        recalled=_maybe(row["recalled_at"], row["recalled_tick"]),
    )


def counters(reader: Reader) -> dict[str, m.CounterSession]:
    """Every counter ever opened, by code."""
    return {row["code"]: counter_of(row) for row in reader.execute("SELECT * FROM counter")}


def counter_of_agent(reader: Reader, agent: str) -> str | None:
    """Where an agent is signed on."""
    row = reader.execute("SELECT code FROM counter WHERE agent = ?", (agent,)).fetchone()
    return row["code"] if row else None


#: How far back a place counts as usual: the card is not read to its end for a newcomer.
_RECENT_STAGES = 5_000


def usual_counter(reader: Reader, agent: str) -> str | None:
    """Where an agent last worked; None when that is long ago."""
    row = reader.execute(
        "SELECT counter FROM stage WHERE id > (SELECT coalesce(max(id), 0) FROM stage) - ? AND agent = ?"
        " ORDER BY id DESC LIMIT 1",
        (_RECENT_STAGES, agent),
    ).fetchone()
    return row["counter"] if row else None


def last_calls(reader: Reader, day: m.BusinessDay, limit: int, counters: tuple[str, ...] = ()) -> list[sqlite3.Row]:
    """The last stages called that day, newest first, with their tickets; to these counters alone, if any is named."""
    zone = f",{','.join(counters)}," if counters else ""
    return reader.execute(
        "SELECT s.call, s.call_count, s.last_called_at, s.last_called_tick, s.counter, s.service, s.outcome, s.rank,"
        " t.id AS ticket, t.label, t.state, t.stage = s.id AS present, t.priority, t.language, t.head_start"
        " FROM stage s JOIN ticket t ON t.id = s.ticket WHERE s.call IS NOT NULL AND s.call > ?"
        " AND (? = '' OR instr(?, ',' || s.counter || ',') > 0) ORDER BY s.call DESC LIMIT ?",
        (day.first_seq, zone, zone, limit),
    ).fetchall()


def waiting(reader: Reader) -> list[sqlite3.Row]:
    """Everyone who can be called, with what routing needs."""
    return reader.execute(
        "SELECT t.id, t.label, t.priority, t.issued_at, t.issued_tick, t.category, t.language, t.due_at, t.due_tick,"
        " t.head_start, s.id AS stage, s.service, s.rank, s.behind, s.wanted, s.entered_at, s.entered_tick"
        " FROM ticket t JOIN stage s ON s.id = t.stage"
        " WHERE t.state = 'waiting' AND t.state IN ('issued', 'waiting', 'called', 'serving', 'on_hold') ORDER BY t.id"
    ).fetchall()


def waiting_by_service(reader: Reader) -> list[sqlite3.Row]:
    """How many wait in each service, and since when the first does (by tick: a later boot comes later).

    Whoever came before their appointment waits for us from its time on.
    """
    return reader.execute(
        "SELECT s.service, count(*) AS people, min(max(t.issued_tick, coalesce(t.due_tick, 0))) AS tick,"
        " CASE WHEN t.due_tick > t.issued_tick THEN t.due_at ELSE t.issued_at END AS at"  # of the same row
        " FROM ticket t JOIN stage s ON s.id = t.stage"
        " WHERE t.state = 'waiting' AND t.state IN ('issued', 'waiting', 'called', 'serving', 'on_hold')"
        " GROUP BY s.service"
    ).fetchall()


def ahead(reader: Reader, service: str) -> int:
    """How many wait in a service."""
    row = reader.execute(
        "SELECT count(*) FROM ticket t JOIN stage s ON s.id = t.stage WHERE t.state = 'waiting' AND s.service = ?"
        " AND t.state IN ('issued', 'waiting', 'called', 'serving', 'on_hold')",
        (service,),
    ).fetchone()
    return int(row[0])


def personal(reader: Reader, ticket_id: int) -> dict[str, Any]:
    """Who asked, for those who may know."""
    row = reader.execute("SELECT requester, registration_number FROM ticket WHERE id = ?", (ticket_id,)).fetchone()
    return dict(row) if row else {}
