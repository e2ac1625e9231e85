"""What this agency's configuration has wired to a box: pins, number displays, printer, and the lines of the network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from hub.say import say
from hub.settings import Settings
from hub.settings.devices import PanelCounter, Printer
from hub.wiring.header import PLACE_OF, SPI, nearest_ground

Kind = Literal["button", "lamp", "display", "serial", "power", "ground"]
#: Serial lines of the header itself, and the pins they take: what the board sends, and what it hears.
HEADER_SERIAL = ("/dev/serial0", "/dev/ttyAMA0", "/dev/ttyS0")
SENDS, HEARS = 14, 15
#: Places that give a number display its current.
CURRENT, ITS_GROUND = 2, 6


@dataclass(frozen=True, slots=True)
class Wire:
    """One wire: from a place of the header to a part. `ground` is where the part's other wire goes."""

    place: int
    kind: Kind
    part: str
    what: str
    ground: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line that leaves the box otherwise: a printer, the hub, a port that others come to."""

    what: str
    where: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class BoxWires:
    """One box of the agency, as it stands or hangs somewhere."""

    kind: Literal["hub", "kiosk", "panel", "printer"]
    name: str
    title: str
    wires: tuple[Wire, ...]
    lines: tuple[Line, ...]

    def at(self, place: int) -> tuple[Wire, ...]:
        """What is wired to a place; several things where the same power feeds them."""
        return tuple(wire for wire in self.wires if wire.place == place)

    @property
    def grounds(self) -> frozenset[int]:
        """The grounds that are advised."""
        return frozenset(wire.ground for wire in self.wires if wire.ground)


def boxes(settings: Settings, roles: tuple[str, ...]) -> tuple[BoxWires, ...]:
    """The boxes to draw: those of the roles of this box, or all of the agency where it has none."""
    drawn = {"hub": _hub, "kiosk": _kiosk, "panel": _panel}
    if settings.printers:
        drawn["printer"] = _printers
    return tuple(draw(settings) for role, draw in drawn.items() if not roles or role in roles)


def _words(settings: Settings) -> Callable[..., str]:
    """The agency's first language: it is read by whoever opens the box."""
    return partial(say, settings.agency.languages[0])


# --- kiosk -------------------------------------------------------------------------------------


def _kiosk(settings: Settings) -> BoxWires:
    tell, kiosk = _words(settings), settings.kiosk
    wires = [
        _to_ground(button.pin, "button", tell("wiring.button", number=number), _service(settings, button.service))
        for number, button in enumerate(kiosk.buttons, 1)
    ]
    wires += _serial(kiosk.printer, tell)
    lines = [_printer(kiosk.printer, tell), Line(tell("wiring.to_hub"), kiosk.hub)]
    if kiosk.screen_port:
        lines.append(Line(tell("wiring.touch"), f"http://127.0.0.1:{kiosk.screen_port}/", tell("wiring.touch_note")))
    return BoxWires("kiosk", kiosk.name, tell("wiring.kiosk", name=kiosk.name), tuple(wires), tuple(lines))


def _service(settings: Settings, code: str) -> str:
    found = settings.service(code)
    return f"{code} · {found.name}" if found else code


def _to_ground(pin: int, kind: Kind, part: str, what: str) -> Wire:
    place = PLACE_OF[pin]
    return Wire(place, kind, part, what, nearest_ground(place))


def _serial(printer: Printer, tell: Callable[..., str]) -> Iterator[Wire]:
    if printer.kind == "serial" and printer.device in HEADER_SERIAL:
        part = tell("wiring.printer")
        yield _to_ground(SENDS, "serial", part, tell("wiring.sends"))
        yield _to_ground(HEARS, "serial", part, tell("wiring.hears"))


def _printer(printer: Printer, tell: Callable[..., str]) -> Line:
    where = {"tcp": f"{printer.host}:{printer.port}", "usb": printer.usb}.get(printer.kind, printer.device)
    note = tell(f"wiring.printer_{printer.kind}", baud=printer.baud, columns=printer.columns)
    return Line(tell("wiring.printer"), where, note)


# --- panels ------------------------------------------------------------------------------------


def _panel(settings: Settings) -> BoxWires:
    tell, panel = _words(settings), settings.panel
    wires = [wire for counter in panel.counters for wire in _counter(counter, tell)]
    lines = [Line(tell("wiring.to_hub"), panel.hub)]
    for counter in panel.counters:
        if counter.display == "max7219":
            chain = tell("wiring.spi", spi=counter.spi, modules=counter.cascaded)
            lines.append(Line(tell("wiring.counter", code=counter.counter), chain))
    return BoxWires("panel", panel.name, tell("wiring.panel", name=panel.name), tuple(wires), tuple(lines))


def _counter(counter: PanelCounter, tell: Callable[..., str]) -> Iterator[Wire]:
    where = tell("wiring.counter", code=counter.counter)
    for button in counter.buttons:
        yield _to_ground(button.pin, "button", where, tell("wiring.key", step=tell(f"panel.{button.step}")))
    for lamp, pin in counter.lamps.items():
        yield _to_ground(pin, "lamp", where, tell(f"wiring.lamp_{lamp}"))
    if counter.display == "max7219":
        yield from _display(counter, where, tell)


def _display(counter: PanelCounter, where: str, tell: Callable[..., str]) -> Iterator[Wire]:
    port, _, device = counter.spi.partition(".")
    spi = SPI[port]
    yield Wire(CURRENT, "power", where, tell("wiring.display", foot="VCC"))
    yield Wire(ITS_GROUND, "ground", where, tell("wiring.display", foot="GND"))
    for foot, pin in (("DIN", spi.data), ("CS", spi.selects[int(device)]), ("CLK", spi.clock)):
        yield Wire(PLACE_OF[pin], "display", where, tell("wiring.display", foot=foot))


# --- printers at the counters ------------------------------------------------------------------


def _printers(settings: Settings) -> BoxWires:
    tell, box = _words(settings), settings.printing
    lines = [replace(_printer(each, tell), what=each.name) for each in settings.printers]
    lines.append(Line(tell("wiring.to_hub"), box.hub))
    return BoxWires("printer", box.name, tell("wiring.printers", name=box.name), (), tuple(lines))


# --- hub ---------------------------------------------------------------------------------------


def _hub(settings: Settings) -> BoxWires:
    tell, hub = _words(settings), settings.hub
    lines = [Line(tell("wiring.comes_in"), f"TCP {hub.port}", tell("wiring.comes_in_note"))]
    lines += [
        Line(tell("wiring.screen", name=display.name), f"http://…:{hub.port}/display#…", tell("wiring.screen_note"))
        for display in settings.displays
    ]
    lines.append(Line(tell("wiring.desks"), f"http://…:{hub.port}/desk"))
    lines.append(Line(tell("wiring.closed"), tell("wiring.closed_all")))
    return BoxWires("hub", settings.agency.code, tell("wiring.hub", name=settings.agency.name), (), tuple(lines))
