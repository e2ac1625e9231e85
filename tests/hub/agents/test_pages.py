"""The pages as a browser sees them, in the application with its walls."""

from __future__ import annotations

import re
from base64 import b32decode
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from hub.agents import actions, csrf, pages, store, totp
from hub.agents.model import ROLES
from hub.app import Rooms, create_app
from hub.ask import HUB, Ask
from hub.say import words

pytestmark = pytest.mark.slow  # real files, sockets or processes

LETTERS = re.compile(r'class="letters">([A-Z2-7 ]+)<')
CSRF = re.compile(r'name="csrf" value="([0-9a-f]+)"')
OURS = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}


@pytest.fixture
def app(hub):
    seats = {"00902F": "05"}
    made = create_app(hub, Rooms(pages=(pages.pages(hub, lambda: seats),), board=dict, statistics=dict))
    made.testing = True
    return made


class Browser:
    """A browser that says where a request comes from, and keeps cookies."""

    def __init__(self, app):
        self.client = app.test_client()

    def get(self, path):
        return self.client.get(path)

    def post(self, path, *, token=True, headers=None, **form):
        if token:
            form["csrf"] = self.token
        return self.client.post(path, data=form, headers=OURS if headers is None else headers)

    @property
    def token(self):
        session = self.session
        return csrf.token_for(session) if session else ""

    @property
    def session(self):
        found = self.client.get_cookie("mbote")
        return found.value if found else None

    def sign_in(self, code, secret, **form):
        return self.post("/login", token=False, code=code, secret=secret, **form)

    def come_in(self, people, code, **form):
        """Secret, and telephone where one is wanted; the answer that leads on."""
        answer = self.sign_in(code, people.SECRET, **form)
        if not answer.location.startswith("/second"):
            return answer
        following = parse_qs(urlsplit(answer.location).query, keep_blank_values=True)["next"][0]
        return self.post("/second", factor=people.shows(code), next=following)


@pytest.fixture
def browser(app):
    return Browser(app)


@pytest.fixture
def admin(people, browser):
    people.arrive("00001A", "admin")
    browser.come_in(people, "00001A")
    return browser


def text(response):
    return unescape(re.sub(r"<[^>]+>", " ", response.get_data(as_text=True)))


def test_the_login_page_opens_for_anybody_in_french(browser):
    page = browser.get("/login")
    assert page.status_code == 200
    assert "Votre code d'agent" in text(page)
    assert 'autocomplete="username"' in page.get_data(as_text=True)
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"


def test_the_first_sign_in_leads_to_choosing_a_password_and_on(people, browser):
    one_shot = people.add("00001A", "admin")
    begun = browser.sign_in("00001A", one_shot, next="/agents?change=1")
    assert (begun.status_code, begun.location) == (303, "/choose?next=/agents?change%3D1")
    cookie = begun.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/" in cookie
    page = browser.get(begun.location)
    assert "Choisissez votre mot de passe" in text(page)
    assert 'name="current"' not in page.get_data(as_text=True)
    refused = browser.post("/choose", secret="court")
    assert refused.status_code == 422
    assert "au moins 8 caractères" in text(refused)
    chosen = browser.post("/choose", secret=people.SECRET, next="/agents?change=1")
    assert (chosen.status_code, chosen.location) == (303, "/enrol?next=/agents?change%3D1")
    assert browser.get("/agents").status_code == 403, "a telephone first"
    page = browser.get(chosen.location)
    secret = b32decode("".join(LETTERS.search(page.get_data(as_text=True))[1].split()))
    assert "<svg" in page.get_data(as_text=True)
    refused = browser.post("/enrol", factor="12345", next="/agents?change=1")
    assert refused.status_code == 422
    assert "Ce n'est pas le code de ce téléphone" in text(refused)
    code = totp.code_of(secret, totp.step_of(people.clock.now().at))
    codes = browser.post("/enrol", factor=f"{code[:3]} {code[3:]}", next="/agents?change=1")
    assert len(re.findall(r"<code>[A-Z2-9]{5}-[A-Z2-9]{5}</code>", codes.get_data(as_text=True))) == 8
    assert 'href="/agents?change=1"' in codes.get_data(as_text=True)
    assert browser.get("/agents").status_code == 200


def test_over_tls_the_cookie_is_bound_to_the_host(people, app):
    people.arrive("00001A", "admin")
    answer = app.test_client().post(
        "/login",
        data={"code": "00001A", "secret": people.SECRET},
        base_url="https://hub",
        headers={"Origin": "https://hub"},
    )
    assert answer.headers["Set-Cookie"].startswith("__Host-mbote=")
    assert "Secure" in answer.headers["Set-Cookie"]


def test_a_newcomer_opens_nothing_else(people, browser):
    browser.sign_in("00001A", people.add("00001A", "admin"))
    assert browser.get("/agents").status_code == 403
    assert browser.get("/api/v1/board").status_code == 403


def test_a_wrong_secret_is_said_at_the_field_and_the_code_is_kept(people, browser):
    people.arrive("00001A", "admin")
    page = browser.sign_in("00001A", "wrong<b>")
    assert page.status_code == 401
    assert "n'est pas le bon" in text(page)
    html = page.get_data(as_text=True)
    assert 'value="00001A"' in html
    assert "wrong" not in html
    assert browser.session is None


def test_a_locked_account_counts_down(people, browser):
    people.arrive("00001A", "admin")
    for _ in range(5):
        browser.sign_in("00001A", "wrong")
    page = browser.sign_in("00001A", people.SECRET)
    assert page.status_code == 429
    assert 'data-retry="900"' in page.get_data(as_text=True)
    assert "Réessayez à 07:35 (dans 15:00)" in text(page)


def test_what_is_missing_is_asked_for(browser):
    assert "Tapez votre code" in text(browser.sign_in("", "x"))
    assert "Tapez votre mot de passe" in text(browser.sign_in("00001A", ""))


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/login?next=/x", ""],
)
def test_signing_in_leads_to_pages_of_ours_only(people, browser, elsewhere):
    people.arrive("00001A", "admin")
    assert browser.come_in(people, "00001A", next=elsewhere).location == "/agents"


def test_who_has_no_page_of_their_own_is_not_sent_in_circles(people, browser):
    people.arrive("00902F", "clerk")
    assert browser.sign_in("00902F", people.SECRET).location == "/choose"
    assert browser.get("/login").location == "/choose"
    assert browser.get("/choose").status_code == 200


def test_another_site_signs_nobody_in(people, browser):
    people.arrive("00001A", "admin")
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = browser.post("/login", token=False, headers=headers, code="00001A", secret=people.SECRET)
        assert answer.status_code == 403
    assert browser.session is None


def test_signing_out_leaves_nothing_in_the_browser(people, admin):
    session = admin.session
    answer = admin.post("/logout")
    assert (answer.status_code, answer.location) == (303, "/login")
    assert '"cookies"' in answer.headers["Clear-Site-Data"]
    assert admin.session is None
    assert people.actor(session) is None
    assert admin.post("/logout", token=False).status_code == 303, "twice does no harm"


def test_a_session_taken_over_says_so(people, admin):
    people.come_in("00001A")
    page = admin.get("/login")
    assert "s'est connecté sur un autre poste" in text(page)


def test_a_session_that_died_of_age_says_so(people, admin):
    people.clock.advance(hours=1)
    assert "Votre session est terminée" in text(admin.get("/login"))


CHANGES = [
    "/choose",
    "/logout",
    "/agents/add",
    "/agents/00001A/change",
    "/agents/00001A/reset",
    "/agents/00001A/remove",
    "/agents/00001A/factor",
    "/second",
    "/enrol",
    "/lock",
    "/stay",
    "/unlock",
    "/devices/pair",
    "/devices/<name>/revoke",
    "/pairing",
    "/pairing/claim",
]


@pytest.mark.parametrize("path", CHANGES)
def test_no_change_without_the_token_of_the_page(people, admin, path):
    before = people.journal
    for form in ({}, {"csrf": "0" * 48}):
        assert admin.post(path, token=False, **form).status_code == 403
    assert admin.post(path, headers={"Origin": "http://evil.example"}).status_code == 403
    assert people.journal == before


def test_every_change_of_ours_is_among_those_tested(app):
    unsafe = {
        r.rule for r in app.url_map.iter_rules() if r.endpoint.startswith("agents.") and "POST" in (r.methods or ())
    }
    assert {path.replace("00001A", "<code>") for path in CHANGES} | {"/login"} == unsafe


# --- people ------------------------------------------------------------------------------------


def test_the_list_says_who_where_and_since_when(people, admin):
    people.arrive("00902F", "clerk", "validator")
    people.add("00907F", "clerk", name="ELENGA <Firmin>")
    people.clock.advance(hours=2)
    admin.come_in(people, "00001A")
    page = admin.get("/agents")
    said = text(page)
    assert "Guichetier" in said
    assert "Valideur" in said
    assert "Code à utiliser" in said
    assert "02/03 07:20" in said
    assert "ELENGA <Firmin>" in said
    assert "ELENGA <Firmin>" not in page.get_data(as_text=True)
    assert re.search(r"<td>05</td>", page.get_data(as_text=True))
    assert "En ligne" in said


def test_adding_somebody_shows_their_code_once(people, admin):
    page = admin.post("/agents/add", code="00902F", name="BOUITY Nadège", roles="clerk")
    code = re.search(r"\b[A-Z]{4}-\d{4}\b", text(page))
    assert code
    assert "Code de première connexion de BOUITY Nadège" in text(page)
    assert code[0] not in text(admin.get("/agents"))
    assert people.sign_in("00902F", code[0])["must_choose"]


def test_what_was_typed_is_kept_and_the_field_says_what_to_do(admin):
    page = admin.post("/agents/add", code="??", name="BOUITY Nadège", roles="clerk")
    assert page.status_code == 422
    assert "n'a pas la bonne forme" in text(page)
    html = page.get_data(as_text=True)
    assert 'value="BOUITY Nadège"' in html
    assert re.search(r'value="clerk" checked', html)
    assert "Choisissez au moins un rôle" in text(admin.post("/agents/add", code="00902F", name="B"))


def test_changing_resetting_and_removing(people, admin):
    people.arrive("00902F", "clerk")
    form = admin.get("/agents?change=00902F").get_data(as_text=True)
    assert 'action="/agents/00902F/change"' in form
    changed = admin.post("/agents/00902F/change", name="B. Nadège", roles=["clerk", "auditor"])
    assert "B. Nadège : c'est enregistré." in text(changed)
    assert store.agent(people.hub.reader, "00902F").roles == {"clerk", "auditor"}
    refused = admin.post("/agents/00902F/change", name="", roles="clerk")
    assert 'action="/agents/00902F/change"' in refused.get_data(as_text=True)
    code = re.search(r"\b[A-Z]{4}-\d{4}\b", text(admin.post("/agents/00902F/reset")))
    assert people.sign_in("00902F", code[0])["must_choose"]
    assert "a été retiré" in text(admin.post("/agents/00902F/remove"))
    assert admin.post("/agents/00902F/remove").status_code == 404
    assert "dernier administrateur" in text(admin.post("/agents/00001A/remove"))


def test_a_supervisor_manages_no_administrator(people, browser):
    people.arrive("00001A", "admin")
    people.arrive("00411A", "supervisor")
    people.add("00902F", "clerk")
    browser.come_in(people, "00411A")
    html = browser.get("/agents").get_data(as_text=True)
    assert "/agents/00902F/reset" in html
    assert "/agents/00001A/reset" not in html
    assert 'value="admin"' not in html
    assert browser.post("/agents/00001A/reset").status_code == 403
    assert browser.post("/agents/add", code="00903F", name="X", roles="admin").status_code == 403


@pytest.mark.parametrize("role", sorted(set(ROLES) - {"admin", "supervisor"}))
def test_nobody_else_sees_the_people(people, browser, role):
    people.arrive("00902F", role)
    browser.sign_in("00902F", people.SECRET)
    assert browser.get("/agents").status_code == 403


def test_a_device_s_token_opens_no_page(people, app):
    token = actions.pair(people.hub, Ask(HUB), kind="api", name="API")["token"]
    assert app.test_client().get("/agents", headers={"Authorization": f"Bearer {token}"}).status_code == 403


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_role_and_every_word_is_there(language):
    there = words(language, "agents")
    assert {f"role_{role}" for role in ROLES} <= set(there)
    assert set(there) == set(words("fr", "agents"))
