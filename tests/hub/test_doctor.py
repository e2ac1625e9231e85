"""The doctor: each sick box gets the right finding, and the bundle tells nothing about anybody."""

import json
import os
import re
import shutil
import socket
import sqlite3
import tarfile
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from hardware.printer_emulator import PrinterEmulator
from hub import doctor
from hub.bench import rig
from hub.bundle import own_words, write_bundle
from hub.cli import main
from hub.clock import EARLIEST_MS, ManualClock
from hub.doctor import MEGABYTE, examine
from hub.errors import ConfigurationFault
from hub.finding import Finding
from hub.settings_files import load_settings
from hub.store import DATABASE, Store

pytestmark = pytest.mark.slow  # real files, sockets or processes

CONFIG = Path(__file__).parents[2] / "config"
TODAY = 1_795_000_000_000


@pytest.fixture
def free_port():
    return rig.free_port()


@pytest.fixture
def agency(tmp_path, free_port):
    """The demo agency in a folder of its own, on a port of its own, with a data folder."""
    folder = tmp_path / "agency"
    shutil.copytree(CONFIG, folder)
    for file in ("agency.toml", "kiosk.toml", "panel.toml"):
        text = (folder / file).read_text("utf-8")
        (folder / file).write_text(text.replace("8080", str(free_port)), "utf-8")
    (folder / "data").mkdir()
    return folder


@pytest.fixture
def store(agency):
    """A hub's store with a few entries."""
    opened = Store(agency / "data", appliers={})
    yield opened
    opened.close()


def findings(check, folder: Path) -> list[Finding]:
    return list(check(load_settings(folder)))


def states(check, folder: Path) -> list[str]:
    return [finding.state for finding in findings(check, folder)]


# --- the configuration


def test_a_broken_configuration_is_told_and_the_clock_still_looked_at(agency):
    (agency / "panel.toml").write_text("[panel]\nnmae = 1\n")
    (agency / "kiosk.toml").write_bytes(b"\0")
    found = list(examine(agency))
    assert [(each.what, each.state) for each in found[:2]] == [("configuration", "fault")] * 2
    assert found[-1].what == "clock"


def test_a_remark_is_a_warning(agency):
    text = (agency / "services.toml").read_text("utf-8")
    (agency / "services.toml").write_text(text.replace('kiosk.en = "Pay contributions"', ""), "utf-8")
    assert states(doctor.configuration, agency) == ["ok", "warning"]


def test_tokens_must_be_there_and_private(agency):
    assert states(doctor.tokens, agency) == ["warning"] * 3
    token = agency / "kiosk.token"
    token.write_text("t0k3n\n")
    token.chmod(0o644)
    assert "can be read by others" in findings(doctor.tokens, agency)[0].found
    token.chmod(0o600)
    assert states(doctor.tokens, agency) == ["ok", "warning", "warning"]
    (agency / "panel.toml").unlink()
    (agency / "printers.toml").unlink()
    assert states(doctor.tokens, agency) == ["ok"], "a box without panels needs no token for them"
    (agency / "role").write_text("panel\n")
    assert states(doctor.tokens, agency) == ["warning"], "a box that is a panel needs that one"


# --- the disk


def test_a_writable_folder_is_measured_and_left_as_it_was(agency):
    assert states(doctor.data_folder, agency)[0] in {"ok", "warning"}
    assert list((agency / "data").iterdir()) == []


def test_a_folder_that_refuses_is_a_fault(agency, monkeypatch):
    def refuse(folder):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(doctor, "measure_sync", refuse)
    assert findings(doctor.data_folder, agency)[0].found.endswith("data: Read-only file system")
    assert states(doctor.data_folder, agency)[0] == "fault"


def test_a_disk_that_cannot_sync_is_a_fault(agency, monkeypatch):
    def refuse(handle):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fdatasync", refuse)
    assert states(doctor.data_folder, agency)[0] == "fault"


def test_a_folder_not_there_yet_is_no_fault(agency):
    (agency / "data").rmdir()
    assert states(doctor.data_folder, agency) == ["warning"]


@pytest.mark.parametrize(("ms", "state"), [(0.2, "ok"), (49.9, "ok"), (51, "warning"), (2000, "warning")])
def test_a_slow_card_is_a_warning(ms, state):
    assert doctor.judge_sync(Path("data"), ms).state == state


@pytest.mark.parametrize(("free", "state"), [(5000, "ok"), (999, "warning"), (199, "fault"), (0, "fault")])
def test_little_space_is_told_in_time(free, state):
    found = doctor.judge_space(Path("data"), free * MEGABYTE, 32_000 * MEGABYTE)
    assert (found.state, bool(found.do)) == (state, state != "ok")


# --- the database


def test_a_box_before_its_first_start_has_no_database_and_gets_none(agency):
    assert states(doctor.database, agency) == ["ok"]
    assert not (agency / "data" / DATABASE).exists()


def test_a_sound_database_beside_a_running_hub(agency, store):
    found = findings(doctor.database, agency)
    assert {each.state for each in found} == {"ok"}
    assert found[0].found == "a hub has it open"
    assert found[-1].found == "1 entries, the last 1 unaltered"
    store.close()
    assert findings(doctor.database, agency)[0].found == "no hub has it open"


def test_looking_at_the_lock_does_not_keep_a_hub_from_starting(agency, store):
    store.close()
    checking = doctor.database(load_settings(agency))
    next(checking)
    Store(agency / "data", appliers={}).close()


def test_an_altered_journal_is_found(agency, store):
    store.close()
    with sqlite3.connect(agency / "data" / DATABASE) as forged:
        forged.execute("DROP TRIGGER journal_no_edit")
        forged.execute("UPDATE journal SET payload = '{}'")
    forged.close()
    found = findings(doctor.database, agency)[-1]
    assert (found.what, found.state, found.found) == ("journal", "fault", "journal: entry 1 was altered")


@pytest.mark.parametrize("content", [b"", b"garbage" * 1000, b"SQLite format 3\0" + bytes(100)])
def test_a_file_that_is_no_database_is_a_fault(agency, content):
    (agency / "data" / DATABASE).write_bytes(content)
    assert findings(doctor.database, agency)[-1].state == "fault"


def test_a_torn_page_is_found(agency, store):
    store.close()
    path = agency / "data" / DATABASE
    whole = bytearray(path.read_bytes())
    for page in range(2, len(whole) // 1024):
        whole[page * 1024 : page * 1024 + 512] = os.urandom(512)
    path.write_bytes(whole)
    assert "fault" in states(doctor.database, agency)


def test_rows_that_break_their_own_table_are_found(agency, store):
    store.close()
    with sqlite3.connect(agency / "data" / DATABASE) as broken:
        broken.execute("CREATE TABLE odd (name)")
        broken.execute("INSERT INTO odd VALUES (NULL)")
        broken.execute("PRAGMA writable_schema = 1")
        broken.execute("UPDATE sqlite_schema SET sql = 'CREATE TABLE odd (name NOT NULL)' WHERE name = 'odd'")
    broken.close()
    assert ("fault", "NULL value in odd.name") in [
        (each.state, each.found) for each in findings(doctor.database, agency)
    ]


def test_a_database_in_the_wrong_mode_is_a_fault(agency, store):
    store.close()
    with sqlite3.connect(agency / "data" / DATABASE) as changed:
        changed.execute("PRAGMA journal_mode = DELETE")
    changed.close()
    assert "journal_mode is delete" in [each.found for each in findings(doctor.database, agency)]


def test_a_large_database_is_not_read_through(agency, store, monkeypatch):
    monkeypatch.setattr(doctor, "LARGE_DATABASE", 1)
    assert any("not read through" in each.found for each in findings(doctor.database, agency))


# --- the clock


@pytest.mark.parametrize(
    ("now", "lived", "synchronised", "state", "words"),
    [
        (TODAY, 0, True, "ok", "2026"),
        (TODAY, 0, None, "ok", "2026"),
        (TODAY, 0, False, "warning", "not set by the network"),
        (EARLIEST_MS - 1, 0, True, "fault", "never set"),
        (0, 0, None, "fault", "1970-01-01"),
        (TODAY, TODAY + 59_000, True, "ok", "2026"),
        (TODAY, TODAY + 61_000, True, "fault", "went back"),
    ],
)
def test_a_clock_that_cannot_be_believed(now, lived, synchronised, state, words):
    found = doctor.judge_clock(now, lived, synchronised=synchronised)
    assert found.state == state
    assert words in found.found


def test_a_box_that_has_lived_tomorrow_has_a_clock_that_went_back(agency):
    tomorrow = time.time_ns() // 1_000_000 + 86_400_000
    Store(agency / "data", appliers={}, clock=ManualClock(tomorrow)).close()
    assert findings(doctor.clock, agency)[0].found.endswith("it went back")


@pytest.mark.parametrize(("said", "meant"), [("yes", True), ("no", False), ("", None)])
def test_the_system_says_whether_the_network_sets_the_clock(tmp_path, monkeypatch, said, meant):
    command = tmp_path / "timedatectl"
    command.write_text(f"#!/bin/sh\necho {said}\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert doctor.network_time() is meant


def test_a_system_without_that_command_says_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert doctor.network_time() is None


# --- devices


@pytest.fixture
def printer(agency):
    """A printer emulator on the port that the kiosk's settings name."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    text = (agency / "kiosk.toml").read_text("utf-8")
    (agency / "kiosk.toml").write_text(text.replace("9100", str(port)), "utf-8")
    emulator = PrinterEmulator(port).open()
    yield emulator
    emulator.close()


@pytest.mark.parametrize(
    ("fault", "state", "words"),
    [
        (None, "ok", "ready"),
        ("near_end", "warning", "near_end"),
        ("paper_out", "fault", "paper_end"),
        ("cover_open", "fault", "cover_open"),
        ("garbled", "warning", "garbled"),
        ("unplugged", "fault", "unreachable"),
    ],
)
def test_the_printer_says_how_it_is(agency, printer, fault, state, words):
    printer.fault(fault)
    [found] = findings(doctor.printer, agency)
    assert (found.state, found.found.split(": ")[-1]) == (state, words)
    assert bool(found.do) == (state != "ok")


def test_a_printer_that_is_off_is_a_fault_that_says_where_to_look(agency, printer):
    printer.close()
    [found] = findings(doctor.printer, agency)
    assert (found.state, "kiosk.toml" in found.do) == ("fault", True)


def test_a_box_without_kiosk_has_no_printer_to_look_at(agency):
    (agency / "kiosk.toml").unlink()
    assert findings(doctor.printer, agency) == []


def test_only_real_pins_are_looked_for(agency):
    assert {str(each.found.split()[0]) for each in findings(doctor.pins, agency)} == {
        "/dev/gpiochip0", "/dev/spidev0.0", "/dev/spidev0.1",
    }  # fmt: skip
    for file, table in (("kiosk.toml", "[kiosk]"), ("panel.toml", "[panel]")):
        text = (agency / file).read_text("utf-8")
        (agency / file).write_text(text.replace(table, f'{table}\ndevices = "simulated"', 1), "utf-8")
    assert findings(doctor.pins, agency) == []


@pytest.mark.parametrize(
    ("there", "usable", "state"), [(True, True, "ok"), (True, False, "fault"), (False, False, "warning")]
)
def test_a_pin_must_be_there_and_ours(there, usable, state):
    assert doctor.judge_device(Path("/dev/spidev0.0"), there=there, usable=usable).state == state


def test_the_voice_speaks(agency):
    assert states(doctor.voice, agency) == ["ok"]


def test_a_voice_that_is_missing_is_a_fault_with_a_way_out(agency, monkeypatch):
    monkeypatch.setattr("display.voice._espeak_command", tuple)
    [found] = findings(doctor.voice, agency)
    assert found.state == "fault"
    assert "apt install espeak-ng" in found.do


def test_an_agency_without_voice_misses_nothing(agency):
    text = (agency / "agency.toml").read_text("utf-8")
    (agency / "agency.toml").write_text(text.replace("[hub]", '[hub]\nvoice = "none"'), "utf-8")
    assert states(doctor.voice, agency) == ["ok"]


# --- the port


class Answers(BaseHTTPRequestHandler):
    """A web server whose /healthz has the status that its class names."""

    status = 200

    def do_GET(self):
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def serve(free_port):
    """Something that answers on the hub's port."""
    servers = []

    def put(status):
        handler = type("Handler", (Answers,), {"status": status})
        server = HTTPServer(("127.0.0.1", free_port), handler)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        servers.append(server)

    yield put
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_free_port_waits_for_the_hub(agency):
    [found] = findings(doctor.ports, agency)
    assert (found.state, "does not run" in found.found) == ("ok", True)


@pytest.mark.parametrize(("status", "state"), [(200, "ok"), (404, "fault")])
def test_whoever_answers_on_the_port_should_be_the_hub(agency, serve, status, state):
    serve(status)
    assert states(doctor.ports, agency) == [state]


def test_something_that_speaks_no_http_is_not_the_hub(agency, free_port):
    with socket.socket() as other:
        other.bind(("127.0.0.1", free_port))
        other.listen()
        threading.Thread(target=lambda: other.accept()[0].close(), daemon=True).start()  # noqa: PLW0108 (accepts later)
        assert states(doctor.ports, agency) == ["fault"]


def test_an_address_that_is_not_this_box_is_a_fault(agency):
    text = (agency / "agency.toml").read_text("utf-8")
    (agency / "agency.toml").write_text(text.replace("127.0.0.1", "no-such-host.invalid"), "utf-8")
    assert states(doctor.ports, agency) == ["fault"]


# --- the command and the bundle


def test_the_command_says_what_to_do_and_fails_on_a_fault(agency, printer):
    well = CliRunner().invoke(main, ["doctor", "--config", str(agency)])
    assert well.exit_code == 0, well.output
    printer.fault("paper_out")
    ill = CliRunner().invoke(main, ["doctor", "--config", str(agency)])
    assert ill.exit_code == 1
    assert "fault   printer: " in ill.output
    assert "→ put in a new roll" in ill.output


SECRETS = ("MABIALA", "2133415888", "t0k3n-of-k1", "Bonjour Madame Nkouka", "argon2id$secret", "s4lt")


def bundle_of(agency: Path, path: Path) -> dict[str, str]:
    write_bundle(path, agency, [Finding("clock", "ok", f"{Path.home()}/mbote")])
    with tarfile.open(path) as archive:
        return {entry.name: archive.extractfile(entry).read().decode() for entry in archive}


def test_the_bundle_tells_nothing_about_anybody(agency, store, tmp_path):
    connection = sqlite3.connect(agency / "data" / DATABASE)
    connection.execute("INSERT INTO journal_private VALUES (1, x'73346c74', '{\"name\": \"MABIALA\"}')")
    connection.execute("CREATE TABLE insured_person (name TEXT, registration_number TEXT, password TEXT)")
    connection.execute("INSERT INTO insured_person VALUES ('MABIALA', '2133415888', 'argon2id$secret')")
    connection.commit()
    connection.close()
    (agency / "kiosk.token").write_text("t0k3n-of-k1")
    (agency / "data" / "hub.log").write_text("2133415888 MABIALA")
    text = (agency / "agency.toml").read_text("utf-8")
    (agency / "agency.toml").write_text(text.replace("Préparez vos pièces", "Bonjour Madame Nkouka"), "utf-8")
    parts = bundle_of(agency, tmp_path / "support.tar.gz")
    whole = "\n".join([*parts, *parts.values()])
    assert [secret for secret in SECRETS if secret in whole] == []
    assert socket.gethostname() not in parts["system.json"]
    assert str(Path.home()) not in whole
    assert json.loads(parts["database.json"])["rows"]["insured_person"] == 1


SAID = """\
2026-11-25T07:31:02+0100 mbote[812]: WARNING kiosk.app: own number for K1-2f-7-ab12cd34: the hub is away
2026-11-25T07:31:03+0100 mbote[811]: {"fault": "MABIALA Roch, 2133415888", "event": "not stored", "level": "error"}
2026-11-25T07:31:04+0100 mbote[81]: ValueError 'Bonjour Madame Nkouka' +242 06 612 34 56 né 12/3/1961 paul@example.org
2026-11-25T07:31:05+0100 mbote[811]: agent 00411A signed in with t0k3n-of-k1 argon2id$s4lt ngoma clarisse
"""


def test_the_bundle_tells_what_was_said_in_our_own_words_only(agency, tmp_path, monkeypatch):
    command = tmp_path / "journalctl"
    command.write_text(f"#!/bin/sh\ncat <<'SAID'\n{SAID}SAID\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    said = json.loads(bundle_of(agency, tmp_path / "support.tar.gz")["log.json"])
    assert said[0] == "2026-11-25T07:31:02+0100 mbote[812]: WARNING …: own number for …: the hub is away"
    assert '"event": "not stored", "level": "error"' in said[1]
    assert "ValueError" in said[2]
    whole = "\n".join(said)
    personal = [
        "MABIALA", "Roch", "2133415888", "Bonjour", "Madame", "Nkouka", "242", "06", "612", "né", "1961", "paul",
        "example", "00411A", "t0k3n-of-k1", "argon2id", "s4lt", "clarisse", "ngoma", "ab12cd34",
    ]  # fmt: skip
    assert [word for word in personal if word in whole] == []


def test_the_bundle_does_not_repeat_what_was_typed_into_a_file(agency, tmp_path):
    text = (agency / "agency.toml").read_text("utf-8")
    (agency / "agency.toml").write_text(text.replace("timetable = false", "timetable = 'MABIALA (Roch)'"), "utf-8")
    write_bundle(tmp_path / "support.tar.gz", agency, examine(agency))
    with tarfile.open(tmp_path / "support.tar.gz") as archive:
        whole = "".join(archive.extractfile(entry).read().decode() for entry in archive)
    assert "(found …)" in whole
    assert "MABIALA" not in whole


def test_no_name_of_the_demo_s_people_is_a_word_of_our_source():
    people = re.findall(r'name = "(.+)"', (CONFIG / "agents.toml").read_text("utf-8"))
    names = {word for name in people[3:] for word in (*name.split(), *name.lower().split()) if len(word) > 2}
    assert names & own_words() == set()


def test_the_bundle_has_what_support_needs(agency, store, tmp_path):
    parts = {name: json.loads(text) for name, text in bundle_of(agency, tmp_path / "support.tar.gz").items()}
    assert list(parts) == ["findings.json", "system.json", "log.json", "settings.json", "database.json"]
    assert parts["findings.json"][0]["what"] == "clock"
    assert parts["system.json"]["packages"]["pydantic"]
    assert parts["settings.json"]["kiosk"]["printer"]["kind"] == "tcp"
    assert "CREATE TABLE journal" in parts["database.json"]["schema"]["journal"]


def test_the_bundle_is_nobody_else_s_to_read(agency, tmp_path):
    bundle_of(agency, tmp_path / "support.tar.gz")
    assert (tmp_path / "support.tar.gz").stat().st_mode & 0o077 == 0


def test_a_box_too_ill_for_its_settings_still_gets_a_bundle(agency, tmp_path):
    (agency / "agency.toml").write_text("[")
    assert list(bundle_of(agency, tmp_path / "support.tar.gz")) == ["findings.json", "system.json", "log.json"]


def test_a_damaged_database_does_not_stop_the_bundle(agency, tmp_path):
    (agency / "data" / DATABASE).write_bytes(b"garbage" * 1000)
    assert "problem" in json.loads(bundle_of(agency, tmp_path / "support.tar.gz")["database.json"])


def test_a_bundle_that_cannot_be_written_is_told(agency, tmp_path):
    with pytest.raises(ConfigurationFault, match="cannot be written"):
        write_bundle(tmp_path / "none" / "support.tar.gz", agency, [])


@pytest.mark.parametrize(
    ("hours", "refused", "state", "words"),
    [
        (None, 0, "ok", "0 messages wait to leave; 0 refused"),
        (23, 0, "ok", "3 messages wait to leave, the oldest for 23 h; 0 refused"),
        (25, 2, "fault", "3 messages wait to leave, the oldest for 25 h; 2 refused"),
        (1, 2, "warning", "3 messages wait to leave, the oldest for 1 h; 2 refused"),
    ],
)
def test_messages_that_wait_for_the_centre(hours, refused, state, words):
    now = 1_800_000_000_000
    oldest = None if hours is None else now - hours * 3_600_000
    found = doctor.judge_unsent(oldest, {"to_send": 0 if hours is None else 3, "refused": refused}, now, 24 * 3_600_000)
    assert (found.state, found.found) == (state, words)


def test_a_folder_of_the_centre_that_is_not_mounted_is_a_fault(tmp_path):
    settings = load_settings(CONFIG, {"hub": {"outbox": str(tmp_path / "not-mounted"), "data": str(tmp_path)}})
    found = [(each.state, each.found) for each in doctor.centre(settings)]
    assert ("fault", f"hub.outbox: {tmp_path / 'not-mounted'} is not there") in found
    assert ("warning", "its key is not known: no answer is believed") in found
