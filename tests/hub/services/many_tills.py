"""Several tills worked at once by chance, on a real file, and an independent look at what they have written.

The checks read rows and know nothing of the product's rules: they are the requirements' own sums (reliability C1 to
C15), so that a mistake of ours is not made twice.
"""

import json
import random
import threading
from collections import defaultdict
from itertools import count

from hub.ask import Actor, Ask
from hub.clock import ManualClock
from hub.context import Hub
from hub.errors import Refused
from hub.rooms import brought
from hub.services import ports
from hub.services.cash import actions, ending, office, order_store, paying, store
from hub.services.cash.actions import Payment
from hub.services.cash.model import DRAWER_REASONS, MOVES, REVERSALS, TENDERS, Payer
from hub.services.cash.orders import Shown
from hub.settings_files import load_settings
from hub.store import Store
from hub.verify import Rooms, verify
from tests.hub.services.conftest import CONFIG

PERIODS = [f"{year}-T{part}" for year in (2012, 2013) for part in (1, 2, 3, 4)]
ORDER = {"nature": "pension", "payee": "N", "period": "2013-T1", "pay_from": "2013-01-01", "pay_until": "2013-12-31"}
CHIEF = Actor(agent="01003B", roles=frozenset({"head_cashier"}))
DETAILS = {"number": "1", "bank": "B", "reference": "", "phone": "060001234"}


class ManyTills:
    """An agency with so many tills, each with a cashier who does whatever a cashier may."""

    def __init__(self, folder, tills, start):
        config = folder / "config"
        config.mkdir(parents=True)
        for file in CONFIG.glob("*.toml"):
            (config / file.name).write_bytes(file.read_bytes())
        rows = [
            f'[[till]]\ncode = "T{n}"\nlabel = "TILL {n}"\ncounter = "{n:02}"\nrole = "mixed"'
            for n in range(1, tills + 1)
        ]
        (config / "cash.toml").write_text("\n".join(rows))
        self.services = ports.load(["certificate", "cash"])
        self.rooms = brought(self.services)
        self.clock = ManualClock(start)
        data = Store(
            folder / "data", appliers=self.rooms.appliers, migration_sets=self.rooms.migrations, clock=self.clock
        )
        self.hub = Hub(load_settings(config), data)
        data.guards, data.listeners = (
            ports.guards(self.hub, self.services),
            ports.listeners(self.hub, self.services),
        )
        self.tills = [f"T{n}" for n in range(1, tills + 1)]
        self.keys = count()
        self.acked = defaultdict(list)

    def ask(self, actor):
        return Ask(actor, f"k{next(self.keys)}")

    def work(self, seed, entries):
        """Every till at once, until each has made so many entries; what was answered is kept beside.

        All of them want the same payment orders.
        """
        self.orders = [f"N{n}" for n in range(max(20, entries // 10))]
        for first in range(0, len(self.orders), 100):
            said = [ORDER | {"number": each, "amount": 1_000 + n} for n, each in enumerate(self.orders[first:][:100])]
            paying.receive(self.hub, self.ask(CHIEF), said=said)
        threads = [
            threading.Thread(target=Cashier(self, till, random.Random(f"{seed} {till}")).work, args=(entries,))  # noqa: S311 (repeatable)
            for till in self.tills
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def problems(self):
        rooms = Rooms(self.rooms.appliers, self.rooms.migrations, self.rooms.state_tables, self.rooms.faults)
        return verify(self.hub.store.folder, rooms).problems


class Cashier:
    """One till's day after day."""

    def __init__(self, agency, till, chance):
        self.agency, self.till, self.chance = agency, till, chance
        self.me = Actor(agent=f"9{till[1:]:0>4}A", roles=frozenset({"collections_cashier"}))
        self.made = 0

    def work(self, entries):
        moves = [self.collect] * 14 + [self.move] * 3 + [self.take_back] * 2
        moves += [self.pay_order] * 3 + [self.settle, self.print, self.pause, self.surprise, self.close]
        while self.made < entries:
            if store.session_of(self.agency.hub.reader, self.me.agent) is None:
                self.open()
            try:
                self.chance.choice(moves)()
            except Refused:
                continue  # a refusal writes nothing: the checks at the end say whether that is so
        if store.session_of(self.agency.hub.reader, self.me.agent) is not None:
            for held in order_store.in_hand(self.agency.hub.reader, self.till):
                paying.give_up(self.agency.hub, self.ask(), order=held.number)
            self.close()
        self.agency.hub.store.give_back()

    def ask(self, actor=None):
        return self.agency.ask(actor or self.me)

    def pieces(self, amount):
        found = {}
        for each in office.office_of(self.agency.hub.settings).denominations:
            many, amount = divmod(amount, each.value)
            if many:
                found[each.code] = many
        return found

    def open(self):
        left = store.till(self.agency.hub.reader, self.till)
        opening = left.cash if left.closings else self.chance.randrange(0, 100_000, 25)
        actions.open_session(self.agency.hub, self.ask(), till=self.till, pieces=self.pieces(opening))

    def acked(self, answer):
        self.agency.acked[self.till].append(answer["receipt"])
        self.made += 1

    def collect(self):
        tender = self.chance.choice(TENDERS)
        chosen = self.chance.sample(PERIODS, self.chance.randint(1, 3))
        lines = tuple((period, self.chance.randint(1, 300_000)) for period in chosen)
        who = Payer(
            self.chance.choice(("employer", "voluntary")), "N", "9000001", self.chance.choice((None, "E1", "E2"))
        )
        payment = Payment(who, "contribution", lines, tender, details=DETAILS | {"reference": "V"})
        self.acked(actions.collect(self.agency.hub, self.ask(), payment=payment))

    def move(self):
        amount = self.chance.randint(1, 400_000)
        self.acked(
            actions.move(self.agency.hub, self.ask(), kind=self.chance.choice(MOVES), amount=amount, voucher="B")
        )

    def pay_order(self):
        hub, wanted = self.agency.hub, self.chance.choice(self.agency.orders)
        paying.reserve(hub, self.ask(), order=wanted)
        if self.chance.random() < 0.2:
            paying.give_up(hub, self.ask(), order=wanted)
            return
        self.acked(paying.pay(hub, self.ask(), order=wanted, shown=Shown("passport", "123")))

    def some_receipt(self):
        held = store.session_of(self.agency.hub.reader, self.me.agent)
        entries = store.last_entries(self.agency.hub.reader, held.id)
        return self.chance.choice(entries).receipt if entries else "T1-2013-000001"

    def take_back(self):
        hub, reason = self.agency.hub, self.chance.choice(REVERSALS)
        ask = actions.ask_reversal(hub, self.ask(), receipt=self.some_receipt(), reason=reason)["ask"]
        try:
            answer = actions.decide_reversal(hub, self.ask(CHIEF), ask=ask, granted=self.chance.random() < 0.8)
        except Refused:
            actions.decide_reversal(hub, self.ask(CHIEF), ask=ask, granted=False)
            return
        if answer["receipt"]:
            self.acked(answer)

    def settle(self):
        step = self.chance.choice(("deposit", "pay", "unpay"))
        actions.settle(self.agency.hub, self.ask(CHIEF), receipt=self.some_receipt(), step=step, reference="R")

    def print(self):
        actions.print_receipt(self.agency.hub, self.ask(), receipt=self.some_receipt())

    def pause(self):
        actions.suspend(self.agency.hub, self.ask())
        actions.resume(self.agency.hub, self.ask())
        actions.open_drawer(self.agency.hub, self.ask(), reason=self.chance.choice(DRAWER_REASONS))

    def surprise(self):
        ending.count_surprise(self.agency.hub, self.ask(CHIEF), till=self.till, pieces=self.pieces(1_000))

    def close(self):
        hub = self.agency.hub
        cash = store.till(hub.reader, self.till).cash + self.chance.choice((0, 0, 0, 25, 100))
        counted = ending.count_closing(hub, self.ask(), pieces=self.pieces(cash))
        ending.propose(hub, self.ask(), motive="change", note="x")
        ending.approve(hub, self.ask(CHIEF), session=counted["session"])
        self.made += bool(counted["gap"])


# --- what they have written, looked at by somebody else ---------------------------------------


def broken(reader, acked):
    """Every requirement that the rows do not keep."""
    found = [f"every till: {each}" for each in _broken_orders(reader)]
    for code in [row["code"] for row in reader.execute("SELECT code FROM till")]:
        entries = reader.execute("SELECT * FROM cash_entry WHERE till = ? ORDER BY seq", (code,)).fetchall()
        found += [f"{code}: {each}" for each in _broken_entries(entries, acked[code])]
        found += [f"{code}: {each}" for each in _broken_balance(reader, code, entries)]
        found += [f"{code}: {each}" for each in _broken_closings(reader, code, entries)]
    return found


def _broken_orders(reader):
    """C14: an order is paid at most once over all tills, and a payment belongs to an order."""
    back = {row["reverses"] for row in reader.execute("SELECT reverses FROM cash_entry WHERE reverses IS NOT NULL")}
    paid = defaultdict(list)
    for row in reader.execute("SELECT * FROM cash_entry WHERE kind = 'disbursement'"):
        receipt = f"{row['till']}-{row['year']}-{row['number']:06d}"
        if receipt not in back:
            paid[json.loads(row["details"])["order"]].append((receipt, row["amount"]))
    orders = {row["number"]: row for row in reader.execute("SELECT * FROM payment_order")}
    for number, payments in paid.items():
        if len(payments) > 1:
            yield f"C14: order {number} was paid {len(payments)} times"
        if payments[0] != (orders[number]["receipt"], orders[number]["amount"]):
            yield f"C14: order {number} knows nothing of its payment"
    unpaid = [n for n, row in orders.items() if (row["state"] == "paid") != (n in paid)]
    if unpaid:
        yield f"C14: {unpaid[:3]} are not as their entries say"


def _broken_entries(entries, acked):
    numbers = [(each["year"], each["number"]) for each in entries]
    if numbers != [(entries[0]["year"], n) for n in range(1, len(entries) + 1)]:
        yield "C4: the numbers have a gap, or not the order in which they were given"
    receipts = {f"{each['till']}-{each['year']}-{each['number']:06d}": each for each in entries}
    lost = [each for each in acked if each not in receipts]
    if lost:
        yield f"C1: lost after they were answered: {lost[:3]}"
    invented = [r for r, each in receipts.items() if r not in set(acked) and each["kind"] != "difference"]
    if invented:
        yield f"C2: nobody was answered with {invented[:3]}"
    if len(set(acked)) != len(acked):
        yield "C3: answered twice"
    yield from _broken_reversals(entries, receipts)


def _broken_reversals(entries, receipts):
    reversed_once = [each["reverses"] for each in entries if each["reverses"]]
    if len(set(reversed_once)) != len(reversed_once):
        yield "C9: something was taken back twice"
    for each in entries:
        if each["kind"] == "reversal" and each["reverses"] not in receipts:
            yield f"C9: {each['number']} takes back what is not there"
        elif each["kind"] == "reversal":
            original = receipts[each["reverses"]]
            opposite = {"in": "out", "out": "in"}[original["direction"]]
            same = all(original[name] == each[name] for name in ("amount", "tender", "account", "session"))
            if not same or each["direction"] != opposite or original["kind"] == "reversal" or not each["reason"]:
                yield f"C9: {each['number']} is not the opposite of {each['reverses']}"
            if each["approver"] == original["agent"]:
                yield f"C10: {each['number']} was decided on by whoever made it"


def _broken_balance(reader, code, entries):
    sessions = {row["id"]: row for row in reader.execute("SELECT * FROM cash_session WHERE till = ?", (code,))}
    cash, at = 0, None
    for each in entries:
        if each["session"] != at:
            if at is not None and each["session"] < at:
                yield f"C11: {each['number']} lies in a session that was over"
            if at is not None and sessions[each["session"]]["opening"] != cash:
                yield f"C5: session {each['session']} does not begin with what was left"
            at, cash = each["session"], sessions[each["session"]]["opening"]
        if each["tender"] == "cash":
            cash += each["amount"] if each["direction"] == "in" else -each["amount"]
        if cash < 0:
            yield f"C7: less than nothing in the drawer after {each['number']}"


def _broken_closings(reader, code, entries):
    by_session = defaultdict(list)
    for each in entries:
        by_session[each["session"]].append(each)
    gross_in = gross_out = 0
    last_in = last_out = 0
    for z, row in enumerate(reader.execute("SELECT * FROM cash_closing WHERE till = ? ORDER BY z", (code,)), 1):
        mine, totals = by_session[row["session"]], json.loads(row["totals"])
        of = {f"{each['till']}-{each['year']}-{each['number']:06d}": each["kind"] for each in mine}
        kinds = [of.get(each["reverses"], each["kind"]) for each in mine]
        public = [each for each, kind in zip(mine, kinds, strict=True) if kind in ("collection", "disbursement")]
        total = sum(each["amount"] if each["direction"] == "in" else -each["amount"] for each in public)
        gross_in += sum(each["amount"] for each in mine if each["direction"] == "in")
        gross_out += sum(each["amount"] for each in mine if each["direction"] == "out")
        if row["z"] != z or (row["total_in"], row["total_out"]) != (gross_in, gross_out):
            yield f"C13: the perpetual totals of Z{z}"
        if row["total_in"] < last_in or row["total_out"] < last_out:
            yield f"C13: a perpetual total fell at Z{z}"
        last_in, last_out = row["total_in"], row["total_out"]
        sums = [sum(totals[name].values()) for name in ("by_account", "by_tender", "by_payer")]
        if (totals["total"], totals["operations"], *sums) != (total, len(public), total, total, total):
            yield f"C12: the totals of Z{z} are not those of its session"
        cash = [each for each in mine if each["tender"] == "cash" and each["kind"] != "difference"]
        moved = sum(each["amount"] if each["direction"] == "in" else -each["amount"] for each in cash)
        if row["expected"] != row["opening"] + moved:
            yield f"C5: what Z{z} expected"
        gaps = [each for each in mine if each["kind"] == "difference"]
        booked = sum(each["amount"] if each["direction"] == "in" else -each["amount"] for each in gaps)
        if row["counted"] - row["expected"] != booked or len(gaps) > 1:
            yield f"C12: the difference of Z{z} is not booked once"
