"""Training on the same box: the same agency, data of its own, and ÉCOLE wherever somebody looks."""

import io
import json
import re
import shutil
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pytest
import typst
from flask import Blueprint, Response
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
from hub.audit import export
from hub.errors import StoreFault
from hub.paper import Cut, Drawer, Text, of_school, slip_from_json
from hub.printing import actions as printing
from hub.printing.store import queue_job
from hub.publishing import files
from hub.queues import actions as queues
from hub.queues import pictures, store
from hub.rooms import open_hub
from hub.services.cash import archive
from hub.settings import MARK
from hub.settings_files import SCHOOL, load_settings, with_changes
from hub.supervision import diary, story, workbook
from hub.supervision.statistics import figures
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


def test_its_days_are_not_told_in_a_folder_that_agencies_share(folder, tmp_path):
    """Both would be of one name: whoever closed first would be taken for the agency."""
    local = folder / "local.toml"
    local.write_text(f'{local.read_text("utf-8")}[day]\nstories = "{tmp_path}/shared"\n', "utf-8")
    hub = open_hub(school.prepare(folder))
    assert diary.place_of(hub) == hub.store.folder / "stories"
    assert story.file_name(hub, "2026-03-02") == "ECOLE-CNSS-BZV-SIEGE-2026-03-02.day.json"
    assert diary.paper_name(hub, "2026-03-02") == "ECOLE-CNSS-BZV-SIEGE-2026-03-02.pdf"
    hub.store.close()
    assert str(load_settings(folder).day.stories) == f"{tmp_path}/shared"
    local.write_text(local.read_text("utf-8").replace(f"{tmp_path}/shared", ""), "utf-8")
    assert school.settings_of(folder).day.stories == ""


def files_room():
    """A room that gives files; in the table of rights it passes for one of the program's own."""
    room = Blueprint("files", __name__)
    bom = "\ufeff"
    given = {
        "a.csv": ("text/csv", f"{bom}Agent;Tickets\r\n", 'attachment; filename="a.csv"'),
        "plain.csv": ("text/csv", "Compte;Débit\r\n", "attachment; filename=plain.csv"),
        "a.pdf": ("application/pdf", "%PDF", 'inline; filename="a.pdf"'),
        "a.day.json": ("application/json", "{}", 'attachment; filename="ECOLE-a.day.json"'),
    }

    @room.get("/files/<name>", endpoint="static")
    def file(name):
        kind, content, told = given[name]
        return Response(content, mimetype=kind, headers={"Content-Disposition": told})

    return room


def test_every_file_that_leaves_says_so_in_its_name_and_a_table_in_its_first_row(folder):
    hub = open_hub(school.prepare(folder))
    app = create_app(hub, Rooms(pages=(files_room(),), board=lambda _: {}, statistics=lambda reader, query: {}))
    browser = app.test_client()
    answers = {name: browser.get(f"/files/{name}") for name in ("a.csv", "plain.csv", "a.pdf", "a.day.json")}
    assert [each.headers["Content-Disposition"] for each in answers.values()] == [
        'attachment; filename="ECOLE-a.csv"', "attachment; filename=ECOLE-plain.csv", 'inline; filename="ECOLE-a.pdf"',
        'attachment; filename="ECOLE-a.day.json"',
    ]  # fmt: skip
    assert answers["a.csv"].text == "\ufeffÉCOLE\r\nAgent;Tickets\r\n"
    assert answers["plain.csv"].text == "ÉCOLE\r\nCompte;Débit\r\n"
    assert (answers["a.pdf"].text, answers["a.day.json"].text) == ("%PDF", "{}")
    hub.store.close()
    real = open_hub(load_settings(folder))
    app = create_app(real, Rooms(pages=(files_room(),), board=lambda _: {}, statistics=lambda reader, query: {}))
    answer = app.test_client().get("/files/a.csv")
    assert (answer.headers["Content-Disposition"], answer.text[:6]) == ('attachment; filename="a.csv"', "\ufeffAgent")
    real.store.close()


def test_figures_and_books_say_so_in_themselves(folder):
    hub = open_hub(school.prepare(folder))
    with hub.snapshot() as reader:
        assert figures(hub, reader, {"from": "2026-03-02", "to": "2026-03-02"})["school"] is True
        assert archive._manifest(hub, reader, "00902F")["school"] is True
    assert export.about(hub, "00902F")["school"] is True
    made = datetime(2026, 3, 2, 18, tzinfo=UTC)
    book = workbook.as_xlsx((), ["x"], lambda word: word, made, hub.settings.hub.mark)
    with zipfile.ZipFile(io.BytesIO(book)) as sheets:
        assert 'name="ÉCOLE xlsx_cover"' in sheets.read("xl/workbook.xml").decode()
    hub.store.close()
    at_work = open_hub(load_settings(folder))
    assert "school" not in export.about(at_work, "00902F")
    at_work.store.close()


def test_what_a_school_has_tried_is_taken_along_for_the_agency_itself(folder):
    """Its name, its folder and its silence stay behind."""
    settings = school.prepare(folder)
    tried = with_changes(settings, {"queue": {"max_wait_min": 77}})
    real = load_settings(folder)
    taken = files.read(files.written(tried))
    assert (taken.queue.max_wait_min, real.queue.max_wait_min) == (77, 90)
    assert (taken.agency.name, taken.hub.school, taken.hub.port) == (real.agency.name, False, real.hub.port)
    assert taken.alerts.webhook == real.alerts.webhook


def test_it_says_so_on_every_screen_and_on_paper(folder):
    settings = school.prepare(folder)
    hub = open_hub(settings)
    pages = (agent_pages(hub), display_pages(settings, Voice(settings)), panel_pages(lambda: settings))
    app = create_app(hub, Rooms(pages=pages, board=lambda _: {}, statistics=lambda reader, query: {}))
    browser = app.test_client()
    for page in ("/login", "/display", "/panel"):
        assert '<p class="school"><b>ÉCOLE</b></p>' in browser.get(page).text, page
    with hub.snapshot() as reader:
        assert pictures.boards(hub, reader)((), "").agency.startswith(SCHOOL)
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


def test_a_printed_page_has_the_word_across_every_sheet_and_a_dialog_does_not_cover_it():
    """A band that stays would lie over the first rows of all sheets but the first; a backdrop begins below it."""
    look = (ROOT / "hub" / "look" / "static" / "look.css").read_text("utf-8")
    printed = look.partition("@media print")[2]
    across = re.search(r"body:has\(> \.school:not\(\[hidden\]\)\)::after \{([^}]*)\}", printed)
    assert across, "nothing lies across a printed sheet"
    assert f'content: "{MARK}"' in across[1]
    assert "position: fixed" in across[1]
    assert re.search(r"\.school \{\s*position: absolute", printed)
    assert "inset-block-start: var(--above" in look.partition("dialog::backdrop {")[2].partition("}")[0]


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


def test_a_table_over_several_pages_is_drawn_under_the_word_and_says_it_on_each():
    rows = '#set document(title: "z")\n#set text(lang: "fr")\n#set page(paper: "a5")\n'
    shop = Workshop(mark=MARK)
    paper = shop.drawn({"main": f"{rows}#table(columns: 2, table.header[a][b], ..range(200).map(n => [#n]))"}, {}, 0)
    shop.close()
    with pikepdf.open(io.BytesIO(paper)) as drawn:
        assert len(drawn.pages) > 1
        assert all(b"/Artifact" in page.Contents.read_bytes() for page in drawn.pages)


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
