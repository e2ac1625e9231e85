"""Where the administrator's local door is: a Unix socket in the data folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DOOR = "admin.sock"


@contextmanager
def reachable(folder: Path) -> Iterator[str]:
    """A short name of a folder, for as long as it is used: a socket's address holds 107 bytes at most."""
    handle = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{handle}"
    finally:
        os.close(handle)
