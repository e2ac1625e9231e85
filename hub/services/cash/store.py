"""Tills on disk: how each fact changes the rows, and what can be read.

What a till holds is kept with it and moved by each entry, so that no question adds up a year of them.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable

from hub.agents import store as agents
from hub.journal import Appliers, Rows
from hub.money import grouped
from hub.services.cash import lot_store
from hub.services.cash import model as m
from hub.services.cash.chain import GENESIS
from hub.services.ports import Found, Pending, SheetLine, ThreadLine

Reader = sqlite3.Connection
URL = "/desk/cash"
SHOWN = 12
#: More receipts of one payer than central data ever lag behind.
MOST_UNKNOWN = 1_000
#: Who looks over tills: approves closings, decides on reversals, counts by surprise.
CHIEFS = frozenset({"head_cashier", "supervisor"})
#: An entry with what may still happen to it.
_STANDS = "r.copies, r.reversed_by, r.tender_state"
_ENTRY = f"SELECT e.*, {_STANDS} FROM cash_entry e JOIN cash_receipt r USING (till, year, number)"  # noqa: S608 (ours)


# --- tills and sessions ----------------------------------------------------------------------


def till(reader: Reader, code: str) -> m.Till:
    """A till as its entries have left it; a new one where nothing has happened there."""
    row = reader.execute("SELECT * FROM till WHERE code = ?", (code,)).fetchone()
    return m.Till(*row) if row else m.Till(code, head=GENESIS, closing_head=GENESIS)


def tills(reader: Reader) -> list[m.Till]:
    """Every till where something has happened."""
    return [m.Till(*row) for row in reader.execute("SELECT * FROM till ORDER BY code")]


def _session(row: sqlite3.Row) -> m.Session:
    names = ("id", "till", "cashier", "date", "state", "opening", "at", "counted", "motive", "note")
    return m.Session(**{name: row[name] for name in names})


def session(reader: Reader, session_id: int) -> m.Session | None:
    """One session."""
    row = reader.execute("SELECT * FROM cash_session WHERE id = ?", (session_id,)).fetchone()
    return _session(row) if row else None


def session_of(reader: Reader, agent: str | None) -> m.Session | None:
    """The session of a cashier that is not closed."""
    row = reader.execute(
        "SELECT * FROM cash_session WHERE cashier = ? AND state <> 'approved'", (agent or "",)
    ).fetchone()
    return _session(row) if row else None


def session_at(reader: Reader, code: str) -> m.Session | None:
    """The session of a till that is not closed."""
    row = reader.execute("SELECT * FROM cash_session WHERE till = ? AND state <> 'approved'", (code,)).fetchone()
    return _session(row) if row else None


def open_sessions(reader: Reader) -> list[m.Session]:
    """Every session that is not closed, by till."""
    rows = reader.execute("SELECT * FROM cash_session WHERE state <> 'approved' ORDER BY till")
    return [_session(row) for row in rows]


def held_on(reader: Reader, date: str, agent: str | None) -> bool:
    """Whether an agent held a till that day."""
    found = reader.execute("SELECT 1 FROM cash_session WHERE date = ? AND cashier = ?", (date, agent or "")).fetchone()
    return found is not None


def next_id(reader: Reader, table: str) -> int:
    """The number of the next row of one of our tables."""
    return int(reader.execute(f"SELECT coalesce(max(id), 0) + 1 FROM {table}").fetchone()[0])  # noqa: S608 (names of ours)


# --- entries ---------------------------------------------------------------------------------


def entry_of(row: sqlite3.Row) -> m.CashEntry:
    """One from its row."""
    values = {name: row[name] for name in row.keys() if name not in ("tick", "lines")}  # noqa: SIM118 (a Row's keys)
    lines = tuple(m.PaidPeriod(*line) for line in json.loads(row["lines"])) if row["lines"] else ()
    return m.CashEntry(**values, lines=lines)


def entry(reader: Reader, code: str, year: int, number: int) -> m.CashEntry | None:
    """One entry."""
    row = reader.execute(f"{_ENTRY} WHERE till = ? AND year = ? AND number = ?", (code, year, number)).fetchone()
    return entry_of(row) if row else None


def receipt(reader: Reader, typed: str) -> m.CashEntry | None:
    """The entry of a number as it is printed, `C01-2013-000183`."""
    code, _, rest = typed.strip().upper().partition("-")
    year, _, number = rest.partition("-")
    if not (year.isdecimal() and number.isdecimal() and len(year) == 4 and len(number) <= 9):  # noqa: PLR2004 (as printed)
        return None
    return entry(reader, code, int(year), int(number))


def entries_of(reader: Reader, session_id: int) -> list[m.CashEntry]:
    """All entries of a session, in their order."""
    return [entry_of(row) for row in reader.execute(f"{_ENTRY} WHERE session = ? ORDER BY seq", (session_id,))]


def last_entries(reader: Reader, session_id: int, limit: int = SHOWN) -> list[m.CashEntry]:
    """The last entries of a session, last first."""
    rows = reader.execute(f"{_ENTRY} WHERE session = ? ORDER BY seq DESC LIMIT ?", (session_id, limit))
    return [entry_of(row) for row in rows]


def last_number(reader: Reader, code: str, year: int) -> tuple[int, int] | None:
    """The last number of a till in a year and the epoch in which it was given."""
    row = reader.execute(
        "SELECT number, epoch FROM cash_entry WHERE till = ? AND year = ? ORDER BY number DESC LIMIT 1", (code, year)
    ).fetchone()
    return (row["number"], row["epoch"]) if row else None


def of_ticket(reader: Reader, ticket: int) -> list[m.CashEntry]:
    """What was taken or paid during a visit."""
    return [entry_of(row) for row in reader.execute(f"{_ENTRY} WHERE e.ticket = ? ORDER BY e.at, e.seq", (ticket,))]


def of_party(reader: Reader, party: str, since_ms: int = 0, limit: int = 40) -> list[m.CashEntry]:
    """What somebody paid or got here after a moment, last first."""
    rows = reader.execute(
        f"{_ENTRY} WHERE e.party = ? AND e.at > ? ORDER BY e.at DESC LIMIT ?", (party, since_ms, limit)
    )
    return [entry_of(row) for row in rows]


def paid_since(reader: Reader, party: str, since_ms: int) -> dict[str, int]:
    """What was paid here by period after a moment and still counts: central data cannot know it yet."""
    found: dict[str, int] = {}
    for each in of_party(reader, party, since_ms, MOST_UNKNOWN):
        if each.kind == "collection" and each.counts and each.operation == "contribution":
            for line in each.lines:
                found[line.period] = found.get(line.period, 0) + line.amount
    return found


def open_tenders(reader: Reader, limit: int = 100) -> list[m.CashEntry]:
    """Cheques, transfers and mobile money of which nobody has said yet whether they are money, oldest first."""
    rows = reader.execute(
        f"SELECT e.*, {_STANDS} FROM cash_receipt r INDEXED BY cash_receipt_open"  # noqa: S608 (names of ours)
        " JOIN cash_entry e USING (till, year, number)"
        " WHERE r.tender_state IN ('received', 'deposited', 'pending') AND r.reversed_by IS NULL"
        " ORDER BY r.till, r.year, r.number LIMIT ?",
        (limit,),
    )
    return [entry_of(row) for row in rows]


# --- counts, asks, closings ------------------------------------------------------------------


def counts_of(reader: Reader, session_id: int) -> list[m.Count]:
    """How the drawer was counted during a session, last first."""
    rows = reader.execute("SELECT * FROM cash_count WHERE session = ? ORDER BY id DESC", (session_id,))
    names = ("id", "session", "purpose", "total", "expected", "agent", "at")
    return [m.Count(**{name: row[name] for name in names}, pieces=json.loads(row["pieces"])) for row in rows]


def opened_pieces(reader: Reader, session_id: int) -> dict[str, int]:
    """The float as it was counted."""
    row = reader.execute("SELECT pieces FROM cash_session WHERE id = ?", (session_id,)).fetchone()
    found: dict[str, int] = json.loads(row["pieces"]) if row else {}
    return found


def _ask(row: sqlite3.Row) -> m.ReversalAsk:
    names = ("id", "till", "year", "number", "reason", "state", "agent", "at")
    return m.ReversalAsk(**{name: row[name] for name in names})


def reversal_ask(reader: Reader, ask_id: int) -> m.ReversalAsk | None:
    """One ask to take an entry back."""
    row = reader.execute("SELECT * FROM cash_reversal WHERE id = ?", (ask_id,)).fetchone()
    return _ask(row) if row else None


def reversals_asked(reader: Reader, session_id: int | None = None) -> list[m.ReversalAsk]:
    """Asks that nobody has decided on: of one session, or of all."""
    rows = reader.execute("SELECT * FROM cash_reversal INDEXED BY cash_reversal_open WHERE state = 'asked'")
    found = sorted((row for row in rows if session_id in (None, row["session"])), key=lambda row: int(row["id"]))
    return [_ask(row) for row in found]


def openings_of(reader: Reader, session_id: int) -> list[sqlite3.Row]:
    """How the drawer was opened during a session, in order."""
    return reader.execute("SELECT * FROM drawer_opening WHERE session = ? ORDER BY id", (session_id,)).fetchall()


def opening_of_job(reader: Reader, job: int) -> sqlite3.Row | None:
    """The opening of the drawer that a print job was for."""
    found: sqlite3.Row | None = reader.execute(
        "SELECT * FROM drawer_opening WHERE job = ? ORDER BY id LIMIT 1", (job,)
    ).fetchone()
    return found


def _closing(row: sqlite3.Row) -> m.Closing:
    values = {name: row[name] for name in row.keys() if name != "totals"}  # noqa: SIM118 (a Row's keys)
    return m.Closing(**values, totals=json.loads(row["totals"]))


def closing(reader: Reader, closing_id: int) -> m.Closing | None:
    """One closing."""
    row = reader.execute("SELECT * FROM cash_closing WHERE id = ?", (closing_id,)).fetchone()
    return _closing(row) if row else None


def closing_of(reader: Reader, session_id: int) -> m.Closing | None:
    """The closing of a session."""
    row = reader.execute("SELECT * FROM cash_closing WHERE session = ?", (session_id,)).fetchone()
    return _closing(row) if row else None


def last_closings(reader: Reader, limit: int = SHOWN) -> list[m.Closing]:
    """The last closings of all tills, last first."""
    return [_closing(row) for row in reader.execute("SELECT * FROM cash_closing ORDER BY id DESC LIMIT ?", (limit,))]


def _period(row: sqlite3.Row) -> m.PeriodClosing:
    return m.PeriodClosing(**{name: row[name] for name in m.PeriodClosing.__slots__})


def periods_closed(reader: Reader, code: str, length: int) -> list[m.PeriodClosing]:
    """The closed months (`length` 7) or years (4) of a till, last first."""
    rows = reader.execute(
        "SELECT * FROM cash_period WHERE till = ? AND length(period) = ? ORDER BY period DESC LIMIT ?",
        (code, length, SHOWN),
    )
    return [_period(row) for row in rows]


def closings_between(reader: Reader, code: str, first: str, last: str) -> list[m.Closing]:
    """The closings of a till whose day lies between two (ISO, inclusive), in order."""
    rows = reader.execute(
        "SELECT * FROM cash_closing WHERE till = ? AND date BETWEEN ? AND ? ORDER BY z", (code, first, last)
    )
    return [_closing(row) for row in rows]


def closings_of_period(reader: Reader, period: m.PeriodClosing) -> list[m.Closing]:
    """The closings that a month or a year covers, in order."""
    rows = reader.execute(
        "SELECT * FROM cash_closing WHERE till = ? AND z BETWEEN ? AND ? ORDER BY z",
        (period.till, period.first_z, period.last_z),
    )
    return [_closing(row) for row in rows]


def period(reader: Reader, code: str, said: str) -> m.PeriodClosing | None:
    """The closing of a till's month (`2013-03`) or year (`2013`)."""
    row = reader.execute("SELECT * FROM cash_period WHERE till = ? AND period = ?", (code, said)).fetchone()
    return _period(row) if row else None


def period_copies(reader: Reader, code: str, said: str) -> int:
    """How often it was printed."""
    row = reader.execute(
        "SELECT copies FROM cash_period_print WHERE till = ? AND period = ?", (code, said)
    ).fetchone()  # fmt: skip
    return int(row["copies"]) if row else 0


def first_after(reader: Reader, code: str, day: str) -> str | None:
    """The day of the first closing of a till after a day; None where there is none."""
    row = reader.execute("SELECT min(date) FROM cash_closing WHERE till = ? AND date > ?", (code, day)).fetchone()
    found: str | None = row[0]
    return found


# --- read ports ------------------------------------------------------------------------------


def thread(reader: Reader, ticket: int) -> tuple[ThreadLine, ...]:
    """What was paid during a visit, by number and amount: who paid stands on the receipt."""
    return tuple(
        ThreadLine(
            each.at, "cash-banknote", f"cash.thread_{'reversed' if each.reversed_by else each.kind}",
            {"receipt": each.receipt, "amount": grouped(each.amount), "label": each.label},
        )
        for each in of_ticket(reader, ticket)
        if each.kind != "reversal"
    )  # fmt: skip


def pending(reader: Reader, agent: str) -> tuple[Pending, ...]:
    """A cashier's session of another day or that waits for a word; what a chief has to decide."""
    waiting = []
    held = session_of(reader, agent)
    if held is not None and held.state == "counted":
        waiting.append(Pending("closing", "cash.pending_closing", 1, held.at, f"{URL}/close"))
    found = agents.agent(reader, agent)
    if found is not None and "head_cashier" in found.roles and (lots := lot_store.waiting(reader)):
        waiting.append(Pending("lots", "cash.pending_lots", len(lots), lots[0].at, f"{URL}/treasury"))
    if found is not None and not found.roles.isdisjoint(CHIEFS):
        proposed = [each for each in open_sessions(reader) if each.state == "proposed"]
        asked = reversals_asked(reader)
        if proposed:
            waiting.append(
                Pending("closings", "cash.pending_closings", len(proposed), proposed[0].at, f"{URL}/control")
            )
        if asked:
            waiting.append(Pending("reversals", "cash.pending_reversals", len(asked), asked[0].at, f"{URL}/control"))
    return tuple(waiting)


def finds(reader: Reader, typed: str) -> tuple[Found, ...]:
    """The receipt of a number that was typed or scanned into the search."""
    found = receipt(reader, typed)
    if found is None:
        return ()
    facts = {"receipt": found.receipt, "amount": grouped(found.amount)}
    return (Found(found.receipt, "cash-banknote", "cash.found", f"{URL}/receipts/{found.receipt}", facts),)


def sheet(reader: Reader, party: str) -> tuple[SheetLine, ...]:
    """What somebody paid here, for their sheet: provisional, since central data hear of it later."""
    return tuple(
        SheetLine(
            tab="contributions",
            at=each.at,
            icon="cash-banknote",
            words="cash.sheet_reversed" if not each.counts else "cash.sheet",
            facts={"receipt": each.receipt, "amount": grouped(each.amount), "label": each.label},
            url=f"{URL}/receipts/{each.receipt}",
            provisional=True,
        )
        for each in of_party(reader, party)
        if each.kind == "collection"
    )


# --- applying --------------------------------------------------------------------------------


def _new_till(rows: Rows, code: str) -> None:
    rows.run(
        "INSERT INTO till (code, seq, head, cash, total_in, total_out, closing_head) VALUES (?, 0, ?, 0, 0, 0, ?)"
        " ON CONFLICT (code) DO NOTHING",
        code, GENESIS, GENESIS,
    )  # fmt: skip


def _opened(rows: Rows, event: m.TillSessionOpened) -> None:
    _new_till(rows, event.till)
    rows.run(
        "INSERT INTO cash_session (id, till, cashier, date, state, pieces, opening, expected, float_note, at,"
        " tick) VALUES (?, ?, ?, ?, 'open', ?, ?, ?, ?, ?, ?)",
        event.session, event.till, rows.actor.agent, event.date, event.pieces, event.opening, event.expected,
        event.motive, rows.now.at, rows.now.tick,
    )  # fmt: skip
    rows.run("UPDATE till SET cash = ? WHERE code = ?", event.opening, event.till)


def _state(rows: Rows, session_id: int, state: str) -> None:
    rows.run("UPDATE cash_session SET state = ? WHERE id = ?", state, session_id)


def _suspended(rows: Rows, event: m.TillSessionSuspended) -> None:
    _state(rows, event.session, "suspended")


def _resumed(rows: Rows, event: m.TillSessionResumed) -> None:
    _state(rows, event.session, "open")


def _counted(rows: Rows, event: m.TillCounted) -> None:
    rows.run(
        "INSERT INTO cash_count (id, till, session, purpose, pieces, total, expected, agent, at, tick)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        event.count, event.till, event.session, event.purpose, event.pieces, event.total, event.expected,
        rows.actor.agent, rows.now.at, rows.now.tick,
    )  # fmt: skip
    if event.purpose == "closing":
        rows.run("UPDATE cash_session SET state = 'counted', counted = ? WHERE id = ?", event.total, event.session)


def _drawer(rows: Rows, event: m.DrawerOpened) -> None:
    rows.run(
        "INSERT INTO drawer_opening (till, session, reason, entry, agent, at, job, again)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        event.till, event.session, event.reason, event.entry, rows.actor.agent, rows.now.at, event.job,
        int(event.again),
    )  # fmt: skip


def _entry_made(rows: Rows, event: m.CashEntryMade) -> None:
    rows.run(
        "INSERT INTO cash_entry (till, year, number, seq, epoch, session, at, tick, said_at, agency, kind, direction,"
        " amount, tender, account, label, hash, operation, payer_kind, lines, ticket, reverses, reason, approver,"
        " tendered, change, agent, party, payer, payer_number, details, statement)"
        " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        event.till, event.year, event.number, event.seq, event.epoch, event.session, rows.now.at, rows.now.tick,
        event.said_at, event.agency, event.what, event.direction, event.amount, event.tender, event.account,
        event.label, event.hash, event.operation, event.payer_kind, lines_said(event.lines), event.ticket,
        event.reverses, event.reason, event.approver, event.tendered, event.change, rows.actor.agent, event.party,
        event.payer, event.payer_number, event.details, event.statement,
    )  # fmt: skip
    rows.run(
        "INSERT INTO cash_receipt (till, year, number, tender_state) VALUES (?, ?, ?, ?)",
        event.till, event.year, event.number, event.tender_state,
    )  # fmt: skip
    came_in = event.amount if event.direction == "in" else 0
    went_out = event.amount - came_in
    in_cash = came_in - went_out if event.tender == "cash" else 0
    rows.run(
        "UPDATE till SET seq = ?, head = ?, cash = cash + ?, total_in = total_in + ?, total_out = total_out + ?"
        " WHERE code = ?",
        event.seq, event.hash, in_cash, came_in, went_out, event.till,
    )  # fmt: skip
    if event.what == "reversal" and event.reverses:
        _, year, number = event.reverses.split("-")
        rows.run(
            "UPDATE cash_receipt SET reversed_by = ? WHERE till = ? AND year = ? AND number = ?",
            event.receipt, event.till, int(year), int(number),
        )  # fmt: skip


def lines_said(lines: Iterable[tuple[str, int, str]]) -> str | None:
    """The periods of an entry as they are kept; nothing where it has none."""
    listed = [list(line) for line in lines]
    return json.dumps(listed, separators=(",", ":")) if listed else None


def _printed(rows: Rows, event: m.ReceiptPrinted) -> None:
    rows.run(
        "UPDATE cash_receipt SET copies = ? WHERE till = ? AND year = ? AND number = ?",
        event.copy + 1, event.till, event.year, event.number,
    )  # fmt: skip
    if event.copy:
        _reprinted(rows, event.till, m.receipt(event.till, event.year, event.number), event.copy)


def _reprinted(rows: Rows, till: str, paper: str, copy: int) -> None:
    rows.run(
        "INSERT INTO cash_reprint (till, paper, copy, agent, at) VALUES (?, ?, ?, ?, ?)",
        till, paper, copy, rows.actor.agent, rows.now.at,
    )  # fmt: skip


def _settled(rows: Rows, event: m.TenderSettled) -> None:
    rows.run(
        "UPDATE cash_receipt SET tender_state = ?, reference = coalesce(?, reference)"
        " WHERE till = ? AND year = ? AND number = ?",
        event.state, event.reference, event.till, event.year, event.number,
    )  # fmt: skip


def _reversal_asked(rows: Rows, event: m.ReversalAsked) -> None:
    rows.run(
        "INSERT INTO cash_reversal (id, till, year, number, reason, state, agent, session, at)"
        " SELECT ?, till, year, number, ?, 'asked', ?, session, ? FROM cash_entry"
        " WHERE till = ? AND year = ? AND number = ?",
        event.ask, event.reason, rows.actor.agent, rows.now.at, event.till, event.year, event.number,
    )  # fmt: skip


def _reversal_decided(rows: Rows, event: m.ReversalDecided) -> None:
    state = "granted" if event.granted else "refused"
    rows.run("UPDATE cash_reversal SET state = ?, decided_by = ? WHERE id = ?", state, rows.actor.agent, event.ask)


def _proposed(rows: Rows, event: m.ClosingProposed) -> None:
    rows.run(
        "UPDATE cash_session SET state = 'proposed', motive = ?, note = ? WHERE id = ?",
        event.motive, event.note, event.session,
    )  # fmt: skip


def _refused(rows: Rows, event: m.ClosingRefused) -> None:
    rows.run("UPDATE cash_session SET state = 'counted', note = ? WHERE id = ?", event.note, event.session)


def _approved(rows: Rows, event: m.ClosingApproved) -> None:
    rows.run(
        "INSERT INTO cash_closing (id, till, session, date, z, first, last, count, opening, expected, counted, totals,"
        " total_in, total_out, previous, hash, cashier, approver, agency, head, said_at, motive, note, at)"
        " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        event.closing, event.till, event.session, event.date, event.z, event.first, event.last, event.count,
        event.opening, event.expected, event.counted, event.totals, event.total_in, event.total_out, event.previous,
        event.hash, event.cashier, rows.actor.agent, event.agency, event.head, event.said_at, event.motive,
        event.note, rows.now.at,
    )  # fmt: skip
    _state(rows, event.session, "approved")
    rows.run("UPDATE till SET closings = ?, closing_head = ? WHERE code = ?", event.z, event.hash, event.till)


def _period_closed(rows: Rows, event: m.PeriodClosed) -> None:
    rows.run(
        "INSERT INTO cash_period (till, period, first_z, last_z, count, total, gap, total_in, total_out, agency,"
        " said_at, agent, previous, hash, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        event.till, event.period, event.first_z, event.last_z, event.count, event.total, event.gap, event.total_in,
        event.total_out, event.agency, event.said_at, rows.actor.agent, event.previous, event.hash, rows.now.at,
    )  # fmt: skip


def _period_printed(rows: Rows, event: m.PeriodPrinted) -> None:
    rows.run(
        "INSERT INTO cash_period_print (till, period, copies) VALUES (?, ?, ?)"
        " ON CONFLICT (till, period) DO UPDATE SET copies = excluded.copies",
        event.till, event.period, event.copy + 1,
    )  # fmt: skip


def _closing_printed(rows: Rows, event: m.ClosingPrinted) -> None:
    rows.run("UPDATE cash_closing SET copies = ? WHERE id = ?", event.copy + 1, event.closing)
    if event.copy:
        _reprinted(rows, event.till, f"closing {event.closing}", event.copy)


APPLIERS: Appliers = {
    m.TillSessionOpened: _opened,
    m.TillSessionSuspended: _suspended,
    m.TillSessionResumed: _resumed,
    m.TillCounted: _counted,
    m.DrawerOpened: _drawer,
    m.CashEntryMade: _entry_made,
    m.ReceiptPrinted: _printed,
    m.TenderSettled: _settled,
    m.ReversalAsked: _reversal_asked,
    m.ReversalDecided: _reversal_decided,
    m.ClosingProposed: _proposed,
    m.ClosingRefused: _refused,
    m.ClosingApproved: _approved,
    m.ClosingPrinted: _closing_printed,
    m.PeriodClosed: _period_closed,
    m.PeriodPrinted: _period_printed,
}

#: State tables and the columns that a purged private body leaves empty on both sides of a replay.
STATE_TABLES: dict[str, tuple[str, ...]] = {
    "till": (), "cash_session": ("float_note", "note"), "cash_count": (), "drawer_opening": (), "cash_reversal": (),
    "cash_reprint": (),
    "cash_entry": ("party", "payer", "payer_number", "details", "statement"), "cash_receipt": ("reference",),
    "cash_closing": ("note",), "cash_period": (), "cash_period_print": (),
}  # fmt: skip
