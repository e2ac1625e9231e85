"""`python -m tests.browser.every_page FOLDER`: every page of a hub with hostile texts in everything, read as markup.

The hub is wired as ever, in a process of its own, and asked without a browser: each page that shows somebody's words,
by whoever sees most there, and then each form of those pages, filled in with the same texts. What became markup, what
the hub had no answer for, and how many pages said one of the texts is told as one line of JSON.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections import Counter
from html.parser import HTMLParser
from http import HTTPStatus
from pathlib import Path
from uuid import uuid4

from argon2 import PasswordHasher

from hub import wsgi
from hub.agents import rights, second_factor, secrets
from hub.ask import HUB, Ask
from hub.centre import place as head_office
from hub.context import Hub
from hub.demo.agency import prepare
from hub.settings_files import load_settings
from tests.browser.payloads import OUTSIDE
from tests.browser.planting import plant_services
from tests.browser.test_payloads import ELSEWHERE, MOST, addresses
from tests.faults.test_hostile import what_of

#: An address that acts and a way out of an attribute; a way out of a script and out of every field.
TEXTS = (
    "javascript:hit(\"'><img src=x onerror=window.hit=1>",
    f"</script></textarea></title></option></style><base href='{OUTSIDE}/'><svg onload=alert(1)>",
)  # fmt: skip
#: Tags and attributes that no page of ours has (the content policy lets none of them act).
FOREIGN_TAGS, FOREIGN = {"base", "math", "object", "embed"}, re.compile(r"on[a-z]+|srcdoc|style")
ADDRESSES = {"href", "src", "action", "formaction", "xlink:href", "data", "srcset", "hx-get", "hx-post"}
#: Forms that end the session which is looking, or draw a paper: those are looked at in the nightly run.
NOT_SENT = re.compile(r"/(log(in|out)|lock|unlock|choose|second|enrol)\b.*|.*/(print|letters|separators)")
PAPER = (".pdf", ".xlsx", "/poster")
TYPED = {"text", "search", "textarea", "tel", "", "url", "email", "password"}


class Markup(HTMLParser):
    """A page as a browser takes it apart: what on it is not ours, its forms, and what it says."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.foreign: list[str] = []
        self.forms: list[tuple[str, dict[str, str]]] = []
        self._form: dict[str, str] | None = None
        self._select = ""
        self.said: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        named = {name: value or "" for name, value in attrs}
        acts = [name for name in named if FOREIGN.fullmatch(name)]
        leads = [
            value for name, value in named.items()
            if name in ADDRESSES and re.match(rf"\s*(javascript:|{OUTSIDE})", value, re.IGNORECASE)
        ]  # fmt: skip
        refreshes = tag == "meta" and "http-equiv" in named
        if tag in FOREIGN_TAGS or acts or leads or refreshes or (tag == "script" and "src" not in named):
            self.foreign.append(self.get_starttag_text()[:200])
        self.said += [value for value in named.values() if "<" in value or "javascript:" in value]
        self._in_form(tag, named)

    def _in_form(self, tag, named):
        """What a form of the page would send as it stands; a field to be typed into is empty."""
        if tag == "form" and named.get("method", "").lower() == "post":
            self._form = {}
            self.forms.append((named.get("action", ""), self._form))
        if self._form is None:
            return
        name, value = named.get("name", ""), named.get("value", "")
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select and value:
            self._form.setdefault(self._select, value)
        elif name and (tag == "textarea" or (tag == "input" and named.get("type", "") in TYPED)):
            self._form[name] = ""
        elif name and tag in ("input", "button"):
            self._form.setdefault(name, value)

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None

    def handle_data(self, data):
        self.said.append(data)


class Looked:
    """A browser of each role, and what it has met."""

    def __init__(self, app, agency) -> None:
        self.hub: Hub = app.extensions["mbote"]
        self.app, self.agency = app, agency
        self.roles = frozenset(role for each in agency.agents for role in each["roles"])
        self.harm: list[str] = []
        self.met: Counter[str] = Counter()
        self.missing: set[str] = set()
        self.forms: dict[tuple[str, str], dict[str, str]] = {}
        self._clients = {}

    def client(self, role):
        if role not in self._clients:
            code = next(each["code"] for each in self.agency.agents if role in each["roles"])
            self._clients[role] = self.app.test_client()
            self._clients[role].set_cookie("mbote", second_factor.vouched(self.hub, Ask(HUB), code))
        return self._clients[role]

    def get(self, role, path):
        return self._read(role, path, self.client(role).get(path, follow_redirects=True))

    def post(self, role, path, form):
        head = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}
        answer = self.client(role).post(path, data=form, headers=head)
        self.met["forms"] += 1
        if answer.status_code == HTTPStatus.FORBIDDEN:  # the session has ended, by one of these forms
            self._clients.pop(role)
        return self._read(role, f"POST {path}", answer)

    def _read(self, role, path, answer):
        self.met["pages"] += 1
        if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self.harm.append(f"{answer.status_code} {role} {path}")
        if answer.mimetype != "text/html":
            return answer.status_code
        page = Markup(answer.get_data(as_text=True))
        self.harm += [f"{role} {path}: {each}" for each in page.foreign]
        said = " ".join(" ".join(page.said).split())
        self.met["said"] += any(text[:20] in said for text in TEXTS)
        for action, fields in page.forms:
            if action.startswith("/") and not NOT_SENT.fullmatch(action):
                self.forms.setdefault((role, re.sub(r"\d+", "0", action)), {"": action} | fields)
        return answer.status_code


def filled(form, turn):
    """A form as somebody fills it in who means no good: every field to be typed into has one of the texts."""
    typed = {name: value or TEXTS[(turn + at) % len(TEXTS)] for at, (name, value) in enumerate(form.items())}
    return typed | {"key": uuid4().hex}


def main(folder: Path) -> None:
    secrets._HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    agency = prepare(folder / "agency", 1)
    head = folder / "head"
    with (agency.config / "local.toml").open("a") as local:
        local.write(f'\n[centre]\nkey = "{head_office.make(head)}"\n')
    agency.settings = load_settings(agency.config)
    app = wsgi.build(agency.settings)
    looked = Looked(app, agency)
    planted = plant_services(looked.hub, TEXTS, head)
    rules = sorted(
        (re.sub(r"<[^>:]+:", "<", rule.rule), what_of(rule.endpoint)) for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and "static" not in rule.endpoint
    )  # fmt: skip
    for rule, what in rules:
        if ELSEWHERE.fullmatch(rule) or rights.is_static(what) or rule.endswith(PAPER):
            continue
        most = MOST[max((start for start in MOST if rule.startswith(start)), key=len)]
        if HTTPStatus.OK not in {looked.get(most, path) for path in dict.fromkeys(addresses(rule, planted))}:
            looked.missing.add(rule)
    for turn, ((role, _), form) in enumerate(list(looked.forms.items())):
        looked.post(role, form.pop(""), filled(form, turn))
    log = "".join(path.read_text("utf-8", errors="replace") for path in folder.rglob("*.log"))
    sys.stdout.write(
        json.dumps({"harm": looked.harm, "missing": sorted(looked.missing), "log": "Traceback" in log, **looked.met})
    )
    sys.stdout.flush()
    os._exit(0)  # a hub leaves threads behind


if __name__ == "__main__":
    main(Path(sys.argv[1]))
