"""Every page of the staff at 200 %: no text cut, nothing to push sideways.

At 100 % axe finds nothing serious, Tab comes to everything, and what has the focus is in sight and under no bar.

    ./mbote test -m nightly tests/look/test_zoom.py             # eight pieces of about two minutes

Which pages there are the application says, and who may see them the table of rights: a new one is looked at by itself.
"""

from __future__ import annotations

import re
import shutil
import time
from pprint import pformat

import pytest
from playwright.sync_api import Error as PlaywrightError

from hub.agents import rights
from hub.centre import place as head_office
from hub.demo.agency import SOURCE
from hub.demo.processes import COMMANDS
from tests.agency import opened
from tests.browser.planting import plant_services
from tests.browser.test_payloads import ELSEWHERE, MOST, addresses
from tests.browser.watched import PICTURE
from tests.faults.test_hostile import doors  # noqa: F401 (a fixture)
from tests.look import measures
from tests.windows import REFUSED, windows

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

#: A page of 1366 × 768 dots seen twice as large.
ZOOMED, WHOLE = {"width": 683, "height": 384}, {"width": 1366, "height": 768}
#: What people are called and what they say; long as they are in life.
TEXTS = (
    "MABIALA-NGOUABI Marie-Thérèse Bienvenue", "Okombi Prince Aymar", "Société congolaise des bois du Kouilou-Niari",
    "Le certificat de scolarité manque pour deux enfants, il sera apporté lundi", "Ndinga-Mbo Célestin", "M'Bemba",
)  # fmt: skip
PIECES = 4
#: A screen with money locks itself after three minutes: who has not looked for a minute signs in anew.
FRESH_S = 60


@pytest.fixture(scope="module")
def agency(tmp_path_factory, request):
    """One agency with something on every page, whose staff speak that language."""
    folder, planted = tmp_path_factory.mktemp("zoom"), []
    shutil.copytree(SOURCE, folder / "source")
    file = folder / "source" / "agency.toml"
    text = file.read_text("utf-8")
    assert 'languages = ["fr", "en",' in text
    file.write_text(text.replace('languages = ["fr", "en",', request.param), "utf-8")
    local = f'\n[centre]\nkey = "{head_office.make(folder / "head")}"\n'
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hub.demo.agency.SOURCE", folder / "source")
        before = lambda hub: planted.append(plant_services(hub, TEXTS, folder / "head"))  # noqa: E731
        with opened(folder / "agency", {"hub": COMMANDS["hub"]}, local=local, before=before) as running:
            yield running, planted[0]


class Agents:
    """Somebody of each role, at a page of their own that is seen twice as large."""

    def __init__(self, agency, opened_windows):
        self._agency, self._windows = agency, opened_windows
        self._pages, self._looked = {}, {}
        self.roles = frozenset(role for each in agency.people for role in each["roles"])

    def page_of(self, role):
        now = time.monotonic()
        if role not in self._pages:
            self._pages[role] = self._windows.open(
                viewport=ZOOMED, device_scale_factor=2, base_url=self._agency.url.rstrip("/")
            )
        page = self._pages[role]
        if now - self._looked.get(role, -FRESH_S) >= FRESH_S:
            code = next(each["code"] for each in self._agency.people if role in each["roles"])
            name, _, value = self._agency.session(code)[0].partition("=")
            page.context.add_cookies([{"name": name, "value": value, "url": self._agency.url}])
        self._looked[role] = now
        return page


def pages(routes, planted, roles):
    """Who looks at which address: one who sees most there, at the first there is of each."""
    for rule, what, *methods in sorted(routes):
        if "GET" not in methods or ELSEWHERE.fullmatch(rule) or rights.is_static(what):
            continue
        most = MOST[max((start for start in MOST if rule.startswith(start)), key=len)]
        assert most in rights.RIGHTS[what] & roles, f"{most} may not see {rule}"
        kinds = {}
        for path in addresses(rule, planted):
            kinds.setdefault(re.sub(r"\d+", "0", path), path)
        yield from ((most, path) for path in kinds.values())


def arrives(page, path):
    """Whether a whole page stands there: neither a file, nor a paper, nor a piece for another page, nor a refusal."""
    if PICTURE.fullmatch(path):  # alone in a window it is dressed up by the browser, which the policy forbids
        return False
    try:
        answer = page.goto(path, wait_until="load")
    except PlaywrightError:  # a download
        return False
    if answer is None or answer.status != 200:
        return False
    return page.evaluate("() => document.doctype !== null && document.querySelector('link[rel=stylesheet]') !== null")


@pytest.mark.parametrize(
    ("agency", "piece"),
    [
        pytest.param(said, piece, id=f"{said[14:16]} piece {piece}", marks=pytest.mark.nightly)
        for said in ('languages = ["fr", "en",', 'languages = ["en", "fr",')
        for piece in range(PIECES)
    ],
    indirect=["agency"],
)
def test_no_text_is_cut_at_twice_the_size_and_axe_finds_nothing_serious(chromium, agency, doors, note, piece):  # noqa: F811
    running, planted = agency
    wrong, looked = {}, 0
    with windows(chromium, *REFUSED, "ERR_", "WebSocket") as opened_windows:
        agents = Agents(running, opened_windows)
        listed = list(pages(doors, planted, agents.roles))[piece::PIECES]
        for role, path in listed:
            page = agents.page_of(role)
            page.set_viewport_size(ZOOMED)
            if not arrives(page, path):
                continue
            looked += 1
            found = {"cut": measures.cut(page), "outside": measures.outside(page)}
            page.set_viewport_size(WHOLE)
            found |= {"cut at 100 %": measures.cut(page), "outside at 100 %": measures.outside(page)}
            found["axe"] = measures.serious(page)
            found["keys"], found["under"] = measures.overlaid(page)
            if found := {what: problems for what, problems in found.items() if problems}:
                wrong[f"{role} {path}"] = found
    note(f"{looked} of {len(listed)} addresses are pages")
    assert looked > len(listed) // 4
    assert wrong == {}, f"\n{pformat(wrong, width=150)}"
