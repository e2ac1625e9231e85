"""The lists that the centre publishes: from their day on they take the place of ours and the agency's, code by code.

A letter of the topic `deposit.document_types` or `deposit.life_events` says what the file of that name would say
(docs/deposits.md). What was deposited before keeps its dates and its decisions; what is typed from then on, and what
is missing, goes by the new list.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, Literal
from weakref import WeakKeyDictionary

from hub.chain import canonical_json
from hub.context import Hub
from hub.errors import ConfigurationFault, Unreadable
from hub.say import say
from hub.services.deposit import catalogue, store
from hub.services.deposit import model as m
from hub.services.ports import Change, Inbound, Received
from hub.store import Store, Transaction

#: topic → the name of the list, its file, and the column of a document that holds its codes.
_LISTS: Mapping[str, tuple[str, str, Literal["type", "event"]]] = {
    "deposit.document_types": ("document_types", catalogue.TYPES, "type"),
    "deposit.life_events": ("life_events", catalogue.EVENTS, "event"),
}
_FILES = {name: file for name, file, _ in _LISTS.values()}
#: So many codes and problems are named one by one.
NAMED = 40
#: The lists as they were read last, and the letter that they were read after.
_read: WeakKeyDictionary[Store, tuple[int, m.Lists]] = WeakKeyDictionary()


def lists_of(hub: Hub) -> m.Lists:
    """The lists as they hold now. Raises ConfigurationFault where a later release cannot read what was published."""
    last = store.last_published(hub.reader)
    if not last:
        return catalogue.load(hub.settings.folder)
    known = _read.get(hub.store)
    if known is None or known[0] != last:
        known = _read[hub.store] = last, catalogue.composed(hub.settings.folder, _published(hub.reader))
    return known[1]


def _published(reader: store.Reader) -> dict[str, dict[str, Any]]:
    """What the centre has published, by file."""
    found: dict[str, dict[str, Any]] = {file: {} for file in _FILES.values()}
    for name, code, entry in store.published(reader):
        found[_FILES[name]][code] = json.loads(entry)
    return found


def _with(reader: store.Reader, received: Received) -> dict[str, dict[str, Any]]:
    """The same, with what a letter says over it."""
    found, payload = _published(reader), dict(received.payload)
    file = _LISTS[received.topic][1]
    circumstances = found[file].get(catalogue.CIRCUMSTANCE, {}) | payload.get(catalogue.CIRCUMSTANCE, {})
    found[file] |= payload | ({catalogue.CIRCUMSTANCE: circumstances} if circumstances else {})
    return found


def check(hub: Hub, reader: store.Reader, received: Received) -> None:
    """The list can be read, with all that holds already. Raises Unreadable `bad_list`, naming what is wrong."""
    payload = received.payload
    if not isinstance(payload, dict) or not payload:
        raise Unreadable("a table of entries by their codes", code="bad_list")
    if not isinstance(payload.get(catalogue.CIRCUMSTANCE, {}), dict):
        raise Unreadable(f"{catalogue.CIRCUMSTANCE}: a table of circumstances", code="bad_list")
    try:
        catalogue.composed(hub.settings.folder, _with(reader, received))
    except ConfigurationFault as fault:
        raise Unreadable("; ".join(fault.problems[:NAMED]), code="bad_list") from fault


def apply(hub: Hub, tx: Transaction, received: Received) -> None:
    """It holds from now on."""
    del hub
    name, file, _ = _LISTS[received.topic]
    whole = _with(tx.connection, received)[file]
    entries = {code: whole[code] for code in received.payload}
    tx.record(m.DepositListPublished(name, received.number, canonical_json(entries)))


def preview(hub: Hub, reader: store.Reader, received: Received) -> tuple[Change, ...]:
    """What it changes beside what holds now, and which deposits wait with one of its codes."""
    now = catalogue.composed(hub.settings.folder, _published(reader))
    then = catalogue.composed(hub.settings.folder, _with(reader, received))
    _, _, column = _LISTS[received.topic]
    language = hub.settings.agency.languages[0]
    found: list[Change] = []
    codes = [code for code in received.payload if code != catalogue.CIRCUMSTANCE]
    if named := received.payload.get(catalogue.CIRCUMSTANCE):
        found.append(Change("deposit.change_circumstances", {"names": ", ".join(sorted(named))}))
    for code in codes[:NAMED]:
        before, after = (_entry(lists, column, code) for lists in (now, then))
        found.append(_change(code, before, after, language))
        found.extend(_touched(reader, column, code))
    if len(codes) > NAMED:
        found.append(Change("deposit.change_more", {"number": len(codes) - NAMED}))
    return tuple(found)


def _entry(lists: m.Lists, column: str, code: str) -> m.DocumentType | m.LifeEvent | None:
    return lists.types.get(code) if column == "type" else lists.events.get(code)


def _change(
    code: str, before: m.DocumentType | m.LifeEvent | None, after: m.DocumentType | m.LifeEvent | None, language: str
) -> Change:
    """One entry: new, taken away, changed in what, or the same."""
    if after is None:
        label = m.called(before.label, language) if before else ""
        return Change("deposit.change_withdrawn", {"code": code, "label": label})
    label = m.called(after.label, language)
    if before is None:
        return Change("deposit.change_new", {"code": code, "label": label})
    said = "; ".join(_differences(asdict(before), asdict(after), language))
    words = "deposit.change_changed" if said else "deposit.change_same"
    return Change(words, {"code": code, "label": label, "what": said})


def _differences(before: Mapping[str, Any], after: Mapping[str, Any], language: str) -> Iterator[str]:
    """`validité en mois : 3 → 6`; where only other languages differ, that the words do."""
    for name, value in after.items():
        if before[name] != value:
            was, is_ = _short(before[name], language), _short(value, language)
            yield f"{say(language, f'deposit.field_{name}')}{f' : {was} → {is_}' if was != is_ else ''}"


def _short(value: Any, language: str) -> str:
    if value and isinstance(value, dict):
        said = m.called(value, language)
    elif isinstance(value, bool):
        said = say(language, "deposit.field_yes" if value else "deposit.field_no")
    elif value and isinstance(value, list | tuple):
        said = ", ".join("/".join(each["any"]) if isinstance(each, dict) else str(each) for each in value)
    else:
        said = "–" if value in (None, "", (), [], {}) else str(value)
    return said if len(said) <= NAMED * 2 else f"{said[: NAMED * 2]}…"


def _touched(reader: store.Reader, column: Literal["type", "event"], code: str) -> Iterator[Change]:
    """The deposits that wait with this code: they keep their dates, what is missing of them goes by the new list."""
    waiting = store.waiting_with(reader, column, code)
    if waiting:
        labels = ", ".join(each.label or "" for each in waiting[:5])
        more = "…" if len(waiting) > 5 else ""  # noqa: PLR2004 (as many as a line holds)
        yield Change(
            "deposit.change_touched", {"code": code, "count": len(waiting), "labels": labels + more},
            url=f"{store.URL}/{waiting[0].id}",
        )  # fmt: skip


INBOX = tuple(
    Inbound(
        topic=topic, title=f"deposit.topic_{name}", check=check, apply=apply, preview=preview
    )
    for topic, (name, _, _) in _LISTS.items()
)  # fmt: skip
