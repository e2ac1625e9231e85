"""What audit decides by itself: families of events, what is asked for, and duties that one person must not unite."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hub.audit.model import Wanted
from hub.errors import Unreadable, written
from hub.journal import Event

#: family → kinds. A counter service's own kinds are a family of its name; what is in no table is `queue`.
FAMILIES: Mapping[str, frozenset[str]] = {
    "sign_in": frozenset({"signed_in", "signed_out", "sign_in_failed", "secret_chosen", "code_issued"}),
    "rights": frozenset({"agent_added", "agent_changed", "agent_removed", "access_refused"}),
    "devices": frozenset(
        {"device_paired", "device_revoked", "device_token_renewed", "device_trouble", "help_asked", "help_given"}
    ),
    "box": frozenset({"hub_started", "clock_doubted", "clock_corrected", "epoch_begun", "epoch_confirmed"}),
    "reading": frozenset({"party_read", "audit_read", "private_read", "contact_begun", "contact_ended"}),
    "settings": frozenset({
        "day_opened", "day_closed", "mode_changed", "people_imported", "configuration_changed",
        "configuration_published",
    }),
    "exports": frozenset(
        {
            "audit_exported", "outbox_message_queued", "outbox_message_sent", "outbox_message_applied",
            "outbox_message_refused", "outbox_message_put_right", "outbox_message_acknowledged", "outbox_message_lost",
            "inbox_letter_taken",
            "inbox_letter_applied", "inbox_letter_refused", "inbox_letter_held", "inbox_letter_released",
            "inbox_notice_read", "inbox_file_refused", "notice_queued", "notice_done", "notice_withdrawn",
        }
    ),
    "retention": frozenset({
        "destruction_proposed", "destruction_approved", "destruction_withdrawn", "private_destroyed", "traces_wiped",
        "person_reported",
    }),
    "paper": frozenset({
        "print_job_queued", "print_job_taken", "print_job_ended", "print_job_settled", "paper_reported",
        "ticket_reprinted", "visit_printed",
    }),
}  # fmt: skip
QUEUE = "queue"
#: By the room whose events they are, where no kind is named: new kinds of these rooms are found without a new row.
_OF_ROOM = {"agents": "sign_in", "audit": "reading", "people": "reading"}
_BY_KIND = {kind: family for family, kinds in FAMILIES.items() for kind in kinds}
TEXT_LENGTH = 80
MOTIVE_LENGTH = 200
#: Roles of which B.0 says that the one may not do what the other does, and why.
EXCLUDE_EACH_OTHER: tuple[tuple[frozenset[str], frozenset[str], str], ...] = (
    (frozenset({"collections_cashier", "benefits_cashier"}), frozenset({"head_cashier"}), "own_closing"),
    (frozenset({"collections_cashier", "benefits_cashier", "head_cashier"}), frozenset({"supervisor"}), "cash"),
    (frozenset({"collections_cashier", "benefits_cashier"}), frozenset({"clerk", "receptionist"}), "counter_and_cash"),
    (frozenset({"collections_cashier", "benefits_cashier"}), frozenset({"case_officer"}), "counter_and_cash"),
    (frozenset({"clerk"}), frozenset({"validator"}), "own_deposit"),
    (frozenset({"admin"}), frozenset({
        "receptionist", "clerk", "validator", "collections_cashier", "benefits_cashier", "head_cashier",
        "case_officer",
    }), "admin_acts"),
    (frozenset({"auditor"}), frozenset({
        "receptionist", "clerk", "validator", "collections_cashier", "benefits_cashier", "head_cashier",
        "case_officer", "supervisor", "admin",
    }), "auditor_acts"),
)  # fmt: skip


def family_of(kind: str, event: type[Event] | None) -> str:
    """The family of a kind of event; a service's own by the name of the service."""
    if kind in _BY_KIND:
        return _BY_KIND[kind]
    parts = event.__module__.split(".") if event is not None else []
    if parts[:2] == ["hub", "services"]:
        return parts[2]
    return _OF_ROOM.get(parts[1], QUEUE) if len(parts) > 1 else QUEUE


def kinds_of(family: str, known: Mapping[str, type[Event]]) -> frozenset[str]:
    """The kinds of a family. Raises Unreadable for a family there is none."""
    found = frozenset(kind for kind, event in known.items() if family_of(kind, event) == family)
    if not found:
        raise Unreadable("choose a family of the list", code="unknown_family", field="family")
    return found


def wanted(said: Mapping[str, str], zone: ZoneInfo) -> Wanted:
    """What a form asks for, days being local ones. Raises Unreadable for what is no day."""
    first, last = _day(said, "from"), _day(said, "to")
    if first and last and last < first:
        raise Unreadable("the last day is before the first", code="bad_range", field="to")
    return Wanted(
        since=_midnight(first, zone) if first else None,
        until=_midnight(last + timedelta(days=1), zone) if last else None,
        **{name: said.get(name, "").strip()[:TEXT_LENGTH] for name in ("agent", "device", "family", "subject", "text")},
    )


def _day(said: Mapping[str, str], name: str) -> date | None:
    typed = said.get(name, "").strip()
    if not typed:
        return None
    try:
        return date.fromisoformat(typed)
    except ValueError as error:
        raise Unreadable("a day such as 2026-03-02", code="bad_day", field=name) from error


def _midnight(day: date, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time(), zone).timestamp() * 1000)


def motive(said: str) -> str:
    """Why something private is shown or copied. Raises Unreadable without a word."""
    return written(said, MOTIVE_LENGTH, Unreadable("say why", code="motive_needed", field="motive"))


def conflicts(roles: Iterable[str]) -> tuple[str, ...]:
    """Why these roles should not be one person's (requirements B.0); empty when they may."""
    held = frozenset(roles)
    return tuple(
        dict.fromkeys(
            why for one, other, why in EXCLUDE_EACH_OTHER if not held.isdisjoint(one) and not held.isdisjoint(other)
        )
    )
