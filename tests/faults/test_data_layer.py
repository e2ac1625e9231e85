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

from hub.ask import HUB, Ask
from hub.demo.processes import ROOT
from hub.exchange.sender import Sender
from hub.exchange.ways import SIGNING_KEY, Folder
from hub.history import History
from hub.judge import read_lines
from hub.judge.table import MONEY
from hub.queues import actions as queues
from hub.rooms import open_hub
from hub.settings_files import load_settings
from hub.verify import verify
from tests.faults import nursery
from tests.faults.checker import judge_agency
from tests.faults.tills import arrived
from tests.office import CONFIG, Office

pytestmark = [pytest.mark.faults, pytest.mark.slow]
KILLS, NIGHTLY_KILLS, PIECES = 1_000, 10_000, 4
#: In so many lives of ten a till is worked: such a one takes five times as long.
TILLS, NIGHTLY_TILLS = 1, 6
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 (a folder of our own in it)
LOOKED = [
    *(f"G{n}" for n in (0, 1, 2, 4, 9)), *(f"Q{n}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 19, 20)),
    *MONEY, *(f"C{n}" for n in (6, 8, 9, 10, 12, 13, 14, 15, 16, 17)),
]  # fmt: skip
NIGHTLY = (pytest.mark.nightly, pytest.mark.timeout(1_500))


@pytest.fixture
def folder():
    """In memory where there is such a folder: a kill takes nothing from what was written, synced or not."""
    with TemporaryDirectory(prefix="mbote-kills-", dir=MEMORY) as here:
        yield Path(here)


@pytest.fixture
def office(folder, clock):
    """The whole agency in that folder: its day open, somebody at a counter, a folder for the centre."""
    (folder / "centre").mkdir()
    settings = load_settings(CONFIG, {"hub": {"data": str(folder / "data")}})
    house = Office(open_hub(settings, clock=clock), clock)
    queues.open_day(house.hub, Ask(HUB))
    house.counter("05").open("00902F")
    yield house
    house.hub.store.close()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("piece", [0, *(pytest.param(piece, marks=NIGHTLY) for piece in range(1, PIECES + 1))])
def test_killed_at_any_moment_nothing_acknowledged_is_lost_or_there_twice(office, folder, seed, note, piece):
    kills, tills = (NIGHTLY_KILLS // PIECES, NIGHTLY_TILLS) if piece else (KILLS, TILLS)
    data, book = office.hub.store.folder, folder / "history.jsonl"
    first = office.hub.store.head[0] + 1
    office.hub.store.close()
    said = subprocess.run(
        [sys.executable, nursery.__file__, data, book, str(kills), str(seed + piece), str(tills)],
        env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.stdout == f"{kills} lives\n", said.stdout + said.stderr
    send_the_rest(office.hub.settings, folder / "centre")
    History("drv", str(book)).tell("mark", f="drained", a={})
    verdict = judge_agency(read_lines(book), data, office.hub.settings, exercises=LOOKED, from_seq=first,
                           centre=arrived(folder / "centre"))  # fmt: skip
    note(f"E1 {kills} kills: {verdict}")
    assert verdict.valid is True, str(verdict)
    assert verdict.counts["acked_tickets"] > kills // 4
    assert verdict.counts["acked_entries"] > kills * tills // 12
    assert verdict.counts["closings"] > kills * tills // 600
    assert verify(data).problems == []


def send_the_rest(settings, centre):
    """What the deaths have left in the outbox goes to the centre's folder."""
    hub = open_hub(settings)
    assert Sender(hub, Folder(centre, settings.agency.code, hub.store.folder / SIGNING_KEY)).send_due() is None
    hub.store.close()
