"""A real hub in its own process, with agents already signed in, and what a test asks of it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from hub.agents import actions as agents
from hub.agents import cookie, csrf
from hub.ask import HUB, Actor, Ask
from hub.bench.rig import free_port
from hub.clock import Clock
from hub.queues import actions as queues
from hub.rooms import open_hub
from hub.settings import Settings
from hub.settings_files import load_settings
from tests.patience import patience

ROOT = Path(__file__).parents[3]
#: code → name, roles. Each test sits at a counter of its own, so that none waits for another.
AGENTS = {
    "01016E": ("MABIALA Rose", ["clerk"]),
    "00902F": ("OKEMBA Jean", ["clerk"]),
    "00733C": ("TSIBA Aline", ["receptionist"]),
}
SECRET = "une phrase facile a retenir"


@dataclass
class House:
    """One agency: its configuration, its hub's process, its agents' sessions."""

    folder: Path
    settings: Settings
    sessions: dict[str, str] = field(default_factory=dict)
    api: str = ""
    panel: str = ""
    process: subprocess.Popen[str] | None = None
    keys: Any = field(default_factory=count)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.hub.port}"

    def prepare(self, clock: Clock | None = None) -> House:
        """Agents, devices and an open day, as an administrator would have left them, now or at the clock's time."""
        hub = open_hub(self.settings, clock=clock)
        for code, (name, roles) in AGENTS.items():
            agents.add_agent(hub, Ask(HUB), code=code, name=name, roles=roles)
            self.sessions[code] = self._session(hub, code)
        self.api = agents.pair(hub, Ask(HUB), kind="api", name="TESTS")["token"]
        codes = tuple(c.code for c in self.settings.counters)
        self.panel = agents.pair(hub, Ask(HUB), kind="panel", name="P9", counters=codes)["token"]
        queues.open_day(hub, Ask(HUB))
        hub.store.close()
        return self

    def _session(self, hub: Any, code: str) -> str:
        issued = agents.reset_code(hub, Ask(HUB), code=code)["one_shot"]
        begun = agents.sign_in(hub, Ask(HUB), code=code, secret=issued)
        me = Ask(Actor(agent=code))
        return str(agents.choose_secret(hub, me, secret=f"{SECRET} {code}", current=issued)["session"]) if begun else ""

    def start(self) -> House:
        """The hub's process, as systemd would start it."""
        command = [sys.executable, "-m", "hub.cli", "hub", "--config", str(self.folder)]
        with (self.folder / "hub.log").open("a") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("ready"), (self.folder / "hub.log").read_text()[-3000:]
        return self

    def kill(self) -> None:
        """As the power would."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.communicate()
            self.process = None

    def cookie(self, code: str) -> dict[str, Any]:
        """What a browser keeps of an agent's session; one that locked itself over the tests before goes on."""
        if self._page("POST", "/stay", code).status in (401, 403):
            form = urlencode({"secret": f"{SECRET} {code}", "csrf": csrf.token_for(self.sessions[code])})
            again = self._page("POST", "/unlock", code, form).getheader("Set-Cookie")
            assert again is not None, f"{code} does not get in again"
            self.sessions[code] = again.partition(";")[0].partition("=")[2]
        return {"name": cookie._PLAIN, "value": self.sessions[code], "url": self.url}

    def _page(self, method: str, path: str, code: str, form: str = "") -> http.client.HTTPResponse:
        """What the hub answers to a page of the agent's."""
        door = http.client.HTTPConnection("127.0.0.1", self.settings.hub.port, timeout=patience(10))
        headers = {
            "Cookie": f"{cookie._PLAIN}={self.sessions[code]}", "X-CSRF-Token": csrf.token_for(self.sessions[code]),
            "Content-Type": "application/x-www-form-urlencoded",
        }  # fmt: skip
        door.request(method, path, form, headers)
        answer = door.getresponse()
        answer.read()
        door.close()
        return answer

    def ask(self, path: str, **body: Any) -> dict[str, Any]:
        """What the API answers; a refusal too is an answer."""
        body = {"key": f"test {next(self.keys)} {os.getpid()}"} | body
        door = http.client.HTTPConnection("127.0.0.1", self.settings.hub.port, timeout=patience(10))
        headers = {"Authorization": f"Bearer {self.api}", "Content-Type": "application/json"}
        door.request("POST", f"/api/v1{path}", json.dumps(body), headers)
        answer = dict(json.load(door.getresponse()))
        door.close()
        return answer

    def ticket(self, service: str, **more: Any) -> str:
        """A visitor takes a ticket; its label."""
        answer = self.ask("/tickets", service=service, **more)
        assert "label" in answer, answer
        return str(answer["label"])

    def sit(self, code: str, counter: str) -> None:
        """An agent sits down, wherever they were."""
        answer = self.ask(f"/counters/{counter}/open", agent=code, take_over=True)
        assert "error" not in answer, answer

    def clear(self, counter: str) -> None:
        """Nobody is left at a counter, nor in its queues."""
        self.ask(f"/counters/{counter}/unpause")
        self.ask(f"/counters/{counter}/start")
        self.ask(f"/counters/{counter}/finish")
        while self.ask(f"/counters/{counter}/next").get("ticket"):
            self.ask(f"/counters/{counter}/start")
            self.ask(f"/counters/{counter}/finish")


def new_house(folder: Path, services: tuple[str, ...] = ("reception",), **queue: Any) -> House:
    """The demo agency in a folder of its own, on a free port; `services` are its tabs."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in (ROOT / "config").glob("*.toml"):
        text = file.read_text("utf-8")
        if file.name == "agency.toml":
            rules = "".join(f"\n{name} = {value}" for name, value in queue.items())
            text = (
                text.replace("[queue]", "[queue]" + rules)
                .replace(
                    '["reception", "cash", "inquiry", "certificate", "request", "deposit", "appointment", "payday"]',
                    str(list(services)).replace("'", '"'),
                )
                .replace("port = 8080", f"port = {free_port()}")
            )
        (folder / file.name).write_text(text, "utf-8")
    return House(folder, load_settings(folder))
