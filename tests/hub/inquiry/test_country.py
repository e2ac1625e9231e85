"""Every page about anybody of a generated country: its people are odder than the family that the other tests know."""

from __future__ import annotations

import re
from random import Random
from urllib.parse import quote

import pytest

from hub.demo.country import Country
from hub.people import importing, replica
from tests.hub.inquiry.house import JUDITH

PERSONS, LOOKED_AT = 800, 12
OK = 200
#: What opens with somebody's `ref`, besides each tab of the file.
ABOUT = (
    "/desk/certificate?ref={ref}", "/desk/inquiry/synthesis/{ref}", "/desk/inquiry/similar/{ref}",
    "/desk/request/new?ref={ref}",
)  # fmt: skip


@pytest.fixture
def peopled(house):
    with replica.writing(house.folder / "data") as writer:
        country, now = Country(PERSONS, 7), house.clock.now().at
        run = importing.begin(writer, "bundle", country.name, size=0, data_of=now, now_ms=now)
        importing.take_over(writer, run, importing.generated(country.records(), run), house.today, lambda *_: None)
    return house


def test_every_page_about_anybody_opens(peopled):
    peopled.visitor()
    browser, dice = peopled.browser(JUDITH), Random(7)  # noqa: S311 (no secret)
    with replica.reading(peopled.folder / "data") as reader:
        everybody = [row["ref"] for row in reader.execute("SELECT ref FROM party")]
        paid = [row["ref"] for row in reader.execute("SELECT ref FROM party WHERE id IN (SELECT party FROM payment)")]
    chosen = [*dice.sample(everybody, LOOKED_AT), *dice.sample(paid, LOOKED_AT // 4), "E1"]
    wrong = [
        f"{path} answers {browser.status}"
        for ref in map(quote, chosen)
        for path in (*_tabs(browser, ref), *(each.format(ref=ref) for each in ABOUT))
        if browser.open(path).status != OK
    ]
    assert not wrong, "\n".join(wrong)


def _tabs(browser, ref: str) -> list[str]:
    """The tabs that this file shows, by the links in it."""
    browser.file(ref)
    found = {f"/desk/inquiry/file/{ref}?tab={tab}" for tab in re.findall(r"[?&](?:amp;)?tab=(\w+)", browser.text)}
    assert len(found) > 1, browser.words
    return sorted(found)
