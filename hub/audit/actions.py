"""What can be asked of the journal: to search it, to see a private part, to take a copy along. Each leaves a trace."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from hub.ask import Answer, Ask
from hub.audit import configuration, export, rules, store
from hub.audit.model import AuditExported, AuditRead, ConfigurationChanged, Found, PrivateRead, Wanted
from hub.context import Hub, action
from hub.errors import NotFound
from hub.journal import Event
from hub.store import Transaction

#: So many settings in one entry of the journal: the first start of a box has hundreds, and a line of its export 16 KiB.
AN_ENTRY = 80


def kinds(hub: Hub) -> dict[str, type[Event]]:
    """Every kind of event that this hub knows, and its class."""
    return {event.kind: event for event in hub.store.appliers}


@action
def note_configuration(tx: Transaction, hub: Hub) -> Answer:
    """Compare what the box is configured to be with what it recorded last, and record what differs."""
    found = configuration.changes(store.configured(tx.connection), configuration.values_of(hub.files))
    for start in range(0, len(found), AN_ENTRY):
        tx.record(ConfigurationChanged(found[start : start + AN_ENTRY]))
    return {"changes": len(found)}


def search(hub: Hub, ask: Ask, wanted: Wanted, before: int | None = None) -> Found:
    """A page of the journal. The first page of a search is journalled, what goes on below it is the same search."""
    if before is None:
        note_search(hub, ask, wanted=wanted)
    with hub.snapshot() as reader:
        return store.search(reader, wanted, kinds(hub), before)


@action
def note_search(tx: Transaction, hub: Hub, *, wanted: Wanted) -> Answer:
    """Somebody searches the journal."""
    del hub
    family, agent, device = wanted.family, wanted.agent, wanted.device
    typed = wanted.text or None
    tx.record(AuditRead(family, agent, device, wanted.since, wanted.until, typed, wanted.subject or None))
    return {}


@action
def reveal(tx: Transaction, hub: Hub, *, entry: int, motive: str) -> Answer:
    """Show the private part of an entry. What it says is no part of the answer that is kept."""
    del hub
    why = rules.motive(motive)
    if store.private_part(tx.connection, entry) is None:
        raise NotFound("this entry has no private part, or none any more", field="entry")
    tx.record(PrivateRead(entry, why))
    return {"entry": entry}


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy that was made: where, how many entries were wanted, how many it needs besides to prove them."""

    path: Path
    matches: int
    entries: int


def take_copy(  # noqa: PLR0913 (what, with what, why, where to)
    hub: Hub, ask: Ask, *, wanted: Wanted, persons: bool, motive: str, path: Path
) -> Copied:
    """Write what is wanted, with its proofs, to `path`; `persons`: private parts too. Raises Unreadable, Refused.

    The head of the chain is signed first, so that the newest entries are proven as well.
    """
    why = rules.motive(motive)
    hub.store.sign_head("audit")
    with hub.snapshot() as reader:
        made = export.write(reader, wanted, kinds(hub), path, export.about(hub, ask.actor.agent or ""), persons=persons)
    _note_copy(hub, ask, made=made, persons=persons, why=why)
    return Copied(path, made.matches, made.entries)


@action
def _note_copy(tx: Transaction, hub: Hub, *, made: export.Made, persons: bool, why: str) -> Answer:
    del hub
    digest = hashlib.sha256(made.manifest).hexdigest()
    tx.record(AuditExported(made.entries, made.matches, persons, digest, why))
    return {"entries": made.entries, "matches": made.matches, "digest": digest}
