"""What travels: plain values there, the same values back, and nobody's name on the way."""

import json
from dataclasses import fields

import pytest

from hub import wire
from hub.errors import BadRequest
from hub.wire import Board, BoardCall, BoardQueue, KioskPicture, KioskService, Ring, TicketIssued, Wait, as_json, parse

BOARD = Board(
    epoch=1, seq=42, at="2026-03-02T07:52:10+01:00", agency="CNSS Siège", day=True, mode="open",
    calls=(BoardCall("D001", "05", "Dépôts de pièces", 40, 1, "2026-03-02T07:52:10+01:00", "called", "ahead"),),
    queues=(BoardQueue("DEP", "Dépôt de pièces", "file-upload", 3, 300, 900, served=True),),
    message="", rings=(Ring(40, 1, "D001", "05", {"fr": "D 1, guichet 5"}, "/sound/1"),),
)  # fmt: skip
TICKET = TicketIssued("01KJ", "D001", "DEP", "issued", "2026-03-02T07:40:00+01:00", 0, Wait(0, 300), "2345ABCD")
KIOSK = KioskPicture(
    epoch=1, seq=3, day=None, mode="open", services=(KioskService("DEP", open=False, why_closed="day", waiting=0,
    low_s=None, high_s=None),), message="", catalogue="v1", hub_at=1,
)  # fmt: skip


@pytest.mark.parametrize("value", [BOARD, TICKET, KIOSK], ids=lambda value: type(value).__name__)
def test_a_value_comes_back_as_it_left(value):
    assert parse(type(value), json.loads(json.dumps(as_json(value)))) == value


def test_a_board_of_twelve_calls_and_ten_queues_is_under_eight_kilobytes():
    full = as_json(BOARD) | {
        "calls": as_json(BOARD.calls) * 12, "queues": as_json(BOARD.queues) * 10, "rings": as_json(BOARD.rings) * 4,
    }  # fmt: skip
    assert len(json.dumps(full)) < 8_000


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ahead": "many"}, "ahead"),
        ({"wait": {"low_s": 0}}, "wait.high_s"),
        ({"label": None}, "label"),
        ({"wait": 7}, "wait"),
    ],
)
def test_the_first_field_that_does_not_fit_is_named(change, field):
    with pytest.raises(BadRequest) as refusal:
        parse(TicketIssued, as_json(TICKET) | change)
    assert (refusal.value.field, refusal.value.status) == (field, 400)


def test_a_missing_field_is_named_too():
    without = as_json(TICKET)
    del without["follow"]
    with pytest.raises(BadRequest, match="follow"):
        parse(TicketIssued, without)


@pytest.mark.parametrize("kind", [Board, BoardCall, BoardQueue, Ring, KioskPicture, KioskService])
def test_nothing_a_room_can_see_is_about_a_person(kind):
    assert {"requester", "name", "registration_number", "reason", "agent"}.isdisjoint(f.name for f in fields(kind))


def test_plain_values_stay_what_they_are():
    assert as_json({"a": (1, None, Wait(1, 2))}) == {"a": [1, None, {"low_s": 1, "high_s": 2}]}
    assert wire.as_json("é") == "é"
