"""What every folder of hub/services must be. A new one is told here what it still lacks.

`pytest tests/hub/services/test_contract.py -k NAME` runs it for one service.
"""

import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from hub import notices, outbox
from hub.agents import rights
from hub.agents import store as agent_store
from hub.agents.model import ROLES
from hub.errors import ConfigurationFault
from hub.journal import APPLIERS as JOURNAL
from hub.people import store as people_store
from hub.printing import store as print_store
from hub.queues import appliers as queue_appliers
from hub.say import WORDS, say
from hub.scans import Scan
from hub.services import ports
from hub.services.ports import CounterService, Offer, Pending, ThreadLine
from hub.visits import store as visit_store
from tests.hub.services.conftest import Office

ROOT = Path(__file__).parents[3]
LANGUAGES = ("fr", "en")
ICONS = set((ROOT / "hub/look/icons.txt").read_text().split())
ROOMS = (queue_appliers, agent_store, print_store, outbox, people_store, visit_store, notices)
SERVICES = pytest.mark.parametrize("service", ports.load(ports.folders()), ids=lambda service: service.name)


@pytest.fixture
def empty(tmp_path):
    """An agency that uses every service there is, before anything happened."""
    office = Office(tmp_path / "data", ports.load(ports.folders()))
    yield office
    office.hub.store.close()


def known_kinds() -> set[str]:
    kinds = {kind.kind for kind in JOURNAL}
    kinds |= {kind.kind for room in ROOMS for kind in room.APPLIERS}
    return kinds | {kind.kind for service in ports.load(ports.folders()) for kind in service.appliers}


def words_of(service: CounterService, language: str) -> dict[str, str]:
    return tomllib.loads((WORDS / language / f"{service.name}.toml").read_text("utf-8"))


def placeholders(sentence: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", sentence))


@SERVICES
def test_it_is_named_after_its_folder_and_has_a_title(service):
    assert (ports.FOLDER / service.name).is_dir()
    assert service.title.startswith(f"{service.name}.")
    assert all(say(language, service.title) for language in LANGUAGES)
    assert service.icon in ICONS


@SERVICES
def test_its_words_are_there_in_every_language_with_the_same_blanks(service):
    first, *others = (words_of(service, language) for language in LANGUAGES)
    for other in others:
        assert other.keys() == first.keys()
        assert [name for name in first if placeholders(first[name]) != placeholders(other[name])] == []


@SERVICES
def test_its_roles_are_roles(service):
    assert service.roles
    assert service.roles <= set(ROLES)


@SERVICES
def test_it_has_the_files_of_a_service(service):
    folder = ports.FOLDER / service.name
    assert [name for name in ("rules", "store", "actions", "model") if not (folder / f"{name}.py").is_file()] == []


@SERVICES
def test_its_pages_are_its_own_and_somebody_may_see_each(service):
    if service.pages is None:
        return
    assert service.pages.name == service.name
    assert service.pages.url_prefix == f"/desk/{service.name}"
    app = app_with(service)
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules() if rule.endpoint.startswith(f"{service.name}.")}
    assert rights.undeclared(name for name in endpoints if not rights.is_static(name)) == []


@SERVICES
def test_nothing_is_changed_by_looking(service):
    app = app_with(service)
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith(f"{service.name}."):
            assert rule.methods is not None
            assert ("GET" in rule.methods) != ("POST" in rule.methods), f"{rule.endpoint}: GET looks, POST changes"


def app_with(service: CounterService):
    from flask import Flask  # noqa: PLC0415

    app = Flask("contract", static_folder=None)
    if service.pages is not None:
        app.register_blueprint(service.pages)
    return app


@SERVICES
def test_its_tables_are_its_own(service):
    if service.migrations is None:
        assert not service.appliers, "facts without tables"
        return
    assert service.migrations.name == service.name
    assert service.state_tables, "name the tables that a replay must give again"
    tables = [table for room in ROOMS for table in room.STATE_TABLES]
    tables += [table for other in ports.load(ports.folders()) if other is not service for table in other.state_tables]
    assert service.state_tables.keys().isdisjoint(tables)


@SERVICES
def test_its_tables_exist_with_the_columns_that_it_calls_personal(service, empty):
    for table, personal in service.state_tables.items():
        columns = {row["name"] for row in empty.hub.reader.execute(f"PRAGMA table_info({table})")}
        assert columns, f"{table} does not exist"
        assert set(personal) <= columns


@SERVICES
def test_its_facts_are_named_and_nobody_elses(service):
    others = {kind.kind for room in ROOMS for kind in room.APPLIERS} | {kind.kind for kind in JOURNAL}
    for kind in service.appliers:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)+", kind.kind)
        assert kind.kind not in others
        assert kind.__doc__
        assert set(kind.__dataclass_fields__) >= kind.PRIVATE


def test_no_two_facts_have_one_name():
    kinds = [kind.kind for service in ports.load(ports.folders()) for kind in service.appliers]
    assert sorted(kinds) == sorted(set(kinds)), "a replay could not tell them apart"


@SERVICES
def test_it_hears_only_what_can_happen(service):
    assert service.listens.keys() <= known_kinds()
    assert service.guards.keys() <= known_kinds()


@SERVICES
def test_its_read_ports_answer_on_an_empty_database(service, empty):
    assert service.thread(empty.hub.reader, 1) == ()
    assert service.pending(empty.hub.reader, "01016E") == ()
    assert service.offers(empty.hub, empty.hub.reader, Scan("REQ-2026-000123", "P1")) == ()
    assert service.finds(empty.hub.reader, "REQ-2026-000123") == ()
    assert service.sheet(empty.hub.reader, "P1") == ()


def test_every_port_has_its_line_in_the_page_for_whoever_adds_a_service():
    page = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    told = set(re.findall(r"`([a-z_]+)(?:\([^`]*\))?`", page))
    assert [port.name for port in fields(ports.CounterService) if port.name not in told | {"name", "title"}] == []


def test_names_are_given_once():
    names = [service.name for service in ports.load(ports.folders())]
    assert names == sorted(set(names))
    assert "reception" in names


def test_a_service_that_does_not_exist_is_named_with_what_was_meant():
    with pytest.raises(ConfigurationFault) as fault:
        ports.load(["reception", "recepton", "ports"])
    assert fault.value.problems == [
        "agency.toml: counter_services: no service 'recepton', did you mean reception?",
        f"agency.toml: counter_services: no service 'ports'; known: {', '.join(ports.folders())}",
    ]


def test_services_come_in_the_order_of_the_configuration_and_once():
    assert [service.name for service in ports.load(["reception", "reception"])] == ["reception"]


def test_what_ports_give_is_said_in_the_language_of_the_desk():
    assert Pending("papers", "reception.pending_papers", 2, 0, "/").said("en") == "Papers in doubt"
    assert Pending("papers", "reception.pending_papers", 1, 0, "/").said("fr") == "Papier en doute"
    assert (
        ThreadLine(0, "check", "reception.done_reprint", {"copy": 2, "printer": "K1"})
        .said("fr")
        .startswith("DUPLICATA 2")
    )
    assert Offer("DEP", "reception.found_none", {"typed": "D9"}).said("en") == "No ticket D9 today."
