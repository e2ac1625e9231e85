"""What a pay-day is made of, and every fact that can happen to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from hub.journal import Event

#: How people are shared among the waves: by the last two digits of their registration number, or by their name.
By = Literal["registration", "alphabet"]
BYS: tuple[By, ...] = get_args(By)


@dataclass(frozen=True, slots=True)
class Wave:
    """One wave: for whom (`first` to `last`: `A` to `F`, or `00` to `33`), from when on (HH:MM), how many numbers.

    `called`: how many of them have been called into the room; `ends`: the last one that was handed out, where that was
    said; `printed`: how often its band was printed.
    """

    number: int
    first: str
    last: str
    at: str
    size: int
    called: int = 0
    ends: int | None = None
    printed: int = 0

    @property
    def series(self) -> str:
        """The letters of its numbers."""
        return series_of(self.number)

    @property
    def last_number(self) -> int:
        """The last number that anybody has."""
        return self.size if self.ends is None else self.ends

    @property
    def left(self) -> int:
        """How many of its numbers are still outside."""
        return max(0, self.last_number - self.called)


@dataclass(frozen=True, slots=True)
class Plan:
    """The pay-day of a service on a day (ISO); its waves in order."""

    id: int
    on: str
    service: str
    by: By
    waves: tuple[Wave, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Numbers of one wave that enter together, `first` to `last`."""

    wave: Wave
    first: int
    last: int

    @property
    def labels(self) -> tuple[str, ...]:
        """Their numbers, as they are printed."""
        return tuple(label_of(self.wave.number, number) for number in range(self.first, self.last + 1))


def series_of(wave: int) -> str:
    """`J1-`: no prefix of a service and no name of a kiosk."""
    return f"J{wave}-"


def label_of(wave: int, number: int) -> str:
    """`J1-017`."""
    return f"{series_of(wave)}{number:03d}"


# --- facts -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PayDayEvent(Event):
    """Something happened to a pay-day."""

    plan: int

    @property
    def subject(self) -> str:
        """The plan's row."""
        return f"payday {self.plan}"


@dataclass(frozen=True, slots=True)
class PayDayPlanned(PayDayEvent):
    """A service has a pay-day on a day; each wave is (first, last, HH:MM, how many numbers), in order."""

    kind: ClassVar[str] = "pay_day_planned"
    on: str
    service: str
    by: By
    waves: tuple[tuple[str, str, str, int], ...]


@dataclass(frozen=True, slots=True)
class PayDayWithdrawn(PayDayEvent):
    """It will not be; none of its numbers was called."""

    kind: ClassVar[str] = "pay_day_withdrawn"


@dataclass(frozen=True, slots=True)
class BandPrinted(PayDayEvent):
    """The numbers of a wave were printed, to be handed out; `copy` is 0 for the first time."""

    kind: ClassVar[str] = "band_printed"
    wave: int
    copy: int


@dataclass(frozen=True, slots=True)
class WaveEnds(PayDayEvent):
    """No number after this one was handed out."""

    kind: ClassVar[str] = "wave_ends"
    wave: int
    number: int


@dataclass(frozen=True, slots=True)
class GroupCalled(PayDayEvent):
    """Numbers `first` to `last` of a wave enter the room: each of them has a ticket from now on."""

    kind: ClassVar[str] = "group_called"
    wave: int
    first: int
    last: int
