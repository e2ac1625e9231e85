"""Every text that an agent types at a counter, and that central data say of somebody, given to one agency.

    plant_services(hub, texts).took        how many of them each kind of text took

One person and one employer a text, and of each service one file about them; what a rule refuses (too long, no number)
is not planted, and the test sees that of each kind something was.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from itertools import count

from hub.ask import Actor, Ask
from hub.errors import Refused
from hub.people.importing import Today
from hub.queues import actions as queues
from hub.queues import faces
from hub.queues import store as queue_store
from hub.services.cash import actions as cash
from hub.services.cash import ending, paying
from hub.services.cash.model import Payer
from hub.services.cash.orders import Shown
from hub.services.certificate import actions as certificate
from hub.services.deposit import actions as deposit
from hub.services.deposit.model import Concerned, Depositor, Draft, Reason, Row
from hub.services.inquiry import actions as inquiry
from hub.services.request import actions as request
from hub.visits import actions as visits
from tests.hub.people.town import BAMOU, Town
from tests.hub.services.house import BAKER, QUARTERS, House

KIOSK = Actor(device="K9", roles=frozenset({"kiosk"}))
CLERK = Actor(agent="00815D", roles=frozenset({"clerk"}))
NEIGHBOUR = Actor(agent="00816D", roles=frozenset({"clerk"}))
DEPOSITS = Actor(agent="00902F", roles=frozenset({"clerk"}))
VALIDATOR = Actor(agent="01101G", roles=frozenset({"validator"}))
OFFICER = Actor(agent="01204H", roles=frozenset({"case_officer"}))
CASHIER = Actor(agent="01016E", roles=frozenset({"collections_cashier"}))
PAYER = Actor(agent="01022K", roles=frozenset({"benefits_cashier"}))
CHIEF = Actor(agent="01003B", roles=frozenset({"head_cashier"}))
NAME, WORDS, NOTE = 80, 300, 200
KINDS = {
    "central data", "requester", "concerned", "inquiry", "certificate", "request", "draft of a deposit", "deposit",
    "payment", "voucher", "cheque", "closing", "order", "paid", "blocked", "motive",
}  # fmt: skip


class Planting:
    """The texts of one agency, going in."""

    def __init__(self, hub, texts):
        self.hub, self.texts, self.keys = hub, texts, count(1)
        self.took, self.visit, self.receipts = Counter(), "", []

    def ask(self, actor):
        return Ask(actor, f"plant {next(self.keys)}")

    @contextmanager
    def each(self, what):
        """One text of one kind: counted when it was taken."""
        try:
            yield
        except Refused:
            return
        self.took[what] += 1

    def everything(self):
        self.central()
        ticket = self.visitor()
        self.visit = faces.public_id(queue_store.ticket(self.hub.reader, ticket))
        for number, text in enumerate(self.texts, start=1):
            self.at_the_desk(ticket, number, text)
            self.request(ticket, text)
            self.deposit(number, text)
        self.till()
        self.orders()
        self.contacts()
        return self

    def central(self):
        """Persons P1, P2 … and employers E1, E2 … whose every text is one of ours."""
        town = Town.__new__(Town)
        town.hub, town.folder, town.refused = self.hub, self.hub.store.folder.parent, []
        town.today = Today(self.hub.today().isoformat(), self.hub.now().at)
        people, employers = [], []
        for number, text in enumerate(self.texts, start=1):
            said = " ".join(text.split())[:NAME]
            people.append(
                BAMOU | {"ref": f"P{number}", "number": f"21334{number:05d}", "name": said, "first_names": said,
                         "city": said[:60], "birth_place": said[:60]}
            )  # fmt: skip
            employers.append(
                BAKER | {"ref": f"E{number}", "number": f"90001{number:02d}", "name": said, "city": said[:60]}
            )
        town.import_("employers", *employers)
        town.import_("people", *people)
        town.import_("contributions", *(House.period(f"E{n}", each) for n in (1, 2) for each in QUARTERS))
        job = {"employer": "E1", "start": "1980-03"}
        town.import_(
            "employments",
            *(job | {"ref": f"M{n}", "party": f"P{n}", "job": text[:60]} for n, text in enumerate(self.texts, 1)),
        )
        self.took["central data"] = len(self.texts) - len(town.refused)

    def visitor(self):
        """Somebody sits at the desk of inquiries; the row of their ticket."""
        pressed = self.ask(KIOSK)
        given = queues.issue(self.hub, pressed, service="RAS", channel="kiosk")
        queues.report_paper(
            self.hub, self.ask(KIOSK), issue=pressed.key, paper="printed", label=given["label"], service="RAS"
        )
        queues.call_next(self.hub, self.ask(CLERK), counter="02")
        queues.start(self.hub, self.ask(CLERK), counter="02")
        return queue_store.counter(self.hub.reader, "02").ticket

    def at_the_desk(self, ticket, number, text):
        hub, ref, visit = self.hub, f"P{number}", self.visit
        with self.each("requester"):
            visits.name_requester(hub, self.ask(CLERK), visit=visit, name=text[:NAME], quality="proxy")
        with self.each("concerned"):
            visits.add_concerned(hub, self.ask(CLERK), visit=visit, party=ref)
        with self.each("inquiry"):
            said = {"subject": "payment", "result": "answered", "said": text[:WORDS]}
            inquiry.note(hub, self.ask(CLERK), visit=visit, party=ref, **said)
        with self.each("certificate"):
            purpose = certificate.Purpose(ticket)
            given = certificate.issue(hub, self.ask(CLERK), ref=ref, kind="registration", purpose=purpose)
            certificate.cancel(
                hub, self.ask(CLERK), certificate=given["certificate"], reason="mistake", note=text[:NOTE]
            )

    def request(self, ticket, text):
        hub = self.hub
        with self.each("request"):
            asked = request.Asked("request", "missing_months", text, ticket=ticket, visitor=text[:NAME])
            number = request.send_on(hub, self.ask(CLERK), asked=asked, why="complex", service="21")["request"]
            request.take(hub, self.ask(OFFICER), request=number)
            request.note(hub, self.ask(OFFICER), request=number, text=text)
            request.ask_visitor(hub, self.ask(OFFICER), request=number, channel="counter", text=text)
            request.reply(hub, self.ask(CLERK), request=number, text=text)
            request.answer(hub, self.ask(OFFICER), request=number, channel="counter", text=text)

    def deposit(self, number, text):
        hub = self.hub
        rows = (Row("0408", there=True, issued="2026-01-01", motive=text[:NOTE]), Row("0400", there=True))
        person = Concerned(number=f"21334{number:05d}", name=text[:NAME], reasons=(Reason("CDV", {}, rows),))
        draft = Draft(Depositor(text[:NAME], id_number="A 123456"), concerned=(person,))
        with self.each("draft of a deposit"):
            begun = deposit.begin(hub, self.ask(DEPOSITS), channel="mail")["deposit"]
            deposit.type_in(hub, self.ask(DEPOSITS), deposit=begun, draft=draft)
        if number % 2:
            with self.each("deposit"):
                deposit.deposit(hub, self.ask(DEPOSITS), deposit=begun, draft=draft)
                first = hub.reader.execute(
                    "SELECT min(id) FROM deposit_document WHERE deposit = ?", (begun,)
                ).fetchone()
                wrong = (deposit.Choice(first[0], "illegible", text[:NOTE]),)
                deposit.decide(hub, self.ask(VALIDATOR), outcome="reject", choices=wrong)

    def till(self):
        hub = self.hub
        cash.open_session(hub, self.ask(CASHIER), till="C01", pieces={"n10000": 5})
        for text in self.texts:
            with self.each("payment"):
                who, details = Payer("employer", text, "9000101", "E1"), {"number": text, "bank": text}
                paid = cash.Payment(who, "contribution", (("2026-T1", 100),), "cheque", details=details)
                self.receipts.append(cash.collect(hub, self.ask(CASHIER), payment=paid)["receipt"])
            with self.each("voucher"):
                cash.move(hub, self.ask(CASHIER), kind="to_safe", amount=1, voucher=text)
        with self.each("cheque"):
            cash.settle(hub, self.ask(CHIEF), receipt=self.receipts[0], step="unpay", reference=self.texts[0])
        session = ending.count_closing(hub, self.ask(CASHIER), pieces={"n10000": 4})["session"]
        for text in self.texts:
            with self.each("closing"):
                ending.propose(hub, self.ask(CASHIER), motive="change", note=text)
                ending.refuse(hub, self.ask(CHIEF), session=session, note=text)
        ending.propose(hub, self.ask(CASHIER), motive="change", note=" ".join(self.texts)[:400])
        ending.approve(hub, self.ask(CHIEF), session=session)

    def orders(self):
        hub, today = self.hub, self.hub.today().isoformat()
        cash.open_session(hub, self.ask(PAYER), till="C02", pieces={"n10000": 100})
        for number, text in enumerate(self.texts, start=1):
            order = f"44{number:02d}"
            with self.each("order"):
                said = {"number": order, "nature": "pension", "amount": 1_000, "payee": text[:NAME],
                        "party": f"P{number}", "pay_from": today, "pay_until": "2099-12-31"}  # fmt: skip
                paying.receive(hub, self.ask(CHIEF), said=[said])
            if number == 1:
                with self.each("paid"):
                    paying.reserve(hub, self.ask(PAYER), order=order)
                    paying.pay(
                        hub, self.ask(PAYER), order=order, shown=Shown("passport", text[:20], proxy_name=text[:NAME])
                    )
            else:
                with self.each("blocked"):
                    paying.block(hub, self.ask(CHIEF), order=order, reason="opposition")

    def contacts(self):
        """Why a file was looked at: the supervisor reads it."""
        for number, text in enumerate(self.texts, start=1):
            with self.each("motive"):
                visits.begin_contact(self.hub, self.ask(NEIGHBOUR), channel="mail", motive=text[:NOTE])
                inquiry.open_file(self.hub, self.ask(NEIGHBOUR), ref=f"P{number}", view="identity")


def plant_services(hub, texts):
    """All of it: `took`, and the public id of the `visit` that goes on at the desk of inquiries, and `receipts`."""
    return Planting(hub, tuple(texts)).everything()
