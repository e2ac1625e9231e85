"""Fixtures of what is installed on boxes."""

from __future__ import annotations

import os
import time

import pytest

from tests.installation.boxes import Workshop, founded


@pytest.fixture
def workshop(tmp_path):
    return Workshop(tmp_path / "workshop")


@pytest.fixture
def town(tmp_path, workshop, monkeypatch):
    """A box that runs 1.0.0, with three tickets in its journal, and its hub started."""
    opened = founded(tmp_path / "box", workshop, monkeypatch)
    yield opened
    opened.falls()


@pytest.fixture
def seed(note):
    """What a run's chances come from; MBOTE_SEED plays one again."""
    found = int(os.environ.get("MBOTE_SEED", time.time_ns() % 1_000_000))
    note(f"seed {found}")
    return found
