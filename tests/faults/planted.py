"""Hubs with a fault on purpose: a check that does not find it proves nothing.

`python -m tests.faults.planted PLANT --config DIR` runs the product's own hub after changing one thing:

- `select_then_update`: *next* looks first and calls afterwards, in two transactions;
- `ack_before_commit`: answers leave at once, commits follow together a quarter of a second later;
- `log_not_synced`: answers wait for the commit, the commit not for the card (synchronous=NORMAL);
- `log_on_the_card`: no fault of ours: `often`, and it logs where its data lies;
- `often`: no fault: it keeps house three times a second;
- `worker_of_its_own`: the hub serves in a child, as gunicorn does, which does not ask to be killed with it.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from hub import asks, server, settings_files, sqlite, store, wsgi
from hub.orphans import die_with_demo
from hub.queues import actions as queues
from hub.queues import line as queue_line
from hub.queues import routing
from hub.queues.model import TicketCalled

LOOK_S, COMMIT_S = 0.004, 0.25
#: Each request is a part of the transaction that all of them share.
SAVEPOINTS = {
    "BEGIN IMMEDIATE": ("SAVEPOINT request",),
    "COMMIT": ("RELEASE request",),
    "ROLLBACK": ("ROLLBACK TO request", "RELEASE request"),
}


def look_and_then_call(hub: Any, ask: Any, body: Any) -> Any:
    """*Next*, chosen before the transaction that records it."""
    configured = hub.settings.counter(body.counter)
    with hub.snapshot() as reader:
        candidates = queue_line.waiting_now(hub, reader, hub.now())
        choice = routing.choose(candidates, queue_line.caller_now(hub, reader, configured), hub.settings.queue)
    time.sleep(LOOK_S)
    if isinstance(choice, routing.Nobody):
        return queues.call_next(hub, ask, counter=body.counter)
    found = choice.candidate
    event = TicketCalled(
        ticket=found.ticket, stage=found.stage, label=found.label, counter=body.counter, agent="", rule=3,
        why="waited:0", waiting=choice.waiting,
    )  # fmt: skip

    def call(tx: Any) -> Any:
        tx.run("DROP INDEX IF EXISTS counter_ticket")  # a hub that believes its own looking has no need of it
        return queues._called(tx, hub, event)

    return hub.perform(ask, call)


def select_then_update() -> None:
    asks.ASKS["next"] = replace(asks.ASKS["next"], act=look_and_then_call)


class PutOff:
    """A connection that commits later: for all that was answered meanwhile."""

    def __init__(self, real: Any) -> None:
        self.real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def execute(self, sql: str, *values: Any) -> Any:
        if sql == "BEGIN IMMEDIATE" and not self.real.in_transaction:
            self.real.execute(sql)
        for statement in SAVEPOINTS.get(sql, (sql,)):
            done = self.real.execute(statement, *values)
        return done


def ack_before_commit() -> None:
    begin = store.Store._begin

    def first(self: Any, ask: Any) -> Any:
        if not isinstance(self.writer, PutOff):
            self.writer = PutOff(self.writer)
            threading.Thread(target=commit_for_ever, args=(self,), daemon=True).start()
        return begin(self, ask)

    store.Store._begin = first  # type: ignore[method-assign]


def commit_for_ever(held: Any) -> None:
    while True:
        time.sleep(COMMIT_S)
        with held._write:
            if held.writer.in_transaction:
                held.writer.real.execute("COMMIT")


def log_not_synced() -> None:
    sqlite.WRITER["synchronous"] = 1


def often() -> None:
    wsgi.HOUSEKEEPING_S = 0.3  # type: ignore[assignment]


def log_on_the_card() -> None:
    ready = server.HubServer._ready

    def logging(self: Any, worker: Any) -> None:
        ready(self, worker)
        log = os.open(worker.wsgi.extensions["mbote"].store.folder / "hub.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1)
        os.dup2(log, 2)

    often()
    server.HubServer._ready = logging  # type: ignore[method-assign]


def worker_of_its_own() -> None:
    run = server.HubServer.run

    def forked(self: Any) -> None:
        if os.fork():
            os.wait()
        else:
            run(self)

    server.HubServer.run = forked  # type: ignore[method-assign]


PLANTS = {
    plant.__name__: plant
    for plant in (select_then_update, ack_before_commit, log_not_synced, log_on_the_card, often, worker_of_its_own)
}


def main() -> None:
    die_with_demo()
    plant, config = PLANTS[sys.argv[1]], Path(sys.argv[-1])
    plant()
    server.serve(settings_files.load_settings(config), demo={"folder": str(config.parent)})


if __name__ == "__main__":
    main()
