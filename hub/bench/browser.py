"""A real Chromium for what must be seen: `./mbote test` brings it and playwright."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
)  # fmt: skip


@contextmanager
def page_at(url: str, size: tuple[int, int] = (1920, 1080)) -> Iterator[Any]:
    """A page of this size, opened at `url`. Raises ImportError where playwright or Chromium is missing."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-headless-shell")
    if chromium is None:
        raise ImportError("no Chromium is installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        page = browser.new_page(viewport={"width": size[0], "height": size[1]}, bypass_csp=True)
        page.goto(url)
        page.wait_for_load_state("load")
        page.wait_for_timeout(800)
        yield page
        browser.close()
