"""The reasons of visit within one service, as they are filled in: those there are, and one more. Raises Unreadable."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from hub.errors import Unreadable
from hub.publishing.forms import Filled, tidy
from hub.publishing.rules import as_text
from hub.settings import Reason, Service, Settings

#: What a reason that is made on the screen is filled in under.
FRESH = "new"
_CODE = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,15}", re.ASCII)


def shown(settings: Settings, code: str) -> Service | None:
    """The service whose reasons a page shows: the one that is asked for, else the first that gives tickets."""
    gives = [service for service in settings.services if service.prefix]
    return next((service for service in gives if service.code == code), gives[0] if gives else None)


def wanted(form: Filled, settings: Settings) -> Iterator[tuple[str, str]]:
    """The reasons of the service that the page is about."""
    service = settings.service(form.get("service", ""))
    if service is None:
        raise Unreadable("no such service", code="not_there", field="service")
    yield f"services.{service.code}.reasons", as_text(list(_reasons(form, service, settings.agency.languages)))


def _reasons(form: Filled, service: Service, languages: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """In their order: those that the page shows and does not strike out, then a new one."""
    codes = [code for code in form.getlist("errand") if not form.get(f"{code}.gone", "")]
    yield from (_read(form, code, code, languages, service.reason(code)) for code in codes)
    fresh = form.get(f"{FRESH}.code", "").strip().upper()
    if fresh:
        if not _CODE.fullmatch(fresh) or fresh in codes:
            raise Unreadable("a code of its own", code="reason_code", field=f"{FRESH}.code")
        yield _read(form, FRESH, fresh, languages, None)


def _read(form: Filled, under: str, code: str, languages: tuple[str, ...], there: Reason | None) -> dict[str, Any]:
    """One reason. What it says in languages that the agency offers no more stays."""
    kiosk = _others(there.kiosk if there else {}, languages)
    papers: dict[str, Any] = _others(there.papers if there else {}, languages)
    for language in languages:
        if words := tidy(form.get(f"{under}.kiosk.{language}", "")):
            kiosk[language] = words
        lines = [tidy(line) for line in form.get(f"{under}.papers.{language}", "").splitlines()]
        if kept := [line for line in lines if line]:
            papers[language] = kept
    if not kiosk:
        raise Unreadable("write a name", code="reason_words", field=f"{under}.kiosk.{languages[0]}")
    icon = form.get(f"{under}.icon", there.icon if there else Reason.model_fields["icon"].default)
    return {"code": code, "kiosk": kiosk, "icon": icon, "papers": papers}


def _others(said: Mapping[str, Any], languages: tuple[str, ...]) -> dict[str, Any]:
    return {each: list(words) if isinstance(words, tuple) else words for each, words in said.items()
            if each not in languages}  # fmt: skip
