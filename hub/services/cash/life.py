"""Certificates of life as the tills know them: heard from the register of documents, decided there, asked once (B.9).

A pension is paid while a certificate of its payee holds: one that was validated, for its period or until its own end.
Nobody is asked again in that time. Where there is none, whoever stands at the till in person gives one there: it goes
into the register like any other, and the payment waits until somebody else has validated it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

from hub import periods
from hub.errors import Refused
from hub.journal import Event

#: As the register has it: DEPOSE · VALIDE · REJETE · A_COMPLETER · ANOMALIE; one that is integrated stays validated.
LifeState = Literal["deposited", "validated", "rejected", "to_complete", "anomaly"]
#: What a fact of the register makes of a certificate.
BECOMES: dict[str, LifeState] = {
    "document_validated": "validated", "document_integrated": "validated", "document_rejected": "rejected",
    "document_asked": "to_complete", "document_supplied": "deposited", "decision_undone": "deposited",
    "document_returned": "anomaly", "document_put_right": "deposited",
}  # fmt: skip
#: What a certificate is to a payment on a day.
Standing = Literal["holds", "undecided", "missing"]
_HALF = re.compile(r"(\d{4})-S([12])")


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate of somebody: `label` is its number in the register; dates ISO, None where they are not kept."""

    document: int
    label: str
    period: str
    state: LifeState
    valid_until: str | None = None


@dataclass(frozen=True, slots=True)
class Stands:
    """How a payee's certificates stand on a day, and the one that says so."""

    standing: Standing
    by: Certificate | None = None


# --- facts -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LifeEvent(Event):
    """Something about a certificate of life: a document of the register, by its row."""

    document: int

    @property
    def subject(self) -> str:
        """The document."""
        return f"document {self.document}"


@dataclass(frozen=True, slots=True)
class LifeCertificateNoted(LifeEvent):
    """Somebody's certificate of life was deposited. Who, and until when it holds, is private."""

    kind: ClassVar[str] = "life_certificate_noted"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"party", "valid_until"})
    label: str
    period: str
    party: str | None = None
    valid_until: str | None = None


@dataclass(frozen=True, slots=True)
class LifeCertificateDecided(LifeEvent):
    """It was decided on, or that was taken back."""

    kind: ClassVar[str] = "life_certificate_decided"
    state: LifeState


@dataclass(frozen=True, slots=True)
class LifeCertificateTaken(Event):
    """The payee of an order stands at the till in person: that is their certificate, for the register to write down."""

    kind: ClassVar[str] = "life_certificate_taken"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"party", "payee", "payee_number"})
    order: str
    type: str
    party: str | None = None
    payee: str | None = None
    payee_number: str | None = None

    @property
    def subject(self) -> str:
        """The order."""
        return f"order {self.order}"


# --- rules -----------------------------------------------------------------------------------


def covers(period: str, on: date) -> bool:
    """Whether a day lies in a period of the register: a half (`2013-S1`), a year, a quarter, a month."""
    if half := _HALF.fullmatch(period):
        return (str(on.year), str((on.month + 5) // 6)) == half.groups()
    if period.isdecimal():
        return str(on.year) == period
    return periods.is_period(period) and periods.first_day(period) <= on <= periods.last_day(period)


def stands(found: Iterable[Certificate], on: date) -> Stands:
    """How somebody's certificates stand on a day: one that holds, else one that waits for a decision."""
    waiting: Certificate | None = None
    for each in found:
        counts = covers(each.period, on) or (each.valid_until or "") >= on.isoformat()
        if counts and each.state == "validated":
            return Stands("holds", each)
        if counts and each.state in ("deposited", "to_complete", "anomaly"):
            waiting = each
    return Stands("undecided", waiting) if waiting else Stands("missing")


def required(found: Stands) -> str:
    """What the payment says of the certificate. Raises Refused until one is validated."""
    if found.standing == "holds" and found.by is not None:
        return found.by.label
    if found.by is not None:
        raise Refused(
            f"the certificate {found.by.label} is not validated yet", code="life_undecided", field="life",
            label=found.by.label,
        )  # fmt: skip
    raise Refused("there is no certificate of life for this time", code="life_missing", field="life")


def takeable(found: Stands) -> None:
    """Raise Refused where a certificate is there already: nobody is asked twice in its time."""
    if found.by is not None:
        raise Refused(f"{found.by.label} is there already", code="life_there", field="life", label=found.by.label)
