"""With what the box was configured, setting by setting, so that a change can be told from what was recorded last.

A setting is named as its file has it (`queue.recalls`), one of a list by the code of its table
(`services.DEP.mean_min`), a whole file by its digest (`file agency.toml`): what is in files that only one service reads
(retention.toml, cash.toml) is known to have changed, not how. The version of Mbote is one more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from hub import VERSION
from hub.configuration import as_toml
from hub.settings import Settings

#: What makes a table of a list known among the others.
_CODES = ("code", "name", "counter", "pin")
#: Instead of a secret: that it changed is told by the digest of its file.
HIDDEN = "•••"
FILE, VERSION_NAME = "file ", "version"
#: Where Settings were read is no setting; files are named by themselves.
_NO_SETTING = frozenset({"folder"})
Values = dict[str, str]
#: What, its value before and after; None: it was not there, or is no more.
Change = tuple[str, str | None, str | None]


def values_of(settings: Settings) -> Values:
    """Every setting of the files, every file and the version as they are now. A file that cannot be read is none."""
    found = {VERSION_NAME: VERSION} | dict(_named(settings, ""))
    for path in sorted(settings.folder.glob("*.toml")):
        with suppress(OSError):
            found[FILE + path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Change, ...]:
    """What differs, by name."""
    names = sorted(before.keys() | after.keys())
    return tuple((each, before.get(each), after.get(each)) for each in names if before.get(each) != after.get(each))


def is_first(found: Iterable[Sequence[str | None]]) -> bool:
    """Whether these changes are all that there is, recorded for the first time."""
    return all(before is None for _, before, _ in found)


def _named(model: BaseModel, under: str) -> Iterator[tuple[str, str]]:
    for name in type(model).model_fields:
        if under or name not in _NO_SETTING:
            yield from _values(getattr(model, name), f"{under}{name}")


def _values(value: Any, name: str) -> Iterator[tuple[str, str]]:
    match value:
        case BaseModel():
            yield from _named(value, f"{name}.")
        case dict():
            for key, each in value.items():
                yield from _values(each, f"{name}.{key}")
        case tuple() if any(isinstance(each, BaseModel) for each in value):
            for number, each in enumerate(value, start=1):
                yield from _values(each, f"{name}.{_code(each, number)}")
        case SecretStr():
            yield name, HIDDEN
        case Path() | None:
            yield name, str(value or "")
        case _:
            yield name, value if isinstance(value, str) else as_toml(value)


def _code(model: BaseModel, number: int) -> str:
    found = next((getattr(model, each) for each in _CODES if each in type(model).model_fields), number)
    return str(found)
