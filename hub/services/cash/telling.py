"""What the tills tell a judge of runs, in the words of quality/history-format.md, section 5; nobody is named.

An entry carries the text that its hash covers (`said`) and the hash (`head`), so that the judge recomputes the chain
without a line of ours.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

from hub.chain import canonical_json
from hub.services.cash import chain
from hub.services.cash.model import receipt
from hub.services.cash.office import office_of
from hub.settings import Settings

Line = dict[str, Any]
Told = tuple[str, Line]
#: Our kind of entry → the function that it is the effect of.
KINDS = {
    "collection": "cash.collect", "disbursement": "cash.pay", "reversal": "cash.reverse", "supply": "cash.move",
    "to_safe": "cash.move", "to_bank": "cash.move", "difference": "cash.difference",
}  # fmt: skip


def _entry(actor: str, said: Mapping[str, Any]) -> Told:
    """An entry of a till: its two legs sum to nothing; money in a drawer stands on an account named as its till."""
    kind = said["what"]
    spelt = chain.canonical({**said, "kind": kind, "agent": actor})
    return KINDS[kind], _facts(said, kind) | {"said": spelt}


def _facts(said: Mapping[str, Any], kind: str) -> Line:
    """What event and row of an entry say alike."""
    amount = said["amount"] if said["direction"] == "in" else -said["amount"]
    where = said["till"] if said["tender"] == "cash" else said["tender"]
    return {
        "eid": receipt(said["till"], said["year"], said["number"]), "till": said["till"], "session": said["session"],
        "series": f"{said['till']}-{said['year']}", "rno": said["number"], "pos": said["seq"], "cur": "XAF",
        "legs": [{"acct": where, "amt": amount}, {"acct": said["account"], "amt": -amount}], "kind": kind,
        "ref": said.get("reverses"), "reason": said.get("reason"), "approver": said.get("approver"),
        "head": said["hash"],
    }  # fmt: skip


def _opened(actor: str, said: Mapping[str, Any]) -> Told:
    return "till.open", {
        "till": said["till"], "session": said["session"], "owner": actor, "float": said["opening"],
        "left": said["expected"],
    }  # fmt: skip


def _counted(actor: str, said: Mapping[str, Any]) -> Told:
    del actor
    theory = {"count": said["total"], "theory": said["expected"], "why": said["purpose"]}
    return "till.count", {"till": said["till"], "session": said["session"]} | theory


def _closed(actor: str, said: Mapping[str, Any]) -> Told:
    spelt = {name: actor if name == "approver" else said.get(name) for name in chain.CLOSED}
    return "till.close", _closing_facts(said) | {"said": canonical_json(spelt), "previous": said["previous"]}


def _closing_facts(said: Mapping[str, Any]) -> Line:
    """What event and row of a closing say alike; `grand`: the perpetual totals, `last`: the head of the entries."""
    totals = said["totals"] if isinstance(said["totals"], dict) else json.loads(said["totals"])
    return {
        "till": said["till"], "session": said["session"], "z": said["z"], "float": said["opening"],
        "count": said["counted"], "theory": said["expected"], "diff": said["counted"] - said["expected"],
        "totals": totals["by_kind"], "grand": {"in": said["total_in"], "out": said["total_out"]},
        "last": said["head"], "head": said["hash"],
    }  # fmt: skip


def _asked(what: str, said: Mapping[str, Any]) -> Line:
    return {"what": what, "till": said.get("till"), "order": said.get("order"), "session": said.get("session")}


#: Our event → how it is told: who acted, and its public payload, in; the function and what rules look at, out.
TOLD = {
    "till_session_opened": _opened,
    "till_counted": _counted,
    "cash_entry_made": _entry,
    "closing_proposed": lambda _, said: ("cash.request", _asked("close", said)),
    "closing_approved": _closed,
    "reversal_asked": lambda _, said: (
        "cash.request",
        _asked("reverse", said) | {"draft": said["ask"], "eid": receipt(said["till"], said["year"], said["number"])},
    ),
    "reversal_decided": lambda _, said: (
        "cash.approve", _asked("reverse", said) | {"draft": said["ask"], "granted": said["granted"]},
    ),
    "receipt_printed": lambda _, said: (
        "cash.print", {"eid": receipt(said["till"], said["year"], said["number"]), "copy": said["copy"]},
    ),
    "payment_order_received": lambda _, said: (
        "order.receive", {"order": said["order"], "amt": said["amount"], "kind": said["nature"],
                          "period": said["period"]},
    ),
    "payment_order_reserved": lambda _, said: ("cash.request", _asked("pay", said)),
    "payment_order_approved": lambda _, said: ("cash.approve", _asked("pay", said)),
    "payment_order_paid": lambda _, said: ("order.pay", {"order": said["order"], "eid": said["receipt"]}),
    "payment_order_reopened": lambda _, said: ("order.reopen", {"order": said["order"], "eid": said["receipt"]}),
}  # fmt: skip


def state(reader: sqlite3.Connection) -> Iterator[Line]:
    """The tills, their entries and closings as the rows have them."""
    for row in reader.execute("SELECT * FROM till ORDER BY code"):
        yield {
            "side": "hub", "type": "till", "till": row["code"], "bal": row["cash"], "pos": row["seq"],
            "head": row["head"], "grand": {"in": row["total_in"], "out": row["total_out"]},
        }  # fmt: skip
    for row in reader.execute("SELECT * FROM cash_entry ORDER BY till, seq"):
        yield {"side": "hub", "type": "entry"} | _facts(dict(row), row["kind"])
    for row in reader.execute("SELECT * FROM cash_closing ORDER BY till, z"):
        yield {"side": "hub", "type": "zclose"} | _closing_facts(dict(row))


def config(settings: Settings) -> Line:
    """Which counter each till stands at, and above which amount an order needs another person's word."""
    office = office_of(settings)
    return {"tills": {till.code: {"counter": till.counter} for till in office.known},
            "approve_limit": office.approve_above}  # fmt: skip
