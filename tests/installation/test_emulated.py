"""From a bare Debian to a paired hub and kiosk, in a machine under QEMU whose power goes: P15, and the way of the page.

Some ten minutes and a network for Debian's packages: run before a release. Without help of the hardware an emulated
processor is many times slower than a Pi's.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import pytest

from tests.installation.emulated import PROGRAMS, Machine, bare_debian, disk_of, installed

ROOT = Path(__file__).resolve().parents[2]
MISSING = [each for each in PROGRAMS if not shutil.which(each)]
pytestmark = [
    pytest.mark.release, pytest.mark.timeout(3_600),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root"),
    pytest.mark.skipif(bool(MISSING), reason=f"apt-get install debootstrap qemu-system-x86 ({', '.join(MISSING)})"),
]  # fmt: skip
#: P15, seconds: a unit's start, and power, until a press is kept.
START_S, POWER_S = 10, 60
PYTHON = "/opt/mbote/current/bin/python"
PRINTER = f"""[Service]
ExecStart={PYTHON} -c "import time; from hardware.printer_emulator import PrinterEmulator; PrinterEmulator(9100).open(); time.sleep(1e6)"
[Install]
WantedBy=multi-user.target
"""  # noqa: E501
PRESSER = f"""[Unit]
After=local-fs.target
[Service]
ExecStart={PYTHON} /root/press.py /root/pressed
[Install]
WantedBy=multi-user.target
"""
#: Presses the kiosk's button again and again until a press is in its file; says when that was.
PRESS = """import json, socket, sqlite3, sys, time
def kept():
    try:
        with sqlite3.connect("file:/var/lib/mbote-kiosk/spool.db?mode=ro", uri=True) as file:
            return file.execute("SELECT coalesce(max(number), 0) FROM press").fetchone()[0]
    except sqlite3.Error:
        return 0
began, before = time.monotonic(), kept()
while time.monotonic() - began < 300:
    try:
        with socket.socket(socket.AF_UNIX) as pin:
            pin.settimeout(5)
            pin.connect("/var/lib/mbote-kiosk/kiosk.sock")
            pin.sendall(json.dumps({"press": 17, "ms": 60}).encode() + b"\\n")
            pin.recv(1000)
        end = time.monotonic() + 2.5
        while time.monotonic() < end:
            if kept() > before:
                up = open("/proc/uptime").read().split()[0]
                print(f"kept {time.monotonic() - began:.1f} up {up}", file=open(sys.argv[1], "a") if sys.argv[1:] else None)
                sys.exit()
            time.sleep(0.02)
    except OSError:
        pass
    time.sleep(0.05)
sys.exit("no press was kept")
"""  # noqa: E501


@pytest.fixture(scope="module")
def folder():
    """On a disk that may hold devices: Debian is laid out there."""
    with TemporaryDirectory(prefix="mbote-emulated-", dir="/var/tmp") as here:
        yield Path(here)


@pytest.fixture(scope="module")
def machine(folder):
    """Bare Debian with the package of this clone; off."""
    words = ["package", "--machine", "x86_64", "--key", folder / "release.key"]
    subprocess.run([ROOT / "mbote", *words], check=True)
    bare = folder / "bare"
    bare_debian(bare)
    deb = max((ROOT / "dist").glob("mbote_*_amd64.deb"), key=lambda each: each.stat().st_mtime)
    took = installed(bare, deb)
    (bare / "root/press.py").write_text(PRESS)
    units = bare / "etc/systemd/system"
    (units / "printer9100.service").write_text(PRINTER)
    (units / "presses.service").write_text(PRESSER)
    boot = bare / "boot"
    kernel, initrd = (shutil.copy(max(boot.glob(f"{each}-*")), folder / each) for each in ("vmlinuz", "initrd.img"))
    disk_of(bare, folder / "disk.img")
    shutil.rmtree(bare)
    one = Machine(folder / "disk.img", Path(kernel), Path(initrd))
    one.package = f"{deb.stat().st_size / 1e6:.0f} MB, installed in {took:.0f} s at this machine's own speed"
    yield one
    one.cut()


def test_a_bare_debian_becomes_a_hub_with_its_kiosk_and_comes_back_from_a_power_cut(machine, note):
    machine.power(600)
    machine.run(
        "mbote init /etc/mbote && printf '[[kiosk.buttons]]\\npin = 17\\nservice = \"DEP\"\\n' >> /etc/mbote/kiosk.toml"
        " && printf 'kiosk = { devices = \"simulated\", screen_port = 8090 }\\n' > /etc/mbote/local.toml"
    )
    machine.run("systemctl daemon-reload; systemctl enable --now printer9100")
    said = machine.run("mbote setup hub kiosk", 900)
    assert "K1 is paired with this hub" in said
    machine.run("sleep 5; mbote day open")
    machine.run(f"{PYTHON} /root/press.py")
    alone = [started(machine, "mbote-kiosk") for _ in range(3)]
    both = [started(machine, "mbote-hub mbote-kiosk") for _ in range(3)]
    machine.run("systemctl enable presses; sync; sleep 2")
    machine.cut()
    powers = []
    for _ in range(2):
        machine.power(600)
        said = machine.run("for i in $(seq 300); do [ -s /root/pressed ] && break; sleep 1; done; cat /root/pressed")
        powers.append(float(re.findall(r"up ([\d.]+)", said)[-1]))
        machine.run("rm /root/pressed; sync; mbote verify")
        machine.cut()
    note(
        f"{machine.package}; unit's start to a press kept: kiosk {alone} s, hub and kiosk {both} s;"
        f" power to a press kept {powers} s"
    )
    assert max(median(alone), median(both)) <= START_S
    assert median(powers) <= POWER_S


def started(machine, units):
    """Seconds from the start of these units until a press is kept."""
    said = machine.run(f"systemctl stop {units}; systemctl start --no-block {units}; {PYTHON} /root/press.py")
    return float(re.findall(r"kept ([\d.]+)", said)[-1])
