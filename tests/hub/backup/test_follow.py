"""The stream to one stick: never more than a minute behind, whatever is done to the stick."""

import errno
import os
import shutil
import threading

import pytest

from hub.backup import copy, drill, follow, piece
from hub.backup.follow import Stream
from hub.backup.word import Word
from hub.queues.epochs import next_epoch
from hub.rooms import open_hub
from tests.hub.backup.conftest import AGENCY
from tests.patience import patience


@pytest.fixture
def stick(safe):
    """The stick is in, prepared, with a whole copy."""
    safe.whole()
    return safe


def lasts(safe):
    return sorted(found.header.last for found in safe.place.look().pieces)


def later(safe, stream, seconds):
    safe.clock.advance(seconds=seconds)
    stream.round()
    return stream.word


def test_what_happens_is_on_the_stick_within_twenty_seconds(stick):
    stream = stick.stream()
    stream.round()
    assert stream.word.state == "ok"
    before = lasts(stick)
    stick.busy()
    assert later(stick, stream, 1).behind_s == 0
    assert later(stick, stream, 18).behind_s == 18
    assert lasts(stick) == before
    assert later(stick, stream, 2) == Word(
        str(stick.stick), "ok", 0.0, stick.head()[0], stream.word.whole_at
    )  # fmt: skip
    assert lasts(stick) == [*before, stick.head()[0]]


def test_nothing_is_written_while_nothing_happens(stick):
    stream = stick.stream()
    for _ in range(200):
        later(stick, stream, 30)
    assert len(lasts(stick)) == 1


def test_what_happened_before_the_stream_began_leaves_at_once(stick):
    stick.busy()
    stick.stream().round()
    assert lasts(stick)[-1] == stick.head()[0]


def test_a_closing_leaves_at_once(stick):
    stream = stick.stream()
    stream.round()
    stick.office.close_day(force=True)
    later(stick, stream, 1)
    assert lasts(stick)[-1] == stick.head()[0]


def test_a_crowd_leaves_at_once(stick, monkeypatch):
    monkeypatch.setattr(follow, "MANY", 5)
    stream = stick.stream()
    stream.round()
    stick.busy(visitors=10)
    stream.round()
    assert lasts(stick)[-1] == stick.head()[0]


def test_who_comes_back_late_catches_up_in_pieces(stick, monkeypatch):
    monkeypatch.setattr(copy, "MOST_ROWS", 7)
    stick.busy(visitors=20)
    stream = stick.stream()
    later(stick, stream, 1)
    later(stick, stream, 30)
    assert lasts(stick)[-1] == stick.head()[0]
    assert len(lasts(stick)) > 5
    assert stick.restore().end.last == stick.head()[0]


def test_the_first_whole_copy_and_those_of_the_nights_are_made_without_being_asked(safe):
    safe.stick.mkdir()
    safe.place.prepare()
    stream = safe.stream()
    stream.round()
    stream.finish_whole()
    assert lasts(safe) == [safe.head()[0]]
    assert later(safe, stream, 1).state == "ok"
    for night in range(1, 4):
        safe.busy(visitors=1)
        safe.office.later(hours=24)
        stream.round()
        stream.finish_whole()
        stream.round()
        assert sum(p.header.kind == "whole" for p in safe.place.look().pieces) == night + 1
    assert safe.restore().end.last == safe.head()[0]


# --- the stick is pulled out, put back, changed, full


def test_an_empty_mount_point_is_not_filled(safe):
    safe.stick.mkdir()
    stream = safe.stream()
    assert later(safe, stream, 100).state == "missing"
    assert list(safe.stick.iterdir()) == []


def test_a_stick_pulled_out_and_put_back_lacks_nothing(stick):
    stream = stick.stream()
    stream.round()
    stick.stick.rename(stick.folder / "in a pocket")
    stick.busy()
    assert later(stick, stream, 1).state == "missing"
    assert later(stick, stream, 90).behind_s >= 90
    stick.busy()
    (stick.folder / "in a pocket").rename(stick.stick)
    assert later(stick, stream, 1).state == "ok"
    assert lasts(stick)[-1] == stick.head()[0]
    assert stick.restore().end.last == stick.head()[0]


def test_another_stick_in_its_place_gets_what_it_lacks(stick):
    shutil.copytree(stick.stick, stick.folder / "second")
    stream = stick.stream()
    stream.round()
    stick.busy()
    later(stick, stream, 30)
    stick.stick.rename(stick.folder / "first")
    (stick.folder / "second").rename(stick.stick)
    stick.busy()
    later(stick, stream, 1)
    later(stick, stream, 30)
    assert stick.restore().end.last == stick.head()[0]


def test_a_stick_pulled_out_in_mid_piece_holds_no_half_one(stick, monkeypatch):
    stream = stick.stream()
    stream.round()
    stick.busy()
    stream.round()
    monkeypatch.setattr(piece.os, "fsync", refusing(errno.EIO))
    assert later(stick, stream, 60).state == "fault"
    monkeypatch.undo()
    assert len(lasts(stick)) == 1
    assert not list(stick.stick.rglob("*.part"))
    assert later(stick, stream, 1).state == "ok"
    assert stick.restore().end.last == stick.head()[0]


def test_the_half_piece_of_a_box_that_died_is_swept_away(stick):
    left = next(stick.stick.rglob("*.mbote")).with_suffix(".part")
    left.write_bytes(b"half")
    stick.stream().round()
    assert not left.exists()


def refusing(number):
    def refuse(*_values, **_more):
        raise OSError(number, os.strerror(number))

    return refuse


def test_a_full_stick_is_said_and_the_last_good_copies_stay(stick, monkeypatch):
    stream = stick.stream()
    stream.round()
    stick.busy()
    before = lasts(stick)
    monkeypatch.setattr("hub.backup.place.shutil.disk_usage", lambda _: os.terminal_size((0, 0)) and Full)
    assert later(stick, stream, 60).state == "full"
    assert lasts(stick) == before
    monkeypatch.undo()
    assert later(stick, stream, 1).state == "ok"


class Full:
    free = 0


def test_a_stick_that_fills_up_in_the_middle_is_full(stick, monkeypatch):
    stream = stick.stream()
    stream.round()
    stick.busy()
    stream.round()
    monkeypatch.setattr(piece.os, "fsync", refusing(errno.ENOSPC))
    assert later(stick, stream, 60).state == "full"


def test_older_nights_make_room_for_a_new_one(safe, monkeypatch):
    made = []
    for _ in range(4):
        made.append(safe.whole())
        safe.busy(visitors=1)
    safe.office.later(hours=24)
    monkeypatch.setattr("hub.backup.place.Place.has_room", lambda self, size: size < 2_000_000 and len(lasts(safe)) < 3)
    stream = safe.stream()
    stream.round()
    stream.finish_whole()
    kept = [p.header for p in safe.place.look().pieces if p.header.kind == "whole"]
    assert [header.last for header in kept] == [made[2].header.last, made[3].header.last, safe.head()[0]]


def test_a_whole_copy_that_cannot_be_read_back_is_a_fault_and_takes_nobody_s_place(stick, monkeypatch):
    stick.office.later(hours=24)
    monkeypatch.setattr(piece, "check", lying)
    stream = stick.stream()
    stream.round()
    stream.finish_whole()
    assert later(stick, stream, 1).state == "fault"
    monkeypatch.undo()
    may = threading.Event()  # the fault is said until the next copy is whole, however fast the medium is
    whole = copy.whole
    monkeypatch.setattr(copy, "whole", lambda *given: may.wait(patience(30)) and whole(*given))
    assert later(stick, stream, follow.AGAIN_S + 1).state == "fault"
    may.set()
    stream.finish_whole()
    assert later(stick, stream, 1).state == "ok"


def lying(found):
    raise piece.BadPiece(f"{found.path.name}: the medium does not give back what was written")


def test_an_altered_journal_stops_the_stream_and_the_old_copies_stay(stick):
    stream = stick.stream()
    stream.round()
    stick.busy()
    stream.round()
    writer = stick.office.hub.store.writer
    writer.execute("DROP TRIGGER journal_no_edit")
    writer.execute("UPDATE journal SET payload = '{}' WHERE seq = (SELECT max(seq) FROM journal)")
    assert later(stick, stream, 60).state == "altered"
    assert len(lasts(stick)) == 1


def test_a_stick_that_hangs_in_the_kernel_is_said_to(stick, monkeypatch):
    stream = stick.stream()
    stream.round()
    let_go = threading.Event()
    monkeypatch.setattr(Stream, "_tried", lambda _: let_go.wait() and ("ok", ""))
    hanging = threading.Thread(target=stream.round)
    hanging.start()
    assert stream.stands.state == "ok"
    stick.clock.advance(seconds=follow.STUCK_S + 1)
    assert (stream.stands.state, stream.stands.detail) == ("fault", "it does not answer")
    let_go.set()
    hanging.join()
    assert stream.stands.state == "ok"


# --- what a stick knows that the box does not


def test_a_cloned_card_learns_from_its_stick_that_it_is_behind(stick):
    shutil.copytree(stick.data, stick.folder / "clone")
    stick.busy()
    ahead = stick.rows()
    clone = stick.again("clone")
    clone.stream().round()
    assert clone.told == [(1, max(ahead.header.last, clone.head()[0] + 1))]
    clone.close()


def test_a_hub_that_is_just_starting_is_told_again_until_it_hears(stick):
    shutil.copytree(stick.data, stick.folder / "clone")
    stick.busy()
    stick.rows()
    clone = stick.again("clone")
    stream = clone.stream()
    office, clone.office = clone.office, None
    later(stick, stream, 1)
    later(stick, stream, 1)
    clone.office = office
    later(stick, stream, 1)
    later(stick, stream, 1)
    assert len(clone.told) == 3
    clone.close()


def test_a_new_box_makes_a_whole_copy_at_once_that_it_can_try_itself(stick):
    stick.restore()
    again = stick.again()
    stream = again.stream()
    stream.round()
    stream.finish_whole()
    stream.round()
    assert [p.header.epoch for p in again.place.look().pieces if p.header.kind == "whole"] == [1, 2]
    assert drill.drill(again.box, again.place).problem == ""
    again.close()


def test_a_clone_that_has_gone_its_own_way_is_known_by_its_hashes(stick):
    shutil.copytree(stick.data, stick.folder / "clone")
    stick.busy(visitors=1)
    stick.rows()
    clone = stick.again("clone")
    clone.busy(visitors=9)
    clone.stream().round()
    assert clone.told == [(1, clone.head()[0] + 1)]
    clone.close()


def test_the_box_itself_and_a_restored_one_are_not_behind(stick):
    stick.busy()
    stick.rows()
    stick.stream().round()
    stick.restore()
    again = stick.again()
    again.stream().round()
    assert stick.told == again.told == []
    again.close()


def test_a_fresh_file_in_the_place_of_a_damaged_one_is_copied_too(stick):
    """The damaged file was set aside, the branch serves on with a new one: the stream must not wait for entry 5,000."""
    stream = stick.stream()
    stick.busy()
    stream.round()
    stick.close()
    (stick.data / "mbote.db").rename(stick.folder / "damaged.db")
    zone = stick.settings.agency.zone
    fresh = open_hub(
        stick.settings, begin=lambda tx: next_epoch(tx.connection, tx.now, zone, "set_aside", beyond=1, lost_ms=0)
    )
    for _ in range(3):
        later(stick, stream, 30)
        stream.finish_whole()
    head = fresh.store.head[0]
    fresh.store.close()
    assert (2, head) in [(p.header.epoch, p.header.last) for p in stick.place.look().pieces]
    assert stick.restore(until=1).end.epoch == 1


def test_the_words_are_told_when_something_changes(stick):
    stream, stop, told = stick.stream(), threading.Event(), []

    def tell(words):
        told.append([word.state for word in words])
        if told[-1] == ["ok"]:
            shutil.rmtree(stick.stick)
        elif len(told) > 1:
            stop.set()

    follow.follow([stream], tell, stop, every_s=0.01)
    assert told[-2:] == [["ok"], ["missing"]]


def test_a_place_names_nobody(stick):
    """What lies on a stick in clear: numbers, hashes, times."""
    stick.busy()
    stick.rows()
    content = b"".join(path.read_bytes() for path in stick.stick.rglob("*") if path.is_file())
    for secret in (b"MAKOSSO", b"9000000001", b"OKO Paul", b"ticket_issued", b"D001"):
        assert secret not in content
    assert AGENCY.encode() in content
