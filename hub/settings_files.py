"""Reads an agency's configuration: the files of one folder into `hub.settings.Settings`, every problem named at once.

A problem is said with its file and key, and with what was probably meant. `mbote check DIR` prints the same list.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import reduce
from pathlib import Path
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from hub.errors import ConfigurationFault
from hub.misfits import find_misfits
from hub.problems import did_you_mean, sentence
from hub.roles import roles_in
from hub.settings import MARK, Settings

#: file → its top-level tables and the setting each one is.
FILES: dict[str, dict[str, str]] = {
    "agency.toml": {
        "counter_services": "counter_services",
        "agency": "agency", "queue": "queue", "day": "day", "hub": "hub", "backup": "backup",
        "deposits": "deposits", "appointments": "appointments", "centre": "centre", "followup": "followup",
        "alerts": "alerts", "blended": "blended", "ticket": "ticket", "voice": "voice", "display": "displays",
    },
    "services.toml": {"service": "services"},
    "counters.toml": {"counter": "counters", "profile": "profiles", "help": "helps"},
    "kiosk.toml": {"kiosk": "kiosk"},
    "panel.toml": {"panel": "panel"},
    "printers.toml": {"printing": "printing", "printer": "printers"},
}  # fmt: skip
#: A hand-written file is some kilobytes; what is larger is something else.
LARGEST_FILE = 1_000_000
#: What is special to one box (addresses, folders), over all other files.
LOCAL = "local.toml"


def load_settings(folder: Path, overrides: Mapping[str, Any] | None = None) -> Settings:
    """The configuration in `folder`. Raises ConfigurationFault with every problem found.

    `local.toml`, where there is one, has the last word of the files: what is special to one box. It has the
    shape of `Settings`, as `overrides` has in plain values (`{"hub": {"port": 8081}}`). Tables are merged
    at every depth, anything else replaces what was said before.
    """
    if not folder.is_dir():
        raise ConfigurationFault([f"{folder}: no such folder; make one with: mbote init {folder}"])
    problems: list[str] = []
    layers = {
        "": _read_folder(folder, problems),
        LOCAL: _known(LOCAL, _read_file(folder / LOCAL, problems), problems),
        "overrides": _known("overrides", overrides or {}, problems),
    }
    settings = _validated(layers, problems)
    problems += find_misfits(settings | {"roles": _roles(folder, problems)})
    if problems:
        raise ConfigurationFault(problems)
    return in_school(Settings(folder=folder.resolve(), **settings))


#: Before the names that stand on every screen and paper of a hub for training.
SCHOOL = f"{MARK} · "


def in_school(settings: Settings) -> Settings:
    """A hub for training says so wherever it names the agency, and has nowhere to send anything."""
    if not settings.hub.school or settings.agency.name.startswith(SCHOOL):
        return settings
    agency = settings.agency
    named = {"name": SCHOOL + agency.name, "organisation": SCHOOL + agency.organisation}
    return settings.model_copy(update={
        "agency": agency.model_copy(update=named),
        "hub": settings.hub.model_copy(update={"outbox": "", "gateway": ""}),
        "centre": settings.centre.model_copy(update={"key": "", "inbox": ""}),
        "backup": settings.backup.model_copy(update={"places": ()}),
        "followup": settings.followup.model_copy(update={"host": "", "relay": "", "address": ""}),
        "alerts": settings.alerts.model_copy(update={"webhook": ""}),
        # a folder that agencies share would have two days of one name
        "day": settings.day.model_copy(update={"stories": "stories" if settings.day.stories else ""}),
        "deposits": settings.deposits.model_copy(update={"scans": "local", "scans_from": "", "scans_to": ""}),
    })  # fmt: skip


def _roles(folder: Path, problems: list[str]) -> tuple[str, ...]:
    """What this box is for; a problem added where the file names no role."""
    try:
        return roles_in(folder)
    except ConfigurationFault as fault:
        problems += fault.problems
        return ()


def merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`under` with what `over` says instead, table by table."""
    both = dict(under)
    for key, value in over.items():
        below = both.get(key)
        both[key] = merged(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return both


def _read_folder(folder: Path, problems: list[str]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for name, tables in FILES.items():
        content = _read_file(folder / name, problems)
        for table in content.keys() - tables.keys():
            homes = [file for file, others in FILES.items() if table in others]
            meant = f"; it belongs in {homes[0]}" if homes else did_you_mean(table, tables)
            problems.append(f"{name}: unknown table [{table}]{meant}")
        data |= {setting: content[table] for table, setting in tables.items() if table in content}
    return data


def _known(layer: str, content: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
    """The tables of a layer that has the shape of Settings, a problem added for each that is none."""
    tables = Settings.model_fields.keys() - {"folder"}
    unknown = sorted(content.keys() - tables)
    problems += [f"{layer}: unknown table [{table}]{did_you_mean(table, tables)}" for table in unknown]
    return {table: value for table, value in content.items() if table in tables}


def _read_file(path: Path, problems: list[str]) -> dict[str, Any]:
    """The tables of one file; empty, with a problem added, when it cannot be read."""
    try:
        with path.open("rb") as file:
            return tomllib.loads(_text(file.read(LARGEST_FILE + 1)))
    except FileNotFoundError:
        return {}
    except OSError as error:
        problems.append(f"{path.name}: cannot be read: {error.strerror}")
    except RecursionError:
        problems.append(f"{path.name}: cannot be read: too many brackets inside each other")
    except ValueError as error:
        problems.append(f"{path.name}: cannot be read: {error}")
    return {}


def _text(content: bytes) -> str:
    """UTF-8, with or without the mark that Windows puts in front. Raises ValueError naming the line."""
    if len(content) > LARGEST_FILE:
        raise ValueError(f"larger than {LARGEST_FILE:,} bytes, so it is no configuration")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(f"line {line} is not UTF-8 text; save the file in the encoding UTF-8") from error


def with_changes(settings: Settings, changes: Mapping[str, Any]) -> Settings:
    """These settings with some replaced, given in plain values. Raises ConfigurationFault with every problem found."""
    problems: list[str] = []
    replaced: dict[str, Any] = {}
    for name, value in changes.items():
        try:
            replaced[name] = _ADAPTERS[name].validate_python(value)
        except ValidationError as error:
            found = error.errors(include_url=False)
            problems += [sentence({**e, "loc": (name, *e["loc"])}, FILES, Settings, {"": changes}) for e in found]
    whole = {name: getattr(settings, name) for name in Settings.model_fields}
    problems += find_misfits(whole | replaced) if not problems else []
    if problems:
        raise ConfigurationFault(problems)
    return settings.model_copy(update=replaced)


def _validated(layers: Mapping[str, Mapping[str, Any]], problems: list[str]) -> dict[str, Any]:
    """The settings whose values fit, by name; a problem added for each of the others, naming its layer."""
    data: dict[str, Any] = reduce(merged, layers.values(), {})
    settings: dict[str, Any] = {}
    for name, field in Settings.model_fields.items():
        if name in data:
            try:
                settings[name] = _ADAPTERS[name].validate_python(data[name])
            except ValidationError as error:
                found = error.errors(include_url=False)
                problems += [sentence({**e, "loc": (name, *e["loc"])}, FILES, Settings, layers) for e in found]
        elif not field.is_required():
            settings[name] = field.get_default(call_default_factory=True)
        elif name != "folder" and (missing := _missing(name, problems)):
            problems.append(missing)
    return settings


def _missing(name: str, problems: list[str]) -> str:
    """What to write where a needed table is not; nothing when its file has worse problems."""
    file, table = next((f, t) for f, tables in FILES.items() for t, setting in tables.items() if setting == name)
    if any(problem.startswith(f"{file}:") for problem in problems):
        return ""
    brackets = f"[{table}]" if table == name else f"[[{table}]]"
    return f"{file}: {brackets} is missing; `mbote init` in an empty folder writes a commented one to copy"


def _adapter(name: str) -> TypeAdapter[Any]:
    field = Settings.model_fields[name]
    whole: Any = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
    return TypeAdapter(whole)


_ADAPTERS = {name: _adapter(name) for name in Settings.model_fields}
