"""The judge (hub.judge) at hand for a test: with the journal as the API tells it, or a running agency's own file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hub import history_export
from hub.judge import Verdict
from hub.judge import judge as judged
from hub.judge.table import CORE, RULES
from hub.settings import Settings

__all__ = ["CORE", "RULES", "Verdict", "judge", "judge_agency"]
Line = dict[str, Any]


def judge(history: Iterable[Line], journal: Iterable[Line], settings: Settings | None = None) -> Verdict:
    """Judge by the entries of `GET /api/v1/events`: without state lines, Q1 ends at the journal."""
    config = history_export.config_of(settings) if settings else {}
    return judged(list(history), list(history_export.event_lines(journal)), {"config": config})


def judge_agency(history: Iterable[Line], data: Path, settings: Settings, **facts: Any) -> Verdict:
    """Judge by the hub's own file: journal and state at this moment; `centre`: what arrived there."""
    config = history_export.config_of(settings) | facts.pop("config", {})
    final = [*history_export.export(data), *facts.pop("centre", ())]
    return judged(list(history), final, {"config": config} | facts)
