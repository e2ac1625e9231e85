"""The paper of a certificate: its snapshot as the layouts read it. The same snapshot and copy give the same bytes."""

from __future__ import annotations

from typing import Any

from hub import days, periods, seal
from hub.clock import local
from hub.context import Hub
from hub.errors import Refused
from hub.money import grouped
from hub.say import FIRST, say, words
from hub.services.certificate import kinds
from hub.services.certificate.model import Certificate
from hub.workshop.qr import qr_picture

#: Columns that hold money, and those that hold a word of ours.
_AMOUNTS = frozenset({"declared_wages", "due", "paid", "penalty", "balance", "salary", "amount"})
_DATES = frozenset({"start", "end", "opened_on", "closed_on", "paid_on", "birth_date", "deceased_on"})
_NARROW = frozenset({"period", "start", "end", "opened_on", "closed_on", "paid_on", "number"})


def paper(hub: Hub, found: Certificate, copy: int) -> bytes:
    """The PDF of a copy (0: the first). Raises NotDrawn, and Refused where what it said is no longer kept."""
    return hub.workshop.drawn(*_asked(hub, found, copy))


def begin(hub: Hub, found: Certificate) -> None:
    """The first copy is drawn while its page is being looked at."""
    hub.workshop.draw_ahead(*_asked(hub, found, 0))


def _asked(hub: Hub, found: Certificate, copy: int) -> tuple[dict[str, str], dict[str, Any], int]:
    """What the workshop is asked: the layouts, what they fill in, and when, s."""
    if found.snapshot is None or found.statement is None:
        raise Refused(f"what {found.label} said is no longer kept", code="purged")
    known = kinds.load(hub.settings.folder)
    layout = found.snapshot["layout"]
    sources = dict(known.layouts) | {"main": known.layouts.get(layout, known.layouts["statement.typ"])}
    return sources | {"qr.svg": qr_picture(found.statement)}, data(hub, found, copy), found.at // 1000


def data(hub: Hub, found: Certificate, copy: int) -> dict[str, Any]:
    """What the layouts fill in: every value as it is read, in the language of the agency."""
    said, zone = found.snapshot, hub.settings.agency.zone
    assert said is not None
    language = hub.settings.agency.languages[0]
    key = next(iter(seal.own_key(hub.store.folder, "")))
    data_of = said["data_of"]
    return {
        "lang": language,
        "words": {
            name.removeprefix("paper_"): say(language, f"certificate.{name}")
            for name in words(FIRST, "certificate")
            if name.startswith("paper_")
        },
        **{name: said[name] for name in ("title", "text", "label", "name", "number", "agency")},
        "issued": days.said(said["issued_on"]),
        "valid_until": days.said(said["valid_until"]) if said["valid_until"] else None,
        "facts": [
            [say(language, f"certificate.field_{name}"), shown(name, value, language)]
            for name, value in said["fields"]
            if value not in (None, "")
        ],
        "tables": [_table(tab, columns, rows, language) for tab, columns, rows in said["tabs"]],
        "data_of": f"{local(data_of, zone):%d/%m/%Y %H:%M}" if data_of else None,
        "reserve": said["reserve"],
        "code": found.code,
        "key": seal.key_said(key),
        "copy": copy,
    }


def _table(tab: str, columns: list[str], rows: list[list[Any]], language: str) -> dict[str, Any]:
    return {
        "title": say(language, f"certificate.tab_{tab}"),
        "columns": [say(language, f"certificate.column_{column}") for column in columns],
        "kinds": ["amount" if c in _AMOUNTS else "narrow" if c in _NARROW else "words" for c in columns],
        "rows": [[shown(column, cell, language) for column, cell in zip(columns, row, strict=True)] for row in rows],
        "totals": [_total(columns, rows, at) for at in range(len(columns))],
    }


def _total(columns: list[str], rows: list[list[Any]], at: int) -> str:
    """The sum of a column of money that can be summed; wages of years cannot."""
    if columns[at] not in ("due", "paid", "balance", "amount"):
        return ""
    return grouped(sum(row[at] or 0 for row in rows))


def shown(name: str, value: Any, language: str) -> str:
    """A value of a file as people read it."""
    if value in (None, ""):
        return "–"
    if name in _AMOUNTS:
        return grouped(int(value))
    if name == "period":
        return periods.said(value)
    if name == "birth_date" and len(str(value)) == 4:  # noqa: PLR2004 (a year alone)
        return say(language, "people.born_about", year=value)
    if name in _DATES:
        return days.said(str(value))
    known = words(FIRST, "certificate")
    said = [say(language, f"certificate.value_{w}") if f"value_{w}" in known else w for w in str(value).split(";")]
    return ", ".join(said)
