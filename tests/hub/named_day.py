"""The demo's hub, in whose process a day is lived with persons who can be told apart from everything else.

`python -m tests.hub.named_day PLANT --config DIR`; the day begins when `live` lies beside DIR, and what became of it is
told in `lived.json` there, with what an operator's relay would have been told meanwhile. PLANT is "" or a leak on
purpose: `board`, `ticket`, `log` or `relay`.
"""

from __future__ import annotations

import io
import json
import sys
import threading
import time
import traceback
from dataclasses import astuple, replace
from itertools import count
from pathlib import Path

import structlog

from hub import outbox, scans, server, wsgi
from hub.agents import actions as agents
from hub.ask import HUB, Actor, Ask
from hub.exchange import inbox
from hub.exchange.model import NOTICE, Letter
from hub.followup import relay
from hub.orphans import die_with_demo
from hub.paper import Text
from hub.people.importing import Today
from hub.queues import actions as queues
from hub.queues import faces
from hub.queues import papers as queue_papers
from hub.queues import store as queue_store
from hub.services.cash import actions as cash
from hub.services.cash import lot_store, treasury
from hub.services.certificate import actions as certificate
from hub.services.deposit import actions as deposit
from hub.services.deposit import batches, scanning
from hub.services.inquiry import actions as inquiry
from hub.services.reception import slips as reception_slips
from hub.services.request import actions as request
from hub.settings_files import load_settings
from hub.visits import actions as visits
from hub.visits import slips
from tests.hub.lived_day import CHIEF, SUPERVISOR, Day, Said
from tests.hub.people.town import Town
from tests.hub.services.house import BAKER, QUARTERS
from tests.hub.services.house import BAMOU as PENSIONER
from tests.hub.services.house import House as Central
from tests.hub.services.scanner import jpeg

CLERK = Actor(agent="00815D", roles=frozenset({"clerk"}))
OFFICER = Actor(agent="01204H", roles=frozenset({"case_officer"}))
#: Words that stand nowhere else.
SAID = Said(
    name="NZOULOU-DEPOT", number="8811223344", depositor="OKOMBI-DEPOSANT", requester="MAKOSSO-DEMANDEUSE",
    payer="LOEMBA-PAYEUR", payer_number="9911223", payee="MBOUNGOU-PAYE", cheque="CHQ-5566778", passport="PASSE-77441",
    reason="motif-tres-prive",
)  # fmt: skip
PERSON = PENSIONER | {"name": "KOUTOUNDA", "first_names": "Aristophane", "number": "2133415888"}
EMPLOYER = BAKER | {"name": "Boulangerie Zéphirine", "number": "9000771"}
PHONE, REQUEST, ANSWER = "+242066554433", "ma-requete-privee", "la-reponse-privee"
NAMES = (
    *astuple(SAID), PERSON["name"], PERSON["first_names"], PERSON["number"], EMPLOYER["name"], EMPLOYER["number"],
    PHONE, REQUEST, ANSWER,
)  # fmt: skip


class NamedDay(Day):
    """Every service once, in the hub that the hall's real devices are connected to."""

    said = SAID

    def __init__(self, app):
        self.app, self.keys, self.relayed = app, count(1), []
        self.hub = app.extensions["mbote"]
        self.services = self.hub.services

    def look(self):
        """The devices of the hall look by themselves."""

    def look_at(self, code, *paths):
        """So does nobody's page here."""

    def live(self):
        for part in (
            self.central, self.visits, self.reception, self.deposits, self.till, self.visit, self.asks, self.scans,
            self.lots, self.letters, self.house,
        ):  # fmt: skip
            part()
            self.relayed.append(relay.told(self.hub))
        queues.close_day(self.hub, self.ask(), force=True)
        self.house()

    def deposits(self):
        """And the acknowledgement in its short form, at the counter's printer."""
        super().deposits()
        number = self.hub.reader.execute("SELECT max(id) FROM deposit WHERE label IS NOT NULL").fetchone()[0]
        deposit.print_slip(self.hub, self.ask(Actor(agent="00902F")), deposit=number)

    def central(self):
        """What the central system knows of one person and one employer."""
        town = Town.__new__(Town)
        town.hub, town.folder, town.refused = self.hub, self.hub.store.folder.parent, []
        town.today = Today(self.hub.today().isoformat(), self.hub.now().at)
        town.import_("employers", EMPLOYER)
        town.import_("people", PERSON)
        town.import_("contributions", *(Central.period("E1", each) for each in QUARTERS))
        assert not town.refused, town.refused

    def visit(self):
        """At the desk of inquiries: who it is about, a file, a question, a certificate, and the visit's slip."""
        hub, me = self.hub, CLERK
        scan = scans.brought(hub, PERSON["number"])
        ask = self.ask(Actor(device="K9", roles=frozenset({"kiosk"})))
        given = queues.issue(hub, ask, service="RAS", channel="kiosk", party=scan.party, brought=scan.label)
        queue_papers.report_paper(
            hub, self.ask(ask.actor), issue=ask.key, paper="printed", label=given["label"], service="RAS"
        )
        queues.call_next(hub, self.ask(me), counter="02")
        queues.start(hub, self.ask(me), counter="02")
        ticket = queue_store.ticket(hub.reader, queue_store.counter(hub.reader, "02").ticket)
        visit = faces.public_id(ticket)
        visits.name_requester(hub, self.ask(me), visit=visit, name=self.said.requester, quality="proxy")
        visits.add_concerned(hub, self.ask(me), visit=visit, party="P1")
        assert inquiry.find(hub, self.ask(me), PERSON["name"]).parties
        inquiry.open_file(hub, self.ask(me), ref="P1", view="identity")
        inquiry.note(
            hub, self.ask(me), visit=visit, subject="payment", result="answered", said=self.said.reason, party="P1"
        )
        purpose = certificate.Purpose(ticket.id)
        given = certificate.issue(hub, self.ask(me), ref="P1", kind="registration", purpose=purpose)
        certificate.print_copy(hub, self.ask(me), certificate=given["certificate"])
        concerned = ((f"{PERSON['name']} {PERSON['first_names']}", PERSON["number"]),)
        paper = slips.Visit(
            "A", "B", ticket.label, "1", "02", "C", self.said.requester, "proxy", concerned, (("08:00", "x"),)
        )
        visits.print_visit(hub, self.ask(me), visit=visit, paper=paper)
        self.request(ticket.id)
        queues.finish(hub, self.ask(me), counter="02", outcome="served")

    def request(self, ticket):
        """What could not be answered goes to a back desk, and comes back by SMS and by letter."""
        hub = self.hub
        for channel in ("sms", "mail"):
            asked = request.Asked("request", "missing_months", REQUEST, ticket=ticket, party="P1",
                                  visitor=self.said.requester, reach=PHONE)  # fmt: skip
            number = request.send_on(hub, self.ask(CLERK), asked=asked, why="complex", service="21")["request"]
            request.print_acknowledgement(hub, self.ask(CLERK), request=number)
            request.take(hub, self.ask(OFFICER), request=number)
            request.note(hub, self.ask(OFFICER), request=number, text=self.said.reason)
            request.answer(hub, self.ask(OFFICER), request=number, channel=channel, text=ANSWER)

    def asks(self):
        """Somebody writes; nothing is refused without a reason that was typed."""
        hub = self.hub
        visits.begin_contact(hub, self.ask(CLERK), channel="telephone", motive=self.said.reason)
        inquiry.open_file(hub, self.ask(CLERK), ref="E1", view="identity")
        visits.end_contact(hub, self.ask(CLERK))

    def scans(self):
        """Files called after people: one that is sent, one of the scanner, and one that it left and nobody can take."""
        hub, clerk = self.hub, Actor(agent="00902F", roles=frozenset({"clerk"}))
        scanning.receive(hub, self.ask(clerk), io.BytesIO(jpeg("a")), name=f"{self.said.name}.jpg")
        folder = Path(hub.settings.deposits.scans_from)
        (folder / f"{self.said.depositor}.jpg").write_bytes(jpeg("b"))
        (folder / f"{self.said.requester}.gif").write_bytes(b"GIF89a")
        while list(folder.glob("*.*")):
            batches.round(hub)

    def lots(self):
        """A lot with a cheque that came back is held back, put right with a word, and refused by the treasury."""
        hub = self.hub
        (lot,) = lot_store.waiting(hub.reader)
        held = {each.receipt: "contested" for each in lot.items}
        treasury.send(hub, self.ask(CHIEF), lot=lot.reference, held=held)
        again = treasury.correct(hub, self.ask(CHIEF), lot=lot.reference, accounts={}, motive=self.said.reason)["lot"]
        treasury.send(hub, self.ask(CHIEF), lot=again, held={})
        with hub.store.transaction(Ask(HUB)) as tx:
            sent = outbox.message(tx.connection, treasury.known(tx.connection, again).message)
            outbox.hear(tx, outbox.Answered(sent.key, sent.version, "refused", "R7", f"inconnu : {self.said.payer}"))

    def letters(self):
        """The centre tells the staff of somebody; what it says of another day is held back, with a reason."""
        payload = {"title": {"fr": f"Recherche : {self.said.name}"}, "text": {"fr": f"{PERSON['name']}, {PHONE}"}}
        for number, day in enumerate((None, "2099-01-01"), start=1):
            letter = Letter(number, f"k {number}", NOTICE, 1, 1, payload, day, "DG")
            inbox.take_letter(self.hub, Ask(HUB), letter=letter)
        inbox.hold(self.hub, self.ask(SUPERVISOR), letter=2, motive=self.said.reason)


def plant(leak):
    """A fault of the kind that is looked for."""
    if leak == "board":
        drawn = wsgi.room_board.for_screen

        def telling(board, screen, settings):
            return replace(drawn(board, screen, settings), message=SAID.requester)

        wsgi.room_board.for_screen = telling
    elif leak == "ticket":
        lines = reception_slips.ticket_slip
        reception_slips.ticket_slip = lambda *given: (*lines(*given), Text(SAID.requester))
    elif leak == "log":
        collect = cash.collect

        def talking(hub, ask, *, payment, **more):
            structlog.get_logger("cash").info("taken", payer=payment.who.name)
            return collect(hub, ask, payment=payment, **more)

        cash.collect = talking
    elif leak == "relay":
        relay.FACTS = (*relay.FACTS, "requester")
        shown = relay.as_json
        relay.as_json = lambda face: shown(face) | {"requester": SAID.requester}


def live_when_told(app, folder):
    """Once the devices of the hall are there, the counters' printer among them."""
    token = agents.pair(app.extensions["mbote"], Ask(HUB), kind="printer", name="I1")["token"]
    (folder / "printer.token").write_text(token)
    while not (folder / "live").exists():
        time.sleep(0.05)
    told, day = {"names": NAMES, "trouble": ""}, NamedDay(app)
    try:
        day.live()
    except Exception:  # noqa: BLE001 (told to the test)
        told["trouble"] = traceback.format_exc()
    told["relayed"] = day.relayed
    (folder / "lived.new").write_text(json.dumps(told), "utf-8")
    (folder / "lived.new").rename(folder / "lived.json")


def main():
    die_with_demo()
    leak, config = sys.argv[1], Path(sys.argv[-1])
    plant(leak)
    build = wsgi.build

    def build_and_live(settings, demo=None):
        app = build(settings, demo)
        threading.Thread(target=live_when_told, args=(app, config.parent), daemon=True).start()
        return app

    wsgi.build = build_and_live
    server.serve(load_settings(config), demo={"folder": str(config.parent)})


if __name__ == "__main__":
    main()
