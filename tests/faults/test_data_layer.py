"""E1: the data layer is killed at so many random moments, and what it acknowledged is there once.

A real process over the real store and the real actions: only sockets are missing. Every answer is heard over a
recorder; the judge says what is lost, doubled or invented. 10,000 kills are four pieces of the nightly run. A kill is
no power cut: what a disk may lose is told in other campaigns.
"""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from hub.context import Hub
from hub.demo.processes import ROOT
from hub.judge import read_lines
from hub.queues import store
from hub.queues.migrations import migrations
from hub.verify import Rooms, verify
from tests.faults import nursery
from tests.faults.checker import judge_agency
from tests.office import Office, open_store

pytestmark = [pytest.mark.faults, pytest.mark.slow]
KILLS, NIGHTLY_KILLS, PIECES = 1_000, 10_000, 4
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 (a folder of our own in it)
QUEUES = Rooms(store.APPLIERS, (migrations,), store.STATE_TABLES)
LOOKED = ["G0", "G1", "G2", "G4", "G9", *(f"Q{n}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 19, 20))]
NIGHTLY = (pytest.mark.nightly, pytest.mark.timeout(900))


@pytest.fixture
def folder():
    """In memory where there is such a folder: a kill takes nothing from what was written, synced or not."""
    with TemporaryDirectory(prefix="mbote-kills-", dir=MEMORY) as here:
        yield Path(here)


@pytest.fixture
def office(folder, clock, agency):
    """The office of every test, in that folder."""
    house = Office(Hub(agency, open_store(folder / "data", clock)), clock).open_day()
    yield house
    house.hub.store.close()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("piece", [0, *(pytest.param(piece, marks=NIGHTLY) for piece in range(1, PIECES + 1))])
def test_killed_at_any_moment_nothing_acknowledged_is_lost_or_there_twice(office, folder, seed, note, piece):
    kills = NIGHTLY_KILLS // PIECES if piece else KILLS
    office.counter("05").open("00902F")
    data, book = office.hub.store.folder, folder / "history.jsonl"
    first = office.hub.store.head[0] + 1
    office.hub.store.close()
    said = subprocess.run(
        [sys.executable, nursery.__file__, data, book, str(kills), str(seed + piece)],
        env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.stdout == f"{kills} lives\n", said.stdout + said.stderr
    verdict = judge_agency(read_lines(book), data, office.hub.settings, exercises=LOOKED, from_seq=first)
    note(f"E1 {kills} kills: {verdict}")
    assert verdict.valid is True, str(verdict)
    assert verdict.counts["acked_tickets"] > kills
    assert verify(data, QUEUES).problems == []
