"""What can be asked about certificates: look which can be given, give one, print it, take it back, check one.

Giving and printing are two things: the number is given once and for ever, the paper can be drawn again. A file is
read, and its look recorded, before the certificate's own transaction: what is central never waits for the queue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from hub import days, seal, series
from hub.ask import Answer, Ask
from hub.chain import canonical_json
from hub.clock import local
from hub.context import Hub, action
from hub.errors import NotAllowed, NotFound, Refused
from hub.people.actions import read_sheet
from hub.people.model import MASKED, Link, Sheet
from hub.people.rules import may_see
from hub.services.certificate import kinds, rules, statement, store
from hub.services.certificate.model import (
    Certificate,
    CertificateIssued,
    File,
    Kind,
    Receipt,
    Refusal,
    TillReceiptNoted,
    TillReceiptSettled,
)
from hub.services.certificate.statement import Checked, Statement
from hub.store import Transaction

#: Whoever has seen the money may say that a receipt covers what is owed.
TILL = frozenset({"collections_cashier", "head_cashier", "supervisor"})
ROWS = 600


@dataclass(frozen=True, slots=True)
class Purpose:
    """Why a file is looked at: for a visitor's ticket, else by which way somebody asked, and why."""

    ticket: int | None = None
    channel: str = "counter"
    motive: str = ""


@dataclass(frozen=True, slots=True)
class Possible:
    """A kind and what stands against it; `until` is ISO, None for one without end."""

    kind: Kind
    refusals: tuple[Refusal, ...]
    until: str | None


@dataclass(frozen=True, slots=True)
class Examined:
    """A file, and what can be given of it today."""

    sheet: Sheet
    possible: tuple[Possible, ...]


def known_kinds(hub: Hub) -> kinds.Kinds:
    """What this agency can issue."""
    return kinds.load(hub.settings.folder)


def examine(hub: Hub, ask: Ask, *, ref: str, purpose: Purpose) -> Examined:
    """Everything that can be given about somebody, and why the rest cannot. Recorded as one look at the file."""
    sheet = _read(hub, ask, ref, purpose)
    file, on = file_of(sheet, present=purpose.ticket is not None), hub.today()
    taken = store.till_receipt(hub.reader, ref, sheet.data_of or 0)
    found = [
        Possible(kind, rules.refusals(kind, file, on, taken), _iso(rules.holds_until(kind, file, on)))
        for kind in known_kinds(hub).of(person=file.person)
    ]
    return Examined(sheet, tuple(found))


def _read(hub: Hub, ask: Ask, ref: str, purpose: Purpose) -> Sheet:
    return read_sheet(
        hub, ask, ref=ref, ticket=purpose.ticket, channel=purpose.channel, motive=purpose.motive, view="certificate"
    )


def file_of(sheet: Sheet, *, present: bool) -> File:
    """A sheet as rules read it."""
    everything = {**sheet.fields, **sheet.tabs}
    return File(
        person=sheet.fields["type"] == "person",
        fields={name: value for name, value in sheet.fields.items() if value != MASKED},
        tabs={tab: tuple(rows) for tab, rows in sheet.tabs.items() if rows != MASKED},
        hidden=frozenset(name for name, value in everything.items() if value == MASKED),
        data_of=sheet.data_of,
        present=present,
    )


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


# --- giving ----------------------------------------------------------------------------------


class Impossible(Refused):
    """A certificate that cannot be given, with all the reasons."""

    code = "impossible"

    def __init__(self, possible: Possible) -> None:
        against = ", ".join(each.word for each in possible.refusals)
        super().__init__(f"{possible.kind.code} cannot be given: {against}", field="kind")
        self.possible = possible


def issue(  # noqa: PLR0913 (what there is to say of one)
    hub: Hub, ask: Ask, *, ref: str, kind: str, purpose: Purpose, receipt: Receipt | None = None
) -> Answer:
    """Give a certificate its number. Raises Impossible with every reason, NotFound, NotAllowed, Unreadable.

    `receipt`: money that central data do not know yet; all but cash makes it one under reserve. What our own tills
    have taken is known without being typed.
    """
    wanted = known_kinds(hub).kinds.get(kind)
    if wanted is None:
        raise NotFound(f"no such kind of certificate: {kind}", field="kind")
    if receipt is not None and ask.actor.roles.isdisjoint(TILL):
        raise NotAllowed("only a cashier or a supervisor vouches for a receipt", code="receipt_role", field="receipt")
    sheet = _read(hub, ask, ref, purpose)
    file, on = file_of(sheet, present=purpose.ticket is not None), hub.today()
    if receipt is None and rules.refusals(wanted, file, on):  # else it rests on no receipt
        receipt = store.till_receipt(hub.reader, ref, sheet.data_of or 0)
    if against := rules.refusals(wanted, file, on, receipt):
        raise Impossible(Possible(wanted, against, None))
    until = _iso(rules.holds_until(wanted, file, on))
    return _record(hub, ask, ref=ref, kind=wanted, file=file, until=until, ticket=purpose.ticket, receipt=receipt)


@action
def _record(  # noqa: PLR0913 (what a certificate is made of)
    tx: Transaction,
    hub: Hub,
    *,
    ref: str,
    kind: Kind,
    file: File,
    until: str | None,
    ticket: int | None,
    receipt: Receipt | None,
) -> Answer:
    on = local(tx.now.at, hub.settings.agency.zone).date()
    number = series.next_of(tx.connection, "certificate", on.year, tx.epoch, hub.settings.agency.zone)
    label = series.label("ATT", on.year, number)
    # what it rests on is money that may not come: the paper says so, and a cheque that comes back cancels it
    reserve = receipt if receipt is not None and receipt.reserved else None
    said = snapshot(hub, kind, file, label, on, until, reserve)
    code = seal.sealed(statement.SEAL, statement_of(said).as_bytes(), seal.agency_key(hub.store.folder))
    event = CertificateIssued(
        store.next_id(tx.connection), label, on.year, number, tx.epoch, kind.code, seal.code_of(code),
        on.isoformat(), until, ticket, reserve.number if reserve else None, ref, canonical_json(said), code,
    )  # fmt: skip
    tx.record(event)
    return {"certificate": event.certificate, "label": label, "valid_until": until}


def snapshot(  # noqa: PLR0913, PLR0917 (what a certificate is made of)
    hub: Hub, kind: Kind, file: File, label: str, on: date, until: str | None, reserve: Receipt | None
) -> dict[str, Any]:
    """All that a certificate will ever say, as plain values: central data may change the day after."""
    agency, language = hub.settings.agency, hub.settings.agency.languages[0]
    name = " ".join(filter(None, (file.fields.get("name"), file.fields.get("first_names"))))
    first = next(iter(kind.tabs), "")
    blanks = {
        "name": name, "number": file.fields.get("number") or "", "issued": days.said(on.isoformat()),
        "until": days.said(until or ""), "organisation": agency.organisation, "agency": agency.name,
        "city": agency.city, "count": str(len(file.tabs.get(first, ()))),
    }  # fmt: skip
    return {
        "label": label,
        "what": kind.code,
        "title": kind.called(language),
        "text": rules.holds_sentence(kind, language, blanks),
        "layout": kind.layout,
        "agency": {name: getattr(agency, name) for name in ("code", "organisation", "name", "city", "address")},
        "issued_on": on.isoformat(),
        "valid_until": until,
        "name": name,
        "number": blanks["number"],
        # lists, which keep their order: names of one table are sorted when it is written
        "fields": [[name, file.fields.get(name)] for name in kind.fields],
        "tabs": [[tab, list(columns), _rows(file, tab, columns)] for tab, columns in kind.tabs.items()],
        "data_of": file.data_of,
        "reserve": reserve.number if reserve else None,
    }


def _rows(file: File, tab: str, columns: tuple[str, ...]) -> list[list[Any]]:
    """The rows of a tab, oldest first, as a certificate prints them."""
    rows = reversed(file.tabs.get(tab, ())[:ROWS])
    return [[_cell(row, column) for column in columns] for row in rows]


def _cell(row: Mapping[str, Any], column: str) -> Any:
    if column == "balance":
        return row["due"] - row["paid"]
    link: Link | None = row.get("link")
    return link.name if column in ("employer", "relative") and link else row.get(column)


def statement_of(said: Mapping[str, Any]) -> Statement:
    """What the QR of a certificate says."""
    return Statement(
        said["agency"]["code"], said["label"], said["title"], said["number"], said["name"][:80], said["issued_on"],
        said["valid_until"] or "", said["reserve"] is not None, statement.digest(said),
    )  # fmt: skip


# --- printing and taking back ----------------------------------------------------------------


def known(hub: Hub, certificate_id: int) -> Certificate:
    """One certificate. Raises NotFound."""
    found = store.certificate(hub.reader, certificate_id)
    if found is None:
        raise NotFound("no such certificate", field="certificate")
    return found


def may_read(hub: Hub, roles: frozenset[str], found: Certificate) -> None:
    """Raise NotAllowed where a certificate says what these roles may not see in the file itself."""
    kind = known_kinds(hub).kinds.get(found.what)
    said = found.snapshot or {"fields": [], "tabs": []}
    printed = [each[0] for each in (*said["fields"], *said["tabs"])]
    needed = (*printed, *(rules.needs(kind) if kind else ()))
    if not all(may_see(roles, name) for name in needed):
        raise NotAllowed("this certificate says what your role may not see", code="hidden")


@action
def _print(tx: Transaction, hub: Hub, *, certificate: int) -> Answer:
    found = store.certificate(tx.connection, certificate)
    if found is None:
        raise NotFound("no such certificate", field="certificate")
    event = rules.may_print(found, hub.today().isoformat())
    tx.record(event)
    return {"certificate": certificate, "copy": event.copy}


def print_copy(hub: Hub, ask: Ask, *, certificate: int) -> Answer:
    """The next copy: which one it is. Raises Refused for one that counts no more."""
    may_read(hub, ask.actor.roles, known(hub, certificate))
    return _print(hub, ask, certificate=certificate)


@action
def cancel(tx: Transaction, hub: Hub, *, certificate: int, reason: str, note: str = "") -> Answer:
    """It counts no more; whoever checks it here is told."""
    del hub
    found = store.certificate(tx.connection, certificate)
    if found is None:
        raise NotFound("no such certificate", field="certificate")
    tx.record(rules.cancel(found, reason, note))
    return {"certificate": certificate, "label": found.label}


@action
def receipt_returned(tx: Transaction, hub: Hub, *, receipt: str) -> Answer:
    """What was paid by a receipt came back unpaid: every certificate given under its reserve counts no more."""
    del hub
    found = store.under_receipt(tx.connection, " ".join(receipt.split()).upper())
    if not found:
        raise NotFound("no certificate was given under reserve of this receipt", code="no_reserve", field="receipt")
    for each in found:
        tx.record(rules.cancel(each, "unpaid", ""))
    return {"cancelled": [each.label for each in found]}


# --- what tills tell -------------------------------------------------------------------------


def till_took(hub: Hub, tx: Transaction, event: Any) -> None:
    """A listener: contributions that a till has taken may cover what central data still call owed."""
    del hub
    if event.what == "reversal" and event.reverses and store.is_noted(tx.connection, event.reverses):
        _undo(tx, event.reverses)
    elif event.what == "collection" and event.operation == "contribution" and event.party:
        reserved = event.tender_state != "paid"
        tx.record(TillReceiptNoted(event.receipt, event.amount, event.tender, reserved, event.party))


def till_settled(hub: Hub, tx: Transaction, event: Any) -> None:
    """A listener: a cheque was paid, or came back unpaid and takes its certificates with it."""
    del hub
    if not store.is_noted(tx.connection, event.receipt):
        return
    if event.state == "unpaid":
        _undo(tx, event.receipt)
    elif event.state == "paid":
        tx.record(TillReceiptSettled(event.receipt, paid=True))


def _undo(tx: Transaction, receipt: str) -> None:
    """What was given under reserve of a receipt counts no more."""
    for each in store.under_receipt(tx.connection, receipt):
        tx.record(rules.cancel(each, "unpaid", ""))
    tx.record(TillReceiptSettled(receipt, paid=False))


# --- checking --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of checking a paper: the word of a sentence, what was signed, and what our own book says of it."""

    word: str
    checked: Checked | None = None
    certificate: Certificate | None = None


def check(hub: Hub, typed: str) -> Verdict:
    """A scanned QR, a verification code or a number. Raises Unreadable for what is none of them."""
    text = seal.as_scanned(typed)
    if not text.startswith(statement.MARK):
        found = store.coded(hub.reader, seal.code_typed(text)) or store.labelled(hub.reader, text)
        return Verdict(_state(hub, found) if found else "not_in_book", None, found)
    agency = hub.settings.agency.code
    own = seal.own_key(hub.store.folder, agency)
    checked = statement.check(text, {**known_kinds(hub).keys, **own})
    if checked.found != "authentic":
        return Verdict(checked.found, checked)
    if checked.by != agency:
        return Verdict(elsewhere(checked.statement, hub.today()), checked)
    found = store.labelled(hub.reader, checked.statement.label)
    # signed here and not in the book: given in the minute that a restored backup does not know
    return Verdict(_state(hub, found) if found else "lost", checked, found)


def elsewhere(said: Statement, on: date) -> str:
    """Of one that another agency signed; only there is it known whether it was cancelled."""
    return "elsewhere_expired" if said.valid_until and said.valid_until < on.isoformat() else "elsewhere"


def _state(hub: Hub, found: Certificate) -> str:
    state = found.state(hub.today().isoformat())
    return "reserved" if state == "issued" and found.receipt else state
