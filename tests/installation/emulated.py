"""A whole machine under QEMU: bare Debian in a file, a serial line into it, and power that can go."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

#: What must be on the machine that emulates.
PROGRAMS = ("debootstrap", "qemu-system-x86_64", "mkfs.ext4", "unshare")
#: The kernel, and what Debian's package of Mbote asks for.
PACKAGES = "linux-image-amd64,systemd-sysv,systemd-timesyncd,udev,dbus,iproute2,kmod,python3,python3-venv,nftables"
DISK_GB, MEMORY_MB = 6, 1024
PROMPT = "GUEST# "


def bare_debian(folder: Path) -> None:
    """Debian 12 as it comes, with a serial line that asks nobody for a name."""
    subprocess.run(["debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", folder], check=True)
    line = folder / "etc/systemd/system/serial-getty@ttyS0.service.d"
    line.mkdir(parents=True)
    (line / "autologin.conf").write_text(
        "[Service]\nExecStart=\nExecStart=-/sbin/agetty --autologin root --noclear -8 ttyS0 115200 dumb\n"
    )
    (folder / "etc/fstab").write_text("/dev/vda / ext4 rw,noatime 0 1\n")
    (folder / "etc/hostname").write_text("agency\n")
    (folder / "root/.bashrc").write_text(f'PS1="{PROMPT}"; bind "set enable-bracketed-paste off"\n')


def installed(folder: Path, deb: Path) -> float:
    """The package put into that Debian, without any network; how long it took, seconds."""
    (folder / "root/mbote.deb").write_bytes(deb.read_bytes())
    subprocess.run(["mount", "-t", "proc", "proc", folder / "proc"], check=True)
    try:
        began = time.monotonic()
        subprocess.run(["unshare", "-n", "chroot", folder, "dpkg", "-i", "/root/mbote.deb"], check=True)
        return time.monotonic() - began
    finally:
        subprocess.run(["umount", folder / "proc"], check=True)
        (folder / "root/mbote.deb").unlink()


def disk_of(folder: Path, disk: Path) -> None:
    """A disk with that folder on it."""
    disk.touch()
    os.truncate(disk, DISK_GB << 30)
    subprocess.run(["mkfs.ext4", "-q", "-d", folder, disk], check=True)


class Machine:
    """That disk with power: `run` types at its serial line, `cut` takes the power away. No help of the hardware."""

    def __init__(self, disk: Path, kernel: Path, initrd: Path) -> None:
        self._place = disk.with_name("line")
        self._command = [
            "qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-smp", "2", "-m", str(MEMORY_MB), "-machine", "q35",
            "-nodefaults", "-display", "none", "-no-reboot", "-kernel", str(kernel), "-initrd", str(initrd),
            "-append", "root=/dev/vda rw console=ttyS0 quiet systemd.show_status=0",
            "-drive", f"file={disk},if=virtio,format=raw,cache=writeback",
            "-serial", f"unix:{self._place},server=on,wait=off",
        ]  # fmt: skip
        self._heard = ""

    def power(self, within_s: float) -> float:
        """Switch it on; seconds until somebody could type."""
        began = time.monotonic()
        self._place.unlink(missing_ok=True)
        self._heard = ""
        self._process = subprocess.Popen(self._command)
        self._line = socket.socket(socket.AF_UNIX)
        while True:
            with suppress(OSError):
                self._line.connect(str(self._place))
                break
            time.sleep(0.05)
        self._until(re.escape(PROMPT), within_s)
        took = time.monotonic() - began
        self._line.sendall(b"stty -echo cols 300\n")
        time.sleep(0.5)
        self.run("true")
        return took

    def run(self, command: str, within_s: float = 300) -> str:
        """What a command says. Raises AssertionError when it fails."""
        mark = str(time.monotonic_ns())
        self._line.sendall(f"{command}; echo E'ND'{mark}=$?\n".encode())
        said = self._until(rf"END{mark}=(\d+)", within_s)
        text, _, code = said.rpartition(f"END{mark}=")
        text = text.replace("\r", "").replace(PROMPT, "").strip()
        assert code.strip() == "0", f"{command}: {code}: {text[-2_000:]}"
        return text

    def cut(self) -> None:
        """No power any more. May be called twice."""
        self._process.kill()
        self._process.wait()
        self._line.close()

    def _until(self, pattern: str, within_s: float) -> str:
        end = time.monotonic() + within_s
        while not (found := re.search(pattern, self._heard)):
            self._line.settimeout(max(0.1, end - time.monotonic()))
            came = self._line.recv(1 << 16)
            assert came, f"the machine is gone: {self._heard[-800:]}"
            self._heard += came.decode(errors="replace")
        said, self._heard = self._heard[: found.end()], self._heard[found.end() :]
        return said
