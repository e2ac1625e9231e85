"""What the head office refused is put right by keyboard, and what it has published is looked at before it holds."""

import os
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from hub.agents import actions as agents
from hub.agents import second_factor
from hub.ask import HUB, Actor, Ask
from hub.chain import public_key
from hub.exchange.ways import SIGNING_KEY
from hub.rooms import open_hub
from hub.services.deposit import actions, store
from hub.services.deposit.model import Concerned, Depositor, Draft, Reason, Row
from hub.settings_files import load_settings
from tests.hub.desk.house import new_house
from tests.hub.exchange.both import Centre
from tests.windows import REFUSED, windows

pytestmark = pytest.mark.browser
TODAY = datetime.now(UTC).date()
ROSE, SYLVIE, DENISE = "01016E", "01101G", "00411A"


def deposited(hub, name) -> int:
    """A deposit of two documents, validated by Sylvie."""
    rows = tuple(Row(code, there=True, issued=TODAY.isoformat()) for code in ("0601", "0602"))
    draft = Draft(Depositor(name), concerned=(Concerned(name=name, reasons=(Reason("RIB", {}, rows),)),))
    clerk, validator = Ask(Actor(agent=ROSE)), Ask(Actor(agent=SYLVIE))
    number = actions.begin(hub, clerk, channel="mail")["deposit"]
    actions.deposit(hub, clerk, deposit=number, draft=draft)
    choices = tuple(actions.Choice(each.id) for each in store.documents(hub.reader, number))
    actions.decide(hub, validator, outcome="validate", choices=choices)
    return number


@pytest.fixture(scope="module")
def agency(tmp_path_factory):
    """A real hub in its own process that reaches a centre, which will not have Bamou's documents."""
    folder = tmp_path_factory.mktemp("exchange")
    centre = Centre(folder / "centre")
    url = centre.open()
    built = new_house(folder / "house", ("reception", "deposit"))
    (built.folder / "local.toml").write_text(
        f'[hub]\noutbox = "{url}"\n[centre]\nkey = "{centre.key}"\nask_s = 5\n', "utf-8"
    )
    built.settings = load_settings(built.folder)
    built.prepare()
    hub = open_hub(built.settings)
    code = built.settings.agency.code
    for agent, name, role in ((SYLVIE, "MOUKALA Sylvie", "validator"), (DENISE, "OBAMI Denise", "supervisor")):
        agents.add_agent(hub, Ask(HUB), code=agent, name=name, roles=[role])
    built.sessions[SYLVIE] = built._session(hub, SYLVIE)
    built.sessions[DENISE] = second_factor.vouched(hub, Ask(HUB), DENISE)
    for name in ("BAMOU Jérôme", "NGOMA Ruth"):
        deposited(hub, name)
    centre.knows(code, public_key(hub.store.folder / SIGNING_KEY))
    centre.rules.rejects = {"deposit 1 1.1": "unknown_person"}
    types = {"0601": {"label": {"fr": "Relevé d'identité bancaire"}, "months": 3},
             "0699": {"label": {"fr": "Attestation de domiciliation"}, "months": 1}}  # fmt: skip
    day = (TODAY + timedelta(days=30)).isoformat()
    centre.receiver.publish(
        [code], "deposit.document_types", types, key="types 1", by="Mme la Directrice des prestations", effective_on=day
    )
    notice = {
        "title": {"fr": "Fermeture du siège le 28 novembre"},
        "text": {"fr": "Les envois de ce jour seront intégrés le lundi suivant."},
    }
    centre.receiver.publish([code], "notice", notice, key="notice 1", by="Secrétariat général")
    hub.store.close()
    built.centre = centre
    built.start()
    yield built
    built.kill()
    centre.close()


@pytest.fixture
def window(chromium, agency):
    with windows(chromium, REFUSED) as opened:

        def at(code, path):
            page = opened.open(viewport={"width": 1366, "height": 768}, locale="fr-FR")
            page.context.add_cookies([agency.cookie(code)])
            page.goto(f"{agency.url}{path}")
            return page

        yield at


def figures(agency) -> str:
    asked = urllib.request.Request(f"{agency.url}/metrics", headers={"Authorization": f"Bearer {agency.api}"})  # noqa: S310 (our own)
    with urllib.request.urlopen(asked) as answer:  # noqa: S310
        return answer.read().decode()


def shot(page, name):
    """Kept where somebody wants to look."""
    if folder := os.environ.get("MBOTE_SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


@pytest.mark.nightly
def test_what_came_back_goes_again_by_keyboard_alone(window, agency):
    page = window(SYLVIE, "/exchange")
    for _ in range(20):
        if page.get_by_text("Personne inconnue au siège").count():
            break
        page.wait_for_timeout(500)
        page.reload()
    expect(page.get_by_text("Personne inconnue au siège")).to_be_visible()
    shot(page, "exchange")
    expect(page.locator("tr[data-row]").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{agency.url}/desk/deposit/1")
    expect(page.get_by_text("Siège : refusé")).to_be_visible()
    shot(page, "deposit-refused")
    page.goto(f"{agency.url}/desk/deposit")
    expect(page.get_by_text("Siège : 1 refusée")).to_be_visible()
    shot(page, "register")
    page.goto(f"{agency.url}/desk/deposit/validation?show=back")
    expect(page.get_by_text("Personne inconnue au siège")).to_be_visible()
    shot(page, "validation-back")
    board = window(DENISE, "/supervision")
    expect(board.locator("#alert-list").get_by_text("Siège : 1 message refusé, à régler.")).to_be_visible()
    shot(board, "supervision")
    assert 'mbote_outbox_messages{state="refused"} 1.0' in figures(agency)
    page.goto(f"{agency.url}/exchange")
    agency.centre.rules.rejects = {}
    page.locator("tr[data-row]").first.focus()
    page.keyboard.press("r")
    expect(page.get_by_text("Le message repart.")).to_be_visible()
    for _ in range(20):
        page.goto(f"{agency.url}/desk/deposit/1")
        if page.get_by_text("Siège : intégré").count() == 2:
            break
        page.wait_for_timeout(500)
    expect(page.get_by_text("Siège : intégré")).to_have_count(2)
    shot(page, "deposit-integrated")
    page.goto(f"{agency.url}/exchange")
    expect(page.get_by_text("Rien n'est revenu.")).to_be_visible()
    shot(page, "exchange-empty")


def test_a_list_is_looked_at_before_it_holds_and_may_be_held_back(window, agency):
    page = window(DENISE, "/exchange")
    for _ in range(20):
        if page.get_by_text("Liste des pièces").count():
            break
        page.wait_for_timeout(500)
        page.reload()
    expect(page.get_by_text("Nouveau : 0699")).to_be_visible()
    shot(page, "exchange-letter")
    page.get_by_label("Motif pour la retenir").fill("Le directeur veut la voir d'abord")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Retenue : Le directeur veut la voir d'abord")).to_be_visible()
    shot(page, "exchange-held")
    page.get_by_role("button", name="Libérer").click()
    expect(page.get_by_text("La lettre est libérée.")).to_be_visible()


def test_a_notice_is_read_at_the_desk_and_what_was_being_typed_stays(window, agency):
    agency.sit(ROSE, "05")
    desk = window(ROSE, "/desk/deposit")
    line = desk.locator("#notices")
    expect(line).to_contain_text("Avis du siège : Fermeture du siège le 28 novembre")
    box = desk.locator("input[name=q]").first
    box.click()
    desk.keyboard.type("2026/0004")
    desk.keyboard.press("ArrowLeft")
    shot(desk, "desk-told")
    desk.keyboard.press("F1")
    sheet = desk.locator("#notice-sheet")
    expect(sheet).to_contain_text("Les envois de ce jour seront intégrés le lundi suivant.")
    expect(sheet).to_contain_text("Secrétariat général")
    shot(desk, "desk-notice")
    desk.keyboard.press("F2")
    desk.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    desk.keyboard.type("1")
    expect(box).to_have_value("2026/00014"), "the cursor is where it was, and nobody was called"
    expect(line).to_be_visible()
    line.click()
    expect(sheet.get_by_role("button", name="J'ai lu")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(sheet).to_be_hidden()
    expect(line).to_be_hidden()
    desk.keyboard.press("F1")
    expect(sheet).to_be_hidden()
    expect(box).to_have_value("2026/00014")
    desk.reload()
    expect(desk.locator("#keys")).to_be_visible()
    expect(desk.locator("#notices")).to_be_hidden()


def test_the_supervisor_is_told_too_and_sees_who_has_not_read(window, agency):
    aside = window(DENISE, "/desk/deposit")
    expect(aside.locator("#notices")).to_contain_text("Fermeture du siège le 28 novembre")
    shot(aside, "reading-told")
    aside.keyboard.press("F1")
    expect(aside.locator("#notice-sheet")).to_contain_text("Les envois de ce jour")
    aside.keyboard.press("Escape")
    board = window(DENISE, "/supervision")
    expect(board.locator("#notices")).to_contain_text("Fermeture du siège le 28 novembre")
    shot(board, "board-told")
    code = agency.settings.agency.code
    later = {"title": {"fr": "Panne du réseau mardi"}, "text": {"fr": "Portez les envois par clé."}}
    agency.centre.receiver.publish([code], "notice", later, key="notice 2", by="Informatique")
    expect(board.locator("#notices")).to_contain_text("Panne du réseau mardi", timeout=20_000)
    expect(board.locator("#notices")).to_contain_text("et 1 autre")
    board.keyboard.press("F1")
    expect(board.locator("#notice-sheet")).to_contain_text("Portez les envois par clé.")
    board.keyboard.press("Enter")
    expect(board.locator("#notices")).to_contain_text("Fermeture du siège le 28 novembre")
    page = window(DENISE, "/exchange")
    newest = page.locator("article.notice").first
    newest.get_by_text("lu par 1 sur 5").click()
    expect(newest).to_contain_text("Pas encore lu : MABIALA Rose, MOUKALA Sylvie, OKEMBA Jean, TSIBA Aline")
    shot(page, "exchange-read-by")
