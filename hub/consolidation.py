"""One table of several agencies: the signed lines of closed days (`hub/supervision/story.py`), read from a folder.

Each line is believed as far as its signature goes: a key that the configuration names for its agency makes it `known`;
a whole line whose key nobody named is `unknown`, and told; anything else is left out, and named. Counts add up over
days and agencies; percentiles do not, and stand in the rows of single days alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from hub import envelope, spreadsheet
from hub.errors import MboteError, Unreadable
from hub.seal import Keys
from hub.settings import MARK

#: The domain of a day's signature, the newest format that is understood, and how its files end.
DOMAIN, FORMAT, SUFFIX = "mbote-day", 1, ".day.json"
_COUNTS = ("issued", "served", "absent", "cancelled", "unserved", "unfinished", "calls", "out_of_order", "overtakings")
_ACTS = (
    "deposits", "certificates", "requests_opened", "requests_answered", "answered_at_reception", "orders_paid",
)  # fmt: skip
_INCIDENTS = ("restarts", "devices", "help", "clock", "refused")
#: Entries of a till that are nobody's payment.
MOVED = frozenset({"supply", "to_safe", "to_bank", "difference"})
#: The header of the table.
COLUMNS = (
    "agency", "day", "signature", *_COUNTS, "wait_p50_min", "wait_p80_min", "wait_max_min", "within_target_percent",
    *_ACTS, *_INCIDENTS, "money_in", "money_out", "last_entry", "last_hash",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Day:
    """One agency's day, as its line says it."""

    agency: str
    day: str
    signature: Literal["known", "unknown"]
    said: Mapping[str, Any]


@dataclass(slots=True)
class Found:
    """What a folder holds: its days, by agency and date, and what is wrong, a sentence each."""

    days: dict[tuple[str, str], Day] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def gathered(folder: Path, keys: Keys) -> Found:
    """Every day's line below a folder. `keys`: of agencies, as the configuration names them. Raises MboteError."""
    if not folder.is_dir():
        raise MboteError(f"{folder}: no such folder")
    found = Found()
    public = dict(keys.values())
    for file in sorted(folder.rglob(f"*{SUFFIX}")):
        try:
            for line in envelope.lines_of(envelope.read_file(file)):
                _take(found, file, _read(line, public))
        except (Unreadable, OSError) as error:
            found.problems.append(f"{file.name}: {error}")
    return found


def _take(found: Found, file: Path, day: Day) -> None:
    """The same line twice is one; another line for the same day is told, and the one that came first stays."""
    known = found.days.setdefault((day.agency, day.day), day)
    if known.said != day.said:
        found.problems.append(f"{file.name}: {day.agency} says two different things of {day.day}: this one is left out")


def _read(line: bytes, public: Mapping[str, bytes]) -> Day:
    """Raises Unreadable for what is no day's line, or is signed by somebody else."""
    said = envelope.parsed(line)
    agency, day = said.get("agency"), said.get("day")
    if not (isinstance(agency, str) and isinstance(day, str) and isinstance(said.get("format"), int)):
        raise Unreadable("this is no line of a day")
    if said["format"] > FORMAT:
        raise Unreadable(f"format {said['format']} is newer than this program: update it")
    known = public.get(agency)
    try:
        bare = envelope.checked(DOMAIN, said, known or bytes.fromhex(str(said.get("key", ""))))
    except ValueError as error:
        raise Unreadable(f"{agency}, {day}: the signature is not that of the key we know: it is left out") from error
    if is_school(said):
        raise Unreadable(f"{agency}, {day}: a day of a school, where nobody is real: it is left out")
    return Day(agency, day, "known" if known else "unknown", bare)


def is_school(said: Mapping[str, Any]) -> bool:
    """Whether a line is of a hub for training; those written before lines said so have it in the agency's name."""
    return said.get("school", False) is not False or str(said.get("name", "")).startswith(MARK)


# --- the table -------------------------------------------------------------------------------


def table(days: Iterable[Day], decimal: str = ",") -> str:
    """All of them as a file that a spreadsheet opens in French.

    A row for each day, then one for all of an agency's, and one for all.
    """
    ordered = sorted(days, key=lambda day: (day.agency, day.day))
    agencies = dict.fromkeys(day.agency for day in ordered)
    return spreadsheet.written((
        COLUMNS,
        *(_row(day, decimal) for day in ordered),
        *(_sum(agency, [day for day in ordered if day.agency == agency]) for agency in agencies),
        _sum("*", ordered),
    ))  # fmt: skip


def _row(day: Day, decimal: str) -> list[str | int]:
    queue, wait = _of(day.said, "queue"), _of(_of(day.said, "queue"), "wait")
    last = _of(day.said, "last_entry")
    share = queue.get("within_target")
    return [
        day.agency,
        day.day,
        day.signature,
        *(_count(queue, name) for name in _COUNTS),
        *(_minutes(wait.get(name), decimal) for name in ("p50_s", "p80_s", "max_s")),
        "" if not isinstance(share, int | float) else f"{share * 100:.1f}".replace(".", decimal),
        *(_count(_of(day.said, "acts"), name) for name in _ACTS),
        *(_count(_of(day.said, "incidents"), name) for name in _INCIDENTS),
        *(_money(day, direction) for direction in ("in", "out")),
        _count(last, "seq"),
        str(last.get("hash", "")),
    ]


def _sum(agency: str, days: Sequence[Day]) -> list[str | int]:
    """The counts of several days; what does not add up stays empty."""

    def total(part: str, names: Sequence[str]) -> list[int]:
        return [sum(_count(_of(day.said, part), name) for day in days) for name in names]

    money = [sum(_money(day, direction) for day in days) for direction in ("in", "out")]
    return [
        agency, len(days), "", *total("queue", _COUNTS), "", "", "", "",
        *total("acts", _ACTS), *total("incidents", _INCIDENTS), *money, "", "",
    ]  # fmt: skip


def _of(said: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = said.get(name)
    return found if isinstance(found, dict) else {}


def _count(said: Mapping[str, Any], name: str) -> int:
    found = said.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def _money(day: Day, direction: str) -> int:
    rows = day.said.get("money")
    return sum(
        _count(row, "amount")
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict) and row.get("direction") == direction and row.get("what") not in MOVED
    )


def _minutes(seconds: object, decimal: str) -> str:
    return f"{seconds / 60:.1f}".replace(".", decimal) if isinstance(seconds, int | float) else ""
