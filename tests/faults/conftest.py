"""One running agency for the tests that leave it whole; those that kill something open their own."""

from __future__ import annotations

import os
import time

import pytest

from tests.agency import opened


@pytest.fixture(scope="session")
def agency_running(tmp_path_factory):
    """Hub, kiosk and panel as processes, until the session ends."""
    with opened(tmp_path_factory.mktemp("agency")) as running:
        yield running


@pytest.fixture
def seed(note):
    """What a run's chances come from; MBOTE_SEED plays one again."""
    found = int(os.environ.get("MBOTE_SEED", time.time_ns() % 1_000_000))
    note(f"seed {found}")
    return found
