"""What every room brings to the store, and the store opened with all of it.

The running hub, the command line while it is stopped, `mbote verify` and the demo open the same store.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlite_utils.migrations import Migrations

from hub import VERSION, lived, notices, outbox
from hub.agents import store as agents
from hub.agents.migrations import migrations as agent_migrations
from hub.audit import store as audit
from hub.backup.contents import Contents
from hub.clock import Clock
from hub.context import Hub
from hub.errors import StoreFault
from hub.exchange import store as exchange
from hub.journal import Appliers
from hub.people import store as people
from hub.people.migrations import migrations as people_migrations
from hub.printing import store as printing
from hub.printing.migrations import migrations as print_migrations
from hub.privacy import store as privacy
from hub.publishing import actions as publishing
from hub.publishing import store as published
from hub.queues import store as queues
from hub.queues.epochs import behind_lived
from hub.queues.migrations import migrations as queue_migrations
from hub.services import ports
from hub.services.ports import CounterService, Faults
from hub.settings import Settings
from hub.store import DATABASE, Begin, Store
from hub.visits import store as visits
from hub.visits.migrations import migrations as visit_migrations
from hub.workshop.workshop import Workshop

#: In the data folder of a hub for training.
SCHOOL_MARK = "ECOLE"
#: Kinds of event that have the head of the journal signed in their own commit.
CLOSINGS = frozenset({"day_closed", "closing_approved"})


@dataclass(frozen=True, slots=True)
class Brought:
    """Appliers, migrations in their order, the state tables with their private columns, and what checks them."""

    appliers: Appliers
    migrations: tuple[Migrations, ...]
    state_tables: dict[str, tuple[str, ...]]
    faults: tuple[Faults, ...] = ()


def brought(services: tuple[CounterService, ...]) -> Brought:
    """By all rooms, and by these counter services."""
    appliers: dict[Any, Any] = {}
    tables: dict[str, tuple[str, ...]] = {}
    for room in (queues, agents, printing, outbox, people, visits, notices, audit, privacy, exchange, published):
        appliers |= room.APPLIERS
        tables |= room.STATE_TABLES
    for service in services:
        appliers |= service.appliers
        tables |= service.state_tables
    sets = (
        queue_migrations, agent_migrations, print_migrations, outbox.migrations, people_migrations, visit_migrations,
        notices.migrations, audit.migrations, privacy.migrations, exchange.migrations, published.migrations,
    )  # fmt: skip
    checks = tuple(s.faults for s in services if s.faults)
    return Brought(appliers, (*sets, *(s.migrations for s in services if s.migrations)), tables, checks)


def contents(services: tuple[CounterService, ...]) -> Contents:
    """What a backup must know of all rooms."""
    rooms = brought(services)
    files = {service.name: service.files for service in services if service.files}
    return Contents(rooms.appliers, rooms.migrations, rooms.state_tables, agents.KEPT_TABLES, agents.LEFT_TABLES, files)


def open_hub(
    settings: Settings, announce: Callable[[Any], None] = lambda _: None, begin: Begin | None = None,
    clock: Clock | None = None,
) -> Hub:  # fmt: skip
    """The hub's store, held; `begin` and `clock` as the store takes them, a file that has lost its end in its own way.

    Raises StoreFault when another process holds it.
    """
    services = ports.load(settings.counter_services)
    rooms = brought(services)
    folder = settings.path(settings.hub.data)
    keep_apart(settings, folder)
    begin = begin or behind_lived(lived.read(folder), settings.agency.zone)
    store = Store(
        folder, appliers=rooms.appliers, migration_sets=rooms.migrations, version=VERSION, begin=begin, clock=clock
    )
    hub = Hub(settings, store, services=services, workshop=Workshop(mark=settings.hub.mark))
    publishing.begin(hub)
    store.on_reopened = lambda: publishing.begin(hub)
    store.announce = publishing.following(hub, announce)
    store.signed_kinds = CLOSINGS
    store.guards, store.listeners = ports.guards(hub, services), ports.listeners(hub, services)
    return hub


def keep_apart(settings: Settings, folder: Path) -> None:
    """Real data and a school's never meet: a school's folder bears a mark. Raises StoreFault on the other's folder."""
    mark, there = folder / SCHOOL_MARK, (folder / DATABASE).exists()
    if settings.hub.school and there and not mark.exists():
        raise StoreFault(f"{folder} holds real data: a school has a folder of its own (hub.data)")
    if not settings.hub.school and mark.exists():
        raise StoreFault(f"{folder} holds a school's data: only a hub with hub.school opens it")
    if settings.hub.school and not mark.exists():
        folder.mkdir(parents=True, exist_ok=True)
        mark.touch()
