"""What inquiry decides by itself: what is noted of an inquiry, which day a sheet shows, how much looking is much."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from hub.errors import Refused, Unreadable, chosen
from hub.services.inquiry.model import RESULTS, SUBJECTS, InquiryNoted

NOTE_LENGTH = 300
#: More looks an hour than this are shown to the agent and to the supervisor; nobody is stopped (threat T8).
MUCH_AN_HOUR = 60
HOUR_MS = 3_600_000
#: Letters from which a search begins.
LEAST_TYPED = 2
OLDEST_DAY = date(1900, 1, 1)


def note(  # noqa: PLR0913 (what there is to say of an inquiry)
    number: int,
    *,
    subject: str,
    result: str,
    said: str,
    day: int | None,
    ticket: int | None,
    contact: int | None,
    channel: str,
    party: str | None,
) -> InquiryNoted:
    """What was asked and how it ended. Raises Unreadable for what is missing, Refused when nobody asked."""
    if ticket is None and contact is None:
        raise Refused("nobody is here and no request is open: say first for whom", code="purpose_needed")
    about = chosen(subject, SUBJECTS, Unreadable("choose what was asked", code="subject_needed", field="subject"))
    ended = chosen(result, RESULTS, Unreadable("say how it ended", code="result_needed", field="result"))
    kept = " ".join(said.split())[:NOTE_LENGTH] or None
    return InquiryNoted(number, about, ended, channel, day, ticket, contact, party, kept)


def shown_day(typed: str, today: date) -> date | None:
    """The day that a sheet is asked for; None for today. Raises Unreadable for what is no past day."""
    if not typed.strip():
        return None
    try:
        asked = date.fromisoformat(typed.strip())
    except ValueError as error:
        raise Unreadable("a day such as 2013-05-16", code="bad_day", field="on") from error
    if not OLDEST_DAY <= asked <= today:
        raise Unreadable("a day that is past", code="bad_day", field="on")
    return asked if asked != today else None


def most_in_an_hour(times: Iterable[int]) -> int:
    """The most of these moments (wall, ms) within any one hour."""
    ordered, most, first = sorted(times), 0, 0
    for last, at in enumerate(ordered):
        while at - ordered[first] >= HOUR_MS:
            first += 1
        most = max(most, last - first + 1)
    return most
