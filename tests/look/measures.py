"""What is measured of a page as it stands in a browser: nothing cut, nothing outside, mirrored, reached by keys, axe.

Each says what is wrong, in words that find it again; an empty list is a page that is well.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_SCRIPT = Path(__file__).with_suffix(".js").read_text("utf-8")


def _ask(page: Page, what: str) -> Any:
    return page.evaluate(f"() => {{ {_SCRIPT}\nreturn {what}(); }}")


def cut(page: Page) -> list[str]:
    """Words that cannot be read to their end."""
    return list(_ask(page, "cut"))


def outside(page: Page) -> list[str]:
    """Boxes that stand beyond the window's sides, and the page itself where it can be pushed sideways."""
    return list(_ask(page, "outside"))


def against(page: Page) -> tuple[int, list[str]]:
    """How many pairs of neighbours stand in a row, and those that stand against the direction of reading."""
    pairs, wrong = _ask(page, "against")
    return pairs, wrong


def unreached(page: Page) -> list[str]:
    """What Tab never comes to, or comes to without showing it."""
    return _by_keys(page)[0]


def overlaid(page: Page) -> tuple[list[str], list[str]]:
    """The same, and what has the focus while a bar that stays lies over it (WCAG 2.2, 2.4.11): from the page's end."""
    page.evaluate("() => window.scrollTo(0, document.body.scrollHeight)")
    return _by_keys(page)


def _by_keys(page: Page) -> tuple[list[str], list[str]]:
    wanted, met, away, under = _ask(page, "reachable"), dict[str, bool](), set[str](), set[str]()
    for _ in range(len(wanted) + 3 + _ask(page, "pieces")):
        page.keyboard.press("Tab")
        where, shown = _ask(page, "focus")
        if shown:
            under.add(_ask(page, "over"))
        met[where] = met.get(where, False) or shown
        away |= set(wanted).difference(_ask(page, "stillThere"))
    never = [f"never at {each}" for each in wanted if each not in met and each not in away]
    return [*never, *(f"unseen at {each}" for each, shown in met.items() if not shown)], sorted(under - {""})


def serious(page: Page) -> dict[str, list[str]]:
    """What axe finds serious or critical: its rule, and where."""
    found: Any = Axe().run(page)
    return {
        each["id"]: [node["html"][:120] for node in each["nodes"]][:4]
        for each in found.response["violations"]
        if each["impact"] in ("serious", "critical")
    }
