"""What reception decides by itself: what can be asked of a ticket, what a typed label means, when a motive is due.

What may happen to a ticket is for the queues' rules; the table here is only what is offered, and a
test holds the two together.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import replace

from hub.clock import Instant, elapsed
from hub.errors import Refused, Unreadable
from hub.services.reception.model import Answer, AnswerWithdrawn, RollLine, Step

#: state of a ticket → what reception offers, the likeliest first.
OFFERED: dict[str, tuple[Step, ...]] = {
    "issued": ("confirm", "reprint", "priority", "cancel"),
    "waiting": ("reprint", "priority", "let_pass", "cancel"),
    "called": ("reprint", "priority", "cancel"),
    "serving": ("reprint",),
    "on_hold": ("reprint",),
    "no_show": ("return", "reprint"),
}
#: A kiosk reports its paper within seconds; sooner, a ticket is not in doubt but being printed.
IN_DOUBT_AFTER_MS = 10_000
#: A slip of the finger is noticed at once.
WITHDRAW_MS = 10 * 60_000
_MS_PER_MIN = 60_000
#: A line of the paper roll: `17 D 9:05`, `S-017 DEP 0905`, `D`; the number and the time may be left out.
_ROLL = re.compile(
    r"(?:(?:(?P<series>[A-Z]{1,2})-?)?0*(?P<number>[1-9]\d{0,3}) )?(?P<service>[A-Z][A-Z0-9_-]*)"
    r"(?: (?P<hour>\d{1,2})[:H.]?(?P<minute>\d{2}))?"
)
_HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_TYPED = re.compile(r"([A-Z]{0,2}|[A-Z0-9][A-Z0-9_]*-)\s*0*(\d{1,6})")


#: A registration number, as a visitor has it on a card or a letter: opaque, 5 to 20 digits and letters.
_NUMBER = re.compile(r"[0-9A-Z][0-9A-Z-]{4,19}")


def numbers(typed: str) -> tuple[str, ...]:
    """The registration numbers of those whom a visit is about, each once. Raises Unreadable `bad_number`."""
    found = dict.fromkeys(re.split(r"[\s,;]+", typed.upper().strip()))
    found.pop("", None)
    for each in found:
        if not _NUMBER.fullmatch(each):
            raise Unreadable(
                f"{each[:24]} is no registration number", code="bad_number", field="concerned", number=each[:24]
            )
    return tuple(found)


def offered(state: str, return_left_min: int | None, own: Container[str] = ()) -> tuple[Step, ...]:
    """What can be done with a ticket; bringing back and letting pass only while that may be.

    `own`: what its holder may do themselves.
    """
    off = {step for step, may in (("return", return_left_min), ("let_pass", "let_pass" in own)) if not may}
    return tuple(step for step in OFFERED.get(state, ()) if step not in off)


def return_left_min(ended: Instant | None, returns: int, now: Instant, limit_min: int) -> int | None:
    """Minutes in which an absent visitor may still come back; None when they no longer may."""
    if ended is None or returns:
        return None
    left = limit_min - elapsed(ended, now).ms // _MS_PER_MIN
    return left if left > 0 else None


def paper_in_doubt(paper: str, issued: Instant, now: Instant) -> bool:
    """Whether a person should ask for the paper of a ticket that cannot be called yet."""
    return paper == "failed" or elapsed(issued, now).ms >= IN_DOUBT_AFTER_MS


def labels_meant(typed: str, prefixes: Iterable[str]) -> tuple[str, ...]:
    """The labels that somebody may mean who types `d14`, `D 014`, `14` or `k1-7`; none when it is no label."""
    found = _TYPED.fullmatch(" ".join(typed.upper().split()))
    if found is None:
        return ()
    series, number = found[1], int(found[2])
    if series:
        return (f"{series}{number:03d}",)
    return (str(number), *(f"{prefix}{number:03d}" for prefix in prefixes if prefix))


def roll_lines(typed: str, series: str, services: Mapping[str, str], now: str) -> tuple[RollLine, ...]:
    """What is meant by lines such as `17 D 9:05`: number, service, time; empty ones are passed over.

    A number left out is the next one, a time left out that of the line before. `services`: what may be typed (a
    prefix, a code), in capitals → the code. `now` is the present HH:MM: nobody took a number later.
    """
    lines: list[RollLine] = []
    number, at = 0, ""
    for row in filter(str.strip, typed.splitlines()):
        line = _roll_line(row, series, services, number, at)
        number, at = line.number or number, line.at or at
        lines.append(replace(line, problem=line.problem or _roll_problem(line, lines, now)))
    return tuple(lines)


def _roll_line(row: str, series: str, services: Mapping[str, str], last: int, before: str) -> RollLine:
    found = _ROLL.fullmatch(" ".join(row.upper().split()))
    if found is None or (found["series"] and found["series"] != series):
        return RollLine(row, problem="line")
    number = int(found["number"]) if found["number"] else last + 1 if last else 0
    at = f"{int(found['hour']):02d}:{found['minute']}" if found["hour"] else before
    return RollLine(row, number, f"{series}-{number:03d}", services.get(found["service"], ""), at)


def _roll_problem(line: RollLine, before: list[RollLine], now: str) -> str:
    """What stands against a line, as the end of a word's name; nothing for most."""
    if not line.number:
        return "number"
    if not line.service:
        return "service"
    if not line.at or not _HOUR.fullmatch(line.at):
        return "time"
    if line.at > now:
        return "later"
    fine = [each for each in before if not each.problem]
    if any(each.number == line.number for each in fine):
        return "twice"
    return (
        "order"
        if any((each.number < line.number) != (each.at <= line.at) for each in fine if each.at != line.at)
        else ""
    )


def motive(reason: str, *, needed: bool) -> str | None:
    """A motive as it is recorded. Raises Unreadable when one is needed and missing."""
    said = " ".join(reason.split())
    if needed and not said:
        raise Unreadable("say why", code="reason_needed", field="reason")
    return said or None


def withdraw(answer: Answer, answered: Instant, now: Instant) -> AnswerWithdrawn:
    """Take back an answer that was noted by mistake, soon after."""
    if answer.withdrawn:
        raise Refused("this was already taken back", code="withdrawn")
    if elapsed(answered, now).ms > WITHDRAW_MS:
        raise Refused("this was noted too long ago to be taken back", code="too_late")
    return AnswerWithdrawn(answer.id)
