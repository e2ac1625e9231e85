"""Every sentence that is asked for is there, in its plural where it counts, with the same blanks in each language."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import jinja2
import pytest
from click.testing import CliRunner
from jinja2 import nodes

from hub.cli import main
from hub.say import FIRST, VISITORS, WORDS, missing, say, to_review, words
from hub.services.certificate.rules import Refusal

ROOT = Path(__file__).parents[2]
#: Folders whose pages and slips say `t("name")` for `say(language, "room.name")`.
ROOMS = {
    **{f"hub/services/{room}": room for room in ("cash", "certificate", "deposit", "inquiry", "reception", "request")},
    "hub/audit": "audit", "hub/privacy": "privacy", "hub/exchange": "exchange", "hub/followup": "followup",
}  # fmt: skip
#: (place, room, name, whether it is said with a count)
Asked = tuple[str, str, str, bool]


def _python() -> Iterator[Asked]:
    """`say(language, "room.name", …)`, `t("name", …)` and `Refusal("word", {…})`."""
    for path in sorted((ROOT / "hub").rglob("*.py")):
        place, room = str(path.relative_to(ROOT)), ROOMS.get(str(path.parent.relative_to(ROOT)), "")
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
                continue
            said = [arg.value if isinstance(arg, ast.Constant) else None for arg in call.args]
            counted = any(word.arg == "count" for word in call.keywords)
            match call.func.id, said:
                case "say", [_, str(key), *_] if "." in key:
                    yield (place, *key.split(".", 1), counted)  # type: ignore[misc]
                case "t", [str(name), *_] if room:
                    yield place, room, f"paper_{name}" if path.name == "slips.py" else name, counted
                case Refusal.__name__, [str(word), *_] if room:
                    facts = call.args[1].keys if isinstance(call.args[-1], ast.Dict) else []
                    yield place, room, f"refused_{word}", any(getattr(fact, "value", "") == "count" for fact in facts)
                case _:
                    pass


def _templates() -> Iterator[Asked]:
    parse = jinja2.Environment(extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"]).parse  # noqa: S701 (nothing is drawn)
    for folder, room in ROOMS.items():
        for path in sorted((ROOT / folder).rglob("*.html")):
            for call in parse(path.read_text("utf-8")).find_all(nodes.Call):
                match call:
                    case nodes.Call(node=nodes.Name(name="t"), args=[nodes.Const(value=str(name)), *_]):
                        counted = any(word.key == "count" for word in call.kwargs)
                        yield str(path.relative_to(ROOT)), room, name, counted


@cache
def asked() -> tuple[Asked, ...]:
    return (*_python(), *_templates())


def test_every_sentence_that_is_asked_for_by_its_name_is_there():
    assert len(asked()) > 500
    missing = [
        f"{place}: {room}.{each}"
        for place, room, name, counted in asked()
        for each in ((f"{name}_one", f"{name}_many") if counted else (name,))
        if each not in words(FIRST, room)
    ]
    assert not missing, "\n".join(missing)


def _blanks(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("language", sorted(each.name for each in WORDS.iterdir() if each.name != FIRST))
def test_a_sentence_has_the_same_blanks_in_each_language(language):
    wrong = [
        f"{room.stem}.{name}"
        for room in sorted((WORDS / language).glob("*.toml"))
        for name, sentence in words(language, room.stem).items()
        if isinstance(sentence, str)
        and not name.endswith("_one")  # "one document" needs no number
        and _blanks(sentence) != _blanks(words(FIRST, room.stem).get(name, sentence))
    ]
    assert not wrong, wrong


@pytest.mark.parametrize("room", VISITORS)
@pytest.mark.parametrize("language", ["en", "ar", "pt"])
def test_what_visitors_read_is_complete_in_the_four_languages(language, room):
    assert missing(language, room) == ()
    assert words(language, room).keys() == words(FIRST, room).keys(), "and has nothing that French lacks"


@pytest.mark.parametrize("language", ["ln", "ktu"])
def test_what_is_not_sure_is_said_in_french_and_marked_until_somebody_has_read_it(language):
    said, marked = words(language, "kiosk"), to_review(language, "kiosk")
    assert "to_review" not in said
    assert marked.keys() <= said.keys()
    assert {"language", "welcome", "bye"} <= said.keys()
    assert "question" in missing(language, "kiosk")
    assert say(language, "kiosk.question") == say(FIRST, "kiosk.question")
    listed = CliRunner().invoke(main, ["words"]).output
    assert f"{language} kiosk: {len(missing(language, 'kiosk'))} missing, {len(marked)} to review" in listed
    assert "  missing    question" in listed
    assert all(f"  to review  {name}: {about}" in listed for name, about in marked.items())
    assert "en kiosk: 0 missing, 0 to review" in listed
    assert "ar kiosk: 0 missing, 1 to review" in listed, "complete, and nobody who speaks it has read it yet"


def test_every_language_of_a_kiosk_has_its_own_name():
    languages = {path.parent.name: words(path.parent.name, "kiosk")["language"] for path in WORDS.glob("*/kiosk.toml")}
    assert languages == {
        "fr": "Français", "en": "English", "ar": "العربية", "pt": "Português", "ln": "Lingála", "ktu": "Kituba",
    }  # fmt: skip
