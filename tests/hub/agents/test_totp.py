"""The figures of a telephone, against the vectors of the RFCs."""

from __future__ import annotations

import pytest

from hub.agents import totp

SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("counter", "code"),
    list(enumerate(
        ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]
    )),
)  # fmt: skip
def test_rfc_4226_appendix_d(counter, code):
    assert totp.code_of(SECRET, counter) == code


@pytest.mark.parametrize(
    ("second", "eight"),
    [
        (59, "94287082"), (1111111109, "07081804"), (1111111111, "14050471"), (1234567890, "89005924"),
        (2000000000, "69279037"), (20000000000, "65353130"),
    ],
)  # fmt: skip
def test_rfc_6238_appendix_b_for_sha_1(second, eight):
    """Its eight figures end in our six."""
    assert totp.code_of(SECRET, totp.step_of(second * 1000)) == eight[-6:]


def test_one_step_before_and_after_passes_and_no_other():
    passing = [away for away in range(-40, 41) if totp.found(SECRET, totp.code_of(SECRET, 5000 + away), 5000)]
    assert passing == [-1, 0, 1]


def test_what_was_used_and_all_before_it_is_used():
    assert totp.found(SECRET, totp.code_of(SECRET, 5000), 5000, last=4999) == 5000
    for step in (4999, 5000):
        assert totp.found(SECRET, totp.code_of(SECRET, step), 5000, last=5000) is None
    assert totp.found(SECRET, totp.code_of(SECRET, 5001), 5000, last=5000) == 5001


def test_a_telephone_that_drifts_is_followed_and_one_set_right_is_met_again():
    """Half a minute more at each sign-in, for six minutes: each passes, since the last is remembered."""
    drift, last = 0, 0
    for number in range(1, 13):
        now = 10_000 + 100 * number
        step = totp.found(SECRET, totp.code_of(SECRET, now + number), now, last=last, drift=drift)
        assert step == now + number
        drift, last = totp.drift_of(step, now), step
    assert drift == 12
    assert totp.found(SECRET, totp.code_of(SECRET, 20_000), 20_000, last=last, drift=drift) == 20_000


def test_the_first_code_tells_how_far_apart_the_clocks_are():
    assert totp.first_found(SECRET, totp.code_of(SECRET, 5_017), 5_000) == 5_017
    assert totp.first_found(SECRET, totp.code_of(SECRET, 5_030), 5_000) is None
    assert totp.first_found(SECRET, "", 5_000) is None
    assert totp.drift_of(9_000, 5_000) == totp.MOST_DRIFT


@pytest.mark.parametrize("typed", ["", "7552", "é55224", "0" * 64, "755 224"])
def test_nonsense_is_wrong(typed):
    assert totp.found(SECRET, typed, 0) is None
