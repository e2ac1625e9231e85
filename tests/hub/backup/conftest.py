"""A box with all its rooms, a place on a stick, and somebody elsewhere who holds the private key."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

import pyrage
import pytest

from hub.agents import actions as agents
from hub.ask import HUB, Ask
from hub.backup import copy
from hub.backup.copy import Box
from hub.backup.follow import Stream
from hub.backup.piece import Piece
from hub.backup.place import Place
from hub.clock import ManualClock
from hub.recovery import Recovery, box_of, recover
from hub.rooms import open_hub
from hub.settings import Settings
from hub.settings_files import load_settings
from hub.verify import verify
from tests.office import CONFIG, Office

#: Whoever restores, far from the box.
IDENTITY = pyrage.x25519.Identity.generate()
AGENCY = "CNSS-BZV-SIEGE"


@dataclass
class Safe:
    """One box and its stick. `office` is the agency at work on it."""

    folder: Path
    settings: Settings
    clock: ManualClock
    told: list[tuple[int, int]] = field(default_factory=list)
    keys: Any = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.stick = self.folder / "stick"
        self.place = Place(self.stick, AGENCY)
        self.office: Any = None

    @property
    def data(self) -> Path:
        return self.settings.hub.data

    @property
    def box(self) -> Box:
        return replace(box_of(self.settings), clock=self.clock)

    def open(self) -> Safe:
        hub = open_hub(self.settings)
        self.office = Office(hub, self.clock, self.keys)
        return self

    def close(self) -> None:
        if self.office is not None:
            self.office.hub.store.close()
            self.office = None

    def hire(self) -> str:
        """Somebody new, who has chosen no secret yet; the code for the first sign-on."""
        answer = agents.add_agent(
            self.office.hub, self.office.ask(HUB), code="00733C", name="OKO Paul", roles=["receptionist"]
        )
        agents.pair(self.office.hub, Ask(HUB), kind="kiosk", name="K1", counters=[])
        return answer["one_shot"]

    def busy(self, visitors: int = 3) -> list[str]:
        """Some visitors, one of them known by name; their labels."""
        labels = [self.office.press("deposit") for _ in range(visitors)]
        return [*labels, self.office.give("pension", requester="MAKOSSO Ruth", registration_number="9000000001")]

    def head(self) -> tuple[int, str]:
        seq, digest = self.office.hub.store.head
        return seq, digest.hex()

    def whole(self) -> Piece:
        self.stick.mkdir(exist_ok=True)
        self.place.prepare()
        return copy.whole(self.box, self.place)

    def rows(self) -> Piece:
        after = max(piece.header.last for piece in self.place.look().pieces)
        made = copy.rows(self.box, self.place, after)
        assert made is not None
        return made

    def stream(self, **rules: Any) -> Stream:
        backup = self.settings.backup.model_copy(update={"every_s": 20, **rules})
        return Stream(self.box, self.place, backup, self.settings.agency.zone, self.seen)

    def seen(self, epoch: int, seq: int) -> bool:
        """The running hub is told; while it is starting nobody hears."""
        self.told.append((epoch, seq))
        return self.office is not None

    def restore(self, identity: Any = IDENTITY, **more: Any) -> Recovery:
        """On a new box: what came back is in `data`."""
        return recover(self.stick, self.settings.folder, [identity], **{"data": self.folder / "new"} | more)

    def again(self, name: str = "new") -> Safe:
        """The box that was restored there, at work."""
        hub = self.settings.hub.model_copy(update={"data": self.folder / name})
        return Safe(self.folder, self.settings.model_copy(update={"hub": hub}), self.clock, keys=self.keys).open()

    def problems(self, name: str = "new") -> list[str]:
        """What `mbote verify` finds there."""
        return verify(self.folder / name).problems


@pytest.fixture
def safe(tmp_path, clock, monkeypatch):
    """The box before the doors open, with some work behind it; restored boxes live by the same clock."""
    monkeypatch.setattr("hub.store.SystemClock", lambda *_: clock)
    settings = load_settings(
        CONFIG, {"hub": {"data": tmp_path / "data"}, "backup": {"keys": [str(IDENTITY.to_public())]}}
    )
    found = Safe(tmp_path, settings, clock).open()
    found.hire()
    found.office.open_day()
    found.busy()
    yield found
    found.close()
