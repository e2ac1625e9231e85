"""Kiosks that the bench presses: the kiosk's own code, with a sink for paper.

`python -m hub.bench.kiosks CONFIG PRESSES NAME=TOKEN…` plays some of them in a process of their own: it says
`ready`, waits for a line, presses, and writes every duration (seconds) as one JSON list.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from hardware.print_loop import Job, PrintLoop, State
from hardware.printer import Printer
from hub.bench.figures import at_once
from hub.bench.rig import PaperSink
from hub.client import HubClient
from hub.history import History
from hub.orphans import die_with_demo
from hub.paper import Slip
from hub.settings import Settings
from hub.settings_files import load_settings
from kiosk.__main__ import manners
from kiosk.app import KioskApp
from kiosk.box_clock import BoxClock
from kiosk.spool import Spool

SERVICE = "DEP"


class KioskUnderTest:
    """The kiosk's own code on a paper sink of ours, from the accepted press to the last byte at the socket."""

    def __init__(self, settings: Settings, name: str, token: str, folder: Path, port: int = 0) -> None:
        """`port`: of a printer; a paper sink of our own when 0."""
        kiosk = settings.kiosk
        self.sink = PaperSink()
        self.slip: Slip = ()
        self.spool = Spool(folder / f"{name}.db", name).open()
        self.client = HubClient(kiosk.hub, lambda: token)
        self.app = KioskApp(manners(settings), self.client, self.spool, BoxClock(), History.from_environment(name))
        printer = kiosk.printer.model_copy(
            update={"port": port or self.sink.port, "host": "127.0.0.1", "kind": "tcp", "status": bool(port)}
        )
        self.paper = PrintLoop(Printer(printer), self._hear_job, self.app.hear_printer)
        self.app.open(self.paper, {})
        self.paper.open()
        self.client.listen(self.app.hear_picture, self.app.hear_away).open()
        self.client.wait_connected(10)

    def _hear_job(self, job: Job, state: State, reason: str) -> None:
        self.slip = job.slip
        self.app.hear_job(job, state, reason)

    def press(self) -> float:
        """One press; seconds until its paper is cut."""
        wanted = self.sink.cuts + 1
        began = time.perf_counter()
        self.app.press(SERVICE)
        return self.sink.wait(wanted) - began

    def alone(self) -> float:
        """One press of one visitor at a time: the hub has heard of the paper before the next one comes."""
        taken = self.press()
        while self.spool.waiting_reports():
            time.sleep(0.0005)
        return taken

    def close(self) -> None:
        """Switch it off."""
        self.client.close()
        self.paper.close()
        self.app.close()
        self.spool.close()
        self.sink.close()


def main() -> None:
    """Play the kiosks named on the command line."""
    die_with_demo()
    config, presses, named = Path(sys.argv[1]), int(sys.argv[2]), [word.split("=", 1) for word in sys.argv[3:]]
    settings = load_settings(config)
    with tempfile.TemporaryDirectory() as folder:
        kiosks = [KioskUnderTest(settings, name, token, Path(folder)) for name, token in named]
        print("ready", flush=True)
        sys.stdin.readline()
        taken, _ = at_once(len(kiosks), presses, lambda n: kiosks[n].press)
        print(json.dumps(taken), flush=True)
        for kiosk in kiosks:
            kiosk.close()


if __name__ == "__main__":
    main()
