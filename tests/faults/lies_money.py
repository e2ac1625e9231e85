"""Lies about money: each tampers with a legal run, and names the rule that must see it (tests/faults/lies.py)."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

from tests.faults.legal import Line, Written
from tests.faults.lies import LIES, SECOND, answered, asks_late, breaks, events, one, put

#: All of them, those about tickets and screens too.
__all__ = ["LIES"]

ENTRIES = ("cash.collect", "cash.pay", "cash.reverse", "cash.move", "cash.difference")


def entries(run: Written, *kinds: str) -> list[Line]:
    return events(run, *(kinds or ENTRIES))


def rows(run: Written, kind: str, side: str = "hub") -> list[Line]:
    return [x for x in run.final if x["type"] == kind and x["side"] == side]


def receipts(run: Written) -> list[Line]:
    return [x for x in run.history if x["k"] == "obs" and x["f"] == "print" and x["r"]["kind"] == "receipt"]


def collected(run: Written) -> list[tuple[Line, Line]]:
    return answered(run, "cash.collect")


def paid(run: Written) -> list[tuple[Line, Line]]:
    return answered(run, "cash.pay")


# --- lost, invented, doubled -------------------------------------------------------------------


@breaks("C1")
def an_answered_entry_is_gone(run: Written, chance: random.Random) -> None:
    eid = one(chance, collected(run))[1]["r"]["eid"]
    run.final = [x for x in run.final if x.get("eid") != eid and x.get("body", {}).get("eid") != eid]


@breaks("C1")
def an_answered_closing_is_gone(run: Written, chance: random.Random) -> None:
    run.final.remove(one(chance, events(run, "till.close")))


@breaks("C1")
def an_entry_is_answered_under_another_number(run: Written, chance: random.Random) -> None:
    one(chance, collected(run))[1]["r"]["rno"] += 1


@breaks("C2")
def an_entry_that_nobody_asked_for(run: Written, chance: random.Random) -> None:
    entry = one(chance, entries(run, "cash.collect"))
    run.final.append(entry | {"key": "nobody", "body": entry["body"] | {"eid": "T9", "rno": 999}})


@breaks("C2")
def a_payment_comes_of_a_request_to_collect(run: Written, chance: random.Random) -> None:
    one(chance, [e for e in entries(run, "cash.collect") if e["key"]])["kind"] = "cash.pay"


@breaks("C3")
def one_key_has_two_entries(run: Written, chance: random.Random) -> None:
    entry = one(chance, entries(run, "cash.collect"))
    run.final.append(entry | {"seq": entry["seq"] + 0.5, "key": None, "body": entry["body"] | {"eid": "T8"}})


@breaks("C3")
def one_key_is_told_of_two_entries(run: Written, chance: random.Random) -> None:
    ask, ok = one(chance, collected(run))
    asks_late(run, ask, ok, told={"r": ok["r"] | {"eid": "T7", "rno": 998}})


@breaks("C3")
def two_keys_are_told_of_one_entry(run: Written, chance: random.Random) -> None:
    ask, ok = one(chance, collected(run))
    asks_late(run, ask, ok, asked={"key": "another"})


@breaks("C4")
def a_receipt_s_number_is_skipped(run: Written, chance: random.Random) -> None:
    at = one(chance, entries(run))["body"]
    for entry in entries(run):
        if entry["body"]["series"] == at["series"] and entry["body"]["pos"] >= at["pos"]:
            entry["body"]["rno"] += 1


@breaks("C4")
def a_receipt_s_number_is_given_twice(run: Written, chance: random.Random) -> None:
    at = one(chance, [e for e in entries(run) if e["body"]["rno"] > 1])["body"]
    at["rno"] -= 1


@breaks("C4")
def a_paper_bears_another_entry_s_number(run: Written, chance: random.Random) -> None:
    paper = one(chance, [x for x in receipts(run) if x["r"]["rno"] > 1])["r"]
    paper["rno"] -= 1


# --- balances ----------------------------------------------------------------------------------


@breaks("C5")
def one_amount_is_off_by_one(run: Written, chance: random.Random) -> None:
    one(chance, entries(run))["body"]["legs"][1]["amt"] += 1


@breaks("C5")
def a_leg_is_dropped(run: Written, chance: random.Random) -> None:
    one(chance, entries(run))["body"]["legs"].pop()


@breaks("C5")
def an_amount_is_no_whole_number(run: Written, chance: random.Random) -> None:
    for leg in one(chance, entries(run))["body"]["legs"]:
        leg["amt"] = float(leg["amt"])


@breaks("C5")
def a_till_holds_one_franc_more(run: Written, chance: random.Random) -> None:
    one(chance, rows(run, "till"))["bal"] += 1


@breaks("C5")
def a_count_is_held_against_another_balance(run: Written, chance: random.Random) -> None:
    one(chance, events(run, "till.count"))["body"]["theory"] += 5


@breaks("C6")
def a_balance_is_read_that_never_was(run: Written, chance: random.Random) -> None:
    one(chance, _balances(run))[1]["r"]["bal"] += 1


@breaks("C6")
def a_balance_of_long_ago_is_read(run: Written, chance: random.Random) -> None:
    reads = _balances(run)
    ask, ok = one(chance, [r for r in reads if r[0]["t"] > 90 * SECOND])
    early = [r for r in reads if r[0]["a"] == ask["a"] and r[1]["t"] < ask["t"] - 40 * SECOND]
    ever = {r[1]["r"]["bal"] for r in reads if r[0]["a"] == ask["a"] and r[0]["t"] > ask["t"] - 40 * SECOND}
    ok["r"]["bal"] = one(chance, [r for r in early if r[1]["r"]["bal"] not in ever])[1]["r"]["bal"]


def _balances(run: Written) -> list[tuple[Line, Line]]:
    oks = {x["op"]: x for x in run.history if x["k"] == "ok"}
    asks = [x for x in run.history if x["k"] == "invoke" and x["f"] == "cash.balance" and x["op"] in oks]
    return [(ask, oks[ask["op"]]) for ask in asks]


@breaks("C7")
def a_till_pays_more_than_it_holds(run: Written, chance: random.Random) -> None:
    for leg in one(chance, entries(run, "cash.pay"))["body"]["legs"]:
        leg["amt"] *= 1_000_000


# --- copies, corrections, two persons ----------------------------------------------------------


@breaks("C8")
def a_row_says_another_amount(run: Written, chance: random.Random) -> None:
    row = one(chance, rows(run, "entry"))
    row["legs"] = [{"acct": leg["acct"], "amt": leg["amt"] * 2} for leg in row["legs"]]


@breaks("C8")
def a_receipt_says_another_amount(run: Written, chance: random.Random) -> None:
    one(chance, receipts(run))["r"]["amt"] += 1


@breaks("C8")
def a_receipt_comes_out_twice_as_an_original(run: Written, chance: random.Random) -> None:
    paper = one(chance, [x for x in receipts(run) if not x["r"]["dup"]])
    put(run, paper | {"t": paper["t"] + SECOND, "r": paper["r"] | {"key": "another"}})


@breaks("C8")
def a_copy_is_not_counted(run: Written, chance: random.Random) -> None:
    one(chance, events(run, "cash.print"))["body"]["copy"] += 1


@breaks("C9")
def an_entry_is_taken_back_twice(run: Written, chance: random.Random) -> None:
    back = one(chance, entries(run, "cash.reverse"))
    run.final.append(back | {"seq": back["seq"] + 0.5, "key": None, "body": back["body"] | {"eid": "T6"}})


@breaks("C9")
def a_reversal_is_taken_back(run: Written, chance: random.Random) -> None:
    backs = entries(run, "cash.reverse")
    first = one(chance, backs[:-1])
    later = one(chance, [b for b in backs if b["body"]["till"] == first["body"]["till"] and b["seq"] > first["seq"]])
    later["body"]["ref"] = first["body"]["eid"]


@breaks("C9")
def less_is_taken_back(run: Written, chance: random.Random) -> None:
    for leg in one(chance, entries(run, "cash.reverse"))["body"]["legs"]:
        leg["amt"] *= 2


@breaks("C9")
def nobody_says_why_it_is_taken_back(run: Written, chance: random.Random) -> None:
    one(chance, entries(run, "cash.reverse"))["body"]["reason"] = " "


@breaks("C10")
def who_asks_decides_on_a_reversal(run: Written, chance: random.Random) -> None:
    back = one(chance, entries(run, "cash.reverse"))
    ask = next(e for e in events(run, "cash.request") if e["body"].get("eid") == back["body"]["ref"])
    back["body"]["approver"] = ask["actor"].partition(":")[2]


@breaks("C10")
def a_large_order_is_allowed_by_nobody(run: Written, chance: random.Random) -> None:
    one(chance, _large(run))["body"]["approver"] = None


@breaks("C10")
def a_large_order_is_allowed_after_it_was_paid(run: Written, chance: random.Random) -> None:
    entry = one(chance, _large(run))
    order = next(e["body"]["order"] for e in events(run, "order.pay") if e["body"]["eid"] == entry["body"]["eid"])
    for word in [e for e in events(run, "cash.approve") if e["body"].get("order") == order]:
        word["seq"] += 10_000


def _large(run: Written) -> list[Line]:
    return [e for e in entries(run, "cash.pay") if e["body"]["approver"]]


# --- sessions and closings ---------------------------------------------------------------------


@breaks("C11")
def an_entry_lies_after_the_closing(run: Written, chance: random.Random) -> None:
    closed = one(chance, events(run, "till.close"))
    entry = one(chance, [e for e in entries(run) if e["body"]["session"] == closed["body"]["session"]])
    entry["seq"] = closed["seq"] + 0.5


@breaks("C11")
def somebody_else_takes_money_in_a_cashier_s_session(run: Written, chance: random.Random) -> None:
    one(chance, entries(run, "cash.collect"))["actor"] = "user:eve"


@breaks("C12")
def a_session_is_closed_twice(run: Written, chance: random.Random) -> None:
    closed = one(chance, events(run, "till.close"))
    run.final.append(closed | {"seq": closed["seq"] + 0.5, "key": None})


@breaks("C12")
def a_closing_says_another_sum(run: Written, chance: random.Random) -> None:
    totals = one(chance, [e for e in events(run, "till.close") if e["body"]["totals"]])["body"]["totals"]
    totals[next(iter(totals))] += 1


@breaks("C12")
def a_difference_is_not_booked(run: Written, chance: random.Random) -> None:
    run.final.remove(one(chance, entries(run, "cash.difference")))


@breaks("C12")
def the_cashier_is_told_before_they_count(run: Written, chance: random.Random) -> None:
    opened = {ask["actor"]: ok["t"] for ask, ok in answered(run, "till.open")}
    counted = [ask for ask, _ in answered(run, "till.count")]
    ask, ok = one(chance, [p for p in collected(run) if p[0]["t"] > opened.get(p[0]["actor"], 10**18)
                           and not any(c["actor"] == p[0]["actor"] and opened[c["actor"]] < c["t"] < p[0]["t"]
                                       for c in counted)])  # fmt: skip
    ok["r"]["bal"] = 12
    del ask


@breaks("C13")
def a_perpetual_total_begins_anew(run: Written, chance: random.Random) -> None:
    closed = one(chance, [e for e in events(run, "till.close") if e["body"]["z"] > 1 and e["body"]["grand"]["in"]])
    closed["body"]["grand"] = {"in": 0, "out": 0}


# --- money and act -----------------------------------------------------------------------------


@breaks("C14")
def an_order_is_paid_twice(run: Written, chance: random.Random) -> None:
    done = one(chance, events(run, "order.pay"))
    run.final.append(done | {"seq": done["seq"] + 0.5, "body": done["body"] | {"eid": "T5"}})


@breaks("C14")
def two_tills_are_told_that_they_paid_one_order(run: Written, chance: random.Random) -> None:
    ask, ok = one(chance, paid(run))
    backs = [x for x in run.history if x["k"] == "invoke" and x["f"] == "cash.approve"]
    for n in range(len(backs) + 2):
        asks_late(run, ask, ok, asked={"key": f"again {n}", "actor": "user:till9", "op": f"a {n}"},
                  told={"op": f"a {n}", "r": ok["r"] | {"eid": f"T9-{n}"}})  # fmt: skip


@breaks("C14")
def an_order_is_paid_with_another_amount(run: Written, chance: random.Random) -> None:
    done = one(chance, events(run, "order.pay"))["body"]["order"]
    next(e for e in events(run, "order.receive") if e["body"]["order"] == done)["body"]["amt"] += 1


@breaks("C14")
def money_is_taken_of_a_visit_at_another_counter(run: Written, chance: random.Random) -> None:
    visit = one(chance, events(run, "call.next"))
    entry = one(chance, [e for e in entries(run, "cash.collect") if e["seq"] > visit["seq"]])
    entry["tid"] = visit["tid"] if visit["body"]["counter"] not in ("03", "06") else "T-nowhere"


@breaks("C15")
def a_bit_of_an_entry_is_flipped(run: Written, chance: random.Random) -> None:
    line = one(chance, [e for e in events(run, *ENTRIES, "ticket.issue", "call.next") if e.get("said")])
    at = chance.randrange(len(line["said"]))
    line["said"] = f"{line['said'][:at]}{chr(ord(line['said'][at]) ^ 1)}{line['said'][at + 1 :]}"
    if line["said"][:1] != "[":
        line["said"] = f"[{line['said'][1:]}"
        line["hash"] = "00" * 32


@breaks("C15")
def a_till_s_entry_is_written_anew(run: Written, chance: random.Random) -> None:
    body = one(chance, entries(run))["body"]
    parts = body["said"].split("|")
    parts[7] = str(int(parts[7]) + 1)
    body["said"] = "|".join(parts)
    for leg in body["legs"]:
        leg["amt"] += 1 if leg["amt"] > 0 else -1


@breaks("C15")
def the_tail_is_cut_off_after_a_signed_head(run: Written, chance: random.Random) -> None:
    head = one(chance, rows(run, "head"))
    run.final = [x for x in run.final if x["type"] != "event" or x["side"] != "hub" or x["seq"] < head["seq"]]


@breaks("C15")
def a_head_is_signed_by_somebody_else(run: Written, chance: random.Random) -> None:
    head = one(chance, rows(run, "head"))
    head["signature"] = head["signature"][:-2] + ("00" if head["signature"][-2:] != "00" else "01")


@breaks("C15")
def a_receipt_bears_another_hash(run: Written, chance: random.Random) -> None:
    one(chance, receipts(run))["r"]["head"] = "0" * 24


@breaks("C15")
def a_closing_s_hash_covers_another_sum(run: Written, chance: random.Random) -> None:
    body = one(chance, events(run, "till.close"))["body"]
    body["said"] = body["said"].replace(f'"{body["till"]}"', '"T9"')


# --- the centre, and what is told --------------------------------------------------------------


@breaks("C16")
def the_centre_misses_a_message(run: Written, chance: random.Random) -> None:
    run.final.remove(one(chance, rows(run, "event", "hq")[:-1]))


@breaks("C16")
def the_centre_misses_the_last_one(run: Written, chance: random.Random) -> None:
    run.final.remove(one(chance, rows(run, "event", "hq")[-1:]))


@breaks("C16")
def the_centre_has_one_twice(run: Written, chance: random.Random) -> None:
    line = one(chance, rows(run, "event", "hq"))
    run.final.insert(run.final.index(line), dict(line))


@breaks("C16")
def the_centre_has_two_in_the_wrong_order(run: Written, chance: random.Random) -> None:
    lines = rows(run, "event", "hq")
    at = chance.randrange(len(one(chance, [lines[1:]])))
    first, second = lines[at], lines[at + 1]
    first["seq"], second["seq"], first["hash"], second["hash"] = (
        second["seq"], first["seq"], second["hash"], first["hash"],
    )  # fmt: skip


@breaks("C16")
def the_centre_s_prefix_shrinks(run: Written, chance: random.Random) -> None:
    oks = {x["op"]: x for x in run.history if x["k"] == "ok"}
    reads = [oks[x["op"]] for x in run.history if x["k"] == "invoke" and x["f"] == "hq.applied" and x["op"] in oks]
    later = [b for a, b in pairwise(reads) if 1 < b["r"]["seq"] <= a["r"]["seq"]]  # the same as was told before
    one(chance, later)["r"]["seq"] -= 1


def _told(run: Written, msg: str) -> list[Line]:
    return [x for x in run.history if x["k"] == "obs" and x["f"] == "screen" and x["r"]["msg"] == msg]


@breaks("C17")
def a_cashier_is_told_failed_of_what_is_there(run: Written, chance: random.Random) -> None:
    keys = {e["key"] for e in entries(run)}
    one(chance, [x for x in _told(run, "done") if x["r"]["key"] in keys])["r"]["msg"] = "failed"


@breaks("C17")
def a_cashier_is_told_done_of_what_is_not_there(run: Written, chance: random.Random) -> None:
    one(chance, _told(run, "failed"))["r"]["msg"] = "done"


@breaks("C17")
def a_cashier_is_told_unknown_of_what_was_answered(run: Written, chance: random.Random) -> None:
    late: Any = one(chance, _told(run, "done"))
    late["r"]["msg"] = "unknown"
