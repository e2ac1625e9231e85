"""Scans on pages: a file comes by the row it belongs to, is looked at as a picture drawn by the viewer, and is placed.

The file itself leaves as an attachment alone, never shown by a browser, and the journal says who has it. Its name
comes in a header: names stand in no address.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote

from flask import Blueprint, Response, g, jsonify, make_response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from hub.agents.forms import asked, new_key, the_hub
from hub.ask import Ask
from hub.errors import NotFound, Refused, Unreadable
from hub.headers import FOREIGN_SECURITY_POLICY
from hub.listener import Line
from hub.outbox import age_said
from hub.say import say, say_refused
from hub.services.deposit import (
    actions,
    batches,
    catalogue,
    handing,
    pages,
    paper,
    rules,
    scan_store,
    scanning,
    separators,
    store,
)
from hub.services.deposit import model as m
from hub.workshop.answer import pdf
from hub.workshop.foreign import MIME
from hub.workshop.qr import qr_picture

#: How long a file may take to come, s: a megabyte a second at least would be asked of a slow wire.
COMES_S = 60.0
NAME_HEADER, KEY_HEADER = "X-File-Name", "X-Key"


def add(room: Blueprint) -> None:
    """The pages of the scans, on the tab's blueprint."""
    room.get("/scans")(scans)
    room.post("/scans")(send_loose)
    room.get("/scans/<int:scan>")(scan)
    room.get("/scans/<int:scan>/pages/<int:page>")(scan_page)
    room.post("/scans/<int:scan>/file")(scan_file)
    room.post("/scans/<int:scan>/place")(place_scan)
    room.post("/scans/<int:scan>/aside")(put_aside)
    room.post("/<int:number>/scans")(send_scan)
    room.post("/<int:number>/separators")(separator_sheets)
    for each in (scans, scan, scan_page, scan_file, place_scan, put_aside):
        pages.REFUSALS[f"deposit.{each.__name__}"] = refused


# --- a file comes ------------------------------------------------------------------------------


def send_scan(number: int) -> Response:
    """A file for a deposit, or for one of its lines (`?document=`)."""
    document = request.args.get("document", "")
    return _send(number, int(document) if document.isdecimal() else None)


def send_loose() -> Response:
    """A file of which nobody has said yet whose it is."""
    return _send(None, None)


def _send(deposit: int | None, document: int | None) -> Response:
    """The body is the file. Answers in words, for the page goes on with the next file."""
    line = request.environ.get("gunicorn.socket")
    if isinstance(line, Line):
        line.hurry(COMES_S)
    ask = Ask(g.actor, request.headers.get(KEY_HEADER) or new_key(), {"what": "deposit.scan"})
    name = unquote(request.headers.get(NAME_HEADER, ""))
    try:
        answer = scanning.receive(the_hub(), ask, request.stream, name=name, deposit=deposit, document=document)
    except Refused as error:
        answer = {"error": error.reason, "said": say_refused(pages.language(), error, "deposit")}
        return make_response(jsonify(answer), error.status)
    return make_response(jsonify(answer), 201)


# --- it is looked at ---------------------------------------------------------------------------


def scans() -> Response:
    """The work list: scans of which nobody knows whose they are, and batches that could not be taken."""
    return _scans()


def _scans(status: int = 200, **parts: Any) -> Response:
    hub = the_hub()
    watched = hub.settings.deposits.scans_from
    with hub.snapshot() as reader:
        waiting = scan_store.waiting(reader)
        labels = {each.id: store.deposit(reader, each.deposit) for each in waiting if each.deposit}
        handed = handing.standing(hub, reader)
    whole = {
        "waiting": waiting,
        "deposits": labels,
        "refused": batches.refused(watched),
        "watched": watched,
        "away": watched and not Path(watched).is_dir(),
        "off": hub.settings.deposits.scans == "none",
        "handed": handed,
        "handed_age": age_said(pages.language(), hub.now().at - handed.oldest) if handed and handed.oldest else "",
    }
    return pages.show("scans", status, **whole | parts)


def scan(scan: int) -> Response:
    """One scan, large, and what can be done with it."""
    return _scan(scan)


def _scan(number: int, status: int = 200, **parts: Any) -> Response:
    hub = the_hub()
    found = scanning.known(hub.reader, number)
    with hub.snapshot() as reader:
        of = store.deposit(reader, found.deposit) if found.deposit else None
        lines = store.documents(reader, of.id) if of else ()
    page = request.args.get("page", "1")
    shown = min(max(1, int(page)), found.pages) if page.isdecimal() and len(page) < 4 else 1  # noqa: PLR2004
    return pages.show("scan", status, **{"scan": found, "of": of, "lines": lines, "page": shown} | parts)


def scan_page(scan: int, page: int) -> Response:
    """One page as a picture that was drawn here."""
    hub = the_hub()
    found = scanning.known(hub.reader, scan)
    if not 1 <= page <= found.pages:
        raise NotFound("no such page", code="no_scan", field="page")
    return _foreign(hub.viewer.page(scanning.content_of(hub, found), page), "image/jpeg")


def scan_file(scan: int) -> Response:
    """The file as it came, to be kept: the journal says who has it."""
    hub = the_hub()
    found = scanning.known(hub.reader, scan)
    content = scanning.content_of(hub, found)
    scanning.open_file(hub, asked(f"deposit.scan_file/{scan}"), scan=scan)
    response = _foreign(content, MIME[found.media])  # type: ignore[index] # a row has what the viewer found
    response.headers["Content-Disposition"] = f'attachment; filename="{found.sha256[:16]}.{found.media}"'
    return response


def _foreign(content: bytes, mimetype: str) -> Response:
    response = Response(content, mimetype=mimetype)
    response.headers["Content-Security-Policy"] = FOREIGN_SECURITY_POLICY
    return response


# --- whose it is -------------------------------------------------------------------------------


def place_scan(scan: int) -> AnyResponse:
    """Whose it is: the line of a deposit, by the row chosen, or by number and line as they stand on paper."""
    form = request.form
    chosen = form.get("document", "")
    deposit, document = _meant(form.get("number", ""), form.get("line", "")) if not chosen else (None, None)
    if chosen.isdecimal():
        document = int(chosen)
    elif chosen == "deposit":
        deposit = scanning.known(the_hub().reader, scan).deposit
    answer = scanning.place(
        the_hub(), asked(f"deposit.place_scan/{scan}"), scan=scan, deposit=deposit, document=document
    )
    back = form.get("back", "")
    if back == "list":
        return redirect(url_for("deposit.scans"), 303)
    if answer["deposit"]:
        return redirect(url_for("deposit.one", number=answer["deposit"]), 303)
    return redirect(url_for("deposit.scan", scan=scan), 303)


def _meant(number: str, line: str) -> tuple[int, int | None]:
    """A deposit and its line as typed. Raises Unreadable, NotFound."""
    hub = the_hub()
    label = rules.label_typed(number, hub.today().year, hub.settings.agency.code)
    with hub.snapshot() as reader:
        found = store.labelled(reader, label) if label else None
        if found is None:
            raise NotFound("no deposit has that number", code="no_deposit_of", field="number")
        if not line.strip():
            return found.id, None
        if not line.strip().isdecimal():
            raise Unreadable("the line is a number", code="no_line_of", field="line")
        lines = {each.line: each.id for each in store.documents(reader, found.id)}
    if int(line) not in lines:
        raise NotFound("the deposit has no such line", code="no_line_of", field="line")
    return found.id, lines[int(line)]


def put_aside(scan: int) -> AnyResponse:
    """It shows nothing of use."""
    scanning.set_aside(the_hub(), asked(f"deposit.put_aside/{scan}"), scan=scan)
    return redirect(url_for("deposit.scans"), 303)


def separator_sheets(number: int) -> Response:
    """Sheets to be laid between the papers of a deposit before they are scanned: one for each line."""
    hub, spoken = the_hub(), pages.language()
    found = actions.known(hub, number)
    if found.label is None:
        raise Refused("a draft has no number yet", code="scan_of_draft")
    with hub.snapshot() as reader:
        lines = store.documents(reader, number)
    return pdf(_sheets(found, lines, spoken), f"separateurs-{found.label.replace('/', '-')}")


def _sheets(found: m.Deposit, lines: tuple[m.Document, ...], spoken: str) -> bytes:
    hub = the_hub()
    lists, label, agency = actions.lists_of(hub), found.label or "", hub.settings.agency.code
    layouts = catalogue.layouts(hub.settings.folder)
    codes = {line.line: separators.code_of(agency, label, line.line) for line in lines}
    pictures = {f"qr{line}.svg": qr_picture(code) for line, code in codes.items()}
    data = {
        "lang": spoken, "label": label, "title": say(spoken, "deposit.separator_title"),
        "hint": say(spoken, "deposit.separator_hint"), "agency": hub.settings.agency.name,
        "sheets": [
            {
                "line": line.line, "code": codes[line.line], "type": line.type,
                "name": paper.type_said(line.type, lists, spoken), "about": line.about or "",
            }
            for line in lines
        ],
    }  # fmt: skip
    return hub.workshop.drawn({**layouts, **pictures, "main": layouts["separators.typ"]}, data, found.at // 1000)


# --- refusals ----------------------------------------------------------------------------------


def refused(error: Refused) -> Response:
    """Said on the page that was looked at; a picture that cannot be drawn is none."""
    said = say_refused(pages.language(), error, "deposit")
    if request.endpoint == "deposit.scan_page":
        return make_response(said, error.status, {"Content-Type": "text/plain; charset=utf-8"})
    number = (request.view_args or {}).get("scan")
    if number is not None and error.reason != "no_scan" and request.form.get("back") != "list":
        return _scan(number, error.status, error=said)
    return _scans(error.status, error=said)
