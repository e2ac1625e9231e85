# ruff: noqa: E501 (a case is one line of a table)
"""A configuration is read whole or refused with everything that is wrong with it."""

import contextlib
import re
import shutil
import tomllib
from pathlib import Path

import pytest

from hub.agents.model import ROLES
from hub.errors import ConfigurationFault
from hub.misfits import remarks
from hub.problems import did_you_mean
from hub.say import missing
from hub.settings import Settings
from hub.settings_files import FILES, load_settings, merged

DEMO = Path(__file__).parents[2] / "config"


@pytest.fixture
def folder(tmp_path):
    """A copy of the demo agency's configuration, to be damaged."""
    target = tmp_path / "agency"
    shutil.copytree(DEMO, target)
    return target


def change(folder: Path, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text("utf-8")
    assert old in text, f"{file} no longer has {old!r}"
    (folder / file).write_text(text.replace(old, new, 1), "utf-8")


def problems(folder: Path, **overrides: object) -> list[str]:
    with pytest.raises(ConfigurationFault) as fault:
        load_settings(folder, overrides)
    return fault.value.problems


# --- the demo agency


def test_the_demo_agency_is_whole_and_nothing_about_it_is_odd():
    settings = load_settings(DEMO)
    tickets, sent_on = ["RAS", "REM", "DEP", "IMM", "PEN", "PFA", "REC", "CRE", "CPR"], ["STP", "STF", "STR", "RCV"]
    assert [s.code for s in settings.services] == ["ACC", *tickets, *sent_on]
    assert "".join(s.prefix for s in settings.services) == "AEDIVFRCP"
    assert [c.code for c in settings.counters if c.shown] == [f"{n:02}" for n in range(1, 13)]
    assert [c.code for c in settings.counters if not c.shown] == [str(n) for n in range(21, 27)]
    assert remarks(settings) == []


def test_the_demo_kiosk_has_a_button_for_every_ticket():
    settings = load_settings(DEMO)
    assert {b.service for b in settings.kiosk.buttons} == {s.code for s in settings.services if s.prefix}


def test_every_demo_service_says_what_to_bring_in_each_language():
    settings = load_settings(DEMO)
    spoken = {language for language in settings.agency.languages if not missing(language, "kiosk")}
    assert spoken == {"fr", "en", "ar", "pt"}, "Lingala and Kituba are French where nobody is sure yet"
    for service in settings.services:
        if service.prefix:
            assert set(service.papers) == set(service.kiosk) == spoken
        for reason in service.reasons:
            assert set(reason.papers) == set(reason.kiosk) == spoken, reason.code


def test_the_demo_people_fit_the_demo_agency():
    settings = load_settings(DEMO)
    people = tomllib.loads((DEMO / "agents.toml").read_text("utf-8"))["agent"]
    assert {role for person in people for role in person["roles"]} == set(ROLES)
    for person in people:
        assert set(person) <= {"code", "name", "roles", "counter"}, "no passwords in a file of data"
        assert re.fullmatch(settings.agency.agent_code, person["code"])
        assert "counter" not in person or settings.counter(person["counter"])
    assert len({person["code"] for person in people}) == len(people)
    seats = [person["counter"] for person in people if "counter" in person]
    assert len(set(seats)) == len(seats)
    assert {c.code for c in settings.counters if c.shown} <= set(seats)


# --- unknown keys, at every depth

UNKNOWN = [
    ("agency.toml", "[queue]", "[queu]", "agency.toml: unknown table [queu], did you mean queue?"),
    ("agency.toml", "city =", "ctiy =", "agency.toml: agency.ctiy: unknown key, did you mean city?"),
    ("agency.toml", "city =", "CTY =", "agency.toml: agency.CTY: unknown key, did you mean city?"),
    ("agency.toml", "city =", "recalls =", "agency.toml: agency.recalls: unknown key; it belongs in [queue] of agency.toml"),
    ("agency.toml", "message =", "mesage =", "agency.toml: display #1 (SALLE): mesage: unknown key, did you mean message?"),
    ("agency.toml", "mon = { open", "mon = { opne", "agency.toml: day.hours.mon.opne: unknown key, did you mean open?"),
    ("agency.toml", "mon =", "monday =", "agency.toml: day.hours.monday: no such word (found 'monday'), did you mean mon?"),
    ("services.toml", "prefix =", "prefx =", "services.toml: service #2 (RAS): prefx: unknown key, did you mean prefix?"),
    ("counters.toml", "arrow =", "arow =", "counters.toml: counter #1 (01): arow: unknown key, did you mean arrow?"),
    ("kiosk.toml", "screen_port", "screen_prot", "kiosk.toml: kiosk.screen_prot: unknown key, did you mean screen_port?"),
    ("kiosk.toml", "columns =", "colums =", "kiosk.toml: kiosk.printer.colums: unknown key, did you mean columns?"),
    ("kiosk.toml", "pin = 17", "pim = 17", "kiosk.toml: kiosk.buttons #2: pim: unknown key, did you mean pin?"),
    ("panel.toml", "display =", "dsplay =", "panel.toml: panel.counters #1 (05): dsplay: unknown key, did you mean display?"),
    ("panel.toml", "17, step", "17, setp", "panel.toml: panel.counters #1 (05): buttons #2: setp: unknown key, did you mean step?"),
    ("panel.toml", "{ free =", "{ fre =", "panel.toml: panel.counters #1 (05): lamps.fre: no such word (found 'fre'), did you mean free?"),
    ("counters.toml", "[[counter]]", "[kiosk]\n[[counter]]", "counters.toml: unknown table [kiosk]; it belongs in kiosk.toml"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "said"), UNKNOWN, ids=[new for _, _, new, _ in UNKNOWN])
def test_an_unknown_key_suggests_the_right_one(folder, file, old, new, said):
    change(folder, file, old, new)
    assert said in problems(folder)


def test_a_word_that_resembles_nothing_gets_the_list():
    assert did_you_mean("xyzzy", ["b", "a"]) == "; known: a, b"


# --- wrong values say what they should be

WRONG = [
    ("agency.toml", "port = 8080", "port = 80800", "agency.toml: hub.port: should be less than or equal to 65535 (found 80800)"),
    ("agency.toml", 'city = "Brazzaville"', "city = 5", "agency.toml: agency.city: should be text, between quotes (found 5)"),
    ("agency.toml", "Africa/Brazzaville", "Africa/Brazaville", "agency.toml: agency.timezone: no such time zone, did you mean Africa/Brazzaville? (found 'Africa/Brazaville')"),
    ("agency.toml", r"'^\d{5}[A-Z]$'", "'^['", "agency.toml: agency.agent_code: no regular expression: unterminated character set at position 1 (found '^[')"),
    ("agency.toml", '["fr", "en", "ar", "pt", "ln", "ktu"]', "[]", "agency.toml: agency.languages: should not be empty (found [])"),
    ("agency.toml", '["fr", "en", "ar", "pt", "ln", "ktu"]', '["French"]', "agency.toml: agency.languages #1: should look like a language code such as 'fr' (found 'French')"),
    ("agency.toml", '"per_prefix"', '"commun"', "agency.toml: queue.numbering: no such word (found 'commun'), did you mean common?"),
    ("agency.toml", "code = ", "# code = ", "agency.toml: agency.code: missing. It is: Short code of the agency, unique in the fund."),
    ("agency.toml", 'open = "07:30"', 'open = "7h30"', "agency.toml: day.hours.mon.open: should look like a time such as '07:30', for example '07:30' (found '7h30')"),
    ("agency.toml", 'open = "07:30", close = "15:00"', 'open = "15:00", close = "07:30"', "agency.toml: day.hours.mon: impossible hours: open 15:00, last_ticket 14:30, close 07:30 must follow"),
    ("agency.toml", 'last_ticket = "14:30"', 'last_ticket = "15:30"', "agency.toml: day.hours.mon: impossible hours: open 07:30, last_ticket 15:30, close 15:00 must follow"),
    ("agency.toml", 'open = "07:30", close = "15:00", last_ticket = "14:30"', 'open = "07:30", close = "07:30"', "agency.toml: day.hours.mon: impossible hours: open 07:30, last_ticket 07:30, close 07:30 must follow"),
    ("agency.toml", "max_wait_min = 90", "recalls = 1", "agency.toml: queue: absent_after_calls 2 is more than the 1 calls that recalls allows: nobody could ever be marked absent"),
    ("services.toml", 'prefix = "A"', 'prefix = "a"', "services.toml: service #2 (RAS): prefix: should look like one or two capitals, for example 'D' (found 'a')"),
    ("counters.toml", 'code = "05"', "code = 5", "counters.toml: counter #5 (5): code: should be text, between quotes (found 5)"),
    ("kiosk.toml", "pin = 17", "pin = 28", "kiosk.toml: kiosk.buttons #2: pin: should be less than or equal to 27 (found 28)"),
    ("kiosk.toml", 'kind = "tcp"', 'kind = "usb"', "kiosk.toml: kiosk.printer: a printer of kind usb needs usb"),
    ("kiosk.toml", "http://127.0.0.1:8080", "127.0.0.1:8080", "kiosk.toml: kiosk.hub: should look like an address such as 'http://192.168.1.10:8080' (found '127.0.0.1:8080')"),
    ("kiosk.toml", "[kiosk]", "[[kiosk]]", "kiosk.toml: kiosk: should be one table, written once in single brackets (found [{"),
    ("panel.toml", "free = 16", "free = 99", "panel.toml: panel.counters #1 (05): lamps.free: should be less than or equal to 27 (found 99)"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "said"), WRONG, ids=[said.split(": should")[0] for *_, said in WRONG])
def test_a_wrong_value_is_named_with_what_it_should_be(folder, file, old, new, said):
    change(folder, file, old, new)
    found = problems(folder)
    assert any(problem.startswith(said) for problem in found), found


def test_a_timetable_needs_hours(folder):
    (folder / "agency.toml").write_text('[agency]\ncode="A-1"\nname="x"\norganisation="y"\n[day]\ntimetable = true\n')
    assert problems(folder) == ["agency.toml: day: timetable = true needs hours: write day.hours.mon and so on"]


# --- what no value shows alone

MISFITS = [
    ("services.toml", 'code = "REM"', 'code = "RAS"', "services.toml: code RAS is there twice; change one"),
    ("services.toml", 'prefix = "E"', 'prefix = "A"', "services.toml: prefix A is there twice; change one"),
    ("services.toml", '"briefcase"', '"brefcase"', "services.toml: service REM: no icon brefcase, did you mean briefcase?"),
    ("services.toml", '"13:30"', '"16:30"', "services.toml: service CRE: last_ticket 16:30 is outside the hours of every day in agency.toml [day]; change one of them"),
    ("counters.toml", 'code = "03"', 'code = "02"', "counters.toml: code 02 is there twice; change one"),
    ("counters.toml", '["REM"]', '["RME"]', "counters.toml: counter 04: no service RME, did you mean REM?"),
    ("counters.toml", '["REM"]', '["RAS"]', "services.toml: service REM is served by no counter; add it to one in counters.toml"),
    ("counters.toml", 'services = ["REM"]', "", 'counters.toml: counter 04 serves nobody; name its services, or make it kind = "back"'),
    ("counters.toml", 'services = ["REM"]', 'services = ["REM"]\nprinter = "K2"', "counters.toml: counter 04: no printer K2; known: K1"),
    ("agency.toml", 'name = "SALLE"', 'name = "SALLE"\narrows = { 50 = "left" }', "agency.toml: display SALLE: arrows: no counter 50, did you mean 05?"),
    ("agency.toml", 'name = "SALLE"', 'name = "SALLE"\nservices = ["DPE"]', "agency.toml: display SALLE: services: no service DPE, did you mean DEP?"),
    ("agency.toml", "[queue]", '[appointments]\nservices = ["ACC", "RSA"]\n[queue]', "agency.toml: appointments.services: no service RSA that gives tickets, did you mean RAS?"),
    ("agency.toml", 'name = "SALLE"', 'name = "SALLE"\ncounters = ["50"]', "agency.toml: display SALLE: counters: no counter 50, did you mean 05?"),
    ("agency.toml", 'name = "SALLE"', 'name = "SALLE"\ncounters = ["21"]', "agency.toml: display SALLE: counters: nobody is called to the back desk 21"),
    ("agency.toml", 'name = "SALLE"', 'name = "SALLE"\nlayout = "sign"', "agency.toml: display SALLE: a sign is one counter's: write counters = [\"05\"]"),
    ("agency.toml", 'name = "SALLE"', 'name = "SALLE"\nlayout = "pictures"', "agency.toml: display SALLE: pictures come from a folder: write pictures = "),
    ("agency.toml", 'name = "SALLE"', 'name = "K1"', "agency.toml, kiosk.toml, panel.toml: two devices are named K1; give each its own name"),
    ("agency.toml", "port = 8080", 'port = 8080\noutbox = "http://centre.example"', "agency.toml: hub.outbox http://centre.example: messages name people: write https://"),
    ("agency.toml", "port = 8080", 'port = 8080\noutbox = "https://centre.example"', "agency.toml: hub.outbox is an address, so centre.key is needed: `mbote centre key` prints it there"),
    ("agency.toml", "port = 8080", 'port = 8080\noutbox = "ftp://centre.example"', "agency.toml: hub.outbox 'ftp://centre.example': an address such as"),
    ("kiosk.toml", "8090", "8080", "kiosk.toml: kiosk.screen_port 8080 is the hub's own port (agency.toml [hub] port); change one"),
    ("kiosk.toml", "pin = 17", "pin = 4", "kiosk.toml: pin 4 is used by button DEP and button RAS; free pins: 2, 3, 7,"),
    ("kiosk.toml", '"DEP"', '"DPE"', "kiosk.toml: button on pin 4: no service DPE, did you mean DEP?"),
    ("kiosk.toml", '"DEP"', '"ACC"', "kiosk.toml: button on pin 4: service ACC gives no ticket; give it a prefix in services.toml"),
    ("kiosk.toml", 'service = "DEP"', "", "kiosk.toml: kiosk.buttons #1: service: missing. It is: The service it gives a ticket for."),
    ("kiosk.toml", 'service = "DEP"', 'service = "DEP"\nstep = "next"', "kiosk.toml: kiosk.buttons #1: step: unknown key; known: pin, service"),
    ("panel.toml", 'counter = "02"', 'counter = "20"', "panel.toml: no counter 20, did you mean 02?"),
    ("panel.toml", 'counter = "02"', 'counter = "05"', "panel.toml: counter 05 is there twice; put all its keys under one [[panel.counters]]"),
    ("panel.toml", "pin = 24", "pin = 4", "panel.toml: pin 4 is used by key next of counter 05 and key next of counter 02; free pins: 3,"),
    ("panel.toml", "free = 12", "free = 9", "panel.toml: pin 9 is used by lamp free of counter 02 and SPI 0 of the number displays; free pins: 3, 12,"),
    ("panel.toml", '"0.1"', '"0.0"', "panel.toml: spi 0.0 drives two number displays; give each its own"),
    ("panel.toml", '"recall"', '"next"', "panel.toml: counter 05: two keys ask for next; change one"),
    ("panel.toml", 'pin = 17, step = "recall"', "pin = 17", "panel.toml: panel.counters #1 (05): buttons #2: step: missing. It is: The step it asks for."),
    ("panel.toml", 'step = "recall"', 'step = "recall", service = "DEP"', "panel.toml: panel.counters #1 (05): buttons #2: service: unknown key; known: pin, step"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "said"), MISFITS, ids=[said[:60] for *_, said in MISFITS])
def test_settings_that_do_not_fit_each_other_are_named(folder, file, old, new, said):
    change(folder, file, old, new)
    found = problems(folder)
    assert any(problem.startswith(said) for problem in found), found


def test_a_serial_printer_on_the_header_takes_its_two_pins(folder):
    change(folder, "kiosk.toml", 'kind = "tcp"', 'kind = "serial"\ndevice = "/dev/serial0"')
    change(folder, "kiosk.toml", "pin = 17", "pin = 14")
    assert problems(folder)[0].startswith("kiosk.toml: pin 14 is used by button RAS and the serial printer")


def test_a_counter_service_without_folder_is_named_once_there_are_folders(folder, tmp_path, monkeypatch):
    (tmp_path / "services" / "reception").mkdir(parents=True)
    (tmp_path / "services" / "reception" / "__init__.py").touch()
    (tmp_path / "look").mkdir()
    shutil.copy(Path("hub/look/icons.txt"), tmp_path / "look")
    monkeypatch.setattr("hub.misfits.HUB", tmp_path)
    change(
        folder,
        "agency.toml",
        '["reception", "cash", "inquiry", "certificate", "request", "deposit", "appointment", "payday"]',
        '["reception", "recepton"]',
    )
    assert problems(folder) == ["agency.toml: counter_services: no recepton, did you mean reception?"]


# --- everything at once


def test_every_problem_of_all_files_is_told_at_once(folder):
    change(folder, "agency.toml", "city =", "ctiy =")
    change(folder, "agency.toml", "port = 8080", 'port = "x"')
    change(folder, "services.toml", "mean_min = 8", "mean_min = 0")
    change(folder, "services.toml", "target_min = 25", "target = 25")
    change(folder, "counters.toml", '"ahead"', '"forward"')
    change(folder, "kiosk.toml", "columns = 48", "columns = 480")
    change(folder, "panel.toml", "pin = 24", "pin = 4")
    assert [p.split(": ", 1)[0] for p in problems(folder)] == [
        "agency.toml", "agency.toml", "services.toml", "services.toml", "counters.toml", "kiosk.toml", "panel.toml",
    ]  # fmt: skip


def test_one_broken_file_does_not_hide_the_others(folder):
    (folder / "services.toml").write_text("[[service]\n")
    change(folder, "panel.toml", "pin = 24", "pin = 4")
    found = problems(folder)
    assert found[0].startswith("services.toml: cannot be read: ")
    assert "line 1" in found[0]
    assert found[1].startswith("panel.toml: pin 4")
    assert len(found) == 2, "what depends on the broken file is not guessed at"


# --- files that are no configuration

GARBAGE = {
    "binary": (bytes(range(256)) * 8, "is not UTF-8 text; save the file in the encoding UTF-8"),
    "latin-1": ('[agency]\nname = "Siège"\n'.encode("latin-1"), "line 2 is not UTF-8 text"),
    "utf-16": ('[agency]\nname = "Siège"\n'.encode("utf-16"), "line 1 is not UTF-8 text"),
    "5 MB": (b"# " + b"x" * 5_000_000, "larger than 1,000,000 bytes"),
    "zeros": (b"\0" * 4096, "cannot be read"),
    "brackets": (b"a = " + b"[" * 100_000, "too many brackets inside each other"),
    "long number": (b"a = " + b"9" * 10_000, "cannot be read"),
    "no such date": (b"a = 2026-13-45", "cannot be read"),
    "half a table": (b"[agency\nname", "cannot be read"),
    "twice": (b"[agency]\n[agency]\n", "cannot be read"),
}


@pytest.mark.parametrize("file", [*FILES, "local.toml"])
@pytest.mark.parametrize("kind", GARBAGE)
def test_garbage_is_one_problem_of_its_file(folder, file, kind):
    content, said = GARBAGE[kind]
    (folder / file).write_bytes(content)
    found = [problem for problem in problems(folder) if problem.startswith(f"{file}: ")]
    assert len(found) == 1
    assert said in found[0]


def test_the_mark_that_windows_puts_in_front_is_no_problem(folder):
    for file in FILES:
        (folder / file).write_bytes(b"\xef\xbb\xbf" + (folder / file).read_bytes().replace(b"\n", b"\r\n"))
    assert load_settings(folder).agency.name == "CNSS Siège"


def test_a_folder_in_place_of_a_file_is_named(folder):
    (folder / "kiosk.toml").unlink()
    (folder / "kiosk.toml").mkdir()
    assert problems(folder) == ["kiosk.toml: cannot be read: Is a directory"]


@pytest.mark.parametrize("value", ["1", "'x'", "[]", "[1]", "{}", "1979-05-27", "[[[]]]", "nan", "true"])
@pytest.mark.parametrize(("file", "table"), [(f, t) for f, tables in FILES.items() for t in tables])
def test_a_table_of_the_wrong_type_never_crashes(folder, file, table, value):
    (folder / file).write_text(f"{table} = {value}\n")
    with contextlib.suppress(ConfigurationFault):
        load_settings(folder)


def test_a_missing_folder_names_the_command_that_makes_one(tmp_path):
    assert problems(tmp_path / "none") == [
        f"{tmp_path}/none: no such folder; make one with: mbote init {tmp_path}/none"
    ]


def test_missing_files_name_what_is_needed_and_what_may_be_left_out(folder):
    for file in FILES:
        (folder / file).unlink()
    assert [problem.split(" is missing")[0] for problem in problems(folder)] == [
        "agency.toml: [agency]", "services.toml: [[service]]", "counters.toml: [[counter]]",
    ]  # fmt: skip


def test_kiosk_and_panel_files_may_be_left_out(folder):
    (folder / "kiosk.toml").unlink()
    (folder / "panel.toml").unlink()
    assert load_settings(folder).kiosk.buttons == ()


# --- overrides, paths, remarks


def test_overrides_are_merged_at_every_depth(folder):
    settings = load_settings(folder, {"hub": {"port": 9000}, "kiosk": {"printer": {"port": 9200}, "buttons": []}})
    assert (settings.hub.port, settings.kiosk.printer.port, settings.kiosk.buttons) == (9000, 9200, ())
    assert (settings.hub.data, settings.kiosk.printer.columns) == (Path("data"), 48)


def test_overrides_are_checked_like_files(folder):
    assert problems(folder, hub={"prot": 1}, kisok={}) == [
        "overrides: unknown table [kisok], did you mean kiosk?",
        "overrides: hub.prot: unknown key, did you mean port?",
    ]


def test_what_is_special_to_one_box_has_the_last_word_of_the_files(folder):
    (folder / "local.toml").write_text('[hub]\nport = 9000\n[kiosk.printer]\nhost = "10.0.0.9"\n')
    settings = load_settings(folder, {"hub": {"host": "0.0.0.0"}})  # noqa: S104 (read, not bound)
    assert (settings.hub.host, settings.hub.port, settings.kiosk.printer.host) == ("0.0.0.0", 9000, "10.0.0.9")  # noqa: S104
    assert (settings.kiosk.printer.port, len(settings.kiosk.buttons)) == (9100, 9)


def test_a_mistake_in_the_box_s_own_file_is_told_as_its_own(folder):
    change(folder, "agency.toml", "city =", "ctiy =")
    (folder / "local.toml").write_text('folder = "/"\n[kisok]\n[hub]\nport = "x"\n[agency]\nname = 5\n')
    assert problems(folder) == [
        f"local.toml: unknown table [folder]; known: {', '.join(sorted(Settings.model_fields.keys() - {'folder'}))}",
        "local.toml: unknown table [kisok], did you mean kiosk?",
        "local.toml: agency.name: should be text, between quotes (found 5)",
        "agency.toml: agency.ctiy: unknown key, did you mean city?",
        "local.toml: hub.port: should be a valid integer, unable to parse string as an integer (found 'x')",
    ]


@pytest.mark.parametrize("content", [b"\xff", b"[", b"hub = 1", b"[[hub]]", b"services = 3", b"kiosk.printer = []"])
def test_garbage_in_the_box_s_own_file_is_told(folder, content):
    (folder / "local.toml").write_bytes(content)
    assert [problem.split(":")[0] for problem in problems(folder)] == ["local.toml"]


def test_merging_leaves_both_sides_as_they_were():
    under, over = {"a": {"b": 1}}, {"a": {"c": 2}}
    assert merged(under, over) == {"a": {"b": 1, "c": 2}}
    assert (under, over) == ({"a": {"b": 1}}, {"a": {"c": 2}})


def test_paths_start_at_the_configuration(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    settings = load_settings(Path("agency"))
    assert settings.path(settings.hub.data) == folder / "data"
    assert settings.path(Path("/var/lib/mbote")) == Path("/var/lib/mbote")


def test_what_works_and_is_probably_not_meant_is_a_remark(folder):
    change(folder, "agency.toml", "port = 8080", "port = 8081")
    change(folder, "kiosk.toml", "8090", "0")
    change(folder, "kiosk.toml", 'service = "DEP"', 'service = "RAS"')
    change(folder, "services.toml", 'kiosk.en = "Hand in documents"\n', "")
    change(folder, "services.toml", 'kiosk.pt = "Prova de vida"\n', "")
    change(folder, "agency.toml", 'name = "SALLE"\n', 'name = "SALLE"\nlanguages = ["pt", "fr"]\n')
    change(folder, "counters.toml", ', pt = "Receção" }', " }")
    assert remarks(load_settings(folder)) == [
        "kiosk.toml: hub http://127.0.0.1:8080, but the hub of this box listens on port 8081 (agency.toml)",
        "panel.toml: hub http://127.0.0.1:8080, but the hub of this box listens on port 8081 (agency.toml)",
        "kiosk.toml: no button for service DEP, and the kiosk has no screen (screen_port = 0)",
        "services.toml: service DEP: no kiosk words in en; the label is shown",
        "services.toml: service PEN, reason CERT-VIE: no words in pt; 'Certificat de vie' is shown",
        "counters.toml: no names in pt for 01; a screen shows their labels",
    ]


def test_settings_cannot_be_changed_once_read():
    settings: Settings = load_settings(DEMO)
    with pytest.raises(ValueError, match="frozen"):
        settings.hub.port = 1  # type: ignore[misc]
