"""The tills of the legal world: cashiers, a head cashier, a treasury that sends orders, a centre that is told.

Written from the requirements (B.8, B.9, C.4) alone, as the rest of that world: not a line is the hub's or the judge's.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.hub.queues.reference import No

Line = dict[str, Any]
ACCOUNT, LIMIT, ORDERS = "415120", 500_000, 14
#: till → its counter and its cashier.
PLACES = {"T1": ("03", "user:till1"), "T2": ("06", "user:till2")}
CHIEF = "user:chief"
CODES = {"collection": "ENC", "disbursement": "DEC", "reversal": "CTP", "supply": "APP", "difference": "ECA"}
FUNCTIONS = {
    "collection": "cash.collect", "disbursement": "cash.pay", "reversal": "cash.reverse", "supply": "cash.move",
    "difference": "cash.difference",
}  # fmt: skip


@dataclass
class Till:
    code: str
    counter: str
    owner: str
    session: int | None = None
    state: str = "closed"
    cash: int = 0
    pos: int = 0
    head: str = "0" * 64
    z: int = 0
    closing_head: str = "0" * 64
    grand: Line = field(default_factory=lambda: {"in": 0, "out": 0})
    opening: int = 0
    counted: int = 0
    mine: list[Line] = field(default_factory=list)


class Tills:
    """What the agency's tills hold and have written."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.tills = {code: Till(code, *place) for code, place in PLACES.items()}
        self.entries: dict[str, Line] = {}
        self.copies: dict[str, int] = {}
        self.undone: dict[str, str] = {}
        self.asks: dict[int, Line] = {}
        self.orders: dict[str, Line] = {}
        self.sent: list[Line] = []
        self.centre: list[Line] = []
        self.closings: list[Line] = []
        self.heads: list[Line] = []
        self._sessions = count(1)

    def send_orders(self) -> None:
        for n in range(ORDERS):
            amount = self.world.chance.choice((12_000, 40_000, 98_000, 700_000))
            self.orders[f"N{n}"] = {"amt": amount, "state": "payable", "till": None, "by": None, "eid": None}
            self.world.record("order.receive", "user:treasury", order=f"N{n}", amt=amount, kind="pension", period="T1")

    # --- entries

    def book(  # noqa: PLR0913, PLR0917 (what an entry is made of)
        self, actor: str, key: str | None, till: Till, kind: str, amount: int, tender: str = "cash", **more: Any
    ) -> Line:
        """An entry; `amount` is less than nothing for money that goes out."""
        moved = amount if tender == "cash" else 0
        if till.cash + moved < 0:
            raise No
        till.pos += 1
        eid = f"{till.code}-2026-{till.pos:06d}"
        said = "|".join(
            ("2", "A1", till.code, str(till.pos), str(round(self.world.ms)), CODES[kind], ACCOUNT, str(abs(amount)),
             "XAF", "COTIS", json.dumps(more, sort_keys=True))
        )  # fmt: skip
        till.head = hashlib.sha256(f"{said}{till.head}".encode()).hexdigest()
        where = till.code if tender == "cash" else tender
        facts = {
            "eid": eid, "till": till.code, "session": till.session, "series": f"{till.code}-2026", "rno": till.pos,
            "pos": till.pos, "cur": "XAF", "kind": kind, "ref": None, "reason": None, "approver": None,
            "legs": [{"acct": where, "amt": amount}, {"acct": ACCOUNT, "amt": -amount}], "head": till.head,
        } | more  # fmt: skip
        till.cash += moved
        till.grand["in" if amount > 0 else "out"] += abs(amount)
        self.entries[eid] = facts | {"tender": tender}
        if kind != "difference":
            till.mine.append(facts)
        visit = self._visit(till) if kind != "reversal" else None
        self.world.record(FUNCTIONS[kind], actor, key, visit, **facts, said=said)
        return {name: facts[name] for name in ("eid", "series", "rno", "head")} | {"amt": abs(amount)}

    def _visit(self, till: Till) -> int | None:
        t = self.world.reference.counters[till.counter]["ticket"]
        if t is None or t["state"] not in ("called", "serving"):
            return None
        return next(n for n, one in enumerate(self.world.reference.tickets) if one is t)

    def working(self, code: str) -> Till:
        till = self.tills[code]
        if till.state != "open":
            raise No
        return till

    # --- what can be asked

    def open(self, actor: str, key: str, code: str) -> Line:
        till = self.tills[code]
        if till.session is not None:
            raise No
        opening = till.cash if till.z else self.world.chance.randrange(0, 100_000, 25)
        till.session, till.state, till.opening, till.mine = next(self._sessions), "open", opening, []
        till.cash = opening
        self.world.record("till.open", actor, key, till=code, session=till.session, owner=actor, float=opening,
                          left=opening)  # fmt: skip
        return {"session": till.session}

    def collect(self, actor: str, key: str, code: str, amount: int, tender: str) -> Line:
        return self.book(actor, key, self.working(code), "collection", amount, tender)

    def supply(self, actor: str, key: str, code: str, amount: int) -> Line:
        return self.book(actor, key, self.working(code), "supply", amount)

    def reserve(self, actor: str, key: str, code: str, number: str) -> Line:
        till, order = self.working(code), self.orders[number]
        if order["state"] == "paid" or (order["state"] == "reserved" and order["till"] != code):
            raise No
        if order["amt"] > till.cash:
            raise No
        order.update(state="reserved", till=code, by=None)
        self.world.record("cash.request", actor, key, what="pay", till=code, order=number, session=till.session)
        return {"order": number}

    def allow(self, actor: str, key: str, number: str) -> Line:
        order = self.orders[number]
        if order["state"] != "reserved":
            raise No
        order["by"] = actor.partition(":")[2]
        self.world.record("cash.approve", actor, key, what="pay", order=number, till=None, session=None)
        return {"order": number}

    def pay(self, actor: str, key: str, code: str, number: str) -> Line:
        till, order = self.working(code), self.orders[number]
        if order["state"] != "reserved" or order["till"] != code or (order["amt"] > LIMIT and order["by"] is None):
            raise No
        r = self.book(actor, key, till, "disbursement", -order["amt"], approver=order["by"])
        order.update(state="paid", eid=r["eid"])
        self.world.record("order.pay", actor, None, order=number, eid=r["eid"])
        return r

    def ask_back(self, actor: str, key: str, code: str, eid: str) -> Line:
        till = self.working(code)
        entry = self.entries[eid]
        if entry["kind"] in ("reversal", "difference") or eid in self.undone or entry["session"] != till.session:
            raise No
        if any(a["eid"] == eid and a["state"] == "asked" for a in self.asks.values()):
            raise No
        draft = len(self.asks) + 1
        self.asks[draft] = {"eid": eid, "till": code, "state": "asked"}
        self.world.record("cash.request", actor, key, what="reverse", till=code, draft=draft, eid=eid, order=None)
        return {"draft": draft}

    def decide(self, actor: str, key: str, draft: int, *, granted: bool) -> Line:
        ask = self.asks[draft]
        if ask["state"] != "asked":
            raise No
        r: Line = {"draft": draft}
        entry = self.entries[ask["eid"]]
        if granted:
            r |= self.book(
                actor, key, self.tills[ask["till"]], "reversal", -entry["legs"][0]["amt"], entry["tender"],
                ref=ask["eid"], reason="typing", approver=actor.partition(":")[2],
            )  # fmt: skip
            self.undone[ask["eid"]] = r["eid"]
            for number, order in self.orders.items():
                if order["eid"] == ask["eid"]:
                    order.update(state="payable", eid=None)
                    self.world.record("order.reopen", actor, None, order=number, eid=r["eid"])
        ask["state"] = "decided"
        self.world.record("cash.approve", actor, None if granted else key, what="reverse", draft=draft, granted=granted,
                          till=ask["till"])  # fmt: skip
        return r

    def print(self, actor: str, key: str, eid: str) -> Line:
        copy = self.copies.get(eid, 0)
        self.copies[eid] = copy + 1
        self.world.record("cash.print", actor, key, eid=eid, copy=copy)
        return {"eid": eid, "copy": copy}

    def count(self, actor: str, key: str, code: str, off: int) -> Line:
        till = self.tills[code]
        open_asks = any(a["till"] == code and a["state"] == "asked" for a in self.asks.values())
        in_hand = any(o["till"] == code and o["state"] == "reserved" for o in self.orders.values())
        if till.state not in ("open", "counted") or open_asks or in_hand:
            raise No
        till.state, till.counted = "counted", till.cash + off
        self.world.record("till.count", actor, key, till=code, session=till.session, count=till.counted,
                          theory=till.cash, why="closing")  # fmt: skip
        return {"session": till.session, "count": till.counted, "theory": till.cash, "diff": off}

    def propose(self, actor: str, key: str, code: str) -> Line:
        till = self.tills[code]
        if till.state != "counted":
            raise No
        till.state = "proposed"
        self.world.record("cash.request", actor, key, what="close", till=code, session=till.session, order=None)
        return {"session": till.session}

    def close(self, actor: str, key: str, code: str) -> Line:
        till = self.tills[code]
        if till.state != "proposed":
            raise No
        theory, gap, first = till.cash, till.counted - till.cash, key
        if gap:
            self.book(actor, first, till, "difference", gap, approver=actor.partition(":")[2])
            first = None
        totals: Line = {}
        for each in till.mine:
            totals[each["kind"]] = totals.get(each["kind"], 0) + each["legs"][0]["amt"]
        till.z += 1
        said = json.dumps([code, till.z, till.counted, theory, totals, till.head])
        head = hashlib.sha256(f"{said}{till.closing_head}".encode()).hexdigest()
        facts = {
            "till": code, "session": till.session, "z": till.z, "float": till.opening, "count": till.counted,
            "theory": theory, "diff": gap, "totals": totals, "grand": dict(till.grand), "last": till.head, "head": head,
        }  # fmt: skip
        self.world.record("till.close", actor, first, **facts, said=said, previous=till.closing_head)
        self.closings.append(facts)
        till.closing_head, session = head, till.session
        till.session, till.state = None, "closed"
        self._tell(facts)
        self.world.sign()
        return {"session": session, "z": till.z, "diff": gap, "closing": head}

    # --- the centre

    def _tell(self, facts: Line) -> None:
        digest = hashlib.sha256(json.dumps(facts).encode()).hexdigest()
        message = {"side": "hub", "type": "outbox", "seq": len(self.sent) + 1, "state": "sent", "hash": digest}
        self.sent.append(message)
        self.world.after(self.world.chance.uniform(50, 4_000), self._arrive)

    def _arrive(self) -> None:
        """The centre takes the next ones, in their order, as far as they were sent."""
        for message in self.sent[len(self.centre) :]:
            line = {"side": "hq", "type": "event", "kind": "applied", "seq": message["seq"], "hash": message["hash"]}
            self.centre.append(line)

    def states(self) -> list[Line]:
        """Tills, entries and closings as rows would have them."""
        names = ("eid", "till", "session", "series", "rno", "pos", "cur", "legs", "kind", "ref", "reason", "approver",
                 "head")  # fmt: skip
        return [
            *({"side": "hub", "type": "till", "till": t.code, "bal": t.cash, "pos": t.pos, "head": t.head,
               "grand": dict(t.grand)} for t in self.tills.values()),
            *({"side": "hub", "type": "entry"} | {n: e[n] for n in names} for e in self.entries.values()),
            *({"side": "hub", "type": "zclose"} | each for each in self.closings),
            *self.sent, *self.centre, *self.heads,
        ]  # fmt: skip


# --- stories -----------------------------------------------------------------------------------


def asking(world: Any, client: Any, f: str, key: str, a: Line, act: Any):  # noqa: PLR0913, PLR0917 (as the world asks)
    """As everybody asks; and the page says what is known of it."""
    answer = None
    for _ in range(60):
        answer = yield ("ask", f, key, a, act)
        msg = "unknown" if answer is None else "done" if isinstance(answer, dict) else "failed"
        world.saw(client, "screen", {"key": key, "msg": msg})
        if answer is not None:
            break
        yield ("sleep", world.chance.uniform(50, 300))
    if isinstance(answer, dict) and world.chance.random() < 0.05:
        yield ("ask", f, key, a, act)
    return answer


def cashier_story(world: Any, client: Any, code: str):
    """Opens the till, takes and pays, asks for mistakes to be taken back, counts, and waits for the closing's word."""
    me, keys, tills, till = client.actor, (f"{code}-{n}" for n in count(1)), world.tills, world.tills.tills[code]

    def ask(f: str, a: Line, act: Any, *about: Any):
        key = next(keys)
        return asking(world, client, f, key, {"till": code} | a, lambda: act(me, key, code, *about))

    while not world.closing:
        yield from ask("till.open", {}, tills.open)
        for _ in range(world.chance.randint(8, 25)):
            yield ("sleep", world.chance.uniform(100, 3_000))
            yield from _one_act(world, client, code, ask, next(keys))
            if world.closing:
                break
        yield from _give_up(world, code)
        while till.session is not None and till.state != "proposed":
            yield from ask("till.count", {}, tills.count, world.chance.choice((0, 0, 0, 25, -5)) if till.cash else 0)
            yield from ask("cash.request", {"what": "close"}, tills.propose)
            yield ("sleep", 300)
        while till.session is not None:
            yield ("sleep", 500)


def _one_act(world: Any, client: Any, code: str, ask: Any, key: str):
    tills, till, dice = world.tills, world.tills.tills[code], world.chance.random()
    if dice < 0.5:
        amount, tender = world.chance.randint(1, 300_000), world.chance.choice(("cash", "cash", "cash", "cheque"))
        heard = yield from ask("cash.collect", {"amt": amount, "tender": tender}, tills.collect, amount, tender)
        if isinstance(heard, dict) and world.chance.random() < 0.8:
            yield from _print(world, client, heard, key)
    elif dice < 0.6:
        amount = world.chance.randint(100_000, 900_000)
        yield from ask("cash.move", {"amt": amount}, tills.supply, amount)
    elif dice < 0.85:
        yield from _pay(world, code, ask)
    else:
        last = [e["eid"] for e in till.mine[-4:]]
        if last:
            eid = world.chance.choice(last)
            yield from ask("cash.request", {"what": "reverse", "eid": eid}, tills.ask_back, eid)


def _print(world: Any, client: Any, r: Line, key: str):
    me = client.actor
    told = yield from asking(
        world, client, "cash.print", f"{key}-print", {"eid": r["eid"]},
        lambda: world.tills.print(me, f"{key}-print", r["eid"]),
    )  # fmt: skip
    if isinstance(told, dict):
        paper = {"kind": "receipt", "key": f"{key}-print", "dup": told["copy"] > 0, "complete": True}
        world.saw(
            client, "print", paper | {n: r[n] for n in ("eid", "series", "rno", "amt")} | {"head": r["head"][:24]}
        )


def _pay(world: Any, code: str, ask: Any):
    tills = world.tills
    number = world.chance.choice(list(tills.orders))
    if not isinstance((yield from ask("cash.request", {"order": number}, tills.reserve, number)), dict):
        return
    for _ in range(6):
        yield ("sleep", world.chance.uniform(50, 900))
        if isinstance((yield from ask("cash.pay", {"order": number}, tills.pay, number)), dict):
            return


def _give_up(world: Any, code: str):
    """What a till still has in hand goes back; the format has no word for it."""
    yield ("sleep", 400)
    for order in world.tills.orders.values():
        if order["state"] == "reserved" and order["till"] == code:
            order.update(state="payable", till=None, by=None)


def chief_story(world: Any, client: Any):
    """Decides on what was asked, allows large orders, approves closings, and looks at what the tills hold."""
    me, keys, tills = client.actor, (f"H-{n}" for n in count(1)), world.tills

    def ask(f: str, a: Line, act: Any, *about: Any, **more: Any):
        key = next(keys)
        return asking(world, client, f, key, a, lambda: act(me, key, *about, **more))

    while not world.closing or any(t.session is not None for t in tills.tills.values()):
        yield ("sleep", world.chance.uniform(100, 700))
        for draft in [n for n, a in tills.asks.items() if a["state"] == "asked"]:
            granted = world.chance.random() < 0.8
            heard = yield from ask("cash.approve", {"draft": draft, "granted": granted}, tills.decide, draft,
                                   granted=granted)  # fmt: skip
            if isinstance(heard, str):  # the drawer has not so much any more
                yield from ask("cash.approve", {"draft": draft, "granted": False}, tills.decide, draft, granted=False)
        for number in [n for n, o in tills.orders.items() if o["state"] == "reserved" and o["amt"] > LIMIT]:
            yield from ask("cash.approve", {"order": number}, tills.allow, number)
        for code in [t.code for t in tills.tills.values() if t.state == "proposed"]:
            yield from ask("till.close", {"till": code}, tills.close, code)
        code = world.chance.choice(list(PLACES))
        yield ("ask", "cash.balance", None, {"till": code}, lambda c=code: {"bal": tills.tills[c].cash})


def centre_story(world: Any, client: Any):
    """The centre is asked now and then how far it is."""
    while not world.closing:
        yield ("sleep", world.chance.uniform(500, 6_000))
        yield ("ask", "hq.applied", None, {"agency": ""}, lambda: {"seq": len(world.tills.centre)})
