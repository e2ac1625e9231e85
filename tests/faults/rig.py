"""A run as the judge wants it: everything that a running agency's devices saw, what was broken, and three exports.

    with Rig(agency, folder, seed) as rig:
        rig.press("DEP"); rig.kill("hub")
    verdict = rig.verdict()

Two displays watch over lines of their own, the printer's paper is read as it comes, the kiosk and the panel write down
what they see (start the agency with MBOTE_HISTORY set to `rig_book(folder)`), agents and more kiosks have recorders.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
from collections import deque
from contextlib import closing
from pathlib import Path
from typing import Any, Self

from hub import history_export
from hub.client import HubClient
from hub.history import History, watching
from hub.judge import Verdict, judge_folder
from tests.agency import CENTRE, RunningAgency, label, strain, until
from tests.faults.clients import Agent
from tests.faults.tills import arrived

DISPLAYS = {"D1": "own_display", "D9": "display"}
#: The real kiosk of the agency, and who asks over the API.
KIOSK, API = "K1", "A9"
DRAINED_S = 30
LAG_MS, PRESS_MS, STALE_MS = 2_000, 3_000, 10_000


def rig_book(folder: Path) -> Path:
    """Where all recorders of a run write."""
    return folder / "history.jsonl"


class Rig:
    """The recorders of one run, and its nemesis."""

    def __init__(self, agency: RunningAgency, folder: Path, seed: int) -> None:
        self.agency = agency
        self.folder = folder
        self.seed = seed
        self.kills = 0
        self.book = rig_book(folder)
        self.driver = History("drv", str(self.book))
        self.api = Agent(API, agency.api, self.book)
        self._reader = History(API, str(self.book))
        self._first = agency.api.get("board")["seq"] + 1
        self._screens: list[HubClient] = []
        self._strain = strain()
        self._pins = {button.service: button.pin for button in agency.settings.kiosk.buttons}

    def __enter__(self) -> Self:
        self.agency.printer.slips = Papers(self.driver)
        for name, token in DISPLAYS.items():
            self._screens.append(display(self.agency, History(name, str(self.book)), token))
        self.driver.tell("mark", f="ready", a={})
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._to_the_end()

    def press(self, service: str) -> None:
        """A finger on the kiosk's button."""
        self.driver.tell("phys", f="button.down", a={"dev": KIOSK, "pin": self._pins[service]})
        self.agency.press(service)

    def look(self) -> int:
        """Read the board as one who also writes; the entry that it shows."""
        with self._reader.operation("queue.read", None, {}) as heard:
            board = self.agency.api.get("board")
            heard({"seq": board["seq"], "epoch": board["epoch"]})
        return int(board["seq"])

    def kill(self, what: str) -> int:
        """SIGKILL."""
        target = {"kiosk": KIOSK}.get(what, what)
        self.kills += 1
        self.driver.tell("nem", f="kill", target=target, phase="begin", a={"what": what})
        return self.agency.kill(what)

    def verdict(self) -> Verdict:
        """What the judge says of the folder, as anybody would have it judged."""
        return judge_folder(self.folder)

    # --- the end ----------------------------------------------------------------------------

    def _to_the_end(self) -> None:
        """Healed, drained, and exported three times: at once, after a clean start, after a kill."""
        self.agency.wait_answer()
        self.driver.tell("mark", f="healed", a={})
        until(lambda: not self._unreported(), DRAINED_S, "the kiosk's last reports")
        until(lambda: not self._unsent(), DRAINED_S, "the last messages to the centre")
        self.driver.tell("mark", f="drained", a={})
        for screen in self._screens:
            screen.close()
        self._export("final.jsonl")
        for name, how in (("final-restart.jsonl", signal.SIGTERM), ("final-kill.jsonl", signal.SIGKILL)):
            self._start_again(how)
            self._export(name)
        self.driver.tell("mark", f="final", a={})
        self._write_facts()

    def _start_again(self, how: signal.Signals) -> None:
        before = self.agency.pid("hub")
        os.kill(self.agency.pid("hub"), how)
        until(lambda: self.agency.pid("hub") != before, DRAINED_S, "another hub")
        self.agency.wait_answer()

    def _export(self, name: str) -> None:
        centre = arrived(self.agency.folder / CENTRE)
        lines = [*history_export.export(self.agency.folder / "data"), *self._kiosk_tickets(), *centre]
        (self.folder / name).write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")

    def _spool(self, sql: str) -> list[tuple[Any, ...]]:
        return _read(self.agency.folder / "kiosk" / "spool.db", sql)

    def _unreported(self) -> set[str]:
        """What the kiosk has begun or told, and the hub's journal does not have: its own rows are crossed out later."""
        if begun := self._spool("SELECT key FROM press WHERE state IN ('pressed', 'accepted')"):
            return {key for (key,) in begun}
        told = {key for (key,) in self._spool("SELECT key FROM report WHERE set_aside IS NULL")}
        heard = _read(self.agency.folder / "data" / "mbote.db", "SELECT key FROM journal WHERE kind = 'paper_reported'")
        return told - {key for (key,) in heard}

    def _unsent(self) -> list[tuple[Any, ...]]:
        """What the hub has not yet laid into the centre's folder."""
        return _read(self.agency.folder / "data" / "mbote.db", "SELECT id FROM outbox WHERE state = 'to_send'")

    def _kiosk_tickets(self) -> list[dict[str, Any]]:
        """What the real kiosk knows of what it gave."""
        rows = self._spool("SELECT key, label, own, service FROM press WHERE label IS NOT NULL ORDER BY number")
        return [
            {
                "side": "kiosk", "type": "ticket", "actor": f"dev:{KIOSK}", "issued_key": key, "label": given,
                "offline": bool(own), "svc": service, "merged": True,
            }
            for key, given, own, service in rows
        ]  # fmt: skip

    def _write_facts(self) -> None:
        stretched = max(self._strain, strain())
        config = history_export.config_of(self.agency.settings) | {
            "real_time": True, "overtake_max": 3, "drain_s": DRAINED_S, "reconnect_ms": round(5_000 * stretched),
            "display_lag_ms": round(LAG_MS * stretched), "stale_ms": STALE_MS,
            "press_answer_ms": round(PRESS_MS * stretched),
        }  # fmt: skip
        facts = {
            "v": 1, "seed": self.seed, "impl": "mbote", "config": config, "complete": True, "from_seq": self._first,
            "lines": self.book.read_bytes().count(b"\n"), "strain": round(stretched, 2),
        }  # fmt: skip
        (self.folder / "run.json").write_text(json.dumps(facts), "utf-8")


def _read(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return db.execute(sql).fetchall()


class Papers(deque[Any]):
    """Where the emulator lays its slips: each is told to the driver as it is cut."""

    def __init__(self, driver: History) -> None:
        super().__init__(maxlen=200)
        self._driver = driver

    def append(self, slip: Any) -> None:
        """A slip was cut."""
        super().append(slip)
        dup = any("DUPLICATA" in line.text for line in slip if line.kind == "text")
        r = {"kind": "ticket", "label": label(slip), "dup": dup, "complete": True}
        self._driver.tell("obs", f="print", actor=f"dev:{KIOSK}", r=r, seq=0, epoch=0)


def display(agency: RunningAgency, history: History, token: str) -> HubClient:
    """A screen of the waiting room as the hub sees it: its line, with everything that comes over it."""
    line = HubClient(f"http://127.0.0.1:{agency.port}", lambda: agency.tokens[token])
    line.listen(watching(history), lambda away: history.saw("display.link", {"up": not away})).open()
    assert line.wait_connected(10)
    return line
