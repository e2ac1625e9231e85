"""A real file system of its own as the stick: really full, really pulled out."""

import os
import subprocess

import pytest

from hub.backup import follow, place
from tests.hub.backup.test_follow import lasts, later

pytestmark = [pytest.mark.faults, pytest.mark.slow]
SIZE_KB = 512


def mount(folder):
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_KB}k", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("nobody may mount a file system here")


@pytest.fixture
def mounted(safe, monkeypatch):
    """The stick is a file system of half a megabyte, prepared and with a whole copy."""
    monkeypatch.setattr(place, "SPARE_BYTES", 0)
    monkeypatch.setattr(follow, "ROWS_BYTES", 0)
    safe.stick.mkdir()
    mount(safe.stick)
    safe.whole()
    yield safe
    subprocess.run(["umount", "-l", str(safe.stick)], check=False, capture_output=True)


def fill(folder, leave):
    """Fill it up but for so many bytes."""
    free = os.statvfs(folder)
    size = free.f_bavail * free.f_frsize - leave
    (folder / "holiday.jpg").write_bytes(b"x" * size)


@pytest.mark.parametrize("leave", [0, 4096, 8192])
def test_a_stick_that_is_full_is_said_so_and_what_was_on_it_stays_good(mounted, leave):
    stream = mounted.stream()
    stream.round()
    before = lasts(mounted)
    fill(mounted.stick, leave)
    mounted.busy(visitors=120)
    later(mounted, stream, 1)
    assert later(mounted, stream, 30).state == "full"
    assert lasts(mounted) == before
    assert not list(mounted.stick.rglob("*.part"))
    assert mounted.restore().end.last == before[-1]
    (mounted.stick / "holiday.jpg").unlink()
    assert later(mounted, stream, 1).state == "ok"
    assert lasts(mounted)[-1] == mounted.head()[0]


def test_no_whole_copy_fits_any_more_and_the_last_two_stay(mounted):
    mounted.busy()
    mounted.whole()
    stream = mounted.stream()
    stream.round()
    stream.finish_whole()
    fill(mounted.stick, 8192)
    mounted.office.later(hours=24)
    stream.round()
    stream.finish_whole()
    assert later(mounted, stream, 1).state == "full"
    assert sum(p.header.kind == "whole" for p in mounted.place.look().pieces) == 2
    assert mounted.restore().end.last >= 13


def test_a_stick_that_is_pulled_out_leaves_an_empty_folder_and_nothing_is_written_there(mounted):
    stream = mounted.stream()
    stream.round()
    subprocess.run(["umount", "-l", str(mounted.stick)], check=True)
    mounted.busy()
    assert later(mounted, stream, 60).state == "missing"
    assert list(mounted.stick.iterdir()) == []
    mount(mounted.stick)
    assert later(mounted, stream, 60).state == "missing"  # a stick that nobody has made ready
    assert list(mounted.stick.iterdir()) == []
    mounted.place.prepare()
    later(mounted, stream, 1)
    stream.finish_whole()
    assert later(mounted, stream, 1).state == "ok"
    assert mounted.restore().end.last == mounted.head()[0]


def test_a_stick_pulled_out_while_a_piece_is_being_written_and_put_back(mounted, monkeypatch):
    """The lines are still coming when the medium goes: the rest of the piece goes with it."""
    stream = mounted.stream()
    stream.round()
    mounted.busy(visitors=40)

    def pulled(reader, first, last):
        for number, line in enumerate(honest(reader, first, last)):
            if number == 20:
                subprocess.run(["umount", "-l", str(mounted.stick)], check=True)
            yield line

    honest = follow.copy.parts.entry_lines
    monkeypatch.setattr(follow.copy.parts, "entry_lines", pulled)
    later(mounted, stream, 1)
    assert later(mounted, stream, 60).state in ("missing", "fault")
    monkeypatch.undo()
    assert list(mounted.stick.rglob("*.mbote")) == []
    assert later(mounted, stream, 1).state == "missing"
    assert stream.word.behind_s > 0
