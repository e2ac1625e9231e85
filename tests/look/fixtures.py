"""What the tests of screens hold in their hands: a browser, a fake hub, a page that must stay silent."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from display.recorded import RATE, write_wav
from display.voice import Voice
from hub.settings_files import load_settings
from tests.look.fake_hub import CONFIG, FakeHub
from tests.windows import PULLED_PLUG, windows


class Beep:
    """A mouth that says everything in a fifth of a second."""

    name = "beep"

    def job(self, phrase: Any) -> Any:
        return {"say": phrase.text}

    def make(self, jobs: Any, *, low: bool) -> dict[str, str]:
        for job in jobs:
            write_wav(Path(job["to"]), array("h", [10_000, -20_000] * (RATE // 10)))
        return {}


@pytest.fixture
def hub(tmp_path) -> Iterator[FakeHub]:
    yield from fake_hub(tmp_path)


def fake_hub(tmp_path: Path) -> Iterator[FakeHub]:
    settings = load_settings(CONFIG).model_copy(update={"folder": tmp_path})
    voice = Voice(settings, Beep())
    fake = FakeHub(voice, settings)
    yield fake
    fake.close()
    voice.close()


@pytest.fixture(scope="module")
def still_page(chromium, tmp_path_factory) -> Iterator[Page]:
    """A page of the display that is told nothing: for what is pure in its scripts."""
    for hub in fake_hub(tmp_path_factory.mktemp("hub")):
        for page in quiet_page(chromium, hub, {"width": 800, "height": 600}):
            page.goto("/display#T")
            yield page


@pytest.fixture
def page(chromium, hub) -> Iterator[Page]:
    """A page whose console must stay empty, and that violates no content policy."""
    yield from quiet_page(chromium, hub, {"width": 1920, "height": 1080})


def quiet_page(chromium: Browser, hub: FakeHub, viewport: dict[str, int], **context: Any) -> Iterator[Page]:
    with windows(chromium, *PULLED_PLUG) as opened:
        yield opened.open(viewport=viewport, base_url=hub.url, **context)
    assert hub.violations == [], hub.violations
