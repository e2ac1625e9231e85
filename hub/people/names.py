"""How a name is folded, sounds and is mistyped: pure text, for French and Congolese names.

A name is a set of folded words (no accents, no case, no order). One slip of a finger is a letter
too many, too few, another one, or two swapped; two words that are one slip apart have a *trace* in
common (the word itself or the word less one letter), so slips are found by looking up, not by comparing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import combinations, islice

from hub.accents import bare

#: Words of one name that are indexed; a raison sociale may have more.
WORDS = 8
#: Shorter words are found as they are typed, or by their beginning.
SLIP_LENGTH = 4
_SPLIT = re.compile(r"[^a-z0-9]+")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "đ": "d", "ł": "l", "’": "", "'": ""})
#: (pattern, sound), in this order: what is written differently and heard alike.
_SOUNDS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"^[mn](?=[bdfgkpstvz])", ""),  # Mboungou, Boungou; Nganga, Ganga
        (r"tch|sch|sh|ch", "x"),
        (r"ph", "f"),
        (r"gn", "n"),
        (r"dj|j|g(?=[eiy])", "j"),
        (r"qu|q|ck|c(?![eiy])", "k"),
        (r"c", "s"),
        (r"z", "s"),
        (r"gu(?=[eiy])", "g"),
        (r"eau|au", "o"),
        (r"ai|ei|ae|oe", "e"),
        (r"ou|w", "u"),
        (r"h", ""),
        (r"y", "i"),
        (r"(.)\1+", r"\1"),
        (r"(?<=..)(es|[estdx])$", ""),
    )
)


@lru_cache(maxsize=20_000)
def fold(text: str) -> str:
    """Small letters and digits without accents, words parted by one space."""
    plain = text.lower().translate(_LIGATURES)
    if not plain.isascii():
        plain = bare(plain)
    return _SPLIT.sub(" ", plain).strip()


def words(*names: str | None) -> tuple[str, ...]:
    """The folded words of a name, each once, in their order."""
    found = dict.fromkeys(word for name in names if name for part in name.split() for word in fold(part).split())
    return tuple(islice(found, WORDS))


def terms(name_words: Iterable[str], year: str = "") -> Iterator[str]:
    """What a name is indexed by: its words, each two of them, all of them, and each with the year of birth."""
    ordered = sorted(name_words)
    yield from ordered
    yield whole(ordered)
    for one, other in combinations(ordered, 2):
        yield f"{one}-{other}"
    if year:
        yield from (pair(word, year) for word in ordered)


def pair(one: str, other: str) -> str:
    """Two words together, as `terms` writes them."""
    return f"{one}-{other}" if one < other else f"{other}-{one}"


def whole(name_words: Iterable[str]) -> str:
    """All words of a name together, as `terms` writes them: who is called exactly that."""
    return f"-{'-'.join(sorted(name_words))}"


@lru_cache(maxsize=20_000)
def sound(word: str) -> str:
    """How a folded word is heard; words that are often confused have the same."""
    for pattern, heard in _SOUNDS:
        word = pattern.sub(heard, word)
    return word


def traces(word: str) -> set[str]:
    """The word, and the word without each one of its letters."""
    return {word, *(word[:place] + word[place + 1 :] for place in range(len(word)))}


def one_slip(one: str, other: str) -> bool:
    """Whether one letter too many, too few, wrong, or two neighbours swapped make one word of the other."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    start = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    a, b = one[start:], other[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and len(b) > 1 and a[2:] == b[2:])
