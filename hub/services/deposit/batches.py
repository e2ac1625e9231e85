"""The scanner's folder: batches that separator sheets divide (R-020). Where scans go on to: `handing`.

A batch is taken when nothing in the folder has changed for a round. Each part of it is kept under a key made of the
batch's own hash, so a batch that was cut is taken again from its beginning and nothing of it comes twice; its file goes
last. What cannot be taken is moved to `refused/` beside it, for somebody to look at.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from weakref import WeakKeyDictionary

import structlog

from hub.ask import HUB, Ask
from hub.context import Hub
from hub.disk import sync_folder
from hub.errors import DiskFull, Refused
from hub.quiet import Complaints
from hub.services.deposit import handing, scan_store, scanning, separators
from hub.services.deposit.separators import Part, Target
from hub.store import Store
from hub.workshop.foreign import AT_ONCE, MOST_BYTES, Look
from hub.workshop.viewer import NotShown, NotTaken

REFUSED = "refused"
log = structlog.get_logger("scans")
_COMPLAINTS = Complaints(time.monotonic)
#: What lay in the folder at the round before: name → size and time.
_BEFORE: WeakKeyDictionary[Store, dict[str, tuple[int, int]]] = WeakKeyDictionary()


def round(hub: Hub) -> None:  # noqa: A001 (as a watchman makes it)
    """Take what the scanner has left, hand on what the document-management system lacks."""
    rules = hub.settings.deposits
    if rules.scans == "none":
        return
    try:
        if rules.scans_from:
            take(hub, Path(rules.scans_from))
    except (OSError, DiskFull, NotShown) as error:  # a share that is away, a full card: in the next round, or later
        fault = getattr(error, "strerror", None) or str(error)  # without the file: who scans may have called it a name
        if _COMPLAINTS.due(fault):
            log.warning("scans", fault=fault)
    handing.round(hub)


# --- what the scanner left -----------------------------------------------------------------------


def take(hub: Hub, folder: Path) -> int:
    """Take every batch, where nothing has changed since the round before; how many. Raises OSError, DiskFull."""
    there = {path.name: (found.st_size, found.st_mtime_ns) for path, found in _batches(folder)}
    before, _BEFORE[hub.store] = _BEFORE.get(hub.store, {}), there
    if not there or there != before:
        return 0
    target: Target | None = None
    for name in sorted(there):
        target = _take(hub, folder / name, target)
    return len(there)


def refused(folder: str) -> list[str]:
    """Files that could not be taken, by name."""
    with suppress(OSError):
        return sorted(each.name for each in (Path(folder) / REFUSED).iterdir()) if folder else []
    return []


def _batches(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    for path in folder.iterdir():
        found = path.lstat()
        if stat.S_ISREG(found.st_mode) and not path.name.startswith("."):
            yield path, found


def _take(hub: Hub, path: Path, target: Target | None) -> Target | None:
    """One file; whose the pages of the next picture are, for a scanner may make a file of each page."""
    try:
        content = _read(path)
        look = hub.viewer.look(content)
        sheets = _sheets(hub, content, look)
        parts = separators.divided(look.pages, sheets, target if look.media != "pdf" else None)
        _keep(hub, path.name, content, look, parts)
    except NotTaken as error:
        log.warning("batch refused", why=error.reason)  # its name may be a person's, and stands on the scans' page
        _refuse(path)
        return None
    path.unlink()
    sync_folder(path.parent)
    last = sheets[-1][1] if sheets else target
    return last if look.media != "pdf" else None


def _read(path: Path) -> bytes:
    """Raises NotTaken for more than may be; OSError also for a link."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise NotTaken("too_large")
    return content


def _sheets(hub: Hub, content: bytes, look: Look) -> list[tuple[int, Target]]:
    """The separator sheets among the pages, in order."""
    agency, found = hub.settings.agency.code, list[tuple[int, Target]]()
    for first in range(1, look.pages + 1, AT_ONCE):
        for page, text in hub.viewer.codes(content, first, look.pages):
            if (target := separators.target_of(text, agency)) is not None:
                found.append((page, target))
    return found


def _keep(hub: Hub, name: str, content: bytes, look: Look, parts: tuple[Part, ...]) -> None:
    whole = hashlib.sha256(content).hexdigest()
    for place, part in enumerate(parts):
        own = content if len(part.pages) == look.pages else hub.viewer.cut(content, part.pages)
        with hub.snapshot() as reader:
            deposit, document = scan_store.target(reader, part.target) if part.target else (None, None)
        key, facts = f"batch-{whole[:40]}-{place}", {"batch": whole, "part": place}
        try:
            scanning.receive(
                hub, Ask(HUB, key, facts), io.BytesIO(own), name=name, deposit=deposit, document=document, by="batch"
            )
        except (NotTaken, DiskFull, NotShown):
            raise
        except Refused as error:  # the deposit takes no more: somebody looks at it
            log.warning("batch", why=error.reason)
            scanning.receive(hub, Ask(HUB, f"{key}-loose", facts), io.BytesIO(own), name=name, by="batch")


def _refuse(path: Path) -> None:
    place = path.parent / REFUSED
    place.mkdir(exist_ok=True)
    path.rename(place / path.name)
