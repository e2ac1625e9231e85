"""A hub that only prints, on a clock that moves when told."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.ask import Actor, Ask
from hub.clock import ManualClock
from hub.context import Hub
from hub.paper import Cut, Slip, Text
from hub.printing import actions, store
from hub.printing.migrations import migrations
from hub.settings_files import load_settings
from hub.store import Store

CONFIG = Path(__file__).parents[3] / "config"
AGENT = Actor(agent="01016E", roles=frozenset({"receptionist"}))
SLIP: Slip = (Text("D001", size=8), Cut())


class PrintRoom:
    """The room, in the words of those who use it."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock(datetime(2026, 3, 2, 7, 30, tzinfo=UTC))
        self.folder = folder
        self.open()

    def open(self) -> None:
        kept = Store(self.folder, appliers=store.APPLIERS, migration_sets=(migrations,), clock=self.clock)
        self.hub = Hub(load_settings(CONFIG), kept)

    def restart(self) -> None:
        self.hub.store.close()
        self.open()

    def cause(self, about: str = "ticket 1", *, printer: str = "K1", copy: int = 0) -> int:
        with self.hub.store.transaction(Ask(AGENT)) as tx:
            return store.queue_job(tx, about=about, printer=printer, copy=copy, slip=SLIP)

    def take(self, device: str = "K1", *, roles: frozenset[str] = frozenset({"kiosk"}), printer: str | None = None):
        return actions.take(self.hub, Ask(Actor(device=device, roles=roles)), printer=printer)

    def report(self, taken, state: str, reason: str = "", *, device: str = "K1", key: str | None = None):
        ask = Ask(Actor(device=device), key, {"job": taken["job"], "state": state})
        return actions.report(self.hub, ask, job=taken["job"], attempt=taken["attempt"], state=state, reason=reason)

    def state(self, job: int) -> tuple[str, str]:
        found = store.job(self.hub.reader, job)
        assert found
        return found.state, found.reason

    @property
    def in_doubt(self) -> list[int]:
        return [job.id for job in store.jobs_in_doubt(self.hub.reader)]


@pytest.fixture
def room(tmp_path):
    room = PrintRoom(tmp_path / "data")
    yield room
    room.hub.store.close()
