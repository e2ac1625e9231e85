"""The numbers of a wave, to be cut and handed out the day before."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from hub import days
from hub.context import Hub
from hub.say import say
from hub.services.payday.model import Plan, Wave, label_of

_LAYOUT = Path(__file__).parent / "layouts" / "band.typ"


@cache
def _layout() -> str:
    return _LAYOUT.read_text("utf-8")


def band(hub: Hub, found: Plan, wave: Wave, copy: int) -> bytes:
    """All numbers of a wave, 24 a page. Raises NotDrawn."""
    language = hub.settings.agency.languages[0]
    service = hub.settings.service(found.service)
    whom = say(language, f"payday.whom_{found.by}", first=wave.first, last=wave.last)
    data = {
        "lang": language,
        "title": say(language, "payday.band_title", wave=wave.number),
        "agency": hub.settings.agency.name,
        "service": service.name if service else found.service,
        "when": say(language, "payday.band_when", day=days.said(found.on), at=wave.at),
        "whom": whom,
        "keep": say(language, "payday.band_keep"),
        "copy": say(language, "payday.band_copy", copy=copy) if copy else "",
        "numbers": [label_of(wave.number, number) for number in range(1, wave.size + 1)],
    }
    return hub.workshop.drawn({"main": _layout()}, data, hub.now().at // 1000)
