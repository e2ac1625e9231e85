"""The agency with its people, its central data and an open day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from shutil import copytree

import pytest
from playwright.sync_api import Page

from hub.clock import ManualClock
from tests.conftest import MONDAY
from tests.hub.inquiry.house import JUDITH, House
from tests.windows import PULLED_PLUG, REFUSED, windows

#: What htmx says of a request that went nowhere.
NOT_SENT = ("htmx:sendError", "htmx:afterRequest")
SIZE = {"width": 1366, "height": 768}


@pytest.fixture(scope="package")
def opened_once(tmp_path_factory) -> Path:
    """The folder of an agency on its first morning: everybody hired, data imported; each test gets a copy."""
    folder = tmp_path_factory.mktemp("first morning")
    built = House(folder, ManualClock(MONDAY))
    built.keys = count(1_000_000)  # no request of a test is one of these
    built.open_day()
    built.people().family().close()
    return folder


@pytest.fixture
def house(tmp_path, opened_once) -> Iterator[House]:
    copytree(opened_once, tmp_path / "agency")
    built = House(tmp_path / "agency", ManualClock(MONDAY))
    built.seated()
    yield built
    built.close()


@pytest.fixture
def judith(house):
    """A clerk's browser; nobody is at her counter yet."""
    return house.browser(JUDITH)


@pytest.fixture
def window(chromium, house) -> Iterator[Callable[..., Page]]:
    """`window("00815D")`: that agent's page in Chromium, whose console must stay silent."""
    with windows(chromium, *PULLED_PLUG, *REFUSED, *NOT_SENT) as opened:

        def open_window(code: str = JUDITH, path: str = "/desk/inquiry") -> Page:
            if house.server is None:
                house.serve()
            page = opened.open(viewport=SIZE, base_url=house.url, locale="fr-FR")
            page.context.add_cookies([house.cookie(code)])
            page.goto(path)
            return page

        yield open_window
