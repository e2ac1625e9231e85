"""What the touch page shows, as plain values. Pure: it reads the app and says nothing itself."""

from __future__ import annotations

from typing import Any

from hardware.printer import Status
from hub.wire import Catalogue, CatalogueService, KioskPicture, KioskService
from kiosk.app import KioskApp, Told
from kiosk.press import Number
from kiosk.slip import minutes

#: What the printer says → the sentence of kiosk.toml at the head of the page.
PRINTER_NOTES = {"paper_end": "state_paper_end", "cover_open": "state_cover_open"}


def picture(app: KioskApp) -> dict[str, Any]:
    """The first page: who we are, what can be asked for, and what is not well."""
    catalogue = app.catalogue
    return {
        "agency": catalogue.slip.agency if catalogue else "",
        "school": catalogue.slip.mark if catalogue else "",
        "languages": list(catalogue.languages) if catalogue else [app.manners.first_language],
        "services": services(app),
        "notes": [
            *notes(app.hub.away, app.paper.status if app.paper else None, bool(app.stuck), catalogue),
            *(["state_clock"] if _doubts_the_time(app) else []),
        ],
        "scanner": app.manners.scanner,
        "spoken": list(app.manners.spoken),
        "code": app.code,
        "message": app.picture.message if app.picture and not app.hub.away else "",
    }


def services(app: KioskApp) -> list[dict[str, Any]]:
    """One tile a service, in the order of the catalogue."""
    if app.catalogue is None:
        return []
    away = app.hub.away
    return [
        tile(each, _now(app.picture, each.service, away), app.why_closed(each.service))
        for each in app.catalogue.services
    ]


def tile(service: CatalogueService, now: KioskService | None, closed: str) -> dict[str, Any]:
    """A tile. Without the hub it says nothing of the queue: what is not known is not shown."""
    low, high = minutes_of(now)
    return {
        "service": service.service,
        "labels": service.labels,
        "icon": service.icon,
        "papers": lists(service.papers),
        "reasons": [
            {"reason": each.reason, "labels": each.labels, "icon": each.icon, "papers": lists(each.papers)}
            for each in service.reasons
        ],
        "closed": closed,
        "waiting": now.waiting if now else None,
        "low": low,
        "high": high,
    }


def lists(papers: dict[str, tuple[str, ...]]) -> dict[str, list[str]]:
    """Papers by language, as the page reads them."""
    return {language: list(each) for language, each in papers.items()}


def own(followed: dict[str, Any] | None) -> dict[str, Any] | None:
    """Somebody's own ticket, its range in whole minutes as on paper."""
    if followed is None:
        return None
    wait = followed["wait"]
    low, high = minutes(wait["low_s"], wait["high_s"]) if wait else (None, None)
    return followed | {"low": low, "high": high}


def minutes_of(now: KioskService | None) -> tuple[int | None, int | None]:
    """The announced range in whole minutes, as on paper."""
    if now is None or now.low_s is None or now.high_s is None:
        return None, None
    return minutes(now.low_s, now.high_s)


def notes(away: bool, printer: Status | None, stuck: bool, catalogue: Catalogue | None) -> list[str]:  # noqa: FBT001
    """Sentences of kiosk.toml about what is not well, the gravest first."""
    found = []
    if catalogue is None:
        found.append("state_starting")
    if printer and printer.health == "not_ok":
        found.append(PRINTER_NOTES.get(printer.reason, "state_printer"))
    if away and catalogue is not None:
        found.append("state_away")
    if stuck:
        found.append("state_stuck")
    return found


def _doubts_the_time(app: KioskApp) -> bool:
    """Whether the hub says that it does not believe its time; alone the kiosk knows nothing of that."""
    return app.picture is not None and not app.hub.away and not app.picture.certain


def told(event: Told) -> dict[str, Any]:
    """What a visitor is told, for the page of whose finger it was."""
    return {
        "step": event.step,
        "tap": event.tap,
        "service": event.service,
        "language": event.language,
        "paper": event.paper,
        "refusal": event.refusal,
        "number": number(event.number) if event.number else None,
    }


def number(given: Number) -> dict[str, Any]:
    """A number as the page draws it."""
    low, high = minutes(given.wait.low_s, given.wait.high_s) if given.wait else (None, None)
    return {
        "label": given.label, "own": given.own, "ahead": given.ahead, "low": low, "high": high,
        "counter": given.counter,
    }  # fmt: skip


def _now(state: KioskPicture | None, service: str, away: bool) -> KioskService | None:  # noqa: FBT001
    if state is None or away:
        return None
    return next((each for each in state.services if each.service == service), None)
