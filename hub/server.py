"""The hub's process: gunicorn's threaded worker, alone (`mbote hub`).

gunicorn's arbiter is left out. A second process kept a copy of all that the hub had loaded (27 MB of its own), and what
it is for others do here: systemd starts the hub anew when it ends or stops beating, and the beat asks the thread that
accepts everybody, too. There is no graceful path that differs from the kill path: every start is a recovery.
"""

from __future__ import annotations

import ctypes
import gc
import os
import ssl
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TextIO, cast

import structlog
from gunicorn.app.base import BaseApplication
from gunicorn.sock import create_sockets

from hub.ask import HUB, Ask
from hub.authority import open_authority, own_names
from hub.context import Hub
from hub.errors import StoreFault
from hub.heartbeat import Heartbeat
from hub.listener import PatientWorker
from hub.quiet import Sparing
from hub.settings import Settings

log = structlog.get_logger("hub")
#: How long one thread may keep the others waiting: an answer must not stand behind five milliseconds of pictures.
TURN_S = 0.0005
#: How often the certificate and the addresses of the box are looked at, seconds.
LOOK_S = 60.0
#: mallopt's parameter: how many heaps there may be.
M_ARENA_MAX = -8
#: How the process ends that cannot open its store, and one whose thread that accepts everybody has ended.
NOT_BEGUN_EXIT, ENDED_EXIT = 3, 4


class Secrecy:
    """TLS for neighbours, with a certificate that is made anew by itself: when it runs out, or the box has moved."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._names = hub.settings.hub.names.lower().split()
        self._authority = open_authority(hub.store.folder, own_names(self._names), self._now())
        self._context = self._authority.context()
        log.info("https", fingerprint=self._authority.fingerprint)
        threading.Thread(target=self._keep, name="certificate", daemon=True).start()

    def context(self) -> ssl.SSLContext:
        """For connections that come now."""
        return self._context

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._hub.now().at / 1000, UTC)

    def _keep(self) -> None:
        while not threading.Event().wait(LOOK_S):
            try:
                if self._authority.renew(own_names(self._names), self._now()):
                    self._context = self._authority.context()
                    log.info("the certificate was made anew")
            except OSError as error:
                log.warning("the certificate could not be made anew", fault=str(error))


class HubServer(BaseApplication):
    """gunicorn, configured here and not from a file."""

    def __init__(self, settings: Settings, demo: dict[str, Any] | None) -> None:
        self._settings = settings
        self._demo = demo
        self._heartbeat = Heartbeat.from_environment()
        super().__init__()

    def load_config(self) -> None:
        """One process: Socket.IO's state and the writer live in it."""
        box = self._settings.hub
        values = {
            "bind": f"{box.host}:{box.port}",
            "worker_class": PatientWorker,
            "threads": box.threads,
            "sendfile": False,
            "keepalive": 75,
            "loglevel": "warning",
            "limit_request_line": 4094,
            "limit_request_fields": 50,
            "limit_request_field_size": 4094,
            "post_worker_init": self._ready,
        }
        for name, value in values.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def run(self) -> None:
        """Serve, in this process, until it is told to end."""
        said = self.cfg.logger_class(self.cfg)
        worker = PatientWorker(1, os.getppid(), create_sockets(self.cfg, said), self, self.cfg.timeout, self.cfg, said)
        try:
            worker.init_process()
        except Exception:
            log.exception("the hub ends")
        os._exit(ENDED_EXIT)  # its threads would be waited for, and nobody is accepted any more

    def load(self) -> Any:
        """The application. Who knocks while it is built waits at the port."""
        from hub.wsgi import build  # noqa: PLC0415 (a program that only asks for this module's parts needs no room)

        try:
            return build(self._settings, self._demo)
        except (StoreFault, OSError) as fault:
            log.error("not begun", fault=str(fault))  # noqa: TRY400 (a dead card is no fault of the program)
            sys.exit(NOT_BEGUN_EXIT)  # systemd tries again, after its pause

    def _ready(self, worker: Any) -> None:
        settle_down()
        hub: Hub = worker.wsgi.extensions["mbote"]
        box = self._settings.hub
        if box.secret:
            worker.context = Secrecy(hub).context
        elif box.plain == "everywhere":
            worker.per_address = box.threads  # whatever brings TLS stands before all of them
        self._heartbeat.ready(lambda: answers(hub, worker))
        print(f"ready http://{box.host}:{box.port}/", flush=True)


def answers(hub: Hub, worker: PatientWorker) -> None:
    """Wait for a turn of who accepts everybody, then of the writer, and write nothing. Raises StoreFault."""
    worker.wait_turn()
    with hub.store.transaction(Ask(HUB)):
        pass


def few_arenas() -> None:
    """Two heaps are enough under one lock: glibc gives many threads many, each keeping what it once took."""
    ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)


def settle_down() -> None:
    """What was loaded and built stays for good: the collector of garbage need not look at it each time."""
    gc.collect()
    gc.freeze()


class Said:
    """Standard output as the log has it: where nobody takes a line (a full disk, a pipe without a reader) it is lost.

    What is logged is on its way through an answer, or through a thread that must not end with it.
    """

    def write(self, text: str) -> None:
        """Say it, if it can be said."""
        with suppress(OSError, ValueError):
            sys.stdout.write(text)

    def flush(self) -> None:
        """The same."""
        with suppress(OSError, ValueError):
            sys.stdout.flush()


def log_lines() -> None:
    """One JSON object a line, for journald. A traceback is told without the values in it: they may name people."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            Sparing(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", Said())),
        cache_logger_on_first_use=True,
    )
    threading.excepthook = _thread_ended


def _thread_ended(ended: threading.ExceptHookArgs) -> None:
    """In the log's own lines, which spare the card: Python would write a traceback for each."""
    name = ended.thread.name.split("-")[0] if ended.thread else "?"
    log.error("a thread ended", thread=name, kind=ended.exc_type.__name__, exc_info=ended.exc_value)


def serve(settings: Settings, demo: dict[str, Any] | None = None) -> None:
    """Run the hub until it is stopped."""
    log_lines()
    few_arenas()
    sys.setswitchinterval(TURN_S)
    HubServer(settings, demo).run()
