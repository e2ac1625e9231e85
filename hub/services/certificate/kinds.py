"""The kinds of certificate of an agency: those in `kinds/`, and over them the agency's own folder `certificates/`.

A file `NAME.toml` describes a kind, a file `NAME.typ` is a layout; one of the same name in the agency's folder
takes the place of ours, and `withdrawn = true` takes a kind away. `keys.toml` holds the public keys of other
agencies, as `mbote certificate key` prints them there. Read once a process; every problem is named.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from pydantic import TypeAdapter, ValidationError

from hub import seal
from hub.errors import ConfigurationFault
from hub.people.rules import FIELD_RIGHTS
from hub.problems import did_you_mean
from hub.services.certificate.model import Kind
from hub.services.certificate.rules import BLANKS, CONDITIONS

OURS = Path(__file__).parent / "kinds"
#: The agency's own, in its configuration folder.
THEIRS = Path("certificates")
#: Tabs of a file that a certificate may print, and the columns they have.
COLUMNS: dict[str, tuple[str, ...]] = {
    "contributions": ("period", "declared_wages", "due", "paid", "penalty", "balance"),
    "employments": ("employer", "job", "start", "end", "salary"),
    "relationships": ("relative", "type", "start", "end", "status"),
    "cases": ("number", "event", "state", "opened_on", "closed_on", "service"),
    "payments": ("period", "benefit", "amount", "paid_on", "mode", "state"),
}
_ADAPTER = TypeAdapter(Kind)


@dataclass(frozen=True, slots=True)
class Kinds:
    """What an agency can issue: kinds by code in their order, layouts by file name, other agencies' keys."""

    kinds: Mapping[str, Kind]
    layouts: Mapping[str, str]
    keys: Mapping[bytes, tuple[str, bytes]]

    def of(self, *, person: bool) -> tuple[Kind, ...]:
        """Those about a person, or about an employer."""
        return tuple(kind for kind in self.kinds.values() if (kind.of == "person") == person)


@cache
def load(folder: Path) -> Kinds:
    """The kinds of the agency configured in `folder`. Raises ConfigurationFault with every problem."""
    problems: list[str] = []
    found: dict[str, Kind] = {}
    for path in _files(folder, "*.toml"):
        if path.name != seal.KEYS_FILE.name and (kind := _kind(path, problems)) is not None:
            found[kind.code] = kind
    layouts = {path.name: path.read_text("utf-8") for path in _files(folder, "*.typ")}
    problems += [
        f"certificates: {kind.code}: no layout {kind.layout}{did_you_mean(kind.layout, layouts)}"
        for kind in found.values()
        if kind.layout not in layouts
    ]
    keys = seal.keys_of(folder, problems)
    if problems:
        raise ConfigurationFault(problems)
    there = sorted((kind for kind in found.values() if not kind.withdrawn), key=lambda kind: (kind.order, kind.code))
    return Kinds({kind.code: kind for kind in there}, layouts, keys)


def _files(folder: Path, pattern: str) -> Iterator[Path]:
    """Ours, with the agency's own in the place of those of the same name."""
    found = {path.name: path for place in (OURS, folder / THEIRS) for path in sorted(place.glob(pattern))}
    yield from found.values()


def _kind(path: Path, problems: list[str]) -> Kind | None:
    """One kind; None with a problem added where its file is wrong."""
    try:
        said = tomllib.loads(path.read_text("utf-8-sig"))
        kind = _ADAPTER.validate_python(said)
    except ValidationError as error:
        wrong = [(".".join(map(str, each["loc"])), each["msg"]) for each in error.errors(include_url=False)]
        problems += [f"certificates/{path.name}: {where}: {what}" for where, what in wrong]
        return None
    except (OSError, ValueError) as error:
        problems.append(f"certificates/{path.name}: cannot be read: {error}")
        return None
    misfits = [f"certificates/{path.name}: {each}" for each in _misfits(said, kind)]
    problems += misfits
    return None if misfits else kind


def _misfits(said: Mapping[str, Any], kind: Kind) -> Iterator[str]:
    known = [each.name for each in fields(Kind)]
    yield from (f"unknown key {name}{did_you_mean(name, known)}" for name in said.keys() - set(known))
    yield from (f"{name}: write it in one language at least" for name in ("title", "text") if not getattr(kind, name))
    for blank in (name for text in kind.text.values() for _, name, _, _ in Formatter().parse(text) if name is not None):
        if blank not in BLANKS:
            yield f"text: no blank {{{blank}}}{did_you_mean(blank, BLANKS)}"
    yield from (
        f"fields: no field {name}{did_you_mean(name, FIELD_RIGHTS)}" for name in kind.fields if name not in FIELD_RIGHTS
    )
    for tab, columns in kind.tabs.items():
        if tab not in COLUMNS:
            yield f"tabs: no tab {tab}{did_you_mean(tab, COLUMNS)}"
        else:
            yield from (
                f"tabs.{tab}: no column {c}{did_you_mean(c, COLUMNS[tab])}" for c in columns if c not in COLUMNS[tab]
            )
    yield from (
        f"conditions: no condition {c}{did_you_mean(c, CONDITIONS)}" for c in kind.conditions if c not in CONDITIONS
    )
