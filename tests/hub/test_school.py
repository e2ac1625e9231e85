"""Training on the same box: the same agency, data of its own, and ÉCOLE wherever somebody looks."""

import shutil
from pathlib import Path

import pytest

from counter_panel.pages import pages as panel_pages
from display.pages import pages as display_pages
from display.voice import Voice
from hub import school
from hub.agents import actions as agents
from hub.agents import store as agent_store
from hub.agents.pages import pages as agent_pages
from hub.app import Rooms, create_app
from hub.ask import HUB, Ask
from hub.errors import StoreFault
from hub.queues import actions as queues
from hub.queues import pictures, store
from hub.rooms import open_hub
from hub.settings_files import SCHOOL, load_settings
from hub.ticket_slip import Number, Ticket, ticket_slip
from tests.office import CONFIG

LEAVING = '[hub]\noutbox = "https://centre.example:8443"\ngateway = "/srv/sms"\n[centre]\nkey = "' + "0" * 64 + '"\n'


@pytest.fixture
def folder(tmp_path) -> Path:
    """The demo agency, that sends to its head office, has a clerk and a ticket."""
    shutil.copytree(CONFIG, tmp_path / "config")
    (tmp_path / "config" / "local.toml").write_text(
        LEAVING + '[alerts]\nwebhook = "https://alert.example/"\n[followup]\nhost = "127.0.0.1"\n', "utf-8"
    )
    hub = open_hub(load_settings(tmp_path / "config"))
    agents.add_agent(hub, Ask(HUB), code="00902F", name="BOUITY Nadège", roles=["clerk"])
    queues.open_day(hub, Ask(HUB))
    queues.issue(hub, Ask(HUB), service="DEP", channel="reception")
    hub.store.close()
    return tmp_path / "config"


def test_a_school_has_the_agency_s_people_and_none_of_its_tickets(folder):
    settings = school.prepare(folder)
    assert settings.path(settings.hub.data).name == "data-ecole"
    assert settings.hub.port == load_settings(folder).hub.port + school.FURTHER
    hub = open_hub(settings)
    assert [one.name for one in agent_store.agents(hub.reader)] == ["BOUITY Nadège"]
    secret = "SELECT agent, hash FROM agent_secret"
    mine = [tuple(row) for row in hub.reader.execute(secret)]
    assert store.day(hub.reader) is None
    assert hub.reader.execute("SELECT count(*) FROM ticket").fetchone()[0] == 0
    hub.store.close()
    real = open_hub(load_settings(folder))
    assert [tuple(row) for row in real.reader.execute(secret)] == mine, "by the same password"
    assert real.reader.execute("SELECT count(*) FROM ticket").fetchone()[0] == 1
    real.store.close()


def test_real_data_and_a_school_s_never_meet(folder):
    settings = school.prepare(folder)
    swapped = settings.hub.model_copy(update={"data": load_settings(folder).hub.data})
    with pytest.raises(StoreFault, match="holds real data"):
        open_hub(settings.model_copy(update={"hub": swapped}))
    with pytest.raises(StoreFault, match="holds a school's data"):
        open_hub(load_settings(folder, {"hub": {"data": str(settings.path(settings.hub.data))}}))


def test_nothing_leaves_a_school(folder):
    settings = school.settings_of(folder)
    assert (settings.hub.outbox, settings.hub.gateway, settings.centre.key) == ("", "", "")
    assert (settings.followup.host, settings.alerts.webhook, settings.backup.places) == ("", "", ())


def test_it_says_so_on_every_screen_and_on_paper(folder):
    settings = school.prepare(folder)
    hub = open_hub(settings)
    pages = (agent_pages(hub), display_pages(settings, Voice(settings)), panel_pages(lambda: settings))
    app = create_app(hub, Rooms(pages=pages, board=lambda _: {}, statistics=lambda reader, query: {}))
    browser = app.test_client()
    for page in ("/login", "/display", "/panel"):
        assert '<p class="school"><b>ÉCOLE</b></p>' in browser.get(page).text, page
    with hub.snapshot() as reader:
        assert pictures.board(hub, reader).agency.startswith(SCHOOL)
    catalogue = pictures.catalogue(hub)
    assert catalogue.agency.startswith(SCHOOL)
    slip = ticket_slip(Ticket(Number("D001"), catalogue.services[0], catalogue.slip, "fr", None))
    assert SCHOOL in " ".join(getattr(line, "text", "") for line in slip)
    hub.store.close()


def test_a_hub_at_work_says_nothing_of_a_school():
    settings = load_settings(CONFIG)
    assert SCHOOL not in settings.agency.name
    assert not settings.hub.school
