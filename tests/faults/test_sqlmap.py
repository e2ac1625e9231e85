"""sqlmap at every address of the hub, as somebody who may go there (T12): it finds no way into the database.

Each part of a path, each name that a page searches by and each field that the room's forms know is a place where it
tries. It is not installed by anything here: `pip install sqlmap` somewhere, and have it on the PATH.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import threading
from contextlib import closing
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from hub.agents import csrf, rights
from tests.faults.test_hostile import doors, wide_open  # noqa: F401 (fixtures)

pytestmark = [
    pytest.mark.nightly, pytest.mark.slow, pytest.mark.timeout(1_500),
    pytest.mark.skipif(not shutil.which("sqlmap"), reason="needs sqlmap on the PATH"),
]  # fmt: skip
ROOT = Path(__file__).parents[2]
PIECES = 6
#: It knows what stands behind, and asks by what SQLite can be asked by: truth, unions.
MANNERS = (
    "--batch", "--disable-coloring", "--dbms=sqlite", "--technique=BU", "--level=1", "--risk=1", "--flush-session",
    "--ignore-code=*", "--timeout=20", "--retries=1", "--skip-waf", "--ignore-redirects",
)  # fmt: skip
FOUND = "identified the following injection point"
#: Doors that end everybody's session, the day, or the hub's own word for them.
NOT_TRIED = re.compile(r"/(logout|lock|unlock|login|choose|enrol|second|locked)|/demo.*|/supervision/(close|open)")
#: So many fields of a room's forms at most; a room is the folder of its pages.
FIELDS = 8


def asked(folder: Path, port: int, text: str) -> str:
    """What sqlmap says of one request, whose places are marked by a star."""
    file = folder / "request.txt"
    file.write_text(text.replace("\n", "\r\n"), "utf-8")
    command = ["sqlmap", "-r", str(file), *MANNERS, f"--output-dir={folder / 'out'}"]
    told = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert f"127.0.0.1:{port}" in text
    return told.stdout + told.stderr


# --- the control ----------------------------------------------------------------------------------


class Careless(BaseHTTPRequestHandler):
    """A page that writes what it is asked for into its statement."""

    def do_GET(self) -> None:
        typed = parse_qs(urlsplit(self.path).query).get("q", [""])[0]
        with closing(sqlite3.connect(":memory:")) as file:
            file.executescript("CREATE TABLE person (name, number); INSERT INTO person VALUES ('Bamou', '2133400001')")
            try:
                rows = file.execute(f"SELECT number FROM person WHERE name = '{typed}'").fetchall()  # noqa: S608 (on purpose)
            except sqlite3.Error:
                rows = []
        self.send_response(HTTPStatus.OK)
        self.end_headers()
        self.wfile.write(f"<html><body><h1>Personnes</h1>{''.join(row[0] for row in rows)}</body></html>".encode())

    def log_message(self, *_) -> None:
        """Silence."""


def test_a_page_that_builds_its_statement_is_found(tmp_path):
    with HTTPServer(("127.0.0.1", 0), Careless) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        said = asked(tmp_path, port, f"GET /?q=Bamou* HTTP/1.1\nHost: 127.0.0.1:{port}\n\n")
        server.shutdown()
    assert FOUND in said, said[-2000:]


# --- the hub --------------------------------------------------------------------------------------


@pytest.mark.parametrize("piece", range(PIECES))
def test_no_address_lets_sqlmap_into_the_database(tmp_path, wide_open, doors, note, piece):  # noqa: F811 (fixtures)
    agency, tried, places, found, unheard = wide_open, 0, 0, [], []
    requests = [each for rule, what, *methods in doors for each in requests_of(rule, what, methods)]
    for method, rule, what, fields in requests[piece::PIECES]:
        head, kind = head_of(agency, what)
        text, marks = request(method, rule, fields, kind)
        if not marks:
            continue
        folder = tmp_path / str(tried)
        folder.mkdir()
        said = asked(folder, agency.port, text.replace("HEAD", f"Host: 127.0.0.1:{agency.port}\n{head}"))
        tried, places = tried + 1, places + marks
        found += [f"{method} {rule}: {said[-1500:]}"] if FOUND in said else []
        if "all tested parameters do not appear to be injectable" not in said and FOUND not in said:
            unheard.append(f"{method} {rule}: {said[-300:]}")
        shutil.rmtree(folder)
    note(f"{tried} requests with {places} places of {len(requests)} in all: {len(found)} found, {len(unheard)} unheard")
    assert found == []
    assert unheard == []
    assert tried > len(requests) // PIECES // 3
    assert agency.verified() == []
    assert "Traceback" not in agency.log()


def requests_of(rule, what, methods):
    """One for each method that changes or shows something, with the fields that it may read."""
    if NOT_TRIED.fullmatch(rule):
        return
    for method in methods:
        if method in ("GET", "POST"):
            yield method, rule, what, fields_of(rule)


def fields_of(rule):
    """Names of the fields of the room's forms: those of its own page first."""
    room = next((part for part in reversed(rule.strip("/").split("/")) if room_of(part)), "")
    names = list(dict.fromkeys(room_of(room)))
    return names[:FIELDS] or ["q", "from", "to", "after", "limit"]


def room_of(part):
    """The fields of the templates in a folder, or a file, of that name."""
    pages = [page for page in (ROOT / "hub").rglob("*.html") if part and part in (page.stem, page.parent.name)]
    text = "".join(page.read_text("utf-8") for page in pages)
    return [name for name in re.findall(r'name="(\w+)"', text) if name not in ("csrf", "key")]


def head_of(agency, what):
    """Who may go there, as the head of a request; and whether they speak JSON."""
    allowed = rights.RIGHTS.get(what, frozenset())
    for person in agency.people:
        if set(person["roles"]) & allowed:
            cookie, _ = agency.session(person["code"])
            return f"Cookie: {cookie}\n{csrf.HEADER}: {csrf.token_for(cookie.partition('=')[2])}\n", "form"
    for device in ("api", "kiosk", "panel", "display"):
        if device in allowed:
            return f"Authorization: Bearer {agency.tokens[device]}\n", "json"
    return "", "form"


def request(method, rule, fields, kind):
    """The text of a request with its places marked, and how many they are."""
    path = re.sub(r"<[^>]+>", "1*", rule)
    marks = path.count("*")
    if method == "GET":
        path += "?" + "&".join(f"{name}=1*" for name in fields)
        return f"GET {path} HTTP/1.1\nHEAD\n", marks + len(fields)
    body = {"key": "k" * 32} | dict.fromkeys(fields, "1*")
    form = kind == "form"
    text = "&".join(f"{name}={value}" for name, value in body.items()) if form else json.dumps(body)
    mime = "application/x-www-form-urlencoded" if form else "application/json"
    return f"POST {path} HTTP/1.1\nHEADContent-Type: {mime}\n\n{text}", marks + len(fields)
