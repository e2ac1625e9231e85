"""Alerts told to an address of the agency's: what begins and what ends, by POST of JSON, in a thread of its own.

    {"schema": 1, "agency": "CNSS-BZV-SIEGE", "name": …, "at": 1772432400000,
     "begun": [{"code": "alarm", "level": "bad", "about": "05", "text": …}], "over": [{"code": …, "about": …}]}

What is told is the difference to what was told last with success. Nothing is queued: an address that was away is told
in one message how things have changed since, and one that does not answer holds up nobody but itself.
"""

from __future__ import annotations

import json
import re
from typing import Any

from hub.context import Hub
from hub.queues.model import CounterAlarmAnswered, CounterAlarmRaised
from hub.staff_pictures import Alert
from hub.supervision.pictures import alerts_now
from hub.teller import Teller

#: Alerts are looked for so often, an emergency at once; how long the address is waited for, seconds.
LOOK_S, TIMEOUT_S, CLOSES_S = 10.0, 5.0, 1.0
Told = dict[tuple[str, str], Alert]


def named(alerts: list[Alert]) -> Told:
    """Alerts by what makes each one the same while its minutes grow."""
    return {(one.code, one.about or re.sub(r"\d+", "#", one.text)): one for one in alerts}


class Webhook(Teller):
    """Tells one address: looks for alerts now and then, for an emergency at once."""

    NEWS = (CounterAlarmRaised, CounterAlarmAnswered)

    def __init__(self, hub: Hub) -> None:
        said = hub.files.alerts
        authority = hub.files.path(said.webhook_authority) if said.webhook_authority else None
        super().__init__(hub, "webhook", said.webhook, authority, patience_s=CLOSES_S)
        self._told: Told = {}

    def _rest(self) -> None:
        self._sleeper.sleep_until(lambda: self._news, self._pause_s(LOOK_S))

    def _say(self) -> None:
        with self._hub.snapshot() as reader:
            now = named(alerts_now(self._hub, reader))
        if said := self._difference(now):
            self._post(json.dumps(said, ensure_ascii=False).encode(), TIMEOUT_S)
        self._told = now

    def _difference(self, now: Told) -> dict[str, Any]:
        begun = [
            {"code": one.code, "level": one.level, "about": one.about, "text": one.text}
            for name, one in now.items()
            if name not in self._told or self._told[name].level != one.level
        ]
        over = [{"code": one.code, "about": one.about} for name, one in self._told.items() if name not in now]
        if not begun and not over:
            return {}
        agency = self._hub.settings.agency
        about = {"schema": 1, "agency": agency.code, "name": agency.name, "at": self._hub.now().at}
        return about | {"begun": begun, "over": over}


def start(hub: Hub) -> Webhook | None:
    """Tell the agency's address from now on, where it has one."""
    if not hub.files.alerts.webhook:
        return None
    webhook = Webhook(hub)
    hub.hear_commits(webhook.hear)
    return webhook.open()
