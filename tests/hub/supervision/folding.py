"""Visits worked out from the journal's events alone: a second road to the figures, which shares no line with the first.

It reads entries in their order, as somebody would who has nothing but a print of the journal.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.clock import Instant, instant
from hub.supervision.model import Passage, Visit

BRAZZAVILLE = timedelta(hours=1)
ENDS = {
    "ticket_served": "served", "ticket_no_show": "no_show", "ticket_cancelled": "cancelled",
    "ticket_transferred": "transferred", "ticket_unserved": "unserved", "ticket_unfinished": "unfinished",
}  # fmt: skip
STATES = {
    "ticket_called": "called", "ticket_recalled": "called", "service_started": "serving", "ticket_held": "on_hold",
    "ticket_resumed": "serving", "ticket_returned": "waiting", "ticket_released": "waiting",
    "ticket_transferred": "waiting",
} | {kind: state for kind, state in ENDS.items() if kind != "ticket_transferred"}  # fmt: skip


@dataclass
class Story:
    """One ticket while the journal is being read."""

    issued: dict[str, Any]
    at: Instant
    day: str
    label: str
    priority: str
    state: str = "waiting"
    passages: list[dict[str, Any]] = field(default_factory=list)
    passes: int = 0


def visits(reader: Any) -> list[Visit]:
    """Every visit there ever was."""
    stories: dict[int, Story] = {}
    days: dict[int, str] = {}
    for row in reader.execute("SELECT kind, payload, at, mono, boot FROM journal ORDER BY seq"):
        facts, now = json.loads(row["payload"]), Instant(row["at"], row["mono"], row["boot"])
        if row["kind"] == "day_opened":
            days[facts["day"]] = facts["date"]
        elif row["kind"] == "ticket_issued":
            pressed = instant(facts["issued_at"], facts["issued_tick"])
            stories[facts["ticket"]] = Story(facts, pressed, days[facts["day"]], facts["label"], facts["priority"])
            _enter(stories[facts["ticket"]], facts["service"], pressed, facts.get("wanted"))
        elif facts.get("ticket") in stories:
            _tell(stories[facts["ticket"]], row["kind"], facts, now)
    return [_visit(story) for _, story in sorted(stories.items())]


def _enter(story: Story, service: str, now: Instant, wanted: str | None = None) -> None:
    hour = (datetime.fromtimestamp(now.at / 1000, UTC) + BRAZZAVILLE).hour
    story.passages.append({"service": service, "hour": hour, "entered": now, "wanted": wanted})


def _tell(  # noqa: C901, PLR0912 (one branch a kind of fact)
    story: Story, kind: str, facts: dict[str, Any], now: Instant
) -> None:
    present = story.passages[-1]
    story.state = STATES.get(kind, story.state)
    if kind in ENDS:
        present |= {"ended": now, "outcome": ENDS[kind]}
    if kind == "ticket_relabelled":
        story.label = facts["label"]
        story.issued |= {"low_s": None, "high_s": None}
    elif kind == "priority_changed":
        story.priority = facts["priority"]
    elif kind == "service_end_corrected":
        present |= {"pressed": present.get("pressed") or present["ended"]}
        present |= {"ended": instant(facts["ended_at"], facts["ended_tick"])}
        story.state = "served"
    elif kind == "ticket_called":
        present |= {"called": now, "calls": 1, "counter": facts["counter"], "agent": facts["agent"]}
        present["why"] = facts["why"]
    elif kind == "ticket_let_pass":
        story.passes += 1
    elif kind == "ticket_recalled":
        present["calls"] = facts["repeat"]
    elif kind == "ticket_released":
        for name in ("called", "calls", "counter", "agent", "why"):
            present.pop(name)
    elif kind == "service_started":
        present["started"] = now
    elif kind == "ticket_resumed":
        present["held_ms"] = present.get("held_ms", 0) + facts["held_ms"]
        present |= {"counter": facts["counter"], "agent": facts["agent"]}
    elif kind == "ticket_returned":
        _enter(story, present["service"], now)
    elif kind == "ticket_transferred":
        _enter(story, facts["service"], now, facts.get("wanted"))
    elif kind == "step_undone":
        _take_back(story, facts["step"])


def _take_back(story: Story, step: str) -> None:
    if step == "transfer":
        story.passages.pop()
    for name in ("ended", "outcome"):
        story.passages[-1].pop(name)
    story.state = "called" if step == "no_show" else "serving"


def _visit(story: Story) -> Visit:
    return Visit(
        label=story.label,
        day=story.day,
        asked=story.issued["service"],
        state=story.state,
        hour=story.passages[0]["hour"],
        issued=story.at,
        passages=tuple(Passage(**passage) for passage in story.passages),
        low_s=story.issued.get("low_s"),
        high_s=story.issued.get("high_s"),
        priority=story.priority,
        channel=story.issued["channel"],
        passes=story.passes,
        language=story.issued["language"],
    )
