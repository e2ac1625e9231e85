"""Where things lie on a box, and the one step by which a version takes the place of another.

    /opt/mbote/0.2.0/     a version, laid once, never changed; `whole` is written into it last
    /opt/mbote/current    → the version that runs: one rename switches programs, units and manual together
    /opt/mbote/previous   → the one before; a trial that was cut off is ended by it (trial.py)
    /etc/systemd/system/  and some others: links through `current`, so that the switch is all there is

A folder without `whole` is what a cut left behind: it is laid again.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hub.disk import sync_folder
from hub.installation.release import KEY, ReleaseFault

WHOLE = "whole"
#: files of a version's systemd/ → the folder where the system looks for them, and their name there.
LINKS = (
    ("*.service", "etc/systemd/system", None),
    ("*.timer", "etc/systemd/system", None),
    ("mbote.journald", "etc/systemd/journald.conf.d", "mbote.conf"),
    ("mbote.sysusers", "etc/sysusers.d", "mbote.conf"),
    ("mbote.tmpfiles", "etc/tmpfiles.d", "mbote.conf"),
    ("mbote.sysctl", "etc/sysctl.d", "60-mbote.conf"),
    ("mbote.rules", "etc/udev/rules.d", "60-mbote.rules"),
    ("mbote.policies", "etc/chromium/policies/managed", "mbote.json"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A box as seen from its root; tests have one in a folder of their own."""

    root: Path = Path("/")

    @property
    def versions(self) -> Path:
        """The folder of all versions."""
        return self.root / "opt" / "mbote"

    @property
    def incoming(self) -> Path:
        """Files of a release whose hashes were right, until the version is laid."""
        return self.versions / "incoming"

    @property
    def config(self) -> Path:
        """The agency's configuration."""
        return self.root / "etc" / "mbote"

    def version(self, name: str = "current") -> str | None:
        """The version that a link names; None before the first installation."""
        link = self.versions / name
        return link.readlink().name if link.is_symlink() else None

    def folder(self, version: str) -> Path:
        """Where a version lies, or will."""
        return self.versions / version

    def program(self, version: str = "current") -> Path:
        """The command `mbote` of a version."""
        return self.versions / version / "bin" / "mbote"

    def key(self) -> bytes:
        """The public key that the next release must be signed with. Raises ReleaseFault without one."""
        try:
            return (self.versions / "current" / KEY).read_bytes()
        except OSError as error:
            raise ReleaseFault("no version is installed here that could judge a release; install the .deb") from error

    def lay(self, release: Path, version: str) -> Path:
        """Make the folder of a version out of a release's files, by its own script. Raises ReleaseFault."""
        target = self.folder(version)
        if (target / WHOLE).exists():
            return target
        shutil.rmtree(target, ignore_errors=True)
        laid = subprocess.run(  # noqa: S603 (a file whose hash was signed)
            [release / "systemd" / "lay", release, target], capture_output=True, text=True, check=False
        )
        if laid.returncode or not (target / WHOLE).exists():
            shutil.rmtree(target, ignore_errors=True)
            raise ReleaseFault(f"version {version} cannot be installed on this box: {last_line(laid.stderr)}")
        return target

    def point(self, name: str, version: str) -> None:
        """Let `current` or `previous` name a version: at any cut it names the old one or the new one."""
        fresh = self.versions / f"{name}.new"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(version)
        fresh.rename(self.versions / name)
        sync_folder(self.versions)

    def links(self) -> Iterator[tuple[Path, Path]]:
        """Each link of the system and what it names, both as seen from inside the box."""
        through = Path("/") / self.versions.relative_to(self.root) / "current" / "systemd"
        for pattern, where, name in LINKS:
            for file in sorted((self.versions / "current" / "systemd").glob(pattern)):
                yield self.root / where / (name or file.name), through / file.name

    def link_system(self) -> None:
        """Show the system the files of the version that runs."""
        for link, target in self.links():
            link.parent.mkdir(parents=True, exist_ok=True)
            if not link.is_symlink() or link.readlink() != target:
                link.unlink(missing_ok=True)
                link.symlink_to(target)

    def clear(self) -> None:
        """Remove every version but the running one and the one before it."""
        shutil.rmtree(self.incoming, ignore_errors=True)
        kept = {self.version("current"), self.version("previous"), "current", "previous"}
        for folder in self.versions.iterdir():
            if folder.is_dir() and folder.name not in kept:
                shutil.rmtree(folder, ignore_errors=True)


def sync_tree(folder: Path) -> None:
    """All that is in a folder is on the disk."""
    for each in folder.rglob("*"):
        if each.is_file() and not each.is_symlink():
            with each.open("rb") as file:
                os.fsync(file.fileno())
        elif each.is_dir():
            sync_folder(each)
    sync_folder(folder)


def last_line(said: str) -> str:
    """What a program complained of at last."""
    lines = said.strip().splitlines()
    return lines[-1] if lines else "it says nothing"
