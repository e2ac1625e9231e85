"""What comes out of a till: receipts and closings on paper, the drawer's pulse, and the page of what is unusual."""

import shutil
from dataclasses import replace

import pytest

from hardware import ink
from hub.ask import Ask
from hub.errors import Refused
from hub.paper import Drawer
from hub.printing import actions as printing
from hub.services.cash import actions, ending, paper, store
from hub.services.cash.migrations import OLD_REPRINTS
from hub.store import Store
from tests.hub.services.conftest import KIOSK
from tests.hub.services.house import CASHIER, SUPERVISOR, Screen
from tests.hub.services.tills import (
    CHIEF,
    FLOAT,
    close_till,
    open_till,
    pay,
    pieces_for,
    printed,
    text_of,
    with_printer,
)

pytestmark = pytest.mark.slow  # real files and processes


# --- papers ----------------------------------------------------------------------------------


def test_a_receipt_is_printed_first_and_then_as_a_duplicate(house):
    open_till(house)
    found = pay(house, tendered=150_000)
    for copy in (0, 1):
        answer = actions.print_receipt(house.hub, house.ask(CASHIER), receipt=found.receipt)
        assert (answer["copy"], answer["printer"]) == (copy, None)
        pages, title = text_of(paper.receipt_pdf(house.hub, found, copy))
        assert (pages, title) == (1, "Quittance C01-2013-000001")
    assert paper.receipt_pdf(house.hub, found, 0) == paper.receipt_pdf(house.hub, found, 0), "the same bytes"


def test_the_slip_says_what_was_paid_in_figures_and_in_letters(house):
    open_till(house)
    cheque = pay(house, 1_446_117, "2013-01", tender="cheque")
    lines = [getattr(line, "text", f"{getattr(line, 'left', '')}|{getattr(line, 'right', '')}")
             for line in paper.slip(house.hub, house.hub.reader, cheque, 1)]  # fmt: skip
    told = "\n".join(lines)
    for said in ("*** DUPLICATA 1 ***", "C01-2013-000001", "Boulangerie Ngoma", "COTIS JANV 2013", "1 446 117 FCFA",
                 "un million quatre cent quarante-six mille cent dix-sept francs CFA", "SOUS RÉSERVE D'ENCAISSEMENT",
                 "N° du chèque|0012"):  # fmt: skip
        assert said in told.replace("\u202f", " "), said


def test_the_closing_s_pages_carry_their_sums(house):
    open_till(house)
    for _ in range(75):
        pay(house, 1_000)
    found = close_till(house, pieces_for(house, 125_000))
    data = paper.closing_data(house.hub, found, 0)
    assert [(page["report"], page["carried"]) for page in data["pages"]] == [
        ("0", "22\u202f000"), ("22\u202f000", "50\u202f000"), ("50\u202f000", "75\u202f000")]  # fmt: skip
    pages, title = text_of(paper.closing_pdf(house.hub, found, 0))
    assert (pages, title) == (4, "Arrêté de caisse C01 CAISSE N°1 Z1"), "the last has the sub-totals alone"


def test_the_drawer_opens_by_the_printer_s_pulse_and_each_opening_is_written_down(house):
    with_printer(house)
    open_till(house)
    found = pay(house)
    pay(house, tender="cheque")
    actions.open_drawer(house.hub, house.ask(CASHIER), reason="change")
    openings = [(row["reason"], row["entry"], row["agent"]) for row in store.openings_of(house.hub.reader, 1)]
    assert openings == [("collection", found.receipt, CASHIER.agent), ("change", None, CASHIER.agent)]
    assert printed(house) == (Drawer(),)
    assert b"\x1bp\x00" in ink.encode((Drawer(),)), "ESC p: the pulse"
    assert any(getattr(line, "text", "") == found.receipt for line in printed(house))
    assert found.copies == 1
    house.replayed()


def test_a_pulse_whose_job_is_taken_again_is_written_down_again_with_its_reason(house):
    """The printer's process died in between: the drawer may open a second time, and both stand on the page."""
    with_printer(house)
    open_till(house)
    actions.open_drawer(house.hub, house.ask(CASHIER), reason="change")
    first = printing.take(house.hub, Ask(KIOSK))
    printed(house)
    openings = [(row["reason"], row["job"], row["again"]) for row in store.openings_of(house.hub.reader, 1)]
    assert openings == [("change", first["job"], 0), ("change", first["job"], 1)]
    screen = Screen(house, SUPERVISOR).open("/desk/cash/oversight")
    assert "Impulsion répétée par l'imprimante : Faire de la monnaie" in screen.words
    house.replayed()


def test_all_that_is_out_of_the_ordinary_stands_on_one_page_and_is_filtered(house):
    supervisor = Screen(house, SUPERVISOR)
    supervisor.open("/desk/cash/oversight")
    assert "Rien d'inhabituel ces jours-là." in supervisor.words
    open_till(house)
    found = pay(house)
    for _ in range(3):
        actions.print_receipt(house.hub, house.ask(CASHIER), receipt=found.receipt)
    kept = [tuple(row) for row in house.hub.reader.execute("SELECT * FROM cash_reprint")]
    house.hub.store.writer.execute("DELETE FROM cash_reprint")
    house.hub.store.writer.execute(OLD_REPRINTS)
    assert [tuple(row) for row in house.hub.reader.execute("SELECT * FROM cash_reprint")] == kept, "older files, too"
    ask = actions.ask_reversal(house.hub, house.ask(CASHIER), receipt=found.receipt, reason="typing")["ask"]
    actions.decide_reversal(house.hub, house.ask(SUPERVISOR), ask=ask, granted=True)
    ending.count_surprise(house.hub, house.ask(CHIEF), till="C01", pieces={"n10000": 4})
    house.clock.advance(minutes=5)
    close_till(house, FLOAT | {"c100": 1}, motive="change", note="trouvé par terre")
    supervisor.open("/desk/cash/oversight")
    told = ("C01-2013-000001 : 2e duplicata", "annulé, décidé par 00411A. Erreur de saisie", "Situation de caisse",
            "Arrêté Z1, approuvé par 01003B. Monnaie trouvé par terre")  # fmt: skip
    assert all(each in supervisor.words for each in told), supervisor.words
    assert supervisor.words.index("Arrêté Z1") < supervisor.words.index("2e duplicata"), "last first"
    assert "Ngoma" not in supervisor.words, "no payer"
    for asked, shown in (("look=reprint", told[:1]), ("look=difference&till=C01", told[2:]), ("till=C02", ()),
                         ("agent=01003b", told[2:3]), ("from=2013-03-30&to=2013-03-31", ())):  # fmt: skip
        supervisor.open(f"/desk/cash/oversight?{asked}")
        assert [each for each in told if each in supervisor.words] == list(shown), asked
    for wrong in ("from=hier", "from=2013-04-01&to=2013-03-01", "look=x", "from=0001-01-01",
                  "from=9999-01-01&to=9999-12-31"):  # fmt: skip
        supervisor.open(f"/desk/cash/oversight?{wrong}")
        assert supervisor.status == 422, wrong
    house.replayed()


def test_without_a_printer_no_drawer_opens_by_itself(house):
    open_till(house)
    pay(house)
    assert store.openings_of(house.hub.reader, 1) == []
    with pytest.raises(Refused) as refused:
        actions.open_drawer(house.hub, house.ask(CASHIER), reason="change")
    assert refused.value.reason == "no_printer"


def test_after_a_power_cut_the_receipt_that_was_not_printed_comes_out_as_an_original_once(house):
    """The process is gone between the entry and its paper: both were one commit."""
    with_printer(house)
    open_till(house)
    found = pay(house, tender="cheque")
    copy = house.folder / "after the cut"
    shutil.copytree(house.hub.store.folder, copy)
    again = Store(copy, appliers=house.rooms.appliers, migration_sets=house.rooms.migrations, clock=house.clock)
    house.hub.store.close()
    house.hub = replace(house.hub, store=again)
    assert [each.receipt for each in store.entries_of(house.hub.reader, 1)] == [found.receipt]
    slip = printed(house)
    assert any(getattr(line, "text", "") == found.receipt for line in slip)
    assert not any("DUPLICATA" in getattr(line, "text", "") for line in slip)
    assert printing.take(house.hub, Ask(KIOSK))["job"] is None
    actions.print_receipt(house.hub, house.ask(CASHIER), receipt=found.receipt)
    assert "DUPLICATA 1" in printed(house)[0].text
