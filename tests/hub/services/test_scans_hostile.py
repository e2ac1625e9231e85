"""Hostile files (T13): none crashes or holds up the hub, none leaves the store, and its memory does not notice."""

import io
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from hub.errors import Refused
from hub.services.deposit import scan_store, scanning
from hub.workshop.viewer import NotTaken, Viewer
from tests.agency import strain
from tests.hub.services.deposits import NADEGE, documents, seed_acknowledgement, staffed
from tests.hub.services.house import House, brazzaville
from tests.hub.services.scanner import KINDS, hostile, jpeg, one_page, packed_stream, pdf

pytestmark = pytest.mark.slow  # real processes
#: T13. A file has 8 s of a processor's time; on a box with much to do the clock shows more, at most `DEADLINE_S`.
LONGEST_S = 10
PIECES = 10
#: They are given all the time there is, so the nightly run has them.
SLOW = {"nested_forms", "bomb_pdf", "bomb_pixels", "deep", "many_pages"}


@pytest.fixture(scope="module")
def viewer():
    room = Viewer()
    yield room
    room.close()


def memory_kb(pid: int | str = "self") -> int:
    return int(Path(f"/proc/{pid}/status").read_text().partition("VmRSS:")[2].split()[0])


def thrown_at(house: House, files) -> tuple[Counter, float]:
    """Send each file to a document; what became of them, and the longest that one took, s."""
    (line, *_), found, longest = documents(house, seed_acknowledgement(house)), Counter(), 0.0
    for kind, content in files:
        began = time.monotonic()
        try:
            scanning.receive(house.hub, house.ask(NADEGE), io.BytesIO(content), name="../../x.pdf", document=line)
            found[kind, "kept"] += 1
        except Refused as error:
            found[kind, error.reason] += 1
        longest = max(longest, time.monotonic() - began)
    return found, longest


def only_in_the_store(house: House) -> None:
    shelf = scanning.shelf_of(house.hub)
    named = scan_store.files(house.hub.reader).named
    assert set(shelf.names()) == named
    assert [
        path for path in shelf.folder.rglob("*") if path.is_file() and path.parent.name.startswith("incoming")
    ] == []
    for name in named:
        assert shelf.read(name) is not None


@pytest.mark.timeout(240)
def test_a_sample_of_hostile_files_neither_crashes_nor_leaves_the_store(tmp_path, workshop):
    house = staffed(House(tmp_path, brazzaville("2026-03-02"), ("deposit",), workshop))
    before = {path for path in tmp_path.rglob("*") if path.is_file() and "files" not in path.parts}
    quick = [each for each in hostile(len(KINDS)) if each[0] not in SLOW]
    found, _ = thrown_at(house, quick)
    assert sum(found.values()) == len(quick) > 15
    assert {path for path in tmp_path.rglob("*") if path.is_file() and "files" not in path.parts} == before
    only_in_the_store(house)
    assert house.hub.viewer.look(jpeg()).media == "jpeg", "the next good file is taken"
    house.close()


@pytest.mark.nightly
@pytest.mark.timeout(900)
@pytest.mark.parametrize("part", range(PIECES))
def test_five_hundred_hostile_files_and_the_memory_stays_flat(tmp_path, workshop, part):
    house = staffed(House(tmp_path, brazzaville("2026-03-02"), ("deposit",), workshop))
    house.hub.viewer.look(jpeg())
    files = [each for at, each in enumerate(hostile(500)) if at % PIECES == part]
    first = memory_kb(), memory_kb(house.hub.viewer.pid)
    found, longest = thrown_at(house, files)
    assert house.hub.viewer.look(jpeg()).media == "jpeg", "the next good file is taken"
    grown = memory_kb() - first[0], memory_kb(house.hub.viewer.pid) - first[1]
    said = f"{sum(found.values())} files, longest {longest:.1f} s, grown {grown} kB, {dict(found)}"
    (tmp_path / "figures").write_text(said)
    assert sum(found.values()) == 500 // PIECES
    assert longest < LONGEST_S * max(1.0, strain())
    assert max(grown) < 40_000
    assert all(outcome == "kept" or outcome.startswith("scan_") for _, outcome in found), said
    only_in_the_store(house)
    house.replayed()
    house.close()


TRIES = """
import os, socket, sys
from hub.workshop import pictures, viewing

def tried(asked, content):
    said = {}
    for name, way in (
        ("a file", lambda: open("/etc/hostname")), ("the store", lambda: os.open(".", os.O_RDONLY)),
        ("a machine", lambda: socket.socket()), ("a program", lambda: os.execv("/bin/true", ["true"])),
        ("its parent", lambda: os.kill(os.getppid(), 9)), ("a child", os.fork),
        ("the hub's pipe", lambda: os.write(1, b"x")),
        ("the next file", lambda: os.read(0, 1)), ("memory", lambda: bytearray(400_000_000)),
    ):
        try:
            way()
            said[name] = "reached"
        except (OSError, MemoryError) as error:
            said[name] = type(error).__name__
    return {"unfit": " ".join(name for name, how in said.items() if how == "reached") or "nothing"}, b""

pictures.answer = tried
viewing.main()
"""


def test_a_file_that_has_taken_its_process_over_reaches_nothing():
    room = Viewer()
    room._apart._command = [sys.executable, "-c", TRIES, "20", "300"]
    with pytest.raises(NotTaken) as refused:
        room.look(jpeg())
    assert refused.value.reason == "scan_nothing"
    room.close()


def test_a_refusal_says_why(viewer):
    assert viewer.look(pdf("a", "b", "c")).pages == 3
    for content, why in (
        (jpeg() + b"PK\x03\x04", "behind_end"), (pdf("a") + b"<html>", "behind_end"), (jpeg()[:-50], "damaged"),
        (one_page().replace(b"trailer <<", b"trailer << /Encrypt 9 0 R"), "protected"), (b"GIF89a", "not_allowed"),
    ):  # fmt: skip
        with pytest.raises(NotTaken) as refused:
            viewer.look(content)
        assert refused.value.reason == f"scan_{why}"


def test_what_a_pdf_could_do_by_itself_is_seen_plain_escaped_and_packed(viewer):
    plain = one_page(root=b"/OpenAction << /S /JavaScript /JS (x) >>")
    escaped = one_page(root=b"/OpenAction << /S /L#61unch /F (x) >>")
    hidden = one_page(
        more=(packed_stream(b"9 0 << /Names << /EmbeddedFiles 5 0 R >> >>", b"/Type /ObjStm /N 1 /First 4"),)
    )
    assert [viewer.look(each).flags for each in (one_page(), plain, escaped, hidden)] == [
        (), ("javascript",), ("launch",), ("embedded",)
    ]  # fmt: skip
    assert viewer.look(viewer.cut(plain, [1])).flags == (), "a batch that was divided has pages alone"
