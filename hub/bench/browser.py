"""A real Chromium for what must be seen and heard: `./mbote test` brings it and playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hub.bench.rig import family, own_cpu_s

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
)  # fmt: skip
KNOWN = ("chromium", "chromium-headless-shell")


@contextmanager
def page_at(url: str, size: tuple[int, int] = (1920, 1080), slower: int = 1, script: str = "") -> Iterator[Any]:
    """A page of this size, opened at `url` on a processor so many times `slower`, after `script`.

    Raises ImportError where playwright or Chromium is missing.
    """
    with pages_at(url, 1, size, slower, script) as pages:
        yield pages[0]


@contextmanager
def pages_at(
    url: str, count: int, size: tuple[int, int] = (1920, 1080), slower: int = 1, script: str = ""
) -> Iterator[list[Any]]:
    """So many of them, each in a window of its own."""
    from playwright.sync_api import sync_playwright

    chromium = next(filter(None, map(shutil.which, KNOWN)), None)
    if chromium is None:
        raise ImportError("no Chromium is installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        pages = [_opened(browser, url, size, slower, script) for _ in range(count)]
        pages[-1].wait_for_timeout(800)
        yield pages
        browser.close()


def _opened(browser: Any, url: str, size: tuple[int, int], slower: int, script: str) -> Any:
    page = browser.new_page(viewport={"width": size[0], "height": size[1]}, bypass_csp=True)
    if slower > 1:
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
    if script:
        page.add_init_script(script)
    page.goto(url)
    page.wait_for_load_state("load")
    return page


def chromium_cpu_s() -> float:
    """Processor time that our Chromium's processes have used, seconds."""
    return sum(own_cpu_s(pid) for pid in family(os.getpid()) if _is_chromium(pid))


def _is_chromium(pid: int) -> bool:
    return Path(f"/proc/{pid}/comm").read_text().startswith(("chrom", "headless_shell"))
