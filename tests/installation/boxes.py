"""A box in a folder: versions, a configuration, data, and a systemd that starts real processes.

The payload is small: its `mbote` is a hub of forty lines on a real database, its `lay` a shell script. All
that is tested (reading, laying, the switch, the trial and the way back) is the product's own.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import weakref
from contextlib import closing, suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hardware.printer_emulator import kept_port
from hub.installation import release
from hub.installation.box import Box
from hub.installation.place import Place

ROOT = Path(__file__).resolve().parents[2]
PAYLOAD = Path(__file__).parent / "payload.py"
SYSTEMCTL = """\
#!/bin/sh
# systemctl of a box in a folder: `start` comes back when the hub has answered, as Type=notify does.
echo "$@" >>{root}/asked
case "$1 $2" in
"start mbote-hub.service") exec {python} -S -E {payload} start {root} ;;
"stop mbote-hub.service") exec {python} -S -E {payload} stop {root} ;;
esac
"""
LAY = """\
#!/bin/sh
set -e
rm -rf "$2"
mkdir -p "$2/bin"
cp -r "$1"/. "$2/"
printf '#!/bin/sh\\nexec {python} -S -E {payload} "$0" "$@"\\n' >"$2/bin/mbote"
chmod +x "$2/bin/mbote"
touch "$2/whole"
"""
UNIT = "[Service]\nExecStart=/usr/bin/mbote hub\n"


class Workshop:
    """Whoever makes releases."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = Ed25519PrivateKey.generate()

    def makes(
        self, version: str, manner: str = "well", key: Ed25519PrivateKey | None = None, machine: str = "any"
    ) -> Path:
        """A release whose hub behaves in this manner."""
        folder = self.folder / f"{version}-{manner}"
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "systemd").mkdir(parents=True)
        (folder / "systemd" / "lay").write_text(LAY.format(python=sys.executable, payload=PAYLOAD))
        (folder / "systemd" / "lay").chmod(0o755)
        (folder / "systemd" / "mbote-hub.service").write_text(f"# of {version}\n{UNIT}")
        (folder / "manner").write_text(manner)
        (folder / "ballast").write_bytes(version.encode() * 20_000)
        release.sign(folder, version, machine, key or self.key)
        return folder

    def packs(self, folder: Path) -> Path:
        """The same in one file."""
        file = self.folder / f"mbote-{folder.name}.tar"
        release.pack(folder, file)
        return file


class Town(Box):
    """A box in a town, and what can be seen of it from outside."""

    @property
    def log(self) -> Path:
        return self.place.root / "asked"

    @property
    def runs(self) -> str | None:
        """The version that `current` names."""
        return self.place.version()

    def answers(self) -> str:
        """The version of the hub that answers now, asked over its port."""
        return subprocess.run(
            [sys.executable, "-S", "-E", PAYLOAD, "ask", self.place.root], capture_output=True, text=True, check=False
        ).stdout.strip()

    def tickets(self) -> list[str]:
        with closing(sqlite3.connect(self.place.root / "data" / "mbote.db")) as db:
            return [
                row[0] for row in db.execute("SELECT payload FROM journal WHERE kind = 'ticket_issued' ORDER BY seq")
            ]

    def migrated_by(self) -> set[str]:
        """The versions whose migrations are in the data."""
        with closing(sqlite3.connect(self.place.root / "data" / "mbote.db")) as db:
            return {row[0] for row in db.execute("SELECT version FROM migration")}

    def is_whole(self) -> bool:
        """Whether the version that runs has every file as it was signed."""
        return release.altered(self.place.versions / "current") == []

    def boots(self) -> None:
        """The power comes back: what systemd starts, in its order."""
        self.falls()
        if (self.place.versions / "trial.json").exists():
            command = [sys.executable, "-P", "-m", "hub.cli", "update", "--resume", "--root", self.place.root]
            subprocess.run(command, check=True, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True)
        subprocess.run(["systemctl", "start", "mbote-hub.service"], check=True)

    def falls(self) -> None:
        """The power goes."""
        with suppress(FileNotFoundError, ProcessLookupError, ValueError):
            os.killpg(int((self.place.root / "hub.pid").read_text()), signal.SIGKILL)
        (self.place.root / "hub.pid").unlink(missing_ok=True)


def founded(root: Path, workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> Town:
    box = Town(Place(root))
    port = kept_port()  # while its hub is down, nobody else is given it
    weakref.finalize(box, port.close)
    config = box.place.config
    shutil.copytree(ROOT / "config", config)
    (config / "local.toml").write_text(f"[hub]\nport = {port.getsockname()[1]}\ndata = '{root / 'data'}'\n")
    (config / "role").write_text("hub\n")
    (root / "data").mkdir()
    tools = root / "tools"
    tools.mkdir()
    (tools / "systemctl").write_text(SYSTEMCTL.format(root=root, python=sys.executable, payload=PAYLOAD))
    (tools / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", str(tools), prepend=os.pathsep)
    first = workshop.makes("1.0.0")
    box.place.versions.mkdir(parents=True)
    box.place.lay(first, "1.0.0")
    box.place.point("current", "1.0.0")
    box.place.link_system()
    box.start()
    with closing(sqlite3.connect(root / "data" / "mbote.db")) as db:
        for label in ("D001", "D002", "D003"):
            db.execute("INSERT INTO journal (kind, payload) VALUES ('ticket_issued', ?)", (label,))
        db.commit()
    return box
