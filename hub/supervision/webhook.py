"""Alerts told to an address of the agency's: what begins and what ends, by POST of JSON, in a thread of its own.

    {"schema": 1, "agency": "CNSS-BZV-SIEGE", "name": …, "at": 1772432400000,
     "begun": [{"code": "alarm", "level": "bad", "about": "05", "text": …}], "over": [{"code": …, "about": …}]}

What is told is the difference to what was told last with success. Nothing is queued: an address that was away is told
in one message how things have changed since, and one that does not answer holds up nobody but itself.
"""

from __future__ import annotations

import http.client
import json
import logging
import re
import ssl
from typing import Any
from urllib.parse import urlsplit

from hub.context import Hub
from hub.errors import MboteError
from hub.journal import Entry
from hub.pin import pinned
from hub.queues.model import CounterAlarmAnswered, CounterAlarmRaised
from hub.sleeper import Sleeper
from hub.supervision.pictures import alerts_now
from hub.wire import Alert

#: Alerts are looked for so often, an emergency at once; how long the address is waited for, seconds.
LOOK_S, TIMEOUT_S, CLOSES_S = 10.0, 5.0, 1.0
#: After so many failures in a row the pause is no longer doubled: 32 looks.
DOUBLINGS = 5
_OK = range(200, 300)
_EMERGENCIES = (CounterAlarmRaised, CounterAlarmAnswered)
log = logging.getLogger(__name__)
Told = dict[tuple[str, str], Alert]


class Unheard(MboteError):
    """The address answers something else than that it was heard."""


def named(alerts: list[Alert]) -> Told:
    """Alerts by what makes each one the same while its minutes grow."""
    return {(one.code, one.about or re.sub(r"\d+", "#", one.text)): one for one in alerts}


class Webhook:
    """Tells one address; sleeps in between."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._sleeper = Sleeper("webhook", CLOSES_S)
        self._news = False
        self._told: Told = {}
        self._failures = 0
        #: Why nothing arrives; '' while it does.
        self.complaint = ""

    def open(self) -> Webhook:
        """Start."""
        self._sleeper.open(self._run)
        return self

    def close(self) -> None:
        """Stop; may be called twice."""
        self._sleeper.close()

    def hear(self, entries: tuple[Entry, ...]) -> None:
        """What was recorded: an emergency is not waited for."""
        if any(isinstance(entry.event, _EMERGENCIES) for entry in entries):
            with self._sleeper.changing:
                self._news = True
                self._sleeper.wake()

    def __repr__(self) -> str:
        return f"<Webhook {self._hub.files.alerts.webhook}>"

    def _run(self) -> None:
        while not self._sleeper.closed:
            self._news = False
            self._tell()
            with self._sleeper.changing:
                self._sleeper.sleep_until(lambda: self._news, LOOK_S * 2 ** min(self._failures, DOUBLINGS))

    def _tell(self) -> None:
        try:
            with self._hub.snapshot() as reader:
                now = named(alerts_now(self._hub, reader))
            said = self._difference(now)
            if said:
                self._post(json.dumps(said, ensure_ascii=False).encode())
        except (MboteError, OSError, http.client.HTTPException) as error:
            self._failures += 1
            if not self.complaint:
                log.warning("the address of the alerts was not told: %s", error)
            self.complaint = str(error) or type(error).__name__
            return
        finally:
            self._hub.store.give_back()
        self._told, self._failures, self.complaint = now, 0, ""

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

    def _post(self, line: bytes) -> None:
        """Hand it over. Raises Unheard, OSError, HTTPException."""
        alerts = self._hub.files.alerts
        where = urlsplit(alerts.webhook)
        there: http.client.HTTPConnection
        if where.scheme == "https":
            authority = alerts.webhook_authority
            context = pinned(self._hub.files.path(authority)) if authority else ssl.create_default_context()
            there = http.client.HTTPSConnection(where.hostname or "", where.port, timeout=TIMEOUT_S, context=context)
        else:
            there = http.client.HTTPConnection(where.hostname or "", where.port, timeout=TIMEOUT_S)
        try:
            there.request("POST", where.path or "/", line, {"Content-Type": "application/json"})
            status = there.getresponse().status
        finally:
            there.close()
        if status not in _OK:
            raise Unheard(f"{alerts.webhook} answers {status}")


def start(hub: Hub) -> Webhook | None:
    """Tell the agency's address from now on, where it has one."""
    if not hub.files.alerts.webhook:
        return None
    webhook, before = Webhook(hub), hub.store.announce

    def announce(entries: tuple[Entry, ...]) -> None:
        before(entries)
        webhook.hear(entries)

    hub.store.announce = announce
    return webhook.open()
