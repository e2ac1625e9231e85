"""docs/security.md: every threat has its row, and every test that a row names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
#: | T1 | threat | what stands against it | seen in |
ROWS = {row[0]: row[1:] for row in re.findall(r"^\| (T\d+|–) \| (.+?) \| (.+) \| (.+?) \|$", PAGE, re.MULTILINE)}
NAMED = re.compile(r"`(tests/[^`]+)`")


def test_every_threat_has_one_row():
    found = re.findall(r"^\| (T\d+) \|", PAGE, re.MULTILINE)
    assert sorted(found, key=lambda each: int(each[1:])) == [f"T{number}" for number in range(1, 27)]


@pytest.mark.parametrize("threat", sorted(ROWS))
def test_a_row_names_tests_that_exist_or_says_why_there_is_none(threat):
    _, against, seen = ROWS[threat]
    named = NAMED.findall(seen)
    assert named or "*no test:*" in against
    for each in named:
        path, _, function = each.partition("::")
        text = (ROOT / path).read_text("utf-8")
        assert re.search(rf"^def {function or 'test_'}", text, re.MULTILINE), f"{each} is not there"


def test_no_test_is_named_by_half():
    """A name without its folder would not be looked for."""
    assert [each for each in re.findall(r"`([^`\s]*test_\w+\.py[^`]*)`", PAGE) if not each.startswith("tests/")] == []
