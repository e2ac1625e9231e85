"""Wiring of the ticket dispenser: `mbote kiosk --config DIR`, or `python -m kiosk DIR`."""

from __future__ import annotations

import logging
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

from display import voice
from hardware.devices import open_devices
from hardware.print_loop import PrintLoop
from hardware.printer import Printer
from hub.client import HubClient
from hub.ending import until_told
from hub.heartbeat import Heartbeat
from hub.history import History
from hub.joining import Joiner, TokenFile
from hub.settings import Settings
from hub.settings_files import load_settings
from kiosk.app import KioskApp, Manners
from kiosk.box_clock import BoxClock
from kiosk.reader import Reader
from kiosk.screen.server import Screen
from kiosk.spool import Spool

#: How long the first start waits for the hub, and then for its catalogue, before it says that it is ready without.
FIRST_S = 5.0


def reader_of(settings: Settings) -> Reader | None:
    """The voice that reads the page to whoever asks for it: the one that calls in the room. None without one."""
    if settings.kiosk.voice == "none":
        return None
    return Reader(lambda text, language: voice.read_aloud(text, language, settings.hub.voice_speed))


def manners(settings: Settings, spoken: tuple[str, ...] = ()) -> Manners:
    """What the configuration says about the kiosk's behaviour; `spoken`: what its loudspeaker can read."""
    kiosk = settings.kiosk
    return Manners(
        name=kiosk.name,
        first_language=settings.agency.languages[0],
        has_screen=bool(kiosk.screen_port),
        columns=kiosk.printer.columns,
        scanner=kiosk.scanner,
        spoken=spoken,
        answer_s=settings.queue.issue_answer_ms / 1000,
        again_s=kiosk.again_s,
    )


def run(settings: Settings, stop: threading.Event | None = None) -> None:
    """Serve until told to stop. Prints `ready NAME` once a button or a touch gives a ticket."""
    heartbeat = Heartbeat.from_environment()
    stop = stop or until_told()
    kiosk = settings.kiosk
    token = TokenFile(settings.path(kiosk.token))
    with ExitStack() as opened:
        spool = Spool(settings.path(kiosk.data) / "spool.db", kiosk.name).open()
        opened.callback(spool.close)
        hub = HubClient(kiosk.hub, token.read, settings.path(kiosk.authority), keep=token.keep)
        reader = reader_of(settings) if kiosk.screen_port else None
        spoken = reader.languages if reader else ()
        app = KioskApp(manners(settings, spoken), hub, spool, BoxClock(), History.from_environment(kiosk.name))
        paper = PrintLoop(Printer(kiosk.printer), app.hear_job, app.hear_printer)
        app.open(paper, {button.pin: button.service for button in kiosk.buttons})
        opened.callback(app.close)
        paper.open()
        opened.callback(paper.close)
        if kiosk.screen_port:
            opened.callback(Screen(app, kiosk.screen_port, kiosk.devices, reader).open().close)
        alone = app.catalogue is not None
        joiner = Joiner("kiosk", kiosk.hub, settings.path(kiosk.authority), token, app.hear_code).open()
        opened.callback(joiner.close)
        hub.listen(app.hear_picture, joiner.heard(app.hear_away), joiner.stranger).open()
        opened.callback(hub.close)
        devices = open_devices(kiosk.devices, settings.path(kiosk.socket))
        opened.callback(devices.close)
        devices.buttons([button.pin for button in kiosk.buttons], app.button, kiosk.debounce_ms, kiosk.stuck_s)
        if not alone and hub.wait_connected(FIRST_S):
            app.wait_catalogue(FIRST_S)
        heartbeat.ready(spool.waiting_reports)
        print(f"ready {kiosk.name}", flush=True)  # noqa: T201  whoever started us waits for this line
        stop.wait()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    run(load_settings(Path(sys.argv[1] if len(sys.argv) > 1 else ".")))
