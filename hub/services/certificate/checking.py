"""A certificate checked from the command line: by the keys of the configuration, and by the book of this box."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from hub import days, seal
from hub.errors import StoreFault
from hub.services.certificate import kinds, statement, store
from hub.services.certificate.model import Certificate
from hub.services.certificate.statement import Checked
from hub.settings import Settings
from hub.sqlite import open_reader
from hub.store import DATABASE

_SAID = {
    "authentic": "authentic: signed by {by} with key {key}",
    "forged": "FORGED: the signature does not fit what is written",
    "unknown_key": "not known: signed with key {key}, which is in no keys.toml here; ask agency {agency} for it",
}


def report(settings: Settings, typed: str) -> tuple[list[str], bool]:
    """What there is to say of a scanned code, and whether it is authentic and not cancelled. Raises Unreadable."""
    own = _own(settings)
    checked = statement.check(typed, {**kinds.load(settings.folder).keys, **own})
    said = checked.statement
    lines = [
        _SAID[checked.found].format(by=checked.by, key=checked.key, agency=said.agency),
        f"{said.label}  {said.title}  {said.number}  {said.name}",
        f"issued {days.said(said.issued_on)}"
        + (f", valid until {days.said(said.valid_until)}" if said.valid_until else ", without end")
        + (", under reserve of payment" if said.reserved else ""),
    ]
    good = checked.found == "authentic"
    if good and checked.by == settings.agency.code:
        found = _in_book(settings, checked)
        lines.append(_of_book(found))
        good = found is None or not found.cancelled
    elif good:
        lines.append(f"whether it was cancelled is known at {checked.by} alone")
    return lines, good


def _own(settings: Settings) -> dict[bytes, tuple[str, bytes]]:
    """Our own key, where this box has issued something; checking makes none."""
    data = settings.path(settings.hub.data)
    return seal.own_key(data, settings.agency.code) if (data / seal.SIGNING_KEY).is_file() else {}


def _in_book(settings: Settings, checked: Checked) -> Certificate | None:
    path = settings.path(settings.hub.data) / DATABASE
    if not path.is_file():
        return None
    try:
        with closing(open_reader(path)) as reader:
            return store.labelled(reader, checked.statement.label)
    except sqlite3.Error as error:
        raise StoreFault(f"{path.name} cannot be read: {error}") from error


def _of_book(found: Certificate | None) -> str:
    if found is None:
        return "not in the book of this box"
    return f"CANCELLED here ({found.cancelled})" if found.cancelled else "in the book, not cancelled"


def key_line(settings: Settings) -> str:
    """Our public key as other agencies write it down; made if there is none yet."""
    ((_, public),) = seal.own_key(settings.path(settings.hub.data), settings.agency.code).values()
    return f'"{settings.agency.code}" = "{public.hex()}"'
