"""The look's own promises: small, no colour that cannot be read, every icon there, every word there."""

import re
import tomllib
from pathlib import Path

import pytest

from hub.headers import CONTENT_SECURITY_POLICY
from hub.look import STATIC, icon
from hub.say import WORDS

ROOT = Path(__file__).resolve().parents[2]
CSS = (STATIC / "look.css").read_text()
TOKENS = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{3,6});", CSS))

PAIRS = [
    # text, ground, least contrast
    ("ink", "paper", 7), ("ink", "sun", 7), ("ink", "mint", 7), ("ink", "amber", 7), ("ink", "rose", 7),
    ("slate", "paper", 4.5), ("slate", "sand", 4.5), ("white", "leaf", 4.5), ("white", "clay", 4.5),
    ("clay", "rose", 4.5), ("clay", "white", 4.5), ("leaf-deep", "mint", 4.5), ("sky", "paper", 4.5),
    ("white", "ink", 7), ("moon", "ink", 4.5), ("moon", "night", 7), ("sun", "night", 7), ("white", "night-2", 7),
    ("edge", "paper", 3), ("edge", "white", 3),
]  # fmt: skip


def luminance(colour):
    digits = colour.lstrip("#")
    digits = "".join(d * 2 for d in digits) if len(digits) == 3 else digits
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize(("text", "ground", "least"), PAIRS)
def test_words_can_be_read_on_their_ground(text, ground, least):
    assert contrast(TOKENS[text], TOKENS[ground]) >= least


def test_the_style_sheet_is_small():
    assert len(CSS.encode()) <= 20_000


def test_the_style_sheet_mirrors_by_itself():
    """Physical sides would not turn round in Arabic."""
    rules = re.sub(r"/\*.*?\*/", "", CSS, flags=re.DOTALL)
    assert (
        re.findall(r"(?:margin|padding|border)-(?:left|right)|\b(?:left|right):|text-align: (?:left|right)", rules)
        == []
    )


OURS = [
    *STATIC.glob("*.js"),
    *(ROOT / "display" / "static").glob("*.js"),
    *(ROOT / "counter_panel" / "static").glob("*.js"),
]


@pytest.mark.parametrize("script", OURS, ids=lambda file: file.name)
def test_scripts_write_text_and_never_markup(script):
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|setAttribute\(\"style"
    assert re.findall(forbidden, script.read_text()) == []


@pytest.mark.parametrize("script", OURS, ids=lambda file: file.name)
def test_nothing_outlives_the_browser_but_the_token_of_a_screen_that_was_paired(script):
    assert script.name == "live.js" or "localStorage" not in script.read_text()


TEMPLATES = [*(ROOT / "display" / "templates").glob("*.html"), *(ROOT / "counter_panel" / "templates").glob("*.html")]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda file: file.name)
def test_pages_hold_no_script_no_style_and_no_words(template):
    page = template.read_text()
    assert re.findall(r"<style|style=|\son[a-z]+=|<script>|https?://", page) == []
    assert re.findall(r">\s*[A-Za-zÀ-ÿ]{3,}", re.sub(r"\{[{%].*?[}%]\}", "", page)) == []


def test_every_icon_that_is_named_is_drawn():
    known = set((ROOT / "hub" / "look" / "icons.txt").read_text().split())
    named = set()
    for file in (*OURS, *TEMPLATES):
        named |= set(re.findall(r"icon\(\"([a-z0-9-]+)\"", file.read_text()))
        named |= set(re.findall(r"icon: \"([a-z0-9-]+)\"", file.read_text()))
    assert named - known == set()


def test_an_icon_is_markup_and_its_name_is_not():
    assert (
        icon("check")
        == '<svg class="icon" aria-hidden="true"><use href="/look/vendor/icons.svg#icon-check"></use></svg>'
    )
    assert "<b>" not in icon("<b>")


@pytest.mark.parametrize("room", ["display", "panel"])
def test_both_languages_say_the_same_things(room):
    french, english = (tomllib.loads((WORDS / one / f"{room}.toml").read_text()) for one in ("fr", "en"))
    assert french.keys() == english.keys()
    names = {key: re.findall(r"\{(\w+)\}", text) for key, text in french.items()}
    assert names == {key: re.findall(r"\{(\w+)\}", text) for key, text in english.items()}


def test_the_policy_allows_our_own_files_and_nothing_inline():
    assert CONTENT_SECURITY_POLICY.startswith("default-src 'none'")
    assert "unsafe" not in CONTENT_SECURITY_POLICY
