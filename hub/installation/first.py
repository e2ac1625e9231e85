"""The first administrator of a new agency. No account is there before them, and none has a secret that anybody knows.

The code for their first sign-in works once. It comes out of the ticket printer, where `mbote setup` finds one that
prints, so that whoever stands before the box has it and a terminal's log has not; else it is said on the terminal.
"""

from __future__ import annotations

from collections.abc import Iterator

from hardware.printer import Printer
from hub.admin_ask import admin_ask
from hub.errors import Refused
from hub.installation.box import Box
from hub.paper import Cut, Feed, Rule, Slip, Text
from hub.say import say
from hub.settings import Settings

CODE, NAME = "00001A", "Administration"
#: So long the printer may take.
PATIENCE_S = 15.0


def first_administrator(box: Box, settings: Settings, code: str) -> Iterator[str]:
    """Somebody who can let everybody else in, on a hub that knows no administrator; nothing on one that does."""
    if any("admin" in agent["roles"] for agent in admin_ask(settings, "agent_list")["agents"]):
        return
    wanted = code or CODE
    try:
        one_shot = admin_ask(settings, "agent_add", code=wanted, name=NAME, roles=["admin"])["one_shot"]
    except Refused as refused:
        yield f"no administrator yet: `mbote agent add CODE NAME --role admin` makes one ({refused})"
        return
    if "kiosk" in box.roles and _printed(settings, slip(settings, wanted, one_shot)):
        yield f"{wanted} is the administrator: the code for the first sign-in came out of the ticket printer"
    else:
        yield f"{wanted} is the administrator: {one_shot} is the code for the first sign-in, which works once"


def slip(settings: Settings, code: str, one_shot: str) -> Slip:
    """The paper with the code."""
    language = settings.agency.languages[0]
    return (
        Text(settings.agency.name, bold=True, align="center"),
        Rule(),
        Text(say(language, "slip.first_code"), align="center"),
        Feed(),
        Text(code, size=2, align="center"),
        Text(one_shot, size=3, bold=True, align="center"),
        Feed(),
        Text(say(language, "slip.first_code_more"), align="center"),
        Feed(2),
        Cut(),
    )


def _printed(settings: Settings, paper: Slip) -> bool:
    """Whether it is certain that the paper came out; the kiosk, which owns the printer, has not been started yet."""
    printer = Printer(settings.kiosk.printer).open()
    try:
        return printer.print(paper, PATIENCE_S).outcome == "confirmed"
    finally:
        printer.close()
