"""Wiring of the physical panels: `mbote panel --config DIR`, or `python -m counter_panel DIR`."""

from __future__ import annotations

import logging
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

from counter_panel.app import CounterPanel, PanelApp, by_pin
from hardware.devices import Devices, open_devices
from hardware.lamp import Lamp
from hub.client import HubClient
from hub.ending import until_told
from hub.heartbeat import Heartbeat
from hub.history import History, Recorded, watching
from hub.joining import Joiner, TokenFile
from hub.say import FIRST, words
from hub.settings import Settings
from hub.settings.devices import PanelCounter
from hub.settings_files import load_settings

#: How long the first start waits for the hub before it says that it is ready without one.
FIRST_S = 5.0
#: A number display shows two narrow characters a module, and never more than this.
WIDEST = 8


def run(settings: Settings, stop: threading.Event | None = None) -> None:
    """Serve until told to stop. Prints `ready NAME` once the keys are heard."""
    heartbeat = Heartbeat.from_environment()
    stop = stop or until_told()
    wired = settings.panel
    token = TokenFile(settings.path(wired.token))
    language = settings.agency.languages[0]
    short = words(FIRST, "panel") | words(language, "panel")
    with ExitStack() as opened:
        devices = open_devices(wired.devices, settings.path(wired.socket))
        opened.callback(devices.close)
        panels = {one.counter: _panel(one, devices, short) for one in wired.counters}
        history = History.from_environment(wired.name)
        hub = HubClient(wired.hub, token.read, settings.path(wired.authority), keep=token.keep)
        keys = by_pin(wired.counters)
        app = PanelApp(Recorded(hub, history), panels, keys, motive=short["hold_key"])
        opened.callback(app.close)
        joiner = Joiner("panel", wired.hub, settings.path(wired.authority), token, app.code).open()
        opened.callback(joiner.close)
        hub.listen(watching(history, app.picture), joiner.heard(app.link), joiner.stranger).open()
        opened.callback(hub.close)
        devices.buttons(keys, app.pressed, wired.debounce_ms, wired.stuck_s)
        hub.wait_connected(FIRST_S)
        heartbeat.ready(lambda: [panel.tick(time.monotonic()) for panel in panels.values()])
        print(f"ready {wired.name}", flush=True)  # noqa: T201  whoever started us waits for this line
        stop.wait()


def _panel(wired: PanelCounter, devices: Devices, short: dict[str, str]) -> CounterPanel:
    display = devices.number_display(wired.counter, wired.display, wired.cascaded, wired.spi)
    lamps: dict[str, Lamp] = {name: devices.lamp(pin) for name, pin in wired.lamps.items()}
    return CounterPanel(wired.counter, display, lamps, short, min(WIDEST, 2 * wired.cascaded))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    run(load_settings(Path(sys.argv[1] if len(sys.argv) > 1 else ".")))
