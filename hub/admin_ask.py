"""Asking the hub what only its administrator may: over a Unix socket while it runs, else its data directly.

A running hub owns its data folder. Its local door is `admin.sock` in that folder, which only the
folder's owner can reach: one line of JSON `{"what": …, …}` in, one line out.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.errors import Refused, StoreFault
from hub.local_socket import ask_door

if TYPE_CHECKING:
    from hub.settings import Settings

#: Closing a day signs and prunes: on a slow card that takes a while.
PATIENCE_S = 60.0
#: A hub that starts or stops holds its folder and does not answer yet.
RETRIES_S = (0.3, 1.0, 3.0)


def admin_ask(settings: Settings, what: str, **body: Any) -> dict[str, Any]:
    """The hub's answer. Raises Refused with its reason, StoreFault when nobody can be asked."""
    answer = _asked(settings, what, body)
    if error := answer.get("error"):
        raise Refused(error.get("message", ""), code=error.get("code"), field=error.get("field"))
    return answer


def tell_running(settings: Settings, what: str, **body: Any) -> dict[str, Any] | None:
    """The running hub's answer; None when none runs or it does not answer. For what need not be heard."""
    try:
        return ask_door(settings.path(settings.hub.data), what, body, PATIENCE_S)
    except (StoreFault, OSError):
        return None


def _asked(settings: Settings, what: str, body: dict[str, Any]) -> dict[str, Any]:
    """By the door, else at the data. Only what was not begun is tried again."""
    folder = settings.path(settings.hub.data)
    for wait_s in RETRIES_S:
        if (answer := ask_door(folder, what, body, PATIENCE_S)) is not None:
            return answer
        try:
            return _ask_data(settings, what, body)
        except StoreFault:  # the folder is held: its hub will open the door, or let go
            time.sleep(wait_s)
    return ask_door(folder, what, body, PATIENCE_S) or _ask_data(settings, what, body)


def _ask_data(settings: Settings, what: str, body: dict[str, Any]) -> dict[str, Any]:
    from hub.admin import offline  # noqa: PLC0415 (loads the whole hub, needless while one runs)

    with as_owner(settings.path(settings.hub.data)), offline(settings) as door:
        answer: dict[str, Any] = door.answer(what, body)
    return answer


@contextmanager
def as_owner(folder: Path) -> Iterator[None]:
    """What root writes into the hub's folder belongs to the hub: else it could not open it any more."""
    if os.geteuid() or not folder.is_dir():
        yield
        return
    owner = folder.stat()
    os.setegid(owner.st_gid)
    os.seteuid(owner.st_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
