"""E20 and E18 in short: two hostile texts in everything, every page and every form read as markup, without a browser.

The nightly run types two hundred of them and has a browser run what comes of it (test_payloads.py, test_hostile.py).
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.every_page import Markup
from tests.browser.test_payloads import NOT_HERE

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("page", "harmless"),
    [
        ("<p title='&quot;&gt;&lt;img src=x onerror=hit&gt;'>&lt;svg onload=hit&gt;</p>", True),
        ("<button formaction='/desk/aside'><a href='/audit?text=javascript:hit'>x</a>", True),
        ("<p>\"'><img src=x onerror=hit></p>", False),
        ('<input value="javascript:hit("\'><img src=x onerror=hit>">', False),
        ("<a href=' JavaScript:hit'>x</a>", False),
        ("<script>hit</script>", False),
        ("<textarea></textarea><base href='http://elsewhere'></textarea>", False),
    ],
)
def test_a_text_that_became_markup_is_seen(page, harmless):
    assert (Markup(page).foreign == []) is harmless


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_nothing_typed_becomes_markup_and_no_page_breaks(tmp_path, note):
    command = [sys.executable, "-m", "tests.browser.every_page", str(tmp_path)]
    told = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert told.returncode == 0, told.stderr[-2000:]
    found = json.loads(told.stdout.splitlines()[-1])
    note(f"{found['pages']} pages, {found['said']} said one of the texts; {found['forms']} forms")
    assert found["harm"] == []
    assert not found["log"], "a traceback"
    assert set(found["missing"]) == NOT_HERE
    assert found["said"] > 60, "the texts are there"
    assert found["forms"] > 50
