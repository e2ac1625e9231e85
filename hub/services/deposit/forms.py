"""A draft as a form: what its fields are called, and the draft that was typed into them.

`c0-number`, `c0-e1-has-married`, `c0-e1-d3-issued`: person, event, row. What the hub knows and hands cannot change
(whose file it is) is never taken from the form, but from the draft that is kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from hub.services.deposit import intake
from hub.services.deposit.model import Concerned, Depositor, Draft, Lists, Reason, Row

_FIELD = re.compile(r"c(\d{1,3})(?:-e(\d{1,3})(?:-d(\d{1,3}))?)?-[a-z_-]+")
_LONGEST = 300
_CATEGORIES = ("simple", "proxy", "group", "priority", "appointment")
_ROW = ("issued", "valid", "copies", "copy_kind", "about", "period", "motive")
Form = Mapping[str, str]


def draft_from(form: Form, kept: Draft) -> Draft:
    """What was typed. A field that the form lacks stays as it is kept."""
    who = kept.depositor
    depositor = Depositor(
        _text(form, "name", who.name), _text(form, "quality", who.quality), _text(form, "id_type", who.id_type),
        _text(form, "id_number", who.id_number),
    )  # fmt: skip
    category = _text(form, "category", kept.category)
    there = sorted({int(found[1]) for name in form if (found := _FIELD.fullmatch(name))})[: intake.MOST_CONCERNED]
    return Draft(
        depositor,
        category if category in _CATEGORIES else "simple",
        tuple(_concerned(form, at, _at(kept.concerned, at)) for at in there),
    )


def _text(form: Form, name: str, otherwise: str = "") -> str:
    return form.get(name, otherwise)[:_LONGEST]


def _at(kept: tuple[Concerned, ...], at: int) -> Concerned:
    return kept[at] if at < len(kept) else Concerned()


def _concerned(form: Form, at: int, kept: Concerned) -> Concerned:
    number = _text(form, f"c{at}-number")
    same = number.strip() == kept.number.strip()
    events = sorted({int(f[2]) for name in form if (f := _FIELD.fullmatch(name)) and int(f[1]) == at and f[2]})
    return Concerned(
        _text(form, f"c{at}-type", kept.type), number, _text(form, f"c{at}-name"), kept.party if same else None,
        tuple(_reason(form, f"c{at}-e{each}", kept, each) for each in events[: intake.MOST_REASONS]),
        kept.owes if same else None,
    )  # fmt: skip


def _reason(form: Form, name: str, kept: Concerned, at: int) -> Reason:
    before = kept.reasons[at] if at < len(kept.reasons) else Reason("")
    begins = f"{name}-has-"
    said = {each.removeprefix(begins): _count(value) for each, value in form.items() if each.startswith(begins)}
    found = (_FIELD.fullmatch(each) for each in form if each.startswith(f"{name}-d"))
    places = sorted({int(each[3]) for each in found if each and each[3]})
    rows = tuple(_row(form, f"{name}-d{each}", before, each) for each in places[: intake.MOST_ROWS])
    return Reason(_text(form, f"{name}-event", before.event), {k: v for k, v in said.items() if v}, rows)


def _count(value: str) -> int:
    plain = value.strip()
    return min(int(plain), intake.MOST_COUNTED) if plain.isascii() and plain.isdigit() and len(plain) < 4 else 0  # noqa: PLR2004 (three digits are plenty)


def _row(form: Form, name: str, before: Reason, at: int) -> Row:
    values = {each: _text(form, f"{name}-{each}") for each in _ROW if f"{name}-{each}" in form}
    replaces = before.rows[at].replaces if at < len(before.rows) else None
    return Row(_text(form, f"{name}-document"), f"{name}-there" in form, **values, replaces=replaces)


# --- changing its shape ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """What a button asks: `concerned`, `event:c0`, `row:c0-e1`, `shape:c0-e1`, `drop:c1`, `drop:c0-e1`, `save`."""

    verb: str
    person: int = -1
    event: int = -1

    @staticmethod
    def of(said: str) -> Asked:
        """Read from a button; whatever is none of them saves."""
        verb, _, place = said.partition(":")
        found = re.fullmatch(r"c(\d{1,3})(?:-e(\d{1,3}))?", place)
        if verb == "concerned" or found is None:
            return Asked(verb if verb in ("concerned", "deposit") else "save")
        return Asked(verb, int(found[1]), int(found[2]) if found[2] else -1)


def shaped(draft: Draft, asked: Asked, form: Form, lists: Lists) -> tuple[Draft, str, str]:
    """The draft with a person, an event or a row more or less; the field to go on in, and the word of what is wrong."""
    people = list(draft.concerned)
    if asked.verb == "concerned" and len(people) < intake.MOST_CONCERNED:
        return replace(draft, concerned=(*people, Concerned())), f"c{len(people)}-number", ""
    if not 0 <= asked.person < len(people):
        return draft, "", ""
    person, name = people[asked.person], f"c{asked.person}"
    at, wrong = "", ""
    if asked.verb == "event":
        code = event_meant(form.get(f"{name}-new", ""), lists)
        if code is None:
            return draft, f"{name}-new", "no_event"
        reasons = (*person.reasons, Reason(code))[: intake.MOST_REASONS]
        people[asked.person] = replace(person, reasons=reasons)
        at = f"{name}-e{len(reasons) - 1}-d0-issued"
    elif asked.verb == "owes" and 0 <= asked.event < len(person.owes or ()):
        people[asked.person], at = _brought(person, asked.event, name, lists)
    elif asked.verb == "row" and 0 <= asked.event < len(person.reasons):
        people[asked.person], at, wrong = _one_more(person, asked.event, name, form, lists)
    elif asked.verb == "drop":
        if asked.event >= 0:
            people[asked.person] = replace(person, reasons=_without(person.reasons, asked.event))
            at = f"{name}-new"
        else:
            del people[asked.person]
    return replace(draft, concerned=tuple(people)), at, wrong


def _brought(person: Concerned, at: int, name: str, lists: Lists) -> tuple[Concerned, str]:
    """A periodic document that somebody owes, with the event that asks for it."""
    owed = (person.owes or ())[at]
    event = lists.event_for(owed.type, person.type)
    if event is None or len(person.reasons) >= intake.MOST_REASONS:
        return person, ""
    reason = Reason(event, {}, (Row(owed.type, period=owed.period),))
    owes = tuple(each for place, each in enumerate(person.owes or ()) if place != at)
    found = replace(person, reasons=(*person.reasons, reason), owes=owes)
    return found, f"{name}-e{len(person.reasons)}-d0-issued"


def _without(reasons: tuple[Reason, ...], at: int) -> tuple[Reason, ...]:
    return tuple(each for place, each in enumerate(reasons) if place != at)


def _one_more(person: Concerned, at: int, name: str, form: Form, lists: Lists) -> tuple[Concerned, str, str]:
    """One more document of an event, by its code."""
    typed = form.get(f"{name}-e{at}-add", "").strip()
    code = typed.split(" ", 1)[0]
    if code not in lists.types:
        return person, f"{name}-e{at}-add", "no_type"
    reason = person.reasons[at]
    if len(reason.rows) >= intake.MOST_ROWS:
        return person, f"{name}-e{at}-add", "too_many"
    reasons = list(person.reasons)
    reasons[at] = replace(reason, rows=(*reason.rows, Row(code, there=True)))
    return replace(person, reasons=tuple(reasons)), f"{name}-e{at}-d{len(reason.rows)}-issued", ""


def event_meant(typed: str, lists: Lists) -> str | None:
    """The event of a code, or of the only name that begins so, in any language."""
    plain = typed.strip()
    code = plain.split(" ", 1)[0].upper()
    if code in lists.events:
        return code
    names = {
        each.code for each in lists.events.values() for name in each.label.values()
        if plain and name.casefold().startswith(plain.casefold())
    }  # fmt: skip
    return names.pop() if len(names) == 1 else None


def place_of(name: str, draft: Draft) -> tuple[Reason, Row] | None:
    """The row of that name with its event; None where the draft has none."""
    found = re.fullmatch(r"c(\d{1,3})-e(\d{1,3})-d(\d{1,3})", name)
    person, event, row = (int(each) for each in found.groups()) if found else (-1, -1, -1)
    if not 0 <= person < len(draft.concerned) or not 0 <= event < len(draft.concerned[person].reasons):
        return None
    reason = draft.concerned[person].reasons[event]
    return (reason, reason.rows[row]) if 0 <= row < len(reason.rows) else None
