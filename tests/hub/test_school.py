"""Training on the same box: the same agency, data of its own, and ÉCOLE wherever somebody looks."""

import io
import json
import re
import shutil
from pathlib import Path

import pytest
import typst
from PIL import Image

from counter_panel.pages import pages as panel_pages
from display.pages import pages as display_pages
from display.voice import Voice
from hub import school
from hub.agents import actions as agents
from hub.agents import store as agent_store
from hub.agents.pages import pages as agent_pages
from hub.app import Rooms, create_app
from hub.ask import HUB, Actor, Ask
from hub.errors import StoreFault
from hub.paper import Cut, Drawer, Text, of_school, slip_from_json
from hub.printing import actions as printing
from hub.printing.store import queue_job
from hub.queues import actions as queues
from hub.queues import pictures, store
from hub.rooms import open_hub
from hub.settings import MARK
from hub.settings_files import SCHOOL, load_settings
from hub.ticket_slip import Number, Ticket, papers_slip, ticket_slip
from hub.workshop.workshop import Workshop
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


# --- a guard over every layout: whoever adds one cannot forget it --------------------------------------

ROOT = Path(__file__).parents[2]
#: Whole pages that no school has: a ticket on a telephone (nothing leaves a school), the demo's own, a box's wires.
NOT_OF_A_SCHOOL = {"followup/page.html", "demo/agency.html", "wiring/page.html"}
MARKED = Text(f"* {MARK} *", size=2, bold=True, align="center")


def whole_pages():
    rooms = ("hub", "display", "counter_panel", "kiosk")
    found = [page for room in rooms for page in sorted((ROOT / room).rglob("*.html"))]
    whole = [page for page in found if "<html" in page.read_text("utf-8") and "node_modules" not in page.parts]
    return [page for page in whole if "/".join(page.parts[-2:]) not in NOT_OF_A_SCHOOL]


@pytest.mark.parametrize("page", whole_pages(), ids=lambda page: "/".join(page.parts[-2:]))
def test_every_page_has_a_place_for_the_word(page):
    assert re.search(r'<p class="school"', page.read_text("utf-8")), f"{page.name}: a school's page without {MARK}"


def test_no_page_hides_the_word_on_paper():
    for sheet in (path for room in ("hub", "kiosk", "display") for path in (ROOT / room).rglob("*.css")):
        printed = sheet.read_text("utf-8").partition("@media print")[2]
        assert not re.search(r"\.school\b[^{]*\{[^}]*(display: none|visibility: hidden)", printed), sheet


def test_papers_are_laid_out_at_one_place_and_no_layout_covers_its_word():
    """What is drawn is drawn by the hub's own workshop, which sets the word over whatever a layout says."""
    made = [
        path for path in (ROOT / "hub").rglob("*.py") if re.search(r"(?<![\w.])Workshop\(", path.read_text("utf-8"))
    ]
    assert [path.name for path in made] == ["rooms.py"]
    assert re.search(r"Workshop\(mark=settings\.hub\.mark\)", made[0].read_text("utf-8"))
    layouts = sorted((ROOT / "hub").rglob("*.typ"))
    assert len(layouts) > 10
    for layout in layouts:
        assert "foreground" not in layout.read_text("utf-8"), f"{layout}: what lies over a page is a school's word"


def clay_of(mark, layout):
    """How much of the upper edge of its first page is in the colour of the word's band."""
    shop = Workshop(mark=mark)
    asked = json.loads(shop._frame({"main": layout}, {}, 0))
    shop.close()
    compiler = typst.Compiler({name: text.encode() for name, text in asked["sources"].items()})
    drawn = compiler.compile(format="png", ppi=72)
    page = Image.open(io.BytesIO(drawn[0] if isinstance(drawn, list) else drawn)).convert("RGB")
    band = page.crop((0, 0, page.width, 40))
    return sum(count for count, colour in band.getcolors(1 << 20) if colour == (0xB3, 0x42, 0x1F))


def test_the_word_lies_over_a_page_whatever_its_layout_says_of_pages():
    layout = '#set page(paper: "a5", margin: 1cm, background: [x], header: [y])\n#set document(title: "z")\nText'
    assert clay_of(MARK, layout) > 200
    assert clay_of("", layout) == 0


def test_every_slip_that_is_handed_to_a_printer_says_so_first_and_a_drawer_opens_without_paper(folder):
    hub = open_hub(school.prepare(folder))
    with hub.store.transaction(Ask(HUB)) as tx:
        queue_job(tx, about="receipt 1", printer="K1", copy=0, slip=(Text("QUITTANCE"), Cut()))
        queue_job(tx, about="drawer 1", printer="K9", copy=0, slip=(Drawer(),))
    kiosks = [Ask(Actor(device=name, roles=frozenset({"kiosk"}))) for name in ("K1", "K9")]
    taken = [slip_from_json(printing.take(hub, kiosk)["slip"]) for kiosk in kiosks]
    assert taken == [(MARKED, Text("QUITTANCE"), Cut()), (Drawer(),)]
    hub.store.close()


def test_a_ticket_says_so_even_where_the_agency_prints_its_number_alone(folder):
    settings = school.prepare(folder)
    bare = settings.model_copy(update={"ticket": settings.ticket.model_copy(update={"parts": ("number",)})})
    text = pictures.slip_text(bare)
    service = pictures.catalogue_service(bare, bare.services[1])
    assert ticket_slip(Ticket(Number("D001"), service, text, "fr", None))[0] == MARKED
    assert papers_slip(service, None, text, "fr")[0] == MARKED
    at_work = pictures.slip_text(load_settings(CONFIG))
    assert MARKED not in ticket_slip(Ticket(Number("D001"), service, at_work, "fr", None))
    assert of_school((Text("x"), Cut()), "") == (Text("x"), Cut())
