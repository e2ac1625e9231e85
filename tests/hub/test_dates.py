"""A date as people say it."""

from datetime import date

import pytest

from hub.dates import of_month, said
from hub.services.appointment.paper import day_said


@pytest.mark.parametrize(
    ("day", "language", "form", "words"),
    [
        ("2026-03-01", "fr", "full", "dimanche 1er mars 2026"),
        ("2026-03-01", "fr", "long", "1er mars 2026"),
        ("2026-03-11", "fr", "full", "mercredi 11 mars 2026"),
        ("2026-03-10", "fr", "long", "10 mars 2026"),
        ("2011-11-01", "fr", "full", "mardi 1er novembre 2011"),
        ("2026-03-01", "en", "full", "Sunday, March 1, 2026"),
        ("2026-03-01", "en", "long", "March 1, 2026"),
    ],
)
def test_french_says_the_first_of_a_month(day, language, form, words):
    assert said(day, language, form) == words
    assert said(date.fromisoformat(day), language, form) == words


@pytest.mark.parametrize(
    ("day", "language", "words"),
    [
        ("2026-03-01", "fr", "dimanche 1er mars 2026"),
        ("2026-03-02", "fr", "lundi 2 mars 2026"),
        ("2026-03-01", "en", "Sunday 1 March 2026"),
        ("2026-03-01", "ln", "dimanche 1er mars 2026"),  # said in French for want of its own words
    ],
)
def test_so_does_the_paper_of_an_appointment(day, language, words):
    assert day_said(None, day, language) == words


def test_the_other_days_are_figures():
    assert [of_month(date(2026, 3, day), "fr") for day in (1, 2, 21, 31)] == ["1er", "2", "21", "31"]
