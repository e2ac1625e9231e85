"""The boxes, as an agency has configured them: printers and what they print, kiosk, panels, screens and their voice."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import Field, field_validator, model_validator

from hub.settings.forms import (
    ClockTime,
    Code,
    CounterCode,
    HubAddress,
    Lamp,
    Language,
    Model,
    PanelStep,
    Pin,
    Port,
    SpiName,
    UsbName,
    Words,
)
from hub.wire import Direction

TicketPart = Literal["logo", "head", "welcome", "number", "queue", "papers", "away", "follow", "foot"]
TICKET_PARTS: tuple[TicketPart, ...] = get_args(TicketPart)


class Ticket(Model):
    """What is printed on a ticket, around its number."""

    parts: tuple[TicketPart, ...] = TICKET_PARTS
    """From top to bottom; what is left out is not printed. The service and the number (`number`) always are."""
    logo: Path | None = Field(default=None, examples=["logo.png"])
    """A picture (PNG or JPEG, dark on light) above everything, relative to the configuration folder."""
    welcome: Words = Field(default_factory=dict, examples=[{"fr": "Bienvenue"}])
    """A line of the agency's own before the number, by language."""
    footer: Words = Field(default_factory=dict, examples=[{"fr": "Avenue de l'Indépendance, 1"}])
    """The last lines, by language; the agency's address when empty."""

    @field_validator("parts")
    @classmethod
    def _has_a_number(cls, value: tuple[TicketPart, ...]) -> tuple[TicketPart, ...]:
        if "number" not in value or len(set(value)) < len(value):
            raise ValueError(f"each part once, and number among them (found {', '.join(value) or 'none'})")
        return value


class QuietTime(Model):
    """Hours at which the waiting room is called more softly."""

    begin: ClockTime = Field(examples=["12:30"])
    """From this time on …"""
    end: ClockTime = Field(examples=["13:30"])
    """… until this one; before `begin` it is that of the next day."""
    volume: Annotated[int, Field(ge=0, le=100)] = 0
    """Volume of calls meanwhile, percent; at 0 they are only shown."""


class Voice(Model):
    """How calls are heard. What speaks is `hub.voice`, in which languages is each screen's."""

    recorded: tuple[Language, ...] = Field(default=(), examples=[["ln", "ktu"]])
    """Languages said by recordings of people, which `mbote recordings` lists; any language can be."""
    recordings: Path = Path("recordings")
    """Folder of the recordings, one folder per language; relative to the configuration folder."""
    missing: Literal["espeak", "skip"] = "espeak"
    """A call that lacks a recording: said by espeak where it has the language, or that language is left out."""
    volume: Annotated[int, Field(ge=0, le=100)] = 100
    """Volume of calls, percent, unless a screen says otherwise."""
    quiet: tuple[QuietTime, ...] = Field(default=(), examples=[[{"begin": "12:30", "end": "13:30", "volume": 30}]])
    """Hours at which they are softer, or only shown."""


class Display(Model):
    """A waiting-room screen."""

    name: Code = Field(examples=["SALLE"])
    """Its name, as it is paired."""
    layout: Literal["room", "calls", "pictures", "sign"] = "room"
    """`room`: calls, queues; `calls`: calls alone, larger; `pictures`: calls beside those; `sign`: of one counter."""
    counters: tuple[CounterCode, ...] = Field(default=(), examples=[["05"]])
    """Its zone: counters whose calls it shows and says; all when empty, exactly one on a `sign`."""
    message: str = ""
    """One line at the foot of the screen."""
    messages: tuple[str, ...] = Field(default=(), examples=[["Les caisses ferment à 14 h."]])
    """Further lines, which take turns with it."""
    pictures: Path | None = Field(default=None, examples=["affiches"])
    """Folder of pictures (PNG, JPEG, WebP) that take turns, by name; relative to the configuration folder."""
    turn_s: Annotated[float, Field(ge=3, le=600)] = 12.0
    """How long each message and each picture stays."""
    services: tuple[Code, ...] = Field(default=(), examples=[["DEP"]])
    """Services listed; when empty those of its counters, or all those with a prefix."""
    minimum_s: Annotated[float, Field(ge=0, le=60)] = 6.0
    """Least time each call keeps the large place."""
    languages: tuple[str, ...] = Field(default=(), examples=[["fr", "en"]])
    """Languages of its calls, in turn (one alone twice); what it shows is in the first. None: the agency's first."""
    arrows: dict[CounterCode, Direction] = Field(default_factory=dict, examples=[{"05": "left"}])
    """Direction of a counter seen from this screen, by counter code."""
    volume: Annotated[int, Field(ge=0, le=100)] | None = Field(default=None, examples=[60])
    """Volume of its calls, percent; 0 for a screen without loudspeaker, or beside another one that is heard."""


class Printer(Model):
    """A ticket printer."""

    kind: Literal["tcp", "usb", "serial", "file"] = "tcp"
    """How it is connected: network, USB, serial line, or a device file of the system."""
    host: str = "127.0.0.1"
    """Network printer: its address."""
    port: Port = 9100
    """Network printer: its port."""
    device: str = ""
    """Serial or file printer: the device or file, `/dev/usb/lp0`."""
    baud: Literal[2400, 4800, 9600, 19200, 38400, 57600, 115200] = 9600
    """Serial speed."""
    usb: UsbName = ""
    """USB printer: `vendor:product` in hexadecimal, `04b8:0e28`."""
    columns: Annotated[int, Field(ge=24, le=64)] = 48
    """Characters a line: 48 on 80 mm paper, 32 on 58 mm."""
    code_page: str = "CP1252"
    """Character table of the printer, as python-escpos names it."""
    status: bool = True
    """Ask for paper and cover before and after each ticket, where the printer answers."""
    timeout_s: Annotated[float, Field(gt=0, le=30)] = 2.0
    """How long a silent printer is waited for."""

    @model_validator(mode="after")
    def _can_be_found(self) -> Printer:
        needed = {"tcp": "host", "usb": "usb", "serial": "device", "file": "device"}[self.kind]
        if not getattr(self, needed):
            raise ValueError(f"a printer of kind {self.kind} needs {needed}")
        return self


class CounterPrinter(Printer):
    """A printer at the counters: receipts, certificates, visit slips."""

    name: Code = Field(examples=["RECUS"])
    """Its name, as papers are addressed to it."""
    stand_in: Code | None = Field(None, examples=["K1"])
    """Who prints its papers when it cannot or its process is gone: another printer, or a kiosk."""


class Printing(Model):
    """The process that owns this box's counter printers (`mbote printer`)."""

    name: Code = "I1"
    """Its name, as it is paired."""
    hub: HubAddress = "http://127.0.0.1:8080"
    """Address of the hub."""
    token: Path = Path("printer.token")
    """File that holds its token (mode 0600), relative to the configuration folder."""
    authority: Path = Path("authority.pem")
    """Certificate of the hub's authority, which `mbote setup` fetches: needed where the hub's address is https."""


class KioskButton(Model):
    """A physical button of the kiosk: a GPIO pin, pulled up, that goes low when pressed."""

    pin: Pin = Field(examples=[17])
    """BCM number of the pin."""
    service: Code = Field(examples=["DEP"])
    """The service it gives a ticket for."""


class Kiosk(Model):
    """The ticket dispenser's own process."""

    name: Code = "K1"
    """Its name, and the prefix of its own series: `K1-007`."""
    hub: HubAddress = "http://127.0.0.1:8080"
    """Address of the hub."""
    token: Path = Path("kiosk.token")
    """File that holds its token (mode 0600), relative to the configuration folder."""
    authority: Path = Path("authority.pem")
    """Certificate of the hub's authority, which `mbote setup` fetches: needed where the hub's address is https."""
    data: Path = Path("kiosk-data")
    """Folder of its spool."""
    screen_port: Annotated[int, Field(ge=0, le=65535)] = 8090
    """Port of its touch page on localhost; 0 for a kiosk without screen."""
    devices: Literal["real", "simulated"] = "real"
    """Real pins, or mock pins driven through `socket`."""
    socket: Path = Path("kiosk.sock")
    """Unix socket of the simulated hardware."""
    printer: Printer = Printer()
    """Its ticket printer."""
    buttons: tuple[KioskButton, ...] = ()
    """Its physical buttons, if it has any."""
    debounce_ms: Annotated[int, Field(ge=5, le=200)] = 30
    """A button counts once stable for so long."""
    stuck_s: Annotated[float, Field(ge=1, le=120)] = 10
    """A button held longer is disabled and reported."""
    again_s: Annotated[float, Field(ge=0, le=30)] = 2
    """Least time between two tickets of one physical button, and between two scans."""
    scanner: bool = False
    """A reader of codes (one that types as a keyboard does) stands beside the screen, and the page says so."""
    voice: Literal["espeak", "none"] = "espeak"
    """What reads the page aloud to whoever asks for it, at `hub.voice_speed`; `none` where it has no loudspeaker."""


class PanelKey(Model):
    """A key of a panel: a GPIO pin, pulled up, that goes low when pressed."""

    pin: Pin = Field(examples=[17])
    """BCM number of the pin."""
    step: PanelStep = Field(examples=["next"])
    """The step it asks for."""


class PanelCounter(Model):
    """The keys, number display and lamps of one counter."""

    counter: CounterCode = Field(examples=["05"])
    """The counter these are for."""
    buttons: tuple[PanelKey, ...] = ()
    """Its keys."""
    display: Literal["max7219", "text", "none"] = "none"
    """Number display: a chain of MAX7219 modules, text on the simulated one, or none."""
    cascaded: Annotated[int, Field(ge=1, le=8)] = 4
    """MAX7219: 8×8 modules in the chain."""
    spi: SpiName = "0.0"
    """MAX7219: SPI `port.device`."""
    lamps: dict[Lamp, Pin] = Field(default_factory=dict, examples=[{"free": 5, "calling": 6}])
    """BCM pin of each lamp: `free`, `calling`, `serving`, `fault`."""


class Panel(Model):
    """Physical call panels: one process, a list of counters."""

    name: Code = "P1"
    """Its name, as it is paired."""
    hub: HubAddress = "http://127.0.0.1:8080"
    """Address of the hub."""
    token: Path = Path("panel.token")
    """File that holds its token (mode 0600), relative to the configuration folder."""
    authority: Path = Path("authority.pem")
    """Certificate of the hub's authority, which `mbote setup` fetches: needed where the hub's address is https."""
    devices: Literal["real", "simulated"] = "real"
    """Real pins, or mock pins driven through `socket`."""
    socket: Path = Path("panel.sock")
    """Unix socket of the simulated hardware."""
    debounce_ms: Annotated[int, Field(ge=5, le=200)] = 30
    """A key counts once stable for so long."""
    stuck_s: Annotated[float, Field(ge=1, le=120)] = 10
    """A key held longer is disabled and reported."""
    counters: tuple[PanelCounter, ...] = ()
    """The counters whose keys are wired to this box."""
