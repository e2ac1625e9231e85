"""Synthetic visitors and agents: the load of requirements D.1, through the product's own doors.

Visitors press the real mock pins of the kiosk; agents ask over the API with the demo's own token. Service
times are lognormal (cv 0.9) around each service's mean, 3 % do not come when called. Nothing is decided
here that the hub should decide.
"""

from __future__ import annotations

import math
import random
import threading
from contextlib import suppress
from typing import Any
from uuid import uuid4

import requests

from hardware.line_server import tell
from hub.demo.agency import Agency

#: Weight of each service in a day of 260 visits.
MIX = {"RAS": 70, "DEP": 55, "CPR": 40, "CRE": 30, "PFA": 20, "PEN": 15, "REM": 12, "IMM": 10, "REC": 8}
NO_SHOW = 0.03
#: Variance of the logarithm for a coefficient of variation of 0.9.
SIGMA2 = math.log(1 + 0.9**2)
PRESS_MS = 150
IDLE_S = 4.0
ANSWER_S = 10


class Crowd:
    """Visitors who press buttons and agents who serve them, until told to stop."""

    def __init__(self, agency: Agency, an_hour: float, speed: float, seed: int = 1) -> None:
        self._agency = agency
        self._rate = an_hour * speed / 3600
        self._speed = speed
        self._chance = random.Random(seed)  # noqa: S311 (a reproducible crowd)
        self._pins = {b.service: b.pin for b in agency.settings.kiosk.buttons if b.service}

    def start(self, stop: threading.Event) -> None:
        """Let them come: one thread for the door, one for each counter with an agent."""
        threading.Thread(target=self._visitors, args=(stop,), name="visitors", daemon=True).start()
        for agent in self._agency.agents:
            counter = self._agency.settings.counter(agent["counter"] or "")
            if counter is not None and counter.shown and counter.services:
                threading.Thread(target=self._serve, args=(counter.code, stop), name=counter.code, daemon=True).start()

    def _visitors(self, stop: threading.Event) -> None:
        services = [service for service in MIX if service in self._pins]
        while not stop.wait(self._chance.expovariate(self._rate)):
            service = self._chance.choices(services, [MIX[s] for s in services])[0]
            with suppress(OSError):
                tell(self._agency.folder / "kiosk.sock", {"press": self._pins[service], "ms": PRESS_MS})

    def _serve(self, counter: str, stop: threading.Event) -> None:
        while not stop.is_set():
            called = self._ask(counter, "next")
            ticket = called.get("ticket")
            if not ticket:
                stop.wait(IDLE_S / self._speed)
                continue
            self._visit(counter, ticket["service"], stop)

    def _visit(self, counter: str, service: str, stop: threading.Event) -> None:
        if self._chance.random() < NO_SHOW:
            self._give_up_on(counter, stop)
            return
        stop.wait(self._chance.uniform(5, 30) / self._speed)
        self._ask(counter, "start")
        found = self._agency.settings.service(service)
        mean_s = (found.mean_min if found else 10) * 60
        stop.wait(self._chance.lognormvariate(math.log(mean_s) - SIGMA2 / 2, math.sqrt(SIGMA2)) / self._speed)
        self._ask(counter, "finish")

    def _give_up_on(self, counter: str, stop: threading.Event) -> None:
        """Recall, wait as the rules ask (in the hub's own time), mark absent."""
        rules = self._agency.settings.queue
        if stop.wait(rules.recall_after_s + 1):
            return
        self._ask(counter, "recall")
        if not stop.wait(rules.absent_after_s):
            self._ask(counter, "no-show")

    def _ask(self, counter: str, step: str) -> dict[str, Any]:
        """One step at a counter; nothing when the hub is away or says no."""
        url = f"{self._agency.url}api/v1/counters/{counter}/{step}"
        head = {"Authorization": f"Bearer {self._agency.tokens['api']}"}
        with suppress(requests.RequestException, ValueError):
            answer: dict[str, Any] = requests.post(
                url, json={"key": uuid4().hex}, headers=head, timeout=ANSWER_S
            ).json()
            return answer
        return {}
