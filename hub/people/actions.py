"""What can be asked about persons and employers. Every look at a file is recorded before it is answered.

A file is never kept as the answer of a key: these actions go through `Store.transaction`, and the
same look asked for twice is two looks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from hub.ask import Answer, Ask
from hub.context import Hub, action
from hub.errors import NotFound, Unreadable
from hub.people import replica, sheets, store
from hub.people.importing import Run, run_of
from hub.people.model import CHANNELS, MASKED, Hit, Link, PartyRead, PeopleImported, Sheet
from hub.people.rules import masked, may_see
from hub.people.search import MOST, named, search, similar
from hub.store import Transaction

MOTIVE_LENGTH = 200
#: So many a search gives; there may be more.
MOST_FOUND = MOST


def find(hub: Hub, ask: Ask, typed: str) -> tuple[Hit, ...]:
    """Who may be meant by what was typed. Of restricted files, those who may not see them get a number alone."""
    with replica.reading(hub.store.folder) as reader:
        return tuple(_shown(hit, ask.actor.roles) for hit in search(reader, typed))


def similar_to(hub: Hub, ask: Ask, ref: str) -> tuple[Hit, ...]:
    """Files that may be about the same person, as `find` shows them."""
    with replica.reading(hub.store.folder) as reader:
        return tuple(_shown(hit, ask.actor.roles) for hit in similar(reader, ref))


def names_of(hub: Hub, ask: Ask, refs: Iterable[str]) -> dict[str, Hit]:
    """What `find` would show of these files, by ref: for a list that names them. One that is gone is left out."""
    with replica.reading(hub.store.folder) as reader:
        return {hit.ref: _shown(hit, ask.actor.roles) for hit in named(reader, refs)}


def ref_of(hub: Hub, number: str) -> str | None:
    """The ref of whoever has this matricule or employer's number; it shows nothing of their file."""
    with replica.reading(hub.store.folder) as reader:
        row = reader.execute("SELECT ref FROM party WHERE number = ?", (number,)).fetchone()
        return row["ref"] if row else None


def data_of(hub: Hub) -> int | None:
    """Of which moment the newest central data are, ms; None when nothing was imported."""
    with replica.reading(hub.store.folder) as reader:
        return replica.data_of(reader)


def _shown(hit: Hit, roles: frozenset[str]) -> Hit:
    values = {"name": hit.name, "birth_date": hit.birth_date, "city": hit.city}
    return replace(hit, **masked(values, roles, restricted=hit.restricted))


def read_sheet(  # noqa: PLR0913 (a look has that many facts)
    hub: Hub,
    ask: Ask,
    *,
    ref: str,
    ticket: int | None = None,
    channel: str = "counter",
    motive: str = "",
    view: str = "sheet",
    on: str | None = None,
    known_ms: int | None = None,
) -> Sheet:
    """A file as the asker may see it, today or as it was `on` a day, as far as known at a moment.

    Raises NotFound, or Unreadable without a ticket or a motive.
    """
    said = _purpose(ticket, channel, motive)
    with replica.reading(hub.store.folder) as reader:
        whole = sheets.sheet(reader, ref, on, known_ms)
    with hub.store.transaction(ask) as tx:
        tx.record(PartyRead(store.next_read(tx.connection), channel, view, ticket, ref, said))
    return as_seen(whole, ask.actor.roles)


def _purpose(ticket: int | None, channel: str, motive: str) -> str | None:
    """The motive as it is recorded; needed whenever no ticket says why."""
    if channel not in CHANNELS:
        raise Unreadable(f"channel: one of {', '.join(CHANNELS)}", code="unknown_channel", field="channel")
    said = " ".join(motive.split())[:MOTIVE_LENGTH]
    if ticket is None and not said:
        raise Unreadable("without a ticket, say why you look at this file", code="motive_needed", field="motive")
    return said or None


def as_seen(whole: Sheet, roles: frozenset[str]) -> Sheet:
    """The file with MASKED wherever these roles may not look, also in what is counted and said of it."""
    tabs = {tab: _tab_as_seen(tab, rows, whole, roles) for tab, rows in whole.tabs.items()}
    title = whole.title if may_see(roles, "name", restricted=whole.restricted) else MASKED
    open_tabs = {tab for tab, rows in tabs.items() if rows != MASKED}
    totals = {
        name: value if name in open_tabs or (name in ("owed", "unpaid") and "contributions" in open_tabs) else MASKED
        for name, value in whole.totals.items()
    }
    fields = masked(whole.fields, roles, restricted=whole.restricted)
    remarks = whole.remarks if "employments" in open_tabs else ()
    return replace(whole, title=title, fields=fields, tabs=tabs, totals=totals, remarks=remarks)


def _tab_as_seen(tab: str, rows: Any, whole: Sheet, roles: frozenset[str]) -> Any:
    if not may_see(roles, "employments" if tab == "employees" else tab, restricted=whole.restricted):
        return MASKED
    hidden = {}
    if tab in ("employments", "employees") and not may_see(roles, "salary", restricted=whole.restricted):
        hidden = {"salary": MASKED}
    return [row | hidden | _link_as_seen(row, roles) for row in rows]


def _link_as_seen(row: dict[str, Any], roles: frozenset[str]) -> dict[str, Any]:
    """Of somebody whose own file is restricted, another's sheet shows no more: that they are there, and since when."""
    link: Link | None = row.get("link")
    if link is None or may_see(roles, "name", restricted=link.restricted):
        return {}
    hidden = {name: MASKED for name in ("salary", "job", "proof") if name in row}
    return hidden | {"link": replace(link, name=MASKED)}


# --- imports -----------------------------------------------------------------------------------


@action
def record_import(tx: Transaction, hub: Hub, *, what: str, digest: str) -> Answer:
    """A file of central data was taken over to its end: what the replica says of it goes into the journal."""
    with replica.reading(hub.store.folder) as reader:
        run = _ended(reader, what, digest)
    tx.record(PeopleImported(what, digest, run.bytes, data_of=run.data_of, **run.counts()))
    return {"import": what, "digest": digest, **run.counts()}


def _ended(reader: Any, what: str, digest: str) -> Run:
    row = reader.execute("SELECT * FROM import_run WHERE what = ? AND digest = ?", (what, digest)).fetchone()
    if row is None or row["ended"] is None:
        raise NotFound("no such import has come to its end here", field="digest")
    return run_of(row)
