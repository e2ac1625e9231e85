"""Receipts and closings on paper: what a slip and a PDF say, in the same words. The same entry gives the same bytes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from hub import days, periods, seal
from hub.agents import store as agents
from hub.clock import local
from hub.context import Hub
from hub.errors import Refused
from hub.money import grouped, in_letters
from hub.paper import Slip
from hub.say import FIRST, say, words
from hub.services.cash import closings, slips, store
from hub.services.cash.model import CashEntry, Closing, PeriodClosing
from hub.services.cash.office import office_of, papers
from hub.workshop.qr import qr_picture

#: Columns of the closing's table (requirements R-063: the sample's own headings are wrong).
COLUMNS = ("number", "payer", "at", "label", "account", "tender", "amount")
#: Those of a month's or a year's: one line a closing.
PERIOD_COLUMNS = ("z", "date", "cashier", "numbers", "count", "gap", "total")
#: Lines on the first page of a month or a year, and on each other one.
PERIOD_HOLDS = (30, 40)


def language_of(hub: Hub) -> str:
    """The language of papers: the agency's first."""
    return hub.settings.agency.languages[0]


def receipt(hub: Hub, reader: sqlite3.Connection, found: CashEntry) -> slips.Receipt:
    """All that a receipt says. Raises Refused where whom it is about is no longer kept."""
    if found.statement is None and found.kind == "collection":
        raise Refused(f"what {found.receipt} said is no longer kept", code="purged")
    language, agency = language_of(hub), hub.settings.agency
    place = office_of(hub.settings).till(found.till)
    details: dict[str, str] = json.loads(found.details) if found.details else {}
    return slips.Receipt(
        organisation=agency.organisation, agency=agency.name, number=found.receipt,
        at=f"{local(found.at, agency.zone):%d/%m/%Y %H:%M}",
        till=f"{found.till} {place.label if place else ''}".strip(),
        cashier=_name(reader, found.agent), payer=found.payer or "–", payer_number=found.payer_number or "",
        label=found.label, account=found.account,
        lines=tuple(
            (said_line(language, line.period, line.flag) or found.label, line.amount) for line in found.lines
        ),
        amount=found.amount, tender=say(language, f"cash.tender_{found.tender}"),
        details=tuple((say(language, f"cash.detail_{name}"), value) for name, value in details.items()),
        tendered=found.tendered, change=found.change, reserve=found.tender_state != "paid",
        unknown_payer=found.kind == "collection" and found.party is None, reverses=found.reverses or "",
        paid_out=found.kind == "disbursement",
        code=seal.code_of(found.statement) if found.statement else found.hash[:12],
        proof=found.statement or found.receipt,
    )  # fmt: skip


def said_line(language: str, period: str, flag: str) -> str:
    """`4T 2012 (arriéré)`; nothing without a period."""
    if not period:
        return ""
    return periods.said(period) + (f" ({say(language, f'cash.flag_{flag}')})" if flag != "current" else "")


def _name(reader: sqlite3.Connection, agent: str | None) -> str:
    name = agents.names(reader).get(agent or "", "")
    return f"{agent} {name}".strip() if agent else "–"


def slip(hub: Hub, reader: sqlite3.Connection, found: CashEntry, copy: int) -> Slip:
    """The receipt for the till's own printer."""
    return slips.receipt_slip(receipt(hub, reader, found), language_of(hub), copy)


def receipt_pdf(hub: Hub, found: CashEntry, copy: int) -> bytes:
    """The receipt as PDF (0: the first). Raises NotDrawn, Refused."""
    said, language = receipt(hub, hub.reader, found), language_of(hub)
    data = (
        _common(hub)
        | {name: getattr(said, name) for name in said.__slots__ if name not in ("proof", "lines", "details")}
        | {
            "amount": grouped(said.amount),
            "heading": slips.title(said, language),
            "letters": in_letters(said.amount, language),
            "lines": [[name, grouped(amount)] for name, amount in said.lines],
            "details": [list(each) for each in said.details],
            "tendered": grouped(said.tendered or 0),
            "change": grouped(said.change) if said.change else None,
            "key": seal.key_said(next(iter(seal.own_key(hub.store.folder, "")))),
            "copy": copy,
        }
    )
    sources = papers(hub.settings.folder)
    return hub.workshop.drawn(
        {**sources, "main": sources["receipt.typ"], "qr.svg": qr_picture(said.proof)}, data, found.at // 1000
    )


# --- closings --------------------------------------------------------------------------------


def closing_pdf(hub: Hub, found: Closing, copy: int) -> bytes:
    """The closing (arrêté de caisse) as PDF. Raises NotDrawn."""
    sources = papers(hub.settings.folder)
    data = closing_data(hub, found, copy)
    picture = qr_picture(f"{found.agency} {found.till} Z{found.z} {found.hash}")
    return hub.workshop.drawn({**sources, "main": sources["closing.typ"], "qr.svg": picture}, data, found.at // 1000)


def closing_data(hub: Hub, found: Closing, copy: int) -> dict[str, Any]:
    """What the layout fills in: pages with what is carried, sub-totals, the count, the hash."""
    reader, language, office = hub.reader, language_of(hub), office_of(hub.settings)
    entries = store.entries_of(reader, found.session)
    public = [each for each in entries if closings.is_public(each)]
    inside = [each for each in entries if not closings.is_public(each)]
    pages = closings.pages_of(public, office)
    closings.justify(0, map(closings.signed, public), found.totals["total"])
    place = office.till(found.till)
    return _common(hub) | {
        "title": say(language, "cash.paper_closing"),
        "exercise": found.date[:4],
        "day": days.said(found.date),
        "cashier": _name(reader, found.cashier),
        "approver": _name(reader, found.approver),
        "till": f"{found.till} {place.label if place else ''}".strip(),
        "z": found.z,
        "columns": [say(language, f"cash.column_{name}") for name in COLUMNS],
        "pages": [_page(hub, page, language) for page in pages],
        "total": grouped(found.totals["total"]),
        "count": found.count,
        "moves": [[each.label, str(each.number), grouped(closings.signed(each))] for each in inside],
        "totals": [
            [say(language, f"cash.paper_{name}"), _totals(found.totals[name], name, language)]
            for name in ("by_account", "by_tender", "by_kind", "by_payer")
        ],
        "drawer": _drawer(found, language),
        "gap": found.gap,
        "motive": say(language, f"cash.motive_{found.motive}") if found.motive else "",
        "note": found.note or "",
        "pieces": _pieces(hub, found),
        "perpetual": [grouped(found.total_in), grouped(found.total_out)],
        "open": [
            [each.receipt, say(language, f"cash.tender_{each.tender}"), grouped(each.amount)]
            for each in public
            if each.counts and each.tender_state != "paid"
        ],
        "hash": found.hash,
        "previous": found.previous,
        "copy": copy,
    }


def _page(hub: Hub, page: closings.Page[CashEntry], language: str) -> dict[str, Any]:
    """One page's rows, with what comes from the page before and what goes to the next."""
    return {
        "report": grouped(page.report),
        "rows": [_row(hub, each, language) for each in page.rows],
        "sum": grouped(page.sum),
        "carried": grouped(page.carried),
    }


def _drawer(found: Closing, language: str) -> list[list[str]]:
    """From what the drawer began with to what was counted in it."""
    amounts = (
        ("opening", found.opening),
        ("cash_in", found.totals["cash_in"]),
        ("cash_out", -found.totals["cash_out"]),
        ("expected", found.expected),
        ("counted", found.counted),
        ("gap", found.gap),
    )
    return [[say(language, f"cash.paper_{name}"), grouped(amount)] for name, amount in amounts]


def _row(hub: Hub, each: CashEntry, language: str) -> list[str]:
    flags = {line.flag for line in each.lines} - {"current"}
    marks = ", ".join(say(language, f"cash.flag_{flag}") for flag in sorted(flags))
    return [
        str(each.number), _payer(each, language), f"{local(each.at, hub.settings.agency.zone):%d/%m/%Y %H:%M}",
        f"{each.label} ({marks})" if marks else each.label, each.account, say(language, f"cash.tender_{each.tender}"),
        grouped(closings.signed(each)),
    ]  # fmt: skip


def _payer(each: CashEntry, language: str) -> str:
    """Of what kind they are, their number and their name (R-069); the kind alone once the rest is no longer kept."""
    if not each.payer_kind:
        return "–"
    kind = say(language, f"cash.payer_{each.payer_kind}")
    return " · ".join(filter(None, (f"{kind} {each.payer_number or ''}".strip(), each.payer)))


def _totals(sums: dict[str, int], name: str, language: str) -> list[list[str]]:
    """Sub-totals with their words: an account is its own word."""
    room = {"by_tender": "tender", "by_kind": "kind", "by_payer": "payer"}.get(name)
    return [[say(language, f"cash.{room}_{key}") if room else key, grouped(amount)] for key, amount in sums.items()]


def _pieces(hub: Hub, found: Closing) -> list[list[str]]:
    """The count sheet of the closing, in the order of the drawer."""
    counts = [each for each in store.counts_of(hub.reader, found.session) if each.purpose == "closing"]
    pieces = counts[0].pieces if counts else {}
    language = language_of(hub)
    return [
        [say(language, "cash.coin" if each.coin else "cash.note_piece"), grouped(each.value),
         str(pieces[each.code]), grouped(each.value * pieces[each.code])]
        for each in office_of(hub.settings).denominations
        if pieces.get(each.code)
    ]  # fmt: skip


def _common(hub: Hub) -> dict[str, Any]:
    agency, language = hub.settings.agency, language_of(hub)
    return {
        "lang": language,
        "agency_full": {name: getattr(agency, name) for name in ("organisation", "name", "city", "address")},
        "words": {
            name.removeprefix("paper_"): say(language, f"cash.{name}")
            for name in words(FIRST, "cash")
            if name.startswith("paper_") and "{" not in words(FIRST, "cash")[name]
        },
    }


# --- months and years ------------------------------------------------------------------------


def period_pdf(hub: Hub, found: PeriodClosing, copy: int) -> bytes:
    """The closing of a month or a year as PDF. Raises NotDrawn."""
    sources = papers(hub.settings.folder)
    picture = qr_picture(f"{found.agency} {found.till} {found.period} {found.hash}")
    data = period_data(hub, found, copy)
    at = int(datetime.fromisoformat(found.said_at).timestamp())
    return hub.workshop.drawn({**sources, "main": sources["period.typ"], "qr.svg": picture}, data, at)


def period_data(hub: Hub, found: PeriodClosing, copy: int) -> dict[str, Any]:
    """What the layout fills in: each closing on a line, sub-totals over all of them, grand and perpetual totals."""
    reader, language, office = hub.reader, language_of(hub), office_of(hub.settings)
    covered = store.closings_of_period(reader, found)
    closings.justify(0, (each.totals["total"] for each in covered), found.total)
    pages = closings.sheets(covered, _total_of, PERIOD_HOLDS)
    place = office.till(found.till)
    word = "year" if len(found.period) == len("2013") else "month"
    return _common(hub) | {
        "title": say(language, f"cash.paper_closing_{word}"),
        "period": found.period if word == "year" else periods.said(found.period),
        "exercise": found.period[:4],
        "till": f"{found.till} {place.label if place else ''}".strip(),
        "by": _name(reader, found.agent),
        "first": found.first_z,
        "last": found.last_z,
        "columns": [say(language, f"cash.period_column_{name}") for name in PERIOD_COLUMNS],
        "pages": [
            {"report": grouped(page.report), "sum": grouped(page.sum), "carried": grouped(page.carried),
             "rows": [_closing_row(hub, each) for each in page.rows]}
            for page in pages
        ],
        "total": grouped(found.total),
        "count": found.count,
        "closings": len(covered),
        "gap": grouped(found.gap),
        "differs": found.gap != 0,
        "totals": [
            [say(language, f"cash.paper_{name}"), _totals(_summed(covered, name), name, language)]
            for name in ("by_account", "by_tender", "by_kind", "by_payer")
        ],
        "perpetual": [grouped(found.total_in), grouped(found.total_out)],
        "hash": found.hash,
        "previous": found.previous,
        "copy": copy,
    }  # fmt: skip


def _total_of(each: Closing) -> int:
    total: int = each.totals["total"]
    return total


def _summed(covered: Iterable[Closing], name: str) -> dict[str, int]:
    """One way of looking at several closings together."""
    found: dict[str, int] = {}
    for each in covered:
        for key, amount in each.totals[name].items():
            found[key] = found.get(key, 0) + amount
    return dict(sorted(found.items()))


def _closing_row(hub: Hub, each: Closing) -> list[str]:
    numbers = f"{each.first}\u2013{each.last}" if each.first is not None else "\u2013"
    return [f"Z{each.z}", days.said(each.date), _name(hub.reader, each.cashier), numbers, str(each.count),
            grouped(each.gap), grouped(_total_of(each))]  # fmt: skip
