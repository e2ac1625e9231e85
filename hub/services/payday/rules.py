"""Who is in which wave, and which group enters next. Touches nothing.

Waves come one after the other: nobody of the second enters while a number of the first is outside, and none before its
time. So whoever has a number knows whom they follow, and nobody gains by standing at the door.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from hub import days
from hub.accents import bare
from hub.errors import NotFound, Refused, Unreadable, chosen
from hub.services.payday.model import (
    BYS,
    BandPrinted,
    By,
    Group,
    GroupCalled,
    PayDayPlanned,
    PayDayWithdrawn,
    Plan,
    Wave,
    WaveEnds,
)

#: So many waves and numbers at most; a group is no crowd.
MOST_WAVES, MOST_NUMBERS, MOST_IN_GROUP = 9, 999, 99
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_RANGE = {"registration": re.compile(r"\d{2}"), "alphabet": re.compile(r"[A-Z]")}
_ALL = {"registration": ("00", "99"), "alphabet": ("A", "Z")}
#: What is typed for one wave: `A F 08:00 300`.
_PARTS = 4


def read(typed: str, by: By) -> tuple[tuple[str, str, str, int], ...]:
    """The waves of a plan, a line each: from, to, HH:MM, how many numbers. Raises Unreadable `bad_wave`."""
    return tuple(_wave(line, number, by) for number, line in enumerate(filter(str.strip, typed.splitlines()), start=1))


def _wave(line: str, number: int, by: By) -> tuple[str, str, str, int]:
    parts = re.sub(r"[\s,;–-]+", " ", line).upper().split()
    shape = _RANGE[by]
    if (
        len(parts) == _PARTS
        and shape.fullmatch(parts[0])
        and shape.fullmatch(parts[1])
        and _TIME.fullmatch(parts[2].zfill(5))
        and parts[3].isascii()
        and parts[3].isdecimal()
        and 1 <= int(parts[3][:6]) <= MOST_NUMBERS
    ):
        return parts[0], parts[1], parts[2].zfill(5), int(parts[3])
    raise Unreadable(f"line {number}: {line[:40]}", code="bad_wave", field="waves", line=line[:40], number=number)


def plan(number: int, on: str, service: str, by: str, typed: str) -> PayDayPlanned:
    """A pay-day. Raises Unreadable where somebody is in no wave or in two, or times are not in order."""
    sorted_by = chosen(by, BYS, Unreadable(f"by: one of {', '.join(BYS)}", field="by"))
    waves = read(typed, sorted_by)
    if not 1 <= len(waves) <= MOST_WAVES:
        raise Unreadable(f"a pay-day has 1 to {MOST_WAVES} waves", code="how_many_waves", field="waves")
    first, last = _ALL[sorted_by]
    if waves[0][0] != first or waves[-1][1] != last:
        raise Unreadable(
            f"the waves go from {first} to {last}", code="not_everybody", field="waves", first=first, last=last
        )
    for before, after in pairwise(waves):
        if _place(after[0]) != _place(before[1]) + 1:
            raise Unreadable(
                f"after {before[1]} comes {after[0]}: somebody is in no wave, or in two", code="waves_apart",
                field="waves", before=before[1], after=after[0],
            )  # fmt: skip
        if after[2] < before[2]:
            raise Unreadable("a wave comes after the one before it", code="waves_disordered", field="waves")
    if any(wave[0] > wave[1] for wave in waves):
        raise Unreadable("a wave goes from its first to its last", code="waves_disordered", field="waves")
    return PayDayPlanned(number, on, service, sorted_by, waves)


def _place(text: str) -> int:
    return int(text) if text.isdecimal() else ord(text)


def withdraw(found: Plan) -> PayDayWithdrawn:
    """It will not be. Raises Refused once a group has entered."""
    if any(wave.called for wave in found.waves):
        raise Refused("groups of it have entered already", code="going_on")
    return PayDayWithdrawn(found.id)


def wave_of(found: Plan, typed: str) -> Wave:
    """The wave of somebody by their registration number or name, whichever the plan sorts by. Raises Unreadable."""
    plain = bare(typed.upper())
    digits, letters = re.sub(r"\D", "", plain), re.sub(r"[^A-Z]", "", plain)
    key = digits[-2:] if found.by == "registration" and len(digits) >= 2 else letters[:1]  # noqa: PLR2004 (two digits)
    if found.by == "registration" and not key.isdecimal():
        key = ""
    for wave in found.waves:
        if key and wave.first <= key <= wave.last:
            return wave
    raise Unreadable("no wave for this", code="whose_wave", field="who")


def wave(found: Plan, number: int) -> Wave:
    """One of its waves. Raises NotFound."""
    for each in found.waves:
        if each.number == number:
            return each
    raise NotFound("no such wave", field="wave")


def next_group(waves: Sequence[Wave], now: str, size: int) -> Group:
    """The numbers that enter next: of the first wave that has any outside. Raises Refused `too_early`, `all_in`."""
    if not 1 <= size <= MOST_IN_GROUP:
        raise Unreadable(f"a group has 1 to {MOST_IN_GROUP} numbers", code="group_size", field="size")
    for each in waves:
        if each.left:
            if now < each.at:
                raise Refused(f"wave {each.number} begins at {each.at}", code="too_early", wave=each.number, at=each.at)
            return Group(each, each.called + 1, min(each.called + size, each.last_number))
    raise Refused("every number has been called in", code="all_in")


def call(found: Plan, today: str, now: str, size: int) -> GroupCalled:
    """Let the next group enter. Raises Refused `other_day` before or after its day."""
    if found.on != today:
        raise Refused(f"this pay-day is on {found.on}", code="other_day", on=days.said(found.on))
    group = next_group(found.waves, now, size)
    return GroupCalled(found.id, group.wave.number, group.first, group.last)


def end(found: Plan, number: int, last: int) -> WaveEnds:
    """No further number of a wave was handed out. Raises Unreadable `bad_end` for less than has entered."""
    of = wave(found, number)
    if not of.called <= last <= of.size:
        raise Unreadable(f"from {of.called} to {of.size}", code="bad_end", field="last", first=of.called, last=of.size)
    return WaveEnds(found.id, number, last)


def printed(found: Plan, number: int) -> BandPrinted:
    """The band of a wave comes out: another time it says so on each number."""
    return BandPrinted(found.id, number, wave(found, number).printed)
