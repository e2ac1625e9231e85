"""Training on the same box: a second hub with data of its own, where everybody signs in as they always do.

    mbote school --config /etc/mbote

Its configuration is the agency's, so what is learned is what is worked with: the same counters, services and rules.
ÉCOLE stands on every screen and paper (`settings_files.in_school`), the data lie beside the real ones in a folder that
bears a mark (`rooms.keep_apart`), and nothing leaves the box: no message, no backup, no telephone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from hub.agents import store as agents
from hub.agents.model import AgentAdded
from hub.ask import HUB, Ask
from hub.context import Hub
from hub.rooms import open_hub
from hub.settings import Settings
from hub.settings_files import load_settings
from hub.sqlite import open_reader
from hub.store import DATABASE

#: How far its port is from the agency's own, unless it is given.
FURTHER = 20


def settings_of(folder: Path, port: int | None = None) -> Settings:
    """The agency's configuration, as its school has it. Raises ConfigurationFault."""
    real = load_settings(folder)
    data = real.path(real.hub.data)
    box: Mapping[str, Any] = {
        "school": True, "data": str(data.with_name(f"{data.name}-ecole")), "port": port or real.hub.port + FURTHER,
    }  # fmt: skip
    return load_settings(folder, {"hub": box})


def prepare(folder: Path, port: int | None = None) -> Settings:
    """Make the school ready: at the first time everybody who works here has their account there, by the same password.

    A second factor is set up anew there. Raises ConfigurationFault, StoreFault.
    """
    settings = settings_of(folder, port)
    if not (settings.path(settings.hub.data) / DATABASE).exists():
        real = load_settings(folder)
        hub = open_hub(settings)
        try:
            _take_in(hub, real.path(real.hub.data) / DATABASE)
        finally:
            hub.store.close()
    return settings


def _take_in(hub: Hub, database: Path) -> None:
    """Everybody of the agency; nobody where it has not begun yet."""
    if not database.exists():
        return
    with closing(open_reader(database)) as real, hub.store.transaction(Ask(HUB)) as tx:
        for one in agents.agents(real):
            tx.record(AgentAdded(one.code, one.name, tuple(sorted(one.roles))))
        for row in _secrets(real):
            marks = ",".join("?" * len(row))
            tx.run(f"INSERT OR REPLACE INTO agent_secret VALUES ({marks})", *tuple(row))  # noqa: S608 (marks alone)


def _secrets(real: sqlite3.Connection) -> list[sqlite3.Row]:
    return real.execute(
        "SELECT s.* FROM agent_secret s JOIN agent a ON a.code = s.agent WHERE a.removed = 0"
    ).fetchall()
