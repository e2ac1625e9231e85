"""Staffing advice for a day to come, and the replay of a past day: pages that look and change nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, render_template, request

from hub import dates
from hub.context import Hub
from hub.days import working_from
from hub.errors import Unreadable
from hub.queues.store import Reader
from hub.say import say
from hub.settings import QueueRules, Settings
from hub.supervision import advising, demand, looking, playing, statistics, store, whatif
from hub.supervision.advising import Outlook
from hub.supervision.playing import Result
from hub.supervision.sheets import tenths
from hub.supervision.whatif import Trial


def add_advice(room: Blueprint, hub: Hub) -> None:
    """The pages at /supervision/advice."""

    @room.get("/supervision/advice", endpoint="advice")
    def advice_page() -> tuple[str, int]:
        with hub.snapshot() as reader:
            try:
                wanted = _day(hub, reader, request.args)
            except Unreadable as unreadable:
                shown = {"outlook": None, "asked": request.args.get("day", "")[:32], "refused": True}
                return render_template("supervision/advice.html", **shown), unreadable.status
            found = _outlook(hub, reader, wanted)
        return render_template(
            "supervision/advice.html", outlook=found, asked=found.day, refused=False, urlencode=urlencode
        ), 200

    @room.get("/supervision/advice/replay", endpoint="replay")
    def replay_page() -> tuple[str, int]:
        query = _asked()
        with hub.snapshot() as reader:
            shown: dict[str, Any] = {
                "asked": query, "trial": None, "refused": None, "rules": _rules(hub.settings), "hub": hub,
                "days": _last_days(hub, reader), "services": query.get("services", "").split(","),
            }  # fmt: skip
            if not query.get("day"):
                return render_template("supervision/replay.html", **shown), 200
            try:
                asked = whatif.prepared(hub, reader, query)
            except Unreadable as unreadable:
                shown["refused"] = unreadable.field or ""
                return render_template("supervision/replay.html", **shown), unreadable.status
        try:  # nothing of the file is held meanwhile
            trial = asked.played(playing.apart(hub))
        except playing.NotPlayed as error:
            return render_template("supervision/replay.html", **shown | {"refused": error.reason}), error.status
        shown |= {
            "trial": trial, "rows": _rows(hub, trial), "title": _said(hub, trial.day.date), "times": playing.TIMES,
            "routed": _routed(hub, trial), "rules": _rules(trial.stood[-1].settings),
        }  # fmt: skip
        return render_template("supervision/replay.html", **shown), 200


def _outlook(hub: Hub, reader: Reader, wanted: date) -> Outlook:
    """What the day wants, from the visits of past days like it."""
    first = wanted - timedelta(days=demand.LOOK_BACK)
    return looking.visits_of(hub, reader, first.isoformat(), wanted.isoformat(), advising.outlook, wanted)


def _asked() -> Mapping[str, str]:
    """The query string; a field left empty is none, and ticked boxes are one list."""
    found = {name: value for name, value in request.args.items() if value}
    if "services" in found:
        found["services"] = ",".join(request.args.getlist("services"))
    return found


def _day(hub: Hub, reader: Reader, query: Mapping[str, str]) -> date:
    """The day asked for; today as long as it is not over, else the next working day. Raises Unreadable."""
    typed = query.get("day", "")
    if typed:
        return date.fromisoformat(statistics.parsed({"from": typed, "to": typed}, typed).first)
    today = date.fromisoformat(statistics.today(hub, reader))
    over = max(store.closed_dates(reader), default="") >= today.isoformat()
    return working_from(today + timedelta(days=over), hub.settings.day.calendar)


def _last_days(hub: Hub, reader: Reader) -> list[tuple[str, str]]:
    """Days that are over, the newest first: a month of them."""
    return [(day, _said(hub, day)) for day in store.closed_dates(reader, 31)]


def _rules(settings: Settings) -> dict[str, tuple[int, int, int]]:
    """The rules that can be tried otherwise: field → as these settings have it, least, most."""
    return {
        field: (getattr(settings.queue, setting), *QueueRules.limits(setting))
        for field, setting in whatif.RULES.items()
    }


def _said(hub: Hub, day: str) -> str:
    return dates.said(day, hub.settings.agency.languages[0])


def _routed(hub: Hub, trial: Trial) -> str:
    """By which versions of the routing the day was replayed."""
    language = hub.settings.agency.languages[0]
    if not all(one.version for one in trial.stood):
        return say(language, "advice.routed_unknown")
    versions = ", ".join(str(one.version) for one in trial.stood)
    return say(language, "advice.routed", count=len(trial.stood), versions=versions)


# --- the results -----------------------------------------------------------------------------


def _rows(hub: Hub, trial: Trial) -> list[dict[str, Any]]:
    names = {service.code: service.name for service in hub.settings.services}
    return [
        {
            "label": names.get(one.service, one.service) if one.service else "",
            "was": _minutes(hub, one.was),
            "again": _minutes(hub, one.again),
            "changed": _minutes(hub, one.changed),
            "range": _range(hub, one),
            "called": one.called,
            "gone": one.gone,
            "unserved": one.unserved,
            "thin": one.thin,
            "better": one.high is not None and one.high < 0,
            "worse": one.low is not None and one.low > 0,
        }
        for one in trial.results
    ]


def _minutes(hub: Hub, value: float | None) -> str:
    return "–" if value is None else tenths(value, hub.settings.agency.languages[0])


def _range(hub: Hub, one: Result) -> tuple[str, str] | None:
    """Both ends with their signs; None where nobody came."""
    if one.low is None or one.high is None:
        return None
    return _signed(hub, one.low), _signed(hub, one.high)


def _signed(hub: Hub, value: float) -> str:
    text = _minutes(hub, abs(value))
    if float(f"{value:.1f}") == 0:
        return _minutes(hub, 0.0)
    return f"{'+' if value > 0 else '−'}{text}"
