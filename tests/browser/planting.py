"""Every text that somebody types, and that central data, the centre and the treasury say, given to one agency.

    plant_services(hub, texts, centre).took        how many of them each kind of text took

One person and one employer a text, and of each service one file about them; what a rule refuses (too long, no number)
is not planted, and the test sees that of each kind most were. `centre` is the folder of the centre, with its key.
"""

from __future__ import annotations

import io

from hub.ask import HUB, Ask
from hub.errors import Unreadable
from hub.people.columns import KINDS as RECORDS
from hub.people.importing import Today
from hub.people.rules import Wrong
from hub.publishing import actions as publishing
from hub.publishing import store as publications
from hub.publishing.rules import as_text
from hub.queues import actions as queues
from hub.queues import faces
from hub.queues import papers as queue_papers
from hub.queues import store as queue_store
from hub.services.appointment import actions as appointment
from hub.services.appointment.model import AppointmentDialled
from hub.services.certificate import actions as certificate
from hub.services.deposit import actions as deposit
from hub.services.deposit import scanning
from hub.services.deposit import store as deposits
from hub.services.deposit.model import Concerned, Depositor, Draft, Reason, Row
from hub.services.inquiry import actions as inquiry
from hub.services.payday import actions as payday
from hub.services.request import actions as request
from hub.visits import actions as visits
from tests.browser.planted_letters import LETTERS, LetterPlanter
from tests.browser.planted_tills import TillPlanter
from tests.browser.planter import CLERK, DEPOSITS, KIOSK, NEIGHBOUR, OFFICER, READERS, RECEPTION, SUPERVISOR, VALIDATOR
from tests.hub.people.town import Town
from tests.hub.services.scanner import jpeg

NAME, WORDS, NOTE = 120, 300, 200
#: Kind of text → how many of ten it takes at least.
KINDS = {
    "central data": 10, "list": 4,
    "requester": 10, "concerned": 10, "inquiry": 10, "motive": 10, "picked": 10, "corrected": 10,
    "certificate": 10, "request": 10, "request contested": 3,
    "appointment": 10, "appointment concluded": 10, "draft of a deposit": 10, "deposit": 6, "scan": 10,
    "prepared": 10, "order wanted": 10, "order refused": 5,
    "payment": 10, "voucher": 10, "cheque": 10, "closing refused": 10, "closing": 10, "lot": 10, "lot refused": 1,
    "order": 10, "paid": 5, "blocked": 5, "life certificate": 5,
    "notice": 10, "letter held": 10, "letter refused": 10, "file refused": 10, "message refused": 10,
    "message again": 1, "publication": 10,
}  # fmt: skip


class Planting(TillPlanter, LetterPlanter):
    """The texts of one agency, going in. `visit` goes on at the desk of inquiries; the lists hold one number a text."""

    def __init__(self, hub, texts, centre):
        super().__init__(hub, texts, centre)
        self.visit, self.scans, self.requests = "", [], []
        self.appointments, self.booked_on = [], ""
        self.certificates, self.drafts, self.deposits, self.posted = [], [], [], []

    def everything(self):
        self.central()
        self.lists()
        ticket = self.visitor()
        self.visit = faces.public_id(queue_store.ticket(self.hub.reader, ticket))
        for number, text in enumerate(self.texts, start=1):
            self.at_the_desk(ticket, number, text)
            self.request(ticket, number, text)
            self.appointment(number, text)
            self.prepare(number, text)
            self.want_order(number, text)
            self.deposit(number, text)
            self.forgotten(text)
        self.till()
        self.pay_orders()
        self.contacts()
        self.letters()
        self.refusals()
        self.pay_day()
        self.publications()
        self.hub.viewer.close()
        waiting = self.hub.reader.execute("SELECT id FROM notice WHERE way = 'print' AND state = 'waiting'")
        self.posted = [row["id"] for row in waiting]
        return self

    # --- central data

    def central(self):
        """Persons P1, P2 … and employers E1, E2 …, with every record about them: each of their texts is one of ours."""
        town = Town.__new__(Town)
        town.hub, town.folder, town.refused = self.hub, self.hub.store.folder.parent, []
        town.today = Today(self.hub.today().isoformat(), self.hub.now().at)
        for what, kind in RECORDS.items():
            rows = [self.record(kind, number, text) for number, text in enumerate(self.texts, start=1)]
            town.import_(what, *rows)
            assert not town.refused, (what, town.refused)
        self.took["central data"] = len(self.texts)

    @staticmethod
    def record(kind, number, text):
        """The manual's example of a kind, about another, with the text in every column that takes any."""
        said, found = " ".join(text.split()), {}
        about = {
            "P1": f"P{number}", "P2": f"P{number % 2 + 1}", "E1": f"E{number}", "2133415888": f"21334{number:05d}",
            "9000001": f"90001{number:02d}",
        }  # fmt: skip
        for column in kind.columns:
            if (value := kind.example.get(column.name)) is not None:
                own = column.name in ("ref", "number")
                found[column.name] = about.get(value, f"{value}{number}" if own else value)
            for length in (200, 160, 120, 80, 60, 40):
                try:
                    taken = column.check(said[:length])
                except (Wrong, Unreadable):
                    continue
                if taken == said[:length]:
                    found[column.name] = taken
                    break
        return found

    # --- at the desks

    def visitor(self):
        """Somebody sits at the desk of inquiries, another waits all day; the row of the first one's ticket."""
        self.ticket()
        queues.call_next(self.hub, self.ask(CLERK), counter="02")
        queues.start(self.hub, self.ask(CLERK), counter="02")
        self.ticket()
        return queue_store.counter(self.hub.reader, "02").ticket

    def ticket(self):
        """A ticket of the kiosk; its public id."""
        pressed = self.ask(KIOSK)
        given = queues.issue(self.hub, pressed, service="RAS", channel="kiosk")
        queue_papers.report_paper(
            self.hub, self.ask(KIOSK), issue=pressed.key, paper="printed", label=given["label"], service="RAS"
        )
        return given["id"]

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
            self.certificates.append(number := given["certificate"])
            if number % 2:
                certificate.cancel(hub, self.ask(CLERK), certificate=number, reason="mistake", note=text[:NOTE])

    def forgotten(self, text):
        """Somebody is called before another, for a reason; when their service ended is put right by the supervisor."""
        hub, given = self.hub, self.ticket()
        with self.each("picked"):
            queues.pick(hub, self.ask(NEIGHBOUR), counter="03", ticket=given, reason=text[:WORDS])
        queues.start(hub, self.ask(NEIGHBOUR), counter="03")
        held = queue_store.ticket(hub.reader, queue_store.counter(hub.reader, "03").ticket)
        while hub.now().at < held.stage.started.at + 3:  # there is a moment between its start and its end
            pass
        queues.finish(hub, self.ask(NEIGHBOUR), counter="03", outcome="served")
        with self.each("corrected"):
            queues.correct_end(
                hub, self.ask(SUPERVISOR), ticket=faces.public_id(held), ended_at=held.stage.started.at + 1,
                reason=text[:WORDS],
            )  # fmt: skip

    def contacts(self):
        """Why a file was looked at: the supervisor reads it. Everybody who may read one has such a reason now."""
        for number, text in enumerate(self.texts, start=1):
            with self.each("motive"):
                visits.begin_contact(self.hub, self.ask(NEIGHBOUR), channel="mail", motive=text[:NOTE])
                inquiry.open_file(self.hub, self.ask(NEIGHBOUR), ref=f"P{number}", view="identity")
        for reader in READERS:
            visits.begin_contact(self.hub, self.ask(reader), channel="mail", motive=self.texts[0][:NOTE])

    # --- back desks

    def request(self, ticket, number, text):
        """Through every step of a request; every third is answered at once, every other one contested."""
        hub, channel = self.hub, ("counter", "mail", "sms")[number % 3]
        asked = request.Asked(
            "request", "missing_months", text, ticket=ticket, party=f"P{number}", visitor=text[:NAME],
            reach="+242066554433" if channel == "sms" else text[:NAME],
        )  # fmt: skip
        with self.each("request"):
            if number % 3 == 0:
                made = request.answer_at_once(hub, self.ask(CLERK), asked=asked, answer=text)["request"]
            else:
                made = request.send_on(hub, self.ask(CLERK), asked=asked, why="complex", service="21")["request"]
                request.take(hub, self.ask(OFFICER), request=made)
                request.note(hub, self.ask(OFFICER), request=made, text=text)
                request.ask_visitor(hub, self.ask(OFFICER), request=made, channel=channel, text=text)
                request.reply(hub, self.ask(CLERK), request=made, text=text)
                request.answer(hub, self.ask(OFFICER), request=made, channel=channel, text=text)
            self.requests.append(made)
        if number % 3 == 2:
            with self.each("request contested"):
                request.contest(hub, self.ask(CLERK), request=made, text=text)
                request.take(hub, self.ask(OFFICER), request=made)
                request.pass_on(hub, self.ask(OFFICER), request=made, service="22", text=text)

    def appointment(self, number, text):
        """All on one day, each at a time of its own; the call is made before, as no agent could, to be concluded."""
        hub = self.hub
        day = appointment.times_told(hub, service="RAS", day=self.booked_on or None)["days"][0]
        self.booked_on = day["day"]
        wanted = appointment.Wanted(
            "RAS", day["day"], day["times"][number], "telephone", name=text[:NAME], telephone=f"0660000{number:02d}",
            registration_number=text, note=text[:NOTE],
        )  # fmt: skip
        with self.each("appointment"):
            made = appointment.book(hub, self.ask(CLERK), wanted=wanted)["appointment"]
            self.appointments.append(made)
        with self.each("appointment concluded"):
            with hub.store.transaction(Ask(HUB)) as tx:
                tx.record(AppointmentDialled(made, 1))
            appointment.conclude(hub, self.ask(CLERK), appointment=made, outcome="not_conclusive", motive=text[:WORDS])
        with self.each("appointment"):
            time = day["times"][number - 1]
            wanted = appointment.Wanted("RAS", day["day"], time, name=text[:NAME], note=text[:NOTE])
            self.appointments.append(appointment.book(hub, self.ask(CLERK), wanted=wanted)["appointment"])

    def pay_day(self):
        """One of today, whose waves take letters and figures alone: what is asked of them is typed into an address."""
        waves, today = "00 49 00:00 20\n50 99 00:00 20", self.hub.today().isoformat()
        payday.plan(self.hub, self.ask(RECEPTION), on=today, service="CPR", by="registration", waves=waves)

    def publications(self):
        """What the hall's screen says, what queues, counters and errands are called, and a reason: the supervisor's."""
        publishing.settle(self.hub, Ask(HUB))  # as at each start
        for text in self.texts:
            with self.each("publication"):
                words, papers = {"fr": text, "en": text}, {"fr": [text]}
                errand = {"code": "CERT-VIE", "icon": "heartbeat", "kiosk": words, "papers": papers}
                said = {
                    "displays.SALLE.message": text, "services.PEN.reasons": [errand], "services.DEP.names": words,
                    "counters.26.label": text, "counters.26.location": text,
                    "counters.05.names": words, "counters.05.locations": words,
                }  # fmt: skip
                wanted = {name: as_text(value) for name, value in said.items()}
                seen = publications.last_version(self.hub.reader)
                publishing.publish(self.hub, self.ask(SUPERVISOR), wanted=wanted, reason=text, seen=seen)

    # --- deposits

    def deposit(self, number, text):
        """Documents of kinds and events that the centre has named so; drafts, rejected ones, others to complete."""
        hub, place = self.hub, number - 1
        rows = (
            Row("0408", there=True, issued="2026-01-01", motive=text[:NOTE], about=text[:80]),
            Row(f"70{place:02d}", there=True, about=text[:80]),
        )
        reasons = (Reason("CDV", {}, rows), Reason(f"Q{LETTERS[place]}", {f"q_{LETTERS[place].lower()}": 1}, ()))
        person = Concerned(number=f"21334{number:05d}", name=text[:NAME], reasons=reasons)
        draft = Draft(Depositor(text[:NAME], id_number="A 123456"), concerned=(person,))
        made = None
        with self.each("draft of a deposit"):
            begun = deposit.begin(hub, self.ask(DEPOSITS), channel="mail")["deposit"]
            deposit.type_in(hub, self.ask(DEPOSITS), deposit=begun, draft=draft)
            self.drafts.append(begun)
        if number % 3:
            with self.each("deposit"):
                deposit.deposit(hub, self.ask(DEPOSITS), deposit=begun, draft=draft)
                made = begun
                self.deposits.append(begun)
                first = deposits.documents(hub.reader, begun)[0].id
                choices = (deposit.Choice(first, "illegible", text[:WORDS]),)
                deposit.decide(hub, self.ask(VALIDATOR), outcome=("ask", "reject")[number % 2], choices=choices)
        with self.each("scan"):
            picture = io.BytesIO(jpeg(str(number)))
            kept = scanning.receive(hub, self.ask(DEPOSITS), picture, name=text[:NAME], deposit=made)
            self.scans.append(kept["scan"])


def plant_services(hub, texts, centre):
    """All of it, and where it is to be seen."""
    return Planting(hub, tuple(texts), centre).everything()
