"""Somebody's own ticket at the kiosk: how it stands, and what they do with it, over the kiosk's line to its hub."""

from __future__ import annotations

import pytest

from kiosk.app import Acted
from kiosk.screen import view

pytestmark = pytest.mark.slow  # real sockets, real waits

CODE = "K7M2P9QR"
MINE = {
    "label": "D042", "service": "DEP", "state": "waiting", "counter": "", "ahead": 12,
    "wait": {"low_s": 2_400, "high_s": 4_500}, "back_by": "10:45", "return_by": "", "acts": ["let_pass", "cancel"],
    "passes": 3, "at": "10:12",
}  # fmt: skip


def test_a_ticket_under_the_reader_is_told_how_it_stands(kiosk, hub):
    hub.answers["scanned"] = {
        "words": "scan_ticket", "facts": {"ticket": "D042"}, "service": "", "label": "", "followed": MINE,
    }  # fmt: skip
    said = kiosk.app.scan(f"http://192.168.50.1:8085/{CODE}")
    assert (said.followed, said.carried) == (MINE, "")
    assert view.own(said.followed) == MINE | {"low": 40, "high": 75}


def test_an_act_is_asked_of_the_hub_with_the_code_and_the_touch_s_own_key(kiosk, hub):
    hub.answers["own_let_pass"] = MINE | {"ahead": 15, "acts": ["cancel"]}
    for _ in range(2):
        assert kiosk.app.own("let_pass", "k7m2 p9qr", "t1").followed["ahead"] == 15
    asked = hub.wait_for("own_let_pass", 2)
    assert asked[0] == asked[1] == {"what": "own_let_pass", "key": "o-t1", "code": CODE}


@pytest.mark.parametrize(("answer", "words"), [
    (lambda _: None, "away"),
    ({"error": {"code": "passed_before", "message": "once"}}, "refused_passed_before"),
    ({"error": {"code": "unknown_ask", "message": "an older hub"}}, "refused_unknown_ask"),
    ({"label": 7}, "refused_bad_request"),
])  # fmt: skip
def test_whatever_the_hub_answers_the_visitor_is_told_something(kiosk, hub, answer, words):
    hub.answers["own_cancel"] = answer
    assert kiosk.app.own("cancel", CODE, "t2") == Acted(words)
