"""The receipt (quittance) as lines of paper: what was paid, by whom, how, and what proves it."""

from __future__ import annotations

from dataclasses import dataclass

from hub.money import grouped, in_letters
from hub.paper import Cut, Feed, Pair, Qr, Rule, Slip, Text, duplicate
from hub.say import say


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt as its papers tell it: all is text already but the amounts, so that both papers say the same.

    `lines`: period or label and amount; `reserve`: it is not money yet; `proof`: what the QR says.
    """

    organisation: str
    agency: str
    number: str
    at: str
    till: str
    cashier: str
    payer: str
    payer_number: str
    label: str
    account: str
    lines: tuple[tuple[str, int], ...]
    amount: int
    tender: str
    details: tuple[tuple[str, str], ...]
    tendered: int | None
    change: int | None
    reserve: bool
    unknown_payer: bool
    reverses: str
    paid_out: bool
    code: str
    proof: str


def receipt_slip(said: Receipt, language: str, copy: int) -> Slip:
    """The lines. A further print says which one it is."""

    def t(word: str, **values: object) -> str:
        return say(language, f"cash.paper_{word}", **values)

    slip: Slip = (
        Text(said.organisation, align="center"),
        Text(said.agency, bold=True, align="center"),
        Rule(),
        Text(title(said, language), bold=True, align="center"),
        Text(said.number, size=2, bold=True, align="center"),
        *((Text(t("reverses", receipt=said.reverses), align="center"),) if said.reverses else ()),
        Pair(t("at"), said.at),
        Pair(t("till"), said.till),
        Pair(t("cashier"), said.cashier),
        Rule(),
        *((Text(t("payee")),) if said.paid_out else ()),
        Text(said.payer, bold=True),
        *((Pair(t("payer_number"), said.payer_number),) if said.payer_number else ()),
        *((Text(t("unknown_payer")),) if said.unknown_payer else ()),
        Rule(),
        Text(said.label, bold=True),
        *(Pair(name, grouped(amount)) for name, amount in said.lines),
        Pair(t("account"), said.account),
        Rule(),
        Text(f"{grouped(said.amount)} FCFA", size=2, bold=True, align="center"),
        Text(in_letters(said.amount, language), align="center"),
        Pair(t("tender"), said.tender),
        *(Pair(name, value) for name, value in said.details),
        *_change(said, language),
        *((Text(t("reserve"), bold=True, align="center"),) if said.reserve else ()),
        *((Feed(2), Text(t("visa_payee")), Feed(3)) if said.paid_out else ()),
        Feed(),
        Qr(said.proof, size=3),
        Text(said.code, align="center"),
        Text(t("check_how"), align="center"),
        Feed(),
        Cut(),
    )
    return duplicate(slip, copy) if copy else slip


def title(said: Receipt, language: str) -> str:
    """What the paper is called."""
    word = "reversal" if said.reverses else "paid" if said.paid_out else "receipt"
    return say(language, f"cash.paper_{word}")


def _change(said: Receipt, language: str) -> tuple[Pair, ...]:
    """What was given and what went back, where there was change."""
    if said.tendered is None or said.change is None or not said.change:
        return ()
    return (
        Pair(say(language, "cash.paper_given"), grouped(said.tendered)),
        Pair(say(language, "cash.paper_change"), grouped(said.change), bold=True),
    )
