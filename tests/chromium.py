"""The one Chromium of a test run. Playwright starts once in a process, however many folders ask for it."""

from __future__ import annotations

import os
import shutil

import pytest
from playwright.sync_api import Browser, sync_playwright

#: The engine without its windows, where it is: a page costs half the time.
KNOWN = ("chromium-headless-shell", "chromium")
CHROMIUM = os.environ.get("MBOTE_CHROMIUM") or next(filter(None, map(shutil.which, KNOWN)), KNOWN[0])
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-features=LocalNetworkAccessChecks",  # a page whose middle a test replaced may still open its socket
]
_KEY = pytest.StashKey[Browser]()


@pytest.fixture(scope="session")
def chromium(request) -> Browser:
    """Started by the first test that asks, ended with the run."""
    config = request.config
    if _KEY not in config.stash:
        playwright = sync_playwright().start()
        config.stash[_KEY] = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        config.add_cleanup(playwright.stop)
    return config.stash[_KEY]
