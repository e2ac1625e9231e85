"""What each box answers to, seen from next door: its real processes behind the rules that `mbote setup` wrote for it.

Each box is a network namespace with the neighbour's at the other end of a cable, and nmap asks for every port. Beside
the role's own process something listens on ports that a box might have open by accident: without the rules they are
found, which is how it is known that the scan sees.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from hub.installation.setup import Wishes, set_up
from tests.installation.test_setup import HUB, TOKEN, root  # noqa: F401 (a fixture)

pytestmark = [
    pytest.mark.slow, pytest.mark.nightly, pytest.mark.timeout(300),
    pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("nmap"), reason="needs root, nft and nmap"),
]  # fmt: skip
BOX, NEAR, FAR = "10.77.0.1", "10.77.0.2", "203.0.113.2"
#: Things that listen everywhere on a box that nobody looked at: a shell, pages, a printer, a database.
BY_ACCIDENT = (22, 80, 443, 5432, 9100)
#: role → what the list in docs/technician.md says that it answers to.
OPEN = {"hub": (8080,), "kiosk": (), "panel": (), "printer": (), "display": ()}
REPOSITORY = Path(__file__).resolve().parents[2]


class Cable:
    """A box and its neighbour."""

    def __init__(self, folder):
        self.box, self.next_door = f"mb{os.getpid() % 10_000}", f"mn{os.getpid() % 10_000}"
        self.folder = folder
        self._opened = ExitStack()

    def __enter__(self):
        for name in (self.box, self.next_door):
            self._ip("netns", "add", name)
            self._opened.callback(self._ip, "netns", "del", name)
        self._ip("link", "add", "vb", "netns", self.box, "type", "veth", "peer", "name", "vn", "netns", self.next_door)
        for name, device, addresses in ((self.box, "vb", (BOX,)), (self.next_door, "vn", (NEAR, FAR))):
            for address in addresses:
                self._ip("-n", name, "address", "add", f"{address}/24", "dev", device)
            for each in (device, "lo"):
                self._ip("-n", name, "link", "set", each, "up")
        self._ip("-n", self.box, "route", "add", "203.0.113.0/24", "dev", "vb")
        self._ip("-n", self.next_door, "route", "replace", "10.77.0.0/24", "dev", "vn", "src", NEAR)
        return self

    def __exit__(self, *_):
        self._opened.close()

    @staticmethod
    def _ip(*words):
        subprocess.run(["ip", *words], check=True)

    def run(self, *command, where=None):
        """A command next door, or in the box; what it says."""
        whole = ["ip", "netns", "exec", where or self.next_door, *command]
        return subprocess.run(whole, check=True, capture_output=True, text=True).stdout

    @contextmanager
    def running(self, *command):
        """A process in the box, until it is not needed."""
        whole = ["ip", "netns", "exec", self.box, sys.executable, *command]
        with (self.folder / "said.log").open("a") as log:
            process = subprocess.Popen(whole, stdout=log, stderr=log, cwd=REPOSITORY)
        try:
            yield
            assert process.poll() is None, (self.folder / "said.log").read_text()[-2000:]
        finally:
            process.terminate()
            process.wait(20)

    def listening(self):
        """The ports on which something in the box listens for everybody."""
        lines = self.run("ss", "-Hltn", where=self.box).splitlines()
        return {int(line.split()[3].rpartition(":")[2]) for line in lines if not line.split()[3].startswith("127.")}

    def open_to(self, source, ports="-"):
        """The ports that whoever has this address finds open; all of them are asked for."""
        told = self.run(
            "nmap", "-n", "-Pn", "-sS", f"-p{ports}", "-T4", "--max-retries", "2", "--min-rate", "8000", "-S", source,
            "-e", "vn", BOX,
        )  # fmt: skip
        return {int(port) for port in re.findall(r"^(\d+)/tcp +open", told, re.MULTILINE)}


def listen_by_accident(*ports):
    """What `python -c` runs: sockets that nobody answers."""
    held = "held = [socket.create_server(('0.0.0.0', int(port))) for port in sys.argv[1:]]"
    return ("-c", f"import socket, sys, time; {held}; time.sleep(600)", *map(str, ports))


def become(root, role):  # noqa: F811
    """The box as `mbote setup` makes it; its configuration."""
    list(set_up(root, Wishes((role,)) if role == "hub" else Wishes((role,), hub=HUB, token=TOKEN)))
    config = root / "etc" / "mbote"
    if role in ("kiosk", "panel"):
        local = config / "local.toml"
        local.write_text(local.read_text().replace(f"{role} = {{", f'{role} = {{ devices = "simulated",'))
    if role == "printer":
        with (config / "printers.toml").open("a") as file:
            file.write('\n[[printer]]\nname = "RECUS"\n')
    return config


@pytest.mark.parametrize("role", OPEN)
def test_a_box_answers_to_the_ports_of_its_role_and_to_no_others(root, tmp_path, note, role):  # noqa: F811
    config = become(root, role)
    with Cable(tmp_path) as cable, ExitStack() as running:
        accidents = BY_ACCIDENT if role == "hub" else (*BY_ACCIDENT, 8080)
        running.enter_context(cable.running(*listen_by_accident(*accidents)))
        if role != "display":  # that one is a browser
            running.enter_context(cable.running("-m", "hub.cli", role, "--config", str(config)))
        wanted, until = {*accidents, *OPEN[role]}, time.monotonic() + 30
        while not wanted <= cable.listening():
            assert time.monotonic() < until, (tmp_path / "said.log").read_text()[-2000:]
            time.sleep(0.2)
        assert cable.listening() == wanted, "the process itself opens nothing else to others"
        listed = ",".join(map(str, sorted(wanted)))
        assert cable.open_to(NEAR, listed) == wanted, "without the rules the scan finds everything"
        cable.run("nft", "-f", str(config / "firewall.nft"), where=cable.box)
        near, far = (cable.open_to(source) | cable.open_to(source, listed) for source in (NEAR, FAR))
        note(f"{role}: {listed} open without the rules; with them {near or 'none'} to a neighbour, {far or 'none'} to"
             " others, of 65535 ports")  # fmt: skip
        assert near == set(OPEN[role])
        assert far == set()
