"""When a certificate may be given, how long it holds, which number it gets. A kind is data; its conditions are here.

Each condition looks at a file and gives the reasons that stand against it; all reasons are said at once, so that
the visitor comes back once. Source of `no_debt`, its price (none) and its validity: article 171 of the code of
social security (requirements B.7, C.2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta

from hub import days, periods
from hub.days import until
from hub.errors import Refused, Unreadable
from hub.money import grouped
from hub.services.certificate.model import (
    REASONS,
    TENDERS,
    Certificate,
    CertificateCancelled,
    CertificatePrinted,
    File,
    Kind,
    Receipt,
    Refusal,
)

NOTE_LENGTH = 200
Condition = Callable[[File, Kind, date, Receipt | None], Iterator[Refusal]]


# --- periods ---------------------------------------------------------------------------------


def is_due(period: str, days: int, on: date) -> bool:
    """Whether a period should have been paid: it ended, and `days` more have gone by."""
    return periods.last_day(period) + timedelta(days=days) < on


# --- conditions ------------------------------------------------------------------------------


def numbered(file: File, kind: Kind, on: date, receipt: Receipt | None) -> Iterator[Refusal]:
    """They have a registration number."""
    del kind, on, receipt
    if not file.fields.get("number"):
        yield Refusal("no_number")


def active(file: File, kind: Kind, on: date, receipt: Receipt | None) -> Iterator[Refusal]:
    """Their file is open."""
    del kind, on, receipt
    if file.fields.get("status") not in (None, "active"):
        yield Refusal(f"status_{file.fields['status']}")


def alive(file: File, kind: Kind, on: date, receipt: Receipt | None) -> Iterator[Refusal]:
    """Central data know of no death."""
    del kind, on, receipt
    if file.fields.get("deceased_on"):
        yield Refusal("deceased", {"date": days.said(file.fields["deceased_on"])})


def present(file: File, kind: Kind, on: date, receipt: Receipt | None) -> Iterator[Refusal]:
    """The person stands at the counter: it is given to nobody by mail or telephone."""
    del kind, on, receipt
    if not file.present:
        yield Refusal("absent")


def no_debt(file: File, kind: Kind, on: date, receipt: Receipt | None) -> Iterator[Refusal]:
    """Every period that is due is paid to the franc, by central data and a receipt that they do not know yet."""
    owed = [
        (row["period"], row["due"] - row["paid"])
        for row in sorted(file.tabs.get("contributions", ()), key=lambda row: periods.last_day(row["period"]))
        if row["paid"] < row["due"] and is_due(row["period"], kind.due_days, on)
    ]
    if receipt is not None and sum(amount for _, amount in owed) <= receipt.amount:
        return
    yield from (
        Refusal("unpaid", {"period": periods.said(period), "amount": grouped(amount)}) for period, amount in owed
    )


def declared(file: File, kind: Kind, on: date, receipt: Receipt | None) -> Iterator[Refusal]:
    """No period that is due is missing after the first one: what was never declared is no balance of nothing."""
    del receipt
    known = {row["period"] for row in file.tabs.get("contributions", ())}
    if not known:
        yield Refusal("nothing_declared")
        return
    period = periods.following(min(known, key=periods.last_day))
    while is_due(period, kind.due_days, on):
        if period not in known and not _covered(period, known):
            yield Refusal("undeclared", {"period": periods.said(period)})
        period = periods.following(period)


def _covered(period: str, known: set[str]) -> bool:
    """Whether periods of the other length say the same: an employer who came to pay monthly, or quarterly."""
    end = periods.last_day(period)
    return any(
        ("T" in other) != ("T" in period)
        and (periods.last_day(other) == end or ("T" in other and 0 < (periods.last_day(other) - end).days < 62))  # noqa: PLR2004 (a quarter's first two months)
        for other in known
    )


def employed(file: File, kind: Kind, on: date, receipt: Receipt | None) -> Iterator[Refusal]:
    """At least one employment is known."""
    del kind, on, receipt
    if not file.tabs.get("employments"):
        yield Refusal("no_employment")


def pensioner(file: File, kind: Kind, on: date, receipt: Receipt | None) -> Iterator[Refusal]:
    """They draw a pension."""
    del kind, on, receipt
    if "pensioner" not in str(file.fields.get("roles") or "").split(";"):
        yield Refusal("no_pensioner")


def paid(file: File, kind: Kind, on: date, receipt: Receipt | None) -> Iterator[Refusal]:
    """At least one payment came to them."""
    del kind, on, receipt
    if not any(row.get("state") == "paid" for row in file.tabs.get("payments", ())):
        yield Refusal("no_payment")


def nothing_paid(file: File, kind: Kind, on: date, receipt: Receipt | None) -> Iterator[Refusal]:
    """No benefit came to them."""
    del kind, on, receipt
    found = [row["paid_on"] for row in file.tabs.get("payments", ()) if row.get("state") == "paid"]
    if found:
        yield Refusal("payments", {"count": len(found), "date": days.said(max(found))})


def case_there(file: File, kind: Kind, on: date, receipt: Receipt | None) -> Iterator[Refusal]:
    """They have handed in a file."""
    del kind, on, receipt
    if not file.tabs.get("cases"):
        yield Refusal("no_case")


#: What a kind may ask for, by the word in its file.
CONDITIONS: dict[str, Condition] = {
    "number": numbered, "active": active, "alive": alive, "present": present, "no_debt": no_debt,
    "declared": declared, "employed": employed, "pensioner": pensioner, "paid": paid, "nothing_paid": nothing_paid,
    "case": case_there,
}  # fmt: skip
#: Fields and tabs that a condition reads, besides those that the kind prints.
READ_BY: dict[str, tuple[str, ...]] = {
    "number": ("number",), "active": ("status",), "alive": ("deceased_on",), "no_debt": ("contributions",),
    "declared": ("contributions",), "employed": ("employments",), "pensioner": ("roles",), "paid": ("payments",),
    "nothing_paid": ("payments",), "case": ("cases",),
}  # fmt: skip


def needs(kind: Kind) -> tuple[str, ...]:
    """Every field and tab of a file that a kind prints or looks at."""
    read = (name for condition in kind.conditions for name in READ_BY.get(condition, ()))
    periodicity = ("periodicity",) if kind.months_by_periodicity else ()
    return tuple(dict.fromkeys((*kind.fields, *kind.tabs, *read, *periodicity)))


def refusals(kind: Kind, file: File, on: date, receipt: Receipt | None = None) -> tuple[Refusal, ...]:
    """All that stands against giving it; nothing when it may be given."""
    if file.person != (kind.of == "person"):
        return (Refusal(f"of_{kind.of}"),)
    if file.hidden.intersection(needs(kind)):
        return (Refusal("hidden"),)
    if kind.months_by_periodicity and file.fields.get("periodicity") not in kind.months_by_periodicity:
        return (Refusal("no_periodicity"),)
    return tuple(found for name in kind.conditions for found in CONDITIONS[name](file, kind, on, receipt))


# --- what it says and how long it holds ------------------------------------------------------

#: What a kind's text may have filled in: {count} is the number of rows of its first tab.
BLANKS = ("name", "number", "issued", "until", "organisation", "agency", "city", "count")


def holds_sentence(kind: Kind, language: str, blanks: dict[str, str]) -> str:
    """What a certificate attests, with its blanks filled."""
    return kind.attests(language).format_map(blanks)


def holds_until(kind: Kind, file: File, on: date) -> date | None:
    """The last day on which it holds; None for one without end."""
    months = kind.months_by_periodicity.get(str(file.fields.get("periodicity")), kind.months)
    return until(on, months) if months else None


# --- what may happen to one ------------------------------------------------------------------


def receipt(number: str, amount: int, tender: str) -> Receipt:
    """A receipt as it was typed. Raises Unreadable."""
    said = " ".join(number.split()).upper()
    if not said or amount <= 0:
        raise Unreadable("a receipt has a number and an amount", code="receipt_wrong", field="receipt")
    if tender not in TENDERS:
        raise Unreadable(f"tender: one of {', '.join(TENDERS)}", code="receipt_wrong", field="tender")
    return Receipt(said[:40], amount, tender)


def may_print(certificate: Certificate, today: str) -> CertificatePrinted:
    """The next copy. Raises Refused for one that counts no more, and for one of which nothing is kept."""
    state = certificate.state(today)
    if state != "issued":
        raise Refused(f"{certificate.label} is {state}: issue another one", code=f"certificate_{state}")
    if certificate.snapshot is None:
        raise Refused(f"what {certificate.label} said is no longer kept", code="purged")
    return CertificatePrinted(certificate.id, certificate.copies)


def cancel(certificate: Certificate, reason: str, note: str) -> CertificateCancelled:
    """Take it back. Raises Unreadable without a reason, Refused when it was taken back already."""
    if reason not in REASONS:
        raise Unreadable(f"reason: one of {', '.join(REASONS)}", code="reason_needed", field="reason")
    if certificate.cancelled:
        raise Refused(f"{certificate.label} was cancelled already", code="certificate_cancelled")
    return CertificateCancelled(certificate.id, reason, " ".join(note.split())[:NOTE_LENGTH] or None)
