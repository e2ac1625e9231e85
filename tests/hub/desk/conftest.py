"""A hub in its own process and desks in a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from tests.hub.desk.house import House, new_house
from tests.windows import PULLED_PLUG, REFUSED, windows

SIZE = {"width": 1366, "height": 768}


@pytest.fixture(scope="package")
def house(tmp_path_factory) -> Iterator[House]:
    """One agency for all tests here: recalls come after a second, so that nobody sleeps twenty."""
    built = new_house(tmp_path_factory.mktemp("house"), recall_after_s=1, absent_after_s=2).prepare().start()
    yield built
    built.kill()


@pytest.fixture
def desk_of(chromium, house) -> Iterator[Callable[..., Page]]:
    """`desk_of("01016E", "/desk")`: that agent's page, whose console must stay silent."""
    with windows(chromium, *PULLED_PLUG, *REFUSED) as opened:

        def open_page(code: str, path: str = "/desk", **context: object) -> Page:
            page = opened.open(viewport=SIZE, base_url=house.url, **context)
            page.context.add_cookies([house.cookie(code)])
            page.goto(path)
            return page

        yield open_page
