"""The pages that the program writes about itself are those in docs/."""

from pathlib import Path

import pytest

from hub.cli import main
from hub.manuals import command_line_page, configuration_page

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {"configuration.md": configuration_page, "cli.md": lambda: command_line_page(main)}


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_current(name):
    assert (DOCS / name).read_text("utf-8") == PAGES[name](), "write it again: ./mbote manuals docs"


def test_each_command_has_its_heading():
    page = command_line_page(main)
    for name in ("demo", "init", "check", "hub", "day open", "pair", "agent add", "verify", "doctor", "bench"):
        assert f"## mbote {name}\n" in page
    assert "manuals" not in page.split("##", 1)[1], "what only developers need stays hidden"


def test_no_value_is_left_as_a_bare_pattern():
    page = configuration_page()
    assert "^" not in page.replace(r'`"^\\d{5}[A-Z]$"`', ""), "a pattern means nothing to most people: use form()"
