"""What may happen to an appointment, and which times there are. Every state and step is here; nothing is touched.

Source: requirements B.13. Times of a service = counters x duration x share: of all that the counters could take, the
share is spread evenly over the day, so that whoever comes without one always finds places between.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from fractions import Fraction

from hub import days
from hub.accents import bare
from hub.errors import IllegalStep, NotFound, Refused, Unreadable, chosen, written
from hub.services.appointment.model import (
    OUTCOMES,
    Appointment,
    AppointmentArrived,
    AppointmentCancelled,
    AppointmentConcluded,
    AppointmentConfirmed,
    AppointmentDialled,
    AppointmentMissed,
    AppointmentMoved,
    AppointmentUnanswered,
    Mode,
    Slot,
    State,
)
from hub.wire import Standing

#: state → step → state.
STEPS: dict[State, dict[str, State]] = {
    "requested": {
        "confirm": "confirmed", "move": "confirmed", "cancel": "cancelled", "arrive": "arrived", "miss": "absent",
    },
    "confirmed": {"move": "confirmed", "cancel": "cancelled", "arrive": "arrived", "dial": "calling", "miss": "absent"},
    "arrived": {"conclude": "done", "move": "confirmed"},
    "calling": {"unanswered": "confirmed", "conclude": "done", "miss": "absent"},
    "absent": {"arrive": "arrived", "move": "confirmed"},
    "unreachable": {"move": "confirmed"},
    "done": {"conclude": "done"},
    "cancelled": {},
}  # fmt: skip
#: What a step needs besides its state.
_ONLY: dict[str, Mode] = {"arrive": "counter", "dial": "telephone"}
NAME_LENGTH, NUMBER_LENGTH, NOTE_LENGTH, MOTIVE_LENGTH = 120, 20, 200, 200
MS_PER_MIN = 60_000
_APOSTROPHES = re.compile(r"['\u2018\u2019\u02bc]")
_TELEPHONE = re.compile(r"\+?\d{6,15}")
#: Of a telephone number these last digits are the same with and without the country's prefix.
SAME_DIGITS = 8
#: So many times are told to people of one name; more are a matter for reception.
MOST_TOLD = 6


def steps_of(found: Appointment) -> tuple[str, ...]:
    """The steps possible now."""
    return tuple(name for name in STEPS[found.state] if _ONLY.get(name, found.mode) == found.mode)


def step(found: Appointment, name: str) -> State:
    """The state a step leads to. Raises IllegalStep naming the steps there are."""
    if name not in steps_of(found):
        raise IllegalStep(
            f"{found.label} is {found.state}: {name} is not possible now",
            code="appointment_step", state=found.state, possible=list(steps_of(found)),
        )  # fmt: skip
    return STEPS[found.state][name]


# --- times -----------------------------------------------------------------------------------


def length(mean_min: float, said: int) -> int:
    """How long an appointment takes, minutes: as the agency says, else the mean, up to the next five."""
    return said or max(5, math.ceil(mean_min / 5) * 5)


def times(first: str, last: str, minutes: int, counters: Fraction, share: int) -> tuple[Slot, ...]:
    """The times of a day from `first` on, none at `last` or after it, each with its places.

    After n times floor(n x counters x share %) places have been given: a share that is no whole number a time is
    spread over the day.
    """
    a_time = counters * share / 100
    found = []
    for number, minute in enumerate(range(days.minute_of(first), days.minute_of(last), minutes)):
        places = math.floor((number + 1) * a_time) - math.floor(number * a_time)
        if places:
            found.append(Slot(f"{minute // 60:02d}:{minute % 60:02d}", places))
    return tuple(found)


def left(slots: Iterable[Slot], taken: Mapping[str, int], from_minute: int | None) -> tuple[Slot, ...]:
    """The times with what is taken; today those that are left to others already are gone (`from_minute`)."""
    return tuple(
        Slot(slot.at, slot.places, taken.get(slot.at, 0))
        for slot in slots
        if from_minute is None or days.minute_of(slot.at) >= from_minute
    )


def free_time(slots: Iterable[Slot], time: str) -> Slot:
    """The time, if it can be booked. Raises Refused `slot_taken`, Unreadable `no_slot`."""
    for slot in slots:
        if slot.at == time:
            if not slot.free:
                raise Refused(f"the last place at {time} has just been taken", code="slot_taken", time=time)
            return slot
    raise Unreadable(f"no appointments are given at {time} that day", code="no_slot", field="time")


def least_busy(counters: Iterable[str], busy: Mapping[str, int]) -> str:
    """The counter that calls by telephone: the one with the fewest calls at that time. Raises Refused."""
    found = sorted(counters, key=lambda code: (busy.get(code, 0), code))
    if not found:
        raise Refused("no counter serves this", code="no_counter")
    return found[0]


# --- whom it is for --------------------------------------------------------------------------


def telephone(typed: str) -> str:
    """A telephone number without what people put between its digits; '' for none. Raises Unreadable."""
    number = re.sub(r"[\s().\-/]", "", typed)
    if number and not _TELEPHONE.fullmatch(number):
        raise Unreadable("a telephone number has 6 to 15 digits", code="bad_telephone", field="telephone")
    return number


def same_number(one: str | None, other: str) -> bool:
    """Whether two telephone numbers are one, with or without the country's prefix."""
    if not one or not other:
        return False
    mine, theirs = one.removeprefix("+"), other.removeprefix("+")
    return mine == theirs or (
        min(len(mine), len(theirs)) >= SAME_DIGITS and mine[-SAME_DIGITS:] == theirs[-SAME_DIGITS:]
    )


def plain(name: str) -> frozenset[str]:
    """The words of a name without accents, as two people would compare them: N'Ganga is Nganga."""
    return frozenset(re.findall(r"\w+", _APOSTROPHES.sub("", bare(name.casefold()))))


def whom(mode: Mode, name: str, number: str, registration: str) -> tuple[str, str, str]:
    """Who comes, as it is kept: name, telephone, registration number. Raises Unreadable without any of them."""
    said, dialled = " ".join(name.split())[:NAME_LENGTH], telephone(number)
    if mode == "telephone" and not dialled:
        raise Unreadable("which number is called?", code="telephone_needed", field="telephone")
    known = "".join(registration.split()).upper()[:NUMBER_LENGTH]
    if not (said or dialled or known):
        raise Unreadable("say who comes: a name, a telephone or a registration number", code="who_needed", field="name")
    return said, dialled, known


def not_twice(found: Iterable[Appointment], name: str, number: str, registration: str) -> None:
    """Raise Refused where the same person has an appointment for the same service that day already."""
    for each in found:
        same_person = bool(registration) and each.registration_number == registration
        same_person |= same_number(each.telephone, number) and (
            not name or not each.name or plain(name) == plain(each.name)
        )
        if each.open and same_person:
            raise Refused(
                f"this person has {each.label} at {each.at} that day already", code="booked_already",
                label=each.label, time=each.at,
            )  # fmt: skip


def one_at_a_time(found: Iterable[Appointment], name: str, number: str) -> None:
    """Raise Refused where whoever books for themselves has an appointment still to come, for whatever it is.

    Nothing is said of it: another may have typed their number. Without a number, a name is one person's.
    """
    words = plain(name)
    if any(
        same_number(each.telephone, number) or (words and not number and plain(each.name or "") == words)
        for each in found
    ):
        raise Refused("there is an appointment under this already: ask at reception", code="booked_open")


def not_too_many(given: int, most: int) -> None:
    """Raise Refused where a kiosk has given as many within an hour as it may (0: no limit)."""
    if most and given >= most:
        raise Refused(f"this kiosk gives no more than {most} appointments an hour: ask at reception", code="kiosk_full")


def meant(found: Iterable[Appointment], number: str, name: str) -> Appointment:
    """The appointment of whoever says their telephone number or their name. The kiosk never says whose there are.

    Of several the first one still to come. Raises NotFound `no_appointment`; Refused `several_appointments` where a
    name is that of more than one person.
    """
    theirs = [each for each in found if "arrive" in steps_of(each)]
    if number:
        theirs = [each for each in theirs if same_number(each.telephone, number)]
    if words := plain(name):
        theirs = [each for each in theirs if words <= plain(each.name or "")]
    if not theirs or not (number or words):
        raise NotFound("no appointment of today is known under this", code="no_appointment")
    people = {(each.telephone, plain(each.name or "")) for each in theirs}
    if not number and len(people) > 1:
        raise Refused("several people of that name come today: ask at reception", code="several_appointments")
    return min(theirs, key=lambda each: (each.state == "absent", each.slot_at))


def coming(found: Iterable[Appointment], number: str, name: str) -> tuple[Appointment, ...]:
    """Those of today that are known under a telephone number or a name, in the order of their times.

    Whom it is about is nobody's business but theirs: of several people of one name each says their time, and where
    times do not tell them apart nobody does. Of what is not to come here any more (a call, somebody who has their
    ticket) there is one. Raises NotFound `no_appointment`, Refused `several_appointments`.
    """
    words = plain(name)
    theirs = [
        each
        for each in found
        if (number and same_number(each.telephone, number)) or (words and words <= plain(each.name or ""))
    ]
    here = sorted((each for each in theirs if "arrive" in steps_of(each)), key=lambda each: each.slot_at)
    said = [each for each in theirs if each.state == "arrived" or (each.mode == "telephone" and each.open)]
    if not here and not said:
        raise NotFound("no appointment of today is known under this", code="no_appointment")
    if len(here) > MOST_TOLD or len({each.at for each in here}) < len(here):
        raise Refused("several people of that name come today: ask at reception", code="several_appointments")
    return tuple(here) or (min(said, key=lambda each: each.slot_at),)


# --- steps -----------------------------------------------------------------------------------


def confirm(found: Appointment) -> AppointmentConfirmed:
    """It stands."""
    step(found, "confirm")
    return AppointmentConfirmed(found.id)


def move(found: Appointment, on: str, time: str, slot_at: int, counter: str | None) -> AppointmentMoved:
    """Another time."""
    step(found, "move")
    if slot_at == found.slot_at:
        raise Unreadable("that is the time that it has", code="same_slot", field="time")
    return AppointmentMoved(found.id, on, time, slot_at, f"{found.on} {found.at}", counter)


def cancel(found: Appointment, *, by_visitor: bool) -> AppointmentCancelled:
    """Given up."""
    step(found, "cancel")
    return AppointmentCancelled(found.id, by_visitor)


def arrive(found: Appointment, ticket: int, today: str, now_ms: int) -> AppointmentArrived:
    """Its visitor is here. Raises Refused `other_day` on another day than its own."""
    step(found, "arrive")
    if found.on != today:
        raise _other_day(found)
    return AppointmentArrived(found.id, ticket, (now_ms - found.slot_at) // MS_PER_MIN)


def expected(found: Appointment | None, service: str, today: str) -> bool:
    """Whether whoever asks for this service now comes for that appointment."""
    return found is not None and (found.service, found.on) == (service, today) and "arrive" in steps_of(found)


def head_start(found: Appointment, now_ms: int, late_min: int, worth_min: int) -> int:
    """Minutes of head start of whoever arrives now: none for who is later than `late_min`."""
    return worth_min if now_ms - found.slot_at <= late_min * MS_PER_MIN else 0


def standing(found: Appointment, today: str, now_ms: int, early_min: int, late_min: int) -> Standing:
    """How whoever comes for it now stands: too early to be called, in time, or late."""
    if found.on != today:
        return "other_day"
    if found.mode == "telephone":
        return "call"
    if "arrive" not in steps_of(found):
        return "here"
    late = now_ms - found.slot_at
    if late < -early_min * MS_PER_MIN:
        return "early"
    if late < MS_PER_MIN:
        return "on_time"
    return "late" if late <= late_min * MS_PER_MIN else "past"


def miss(found: Appointment) -> AppointmentMissed:
    """Nobody came."""
    step(found, "miss")
    return AppointmentMissed(found.id)


def _other_day(found: Appointment) -> Refused:
    on = days.said(found.on)
    return Refused(f"{found.label} is on {found.on}", code="other_day", label=found.label, on=on, time=found.at)


def dial(found: Appointment, today: str) -> AppointmentDialled:
    """Call now. Raises Refused `other_day` before its day."""
    step(found, "dial")
    if found.on > today:
        raise _other_day(found)
    return AppointmentDialled(found.id, found.tries + 1)


def unanswered(found: Appointment, tries: int) -> AppointmentUnanswered:
    """Nobody picked up: once more later, `tries` times in all."""
    step(found, "unanswered")
    return AppointmentUnanswered(found.id, last=found.tries >= tries)


def conclude(found: Appointment, outcome: str, motive: str) -> AppointmentConcluded:
    """How it ended. Raises Unreadable for one that is not conclusive and has no motive."""
    step(found, "conclude")
    unsaid = Unreadable(f"outcome: one of {', '.join(OUTCOMES)}", code="outcome_needed", field="outcome")
    ended = chosen(outcome, OUTCOMES, unsaid)
    if ended == "conclusive":
        return AppointmentConcluded(found.id, ended)
    why = written(motive, MOTIVE_LENGTH, Unreadable("say what is missing", code="motive_needed", field="motive"))
    return AppointmentConcluded(found.id, ended, why)
