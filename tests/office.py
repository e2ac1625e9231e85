"""The agency in the words of the people who work there, over the real core and a real SQLite file.

    office.press("deposit")
    office.counter("05").open("00902F").next()
    office.later(minutes=3)

Nothing here sleeps: time passes when a story says so. A step that is refused raises what the hub
raises. Every request has a key of its own, as every device and page makes one.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from hub.ask import Actor, Ask
from hub.clock import ManualClock
from hub.context import Hub
from hub.queues import actions, papers, store
from hub.queues import appliers as queue_appliers
from hub.queues.migrations import migrations
from hub.settings import Settings
from hub.settings_files import load_settings
from hub.store import Store
from hub.visits import store as visit_store
from hub.visits.migrations import migrations as visit_migrations

CONFIG = Path(__file__).parents[1] / "config"
#: What people say they come for → the service's code.
ERRANDS = {
    "inquiry": "RAS", "employers": "REM", "deposit": "DEP", "registration": "IMM", "pension": "PEN",
    "family": "PFA", "complaint": "REC", "contributions": "CRE", "benefits": "CPR",
}  # fmt: skip
RECEPTION = Actor(agent="00733C", roles=frozenset({"receptionist"}))
SUPERVISOR = Actor(agent="00411A", roles=frozenset({"supervisor"}))


def open_store(folder: Path, clock: ManualClock | None, **more: Any) -> Store:
    """The store with the rooms of the queue half: the queues, and whom a visit is about."""
    appliers = queue_appliers.APPLIERS | visit_store.APPLIERS
    return Store(folder, appliers=appliers, migration_sets=[migrations, visit_migrations], clock=clock, **more)


def demo_settings(**queue: Any) -> Settings:
    """The demo agency; `queue` changes its rules."""
    return settings_with({"queue": queue})


def settings_with(changes: dict[str, Any]) -> Settings:
    """The demo agency with some changes; settings do not change, so the same ones are read once."""
    return _read(json.dumps(changes))


@cache
def _read(changes: str) -> Settings:
    return load_settings(CONFIG, json.loads(changes))


@dataclass
class Paper:
    """What came out of a kiosk: the number on it, and the request that it answers."""

    label: str
    service: str
    request: str
    pressed_at: int


@dataclass
class Kiosk:
    """A ticket dispenser. Unplugged from the hub it goes on with numbers of its own."""

    office: Office
    name: str = "K1"
    paper: list[Paper] = field(default_factory=list)
    connected: bool = True
    own: int = 0
    spool: list[Paper] = field(default_factory=list)

    @property
    def actor(self) -> Actor:
        return Actor(device=self.name, roles=frozenset({"kiosk"}))

    def press(self, errand: str, *, answer_lost: bool = False, report: str | None = "printed") -> str:
        """A visitor presses a button; the label on the paper that comes out."""
        service, request = ERRANDS[errand], self.office.new_key()
        label = None
        if self.connected:
            answer = actions.issue(self.office.hub, Ask(self.actor, request), service=service, channel="kiosk")
            label = None if answer_lost else answer["label"]
        if label is None:
            self.own += 1
        paper = Paper(label or f"{self.name}-{self.own:03d}", service, request, self.office.clock.now().at)
        self.paper.append(paper)
        self.spool.append(paper)
        if self.connected and not answer_lost and report:
            self.report(report)
        return paper.label

    def report(self, what: str = "printed") -> list[dict[str, Any]]:
        """Tell the hub what became of all papers that it has not heard of."""
        told = [
            papers.report_paper(
                self.office.hub, Ask(self.actor, f"paper of {p.request}"), issue=p.request, paper=what,
                label=p.label, service=p.service, pressed_at=p.pressed_at,
            )
            for p in self.spool
        ]  # fmt: skip
        self.spool.clear()
        return told

    def unplug(self) -> None:
        """The network is away."""
        self.connected = False

    def plug(self) -> None:
        """The network is back: the kiosk tells what it gave meanwhile."""
        self.connected = True
        self.report()


@dataclass
class CounterDesk:
    """A counter and whoever sits there. `why` is the reason given with the last call."""

    office: Office
    code: str
    agent: str = "00902F"
    why: str = ""
    last: dict[str, Any] = field(default_factory=dict)

    def _do(self, action: Callable[..., dict[str, Any]], **values: Any) -> dict[str, Any]:
        self.last = action(self.office.hub, self.office.ask(Actor(agent=self.agent)), counter=self.code, **values)
        return self.last

    def open(self, agent: str, *, take_over: bool = False) -> CounterDesk:
        """An agent sits down."""
        self.agent = agent
        self._do(actions.open_counter, agent=agent, take_over=take_over)
        return self

    def next(self) -> str | None:
        """*Suivant*: the number called, or None when nobody can be."""
        answer = self._do(actions.call_next)
        self.why = answer["why"]
        return answer["ticket"]["label"] if answer["ticket"] else None

    def pick(self, label: str, reason: str = "urgence") -> str:
        """Call one visitor out of turn."""
        answer = self._do(actions.pick, ticket=self.office.id_of(label), reason=reason)
        return answer["ticket"]["label"]

    def step(self, name: str, **values: Any) -> CounterDesk:
        """Any other key, by its name."""
        self._do(getattr(actions, name), **values)
        return self

    def recall(self) -> CounterDesk:
        return self.step("recall")

    def start(self) -> CounterDesk:
        return self.step("start")

    def absent(self) -> CounterDesk:
        return self.step("no_show")

    def finish(self, outcome: str = "served") -> CounterDesk:
        return self.step("finish", outcome=outcome)

    def hold(self, reason: str = "photocopie") -> CounterDesk:
        return self.step("hold", reason=reason)

    def resume(self, label: str | None = None) -> CounterDesk:
        return self.step("resume", ticket=self.office.id_of(label) if label else None)

    def transfer(self, errand: str | None = None, *, to: str | None = None, reason: str = "suite") -> CounterDesk:
        return self.step("transfer", service=ERRANDS[errand] if errand else None, to=to, reason=reason)

    def release(self) -> CounterDesk:
        return self.step("release")

    def undo(self) -> CounterDesk:
        return self.step("undo")

    def pause(self, reason: str = "pause") -> CounterDesk:
        return self.step("pause", reason=reason)

    def close(self) -> CounterDesk:
        return self.step("close_counter")

    def serve(self, *, minutes: float = 8) -> str | None:
        """One whole visit: call, start, some minutes, finish."""
        label = self.next()
        if label is not None:
            self.start()
            self.office.later(minutes=minutes)
            self.finish()
        return label

    @property
    def state(self) -> str:
        return store.counter(self.office.hub.reader, self.code).state

    @property
    def ticket(self) -> str | None:
        """The number in front of this counter."""
        held = store.counter(self.office.hub.reader, self.code).ticket
        found = store.ticket(self.office.hub.reader, held) if held else None
        return found.label if found else None


@dataclass
class Office:
    """The agency: its hub, its clock, one kiosk, and the counters as they are asked for."""

    hub: Hub
    clock: ManualClock
    keys: Any = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.kiosk = Kiosk(self)
        self.desks: dict[str, CounterDesk] = {}

    def new_key(self) -> str:
        return f"key {next(self.keys)}"

    def ask(self, actor: Actor) -> Ask:
        """A request nobody has made before."""
        return Ask(actor, self.new_key())

    # --- the day

    def open_day(self, date: str | None = None) -> Office:
        actions.open_day(self.hub, self.ask(SUPERVISOR), date=date)
        return self

    def close_day(self, *, force: bool = False) -> dict[str, Any]:
        return actions.close_day(self.hub, self.ask(SUPERVISOR), force=force)

    def later(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0) -> Office:
        self.clock.advance(seconds=seconds, minutes=minutes, hours=hours)
        return self

    def at(self, time: str) -> Office:
        """Let time pass until the agency's clock says `HH:MM:SS`."""
        zone = self.hub.settings.agency.zone
        now = datetime.fromtimestamp(self.clock.now().at / 1000, zone)
        hour, minute, second = (int(part) for part in time.split(":"))
        then = now.replace(hour=hour, minute=minute, second=second, microsecond=0)
        return self.later(seconds=(then - now).total_seconds())

    # --- people

    def press(self, errand: str) -> str:
        """A visitor presses a button of the kiosk and takes the paper."""
        return self.kiosk.press(errand)

    def give(self, errand: str, **facts: Any) -> str:
        """Reception gives a ticket."""
        answer = actions.issue(
            self.hub, self.ask(RECEPTION), service=ERRANDS[errand], channel="reception", **facts
        )  # fmt: skip
        return answer["label"]

    def comes_back(self, label: str) -> None:
        """Somebody who was absent shows up at reception."""
        actions.give_back(self.hub, self.ask(RECEPTION), ticket=self.id_of(label))

    def gives_up(self, label: str, reason: str = "parti") -> None:
        actions.cancel(self.hub, self.ask(RECEPTION), ticket=self.id_of(label), reason=reason)

    def goes_first(self, label: str, priority: str, reason: str = "carte présentée") -> None:
        actions.set_priority(
            self.hub, self.ask(RECEPTION), ticket=self.id_of(label), priority=priority, reason=reason
        )  # fmt: skip

    def counter(self, code: str) -> CounterDesk:
        return self.desks.setdefault(code, CounterDesk(self, code))

    # --- what can be seen

    def ticket(self, label: str) -> Any:
        """The ticket with that label, of the last day that had one."""
        day = store.day(self.hub.reader)
        assert day is not None
        for number in range(day.id, 0, -1):
            found = store.ticket_labelled(self.hub.reader, number, label)
            if found:
                return found
        raise AssertionError(f"nobody has {label}")

    def id_of(self, label: str) -> str:
        return actions.faces.public_id(self.ticket(label))

    def state(self, label: str) -> str:
        return self.ticket(label).state

    def stages(self, label: str) -> list[Any]:
        return store.stages(self.hub.reader, self.ticket(label).id)

    def waiting(self) -> list[str]:
        return [t.label for t in store.open_tickets(self.hub.reader, ("waiting",))]

    @property
    def called(self) -> list[tuple[str, str]]:
        """What the waiting room reads, newest first: number and counter."""
        day = store.day(self.hub.reader)
        assert day is not None
        return [(row["label"], row["counter"]) for row in store.last_calls(self.hub.reader, day, 12)]

    @property
    def journal(self) -> list[str]:
        """What happened, by kind, in order."""
        return [row[0] for row in self.hub.reader.execute("SELECT kind FROM journal ORDER BY seq")]

    def restart(self, *, later_by_s: float = 0) -> None:
        """The hub's process ends and starts again on the same folder."""
        folder, appliers = self.hub.store.folder, self.hub.store
        appliers.close()
        self.later(seconds=later_by_s)
        self.hub = Hub(self.hub.settings, open_store(folder, self.clock))
