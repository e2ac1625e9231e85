"""The guests' network, seen from a telephone in it: the page that shows a ticket, and nothing else of the box.

Three network namespaces: the hub's box, a telephone on the guests' cable, a neighbour on the agency's. The rules are
those that `mbote setup` writes, the page is served by the product's own hub, and beside it something listens on ports
that the box might have open by accident: without the rules they are found, which is how it is known that the look sees.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from hub.installation.setup import Wishes, set_up
from tests.installation.test_setup import root  # noqa: F401 (a fixture)

pytestmark = [
    pytest.mark.slow, pytest.mark.nightly, pytest.mark.timeout(200),
    pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("nmap"), reason="needs root, nft and nmap"),
]  # fmt: skip
PAGE, AGENCY, GUEST, NEIGHBOUR = "192.168.50.1", "10.77.0.1", "192.168.50.23", "10.77.0.2"
BY_ACCIDENT = (22, 443, 5432, 9100)
REPOSITORY = Path(__file__).resolve().parents[2]
ASK = """\
import http.client, sys
line = http.client.HTTPConnection(sys.argv[1], int(sys.argv[2]), timeout=3)
line.request("GET", sys.argv[3])
answer = line.getresponse()
print(answer.status, len(answer.read()))
"""
FLOOD = """\
import socket, sys, time
passed = 0
for _ in range(300):
    line = socket.socket(); line.settimeout(0.02)
    try:
        line.connect((sys.argv[1], int(sys.argv[2]))); passed += 1
    except OSError: pass
    finally: line.close()
print(passed)
"""


class Wires:
    """The box with its two cables. Everything is taken away at the end."""

    def __init__(self, folder):
        self.folder = folder
        number = os.getpid() % 10_000
        self.box, self.guest, self.near = f"gb{number}", f"gg{number}", f"gn{number}"
        self._opened = ExitStack()

    def __enter__(self):
        for name in (self.box, self.guest, self.near):
            self._ip("netns", "add", name)
            self._opened.callback(self._ip, "netns", "del", name)
            self._ip("-n", name, "link", "set", "lo", "up")
        self._cable("guests0", PAGE, self.guest, GUEST)
        self._cable("agency0", AGENCY, self.near, NEIGHBOUR)
        for name, way in ((self.guest, PAGE), (self.near, AGENCY)):
            self._ip("-n", name, "route", "add", "default", "via", way)
        self.run("sysctl", "-qw", "net.ipv4.ip_forward=1", where=self.box)
        return self

    def _cable(self, device, address, other, at):
        self._ip("link", "add", device, "netns", self.box, "type", "veth", "peer", "name", "eth0", "netns", other)
        for name, end, own in ((self.box, device, address), (other, "eth0", at)):
            self._ip("-n", name, "address", "add", f"{own}/24", "dev", end)
            self._ip("-n", name, "link", "set", end, "up")

    def __exit__(self, *_):
        self._opened.close()

    @staticmethod
    def _ip(*words):
        subprocess.run(["ip", *words], check=True, timeout=20)

    def run(self, *command, where, check=True):
        whole = ["ip", "netns", "exec", where, *command]
        return subprocess.run(whole, check=check, capture_output=True, text=True, timeout=60).stdout

    def running(self, *command):
        with (self.folder / "said.log").open("a") as log:
            process = subprocess.Popen(
                ["ip", "netns", "exec", self.box, sys.executable, *command], stdout=log, stderr=log, cwd=REPOSITORY
            )
        self._opened.callback(process.wait, 20)
        self._opened.callback(process.terminate)

    def listening(self):
        lines = self.run("ss", "-Hltn", where=self.box).splitlines()
        return {int(line.split()[3].rpartition(":")[2]) for line in lines if not line.split()[3].startswith("127.")}

    def open_to(self, where, at, ports, source=None):
        spoof = ["-S", source, "-e", "eth0"] if source else []
        told = self.run(
            "nmap", "-n", "-Pn", "-sS", f"-p{ports}", "-T4", "--max-retries", "1", "--min-rate", "2000", *spoof, at,
            where=where,
        )  # fmt: skip
        return {int(port) for port in re.findall(r"^(\d+)/tcp +open", told, re.MULTILINE)}

    def echoes(self, where, at):
        """Whether a ping comes back."""
        told = self.run("nmap", "-n", "-sn", "-PE", "--disable-arp-ping", "--max-retries", "1", at, where=where)
        return "1 host up" in told

    def asked(self, where, at, port, path):
        return self.run(sys.executable, "-c", ASK, at, str(port), path, where=where, check=False).split()


def test_guests_reach_the_page_of_their_ticket_and_nothing_else(root, tmp_path, note):  # noqa: F811
    config = root / "etc" / "mbote"
    list(set_up(root, Wishes(("hub",))))
    local = config / "local.toml"
    page = f'followup = {{ host = "{PAGE}", guests = "guests0", wifi = "CNSS-VISITEURS" }}\n'
    local.write_text(local.read_text() + page)
    list(set_up(root, Wishes(("hub",))))  # as after every change: the rules are written anew
    assert 'iifname "guests0" jump guests' in (config / "firewall.nft").read_text()
    with Wires(tmp_path) as wires:
        held = "held = [socket.create_server(('0.0.0.0', int(port))) for port in sys.argv[1:]]"
        wires.running("-c", f"import socket, sys, time; {held}; time.sleep(150)", *map(str, BY_ACCIDENT))
        wires.running("-m", "hub.cli", "hub", "--config", str(config))
        wanted, until = {*BY_ACCIDENT, 8080, 8085}, time.monotonic() + 40
        while not wanted <= wires.listening():
            assert time.monotonic() < until, (tmp_path / "said.log").read_text()[-2000:]
            time.sleep(0.2)
        listed = ",".join(map(str, sorted(wanted)))
        assert wires.open_to(wires.guest, PAGE, listed) == wanted, "without the rules the look finds everything"
        assert wires.open_to(wires.guest, NEIGHBOUR, "1-2") == set()
        wires.run("nft", "-f", str(config / "firewall.nft"), where=wires.box)
        found = wires.open_to(wires.guest, PAGE, f"{listed},1-1024,8000-8100")
        other = wires.open_to(wires.guest, AGENCY, listed)
        spoofed = wires.open_to(wires.guest, PAGE, listed, source=NEIGHBOUR)
        assert (found, other, spoofed) == ({8085}, set(), set())
        assert not wires.echoes(wires.guest, PAGE)
        assert not wires.echoes(wires.guest, NEIGHBOUR)
        assert wires.echoes(wires.near, AGENCY)
        assert wires.asked(wires.guest, PAGE, 8085, "/K7M2P9QR")[0] == "404"
        assert wires.asked(wires.guest, PAGE, 8085, "/login") == ["404", "0"]
        assert wires.asked(wires.guest, PAGE, 8080, "/login") == []
        assert wires.open_to(wires.near, AGENCY, listed) == {8080}, "the agency's own network has what it had"
        passed = int(wires.run(sys.executable, "-c", FLOOD, PAGE, "8085", where=wires.guest))
        note(f"of {listed} guests reach {found}; of 300 connections in a burst {passed} come through")
        assert passed < 100
        time.sleep(2)
        assert wires.asked(wires.guest, PAGE, 8085, "/K7M2P9QR")[0] == "404", "a moment later they are welcome again"
