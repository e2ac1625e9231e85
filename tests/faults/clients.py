"""Visitors' kiosks and agents at counters, who write down all they ask and all they hear.

Each holds a line to the hub (`Door` over HTTP, `HubClient` over a socket, `Core` without any) and a recorder.
Whoever hears nothing asks again under the same key, as every device and page of the product does.
"""

from __future__ import annotations

import json
import random
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self
from uuid import uuid4

from hub import asks
from hub.ask import Actor
from hub.client import HubAway
from hub.context import Hub
from hub.errors import Refused
from hub.history import History, asked, told
from tests.agency import COUNTERS, KIOSKS, SERVICES, RunningAgency
from tests.patience import patience

#: How long somebody keeps asking, and how long they wait before each repeat.
PATIENCE_S, AGAIN_S = 15.0, 0.05
REPEATED, RELEASED = 0.05, 0.05
LINGERS_S = 2.5
#: An agent who hears that nobody waits presses again after so long.
EMPTY_S = 0.03


class Line(Protocol):
    def ask(self, what: str, key: str, **body: Any) -> dict[str, Any]: ...


@dataclass
class Core:
    """No line at all: the one table of asks, in this process."""

    hub: Hub
    actor: Actor

    def ask(self, what: str, key: str, **body: Any) -> dict[str, Any]:
        return asks.perform(self.hub, self.actor, what, body | {"key": key})


class Client:
    """A line, and a recorder that sees what goes over it."""

    #: Refusals after which they ask again, under the same key, as after no answer.
    again: frozenset[str] = frozenset()
    patience_s = PATIENCE_S

    def __init__(self, name: str, line: Line, book: Path | None = None) -> None:
        self.name = name
        self.line = line
        self._history = History(name, str(book) if book else None)

    def once(self, f: str, what: str, key: str, **body: Any) -> dict[str, Any]:
        """One request and what came of it. Raises Refused or HubAway."""
        with self._history.operation(f, key, asked(what, body)) as heard:
            answer = self.line.ask(what, key, **body)
            heard(told(f, answer))
        return answer

    def ask(self, f: str, what: str, key: str = "", **body: Any) -> dict[str, Any]:
        """Ask until there is an answer. Raises Refused, or HubAway when patience has run out."""
        key = key or uuid4().hex
        began = time.monotonic()
        while True:
            try:
                return self.once(f, what, key, **body)
            except (HubAway, Refused) as no:
                if isinstance(no, Refused) and no.reason not in self.again:
                    raise
                if time.monotonic() - began > patience(self.patience_s):
                    raise
                time.sleep(AGAIN_S)


class Visitors(Client):
    """The people before one kiosk."""

    def take(self, service: str, chance: random.Random | None = None) -> str:
        """One ticket, and its paper; now and then the request is sent twice."""
        key = uuid4().hex
        label = str(self.ask("ticket.issue", "issue", key, service=service)["label"])
        if chance and chance.random() < REPEATED:
            self.ask("ticket.issue", "issue", key, service=service)
        paper = {"issue": key, "label": label, "service": service}
        self.ask("ticket.paper", "printed", f"{key}-paper", **paper)
        return label


class Agent(Client):
    """Somebody at a counter."""

    counter = ""
    #: How often a visitor takes longer to come than a screen may take to show the call.
    lingering = 0.0

    def at(self, counter: str) -> Agent:
        self.counter = counter
        return self

    def next(self, key: str = "") -> str | None:
        """*Suivant*: the number called, None for nobody."""
        ticket = self.ask("call.next", "next", key, counter=self.counter)["ticket"]
        return str(ticket["label"]) if ticket else None

    def visit(self, chance: random.Random) -> str | None:
        """One visitor from call to goodbye; some were called by mistake, some keys are pressed twice."""
        key = uuid4().hex
        label = self.next(key)
        if chance.random() < REPEATED:
            assert self.next(key) == label
        if label is None:
            return None
        if chance.random() < RELEASED:
            self.ask("call.release", "release", counter=self.counter)
            return label
        if chance.random() < self.lingering:
            time.sleep(LINGERS_S)
        self.ask("serve.start", "start", counter=self.counter)
        self.ask("serve.end", "finish", counter=self.counter)
        return label


class Crowd:
    """So many kiosks (over sockets) and agents (over HTTP), all at once for some seconds."""

    def __init__(  # noqa: PLR0913 (a crowd is described by that much)
        self,
        agency: RunningAgency,
        book: Path,
        *,
        kiosks: int,
        agents: int,
        seed: int,
        pause_s: float = 0.005,
        lingering: float = 0.0,
        again: frozenset[str] = frozenset(),
        patience_s: float = PATIENCE_S,
    ) -> None:
        self.book = book
        self._pause_s, self._patience_s = pause_s, patience_s
        self.given: list[str] = []
        self.called: list[str] = []
        self.nobody = 0
        self.refused: list[str] = []
        self._agency = agency
        self._stop = threading.Event()
        visitors = [Visitors(name, agency.line(name), book) for name in KIOSKS[:kiosks]]
        desks = [Agent(f"P{code}", agency.door(code), book).at(code) for code in COUNTERS[:agents]]
        for desk in desks:
            desk.lingering = lingering
        for person in (*visitors, *desks):
            person.again, person.patience_s = again, patience_s
        work = [(self._come, visitor) for visitor in visitors] + [(self._call, desk) for desk in desks]
        self._people = [
            threading.Thread(target=what, args=(who, chances(seed + n))) for n, (what, who) in enumerate(work)
        ]

    def __enter__(self) -> Self:
        for person in self._people:
            person.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Everybody finishes what they have begun."""
        self._stop.set()
        for person in self._people:
            person.join(patience(self._patience_s * 3))
        assert not any(person.is_alive() for person in self._people)

    def _come(self, visitors: Any, chance: random.Random) -> None:
        while not self._stop.wait(chance.uniform(0, 2 * self._pause_s)):
            try:
                self.given.append(visitors.take(chance.choice(list(SERVICES)), chance))
            except Refused as refused:
                self.refused.append(f"{visitors.name}: {refused.reason}")

    def _call(self, agent: Any, chance: random.Random) -> None:
        while not self._stop.wait(chance.uniform(0, 2 * self._pause_s)):
            try:
                label = agent.visit(chance)
            except Refused as refused:
                self.refused.append(f"{agent.name}: {refused.reason}")
                continue
            if label:
                self.called.append(label)
            else:
                self.nobody += 1
                self._stop.wait(EMPTY_S)


def chances(seed: int) -> random.Random:
    """Chances that can be played again."""
    return random.Random(seed)  # noqa: S311 (nothing is kept secret with them)


def read(book: Path) -> list[dict[str, Any]]:
    """The lines of a book of history."""
    return [json.loads(line) for line in book.read_text("utf-8").splitlines()]
