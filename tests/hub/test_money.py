"""Francs are whole from the hand to the paper; periods are written as the fund's own closings write them."""

import ast
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import money, periods
from hub.errors import Unreadable

ROOT = Path(__file__).parents[2]
#: Where amounts are computed, kept, printed and shown.
MONEY_PATHS = (ROOT / "hub/money.py", ROOT / "hub/numerals.py", *sorted((ROOT / "hub/services/cash").glob("*.py")))


def floats_in(tree: ast.AST) -> list[str]:
    """All that could make an amount anything but a whole number."""
    found = {
        node.lineno
        for node in ast.walk(tree)
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div))
        or (isinstance(node, ast.Name) and node.id in {"float", "round", "Decimal", "Fraction"})
        or (isinstance(node, ast.Attribute) and node.attr in {"truediv", "fsum", "mean"})
    }
    return [f"line {line}" for line in sorted(found)]


@pytest.mark.parametrize("file", MONEY_PATHS, ids=lambda path: path.name)
def test_no_float_comes_near_an_amount(file):
    assert floats_in(ast.parse(file.read_text("utf-8"))) == []


def test_a_float_would_be_found():
    assert floats_in(ast.parse("a = 1.5\nb = a / 2\nb /= 3\nfloat('1')\nround(b)")) == [
        f"line {line}" for line in (1, 2, 3, 4, 5)
    ]


@pytest.mark.parametrize(
    ("said", "francs"),
    [("1446117", 1_446_117), ("1 446 117", 1_446_117), ("1.446.117", 1_446_117), (" 1\u202f446\u202f117 ", 1_446_117),
     ("0", 0), ("000500", 500), (money.grouped(9_879_304), 9_879_304)],
)  # fmt: skip
def test_an_amount_is_read_as_people_write_it(said, francs):
    assert money.typed(said) == francs


@pytest.mark.parametrize("said", ["", "  ", "12,50", "12.5", "1.44.117", "-5", "+5", "5 F", "١٢", "1e3", "9" * 13])
def test_what_is_no_whole_amount_is_refused(said):
    with pytest.raises(Unreadable) as refused:
        money.typed(said, "tendered")
    assert (refused.value.reason, refused.value.field) == ("amount_wrong", "tendered")


def test_amounts_stand_in_thin_groups():
    assert [money.grouped(n) for n in (0, 999, 9_879_304, -96)] == ["0", "999", "9\u202f879\u202f304", "−96"]


@pytest.mark.parametrize(
    ("francs", "words"),
    [(1_446_117, "un million quatre cent quarante-six mille cent dix-sept francs CFA"),
     (24_280, "vingt-quatre mille deux cent quatre-vingts francs CFA"), (1, "un franc CFA"),
     (2_000_000, "deux millions de francs CFA"), (80_000, "quatre-vingt mille francs CFA")],
)  # fmt: skip
def test_a_receipt_says_its_amount_in_letters(francs, words):
    assert money.in_letters(francs) == words


def test_the_share_of_b_11_to_the_franc():
    parts = {"family": 1003, "risks": 225, "pensions": 1200}
    assert money.shared(262_224, parts) == {"family": 108_324, "risks": 24_300, "pensions": 129_600}


@given(st.integers(0, money.MOST), st.lists(st.integers(0, 10_000), min_size=1, max_size=7).filter(sum))
def test_shares_sum_to_the_amount_and_none_is_a_franc_away(francs, weights):
    parts = money.shared(francs, dict(enumerate(weights)))
    assert sum(parts.values()) == francs
    whole = sum(weights)
    assert all(abs(parts[n] * whole - francs * weight) < whole for n, weight in enumerate(weights))


@pytest.mark.parametrize("weights", [{}, {"a": 0}, {"a": 2, "b": -1}])
def test_nothing_is_shared_by_no_weight(weights):
    with pytest.raises(ValueError, match=r"weight|empty"):
        money.shared(100, weights)


@pytest.mark.parametrize(
    ("given_periods", "label"),
    [(["2013-T1"], "1T 2013"), (["2013-03"], "MARS 2013"), (["2012-T4", "2012-T2", "2012-T3"], "2T 3T 4T 2012"),
     (["2013-01"], "JANV 2013"), (["2012-T4", "2013-T1"], "4T 2012 1T 2013"), (["2013-02", "2013-T1"], "1T FEV 2013")],
)  # fmt: skip
def test_periods_are_listed_by_the_grammar_of_d_6(given_periods, label):
    assert periods.listed(given_periods) == label


def test_a_period_has_a_first_and_a_last_day_and_one_after_it():
    assert (periods.first_day("2013-T2"), periods.last_day("2013-T2")) == (date(2013, 4, 1), date(2013, 6, 30))
    assert (periods.first_day("2012-02"), periods.last_day("2012-02")) == (date(2012, 2, 1), date(2012, 2, 29))
    assert [periods.following(each) for each in ("2012-T4", "2012-12", "2013-T1")] == ["2013-T1", "2013-01", "2013-T2"]
    assert [periods.is_period(each) for each in ("2013-T5", "2013-13", "2013", "2013-T1\n", "13-T1")] == [False] * 5
