"""The configuration of a new agency, written from the model; and one that is read, summed up.

Every key, its sentence and its default come from hub/settings/, so that what `mbote init` writes
cannot disagree with what is read. A line that starts with `#` and a letter is a default to change:
take the `#` away. A line that starts with `# ` explains the next one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from hub.errors import ConfigurationFault
from hub.problems import models_in
from hub.settings import Settings
from hub.settings_files import FILES

#: Settings with a default that a new agency almost surely wants to have: their example is written live.
LIVE = {("DayRules", "hours"), ("Service", "prefix"), ("Service", "kiosk"), ("Counter", "services")}
INTRODUCTION = """\
# {name}
# A line such as #key = value shows a default: take the # away and change it. Times are "07:30".
# What is wrong in here: mbote check . (every setting is described in docs/configuration.md too)
"""


def new_agency(folder: Path) -> list[Path]:
    """Write the files of a new agency. Raises ConfigurationFault, having written nothing, when one is there already."""
    paths = [folder / name for name in FILES]
    if there := [path for path in paths if path.exists()]:
        raise ConfigurationFault([f"{path}: is there already; nothing was written" for path in there])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in paths:
            with path.open("x", encoding="utf-8") as file:
                file.write(file_text(path.name))
    except OSError as error:
        raise ConfigurationFault([f"{error.filename or folder}: cannot be written: {error.strerror}"]) from error
    return paths


def file_text(name: str) -> str:
    """One file of a new agency, with a comment on every setting."""
    tables = FILES[name]
    lines = [INTRODUCTION.format(name=name)]
    for table, setting in tables.items():
        lines += _written(table, Settings.model_fields[setting], live=True)
    return "\n".join(lines).rstrip() + "\n"


def _written(table: str, field: FieldInfo, *, live: bool) -> Iterator[str]:
    """A table, or a list with one example in it (commented out unless the setting is required), or a single value."""
    inner = next(models_in(field.annotation), None)
    if inner is None:
        yield from (*_explained(field.description), *_assigned("" if live else "#", table, field), "")
        return
    listed = get_origin(field.annotation) is tuple
    live = live and (field.is_required() or not listed)
    header = f"[[{table}]]" if listed else f"[{table}]"
    yield from (*_explained(inner.__doc__), ("" if live else "#") + header)
    yield from _keys(inner, table, live=live)


def _keys(model: type[BaseModel], table: str, *, live: bool) -> Iterator[str]:
    """The values of one table, then the tables inside it."""
    below = {name: field for name, field in model.model_fields.items() if is_table(field)}
    for name, field in model.model_fields.items():
        if name not in below:
            alive = live and (field.is_required() or (model.__name__, name) in LIVE)
            yield from (*_explained(field.description), *_assigned("" if alive else "#", name, field))
    yield ""
    for name, field in below.items():
        yield from _written(f"{table}.{name}", field, live=live)


def _explained(text: str | None) -> Iterator[str]:
    """A setting's sentence as a comment, however many lines it has."""
    return (f"# {line}".rstrip() for line in cleandoc(text or "").splitlines())


def is_table(field: FieldInfo) -> bool:
    """Whether a setting has a table, or a list of tables, of its own; a dictionary of small ones stays in line."""
    return get_origin(field.annotation) is not dict and any(models_in(field.annotation))


def _assigned(mark: str, name: str, field: FieldInfo) -> Iterator[str]:
    value = shown_value(field)
    if isinstance(value, dict) and value:
        yield from (f"{mark}{name}.{key} = {as_toml(each)}" for key, each in value.items())
    else:
        yield f"{mark}{name} = {as_toml(value)}"


def shown_value(field: FieldInfo) -> Any:
    """What stands for a setting: its default, or the example where the default shows nothing."""
    default = None if field.is_required() else field.get_default(call_default_factory=True)
    return field.examples[0] if field.examples and not default else default


def as_toml(value: Any) -> str:
    """A plain value as TOML writes it, on one line."""
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {as_toml(each)}' for key, each in value.items())} }}"
    if isinstance(value, tuple | list):
        return f"[{', '.join(as_toml(each) for each in value)}]"
    if isinstance(value, Path):
        return as_toml(str(value))
    return json.dumps(value, ensure_ascii=False)


def optional(annotation: Any) -> Any:
    """The type without its None."""
    rest = [each for each in get_args(annotation) if each is not NoneType]
    return rest[0] if NoneType in get_args(annotation) and len(rest) == 1 else annotation


def summary(settings: Settings) -> list[str]:
    """What is configured, in a few lines."""
    kinds = [c.shown for c in settings.counters]
    tickets = [s for s in settings.services if s.prefix]
    at = settings.kiosk.printer
    where = {"tcp": f"{at.host}:{at.port}", "usb": at.usb}.get(at.kind, at.device)
    return [
        f"{settings.agency.name} ({settings.agency.code}) {settings.agency.city}".rstrip(),
        f"services: {len(settings.services)}, with tickets: {' '.join(s.prefix for s in tickets) or 'none'}",
        f"counters: {kinds.count(True)}, back desks: {kinds.count(False)}, displays: {len(settings.displays)}",
        f"kiosk {settings.kiosk.name}: buttons: {len(settings.kiosk.buttons)}, {at.kind} printer {where}",
        f"panel {settings.panel.name}: counters {' '.join(p.counter for p in settings.panel.counters) or 'none'}",
        f"hub on {settings.hub.host}:{settings.hub.port}, data in {settings.path(settings.hub.data)}",
    ]
