"""The other way to a visitor's telephone: how all tickets stand is told to an operator's relay, which has the page.

What is sent is the whole of it, signed and small, and never a queue of changes: whoever was away is told how it is now,
and nothing is kept for them. A ticket that is not in it is over. It names nobody, and says of no ticket what it is for.
Nothing comes back by this way: who wants to give their ticket up does so at the kiosk or at reception.
"""

from __future__ import annotations

from typing import Any

from hub import envelope, seal
from hub.chain import canonical_json
from hub.context import Hub
from hub.queues import followup, store
from hub.queues.model import CounterEvent, DayEvent, Ticket, TicketEvent
from hub.queues.pictures import position
from hub.teller import Teller
from hub.wire import as_json

#: The domain of its signatures (`hub.envelope`), and the version of what is in it.
DOMAIN, SCHEMA = "mbote-followup", 1
#: The most tickets in one push, the oldest first, and the most bytes of it.
TICKETS, BYTES = 1_000, 400_000
#: How long the relay is waited for, and whoever stops this, seconds.
TIMEOUT_S, CLOSES_S = 20.0, 3.0
#: Told anew though nothing has happened after so many pauses: waits grow shorter by themselves.
ANYWAY = 4
#: What is told of each ticket, beside its code.
FACTS = ("label", "state", "counter", "ahead", "wait", "back_by", "return_by")


def told(hub: Hub) -> dict[str, Any]:
    """How all tickets stand, as the relay is told; without a day that is open, no ticket."""
    now = hub.now()
    with hub.snapshot() as reader:
        epoch, seq = position(reader)
        day = store.day(reader)
        is_open = day is not None and day.open
        tickets = [*store.open_tickets(reader), *store.absent_tickets(reader, day.id)] if day and is_open else []
        lines: dict[str, tuple[int, ...]] = {}
        shown = [_shown(hub, reader, ticket, lines) for ticket in tickets[:TICKETS]]
    return {
        "schema": SCHEMA, "agency": hub.settings.agency.code, "name": hub.settings.agency.name, "epoch": epoch,
        "seq": seq, "at": now.at, "open": is_open, "tickets": shown,
    }  # fmt: skip


def _shown(hub: Hub, reader: store.Reader, ticket: Ticket, lines: dict[str, tuple[int, ...]]) -> dict[str, Any]:
    service = ticket.stage.service
    if ticket.state == "waiting" and service not in lines:
        lines[service] = followup.order(hub, reader, service, hub.now())
    face = as_json(followup.followed(hub, reader, ticket, lines.get(service)))
    return {"code": ticket.token, "language": ticket.language} | {name: face[name] for name in FACTS}


class Relay(Teller):
    """Tells the relay; sleeps until something has happened, at least `relay_s`."""

    NEWS = (TicketEvent, CounterEvent, DayEvent)

    def __init__(self, hub: Hub) -> None:
        said = hub.settings.followup
        authority = hub.settings.path(said.relay_authority) if said.relay_authority else None
        super().__init__(hub, "relay", said.relay, authority, patience_s=CLOSES_S)
        self._every_s = said.relay_s
        self._was_open = True

    def _rest(self) -> None:
        self._sleeper.sleep_until(lambda: self._sleeper.closed, self._pause_s(self._every_s))
        if not self._failures:
            more = self._every_s * (ANYWAY - 1) if self._was_open else None
            self._sleeper.sleep_until(lambda: self._news, more)

    def _say(self) -> None:
        with self._hub.store.readable():
            said = told(self._hub)
        self._was_open = said["open"]
        self._post(line_of(self._hub, said), TIMEOUT_S)


def line_of(hub: Hub, said: dict[str, Any]) -> bytes:
    """What is said, signed by the key of the agency's papers; fewer tickets where it would be too long."""
    while len(canonical_json(said)) > BYTES and said["tickets"]:
        said |= {"tickets": said["tickets"][: len(said["tickets"]) // 2]}
    return envelope.signed(DOMAIN, said, seal.agency_key(hub.store.folder)).encode()
