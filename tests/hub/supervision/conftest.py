"""The agency with its supervisor, and a browser to look over their shoulder."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.hub.supervision.house import House

SIZE = {"width": 1366, "height": 768}
#: What Chromium says about a hub that a test has taken away.
EXPECTED_NOISE = (
    "ERR_CONNECTION_REFUSED",
    "ERR_CONNECTION_RESET",
    "ERR_SOCKET_NOT_CONNECTED",
    "WebSocket connection to",
    "status of 4",
)


@pytest.fixture
def house(tmp_path) -> Iterator[House]:
    """The agency with everybody's accounts; no day is open yet."""
    built = House(tmp_path / "data").people()
    yield built
    built.close()


@pytest.fixture
def open_page(chromium, house) -> Iterator[Callable[..., Page]]:
    """`open_page("/supervision")`: the supervisor's page, whose console must stay silent."""
    opened: list[BrowserContext] = []
    noise: list[str] = []

    def open_page(path: str, code: str = "00411A", **context: object) -> Page:
        if house.server is None:
            house.serve()
        window = chromium.new_context(viewport=SIZE, base_url=house.url, locale="fr-FR", **context)
        opened.append(window)
        window.add_cookies([house.cookie(code)])
        page = window.new_page()
        page.set_default_timeout(8_000)
        page.on("console", lambda said: noise.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: noise.append(str(error)))
        page.goto(path)
        return page

    yield open_page
    for window in opened:
        window.close()
    assert [line for line in noise if not any(known in line for known in EXPECTED_NOISE)] == []
