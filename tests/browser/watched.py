"""A browser's page with its back to the wall: what runs in it, leaves it, or became markup on it is noted."""

from __future__ import annotations

import csv
import io
import re
import time
import zipfile
from dataclasses import dataclass, field
from http import HTTPStatus
from uuid import uuid4

import pikepdf
from playwright.sync_api import Error as PlaywrightError

from hub.spreadsheet import FORMULA
from tests.browser.payloads import OUTSIDE

#: What a payload makes of a page that takes it for markup, though the policy lets nothing of it run; ours has none.
MADE = ",".join((
    *(f"[{name}]" for name in ("onerror", "onload", "onmouseover", "onfocus", "ontoggle")), "base", "math",
    "iframe[srcdoc]", "[href^='javascript:' i]", "[data^='javascript:' i]", f"meta[content*='{OUTSIDE}' i]",
    *(f"[{name}^='{OUTSIDE}' i]" for name in ("href", "src", "srcset", "action", "formaction", "hx-get")),
    "[style*='outside.invalid' i]",
))  # fmt: skip
#: The address of a page of a scan: a picture, which the scan's own page shows.
PICTURE = re.compile(r"/desk/deposit/scans/\d+/pages/\d+")
#: Keys of a PDF by which it acts, leads outside or carries a file.
ACTS = ("/JS", "/JavaScript", "/URI", "/AA", "/OpenAction", "/Launch", "/EmbeddedFiles", "/XFA", "/F")
#: All that a page says: its texts, what stands in its fields, and what is told of its parts.
_SAID = """() => [
  document.body?.textContent ?? "",
  ...[...document.querySelectorAll("input, textarea")].map((field) => field.value),
  ...["title", "aria-label", "placeholder", "alt"].flatMap((name) =>
    [...document.querySelectorAll(`[${name}]`)].map((part) => part.getAttribute(name))),
].join(" ")"""
#: The page's own token, of its head or of one of its forms.
_TOKEN = "(document.querySelector('meta[name=csrf]')?.content ?? document.querySelector('input[name=csrf]')?.value)"
#: A form as the page has them, with that token.
_SEND = f"""([path, fields]) => {{
  fields.csrf = {_TOKEN} ?? "";
  const form = Object.assign(document.createElement("form"), {{ method: "post", action: path, hidden: true }});
  for (const [name, value] of Object.entries(fields))
    form.append(Object.assign(document.createElement("input"), {{ name, value }}));
  document.body.append(form);
  form.submit();
}}"""


@dataclass
class Seen:
    """How many pages were looked at, how many said one of the texts; which were never there, and which never did."""

    pages: int = 0
    said: int = 0
    missing: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)


class Watched:
    """A page with its back to the wall: what runs in it or leaves it is noted."""

    def __init__(self, chromium, home):
        self._home = home
        self._window = chromium.new_context()
        self.page = self._window.new_page()
        self.page.set_default_timeout(10_000)
        self._seen, self.status, self.kept = [], 0, ""
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
        self.status, self.kept = 0, ""
        if PICTURE.fullmatch(path):  # alone in a window it is dressed up by the browser, which the policy forbids
            self.status, self.kept = self.page.request.get(f"{self._home}{path}").status, path
            return self.harm()
        try:
            answer = self.page.goto(f"{self._home}{path}", wait_until="load")
            self.status = answer.status if answer else 0
        except PlaywrightError:  # a download or an empty answer is no page
            self._saved(self.page.request.get(f"{self._home}{path}"))
        return self.harm()

    def take(self, path, **fields):
        """A paper or a file that a form of this page gives: what is wrong with it."""
        self.kept = ""
        form = fields | {"csrf": self.page.evaluate(_TOKEN), "key": uuid4().hex}
        self._saved(self.page.request.post(f"{self._home}{path}", form=form))
        return self.harm()

    def _saved(self, answer):
        """What a browser keeps as a file, or gives to its reader of papers."""
        said, body, self.kept = answer.headers, answer.body(), answer.url
        as_file = said.get("content-disposition", "").startswith(("attachment", "inline"))
        self.status = answer.status if as_file else 0
        match said.get("content-type", "").partition(";")[0] if as_file else "":
            case "text/csv":
                self.kept = body.decode("utf-8-sig")
                rows = csv.reader(io.StringIO(self.kept), delimiter=";")
                self._seen += [f"a formula: {cell}" for row in rows for cell in row if cell.startswith(FORMULA)]
            case kind if kind.endswith("spreadsheetml.sheet"):
                self._seen += [f"a formula: {name}" for name in formulas_of(body)]
            case "application/json":
                self.kept = body.decode()
            case "application/pdf":
                self._seen += [f"a paper that acts: {each}" for each in acts_of(body)]

    def sees(self, path, payloads, seen):
        """A page looked at, and whether one of the texts is said on it."""
        harm = self.look(path)
        return harm or self.noticed(payloads, seen)

    def noticed(self, payloads, seen):
        """The page as it is now."""
        said = re.sub(r"\s+", " ", self.kept or self.page.evaluate(_SAID))
        seen.pages += 1
        seen.said += any(" ".join(payload.split())[:20] in said for payload in payloads)
        return self.harm()

    def post(self, path, **fields):
        """A form of this page, sent and taken."""
        self.kept = ""
        with self.page.expect_navigation() as there:
            self.page.evaluate(_SEND, [path, fields | {"key": uuid4().hex}])
        self.status = there.value.status
        assert self.status == HTTPStatus.OK, f"{path}: {self.status}"

    def settled(self):
        """What has got in, once everything had time to; the window closes."""
        self.page.wait_for_timeout(300)
        harm = self.harm()
        self._window.close()
        return harm

    def harm(self):
        """What has got in."""
        hit, markup = self.page.evaluate("(made) => [window.hit ?? 0, document.querySelector(made)?.outerHTML]", MADE)
        return [*self._seen, *(["it ran"] if hit else []), *([f"markup: {markup[:200]}"] if markup else [])]


def acts_of(paper):
    """What a PDF would do by itself, or on a touch: none of ours does anything."""
    with pikepdf.open(io.BytesIO(paper)) as opened:
        found = [each for each in opened.objects if isinstance(each, pikepdf.Dictionary)]
        return sorted({name for each in found for name in ACTS if name in each})


def formulas_of(workbook):
    """The sheets of a workbook with a formula in them."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as parts:
        sheets = [name for name in parts.namelist() if name.startswith("xl/worksheets/")]
        return [name for name in sheets if b"<f>" in parts.read(name) or b"<hyperlink" in parts.read(name)]


class Staff:
    """Somebody of each role at a browser of their own; who has not looked for a while signs in anew."""

    #: A screen with money locks itself after three minutes.
    FRESH_S = 60

    def __init__(self, agency, chromium):
        self._agency, self._chromium = agency, chromium
        self._windows, self._looked = {}, {}
        self.roles = frozenset(role for each in agency.people for role in each["roles"])

    def __getitem__(self, role):
        now = time.monotonic()
        if role not in self._windows:
            self._windows[role] = Watched(self._chromium, self._agency.url.rstrip("/"))
        if now - self._looked.get(role, -self.FRESH_S) >= self.FRESH_S:
            code = next(each["code"] for each in self._agency.people if role in each["roles"])
            self._windows[role].carry(self._agency.session(code)[0])
        self._looked[role] = now
        return self._windows[role]

    def settled(self):
        """What has got in anywhere, once everything had time to."""
        for window in self._windows.values():
            yield from window.settled()
