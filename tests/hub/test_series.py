"""One series of numbers a year, without a gap but after a restored backup."""

import pytest

from hub import series
from hub.errors import Refused


@pytest.mark.parametrize(
    ("last", "epoch", "began", "number"),
    [
        (None, 1, False, 1),
        ((57, 1), 1, False, 58),
        ((57, 1), 2, True, 1001),  # what the lost minutes gave is given to nobody else
        ((1001, 2), 2, True, 1002),
        ((1000, 1), 2, True, 2001),
        (None, 2, True, 1001),
        (None, 2, False, 1),  # a new year after the epoch
    ],
)
def test_numbers_have_no_gap_but_after_a_restored_backup(last, epoch, began, number):
    assert series.next_number(last, epoch, began_this_year=began) == number


def test_a_year_has_so_many_numbers():
    assert series.label("ATT", 2013, 999_999) == "ATT-2013-999999"
    with pytest.raises(Refused):
        series.next_number((999_999, 1), 1, began_this_year=False)
