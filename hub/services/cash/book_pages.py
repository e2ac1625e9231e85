"""What stays of the tills on paper and as a file: months and years as PDF, the books with their proofs."""

from __future__ import annotations

import tempfile
from pathlib import Path

from flask import Response, g, send_file

from hub.agents.forms import asked, the_hub
from hub.clock import local
from hub.disk import ask_room
from hub.services.cash import ages, archive, paper, store
from hub.services.cash.pages import BACK, pages
from hub.workshop.answer import pdf


@pages.post("/tills/<till>/periods/<period>/print")
def print_period(till: str, period: str) -> Response:
    """The closing of a month or a year as PDF."""
    hub = the_hub()
    answer = ages.print_period(hub, asked(f"cash.period/{till}/{period}/print"), till=till, period=period)
    found = store.period(hub.reader, till, period)
    assert found is not None
    return pdf(paper.period_pdf(hub, found, answer["copy"]), f"{till}-{period}")


@pages.post("/books")
def books() -> Response:
    """The books of all tills, signed, with the program that checks them."""
    hub = the_hub()
    archive.take(hub, asked("cash.books"))
    with tempfile.TemporaryDirectory(prefix="mbote-tills-") as folder:
        path = Path(folder).joinpath("books.zip")
        ask_room(path.parent, "the books of the tills")
        archive.write(hub, path, g.actor.agent or "")
        name = f"caisses-{hub.settings.agency.code}-{local(hub.now().at, hub.settings.agency.zone):%Y%m%d-%H%M}.zip"
        # opened before its folder goes: the answer reads what has no name any more
        return send_file(path.open("rb"), "application/zip", as_attachment=True, download_name=name)


BACK |= dict.fromkeys(("print_period", "books"), BACK["control"])
