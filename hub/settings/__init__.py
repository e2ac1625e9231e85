"""What an agency is configured to be: one model. `hub.settings_files` reads it from the TOML files of one folder.

The whole stands here, with the agency, its day and its hub; services and counters are in `counters`,
the boxes in `devices`, what a value may look like in `forms`.

Everything has a default except what only the agency knows (its name, services and counters).
An unknown key stops the start.

The sentence under each setting is its manual: `mbote init` and docs/configuration.md are written
from it, and from the `examples` of those settings whose default shows nothing.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, field_validator, model_validator

from hub.accents import bare
from hub.days import Calendar
from hub.problems import did_you_mean, form
from hub.settings.counters import Counter, Help, Profile, Service
from hub.settings.devices import CounterPrinter, Display, Kiosk, Panel, Printing, Ticket, Voice
from hub.settings.forms import (
    DAYS,
    AgeKey,
    AgencyCode,
    ClockTime,
    Code,
    Day,
    DayOfMonth,
    Holiday,
    Language,
    Model,
    Port,
    PublicKey,
)


class Opening(Model):
    """The hours of one weekday."""

    open: ClockTime = Field(examples=["07:30"])
    """The doors open."""
    close: ClockTime = Field(examples=["15:00"])
    """The doors close."""
    last_ticket: ClockTime | None = Field(default=None, examples=["14:30"])
    """Last ticket given; the closing time when absent."""

    @model_validator(mode="after")
    def _in_order(self) -> Opening:
        last = self.last_ticket or self.close
        if not (self.open < self.close and self.open <= last <= self.close):
            raise ValueError(f"impossible hours: open {self.open}, last_ticket {last}, close {self.close} must follow")
        return self


Hours = dict[Day, Opening]


class Agency(Model):
    """Who we are."""

    code: AgencyCode = Field(examples=["FUND-TOWN-1"])
    """Short code of the agency, unique in the fund."""
    organisation: str = Field(examples=["Caisse nationale de sécurité sociale"])
    """The fund's full name, first line of every paper."""
    name: str = Field(examples=["Agence du centre"])
    """The agency's name on screens and papers."""
    city: str = ""
    """Town, shown beside the name on the waiting-room screen."""
    address: str = ""
    """Printed at the foot of papers."""
    timezone: str = "Africa/Brazzaville"
    """IANA name of the time zone."""
    languages: Annotated[tuple[Language, ...], Field(min_length=1)] = ("fr", "en")
    """Languages offered at the kiosk, first one first."""
    agent_code: str = r"^\d{5}[A-Z]$"
    """Regular expression of the agents' codes."""

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)  # the list of all of them is a walk over the disk
        except (KeyError, ValueError, OSError):  # unknown, no name, or that of a folder
            meant = did_you_mean(value, available_timezones())
            raise ValueError(f"no such time zone{meant if meant.endswith('?') else ''} (found {value!r})") from None
        return value

    @field_validator("agent_code")
    @classmethod
    def _pattern_compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"no regular expression: {error} (found {value!r})") from error
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.timezone)


class QueueRules(Model):
    """How tickets are numbered, called and lost."""

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
    let_pass: Annotated[int, Field(ge=0, le=99)] = 3
    """A waiting visitor may let so many others go first, once; 0: nobody may."""
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
    priority_target_min: Annotated[int, Field(ge=1, le=600)] = 15
    """Target of the priority classes: 80 % of them wait no longer than this, whatever they come for."""
    early_min: Annotated[int, Field(ge=0, le=120)] = 5
    """Whoever comes early for an appointment is called from so long before its time, minutes."""
    affinity_min: Annotated[int, Field(ge=0, le=600)] = 10
    """How long a preference (a counter, an accessible one, one that speaks the language) holds before any may call."""
    transferred: Literal["head", "rank"] = "rank"
    """Place of a transferred ticket: head of its new line, or by its first issue time."""
    issue_answer_ms: Annotated[int, Field(ge=200, le=10_000)] = 1500
    """A kiosk without an answer for so long prints a number of its own series."""
    mode: Literal["open", "appointments_only", "closed"] = "open"
    """What the kiosk gives at the start of a day."""
    roll: Annotated[str, Field(pattern=form(r"^[A-Z]{1,2}$", "one or two capitals"))] = "S"
    """Series of the paper roll (`S-017`), for when neither hub nor kiosk works: no prefix and no kiosk's name."""

    @model_validator(mode="after")
    def _absence_is_possible(self) -> QueueRules:
        if self.absent_after_calls > self.recalls:
            raise ValueError(
                f"absent_after_calls {self.absent_after_calls} is more than the {self.recalls} calls that recalls"
                " allows: nobody could ever be marked absent"
            )
        return self


class DayRules(Model):
    """The business day. Without `timetable` a person opens it."""

    timetable: bool = False
    """Open and close by the hours of the agency when the clock is trusted."""
    hours: Hours = Field(
        default_factory=dict,
        examples=[{day: {"open": "07:30", "close": "15:00", "last_ticket": "14:30"} for day in DAYS[:5]}],
    )
    """Opening hours by weekday (`mon` … `sun`); a day that is left out is closed; no day at all means always open."""
    last_by_estimate: bool = False
    """With a timetable: the kiosk gives no ticket that would not be called before closing, in eight of ten cases."""
    holidays: tuple[Holiday, ...] = (
        "01-01", "easter+1", "05-01", "easter+39", "easter+50", "06-10", "08-15", "11-01", "11-28", "12-25",
    )  # fmt: skip
    """Days that are no working days though the hours would have them: `12-25`, or so many days after Easter."""
    pay_days: tuple[DayOfMonth, ...] = Field(default=(), examples=[["25", "03-31"]])
    """When benefits are paid: a day of each month, its `last`, or `MM-DD`. Staffing advice keeps such days apart."""
    deadlines: tuple[DayOfMonth, ...] = Field(default=(), examples=[["15", "last"]])
    """Until when contributions are due, written alike; the last two working days before are kept apart too."""

    stories: str = "stories"
    """Folder to which each closed day's page and signed line go by themselves, in `hub.data`; empty: nowhere."""

    @property
    def calendar(self) -> Calendar:
        """The days on which the agency works, for deadlines, and those on which more people come."""
        weekdays = tuple(DAYS.index(day) for day in self.hours) or tuple(range(7))
        return Calendar(self.holidays, frozenset(weekdays), self.pay_days, self.deadlines)

    @model_validator(mode="after")
    def _timetable_has_hours(self) -> DayRules:
        if self.timetable and not self.hours:
            raise ValueError("timetable = true needs hours: write day.hours.mon and so on")
        return self


#: The word on every screen and paper of a hub for training.
MARK = "ÉCOLE"


class HubBox(Model):
    """The box itself."""

    host: str = "127.0.0.1"
    """Address the hub listens on."""
    port: Port = 8080
    """Port the hub listens on."""
    plain: Literal["loopback", "everywhere"] = "loopback"
    """Who may speak to it without TLS: this box alone, or `everywhere`: only where something else brings TLS."""
    names: str = ""
    """Further names of the box in its certificate, with spaces between; its own name and addresses are there."""
    data: Path = Path("data")
    """Folder of the database and keys (of sounds where systemd gives none); relative to the configuration folder."""
    threads: Annotated[int, Field(ge=8, le=1024)] = 160
    """Request threads: at least twice the most clients."""
    requests_per_s: Annotated[float, Field(ge=5, le=100_000)] = 100
    """Most requests and asks a second of one device or one agent; more are refused with `too_many`."""
    second_line: Literal["alarm", "refuse", "allow"] = "alarm"
    """A second live line with one box's token: `alarm` serves it and tells the staff, `refuse` turns it away too."""
    voice: Literal["espeak", "recorded", "none"] = "espeak"
    """What speaks in the waiting room: espeak, `recorded` voices alone, or `none`: the gong alone calls."""
    voice_speed: Annotated[int, Field(ge=80, le=300)] = 135
    """Words a minute."""
    french: Literal["FR", "BE"] = "FR"
    """French numbers: `FR` soixante-dix (France, Brazzaville), `BE` septante (Belgium, Kinshasa)."""
    reserve_mb: Annotated[int, Field(ge=0, le=10_000)] = 64
    """Megabytes kept back in the data folder, given up when the disk is full so that tickets and calls go on."""

    @property
    def secret(self) -> bool:
        """Whether neighbours speak to this hub by TLS alone. A hub on loopback has no neighbours."""
        return self.plain == "loopback" and self.host not in ("127.0.0.1", "localhost", "::1")

    school: bool = False
    """This hub is for training: ÉCOLE stands on every screen and paper, its data are apart, nothing leaves the box."""

    @property
    def mark(self) -> str:
        """What stands on all papers of a hub for training; '' on those of an agency at work."""
        return MARK if self.school else ""

    @property
    def stamp(self) -> str:
        """How the name of each file begins that leaves a hub for training; '' at an agency at work."""
        return f"{bare(MARK)}-" if self.school else ""

    outbox: str = ""
    """Where messages for the centre go: an address, or a folder that somebody empties; empty: they wait (a stick)."""
    gateway: str = ""
    """Where SMS and e-mail for visitors go (a folder that a gateway empties); empty: they wait."""


class Backup(Model):
    """Copies that leave the box. Nothing is copied while `places` or `keys` is empty."""

    places: tuple[Path, ...] = Field(default=(), examples=[["/media/mbote-backup"]])
    """Folders on another medium or host, each made ready once with `mbote backup PLACE`."""
    keys: tuple[AgeKey, ...] = Field(default=(), examples=[["age1" + "q" * 58]])
    """Public keys whose owners can open a backup; the private halves are never on this box."""
    every_s: Annotated[int, Field(ge=1, le=45)] = 20
    """What happened leaves the box at the latest after so long."""
    nightly: ClockTime = "20:00"
    """When everything is copied whole; at the next start where the box was off."""
    nights: Annotated[int, Field(ge=2, le=60)] = 7
    """So many whole copies are kept, …"""
    weeks: Annotated[int, Field(ge=0, le=104)] = 8
    """… and of older ones one in seven, so many."""


class Deposits(Model):
    """Documents handed in at the counter."""

    four_eyes: bool = True
    """Who took documents in does not decide on them, and who decided does not take the decision back."""
    decide_days: Annotated[int, Field(ge=1, le=250)] = 5
    """Working days within which a document is decided on; what waits longer is shown as late."""
    scans: Literal["none", "local", "external"] = "local"
    """Scans of documents: `none`; `local`: kept beside the database; `external`: also handed on to `scans_to`."""
    scans_from: str = Field(default="", examples=["/srv/scanner"])
    """Folder into which a scanner puts batches that separator sheets divide; none is watched when empty."""
    scans_to: str = Field(default="", examples=["/mnt/documents", "https://ged.example/mbote"])
    """Where `external` hands scans on to: a folder on a mounted share, or an address that takes files by PUT."""
    scans_token: Path | None = Field(default=None, examples=["ged.token"])
    """File that holds the token of that address (mode 0600), relative to the configuration folder."""
    scans_authority: Path | None = Field(default=None, examples=["ged.pem"])
    """The certificate that the address must be signed by (a file); those that the machine trusts when absent."""


class Appointments(Model):
    """Appointments: how much of the counters' time is kept for them, and how long they hold (requirements B.13)."""

    services: tuple[Code, ...] = Field(default=(), examples=[["DEP"]])
    """Services with appointments; all that give tickets when empty."""
    share: Annotated[int, Field(ge=0, le=100)] = 40
    """Percent of the counters' time that can be booked; the rest is for whoever comes without."""
    minutes: Annotated[int, Field(ge=0, le=240)] = 0
    """Length of an appointment; 0: the mean of its service, up to the next five minutes."""
    days: Annotated[int, Field(ge=1, le=366)] = 60
    """How far ahead appointments are given."""
    release_min: Annotated[int, Field(ge=0, le=240)] = 15
    """What is not booked so long before its time is left to whoever comes without."""
    late_min: Annotated[int, Field(ge=0, le=240)] = 15
    """Whoever is at most so late keeps the head start of the appointment; who has not come by then is absent."""
    head_start_min: Annotated[int, Field(ge=0, le=240)] = 30
    """An appointment at its time stands in the line like somebody who has waited so long."""
    tries: Annotated[int, Field(ge=1, le=9)] = 3
    """Calls to somebody who does not pick up the telephone, before they count as unreachable."""
    kiosk_an_hour: Annotated[int, Field(ge=0, le=999)] = 20
    """Most appointments that one kiosk gives within an hour; 0: as many as are free. Reception has no such limit."""


class Centre(Model):
    """The head office, as this agency knows it. Without `key` nothing of it is believed, and nothing is asked."""

    key: PublicKey = Field(default="", examples=["0" * 64])
    """The public key with which the centre signs, as `mbote centre key` prints it."""
    authority: Path | None = Field(default=None, examples=["centre.pem"])
    """The certificate that its address must be signed by (a file); those that the machine trusts when absent."""
    inbox: str = Field(default="", examples=["/mnt/centre/inbox"])
    """A folder in which somebody lays the centre's answers and lists; an address of `hub.outbox` is asked anyway."""
    ask_s: Annotated[int, Field(ge=5, le=86_400)] = 300
    """How often the centre is asked, or the folder looked into."""
    timeout_s: Annotated[float, Field(gt=0, le=300)] = 30
    """How long the centre is waited for."""
    alarm_h: Annotated[int, Field(ge=1, le=720)] = 24
    """A message that has waited longer than this to leave is an alarm."""

    @property
    def alarm_ms(self) -> int:
        """The same in milliseconds."""
        return self.alarm_h * 3_600_000


class FollowUp(Model):
    """Where visitors follow their ticket by their own telephone. Nothing is served or sent unless it says where."""

    host: Annotated[
        str, Field(pattern=form(r"^(\d{1,3}(\.\d{1,3}){3})?$", "an address of this box such as '192.168.50.1'"))
    ] = ""
    """Address of this box on which the page for telephones is served, in the guests' network; empty: it is off."""
    port: Port = 8085
    """Port of that page, which serves nothing else."""
    guests: Annotated[
        str, Field(pattern=form(r"^[A-Za-z0-9_.-]{0,15}$", "a network interface such as 'eth1' or 'eth0.50'"))
    ] = ""
    """Network interface of the guests, for the firewall: from there that page is reached, and nothing else."""
    wifi: Annotated[str, Field(max_length=32)] = ""
    """Name of the guests' Wi-Fi, printed on tickets beside the QR."""
    address: Annotated[
        str,
        Field(pattern=form(r"^(https?://[^\s/?#]+(/[^\s/?#]+)*)?$", "an address such as 'https://suivi.example.cg'")),
    ] = ""
    """What the QR of a ticket opens, before its code; `http://HOST:PORT` when empty."""
    relay: Annotated[
        str,
        Field(
            pattern=form(r"^(https://[^\s/?#]+(/[^\s/?#]*)*)?$", "an address such as 'https://suivi.example.cg/push'")
        ),
    ] = ""
    """Address of an operator's relay that is told how all tickets stand, signed; empty: nobody is told."""
    relay_s: Annotated[int, Field(ge=2, le=600)] = 15
    """The relay is told at most so often, and at least four times as rarely while the day is open."""
    relay_authority: Path | None = Field(default=None, examples=["relay.pem"])
    """The certificate that the relay's must be signed by (a file); those that the machine trusts when absent."""

    @property
    def opens(self) -> str:
        """What stands before the code in a ticket's QR; '' where no telephone can follow it."""
        return self.address or (f"http://{self.host}:{self.port}" if self.host else "")

    @model_validator(mode="after")
    def _relay_can_be_found(self) -> FollowUp:
        if self.relay and not self.opens:
            raise ValueError("relay needs address: what telephones open there, printed on tickets")
        return self


class Alerts(Model):
    """When the supervisor is told, and who else is."""

    pause_min: Annotated[int, Field(ge=1, le=600)] = 30
    """A break that lasts longer than this is an alert, minutes."""
    waiting: Annotated[int, Field(ge=1, le=9999)] | None = Field(default=None, examples=[40])
    """More people than this in one queue are an alert; no number of them is when absent."""
    webhook: Annotated[
        str,
        Field(pattern=form(r"^(https?://[^\s/?#]+(/[^\s?#]*)?)?$", "an address such as 'https://alert.example/mbote'")),
    ] = ""
    """Address that is told each alert that begins or ends, by POST of JSON; empty: nobody."""
    webhook_authority: Path | None = Field(default=None, examples=["alerts.pem"])
    """The certificate that it must be signed by (a file); those that the machine trusts when absent."""


class Blended(Model):
    """Back-office work between visitors: offered to an agent for whom nobody waits, put down when people come."""

    idle_min: Annotated[int, Field(ge=0, le=600)] = 3
    """Back-office work is offered at a counter that has been free for so long while nobody waits, minutes; 0: never."""
    recall_waiting: Annotated[int, Field(ge=1, le=99)] = 3
    """An agent at such work is called back when so many wait for their counter, a second one when twice as many do."""
    recall_min: Annotated[int, Field(ge=1, le=600)] = 10
    """They are called back, too, when somebody has waited for their counter for so long, minutes."""


class Settings(Model):
    """All of one agency's configuration."""

    folder: Path
    """Where it was read; relative paths start there."""
    agency: Agency
    """Who we are."""
    queue: QueueRules = QueueRules()
    """How tickets are numbered, called and lost."""
    day: DayRules = DayRules()
    """The business day."""
    hub: HubBox = HubBox()
    """The box itself."""
    backup: Backup = Backup()
    """Copies that leave the box."""
    deposits: Deposits = Deposits()
    """Documents handed in at the counter."""
    appointments: Appointments = Appointments()
    """Appointments."""
    centre: Centre = Centre()
    """The head office."""
    followup: FollowUp = FollowUp()
    """Visitors' own telephones."""
    alerts: Alerts = Alerts()
    """When the supervisor is told."""
    blended: Blended = Blended()
    """Back-office work between visitors."""
    ticket: Ticket = Ticket()
    """What is printed on a ticket."""
    voice: Voice = Voice()
    """How calls are heard."""
    displays: tuple[Display, ...] = ()
    """The waiting-room screens."""
    services: Annotated[tuple[Service, ...], Field(min_length=1)]
    """What visitors queue for."""
    counters: Annotated[tuple[Counter, ...], Field(min_length=1)]
    """The counters and back desks."""
    profiles: tuple[Profile, ...] = ()
    """What single agents can do."""
    helps: tuple[Help, ...] = ()
    """Which counters help which queue, and when."""
    counter_services: tuple[str, ...] = ("reception",)
    """Folders of hub/services/ that this agency uses, in the order of the desk's tabs."""
    kiosk: Kiosk = Kiosk()
    """The ticket dispenser."""
    panel: Panel = Panel()
    """The physical call panels."""
    printing: Printing = Printing()
    """The process that owns the counters' printers."""
    printers: tuple[CounterPrinter, ...] = ()
    """The counters' printers."""

    def service(self, code: str) -> Service | None:
        """The service of that code, if there is one."""
        return next((s for s in self.services if s.code == code), None)

    def languages_on(self, display: Display) -> tuple[str, ...]:
        """The languages of a screen: what it shows is in the first, its calls are said in all of them."""
        return display.languages or self.agency.languages[:1]

    def has_appointments(self, service: Service) -> bool:
        """Whether a time for a service can be booked."""
        named = self.appointments.services
        return bool(service.prefix) and (not named or service.code in named)

    def counter(self, code: str) -> Counter | None:
        """The counter of that code, if there is one."""
        return next((c for c in self.counters if c.code == code), None)

    def profile(self, agent: str | None) -> Profile | None:
        """What is said of an agent, if anything is."""
        return next((p for p in self.profiles if p.agent == agent), None)

    def path(self, relative: Path) -> Path:
        """A path of the configuration, from its folder."""
        return relative if relative.is_absolute() else self.folder / relative
