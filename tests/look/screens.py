"""The public screens, as tables: what is shown, how it is reached, in which languages, at which sizes.

A screen that is new gets a row here; its measures, its walk by keys, axe and its reference pictures follow
(`test_every_screen.py`). Rows stand alone: each begins at the first page, with nothing of the row before it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from hub.wire import Followed, Sign, Wait
from tests.look.pictures import board, call, calling, counters, face, queues, serving, shown

Size = tuple[int, int]

#: Each language that a place has words in. Those of `FEW` have a greeting and a farewell so far and are French between.
FULL, FEW, STAFF = ("fr", "en", "ar", "pt"), ("ln", "ktu"), ("fr", "en")
RIGHT_TO_LEFT = frozenset({"ar"})
#: One that is read from each side.
TWO = ("fr", "ar")
UPRIGHT, LYING = (1080, 1920), (1280, 800)
ROOM, TELEPHONE, AGENT = (1920, 1080), (390, 844), (1366, 768)

# --- the kiosk

MATRICULE, CODE = "2133415888", "K7M2P9QR"
NOTHING: dict[str, Any] = {"words": "scan_none", "facts": {}, "service": "", "label": ""}
AWAITED = NOTHING | {"words": "scan_expected", "service": "CPR"}
MINE: dict[str, Any] = {
    "label": "D042", "service": "DEP", "state": "waiting", "counter": "", "ahead": 12,
    "wait": {"low_s": 2_400, "high_s": 4_500}, "back_by": "10:45", "return_by": "", "acts": ["let_pass", "cancel"],
    "passes": 3, "at": "10:12",
}  # fmt: skip
FOUND = NOTHING | {"words": "scan_ticket", "facts": {"ticket": "D042"}, "followed": MINE}
CALLED = FOUND | {"followed": MINE | {"state": "called", "counter": "05", "ahead": None, "wait": None, "back_by": ""}}


#: What the hub says of appointments: two of one name, one by its telephone number, and the times of two days.
HOURS = [f"{hour:02d}:{minute:02d}" for hour in range(8, 14) for minute in (0, 15, 30, 45)]
DAYS = [{"day": "2026-11-30", "times": HOURS}, {"day": "2026-12-01", "times": ["10:00"]}]
BOOKED = {"label": "RDV-2026-000012", "service": "RAS", "day": "2026-11-30", "time": "09:15", "code": CODE}


def _come(words: str, time: str = "09:30") -> dict[str, Any]:
    facts = {"time": time, "date": "30/11/2026", "since": "09:25", "minutes": "7"}
    return {"words": words, "facts": facts, "service": "RAS", "code": CODE}


EARLY, LATE = _come("scan_appointment_early"), _come("scan_appointment_late", "10:10")


def _answers(**other: Any) -> Callable[[Any], None]:
    """The hub answers to what is scanned or typed, and `other` asks."""
    known = {MATRICULE: AWAITED, CODE: FOUND}

    def set_up(hub: Any) -> None:
        hub.answers |= {"scanned": lambda ask: known.get(ask["code"], NOTHING)} | other

    return set_up


def _close(service: str, why: str) -> Callable[[Any], None]:
    def set_up(hub: Any) -> None:
        hub.closed = {service: why}
        hub.publish()

    return set_up


def _fault(name: str | None) -> Callable[[Any], None]:
    return lambda hub: hub.printer.fault(name)


def _well(hub: Any) -> None:
    """As in the morning. It is told twice: so the kiosk notices that the page before has gone."""
    hub.answers, hub.closed, hub.numbers = {}, {}, {}
    _answers()(hub)
    hub.printer.fault(None)
    for hub.waiting in (8, 7):
        hub.publish()


KEYS_OF_CODE = tuple(f"key-{sign}" for sign in CODE)
KEYS_OF_NUMBER = tuple(f"key-{sign}" for sign in MATRICULE)


def _agenda(*found: dict[str, Any]) -> Callable[[Any], None]:
    """Of whoever comes there are these appointments; times are free, and one is booked."""
    times = {"service": "RAS", "minutes": 15, "days": DAYS}
    return _answers(expected={"found": [*found]}, times=times, book=BOOKED)


KEYS_OF_NAME = tuple(f"key-{sign}" for sign in "BAMOU")
KEYS_OF_TELEPHONE = tuple(f"key-{sign}" for sign in "066123456")
TO_HOURS = ("meeting", "begin", "want-RAS", "day-2026-11-30")
TO_PHONE = (*TO_HOURS, "time-09:15", *KEYS_OF_TELEPHONE)


@dataclass(frozen=True)
class AtKiosk:
    """A page of the kiosk: what is touched to come there (`data-id`), and by what it is known to be there.

    `before` prepares the hub, whose page then shows `sign`. `few`: languages of a few words have words of their own on
    it. `kept`: the languages in which its picture is kept; none where it is nearly another's or another each time.
    """

    name: str
    touches: tuple[str, ...] = ()
    shows: str = ""
    before: Callable[[Any], None] = _well
    sign: str = ".services small:not(:empty)"
    few: bool = False
    kept: tuple[str, ...] = (*FULL, *FEW)


KIOSK = (
    AtKiosk("home", few=True),
    AtKiosk("reasons", ("PEN",), "[data-id=reason-other]"),
    AtKiosk("papers", ("PEN", "reason-VIEILLESSE"), "[data-id=take]"),
    AtKiosk("list", ("PEN", "reason-REVERSION", "missing"), ".list .word.good"),
    AtKiosk("priority", ("priority",), "[data-id=priority-infant]"),
    AtKiosk("priority-taken", ("priority", "priority-age_70"), "[data-id=priority][aria-pressed=true]", kept=()),
    AtKiosk("reader", ("scan",), "[data-id=number]"),
    AtKiosk("code", ("scan", "code", "key-K", "key-7", "key-M"), "[data-id=erase]"),
    AtKiosk("number", ("scan", "number", *KEYS_OF_NUMBER), "[data-id=search]:enabled"),
    AtKiosk("letters", ("scan", "number", "letters"), "[data-id=key-Z]", kept=TWO),
    AtKiosk("expected", ("scan", "number", *KEYS_OF_NUMBER, "search"), "[data-id=take]"),
    AtKiosk("unknown", ("scan", "number", *(f"key-{sign}" for sign in "9000009"), "search"), "h1.said", kept=TWO),
    AtKiosk("own", ("scan", "code", *KEYS_OF_CODE), "[data-id=act-cancel]"),
    AtKiosk("own-called", ("scan", "code", *KEYS_OF_CODE), ".advice.now", before=_answers(scanned=lambda _: CALLED)),
    AtKiosk("sure", ("scan", "code", *KEYS_OF_CODE, "act-cancel"), "[data-id=yes]"),
    AtKiosk("meeting", ("meeting",), "[data-id=begin]", before=_agenda()),
    AtKiosk("by-name", ("meeting", "by_name", *KEYS_OF_NAME), "[data-id=search]:enabled", before=_agenda(), kept=TWO),
    AtKiosk("which", ("meeting", "by_name", *KEYS_OF_NAME, "search"), ".hours", before=_agenda(EARLY, LATE)),
    AtKiosk("come", ("meeting", "by_phone", *KEYS_OF_TELEPHONE, "search"), "[data-id=take]", before=_agenda(LATE)),
    AtKiosk("days", TO_HOURS[:-1], "[data-id='day-2026-11-30']", before=_agenda(), kept=TWO),
    AtKiosk("hours", TO_HOURS, "[data-id='time-09:15']", before=_agenda()),
    AtKiosk("whose", TO_PHONE, "[data-id=search]:enabled", before=_agenda(), kept=TWO),
    AtKiosk("booked", (*TO_PHONE, "search"), ".booked", before=_agenda()),
    AtKiosk("ticket", ("PFA", "reason-other", "take"), ".word.good use[href$=icon-check]", few=True),
    AtKiosk("refused", ("CRE",), "[data-id=done]", before=_close("CRE", "quota"), sign="[data-id=CRE].closed"),
    AtKiosk("no-paper", ("PFA", "reason-other", "take"), ".word.bad", before=_fault("paper_out"), sign="#notes li"),
    AtKiosk("help", ("help",), "dialog[open]", before=_answers(help={}), kept=TWO),
    AtKiosk("contrast", ("contrast", "PEN"), "[data-id=reason-other]", kept=TWO),
    AtKiosk("lower", ("lower",), "body.lower", kept=TWO),
    AtKiosk("large", ("large_text",), "body.large", kept=TWO),
    AtKiosk("largest", ("large_text", "large_text", "PEN"), "body.largest", kept=TWO),
    AtKiosk("no-hub", (), "#notes li", before=lambda hub: hub.stop(), sign="#notes li", kept=TWO),
    AtKiosk("own-series", ("DEP", "take"), ".ticket .label.long", before=lambda _: None, sign="#notes li", kept=()),
)
#: Rows that need the hub to be away stand together at the end.
WITHOUT_HUB = ("no-hub", "own-series")
#: A lying panel is low enough.
UPRIGHT_ONLY = ("lower",)

# --- the hall's display

D1, D2 = call(1, "D001", "05"), call(2, "D002", "05")
FIVE = [call(n, f"{letter}00{n}", f"0{n + 4}") for n, letter in ((5, "V"), (4, "P"), (3, "C"), (2, "A"), (1, "D"))]
LONG = [call(9, "K1-007", "08"), call(8, "WM888", "12"), call(7, "K2-106", "02", "serving"), *FIVE[:2]]
SIGN = Sign("05", "Dépôts de pièces", "calling")
AT_SIGN = {"layout": "sign", "counters": ("05",)}
#: What the agency has typed for its screens, each in the screen's language.
MESSAGES = {
    "fr": "Préparez vos pièces : elles sont indiquées sur votre ticket.",
    "en": "Have your papers ready: they stand on your ticket.",
    "ar": "جهّزوا أوراقكم: هي مذكورة على تذكرتكم.",
    "pt": "Prepare os seus papéis: estão indicados na sua senha.",
}
POSTERS = ("/display/pictures/SALLE/0?v=1",)


@dataclass(frozen=True)
class InRoom:
    """What the display is told, and the scene that it then shows; `lost`: its plug is pulled."""

    name: str
    scene: str
    calls: Any = ()
    screen: dict[str, Any] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)
    pictures: tuple[str, ...] = ()
    lost: bool = False
    stranger: bool = False

    def board(self, settings: Any, seq: int, language: str) -> Any:
        """The picture that the hub sends to a screen of that language; services are called as in the demo agency."""
        first = settings.agency.languages[0]
        called = {service.code: service.named(language, first) for service in settings.services}
        screen = {"languages": (language,), "message": MESSAGES[language]} | self.screen
        told = {"queues": queues()} | self.told
        named = tuple(replace(each, label=called.get(each.service, each.label)) for each in told["queues"])
        return shown(board(seq, self.calls, (), **told | {"queues": named}), settings, self.pictures, **screen)


DISPLAY = (
    InRoom("room", "call", [D2, D1], {"arrows": {"05": "left"}}),
    InRoom("room-long", "call", LONG, {}, {"queues": queues(9), "mode": "appointments_only"}),
    InRoom("calls", "call", FIVE, {"layout": "calls"}),
    InRoom("pictures", "call", FIVE[:3], {"layout": "pictures"}, pictures=POSTERS),
    InRoom("sign", "call", [D1], AT_SIGN, {"sign": SIGN}),
    InRoom("sign-free", "quiet", [], AT_SIGN, {"sign": replace(SIGN, state="free")}),
    InRoom("quiet", "quiet"),
    InRoom("closed", "closed", told={"day": False}),
    InRoom("stranger", "refused", stranger=True),
    InRoom("lost", "lost", [D2, D1], lost=True),
)

# --- the panel at a counter


@dataclass(frozen=True)
class AtPanel:
    """What the panel is told of its counters, and the key that opens something on it."""

    name: str
    faces: tuple[Any, ...]
    key: str = ""
    shows: str = "#default:enabled"
    told: dict[str, Any] = field(default_factory=dict)

    def picture(self, seq: int) -> Any:
        """What the hub sends."""
        return counters(*self.faces, seq=seq, **self.told)


CLOSED = face("05", "closed", agent_name=None, next_actions=("open",))
PANEL = (
    AtPanel("free", (face(),)),
    AtPanel("calling", (calling(),)),
    AtPanel("serving", (serving(ticket="K1-007"),)),
    AtPanel("hold", (serving(),), "F6", "#hold-dialog[open]"),
    AtPanel("transfer", (serving(),), "F7", "#transfer-dialog[open]"),
    AtPanel("paused", (face(state="paused", next_actions=("unpause", "close")),)),
    AtPanel("closed", (CLOSED,)),
    AtPanel("open", (CLOSED,), "F2", "#open-dialog[open]"),
    AtPanel("several", (serving("05"), face("02")), shows="#choose .tile"),
)

# --- a visitor's telephone

WAITING = Followed(
    "D012", "DEP", "waiting", "", 12, Wait(2_400, 4_500), "10:45", "", ("let_pass", "cancel"), 3, "10:12"
)


@dataclass(frozen=True)
class OnTelephone:
    """How a visitor's ticket stands."""

    name: str
    said: dict[str, Any]


def _ticket(**changes: Any) -> dict[str, Any]:
    return {"ticket": replace(WAITING, **changes)}


_AT_COUNTER = {"ahead": None, "wait": None, "back_by": "", "counter": "05"}
PHONES = (
    OnTelephone("waiting", _ticket()),
    OnTelephone("soon", _ticket(ahead=1, wait=Wait(300, 600), back_by="", acts=("cancel",))),
    OnTelephone("called", _ticket(state="called", **_AT_COUNTER)),
    OnTelephone("serving", _ticket(state="serving", acts=(), **_AT_COUNTER)),
    OnTelephone("on-hold", _ticket(state="on_hold", acts=(), **_AT_COUNTER)),
    OnTelephone("absent", _ticket(state="no_show", return_by="10:40", acts=(), **_AT_COUNTER)),
    OnTelephone("over", _ticket(state="over", acts=(), **_AT_COUNTER)),
    OnTelephone("let-pass", _ticket() | {"asks": "let_pass", "key": "k"}),
    OnTelephone("cancel", _ticket() | {"asks": "cancel", "key": "k"}),
    OnTelephone("refused", _ticket(acts=("cancel",)) | {"refused": "nobody_behind"}),
    OnTelephone("unknown", {"trouble": "unknown"}),
    OnTelephone("away", {"trouble": "away"}),
)
