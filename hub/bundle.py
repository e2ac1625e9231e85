"""What support needs to know of a box, in one small archive, and nothing of any person.

No row of the database goes in, no journal, no token, no list of agents: only shapes, counts, versions,
settings without their free text, the doctor's findings, and what the processes have said lately. Of that
a word goes in only if it stands in our own source: whatever a name, a number or a token looks like, it is
none of those, and becomes "…".
"""

from __future__ import annotations

import builtins
import io
import json
import os
import platform
import re
import shutil
import sqlite3
import subprocess
import tarfile
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from hub.disk import ask_room
from hub.errors import ConfigurationFault, StoreFault
from hub.finding import Finding
from hub.settings import Settings
from hub.settings_files import load_settings
from hub.sqlite import open_reader
from hub.store import DATABASE

PACKAGES = ("hub", "kiosk", "display", "counter_panel", "hardware")
#: Rooms whose source holds names of (invented) people: those are no words of ours.
NAMES_PEOPLE = {"bench", "demo", "people"}
LOG_LINES = 2_000
FOUND = re.compile(r"\(found .*\)", re.DOTALL)
LEVELS = frozenset({"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"})
STAMP = re.compile(r"\d{4}-\d\d-\d\dT[\d:]+[+-][\d:]+ ")
#: A word as somebody may have written it: letters of any alphabet, digits, and what holds them together.
WORD = re.compile(r"[^\W_]+(?:['’._:/+@=-]+[^\W_]+)*")
#: Digits in groups are a telephone number.
GROUPS = re.compile(r"(?<!\w)\+?\d+(?:[ .-]+\d+)+\b")
#: A line number, a port, a count; years and house numbers name nobody.
SHORT = re.compile(r"\d{1,4}")
#: Settings in which somebody may have written a name.
FREE_TEXT: dict[str, Any] = {"displays": {"__all__": {"message"}}, "agency": {"address"}, "folder": True}


def write_bundle(path: Path, folder: Path, findings: Iterable[Finding]) -> None:
    """Write the archive. Raises ConfigurationFault when the file cannot be written, DiskFull where room is scarce."""
    ask_room(path.parent, "the bundle")
    parts: dict[str, Any] = {"findings": [told(each) for each in findings], "system": system(), "log": log_lines()}
    try:
        settings = load_settings(folder)
    except ConfigurationFault:  # the findings say what is wrong with it
        pass
    else:
        parts |= {"settings": plain(settings), "database": shape(settings.path(settings.hub.data) / DATABASE)}
    try:
        with path.open("wb") as raw, tarfile.open(fileobj=raw, mode="w:gz") as archive:
            path.chmod(0o600)
            for name, content in parts.items():
                _add(archive, f"{name}.json", without_home(json.dumps(content, indent=1, ensure_ascii=False)))
    except OSError as error:
        raise ConfigurationFault([f"{path}: cannot be written: {error.strerror}"]) from error


def _add(archive: tarfile.TarFile, name: str, text: str) -> None:
    content = text.encode()
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime = len(content), int(time.time())
    archive.addfile(entry, io.BytesIO(content))


def told(finding: Finding) -> dict[str, Any]:
    """A finding, without what somebody has typed into a file: it may be a name."""
    return asdict(finding) | {"found": FOUND.sub("(found …)", finding.found)}


def log_lines() -> list[str]:
    """What our units have said lately, in our own words only; empty where nobody keeps it."""
    if not (command := shutil.which("journalctl")):
        return []
    ask = [command, "--unit=mbote-*", f"--lines={LOG_LINES}", "--no-hostname", "--output=short-iso", "--no-pager"]
    try:
        told = subprocess.run(ask, capture_output=True, text=True, errors="replace", timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return []
    known = own_words()
    return [in_own_words(line, known) for line in told.stdout.splitlines()]


def own_words() -> frozenset[str]:
    """Every word of our source, spelt as there; of those with a capital only the names of classes."""
    root = Path(__file__).parents[1]
    files = (each for package in PACKAGES for each in (root / package).rglob("*.py"))
    texts = [each.read_text("utf-8") for each in files if not NAMES_PEOPLE & set(each.relative_to(root).parts)]
    small = {word for text in texts for word in re.findall(r"\b[a-z]{2,}\b", text)}
    classes = {name for text in texts for name in re.findall(r"^class (\w+)", text, re.MULTILINE)}
    return frozenset(small.union(classes, dir(builtins), LEVELS))


def in_own_words(line: str, known: frozenset[str]) -> str:
    """A line of a log: its time, our own words and short numbers; everything else is "…"."""
    stamp = STAMP.match(line)
    head = stamp[0] if stamp else ""
    rest = GROUPS.sub("…", line[len(head) :])
    return head + WORD.sub(lambda found: found[0] if found[0] in known or SHORT.fullmatch(found[0]) else "…", rest)


def without_home(text: str) -> str:
    """The text without the name of whoever runs this."""
    home = str(Path.home())
    return text if home == "/" else text.replace(home, "~")


def plain(settings: Settings) -> dict[str, Any]:
    """The settings, without those in which a person may be named."""
    return settings.model_dump(mode="json", exclude=FREE_TEXT)


def system() -> dict[str, Any]:
    """The machine and what is installed; not its name."""
    packages = {each.metadata["Name"]: each.version for each in metadata.distributions()}
    return {
        "machine": platform.machine(), "kernel": platform.release(), "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version, "processors": os.cpu_count(), "packages": dict(sorted(packages.items())),
        "memory_mb": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 1_000_000,
        "load": os.getloadavg(),
    }  # fmt: skip


def shape(path: Path) -> dict[str, Any]:
    """The final schema and how many rows each table has; why not, where it cannot be read."""
    if not path.is_file():
        return {}
    try:
        with closing(open_reader(path)) as reader:
            made = dict(
                reader.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name").fetchall()
            )
            tables = [name for name, sql in made.items() if sql.startswith("CREATE TABLE")]
            counts = {name: reader.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}  # noqa: S608 (names from the schema)
    except (StoreFault, sqlite3.Error) as error:
        return {"problem": str(error)}
    return {"bytes": path.stat().st_size, "rows": counts, "schema": made}
