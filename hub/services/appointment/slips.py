"""What an appointment's visitor takes home, in their language: when, what for, what to bring, and the code."""

from __future__ import annotations

from hub.codes import in_halves
from hub.context import Hub
from hub.paper import Cut, Feed, Line, Qr, Rule, Slip, Text, duplicate
from hub.say import say
from hub.services.appointment import paper
from hub.services.appointment.model import Appointment


def slip(hub: Hub, found: Appointment, copy: int) -> Slip:
    """Its lines; a copy says so."""
    language, agency = found.language, hub.settings.agency
    service = hub.settings.service(found.service)
    papers = (service.papers.get(language) or next(iter(service.papers.values()), ())) if service else ()
    lines: list[Line] = [
        Text(agency.organisation, align="center"),
        Text(agency.name, bold=True, align="center"),
        Rule(),
        Text(say(language, "appointment.slip_title"), bold=True, align="center"),
        Text(found.at, size=4, bold=True, align="center"),
        Text(paper.day_said(hub, found.on, language), bold=True, align="center"),
        Text((service.kiosk.get(language) or service.label) if service else found.service, align="center"),
        Text(found.label, align="center"),
        Rule(),
    ]
    if found.mode == "telephone":
        lines.append(Text(say(language, "appointment.slip_call")))
    else:
        lines.append(Text(say(language, "appointment.slip_come")))
        if papers:
            lines += [Feed(), Text(say(language, "slip.papers")), *(Text(f"- {paper}") for paper in papers)]
        if found.code:
            lines += [Feed(), Text(in_halves(found.code), bold=True, align="center"), Qr(found.code)]
    if agency.address:
        lines += [Rule(), Text(agency.address, align="center")]
    lines.append(Cut())
    return duplicate(tuple(lines), copy) if copy else tuple(lines)
