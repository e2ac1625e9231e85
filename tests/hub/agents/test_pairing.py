"""A box shows a code, somebody types it, the box has its token; and what everybody else gets: nothing."""

from __future__ import annotations

import pytest

from hub.agents import devices, pairing, rules, store
from hub.ask import Actor, Ask
from hub.errors import NotFound, TooMany, Unreadable

ADMIN = Ask(Actor(agent="00001A", roles=frozenset({"admin"})))
HALL = "10.0.0.30"


def shows(people, kind="display", address=HALL):
    return pairing.ask(people.hub, kind=kind, address=address)


def confirm(people, code, name, *counters):
    return pairing.confirm(people.hub, ADMIN, code=code, name=name, counters=counters)


def claim(people, box):
    return pairing.claim(people.hub, secret=box["secret"])


def test_the_box_whose_code_was_typed_gets_a_token_of_its_kind_once(people):
    box, other = shows(people, "panel"), shows(people, "display")
    assert claim(people, box) == {"token": None, "name": ""}
    told = confirm(people, f" {box['code'].lower().replace('-', ' ')} ", "p7", "05")
    assert told == {"name": "P7", "kind": "panel", "counters": ["05"]}, "the token is not the administrator's to see"
    got = claim(people, box)
    assert got["name"] == "P7"
    actor = devices.actor_of_token(people.hub, got["token"])
    assert actor == Actor(device="P7", roles=frozenset({"panel"}), counters=("05",))
    assert claim(people, other) == {"token": None, "name": ""}
    with pytest.raises(NotFound):
        claim(people, box)
    assert people.journal[-1] == "device_paired"


def test_nothing_is_kept_of_a_code_or_a_token_but_the_token_s_digest(people):
    box = shows(people)
    confirm(people, box["code"], "SALLE")
    token = claim(people, box)["token"]
    people.hub.store.close()
    file = b"".join(path.read_bytes() for path in people.hub.store.folder.glob("mbote.db*"))
    for word in (box["code"], box["secret"], token):
        assert word.encode() not in file


def test_whoever_reads_the_code_over_a_shoulder_gets_nothing(people):
    box = shows(people)
    thief = shows(people, address="10.0.0.66")
    for guess in (box["code"], thief["secret"], "", "x"):
        try:
            assert pairing.claim(people.hub, secret=guess)["token"] is None
        except NotFound:
            continue
    confirm(people, box["code"], "SALLE")
    assert pairing.claim(people.hub, secret=thief["secret"])["token"] is None
    assert claim(people, box)["token"]


def test_a_code_lives_ten_minutes(people):
    box = shows(people)
    people.clock.advance(seconds=pairing.LIFE_MS // 1000 - 1)
    assert len(pairing.of(people.hub).listed(people.clock.now())) == 1
    people.clock.advance(seconds=1)
    with pytest.raises(NotFound):
        confirm(people, box["code"], "SALLE")
    with pytest.raises(NotFound):
        claim(people, box)


def test_five_wrong_codes_drop_all_that_wait(people):
    box = shows(people)
    for _ in range(pairing.WRONG_CODES - 1):
        with pytest.raises(NotFound):
            confirm(people, "ZZZZ-9999", "SALLE")
    assert claim(people, box)["token"] is None
    with pytest.raises(NotFound):
        confirm(people, "ZZZZ-9999", "SALLE")
    with pytest.raises(NotFound):
        claim(people, box)


def test_a_wrong_name_keeps_the_code_good(people):
    box = shows(people)
    with pytest.raises(Unreadable):
        confirm(people, box["code"], "salle d'attente")
    confirm(people, box["code"], "SALLE")
    assert claim(people, box)["token"]


def test_a_stranger_who_asks_all_the_time_fills_nothing_and_displaces_nobody_elsewhere(people):
    box = shows(people)
    for _ in range(10_000):
        shows(people, address="10.0.0.66")
    waiting = pairing.of(people.hub).listed(people.clock.now())
    assert sum(each.address == "10.0.0.66" for each in waiting) == pairing.MOST_OF_ONE
    for number in range(pairing.MOST - len(waiting)):
        shows(people, address=f"10.0.1.{number}")
    with pytest.raises(TooMany):
        shows(people, address="10.0.2.1")
    assert len(pairing.of(people.hub).listed(people.clock.now())) == pairing.MOST
    confirm(people, box["code"], "SALLE")
    assert claim(people, box)["token"]


def test_pairing_a_name_again_cuts_the_box_that_had_it(people, told):
    people.pair("display", "SALLE")
    box = shows(people)
    confirm(people, box["code"], "SALLE")
    assert told == ["SALLE"]
    assert store.device(people.hub.reader, "SALLE").kind == "display"


@pytest.mark.parametrize("kind", ["robot", "", "admin"])
def test_only_boxes_of_ours_are_paired(people, kind):
    with pytest.raises(Unreadable):
        shows(people, kind)


def test_codes_can_be_read_aloud(people):
    assert rules.typed_one_shot(shows(people)["code"]).isalnum()
    assert len(shows(people)["code"]) == 9
