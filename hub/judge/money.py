"""C1 to C10, C14, C17: no entry lost, invented or doubled; receipts without a gap; balances, reversals, two persons."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from typing import Any

from hub.judge.run import Effect, Line, Operation, Request, Run
from hub.judge.verdict import Finding

#: What makes an entry of a till, and which requests may have asked for it.
ENTRIES: dict[str, frozenset[str]] = {
    "cash.collect": frozenset({"cash.collect"}),
    "cash.pay": frozenset({"cash.pay"}),
    "cash.reverse": frozenset({"cash.reverse", "cash.approve"}),
    "cash.move": frozenset({"cash.move"}),
    "cash.difference": frozenset({"till.close"}),
}
#: What begins and ends a session, and what may have asked for it.
SESSIONS: dict[str, frozenset[str]] = {name: frozenset({name}) for name in ("till.open", "till.count", "till.close")}
#: Requests about money that change something.
ACTS = frozenset({"cash.request", "cash.approve", *SESSIONS}.union(*ENTRIES.values()))
#: What all copies of an entry say alike.
COPIED = ("till", "session", "series", "rno", "legs", "cur", "kind", "ref", "head")


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the journal, and the request that it came from as far as anybody knows it."""

    effect: Effect
    request: Request | None

    @property
    def body(self) -> Line:
        return self.effect.body

    @property
    def eid(self) -> str:
        return str(self.effect.body["eid"])


class Money:
    """What a run says about tills, sorted out once."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.asked = [one for one in run.requests.values() if one.f in ACTS]
        self.entries: dict[str, list[Entry]] = defaultdict(list)
        self.tills: dict[str, list[Entry]] = defaultdict(list)
        for effect, request in _caused(run):
            entry = Entry(effect, request)
            if effect.kind in ENTRIES:
                self.entries[entry.eid].append(entry)
            if effect.kind in ENTRIES or effect.kind in SESSIONS:
                self.tills[str(effect.body["till"])].append(entry)
        self.asks = [effect for effect in run.journal if effect.kind == "cash.request"]
        self.words = [effect for effect in run.journal if effect.kind == "cash.approve"]

    def all_entries(self) -> Iterator[Entry]:
        """Every entry, in the order of the journal within its till."""
        return (each for its in self.tills.values() for each in its if each.effect.kind in ENTRIES)

    def first(self, eid: object) -> Entry | None:
        """The entry of that id."""
        found = self.entries.get(str(eid))
        return found[0] if found else None


def money_of(run: Run) -> Money:
    """What the run says about tills."""
    found = run.sorted_out.get("money")
    if not isinstance(found, Money):
        found = run.sorted_out["money"] = Money(run)
    return found


def _caused(run: Run) -> Iterator[tuple[Effect, Request | None]]:
    """Each entry of the journal with its request: the key stands with the first of what one request did."""
    last: Effect | None = None
    for effect in run.journal:
        same = last is not None and effect.key is None and effect.actor == last.actor
        last = effect if effect.key is not None else last if same else None
        yield effect, run.requests.get((last.actor, last.key or "")) if last else None


# --- lost, invented, doubled -------------------------------------------------------------------


def c1(run: Run, found: Finding) -> None:
    """(E) What was answered is in the journal, as it was answered, and once in the state."""
    money = money_of(run)
    states: dict[str, int] = defaultdict(int)
    for line in run.final:
        if line["type"] == "entry" and line["side"] == "hub":
            states[line["eid"]] += 1
    sessions = {(e.kind, e.body.get("till"), e.body.get("session")) for e in run.journal if e.kind in SESSIONS}
    for request in money.asked:
        for one in request.oks[:1]:
            found.saw(_lost(money, request, one.r, states, sessions), one.lines)


def _lost(money: Money, request: Request, r: Line, states: Mapping[str, int], sessions: set[Any]) -> str:
    name = r.get("eid")
    if name is None:
        if (
            request.f in SESSIONS
            and "session" in r
            and (request.f, request.a.get("till"), r.get("session")) not in sessions
        ):
            return f"{request.f} of {request.a.get('till')} was answered and is not in the journal"
        return "" if money.run.effects.get((request.actor, request.key)) else f"{request.f} was answered and not kept"
    entry = money.first(name)
    if entry is None:
        return f"{name} was answered and is not in the journal"
    if (r.get("series"), r.get("rno")) != (entry.body["series"], entry.body["rno"]):
        return f"{name} was answered as {r.get('series')} {r.get('rno')}"
    return "" if not states or states[name] == 1 else f"{name} is there {states[name]} times in the end"


def c2(run: Run, found: Finding) -> None:
    """(E) Each entry, opening, count and closing was asked for by somebody, for that."""
    first = run.facts.get("from_seq", 0)
    for its in money_of(run).tills.values():
        for each in its:
            if each.effect.seq < first:
                continue
            wanted = (ENTRIES | SESSIONS)[each.effect.kind]
            known = each.request is not None and each.request.f in wanted and not each.request.refused
            name = each.body.get("eid", f"{each.effect.kind} of {each.body['till']}")
            what = "" if known else f"{name} was never asked for by {each.effect.actor}"
            found.saw(what, [each.effect.line, *(each.request.lines if each.request else ())])


def c3(run: Run, found: Finding) -> None:
    """One entry a key: in answers and in the journal; and no entry for two keys."""
    money = money_of(run)
    owner: dict[str, Request] = {}
    for request in money.asked:
        told = {one.r["eid"] for one in request.oks if one.r.get("eid") is not None}
        found.saw(
            f"{request.actor} {request.key} was given {len(told)} entries" if len(told) > 1 else "", request.lines
        )
        for eid in told:
            first = owner.setdefault(eid, request)
            again = first is not request
            found.saw(f"{eid} was given to two requests" if again else "", [*first.lines, *request.lines])
    made: dict[int, list[Entry]] = defaultdict(list)
    for each in money.all_entries():
        if each.request is not None:
            made[id(each.request)].append(each)
    for its in made.values():
        what = f"{its[0].effect.actor} {its[0].effect.key} made {len(its)} entries" if len(its) > 1 else ""
        found.saw(what, [each.effect.line for each in its])
    for eid, twins in money.entries.items():
        found.saw(f"{eid} is there {len(twins)} times" if len(twins) > 1 else "", [e.effect.line for e in twins])


def c4(run: Run, found: Finding) -> None:
    """Receipts of a series are 1, 2, 3 … in the journal's order; whoever saw a number saw it on that entry."""
    series: dict[str, list[Entry]] = defaultdict(list)
    for each in money_of(run).all_entries():
        series[each.body["series"]].append(each)
    holder: dict[tuple[str, int], str] = {}
    for name, its in series.items():
        for before, after in pairwise([None, *its]):
            found.saw(_gap(name, before, after), [x.effect.line for x in (before, after) if x])
            holder.setdefault((name, after.body["rno"]), after.eid)  # type: ignore[union-attr]
    for r, line in _seen_receipts(run):
        known = holder.setdefault((str(r["series"]), r["rno"]), str(r["eid"]))
        found.saw(f"{r['series']} {r['rno']} is on {known} and on {r['eid']}" if known != r["eid"] else "", [line])


def _gap(series: str, before: Entry | None, after: Entry | None) -> str:
    assert after is not None
    last, number = (before.body["rno"] if before else 0), after.body["rno"]
    began = after.effect.epoch > (before.effect.epoch if before else 1)
    if number == last + 1 or (began and number > last):
        return ""
    return f"{series}: {number} follows {last}"


def _seen_receipts(run: Run) -> Iterator[tuple[Line, Line]]:
    """Answers and papers that say a receipt's number."""
    for request in money_of(run).asked:
        for one in request.oks:
            if one.r.get("rno") is not None:
                yield one.r, one.told or one.asked
    for line in run.prints:
        if line["r"].get("kind") == "receipt":
            yield line["r"], line


# --- balances ----------------------------------------------------------------------------------


def moved(body: Line) -> int:
    """What an entry adds to the money of its till."""
    return sum(leg["amt"] for leg in body["legs"] if leg["acct"] == body["till"])


def c5(run: Run, found: Finding) -> None:
    """(E) Entries balance in whole units; float and entries give what the till holds and what a closing expects."""
    balances: dict[str, int] = {}
    for till, its in money_of(run).tills.items():
        balance, place = 0, 0
        for each in its:
            body, wrong = each.body, ""
            if each.effect.kind == "till.open":
                balance = body["float"]
            elif each.effect.kind == "till.count" and body["theory"] != balance:
                wrong = f"{till} should hold {body['theory']} at a count; its entries give {balance}"
            elif each.effect.kind in ENTRIES:
                wrong = _unbalanced(body) or ("" if body["pos"] == place + 1 else f"{each.eid} is out of its place")
                balance, place = balance + moved(body), body["pos"]
            found.saw(wrong, [each.effect.line])
        balances[till] = balance
    for line in run.final:
        if line["type"] == "till" and line["side"] == "hub":
            given = balances.get(line["till"], 0)
            wrong = f"{line['till']} holds {line['bal']}; its entries give {given}" if line["bal"] != given else ""
            found.saw(wrong, [line])


def _unbalanced(body: Line) -> str:
    amounts = [leg["amt"] for leg in body["legs"]]
    if any(type(amount) is not int for amount in amounts) or not all(amounts):
        return f"{body['eid']} has amounts that are no whole units: {amounts}"
    return "" if sum(amounts) == 0 and len(amounts) > 1 else f"{body['eid']} does not balance: {amounts}"


def c6(run: Run, found: Finding) -> None:
    """A balance that was read is that of the till after what had been answered, and nothing that was not yet asked."""
    histories = {till: _History(its) for till, its in money_of(run).tills.items()}
    for one in run.reads:
        if one.f == "cash.balance" and one.how == "ok":
            history = histories.get(str(one.a.get("till"))) or _History([])
            wrong = "" if history.could_read(one) else f"{one.a.get('till')} was read as {one.r['bal']}"
            found.saw(wrong, one.lines)


class _History:
    """The balances of a till after each of its entries, with the times between which each came about."""

    def __init__(self, its: list[Entry]) -> None:
        balance, balances = 0, [0]
        for each in its:
            if each.effect.kind == "till.open":
                balance = each.body["float"]
            elif each.effect.kind in ENTRIES:
                balance += moved(each.body)
            balances.append(balance)
        self.places: dict[int, list[int]] = defaultdict(list)
        for place, amount in enumerate(balances):
            self.places[amount].append(place)
        ends = sorted((e.request.end if e.request else inf, n) for n, e in enumerate(its, 1))
        begins = sorted((e.request.begin if e.request else -inf, n) for n, e in enumerate(its, 1))
        self.ends, self.at_least = _running(ends, max)
        self.begins, most = _running(begins[::-1], min)
        self.begins.reverse()
        self.at_most = most[::-1]
        self.length = len(its)

    def could_read(self, one: Operation) -> bool:
        """Whether some moment of the read had that balance."""
        ended = bisect_left(self.ends, one.begin)
        low = self.at_least[ended - 1] if ended else 0
        begun = bisect_right(self.begins, one.end)
        high = self.at_most[begun] - 1 if begun < len(self.at_most) else self.length
        places = self.places.get(one.r["bal"], [])
        at = bisect_left(places, low)
        return at < len(places) and places[at] <= max(low, high)


def _running(pairs: list[tuple[float, int]], best: Any) -> tuple[list[float], list[int]]:
    """The times, and the highest (or lowest) place so far."""
    found: list[int] = []
    for _, place in pairs:
        found.append(best(found[-1], place) if found else place)
    return [time for time, _ in pairs], found


def c7(run: Run, found: Finding) -> None:
    """(E) No till ever holds less than nothing, unless the agency allows it."""
    if run.config.get("overdraft"):
        return
    for its in money_of(run).tills.values():
        balance = 0
        for each in its:
            if each.effect.kind == "till.open":
                balance = each.body["float"]
            elif each.effect.kind in ENTRIES:
                balance += moved(each.body)
                found.saw(f"{each.eid} leaves {balance} in {each.body['till']}" if balance < 0 else "",
                          [each.effect.line])  # fmt: skip


# --- copies, corrections, two persons ----------------------------------------------------------


def c8(run: Run, found: Finding) -> None:
    """Every copy of an entry says the same; its first paper is the original, each further one is marked."""
    money = money_of(run)
    for line in run.final:
        if line["type"] == "entry":
            found.saw(_differs(money, line), [line])
    for r, line in _seen_receipts(run):
        found.saw(_differs(money, {name: value for name, value in r.items() if name not in ("kind", "head")}), [line])
    _originals(run, found)


def _differs(money: Money, copy: Line) -> str:
    entry = money.first(copy.get("eid"))
    if entry is None:
        return f"{copy.get('eid')} is in a copy and not in the journal" if money.run.has_export else ""
    told = {name: copy[name] for name in COPIED if name in copy}
    said = {name: entry.body.get(name) for name in told}
    if "amt" in copy and copy["amt"] != abs(entry.body["legs"][0]["amt"]):
        return f"{entry.eid} is said to be of {copy['amt']}"
    wrong = [name for name in told if told[name] != said[name]]
    return f"{entry.eid} has another {wrong[0]} in a copy: {told[wrong[0]]}" if wrong else ""


def _originals(run: Run, found: Finding) -> None:
    copies: dict[str, list[Effect]] = defaultdict(list)
    for effect in run.journal:
        if effect.kind == "cash.print":
            copies[str(effect.body["eid"])].append(effect)
    for eid, its in copies.items():
        wrong = [e.body["copy"] for e in its] != list(range(len(its)))
        found.saw(f"copies of {eid} are {[e.body['copy'] for e in its]}" if wrong else "", [e.line for e in its])
    originals: dict[str, Line] = {}
    for line in run.prints:
        r = line["r"]
        if r.get("kind") != "receipt" or not r.get("complete"):
            continue
        first = originals.get(r["eid"])
        if r.get("dup"):
            early = run.has_export and not copies[r["eid"]]
            found.saw(f"{r['eid']} came out as a copy and was never printed" if early else "", [line])
        else:
            again = first is not None and first["r"].get("key") != r.get("key")
            found.saw(f"{r['eid']} came out twice as an original" if again else "", [first or line, line])
            originals[r["eid"]] = line


def c9(run: Run, found: Finding) -> None:
    """(E) A reversal takes back one earlier entry of its till, whole, once, with a reason; never a reversal."""
    undone: dict[str, Entry] = {}
    earlier: set[str] = set()
    for its in money_of(run).tills.values():
        for each in its:
            if each.effect.kind == "cash.reverse":
                ref = str(each.body["ref"])
                original = money_of(run).first(ref) if ref in earlier else None
                found.saw(_wrong_reversal(each, original, undone.get(ref)), [
                    each.effect.line, *(x.effect.line for x in (original, undone.get(ref)) if x),
                ])  # fmt: skip
                undone[ref] = each
            if each.effect.kind in ENTRIES:
                earlier.add(each.eid)


def _wrong_reversal(each: Entry, original: Entry | None, before: Entry | None) -> str:
    ref = each.body["ref"]
    if original is None:
        return f"{each.eid} takes back {ref}, which no earlier entry of its till is"
    if original.effect.kind == "cash.reverse":
        return f"{each.eid} takes back {ref}, which is a reversal"
    if before is not None:
        return f"{ref} was taken back by {before.eid} and by {each.eid}"
    opposite = [{"acct": leg["acct"], "amt": -leg["amt"]} for leg in original.body["legs"]]
    if each.body["legs"] != opposite:
        return f"{each.eid} is not the opposite of {ref}"
    return "" if str(each.body.get("reason") or "").strip() else f"{each.eid} takes {ref} back without a reason"


def c10(run: Run, found: Finding) -> None:
    """(E) Above the limit, and for each reversal: another person said so, after it was asked and before it was done."""
    limit = run.config.get("approve_limit")
    money = money_of(run)
    orders = {e.body["eid"]: e.body["order"] for e in run.journal if e.kind == "order.pay"}
    for each in money.all_entries():
        kind, amount = each.effect.kind, abs(moved(each.body))
        if kind == "cash.reverse":
            found.saw(_two_persons(money, each, "eid", each.body["ref"]), [each.effect.line])
        elif kind == "cash.pay" and limit is not None and max(amount, abs(each.body["legs"][0]["amt"])) > limit:
            found.saw(_two_persons(money, each, "order", orders.get(each.eid)), [each.effect.line])


def _two_persons(money: Money, each: Entry, name: str, about: object) -> str:
    """What is wrong with how an entry was allowed; `name` and `about` tell its draft."""
    asks = [a for a in money.asks if a.body.get(name) == about and a.place < each.effect.place]
    if about is None or not asks:
        return f"{each.eid} was booked and nobody had asked"
    initiator = asks[-1].actor.partition(":")[2]
    approver = each.body.get("approver")
    if approver is None or approver == initiator:
        return f"{each.eid} was asked for and allowed by {initiator}"
    if name == "eid":  # allowed and booked in one: whoever booked it is who allowed it
        return "" if each.effect.actor == f"user:{approver}" else f"{each.eid} was not booked by {approver}"
    said = [w for w in money.words if w.body.get(name) == about and asks[-1].place < w.place < each.effect.place]
    good = any(w.actor == f"user:{approver}" for w in said)
    return "" if good else f"{each.eid} names {approver}, who did not allow it after it was asked for"


# --- money and act -----------------------------------------------------------------------------


def c14(run: Run, found: Finding) -> None:
    """An order is paid once over all tills; what it pays is its own amount; the visit was at that till's counter."""
    _paid_once(run, found)
    money = money_of(run)
    orders = {e.body["order"]: e.body for e in run.journal if e.kind == "order.receive"}
    paid: dict[str, str] = {}
    for effect in run.journal:
        if effect.kind == "order.pay":
            order, eid = effect.body["order"], effect.body["eid"]
            entry = money.first(eid)
            wrong = f"order {order} was paid by {paid[order]} and by {eid}" if order in paid else ""
            if not wrong and order in orders and entry is not None:
                other = abs(entry.body["legs"][0]["amt"]) != orders[order]["amt"]
                wrong = f"order {order} was not paid with its amount" if other else ""
            found.saw(wrong, [effect.line])
            paid[order] = eid
        elif effect.kind == "order.reopen":
            paid.pop(effect.body["order"], None)
    settled = {e.body["eid"] for e in run.journal if e.kind == "order.pay"}
    for each in money.all_entries() if run.has_export else ():
        if each.effect.kind == "cash.pay":
            found.saw("" if each.eid in settled else f"{each.eid} pays no order", [each.effect.line])
    _at_its_counter(run, found)


def _paid_once(run: Run, found: Finding) -> None:
    """What answers alone tell: two payments of one order, and nothing that may have taken the first one back."""
    paid: dict[str, list[Request]] = defaultdict(list)
    for request in run.requests.values():
        if request.f == "cash.pay" and request.r.get("eid") and request.a.get("order"):
            paid[request.a["order"]].append(request)
    back = sum(r.f in ("cash.approve", "cash.reverse") and not r.refused for r in run.requests.values())
    for order, its in paid.items():
        again = len(its) > 1 + back
        found.saw(f"order {order} was paid {len(its)} times" if again else "", [x for r in its for x in r.lines])


def _at_its_counter(run: Run, found: Finding) -> None:
    counters = {till: told.get("counter") for till, told in run.config.get("tills", {}).items()}
    at: dict[str, str] = {}
    for effect in run.journal:
        if effect.kind in ENTRIES and effect.tid and effect.body["till"] in counters and effect.kind != "cash.reverse":
            where = at.get(effect.tid)
            wrong = where != counters[effect.body["till"]]
            found.saw(f"{effect.body['eid']} is of a visit at {where or 'no counter'}" if wrong else "", [effect.line])
        elif effect.tid and effect.body.get("counter") and effect.kind in ("call.next", "call.pick", "serve.resume",
                                                                           "serve.undo"):  # fmt: skip
            at[effect.tid] = effect.body["counter"]
        elif effect.tid and effect.kind in ("serve.end", "serve.transfer", "serve.hold", "call.release", "call.noshow",
                                            "ticket.cancel", "ticket.unserved", "ticket.unfinished"):  # fmt: skip
            at.pop(effect.tid, None)


def c17(run: Run, found: Finding) -> None:
    """Nobody is told "done" of what is not there, nor "failed" of what is, nor "unknown" of what was answered."""
    for line in run.seen["screen"]:
        key, msg = line["r"].get("key"), line["r"].get("msg")
        if key is None or msg not in ("done", "failed", "unknown"):
            continue
        request = run.requests.get((line["actor"], str(key)))
        done = bool(run.effects.get((line["actor"], str(key)))) if run.has_export else bool(request and request.oks)
        wrong = ""
        if msg == "done" and not done:
            wrong = f"{line['actor']} was told that {key} was done, and it is not there"
        elif msg == "failed" and done:
            wrong = f"{line['actor']} was told that {key} failed, and it is there"
        elif msg == "unknown" and request is not None and request.end <= line["t"]:
            wrong = f"{line['actor']} was told that {key} is unknown after its answer"
        found.saw(wrong, [*(request.lines if request else ()), line])
