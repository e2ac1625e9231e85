"""C11 to C13, C15, C16: a till's sessions and closings, its perpetual totals, the chains, and what the centre has."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from hub.judge import signature
from hub.judge.money import ENTRIES, Entry, money_of, moved
from hub.judge.run import Effect, Line, Run
from hub.judge.verdict import Finding

GENESIS = bytes(32)
#: Entries that somebody else books in a cashier's session: by their word on it.
OTHERS = frozenset({"cash.reverse", "cash.difference"})
#: The amount, the till and the number in the text that an entry's hash covers (requirements C.4).
TILL, NUMBER, AMOUNT = 2, 3, 7


# --- sessions and closings ---------------------------------------------------------------------


def c11(run: Run, found: Finding) -> None:
    """(E) Each entry lies in the one session that is open at its till, and is its cashier's."""
    for till, its in money_of(run).tills.items():
        session, owner = None, ""
        for each in its:
            body, kind, wrong = each.body, each.effect.kind, ""
            if kind == "till.open":
                wrong = f"{till} was opened over session {session}" if session is not None else ""
                session, owner = body["session"], each.effect.actor
            elif session is None or body["session"] != session:
                wrong = f"{kind} in session {body['session']} of {till}, where {session or 'none'} is open"
            elif kind in ENTRIES and each.effect.actor != owner and kind not in OTHERS:
                wrong = f"{each.eid} was made by {each.effect.actor} in the session of {owner}"
            if kind == "till.close":
                session = None
            found.saw(wrong, [each.effect.line])


def c12(run: Run, found: Finding) -> None:
    """(E) One closing a session, with the sums of its entries; counted before anybody told what should be there."""
    for till, its in money_of(run).tills.items():
        number, mine, counted, seen = 0, list[Entry](), None, set[object]()
        for each in its:
            kind, body = each.effect.kind, each.body
            if kind == "till.open":
                mine, counted = [], None
            elif kind == "till.count" and body.get("why") != "surprise":
                counted = body
            elif kind in ENTRIES:
                mine.append(each)
            elif kind == "till.close":
                number += 1
                again = body["session"] in seen
                wrong = f"session {body['session']} of {till} was closed twice" if again else ""
                found.saw(wrong or _wrong_closing(body, number, mine, counted), [each.effect.line])
                seen.add(body["session"])
    _blind(run, found)


def _wrong_closing(body: Line, number: int, mine: list[Entry], counted: Line | None) -> str:
    name = f"Z{body['z']} of {body['till']}"
    if body["z"] != number:
        return f"{name} stands where Z{number} should"
    if counted is None or counted["count"] != body["count"]:
        return f"{name} says that {body['count']} were counted; nobody counted that"
    sums: dict[str, int] = defaultdict(int)
    theory = body["float"]
    for each in mine:
        if each.effect.kind != "cash.difference":
            sums[each.body["kind"]] += each.body["legs"][0]["amt"]
            theory += moved(each.body)
    if body["totals"] != dict(sums):
        return f"{name} says {body['totals']}; its entries give {dict(sums)}"
    if body["theory"] != theory or body["diff"] != body["count"] - body["theory"]:
        return f"{name} expects {body['theory']} and differs by {body['diff']}; its entries give {theory}"
    booked = sum(moved(each.body) for each in mine if each.effect.kind == "cash.difference")
    return "" if booked == body["diff"] else f"{name} differs by {body['diff']}, and {booked} is booked"


def _blind(run: Run, found: Finding) -> None:
    """No cashier is told what their till should hold before they have counted it."""
    spans: dict[str, list[tuple[float, float]]] = defaultdict(list)
    counts: dict[str, list[float]] = defaultdict(list)
    for one in run.operations:
        if one.f == "till.count" and one.how == "ok":
            counts[one.actor].append(one.begin)
        elif one.f == "till.open" and one.how == "ok":
            spans[one.actor].append((one.begin, one.end))
    for one in run.operations:
        if one.how != "ok" or one.actor not in spans or not ({"theory", "bal"} & one.r.keys()):
            continue
        opened = max((begin for begin, _ in spans[one.actor] if begin < one.begin), default=None)
        early = opened is not None and not any(opened < at <= one.begin for at in counts[one.actor])
        found.saw(f"{one.actor} was told what the till should hold before counting it" if early else "", one.lines)


def c13(run: Run, found: Finding) -> None:
    """(E) Perpetual totals are those of the closing before and of the session's entries; they never fall."""
    for till, its in money_of(run).tills.items():
        grand = {"in": 0, "out": 0}
        for each in its:
            if each.effect.kind in ENTRIES:
                amount = each.body["legs"][0]["amt"]
                grand["in" if amount > 0 else "out"] += abs(amount)
            elif each.effect.kind == "till.close":
                wrong = each.body["grand"] != grand
                said = f"Z{each.body['z']} of {till} says {each.body['grand']} for ever; its entries give {grand}"
                found.saw(said if wrong else "", [each.effect.line])


# --- chains ------------------------------------------------------------------------------------


def c15(run: Run, found: Finding) -> None:
    """(E) Each hash is that of what is said and of the hash before; heads signed or shown are in the chain."""
    _journal(run, found)
    for its in money_of(run).tills.values():
        _till(its, found)
    heads = {each.eid: str(each.body["head"]) for each in money_of(run).all_entries()}
    for r, line in _shown(run):
        known = heads.get(str(r.get("eid")), "")
        found.saw("" if known.startswith(str(r["head"])) else f"{r.get('eid')} was shown with another hash", [line])


def _journal(run: Run, found: Finding) -> None:
    names = run.config.get("chain_fields", ())
    hashes: dict[int, str] = {}
    previous = GENESIS
    for effect in run.journal:
        said, digest = effect.line.get("said"), effect.line.get("hash")
        if said is None or digest is None:
            continue
        wrong = _altered(effect, names)
        if not wrong and hashlib.sha256(said.encode() + previous).hexdigest() != digest:
            wrong = f"entry {effect.seq} is not what its hash covers"
        found.saw(wrong, [effect.line])
        previous = bytes.fromhex(digest)
        hashes[effect.seq] = digest
    for line in run.final:
        if line["type"] == "head":
            found.saw(_unsigned(line, hashes), [line])


def _altered(effect: Effect, names: Sequence[str]) -> str:
    """Whether the line tells another story than the text that was hashed."""
    try:
        said: dict[str, Any] = dict(zip(names, json.loads(effect.line["said"]), strict=False))
    except (TypeError, ValueError):
        return f"entry {effect.seq} was hashed as something that cannot be read"
    told = {"seq": effect.seq, "epoch": effect.epoch, "key": effect.key, "at": effect.line.get("wall")}
    wrong = [name for name, value in told.items() if name in said and said[name] != value]
    return f"entry {effect.seq} says another {wrong[0]} than was written" if wrong else ""


def _unsigned(line: Line, hashes: dict[int, str]) -> str:
    message = f"mbote-head|{line['seq']}|{line['hash']}".encode()
    if not signature.holds(bytes.fromhex(line["key"]), message, bytes.fromhex(line["signature"])):
        return f"the head at entry {line['seq']} is not signed by its key"
    known = hashes.get(line["seq"])
    return "" if known in (None, line["hash"]) and (known or not hashes) else (
        f"the head signed at entry {line['seq']} is not in the journal"
    )  # fmt: skip


def _till(its: list[Entry], found: Finding) -> None:
    entry, closing = "0" * 64, "0" * 64
    for each in its:
        body, wrong = each.body, ""
        if each.effect.kind in ENTRIES and "said" in body:
            wrong = _misprinted(body) or _unchained(each.eid, body, entry)
            entry = str(body["head"])
        elif each.effect.kind == "till.close" and "said" in body:
            name = f"Z{body['z']} of {body['till']}"
            wrong = _unchained(name, body, closing)
            if not wrong and body["last"] != entry:
                wrong = f"{name} rests on another entry than the till's last"
            closing = str(body["head"])
        else:
            continue
        found.saw(wrong, [each.effect.line])


def _unchained(name: str, body: Line, previous: str) -> str:
    whole = hashlib.sha256(f"{body['said']}{previous}".encode()).hexdigest() == body["head"]
    return "" if whole else f"{name} is not what its hash covers"


def _misprinted(body: Line) -> str:
    """Whether the entry's own fields are those of the text that was hashed."""
    said = body["said"].split("|")
    told = (body["till"], str(body["rno"]), str(abs(body["legs"][0]["amt"])))
    return (
        "" if (said[TILL], said[NUMBER], said[AMOUNT]) == told else f"{body['eid']} says another thing than was hashed"
    )


def _shown(run: Run) -> Iterator[tuple[Line, Line]]:
    """Answers and papers that say the hash of an entry, or its beginning."""
    for one in run.operations:
        if one.how == "ok" and one.r.get("head") and one.r.get("eid"):
            yield one.r, one.told or one.asked
    for line in run.prints:
        if line["r"].get("kind") == "receipt" and line["r"].get("head"):
            yield line["r"], line


# --- the centre --------------------------------------------------------------------------------


def c16(run: Run, found: Finding) -> None:
    """(E) What the centre has is what the agency sent, from the first on, in order, each once; it never shrinks."""
    sent: dict[tuple[str, int], str] = {}
    arrived: dict[str, list[Line]] = defaultdict(list)
    for line in run.final:
        if line["type"] == "outbox" and line["side"] == "hub" and "hash" in line:
            sent[str(line.get("agency", "")), line["seq"]] = line["hash"]
        elif line["type"] == "event" and line["side"] == "hq":
            arrived[str(line.get("agency", ""))].append(line)
    for agency, lines in arrived.items():
        expected = sorted(seq for name, seq in sent if name == agency)
        for place, line in enumerate(lines):
            wrong = place >= len(expected) or line["seq"] != expected[place]
            what = (
                f"the centre has message {line['seq']} of {agency or 'the agency'} in the wrong place" if wrong else ""
            )
            if not what and sent[agency, line["seq"]] != line["hash"]:
                what = f"message {line['seq']} arrived as another one"
            found.saw(what, [line])
        missing = len(expected) - len(lines)
        if missing > 0 and "drained" in run.marks:
            found.breach(f"{missing} messages of {agency or 'the agency'} never came to the centre")
    _never_shrinks(run, found, lambda one: str(one.a.get("agency", "")))


def _never_shrinks(run: Run, found: Finding, agency: Callable[[Any], str]) -> None:
    highest: dict[str, tuple[float, int]] = {}
    for one in sorted((x for x in run.reads if x.f == "hq.applied" and x.how == "ok"), key=lambda x: x.begin):
        end, seq = highest.get(agency(one), (0.0, 0))
        falls = one.r["seq"] < seq and end < one.begin
        found.saw(f"the centre had {seq} messages, then {one.r['seq']}" if falls else "", one.lines)
        highest[agency(one)] = max((end, seq), (one.end, one.r["seq"]), key=lambda pair: pair[1])
