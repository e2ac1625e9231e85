"""What the kiosk's store keeps, over a cut at the worst moment."""

from __future__ import annotations

import shutil

import pytest

from hub.wire import Hour, Wait
from kiosk.press import Moment, Number, Press
from kiosk.spool import Spool

NOW = Moment("b0071d", 5_000, 1_772_000_000_000)


@pytest.fixture
def spool(tmp_path):
    opened = Spool(tmp_path / "spool.db", "K1").open()
    yield opened
    opened.close()


def pressed(spool, key="a1"):
    return spool.add(Press(key, "DEP", "fr", "normal", "screen", "", NOW))


def printed(spool, key="a1"):
    press = pressed(spool, key)
    number = spool.own_number(press)
    spool.finish(press, number, "printed", NOW, f"{press.key}-paper")
    return press, number


def after_a_cut(spool, tmp_path):
    """The file as another process would find it now: what was never committed is not in it."""
    for suffix in ("", "-wal"):
        shutil.copy(f"{spool.path}{suffix}", tmp_path / f"cut.db{suffix}")
    return Spool(tmp_path / "cut.db", "K1").open()


def test_presses_are_numbered_without_a_hole_in_the_order_of_their_keys(spool):
    keys = [pressed(spool, f"a{n}").key for n in range(3)]
    assert keys == ["K1-b0071d-1-a0", "K1-b0071d-2-a1", "K1-b0071d-3-a2"]


def test_a_heard_report_is_told_once_and_crossed_out_with_the_next_thing_written(spool, tmp_path):
    printed(spool, "a1")
    printed(spool, "a2")
    spool.heard(spool.next_report())
    assert spool.next_report().body["label"] == "K1-002"
    assert spool.waiting_reports() == 1

    cut = after_a_cut(spool, tmp_path)
    assert cut.next_report().body["label"] == "K1-001"  # told again with the same key: the hub knows it
    cut.close()

    pressed(spool, "a3")
    cut = after_a_cut(spool, tmp_path)
    assert cut.next_report().body["label"] == "K1-002"
    cut.close()


def test_who_is_switched_off_in_order_has_nothing_to_tell_twice(spool, tmp_path):
    printed(spool)
    spool.heard(spool.next_report())
    spool.close()
    again = Spool(spool.path, "K1").open()
    assert again.next_report() is None
    again.close()


def test_the_own_series_goes_on_after_a_cut(spool, tmp_path):
    assert printed(spool, "a1")[1] == Number("K1-001", own=True)
    cut = after_a_cut(spool, tmp_path)
    assert printed(cut, "a2")[1].label == "K1-002"
    cut.close()


def test_a_number_with_its_appointment_outlives_a_cut_and_one_of_an_older_kiosk_has_none(spool, tmp_path):
    given = Number("A001", own=False, wait=Wait(60, 120), hour=Hour("09:30", since="09:25"))
    spool.accept(pressed(spool, "a1"), given)
    spool.accept(pressed(spool, "a2"), Number("A002", own=False))
    with spool._transaction() as db:
        db.execute("UPDATE press SET answer = json_remove(answer, '$.hour') WHERE label = 'A002'")
    cut = after_a_cut(spool, tmp_path)
    assert [number for _, number in cut.unfinished()] == [given, Number("A002", own=False)]
    cut.close()
