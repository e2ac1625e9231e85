"""Appointments at the kiosk: what is asked of the hub for whoever comes for one, or takes one.

All of it needs the hub. What it answers, or why there is no answer, goes to the page as plain values: `problem` is a
word of kiosk.toml (`meeting_…`), '' when there is none.
"""

from __future__ import annotations

import logging
import secrets
from dataclasses import fields
from typing import Any

from hub.client import HubAway
from hub.errors import Refused
from hub.wire import Booked, ExpectedFound, FreeTimes, as_json, parse
from kiosk.messenger import HubLine

#: The hub's refusals that have a sentence of their own; another one sends the visitor to reception.
PROBLEMS = frozenset({
    "no_appointment", "several_appointments", "too_many", "slot_taken", "no_slot", "bad_telephone", "booked_already",
    "who_needed", "appointment_step", "no_appointments_here", "booked_open", "kiosk_full",
})  # fmt: skip
#: The hub looks through sixty days for a free time: it may take longer than for a ticket.
LOOK_S = 4.0
log = logging.getLogger(__name__)


class Agenda:
    """The hub's appointments, asked over the kiosk's line."""

    def __init__(self, hub: HubLine, answer_s: float) -> None:
        self._hub = hub
        self._answer_s = answer_s

    def expected(self, telephone: str, name: str) -> dict[str, Any]:
        """Today's appointments of whoever says a telephone number or a name: `found`, in order of their times."""
        return self._asked(
            "expected", f"e-{secrets.token_hex(8)}", self._answer_s, ExpectedFound, telephone=telephone, name=name
        )

    def times(self, service: str, day: str) -> dict[str, Any]:
        """The free times of the next days from `day` on; from today on where it is ''."""
        since = {"day": day} if day else {}
        return self._asked("times", f"t-{secrets.token_hex(8)}", LOOK_S, FreeTimes, service=service, **since)

    def book(self, tap: str, wanted: dict[str, str]) -> dict[str, Any]:
        """Book a time; the same touch (`tap`) again gives the same appointment."""
        return self._asked("book", f"b-{tap}", LOOK_S, Booked, **wanted)

    def unbook(self, tap: str, code: str) -> dict[str, Any]:
        """Give an appointment up, by the code on its slip."""
        return self._asked("unbook", f"u-{tap}", self._answer_s, Booked, code=code)

    def _asked(self, what: str, key: str, patience_s: float, kind: type, **body: Any) -> dict[str, Any]:
        """The hub's answer, as it should be, or why there is none."""
        try:
            answer = self._hub.ask(what, key, patience_s, **body)
            # a newer hub may say more
            found: dict[str, Any] = as_json(parse(kind, {each.name: answer.get(each.name) for each in fields(kind)}))
        except HubAway as away:
            log.info("%s: %s", what, away)
            return {"problem": "away"}
        except Refused as refusal:
            log.info("%s: %s", what, refusal.reason)
            return {"problem": refusal.reason if refusal.reason in PROBLEMS else "other"}
        return found | {"problem": ""}

    def __repr__(self) -> str:
        return f"<Agenda {self._hub!r}>"
