"""What an agency's tills go by: `cash.toml` here, and over it the agency's own `cash.toml`. Every problem is named."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from hub.errors import ConfigurationFault
from hub.problems import did_you_mean
from hub.services.cash.model import Denomination, Office, Rates, TillPlace
from hub.settings import Settings

HERE = Path(__file__).parent
THEIRS = "cash.toml"
#: Layouts of papers: ours, and those of the same name in the agency's folder `receipts/`.
PAPERS, THEIR_PAPERS = "papers", "receipts"
#: Lines that a page of a closing holds at most; the code of a till, as receipts print it.
A_PAGE = 46
_CODE = re.compile(r"[A-Z0-9]{1,8}")
_ROLES = ("collections", "benefits", "mixed")
_TILLS = TypeAdapter(tuple[TillPlace, ...])
_RATES = TypeAdapter(tuple[Rates, ...])
_ACCOUNTS = TypeAdapter(dict[str, str])
_PIECES = TypeAdapter(tuple[int, ...])
_NUMBER = TypeAdapter(int)
_TEXT = TypeAdapter(str)
#: key → how it is read.
_KEYS: dict[str, TypeAdapter[Any]] = {
    "till": _TILLS, "rates": _RATES, "accounts": _ACCOUNTS, "notes": _PIECES, "coins": _PIECES, "report_from": _NUMBER,
    "approve_above": _NUMBER, "lines_first": _NUMBER, "lines_other": _NUMBER, "life_certificate": _TEXT,
}  # fmt: skip


def office_of(settings: Settings) -> Office:
    """What this agency's tills go by. Raises ConfigurationFault with every problem.

    A till whose counter was taken away on the screen is `away`: nobody works it, what it booked is read as ever.
    """
    return _placed(settings.folder, _counters(settings))


def check(*settings: Settings) -> None:
    """Raise ConfigurationFault with every problem of the tills' file: one at a counter that nobody has ever had, too.

    `settings`: the files', and those that stand; a till is at a counter of either.
    """
    found, counters = _load(settings[0].folder), frozenset[str]().union(*map(_counters, settings))
    problems = [
        f"{THEIRS}: till: {till.code}: no counter {till.counter}{did_you_mean(till.counter, counters)}"
        for till in found.tills
        if till.counter not in counters
    ]
    if problems:
        raise ConfigurationFault(problems)


def _counters(settings: Settings) -> frozenset[str]:
    return frozenset(counter.code for counter in settings.counters)


@cache
def _placed(folder: Path, counters: frozenset[str]) -> Office:
    found = _load(folder)
    at_work = tuple(till for till in found.tills if till.counter in counters)
    return replace(found, tills=at_work, away=tuple(till for till in found.tills if till not in at_work))


@cache
def _load(folder: Path) -> Office:
    problems: list[str] = []
    ours = tomllib.loads(HERE.joinpath(THEIRS).read_text("utf-8"))
    try:
        theirs = tomllib.loads(folder.joinpath(THEIRS).read_text("utf-8-sig"))
    except FileNotFoundError:
        theirs = {}
    except (OSError, ValueError) as error:
        raise ConfigurationFault([f"{THEIRS}: cannot be read: {error}"]) from error
    problems += [f"{THEIRS}: unknown key {key}{did_you_mean(key, _KEYS)}" for key in theirs.keys() - _KEYS.keys()]
    said = {"till": []} | ours | theirs
    if isinstance(theirs.get("accounts"), dict):
        said["accounts"] = ours["accounts"] | theirs["accounts"]
    read = _read(said, problems)
    if not problems:
        problems += [f"{THEIRS}: {each}" for each in _misfits(read)]
    if problems:
        raise ConfigurationFault(problems)
    pieces = (
        *(Denomination(v, coin=False) for v in read["notes"]),
        *(Denomination(v, coin=True) for v in read["coins"]),
    )
    plain = {
        name: read[name]
        for name in (
            "accounts",
            "rates",
            "report_from",
            "approve_above",
            "lines_first",
            "lines_other",
            "life_certificate",
        )
    }
    return Office(tills=read["till"], denominations=pieces, **plain)


def _read(said: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
    read = {}
    for key, adapter in _KEYS.items():
        try:
            read[key] = adapter.validate_python(said[key])
        except ValidationError as error:
            for each in error.errors(include_url=False):
                where = ".".join(map(str, (key, *each["loc"])))
                problems.append(f"{THEIRS}: {where}: {each['msg']}")
    return read


def _misfits(read: Mapping[str, Any]) -> Iterator[str]:
    yield from _till_misfits(read["till"])
    for name in ("notes", "coins"):
        if not read[name] or min(read[name]) < 1 or len(set(read[name])) != len(read[name]):
            yield f"{name}: whole francs, each once"
    yield from (f"{name}: 1 to {A_PAGE}" for name in ("lines_first", "lines_other") if not 1 <= read[name] <= A_PAGE)
    for rates in read["rates"]:
        if not rates.branches or any(b.per_10000 < 0 or b.ceiling < 1 or b.employee < 0 for b in rates.branches):
            yield f"rates: {rates.scheme} since {rates.since}: branches with whole rates and ceilings"


def _till_misfits(tills: tuple[TillPlace, ...]) -> Iterator[str]:
    codes, places = [till.code for till in tills], [till.counter for till in tills]
    for till in tills:
        if not _CODE.fullmatch(till.code):
            yield f"till: {till.code!r}: at most 8 capitals and digits"
        if till.role not in _ROLES:
            yield f"till: {till.code}: role: {till.role}{did_you_mean(till.role, _ROLES)}"
        if codes.count(till.code) > 1 or places.count(till.counter) > 1:
            yield f"till: {till.code}: a till has one code and one counter of its own"


@cache
def papers(folder: Path) -> Mapping[str, str]:
    """The layouts of receipts and closings, by file name."""
    places = (HERE.joinpath(PAPERS), folder.joinpath(THEIR_PAPERS))
    return {path.name: path.read_text("utf-8") for place in places for path in sorted(place.glob("*.typ"))}
