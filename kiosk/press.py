"""What a press is, what comes of it, and when one counts. Pure: no clock, no device, no store.

A press has a key before anybody hears of it, and that key decides everything after: asked of the
hub again it gives the same ticket, and the number that was printed for it is told under it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from hub.clock import EARLIEST_MS
from hub.wire import Catalogue, CatalogueService, Hour, KioskPicture, Wait

#: pressed → (accepted) → printed | shown | failed;  pressed → refused.
State = Literal["pressed", "accepted", "printed", "shown", "failed", "refused"]
#: What is told to the hub of an accepted press.
Told = Literal["printed", "shown", "failed"]
Priority = Literal["normal", "reduced_mobility", "pregnant", "age_70", "infant"]
#: Why a press gives no ticket here and now. Each has a sentence `refused_…` in kiosk.toml.
RefusalCode = str

#: The hub's refusals → ours. Another one sends the visitor to reception.
REFUSALS: dict[str, RefusalCode] = {
    "closed_hours": "hours",
    "closed_mode": "mode",
    "closed_estimate": "estimate",
    "day_closed": "day",
    "quota": "quota",
    "closed": "closed",
    "unknown_service": "unknown_service",
    "too_many": "too_many",
}

#: What is said of a ticket that is shown again: it goes with no other.
OF_A_TICKET = frozenset({"scan_ticket", "scan_ticket_called"})
#: What is said of an appointment: its code goes with the ticket, and leads to its place in the line.
OF_AN_APPOINTMENT = frozenset({
    "scan_appointment", "scan_appointment_early", "scan_appointment_late", "scan_appointment_past",
    "scan_appointment_other",
})  # fmt: skip
#: The hub's refusals of a code → the sentence. After another one it cannot look now.
SCAN_REFUSALS = {
    "too_many": "scan_too_soon",
    "scan_unreadable": "scan_unreadable",
    "unprocessable": "scan_unreadable",
    "bad_request": "scan_unreadable",
}

#: Refusals of the hub that hold for the day, also while it is away.
STANDING = ("quota", "mode")
#: The hub cannot do it, which is no word against the visitor: as good as away.
UNABLE = ("not_stored", "not_authenticated", "not_allowed")

#: A visitor is still there so long after the press: what a killed process left undone is done then, else noted.
STANDING_MS = 20_000


@dataclass(frozen=True, slots=True)
class Moment:
    """When something happened, in the words of a box without a clock of its own.

    `mono` is milliseconds within `boot`; `hub_at` the hub's wall time worked out from the last one heard.
    """

    boot: str
    mono: int
    hub_at: int | None

    def as_json(self) -> dict[str, Any]:
        """As it travels."""
        return {"boot": self.boot, "mono": self.mono, "hub_at": self.hub_at}


@dataclass(frozen=True, slots=True)
class Press:
    """Somebody asked for a ticket. `tap` is the page's own key of a touch; '' for a physical button.

    `scanned`: what they held under the scanner before; it may be a matricule, and is forgotten with the press.
    `reason`: the errand within the service; '' where none was chosen.
    """

    key: str
    service: str
    language: str
    priority: Priority
    source: str
    tap: str
    at: Moment
    scanned: str = ""
    reason: str = ""

    def issue_body(self) -> dict[str, Any]:
        """What the hub is asked, besides `what` and `key`."""
        body: dict[str, Any] = {"service": self.service, "language": self.language, "pressed": self.at.as_json()}
        return body | self.declared() | self.brought() | self.errand()

    def declared(self) -> dict[str, str]:
        """The priority that the visitor declared; nothing for most."""
        return {} if self.priority == "normal" else {"category": "priority", "priority": self.priority}

    def brought(self) -> dict[str, str]:
        """What they scanned; nothing for most."""
        return {"scanned": self.scanned} if self.scanned else {}

    def errand(self) -> dict[str, str]:
        """What they come for within the service; nothing for most."""
        return {"sub_reason": self.reason} if self.reason else {}


@dataclass(frozen=True, slots=True)
class Number:
    """The number of a press. `own`: of the kiosk's own series, so nothing is known of the queue.

    `counter`: the one that its visitor is kept for; '' for most. `hour`: the appointment that they came for;
    `why`: what waits for them, as their paper says it.
    """

    label: str
    own: bool
    ahead: int | None = None
    wait: Wait | None = None
    follow: str = ""
    ticket: str = ""
    counter: str = ""
    hour: Hour | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no ticket; `message` is the hub's sentence, for the log."""

    code: RefusalCode
    message: str = ""


def report_body(press: Press, number: Number, at: Moment) -> dict[str, Any]:
    """What the hub is told of the paper: enough to make the ticket if it never heard of the press."""
    return {
        "issue": press.key,
        "label": number.label,
        "service": press.service,
        "language": press.language,
        "pressed": press.at.as_json(),
        "printed_at": at.hub_at,
        **press.declared(),
        **press.brought(),
        **press.errand(),
    }


def dated(pressed: dict[str, Any], boot: str, offset: int, off_by_ms: int) -> dict[str, Any] | None:
    """The moment of a report in the hub's time as it is now; None where it stands, or nobody can tell."""
    if pressed["boot"] != boot:
        return None
    hub_at = pressed["mono"] + offset
    if pressed["hub_at"] is not None and abs(hub_at - pressed["hub_at"]) <= off_by_ms:
        return None
    return pressed | {"hub_at": hub_at}


def told(outcome: str, *, has_screen: bool) -> Told:
    """What the hub hears of a paper. In doubt the number on the screen counts, and without one the staff look."""
    if outcome in ("confirmed", "sent"):
        return "printed"
    return "shown" if has_screen else "failed"


def to_refusal(code: str) -> RefusalCode:
    """The kiosk's word for a refusal of the hub."""
    return REFUSALS.get(code, "other")


def too_soon(last_mono: int | None, now_mono: int, again_s: float) -> bool:
    """Whether the same physical button has given a ticket too little time ago."""
    return last_mono is not None and now_mono - last_mono < again_s * 1000


def why_closed(
    service: CatalogueService | None, picture: KioskPicture | None, now: datetime | None, *, away: bool
) -> str:
    """'' while the service gives tickets, else the code of the refusal.

    The hub's own word counts while it is here. Away, what it last said of hours or of the day is too old: the hours
    of the last catalogue are left, and without a believed clock not even they. A quota that was used up and a mode
    that somebody chose still hold for the rest of that day.
    """
    if service is None:
        return "unknown_service"
    said = _said(service.service, picture)
    if not away and picture is not None:
        return said
    if now is not None and not within_hours(service, now):
        return "hours"
    same_day = picture is not None and (now is None or picture.day == now.date().isoformat())
    return said if said in STANDING and same_day else ""


def _said(service: str, picture: KioskPicture | None) -> str:
    """What the hub last said against a ticket for a service."""
    state = next((each for each in picture.services if each.service == service), None) if picture else None
    return "" if state is None or state.open else state.why_closed or "closed"


def within_hours(service: CatalogueService, now: datetime) -> bool:
    """Whether a ticket is given at this local time; a service without hours always gives."""
    if not service.hours:
        return True
    today = service.hours[now.weekday()]
    return today is not None and today[0] <= now.strftime("%H:%M") < today[1]


def local_time(hub_at: int | None, wall_ms: int, zone: str) -> datetime | None:
    """The time at the agency: the hub's, else this box's if it looks set, else unknown."""
    at = hub_at if hub_at is not None else wall_ms if wall_ms >= EARLIEST_MS else None
    return None if at is None else datetime.fromtimestamp(at / 1000, ZoneInfo(zone))


def service_of(catalogue: Catalogue | None, code: str) -> CatalogueService | None:
    """The service of that code in the last catalogue."""
    return next((each for each in catalogue.services if each.service == code), None) if catalogue else None


def still_standing(press: Press, now: Moment) -> bool:
    """Whether the visitor of a press found at a start may still be there."""
    return press.at.boot == now.boot and now.mono - press.at.mono < STANDING_MS
