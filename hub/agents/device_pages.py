"""The boxes of the agency: which are paired and how they are, pairing one, turning one away.

/pairing and its claim are the only things that a stranger's box may ask; pairing.py says what it gets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, jsonify, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub.agents import actions, devices, pairing, rules
from hub.agents.doorway import Trouble, actor, address_of, language_of
from hub.agents.doorway import trouble as trouble_of
from hub.agents.model import Trouble as DeviceTrouble
from hub.ask import Actor, Ask
from hub.authority import pin_of
from hub.clock import elapsed
from hub.context import Hub
from hub.errors import Refused, Unreadable
from hub.say import say

Present = Callable[[], Iterable[Actor]]


@dataclass(frozen=True, slots=True)
class Box:
    """A row of the devices page. `lines`: how many live links it has now; more than one is worth a look.

    `old_token`: it is a year old, and nobody renewed it.
    """

    name: str
    kind: str
    counters: tuple[str, ...]
    lines: int
    seen: str | None
    paired: str
    troubles: tuple[str, ...]
    old_token: bool


def add_devices(room: Blueprint, hub: Hub, present: Present) -> None:
    """/devices for the staff, /pairing for boxes."""

    def page(status: int = 200, **more: Any) -> Response:
        shown = {"boxes": _boxes(hub, present()), "waiting": _waiting(hub), "may_pair": "admin" in actor().roles}
        shown |= {"counters": _counters(hub), "pin": pin_of(hub.settings)}
        return make_response(render_template("agents/devices.html", **shown, **more), status)

    @room.get("/devices", endpoint="devices")
    def listed() -> Response:
        return page(said=request.args.get("said"))

    @room.post("/devices/pair", endpoint="pair_device")
    def pair() -> Response:
        form = request.form
        try:
            paired = pairing.confirm(
                hub, Ask(actor()), code=form.get("code", ""), name=form.get("name", ""),
                counters=form.getlist("counters"),
            )  # fmt: skip
        except Refused as refused:
            return page(refused.status, trouble=trouble_of(hub, refused, "code"), typed=form)
        return redirect(url_for("agents.devices", said=paired["name"]), 303)

    @room.post("/devices/<name>/revoke", endpoint="revoke_device")
    def revoke(name: str) -> Response:
        try:
            actions.revoke(hub, Ask(actor()), name=name)
        except Refused as refused:
            return page(refused.status, trouble=Trouble("form", refused.message))
        return redirect(url_for("agents.devices"), 303)

    @room.post("/pairing", endpoint="pairing_ask")
    def ask() -> Response:
        return jsonify(pairing.ask(hub, kind=_said("kind"), address=address_of(request)))

    @room.post("/pairing/claim", endpoint="pairing_claim")
    def claim() -> Response:
        return jsonify(pairing.claim(hub, secret=_said("secret")))


def _said(name: str) -> str:
    """A word of the JSON that a box sent. Raises Unreadable."""
    body = request.get_json(silent=True)
    value = body.get(name) if isinstance(body, dict) else None
    if not isinstance(value, str):
        raise Unreadable(f'send {{"{name}": …}}', field=name)
    return value


def _boxes(hub: Hub, present: Iterable[Actor]) -> list[Box]:
    zone, lines = hub.settings.agency.zone, Counter(each.device for each in present if each.device)
    return [
        Box(
            name=health.device.name,
            kind=health.device.kind,
            counters=health.device.counters,
            lines=lines[health.device.name],
            seen=health.device.seen.iso(zone) if health.device.seen else None,
            paired=health.device.paired.iso(zone),
            troubles=tuple(_told(hub, each) for each in health.troubles),
            old_token=rules.old_token(health.device.token_at, hub.now()),
        )
        for health in devices.listed(hub)
    ]


def _told(hub: Hub, trouble: DeviceTrouble) -> str:
    """What the hub found out in words, what a device says of its parts as it says it."""
    if trouble.part in rules.FOUND_BY_THE_HUB:
        return say(language_of(hub), f"agents.device_{trouble.state}_told", detail=trouble.detail)
    return f"{trouble.part}: {trouble.state}"


def _waiting(hub: Hub) -> list[dict[str, Any]]:
    """Who waits, without the codes: those are read on the devices."""
    now = hub.now()
    return [
        {"kind": each.kind, "address": each.address, "minutes": elapsed(each.since, now).ms // 60_000}
        for each in pairing.of(hub).listed(now)
    ]


def _counters(hub: Hub) -> list[tuple[str, str]]:
    return [(counter.code, counter.label) for counter in hub.settings.counters if counter.shown]
