"""Certificates on disk: how each fact changes the rows, and what can be read."""

from __future__ import annotations

import json
import sqlite3

from hub.journal import Appliers, Rows
from hub.services.certificate.model import Certificate, CertificateCancelled, CertificateIssued, CertificatePrinted
from hub.services.certificate.statement import MARK, as_scanned, code_of
from hub.services.ports import Found, Pending, SheetLine, ThreadLine

Reader = sqlite3.Connection
URL = "/desk/certificate"
SHOWN = 20


# --- reading ---------------------------------------------------------------------------------


def certificate_of(row: sqlite3.Row) -> Certificate:
    """One from its row."""
    names = ("id", "label", "what", "party", "statement", "code", "issued_on", "valid_until", "ticket", "agent", "at")
    return Certificate(
        **{name: row[name] for name in names},
        snapshot=json.loads(row["snapshot"]) if row["snapshot"] else None,
        receipt=row["receipt"],
        copies=row["copies"],
        cancelled=row["cancelled"],
    )


def certificate(reader: Reader, certificate_id: int) -> Certificate | None:
    """One certificate."""
    return _one(reader.execute("SELECT * FROM certificate WHERE id = ?", (certificate_id,)).fetchone())


def labelled(reader: Reader, label: str) -> Certificate | None:
    """The one of that number."""
    return _one(reader.execute("SELECT * FROM certificate WHERE label = ?", (label,)).fetchone())


def coded(reader: Reader, code: str) -> Certificate | None:
    """The one of that verification code."""
    return _one(reader.execute("SELECT * FROM certificate WHERE code = ?", (code,)).fetchone())


def _one(row: sqlite3.Row | None) -> Certificate | None:
    return certificate_of(row) if row else None


def of_party(reader: Reader, party: str) -> list[Certificate]:
    """Those about a person or employer, last first."""
    rows = reader.execute("SELECT * FROM certificate WHERE party = ? ORDER BY id DESC LIMIT ?", (party, SHOWN))
    return [certificate_of(row) for row in rows]


def of_ticket(reader: Reader, ticket: int) -> list[Certificate]:
    """Those given during a visit, in their order."""
    return [certificate_of(row) for row in reader.execute("SELECT * FROM certificate WHERE ticket = ?", (ticket,))]


def under_receipt(reader: Reader, receipt: str) -> list[Certificate]:
    """Those that count only if a receipt turns out to be money, and still count."""
    rows = reader.execute("SELECT * FROM certificate WHERE receipt = ? AND cancelled IS NULL ORDER BY id", (receipt,))
    return [certificate_of(row) for row in rows]


def next_id(reader: Reader) -> int:
    """The number of the next row."""
    return int(reader.execute("SELECT coalesce(max(id), 0) + 1 FROM certificate").fetchone()[0])


# --- read ports ------------------------------------------------------------------------------


def thread(reader: Reader, ticket: int) -> tuple[ThreadLine, ...]:
    """What was given during a visit, by number alone: whom it is about stands on the paper."""
    lines = []
    for each in of_ticket(reader, ticket):
        word = "certificate.thread_cancelled" if each.cancelled else "certificate.thread_issued"
        lines.append(ThreadLine(each.at, "certificate", word, {"label": each.label, "copies": each.copies}))
    return tuple(lines)


def pending(reader: Reader, agent: str) -> tuple[Pending, ...]:
    """Certificates that this agent issued and nobody printed."""
    row = reader.execute(
        "SELECT count(*), min(at) FROM certificate WHERE agent = ? AND copies = 0 AND cancelled IS NULL", (agent,)
    ).fetchone()
    if not row[0]:
        return ()
    return (Pending("certificates", "certificate.pending", row[0], row[1], f"{URL}?unprinted=1"),)


def unprinted(reader: Reader, agent: str) -> list[Certificate]:
    """Those of an agent that nobody printed, last first."""
    rows = reader.execute(
        "SELECT * FROM certificate WHERE agent = ? AND copies = 0 AND cancelled IS NULL ORDER BY id DESC LIMIT ?",
        (agent, SHOWN),
    )
    return [certificate_of(row) for row in rows]


def finds(reader: Reader, typed: str) -> tuple[Found, ...]:
    """The one of a number that was typed or scanned into the search, or of the whole QR."""
    text = as_scanned(typed)
    found = coded(reader, code_of(text)) if text.startswith(MARK) else labelled(reader, text)
    if found is None:
        return ()
    return (Found(found.label, "certificate", "certificate.found", f"{URL}/{found.id}", {"label": found.label}),)


def sheet(reader: Reader, party: str) -> tuple[SheetLine, ...]:
    """What was given or asked here, for the sheet of whom it is about."""
    return tuple(
        SheetLine(
            tab="letters",
            at=each.at,
            icon="certificate",
            words="certificate.found",
            facts={"label": each.label},
            url=f"{URL}/{each.id}",
        )
        for each in of_party(reader, party)
    )


# --- applying --------------------------------------------------------------------------------


def _issued(rows: Rows, event: CertificateIssued) -> None:
    rows.run(
        "INSERT INTO certificate (id, label, year, number, epoch, what, party, snapshot, statement, code, issued_on,"
        " valid_until, ticket, agent, receipt, at, tick) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        event.certificate, event.label, event.year, event.number, event.epoch, event.what, event.party, event.snapshot,
        event.statement, event.code, event.issued_on, event.valid_until, event.ticket, rows.actor.agent, event.receipt,
        rows.now.at, rows.now.tick,
    )  # fmt: skip


def _printed(rows: Rows, event: CertificatePrinted) -> None:
    rows.run("UPDATE certificate SET copies = ? WHERE id = ?", event.copy + 1, event.certificate)


def _cancelled(rows: Rows, event: CertificateCancelled) -> None:
    rows.run("UPDATE certificate SET cancelled = ?, note = ? WHERE id = ?", event.reason, event.note, event.certificate)


APPLIERS: Appliers = {CertificateIssued: _issued, CertificatePrinted: _printed, CertificateCancelled: _cancelled}

#: State tables and the columns that a purged private body leaves empty on both sides of a replay.
STATE_TABLES: dict[str, tuple[str, ...]] = {"certificate": ("party", "snapshot", "statement", "note")}
