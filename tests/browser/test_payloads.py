"""E20: whatever is typed into any field, it is text on every screen: nothing runs, nothing is fetched."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from contextlib import suppress
from http import HTTPStatus
from urllib.parse import quote
from uuid import uuid4

import pytest
from playwright.sync_api import Error as PlaywrightError

from hub.agents import csrf
from hub.demo.agency import SOURCE
from hub.demo.processes import COMMANDS
from hub.errors import Refused
from tests.agency import Door, opened
from tests.browser.payloads import COUNT, PAYLOADS
from tests.browser.planting import KINDS, plant_services
from tests.faults.test_hostile import routes  # noqa: F401 (a fixture)

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

PIECES = 20
#: Texts of the agency's files that are shown somewhere; each holds all payloads of a piece.
CONFIGURED = {
    "agency.toml": (r'^(organisation|name|city|address) = "[^"]*"', 4),
    "services.toml": (r'\b(label|short|fr|en) = "[^"]*"', 0),
    "counters.toml": (r'^(label) = "[^"]*"', 0),
}
#: Who looks at which pages.
LOOKS = {
    "receptionist": ("/desk/reception", "/desk/reception/lists", "/desk/reception/roll", "/desk"),
    "clerk": ("/desk", "/desk/counters"),
    "supervisor": ("/supervision", "/supervision/open", "/supervision/statistics", "/agents", "/desk/reception"),
}
#: Every other address of a page, by how it begins: who looks at it. One that is new has to be listed.
SCREENS = {
    "/agents": "supervisor", "/devices": "admin", "/audit": "auditor", "/privacy": "supervisor",
    "/desk/cash/close": "collections_cashier", "/desk/cash/search": "collections_cashier", "/desk/cash": "head_cashier",
    "/desk/certificate": "clerk", "/desk/deposit/validation": "validator", "/desk/deposit": "clerk",
    "/desk/inquiry/looks": "supervisor", "/desk/inquiry": "clerk", "/desk/request": "case_officer",
    "/desk/strip": "clerk", "/desk/visits": "clerk", "/desk/reception": "receptionist", "/desk": "clerk",
    "/supervision": "supervisor", "/exchange": "admin",
}  # fmt: skip
#: Screens of the room are looked at by themselves, doors by what is typed into them; the rest are files.
ELSEWHERE = re.compile(
    r"/(display|panel|login|choose|enrol|second|locked|demo.*|api/.*|metrics|healthz|sound/.*|.*\.(pem|csv))?"
)
#: A field of an address → what stands for it, of each planted text by its number.
VALUES = {
    "ref": "P{}", "number": "{}", "certificate": "{}", "order": "44{:02d}", "closing": "1", "till": "C02",
    "proposal": "1", "prepared": "1", "lot": "1", "kind": "csv", "scan": "1", "page": "1",
    "letter": "1",
}  # fmt: skip
#: Pages of what there is none of here: a destruction takes two, and a closed day; a notice comes signed by the centre.
NOT_HERE = {"/privacy/<proposal>/certificate", "/desk/notices/<letter>"}
TABS = ("identity", "employments", "documents", "letters", "payments")
#: Fields of an address that a page may show again.
TYPED = (
    "/login?next={}", "/display?lang={}", "/panel?lang={}", "/desk/reception/search?label={}", "/desk/reception?q={}",
    "/supervision/statistics?from={}&to={}&by={}", "/desk/reception/roll/sheet?from={}", "/{}", "/desk/{}",
    "/api/v1/tickets/{}",
)  # fmt: skip
#: The same, of services, by who searches there.
SEARCHED = {
    "clerk": ("/desk/inquiry?q={}", "/desk/inquiry/search?q={}", "/desk/certificate?q={}", "/desk/deposit?q={}",
              "/desk/certificate/search?q={}", "/desk/request?q={}", "/desk/request/new?why={}"),
    "collections_cashier": ("/desk/cash?q={}", "/desk/cash/search?q={}"),
    "validator": ("/desk/deposit/validation?event={}&agent={}&show={}",),
    "auditor": ("/audit?text={}", "/audit?subject={}&agent={}&device={}", "/audit?family={}", "/audit/rights?on={}"),
}  # fmt: skip
#: Entries whose private part is shown.
REVEALED = (
    "requester_named", "inquiry_noted", "request_opened", "documents_deposited", "cash_entry_made", "party_read",
    "payment_order_received", "closing_proposed",
)  # fmt: skip


def test_there_are_two_hundred_of_them():
    assert len(set(PAYLOADS)) == COUNT


@pytest.mark.parametrize("field", ["innerHTML", "nothing"])
def test_a_payload_is_seen_where_it_runs(chromium, field):
    """The guard seen failing: on a page that does make markup out of it."""
    watched = Watched(chromium, "http://127.0.0.1:1")
    watched.page.set_content("<div id=x></div>")
    if field == "innerHTML":
        watched.page.evaluate(
            "text => { document.getElementById('x').innerHTML = text }", "<img src=x onerror=window.hit=1>"
        )
        watched.page.wait_for_function("window.hit")
    assert bool(watched.harm()) is (field == "innerHTML")


#: A form as the page has them, with the page's own token.
_SEND = """([path, fields]) => {
  const form = Object.assign(document.createElement("form"), { method: "post", action: path, hidden: true });
  fields.csrf = document.querySelector("[name=csrf]")?.value ?? "";
  for (const [name, value] of Object.entries(fields))
    form.append(Object.assign(document.createElement("input"), { name, value }));
  document.body.append(form);
  form.submit();
}"""


class Watched:
    """A page with its back to the wall: what runs in it or leaves it is noted."""

    def __init__(self, chromium, home):
        self._home = home
        self._window = chromium.new_context()
        self.page = self._window.new_page()
        self.page.set_default_timeout(10_000)
        self._seen = []
        self.page.on("dialog", lambda dialog: (self._seen.append(f"dialog {dialog.message}"), dialog.dismiss()))
        self.page.on("console", self._said)
        self.page.on("request", self._asked)

    def _said(self, said):
        if "Content Security Policy" in said.text or "TrustedHTML" in said.text:
            self._seen.append(said.text[:200])

    def _asked(self, request):
        if not request.url.startswith((self._home, "data:", "blob:", "about:")):
            self._seen.append(f"asked {request.url[:100]}")

    def carry(self, cookie):
        name, _, value = cookie.partition("=")
        self._window.add_cookies([{"name": name, "value": value, "url": self._home}])

    def look(self, path):
        self.status = 0
        with suppress(PlaywrightError):  # a download or an empty answer is no page
            answer = self.page.goto(f"{self._home}{path}", wait_until="load")
            self.status = answer.status if answer else 0
        return self.harm()

    def sees(self, path, payloads, seen):
        """A page looked at, and whether one of the texts is said on it."""
        harm = self.look(path)
        return harm or self.noticed(payloads, seen)

    def noticed(self, payloads, seen):
        """The page as it is now."""
        said = re.sub(r"\s+", " ", self.page.evaluate("document.body ? document.body.textContent : ''"))
        seen["pages"] += 1
        seen["said"] += any(" ".join(payload.split())[:20] in said for payload in payloads)
        return self.harm()

    def post(self, path, **fields):
        """A form of this page, sent."""
        with suppress(PlaywrightError), self.page.expect_navigation():
            self.page.evaluate(_SEND, [path, fields | {"key": uuid4().hex}])

    def settled(self):
        """What has got in, once everything had time to; the window closes."""
        self.page.wait_for_timeout(300)
        harm = self.harm()
        self._window.close()
        return harm

    def harm(self):
        """What has got in."""
        hit = self.page.evaluate("window.hit ?? 0")
        return [*self._seen, *(["it ran"] if hit else [])]


def configured(folder, payloads):
    """A copy of the demo's files with the payloads in every text that is shown."""
    shutil.copytree(SOURCE, folder)
    whole = json.dumps("".join(payloads), ensure_ascii=True)
    for file, (pattern, most) in CONFIGURED.items():
        path = folder / file
        text = re.sub(pattern, lambda m: f"{m[1]} = {whole}", path.read_text("utf-8"), count=most, flags=re.MULTILINE)
        path.write_text(text, "utf-8")
    return folder


def plant(agency, payloads):
    """Every field of every ask that keeps a text; one visitor a payload. Their numbers."""
    api, given = agency.api, []
    for payload in payloads:
        one = {"requester": payload[:120], "reason": payload[:300], "registration_number": payload[:64]}
        ticket = api.ask("issue", uuid4().hex, service="XES", **one)
        given.append(ticket["label"])
        steps = (
            ("post", f"tickets/{ticket['id']}/priority", {"priority": "age_70", "reason": payload[:300]}),
            ("post", "counters/31/next", {}),
            ("post", "counters/31/hold", {"reason": payload[:300]}),
            ("post", "counters/31/transfer", {"service": "YES", "reason": payload[:300]}),
            ("post", "counters/32/pause", {"reason": payload[:300]}),
            ("post", f"tickets/{ticket['id']}/cancel", {"reason": payload[:300]}),
            ("post", "tickets", {"service": payload[:64], "language": payload[:64]}),
            ("post", f"counters/{payload[:10].replace('/', '')}/next", {}),
        )
        for _, path, body in steps:
            with suppress(Refused, ValueError, OSError, UnicodeError):
                api.post(path, key=uuid4().hex, **body)
        kiosk = agency.line("K51")
        for what, body in (
            ("help", {"place": payload[:300]}),
            ("trouble", {"part": payload[:64], "state": payload[:64], "detail": payload[:300]}),
            ("printed", {"issue": uuid4().hex, "label": payload[:64], "service": "XES", "reason": payload[:300]}),
            ("failed", {"issue": uuid4().hex, "label": "K51-9", "service": "XES", "reason": payload[:300]}),
        ):
            with suppress(Refused):
                kiosk.ask(what, uuid4().hex, timeout_s=5, **body)
        kiosk.close()
    return given


def hire(agency, payloads):
    """People by those names, through the page that hires them."""
    chief = next(each["code"] for each in agency.people if "supervisor" in each["roles"])
    cookie, _ = agency.session(chief)
    door = Door(agency.port)
    head = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    for number, payload in enumerate(payloads):
        body = f"code=0{number:04d}Z&roles=clerk&csrf={csrf.token_for(cookie.partition('=')[2])}&key={uuid4().hex}"
        body += f"&name={quote(payload[:80])}"
        status, _ = door.send("POST", "/agents/add", body.encode(), **head)
        assert status < 400, status
    door.close()


@pytest.mark.parametrize(
    "payloads",
    [
        pytest.param(PAYLOADS[:: COUNT // 2], id="two"),
        *(pytest.param(PAYLOADS[n::PIECES], id=f"piece {n}", marks=pytest.mark.nightly) for n in range(PIECES)),
    ],
)
def test_nothing_typed_runs_or_asks_outside_on_any_screen(tmp_path, chromium, monkeypatch, payloads):
    monkeypatch.setattr("hub.demo.agency.SOURCE", configured(tmp_path / "source", payloads))
    with opened(tmp_path / "agency", {name: COMMANDS[name] for name in ("hub", "kiosk")}) as agency:
        labels = plant(agency, payloads)
        hire(agency, payloads)
        harm = [
            *in_the_room(agency, chromium, payloads),
            *at_desks(agency, chromium),
            *at_reception(agency, chromium, labels, payloads),
        ]
    assert harm == []


@pytest.mark.nightly
@pytest.mark.parametrize("piece", range(PIECES))
def test_nothing_typed_at_a_counter_runs_or_asks_outside_on_any_page(tmp_path, chromium, routes, note, piece):  # noqa: F811
    """Central data, and what is typed at desks and tills: every page of everything, its searches, its private parts."""
    payloads, planted, seen = PAYLOADS[piece::PIECES], [], Counter()
    commands = {"hub": COMMANDS["hub"]}
    with opened(tmp_path, commands, before=lambda hub: planted.append(plant_services(hub, payloads))) as agency:
        harm = [
            *at_services(agency, chromium, [rule for rule, *methods in routes if "GET" in methods], planted[0], seen),
            *in_private(agency, chromium, payloads, seen),
        ]
    assert harm == []
    assert set(planted[0].took) == KINDS, "what is planted takes"
    assert seen["said"] >= 8 * len(payloads), seen
    note(f"planted {dict(planted[0].took)}; {seen['pages']} pages of theirs, {seen['said']} said one")


def at_services(agency, chromium, rules, planted, seen):
    """Every screen there is, of everything that was planted, and everything typed into its search."""
    payloads, visit = planted.texts, planted.visit
    windows, empty = {role: of_role(agency, chromium, role) for role in set(SCREENS.values())}, set()
    for rule in sorted(rule for rule in rules if not ELSEWHERE.fullmatch(rule)):
        role = next(SCREENS[start] for start in sorted(SCREENS, reverse=True) if rule.startswith(start))
        statuses = []
        for path in dict.fromkeys(addresses(rule, planted)):
            yield from windows[role].sees(path, payloads, seen)
            statuses.append(windows[role].status)
        empty |= set() if HTTPStatus.OK in statuses else {rule}
    assert empty == NOT_HERE, "every page was seen"
    for role, forms in SEARCHED.items():
        for form in forms:
            for payload in payloads:
                yield from windows[role].look(form.replace("{}", quote(payload, safe="")))
    for payload in payloads:
        windows["clerk"].post(f"/desk/visits/{visit}/requester", name=payload[:80], quality="proxy")
        for path in ("/desk", "/desk/strip", "/desk/request/new", "/desk/certificate"):
            yield from windows["clerk"].sees(path, payloads, seen)
    for window in windows.values():
        yield from window.settled()


def addresses(rule, planted):
    """A page's address for each text that it may be about."""
    fields = re.findall(r"<(\w+)>", rule)
    for number in range(1, len(planted.texts) + 1) if fields else (1,):
        values = {name: form.format(number) for name, form in VALUES.items()}
        values |= {"visit": planted.visit, "receipt": planted.receipts[number - 1]}
        path = rule
        for field in fields:
            path = path.replace(f"<{field}>", values[field])
        yield path
        if rule == "/desk/inquiry/file/<ref>":
            yield from (f"{path}?tab={tab}" for tab in TABS)
            yield path.replace("/P", "/E")
    if rule == "/audit":
        yield from (f"/audit?family={family}" for family in ("queue", "request", "settings", "devices"))


def in_private(agency, chromium, payloads, seen):
    """What is shown on being asked for alone: the private part of entries, and the report of a person."""
    auditor, chief = of_role(agency, chromium, "auditor"), of_role(agency, chromium, "supervisor")
    auditor.look("/audit")
    for kind in REVEALED:
        for entry in [each for each in agency.journal() if each["kind"] == kind][: len(payloads)]:
            auditor.post(f"/audit/entries/{entry['seq']}", motive=payloads[0])
            yield from auditor.noticed(payloads, seen)
    chief.look("/privacy")
    for number in range(1, len(payloads) + 1):
        chief.post("/privacy/report", party=f"21334{number:05d}", motive=payloads[number - 1])
        yield from chief.noticed(payloads, seen)
    for window in (auditor, chief):
        yield from window.settled()


def in_the_room(agency, chromium, payloads):
    """The board, the panel, the kiosk's touch page, each once its picture has come."""
    home = agency.url.rstrip("/")
    kiosk = f"http://127.0.0.1:{agency.settings.kiosk.screen_port}"
    for place, path, sign in (
        (home, f"/display#{agency.tokens['display']}", "#queues li, #calls li, .call"),
        (home, f"/panel#{agency.tokens['31']}", "#default"),
        (kiosk, "/", "#page button"),
    ):
        screen = Watched(chromium, place)
        screen.look(path)
        with suppress(PlaywrightError):
            screen.page.wait_for_selector(sign, timeout=3_000)
        for payload in payloads if place == kiosk else ():  # as its scanner types
            screen.page.keyboard.type(payload[:120])
            screen.page.keyboard.press("Enter")
        yield from screen.settled()


def at_desks(agency, chromium):
    """The pages of those who work here."""
    for role, paths in LOOKS.items():
        desk = of_role(agency, chromium, role)
        for path in paths:
            yield from desk.look(path)
        yield from desk.settled()


def at_reception(agency, chromium, labels, payloads):
    """The sheet of each visitor, and what is typed into an address."""
    desk = of_role(agency, chromium, "receptionist")
    for label in labels:
        yield from desk.look(f"/desk/reception/search?label={label}")
        assert label in desk.page.content()
    for payload in payloads:
        for form in TYPED:
            yield from desk.look(form.replace("{}", quote(payload, safe="")))
    yield from desk.settled()


def of_role(agency, chromium, role):
    """A window in which somebody of that role has signed in."""
    window = Watched(chromium, agency.url.rstrip("/"))
    window.carry(agency.session(next(each["code"] for each in agency.people if role in each["roles"]))[0])
    return window
