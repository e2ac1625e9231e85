"""A centre's folder: `agencies.toml` (whom it knows), `keys/centre.ed25519` (what it signs with), its database."""

from __future__ import annotations

import tomllib
from pathlib import Path

from hub import chain, envelope
from hub.centre.adapter import Adapter
from hub.centre.receiver import Receiver
from hub.centre.store import Store
from hub.clock import SystemClock
from hub.errors import ConfigurationFault

AGENCIES, KEY = "agencies.toml", Path("keys/centre.ed25519")
_FIRST = """\
# The agencies whose messages are taken: their code, and their key as `mbote outbox key` prints it.
# "CODE" = "64 digits"
"""


def make(folder: Path) -> str:
    """A folder for a centre, with a key of its own made at first use; its public half. Raises ConfigurationFault."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / AGENCIES).exists():
            (folder / AGENCIES).write_text(_FIRST, "utf-8")
        return public_key(folder)
    except OSError as error:
        raise ConfigurationFault([f"{folder}: {error.strerror}"]) from error


def public_key(folder: Path) -> str:
    """What agencies write into `centre.key`."""
    return chain.public_key(folder / KEY).hex()


def agencies(folder: Path) -> dict[str, bytes]:
    """The agencies it knows. Raises ConfigurationFault with every problem."""
    try:
        said = tomllib.loads((folder / AGENCIES).read_text("utf-8-sig"))
    except FileNotFoundError as error:
        raise ConfigurationFault(
            [f"{folder / AGENCIES} is not there; make it with: mbote centre init {folder}"]
        ) from error
    except (OSError, ValueError) as error:
        raise ConfigurationFault([f"{folder / AGENCIES}: cannot be read: {error}"]) from error
    found = {code: envelope.key_read(spelt) if isinstance(spelt, str) else b"" for code, spelt in said.items()}
    if wrong := [code for code, public in found.items() if not public]:
        raise ConfigurationFault(
            [f"{AGENCIES}: {code}: no key; `mbote outbox key` at that agency prints the line" for code in wrong]
        )
    return found


def opened(folder: Path, adapter: Adapter | None = None) -> Receiver:
    """The centre of a folder. The list of agencies is read anew each time. Raises ConfigurationFault, StoreFault."""
    agencies(folder)
    clock = SystemClock()
    return Receiver(
        Store(folder), chain.signing_key(folder / KEY), lambda: agencies(folder), lambda: clock.now().at, adapter
    )
