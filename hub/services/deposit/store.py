"""Deposits on disk: how each fact changes the rows, and what can be read."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pydantic import TypeAdapter

from hub import notices
from hub.agents import store as agents
from hub.journal import Appliers, Rows
from hub.notices import Notice
from hub.services.deposit import model as m
from hub.services.deposit import rules, scan_store
from hub.services.ports import Found, Hands, Pending, SheetLine, ThreadLine
from hub.visits import store as visits

Reader = sqlite3.Connection
URL = "/desk/deposit"
SHOWN, ROWS = 50, 150
#: Who decides on documents.
VALIDATORS = frozenset({"validator"})
_DRAFT = TypeAdapter(m.Draft)


# --- reading ---------------------------------------------------------------------------------


def _deposit_of(row: sqlite3.Row) -> m.Deposit:
    return m.Deposit(**{name: row[name] for name in m.Deposit.__slots__})


def _document_of(row: sqlite3.Row) -> m.Document:
    values = {name: row[name] for name in m.Document.__slots__}
    return m.Document(**values | {"expired": bool(row["expired"])})


def deposit(reader: Reader, deposit_id: int) -> m.Deposit | None:
    """One deposit."""
    row = reader.execute("SELECT * FROM deposit WHERE id = ?", (deposit_id,)).fetchone()
    return _deposit_of(row) if row else None


def labelled(reader: Reader, label: str) -> m.Deposit | None:
    """The one of that register number."""
    row = reader.execute("SELECT * FROM deposit WHERE label = ?", (label,)).fetchone()
    return _deposit_of(row) if row else None


def holds(reader: Reader, label: str) -> Hands | None:
    """Who took in the deposit of that register number, and where."""
    found = labelled(reader, label)
    return Hands(found.agent, found.counter) if found else None


def draft_of(found: m.Deposit) -> m.Draft:
    """What was typed so far; an empty draft where nothing was, or is no longer kept."""
    return _DRAFT.validate_json(found.typed) if found.typed else m.Draft()


def as_text(draft: m.Draft) -> str:
    """What was typed, as it is kept."""
    return json.dumps(asdict(draft), ensure_ascii=False, separators=(",", ":"))


def parties(reader: Reader, deposit_id: int) -> tuple[m.Party, ...]:
    """Whom a deposit is about, in the order in which they were named."""
    rows = reader.execute("SELECT * FROM deposit_party WHERE deposit = ? ORDER BY rank", (deposit_id,))
    return tuple(_party_of(row) for row in rows)


def _party_of(row: sqlite3.Row) -> m.Party:
    return m.Party(**{name: row[name] for name in m.Party.__slots__} | {"asked": json.loads(row["asked"])})


def documents(reader: Reader, deposit_id: int) -> tuple[m.Document, ...]:
    """The lines of a deposit."""
    rows = reader.execute("SELECT * FROM deposit_document WHERE deposit = ? ORDER BY line", (deposit_id,))
    return tuple(_document_of(row) for row in rows)


def document(reader: Reader, document_id: int) -> m.Document | None:
    """One line."""
    row = reader.execute("SELECT * FROM deposit_document WHERE id = ?", (document_id,)).fetchone()
    return _document_of(row) if row else None


def replaced(reader: Reader, deposit_id: int) -> dict[int, m.Deposit]:
    """Lines of a deposit for which another document has been brought, and by which deposit; a rejected one is none."""
    rows = reader.execute(
        "SELECT o.id AS old, n.deposit AS new FROM deposit_document o JOIN deposit_document n ON n.replaces = o.id"
        " WHERE o.deposit = ? AND n.state <> 'rejected' ORDER BY n.id",
        (deposit_id,),
    ).fetchall()
    found = {row["old"]: deposit(reader, row["new"]) for row in rows}
    return {old: new for old, new in found.items() if new is not None}


def given(reader: Reader, party: str) -> dict[str, frozenset[str]]:
    """The periods for which somebody has brought a document that was not rejected, by its type."""
    rows = reader.execute(
        "SELECT DISTINCT d.type, d.period FROM deposit_party p JOIN deposit_document d"
        " ON d.deposit = p.deposit AND d.rank = p.rank WHERE p.party = ? AND d.period IS NOT NULL"
        " AND d.state <> 'rejected'",
        (party,),
    )
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row["type"], set()).add(row["period"])
    return {kind: frozenset(periods) for kind, periods in found.items()}


def begins_on(reader: Reader) -> str | None:
    """The day of the first deposit in the register."""
    row = reader.execute(
        "SELECT deposited_on FROM deposit WHERE label IS NOT NULL ORDER BY deposited_on, id LIMIT 1"
    ).fetchone()
    return row[0] if row else None


def of_message(reader: Reader, message: int) -> m.Document | None:
    """The line whose last decision an outbox message carries."""
    row = reader.execute("SELECT * FROM deposit_document WHERE message = ?", (message,)).fetchone()
    return _document_of(row) if row else None


def published(reader: Reader) -> tuple[tuple[str, str, str], ...]:
    """What the centre has published: list, code, and the entry as JSON."""
    rows = reader.execute("SELECT list, code, entry FROM deposit_list ORDER BY list, code")
    return tuple((row["list"], row["code"], row["entry"]) for row in rows)


def last_published(reader: Reader) -> int:
    """The letter whose list was published last; 0 before the first."""
    return int(reader.execute("SELECT coalesce(max(letter), 0) FROM deposit_list").fetchone()[0])


def waiting_with(reader: Reader, column: Literal["type", "event"], code: str) -> list[m.Deposit]:
    """The deposits with a document of that type, or event, that still waits for somebody here; oldest first."""
    rows = reader.execute(
        f"SELECT DISTINCT deposit FROM deposit_document WHERE state = 'deposited' AND {column} = ?"  # noqa: S608 (ours)
        f" UNION SELECT deposit FROM deposit_document WHERE state IN ('to_complete', 'anomaly') AND {column} = ?"
        " ORDER BY 1 LIMIT ?",
        (code, code, SHOWN),
    )
    found = (deposit(reader, row[0]) for row in rows)
    return [each for each in found if each is not None]


def next_id(reader: Reader, table: str = "deposit") -> int:
    """The number of the next row of a table of ours."""
    return int(reader.execute(f"SELECT coalesce(max(id), 0) + 1 FROM {table}").fetchone()[0])  # noqa: S608 (ours)


def drafts(reader: Reader, agent: str) -> list[m.Deposit]:
    """What an agent has begun and not ended, last first."""
    rows = reader.execute("SELECT * FROM deposit WHERE state = 'draft' AND agent = ? ORDER BY id DESC", (agent,))
    return [_deposit_of(row) for row in rows]


def to_hand(reader: Reader) -> list[m.Deposit]:
    """Acknowledgements that nobody has taken away yet, oldest first."""
    rows = reader.execute(
        "SELECT * FROM deposit WHERE label IS NOT NULL AND handed IS NULL ORDER BY id LIMIT ?", (SHOWN,)
    )
    return [_deposit_of(row) for row in rows]


def last(reader: Reader, day: str) -> list[m.Deposit]:
    """The deposits of a day, last first."""
    rows = reader.execute(
        "SELECT * FROM deposit WHERE label IS NOT NULL AND deposited_on = ? ORDER BY id DESC LIMIT ?", (day, SHOWN)
    )
    return [_deposit_of(row) for row in rows]


def of_ticket(reader: Reader, ticket: int) -> list[m.Deposit]:
    """Those begun during a visit."""
    rows = reader.execute("SELECT * FROM deposit WHERE ticket = ? ORDER BY id", (ticket,))
    return [_deposit_of(row) for row in rows]


def of_party(reader: Reader, party: str) -> list[m.Deposit]:
    """Those about a person or employer, last first."""
    rows = reader.execute(
        "SELECT d.* FROM deposit_party p JOIN deposit d ON d.id = p.deposit WHERE p.party = ?"
        " AND d.label IS NOT NULL ORDER BY d.id DESC LIMIT ?",
        (party, SHOWN),
    )
    return [_deposit_of(row) for row in rows]


def waits_for_its_person(reader: Reader, deposit_id: int) -> bool:
    """Whether a document of it was asked for and is not here yet."""
    query = "SELECT 1 FROM deposit_document WHERE deposit = ? AND state = 'to_complete' LIMIT 1"
    return reader.execute(query, (deposit_id,)).fetchone() is not None


# --- the list of the validators ----------------------------------------------------------------

#: What a list shows: what waits for a decision, what waits for its person or for us, or everything of some days.
SHOWS = ("open", "back", "all")
_STATES = {"open": "d.state = 'deposited'", "back": "d.state IN ('to_complete', 'anomaly')"}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which lines are wanted (R-037); empty is any. Days are ISO."""

    show: str = "open"
    since: str = ""
    until: str = ""
    service: str = ""
    ticket: str = ""
    event: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of that list: the document, its deposit, and whom it is about."""

    document: m.Document
    deposit: m.Deposit
    party: m.Party | None


def listed(reader: Reader, wanted: Filter) -> list[Listed]:
    """The lines wanted, oldest deposit first."""
    where, values = ["p.label IS NOT NULL", *([_STATES[wanted.show]] if wanted.show in _STATES else [])], []
    for column, sign, value in (
        ("p.deposited_on", ">=", wanted.since), ("p.deposited_on", "<=", wanted.until),
        ("p.service", "=", wanted.service), ("p.ticket_label", "=", wanted.ticket), ("d.event", "=", wanted.event),
        ("p.agent", "=", wanted.agent),
    ):  # fmt: skip
        if value:
            where.append(f"{column} {sign} ?")
            values.append(value)
    # the first table is the one whose index holds few: what is open, or the deposits of those days
    tables, order = "deposit p CROSS JOIN deposit_document d ON d.deposit = p.id", "p.deposited_on, p.id, d.line"
    if wanted.show in _STATES:
        tables, order = "deposit_document d CROSS JOIN deposit p ON p.id = d.deposit", "d.deposit, d.line"
    rows = reader.execute(
        f"SELECT d.* FROM {tables} WHERE {' AND '.join(where)} ORDER BY {order} LIMIT ?",  # noqa: S608 (ours)
        (*values, ROWS),
    )
    return list(_with_deposits(reader, [_document_of(row) for row in rows]))


def _with_deposits(reader: Reader, lines: list[m.Document]) -> Iterator[Listed]:
    known: dict[int, tuple[m.Deposit, dict[int, m.Party]]] = {}
    for line in lines:
        if line.deposit not in known:
            of = deposit(reader, line.deposit)
            assert of is not None
            known[line.deposit] = of, {party.rank: party for party in parties(reader, of.id)}
        of, whose = known[line.deposit]
        yield Listed(line, of, whose.get(line.rank))


#: How much waits for a decision, and since when the oldest does.
_WAITING = (
    "SELECT count(*), (SELECT p.at FROM deposit_document o JOIN deposit p ON p.id = o.deposit"
    " WHERE o.state = 'deposited' ORDER BY o.deposit, o.line LIMIT 1) FROM deposit_document"
    " WHERE state = 'deposited' AND ? IS NOT NULL"
)


#: How much the head office refused, and since when the oldest was deposited.
_REFUSED = (
    "SELECT count(*), (SELECT p.at FROM deposit_document o JOIN deposit p ON p.id = o.deposit"
    " WHERE o.state = 'anomaly' AND o.state IN ('to_complete', 'anomaly') ORDER BY o.deposit, o.line LIMIT 1)"
    " FROM deposit_document WHERE state = 'anomaly' AND state IN ('to_complete', 'anomaly') AND ? IS NOT NULL"
)


# --- read ports ------------------------------------------------------------------------------


def thread(reader: Reader, ticket: int) -> tuple[ThreadLine, ...]:
    """What was deposited during a visit, by number and count alone."""
    lines = []
    for each in of_ticket(reader, ticket):
        if each.label:
            facts = {"label": each.label, "count": each.documents}
            lines.append(ThreadLine(each.at, "file-upload", "deposit.thread_deposited", facts))
        elif each.state == "draft":
            lines.append(ThreadLine(each.at, "file-text", "deposit.thread_begun"))
    return tuple(lines)


def works_on(reader: Reader) -> tuple[str, ...]:
    """Drafts, and deposits of which a document is to be decided on, to be completed or to be put right."""
    rows = reader.execute(
        "SELECT id FROM deposit WHERE state = 'draft' UNION"
        " SELECT deposit FROM deposit_document WHERE state IN ('deposited', 'to_complete', 'anomaly')"
    )
    return tuple(f"deposit {row['id']}" for row in rows)


def pending(reader: Reader, agent: str) -> tuple[Pending, ...]:
    """What waits for this agent: what they began, papers to hand over, and for a validator what to decide on."""
    found = agents.agent(reader, agent)
    roles = found.roles if found else frozenset()
    kinds = [
        ("drafts", "SELECT count(*), min(at) FROM deposit WHERE state = 'draft' AND agent = ?", URL),
        (
            "to_hand",
            "SELECT count(*), min(at) FROM deposit WHERE label IS NOT NULL AND handed IS NULL AND agent = ?",
            f"{URL}?show=to_hand",
        ),
    ]
    if not roles.isdisjoint(VALIDATORS):
        kinds.append(
            (
                "to_decide",
                _WAITING,
                f"{URL}/validation",
            )
        )
        kinds.append(("to_put_right", _REFUSED, f"{URL}/validation?show=back"))
    waiting = []
    for name, sql, url in kinds:
        row = reader.execute(sql, (agent,)).fetchone()
        if row[0]:
            waiting.append(Pending(name, f"deposit.pending_{name}", row[0], row[1], url))
    waiting += scan_store.pending(reader)
    if told := to_tell(reader, agent):
        waiting.insert(0, Pending("to_tell", "deposit.pending_to_tell", len(told), told[0].at, URL))
    return tuple(waiting)


def to_tell(reader: Reader, agent: str) -> tuple[Notice, ...]:
    """What must be said of deposits to whom the visit at this agent's counter is about, oldest first."""
    ticket = visits.ticket_at(reader, agent)
    about = visits.concerned(reader, ticket.id) if ticket is not None else ()
    return tuple(
        notice
        for each in about if each.party
        for notice in notices.to_tell(reader, each.party) if notice.about.startswith("deposit ")
    )  # fmt: skip


def finds(reader: Reader, typed: str) -> tuple[Found, ...]:
    """The one of a register number that was typed, or scanned off an acknowledgement."""
    label = rules.label_typed(typed, 0) if "/" in typed else None
    found = labelled(reader, label) if label else None
    if found is None:
        return ()
    return (Found(found.label or "", "file-upload", "deposit.found", f"{URL}/{found.id}", {"label": found.label}),)


def about(reader: Reader, aggregate: str) -> Found | None:
    """The deposit that a message is about."""
    kind, _, number = aggregate.partition(" ")
    found = deposit(reader, int(number)) if kind == "deposit" and number.isdecimal() else None
    if found is None or found.label is None:
        return None
    return Found(found.label, "file-upload", "deposit.found", f"{URL}/{found.id}", {"label": found.label})


def sheet(reader: Reader, party: str) -> tuple[SheetLine, ...]:
    """What was deposited here, for the sheet of whom it is about."""
    return tuple(
        SheetLine(
            tab="documents", at=each.at, icon="file-upload", words="deposit.sheet_line",
            facts={"label": each.label, "count": each.documents}, url=f"{URL}/{each.id}",
            provisional=each.state != "transmitted",
        )
        for each in of_party(reader, party)
    )  # fmt: skip


# --- applying --------------------------------------------------------------------------------


def _begun(rows: Rows, event: m.DepositBegun) -> None:
    rows.run(
        "INSERT INTO deposit (id, state, channel, ticket, ticket_label, day, service, counter, agent, at, tick)"
        " VALUES (?, 'draft', ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        event.deposit, event.channel, event.ticket, event.ticket_label, event.day, event.service, event.counter,
        rows.actor.agent, rows.now.at, rows.now.tick,
    )  # fmt: skip


def _typed(rows: Rows, event: m.DepositTyped) -> None:
    rows.run("UPDATE deposit SET typed = ? WHERE id = ?", event.typed, event.deposit)


def _abandoned(rows: Rows, event: m.DepositAbandoned) -> None:
    rows.run("UPDATE deposit SET state = 'cancelled', typed = NULL WHERE id = ?", event.deposit)


def _deposited(rows: Rows, event: m.DocumentsDeposited) -> None:
    rows.run(
        "UPDATE deposit SET state = 'deposited', label = ?, agency = ?, year = ?, number = ?, epoch = ?,"
        " deposited_on = ?, category = ?, quality = ?, id_type = ?, name = ?, id_number = ?, documents = ?,"
        " typed = NULL, agent = ?, at = ?, tick = ? WHERE id = ?",
        event.label, event.agency, event.year, event.number, event.epoch, event.on, event.category, event.quality,
        event.id_type, event.name, event.id_number, len(event.documents), rows.actor.agent, rows.now.at,
        rows.now.tick, event.deposit,
    )  # fmt: skip
    persons = event.persons or (((None,) * 3),) * len(event.concerned)
    for rank, ((kind, asked), person) in enumerate(zip(event.concerned, persons, strict=True), start=1):
        rows.run(
            "INSERT INTO deposit_party (deposit, rank, type, asked, party, number, name) VALUES (?, ?, ?, ?, ?, ?, ?)",
            event.deposit, rank, kind, json.dumps(asked, sort_keys=True), *person,
        )  # fmt: skip
    written = event.written or (((None,) * 4),) * len(event.documents)
    for line, (said, private) in enumerate(zip(event.documents, written, strict=True), start=1):
        rows.run(
            "INSERT INTO deposit_document (id, deposit, line, rank, event, type, copy_kind, copies, expired, period,"
            " replaces, state, issued_on, valid_until, about, forced)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'deposited', ?, ?, ?, ?)",
            event.first + line - 1, event.deposit, line, *said, *private,
        )  # fmt: skip


def _printed(rows: Rows, event: m.DepositPrinted) -> None:
    rows.run("UPDATE deposit SET copies = ? WHERE id = ?", event.copy + 1, event.deposit)


def _handed(rows: Rows, event: m.DepositHanded) -> None:
    rows.run("UPDATE deposit SET handed = ? WHERE id = ?", rows.now.at, event.deposit)


def _now(rows: Rows, event: m.DocumentEvent, state: m.DocumentState, **values: Any) -> None:
    """A line and its deposit as they are after a fact."""
    sets = ", ".join(f"{name} = ?" for name in ("state", *values))
    rows.run(f"UPDATE deposit_document SET {sets} WHERE id = ?", state, *values.values(), event.document)  # noqa: S608 (ours)
    rows.run("UPDATE deposit SET state = ? WHERE id = ?", event.left, event.deposit)


def _decided(rows: Rows, event: m.DocumentValidated | m.DocumentRejected | m.DocumentAsked) -> None:
    states: dict[str, m.DocumentState] = {
        "document_validated": "validated", "document_rejected": "rejected", "document_asked": "to_complete",
    }  # fmt: skip
    _now(
        rows, event, states[event.kind], decided_by=rows.actor.agent, decided_on=event.on, message=event.message,
        motive=getattr(event, "motive", None), note=getattr(event, "note", None),
    )  # fmt: skip


def _open_again(rows: Rows, event: m.DocumentEvent) -> None:
    _now(rows, event, "deposited", decided_by=None, decided_on=None, message=None, motive=None, note=None)


def _put_right(rows: Rows, event: m.DocumentPutRight) -> None:
    # its message stays: the next decision goes out in the place of the one that was refused
    _now(rows, event, "deposited", decided_by=None, decided_on=None, motive=None, note=None)


def _integrated(rows: Rows, event: m.DocumentIntegrated) -> None:
    _now(rows, event, "integrated")


def _returned(rows: Rows, event: m.DocumentReturned) -> None:
    _now(rows, event, "anomaly", motive=event.reason)


def _resent(rows: Rows, event: m.DocumentResent) -> None:
    _now(rows, event, "validated", motive=None)


def _list_published(rows: Rows, event: m.DepositListPublished) -> None:
    for code, entry in json.loads(event.entries).items():
        rows.run(
            "INSERT INTO deposit_list (list, code, entry, letter) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (list, code) DO UPDATE SET entry = excluded.entry, letter = excluded.letter",
            event.list, code, json.dumps(entry, sort_keys=True), event.letter,
        )  # fmt: skip


APPLIERS: Appliers = {
    m.DocumentResent: _resent,
    m.DepositListPublished: _list_published,
    m.DepositBegun: _begun,
    m.DepositTyped: _typed,
    m.DepositAbandoned: _abandoned,
    m.DocumentsDeposited: _deposited,
    m.DepositPrinted: _printed,
    m.DepositHanded: _handed,
    m.DocumentValidated: _decided,
    m.DocumentRejected: _decided,
    m.DocumentAsked: _decided,
    m.DocumentSupplied: _open_again,
    m.DecisionUndone: _open_again,
    m.DocumentPutRight: _put_right,
    m.DocumentIntegrated: _integrated,
    m.DocumentReturned: _returned,
}

#: State tables and the columns that a purged private body leaves empty on both sides of a replay.
STATE_TABLES: dict[str, tuple[str, ...]] = {
    "deposit": ("name", "id_number", "typed"),
    "deposit_party": ("party", "number", "name"),
    "deposit_document": ("issued_on", "valid_until", "about", "forced", "note"),
    "deposit_list": (),
}
