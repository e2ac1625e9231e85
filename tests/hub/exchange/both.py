"""An agency and a centre on one machine: real files, real sockets, and a clock that moves when told."""

import threading
from datetime import UTC, datetime
from pathlib import Path

from hub import outbox
from hub.agents import store as agents
from hub.agents.migrations import migrations as agent_migrations
from hub.ask import HUB, Ask
from hub.centre import place
from hub.centre.adapter import Verdict
from hub.centre.web import Server, Worker
from hub.chain import public_key
from hub.clock import ManualClock
from hub.context import Hub
from hub.exchange import store as exchange
from hub.exchange.asker import Asked, Asker
from hub.exchange.sender import Sender
from hub.exchange.ways import SIGNING_KEY, address_of
from hub.settings_files import load_settings
from hub.store import Store

CONFIG = Path(__file__).parents[3] / "config"
CODE = load_settings(CONFIG).agency.code
START = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)


class Rules:
    """The central database: rejects the keys it is told to, says of others that it will know later."""

    def __init__(self) -> None:
        self.rejects: dict[str, str] = {}
        self.later: set[str] = set()
        self.integrated: list[tuple[str, int]] = []

    def integrate(self, row):
        if row.aggregate in self.later:
            return Verdict("later")
        if row.key in self.rejects:
            return Verdict("rejected", self.rejects[row.key], "personne inconnue au siège")
        self.integrated.append((row.key, row.version))
        return Verdict("integrated")


class Centre:
    """The receiver, its worker and its listener."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = place.make(folder)
        self.rules = Rules()
        self.port = 0
        self.server = None
        self.receiver = place.opened(folder, self.rules)
        self.worker = Worker(self.receiver, lambda: place.agencies(folder))

    def knows(self, code: str, public: bytes) -> None:
        with (self.folder / "agencies.toml").open("a") as file:
            file.write(f'{code} = "{public.hex()}"\n')

    def open(self, tls=None) -> str:
        self.worker = Worker(self.receiver, lambda: place.agencies(self.folder)).open()
        self.server = Server(("127.0.0.1", self.port), self.receiver, self.worker, tls)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return f"http{'s' if tls else ''}://127.0.0.1:{self.port}"

    def cut(self) -> None:
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.worker.close()
            self.server = None

    def close(self) -> None:
        self.cut()
        self.receiver.store.close()

    def states(self) -> list[tuple[str, str, int]]:
        return self.receiver.store.counts()


class Branch:
    """The agency's side, with nothing in it but its people, its outbox and its inbox."""

    def __init__(self, folder: Path, centre: str, **box: object) -> None:
        self.folder, self.clock = folder, ManualClock(START)
        self.settings = load_settings(CONFIG, {"centre": {"key": centre}, "hub": box})
        self.open()

    def open(self) -> None:
        store = Store(
            self.folder, appliers=outbox.APPLIERS | agents.APPLIERS | exchange.APPLIERS, clock=self.clock,
            migration_sets=(outbox.migrations, agent_migrations, exchange.migrations),
        )  # fmt: skip
        self.hub = Hub(self.settings, store)

    @property
    def public(self) -> bytes:
        return public_key(self.folder / SIGNING_KEY)

    def by_wire(self, url: str) -> tuple[Sender, Asker]:
        address = address_of(self.hub, url)
        return Sender(self.hub, address), Asker(self.hub, Asked(address), 60)

    def says(self, aggregate: str, **payload: object) -> str:
        with self.hub.store.transaction(Ask(HUB)) as tx:
            number = outbox.enqueue(tx, topic="deposit.decided", aggregate=aggregate, payload=payload)
        return outbox.message(self.hub.reader, number).key

    def states(self) -> list[str]:
        return [row["state"] for row in self.hub.reader.execute("SELECT state FROM outbox ORDER BY id")]

    def close(self) -> None:
        self.hub.store.close()
