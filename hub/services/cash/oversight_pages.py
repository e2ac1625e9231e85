"""The page of whoever looks over tills: all that is out of the ordinary, with what it is filtered by."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from hub.agents import store as agents
from hub.agents.forms import the_hub
from hub.services.cash import oversight
from hub.services.cash.office import office_of
from hub.services.cash.pages import BACK, pages, show


@pages.get("/oversight")
def oversee() -> Response:
    """What was out of the ordinary in some days."""
    hub = the_hub()
    asked = oversight.wanted(request.args, hub.today())
    with hub.snapshot() as reader:
        found, more = oversight.lines(reader, asked, hub.settings.agency.zone)
    return _page(found=found, more=more, asked=asked)


def _page(status: int = 200, **parts: Any) -> Response:
    hub = the_hub()
    people = [each for each in agents.agents(hub.reader) if not each.roles.isdisjoint(_SHOWN)]
    whole: dict[str, Any] = {
        "found": (), "more": False, "asked": None, "looks": oversight.LOOKS, "people": people,
        "tills": office_of(hub.settings).known, "kept": {}, "said": request.args,
    }  # fmt: skip
    return show("oversight", status, **whole | parts)


#: Whose acts stand on the page.
_SHOWN = frozenset({"collections_cashier", "benefits_cashier", "head_cashier", "supervisor", "clerk", "case_officer"})
BACK["oversee"] = _page
