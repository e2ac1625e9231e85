"""A hub in its own process and desks in a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.hub.desk.house import House, new_house

SIZE = {"width": 1366, "height": 768}
#: What Chromium says about a hub that a test has killed.
EXPECTED_NOISE = (
    "ERR_CONNECTION_REFUSED",
    "ERR_CONNECTION_RESET",
    "ERR_SOCKET_NOT_CONNECTED",
    "WebSocket connection to",
    "status of 4",
)


@pytest.fixture(scope="package")
def house(tmp_path_factory) -> Iterator[House]:
    """One agency for all tests here: recalls come after a second, so that nobody sleeps twenty."""
    built = new_house(tmp_path_factory.mktemp("house"), recall_after_s=1, absent_after_s=2).prepare().start()
    yield built
    built.kill()


@pytest.fixture
def desk_of(chromium, house) -> Iterator[Callable[..., Page]]:
    """`desk_of("01016E", "/desk")`: that agent's page, whose console must stay silent."""
    opened: list[BrowserContext] = []
    noise: list[str] = []

    def open_page(code: str, path: str = "/desk", **context: object) -> Page:
        window = chromium.new_context(viewport=SIZE, base_url=house.url, **context)
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
