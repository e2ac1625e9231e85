"""What a value of a person's file must look like, which values agree, who may see which field. Touches nothing.

Each check takes a text as it stands in a file and gives the value that is kept, or raises Wrong with
a reason that names what was expected. The database repeats them as constraints (`replica.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from hub.people.model import MASKED, Version

Value = str | int | None
Check = Callable[[str], Value]
OLDEST = "1880"
#: Data of the central base older than this are shown in amber.
FRESH_MS = 24 * 3600 * 1000
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_PERIOD = re.compile(r"\d{4}-(0[1-9]|1[0-2]|T[1-4])")
_FRENCH_DATE = re.compile(r"(\d{2})/(\d{2})/(\d{4})")
_PHONE = re.compile(r"(?:\+|00)?(?:242)?(0[456]\d{7}|22\d{7})")
_AMOUNT_GAPS = str.maketrans("", "", " .\u00a0\u202f")


class Wrong(ValueError):
    """A value that cannot be kept; the text says why, without the value."""


def text(most: int) -> Check:
    """A text of at most so many characters, without control characters."""

    def check(value: str) -> Value:
        if len(value) > most:
            raise Wrong(f"longer than {most} characters")
        if not value.isprintable():
            raise Wrong("control characters or a line break")
        return value

    return check


def form(pattern: str, expected: str) -> Check:
    """A text of this form, spaces left out."""
    whole = re.compile(pattern)

    def check(value: str) -> Value:
        plain = value.replace(" ", "")
        if not whole.fullmatch(plain):
            raise Wrong(f"expected {expected}")
        return plain

    return check


def one_of(*values: str) -> Check:
    """One of these words."""
    known = frozenset(values)

    def check(value: str) -> Value:
        if value not in known:
            raise Wrong(f"expected one of {', '.join(values)}")
        return value

    return check


def some_of(*values: str) -> Check:
    """Some of these words, parted by `;`."""
    known = frozenset(values)

    def check(value: str) -> Value:
        found = [part.strip() for part in value.split(";") if part.strip()]
        if not known.issuperset(found):
            raise Wrong(f"expected some of {', '.join(values)}, parted by ;")
        return ";".join(sorted(found))

    return check


@lru_cache(maxsize=50_000)
def partial_date(value: str) -> str:
    """`1966-07-23`, `1966-07` or `1966` (né vers 1966), also `23/07/1966`: its length is its precision."""
    if french := _FRENCH_DATE.fullmatch(value):
        value = f"{french[3]}-{french[2]}-{french[1]}"
    found = _DATE.fullmatch(value)
    if found is None:
        raise Wrong("expected a date such as 1966-07-23, 1966-07 or 1966")
    try:
        date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
    except ValueError as error:
        raise Wrong("no such day in the calendar") from error
    if value < OLDEST:
        raise Wrong(f"before {OLDEST}")
    return value


def day(value: str) -> str:
    """A whole date."""
    found = partial_date(value)
    if len(found) != len("1966-07-23"):
        raise Wrong("expected a whole date such as 1966-07-23")
    return found


def period(value: str) -> str:
    """A month `2013-03` or a quarter `2013-T1`."""
    if not _PERIOD.fullmatch(value):
        raise Wrong("expected a period such as 2013-03 or 2013-T1")
    return value


def amount(value: str) -> int:
    """Whole francs: `1446117`, `1 446 117` or `1.446.117`."""
    plain = value.translate(_AMOUNT_GAPS)
    if not plain.isascii() or not plain.isdigit() or not 1 <= len(plain) <= 15:  # noqa: PLR2004 (digits of SQLite's integers)
        raise Wrong("expected whole francs such as 1446117")
    if "." in value and not re.fullmatch(r"\d{1,3}(\.\d{3})+", value):
        raise Wrong("francs have no decimals")
    return int(plain)


def yes_no(value: str) -> int:
    """1 or 0."""
    found = {"1": 1, "0": 0, "true": 1, "false": 0, "oui": 1, "non": 0}.get(value.lower())
    if found is None:
        raise Wrong("expected 1 or 0")
    return found


def phones(value: str) -> str:
    """Congolese numbers parted by `;`, kept as nine digits: `06 000 1234`, `+242 06 000 12 34`."""
    found = [phone(part) for part in value.split(";") if part.strip()]
    if None in found:
        raise Wrong("expected phone numbers such as 060001234, parted by ;")
    return ";".join(str(each) for each in found)


def phone(value: str) -> str | None:
    """The nine digits of one number; None when it is none."""
    found = _PHONE.fullmatch(re.sub(r"[\s.\-/]", "", value))
    return found[1] if found else None


def rib_key(bank: str, branch: str, account: str) -> int:
    """The two last digits of a bank identity (CEMAC)."""
    return 97 - (89 * int(bank) + 15 * int(branch) + 3 * int(account)) % 97


def rib(value: str) -> str:
    """23 digits whose key agrees."""
    plain = re.sub(r"[\s-]", "", value)
    if not re.fullmatch(r"[0-9]{23}", plain):
        raise Wrong("expected the 23 digits of a RIB")
    if rib_key(plain[:5], plain[5:10], plain[10:21]) != int(plain[21:]):
        raise Wrong("the key of the RIB does not agree")
    return plain


def email(value: str) -> str:
    """Something at somewhere."""
    if not re.fullmatch(r"[^@\s]{1,64}@[^@\s]{1,180}\.[^@\s.]{2,}", value):
        raise Wrong("expected an e-mail address")
    return value


# --- values that must agree --------------------------------------------------------------------

#: (earlier, later): the later one may not lie before the earlier one.
IN_ORDER = (("birth_date", "deceased_on"), ("start", "end"), ("opened_on", "closed_on"))


def disagreement(record: Mapping[str, Any], today: str) -> tuple[str, str] | None:
    """The field and the reason, when two values of one record cannot both be true."""
    for earlier, later in IN_ORDER:
        first, last = record.get(earlier), record.get(later)
        if first and last and before(last, first):
            return later, f"lies before {earlier}"
    for name in ("birth_date", "deceased_on"):
        if (record.get(name) or "") > today:
            return name, "lies in the future"
    if "party" in record and record.get("party") == record.get("other"):
        return "other", "somebody is no relative of their own"
    return None


def before(one: str, other: str) -> bool:
    """Whether a date lies before another for certain; what only a year says may be any day of it."""
    shared = min(len(one), len(other))
    return one[:shared] < other[:shared]


def hired_as_a_child(birth_date: str | None, start: str | None) -> bool:
    """Whether a file says that somebody was employed before the age of ten: one of the dates is wrong."""
    return bool(birth_date and start and int(start[:4]) - int(birth_date[:4]) < 10)  # noqa: PLR2004 (its name says it)


# --- état au JJ/MM/AAAA ------------------------------------------------------------------------


def state_on(versions: Iterable[Version], on: str, known_ms: int | None = None) -> Version | None:
    """What held on a day, as far as it was known at a moment (None: all that is known today).

    Each version says "from `effective` on, as we learnt at `recorded`"; a correction is a later
    version with the same or an earlier effective date, and nothing is ever overwritten.
    """
    held = [v for v in versions if v.effective <= on and (known_ms is None or v.recorded <= known_ms)]
    return max(held, key=lambda v: (v.effective, v.recorded), default=None)


# --- who may see what --------------------------------------------------------------------------

_COUNTER = frozenset({"clerk", "validator", "case_officer", "medical_officer", "supervisor", "executive", "auditor"})
_MONEY = (_COUNTER - {"medical_officer"}) | {"collections_cashier", "benefits_cashier", "head_cashier"}
_EVERYBODY = _MONEY | {"receptionist", "medical_officer"}
_BANK = frozenset({"validator", "case_officer", "benefits_cashier", "head_cashier", "supervisor", "auditor"})
#: Files of a restricted person (staff of the fund, somebody under protection).
_RESTRICTED = frozenset({"case_officer", "supervisor", "auditor"})
#: field of the sheet → roles that see it. What has no row is seen by nobody.
FIELD_RIGHTS: dict[str, frozenset[str]] = {
    **dict.fromkeys(
        ("type", "number", "ref", "roles", "status", "name", "first_names", "short_name", "category"), _EVERYBODY
    ),
    **dict.fromkeys(("birth_date", "birth_place", "sex", "phones", "city", "district"), _EVERYBODY),
    **dict.fromkeys(("legal_form", "trade_register", "tax_number", "activity", "periodicity"), _EVERYBODY),
    **dict.fromkeys(("headcount", "opened_on", "closed_on", "manager"), _EVERYBODY),
    **dict.fromkeys(("email", "address", "nationality", "marital_status", "deceased_on"), _COUNTER),
    **dict.fromkeys(("id_type", "id_number", "father", "mother"), _COUNTER),
    **dict.fromkeys(("employments", "relationships", "cases", "documents", "letters"), _COUNTER),
    **dict.fromkeys(("contributions", "payments"), _MONEY),
    "salary": _COUNTER - {"executive", "medical_officer"},
    "accounts": _BANK,
}
#: Of a restricted file everybody else sees no more than that it is there.
ALWAYS_SEEN = frozenset({"type", "number", "status"})


def may_see(roles: Iterable[str], field: str, *, restricted: bool = False) -> bool:
    """Whether one of the roles sees a field of a file."""
    held = frozenset(roles)
    if restricted and field not in ALWAYS_SEEN and held.isdisjoint(_RESTRICTED):
        return False
    return not held.isdisjoint(FIELD_RIGHTS.get(field, frozenset()))


def masked(values: Mapping[str, Any], roles: Iterable[str], *, restricted: bool = False) -> dict[str, Any]:
    """The values with MASKED in place of what these roles may not see; what is empty is masked as well."""
    held = frozenset(roles)
    return {n: v if may_see(held, n, restricted=restricted) else MASKED for n, v in values.items()}


def stale(data_ms: int | None, now_ms: int) -> bool:
    """Whether data of that moment (None: nothing was ever imported) should be shown in amber."""
    return data_ms is None or now_ms - data_ms > FRESH_MS
