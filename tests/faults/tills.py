"""A cashier and a head cashier at one till, who write down all they ask and all they hear.

They work through a door: `AtHand` (the actions, in this process) or `Browser` (the pages' forms over HTTP). Whoever
hears nothing asks again under the same key, as the page does, and the page says what is known of it.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import random
import re
import subprocess
import sys
import threading
import time
from base64 import b32decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode
from uuid import uuid4

from hub.agents import csrf, totp
from hub.ask import HUB, Actor, Ask
from hub.chain import canonical_json
from hub.client import HubAway
from hub.context import Hub
from hub.errors import Refused, StoreFault
from hub.history import History
from hub.services.cash import actions, ending, order_store, paying, store
from hub.services.cash.actions import Payment
from hub.services.cash.model import Payer
from hub.services.cash.orders import Shown
from tests.faults.clients import AGAIN_S, PATIENCE_S

Line = dict[str, Any]
CASHIER, BENEFITS, CHIEF, SUPERVISOR = "01016E", "01022K", "01003B", "00411A"
#: Till → who works at it, and who looks over it: a telephone shows one code in half a minute.
CREWS = {"C01": (CASHIER, CHIEF), "C02": (BENEFITS, SUPERVISOR)}
#: An order above so much needs another person's word.
LIMIT = 500_000
#: In a running agency each so-manieth order is above it.
ABOVE = 40
DENOMINATIONS = (("n", 10_000), ("n", 5_000), ("n", 1_000), ("c", 100), ("c", 25), ("c", 5), ("c", 1))
ORDER = {"nature": "pension", "payee": "N", "period": "2026-T1", "pay_from": "2026-01-01", "pay_until": "2035-12-31"}
PERIOD, DETAILS = "2026-T1", {"number": "1", "bank": "B", "reference": "V", "phone": "060001234"}
SHOWN = {"id_type": "passport", "id_number": "12345"}
ANSWER_S = 15.0
#: At a till they go on asking while the hub dies several times in a row.
TILL_PATIENCE_S = 60.0
#: What needs the word of a second person, given with their telephone.
WORDS = frozenset({("cash.approve", "pay"), ("cash.approve", "reverse"), ("till.close", None)})
#: What of an action's answer the rules are about.
TOLD = ("session", "ask", "total", "expected", "gap", "copy", "order", "z", "state")


class Door(Protocol):
    def ask(self, f: str, key: str, a: Line) -> Line: ...

    def ids(self, what: str) -> list[int]: ...


def pieces(amount: int) -> dict[str, int]:
    """Notes and coins for an amount, the largest first."""
    found = {}
    for kind, value in DENOMINATIONS:
        many, amount = divmod(amount, value)
        if many:
            found[f"{kind}{value}"] = many
    return found


def number(spelt: str) -> Line:
    """A receipt's number in the judge's words."""
    series, _, last = spelt.rpartition("-")
    return {"eid": spelt, "series": series, "rno": int(last)}


# --- in this process ---------------------------------------------------------------------------


class AtHand:
    """The actions themselves."""

    def __init__(self, hub: Hub, agent: str, role: str) -> None:
        self.hub = hub
        self.actor = Actor(agent=agent, roles=frozenset({role}))

    def ask(self, f: str, key: str, a: Line) -> Line:
        answer = _ACTIONS[f, a.get("what")](self.hub, Ask(self.actor, key, {"f": f} | a), a)
        renamed = {"ask": "draft", "total": "count", "expected": "theory", "gap": "diff"}
        told = {renamed.get(name, name): value for name, value in answer.items() if name in TOLD}
        made = f != "cash.request" and answer.get("receipt")
        return told | (number(made) if made else {})

    def ids(self, what: str) -> list[int]:
        """What waits for whoever looks over tills: `reversals` asked, `sessions` proposed."""
        reader = self.hub.reader
        if what == "reversals":
            return [each.id for each in store.reversals_asked(reader)]
        return [each.id for each in store.open_sessions(reader) if each.state == "proposed"]


def _payment(a: Line) -> Payment:
    return Payment(Payer("employer", "N", "9000001"), "contribution", ((PERIOD, a["amt"]),), a["tender"],
                   details=DETAILS | {"reference": "" if a["tender"] == "mobile_money" else "V"})  # fmt: skip


_ACTIONS: dict[tuple[str, str | None], Callable[[Hub, Ask, Line], Line]] = {
    ("till.open", None): lambda hub, ask, a: actions.open_session(
        hub, ask, till=a["till"], pieces=pieces(a["float"]), motive="x"),
    ("cash.collect", None): lambda hub, ask, a: actions.collect(hub, ask, payment=_payment(a)),
    ("cash.move", None): lambda hub, ask, a: actions.move(hub, ask, kind=a["kind"], amount=a["amt"], voucher="B"),
    ("cash.request", "pay"): lambda hub, ask, a: paying.reserve(hub, ask, order=a["order"]),
    ("cash.approve", "pay"): lambda hub, ask, a: paying.allow(hub, ask, order=a["order"]),
    ("cash.pay", None): lambda hub, ask, a: paying.pay(hub, ask, order=a["order"], shown=Shown(**SHOWN)),
    ("cash.request", "give_up"): lambda hub, ask, a: paying.give_up(hub, ask, order=a["order"]),
    ("cash.request", "reverse"): lambda hub, ask, a: actions.ask_reversal(hub, ask, receipt=a["eid"], reason="typing"),
    ("cash.approve", "reverse"): lambda hub, ask, a: actions.decide_reversal(
        hub, ask, ask=a["draft"], granted=a["granted"]),
    ("cash.print", None): lambda hub, ask, a: actions.print_receipt(hub, ask, receipt=a["eid"]),
    ("till.count", None): lambda hub, ask, a: ending.count_closing(hub, ask, pieces=pieces(a["count"])),
    ("cash.request", "close"): lambda hub, ask, a: ending.propose(hub, ask, motive="change", note="x"),
    ("till.close", None): lambda hub, ask, a: ending.approve(hub, ask, session=a["session"]),
}  # fmt: skip


# --- over HTTP ---------------------------------------------------------------------------------


class Browser:
    """An agent's browser without a script: its session, its connection, its forms; one page at a time.

    Where an act needs a second person, the code of their telephone is typed: each only once, as everybody has to.
    """

    def __init__(self, agency: Any, code: str) -> None:
        self._one, self._dialling = threading.Lock(), threading.Lock()
        person = next(each for each in agency.people if each["code"] == code)
        self._telephone = b32decode(person["totp_secret"] or "")
        self._codes: dict[str, str] = {}
        self._step = 0
        self._line = http.client.HTTPConnection("127.0.0.1", agency.port, timeout=ANSWER_S)
        _, _, cookie = self._send("GET", f"/demo/agent/{code}")
        self._cookie = cookie.partition(";")[0]
        self._csrf = csrf.token_for(self._cookie.partition("=")[2])

    def ask(self, f: str, key: str, a: Line) -> Line:
        path, form = _FORMS[f, a.get("what")](a)
        if (f, a.get("what")) in WORDS:
            form |= {"factor": self._word(key)}
        status, body, place = self._send("POST", f"/desk/cash{path}", {"key": key, csrf.FIELD: self._csrf} | form)
        if status >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
            raise HubAway(f"the page says {status}")
        if status >= http.HTTPStatus.BAD_REQUEST:
            raise Refused(f"{f}: {status}: {_said(body)}", code=f"http_{status}")
        if status == http.HTTPStatus.SEE_OTHER and "/login" in place:
            raise AssertionError(f"{f} led to {place}")
        found = re.search(r"/receipts/([\w-]+)", place)
        return number(found[1]) if found and not path.startswith("/receipts") else {}

    def _word(self, key: str) -> str:
        """The code for a request: another one for each, the same for each copy of it.

        As far as clocks may differ (RFC 6238): who has to show several soon does not wait half a minute for each.
        """
        with self._dialling:
            if key not in self._codes:
                now = totp.step_of(round(time.time() * 1000))
                self._step = max(self._step + 1, now - totp.WINDOW)
                while self._step > totp.step_of(round(time.time() * 1000)) + totp.WINDOW:
                    time.sleep(0.2)
                self._codes[key] = totp.code_of(self._telephone, self._step)
            return self._codes[key]

    def ids(self, what: str) -> list[int]:
        """What waits on the page of whoever looks over tills: `reversals` asked, `sessions` proposed."""
        status, body, _ = self._send("GET", "/desk/cash/control")
        if status != http.HTTPStatus.OK:
            raise HubAway(f"the page says {status}")
        return [int(found) for found in re.findall(rf"/desk/cash/{what}/(\d+)", body)]

    def _send(self, method: str, path: str, form: Line | None = None) -> tuple[int, str, str]:
        """Status, page, and where it leads (or the cookie it gives). Raises HubAway."""
        head = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        if getattr(self, "_cookie", ""):
            head["Cookie"] = self._cookie
        with self._one:
            return self._asked(method, path, form, head)

    def _asked(self, method: str, path: str, form: Line | None, head: Line) -> tuple[int, str, str]:
        try:
            self._line.request(method, path, urlencode(form) if form else None, head)
            answer = self._line.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._line.close()
            raise HubAway(f"no answer: {type(error).__name__}") from error
        place = answer.getheader("Set-Cookie") if path.startswith("/demo/") else answer.getheader("Location")
        return answer.status, body.decode(errors="replace"), place or ""

    def close(self) -> None:
        self._line.close()


def _said(page: str) -> str:
    """The refusal on a page."""
    found = re.search(r'role="alert"[^>]*>(.*?)</', page, re.DOTALL)
    return found[1].strip() if found else page[:200]


def _collect_form(a: Line) -> Line:
    wallet = {} if a["tender"] == "mobile_money" else {"detail.reference": "V"}
    return {
        "payer_kind": "employer", "payer": "N", "payer_number": "9000001", "operation": "contribution",
        "tender": a["tender"], "period.0": PERIOD, "amount.0": str(a["amt"]), "detail.number": "1", "detail.bank": "B",
        "detail.phone": "060001234",
    } | wallet  # fmt: skip


def _counted(amount: int) -> Line:
    return {code: str(many) for code, many in pieces(amount).items()}


_FORMS: dict[tuple[str, str | None], Callable[[Line], tuple[str, Line]]] = {
    ("till.open", None): lambda a: ("/open", _counted(a["float"]) | {"motive": "x"}),
    ("cash.collect", None): lambda a: ("/collect", _collect_form(a)),
    ("cash.move", None): lambda a: ("/move", {"kind": a["kind"], "amount": str(a["amt"]), "voucher": "B"}),
    ("cash.request", "pay"): lambda a: (f"/orders/{a['order']}", {"step": "reserve"}),
    ("cash.request", "give_up"): lambda a: (f"/orders/{a['order']}", {"step": "give_up"}),
    ("cash.approve", "pay"): lambda a: (f"/orders/{a['order']}", {"step": "allow"}),
    ("cash.pay", None): lambda a: (f"/orders/{a['order']}", {"step": "pay"} | SHOWN),
    ("cash.request", "reverse"): lambda a: (f"/receipts/{a['eid']}/reverse", {"reason": "typing"}),
    ("cash.approve", "reverse"): lambda a: (f"/reversals/{a['draft']}", {"grant" if a["granted"] else "no": "1"}),
    ("cash.print", None): lambda a: (f"/receipts/{a['eid']}/print", {}),
    ("till.count", None): lambda a: ("/close/count", _counted(a["count"])),
    ("cash.request", "close"): lambda a: ("/close/propose", {"motive": "change", "note": "x"}),
    ("till.close", None): lambda a: (f"/sessions/{a['session']}", {"approve": "1"}),
}


# --- people ------------------------------------------------------------------------------------


class Clerk:
    """Somebody who asks through a door, with a recorder that sees it."""

    def __init__(self, code: str, door: Door, book: Path | None = None, patience_s: float = PATIENCE_S) -> None:
        self.code, self.door, self.patience_s = code, door, patience_s
        self.history = History(code, str(book) if book else None, actor=f"user:{code}")

    def ask(self, f: str, **a: Any) -> Line:
        """Ask until there is an answer. Raises Refused, or HubAway when patience has run out."""
        key, end = uuid4().hex, time.monotonic() + self.patience_s
        while True:
            try:
                with self.history.operation(f, key, a) as heard:
                    answer = self.door.ask(f, key, a)
                    heard(answer)
            except Refused as refused:
                if refused.reason == "not_stored" and time.monotonic() < end:
                    self._shown(key, "unknown")
                    time.sleep(AGAIN_S)
                    continue
                self._shown(key, "failed")
                raise
            except (HubAway, StoreFault):
                self._shown(key, "unknown")
                if time.monotonic() > end:
                    raise
                time.sleep(AGAIN_S)
            else:
                self._shown(key, "done")
                return answer | {"key": key}

    def waiting(self, what: str) -> list[int]:
        """What waits for whoever looks over tills. Raises HubAway when patience has run out."""
        end = time.monotonic() + self.patience_s
        while True:
            try:
                return self.door.ids(what)
            except HubAway:
                if time.monotonic() > end:
                    raise
                time.sleep(AGAIN_S)

    def _shown(self, key: str, msg: str) -> None:
        self.history.saw("screen", {"key": key, "msg": msg})


class Crew:
    """One till's people, and what they know of it: they have heard the end of each thing they asked.

    `busy`: how many times more often money is taken and paid than somebody else's word is needed for anything.
    """

    def __init__(  # noqa: PLR0913 (a till's people are described by that much)
        self, till: str, cashier: Clerk, chief: Clerk, chance: random.Random, *, collects: bool = True, busy: int = 1
    ) -> None:
        self.till, self.cashier, self.chief, self.chance, self.collects = till, cashier, chief, chance, collects
        self.state, self.session, self.cash, self.busy = "closed", 0, 50_000, busy
        self.orders: list[tuple[str, int]] = []
        self.entries = 0
        self.mine: list[str] = []
        self.refused: list[str] = []
        self.failed: Exception | None = None

    def act(self) -> None:
        """The next thing that makes sense, or another."""
        if self.state == "closed":
            self.session = self.cashier.ask("till.open", till=self.till, float=self.cash).get("session", 0)
            self.state, self.mine = "open", []
        elif self.state == "open":
            self.chance.choice(self._moves())()
        else:
            self.close()

    def _moves(self) -> list[Callable[[], None]]:
        takes = self.collect if self.collects else self.pay if self.orders else self.move
        moves = [takes] * 7 * self.busy + [self.move, self.take_back]
        return [*moves, self.close] if len(self.mine) > 4 else moves

    def collect(self) -> None:
        tender, amount = self.chance.choice(("cash", "cash", "cheque", "mobile_money")), self.chance.randint(1, 9_000)
        r = self.cashier.ask("cash.collect", till=self.till, amt=amount, tender=tender)
        self.cash += amount if tender == "cash" else 0
        self._made(r, amount)
        if self.chance.random() < 0.4:
            self.print(r, amount)

    def move(self) -> None:
        amount = self.chance.randint(1_000, 20_000)
        self._made(self.cashier.ask("cash.move", till=self.till, kind="supply", amt=amount), amount)
        self.cash += amount

    def pay(self) -> None:
        order, amount = self.orders.pop()
        if amount > self.cash:
            self._made(self.cashier.ask("cash.move", till=self.till, kind="supply", amt=amount), amount)
            self.cash += amount
        self.cashier.ask("cash.request", till=self.till, what="pay", order=order)
        if amount > LIMIT:
            self.chief.ask("cash.approve", what="pay", order=order)
        self._made(self.cashier.ask("cash.pay", till=self.till, order=order), amount)
        self.cash -= amount

    def take_back(self) -> None:
        """The last entry, if it was money taken in cash."""
        if not self.mine:
            return
        eid = self.mine[-1]
        r = self.cashier.ask("cash.request", till=self.till, what="reverse", eid=eid)
        self.decide(r.get("draft"))

    def decide(self, draft: int | None = None) -> None:
        """The chief's word on what was asked."""
        for each in [draft] if draft is not None else self.chief.waiting("reversals"):
            granted = self.chance.random() < 0.8
            try:
                self.chief.ask("cash.approve", what="reverse", draft=each, granted=granted)
            except Refused:  # the drawer has not so much any more
                with suppress(Refused):  # or somebody else has decided meanwhile
                    self.chief.ask("cash.approve", what="reverse", draft=each, granted=False)
        self.mine = self.mine[:-1]
        self.cash = -1  # they do not know what was taken back: the next count tells

    def print(self, r: Line, amount: int) -> None:
        told = self.cashier.ask("cash.print", till=self.till, eid=r["eid"])
        if "copy" in told:
            paper = {"kind": "receipt", "key": told["key"], "dup": told["copy"] > 0, "complete": True, "amt": amount}
            self.cashier.history.saw("print", paper | number(r["eid"]))

    def _made(self, r: Line, amount: int) -> None:
        del amount
        self.entries += 1
        self.mine.append(r["eid"])

    def close(self) -> None:
        """Counted, proposed, approved; where they do not know what is there, any count will do."""
        counted = self.cash if self.cash >= 0 else 50_000
        counted += self.chance.choice((0, 0, 25))
        if self.state == "open":
            r = self.cashier.ask("till.count", till=self.till, count=counted)
            self.state, self.cash, self.session = "counted", counted, r.get("session", self.session)
        if self.state == "counted":
            self.cashier.ask("cash.request", till=self.till, what="close")
            self.state = "proposed"
        for session in [self.session] if self.session else self.chief.waiting("sessions"):
            with suppress(Refused):  # another till's, which its own people have closed meanwhile
                self.chief.ask("till.close", till=self.till, session=session)
        self.state, self.session = "closed", 0


def take_up(crew: Crew, hub: Hub) -> None:
    """After a death: what the till's own rows say is open is brought to its end, and receipts get their paper."""
    reader, me = hub.reader, crew.cashier
    session = store.session_at(reader, crew.till)
    crew.cash = store.till(reader, crew.till).cash if store.till(reader, crew.till).closings or session else crew.cash
    if session is None:
        return
    crew.state, crew.session = session.state, session.id
    for held in order_store.in_hand(reader, crew.till):
        me.ask("cash.request", till=crew.till, what="give_up", order=held.number)
    for asked in store.reversals_asked(reader, session.id):
        crew.decide(asked.id)
    crew.cash = store.till(reader, crew.till).cash
    entries = store.entries_of(reader, session.id)
    crew.mine = [each.receipt for each in entries if each.kind == "collection" and not each.reversed_by]
    for each in entries[-3:]:
        if each.kind == "collection" and not each.copies:
            crew.print(number(each.receipt), each.amount)


def look_into(chief: Clerk, hub: Hub, till: str) -> None:
    """What the till holds, as whoever looks over tills reads it."""
    with chief.history.operation("cash.balance", None, {"till": till}) as heard:
        heard({"bal": store.till(hub.reader, till).cash})


def send_orders(hub: Hub, chance: random.Random, many: int) -> list[tuple[str, int]]:
    """The treasury wants so many paid; numbers that nobody has used."""
    found = []
    for first in range(0, many, 100):
        some = [
            (uuid4().hex[:12].upper(), LIMIT + 1_000 if chance.random() < 0.05 else chance.randint(500, 5_000))
            for _ in range(min(100, many - first))
        ]
        paying.receive(hub, Ask(HUB), said=[ORDER | {"number": name, "amount": amount} for name, amount in some])
        found += some
    return found


# --- a running agency --------------------------------------------------------------------------


@contextmanager
def at_the_tills(
    agency: Any, book: Path, seed: int, *, orders: int, patience_s: float = TILL_PATIENCE_S
) -> Iterator[list[Crew]]:
    """Both tills of a running agency are worked over its pages, and the head cashier looks over them."""
    chance, stop = random.Random(seed), threading.Event()  # noqa: S311 (nothing is kept secret with it)
    crews, doors = [], []
    for code, people in CREWS.items():
        one, head = (Clerk(each, Browser(agency, each), book, patience_s) for each in people)
        doors += [one.door, head.door]
        crews.append(Crew(code, one, head, random.Random(seed + len(crews)), collects=code == "C01", busy=8))  # noqa: S311
    crews[1].orders = sent_orders(agency, chance, orders)
    workers = [threading.Thread(target=_work, args=(crew, stop)) for crew in crews]
    for worker in workers:
        worker.start()
    try:
        yield crews
    finally:
        stop.set()
        for worker in workers:
            worker.join(3 * patience_s)
        for door in doors:
            door.close()
    assert not any(worker.is_alive() for worker in workers)
    assert not any(crew.failed for crew in crews), [crew.failed for crew in crews]


def _work(crew: Crew, stop: threading.Event) -> None:
    try:
        while not stop.wait(crew.chance.uniform(0, 0.3)):
            try:
                crew.act()
            except Refused as refused:
                crew.refused.append(refused.message[:200])
    except Exception as error:  # noqa: BLE001 (the test that started it says so)
        crew.failed = error


def sent_orders(agency: Any, chance: random.Random, many: int) -> list[tuple[str, int]]:
    """The treasury's orders, taken over beside the running hub."""
    found = [(f"N{n}", chance.randint(500, 5_000) if n % ABOVE else LIMIT + 1_000) for n in range(many)]
    file = agency.folder / "orders.jsonl"
    file.write_text("".join(json.dumps(ORDER | {"number": n, "amount": a}) + "\n" for n, a in found), "utf-8")
    subprocess.run([sys.executable, "-m", "hub.cli", "orders", str(file), "--config", str(agency.config)], check=True,
                   capture_output=True)  # fmt: skip
    return found


def arrived(folder: Path) -> list[Line]:
    """What the centre has in its folder, as an export tells it, in the order of the numbers."""
    found = {}
    for path in sorted(folder.glob("*.jsonl")):  # of a message that was put right the last version
        said = json.loads(path.read_text("utf-8"))
        digest = hashlib.sha256(canonical_json(said["payload"]).encode()).hexdigest()
        line = {"side": "hq", "type": "event", "kind": "applied", "seq": said["number"], "hash": digest}
        found[said["number"]] = line
    return [found[seq] for seq in sorted(found)]
