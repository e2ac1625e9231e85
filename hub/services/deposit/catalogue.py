"""The lists of an agency: those in `lists/`, and over them the files of the same name in its folder `deposits/`.

Read once a process; every problem is named, with what was probably meant.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from hub.errors import ConfigurationFault
from hub.problems import did_you_mean
from hub.services.deposit.model import MOST_COPIES, Circumstance, DocumentType, LifeEvent, Lists

OURS = Path(__file__).parent / "lists"
#: The agency's own, in its configuration folder.
THEIRS = Path("deposits")
TYPES, EVENTS = "document_types.toml", "life_events.toml"
#: The table of `life_events.toml` that is no event.
CIRCUMSTANCE = "circumstance"
LAYOUTS = Path(__file__).parent / "layouts"
_TYPE = re.compile(r"\d{4}")
_EVENT = re.compile(r"[A-Z]{2,4}")
_COUNTED = Circumstance("count", {})
T = TypeVar("T", DocumentType, LifeEvent, Circumstance)


@cache
def load(folder: Path) -> Lists:
    """The lists of the agency configured in `folder`. Raises ConfigurationFault with every problem."""
    return composed(folder, {})


def composed(folder: Path, published: Mapping[str, Mapping[str, Any]]) -> Lists:
    """The same, and over them what the centre has published, by file. Raises ConfigurationFault with every problem."""
    problems: list[str] = []
    types = _all(DocumentType, _said(folder, TYPES, problems, published), TYPES, _TYPE, problems)
    said = _said(folder, EVENTS, problems, published)
    asked = _all(Circumstance, said.pop(CIRCUMSTANCE, {}), EVENTS, re.compile(r"[a-z_]{1,30}"), problems)
    events = _all(LifeEvent, said, EVENTS, _EVENT, problems)
    problems += [f"{EVENTS}: {each}" for event in events.values() for each in _misfits(event, types, asked)]
    if problems:
        raise ConfigurationFault([f"deposits/{each}" for each in problems])
    there = {code: each for code, each in types.items() if not each.withdrawn}
    return Lists(there, {code: each for code, each in events.items() if not each.withdrawn}, asked)


@cache
def layouts(folder: Path) -> Mapping[str, str]:
    """The layouts of papers by file name: ours, and over them those of the agency's folder."""
    places = (LAYOUTS, folder / THEIRS)
    return {path.name: path.read_text("utf-8") for place in places for path in sorted(place.glob("*.typ"))}


def _said(folder: Path, name: str, problems: list[str], published: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What a file says; an entry of the agency's takes the place of ours, and one of the centre's that of both."""
    return _over(_local(folder, name, problems), dict(published.get(name, {})), name, problems)


def _local(folder: Path, name: str, problems: list[str]) -> dict[str, Any]:
    ours = tomllib.loads((OURS / name).read_text("utf-8"))
    try:
        theirs = tomllib.loads((folder / THEIRS / name).read_text("utf-8-sig"))
    except FileNotFoundError:
        return ours
    except (OSError, ValueError) as error:
        problems.append(f"{name}: cannot be read: {error}")
        return ours
    return _over(ours, theirs, name, problems)


def _over(ours: dict[str, Any], theirs: dict[str, Any], name: str, problems: list[str]) -> dict[str, Any]:
    """Entry by entry; a circumstance takes the place of that circumstance alone."""
    more = theirs.pop(CIRCUMSTANCE, {})
    if not isinstance(more, dict):
        problems.append(f"{name}: {CIRCUMSTANCE}: a table of circumstances")
        more = {}
    return ours | theirs | ({CIRCUMSTANCE: ours[CIRCUMSTANCE] | more} if CIRCUMSTANCE in ours else {})


def _all(kind: type[T], said: Mapping[str, Any], name: str, form: re.Pattern[str], problems: list[str]) -> dict[str, T]:
    """The entries of one table, by code; a problem added for each that is wrong."""
    found: dict[str, T] = {}
    for code, values in said.items():
        if not form.fullmatch(code):
            problems.append(f"{name}: {code}: no code of the form {form.pattern}")
            continue
        if not isinstance(values, dict):
            problems.append(f"{name}: {code}: a table such as {{ label = … }}")
            continue
        wrong, one = _one(kind, code, values)
        problems += [f"{name}: {code}: {each}" for each in wrong]
        if one is not None:
            found[code] = one
    return found


def _one(kind: type[T], code: str, values: dict[str, Any]) -> tuple[list[str], T | None]:
    named = [each.name for each in fields(kind)]
    known = [name for name in named if name != "code"]
    if unknown := [f"unknown key {name}{did_you_mean(name, known)}" for name in values.keys() - set(known)]:
        return unknown, None
    try:
        reader = _reader(kind)  # type: ignore[arg-type]  # mypy takes the class for one of its objects
        one: T = reader.validate_python(values | ({"code": code} if "code" in named else {}))
    except ValidationError as error:
        return [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False)], None
    called = getattr(one, "label", None) or getattr(one, "ask", None)
    return ([], one) if called else (["write its name in one language at least"], None)


@cache
def _reader(kind: type[Any]) -> TypeAdapter[Any]:
    """Made once for each kind: it takes longer than all that it reads, and a letter's list is read at each look."""
    return TypeAdapter(kind)


def _misfits(event: LifeEvent, types: Mapping[str, DocumentType], asked: Mapping[str, Circumstance]) -> Iterator[str]:
    """What an event names and nobody knows."""
    for each in event.expects:
        if not each.any or not 1 <= each.copies <= MOST_COPIES:
            yield f"{event.code}: an expected document is one of `any`, in 1 to {MOST_COPIES} copies"
        for code in each.any:
            if code not in types:
                yield f"{event.code}: no document type {code}{did_you_mean(code, types)}"
        for name in filter(None, (each.per, each.when)):
            if name not in asked:
                yield f"{event.code}: no circumstance {name}{did_you_mean(name, asked)}"
        if each.per and asked.get(each.per, _COUNTED).kind != "count":
            yield f"{event.code}: per = {each.per!r}: a circumstance that is counted"
