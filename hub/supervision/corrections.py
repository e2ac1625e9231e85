"""A time of the clock, as a supervisor types it for a service whose end was forgotten. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hub.clock import local
from hub.errors import Unreadable
from hub.queues.model import Ticket

_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", re.ASCII)


def moment(typed: str, ticket: Ticket, zone: ZoneInfo) -> int:
    """The first moment from the ticket's service on at which clocks showed `typed` (HH:MM or HH:MM:SS), wall ms.

    Raises Unreadable naming the field `ended_at` for what is no time.
    """
    found = _TIME.fullmatch(typed.strip())
    begun = local((ticket.stage.started or ticket.issued).at, zone)
    try:
        hour, minute, second = (int(part or 0) for part in found.groups()) if found else (24, 0, 0)
        at = begun.replace(hour=hour, minute=minute, second=second, microsecond=0)
    except ValueError:
        raise Unreadable("write a time as HH:MM", field="ended_at", code="no_time") from None
    return _ms(at if at >= begun.replace(microsecond=0) else at + timedelta(days=1))


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
