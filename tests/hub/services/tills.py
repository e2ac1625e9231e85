"""A till as the tests speak of it: who pays, who counts, and a day of an agency that has one."""

import io
import shutil
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import replace

import pikepdf

from hub.agents import actions as agents
from hub.ask import HUB, Actor, Ask
from hub.paper import slip_from_json
from hub.printing import actions as printing
from hub.services.cash import actions, ending, store
from hub.services.cash.actions import Payment
from hub.services.cash.model import Payer
from hub.services.cash.office import office_of
from tests.hub.services.conftest import KIOSK
from tests.hub.services.house import CASHIER, House, brazzaville

DAY = brazzaville("2013-03-29")
CHIEF = Actor(agent="01003B", roles=frozenset({"head_cashier"}))
AUDITOR = Actor(agent="00990Z", roles=frozenset({"auditor"}))
BAKER = Payer("employer", "Boulangerie Ngoma", "9000001", "E1")
DEBTOR = Payer("employer", "Garage Loemba", "9000002", "E2")
STRANGER = Payer("employer", "MAKOSSO & Fils", "", None)
VOLUNTARY = Payer("voluntary", "BAMOU Jérôme", "2133415888", "P1")
#: 50 000 francs of float, as a hand would count them.
FLOAT = {"n10000": 4, "n5000": 2}


def central_data(folder):
    """The file of central data, imported once for all tests of a module."""
    found = House(folder, DAY, ("cash",))
    found.central_data()
    found.close()
    with closing(sqlite3.connect(found.data / "people.db", isolation_level=None)) as central:
        central.execute(
            "UPDATE import_run SET data_of = ?", (int(DAY.timestamp() - 36_000) * 1000,)
        )  # of the night before
    return found.data / "people.db"


@contextmanager
def at_work(folder, workshop, replica):
    """An agency with tills and certificates, on a copy of that data."""
    (folder / "data").mkdir()
    shutil.copy(replica, folder / "data")
    found = House(folder, DAY, ("certificate", "cash"), workshop)
    yield found
    found.close()


def open_till(house, pieces=FLOAT, actor=CASHIER):
    return actions.open_session(house.hub, house.ask(actor), till="C01", pieces=pieces)["session"]


def pay(house, amount=134_848, period="2012-T4", *, tender="cash", who=BAKER, actor=CASHIER, **more):  # noqa: PLR0913 (a payment)
    details = {"cheque": {"number": "0012", "bank": "BGFI"}, "transfer": {"reference": "V12"},
               "mobile_money": {"phone": "060001234"}}.get(tender, {})  # fmt: skip
    lines = tuple((each, share) for each, share in ([(period, amount)] if isinstance(period, str) else period))
    payment = Payment(who, "contribution", lines, tender, details=details | more.pop("details", {}), **more)
    answer = actions.collect(house.hub, house.ask(actor), payment=payment)
    return actions.known(house.hub, answer["receipt"])


def close_till(house, pieces, **explained):
    counted = ending.count_closing(house.hub, house.ask(CASHIER), pieces=pieces)
    ending.propose(house.hub, house.ask(CASHIER), **explained)
    answer = ending.approve(house.hub, house.ask(CHIEF), session=counted["session"])
    return store.closing(house.hub.reader, answer["closing"])


def pieces_for(house, amount):
    """Notes and coins for an amount, the largest first."""
    found = {}
    for each in office_of(house.hub.settings).denominations:
        many, amount = divmod(amount, each.value)
        if many:
            found[each.code] = many
    return found


def split(periods, amount):
    """An amount over its periods, the rest on the last."""
    each = amount // len(periods)
    return [*((period, each) for period in periods[:-1]), (periods[-1], amount - each * (len(periods) - 1))]


def with_printer(house):
    """The cashier's counter has a printer of its own."""
    counters = tuple(
        each.model_copy(update={"printer": "K1"}) if each.code == "11" else each for each in house.hub.settings.counters
    )
    house.hub = replace(house.hub, files=house.hub.settings.model_copy(update={"counters": counters}))
    agents.pair(house.hub, house.ask(HUB), kind="kiosk", name="K1")


def printed(house, state="confirmed"):
    """The printer takes its next job and says what became of it; the slip."""
    taken = printing.take(house.hub, Ask(KIOSK))
    printing.report(house.hub, house.ask(KIOSK), job=taken["job"], attempt=taken["attempt"], state=state)
    return slip_from_json(taken["slip"])


def text_of(content):
    with pikepdf.open(io.BytesIO(content)) as document:
        return len(document.pages), str(document.docinfo.get("/Title", ""))
