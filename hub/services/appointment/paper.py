"""The day's appointments as paper, for a day on which the screen may be dark."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path

from hub import dates
from hub.clock import local
from hub.context import Hub
from hub.say import FIRST, say, words
from hub.services.appointment.model import Appointment
from hub.services.appointment.slips import Facts

_LAYOUT = Path(__file__).parent / "layouts" / "day.typ"
#: Of a longer text on the paper nothing but its beginning.
_LONGEST = 120


@cache
def _layout() -> str:
    return _LAYOUT.read_text("utf-8")


def day_said(hub: Hub, iso: str, language: str = "") -> str:
    """`lundi 2 mars 2026`."""
    said_in, on = language or hub.settings.agency.languages[0], date.fromisoformat(iso)
    weekday, month = (say(said_in, f"slip.{name}") for name in (f"weekday_{on.weekday()}", f"month_{on.month}"))
    day = dates.of_month(on, said_in if words(said_in, "slip") else FIRST)
    return say(said_in, "slip.appointment_date", weekday=weekday, day=day, month=month, year=on.year)


def day_list(hub: Hub, day: date, found: Iterable[Appointment]) -> bytes:
    """The list of a day, those that were given up left out. Raises NotDrawn."""
    language, now = hub.settings.agency.languages[0], hub.now()
    names = {each.code: each.name for each in hub.settings.services}
    data = {
        "lang": language,
        "title": say(language, "appointment.list_title"),
        "day": day_said(hub, day.isoformat()),
        "agency": hub.settings.agency.name,
        "drawn": say(
            language, "appointment.list_drawn", at=f"{local(now.at, hub.settings.agency.zone):%d/%m/%Y %H:%M}"
        ),
        "empty": say(language, "appointment.list_empty"),
        "heads": [say(language, f"appointment.list_{name}") for name in ("time", "who", "what", "state")],
        "rows": [
            [
                each.at,
                " · ".join(filter(None, (each.name, each.registration_number, each.telephone)))[:_LONGEST],
                f"{names.get(each.service, each.service)} · {say(language, f'appointment.mode_{each.mode}')}"
                + (f" {each.counter}" if each.counter else ""),
                f"{each.label} · {say(language, f'appointment.state_{each.state}')}",
            ]
            for each in found
            if each.state != "cancelled"
        ],
    }
    return hub.workshop.drawn({"main": _layout()}, data, now.at // 1000)


def slip_facts(hub: Hub, found: Appointment) -> Facts:
    """What its slip says."""
    language, agency, service = found.language, hub.settings.agency, hub.settings.service(found.service)
    return Facts(
        language=language,
        organisation=agency.organisation,
        agency=agency.name,
        address=agency.address,
        label=found.label,
        day=day_said(hub, found.on, language),
        time=found.at,
        service=(service.kiosk.get(language) or service.label) if service else found.service,
        papers=(service.papers.get(language) or next(iter(service.papers.values()), ())) if service else (),
        code=found.code if found.mode == "counter" else "",
    )
