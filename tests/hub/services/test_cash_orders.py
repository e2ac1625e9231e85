"""Payment orders from the treasury to the hand of the payee: paid once, by whoever may, to whoever has shown enough."""

import json
import shutil
import threading
from dataclasses import replace

import pytest
from click.testing import CliRunner

from hub.ask import Actor
from hub.cli import main
from hub.errors import IllegalStep, NotAllowed, Refused, Unreadable
from hub.services.cash import actions, ending, office, order_store, paying, store
from hub.services.cash import orders as o
from hub.services.ports import Received
from tests.hub.services.conftest import CONFIG
from tests.hub.services.house import BAMOU, SUPERVISOR, House, Screen, brazzaville

pytestmark = pytest.mark.slow  # real files

CHIEF = Actor(agent="01003B", roles=frozenset({"head_cashier"}))
PAYER = Actor(agent="01022K", roles=frozenset({"benefits_cashier"}))
OTHER = Actor(agent="01023K", roles=frozenset({"benefits_cashier"}))
PENSION = {
    "number": "4417", "batch": "L12", "nature": "pension", "amount": 98_000, "period": "2013-T1", "party": "P1",
    "payee": "BAMOU Jérôme", "payee_number": "2133415888", "pay_from": "2013-03-01", "pay_until": "2013-06-30",
}  # fmt: skip
SHOWN = o.Shown("identity_card", "1236548")


@pytest.fixture
def house(tmp_path, workshop):
    """Central data know one pensioner."""
    found = House(tmp_path, brazzaville("2013-03-29"), ("cash",), workshop)
    found.import_("people", BAMOU)
    yield found
    found.close()


@pytest.fixture
def configured(tmp_path):
    """An agency's configuration in a folder of its own."""
    return shutil.copytree(CONFIG, tmp_path / "config")


def receive(house, *said):
    return paying.receive(house.hub, house.ask(CHIEF), said=said or (PENSION,))


def open_till(house, cash=200_000, till="C02", actor=PAYER):
    actions.open_session(house.hub, house.ask(actor), till=till, pieces={"n10000": cash // 10_000})


def reserve(house, number="4417", actor=PAYER):
    return paying.reserve(house.hub, house.ask(actor), order=number)


def pay(house, number="4417", shown=SHOWN, actor=PAYER):
    return paying.pay(house.hub, house.ask(actor), order=number, shown=shown)


def order(house, number="4417"):
    return order_store.order(house.hub.reader, number)


def test_an_order_is_reserved_its_payee_identified_and_paid_once(house):
    receive(house)
    open_till(house)
    reserve(house)
    answer = pay(house)
    found, entry = order(house), actions.known(house.hub, answer["receipt"])
    assert (found.state, found.receipt, found.till) == ("paid", entry.receipt, None)
    assert (entry.kind, entry.direction, entry.amount, entry.account) == ("disbursement", "out", 98_000, "462100")
    assert (entry.label, entry.payer) == ("PENSION 1T 2013", "BAMOU Jérôme")
    assert store.till(house.hub.reader, "C02").cash == 102_000
    for again in (reserve, pay):
        with pytest.raises(IllegalStep) as refused:
            again(house)
        assert (refused.value.reason, refused.value.facts["receipt"]) == ("order_paid", entry.receipt)
    messages = [json.loads(row["payload"]) for row in house.hub.reader.execute("SELECT payload FROM outbox")]
    assert [(each["order"], each["what"]) for each in messages] == [("4417", "paid")]
    assert not any(word in house.public_journal() for word in ("BAMOU", "1236548"))
    house.replayed()


def test_two_tills_want_one_order_at_once_and_one_has_it(house):
    office._load.cache_clear()
    office._placed.cache_clear()
    receive(house)
    settings = house.hub.settings
    mixed = office.office_of(settings)
    second = replace(mixed, tills=tuple(replace(each, role="mixed") for each in mixed.tills))
    cashier = Actor(agent="01016E", roles=frozenset({"collections_cashier"}))
    with pytest.MonkeyPatch.context() as patched:
        for module in (actions, paying, ending):
            patched.setattr(module, "office_of", lambda _: second)
        open_till(house)
        open_till(house, till="C01", actor=cashier)
        heard = []

        def want(actor):
            try:
                heard.append(reserve(house, actor=actor)["state"])
            except Refused as refused:
                heard.append(refused.reason)

        both = [threading.Thread(target=want, args=(actor,)) for actor in (PAYER, cashier)]
        for each in both:
            each.start()
        for each in both:
            each.join()
        assert sorted(heard) == ["order_in_hand", "reserved"]
        loser = cashier if order(house).till == "C02" else PAYER
        with pytest.raises(Refused):
            pay(house, actor=loser)
        house.clock.advance(minutes=15)
        reserve(house, actor=loser)
        assert order(house).till == store.session_of(house.hub.reader, loser.agent).till, "it was held long enough"


def test_a_drawer_that_has_not_the_cash_says_so_before_anybody_looks_for_a_document(house):
    receive(house)
    open_till(house, 90_000)
    with pytest.raises(Refused) as refused:
        reserve(house)
    assert (refused.value.reason, order(house).state) == ("cash_short", "payable")
    assert "party_read" not in house.kinds()


def test_who_is_dead_is_not_paid_and_the_order_is_blocked_and_written_down(house):
    house.import_("people", {"ref": "P9", "number": "9000000009", "roles": "pensioner", "name": "MAKOSSO",
                             "first_names": "Paul", "deceased_on": "2013-01-05"})  # fmt: skip
    receive(house, PENSION | {"number": "4418", "party": "P9", "payee": "MAKOSSO Paul"})
    open_till(house)
    reserve(house, "4418")
    with pytest.raises(Refused) as refused:
        pay(house, "4418")
    assert refused.value.reason == "order_deceased"
    assert (order(house, "4418").state, order(house, "4418").reason) == ("blocked", "deceased")
    with pytest.raises(NotAllowed):
        paying.release(house.hub, house.ask(PAYER), order="4418")
    assert store.till(house.hub.reader, "C02").cash == 200_000


def test_what_is_required_must_be_shown(house):
    receive(house, PENSION | {"requires": ["life_certificate", "proxy"]})
    open_till(house)
    reserve(house)
    for shown, code in (
        (o.Shown("", "1"), "id_needed"), (o.Shown("passport", "1"), "id_needed"), (SHOWN, "life_needed"),
        (replace(SHOWN, life="0408 du 01/03/2013"), "proxy_needed"),
    ):  # fmt: skip
        with pytest.raises(Unreadable) as refused:
            pay(house, shown=shown)
        assert refused.value.reason == code
    pay(house, shown=replace(SHOWN, life="0408 du 01/03/2013", proxy="PR 12", proxy_name="BAMOU Clarisse"))
    assert order(house).state == "paid"


def test_the_document_is_that_of_the_file_where_the_file_knows_one(house):
    house.import_("people", {"ref": "P8", "number": "9000000008", "roles": "pensioner", "name": "OKO",
                             "first_names": "Odile", "id_type": "identity_card", "id_number": "AB 123"})  # fmt: skip
    receive(house, PENSION | {"number": "4419", "party": "P8", "payee": "OKO Odile"})
    open_till(house)
    reserve(house, "4419")
    with pytest.raises(Refused) as refused:
        pay(house, "4419")
    assert refused.value.reason == "identity_differs"
    pay(house, "4419", replace(SHOWN, id_number="ab123"))


def test_above_the_limit_another_person_allows_it_for_this_once(house):
    receive(house, PENSION | {"amount": 500_001})
    open_till(house, 600_000)
    reserve(house)
    with pytest.raises(Refused) as refused:
        pay(house)
    assert refused.value.reason == "approval_needed"
    with pytest.raises(NotAllowed):
        paying.allow(house.hub, house.ask(PAYER), order="4417")
    paying.allow(house.hub, house.ask(CHIEF), order="4417")
    paying.give_up(house.hub, house.ask(PAYER), order="4417")
    reserve(house)
    with pytest.raises(Refused):
        pay(house)
    paying.allow(house.hub, house.ask(CHIEF), order="4417")
    assert actions.known(house.hub, pay(house)["receipt"]).approver == CHIEF.agent


def test_above_the_limit_another_person_types_their_code_at_the_cashier_s_screen(house):
    receive(house, PENSION | {"amount": 500_001})
    open_till(house, 600_000)
    reserve(house)
    screen = Screen(house, PAYER)
    screen.open("/desk/cash/orders/4417")
    assert "Une autre personne peut autoriser ici" in screen.words
    screen.send("/desk/cash/orders/4417", step="allow", person=PAYER.agent, factor=house.shows(PAYER))
    assert (screen.status, order(house).approved_by) == (403, None)
    screen.send("/desk/cash/orders/4417", step="allow", person=CHIEF.agent, factor=house.shows(CHIEF))
    assert order(house).approved_by == CHIEF.agent
    screen.send("/desk/cash/orders/4417", step="pay", id_type="identity_card", id_number="1236548")
    assert "−500 001 FCFA" in screen.words


def test_a_payment_taken_back_the_same_day_is_paid_again(house):
    receive(house)
    open_till(house)
    reserve(house)
    first = pay(house)["receipt"]
    ask = actions.ask_reversal(house.hub, house.ask(PAYER), receipt=first, reason="wrong_payer")["ask"]
    actions.decide_reversal(house.hub, house.ask(SUPERVISOR), ask=ask, granted=True)
    assert (order(house).state, order(house).receipt) == ("payable", None)
    reserve(house)
    assert pay(house)["receipt"] == "C02-2013-000003"
    said = [json.loads(row["payload"])["what"] for row in house.hub.reader.execute("SELECT payload FROM outbox")]
    assert said == ["paid", "reversed", "paid"]
    house.replayed()


@pytest.mark.parametrize(("days", "code"), [(-40, "order_early"), (120, "order_expired")])
def test_an_order_has_its_time(house, days, code):
    receive(house)
    house.clock.advance(hours=24 * days)
    open_till(house)
    with pytest.raises(Refused) as refused:
        reserve(house)
    assert refused.value.reason == code


def test_a_till_is_not_closed_over_an_order_in_hand_and_collections_are_not_its_business(house):
    receive(house)
    open_till(house)
    reserve(house)
    with pytest.raises(ending.NotYet):
        ending.count_closing(house.hub, house.ask(PAYER), pieces={})
    paying.give_up(house.hub, house.ask(PAYER), order="4417")
    assert ending.count_closing(house.hub, house.ask(PAYER), pieces={"n10000": 20})["gap"] == 0


def test_orders_are_taken_over_once_and_wrong_ones_are_named(house):
    wrong = [PENSION | change for change in ({"amount": 1.5}, {"amount": "9"}, {"nature": "x"}, {"payee": " "},
             {"pay_from": "hier"}, {"requires": ["x"]}, {"number": "<b>"})]  # fmt: skip
    answer = receive(house, PENSION, PENSION, PENSION | {"amount": 1}, *wrong)
    assert (answer["received"], answer["known"], [each["line"] for each in answer["refused"]]) == (
        1, 1, [3, 4, 5, 6, 7, 8, 9, 10])  # fmt: skip


def test_what_is_known_already_is_a_right_answer_under_any_key(house):
    """The same file under the same key is answered as before, under another key as known; neither is a fault."""
    ask = house.ask(CHIEF)
    first = paying.receive(house.hub, ask, said=(PENSION,))
    assert paying.receive(house.hub, ask, said=(PENSION,)) == first
    assert receive(house) == {"received": 0, "known": 1, "refused": []}
    assert receive(house, {"number": "?"})["known"] == 0
    assert house.kinds().count("payment_order_received") == 1
    there, here = ({"number": n, "agency": a} for n, a in (("N7", "CNSS-PNR"), ("N8", house.hub.settings.agency.code)))
    assert "paid at CNSS-PNR" in receive(house, PENSION | there)["refused"][0]["why"], "no other agency pays it"
    assert receive(house, PENSION | here)["received"] == 1
    assert house.kinds().count("treasury_heard") == 5


def letter(*orders):
    return Received(1, "k", paying.LETTER.topic, {"orders": list(orders)}, 0)


def test_orders_come_as_a_letter_of_the_centre_too_whole_or_not_at_all(house):
    with house.hub.store.transaction(house.ask(CHIEF)) as tx:
        paying.LETTER.check(house.hub, house.hub.reader, letter(PENSION))
        paying.LETTER.apply(house.hub, tx, letter(PENSION))
    assert order(house).state == "payable"
    elsewhere, nowhere = PENSION | {"agency": "CNSS-PNR"}, {"request": "X", "refused": "R1"}
    for wrong in (letter(), letter("x"), letter(PENSION | {"amount": 1}), letter(nowhere), letter(elsewhere),
                  letter({"refused": "R1"}), replace(letter(), payload=[])):  # fmt: skip
        with pytest.raises(Refused) as refused:
            paying.LETTER.check(house.hub, house.hub.reader, wrong)
        assert refused.value.reason == "order_wrong"


def test_the_command_takes_over_a_file(configured, tmp_path):
    file = tmp_path / "orders.jsonl"
    lines = [json.dumps(PENSION | {"number": f"N{n}"}) for n in range(250)]
    file.write_text("\n".join([*lines, "no json", "[1]", ""]))
    with (configured / "local.toml").open("a") as local:
        local.write(f'[hub]\ndata = "{tmp_path / "data"}"\n')
    told = CliRunner().invoke(main, ["orders", str(file), "--config", str(configured)])
    assert (told.exit_code, told.stdout.strip()) == (1, "250 received, 0 known already, 2 refused"), told.output
    assert "line 251: no JSON object" in told.stderr
    again = CliRunner().invoke(main, ["orders", str(file), "--config", str(configured)])
    assert again.stdout.strip() == "0 received, 250 known already, 2 refused"


def test_the_page_goes_from_a_name_to_the_receipt(house):
    receive(house)
    house.visitor("12", "CPR", PAYER)
    screen = Screen(house, PAYER)
    screen.send("/desk/cash/open", n10000="20")
    screen.open("/desk/cash?q=4417")
    assert screen.headers["Location"] == "/desk/cash/orders/4417"
    screen.open("/desk/cash?ref=P1")
    assert "PENSION 1T 2013" in screen.words
    screen.open("/desk/cash/orders/4417")
    assert "Prendre en main" in screen.words
    screen.send("/desk/cash/orders/4417", step="reserve")
    assert "Pièce d'identité" in screen.words
    screen.send("/desk/cash/orders/4417", step="pay", id_type="identity_card", id_number="")
    assert (screen.status, "Notez la pièce" in screen.words) == (422, True)
    screen.send("/desk/cash/orders/4417", step="pay", id_type="identity_card", id_number="1236548")
    assert "C02-2013-000001" in screen.words
    assert "−98 000 FCFA" in screen.words
    for path, form in (("/orders/4417", {"step": "pay"}), ("/orders/none", {"step": "pay"}), ("/orders/4417", {})):
        screen.send(f"/desk/cash{path}", **form)
        assert 400 <= screen.status < 500, path
