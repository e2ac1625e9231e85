"""The wiring of an agency's boxes as a page to print, or as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hub import VERSION
from hub.say import direction, say
from hub.settings import Settings
from hub.wiring.header import PLACES, place
from hub.wiring.wires import BoxWires, boxes

#: The order in which kinds stand in the legend.
KINDS = ("button", "lamp", "display", "serial", "power", "ground")


def page(settings: Settings, roles: tuple[str, ...]) -> str:
    """One sheet a box, complete in itself: no font, picture or script from elsewhere."""
    language = settings.agency.languages[0]
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("page.html").render(
        agency=settings.agency, boxes=boxes(settings, roles), places=[place(number) for number in PLACES],
        kinds=KINDS, language=language, direction=direction(language), say=partial(say, language), version=VERSION,
    )  # fmt: skip


def text(settings: Settings, roles: tuple[str, ...]) -> str:
    """The same in lines of text."""
    tell = partial(say, settings.agency.languages[0])
    return "\n\n".join("\n".join(_lines(box, tell)) for box in boxes(settings, roles)) + "\n"


def _lines(box: BoxWires, tell: partial[str]) -> Iterator[str]:
    yield f"{box.title}: {tell('wiring.wires', count=len(box.wires))}" if box.wires else box.title
    for wire in sorted(box.wires, key=lambda wire: wire.place):
        ground = f"  + {tell('wiring.ground', place=wire.ground)}" if wire.ground else ""
        name = place(wire.place).name
        yield f"  {tell('wiring.place')} {wire.place:>2}  {name:8}  {wire.part:12}  {wire.what}{ground}"
    for line in box.lines:
        yield f"  {line.what:24}  {line.where}{f'  ({line.note})' if line.note else ''}"
