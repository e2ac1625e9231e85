"""The agency with its supervisor, and a browser to look over their shoulder."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from tests.hub.supervision.house import House
from tests.windows import PULLED_PLUG, REFUSED, windows

SIZE = {"width": 1366, "height": 768}


@pytest.fixture
def house(tmp_path) -> Iterator[House]:
    """The agency with everybody's accounts; no day is open yet."""
    built = House(tmp_path / "data").people()
    yield built
    built.close()


@pytest.fixture
def open_page(chromium, house) -> Iterator[Callable[..., Page]]:
    """`open_page("/supervision")`: the supervisor's page, whose console must stay silent."""
    with windows(chromium, *PULLED_PLUG, *REFUSED) as opened:

        def open_page(path: str, code: str = "00411A", **context: object) -> Page:
            if house.server is None:
                house.serve()
            page = opened.open(viewport=SIZE, base_url=house.url, locale="fr-FR", **context)
            page.context.add_cookies([house.cookie(code)])
            page.goto(path)
            return page

        yield open_page
