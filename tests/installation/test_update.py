"""From a stick to the new version, or to the old one as it was: real files, real processes, one box in a folder."""

from __future__ import annotations

import fcntl
import os
import shutil
import tarfile

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hub.installation import release, trial
from hub.installation.release import ReleaseFault
from hub.installation.update import UpdateFault, update
from tests.installation.boxes import Workshop, founded

pytestmark = pytest.mark.slow  # real files and processes

LABELS = ["D001", "D002", "D003"]


@pytest.fixture
def said():
    return []


@pytest.fixture
def put_in(town, said):
    return lambda stick: update(town, stick, said.append)


@pytest.fixture(scope="module")
def steady(tmp_path_factory):
    """A box for all that is refused: each attempt must leave it as it was for the next."""
    folder = tmp_path_factory.mktemp("steady")
    shop = Workshop(folder / "workshop")
    with pytest.MonkeyPatch.context() as patch:
        box = founded(folder / "box", shop, patch)
        yield box, shop
        box.falls()


def refused(steady, stick, sentence: str) -> None:
    town, _ = steady
    with pytest.raises(ReleaseFault, match=sentence):
        update(town, stick, lambda _: None)
    assert as_it_was(town)
    assert "stop" not in town.log.read_text(), "nobody felt it"


def as_it_was(town) -> bool:
    """1.0.0 answers, whole, with its three tickets, and nothing is left of the attempt."""
    left = {each.name for each in town.place.versions.iterdir()} - {"current", "previous", "lock"}
    beside = {each.name for each in town.place.root.glob("data*")}
    return (
        (town.runs, town.answers(), town.tickets()) == ("1.0.0", "1.0.0", LABELS)
        and town.migrated_by() == {"1.0.0"} and town.is_whole() and left == {"1.0.0"} and beside == {"data"}
    )  # fmt: skip


# --- the good way


@pytest.mark.parametrize(
    "carried", ["stick", *(pytest.param(each, marks=pytest.mark.nightly) for each in ("folder", "file"))]
)
def test_a_signed_newer_release_is_put_in(town, workshop, said, tmp_path, carried):
    made = workshop.makes("1.1.0")
    stick = made if carried == "folder" else workshop.packs(made)
    if carried == "stick":
        (tmp_path / "stick").mkdir()
        stick = shutil.copy(stick, tmp_path / "stick") and tmp_path / "stick"
    assert update(town, stick, said.append) == "1.1.0"
    assert (town.runs, town.answers(), town.tickets()) == ("1.1.0", "1.1.0", LABELS)
    assert town.is_whole()
    assert said[-1] == "version 1.1.0 runs, and is well"
    assert {each.name for each in town.place.root.glob("data*")} == {"data"}, "the copy of the data has gone"


def test_units_come_with_the_version_and_one_link_switches_them(town, workshop, put_in):
    unit = town.place.root / "etc" / "systemd" / "system" / "mbote-hub.service"
    through = unit.readlink()
    put_in(workshop.makes("1.1.0"))
    assert unit.readlink() == through
    assert "current" in str(through)
    assert (town.place.root / str(through).lstrip("/")).read_text().startswith("# of 1.1.0")


@pytest.mark.nightly
def test_the_version_before_is_kept_and_older_ones_go(town, workshop, put_in):
    for version in ("1.9.0", "1.10.0"):
        put_in(workshop.makes(version))
    assert {each.name for each in town.place.versions.iterdir() if not each.is_symlink()} == {"1.9.0", "1.10.0", "lock"}
    assert town.place.version("previous") == "1.9.0"


def test_the_backup_comes_first_and_must_succeed(town, workshop, put_in):
    hook = town.place.config / "before-update"
    hook.write_text(f"#!/bin/sh\ntouch {town.place.root}/backed-up\n")
    hook.chmod(0o755)
    put_in(workshop.makes("1.1.0"))
    assert (town.place.root / "backed-up").exists()
    hook.write_text("#!/bin/sh\necho the stick is full >&2\nexit 1\n")
    with pytest.raises(UpdateFault, match="the stick is full\nNothing was changed"):
        put_in(workshop.makes("1.2.0"))
    assert town.answers() == "1.1.0"


def test_a_box_that_is_no_hub_is_updated_too(town, workshop, put_in):
    (town.place.config / "role").write_text("kiosk\n")
    put_in(workshop.makes("1.1.0"))
    asked = town.log.read_text().splitlines()[-3:]
    assert asked == ["stop mbote-kiosk.service", "daemon-reload", "start mbote-kiosk.service"]


# --- what is refused, with everything as it was


def altered(folder, name, content=b"altered"):
    (folder / name).write_bytes(content)
    return folder


REFUSED = {
    "foreign": (lambda shop: shop.makes("1.1.0", key=Ed25519PrivateKey.generate()), "not signed with the key"),
    "its page altered": (
        lambda shop: altered(shop.makes("1.1.0"), release.PAGE, b'{"version": "9.9.9", "machine": "any", "files": {}}'),
        "not signed with the key",
    ),
    "a file altered": (lambda shop: altered(shop.makes("1.1.0"), "manner"), "manner was altered"),
    "a file of the tar altered": (
        lambda shop: shop.packs(altered(shop.makes("1.1.0"), "ballast")), "ballast was altered",
    ),
    "a file missing": (
        lambda shop: (made := shop.makes("1.1.0"), (made / "manner").unlink())[0], "manner cannot be copied",
    ),
    "older": (lambda shop: shop.makes("0.9.0"), "0.9.0 is older than 1.0.0"),
    "the same": (lambda shop: shop.makes("1.0.0"), "runs already"),
    "for another machine": (lambda shop: shop.makes("1.1.0", machine="z80"), "made for z80"),
    "no release": (lambda shop: shop.folder.parent, "found none"),
    "its signature missing": (
        lambda shop: (made := shop.makes("1.1.0"), (made / release.SIGNATURE).unlink())[0], "release.sig is missing",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_not_ours_or_not_newer_is_refused(steady, what):
    make, sentence = REFUSED[what]
    refused(steady, make(steady[1]), sentence)


@pytest.mark.parametrize("content", [b"", b"garbage" * 1000, b"\0" * 10_240], ids=["empty", "garbage", "zeros"])
def test_a_file_that_is_no_release_is_said_so(steady, tmp_path, content):
    (tmp_path / "mbote-9.tar").write_bytes(content)
    refused(steady, tmp_path / "mbote-9.tar", r"no release|cannot be read")


@pytest.mark.parametrize("name", ["../outside", "/etc/outside", "a/../../outside", "release.json"])
def test_a_page_cannot_name_a_file_outside(name):
    page = f'{{"version": "1.0.0", "machine": "any", "files": {{"{name}": "00"}}}}'
    with pytest.raises(ReleaseFault, match="no name of a file inside"):
        release.parsed(page.encode())


def test_a_link_on_the_stick_is_not_followed(steady, tmp_path):
    made = steady[1].makes("1.1.0")
    (made / "manner").unlink()
    (made / "manner").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").write_text("well")
    refused(steady, made, "manner cannot be copied")


def test_a_tar_s_own_names_lead_nowhere(steady, tmp_path):
    _, shop = steady
    file = shop.packs(shop.makes("1.1.0"))
    with tarfile.open(file, "a:") as tar:
        entry = tarfile.TarInfo("../../../outside")
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(entry)
    with release.source_at(file) as source:
        found, *_ = release.read(source, shop.key.public_key().public_bytes_raw())
        release.copy(source, found, tmp_path / "in" / "to" / "it")
    assert (tmp_path / "in" / "to" / "it" / "manner").exists()
    assert not list(tmp_path.glob("**/outside"))


def test_a_full_disk_is_seen_before_anything_is_copied(steady, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": 100_000})())
    refused(steady, steady[1].makes("1.1.0"), "make room first")


# --- a release that is ours and does not do well


@pytest.mark.parametrize(
    ("manner", "sentence"),
    [
        ("dies", "ends as soon as it is started"),
        ("breaks", "the journal is not whole"),
        ("misunderstands", "does not accept the configuration: agency.toml"),
    ],
)
def test_most_bad_releases_are_found_on_a_copy_of_the_data_and_nobody_feels_it(steady, manner, sentence):
    town, shop = steady
    with pytest.raises(UpdateFault, match=sentence) as found:
        update(town, shop.makes("1.1.0", manner), lambda _: None)
    assert str(found.value).endswith("Nothing was changed: the box runs on as before.")
    assert "stop" not in town.log.read_text()
    assert as_it_was(town)


@pytest.mark.parametrize(
    "manner",
    [
        "dies in earnest",
        *(pytest.param(f"{how} in earnest", marks=pytest.mark.nightly) for how in ("breaks", "silent")),
    ],
)
def test_one_that_fails_in_earnest_gives_way_to_the_old_version_and_data(town, workshop, put_in, manner):
    with pytest.raises(UpdateFault, match=r"Version 1\.0\.0 runs again, with the data as it was\."):
        put_in(workshop.makes("1.1.0", manner))
    assert town.answers() == "1.0.0"
    town.place.clear()
    assert as_it_was(town)


def test_what_was_acknowledged_during_the_trial_is_never_taken_back(town, workshop):
    before = trial.before(town.data())
    town.stop()
    trial.begin(town, trial.Trial("1.0.0", "1.1.0", str(town.data())))
    town.place.lay(workshop.makes("1.1.0"), "1.1.0")
    town.place.point("current", "1.1.0")
    town.start()
    add_ticket(town, "D004")
    town.stop()
    assert trial.lead_back(town, trial.going_on(town.place)) is False
    town.start()
    assert (town.answers(), town.tickets(), before.exists()) == ("1.0.0", [*LABELS, "D004"], False)


def add_ticket(town, label):
    import sqlite3  # noqa: PLC0415

    with sqlite3.connect(town.data() / "mbote.db") as db:
        db.execute("INSERT INTO journal (kind, payload) VALUES ('ticket_issued', ?)", (label,))
    db.close()


def test_a_version_that_cannot_be_laid_leaves_nothing(town, workshop, put_in):
    made = workshop.makes("1.1.0")
    (made / "systemd" / "lay").write_text("#!/bin/sh\nmkdir -p $2/half\necho no wheel for this Python >&2\nexit 1\n")
    release.sign(made, "1.1.0", "any", workshop.key)
    with pytest.raises(ReleaseFault, match="no wheel for this Python"):
        put_in(made)
    assert as_it_was(town)


def test_a_folder_that_a_cut_left_half_laid_is_laid_again(town, workshop, put_in):
    half = town.place.folder("1.1.0")
    (half / "bin").mkdir(parents=True)
    (half / "bin" / "mbote").write_text("half a program")
    assert put_in(workshop.makes("1.1.0")) == "1.1.0"
    assert (town.answers(), town.is_whole()) == ("1.1.0", True)


def test_two_updates_at_once_do_not_meet(steady):
    town, shop = steady
    with (town.place.versions / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(UpdateFault, match="another update is running"):
            update(town, shop.makes("1.1.0"), lambda _: None)
    assert as_it_was(town)


def test_what_is_copied_as_data_belongs_to_whom_the_data_belongs(town):
    if os.geteuid():
        pytest.skip("only root can give files away")
    for each in (town.data(), *town.data().rglob("*")):
        os.chown(each, 1, 1)
    trial.copy_data(town.data(), trial.before(town.data()))
    assert {each.stat().st_uid for each in (town.data(), *trial.before(town.data()).rglob("*"))} == {1}
