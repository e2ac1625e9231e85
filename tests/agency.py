"""The agency as it stands in the hall: hub, kiosk and panels as processes, handled only from outside.

    with opened(folder) as agency:
        agency.press("DEP")
        agency.counter("05").step("next")
        agency.kill("hub")

Pins are pressed through the simulated boards' sockets, counters are worked over HTTP, processes die by
SIGKILL. Beside the demo's own counters stand twenty more, 31 to 50, for the services XES and YES that
nobody else asks for. Every process ends with the one that runs the tests, however that ends.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from hardware.line_server import tell
from hardware.printer_emulator import PrinterEmulator
from hub.agents import actions as agents
from hub.agents.sessions import socket_token
from hub.ask import HUB, Ask
from hub.bench.rig import free_port, wait_answer
from hub.client import HubAway, HubClient
from hub.context import Hub
from hub.demo.agency import Agency, prepare
from hub.demo.processes import COMMANDS, Processes
from hub.errors import Refused
from hub.queues import actions as queues
from hub.rooms import open_hub
from hub.settings_files import load_settings
from hub.verify import verify
from tests.patience import crowd, patience

SERVICES = {"XES": "X", "YES": "Y"}
COUNTERS = tuple(str(number) for number in range(31, 51))
#: The folder in which the centre finds what the agency says.
CENTRE = "centre"
KIOSKS = ("K51", "K52", "K53", "K54")
FINGER_MS = 90
ANSWER_S = 10.0
PAGE = 1000

Body = dict[str, Any]


class Door:
    """One keep-alive connection to the hub: what it answered, or HubAway when it did not."""

    def __init__(self, port: int, token: str = "") -> None:
        self._port = port
        self._line = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_S)
        self._head = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})

    def send(self, method: str, path: str, body: bytes | None = None, **head: str) -> tuple[int, bytes]:
        """The status and the bytes of the answer. Raises HubAway."""
        try:
            self._line.request(method, path, body, self._head | head)
            answer = self._line.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._line.close()
            raise HubAway(f"no answer: {type(error).__name__}") from error

    def get(self, path: str) -> Body:
        """What is read there; a hub that has just been started has hung up, so it is asked once more."""
        try:
            return _told(*self.send("GET", f"/api/v1/{path}"))
        except HubAway:
            wait_answer(self._port, patience(15))
            return _told(*self.send("GET", f"/api/v1/{path}"))

    def post(self, path: str, **body: Any) -> Body:
        """What a change answers. Raises Refused."""
        return _told(*self.send("POST", f"/api/v1/{path}", json.dumps(body).encode()))

    def ask(self, what: str, key: str, **body: Any) -> Body:
        """The same words as on a device's line (hub.client), over HTTP."""
        if what == "issue":
            return self.post("tickets", key=key, **body)
        counter = body.pop("counter")
        return self.post(f"counters/{counter}/{what.replace('_', '-')}", key=key, **body)

    def close(self) -> None:
        """Hang up."""
        self._line.close()


def _told(status: int, body: bytes) -> Body:
    answer: Body = json.loads(body)
    if status >= http.HTTPStatus.BAD_REQUEST:
        error = answer["error"]
        raise Refused(error["message"], code=error["code"], field=error.get("field"))
    return answer


class AtCounter:
    """A counter, worked over HTTP."""

    def __init__(self, door: Door, code: str) -> None:
        self.code = code
        self._door = door

    def step(self, name: str, key: str = "", **body: Any) -> Body:
        """One key of the panel."""
        return self._door.ask(name, key or uuid4().hex, counter=self.code, **body)

    def next(self) -> str | None:
        """*Suivant*: the number called."""
        ticket = self.step("next")["ticket"]
        return str(ticket["label"]) if ticket else None

    def serve(self) -> str | None:
        """One whole visit."""
        label = self.next()
        if label:
            self.step("start")
            self.step("finish")
        return label


class RunningAgency:
    """The processes of one agency, its metal and its doors."""

    def __init__(self, agency: Agency, printer: PrinterEmulator, processes: Any = None) -> None:
        self._agency = agency
        self.processes = processes
        self.folder = agency.folder
        self.settings = agency.settings
        self.config = agency.config
        self.port = agency.port
        self.url = agency.url
        self.tokens = agency.tokens
        self.people = agency.agents
        self.printer = printer
        self._opened = ExitStack()
        self.api = self.door("api")

    # --- people

    def door(self, who: str) -> Door:
        """A connection of one device, closed with the agency."""
        door = Door(self.port, self.tokens[who])
        self._opened.callback(door.close)
        return door

    def press(self, service: str) -> None:
        """A finger on the kiosk's button, as long as fingers are."""
        pin = next(button.pin for button in self.settings.kiosk.buttons if button.service == service)
        tell(self.folder / "kiosk.sock", {"press": pin, "ms": FINGER_MS})

    def panel_key(self, counter: str, step: str) -> None:
        """A finger on a key of the physical panel."""
        held = next(one for one in self.settings.panel.counters if one.counter == counter)
        pin = next(button.pin for button in held.buttons if button.step == step)
        tell(self.folder / "panel.sock", {"press": pin, "ms": FINGER_MS})

    def give(self, service: str) -> str:
        """Somebody gives a ticket over the API."""
        return str(self.api.ask("issue", uuid4().hex, service=service)["label"])

    def counter(self, code: str) -> AtCounter:
        """A counter."""
        return AtCounter(self.api, code)

    def line(self, who: str) -> HubClient:
        """A device's line, with every picture that comes over it; hung up with the agency."""
        line = HubClient(f"http://127.0.0.1:{self.port}", lambda: self.tokens[who]).open()
        self._opened.callback(line.close)
        assert line.wait_connected(ANSWER_S), f"{who} is not connected"
        return line

    def page(self, role: str, path: str) -> str:
        """A page as whoever has that role reads it."""
        reader = next(person["code"] for person in self.people if role in person["roles"])
        cookie, _ = self.session(reader)
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_S)) as browser:
            browser.request("GET", path, headers={"Cookie": cookie, "Accept": "text/html"})
            return browser.getresponse().read().decode()

    def session(self, code: str) -> tuple[str, str]:
        """An agent signs in: the cookie, and the token of their pages' socket."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_S)) as browser:
            browser.request("GET", f"/demo/agent/{code}")
            signed_in = browser.getresponse()
            signed_in.read()
            cookie = (signed_in.getheader("Set-Cookie") or "").partition(";")[0]
            return cookie, socket_token(cookie.partition("=")[2])

    # --- what is there

    def journal(self) -> list[Body]:
        """All that happened."""
        found: list[Body] = []
        while page := self.api.get(f"events?after={found[-1]['seq'] if found else 0}&limit={PAGE}")["events"]:
            found += page
        return found

    def number_shown(self, counter: str) -> str:
        """The physical number display."""
        with socket.socket(socket.AF_UNIX) as wire:
            wire.settimeout(ANSWER_S)
            wire.connect(str(self.folder / "panel.sock"))
            with wire.makefile() as lines:
                said = (json.loads(line) for line in lines)
                return str(next(one["text"] for one in said if one.get("display") == counter))

    def slips(self) -> list[str]:
        """The labels on the papers that came out, in order."""
        return [label(slip) for slip in list(self.printer.slips)]

    def log(self, name: str = "hub") -> str:
        """What a process has said."""
        return (self.folder / "log" / f"{name}.log").read_text("utf-8")

    def tracebacks(self, *names: str) -> list[str]:
        """The end of each traceback that these processes (the hub, unless named) have told, with what it ended in."""
        said = "\n".join(self.log(name) for name in names or ("hub",))
        return [one[-1_500:] for one in said.replace("\\n", "\n").split("Traceback")[1:]]

    def verified(self) -> list[str]:
        """What `mbote verify` finds wrong."""
        return verify(self.folder / "data").problems

    # --- what breaks

    def pid(self, what: str) -> int:
        """`hub`, `kiosk`, `panel`."""
        return self._agency.pids[what]

    def kill(self, what: str) -> int:
        """SIGKILL; the process that was there, 0 when none was (it is just being started)."""
        victim = self.pid(what)
        with suppress(ProcessLookupError):
            if victim:
                os.kill(victim, signal.SIGKILL)
        return victim

    def wait_answer(self) -> float:
        """How long the hub takes to answer."""
        return wait_answer(self.port, patience(15))

    def close(self) -> None:
        """Hang up everywhere."""
        self._opened.close()


def alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def label(slip: list[Any]) -> str:
    """What is printed largest."""
    return str(max((line for line in slip if line.kind == "text"), key=lambda line: line.height).text)


@contextmanager
def opened(
    folder: Path,
    commands: Mapping[str, tuple[str, ...]] = COMMANDS,
    keeper: type[Processes] = Processes,
    local: str = "",
    before: Callable[[Hub], object] = lambda _: None,
) -> Iterator[RunningAgency]:
    """The agency with its day open and an agent at each counter; `keeper` starts what it runs, `local` is settings.

    `before`: what happened before its processes started.
    """
    agency = furnished(folder, before, local)
    with ExitStack() as stack:
        printer = agency.printer().open()
        stack.callback(printer.close)
        processes = stack.enter_context(keeper(agency, commands))
        if not processes.wait_ready(threading.Event()):
            raise TimeoutError("the agency does not start")
        running = RunningAgency(agency, printer, processes)
        stack.callback(running.close)
        yield running


def hub_alone(plant: str = "") -> dict[str, tuple[str, ...]]:
    """The hub without kiosk and panel; with a fault planted by tests/faults/planted.py."""
    return {"hub": ("-m", "tests.faults.planted", plant) if plant else COMMANDS["hub"]}


def hub_with(**box: Any) -> dict[str, tuple[str, ...]]:
    """The hub alone, with other settings of its box than the demo's."""
    return {"hub": ("-m", "tests.hub_with", json.dumps(box))}


def furnished(folder: Path, before: Callable[[Hub], object] = lambda _: None, local: str = "") -> Agency:
    """The demo's agency with twenty more counters, each with an agent and a panel, four more kiosks, and `local`."""
    agency = prepare(folder, free_port())
    _append(agency.config / "services.toml", [_service(code, prefix) for code, prefix in SERVICES.items()])
    _append(agency.config / "counters.toml", [_counter(code) for code in COUNTERS])
    (folder / CENTRE).mkdir(exist_ok=True)
    own = agency.config / "local.toml"
    said = own.read_text("utf-8").replace("[hub]\n", f'[hub]\noutbox = "{folder / CENTRE}"\n')
    own.write_text(said + local, "utf-8")
    agency.settings = load_settings(agency.config)
    hub = open_hub(agency.settings)
    try:
        for code in COUNTERS:
            queues.open_counter(hub, Ask(HUB), counter=code, agent=f"000{code}T", take_over=True)
            agency.tokens[code] = str(
                agents.pair(hub, Ask(HUB), kind="panel", name=f"P{code}", counters=(code,))["token"]
            )
        for name in KIOSKS:
            agency.tokens[name] = str(agents.pair(hub, Ask(HUB), kind="kiosk", name=name)["token"])
        before(hub)
    finally:
        hub.store.close()
    return agency


def _append(file: Path, tables: list[str]) -> None:
    file.write_text(file.read_text("utf-8") + "\n" + "\n".join(tables), "utf-8")


def _service(code: str, prefix: str) -> str:
    return f'[[service]]\ncode = "{code}"\nprefix = "{prefix}"\nlabel = "Essai {code}"\nmean_min = 1\n'


def _counter(code: str) -> str:
    services = ", ".join(f'"{service}"' for service in SERVICES)
    return f'[[counter]]\ncode = "{code}"\nlabel = "Essai"\nkind = "deposit"\nservices = [{services}]\n'


def until(check: Callable[[], Any], seconds: float, what: str) -> float:
    """Wait for something, for so long on a machine of one's own; how long it took. Raises AssertionError."""
    began = time.monotonic()
    while not check():
        if time.monotonic() - began > patience(seconds):
            raise AssertionError(f"not within {seconds:g} s (others want the processors {crowd():.1f} times): {what}")
        time.sleep(0.01)
    return time.monotonic() - began


def strain() -> float:
    """How much longer than alone a start takes here and now, or over the last minute; 1 on a quiet machine."""
    began = time.perf_counter()
    child = subprocess.Popen([sys.executable, "-c", "import flask_socketio, pydantic, sqlite_utils"])
    _, _, used = os.wait4(child.pid, 0)
    child.returncode = 0
    return max(crowd(), (time.perf_counter() - began) / max(0.05, used.ru_utime + used.ru_stime))
