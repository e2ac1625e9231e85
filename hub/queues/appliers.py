"""The queues on disk: how each fact changes the rows.

Writing happens in appliers alone, one a kind of event: the journal replayed through them gives
these rows again.
"""

from __future__ import annotations

from hub.journal import Appliers, Rows
from hub.queues import model as m


def _day_opened(rows: Rows, event: m.DayOpened) -> None:
    rows.run(
        "INSERT INTO business_day (id, date, mode, opened_at, first_seq) VALUES (?, ?, ?, ?, ?)",
        event.day, event.date, event.mode, rows.now.at, rows.seq,
    )  # fmt: skip


def _day_closed(rows: Rows, event: m.DayClosed) -> None:
    rows.run("UPDATE business_day SET closed_at = ? WHERE id = ?", rows.now.at, event.day)


def _mode_changed(rows: Rows, event: m.ModeChanged) -> None:
    rows.run("UPDATE business_day SET mode = ? WHERE id = ?", event.mode, event.day)


def _issued(rows: Rows, event: m.TicketIssued) -> None:
    stage_id = _next_id(rows, "stage")
    rows.run(
        "INSERT INTO ticket (id, epoch, day, label, series, number, asked, state, category, priority, language,"
        " channel, issued_at, issued_tick, certain, paper, token, stage, low_s, high_s, requester, registration_number,"
        " first_seq, last_seq, brought, sub_reason, due_at, due_tick, head_start)"
        " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        event.ticket, event.epoch, event.day, event.label, event.series, event.number, event.service,
        "issued" if event.paper == "awaited" else "waiting", event.category, event.priority, event.language,
        event.channel, event.issued_at, event.issued_tick, int(event.certain), event.paper, event.token, stage_id,
        event.low_s, event.high_s, event.requester, event.registration_number, rows.seq, rows.seq, event.brought,
        event.sub_reason,
        event.due_at, event.due_tick, event.head_start,
    )  # fmt: skip
    _insert_stage(rows, stage_id, event.ticket, 1, event.service, event.wanted, (event.issued_at, event.issued_tick))
    _number_given(rows, event.day, event.series, event.number)


def _next_id(rows: Rows, table: str) -> int:
    row = rows.one(f"SELECT coalesce(max(id), 0) + 1 FROM {table}")  # noqa: S608 (a table of ours, by name)
    return int(row[0]) if row else 1


def _insert_stage(  # noqa: PLR0913, PLR0917 (the columns of a stage)
    rows: Rows, stage_id: int, ticket_id: int, rank: int, service: str, wanted: str | None,
    entered: tuple[int, int], behind: int = 0,
) -> None:  # fmt: skip
    rows.run(
        "INSERT INTO stage (id, ticket, rank, service, wanted, behind, entered_at, entered_tick)"
        " VALUES (?,?,?,?,?,?,?,?)",
        stage_id, ticket_id, rank, service, wanted, behind, *entered,
    )  # fmt: skip


def _number_given(rows: Rows, day_id: int, series: str, number: int) -> None:
    rows.run(
        "INSERT INTO numbering (day, series, last) VALUES (?, ?, ?)"
        " ON CONFLICT (day, series) DO UPDATE SET last = max(last, excluded.last)",
        day_id, series, number,
    )  # fmt: skip


def _ticket_now(rows: Rows, ticket_id: int, **values: object) -> None:
    names = ", ".join(f"{name} = ?" for name in values)
    sql = f"UPDATE ticket SET {names}, last_seq = ? WHERE id = ?"  # noqa: S608 (names are columns, written below)
    rows.run(sql, *values.values(), rows.seq, ticket_id)


def _stage_now(rows: Rows, ticket_id: int, **values: object) -> None:
    names = ", ".join(f"{name} = ?" for name in values)
    sql = f"UPDATE stage SET {names} WHERE id = (SELECT stage FROM ticket WHERE id = ?)"  # noqa: S608 (the same)
    rows.run(sql, *values.values(), ticket_id)


#: Nothing of the back office is in hand.
_NO_WORK = {"work": "", "work_at": None, "work_tick": None, "recalled_at": None, "recalled_tick": None}


def _counter_now(rows: Rows, code: str, state: str, **values: object) -> None:
    """A counter's new state, since now. What it let go of last is kept only when given; back-office work is over."""
    values = {"last": None, "last_step": None, "last_seq": None, "reason": ""} | _NO_WORK | values
    values |= {"state": state, "since_at": rows.now.at, "since_tick": rows.now.tick}
    names = ", ".join(f"{name} = ?" for name in values)
    rows.run(f"UPDATE counter SET {names} WHERE code = ?", *values.values(), code)  # noqa: S608 (the same)


def _paper_reported(rows: Rows, event: m.PaperReported) -> None:
    _ticket_now(rows, event.ticket, paper=event.paper)
    if event.paper != "failed":
        rows.run("UPDATE ticket SET state = 'waiting' WHERE id = ? AND state = 'issued'", event.ticket)


def _relabelled(rows: Rows, event: m.TicketRelabelled) -> None:
    row = rows.one("SELECT day FROM ticket WHERE id = ?", event.ticket)
    day_id = row["day"] if row else 0
    rows.run("INSERT INTO voided (day, label, ticket) VALUES (?, ?, ?)", day_id, event.voided, event.ticket)
    _ticket_now(
        rows, event.ticket, label=event.label, series=event.series, number=event.number, low_s=None, high_s=None
    )
    _number_given(rows, day_id, event.series, event.number)


def _reprinted(rows: Rows, event: m.TicketReprinted) -> None:
    _ticket_now(rows, event.ticket, copies=event.copy)


def _priority_changed(rows: Rows, event: m.PriorityChanged) -> None:
    _ticket_now(rows, event.ticket, priority=event.priority)


def _called(rows: Rows, event: m.TicketCalled) -> None:
    now = rows.now
    _ticket_now(rows, event.ticket, state="called")
    _stage_now(
        rows, event.ticket, counter=event.counter, agent=event.agent, call=rows.seq, call_count=1, behind=0,
        why=event.why, called_at=now.at, called_tick=now.tick, last_called_at=now.at, last_called_tick=now.tick,
    )  # fmt: skip
    _counter_now(rows, event.counter, "calling", ticket=event.ticket)
    own = "0" if event.rule == m.HELPED else "own_calls + 1"
    rows.run(f"UPDATE counter SET own_calls = {own} WHERE code = ?", event.counter)  # noqa: S608 (our words)
    for stage_id in event.passed:
        rows.run("UPDATE stage SET behind = behind - 1 WHERE id = ? AND behind > 0", stage_id)


def _nobody(rows: Rows, event: m.NobodyWaiting) -> None:
    """Nothing changes: the answer is kept."""


def _recalled(rows: Rows, event: m.TicketRecalled) -> None:
    _ticket_now(rows, event.ticket, state="called")
    _stage_now(rows, event.ticket, call_count=event.repeat, last_called_at=rows.now.at, last_called_tick=rows.now.tick)


def _started(rows: Rows, event: m.ServiceStarted) -> None:
    _ticket_now(rows, event.ticket, state="serving")
    _stage_now(
        rows, event.ticket, started_at=rows.now.at, started_tick=rows.now.tick, wait_ms=event.wait_ms,
        certain=int(event.certain),
    )  # fmt: skip
    _counter_now(rows, event.counter, "serving", ticket=event.ticket)


def _end_stage(rows: Rows, ticket_id: int, outcome: m.Outcome, **values: object) -> None:
    _stage_now(rows, ticket_id, outcome=outcome, ended_at=rows.now.at, ended_tick=rows.now.tick, **values)


def _absent(rows: Rows, event: m.TicketAbsent) -> None:
    _end_stage(rows, event.ticket, "no_show")
    _ticket_now(rows, event.ticket, state="no_show")
    _counter_now(rows, event.counter, "free", ticket=None, last=event.ticket, last_step="no_show", last_seq=rows.seq)


def _returned(rows: Rows, event: m.TicketReturned) -> None:
    _next_stage(rows, event.ticket, None, None, event.behind)
    rows.run("UPDATE ticket SET returns = returns + 1 WHERE id = ?", event.ticket)


def _let_pass(rows: Rows, event: m.TicketLetPass) -> None:
    _stage_now(rows, event.ticket, behind=event.behind)
    rows.run("UPDATE ticket SET passes = coalesce(passes, 0) + 1, last_seq = ? WHERE id = ?", rows.seq, event.ticket)


def _next_stage(rows: Rows, ticket_id: int, service: str | None, wanted: str | None, behind: int) -> None:
    """The ticket waits again: a new stage, in the same service unless another is named."""
    row = rows.one(
        "SELECT (SELECT max(rank) FROM stage WHERE ticket = t.id) AS rank, s.service"
        " FROM ticket t JOIN stage s ON s.id = t.stage WHERE t.id = ?",
        ticket_id,
    )
    rank, present = (row["rank"], row["service"]) if row else (0, "")
    stage_id = _next_id(rows, "stage")
    entered = (rows.now.at, rows.now.tick)
    _insert_stage(rows, stage_id, ticket_id, rank + 1, service or present, wanted, entered, behind)
    _ticket_now(rows, ticket_id, state="waiting", stage=stage_id)


def _held(rows: Rows, event: m.TicketHeld) -> None:
    _ticket_now(rows, event.ticket, state="on_hold")
    _stage_now(rows, event.ticket, held_at=rows.now.at, held_tick=rows.now.tick, detail=event.reason)
    _counter_now(rows, event.counter, "free", ticket=None)


def _resumed(rows: Rows, event: m.TicketResumed) -> None:
    rows.run(
        "UPDATE stage SET held_ms = held_ms + ? WHERE id = (SELECT stage FROM ticket WHERE id = ?)",
        event.held_ms, event.ticket,
    )  # fmt: skip
    _stage_now(rows, event.ticket, held_at=None, held_tick=None, counter=event.counter, agent=event.agent)
    _ticket_now(rows, event.ticket, state="serving")
    _counter_now(rows, event.counter, "serving", ticket=event.ticket)


def _transferred(rows: Rows, event: m.TicketTransferred) -> None:
    _end_stage(rows, event.ticket, "transferred", service_ms=event.service_ms, detail=event.reason)
    _next_stage(rows, event.ticket, event.service, event.wanted, 0)
    _counter_now(rows, event.counter, "free", ticket=None, last=event.ticket, last_step="transfer", last_seq=rows.seq)


def _released(rows: Rows, event: m.TicketReleased) -> None:
    _ticket_now(rows, event.ticket, state="waiting")
    _stage_now(
        rows, event.ticket, counter=None, agent=None, call=None, call_count=0, called_at=None, called_tick=None,
        last_called_at=None, last_called_tick=None, why=None,
    )  # fmt: skip
    _counter_now(rows, event.counter, "free", ticket=None)


def _served(rows: Rows, event: m.TicketServed) -> None:
    _end_stage(rows, event.ticket, "served", service_ms=event.service_ms, detail=event.outcome)
    _ticket_now(rows, event.ticket, state="served")
    _counter_now(rows, event.counter, "free", ticket=None, last=event.ticket, last_step="finish", last_seq=rows.seq)


_BACK_TO: dict[m.Undoable, tuple[str, str]] = {
    "finish": ("serving", "serving"),
    "no_show": ("called", "calling"),
    "transfer": ("serving", "serving"),
}


def _undone(rows: Rows, event: m.StepUndone) -> None:
    ticket_state, counter_state = _BACK_TO[event.step]
    if event.step == "transfer":
        _end_stage(rows, event.ticket, "undone")
        rows.run(
            "UPDATE ticket SET stage = (SELECT max(id) FROM stage WHERE ticket = ? AND outcome = 'transferred')"
            " WHERE id = ?",
            event.ticket, event.ticket,
        )  # fmt: skip
    _stage_now(
        rows, event.ticket, outcome=None, ended_at=None, ended_tick=None, service_ms=None, detail=None,
        corrected_at=None, corrected_tick=None, corrected_seq=None,
    )  # fmt: skip
    _ticket_now(rows, event.ticket, state=ticket_state)
    _counter_now(rows, event.counter, counter_state, ticket=event.ticket)


def _end_corrected(rows: Rows, event: m.ServiceEndCorrected) -> None:
    _stage_now(
        rows, event.ticket, corrected_at=event.ended_at, corrected_tick=event.ended_tick, corrected_seq=rows.seq
    )  # fmt: skip
    rows.run("UPDATE ticket SET last_seq = ? WHERE id = ?", rows.seq, event.ticket)


def _cancelled(rows: Rows, event: m.TicketCancelled) -> None:
    _end_stage(rows, event.ticket, "cancelled", detail=event.reason)
    _ticket_now(rows, event.ticket, state="cancelled")
    if event.counter:
        _counter_now(rows, event.counter, "free", ticket=None)


def _unserved(rows: Rows, event: m.TicketUnserved) -> None:
    """Nobody waits longer than the day: a ticket heard of only later ended then, by the wall clock."""
    ended = (rows.now.at, rows.now.tick) if event.ended_at is None else (event.ended_at, 0)
    _stage_now(rows, event.ticket, outcome="unserved", ended_at=ended[0], ended_tick=ended[1])
    _ticket_now(rows, event.ticket, state="unserved")


def _unfinished(rows: Rows, event: m.TicketUnfinished) -> None:
    _end_stage(rows, event.ticket, "unfinished", detail=event.reason)
    _ticket_now(rows, event.ticket, state="unfinished")


def _counter_opened(rows: Rows, event: m.CounterOpened) -> None:
    """Sign on; whoever was there before leaves, and what was going on at the counter goes on."""
    rows.run(
        "INSERT INTO counter (code, state, agent, since_at, since_tick) VALUES (?, 'free', ?, ?, ?)"
        " ON CONFLICT (code) DO UPDATE SET agent = excluded.agent, own_calls = 0, work = '', work_at = NULL,"
        " work_tick = NULL, recalled_at = NULL, recalled_tick = NULL,"
        " state = CASE WHEN state IN ('closed', 'paused') THEN 'free' ELSE state END,"
        " since_at = CASE WHEN state IN ('closed', 'paused') THEN excluded.since_at ELSE since_at END,"
        " since_tick = CASE WHEN state IN ('closed', 'paused') THEN excluded.since_tick ELSE since_tick END",
        event.counter, event.agent, rows.now.at, rows.now.tick,
    )  # fmt: skip


def _counter_paused(rows: Rows, event: m.CounterPaused) -> None:
    _counter_now(rows, event.counter, "paused", reason=event.reason)


def _counter_unpaused(rows: Rows, event: m.CounterUnpaused) -> None:
    _counter_now(rows, event.counter, "free")


def _counter_closed(rows: Rows, event: m.CounterClosed) -> None:
    _counter_now(rows, event.counter, "closed", agent=None, ticket=None, alarm_at=None, alarm_tick=None)


def _back_office_begun(rows: Rows, event: m.BackOfficeBegun) -> None:
    rows.run(
        "UPDATE counter SET work = ?, work_at = ?, work_tick = ?, recalled_at = NULL, recalled_tick = NULL"
        " WHERE code = ?",
        event.work, rows.now.at, rows.now.tick, event.counter,
    )  # fmt: skip


def _back_office_recalled(rows: Rows, event: m.BackOfficeRecalled) -> None:
    rows.run(
        "UPDATE counter SET recalled_at = ?, recalled_tick = ? WHERE code = ?",
        rows.now.at, rows.now.tick, event.counter,
    )  # fmt: skip


def _back_office_ended(rows: Rows, event: m.BackOfficeEnded) -> None:
    """The counter is as free as before, and the agent idle from now on."""
    _counter_now(rows, event.counter, "free")


def _alarm_raised(rows: Rows, event: m.CounterAlarmRaised) -> None:
    """Pressed again it is still since the first time."""
    rows.run(
        "UPDATE counter SET alarm_at = coalesce(alarm_at, ?), alarm_tick = coalesce(alarm_tick, ?) WHERE code = ?",
        rows.now.at, rows.now.tick, event.counter,
    )  # fmt: skip


def _alarm_answered(rows: Rows, event: m.CounterAlarmAnswered) -> None:
    rows.run("UPDATE counter SET alarm_at = NULL, alarm_tick = NULL WHERE code = ?", event.counter)


APPLIERS: Appliers = {
    m.DayOpened: _day_opened,
    m.DayClosed: _day_closed,
    m.ModeChanged: _mode_changed,
    m.TicketIssued: _issued,
    m.PaperReported: _paper_reported,
    m.TicketRelabelled: _relabelled,
    m.TicketReprinted: _reprinted,
    m.PriorityChanged: _priority_changed,
    m.TicketCalled: _called,
    m.NobodyWaiting: _nobody,
    m.TicketRecalled: _recalled,
    m.ServiceStarted: _started,
    m.TicketAbsent: _absent,
    m.TicketReturned: _returned,
    m.TicketLetPass: _let_pass,
    m.TicketHeld: _held,
    m.TicketResumed: _resumed,
    m.TicketTransferred: _transferred,
    m.TicketReleased: _released,
    m.TicketServed: _served,
    m.StepUndone: _undone,
    m.ServiceEndCorrected: _end_corrected,
    m.TicketCancelled: _cancelled,
    m.TicketUnserved: _unserved,
    m.TicketUnfinished: _unfinished,
    m.CounterOpened: _counter_opened,
    m.CounterPaused: _counter_paused,
    m.CounterUnpaused: _counter_unpaused,
    m.CounterClosed: _counter_closed,
    m.BackOfficeBegun: _back_office_begun,
    m.BackOfficeRecalled: _back_office_recalled,
    m.BackOfficeEnded: _back_office_ended,
    m.CounterAlarmRaised: _alarm_raised,
    m.CounterAlarmAnswered: _alarm_answered,
}

#: State tables and the columns that a purged private body leaves empty on both sides of a replay.
STATE_TABLES: dict[str, tuple[str, ...]] = {
    "business_day": (), "numbering": (), "voided": (), "stage": (), "counter": (),
    "ticket": ("requester", "registration_number"),
}  # fmt: skip
