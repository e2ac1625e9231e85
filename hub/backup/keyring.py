"""Keys: those of the people who may restore, and the box's own with which it tries its backups.

The private half of a restoring key is never on the box. But a backup that nobody has ever opened is a hope, and a
drill must open it where nobody is. So each place has a *drill key*, made anew with each whole copy; the one before
stays until the next, so that there is always a backup to try, and is then destroyed. It lies with the database, in
the data folder, and opens what that database holds anyway: the last two nights. Older pieces, in which a purged
person may still be, are closed to the box and to whoever steals it with its stick. (Erasing a file on a card is no
certain end of it: against thieves the card itself is encrypted, or not protected.)
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyrage

from hub.errors import ConfigurationFault, DiskFull, StoreFault

FOLDER = Path("keys/drill")
#: The newest, and the one before.
_HELD = 2


def new_identity(file: Path) -> str:
    """Make a pair of keys: the private one into `file` (mode 0600), the public one is given back."""
    identity = pyrage.x25519.Identity.generate()
    try:
        _write_private(file, f"# public key: {identity.to_public()}\n{identity}\n", os.O_EXCL)
    except OSError as error:
        raise ConfigurationFault([f"{file}: cannot be written: {error.strerror}"]) from error
    return str(identity.to_public())


def identities(text: str, name: str = "the key file") -> list[Any]:
    """The private keys in a key file, as age-keygen writes it. Raises ConfigurationFault without one."""
    lines = (line.strip() for line in text.splitlines())
    try:
        found = [pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except pyrage.IdentityError as error:
        raise ConfigurationFault([f"{name}: this is no private age key: {error}"]) from error
    if not found:
        raise ConfigurationFault([f"{name}: there is no private key in it, AGE-SECRET-KEY-1…"])
    return found


class DrillKeys:
    """The box's own keys for one place."""

    def __init__(self, data: Path, place: Path) -> None:
        self._file = data / FOLDER / hashlib.sha256(str(place).encode()).hexdigest()[:12]

    def held(self) -> list[Any]:
        """The keys that open the newest pieces there; none before the first whole copy."""
        try:
            text = self._file.read_text("ascii")
        except FileNotFoundError:
            return []
        return identities(text) if "AGE-SECRET" in text else []

    def present(self) -> tuple[str, ...]:
        """The public key for rows: that of the last whole copy."""
        return tuple(str(identity.to_public()) for identity in self.held()[:1])

    @contextmanager
    def renewed(self) -> Iterator[tuple[str, ...]]:
        """A new public key for a whole copy; once that is made, the last but one is destroyed, else the new one."""
        before = self.held()
        self._hold([pyrage.x25519.Identity.generate(), *before])
        try:
            yield self.present()
        except BaseException:
            self._hold(before)
            raise
        self._hold(self.held()[:_HELD])

    def _hold(self, keys: list[Any]) -> None:
        """Raises DiskFull or StoreFault: it is this box's card that refuses, not the place of the backup."""
        fresh = self._file.with_suffix(".new")
        lines = "".join(f"{key}\n" for key in keys)
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write_private(fresh, f"# this box's own, to try its backups\n{lines}", os.O_TRUNC)
            fresh.replace(self._file)
        except OSError as error:
            kind = DiskFull if error.errno == errno.ENOSPC else StoreFault
            raise kind(f"this box's key cannot be written to {self._file}: {error.strerror}") from error


def _write_private(file: Path, text: str, how: int) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | how, 0o600), "w") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
