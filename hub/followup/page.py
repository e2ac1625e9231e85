"""What a visitor's telephone shows of their ticket: one page, whole in itself. Pure: values in, bytes out.

It is read on a cheap telephone in the sun, over a weak Wi-Fi that leads nowhere else: no font, no picture, nothing
to fetch, at most `LARGEST` bytes. It asks for itself again every `AGAIN_S` seconds: its few lines of script put the
news in place, and where there are no scripts the page itself comes anew. No act goes without the question before it.
Its policy lets it do nothing but that.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Literal

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from hub.say import direction, say, words
from hub.ticket_slip import wait_sentence
from hub.wire import Followed, OwnAct

#: The most bytes of a page, its styles and drawings among them.
LARGEST = 30_000
#: How often it asks for itself; soon, when somebody is about to be called; after trouble, and out of a question, later.
AGAIN_S, SOON_S, LATER_S = 30, 15, 60
#: Fewer than this before somebody: their turn is near.
NEAR = 3
_HERE = Path(__file__).parent
_SPRITE = _HERE.parent / "look" / "static" / "vendor" / "icons.svg"
_SYMBOL = re.compile(r'<symbol id="icon-([a-z0-9-]+)"[^>]*>(.*?)</symbol>')
#: What is shown instead of a ticket, by its words.
Trouble = Literal["unknown", "too_many", "away"]


@dataclass(frozen=True, slots=True)
class Shown:
    """A page's whole state. `asks`: the question before an act; `refused`: the code of what was refused just now.

    `key` is the form's own: the same for each repeat of the same act. `path` is the ticket's, on this door.
    """

    agency: str
    language: str
    languages: Sequence[str]
    path: str
    ticket: Followed | None = None
    trouble: Trouble | None = None
    asks: OwnAct | None = None
    refused: str = ""
    key: str = ""


def page(shown: Shown) -> bytes:
    """The page, in UTF-8."""
    language = shown.language

    def spoken(name: str, /, **values: object) -> str:
        return say(language, f"followup.{name}", **values)

    ticket = shown.ticket
    text: str = _template().render(
        shown=shown, ticket=ticket, t=spoken, icon=_icon, dir=direction(language), again=again_s(shown),
        style=Markup(own_file("page.css")), script=Markup(own_file("page.js")),  # noqa: S704 (our own files)
        wait=wait_sentence(ticket.wait, language, "followup") if ticket and ticket.wait else "",
        refusal=_refusal(language, shown.refused) if shown.refused else "",
        others=[(each, words(each, "followup")["language"]) for each in shown.languages if words(each, "followup")],
        mood="trouble" if ticket is None else ticket.state,
    )  # fmt: skip
    return text.encode()


def policy() -> str:
    """What the page may do: show its own styles, and send its forms to where it came from."""
    return "; ".join((
        "default-src 'none'", f"style-src {_digest('page.css')}", f"script-src {_digest('page.js')}", "img-src data:",
        "connect-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
    ))  # fmt: skip


def again_s(shown: Shown) -> int | None:
    """After how many seconds the page asks for itself again; None where no news is to come."""
    ticket = shown.ticket
    if ticket is None or shown.asks:
        return None if shown.trouble == "unknown" else LATER_S
    if ticket.state == "over":
        return None
    near = ticket.state == "called" or (ticket.state == "waiting" and (ticket.ahead or 0) < NEAR)
    return SOON_S if near else AGAIN_S


def spoken_of(asked: str, wanted: str, languages: Sequence[str]) -> str:
    """The language of a page: what was asked for, else the visitor's own, else the agency's first."""
    return next((each for each in (asked, wanted) if each in languages), languages[0])


@cache
def own_file(name: str) -> str:
    """Its styles or its script, as they stand in it: the policy names their digest."""
    return (_HERE / "templates" / "followup" / name).read_text("utf-8").strip()


def _digest(name: str) -> str:
    return f"'sha256-{b64encode(sha256(own_file(name).encode()).digest()).decode()}'"


def _refusal(language: str, code: str) -> str:
    return say(language, f"followup.refused_{code if f'refused_{code}' in words('fr', 'followup') else 'other'}")


@cache
def _template():  # type: ignore[no-untyped-def]  # noqa: ANN202 (jinja's own)
    room = Environment(
        loader=PackageLoader("hub.followup"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    return room.get_template("followup/page.html")


@cache
def _drawings() -> Mapping[str, str]:
    return dict(_SYMBOL.findall(_SPRITE.read_text("utf-8")))


def _icon(name: str) -> Markup:
    """A drawing of the common look, in the page itself."""
    strokes = _drawings()[name]
    return Markup(f'<svg viewBox="0 0 24 24" aria-hidden="true">{strokes}</svg>')  # noqa: S704 (our own file)
