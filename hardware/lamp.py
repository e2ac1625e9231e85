"""A lamp on a pin: lit or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gpiozero import LED


class Lamp:
    """One lamp. It remembers what it shows, so that saying the same again costs nothing."""

    def __init__(self, pin: int) -> None:
        self.pin = pin
        self._led: LED | None = None
        self._on = False

    def open(self, factory: Any = None) -> Lamp:
        """Take the pin; the lamp is dark."""
        from gpiozero import LED

        self._led = LED(self.pin, pin_factory=factory)
        return self

    def show(self, on: bool) -> None:
        """Light it, or put it out."""
        if self._led is None or on == self._on:
            return
        self._on = on
        if on:
            self._led.on()
        else:
            self._led.off()

    def close(self) -> None:
        """Dark, and the pin given back."""
        if self._led is not None:
            self._led.off()
            self._led.close()
            self._led = None

    def __repr__(self) -> str:
        return f"<Lamp {self.pin} {'on' if self._on else 'off'}>"
