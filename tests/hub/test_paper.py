"""Paper as a value: it is kept, copied and marked without a printer."""

import json

import pytest

from hub.paper import Cut, Feed, Pair, Qr, Rule, Text, duplicate, slip_as_json, slip_from_json

SLIP = (Text("D001", size=4, bold=True, align="center"), Rule(), Pair("Dépôt", "07:40"), Qr("2345ABCD"), Feed(2), Cut())


def test_a_slip_comes_back_from_a_jobs_row_as_it_was():
    assert slip_from_json(json.loads(json.dumps(slip_as_json(SLIP)))) == SLIP


def test_every_kind_of_line_has_a_name():
    assert [line["line"] for line in slip_as_json(SLIP)] == ["text", "rule", "pair", "qr", "feed", "cut"]


def test_a_copy_says_which_copy_it_is_and_is_otherwise_the_same():
    assert duplicate(SLIP, 2) == (Text("*** DUPLICATA 2 ***", bold=True, align="center"), *SLIP)


@pytest.mark.parametrize(("row", "error"), [({"line": "poem"}, KeyError), ({"line": "rule", "thick": 2}, TypeError)])
def test_a_line_that_no_printer_knows_is_refused(row, error):
    with pytest.raises(error):
        slip_from_json([row])
