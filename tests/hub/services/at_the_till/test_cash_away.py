"""A till whose counter is taken away on the administration's page: when it may go, and what stays of it."""

import json

import pytest

from hub.ask import HUB, Ask
from hub.errors import Refused
from hub.publishing import actions as publishing
from hub.publishing import making
from hub.services.cash import actions, paper, store, telling
from hub.services.cash.office import office_of
from tests.hub.services.house import CASHIER, SUPERVISOR, Screen
from tests.hub.services.tills import CHIEF, close_till, open_till, pay, pieces_for

pytestmark = pytest.mark.slow  # real files and processes


def without_counter(house):
    """Counter 11 is taken away, and its queues are called at another."""
    queues_of = (*house.hub.settings.counter("06").services, *house.hub.settings.counter("11").services)
    return making.without(house.hub.settings, "counters", "11") | {"counters.06.services": json.dumps(queues_of)}


def to_safe(house, amount):
    actions.move(house.hub, house.ask(CASHIER), kind="to_safe", amount=amount, voucher="B1")


def publish(house, wanted, **more):
    seen = publishing.settle(house.hub, Ask(HUB))["version"]
    made = publishing.publish(house.hub, house.ask(SUPERVISOR), wanted=wanted, reason="travaux", seen=seen, **more)
    publishing.begin(house.hub)
    return made["version"]


def test_a_counter_goes_once_its_till_is_closed_and_empty_and_what_the_till_booked_stays(house):
    session = open_till(house)
    paid = pay(house)
    for code, then in (
        ("till_held", lambda: close_till(house, pieces_for(house, 50_000 + 134_848))),
        ("till_full", lambda: open_till(house, pieces_for(house, 184_848))),
        ("till_held", lambda: to_safe(house, 184_848)),
        ("till_held", lambda: close_till(house, {})),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused:
            publish(house, without_counter(house))
        assert (refused.value.reason, refused.value.facts["till"]) == (code, "C01")
        then()
    version = publish(house, without_counter(house))
    assert [till.code for till in office_of(house.hub.settings).tills] == ["C02"]
    with pytest.raises(Refused) as refused:
        open_till(house, {})
    assert refused.value.reason == "no_till"

    control = Screen(house, CHIEF).open("/desk/cash/control").words
    assert "C01 CAISSE N°1 son guichet 11 n'existe plus – retirée 0" in control
    closing = next(each for each in store.last_closings(house.hub.reader) if each.session == session)
    assert Screen(house, CHIEF).open(f"/desk/cash/closings/{closing.id}").status == 200
    assert paper.receipt(house.hub, house.hub.reader, paid).till == "C01 CAISSE N°1", "a copy says what the first said"
    assert "<option>C01</option>" in Screen(house, CHIEF).open("/desk/cash/oversight").text
    assert set(telling.config(house.hub.settings)["tills"]) == {"C01", "C02"}, (
        "a judge knows where its entries were made"
    )

    publish(house, {}, undoes=version)
    assert open_till(house, {}) == session + 2
    assert pay(house, amount=1_000).number == paid.number + 2, "the same book goes on"
