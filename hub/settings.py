"""What an agency is configured to be: one model, read from five TOML files.

`agency.toml`, `services.toml`, `counters.toml`, `kiosk.toml` and `panel.toml` lie in one folder.
Everything has a default except what only the agency knows (its name, services and counters).
An unknown key stops the start and says what was probably meant; every problem is reported at
once, with its file and key. `mbote check DIR` prints the same list.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from hub.errors import ConfigurationFault
from hub.wire import Direction

Code = Annotated[str, Field(pattern=r"^[A-Z0-9][A-Z0-9_-]{0,15}$")]
Prefix = Annotated[str, Field(pattern=r"^([A-Z]{1,2})?$")]
ClockTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Words = dict[str, str]
CounterKind = Literal["reception", "inquiry", "deposit", "cash", "specialised", "back"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = get_args(Day)


class Model(BaseModel):
    """Base of every section: frozen, and no key that nobody reads."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Opening(Model):
    """The hours of one weekday."""

    open: ClockTime
    close: ClockTime
    last_ticket: ClockTime | None = None
    """Last ticket given; the closing time when absent."""

    @model_validator(mode="after")
    def _in_order(self) -> Opening:
        if not self.open <= (self.last_ticket or self.close) <= self.close:
            raise ValueError("the hours must follow: open, last_ticket, close")
        return self


Hours = dict[Day, Opening]


class Agency(Model):
    """Who we are."""

    code: Annotated[str, Field(pattern=r"^[A-Z0-9][A-Z0-9-]{1,31}$")]
    """Short code of the agency, unique in the fund: `CNSS-BZV-SIEGE`."""
    organisation: str
    """The fund's full name, first line of every paper."""
    name: str
    """The agency's name on screens and papers: `CNSS Siège`."""
    city: str = ""
    """Town, shown beside the name on the waiting-room screen."""
    address: str = ""
    """Printed at the foot of papers."""
    timezone: str = "Africa/Brazzaville"
    """IANA name of the time zone."""
    languages: tuple[str, ...] = ("fr", "en")
    """Languages offered at the kiosk, first one first."""
    agent_code: str = r"^\d{5}[A-Z]$"
    """Regular expression of the agents' codes."""

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, value: str) -> str:
        if value not in available_timezones():
            near = difflib.get_close_matches(value, available_timezones(), 1)
            raise ValueError(f"no such time zone{f', did you mean {near[0]}?' if near else ''}")
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.timezone)


class QueueRules(Model):
    """How tickets are numbered, called and lost (requirements B.2, B.12)."""

    numbering: Literal["per_prefix", "common"] = "per_prefix"
    """`per_prefix`: D001, A001; `common`: one plain series a day: 1, 2, 3."""
    recalls: Annotated[int, Field(ge=1, le=9)] = 3
    """Most calls of one ticket, the first included."""
    recall_after_s: Annotated[int, Field(ge=0, le=600)] = 20
    """Least time between two calls of one ticket."""
    absent_after_calls: Annotated[int, Field(ge=1, le=9)] = 2
    """Calls before a visitor may be marked absent."""
    absent_after_s: Annotated[int, Field(ge=0, le=600)] = 60
    """Time since the first call before a visitor may be marked absent."""
    return_min: Annotated[int, Field(ge=0, le=600)] = 30
    """An absent visitor may come back within this time, once."""
    return_behind: Annotated[int, Field(ge=0, le=99)] = 3
    """The returned ticket becomes callable after so many others of its queue."""
    release_s: Annotated[int, Field(ge=0, le=600)] = 15
    """A call made by mistake can be released for so long."""
    undo_s: Annotated[int, Field(ge=0, le=600)] = 60
    """Finish, absent and transfer can be undone for so long."""
    hold_min: Annotated[int, Field(ge=1, le=600)] = 60
    """A ticket on hold longer than this ends unfinished."""
    max_wait_min: Annotated[int, Field(ge=1, le=600)] = 90
    """Rule 1: whoever waits longer goes first, oldest first."""
    priority_run: Annotated[int, Field(ge=1, le=99)] = 3
    """Rule 2: after so many priority calls in a row …"""
    normal_wait_min: Annotated[int, Field(ge=1, le=600)] = 30
    """… a normal visitor who has waited this long goes next."""
    affinity_min: Annotated[int, Field(ge=0, le=600)] = 10
    """How long a preference for a counter holds before any skilled counter may call."""
    transferred: Literal["head", "rank"] = "rank"
    """Place of a transferred ticket: head of its new line, or by its first issue time."""
    issue_answer_ms: Annotated[int, Field(ge=200, le=10_000)] = 1500
    """A kiosk without an answer for so long prints a number of its own series."""
    mode: Literal["open", "appointments_only", "closed"] = "open"
    """What the kiosk gives at the start of a day."""


class DayRules(Model):
    """The business day. Without `timetable` a person opens it."""

    timetable: bool = False
    """Open and close by the hours of the agency when the clock is trusted."""
    hours: Hours = Field(default_factory=dict)
    """Opening hours by weekday (`mon` … `sun`); none means always."""


class HubBox(Model):
    """The box itself."""

    host: str = "127.0.0.1"
    """Address the hub listens on."""
    port: Annotated[int, Field(ge=1, le=65535)] = 8080
    """Port the hub listens on."""
    data: Path = Path("data")
    """Folder of the database, keys and sounds; relative to the configuration folder."""
    threads: Annotated[int, Field(ge=8, le=1024)] = 160
    """Request threads: at least twice the most clients."""
    voice: Literal["espeak", "none"] = "espeak"
    """What speaks in the waiting room."""
    outbox: str = ""
    """Where messages for the head office go (a folder); empty: they wait."""


class Display(Model):
    """A waiting-room screen."""

    name: Code
    message: str = ""
    """One line at the foot of the screen."""
    services: tuple[Code, ...] = ()
    """Services listed; all those with a prefix when empty."""
    minimum_s: Annotated[float, Field(ge=0, le=60)] = 6.0
    """Least time each call keeps the large place."""
    arrows: dict[str, Direction] = Field(default_factory=dict)
    """Direction of a counter seen from this screen, by counter code."""


class Service(Model):
    """What a visitor queues for."""

    code: Code
    prefix: Prefix = ""
    """Letters before the number; a service without prefix gives no ticket."""
    label: str
    """Name on screens for staff and in the waiting room."""
    kiosk: Words = Field(default_factory=dict)
    """What the visitor reads at the kiosk, by language (`fr`, `en`, …)."""
    icon: str = "help-circle"
    """Pictogram, a name of hub/look/icons.txt."""
    target_min: Annotated[int, Field(ge=1, le=600)] = 30
    """Target: 80 % wait no longer than this, minutes."""
    mean_min: Annotated[float, Field(gt=0, le=600)] = 10
    """Mean service time assumed before there is a history, minutes."""
    last_ticket: ClockTime | None = None
    """Last ticket of the day for this service; the agency's when absent."""
    quota: Annotated[int, Field(ge=0, le=9999)] | None = None
    """Most tickets in a day; no limit when absent."""
    papers: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Papers to have ready, by language."""


class Counter(Model):
    """A counter (guichet) or a back desk."""

    code: Annotated[str, Field(pattern=r"^[0-9A-Z]{1,4}$")]
    label: str
    kind: CounterKind
    services: tuple[Code, ...] = ()
    """Services it serves, the first first."""
    location: str = ""
    """Where it is, for announcements: `au fond à droite`."""
    arrow: Direction = ""
    """Direction from the room's screens, unless a screen says otherwise."""
    accessible: bool = False
    """Reachable in a wheelchair."""
    languages: tuple[str, ...] = ("fr",)
    """Languages spoken there."""

    @property
    def shown(self) -> bool:
        """Whether the public is called there."""
        return self.kind != "back"


class Printer(Model):
    """A ticket printer."""

    kind: Literal["tcp", "usb", "serial", "file"] = "tcp"
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 9100
    """TCP printer: address and port."""
    device: str = ""
    """Serial or file printer: the device or file, `/dev/usb/lp0`."""
    baud: int = 9600
    """Serial speed."""
    usb: str = ""
    """USB printer: `vendor:product` in hexadecimal, `04b8:0e28`."""
    columns: Annotated[int, Field(ge=24, le=64)] = 48
    """Characters a line: 48 on 80 mm paper, 32 on 58 mm."""
    code_page: str = "CP1252"
    """Character table of the printer, as python-escpos names it."""
    status: bool = True
    """Ask for paper and cover before and after each ticket, where the printer answers."""
    timeout_s: Annotated[float, Field(gt=0, le=30)] = 2.0
    """How long a silent printer is waited for."""


class Button(Model):
    """A physical button: a GPIO pin, pulled up, that goes low when pressed."""

    pin: Annotated[int, Field(ge=0, le=27)]
    """BCM number of the pin."""
    service: Code | None = None
    """Kiosk: the service it gives a ticket for."""
    step: Literal["next", "recall", "no_show", "start", "finish", "hold", "open"] | None = None
    """Panel: the step it asks for."""


class Kiosk(Model):
    """The ticket dispenser's own process."""

    name: Code = "K1"
    """Its name, and the prefix of its own series: `K1-007`."""
    hub: str = "http://127.0.0.1:8080"
    """Address of the hub."""
    token: Path = Path("kiosk.token")
    """File that holds its token (mode 0600), relative to the configuration folder."""
    data: Path = Path("kiosk-data")
    """Folder of its spool."""
    screen_port: Annotated[int, Field(ge=0, le=65535)] = 8090
    """Port of its touch page on localhost; 0 for a kiosk without screen."""
    devices: Literal["real", "simulated"] = "real"
    """Real pins, or mock pins driven through `socket`."""
    socket: Path = Path("kiosk.sock")
    """Unix socket of the simulated hardware."""
    printer: Printer = Printer()
    buttons: tuple[Button, ...] = ()
    debounce_ms: Annotated[int, Field(ge=5, le=200)] = 30
    """A button counts once stable for so long."""
    stuck_s: Annotated[float, Field(ge=1, le=120)] = 10
    """A button held longer is disabled and reported."""
    again_s: Annotated[float, Field(ge=0, le=30)] = 2
    """Least time between two tickets of one physical button."""


class PanelCounter(Model):
    """The keys, number display and lamps of one counter."""

    counter: str
    buttons: tuple[Button, ...] = ()
    display: Literal["max7219", "text", "none"] = "none"
    """Number display: a chain of MAX7219 modules, text on the simulated one, or none."""
    cascaded: Annotated[int, Field(ge=1, le=8)] = 4
    """MAX7219: 8×8 modules in the chain."""
    spi: Annotated[str, Field(pattern=r"^\d+\.\d+$")] = "0.0"
    """MAX7219: SPI `port.device`."""
    lamps: dict[Literal["free", "calling", "serving", "fault"], int] = Field(default_factory=dict)
    """Pin of each lamp."""


class Panel(Model):
    """Physical call panels: one process, a list of counters."""

    name: Code = "P1"
    hub: str = "http://127.0.0.1:8080"
    """Address of the hub."""
    token: Path = Path("panel.token")
    """File that holds its token."""
    devices: Literal["real", "simulated"] = "real"
    """Real pins, or mock pins driven through `socket`."""
    socket: Path = Path("panel.sock")
    """Unix socket of the simulated hardware."""
    debounce_ms: Annotated[int, Field(ge=5, le=200)] = 30
    """A key counts once stable for so long."""
    stuck_s: Annotated[float, Field(ge=1, le=120)] = 10
    """A key held longer is disabled and reported."""
    counters: tuple[PanelCounter, ...] = ()


class Settings(Model):
    """All of one agency's configuration."""

    folder: Path
    agency: Agency
    queue: QueueRules = QueueRules()
    day: DayRules = DayRules()
    hub: HubBox = HubBox()
    displays: tuple[Display, ...] = ()
    services: tuple[Service, ...]
    counters: tuple[Counter, ...]
    counter_services: tuple[str, ...] = ("reception",)
    """Folders of hub/services/ that this agency uses, in the order of the desk's tabs."""
    kiosk: Kiosk = Kiosk()
    panel: Panel = Panel()

    def service(self, code: str) -> Service | None:
        """The service of that code, if there is one."""
        return next((s for s in self.services if s.code == code), None)

    def counter(self, code: str) -> Counter | None:
        """The counter of that code, if there is one."""
        return next((c for c in self.counters if c.code == code), None)

    def path(self, relative: Path) -> Path:
        """A path of the configuration, from its folder."""
        return relative if relative.is_absolute() else self.folder / relative


#: file → its top-level tables and the setting each one is.
FILES: dict[str, dict[str, str]] = {
    "agency.toml": {
        "agency": "agency", "queue": "queue", "day": "day", "hub": "hub",
        "display": "displays", "counter_services": "counter_services",
    },
    "services.toml": {"service": "services"},
    "counters.toml": {"counter": "counters"},
    "kiosk.toml": {"kiosk": "kiosk"},
    "panel.toml": {"panel": "panel"},
}  # fmt: skip


def load_settings(folder: Path) -> Settings:
    """The configuration in `folder`. Raises ConfigurationFault with every problem found."""
    if not folder.is_dir():
        raise ConfigurationFault([f"{folder}: no such folder; make one with: mbote init {folder}"])
    data: dict[str, Any] = {"folder": folder.resolve()}
    problems: list[str] = []
    for name, tables in FILES.items():
        data |= _read_file(folder / name, tables, problems)
    for needed, file in (("agency", "agency.toml"), ("services", "services.toml"), ("counters", "counters.toml")):
        if needed not in data and not any(problem.startswith(f"{file}:") for problem in problems):
            problems.append(f"{file}: missing; `mbote init` writes a commented one")
    if problems:
        raise ConfigurationFault(problems)
    try:
        settings = Settings(**data)
    except ValidationError as error:
        raise ConfigurationFault([_sentence(e) for e in error.errors(include_url=False)]) from error
    if misfits := list(_misfits(settings)):
        raise ConfigurationFault(misfits)
    return settings


def _read_file(path: Path, tables: dict[str, str], problems: list[str]) -> dict[str, Any]:
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        problems.append(f"{path.name}: cannot be read: {error}")
        return {}
    for key in content.keys() - tables.keys():
        problems.append(f"{path.name}: unknown table [{key}]{_did_you_mean(key, tables)}")
    return {tables[key]: value for key, value in content.items() if key in tables}


def _did_you_mean(word: str, known: Any) -> str:
    near = difflib.get_close_matches(word, list(known), 1, cutoff=0.6)
    return f", did you mean {near[0]}?" if near else f"; known: {', '.join(sorted(known))}"


def _sentence(error: Any) -> str:
    """One pydantic problem in words: file, place, what is wrong, what was probably meant."""
    where = [part for part in error["loc"] if part != "[key]"]
    place = " ".join(f"#{p + 1}" if isinstance(p, int) else str(p) for p in where)
    file = next((name for name, tables in FILES.items() if where and where[0] in tables.values()), "configuration")
    if error["type"] == "extra_forbidden":
        return f"{file}: {place}: unknown key{_did_you_mean(str(where[-1]), _keys_at(where[:-1]))}"
    given = "" if error["type"] == "missing" else f" (found {error['input']!r})"
    return f"{file}: {place}: {error['msg']}{given}"


def _keys_at(where: list[Any]) -> list[str]:
    """The keys known at a place of the configuration."""
    model: Any = Settings
    for part in where:
        if isinstance(part, int) or not hasattr(model, "model_fields"):
            continue
        annotation = model.model_fields[part].annotation if part in model.model_fields else model
        model = next((a for a in _models_in(annotation)), model)
    return list(getattr(model, "model_fields", {}))


def _models_in(annotation: Any) -> Iterator[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)


def _misfits(settings: Settings) -> Iterator[str]:
    """What each value alone cannot show: duplicates, and names that nothing answers to."""
    services = [s.code for s in settings.services]
    counters = [c.code for c in settings.counters]
    prefixes = [s.prefix for s in settings.services if s.prefix]
    for file, what, codes in (
        ("services.toml", "service", services),
        ("services.toml", "prefix", prefixes),
        ("counters.toml", "counter", counters),
    ):
        yield from (f"{file}: {what} {code} is there twice" for code in sorted({c for c in codes if codes.count(c) > 1}))
    for counter in settings.counters:
        for service in counter.services:
            if service not in services:
                yield f"counters.toml: counter {counter.code}: no service {service}{_did_you_mean(service, services)}"
    served = {s for c in settings.counters for s in c.services}
    for service in services:
        if service not in served:
            yield f"services.toml: service {service} is served by no counter; add it to one in counters.toml"
    for button in settings.kiosk.buttons:
        if button.service not in services:
            yield f"kiosk.toml: button on pin {button.pin}: no service {button.service}{_did_you_mean(str(button.service), services)}"
    for panel in settings.panel.counters:
        if panel.counter not in counters:
            yield f"panel.toml: no counter {panel.counter}{_did_you_mean(panel.counter, counters)}"
    yield from _pins_twice("kiosk.toml", [b.pin for b in settings.kiosk.buttons])
    pins = [b.pin for c in settings.panel.counters for b in c.buttons]
    pins += [pin for c in settings.panel.counters for pin in c.lamps.values()]
    yield from _pins_twice("panel.toml", pins)


def _pins_twice(file: str, pins: list[int]) -> Iterator[str]:
    yield from (f"{file}: pin {pin} is used twice" for pin in sorted({p for p in pins if pins.count(p) > 1}))
