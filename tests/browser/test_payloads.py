"""E20: whatever is typed into any field, it is text on every screen: nothing runs, nothing is fetched."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections import defaultdict
from contextlib import closing, suppress
from datetime import datetime
from http import HTTPStatus
from itertools import product
from urllib.parse import quote, urlencode
from uuid import uuid4

import pytest

from hub.agents import csrf, rights
from hub.bench.rig import free_port
from hub.centre import place as head_office
from hub.demo.agency import SOURCE
from hub.demo.processes import COMMANDS
from hub.errors import Refused
from hub.rooms import brought
from hub.services.ports import load
from hub.settings_files import load_settings
from tests.agency import Door, opened
from tests.browser.payloads import COUNT, PAYLOADS
from tests.browser.planting import KINDS, plant_services
from tests.browser.watched import Seen, Staff, Watched
from tests.faults.test_hostile import doors  # noqa: F401 (a fixture)

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(1_800)]

PIECES = 20
#: Texts of the agency's files that are shown somewhere; each holds all payloads of a piece.
CONFIGURED = (
    ("agency.toml", r'^(organisation|name|city|address) = "[^"]*"', 4),
    ("agency.toml", r'^(message) = "[^"]*"', 0),
    ("services.toml", r'\b(label|short|fr|en) = "[^"]*"', 0),
    ("counters.toml", r'^(label|location) = "[^"]*"', 0),
    ("cash.toml", r'^(label) = "[^"]*"', 0),
)
#: Who looks at which pages of those.
LOOKS = {
    "receptionist": ("/desk/reception", "/desk/reception/lists", "/desk/reception/roll", "/desk"),
    "clerk": ("/desk", "/desk/counters", "/desk/inquiry", "/desk/certificate", "/desk/deposit", "/desk/request/new"),
    "supervisor": ("/supervision", "/supervision/open", "/supervision/statistics", "/agents", "/desk/reception"),
    "collections_cashier": ("/desk/cash", "/desk/cash/payer", "/desk/cash/close"),
    "head_cashier": ("/desk/cash/control", "/desk/cash/oversight"),
    "validator": ("/desk/deposit/validation",), "case_officer": ("/desk/request",), "admin": ("/devices", "/exchange"),
    "auditor": ("/audit", "/audit/rights"),
}  # fmt: skip
#: By how addresses begin: who sees most there, and looks at every text. One that is new has to be listed. Of all other
#: roles that may see a page each looks in every third piece.
MOST = {
    "/administration": "supervisor", "/desk/appointment": "receptionist",
    "/agents": "supervisor", "/audit": "auditor", "/desk": "clerk", "/desk/cash": "head_cashier",
    "/desk/cash/close": "collections_cashier", "/desk/cash/payer": "collections_cashier",
    "/desk/cash/prepare": "clerk", "/desk/cash/requests": "clerk", "/desk/cash/search": "clerk",
    "/desk/deposit": "validator", "/desk/inquiry": "case_officer", "/desk/inquiry/looks": "supervisor",
    "/desk/payday": "receptionist",
    "/desk/reception": "receptionist", "/desk/request": "case_officer", "/devices": "admin", "/exchange": "supervisor",
    "/privacy": "supervisor", "/routing": "supervisor", "/supervision": "supervisor",
}  # fmt: skip
EVERY = 3
#: Screens of the room are looked at by themselves, doors by what is typed into them; the rest are files.
ELSEWHERE = re.compile(
    r"/(display|display/pictures/.*|administration/ticket/.*|panel|login|choose|enrol|second|locked|demo.*|api/.*|metrics|healthz|sound/.*|.*\.pem)?"
)
#: Files about what there is none of here: a destruction takes a month, and a day is closed in the evening.
NOT_HERE = {"/privacy/<proposal>/certificate", "/supervision/day.json"}
#: Pages that show nobody's words, and what they do show.
SILENT = {
    "/administration/files.zip": "files, packed",
    "/desk/appointment/list": "a paper",
    "/desk/cash/payer": "three figures", "/desk/cash/treasury/<lot>.<kind>": "accounts and amounts",
    "/desk/deposit/scans/<scan>/pages/<page>": "a picture", "/desk/line": "numbers of tickets",
    "/desk/reception/roll/sheet": "numbers of the paper roll", "/privacy": "how many entries are how old",
    "/supervision/open": "numbers of tickets", "/supervision/story.pdf": "a paper",
    "/supervision/fairness/poster": "how often, by words of ours: it hangs on the wall",
    **dict.fromkeys(("/supervision/advice", "/supervision/advice/replay"), "figures of days that are over"),
    "/supervision/statistics.xlsx": "a workbook",
}  # fmt: skip
TABS = ("identity", "employments", "documents", "letters", "payments")
#: Fields of an address that a page may show again.
TYPED = (
    "/login?next={}", "/display?lang={}", "/display?own={}", "/panel?lang={}", "/desk/reception/search?label={}",
    "/desk/reception?q={}",
    "/supervision/statistics?from={}&to={}&by={}", "/desk/reception/roll/sheet?from={}", "/{}", "/desk/{}",
    "/api/v1/tickets/{}",
)  # fmt: skip
#: The same, of services, by who searches there.
SEARCHED = {
    "clerk": ("/desk/inquiry?q={}", "/desk/inquiry/search?q={}", "/desk/certificate?q={}", "/desk/deposit?q={}",
              "/desk/certificate/search?q={}", "/desk/request?q={}", "/desk/request/new?why={}",
              "/desk/appointment?q={}", "/desk/appointment?day={}&show={}", "/desk/appointment/new?service={}&from={}",
              "/desk/cash/prepare?q={}", "/desk/cash/requests?ref={}"),
    "collections_cashier": ("/desk/cash?q={}", "/desk/cash/search?q={}"),
    "head_cashier": ("/desk/cash/oversight?look={}&agent={}&from={}", "/desk/cash/treasury/{}"),
    "validator": ("/desk/deposit/validation?event={}&agent={}&show={}", "/desk/deposit/scans/1?page={}"),
    "receptionist": ("/desk/payday?who={}",),
    "auditor": ("/audit?text={}", "/audit?subject={}&agent={}&device={}", "/audit?family={}", "/audit/rights?on={}"),
    "supervisor": ("/supervision/statistics?view={}",), "admin": ("/exchange?said={}",),
}  # fmt: skip
#: Private fields of events that hold nobody's words, and what they do hold.
NO_TEXTS = {
    **{f"{kind}.party": "the key of a file" for kind in (
        "cash_entry_made", "certificate_issued", "collection_prepared", "concerned_added", "inquiry_noted",
        "life_certificate_noted", "life_certificate_taken", "notice_queued", "order_requested", "party_read",
        "payment_order_received", "person_reported", "request_opened", "requester_named", "ticket_issued",
        "till_receipt_noted",
    )},
    **dict.fromkeys(("cash_entry_made.statement", "certificate_issued.statement"), "what was sealed, in base 32"),
    "appointment_booked.code": "eight letters", "appointment_booked.telephone": "digits",
    **dict.fromkeys(("concerned_added.name", "concerned_added.number"), "nothing: who is added has a file"),
    "documents_deposited.id_number": "letters and digits", "life_certificate_taken.payee_number": "ten digits",
    "life_certificate_noted.valid_until": "a day", "scan_kept.file": "a digest",
    "print_job_queued.slip": "paper: these counters have no printer, those of test_named_day have",
}  # fmt: skip
#: What a spreadsheet would run of a cell that begins so.
FORMULAS = ('=HYPERLINK("http://outside.invalid/j")', "@SUM(1+1)*cmd|' /C calc'!A0", "+1+1", "-2+3+cmd|' /C calc'!A0")
#: Entries whose private part is shown with each text; of every other kind one is shown.
REVEALED = (
    "requester_named", "inquiry_noted", "request_opened", "documents_deposited", "cash_entry_made", "party_read",
    "payment_order_received", "closing_proposed",
)  # fmt: skip


def test_there_are_two_hundred_of_them():
    assert len(set(PAYLOADS)) == COUNT


@pytest.mark.parametrize(
    ("text", "runs", "harm"),
    [
        ("<img src=x onerror=window.hit=1>", True, True),
        ("<a href='javascript:window.hit=1'>x</a>", False, True),
        ("<link rel=y href='http://OUTSIDE.invalid/d'>", False, True),
        ("<a href='/audit?text=http://outside.invalid'>x</a>", False, False),
    ],
)
def test_a_payload_is_seen_where_it_runs_or_is_markup(chromium, text, runs, harm):
    """The guard seen failing: on a page that does make markup out of it."""
    watched = Watched(chromium, "http://127.0.0.1:1")
    watched.page.set_content("<div id=x></div>")
    watched.page.evaluate("text => { document.getElementById('x').innerHTML = text }", text)
    if runs:
        watched.page.wait_for_function("() => window.hit")
    assert bool(watched.harm()) is harm


def configured(folder, payloads):
    """A copy of the demo's files with the payloads in every text that is shown."""
    shutil.copytree(SOURCE, folder)
    whole = json.dumps("".join(payloads), ensure_ascii=True)
    for file, pattern, most in CONFIGURED:
        path = folder / file
        text = re.sub(pattern, lambda m: f"{m[1]} = {whole}", path.read_text("utf-8"), count=most, flags=re.MULTILINE)
        path.write_text(text, "utf-8")
    return folder


def plant(agency, payloads):
    """Every field of every ask that keeps a text; one visitor a payload. Their numbers."""
    api, given = agency.api, []
    day, times = free_times(agency)
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
            ("expected", {"name": payload[:120]}),
            ("book", {"service": "XES", "day": day, "time": next(times), "name": payload[:120]}),
        ):
            with suppress(Refused):
                kiosk.ask(what, uuid4().hex, timeout_s=5, **body)
        kiosk.close()
    return given


def free_times(agency):
    """A day with times for an appointment, and those times."""
    kiosk = agency.line("K52")
    *_, told = kiosk.ask("times", uuid4().hex, timeout_s=10, service="XES")["days"]
    kiosk.close()
    return told["day"], iter(told["times"])


def enters(agency):
    """A group enters the room on a pay-day of today."""
    code = next(each["code"] for each in agency.people if "receptionist" in each["roles"])
    cookie, _ = agency.session(code)
    door, today = Door(agency.port), datetime.now(agency.settings.agency.zone).date().isoformat()
    head = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    token = csrf.token_for(cookie.partition("=")[2])
    plan = {"on": today, "service": "XES", "by": "registration", "waves": "00 99 00:00 20"}
    for path, fields in (("new", plan), ("1/call", {"size": "20"})):
        body = urlencode(fields | {"csrf": token, "key": uuid4().hex}).encode()
        status, _ = door.send("POST", f"/desk/payday/{path}", body, **head)
        assert status == HTTPStatus.SEE_OTHER, (path, status)
    door.close()


def hire(agency, payloads):
    """Those who sit at the counters from 31 on have these names, through the page that hires them."""
    chief = next(each["code"] for each in agency.people if "supervisor" in each["roles"])
    cookie, _ = agency.session(chief)
    door = Door(agency.port)
    head = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    for number, payload in enumerate(payloads):
        body = f"code=000{31 + number}T&roles=clerk&csrf={csrf.token_for(cookie.partition('=')[2])}&key={uuid4().hex}"
        body += f"&name={quote(payload[:80])}"
        status, _ = door.send("POST", "/agents/add", body.encode(), **head)
        assert status < 400, status
    door.close()


@pytest.mark.nightly
@pytest.mark.parametrize("piece", range(PIECES))
def test_nothing_typed_runs_or_asks_outside_on_any_screen(tmp_path, chromium, monkeypatch, piece):
    payloads = PAYLOADS[piece::PIECES]
    monkeypatch.setattr("hub.demo.agency.SOURCE", configured(tmp_path / "source", payloads))
    local = f'\n[followup]\nhost = "127.0.0.1"\nport = {free_port()}\n'
    with opened(tmp_path / "agency", {name: COMMANDS[name] for name in ("hub", "kiosk")}, local=local) as agency:
        labels = plant(agency, payloads)
        hire(agency, payloads)
        staff = Staff(agency, chromium)
        harm = [
            *in_the_room(agency, chromium, payloads),
            *on_a_telephone(agency, chromium, payloads),
            *at_desks(staff),
            *at_reception(staff, labels, payloads),
            *staff.settled(),
        ]
    assert harm == []


@pytest.mark.nightly
@pytest.mark.parametrize("piece", range(PIECES))
def test_nothing_typed_at_a_counter_runs_or_asks_outside_on_any_page(tmp_path, chromium, doors, note, piece):  # noqa: F811 (the fixture)
    """Central data, and what is typed at desks and tills: every page of everything, its searches, its private parts."""
    payloads, planted, seen = PAYLOADS[piece::PIECES], [], Seen()
    texts = (*payloads, FORMULAS[piece % len(FORMULAS)])
    batches = refused_batches(tmp_path / "scanner", texts)
    local = f'\n[centre]\nkey = "{head_office.make(tmp_path / "head")}"\n[deposits]\nscans_from = "{batches}"\n'

    def plant_before(hub):
        planted.append(plant_services(hub, texts, tmp_path / "head"))

    with opened(tmp_path / "agency", {"hub": COMMANDS["hub"]}, local=local, before=plant_before) as agency:
        plant(agency, texts)
        hire(agency, texts)
        staff = Staff(agency, chromium)
        harm = [
            *on_every_page(staff, doors, planted[0], seen, piece),
            *searched(staff, planted[0], seen),
            *on_paper(staff, planted[0]),
            *in_private(staff, private_parts(agency.folder / "data"), texts, seen),
            *staff.settled(),
        ]
        unsaid = set(never_said(agency.folder / "data", texts))
    took = planted[0].took
    found = {
        "harm": sorted(set(harm)), "not listed": took.keys() - KINDS.keys(),
        "hardly planted": {kind: took[kind] for kind, least in KINDS.items() if took[kind] < least},
        "never seen": seen.missing ^ NOT_HERE, "silent": seen.silent ^ SILENT.keys(),
        "of no event": unsaid ^ NO_TEXTS.keys(),
    }  # fmt: skip
    assert {what: each for what, each in found.items() if each} == {}, "what differs from the tables above"
    note(f"planted {dict(took)}; {seen.pages} pages of theirs, {seen.said} said one")


def refused_batches(folder, texts):
    """The scanner's folder with files that could not be taken, as far as a file can be called so."""
    (folder / "refused").mkdir(parents=True)
    for text in texts:
        if "/" not in text:
            (folder / "refused" / text).touch()
    return folder


def private_parts(data):
    """Kind and number of each entry of the journal that has a private part, and that part."""
    with closing(sqlite3.connect(f"file:{data / 'mbote.db'}?mode=ro", uri=True)) as file:
        return list(file.execute("SELECT kind, seq, body FROM journal JOIN journal_private USING (seq)"))


def never_said(data, texts):
    """Each private field of an event, as `kind.field`, of which none holds one of the texts."""
    parts = {part for text in texts if len(part := _bare(text)[:10]) == 10}
    held = defaultdict(str)
    for kind, _, body in private_parts(data):
        for name, value in json.loads(body).items():
            held[f"{kind}.{name}"] += _bare(json.dumps(value, ensure_ascii=False))
    for event in brought(load(load_settings(SOURCE).counter_services)).appliers:
        for name in sorted(event.PRIVATE):
            if not any(part in held[f"{event.kind}.{name}"] for part in parts):
                yield f"{event.kind}.{name}"


def _bare(text):
    """Its letters and digits: what is left of a text in whatever it was written into."""
    return re.sub(r"[^0-9a-z]", "", text.casefold())


def on_every_page(staff, routes, planted, seen, piece):
    """Every screen there is, of everything that was planted."""
    for rule, what in sorted((rule, what) for rule, what, *methods in routes if "GET" in methods):
        if ELSEWHERE.fullmatch(rule) or rights.is_static(what):
            continue
        statuses, said = set(), seen.said
        for role, path in looked_at(rule, rights.RIGHTS[what] & staff.roles, planted, piece):
            yield from staff[role].sees(path, planted.texts, seen)
            statuses.add(staff[role].status)
        if HTTPStatus.OK not in statuses:
            seen.missing.add(rule)
        elif said == seen.said:
            seen.silent.add(rule)


def looked_at(rule, roles, planted, piece):
    """Who looks at which address of a page: one at all, a third of the others at those there are, or at one of many."""
    paths = list(dict.fromkeys(addresses(rule, planted)))
    most = MOST[max((start for start in MOST if rule.startswith(start)), key=len)]
    assert most in roles, f"{most} may not see {rule}"
    yield from ((most, path) for path in paths)
    for place, role in enumerate(sorted(roles - {most})):
        if place % EVERY == piece % EVERY:
            yield from ((role, path) for path in (paths if "<" not in rule else paths[piece % len(paths) :][:1]))


def addresses(rule, planted):
    """A page's address for each text that it may be about."""
    fields = re.findall(r"<(\w+)>", rule)
    for place in range(len(planted.texts)) if fields else (0,):
        path = rule
        for name, value in values(planted, place, rule).items():
            path = path.replace(f"<{name}>", str(value))
        yield path
        if rule == "/desk/inquiry/file/<ref>":
            yield from (f"{path}?tab={tab}" for tab in TABS)
            yield path.replace("/P", "/E")
        if rule == "/desk/cash/treasury/<lot>.<kind>":
            yield path.replace(".csv", ".json")
    if rule in ("/desk/appointment", "/desk/appointment/list"):
        yield f"{rule}?day={planted.booked_on}"
    if rule == "/desk/appointment/new":
        yield f"{rule}?move={planted.appointments[-1]}"
    if rule == "/audit":
        yield from (f"/audit?family={family}" for family in ("queue", "request", "settings", "devices", "exchange"))
    yield from (f"{rule}{more}" for more in QUERIES.get(rule, ()))


#: A page that shows something by what is asked behind its address.
QUERIES = {
    "/routing": ("?part=agents", "?part=helps", "?part=rules", "?part=versions"),
    "/administration": tuple(
        f"?part={part}"
        for part in ("reasons&service=PEN", "messages", "places", "hours", "ticket", "files", "versions")
    ),
    "/desk/cash": ("?ref=E1", "?prepared=1", "?ref=P1"), "/desk/cash/prepare": ("?ref=E1", "?ref=P1", "?other=1"),
    "/desk/cash/requests": ("?ref=P1",), "/desk/deposit/validation": ("?show=all", "?show=back"),
    "/desk/deposit/validation.csv": ("?show=all",), "/desk/certificate": ("?ref=P1",),
    "/desk/request/new": ("?ref=P1",), **dict.fromkeys(
        ("/desk/inquiry/search", "/desk/cash/search", "/desk/certificate/search"), ("?q=2133400001",)
    ),
}  # fmt: skip


def values(planted, place, rule=""):
    """A field of an address → what stands for it, of one of the texts."""

    def of(found):
        return found[place % len(found)]

    of_number = {"/desk/deposit": planted.drafts, "/desk/appointment": planted.appointments}
    number = of(next((found for start, found in of_number.items() if rule.startswith(start)), planted.requests))
    return {
        "ref": f"P{place + 1}", "number": number, "certificate": of(planted.certificates), "order": of(planted.orders),
        "closing": of(planted.closings), "till": "C02", "proposal": 1, "prepared": of(planted.prepared),
        "lot": of(planted.lots), "kind": "csv", "scan": of(planted.scans), "page": 1, "letter": of(planted.notices),
        "visit": planted.visit, "receipt": of(planted.receipts), "deposit": of(planted.deposits),
        "posted": of(planted.posted),
    }  # fmt: skip


def searched(staff, planted, seen):
    """What is typed into searches and into the requester's name, and a notice opened where one works."""
    texts = planted.texts
    for role, forms in SEARCHED.items():
        for form, text in product(forms, texts):
            yield from staff[role].look(form.replace("{}", quote(text, safe="")))
    clerk = staff["clerk"]
    yield from clerk.look("/desk")
    for text in texts:
        clerk.post(f"/desk/visits/{planted.visit}/requester", name=text[:120], quality="proxy")
        for path in ("/desk", "/desk/strip", "/desk/request/new", "/desk/certificate"):
            yield from staff["clerk"].sees(path, texts, seen)
    yield from clerk.look("/desk")
    clerk.page.wait_for_selector("#notices:not([hidden])").click()
    clerk.page.wait_for_function("() => document.querySelector('#notice-text')?.textContent")
    yield from clerk.noticed(texts, seen)


#: Papers that a page gives as PDF: by whom, from which page, where, and what the form says beside.
PAPERS = (
    ("clerk", "/desk/certificate", "/desk/certificate/{certificate}/print", {}),
    ("clerk", "/desk/deposit", "/desk/deposit/{deposit}/print", {}),
    ("clerk", "/desk/deposit", "/desk/deposit/{deposit}/separators", {}),
    ("case_officer", "/desk/request", "/desk/request/{number}/print", {}),
    ("case_officer", "/desk/request", "/desk/request/letters", {"letter": "{posted}"}),
    ("head_cashier", "/desk/cash/control", "/desk/cash/receipts/{receipt}/print", {}),
    ("head_cashier", "/desk/cash/control", "/desk/cash/closings/{closing}/print", {}),
)


def on_paper(staff, planted):
    """Every kind of paper with a few of the texts: none acts by itself."""
    for role, page, path, fields in PAPERS:
        window, given = staff[role], 0
        yield from window.look(page)
        for place in range(3):
            known = values(planted, place)
            form = {name: value.format(**known) for name, value in fields.items()}
            yield from window.take(path.format(**known), **form)
            given += window.status == HTTPStatus.OK
        assert given, f"{path} gives its paper"


def in_private(staff, parts, texts, seen):
    """What is shown on being asked for alone: the private part of entries, and the report of a person."""
    auditor = staff["auditor"]
    auditor.look("/audit")
    yield from auditor.take("/audit/copy", motive=texts[0], persons="on")
    assert auditor.status == HTTPStatus.OK
    for kind in sorted({kind for kind, _, _ in parts}):
        entries = [seq for each, seq, _ in parts if each == kind]
        for entry in entries[: len(texts) if kind in REVEALED else 1]:
            auditor.post(f"/audit/entries/{entry}", motive=texts[0])
            yield from auditor.noticed(texts, seen)
    chief = staff["supervisor"]
    for number, text in enumerate(texts, start=1):
        chief.look("/privacy")
        chief.post("/privacy/report", party=f"21334{number:05d}", motive=text)
        yield from chief.noticed(texts, seen)


def in_the_room(agency, chromium, payloads):
    """The board, the panel, the kiosk's touch page, each once its picture has come."""
    home = agency.url.rstrip("/")
    kiosk = f"http://127.0.0.1:{agency.settings.kiosk.screen_port}"
    enters(agency)
    for place, path, sign in (
        (home, f"/display#{agency.tokens['display']}", "#group:not([hidden])"),
        (home, f"/panel#{agency.tokens['31']}", "#default"),
        (kiosk, "/", "#page button"),
    ):
        screen = Watched(chromium, place)
        screen.look(path)
        screen.page.wait_for_selector(sign, state="attached")  # texts so long may push it out of sight
        for payload in payloads if place == kiosk else ():  # as its scanner types
            screen.page.keyboard.type(payload[:120])
            screen.page.keyboard.press("Enter")
        if place == kiosk:  # somebody's own ticket, and the question before an act
            screen.page.wait_for_timeout(2_000)  # two scans in that time are one
            screen.page.keyboard.type(agency.api.ask("issue", uuid4().hex, service="XES")["follow"])
            screen.page.keyboard.press("Enter")
            screen.page.dispatch_event("[data-id=act-cancel]", "click")  # texts so long lie over it
            screen.page.wait_for_selector("[data-id=yes]")
            at_the_agenda(screen.page)
        yield from screen.settled()


def at_the_agenda(page):
    """The kiosk's pages of appointments: from what for to the slip, and the question before it is given up."""
    page.reload()
    number = [f"key-{sign}" for sign in "066123456"]
    for name in ("meeting", "begin", "want-XES", "day-", "time-", *number, "search", "give-up"):
        button = page.wait_for_selector(f"[data-id^='{name}']:enabled", state="attached")
        button.dispatch_event("click")
    page.wait_for_selector("[data-id=yes]", state="attached")


def on_a_telephone(agency, chromium, payloads):
    """The page that the guests' network reaches: with the agency's name, and what is typed into its address."""
    followup = agency.settings.followup
    phone = Watched(chromium, f"http://{followup.host}:{followup.port}")
    code = agency.api.ask("issue", uuid4().hex, service="XES")["follow"]
    yield from phone.look(f"/{code}?a=cancel")
    assert phone.page.inner_text("main").strip()
    for payload in payloads:
        typed = quote(payload, safe="")
        for path in (f"/{code}?l={typed}&a={typed}", f"/{code}?r={typed}", f"/{typed}"):
            yield from phone.look(path[:200])
    yield from phone.settled()


def at_desks(staff):
    """The pages of those who work here."""
    for role, paths in LOOKS.items():
        for path in paths:
            yield from staff[role].look(path)


def at_reception(staff, labels, payloads):
    """The sheet of each visitor, and what is typed into an address."""
    desk = staff["receptionist"]
    for label in labels:
        yield from desk.look(f"/desk/reception/search?label={label}")
        assert label in desk.page.content()
    for payload in payloads:
        for form in TYPED:
            yield from staff["receptionist"].look(form.replace("{}", quote(payload, safe="")))
