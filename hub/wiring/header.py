"""The forty places of a Raspberry Pi's header, as they are counted on the board: odd ones left, even ones right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Nature = Literal["3V3", "5V", "GND", "pin", "reserved"]
#: place → BCM number of the pin there. All others are power or ground.
PINS = {
    3: 2, 5: 3, 7: 4, 8: 14, 10: 15, 11: 17, 12: 18, 13: 27, 15: 22, 16: 23, 18: 24, 19: 10, 21: 9, 22: 25, 23: 11,
    24: 8, 26: 7, 27: 0, 28: 1, 29: 5, 31: 6, 32: 12, 33: 13, 35: 19, 36: 16, 37: 26, 38: 20, 40: 21,
}  # fmt: skip
POWER: dict[int, Nature] = {1: "3V3", 17: "3V3", 2: "5V", 4: "5V"}
GROUND = (6, 9, 14, 20, 25, 30, 34, 39)
#: Pins by which the board asks an add-on board who it is: not for anybody's wires.
RESERVED = (0, 1)
PLACES = range(1, 41)
#: BCM number → place.
PLACE_OF = {pin: place for place, pin in PINS.items()}


@dataclass(frozen=True, slots=True)
class Spi:
    """The pins of one SPI port; a device has its own chip select."""

    data: int
    clock: int
    selects: tuple[int, ...]


SPI = {"0": Spi(10, 11, (8, 7)), "1": Spi(20, 21, (18, 17, 16))}


@dataclass(frozen=True, slots=True)
class Place:
    """One of the forty. `pin` is a BCM number where it is one."""

    number: int
    nature: Nature
    pin: int | None = None

    @property
    def name(self) -> str:
        """What is printed beside it on most boards."""
        return self.nature if self.pin is None else f"GPIO {self.pin}"


def place(number: int) -> Place:
    """The place of that number."""
    if number in PINS:
        pin = PINS[number]
        return Place(number, "reserved" if pin in RESERVED else "pin", pin)
    return Place(number, POWER.get(number, "GND"))


def nearest_ground(number: int) -> int:
    """The ground that is closest on the board: rows count, then sides."""
    return min(GROUND, key=lambda ground: (abs((ground + 1) // 2 - (number + 1) // 2), ground % 2 != number % 2))
