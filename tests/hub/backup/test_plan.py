"""Which pieces make a backup, when the next whole copy is due, and what may go: values in, values out."""

from datetime import datetime
from pathlib import Path

import pytest

from hub.backup import plan
from hub.backup.piece import Header, Piece


def piece(  # noqa: PLR0913
    kind, first, last, *, epoch=1, line="aaaaaaaa", before=None, head=None, made=0
):  # fmt: skip
    """A piece whose hashes are `h<number>` of its line, unless said otherwise."""
    header = Header(
        1, kind, "X", epoch, line, first, last, before or f"h{first - 1}", head or f"h{last}", at=0, made=made, opens=()
    )
    return Piece(Path(header.folder) / header.name, header)


def reach(*pieces):
    found = plan.newest(pieces)
    return [(p.header.kind, p.header.first, p.header.last) for p in found.pieces] if found else None


def test_rows_without_a_whole_copy_are_nothing():
    assert reach() is None
    assert reach(piece("rows", 1, 5)) is None


def test_rows_join_where_the_whole_copy_ends():
    assert reach(piece("whole", 1, 5), piece("rows", 8, 9), piece("rows", 6, 7)) == [
        ("whole", 1, 5), ("rows", 6, 7), ("rows", 8, 9)
    ]  # fmt: skip


def test_a_gap_ends_it():
    assert reach(piece("whole", 1, 5), piece("rows", 7, 9)) == [("whole", 1, 5)]


def test_a_piece_of_another_history_does_not_join():
    assert reach(piece("whole", 1, 5), piece("rows", 6, 9, before="other")) == [("whole", 1, 5)]


def test_a_whole_copy_made_in_the_middle_of_a_rows_piece_goes_on_with_it():
    assert reach(piece("whole", 1, 5), piece("rows", 4, 9), piece("rows", 10, 11))[-1] == ("rows", 10, 11)
    assert reach(piece("whole", 1, 5), piece("rows", 4, 9, line="bbbbbbbb")) == [("whole", 1, 5)]


def test_the_furthest_wins_and_of_equals_the_shortest():
    old, new = piece("whole", 1, 5), piece("whole", 1, 8)
    assert reach(old, new, piece("rows", 6, 8)) == [("whole", 1, 8)]
    assert reach(old, new, piece("rows", 6, 7), piece("rows", 8, 12, before="h7"))[-1] == ("rows", 8, 12)


def test_a_restored_box_goes_on_from_the_pieces_of_the_one_before():
    old, lost = piece("whole", 1, 5), piece("rows", 6, 30)
    new = piece("rows", 6, 7, epoch=2, line="bbbbbbbb", head="n7")
    assert reach(old, lost, new) == [("whole", 1, 5), ("rows", 6, 7)]
    assert reach(old, lost, new, piece("rows", 8, 9, epoch=2, line="bbbbbbbb", before="n7"))[-1] == ("rows", 8, 9)


def test_the_stream_goes_on_where_place_and_journal_agree():
    journal = {5: "h5", 7: "h7"}.get
    pieces = [piece("whole", 1, 5), piece("rows", 6, 7), piece("rows", 8, 9)]
    assert plan.position(pieces[:2], journal).last == 7
    assert plan.position(pieces, journal).last == 7  # the last piece is of a history that is not ours
    assert plan.position([], journal) is None


@pytest.mark.parametrize(
    ("theirs", "strange"),
    [
        (piece("rows", 6, 9), True),  # further on in our own epoch
        (piece("rows", 6, 7, head="x"), True),  # another history of the same epoch: a clone
        (piece("rows", 6, 7), False),
        (piece("rows", 1, 2, epoch=2), True),  # a later epoch, however short
        (piece("rows", 6, 90, epoch=0), False),  # what was lost before our epoch began
    ],
)
def test_a_place_that_knows_more_than_the_box_makes_it_a_copy_that_is_behind(theirs, strange):
    journal = {5: "h5", 7: "h7"}.get
    assert (plan.beyond([theirs], 1, 7, journal) is not None) == strange


# --- nights


def at(text):
    return datetime.fromisoformat(f"2026-03-{text}:00+01:00")


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        (None, "02T08:00", True),
        ("01T20:05", "02T19:59", False),
        ("01T20:05", "02T20:00", True),
        ("01T19:00", "02T07:00", True),  # the box was off at eight: the copy is made in the morning
        ("02T20:00", "02T20:00", False),
        ("03T07:00", "02T21:00", False),  # a clock that went back
    ],
)
def test_a_whole_copy_is_due_once_the_time_of_the_night_has_passed(last, now, due):
    assert plan.whole_due(at(last) if last else None, at(now), "20:00") == due


def nights(count):
    return [piece("whole", 1, 10 * n, made=n) for n in range(1, count + 1)]


def test_seven_nights_are_kept_and_one_of_seven_before_them():
    pieces = nights(30)
    gone = {p.header.last // 10 for p in plan.to_delete(pieces, nights=7, weeks=2)}
    assert sorted(set(range(1, 31)) - gone) == [16, 23, 24, 25, 26, 27, 28, 29, 30]


@pytest.mark.parametrize("count", range(4))
def test_the_last_two_stay_whatever_is_asked(count):
    assert plan.to_delete(nights(count)[-2:], nights=0, weeks=0) == []


def test_rows_stay_until_two_whole_copies_hold_them():
    rows = [piece("rows", 11, 15), piece("rows", 16, 25), piece("rows", 26, 31)]
    assert plan.to_delete([*nights(1), *rows], 7, 8) == []
    assert plan.to_delete([*nights(2), *rows], 7, 8) == []
    assert [p.header.last for p in plan.to_delete([*nights(3), *rows], 7, 8)] == [15]


def test_rows_of_an_earlier_line_stay_as_long_as_a_whole_copy_leads_to_them():
    """A fresh file beside a damaged one has copies of its own, which know nothing of what was before."""
    old = piece("rows", 11, 15)
    new = [piece("whole", 1, n, epoch=2, line="bbbbbbbb", made=n) for n in range(20, 29)]
    assert old not in plan.to_delete([*nights(1), old, *new[:5]], 7, 8)
    assert old in plan.to_delete([*nights(1), old, *new], 7, 0)


def test_rows_that_go_on_from_another_line_s_whole_copy_stay():
    new = piece("rows", 11, 15, epoch=2, line="bbbbbbbb")
    assert plan.to_delete([*nights(1), new], 7, 8) == []
