"""What may happen at a till. Every state and every step is here; amounts are whole francs, states those of B.8.

Two persons: whoever asks for a reversal or proposes a closing never decides on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from hub import money
from hub.errors import IllegalStep, NotAllowed, Refused, Unreadable, chosen
from hub.services.cash import contributions
from hub.services.cash.model import (
    DRAWER_REASONS,
    MOTIVES,
    MOVES,
    OPERATIONS,
    PAYER_KINDS,
    REVERSALS,
    TENDERS,
    CashEntry,
    Direction,
    Kind,
    Office,
    Operation,
    PaidPeriod,
    Payer,
    PayerKind,
    Session,
    SessionState,
    Tender,
    TenderState,
    Till,
    TillPlace,
)

#: state → step → state.
STEPS: dict[SessionState, dict[str, SessionState]] = {
    "open": {"suspend": "suspended", "count": "counted"},
    "suspended": {"resume": "open", "count": "counted"},
    "counted": {"count": "counted", "resume": "open", "propose": "proposed"},
    "proposed": {"approve": "approved", "refuse": "counted"},
    "approved": {},
}
#: tender → state → step → state.
TENDER_STEPS: dict[Tender, dict[TenderState, dict[str, TenderState]]] = {
    "cash": {},
    "cheque": {
        "received": {"deposit": "deposited", "unpay": "unpaid"},
        "deposited": {"pay": "paid", "unpay": "unpaid"},
    },
    "transfer": {"pending": {"pay": "paid", "unpay": "unpaid"}},
    "mobile_money": {"pending": {"pay": "paid", "unpay": "unpaid"}},
}
#: In which states a payment begins; mobile money is paid at once when the operator's reference is there.
BEGINS: dict[Tender, TenderState] = {
    "cash": "paid", "cheque": "received", "transfer": "pending", "mobile_money": "pending",
}  # fmt: skip
#: role of a till → roles of those who may work it.
WORKS: dict[str, frozenset[str]] = {
    "collections": frozenset({"collections_cashier"}),
    "benefits": frozenset({"benefits_cashier"}),
    "mixed": frozenset({"collections_cashier", "benefits_cashier"}),
}
#: What stands in place of a payer whose file is not here.
NAME_LENGTH, DETAIL_LENGTH, NOTE_LENGTH = 120, 80, 400
#: Details that a tender needs, and those it may have.
DETAILS: dict[Tender, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "cash": ((), ()),
    "cheque": (("number", "bank"), ("drawer",)),
    "transfer": (("reference",), ("bank",)),
    "mobile_money": (("phone",), ("reference", "operator")),
}
MOST_PIECES = 100_000


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry before it has a number. `details`: of a cheque, a transfer or a wallet, by name."""

    kind: Kind
    direction: Direction
    amount: int
    tender: Tender
    account: str
    label: str
    operation: Operation | None = None
    payer: Payer | None = None
    lines: tuple[PaidPeriod, ...] = ()
    tendered: int | None = None
    change: int | None = None
    details: tuple[tuple[str, str], ...] = ()
    reverses: str | None = None
    reason: str | None = None
    approver: str | None = None


# --- steps -----------------------------------------------------------------------------------


def step(session: Session, name: str) -> SessionState:
    """The state a step leads to. Raises IllegalStep naming the steps there are."""
    steps = STEPS[session.state]
    if name not in steps:
        raise IllegalStep(
            f"the session is {session.state}: {name} is not possible now", state=session.state, possible=sorted(steps)
        )
    return steps[name]


def tender_step(entry: CashEntry, name: str) -> TenderState:
    """What becomes of a cheque, a transfer or mobile money. Raises IllegalStep."""
    steps = TENDER_STEPS[entry.tender].get(entry.tender_state, {})
    if name not in steps or entry.reversed_by is not None:
        raise IllegalStep(
            f"{entry.receipt} is {entry.tender_state}: {name} is not possible now", state=entry.tender_state,
            possible=sorted(steps),
        )  # fmt: skip
    return steps[name]


def mine(session: Session | None, agent: str | None) -> Session:
    """The session of the agent who asks. Raises Refused where they have none."""
    if session is None or session.cashier != agent:
        raise Refused("open your till first: count the float", code="no_session")
    return session


def at_work(session: Session | None, agent: str | None, today: str) -> Session:
    """The session in which the agent may take money now. Raises Refused, saying what to do first."""
    held = mine(session, agent)
    if held.date != today:
        raise Refused(f"this session is of {held.date}: close it first", code="session_old", date=held.date)
    if not held.works:
        raise Refused(f"the session is {held.state}", code=f"session_{held.state}")
    return held


# --- opening and counting --------------------------------------------------------------------


def counted(said: Mapping[str, str], office: Office) -> dict[str, int]:
    """How many of each denomination, by code; what was left empty is none. Raises Unreadable."""
    found = {}
    for each in office.denominations:
        text = said.get(each.code, "").strip()
        if not text:
            continue
        if not text.isascii() or not text.isdigit() or int(text) > MOST_PIECES:
            raise Unreadable("count whole notes and coins", code="pieces_wrong", field=each.code)
        if int(text):
            found[each.code] = int(text)
    return found


def worth(pieces: Mapping[str, int], office: Office) -> int:
    """What counted notes and coins come to."""
    return sum(each.value * pieces.get(each.code, 0) for each in office.denominations)


def till_for(place: TillPlace | None, roles: frozenset[str]) -> TillPlace:
    """The till that somebody wants to work. Raises NotAllowed, Refused."""
    if place is None:
        raise Refused("no till belongs to this counter", code="no_till", field="till")
    if roles.isdisjoint(WORKS[place.role]):
        raise NotAllowed(f"till {place.code} takes {place.role}", code="other_till", field="till")
    return place


def may_go(place: TillPlace, till: Till, held: Session | None) -> None:
    """A till's counter goes once nobody holds the till and nothing is in its drawer. Raises Refused, saying what is.

    `held`: the till's session that is not closed.
    """
    facts = {"counter": place.counter, "till": place.code}
    if held is not None:
        raise Refused(
            f"till {place.code} is not closed: its session of {held.date} is {held.state}", code="till_held",
            cashier=held.cashier, date=held.date, **facts,
        )  # fmt: skip
    if till.cash:
        said = f"till {place.code} still holds {till.cash}"
        raise Refused(said, code="till_full", amount=money.grouped(till.cash), **facts)


def takes(place: TillPlace | None, what: str) -> None:
    """Raise NotAllowed where a till is not for that: `collections` or `benefits`; a mixed one is for both."""
    if place is None or place.role not in (what, "mixed"):
        raise NotAllowed(f"this till takes no {what}", code="other_till")


def may_open(till: Till, held: Session | None, other: Session | None, opening: int, motive: str) -> None:
    """One session a till and a cashier, and a float that is what the closing left. Raises Refused.

    `held`: the till's session that is not closed; `other`: the cashier's own.
    """
    if held is not None:
        raise Refused(
            f"till {till.code} is still {held.cashier}'s: it must be closed first", code="till_taken",
            cashier=held.cashier, date=held.date,
        )  # fmt: skip
    if other is not None:
        raise Refused(f"you have till {other.till}: close it first", code="session_there", till=other.till)
    if till.closings and opening != till.cash and not motive.strip():
        raise Refused("this is not what the closing left", code="float_differs", field="motive")


# --- entries ---------------------------------------------------------------------------------


def payer(said: Payer) -> Payer:
    """Whoever pays, as it is written. Raises Unreadable without a name."""
    name = " ".join(said.name.split())[:NAME_LENGTH]
    if not name:
        raise Unreadable("say who pays", code="payer_needed", field="payer")
    return Payer(said.kind, name, " ".join(said.number.split()).upper()[:20], said.party)


def details(tender: Tender, said: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What a cheque, a transfer or a wallet is known by. Raises Unreadable for one that is missing."""
    needed, possible = DETAILS[tender]
    found = {name: " ".join(said.get(name, "").split())[:DETAIL_LENGTH] for name in (*needed, *possible)}
    for name in needed:
        if not found[name]:
            raise Unreadable(f"{tender}: {name} is missing", code=f"{name}_needed", field=name)
    return tuple((name, value) for name, value in found.items() if value)


def tender_of(said: str) -> Tender:
    """How it is paid. Raises Unreadable."""
    return chosen(said, TENDERS, Unreadable("say how it is paid", code="tender_needed", field="tender"))


def operation_of(said: str) -> Operation:
    """What is paid. Raises Unreadable."""
    return chosen(said, OPERATIONS, Unreadable("say what is paid", code="operation_needed", field="operation"))


def due(office: Office, *, operation: Operation, who: Payer, lines: Iterable[tuple[str, int]], on: date) -> Draft:
    """What is to be paid, before anybody says how.

    `lines`: (period, amount), the period empty where the operation has none; `on` the business date.
    Raises Unreadable, Refused.
    """
    known, given = payer(who), tuple(lines)
    if not given:
        raise Unreadable("nothing is paid", code="nothing_paid", field="amount")
    if operation == "contribution" or any(period for period, _ in given):
        paid = contributions.paid_periods(given, on)
    else:
        paid = tuple(PaidPeriod("", amount) for _, amount in given)
    amount = sum(line.amount for line in paid)
    if not 0 < amount <= money.MOST:
        raise Unreadable("nothing is paid", code="nothing_paid", field="amount")
    account = contributions.account_of(office, operation, known.kind, paid)
    called = contributions.label(operation, paid)
    return Draft("collection", "in", amount, "cash", account, called, operation, known, paid)


def collect(draft: Draft, *, tender: Tender, tendered: int | None, said: Mapping[str, str]) -> Draft:
    """What is due is paid, in this way. Raises Unreadable."""
    change = _change(draft.amount, tender, tendered)
    return replace(
        draft, tender=tender, tendered=None if change is None else draft.amount + change, change=change,
        details=details(tender, said),
    )  # fmt: skip


def _change(amount: int, tender: Tender, tendered: int | None) -> int | None:
    """What goes back to a payer in cash; None for the other tenders. Raises Unreadable where too little was given."""
    if tender != "cash":
        return None
    given = amount if tendered is None else tendered
    if given < amount:
        raise Unreadable("less was given than is paid", code="given_short", field="tendered",
                         missing=money.grouped(amount - given))  # fmt: skip
    return given - amount


def move(office: Office, kind: str, amount: int, voucher: str) -> Draft:
    """Money goes between drawer, safe and bank; `voucher` is the paper that went with it. Raises Unreadable."""
    known = chosen(kind, MOVES, Unreadable("say where the money goes", code="move_needed", field="kind"))
    if not 0 < amount <= money.MOST:
        raise Unreadable("an amount is needed", code="amount_wrong", field="amount")
    paper = " ".join(voucher.split())[:DETAIL_LENGTH]
    if not paper:
        raise Unreadable("the number of its voucher is missing", code="voucher_needed", field="voucher")
    called = {"supply": "APPRO CAISSE", "to_safe": "VERSEMENT COFFRE", "to_bank": "VERSEMENT BANQUE"}[known]
    return Draft(
        known, "in" if known == "supply" else "out", amount, "cash", contributions.account_of(office, known), called,
        details=(("voucher", paper),),
    )  # fmt: skip


def reversal(entry: CashEntry, session: Session, till: Till, reason: str, approver: str) -> Draft:
    """The opposite of an entry, in its own session, by another person's word. Raises Refused, NotAllowed."""
    reversible(entry, session)
    if approver == session.cashier:
        raise NotAllowed("another person decides on a reversal", code="two_persons")
    back: Direction = "out" if entry.direction == "in" else "in"
    called = f"ANNUL {entry.label}"[: contributions.LABEL_LENGTH]
    draft = Draft(
        "reversal", back, entry.amount, entry.tender, entry.account, called,
        payer=_payer_of(entry), lines=entry.lines, reverses=entry.receipt, reason=reason, approver=approver,
    )  # fmt: skip
    affordable(till, draft)
    return draft


def _payer_of(entry: CashEntry) -> Payer | None:
    """Who an entry was about; nobody where money only moved, or where it is no longer kept."""
    if entry.payer is None or entry.payer_kind is None:
        return None
    kind: PayerKind = chosen(entry.payer_kind, PAYER_KINDS, Unreadable("no such payer"))
    return Payer(kind, entry.payer, entry.payer_number or "", entry.party)


def reversible(entry: CashEntry, session: Session | None) -> None:
    """Raise Refused unless an entry can still be taken back: the same session, once, and no reversal."""
    if entry.kind in ("reversal", "difference"):
        raise Refused(f"{entry.receipt} is a {entry.kind}", code="never_reversed")
    if entry.reversed_by is not None:
        raise Refused(f"{entry.receipt} was taken back already", code="already_reversed", by=entry.reversed_by)
    if session is None or session.id != entry.session or session.state not in ("open", "suspended"):
        raise Refused(f"the session of {entry.receipt} is over", code="session_over")
    if entry.tender_state == "unpaid":
        raise Refused(f"{entry.receipt} came back unpaid", code="came_back")


def reversal_reason(said: str) -> str:
    """Why an entry is taken back. Raises Unreadable."""
    return chosen(said, REVERSALS, Unreadable("say why", code="reason_needed", field="reason"))


def drawer_reason(said: str) -> str:
    """Why the drawer is opened without an entry. Raises Unreadable."""
    return chosen(said, DRAWER_REASONS, Unreadable("say why", code="reason_needed", field="reason"))


def affordable(till: Till, draft: Draft) -> None:
    """Raise Refused where the drawer would hold less than nothing afterwards (caisse insuffisante)."""
    if draft.tender == "cash" and draft.direction == "out" and draft.amount > till.cash:
        raise Refused("there is not enough cash in the drawer", code="cash_short", field="amount")


# --- closing ---------------------------------------------------------------------------------


def explained(gap: int, motive: str, note: str, office: Office) -> tuple[str | None, str | None]:
    """The motive of a difference and its written report; none where there is no difference. Raises Unreadable."""
    if not gap:
        return None, None
    why = chosen(motive, MOTIVES, Unreadable("say why it differs", code="motive_needed", field="motive"))
    said = " ".join(note.split())[:NOTE_LENGTH]
    if abs(gap) >= office.report_from and not said:
        raise Unreadable("a difference needs a written report", code="report_needed", field="note")
    return why, said or None


def difference(gap: int, office: Office, motive: str | None, approver: str) -> Draft:
    """What was found more, or is missing, as an entry of its own: it is never carried into the next day."""
    return Draft(
        "difference", "in" if gap > 0 else "out", abs(gap), "cash", contributions.account_of(office, "difference"),
        "EXCEDENT DE CAISSE" if gap > 0 else "DEFICIT DE CAISSE", reason=motive, approver=approver,
    )  # fmt: skip


def may_decide(session: Session, agent: str | None, *, held_today: bool) -> None:
    """Raise NotAllowed where somebody would decide on their own closing, or has held a till that day."""
    if agent is None or agent == session.cashier:
        raise NotAllowed("another person approves a closing", code="two_persons")
    if held_today:
        raise NotAllowed("whoever held a till that day approves no closing of it", code="held_a_till")
