"""The bare server: the least that Flask-SocketIO on gunicorn does with one durable commit. The limit of our own hub.

`python -m hub.bench.bare PORT FILE`: POST /commit stores a row and tells every websocket client its number.
"""

from __future__ import annotations

import sqlite3
import sys
import threading
from pathlib import Path
from typing import Any

from flask import Flask, jsonify, request
from gunicorn.app.base import BaseApplication

from hub.orphans import die_with_demo
from hub.realtime import socket_server
from hub.sqlite import open_writer

THREADS = 160
TABLE = (
    """CREATE TABLE IF NOT EXISTS ticket (
        id INTEGER PRIMARY KEY, day INTEGER, label TEXT, service TEXT, state TEXT, at INTEGER)""",
    "CREATE UNIQUE INDEX IF NOT EXISTS label ON ticket (day, label)",
    "CREATE INDEX IF NOT EXISTS waiting ON ticket (state, service)",
)


def bare_app(file: Path) -> Flask:
    """One route that commits, one event that tells."""
    app = Flask("bare")
    io = socket_server(app)
    writer = open_writer(file)
    for statement in TABLE:
        writer.execute(statement)
    lock = threading.Lock()

    @app.post("/commit")
    def commit() -> Any:
        number = insert(writer, lock, request.get_json()["service"])
        io.emit("told", {"number": number})
        return jsonify({"number": number})

    @app.post("/silent")
    def silent() -> Any:
        return jsonify({"number": insert(writer, lock, request.get_json()["service"])})

    @app.get("/healthz")
    def healthz() -> Any:
        return jsonify({"ok": True})

    return app


def insert(writer: sqlite3.Connection, lock: threading.Lock, service: str) -> int:
    """One durable ticket row."""
    with lock:
        writer.execute("BEGIN IMMEDIATE")
        number = writer.execute("SELECT coalesce(max(id), 0) + 1 FROM ticket").fetchone()[0]
        writer.execute("INSERT INTO ticket VALUES (?, 1, ?, ?, 'waiting', 0)", (number, f"D{number:06d}", service))
        writer.execute("COMMIT")
        return int(number)


class BareServer(BaseApplication):
    """gunicorn as our hub has it."""

    def __init__(self, port: int, file: Path) -> None:
        self._port, self._file = port, file
        super().__init__()

    def load_config(self) -> None:
        """One worker, many threads."""
        for name, value in {
            "bind": f"127.0.0.1:{self._port}", "workers": 1, "worker_class": "gthread", "threads": THREADS,
            "loglevel": "error", "control_socket_disable": True, "graceful_timeout": 1,
        }.items():  # fmt: skip
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The application, in the worker."""
        return bare_app(self._file)


if __name__ == "__main__":
    die_with_demo()
    BareServer(int(sys.argv[1]), Path(sys.argv[2])).run()
