"""Whole numbers in words, as they are spoken and as a receipt writes them (requirements C.8)."""

from __future__ import annotations

from typing import Literal

French = Literal["FR", "BE"]
_TEN, _TWENTY, _HUNDRED, _THOUSAND = 10, 20, 100, 1000

_FR_SMALL = (
    "zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze",
    "treize", "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf",
)  # fmt: skip
#: ten → its word, and how many count on from it: in France 70 and 90 count on from 60 and 80.
_FR_TENS: dict[French, dict[int, tuple[str, int]]] = {
    "FR": {2: ("vingt", 10), 3: ("trente", 10), 4: ("quarante", 10), 5: ("cinquante", 10),
           6: ("soixante", 20), 8: ("quatre-vingt", 20)},
    "BE": {2: ("vingt", 10), 3: ("trente", 10), 4: ("quarante", 10), 5: ("cinquante", 10),
           6: ("soixante", 10), 7: ("septante", 10), 8: ("quatre-vingt", 10), 9: ("nonante", 10)},
}  # fmt: skip
_FR_LARGE = ((10**9, "milliard"), (10**6, "million"))

_EN_SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_EN_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_EN_LARGE = ((10**9, "billion"), (10**6, "million"), (_THOUSAND, "thousand"))


def french(number: int, variant: French = "FR") -> str:
    """A whole number in French words: `FR` as in France and Brazzaville, `BE` as in Belgium and Kinshasa."""
    for size, name in _FR_LARGE:
        if number >= size:
            many, rest = divmod(number, size)
            head = f"{french(many, variant)} {name}{'s' if many > 1 else ''}"
            return f"{head} {french(rest, variant)}" if rest else head
    thousands, rest = divmod(number, _THOUSAND)
    if not thousands:
        return _fr_hundreds(rest, variant, last=True)
    head = "mille" if thousands == 1 else f"{_fr_hundreds(thousands, variant, last=False)} mille"
    return f"{head} {_fr_hundreds(rest, variant, last=True)}" if rest else head


def _fr_hundreds(number: int, variant: French, *, last: bool) -> str:
    """Below a thousand. `last`: nothing is counted after it, so "cents" and "vingts" take their s."""
    hundreds, rest = divmod(number, _HUNDRED)
    if not hundreds:
        return _fr_tens(rest, variant, last=last)
    head = "cent" if hundreds == 1 else f"{_FR_SMALL[hundreds]} cent"
    if rest:
        return f"{head} {_fr_tens(rest, variant, last=last)}"
    return f"{head}s" if hundreds > 1 and last else head


def _fr_tens(number: int, variant: French, *, last: bool) -> str:
    if number < _TWENTY:
        return _FR_SMALL[number]
    tens = _FR_TENS[variant]
    ten = number // _TEN if number // _TEN in tens else number // _TEN - 1
    word, rest = tens[ten][0], number - _TEN * ten
    if not rest:
        return f"{word}s" if word == "quatre-vingt" and last else word
    joined = " et " if rest in (1, 11) and word != "quatre-vingt" else "-"
    return f"{word}{joined}{_FR_SMALL[rest]}"


def english(number: int) -> str:
    """A whole number in English words."""
    for size, name in _EN_LARGE:
        if number >= size:
            many, rest = divmod(number, size)
            return f"{english(many)} {name} {english(rest)}" if rest else f"{english(many)} {name}"
    hundreds, rest = divmod(number, _HUNDRED)
    if hundreds:
        return f"{_EN_SMALL[hundreds]} hundred{f' and {english(rest)}' if rest else ''}"
    if rest < _TWENTY:
        return _EN_SMALL[rest]
    return _EN_TENS[rest // _TEN] + (f"-{_EN_SMALL[rest % _TEN]}" if rest % _TEN else "")
