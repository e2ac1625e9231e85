"""Browser windows whose console must stay silent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Response, expect

from tests.patience import patience

#: Until a page gives up what a test waits for, and until an expectation is not met.
PATIENCE_MS, EXPECTED_MS = 8_000, 5_000
#: What Chromium says about a plug that a test has pulled, in whichever of its words.
PULLED_PLUG = ("net::ERR_", "WebSocket connection to")
#: What it says of a refusal that a test wants.
REFUSED = ("status of 4",)
#: What htmx says of a request whose page is left before the answer: no page is at fault.
LEFT = ("htmx:sendAbort",)


def weighed(page: Page) -> dict[str, int]:
    """From now on, the bytes of each script and style that comes to a page, by address.

    As the server says them: whoever asks the browser for a body inside of its own telling is sometimes not answered.
    """
    shipped: dict[str, int] = {}

    def take(answer: Response) -> None:
        if urlsplit(answer.url).path.endswith((".js", ".css")):
            shipped[answer.url] = int(answer.headers.get("content-length", 0))

    page.on("response", take)
    return shipped


class Windows:
    """Opens pages and hears all that goes wrong in them."""

    def __init__(self, chromium: Browser) -> None:
        self._chromium = chromium
        self._opened: list[BrowserContext] = []
        self.noise: list[str] = []

    def open(self, **context: Any) -> Page:
        """A page of its own window; it shows nothing yet."""
        window = self._chromium.new_context(**context)
        self._opened.append(window)
        page = window.new_page()
        page.set_default_timeout(patience(PATIENCE_MS))
        expect.set_options(timeout=patience(EXPECTED_MS))
        page.on("console", lambda said: self.noise.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.noise.append(str(error)))
        page.on("dialog", lambda dialog: (self.noise.append(f"dialog {dialog.message}"), dialog.dismiss()))
        return page

    def close(self, expected: tuple[str, ...]) -> None:
        """Close them all: nothing was said but what is expected."""
        for window in self._opened:
            window.close()
        unexpected = [line for line in self.noise if not any(known in line for known in (*LEFT, *expected))]
        assert unexpected == [], unexpected


@contextmanager
def windows(chromium: Browser, *expected: str) -> Iterator[Windows]:
    """Windows for one test; at its end nothing was said but what is expected."""
    opened = Windows(chromium)
    yield opened
    opened.close(expected)
