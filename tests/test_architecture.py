"""Who may know what, beyond the arrows that import-linter draws from pyproject.toml.

Each rule is a table here and one test below; an entry in a table says why it is there.
"""

import ast
import re
import sys
from collections.abc import Callable, Collection, Iterator
from functools import cache
from pathlib import Path

import pytest

from hub.rooms import brought
from hub.services.ports import folders, load

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("hub", "kiosk", "display", "counter_panel", "hardware")

# Files that decide, or lay out, and touch nothing: by their names, in whatever folder they lie.
PURE = {
    "rules",
    "model",
    "contributions",
    "closings",
    "intake",
    "periodic",
    "orders",
    "board",
    "face",
    "press",
    "slip",
    "slips",
    "speech",
    "prompts",
    "ticket_slip",
}
# What those may know of us: the vocabulary of values.
VALUES = re.compile(
    r"hub\.(accents|codes|days|errors|money|numerals|paper|periods|say|ticket_slip|wire)(\..+)?"
    r"|hub\.clock\.(EARLIEST_MS|Instant|Elapsed|instant|elapsed|local|iso)"  # what a clock has said, not a clock
    r"|hub\.settings(\.[a-z]+)?\.[A-Z]\w+"  # what the agency has decided, not the reading of its files
    r"|hub\.journal\.Event"  # a decision gives one
    r"|hub\.queues\.model\.\w+"  # the words of the queues, which every room above them speaks
)
# What of the standard library would make them anything but pure.
IMPURE = {"asyncio", "logging", "os", "random", "secrets", "socket", "sqlite3", "subprocess", "threading", "time"}

# Each outside library has one room that knows it.
KEPT_TO = {
    "gpiozero": ("hardware/",),
    "escpos": ("hardware/", "hub/bench/bare_ticket.py"),  # what it takes bare
    "luma": ("hardware/",),
    "flask_socketio": ("hub/realtime.py", "hub/wsgi.py", "hub/app.py"),
    "engineio": ("hub/client.py", "hub/websocket.py"),
    "socketio": ("hub/client.py", "hub/bench/rig.py"),  # a bench is a client that takes the time
    "sqlite3": ("hub/", "kiosk/spool.py"),
    "sqlite_utils": ("hub/", "kiosk/spool.py", "kiosk/migrations.py"),
    "espeakng_loader": ("display/espeak.py",),
    "argon2": ("hub/agents/",),
    "typst": ("hub/workshop/", "hub/bench/"),  # the same
}
# What the packages outside the hub know of it: its leaves, never what it stores or how it queues.
LEAVES = {
    "client",
    "clock",
    "codes",
    "disk",
    "ending",
    "errands",
    "errors",
    "headers",
    "heartbeat",
    "history",
    "joining",
    "look",
    "money",
    "numerals",
    "orphans",
    "paper",
    "say",
    "settings",
    "settings_files",
    "sleeper",
    "sqlite",
    "ticket_slip",
    "troubles",
    "wire",
}
KNOWN_OUTSIDE = {
    "kiosk": LEAVES,
    "counter_panel": LEAVES,
    "display": LEAVES,
    "hardware": {"errors", "paper", "settings"},
}
OPENS_DEVICES = {"kiosk", "counter_panel", "hardware"}
# The wall clock is read in one place: tests, demo and an untrusted clock depend on it.
TELL_TIME = {
    "hub/clock.py",
    "hub/bench/__init__.py",  # dates a report
    "hub/bench/screens.py",  # compares its press with a browser's clock
    "hub/bench/together.py",  # compares sockets with the clocks of browsers
    "hub/bundle.py",  # dates the files of an archive for support
    "kiosk/box_clock.py",  # the kiosk's own, for when the hub is away
    "hub/doctor.py",  # asks whether the machine's clock is right
}
WALL_CLOCK = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns"}
# One file speaks to the rooms; the bare server of the bench is somebody else's hub.
EMIT = {"hub/realtime.py", "hub/client.py", "hub/bench/bare.py"}

EMPTY_NAMES = re.compile(r"(Manager|Helper|Utils?|Processor)$")
EMPTY_FILES = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}


def sources() -> list[Path]:
    return [file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))]


def name_of(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


@cache
def nodes_of(file: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(file.read_text(), filename=str(file))))


def wrong_in(look: Callable[[Path], Collection[str]]) -> dict[str, Collection[str]]:
    """What is wrong in which file; one test looks at all of them, as a file more must not be four tests more."""
    return {name_of(file): wrong for file in sources() if (wrong := look(file))}


def imports(file: Path) -> Iterator[str]:
    """`from a.b import c` is `a.b.c`: enough to tell a module from one name in it."""
    for node in nodes_of(file):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(file)}:{node.lineno}: a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def calls(file: Path) -> Iterator[tuple[str, int]]:
    """Each call with a dot in it, by its last two words: `self.clock.now()` is `clock.now`."""
    for node in nodes_of(file):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            owner_name = getattr(owner, "id", None) or getattr(owner, "attr", "")
            yield f"{owner_name}.{node.func.attr}", node.lineno


PURE_FILES = [file for file in sources() if file.stem in PURE]


@pytest.mark.parametrize("file", PURE_FILES, ids=name_of)
def test_what_decides_knows_values_only(file):
    neighbours = re.compile(rf"{name_of(file.parent).replace('/', '.')}\.({'|'.join(PURE)})(\..+)?")
    knows = {name for name in imports(file) if not VALUES.fullmatch(name) and not neighbours.fullmatch(name)}
    assert {name for name in knows if name.split(".")[0] not in sys.stdlib_module_names - IMPURE} == set()


def test_an_outside_library_is_known_in_one_room():
    def strangers(file):
        libraries = {name.split(".")[0] for name in imports(file)}
        return {each for each in libraries if each in KEPT_TO and not name_of(file).startswith(KEPT_TO[each])}

    assert wrong_in(strangers) == {}


OUTSIDE = [file for file in sources() if name_of(file).split("/")[0] in KNOWN_OUTSIDE]


@pytest.mark.parametrize("file", OUTSIDE, ids=name_of)
def test_outside_the_hub_its_leaves_are_known_and_nothing_else(file):
    package = name_of(file).split("/")[0]
    known = KNOWN_OUTSIDE[package]
    rooms = {tuple(name.split(".")[:2]) for name in imports(file)}
    assert {room for room in rooms if room[0] == "hub" and not known.issuperset(room[1:])} == set()
    assert package in OPENS_DEVICES or "hardware" not in {room[0] for room in rooms}


JUDGE = [file for file in sources() if name_of(file).startswith("hub/judge/")]


@pytest.mark.parametrize("file", JUDGE, ids=name_of)
def test_the_judge_knows_nothing_of_what_it_judges(file):
    """It runs with nothing but Python, on the history of any hub."""
    known = {name.split(".")[0] if not name.startswith("hub.judge") else "hub.judge" for name in imports(file)}
    assert known - sys.stdlib_module_names <= {"hub.judge"}
    assert not known & IMPURE


def test_only_the_clock_tells_the_time():
    def told(file):
        return [f"line {line}: {call}" for call, line in calls(file) if call in WALL_CLOCK]

    assert wrong_in(lambda file: told(file) if name_of(file) not in TELL_TIME else ()) == {}


def test_only_one_file_emits():
    def emitted(file):
        return [f"line {line}" for call, line in calls(file) if call.endswith(".emit")]

    assert wrong_in(lambda file: emitted(file) if name_of(file) not in EMIT else ()) == {}


def test_names_say_what_a_thing_is():
    def empty(file):
        named = [node.name for node in nodes_of(file) if isinstance(node, ast.ClassDef)]
        return [name for name in named if EMPTY_NAMES.search(name)] + [file.stem] * (file.stem in EMPTY_FILES)

    assert wrong_in(empty) == {}


def test_the_rooms_that_the_owner_asked_for_are_there():
    assert [name for name in PACKAGES if not (ROOT / name / "__init__.py").is_file()] == []


def test_the_table_of_rooms_has_every_file_and_folder_of_the_hub():
    """And each service's own head names its files: whoever comes new goes by these two."""
    table = (ROOT / "ARCHITECTURE.md").read_text("utf-8").partition("## Rooms")[2].partition("## One event")[0]
    told = {ROOT / "hub": set(re.findall(r"[a-z_]+", table))}
    for name in folders():
        head = ast.get_docstring(ast.parse((ROOT / "hub" / "services" / name / "__init__.py").read_text("utf-8")))
        told[ROOT / "hub" / "services" / name] = {"migrations", *re.findall(r"[a-z_]+", head or "")}
    files = [(folder, each) for folder in told for each in folder.iterdir() if each.suffix == ".py" or _is_room(each)]
    untold = [name_of(each) for folder, each in files if each.stem not in told[folder] and not _is_sort(each.stem)]
    assert sorted(untold) == []


def _is_room(path: Path) -> bool:
    return path.is_dir() and (path / "__init__.py").exists()


def _is_sort(stem: str) -> bool:
    """Of a sort that the table names once, or the face of a folder."""
    return stem.endswith("_pages") or stem.startswith("__")


def test_the_words_table_has_every_event_and_every_counter_service():
    told = set(re.findall(r"`(\w+)`", (ROOT / "ARCHITECTURE.md").read_text("utf-8").partition("## Words")[2]))
    rooms = brought(load(folders()))
    kinds = {kind.kind for kind in rooms.appliers} | {"hub_started"}
    assert sorted((kinds | set(folders())) - told) == []
