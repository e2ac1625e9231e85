"""Scans leave the box beside the journal, each once, and come back; what was destroyed goes from the stick, too."""

import io

import pyrage
import pytest

from hub.ask import HUB, Ask
from hub.backup import drill, files
from hub.services.deposit import scan_store, scanning
from hub.shelf import FOLDER
from tests.hub.backup.conftest import IDENTITY
from tests.hub.services.scanner import jpeg

pytestmark = pytest.mark.slow  # real files and processes


def kept(safe, text: str) -> str:
    """A scan that waits; the name of its file."""
    hub = safe.office.hub
    answer = scanning.receive(hub, safe.office.ask(HUB), io.BytesIO(jpeg(text)), name=f"{text}.jpg")
    return scanning.known(hub.reader, answer["scan"]).sha256


@pytest.fixture
def scanned(safe):
    """Two scans, and a stream that has seen them."""
    hub = safe.office.hub
    yield safe, kept(safe, "one"), kept(safe, "two")
    hub.viewer.close()


def at(safe):
    return set(files.names_at(safe.place.folder, "deposit"))


def test_files_leave_once_encrypted_and_come_back_with_the_rows(scanned):
    safe, first, second = scanned
    safe.whole()
    stream = safe.stream()
    stream.round()
    assert at(safe) == {first, second}
    lying = files.path_of(safe.place.folder, "deposit", first)
    assert jpeg("one") not in lying.read_bytes()
    assert pyrage.decrypt(lying.read_bytes(), [IDENTITY]) == jpeg("one")
    before = lying.stat().st_mtime_ns
    third = kept(safe, "three")
    stream.round()
    safe.clock.advance(seconds=30)
    stream.round()
    assert at(safe) == {first, second, third}
    assert lying.stat().st_mtime_ns == before, "a file is copied once"
    assert stream.stands.behind_s == 0
    found = drill.drill(safe.box, safe.place)
    assert found.problem == ""
    safe.close()
    safe.restore()
    again = safe.again()
    shelf = scanning.shelf_of(again.office.hub)
    assert set(shelf.names()) == scan_store.files(again.office.hub.reader).named == {first, second, third}
    assert (shelf.read(third), shelf.folder) == (jpeg("three"), safe.folder / "new" / FOLDER / "deposit")
    again.close()


def test_a_stick_that_lost_a_file_fails_its_drill_and_a_restore_says_so(scanned):
    safe, first, _ = scanned
    safe.whole()
    safe.stream().round()
    files.path_of(safe.place.folder, "deposit", first).unlink()
    assert "1 files that the backup names are not in it" in drill.drill(safe.box, safe.place).problem
    safe.close()
    told = []
    safe.restore(tell=told.append)
    assert any("1 files of scans" in each for each in told)


def test_what_was_destroyed_goes_and_what_an_older_box_does_not_know_stays(scanned):
    safe, first, second = scanned
    safe.whole()
    safe.stream().round()
    strange = files.path_of(safe.place.folder, "deposit", "ab" * 32)
    strange.parent.mkdir(parents=True, exist_ok=True)
    strange.write_bytes(b"of a box that knew more")
    with safe.office.hub.store.transaction(Ask(HUB)) as tx:
        tx.run("UPDATE deposit_scan SET file = NULL, name = NULL WHERE sha256 = ?", first)
    assert safe.office.hub.tidy() == 1
    safe.stream().round()
    assert at(safe) == {second, "ab" * 32}


def test_a_file_that_is_lost_on_the_box_is_an_alarm(scanned):
    safe, first, _ = scanned
    safe.whole()
    scanning.shelf_of(safe.office.hub).path(first).write_bytes(b"rot")
    stream = safe.stream()
    stream.round()
    safe.clock.advance(seconds=90)
    stream.round()
    assert stream.stands.behind_s >= 90
