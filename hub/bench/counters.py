"""The counters that the bench works at, over the API, and the morning that empties the hall."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hub.bench.kiosks import SERVICE
from hub.bench.rig import Http, key
from hub.demo.agency import Agency

COUNTER = "05"


def next_morning(agency: Agency) -> None:
    """An empty hall with all counters open: what a measure left waiting would be in the next one's way."""
    http = Http(agency.port, agency.tokens["api"])
    day = http.post("/api/v1/day/close", {"key": key(), "force": True})["day"]
    tomorrow = date.fromisoformat(day) + timedelta(days=1)
    http.post("/api/v1/day/open", {"key": key(), "date": tomorrow.isoformat()})
    for agent in agency.agents:
        if agent["counter"]:
            body = {"key": key(), "agent": agent["code"], "take_over": True}
            http.post(f"/api/v1/counters/{agent['counter']}/open", body)
    http.close()


class CounterUnderTest:
    """One counter that calls and sends away, over the API."""

    def __init__(self, agency: Agency, counter: str = COUNTER) -> None:
        self._http = Http(agency.port, agency.tokens["api"])
        self._counter = counter

    def step(self, name: str, **body: Any) -> dict[str, Any]:
        """One step."""
        return self._http.post(f"/api/v1/counters/{self._counter}/{name}", {"key": key()} | body)

    def ready(self) -> None:
        """Send whoever is there away, and let somebody come."""
        self.step("start")
        self.step("finish")
        self._http.post("/api/v1/tickets", {"key": key(), "service": SERVICE})
