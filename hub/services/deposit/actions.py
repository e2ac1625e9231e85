"""What can be asked about deposits: begin one, type, give it its number, print, hand over; decide, take back, supply.

A draft is kept at the hub whenever it changes its shape, and in the browser between; it gets its number together with
its documents, in one transaction, so no number is ever without a deposit. Each decision goes to the head office by
the outbox, in the same transaction.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from hub import outbox, series
from hub.agents import store as agents
from hub.ask import Actor, Answer, Ask
from hub.context import Hub, action
from hub.errors import NotFound, Refused
from hub.people.actions import find, names_of, read_sheet
from hub.people.model import MASKED, Hit, Link
from hub.printing.store import queue_job
from hub.queues import store as queues
from hub.say import say
from hub.services.deposit import intake, paper, periodic, published, rules, slips, store, telling
from hub.services.deposit import model as m
from hub.store import Transaction
from hub.visits import store as visits
from hub.visits.actions import printer_of, purpose_of

TOPIC = "deposit.decided"


def lists_of(hub: Hub) -> m.Lists:
    """This agency's documents and events, as they hold now."""
    return published.lists_of(hub)


def known(hub: Hub, deposit: int) -> m.Deposit:
    """One deposit. Raises NotFound."""
    return _deposit(hub.reader, deposit)


def _deposit(reader: sqlite3.Connection, deposit: int) -> m.Deposit:
    found = store.deposit(reader, deposit)
    if found is None:
        raise NotFound("no such deposit", field="deposit")
    return found


def _document(tx: Transaction, document: int) -> m.Document:
    found = store.document(tx.connection, document)
    if found is None:
        raise NotFound("no such document", field="document")
    return found


# --- taking in -------------------------------------------------------------------------------


@action
def begin(tx: Transaction, hub: Hub, *, channel: str = "counter", draft: m.Draft | None = None) -> Answer:
    """A new draft: for the visitor at the agent's counter, or without one (left at reception, by mail)."""
    del hub
    return {"deposit": _begin(tx, channel, draft or m.Draft())}


def _begin(tx: Transaction, channel: str, draft: m.Draft) -> int:
    agent = tx.actor.agent or ""
    how = rules.channel(channel)
    ticket = visits.ticket_at(tx.connection, agent) if how == "counter" else None
    day = queues.day(tx.connection)
    event = m.DepositBegun(
        store.next_id(tx.connection), how, ticket.id if ticket else None, ticket.label if ticket else None,
        day.id if day else None, ticket.stage.service if ticket else None,
        queues.counter_of_agent(tx.connection, agent),
    )  # fmt: skip
    tx.record(event)
    category = ticket.category if ticket else "simple"
    tx.record(m.DepositTyped(event.deposit, store.as_text(replace(draft, category=category))))
    return event.deposit


def begun_for(hub: Hub, actor: Actor, like: m.Deposit | None = None) -> m.Draft:
    """What a new draft can know already: who stands there, whom it is about; or a courier's own data again."""
    if like is not None:
        return m.Draft(m.Depositor(like.name or "", like.quality, like.id_type, like.id_number or ""))
    ticket = purpose_of(hub, actor).ticket
    if ticket is None:
        return m.Draft()
    with hub.snapshot() as reader:
        who, about = visits.requester(reader, ticket.id), visits.concerned(reader, ticket.id)
    refs = [each.party for each in (who, *about) if each is not None and each.party]
    hits = names_of(hub, Ask(actor), refs) if refs else {}
    depositor = m.Depositor()
    if who is not None:
        hit = hits.get(who.party or "")
        depositor = m.Depositor(_seen(hit.name) if hit else who.name, who.quality)
    return m.Draft(depositor, concerned=tuple(_concerned(each.party, hits, each) for each in about))


def begun_instead(hub: Hub, document: int) -> m.Draft:
    """A draft for the document that takes the place of a rejected one: the same depositor, person and event."""
    with hub.snapshot() as reader:
        line = store.document(reader, document)
        if line is None:
            raise NotFound("no such document", field="document")
        rules.step(line, "replace")
        of = store.deposit(reader, line.deposit)
        person = next((each for each in store.parties(reader, line.deposit) if each.rank == line.rank), None)
    assert of is not None
    row = m.Row(line.type, there=True, copy_kind=line.copy_kind, about=line.about or "", replaces=line.id)
    who = m.Concerned(
        person.type if person else "insured_person", (person and person.number) or "", (person and person.name) or "",
        person.party if person else None, (m.Reason(line.event, {}, (row,)),),
    )  # fmt: skip
    return m.Draft(m.Depositor(of.name or "", of.quality, of.id_type, of.id_number or ""), concerned=(who,))


def _concerned(party: str | None, hits: dict[str, Hit], said: Any) -> m.Concerned:
    hit = hits.get(party or "")
    if hit is None:
        return m.Concerned(number=said.number or "", name=said.name or "")
    return m.Concerned(_type_of(hit), hit.number, _seen(hit.name), hit.ref)


def _type_of(hit: Hit) -> str:
    return "employer" if hit.type != "person" else "insured_person"


def _seen(name: str) -> str:
    return "" if name == MASKED else name


def recognised(hub: Hub, actor: Actor, person: m.Concerned) -> m.Concerned:
    """Somebody whose number was typed, with the file that has it; who has none stays as typed."""
    number = person.number.strip()
    if not number or (person.party and person.name):
        return person
    hit = next((each for each in find(hub, Ask(actor), number) if each.number == number), None)
    if hit is None:
        return person
    return replace(person, type=_type_of(hit), party=hit.ref, name=_seen(hit.name) or person.name)


@dataclass(frozen=True, slots=True)
class Household:
    """What central data say of somebody that a list depends on: circumstances by name, and the children's names."""

    circumstances: dict[str, int]
    children: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    periodicity: str | None = None


def household_of(hub: Hub, ask: Ask, party: str | None, ticket: int | None, channel: str = "counter") -> Household:
    """A look into a file, recorded as one: their roles, whether they are married, their dependent children."""
    if not party:
        return Household({})
    by = "counter" if channel == "left" else channel
    motive = "" if ticket else say(hub.settings.agency.languages[0], "deposit.look_motive")
    try:
        sheet = read_sheet(hub, ask, ref=party, ticket=ticket, channel=by, motive=motive, view="deposit")
    except NotFound:
        return Household({})
    roles, periodicity = _plain(sheet.fields.get("roles")), _plain(sheet.fields.get("periodicity"))
    known = Household({}, (), tuple(filter(None, roles.split(";"))), periodicity or None)
    family = sheet.tabs.get("relationships", MASKED)
    if family == MASKED:
        return known
    links = [row for row in family if not row.get("inverse") and not row.get("end")]
    children = [row for row in links if row["type"] == "child" and row.get("dependent")]
    married = sheet.fields.get("marital_status") == "married" or any(row["type"] == "spouse" for row in links)
    counted = {
        "married": int(married), "children": len(children),
        "schoolchildren": sum(row.get("status") == "schooled" for row in children),
        "apprentices": sum(row.get("status") == "apprentice" for row in children),
    }  # fmt: skip
    circumstances = {name: value for name, value in counted.items() if value}
    return replace(known, circumstances=circumstances, children=tuple(_name(row) for row in children))


def _plain(value: Any) -> str:
    return "" if value in (None, MASKED) else str(value)


def owed_by(hub: Hub, home: Household, party: str) -> tuple[m.Owed, ...]:
    """The periodic documents that somebody has not brought, as far as our register knows."""
    on = hub.today()
    with hub.snapshot() as reader:
        given, begins = store.given(reader, party), store.begins_on(reader)
    since = date.fromisoformat(begins) if begins else on
    who = periodic.Known((*home.roles, *home.circumstances), home.periodicity, given)
    return periodic.owed(lists_of(hub), who, on, since)


def _name(row: dict[str, Any]) -> str:
    link: Link | None = row.get("link")
    return _seen(link.name) if link else ""


@action
def type_in(tx: Transaction, hub: Hub, *, deposit: int, draft: m.Draft) -> Answer:
    """What was typed so far is kept: the last word counts."""
    del hub
    rules.may(_deposit(tx.connection, deposit), "type")
    tx.record(m.DepositTyped(deposit, store.as_text(draft)))
    return {"deposit": deposit}


@action
def abandon(tx: Transaction, hub: Hub, *, deposit: int) -> Answer:
    """Nothing is deposited after all."""
    del hub
    rules.may(_deposit(tx.connection, deposit), "abandon")
    tx.record(m.DepositAbandoned(deposit))
    return {"deposit": deposit, "state": "cancelled"}


class NotReady(Refused):
    """A draft with all that stands against recording it; nothing was recorded."""

    code = "not_ready"
    status = 422

    def __init__(self, problems: tuple[intake.Problem, ...]) -> None:
        super().__init__(f"not ready: {', '.join(each.word for each in problems)}")
        self.problems = problems


@action
def deposit(tx: Transaction, hub: Hub, *, deposit: int, draft: m.Draft) -> Answer:
    """The documents are here: the deposit gets its number, and with it its acknowledgement. Raises NotReady."""
    return _record(tx, hub, deposit, draft)


def _record(tx: Transaction, hub: Hub, deposit: int, draft: m.Draft) -> Answer:
    found, on = _deposit(tx.connection, deposit), hub.day_of(tx.now.at)
    rules.may(found, "deposit")
    read = intake.read(draft, lists_of(hub), on)
    if read.problems:
        raise NotReady(read.problems)
    number = series.next_of(tx.connection, "deposit", on.year, tx.epoch, hub.settings.agency.zone)
    label, who = rules.label_of(on.year, number), draft.depositor
    ranks, concerned = _ranked(draft, read)
    tx.record(
        m.DocumentsDeposited(
            deposit, label, hub.settings.agency.code, on.year, number, tx.epoch, on.isoformat(), draft.category,
            who.quality, who.id_type, store.next_id(tx.connection, "deposit_document"),
            tuple((x.type, {reason.event: dict(reason.circumstances) for reason in x.reasons}) for x in concerned),
            tuple(
                (ranks[x.rank], x.event, x.type, x.copy_kind, x.copies, int(x.expired), x.period, x.replaces)
                for x in read.lines
            ),
            " ".join(who.name.split())[: intake.NAME_LENGTH], who.id_number.strip() or None,
            tuple((x.party, x.number.strip() or None, " ".join(x.name.split()) or None) for x in concerned),
            tuple((x.issued_on, x.valid_until, x.about, x.forced) for x in read.lines),
        )
    )  # fmt: skip
    for old in {line.replaces for line in read.lines if line.replaces is not None}:
        rejected = _document(tx, old)
        rules.step(rejected, "replace")
        telling.tell(tx, hub, _deposit(tx.connection, rejected.deposit))
    return {"deposit": deposit, "label": label, "documents": len(read.lines)}


def _ranked(draft: m.Draft, read: intake.Read) -> tuple[dict[int, int], tuple[m.Concerned, ...]]:
    """Those of whom something was deposited, numbered anew without those who only stood in the draft."""
    there = sorted({line.rank for line in read.lines})
    return {rank: place for place, rank in enumerate(there, 1)}, tuple(draft.concerned[rank - 1] for rank in there)


@action
def seen_alive(tx: Transaction, hub: Hub, *, party: str, person: m.Concerned, owed: m.Owed) -> Answer:
    """The person stands here: that is their certificate of life, at any counter, once in its window.

    Raises Refused `not_here` where this visit is not about them, `given_already` where it was taken already.
    """
    ticket = visits.ticket_at(tx.connection, tx.actor.agent or "")
    about = {each.party for each in visits.concerned(tx.connection, ticket.id)} if ticket else set()
    if party not in about:
        raise Refused("this visit is not about that person", code="not_here", field="party")
    if owed.period in store.given(tx.connection, party).get(owed.type, frozenset()):
        raise Refused("this was taken already for this period", code="given_already", field="party")
    return _alive(tx, hub, party, person, owed)


def _alive(tx: Transaction, hub: Hub, party: str, person: m.Concerned, owed: m.Owed) -> Answer:
    """The certificate of life of whoever stands here goes into the register, issued today."""
    on = hub.day_of(tx.now.at)
    event = lists_of(hub).event_for(owed.type, person.type)
    if event is None:
        raise Refused("no event asks for this document", code="not_owed", field="party")
    row = m.Row(owed.type, there=True, issued=on.isoformat(), copy_kind="original", period=owed.period)
    who = replace(person, party=party, reasons=(m.Reason(event, {}, (row,)),))
    number = _begin(tx, "counter", m.Draft(m.Depositor(person.name), concerned=(who,)))
    return _record(tx, hub, number, m.Draft(m.Depositor(person.name), concerned=(who,)))


def seen_at_till(hub: Hub, tx: Transaction, event: Any) -> None:
    """A listener: a cashier has the payee of an order before them, whose certificate of life is not here yet."""
    kind = lists_of(hub).types.get(event.type)
    if kind is None or not kind.periods or not event.party:
        raise Refused("the register takes no such certificate", code="not_owed", field="life")
    owed = m.Owed(kind.code, periodic.period_of(hub.day_of(tx.now.at), kind.periods[0]))
    person = m.Concerned("insured_person", event.payee_number or "", event.payee or "")
    _alive(tx, hub, event.party, person, owed)


# --- the acknowledgement -----------------------------------------------------------------------------


@action
def print_acknowledgement(tx: Transaction, hub: Hub, *, deposit: int) -> Answer:
    """The acknowledgement as a sheet: which copy it is. One count for the sheet and the short form."""
    del hub
    found = _deposit(tx.connection, deposit)
    rules.may(found, "print")
    tx.record(m.DepositPrinted(deposit, found.copies))
    return {"deposit": deposit, "copy": found.copies}


@action
def print_slip(tx: Transaction, hub: Hub, *, deposit: int) -> Answer:
    """The acknowledgement in its short form, at the printer of the agent's counter. Raises Refused `no_printer`."""
    found = _deposit(tx.connection, deposit)
    rules.may(found, "print")
    printer = printer_of(hub, queues.counter_of_agent(tx.connection, tx.actor.agent or "") or found.counter)
    if printer is None:
        raise Refused("no printer belongs to this counter: print the sheet", code="no_printer")
    tx.record(m.DepositPrinted(deposit, found.copies, printer))
    slip = slips.acknowledgement_slip(paper.of(hub, tx.connection, found), hub.settings.agency.languages[0])
    queue_job(tx, about=f"deposit {deposit}", printer=printer, copy=found.copies, slip=slip)
    return {"deposit": deposit, "copy": found.copies, "printer": printer}


@action
def hand_over(tx: Transaction, hub: Hub, *, deposit: int) -> Answer:
    """Whoever deposited, or came for it, has the acknowledgement. Raises Refused while none was printed."""
    del hub
    found = _deposit(tx.connection, deposit)
    rules.may(found, "hand")
    if not found.copies:
        raise Refused("print the acknowledgement first", code="not_printed")
    if found.handed is None:
        tx.record(m.DepositHanded(deposit))
    return {"deposit": deposit, "handed": True}


# --- decisions -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Choice:
    """What is decided of one document, and why."""

    document: int
    motive: str = ""
    note: str = ""


@action
def decide(tx: Transaction, hub: Hub, *, outcome: str, choices: tuple[Choice, ...]) -> Answer:
    """One outcome for all ticked documents, or none. Raises Refused `already_decided`, naming who was first."""
    known_outcome, on = rules.decides(outcome), hub.day_of(tx.now.at)
    if not choices:
        raise Refused("tick the documents first", code="nothing_ticked", field="documents")
    touched: dict[int, m.Deposit] = {}
    for choice in choices:
        line = _document(tx, choice.document)
        of = touched.setdefault(line.deposit, _deposit(tx.connection, line.deposit))
        rules.undecided(line, _name_of(tx, line.decided_by))
        rules.by_another(of, tx.actor.agent, four_eyes=hub.settings.deposits.four_eyes)
        motive, note = rules.motive(known_outcome, choice.motive, choice.note)
        state = rules.step(line, known_outcome)
        message = _send(tx, hub, of, line, state, motive)
        left = _left(tx, line, state)
        tx.record(_decision(known_outcome, line, left, on, message, motive, note))
    for of in touched.values():
        telling.tell(tx, hub, of)
    return {"outcome": known_outcome, "documents": [choice.document for choice in choices]}


def _decision(  # noqa: PLR0913, PLR0917 (what a decision says)
    outcome: m.Outcome, line: m.Document, left: m.State, on: date, message: int, motive: str, note: str | None
) -> m.DocumentValidated | m.DocumentRejected | m.DocumentAsked:
    day = on.isoformat()
    if outcome == "validate":
        return m.DocumentValidated(line.deposit, line.id, left, day, message)
    kind = m.DocumentRejected if outcome == "reject" else m.DocumentAsked
    return kind(line.deposit, line.id, left, day, message, motive, note)


def _left(tx: Transaction, line: m.Document, state: m.DocumentState) -> m.State:
    """The state of the deposit once this line is in that state."""
    states = {each.id: each.state for each in store.documents(tx.connection, line.deposit)} | {line.id: state}
    return rules.left_by(states.values())


def _name_of(tx: Transaction, code: str | None) -> str | None:
    found = agents.agent(tx.connection, code) if code else None
    return f"{code} {found.name}" if found else code


def _send(  # noqa: PLR0913, PLR0917 (what a message is made of)
    tx: Transaction, hub: Hub, of: m.Deposit, line: m.Document, state: str, motive: str
) -> int:
    """The head office hears of a decision."""
    party = next((each for each in store.parties(tx.connection, of.id) if each.rank == line.rank), None)
    payload = {
        "register_number": of.label, "deposited_on": of.deposited_on, "line": line.line, "event": line.event,
        "document_type": line.type, "copies": line.copies, "period": line.period, "issued_on": line.issued_on,
        "valid_until": line.valid_until, "expired": line.expired, "state": state, "motive": motive or None,
        "party": party.party if party else None, "registration_number": party.number if party else None,
        "decided_on": hub.day_of(tx.now.at).isoformat(), "decided_by": tx.actor.agent,
    }  # fmt: skip
    before = outbox.message(tx.connection, line.message) if line.message else None
    if before is not None and before.state == "refused":
        # nothing of a deposit goes out behind a message that was refused, so this one takes its place
        outbox.resend(tx, message=before.id, payload=payload)
        return before.id
    return outbox.enqueue(tx, topic=TOPIC, aggregate=f"deposit {of.id}", payload=payload)


@action
def undo(tx: Transaction, hub: Hub, *, document: int) -> Answer:
    """A decision of today is taken back; the head office hears that, too."""
    line = _document(tx, document)
    of = _deposit(tx.connection, line.deposit)
    rules.undo(line, hub.day_of(tx.now.at), tx.actor.agent, four_eyes=hub.settings.deposits.four_eyes)
    message = _send(tx, hub, of, line, "deposited", "")
    tx.record(m.DecisionUndone(line.deposit, line.id, _left(tx, line, "deposited"), message))
    telling.tell(tx, hub, of)
    return {"document": document, "state": "deposited"}


@action
def supply(tx: Transaction, hub: Hub, *, document: int) -> Answer:
    """What was missing of a document has been brought."""
    line = _document(tx, document)
    state = rules.step(line, "supply")
    tx.record(m.DocumentSupplied(line.deposit, line.id, _left(tx, line, state)))
    telling.tell(tx, hub, _deposit(tx.connection, line.deposit))
    return {"document": document, "state": state}


@action
def put_right(tx: Transaction, hub: Hub, *, document: int) -> Answer:
    """What the head office did not take was looked into."""
    del hub
    line = _document(tx, document)
    state = rules.step(line, "put_right")
    tx.record(m.DocumentPutRight(line.deposit, line.id, _left(tx, line, state)))
    return {"document": document, "state": state}


# --- what the head office answers --------------------------------------------------------------


def applied(hub: Hub, tx: Transaction, event: Any) -> None:
    """The head office's records say it: a validated document is integrated."""
    del hub
    line = store.of_message(tx.connection, event.message)
    if line is not None and line.state == "validated":
        tx.record(m.DocumentIntegrated(line.deposit, line.id, _left(tx, line, "integrated")))


def resent(hub: Hub, tx: Transaction, event: Any) -> None:
    """A message goes again as it is: its document is as it was before the head office refused it."""
    del hub
    line = store.of_message(tx.connection, event.message)
    if line is not None and line.state == "anomaly":
        state = rules.step(line, "resend")
        tx.record(m.DocumentResent(line.deposit, line.id, _left(tx, line, state)))


def refused(hub: Hub, tx: Transaction, event: Any) -> None:
    """The head office will not have it: the document comes back to the work list."""
    del hub
    line = store.of_message(tx.connection, event.message)
    if line is not None and line.state == "validated":
        tx.record(m.DocumentReturned(line.deposit, line.id, _left(tx, line, "anomaly"), event.reason))
