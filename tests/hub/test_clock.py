"""Time as a value: what lasts is monotonic, what is shown is wall time, and nothing is ever negative."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import clock
from hub.clock import EARLIEST_MS, Elapsed, Instant, ManualClock, SystemClock, elapsed, instant

BRAZZAVILLE = ZoneInfo("Africa/Brazzaville")
MOMENTS = st.builds(
    Instant, at=st.integers(-(10**13), 10**13), mono=st.integers(0, 2**40 - 1), boot=st.integers(1, 4000)
)


@given(MOMENTS, MOMENTS)
def test_no_duration_is_negative_and_only_those_of_one_boot_are_certain(start, end):
    found = elapsed(start, end)
    assert found.ms >= 0
    assert found.certain == (start.boot == end.boot)


@given(MOMENTS)
def test_a_row_keeps_the_whole_moment(moment):
    assert instant(moment.at, moment.tick) == moment


@given(MOMENTS, MOMENTS)
def test_ticks_order_moments_as_they_were_lived(one, other):
    assert (one.tick < other.tick) == ((one.boot, one.mono) < (other.boot, other.mono))


JUMPS = [
    ("an hour back", {"seconds": -3600}), ("a day ahead", {"seconds": 86_400}),
    ("to 1970", {"to": 0}), ("to 2038", {"to": datetime(2038, 1, 19, 4, tzinfo=UTC)}),
]  # fmt: skip


@pytest.mark.parametrize("jump", [j[1] for j in JUMPS], ids=[j[0] for j in JUMPS])
def test_a_wall_clock_that_jumps_changes_no_duration(jump):
    time = ManualClock(datetime(2026, 3, 2, 8, tzinfo=BRAZZAVILLE))
    start = time.now()
    time.advance(seconds=40)
    time.jump(**jump)
    time.advance(seconds=20)
    assert elapsed(start, time.now()) == Elapsed(60_000, certain=True)


def test_after_a_reboot_the_wall_clock_is_all_there_is():
    time = ManualClock(datetime(2026, 3, 2, 8, tzinfo=BRAZZAVILLE))
    start = time.now()
    time.advance(minutes=3)
    time.reboot(2)
    assert elapsed(start, time.now()) == Elapsed(180_000, certain=False)
    time.jump(to=0)
    assert elapsed(start, time.now()) == Elapsed(0, certain=False)


def test_times_are_shown_with_the_offset_of_the_place():
    noon = Instant(int(datetime(2026, 3, 2, 11, 0, 7, 900_000, tzinfo=UTC).timestamp() * 1000), 0, 1)
    assert noon.iso(BRAZZAVILLE) == "2026-03-02T12:00:07+01:00"
    paris = ZoneInfo("Europe/Paris")  # one hour of this night is there twice
    night = [int(datetime(2026, 10, 25, hour, 30, tzinfo=UTC).timestamp() * 1000) for hour in (0, 1)]
    assert [clock.iso(at, paris)[11:] for at in night] == ["02:30:00+02:00", "02:30:00+01:00"]


def test_an_unset_clock_is_not_believed(monkeypatch):
    monkeypatch.setattr("time.time_ns", lambda: (EARLIEST_MS - 1) * 1_000_000)
    assert not SystemClock().now().certain
    monkeypatch.setattr("time.time_ns", lambda: EARLIEST_MS * 1_000_000)
    assert SystemClock().now().certain
    assert not SystemClock(floor_ms=EARLIEST_MS + 1).now().certain


def test_the_machines_clock_goes_on():
    time = SystemClock(3)
    first, second = time.now(), time.now()
    assert second.mono >= first.mono
    assert first.boot == 3


def test_a_machine_without_boot_number_has_one_boot(monkeypatch, tmp_path):
    assert clock.machine_boot_id() == clock.machine_boot_id() != ""
    monkeypatch.setattr(clock, "Path", lambda _: tmp_path / "none")
    assert clock.machine_boot_id() == "no-boot-id"
