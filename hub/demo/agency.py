"""The demo agency on disk: configuration, tokens, people and an open day, made before anything runs."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import tomllib
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hardware.printer_emulator import PrinterEmulator
from hub.agents import actions as agents
from hub.agents import rules
from hub.agents import store as agent_store
from hub.ask import HUB, Actor, Ask
from hub.configuration import as_toml
from hub.context import Hub
from hub.demo.keys import SECRET, secret, telephone
from hub.errors import Refused
from hub.queues import actions as queues
from hub.queues import store as queue_store
from hub.rooms import open_hub
from hub.say import say
from hub.settings import Settings
from hub.settings_files import load_settings

SOURCE = Path(__file__).resolve().parents[2] / "config"
PANEL_COUNTERS = ("05", "02")
#: Where a free port is looked for.
PORTS = range(10_000, 32_000)


@dataclass(slots=True)
class Agency:
    """A prepared demo: where it lies, where it listens, and who can sign in."""

    folder: Path
    settings: Settings
    port: int
    tokens: dict[str, str] = field(default_factory=dict)
    agents: list[dict[str, Any]] = field(default_factory=list)
    pids: dict[str, int] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The agency page."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def config(self) -> Path:
        """The configuration folder."""
        return self.folder / "config"

    def printer(self) -> PrinterEmulator:
        """The printer of the kiosk, in software."""
        return PrinterEmulator(self.settings.kiosk.printer.port, self.folder / "printer.sock")

    def write(self) -> None:
        """demo.json: what a program needs to take part."""
        facts = {
            "url": self.url,
            "tokens": {kind: self.tokens[kind] for kind in ("kiosk", "display", "panel", "api")},
            "agents": self.agents,
            "pids": self.pids,
        }
        _write(self.folder / "demo.json", json.dumps(facts, ensure_ascii=False, indent=2))


def prepare(folder: Path, port: int) -> Agency:
    """Make the agency in `folder`, or take up the one that is there."""
    folder.mkdir(parents=True, exist_ok=True)
    _configure(folder, port)
    settings = load_settings(folder / "config")
    agency = Agency(folder, settings, port)
    hub = open_hub(settings)
    try:
        _open_day(hub)
        _pair(hub, agency)
        _hire(hub, agency)
        _write(folder / "screens.json", json.dumps(_screens(agency), ensure_ascii=False))
    finally:
        hub.store.close()
    return agency


def _configure(folder: Path, port: int) -> None:
    """The demo agency's files, and `local.toml` with what is special to this machine."""
    config = folder / "config"
    shutil.copytree(SOURCE, config, dirs_exist_ok=True)
    hub = f"http://127.0.0.1:{port}"
    tables: dict[str, dict[str, Any]] = {
        "hub": {"port": port, "data": str(folder / "data"), "requests_per_s": 10_000, "reserve_mb": 1},
        "kiosk": {
            "hub": hub, "token": str(folder / "kiosk.token"), "data": str(folder / "kiosk"),
            "screen_port": free_port(), "devices": "simulated", "socket": str(folder / "kiosk.sock"),
        },
        "kiosk.printer": {"kind": "tcp", "host": "127.0.0.1", "port": free_port()},
        "panel": {
            "hub": hub, "token": str(folder / "panel.token"),
            "devices": "simulated", "socket": str(folder / "panel.sock"),
        },
    }  # fmt: skip
    lines = [line for name, values in tables.items() for line in _table(name, values)]
    _write(config / "local.toml", "# Written by `mbote demo`.\n" + "\n".join(lines))


def _table(name: str, values: dict[str, Any]) -> list[str]:
    return [f"[{name}]", *(f"{key} = {as_toml(value)}" for key, value in values.items()), ""]


def free_port() -> int:
    """A port that nobody uses now, below those that the kernel gives to whoever calls somebody: they stay free."""
    while True:
        port = secrets.choice(PORTS)
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


def _open_day(hub: Hub) -> None:
    """Today is open; an older day that was left open is closed first."""
    day = queue_store.day(hub.reader)
    today = datetime.fromtimestamp(hub.now().at / 1000, UTC).astimezone(hub.settings.agency.zone).date().isoformat()
    if day and day.open and day.date != today:
        queues.close_day(hub, Ask(HUB), force=True)
        day = queue_store.day(hub.reader)
    if day is None or not day.open:
        try:
            queues.open_day(hub, Ask(HUB))
        except Refused as refused:
            print(f"the demo's day stays closed: {refused.message}", flush=True)


def _pair(hub: Hub, agency: Agency) -> None:
    """The demo's own kiosk, panel and screens, and spare devices for whoever wants to take part."""
    kiosk, panel = hub.settings.kiosk.name, hub.settings.panel.name
    held = tuple(counter.counter for counter in hub.settings.panel.counters)
    everywhere = tuple(counter.code for counter in hub.settings.counters)
    for place, kind, name, counters in (
        ("own_kiosk", "kiosk", kiosk, ()),
        ("own_panel", "panel", panel, held),
        ("own_display", "display", "D1", ()),
        ("kiosk", "kiosk", "K9", ()),
        ("display", "display", "D9", ()),
        ("panel", "panel", "P9", everywhere),
        ("api", "api", "A9", ()),
    ):
        agency.tokens[place] = str(agents.pair(hub, Ask(HUB), kind=kind, name=name, counters=counters)["token"])
    _write(agency.folder / "kiosk.token", agency.tokens["own_kiosk"])
    _write(agency.folder / "panel.token", agency.tokens["own_panel"])


def _hire(hub: Hub, agency: Agency) -> None:
    """The people of requirements D.2, each at their counter; who chose a secret of their own has none to tell."""
    known = {row.code for row in agent_store.agents(hub.reader)}
    for person in tomllib.loads((SOURCE / "agents.toml").read_text("utf-8"))["agent"]:
        code, roles = person["code"], tuple(person["roles"])
        hired = code not in known
        if hired:
            first = agents.add_agent(hub, Ask(HUB), code=code, name=person["name"], roles=roles)["one_shot"]
            agents.choose_secret(hub, Ask(Actor(agent=code)), secret=SECRET, current=str(first))
        agency.agents.append(
            {
                "code": code, "name": person["name"], "password": SECRET if hired else secret(hub, code) or None,
                "totp_secret": telephone(hub, code) if rules.needs_factor(roles) else None,
                "roles": list(roles), "counter": person.get("counter"),
            }
        )  # fmt: skip
        _seat(hub, code, person.get("counter"))


def _screens(agency: Agency) -> dict[str, Any]:
    """What the agency page shows: the room's token, whose desk, and where else to go."""
    seat = next(a for a in agency.agents if a["counter"] == PANEL_COUNTERS[0])
    elsewhere = (
        ("receptionist", "reception", "/desk", "users"),
        ("supervisor", "supervision", "/supervision", "clock"),
    )
    return {
        "display": agency.tokens["own_display"],
        "seat": {"code": seat["code"], "name": seat["name"], "counter": seat["counter"]},
        "people": [
            {"code": a["code"], "word": say("fr", f"demo.{word}"), "to": to, "icon": icon}
            for role, word, to, icon in elsewhere
            for a in agency.agents
            if role in a["roles"]
        ],
    }


def _seat(hub: Hub, code: str, counter: str | None) -> None:
    configured = hub.settings.counter(counter) if counter else None
    if configured and configured.shown and queue_store.counter(hub.reader, configured.code).agent is None:
        queues.open_counter(hub, Ask(HUB), counter=configured.code, agent=code, take_over=True)


def _write(path: Path, text: str) -> None:
    """Whole or not at all, and for this user alone."""
    fresh = path.with_name(path.name + ".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)
