"""What this box was configured to have: the one place that knows whether it is real."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from hardware.button import Buttons, Report
from hardware.lamp import Lamp
from hardware.number_display import Max7219, NumberDisplay, TextDisplay

if TYPE_CHECKING:
    from hardware.simulated import SimulatedBoard

Device = TypeVar("Device")
DisplayKind = Literal["max7219", "text", "none"]


class Devices:
    """The pins of this box. What is opened here is closed here."""

    def __init__(self, board: SimulatedBoard | None = None) -> None:
        self.board = board
        self._opened: list[Any] = []

    @property
    def factory(self) -> Any:
        """Gpiozero's pin factory; None lets gpiozero choose (GPIOZERO_PIN_FACTORY)."""
        return self.board.factory if self.board else None

    def buttons(self, pins: Iterable[int], report: Report, debounce_ms: int = 30, stuck_s: float = 10) -> Buttons:
        """Buttons on these pins, watched."""
        return self._keep(Buttons(pins, report, debounce_ms, stuck_s).open(self.factory))

    def lamp(self, pin: int) -> Lamp:
        """A lamp, dark."""
        return self._keep(Lamp(pin).open(self.factory))

    def number_display(self, name: str, kind: DisplayKind, cascaded: int = 4, spi: str = "0.0") -> NumberDisplay:
        """The number display of counter `name`; without one, what is shown goes nowhere."""
        if self.board and kind != "none":
            return self._keep(self.board.display(name))
        if kind == "max7219":
            return self._keep(Max7219(cascaded, spi).open())
        return self._keep(TextDisplay(name, lambda _name, _text: None))

    def close(self) -> None:
        """Give everything back, in the reverse order."""
        while self._opened:
            self._opened.pop().close()
        if self.board:
            self.board.close()

    def __repr__(self) -> str:
        return f"<Devices {self.board or 'real'}>"

    def _keep(self, device: Device) -> Device:
        self._opened.append(device)
        return device


def open_devices(kind: Literal["real", "simulated"], socket: Path) -> Devices:
    """The devices of a kiosk's or panel's settings: `devices` and the path of its `socket`."""
    if kind == "real":
        return Devices()
    from hardware.simulated import SimulatedBoard

    return Devices(SimulatedBoard(socket).open())
