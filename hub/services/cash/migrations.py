"""Tables of the tills. Only added to, never edited.

The journal of a till is append-only by trigger: all that its chain covers stands for ever. What names a person can be
emptied by a purge, and what may still happen to an entry (copies, a cheque that comes back) is kept beside it.
"""

from __future__ import annotations

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("cash")

#: Columns of an entry that its chain covers, or that make its place.
FOR_EVER = (
    "till, year, number, seq, epoch, session, at, tick, said_at, agency, kind, direction, amount, tender, account,"
    " label, hash, operation, payer_kind, lines, ticket, reverses, reason, approver, tendered, change, agent"
)


#: What a till holds, and who works it.
_SESSIONS = (
    """CREATE TABLE till (
        code TEXT PRIMARY KEY, seq INTEGER NOT NULL, head TEXT NOT NULL, cash INTEGER NOT NULL CHECK (cash >= 0),
        total_in INTEGER NOT NULL, total_out INTEGER NOT NULL, closings INTEGER NOT NULL DEFAULT 0,
        closing_head TEXT NOT NULL) STRICT""",
    """CREATE TABLE cash_session (
        id INTEGER PRIMARY KEY, till TEXT NOT NULL, cashier TEXT NOT NULL, date TEXT NOT NULL, state TEXT NOT NULL,
        pieces TEXT NOT NULL, opening INTEGER NOT NULL, expected INTEGER NOT NULL, float_note TEXT,
        counted INTEGER, motive TEXT, note TEXT, at INTEGER NOT NULL, tick INTEGER NOT NULL) STRICT""",
    "CREATE UNIQUE INDEX cash_session_till ON cash_session (till) WHERE state <> 'approved'",
    "CREATE UNIQUE INDEX cash_session_cashier ON cash_session (cashier) WHERE state <> 'approved'",
    "CREATE INDEX cash_session_day ON cash_session (date, cashier)",
)
#: The journal of a till, and how each entry stands now.
_ENTRIES = (
    """CREATE TABLE cash_entry (
        till TEXT NOT NULL, year INTEGER NOT NULL, number INTEGER NOT NULL, seq INTEGER NOT NULL,
        epoch INTEGER NOT NULL, session INTEGER NOT NULL, at INTEGER NOT NULL, tick INTEGER NOT NULL,
        said_at TEXT NOT NULL, agency TEXT NOT NULL, kind TEXT NOT NULL,
        direction TEXT NOT NULL CHECK (direction IN ('in', 'out')), amount INTEGER NOT NULL CHECK (amount > 0),
        tender TEXT NOT NULL, account TEXT NOT NULL, label TEXT NOT NULL, hash TEXT NOT NULL, operation TEXT,
        payer_kind TEXT, lines TEXT, ticket INTEGER, reverses TEXT, reason TEXT, approver TEXT, tendered INTEGER,
        change INTEGER, agent TEXT, party TEXT, payer TEXT, payer_number TEXT, details TEXT, statement TEXT,
        PRIMARY KEY (till, year, number)) STRICT""",
    "CREATE UNIQUE INDEX cash_entry_seq ON cash_entry (till, seq)",
    "CREATE UNIQUE INDEX cash_entry_reverses ON cash_entry (reverses) WHERE reverses IS NOT NULL",
    "CREATE INDEX cash_entry_session ON cash_entry (session, seq)",
    "CREATE INDEX cash_entry_party ON cash_entry (party, at) WHERE party IS NOT NULL",
    "CREATE INDEX cash_entry_ticket ON cash_entry (ticket) WHERE ticket IS NOT NULL",
    """CREATE TRIGGER cash_entry_stays BEFORE DELETE ON cash_entry
        BEGIN SELECT RAISE(ABORT, 'the journal of a till is append-only'); END""",
    f"""CREATE TRIGGER cash_entry_as_written BEFORE UPDATE OF {FOR_EVER} ON cash_entry
        BEGIN SELECT RAISE(ABORT, 'the journal of a till is append-only'); END""",
    """CREATE TRIGGER cash_entry_is_emptied_only BEFORE UPDATE OF party, payer, payer_number, details, statement
        ON cash_entry WHEN coalesce(NEW.party, NEW.payer, NEW.payer_number, NEW.details, NEW.statement) IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'the journal of a till is append-only'); END""",
    """CREATE TABLE cash_receipt (
        till TEXT NOT NULL, year INTEGER NOT NULL, number INTEGER NOT NULL, copies INTEGER NOT NULL DEFAULT 0,
        reversed_by TEXT, tender_state TEXT NOT NULL, reference TEXT, PRIMARY KEY (till, year, number)) STRICT""",
    """CREATE INDEX cash_receipt_open ON cash_receipt (till, year, number)
        WHERE tender_state IN ('received', 'deposited', 'pending')""",
)
#: What happens at a till without an entry.
_BESIDE = (
    """CREATE TABLE cash_count (
        id INTEGER PRIMARY KEY, till TEXT NOT NULL, session INTEGER NOT NULL, purpose TEXT NOT NULL,
        pieces TEXT NOT NULL, total INTEGER NOT NULL, expected INTEGER NOT NULL, agent TEXT, at INTEGER NOT NULL,
        tick INTEGER NOT NULL) STRICT""",
    "CREATE INDEX cash_count_session ON cash_count (session)",
    """CREATE TABLE drawer_opening (
        id INTEGER PRIMARY KEY, till TEXT NOT NULL, session INTEGER NOT NULL, reason TEXT NOT NULL, entry TEXT,
        agent TEXT, at INTEGER NOT NULL) STRICT""",
    "CREATE INDEX drawer_opening_session ON drawer_opening (session)",
    """CREATE TABLE cash_reversal (
        id INTEGER PRIMARY KEY, till TEXT NOT NULL, year INTEGER NOT NULL, number INTEGER NOT NULL,
        reason TEXT NOT NULL, state TEXT NOT NULL, agent TEXT NOT NULL, session INTEGER NOT NULL, decided_by TEXT,
        at INTEGER NOT NULL) STRICT""",
    "CREATE UNIQUE INDEX cash_reversal_open ON cash_reversal (till, year, number) WHERE state = 'asked'",
    "CREATE INDEX cash_reversal_session ON cash_reversal (session)",
)
#: What is never undone.
_CLOSINGS = (
    """CREATE TABLE cash_closing (
        id INTEGER PRIMARY KEY, till TEXT NOT NULL, session INTEGER NOT NULL UNIQUE, date TEXT NOT NULL,
        z INTEGER NOT NULL, first INTEGER, last INTEGER, count INTEGER NOT NULL, opening INTEGER NOT NULL,
        expected INTEGER NOT NULL, counted INTEGER NOT NULL, totals TEXT NOT NULL, total_in INTEGER NOT NULL,
        total_out INTEGER NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL, cashier TEXT NOT NULL,
        approver TEXT NOT NULL, agency TEXT NOT NULL, head TEXT NOT NULL, said_at TEXT NOT NULL, motive TEXT,
        note TEXT, copies INTEGER NOT NULL DEFAULT 0, at INTEGER NOT NULL,
        UNIQUE (till, z)) STRICT""",
    """CREATE TRIGGER cash_closing_stays BEFORE DELETE ON cash_closing
        BEGIN SELECT RAISE(ABORT, 'a closing is never undone'); END""",
    """CREATE TRIGGER cash_closing_as_written BEFORE UPDATE OF id, till, session, date, z, first, last, count,
        opening, expected, counted, totals, total_in, total_out, previous, hash, cashier, approver, agency, head,
        said_at, motive, at ON cash_closing BEGIN SELECT RAISE(ABORT, 'a closing is never undone'); END""",
    """CREATE TABLE cash_period (
        till TEXT NOT NULL, period TEXT NOT NULL, first_z INTEGER NOT NULL, last_z INTEGER NOT NULL,
        count INTEGER NOT NULL, total INTEGER NOT NULL, gap INTEGER NOT NULL, total_in INTEGER NOT NULL,
        total_out INTEGER NOT NULL, agency TEXT NOT NULL, said_at TEXT NOT NULL, agent TEXT NOT NULL,
        previous TEXT NOT NULL, hash TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (till, period)) STRICT""",
    """CREATE TRIGGER cash_period_stays BEFORE DELETE ON cash_period
        BEGIN SELECT RAISE(ABORT, 'a closing is never undone'); END""",
    """CREATE TRIGGER cash_period_as_written BEFORE UPDATE ON cash_period
        BEGIN SELECT RAISE(ABORT, 'a closing is never undone'); END""",
    "CREATE INDEX cash_closing_day ON cash_closing (till, date)",
)


@migrations()
def create(db: Database) -> None:
    """Tills, sessions, entries, counts, drawer openings, asks to reverse, closings."""
    for statement in (*_SESSIONS, *_ENTRIES, *_BESIDE, *_CLOSINGS):
        db.conn.execute(statement)


@migrations()
def orders(db: Database) -> None:
    """Payment orders of the treasury: each paid by one entry at most."""
    for statement in (
        """CREATE TABLE payment_order (
            number TEXT PRIMARY KEY, batch TEXT NOT NULL, nature TEXT NOT NULL,
            amount INTEGER NOT NULL CHECK (amount > 0), tender TEXT NOT NULL, period TEXT NOT NULL,
            pay_from TEXT NOT NULL, pay_until TEXT NOT NULL, requires TEXT NOT NULL, state TEXT NOT NULL, reason TEXT,
            till TEXT, session INTEGER, since INTEGER, receipt TEXT UNIQUE, approved_by TEXT, party TEXT, payee TEXT,
            payee_number TEXT, shown TEXT, at INTEGER NOT NULL) STRICT, WITHOUT ROWID""",
        "CREATE INDEX payment_order_party ON payment_order (party) WHERE party IS NOT NULL",
        "CREATE INDEX payment_order_in_hand ON payment_order (till) WHERE state = 'reserved'",
    ):
        db.conn.execute(statement)


@migrations()
def prepared(db: Database) -> None:
    """Collections prepared at another counter."""
    for statement in (
        """CREATE TABLE cash_prepared (
            id INTEGER PRIMARY KEY, date TEXT NOT NULL, ticket INTEGER NOT NULL, ticket_label TEXT NOT NULL,
            counter TEXT NOT NULL, agent TEXT, operation TEXT NOT NULL, payer_kind TEXT NOT NULL, lines TEXT NOT NULL,
            amount INTEGER NOT NULL CHECK (amount > 0), label TEXT NOT NULL, state TEXT NOT NULL, receipt TEXT UNIQUE,
            party TEXT, payer TEXT, payer_number TEXT, word TEXT, changed_by TEXT, changed_at INTEGER,
            at INTEGER NOT NULL) STRICT""",
        "CREATE INDEX cash_prepared_waiting ON cash_prepared (ticket) WHERE state = 'waiting'",
        "CREATE INDEX cash_prepared_ticket ON cash_prepared (ticket)",
        "CREATE INDEX cash_prepared_date ON cash_prepared (date)",
    ):
        db.conn.execute(statement)


@migrations()
def order_requests(db: Database) -> None:
    """Orders asked of the treasury from a counter."""
    for statement in (
        """CREATE TABLE order_request (
            id INTEGER PRIMARY KEY, ref TEXT NOT NULL UNIQUE, nature TEXT NOT NULL, period TEXT NOT NULL,
            state TEXT NOT NULL, agent TEXT, ticket INTEGER, message INTEGER NOT NULL UNIQUE, order_number TEXT UNIQUE,
            code TEXT, words TEXT, party TEXT, payee TEXT, payee_number TEXT, reason TEXT,
            at INTEGER NOT NULL) STRICT""",
        "CREATE INDEX order_request_party ON order_request (party) WHERE party IS NOT NULL",
        "CREATE INDEX order_request_refused ON order_request (agent) WHERE state = 'refused'",
        "CREATE INDEX order_request_ticket ON order_request (ticket) WHERE ticket IS NOT NULL",
    ):
        db.conn.execute(statement)


@migrations()
def life_certificates(db: Database) -> None:
    """Certificates of life, as the register of documents tells of them."""
    for statement in (
        """CREATE TABLE life_certificate (
            document INTEGER PRIMARY KEY, label TEXT NOT NULL, period TEXT NOT NULL, state TEXT NOT NULL, party TEXT,
            valid_until TEXT) STRICT""",
        "CREATE INDEX life_certificate_party ON life_certificate (party) WHERE party IS NOT NULL",
    ):
        db.conn.execute(statement)


#: The duplicates of papers that were printed before there was a table of them.
OLD_REPRINTS = """INSERT INTO cash_reprint (till, paper, copy, agent, at)
    SELECT json_extract(payload, '$.till'), CASE kind
        WHEN 'closing_printed' THEN 'closing ' || json_extract(payload, '$.closing')
        ELSE printf('%s-%d-%06d', json_extract(payload, '$.till'), json_extract(payload, '$.year'),
            json_extract(payload, '$.number')) END,
        json_extract(payload, '$.copy'), actor, at
    FROM journal WHERE kind IN ('receipt_printed', 'closing_printed') AND json_extract(payload, '$.copy') > 0
    ORDER BY seq"""


@migrations()
def pulses_and_reprints(db: Database) -> None:
    """Which print job opened the drawer, and whether once more; each duplicate with who and when.

    Duplicates of before are in the journal, from which a replay gives them, too.
    """
    for statement in (
        "ALTER TABLE drawer_opening ADD COLUMN job INTEGER",
        "ALTER TABLE drawer_opening ADD COLUMN again INTEGER NOT NULL DEFAULT 0",
        "CREATE INDEX drawer_opening_job ON drawer_opening (job) WHERE job IS NOT NULL",
        """CREATE TABLE cash_reprint (
            id INTEGER PRIMARY KEY, till TEXT NOT NULL, paper TEXT NOT NULL, copy INTEGER NOT NULL, agent TEXT,
            at INTEGER NOT NULL) STRICT""",
        "CREATE INDEX cash_reprint_at ON cash_reprint (at)",
        "CREATE INDEX cash_prepared_changed ON cash_prepared (changed_at) WHERE changed_at IS NOT NULL",
    ):
        db.conn.execute(statement)
    if db["journal"].exists():
        db.conn.execute(OLD_REPRINTS)


@migrations()
def lots(db: Database) -> None:
    """Lots for the treasury, each with its lines (few wait for the head cashier); how often months were printed."""
    for statement in (
        """CREATE TABLE cash_lot (
            reference TEXT PRIMARY KEY, till TEXT NOT NULL, closing INTEGER NOT NULL, date TEXT NOT NULL,
            state TEXT NOT NULL, items TEXT NOT NULL, closing_hash TEXT NOT NULL, message INTEGER, replaces TEXT,
            replaced_by TEXT, code TEXT, motive TEXT, at INTEGER NOT NULL) STRICT""",
        "CREATE INDEX cash_lot_closing ON cash_lot (closing)",
        "CREATE INDEX cash_lot_till ON cash_lot (till, closing)",
        "CREATE INDEX cash_lot_message ON cash_lot (message) WHERE message IS NOT NULL",
        """CREATE TABLE cash_period_print (
            till TEXT NOT NULL, period TEXT NOT NULL, copies INTEGER NOT NULL, PRIMARY KEY (till, period)) STRICT""",
        "CREATE INDEX cash_lot_waiting ON cash_lot (at) WHERE state IN ('V0', 'R1', 'R2')",
    ):
        db.conn.execute(statement)
