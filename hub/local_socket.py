"""Where the administrator's local door is: a Unix socket in the data folder."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hub.errors import NotAllowed, StoreFault

DOOR = "admin.sock"


@contextmanager
def reachable(folder: Path) -> Iterator[str]:
    """A short name of a folder, for as long as it is used: a socket's address holds 107 bytes at most."""
    handle = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{handle}"
    finally:
        os.close(handle)


def ask_door(folder: Path, what: str, body: Mapping[str, Any], patience_s: float) -> dict[str, Any] | None:
    """The answer of the hub that runs on this data; None when none runs. Raises StoreFault when it hangs up instead."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(patience_s)
        try:
            with reachable(folder) as near:
                line.connect(f"{near}/{DOOR}")
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        except PermissionError as error:
            raise NotAllowed(f"{folder} is not yours; try again as the user that runs the hub") from error
        try:
            line.sendall(json.dumps({"what": what, **body}).encode() + b"\n")
            with line.makefile("rb") as incoming:
                said = incoming.readline()
            answer: dict[str, Any] = json.loads(said)
        except (OSError, ValueError) as error:
            raise StoreFault(f"the hub did not answer at {folder / DOOR}: {error}") from error
    return answer
