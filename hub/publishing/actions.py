"""Publishing, taking back, and what the files have to say at a start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import structlog

from hub.ask import Answer, Ask
from hub.clock import Instant
from hub.context import Hub, Stood
from hub.errors import ConfigurationFault, Refused, Unreadable, written
from hub.journal import Entry
from hub.publishing import rules, store
from hub.publishing.model import Change, ConfigurationPublished, Held, Origin
from hub.queues import store as queues
from hub.settings import Settings
from hub.settings_files import with_changes
from hub.store import Transaction

MOTIVE_LENGTH = 200
log = structlog.get_logger("publishing")


def publish(  # noqa: PLR0913 (what, why, and what it was held against)
    hub: Hub, ask: Ask, *, wanted: Mapping[str, str | None], reason: str, seen: int, undoes: int | None = None
) -> Answer:
    """Let these settings count from now on, with a motive. Raises Refused, Unreadable; then nothing has changed.

    `seen`: the version over which their effect was looked at; Refused `published_meanwhile` where another stands.
    """

    def decide(tx: Transaction) -> Answer:
        held = _with_files(tx, hub)
        asked = rules.in_full(hub.files, held, wanted)
        if undoes is not None:
            asked = rules.before(undoes, store.versions(tx.connection, undoes))
        changes = rules.by_hand(held, asked)
        if seen != store.last_version(tx.connection):
            raise Refused("somebody has published meanwhile: look at the effect again", code="published_meanwhile")
        nobody_left(hub, tx.connection, made(hub, rules.applied(held, changes)))
        return _record(tx, changes, "screen", reason=_motive(reason), undoes=undoes)

    return hub.store.perform(ask, decide, alone=True)


def settle(hub: Hub, ask: Ask) -> Answer:
    """At a start: what the files say that they did not say before counts, and is a version of its own."""

    def decide(tx: Transaction) -> Answer:
        _with_files(tx, hub)
        return {"version": store.last_version(tx.connection)}

    return hub.store.perform(ask, decide, alone=True)


def _motive(said: str) -> str:
    return written(said, MOTIVE_LENGTH, Unreadable("say why", code="reason_needed", field="reason"))


def _with_files(tx: Transaction, hub: Hub) -> dict[str, Held]:
    """What stands, once the files have had their word."""
    held, said = store.rows(tx.connection), rules.values_of(hub.files)
    changes, origin = _word_of_files(hub.files, held, said)
    if changes:
        _record(tx, changes, origin)
    return rules.applied(held, changes)


def _word_of_files(
    files: Settings, held: Mapping[str, Held], said: Mapping[str, str]
) -> tuple[tuple[Change, ...], Origin]:
    changes = rules.by_files(held, said)
    there = rules.applied(held, changes)
    if rules.standing(there) == said:
        return changes, "file"  # the files themselves, which are valid
    try:
        _settings(files, there)
    except ConfigurationFault as fault:
        log.warning("what was published does not fit the files any more", problems=fault.problems)
        return rules.by_files(held, said, whole=True), "misfit"
    return changes, "file"


def _record(
    tx: Transaction, changes: tuple[Change, ...], origin: Origin, reason: str = "", undoes: int | None = None
) -> Answer:
    """One version; several where one entry could not hold it."""
    for part in rules.in_entries(changes):
        version = store.last_version(tx.connection) + 1
        tx.record(ConfigurationPublished(version, origin, part, reason, undoes))
    return {"version": store.last_version(tx.connection), "changes": len(changes)}


# --- what stands ---------------------------------------------------------------------------------


def held(hub: Hub, reader: store.Reader) -> dict[str, Held]:
    """What stands, the files' last word included."""
    return _held(hub, reader, rules.values_of(hub.files))


def _held(hub: Hub, reader: store.Reader, said: Mapping[str, str]) -> dict[str, Held]:
    rows = store.rows(reader)
    return rules.applied(rows, _word_of_files(hub.files, rows, said)[0])


def proposed(hub: Hub, reader: store.Reader, wanted: Mapping[str, str | None]) -> tuple[Settings, tuple[Change, ...]]:
    """What these would make of the settings, and what they change. Raises Refused, Unreadable."""
    there = held(hub, reader)
    changes = rules.by_hand(there, rules.in_full(hub.files, there, wanted))
    settings = made(hub, rules.applied(there, changes))
    nobody_left(hub, reader, settings)
    return settings, changes


def _settings(files: Settings, held: Mapping[str, Held]) -> Settings:
    return with_changes(files, rules.in_plain(files, rules.standing(held)))


def made(hub: Hub, held: Mapping[str, Held]) -> Settings:
    """The settings that these would make. Raises Refused `service_alone`, `counter_alone`, `misfit`."""
    _all_served(hub, held)
    try:
        return _settings(hub.files, held)
    except ConfigurationFault as fault:
        said = " ".join(fault.problems)
        raise Unreadable(said, code="misfit", problems=fault.problems, problem=fault.problems[0]) from fault


def _all_served(hub: Hub, held: Mapping[str, Held]) -> None:
    """Nobody takes a ticket for a queue that no counter calls, and no counter of the public stands there for nobody."""
    plain = rules.in_plain(hub.files, rules.standing(held))
    served = {code for counter in plain["counters"] for code in counter["services"]}
    for counter in plain["counters"]:
        if not counter["services"] and counter["kind"] != "back":
            raise Refused(f"counter {counter['code']} would call nobody", code="counter_alone", counter=counter["code"])
    for service in plain["services"]:
        if service["code"] not in served:
            raise Refused(f"no counter would call {service['code']}", code="service_alone", service=service["label"])


def nobody_left(hub: Hub, reader: store.Reader, settings: Settings) -> None:
    """Whoever goes leaves nobody behind. Raises Refused `people_there`, `counter_there`: what is still in use stays.

    So does what a counter service needs (`CounterService.needs`).
    """
    for service in hub.services:
        service.needs(hub, reader, settings)
    day = queues.day(reader)
    here = [*queues.open_tickets(reader), *(queues.absent_tickets(reader, day.id) if day else ())]
    for ticket in here:
        if settings.service(ticket.stage.service) is None:
            count = sum(each.stage.service == ticket.stage.service for each in here)
            said = f"{count} tickets of {ticket.stage.service} are still open"
            raise Refused(said, code="people_there", service=ticket.stage.service, tickets=count)
    for session in queues.counters(reader).values():
        if session.state != "closed" and settings.counter(session.code) is None:
            raise Refused(f"counter {session.code} is open", code="counter_there", counter=session.code)


def begin(hub: Hub) -> None:
    """Take up what stands, as the rows and the files have it; nothing is recorded."""
    said = rules.values_of(hub.files)
    there = _held(hub, hub.store.writer, said)
    published = rules.standing(there) != said
    hub.standing.take(_settings(hub.files, there) if published else None, store.last_version(hub.store.writer))
    hub.standing.past = partial(stood, hub)


def stood(hub: Hub, reader: store.Reader, first: int, last: int) -> tuple[Stood, ...]:
    """The settings at entry `first` of the journal, and those of each version from there to entry `last`.

    What cannot be published, and what no version has said, is as today's files have it. Today's settings, as version 0,
    where nothing had been published yet or where what was does not fit today's files (a counter is gone).
    """
    values = rules.standing(store.rows(reader))
    found: list[Stood] = []
    version = store.last_version(reader)
    for moment, seq, each in store.after(reader, first):
        if seq <= last and not (found and found[-1].since == moment):  # a version in parts is whole with its last one
            found.append(_stood(hub, moment, values, version))
        values, version = rules.undone(values, each), version - 1
    return (_stood(hub, None, values, version), *reversed(found))


def _stood(hub: Hub, since: Instant | None, values: Mapping[str, str], version: int) -> Stood:
    if version == hub.standing.version:
        return Stood(since, hub.settings, version)
    try:
        made_then = with_changes(hub.files, rules.in_plain(hub.files, values)) if version else hub.settings
    except ConfigurationFault as fault:
        log.info("a past version does not fit today's files", version=version, problems=fault.problems)
        return Stood(since, hub.settings, 0)
    return Stood(since, made_then, version)


def following(hub: Hub, announce: Callable[[tuple[Entry, ...]], None]) -> Callable[[tuple[Entry, ...]], None]:
    """Announce what was recorded; a version counts before anybody hears of it."""

    def told(entries: tuple[Entry, ...]) -> None:
        if is_published(entries):
            begin(hub)
        announce(entries)

    return told


def is_published(entries: tuple[Entry, ...]) -> bool:
    """Whether a version is among these."""
    return any(isinstance(entry.event, ConfigurationPublished) for entry in entries)


def as_values(said: Mapping[str, Any]) -> dict[str, str | None]:
    """Plain values as they are published; None takes a table away."""
    return {name: None if value is None else rules.as_text(value) for name, value in said.items()}
