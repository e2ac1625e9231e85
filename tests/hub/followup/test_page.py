"""The page for telephones: in every state and language under 30 kB, whole in itself, and it leads nowhere else."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from hub.followup import page
from hub.followup.page import Shown
from hub.say import WORDS, direction, words
from hub.wire import Followed, Wait

LANGUAGES = tuple(sorted(path.parent.name for path in WORDS.glob("*/followup.toml")))
WAITING = Followed(
    "D042", "DEP", "waiting", "", 12, Wait(2_400, 4_500), "10:45", "", ("let_pass", "cancel"), 3, "10:12"
)
STATES = {
    "waiting": WAITING,
    "near": replace(WAITING, ahead=0, wait=Wait(0, 300), back_by=""),
    "unserved": replace(WAITING, wait=None, back_by=""),
    "doubted": replace(WAITING, back_by="", at=""),
    "called": replace(WAITING, state="called", counter="05", ahead=None, wait=None, back_by="", acts=("cancel",)),
    "serving": replace(WAITING, state="serving", counter="05", ahead=None, wait=None, back_by="", acts=()),
    "on_hold": replace(WAITING, state="on_hold", counter="05", ahead=None, wait=None, back_by="", acts=()),
    "no_show": replace(WAITING, state="no_show", ahead=None, wait=None, back_by="", return_by="11:02", acts=()),
    "late": replace(WAITING, state="no_show", ahead=None, wait=None, back_by="", acts=()),
    "issued": replace(WAITING, state="issued", ahead=None, wait=None, back_by="", acts=("cancel",)),
    "over": replace(WAITING, state="over", ahead=None, wait=None, back_by="", acts=()),
}
PLAIN = Shown("CNSS <Siège> & Cie", "fr", ("fr", "en"), "/K7M2P9QR", key="k" * 32)
PAGES = {
    **{name: replace(PLAIN, ticket=ticket) for name, ticket in STATES.items()},
    "asks let_pass": replace(PLAIN, ticket=WAITING, asks="let_pass"),
    "asks cancel": replace(PLAIN, ticket=WAITING, asks="cancel"),
    "refused": replace(PLAIN, ticket=WAITING, refused="passed_before"),
    "unknown": replace(PLAIN, trouble="unknown"),
    "too_many": replace(PLAIN, trouble="too_many"),
    "away": replace(PLAIN, trouble="away"),
}


class Read(HTMLParser):
    """What is in a page, and that every element ends where it should."""

    VOID = frozenset({"meta", "link", "input", "br"})
    CDATA_CONTENT_ELEMENTS = ("script", "style")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_it_is_small_whole_in_itself_and_leads_nowhere_else(name, language):
    text = page.page(replace(PAGES[name], language=language, languages=LANGUAGES))
    assert len(text) < page.LARGEST
    read = Read(text.decode())
    tags = {tag for tag, _ in read.found}
    assert not tags & {"img", "iframe", "object", "audio", "video", "use"}
    assert [attributes for tag, attributes in read.found if tag == "script"] == [{}], "its own few lines, and no others"
    assert "<Siège>" not in text.decode(), "what is configured is a text"
    for _, attributes in read.found:
        for attribute in ("href", "src", "action"):
            if (led := attributes.get(attribute)) is not None:
                assert led == "data:," or led.startswith("/K7M2P9QR?l="), led
        assert not [each for each in attributes if each.startswith("on") or each == "style"]
    assert ("html", {"lang": language, "dir": direction(language)}) in read.found


def test_its_largest_is_noted(note):
    sizes = {name: len(page.page(shown)) for name, shown in PAGES.items()}
    name, largest = max(sizes.items(), key=lambda each: each[1])
    note(f"the largest page is {name}, {largest:,} bytes of {page.LARGEST:,}")
    assert largest < page.LARGEST / 2


def test_its_policy_lets_it_show_its_own_styles_and_nothing_of_anybody_s():
    text = page.page(PAGES["waiting"]).decode()
    for tag in ("style", "script"):
        (own,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(own.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in page.policy()
    assert "unsafe" not in page.policy()
    assert page.policy().startswith("default-src 'none'")


@pytest.mark.parametrize(("name", "again"), [
    ("waiting", 30), ("near", 15), ("called", 15), ("over", None), ("unknown", None), ("away", 60), ("asks cancel", 60),
])  # fmt: skip
def test_it_asks_for_itself_again_as_long_as_there_is_news_to_come(name, again):
    text = page.page(PAGES[name]).decode()
    found = re.search(r'<noscript><meta http-equiv="refresh" content="(\d+); url=([^"]+)"></noscript>', text)
    assert (int(found[1]) if found else None) == again
    assert found is None or found[2] == "/K7M2P9QR?l=fr", "never an act, and never a refusal told twice"
    assert f'data-here="/K7M2P9QR?l=fr" data-again="{again or ""}"' in text, "its script knows the same"


@pytest.mark.parametrize("code", ["passed_before", "nobody_behind", "illegal_step", "key_reuse", "<b>", ""])
def test_a_refusal_is_told_in_words_whatever_its_code(code):
    text = page.page(replace(PLAIN, ticket=WAITING, refused=code)).decode()
    assert ('role="alert"' in text) is bool(code)
    assert "<b>" not in text.replace("<b>10:45</b>", "")


def test_it_speaks_the_language_that_is_asked_for_else_the_visitor_s_else_the_first():
    assert page.spoken_of("en", "fr", ("fr", "en")) == "en"
    assert page.spoken_of("", "en", ("fr", "en")) == "en"
    assert page.spoken_of("zz", "../x", ("fr", "en")) == "fr"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_all_of_it(language):
    assert words(language, "followup").keys() == words("fr", "followup").keys()
