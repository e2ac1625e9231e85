# ruff: noqa: E501  a catalogue reads better in rows
"""A hub of a few lines: a real Socket.IO server on a real port, which answers asks as it is told."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import socketio
from werkzeug.serving import BaseWSGIServer

from hardware.printer_emulator import kept_port
from tests.patience import patience
from tests.serving import served, unserved

CATALOGUE: dict[str, Any] = {
    "version": "v1",
    "agency": "CNSS-BZV-SIEGE",
    "timezone": "Africa/Brazzaville",
    "languages": ["fr", "en"],
    "slip": {
        "organisation": "Caisse nationale de sécurité sociale",
        "agency": "CNSS Siège",
        "footer": {"fr": "Avenue du Général de Gaulle, Brazzaville", "en": "Avenue du Général de Gaulle, Brazzaville"},
        "recalls": 3,
        "return_min": 30,
    },
    "buttons": {},
    "services": [
        {
            "service": code, "prefix": prefix, "labels": {"fr": fr, "en": en}, "icon": icon, "quota": None,
            "papers": {"fr": papers, "en": papers}, "hours": [],
        }
        for code, prefix, fr, en, icon, papers in (
            ("DEP", "D", "Déposer des pièces", "Hand in documents", "file-upload",
             ["Pièce d'identité", "Carte d'assuré", "Les pièces demandées, en original"]),
            ("RAS", "A", "Me renseigner sur mon dossier", "Ask about my file", "help-circle", ["Carte d'assuré"]),
            ("CRE", "C", "Payer des cotisations", "Pay contributions", "cash", ["Déclaration nominative"]),
            ("CPR", "P", "Percevoir une prestation", "Collect a benefit", "wallet", ["Pièce d'identité", "Avis de paiement"]),
            ("PEN", "V", "Pension, réversion, certificat de vie", "Pension, life certificate", "certificate",
             ["Pièce d'identité", "Livret de pension"]),
            ("PFA", "F", "Allocations, maternité, accident", "Family benefits, maternity, accident", "baby-carriage", []),
            ("IMM", "I", "M'immatriculer, affilier", "Register, enrol", "id-badge-2", ["Acte de naissance"]),
            ("REM", "E", "Je suis employeur", "I am an employer", "briefcase", []),
            ("REC", "R", "Réclamation, rendez-vous", "Complaint, appointment", "message-report", []),
        )
    ],
}  # fmt: skip


class FakeHub:
    """Answers `ask`. `answers[what]` is a body or a function of the ask; `asked` holds all that came, in order."""

    def __init__(self, catalogue: dict[str, Any] | None = None) -> None:
        self.catalogue = catalogue or CATALOGUE
        self.port = 0
        self.asked: list[dict[str, Any]] = []
        self.answers: dict[str, Any] = {}
        self.numbers: dict[str, int] = {}
        self.known: dict[str, dict[str, Any]] = {}
        self.closed: dict[str, str] = {}
        self.waiting = 7
        self.jobs: list[dict[str, Any]] = []
        self.seq = 0
        self.day = "2026-11-23"
        self.own_last = self.ahead_ms = 0
        self._changed = threading.Condition()
        self._server: BaseWSGIServer | None = None
        self._place: socket.socket | None = None

    def start(self) -> FakeHub:
        self.io = socketio.Server(async_mode="threading", transports=["websocket"], ping_interval=3, ping_timeout=4)
        self.io.on("connect", self._connect)
        self.io.on("ask", self._ask)
        app = socketio.WSGIApp(self.io)
        if self._place is None:
            self._place = kept_port()  # it comes back on the same one
            self.port = self._place.getsockname()[1]
        self._server = served(app, self.port)
        return self

    def stop(self) -> None:
        """As a killed hub: the port closes and every line breaks."""
        if self._server is None:
            return
        unserved(self._server)
        for session in list(self.io.eio.sockets.values()):
            session.close(wait=False, abort=True)
        self._server = None

    def close(self) -> None:
        """It does not come back."""
        self.stop()
        if self._place is not None:
            self._place.close()

    def picture(self) -> dict[str, Any]:
        self.seq += 1
        services = [
            {
                "service": each["service"], "open": each["service"] not in self.closed,
                "why_closed": self.closed.get(each["service"], ""), "waiting": self.waiting, "low_s": 900, "high_s": 1500,
            }
            for each in self.catalogue["services"]
        ]  # fmt: skip
        return {
            "epoch": 1, "seq": self.seq, "day": self.day, "mode": "open", "services": services, "message": "",
            "catalogue": "v1", "hub_at": time.time_ns() // 1_000_000 + self.ahead_ms, "jobs": len(self.jobs),
            "own_last": self.own_last,
        }  # fmt: skip

    def publish(self) -> None:
        self.io.emit("kiosk", self.picture())

    def give_papers(self, *jobs: dict[str, Any]) -> None:
        """Papers for the kiosk's printer, handed out one by one."""
        self.jobs += jobs
        self.answers["print_take"] = lambda _: self.jobs.pop(0) if self.jobs else {"job": None}
        self.publish()

    def wait_for(self, what: str, count: int = 1) -> list[dict[str, Any]]:
        """The asks of that kind (`one|other`: of either), once so many have come."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._of(what)) >= count, patience(10)):
                raise TimeoutError(f"{count} {what} wanted; asked: {self.asked}")
            return self._of(what)

    def _of(self, what: str) -> list[dict[str, Any]]:
        return [each for each in self.asked if each["what"] in what.split("|")]

    def _connect(self, sid: str, _environ: Any, auth: Any) -> bool:
        if not auth or auth.get("token") != "secret":
            return False
        self.io.emit("catalogue", self.catalogue, to=sid)
        self.io.emit("kiosk", self.picture(), to=sid)
        return True

    def _ask(self, _sid: str, ask: dict[str, Any]) -> Any:
        with self._changed:
            self.asked.append(ask)
            self._changed.notify_all()
        answer: Callable[[dict[str, Any]], Any] | Any = self.answers.get(
            ask["what"], self._issue if ask["what"] == "issue" else {}
        )
        return answer(ask) if callable(answer) else answer

    def _issue(self, ask: dict[str, Any]) -> dict[str, Any]:
        if ask["key"] not in self.known:
            prefix = next(s["prefix"] for s in self.catalogue["services"] if s["service"] == ask["service"])
            number = self.numbers[prefix] = self.numbers.get(prefix, 0) + 1
            self.known[ask["key"]] = {
                "id": f"T{len(self.known)}", "label": f"{prefix}{number:03d}", "service": ask["service"], "state": "issued",
                "issued_at": "2026-11-23T08:00:00+01:00", "ahead": self.waiting, "wait": {"low_s": 900, "high_s": 1500},
                "follow": "k3x9q2ab",
            }  # fmt: skip
        return self.known[ask["key"]]
