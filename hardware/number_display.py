"""The number at a counter: four to eight characters, on LED modules or in text.

luma's default font is proportional and its `0` has no slash; what does not fit is cut at the
right, never scrolled: a number that moves is not read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class NumberDisplay(Protocol):
    """What shows a number."""

    def show(self, text: str) -> None:
        """Show this text; an empty one clears the display."""

    def close(self) -> None:
        """Dark, and the device given back."""


class TextDisplay:
    """A display without wires: hands each new text to whoever draws it."""

    def __init__(self, name: str, tell: Callable[[str, str], None]) -> None:
        self.name = name
        self.text = ""
        self._tell = tell

    def show(self, text: str) -> None:
        """The first eight characters."""
        text = text[:8]
        if text != self.text:
            self.text = text
            self._tell(self.name, text)

    def close(self) -> None:
        """Dark."""
        self.show("")

    def __repr__(self) -> str:
        return f"<TextDisplay {self.name} {self.text!r}>"


class Max7219:
    """A chain of 8×8 LED modules on SPI, two characters a module with the narrow font."""

    def __init__(self, cascaded: int = 4, spi: str = "0.0") -> None:
        self.cascaded = cascaded
        self.spi = spi
        self.text = ""
        self._device: Any = None

    def open(self, device: Any = None) -> Max7219:
        """Open SPI `port.device`; `device` is luma's own dummy in tests."""
        self._device = device or self._chain()
        return self

    def _chain(self) -> Any:
        from luma.core.interface.serial import noop, spi
        from luma.led_matrix.device import max7219

        port, number = (int(part) for part in self.spi.split("."))
        return max7219(spi(port=port, device=number, gpio=noop()), cascaded=self.cascaded, block_orientation=-90)

    def show(self, text: str) -> None:
        """Draw the text at the left; a wide one in luma's narrow font."""
        if text == self.text or self._device is None:
            return
        from luma.core.legacy import text as draw_text
        from luma.core.legacy.font import CP437_FONT, TINY_FONT, proportional
        from luma.core.render import canvas

        self.text = text
        wide = len(text) > self.cascaded
        with canvas(self._device) as draw:
            draw_text(
                draw, (0, 1 if wide else 0), text, fill="white", font=proportional(TINY_FONT) if wide else CP437_FONT
            )

    def close(self) -> None:
        """Dark, and the bus given back."""
        if self._device is not None:
            self.show("")
            self._device.cleanup()
            self._device = None

    def __repr__(self) -> str:
        return f"<Max7219 {self.cascaded}x {self.text!r}>"
