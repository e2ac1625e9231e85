"""One box that finds a person or an employer: by number, telephone or name, while it is being typed.

A name is looked up by *pairs of words*, not by trigrams: a country has a million persons and a few
thousand words, so a trigram, and even a whole surname, stands for tens of thousands of persons, while
two words together stand for hundreds. Slips and sounds are found among the words first (`slip`,
`word_sound`), so the index of persons is only asked for words that exist. Steps go from strict to lax
and stop as soon as there are enough; all of a step's answers are ranked together.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from hub.people import names
from hub.people.model import Hit
from hub.people.rules import phone

Reader = sqlite3.Connection
MOST = 20
#: Words of what was typed that are looked for.
TYPED = 6
#: Other spellings of one word that are tried, and pairs of spellings in one group.
SPELLINGS = 16
COMBINATIONS = 64
#: Persons that one step looks at before ranking.
LOOKED_AT = 120
#: Digits from which a number is searched by its beginning.
DIGITS = 4
PREFIX_COST, SLIP_COST, SOUND_COST, MISSING_COST = 0.3, 1.0, 1.2, 2.0
_SHOWN = "id, ref, type, number, name, first_names, short_name, birth_date, city, restricted"


@dataclass(frozen=True, slots=True)
class _Word:
    """One typed word: spellings that exist → how far each is from what was typed."""

    spellings: dict[str, float]

    @property
    def exact(self) -> _Word:
        """Only as it was typed."""
        return _Word({word: cost for word, cost in self.spellings.items() if not cost})

    @property
    def begun(self) -> _Word:
        """As it was typed, or going on like that."""
        return _Word({word: cost for word, cost in self.spellings.items() if cost <= PREFIX_COST})


def search(reader: Reader, typed: str, most: int = MOST) -> tuple[Hit, ...]:
    """Parties that somebody may mean, the likeliest first. An exact number comes before everything."""
    found = {hit.ref: hit for hit in _by_number(reader, typed, most)}
    if len(found) < most:
        for hit in _by_name(reader, typed, most):
            found.setdefault(hit.ref, hit)
    return tuple(found.values())[:most]


def similar(reader: Reader, ref: str, most: int = MOST) -> tuple[Hit, ...]:
    """Files that may be about the same person ("comptes similaires"): one slip in the name, the same year of birth."""
    row = reader.execute("SELECT name, first_names, birth_date FROM party WHERE ref = ?", (ref,)).fetchone()
    if row is None or not row["birth_date"]:
        return ()
    year = row["birth_date"][:4]
    near = _by_name(reader, f"{row['name']} {row['first_names'] or ''} {year} ", most)
    return tuple(hit for hit in near if hit.ref != ref and hit.slips <= SOUND_COST and hit.birth_date.startswith(year))


def named(reader: Reader, refs: Iterable[str]) -> tuple[Hit, ...]:
    """The parties of these refs, as a search would show them."""
    wanted = list(dict.fromkeys(refs))
    marks = ", ".join("?" * len(wanted))
    rows = reader.execute(f"SELECT {_SHOWN} FROM party WHERE ref IN ({marks})", wanted)  # noqa: S608 (marks)
    return tuple(_hit(row, 0) for row in rows)


# --- numbers -----------------------------------------------------------------------------------


def _by_number(reader: Reader, typed: str, most: int) -> Iterator[Hit]:
    plain = "".join(typed.split()).upper()
    if not plain.isascii() or (not plain.isalnum() and not phone(typed)):
        return
    yield from _hits(reader, "SELECT id FROM party WHERE number = ? OR ref = ?", (plain, typed.strip()), 0)
    if called := phone(typed):
        sql = "SELECT party FROM party_phone WHERE phone = ? ORDER BY party LIMIT ?"
        yield from _hits(reader, sql, (called, most), 0)
    if len(plain) >= DIGITS and any(char.isdigit() for char in plain):
        sql = "SELECT id FROM party WHERE number > ? AND number < ? ORDER BY number LIMIT ?"
        yield from _hits(reader, sql, (plain, f"{plain}~", most), PREFIX_COST)
    if len(plain) >= DIGITS and plain.isdigit() and plain.startswith("0"):
        sql = "SELECT party FROM party_phone WHERE phone > ? AND phone < ? ORDER BY phone LIMIT ?"
        yield from _hits(reader, sql, (plain, f"{plain}~", most), PREFIX_COST)


def _hits(reader: Reader, sql: str, values: tuple[object, ...], cost: float) -> Iterator[Hit]:
    ids = [row[0] for row in reader.execute(sql, values)]
    rows = {row["id"]: row for row in _parties(reader, ids)}
    yield from (_hit(rows[party], cost) for party in dict.fromkeys(ids))


def _parties(reader: Reader, ids: Iterable[int]) -> list[sqlite3.Row]:
    wanted = list(dict.fromkeys(ids))
    marks = ", ".join("?" * len(wanted))
    return reader.execute(f"SELECT {_SHOWN} FROM party WHERE id IN ({marks})", wanted).fetchall()  # noqa: S608 (marks)


def _hit(row: sqlite3.Row, cost: float) -> Hit:
    name = " ".join(filter(None, (row["name"], row["first_names"])))
    return Hit(
        ref=row["ref"],
        type=row["type"],
        number=row["number"] or "",
        name=name,
        birth_date=row["birth_date"] or "",
        city=row["city"] or "",
        slips=cost,
        restricted=bool(row["restricted"]),
    )


# --- names -------------------------------------------------------------------------------------


def _by_name(reader: Reader, typed: str, most: int) -> list[Hit]:
    asked = names.words(typed)[:TYPED]
    year = next((word for word in asked if len(word) == 4 and word[:2] in ("18", "19", "20") and word.isdigit()), "")  # noqa: PLR2004 (digits of a year)
    last = asked[-1] if asked and not typed.endswith((" ", ",")) else ""
    words = [_spelt(reader, word, unfinished=word == last) for word in asked if word != year]
    ranked: dict[int, tuple[tuple[float, int, str], Hit]] = {}
    for found in _candidates(reader, words, year):
        for row in _parties(reader, (party for party in found if party not in ranked)):
            rank = _rank(row, words, year)
            ranked[row["id"]] = rank, _hit(row, rank[0])
        if len(ranked) >= most:
            break
    return [hit for _, hit in sorted(ranked.values(), key=lambda each: each[0])][:most]


def _spelt(reader: Reader, word: str, *, unfinished: bool) -> _Word:
    """The words that exist and may be meant by one that was typed."""
    found: dict[str, float] = {}
    if reader.execute("SELECT 1 FROM word WHERE text = ? AND used > 0", (word,)).fetchone():
        found[word] = 0.0
    if unfinished:
        begun = "SELECT text FROM word WHERE text > ? AND text < ? AND used > 0 ORDER BY used DESC LIMIT ?"
        found |= {row[0]: PREFIX_COST for row in reader.execute(begun, (word, f"{word}~", SPELLINGS // 2))}
    if len(word) >= names.SLIP_LENGTH - 1:
        found = dict(_slips(reader, word)) | found
    return _Word(dict(sorted(found.items(), key=lambda each: each[1])[:SPELLINGS]))


def _slips(reader: Reader, word: str) -> Iterator[tuple[str, float]]:
    heard = "SELECT text FROM word WHERE sound = ? AND used > 0 AND text <> ? ORDER BY used DESC LIMIT 8"
    for row in reader.execute(heard, (names.sound(word), word)):
        yield row[0], SOUND_COST
    traces = sorted(names.traces(word))
    marks = ", ".join("?" * len(traces))
    sql = f"SELECT DISTINCT word FROM slip JOIN word ON text = word WHERE trace IN ({marks}) AND used > 0"  # noqa: S608 (marks)
    near = f"{sql} ORDER BY used DESC LIMIT 200"
    for row in reader.execute(near, traces):
        if names.one_slip(word, row[0]):
            yield row[0], SLIP_COST


def _candidates(reader: Reader, words: list[_Word], year: str) -> Iterator[list[int]]:
    """Parties to be ranked together: first those who are called that and nothing else, then by ever laxer steps."""
    if words and all(word.spellings for word in words):
        yield _asked(reader, [_any(_wholes(words))])
    for step in _steps(words):
        yield _matching(reader, step, year)


def _wholes(words: list[_Word]) -> dict[str, None]:
    """Whole names in which one word at most is spelt otherwise than it is likeliest meant."""
    likeliest = [next(iter(word.spellings)) for word in words]
    return dict.fromkeys(
        names.whole({*likeliest[:place], other, *likeliest[place + 1 :]})
        for place, word in enumerate(words)
        for other in word.spellings
    )


def _steps(words: list[_Word]) -> Iterator[list[_Word]]:
    """From strict to lax: as typed, the last word unfinished, with slips, and at last with one word left out."""
    yield [word.exact for word in words]
    yield [word.exact for word in words[:-1]] + [word.begun for word in words[-1:]]
    yield words
    if len(words) > 2:  # noqa: PLR2004 (of two words none can be left out)
        yield from ([*words[:out], *words[out + 1 :]] for out in range(len(words)))


def _matching(reader: Reader, words: list[_Word], year: str) -> list[int]:
    """Parties that have all of these words, each in one of its spellings."""
    if not words or not all(word.spellings for word in words):
        return []
    sides = [word.spellings for word in words]
    if year:
        pairs = [(side, {year: 0.0}) for side in sides]
    elif len(sides) == 1:
        return _asked(reader, [_any(sides[0])])
    else:
        odd = [(sides[-1], sides[0])] if len(sides) % 2 else []
        pairs = [*zip(sides[::2], sides[1::2], strict=False), *odd]
    return _asked(reader, [_any(_together(one, other)) for one, other in pairs])


def _together(one: dict[str, float], other: dict[str, float]) -> dict[str, float]:
    every = ((names.pair(a, b), one[a] + other[b]) for a, b in product(one, other) if a != b)
    return dict(sorted(every, key=lambda each: each[1])[:COMBINATIONS])


def _any(spellings: Iterable[str]) -> str:
    return "(" + " OR ".join(f'"{term}"' for term in spellings) + ")"


def _asked(reader: Reader, groups: list[str]) -> list[int]:
    if "()" in groups:
        return []
    sql = "SELECT rowid FROM party_name WHERE party_name MATCH ? LIMIT ?"
    return [row[0] for row in reader.execute(sql, (" AND ".join(groups), LOOKED_AT))]


def _rank(row: sqlite3.Row, words: list[_Word], year: str) -> tuple[float, int, str]:
    """How far a name is from what was typed; then whether its words stand in another order; then its name."""
    person = row["type"] == "person"
    own = names.words(row["name"], row["first_names"] if person else row["short_name"])
    cost = MISSING_COST if year and not (row["birth_date"] or "").startswith(year) else 0.0
    places: list[int] = []
    for word in words:
        near = min(((word.spellings[each], own.index(each)) for each in own if each in word.spellings), default=None)
        cost += near[0] if near else MISSING_COST
        places += [near[1]] if near else []
    extra = 0.1 * max(0, len(own) - len(words))
    return round(cost + extra, 2), int(places != sorted(places)), row["name"]
