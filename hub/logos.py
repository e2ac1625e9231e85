"""The agency's picture for its papers, as dots: read once, by a process that can draw (hardware/logo.py)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from hub.paper import Picture
from hub.settings import Settings

PATIENCE_S = 20.0
#: A file larger than this is no logo.
LARGEST_BYTES = 5_000_000


def of(path: Path) -> Picture | None:
    """The picture of a file, None where it cannot be used; `fault` says why."""
    made = _made(path)
    return made if isinstance(made, Picture) else None


def fault(path: Path) -> str:
    """Why a file cannot be used; '' when it can."""
    made = _made(path)
    return "" if isinstance(made, Picture) else made


def remarks(settings: Settings) -> Iterator[str]:
    """What `mbote check` says of the logo on the tickets."""
    if settings.ticket.logo and (problem := fault(settings.path(settings.ticket.logo))):
        yield f"agency.toml: ticket.logo {settings.ticket.logo}: {problem}; tickets are printed without it"


def _made(path: Path) -> Picture | str:
    try:
        there = path.stat()
    except OSError as error:
        return error.strerror or str(error)
    if there.st_size > LARGEST_BYTES:
        return "larger than any logo"
    return _drawn(path, there.st_mtime_ns, there.st_size)


@lru_cache(4)
def _drawn(path: Path, _changed: int, _size: int) -> Picture | str:
    command = [sys.executable, "-m", "hardware.logo", str(path)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)  # noqa: S603
    except (OSError, subprocess.SubprocessError) as error:
        return f"it was not read: {error}"
    across, _, dots = done.stdout.strip().partition(" ")
    if done.returncode or not across.isdigit():
        return done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "no picture that can be read"
    return Picture(int(across), dots)
