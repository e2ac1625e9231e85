"""Problems of the configuration, in words: which file, which place, what is wrong, what was probably meant.

Pydantic finds them; its sentences speak of inputs and patterns. These speak of files and keys.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from operator import getitem
from typing import Any, Self, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

#: file → its top-level tables and the setting each one is.
Files = Mapping[str, Mapping[str, str]]
LONGEST_FOUND = 60


class Misfit(str):
    """A problem: the sentence for whoever edits the files, and what a screen says it by in its own language.

    `code` names it, `parts` are what it speaks of; without a code only the files can be mended.
    """

    __slots__ = ("code", "parts")
    code: str
    parts: Mapping[str, str]

    def __new__(cls, sentence: str, code: str = "", /, **parts: object) -> Self:
        """The sentence, with its code and parts."""
        made = super().__new__(cls, sentence)
        made.code, made.parts = code, {name: str(each) for name, each in parts.items()}
        return made


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown word: the nearest known one, else all of them."""
    spelling = {each.lower(): each for each in known}
    swapped = [each for each in spelling if sorted(each) == sorted(word.lower())]
    near = swapped or difflib.get_close_matches(word.lower(), spelling, 1, cutoff=0.6)
    return f", did you mean {spelling[near[0]]}?" if near else f"; known: {', '.join(sorted(spelling.values()))}"


def twice(words: Iterable[str]) -> list[str]:
    """The words that occur more than once, each once."""
    every = list(words)
    return sorted({word for word in every if every.count(word) > 1})


def sentence(error: ErrorDetails, files: Files, root: type[BaseModel], layers: Mapping[str, Any]) -> Misfit:
    """One problem that pydantic found, for the person who wrote the file.

    `layers` are what was read, by name, the later over the earlier; the one named '' came from `files`. Its parts:
    `at`, the way to the value; `named`, the nearest thing on it that has a name; `what`, its last key; `found`.
    """
    loc = [part for part in error["loc"] if part != "[key]"]
    file, table = next((f, t) for f, tables in files.items() for t, setting in tables.items() if setting == loc[0])
    source = next((name for name in reversed([*layers]) if _inside(layers[name], *loc) is not None), "")
    text = f"{source or file}: {_place(loc, table, layers[source])}: {_what(error, loc, files, root)}"
    ways = [loc[:upto] for upto in range(len(loc), 0, -1)]
    named = next((name for way in ways if (name := _name(_inside(layers[source], *way)))), table)
    what = next(str(part) for part in reversed(loc) if isinstance(part, str))
    found = str(error["input"])[:LONGEST_FOUND]
    return Misfit(text, "value", at=".".join(map(str, loc)), named=named, what=what, found=found)


def _name(value: Any) -> str:
    """What names an item of a list; '' where nothing does."""
    if not isinstance(value, dict):
        return ""
    return next((str(value[key]) for key in ("code", "name", "counter") if key in value), "")


def _place(loc: list[int | str], table: str, data: Any) -> str:
    """`service #3 (DEP): papers.fr`: the way to a value, with the names of the list items on it."""
    value = _inside(data, loc[0])
    place = table
    for part in loc[1:]:
        value = _inside(value, part)
        if isinstance(part, int):
            name = _name(value)
            place += f" #{part + 1}" + (f" ({name})" if name else "") + ":"
        else:
            place += f" {part}" if place.endswith(":") else f".{part}"
    return place.removesuffix(":")


def _inside(value: Any, *way: int | str) -> Any:
    """What stands at the end of the way; None where there is nothing."""
    try:
        return reduce(getitem, way, value)
    except (LookupError, TypeError):
        return None


def _what(error: ErrorDetails, loc: list[int | str], files: Files, root: type[BaseModel]) -> str:
    match error["type"]:
        case "extra_forbidden":
            return f"unknown key{_meant(str(loc[-1]), keys_at(root, loc[:-1]), files, root)}"
        case "missing":
            return f"missing. It is: {_description(root, loc)}"
        case "value_error":
            return str(error["ctx"]["error"])
        case "literal_error":
            known = re.findall(r"'([^']*)'", error["ctx"]["expected"])
            return f"no such word {_found(error)}{did_you_mean(str(error['input']), known)}"
        case "string_pattern_mismatch":
            return f"{_form(root, loc, error['ctx']['pattern'])} {_found(error)}"
    return f"{PLAIN.get(error['type'], error['msg'].replace('Input should', 'should'))} {_found(error)}"


PLAIN = {
    "string_type": "should be text, between quotes",
    "tuple_type": "should be a list: [[…]] for tables, […] for values",
    "dict_type": "should be a table",
    "model_type": "should be one table, written once in single brackets",
    "too_short": "should not be empty",
}


def _found(error: ErrorDetails) -> str:
    shown = repr(error["input"])
    return f"(found {shown if len(shown) <= LONGEST_FOUND else shown[:LONGEST_FOUND] + '…'})"


def _meant(word: str, here: list[str], files: Files, root: type[BaseModel]) -> str:
    """The nearest key of this place; failing that, the tables where such a key would be at home."""
    guess = did_you_mean(word, here)
    if guess.endswith("?"):
        return guess
    homes = [f"[{t}] of {f}" for f, tables in files.items() for t, s in tables.items() if word in keys_at(root, [s])]
    return f"; it belongs in {' or '.join(homes)}" if homes else guess


def keys_at(root: type[BaseModel], loc: list[int | str]) -> list[str]:
    """The keys known at a place of the configuration."""
    model = root
    for part in loc:
        if part in model.model_fields:
            model = next(models_in(model.model_fields[str(part)].annotation), model)
    return list(model.model_fields)


def _field(root: type[BaseModel], loc: list[int | str]) -> Any:
    """The last model field on the way to a place: that of the value, or of the list or table it is in."""
    model, field = root, None
    for part in loc:
        if part in model.model_fields:
            field = model.model_fields[str(part)]
            model = next(models_in(field.annotation), model)
    return field


def _description(root: type[BaseModel], loc: list[int | str]) -> str:
    return str(getattr(_field(root, loc), "description", None) or loc[-1])


def _form(root: type[BaseModel], loc: list[int | str], pattern: str) -> str:
    """How a value should look, by an example of the field where there is one."""
    examples = getattr(_field(root, loc), "examples", None) or []
    like = f", for example {examples[0]!r}" if examples and isinstance(examples[0], str) else ""
    return f"should look like {FORMS.get(pattern, pattern)}{like}"


#: pattern → the form of a value, for people; filled by `form`.
FORMS: dict[str, str] = {}


def form(pattern: str, words: str) -> str:
    """The pattern, remembered with the words that explain it."""
    FORMS[pattern] = words
    return pattern


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that a type is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from models_in(inner)
