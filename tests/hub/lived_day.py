"""A day of the agency in a process of its own, every SQL text of it listened to.

`python -m tests.hub.lived_day FOLDER DAYS` writes a past of so many days into an agency's file. Then the hub is wired
as ever, a day is lived at all its doors, and what it asked of SQLite is told as one line of JSON: each text with its
plan, and with the most steps of SQLite's machine that one execution of it took.
"""

import json
import os
import random
import sqlite3
import sys
import threading
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import count
from pathlib import Path

import pyrage
from argon2 import PasswordHasher

from hub import admin, outbox, scans, wsgi
from hub.agents import actions as agents
from hub.agents import second_factor, secrets
from hub.agents.sessions import actor_of_session
from hub.ask import HUB, Actor, Ask
from hub.backup import copy
from hub.backup.place import Place
from hub.bench.past import RECEPTION, Past
from hub.demo import agency as demo
from hub.demo import keys
from hub.errors import IllegalStep
from hub.exchange.sender import Sender
from hub.exchange.ways import Folder
from hub.people import replica as people_replica
from hub.people import store as people
from hub.printing import actions as printing
from hub.queues import actions as queues
from hub.queues import epochs, faces
from hub.queues import papers as queue_papers
from hub.queues import store as queue_store
from hub.recovery import box_of
from hub.services import ports
from hub.services.cash import actions as cash
from hub.services.cash import ending, living, paying, preparing, requesting
from hub.services.cash.actions import Payment
from hub.services.cash.model import Payer
from hub.services.cash.orders import Shown
from hub.services.deposit import actions as deposit
from hub.services.deposit import store as deposits
from hub.services.deposit.model import Concerned, Depositor, Draft, Reason, Row
from hub.services.reception import actions as reception
from hub.services.reception import store as reception_store
from hub.settings_files import load_settings
from hub.supervision import tally
from hub.verify import verify_tail

#: The machine is asked after so many steps: less is exact, and slow.
EVERY = 5
VISITS, FIRST = 20, date(2026, 1, 5)
PATIENT = "\n[queue]\nrecall_after_s = 0\nabsent_after_calls = 1\nabsent_after_s = 0\n"
KIOSK = Actor(device="K9", roles=frozenset({"kiosk"}))
PRINTERS = Actor(device="K1", roles=frozenset({"kiosk"}))
CHIEF = Actor(agent="01003B", roles=frozenset({"head_cashier"}))
SUPERVISOR = Actor(agent="00411A", roles=frozenset({"supervisor"}))


class Heard:
    """What SQLite was asked: each text with the values it came with first, and the most steps it took."""

    def __init__(self):
        self.values = {}
        self.steps = Counter()

    def told(self, connection):
        """Each text with its plan, as SQLite says it for that text with values still to come."""
        return {
            sql: {"plan": self._plan(connection, sql, values), "steps": self.steps[sql]}
            for sql, values in list(self.values.items())
            if sql.lstrip().split(None, 1)[0].upper() in {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"}
        }

    @staticmethod
    def _plan(connection, sql, values):
        return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]


HEARD = Heard()


class Listened(sqlite3.Connection):
    """A connection whose statements are noted, and counted while they run.

    Not to the replica of central data: it is as large as the country from its first day on (`mbote bench people`).
    Nor to the summaries of days that are over: what they are for is years (`mbote bench stats`).
    """

    def __init__(self, *given, **named):
        super().__init__(*given, **named)
        self.asked, self.took = "", 0
        self.heeded = all(file not in str(given[0]) for file in (people_replica.FILE, tally.FILE))
        self.set_progress_handler(self._goes_on, EVERY)

    def _goes_on(self):
        self.took += EVERY
        if self.heeded:
            HEARD.steps[self.asked] = max(HEARD.steps[self.asked], self.took)
        return 0

    def execute(self, sql, values=(), /):
        if self.heeded:
            HEARD.values.setdefault(sql, values)
        self.asked, self.took = sql, 0
        return super().execute(sql, values)

    def executemany(self, sql, values, /):
        assert not self.heeded, f"not listened to: {sql}"
        return super().executemany(sql, values)

    def cursor(self, *_):
        raise AssertionError("a statement by a cursor of its own would not be listened to")


def listen():
    """From now on every connection is listened to."""
    sqlite3.connect = partial(sqlite3.connect, factory=Listened)


@dataclass(frozen=True)
class Said:
    """What is typed about people in one day."""

    name: str = "X"
    number: str = "9000000001"
    depositor: str = "X"
    requester: str = "MAKOSSO Ruth"
    payer: str = "N"
    payer_number: str = "9000001"
    payee: str = "N"
    cheque: str = "1"
    passport: str = "123"
    reason: str = "x"


class Day:
    """One day at all the doors of one hub."""

    said = Said()

    def __init__(self, folder, agency):
        self.folder, self.agency = folder, agency
        self.keys = count(1)
        self.app = wsgi.build(agency.settings)
        self.hub = self.app.extensions["mbote"]
        self.services = ports.load(agency.settings.counter_services)
        self.screens = wsgi.screens(self.hub, _Silent(), self.services)

    def ask(self, actor=SUPERVISOR):
        return Ask(actor, f"day {next(self.keys)}")

    def live(self):
        """Everybody comes, everything is done once, and the doors are closed."""
        parts = (
            self.visits, self.kiosk, self.reception, self.printers, self.deposits, self.till, self.pages, self.beside,
        )  # fmt: skip
        for part in parts:
            part()
            self.look()
        for closing_time in (self.house, partial(queues.close_day, self.hub, self.ask(), force=True), self.house):
            closing_time()
            self.look()
        self.epoch()

    # --- at the counters

    def issue(self, actor=KIOSK, **more):
        ask = self.ask(actor)
        channel = "kiosk" if actor.device else "reception"
        given = queues.issue(self.hub, ask, service="DEP", channel=channel, **more)
        if actor.device:
            self.report(ask.key, given["label"])
        return given

    def report(self, key, label, **more):
        return queue_papers.report_paper(
            self.hub, self.ask(KIOSK), issue=key, paper="printed", label=label, service="DEP", **more
        )

    def step(self, name, **values):
        seat = queue_store.counter(self.hub.reader, "05")
        return getattr(queues, name)(self.hub, self.ask(Actor(agent=seat.agent)), counter="05", **values)

    def visits(self):
        for _ in range(12):
            self.issue()
        for name in ("call_next", "recall", "start", "hold", "resume", "finish", "undo", "transfer"):
            more = {
                "hold": {"reason": self.said.reason},
                "transfer": {"service": "RAS", "reason": self.said.reason},
            }.get(name, {})
            self.step(name, **more)
            self.look()
        self.step("call_next")
        absent = queue_store.ticket(self.hub.reader, queue_store.counter(self.hub.reader, "05").ticket)
        self.step("no_show")
        queues.give_back(self.hub, self.ask(RECEPTION), ticket=faces.public_id(absent), reason=self.said.reason)
        self.step("call_next")
        self.step("release")
        self.step("pick", ticket=faces.public_id(absent), reason=self.said.reason)
        self.step("start")
        self.step("hold", reason=self.said.reason)
        self.step("pause", reason="x")
        self.step("unpause")
        for _ in range(12):
            self.step("call_next")
            if queue_store.counter(self.hub.reader, "05").state != "calling":
                break
            self.step("start")
            self.step("finish")

    def kiosk(self):
        """Late answers, papers of its own, of today and of an old day; the same request twice."""
        ask = self.ask(KIOSK)
        given = queues.issue(self.hub, ask, service="DEP", channel="kiosk")
        again = queues.issue(self.hub, ask, service="DEP", channel="kiosk")
        assert again == given
        self.report(ask.key, "K9-001")
        for code in ("REQ-2026-000001", "2133415888"):
            scans.look(self.hub, code, "K1")
        self.issue(brought="REQ-2026-000001", party="P1")
        now = self.hub.now().at
        self.report("never heard", "K9-002", pressed_at=now)
        self.report("of last week", "K9-003", pressed_at=now - 5 * 24 * 3_600_000)
        agents.trouble(self.hub, self.ask(KIOSK), part="printer", state="paper_out")

    # --- reception and paper

    def reception(self):
        hub = self.hub
        given = self.issue(RECEPTION, requester=self.said.requester)
        named = {"ticket": given["id"], "reason": self.said.reason}
        queues.set_priority(hub, self.ask(RECEPTION), priority="pregnant", **named)
        queues.reprint(hub, self.ask(RECEPTION), **named)
        answer = reception.note_answer(hub, self.ask(RECEPTION), service="ACC")["answer"]
        reception.withdraw_answer(hub, self.ask(RECEPTION), answer=answer)
        asked = queues.issue(hub, self.ask(KIOSK), service="DEP", channel="kiosk")
        queues.confirm_paper(hub, self.ask(RECEPTION), ticket=asked["id"])
        for ticket in (given, asked):
            with hub.snapshot() as reader:
                found = faces.ticket_by_id(reader, ticket["id"])
                reception_store.sheet(hub, reader, found)
                for service in self.services:
                    service.thread(reader, found.id)
        queues.cancel(hub, self.ask(RECEPTION), **named)

    def printers(self):
        for state in ("failed", "confirmed"):
            taken = printing.take(self.hub, Ask(PRINTERS))
            printing.report(self.hub, self.ask(PRINTERS), job=taken["job"], attempt=taken["attempt"], state=state)
            if state == "failed":
                self.look()
                printing.settle(self.hub, self.ask(RECEPTION), job=taken["job"], printed=True)
        printing.take(self.hub, Ask(PRINTERS))

    # --- what is looked at

    def look(self):
        """Every picture of every kind of screen."""
        actors = (
            *(Actor(device="D1", roles=frozenset({role})) for role in ("display", "api", "kiosk", "panel", "printer")),
            SUPERVISOR, Actor(agent="00902F", roles=frozenset({"clerk"})), RECEPTION,
        )  # fmt: skip
        for screen in self.screens:
            for actor in actors:
                if screen.takes(actor):
                    with self.hub.snapshot() as reader:
                        screen.pictures(reader)(screen.profile(actor))

    def deposits(self):
        """Documents are taken in, decided on, taken back, and decided on again."""
        clerk, validator, other = (Actor(agent=code) for code in ("00902F", "01101G", "01204H"))
        number = deposit.begin(self.hub, self.ask(clerk), channel="mail")["deposit"]
        rows = (Row("0408", there=True, issued="2026-01-01", motive=self.said.reason), Row("0400", there=True))
        person = Concerned(number=self.said.number, name=self.said.name, reasons=(Reason("CDV", {}, rows),))
        draft = Draft(Depositor(self.said.depositor), concerned=(person,))
        deposit.type_in(self.hub, self.ask(clerk), deposit=number, draft=draft)
        deposit.deposit(self.hub, self.ask(clerk), deposit=number, draft=draft)
        deposit.print_acknowledgement(self.hub, self.ask(clerk), deposit=number)
        deposit.hand_over(self.hub, self.ask(clerk), deposit=number)
        first, second = (deposit.Choice(each.id, "illegible") for each in deposits.documents(self.hub.reader, number))
        deposit.decide(self.hub, self.ask(validator), outcome="reject", choices=(first,))
        deposit.undo(self.hub, self.ask(other), document=first.document)
        deposit.decide(self.hub, self.ask(validator), outcome="ask", choices=(second,))
        deposit.supply(self.hub, self.ask(clerk), document=second.document)
        deposit.decide(self.hub, self.ask(validator), outcome="validate", choices=(first,))
        for message in outbox.to_send(self.hub.reader):
            with self.hub.store.transaction(Ask(HUB)) as tx:
                tx.record(outbox.OutboxMessageSent(message.id))
            outbox.settle(self.hub, self.ask(HUB), message=message.id, applied=True)
        assert [each.state for each in deposits.documents(self.hub.reader, number)] == ["integrated", "deposited"]
        deposit.begin(self.hub, self.ask(clerk), channel="left")
        with self.hub.snapshot() as reader:
            assert deposits.given(reader, "P1") == {}
            assert deposits.begins_on(reader)
            assert deposits.of_party(reader, "P1") == []

    def pages(self):
        client = self.app.test_client()
        for code, paths in {
            "00902F": ("/desk", "/desk/counters", "/desk/line", "/desk/deposit", "/desk/deposit?q=1",
                       "/desk/deposit/1"),
            "01101G": ("/desk/deposit/validation", "/desk/deposit/validation?show=back",
                       "/desk/deposit/validation?show=all&event=CDV&agent=00902F"),
            "00815D": ("/desk/certificate", "/desk/certificate?q=ATT-2026-000001", "/desk/request?q=1"),
            "00733C": ("/desk/reception?label=D001", "/desk/reception/lists", "/desk/reception/roll?roll=R-001"),
            "00411A": ("/supervision", "/supervision/open", "/supervision/statistics", "/supervision/statistics.csv",
                       "/agents"),
        }.items():  # fmt: skip
            session = agents.sign_in(self.hub, self.ask(HUB), code=code, secret=keys.SECRET)["session"]
            assert actor_of_session(self.hub, session)
            client.set_cookie("mbote", session)
            for path in paths:
                assert client.get(path, follow_redirects=True).status_code in {200, 403}, path
        client.delete_cookie("mbote")
        token = {"Authorization": f"Bearer {self.agency.tokens['api']}"}
        ticket = self.issue()["id"]
        for path in (f"tickets/{ticket}", "board", "counters", "statistics?by=hour,counter", "events?limit=5"):
            assert client.get(f"/api/v1/{path}", headers=token).status_code == 200, path
        assert client.get("/healthz").status_code == 200

    def till(self):
        """A till from its float to its approved closing, everything once; the pages around it are looked at."""
        hub, me = self.hub, Actor(agent="01016E", roles=frozenset({"collections_cashier"}))
        queues.open_counter(hub, self.ask(me), counter="11", agent="01016E")
        cash.open_session(hub, self.ask(me), till="C01", pieces={"n10000": 5})
        who = Payer("employer", self.said.payer, self.said.payer_number, "E1")
        for tender in ("cash", "cheque", "cash"):
            payment = Payment(
                who, "contribution", (("2026-T1", 100),), tender, details={"number": self.said.cheque, "bank": "B"}
            )
            receipt = cash.collect(hub, self.ask(me), payment=payment)["receipt"]
        self.prepared(me, who)
        self.order()
        self.asked_for()
        cash.move(hub, self.ask(me), kind="to_safe", amount=100, voucher="B")
        ask = cash.ask_reversal(hub, self.ask(me), receipt=receipt, reason="typing")["ask"]
        self.look_at("01016E", f"/desk/cash?q={receipt}", "/desk/cash?q=9000001", "/desk/cash/close")
        self.look_at("01003B", "/desk/cash/control", "/desk/cash/tills/C01/count")
        cash.decide_reversal(hub, self.ask(CHIEF), ask=ask, granted=True)
        cash.settle(hub, self.ask(CHIEF), receipt=receipt[:-1] + "2", step="unpay")
        cash.print_receipt(hub, self.ask(me), receipt=receipt)
        cash.suspend(hub, self.ask(me))
        cash.resume(hub, self.ask(me))
        session = ending.count_closing(hub, self.ask(me), pieces={"n10000": 5, "c100": 1})["session"]
        ending.propose(hub, self.ask(me), motive="change", note=self.said.reason)
        ending.refuse(hub, self.ask(CHIEF), session=session, note=self.said.reason)
        ending.propose(hub, self.ask(me), motive="change", note=self.said.reason)
        closing = ending.approve(hub, self.ask(CHIEF), session=session)["closing"]
        self.look_at("01003B", f"/desk/cash/closings/{closing}", f"/desk/cash/receipts/{receipt}",
                     "/desk/cash/oversight", "/desk/cash/oversight?look=drawer")  # fmt: skip

    def prepared(self, cashier, who):
        """Prepared at counter 05, changed, paid at the till; another is dropped, and one waits for the day's end."""
        hub, clerk = self.hub, Actor(agent=queue_store.counter(self.hub.reader, "05").agent)
        self.issue()
        self.step("call_next")
        self.step("start")
        for amount in (200, 300, 400):
            made = preparing.prepare(
                hub, self.ask(clerk), who=who, operation="contribution", lines=(("2026-T1", amount),)
            )
            if amount < 400:
                preparing.revise(hub, self.ask(clerk), prepared=made["prepared"], operation="contribution",
                                 lines=(("2026-T1", amount + 1),), word=self.said.reason)  # fmt: skip
        preparing.drop(hub, self.ask(clerk), prepared=made["prepared"] - 1, word=self.said.reason)
        self.step("transfer", service="CRE", reason=self.said.reason)
        queues.call_next(hub, self.ask(cashier), counter="11")
        queues.start(hub, self.ask(cashier), counter="11")
        self.look_at("01016E", "/desk/cash", "/desk/cash/prepared", "/desk/cash?prepared=1")
        payment = Payment(who, "contribution", (("2026-T1", 201),), "cash")
        cash.collect(hub, self.ask(cashier), payment=payment, prepared=made["prepared"] - 2)
        queues.finish(hub, self.ask(cashier), counter="11")

    def asked_for(self):
        """Asked of the treasury: one is granted, one refused and told, one withdrawn."""
        hub, clerk = self.hub, Actor(agent="00902F", roles=frozenset({"clerk"}))
        day = queue_store.day(hub.reader).date
        asked = {"who": Payer("insured", self.said.payee, "1", "P1"), "nature": "isolated", "reason": self.said.reason}
        refs = [requesting.ask_order(hub, self.ask(clerk), **asked) for _ in range(3)]
        order = {"number": "4499", "nature": "isolated", "amount": 1, "payee": self.said.payee, "party": "P1",
                 "pay_from": day, "pay_until": "2099-12-31", "request": refs[0]["ref"]}  # fmt: skip
        refusal = {"request": refs[1]["ref"], "refused": "R1", "reason": self.said.reason}
        paying.receive(hub, self.ask(CHIEF), said=[order, refusal])
        self.look()
        requesting.told(hub, self.ask(clerk), request=refs[1]["request"])
        requesting.withdraw(hub, self.ask(clerk), request=refs[2]["request"])

    def order(self):
        """A payment order from its file to the hand of the payee, at the other till."""
        hub, me = self.hub, Actor(agent="01022K", roles=frozenset({"benefits_cashier"}))
        day = queue_store.day(hub.reader).date
        said = {"number": "4417", "nature": "pension", "amount": 600_000, "payee": self.said.payee, "party": "P1",
                "pay_from": day, "pay_until": "2099-12-31"}  # fmt: skip
        paying.receive(hub, self.ask(CHIEF), said=[said, said])
        queues.open_counter(hub, self.ask(me), counter="12", agent="01022K")
        cash.open_session(hub, self.ask(me), till="C02", pieces={"n10000": 100})
        paying.reserve(hub, self.ask(me), order="4417")
        self.look_at("01022K", "/desk/cash?q=4417", "/desk/cash?ref=P1")
        self.look_at("01003B", "/desk/cash/control")
        paying.give_up(hub, self.ask(me), order="4417")
        paying.block(hub, self.ask(me), order="4417", reason="opposition")
        paying.release(hub, self.ask(CHIEF), order="4417")
        paying.reserve(hub, self.ask(me), order="4417")
        paying.allow(hub, self.ask(CHIEF), order="4417")
        paying.pay(hub, self.ask(me), order="4417", shown=Shown("passport", self.said.passport))
        paying.receive(
            hub, self.ask(CHIEF), said=[said | {"number": "4418", "amount": 5, "requires": ["life_certificate"]}]
        )
        paying.reserve(hub, self.ask(me), order="4418")
        self.look_at("01022K", "/desk/cash/orders/4418")
        living.take(hub, self.ask(me), order="4418")
        (held,) = living.of_party(hub.reader, "P1")
        deposit.decide(
            hub, self.ask(Actor(agent="01101G")), outcome="validate", choices=(deposit.Choice(held.document),)
        )
        paying.pay(hub, self.ask(me), order="4418", shown=Shown("passport", self.said.passport))
        cash.move(hub, self.ask(me), kind="supply", amount=5, voucher="B")
        closing = ending.count_closing(hub, self.ask(me), pieces={"n10000": 40})["session"]
        ending.propose(hub, self.ask(me))
        ending.approve(hub, self.ask(CHIEF), session=closing)

    def look_at(self, code, *paths):
        """Pages of one agent of those with a second factor."""
        client = self.app.test_client()
        client.set_cookie("mbote", second_factor.vouched(self.hub, self.ask(HUB), code))
        for path in paths:
            shown = client.get(path, follow_redirects=True)
            assert (shown.status_code, "/second" in shown.request.path) == (200, False), path

    def beside(self):
        """The administrator's door, the outbox, the backup's stream, a look at the file's end."""
        for what in ("status", "devices", "agent_list", "epochs", "backups"):
            admin.answer(self.hub, what, {})
        with self.hub.store.transaction(Ask(HUB)) as tx:
            outbox.enqueue(tx, topic="x", aggregate="day 1", payload={})
        (self.folder / "out").mkdir()
        sender = Sender(self.hub, Folder(self.folder / "out", "A", self.folder / "key"))
        sender.send_due()
        people.reads_of(self.hub.reader, "P1")
        people.imports(self.hub.reader)
        place = Place(self.folder / "stick", self.agency.settings.agency.code)
        place.path.mkdir()
        place.prepare()
        copy.rows(box_of(self.agency.settings), place, self.hub.store.head[0] - 20)
        assert verify_tail(self.hub.store.folder).problems == []

    def house(self):
        wsgi.keep_house(self.hub)

    def epoch(self):
        """A device has seen more than this hub knows."""
        epochs.leave_behind(self.hub, self.ask(), epoch=self.hub.store.epoch, seq=self.hub.store.head[0] + 5)
        epochs.confirm_epoch(self.hub, self.ask())


class _Silent:
    """A voice that prepares nothing: speech is not what is listened to here."""

    def expect(self, text):
        del text


def main(folder, days):
    secrets._HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    random.seed(1)
    wsgi.HOUSEKEEPING_S = 3600
    with Past(load_settings(demo.SOURCE, {"hub": {"data": folder / "data"}}), FIRST) as past:
        for _ in range(days):
            past.day(VISITS)
    agency = demo.prepare(folder, 1)
    with (agency.config / "local.toml").open("a") as file:
        file.write(f'{PATIENT}[backup]\nkeys = ["{pyrage.x25519.Identity.generate().to_public()}"]\n')
    agency.settings = load_settings(agency.config)
    listen()
    day = Day(folder, agency)
    try:
        day.live()
    except IllegalStep as error:
        raise SystemExit(f"the day went otherwise: {error}") from error
    with closing(sqlite3.connect(day.hub.store.path)) as connection:
        sys.stdout.write(json.dumps(HEARD.told(connection)))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    assert threading.active_count() == 1
    main(Path(sys.argv[1]), int(sys.argv[2]))
