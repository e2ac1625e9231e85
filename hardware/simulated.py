"""Hardware without hardware: mock pins and displays handled from outside, through a Unix socket.

In comes {"pin": 17, "level": 0}, {"press": 17, "ms": 120}; out go {"lamp": 22, "on": true} and
{"display": "05", "text": "D001"} to everybody connected, a newcomer first hearing all that is lit.
It replaces the vendor's lowest part only: gpiozero's own Button and LED run on these pins.

`python -m hardware.simulated printer --port N --socket PATH` runs a printer emulator.
"""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path
from typing import Any

from gpiozero.pins.mock import MockFactory, MockPin

from hardware.line_server import LineServer, Message
from hardware.number_display import TextDisplay
from hardware.printer_emulator import PrinterEmulator

SHORTEST_MS, LONGEST_MS = 1, 60_000


class TellingPin(MockPin):
    """A mock pin that says when its output changes."""

    def _set_state(self, value: bool) -> None:
        before = self._state
        super()._set_state(value)
        if self._state != before:
            self.factory.tell(self.info.name, bool(self._state))


class TellingFactory(MockFactory):
    """gpiozero's mock factory, with pins that tell."""

    def __init__(self, tell: Any) -> None:
        super().__init__(pin_class=TellingPin)
        self._tell = tell

    def tell(self, name: str, on: bool) -> None:
        """An output changed."""
        self._tell(int(name.removeprefix("GPIO")), on)


class SimulatedBoard:
    """The pins of one box and its displays, at a Unix socket."""

    def __init__(self, path: Path) -> None:
        self.factory = TellingFactory(self._lamp)
        self._lit: dict[int, bool] = {}
        self._texts: dict[str, str] = {}
        self._lines = LineServer(path, self._hear, self._greet)

    def open(self) -> SimulatedBoard:
        """Listen for fingers."""
        self._lines.open()
        return self

    def display(self, name: str) -> TextDisplay:
        """A number display that is read at the socket."""
        return TextDisplay(name, self._text)

    def level(self, pin: int, high: bool) -> None:
        """Drive an input pin, as a wire would."""
        wire = self.factory.pin(pin)
        if high:
            wire.drive_high()
        else:
            wire.drive_low()

    def press(self, pin: int, ms: int) -> None:
        """A finger: down now, up after `ms`."""
        self.level(pin, False)
        finger = threading.Timer(min(max(ms, SHORTEST_MS), LONGEST_MS) / 1000, self.level, (pin, True))
        finger.daemon = True
        finger.start()

    def close(self) -> None:
        """Nobody can press any more."""
        self._lines.close()
        self.factory.close()

    def __repr__(self) -> str:
        return f"<SimulatedBoard {self._lines.path}>"

    def _hear(self, message: Message) -> list[Message]:
        """A command; one that cannot be obeyed is answered, not obeyed in part."""
        try:
            if "press" in message:
                self.press(int(message["press"]), int(message.get("ms", 120)))
            elif "pin" in message:
                self.level(int(message["pin"]), bool(message["level"]))
            else:
                return [{"error": "say press or pin"}]
        except (
            KeyError,
            TypeError,
            ValueError,
            AssertionError,
        ) as error:  # gpiozero asserts that a driven pin is an input
            return [{"error": f"{type(error).__name__}: {error}"}]
        return [{"done": message}]

    def _greet(self) -> list[Message]:
        lamps: list[Message] = [{"lamp": pin, "on": on} for pin, on in sorted(self._lit.items())]
        return lamps + [{"display": name, "text": text} for name, text in sorted(self._texts.items())]

    def _lamp(self, pin: int, on: bool) -> None:
        self._lit[pin] = on
        self._lines.publish({"lamp": pin, "on": on})

    def _text(self, name: str, text: str) -> None:
        self._texts[name] = text
        self._lines.publish({"display": name, "text": text})


def main() -> None:
    """Run a printer emulator until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m hardware.simulated")
    parser.add_argument("what", choices=["printer"])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--socket", type=Path, required=True)
    arguments = parser.parse_args()
    endings = (signal.SIGTERM, signal.SIGINT)
    signal.pthread_sigmask(signal.SIG_BLOCK, endings)  # before the first thread, which inherits it
    emulator = PrinterEmulator(arguments.port, arguments.socket).open()
    print(f"ready printer {emulator.port}", flush=True)  # noqa: T201  whoever started it waits for this line
    signal.sigwait(endings)
    emulator.close()


if __name__ == "__main__":
    main()
