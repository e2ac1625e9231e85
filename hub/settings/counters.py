"""What visitors queue for, and who receives them: services, counters, what single agents can do, who helps whom."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from hub.settings.forms import (
    ClockTime,
    Code,
    CounterCode,
    CounterKind,
    Language,
    Minutes,
    Model,
    Prefix,
    Skill,
    Word,
    Words,
)
from hub.wire import Direction


class Reason(Model):
    """One errand within a service (sous-motif): what somebody comes for, exactly."""

    code: Code = Field(examples=["CERT-VIE"])
    """Its code, on tickets and in the journal."""
    kiosk: Words = Field(default_factory=dict, examples=[{"fr": "Certificat de vie", "en": "Life certificate"}])
    """What the visitor reads at the kiosk, by language; the first one where a language is left out."""
    icon: str = "file-text"
    """Pictogram, a name of hub/look/icons.txt."""
    papers: dict[Language, tuple[str, ...]] = Field(
        default_factory=dict, examples=[{"fr": ["Le certificat signé"], "en": ["The signed certificate"]}]
    )
    """Papers to have ready for it, by language; the service's where there are none."""

    def called(self, language: str) -> str:
        """Its name in a language, else in the first there is."""
        return self.kiosk.get(language) or next(iter(self.kiosk.values()), self.code)


class Service(Model):
    """What a visitor queues for."""

    code: Code = Field(examples=["DEP"])
    """Its code, in counters, buttons and statistics."""
    prefix: Prefix = Field(default="", examples=["D"])
    """Letters before the number; a service without prefix gives no ticket."""
    label: str = Field(examples=["Dépôt de pièces"])
    """Name in full, on screens for staff."""
    short: str = Field(default="", examples=["Dépôt"])
    """Name where there is little room: the waiting room, tables. The full one when empty."""
    kiosk: Words = Field(default_factory=dict, examples=[{"fr": "Déposer des pièces", "en": "Hand in documents"}])
    """What the visitor reads at the kiosk, by language (`fr`, `en`, …); the label where a language is left out."""
    names: Words = Field(default_factory=dict, examples=[{"en": "Documents", "ar": "إيداع الأوراق"}])
    """The short name on the room's screens, by language; what the visitor reads at the kiosk where one is left out."""
    group: str = Field(default="", examples=["Prestations"])
    """Name of the group it belongs to, as staff read it; the statistics count services of one name together, too."""
    icon: str = "help-circle"
    """Pictogram, a name of hub/look/icons.txt."""
    target_min: Annotated[int, Field(ge=1, le=600)] = 30
    """Target: 80 % wait no longer than this, minutes."""
    mean_min: Annotated[float, Field(gt=0, le=600)] = 10
    """Mean service time assumed before there is a history, minutes."""
    last_ticket: ClockTime | None = Field(default=None, examples=["13:30"])
    """Last ticket of the day for this service; the agency's when absent."""
    quota: Annotated[int, Field(ge=0, le=9999)] | None = Field(default=None, examples=[80])
    """Most tickets in a day; no limit when absent."""
    least_skill: Skill = 1
    """Least level in it that an agent needs to call its visitors, 1 to 3; 2 is whoever no profile speaks of."""
    language_needed: bool = False
    """Its visitors are called only where their language is spoken, however long they wait."""
    papers: dict[Language, tuple[str, ...]] = Field(
        default_factory=dict, examples=[{"fr": ["Pièce d'identité"], "en": ["Identity card"]}]
    )
    """Papers to have ready, by language."""
    reasons: tuple[Reason, ...] = ()
    """What visitors come for within it: the kiosk asks, and shows the papers of that errand."""
    guide: dict[Language, tuple[str, ...]] = Field(
        default_factory=dict, examples=[{"fr": ["Vérifier l'identité", "Reprendre la liste des pièces"]}]
    )
    """The agent's short guide (fiche réflexe), a step a line, by language; at the desk while its visitor is there."""

    @property
    def name(self) -> str:
        """The name where there is little room."""
        return self.short or self.label

    def named(self, language: str, first: str) -> str:
        """The same as a visitor reads it in a language; `first` is the agency's, in which the plain name is written."""
        own = self.name if language == first else ""
        return self.names.get(language) or own or self.kiosk.get(language) or self.name

    def reason(self, code: str | None) -> Reason | None:
        """The errand of that code, if there is one."""
        return next((each for each in self.reasons if each.code == code), None)


class Counter(Model):
    """A counter (guichet) or a back desk."""

    code: CounterCode = Field(examples=["05"])
    """Its number, as it is called."""
    label: str = Field(examples=["Dépôts de pièces"])
    """Its name on the panel and for staff."""
    kind: CounterKind = Field(examples=["deposit"])
    """What is done there; people are never called to a `back` desk."""
    services: tuple[Code, ...] = Field(default=(), examples=[["DEP"]])
    """Services it serves, the first first; only a back desk may serve none."""
    location: str = ""
    """Where it is, for announcements: `au fond à droite`."""
    names: Words = Field(default_factory=dict, examples=[{"en": "Documents"}])
    """Its name on the room's screens, by language; the label where one is left out."""
    locations: Words = Field(default_factory=dict, examples=[{"en": "at the back, on the right"}])
    """Where it is, by language, seen and said; the location where one is left out."""
    arrow: Direction = ""
    """Direction from the room's screens, unless a screen says otherwise."""
    accessible: bool = False
    """Reachable in a wheelchair."""
    languages: tuple[Language, ...] = ("fr",)
    """Languages spoken there, unless the agent's profile says others."""
    weights: dict[Code, Minutes] = Field(default_factory=dict, examples=[{"DEP": 5}])
    """A visitor of that service counts here as having waited so many minutes more (or less) than they did."""
    printer: Code | None = Field(default=None, examples=["RECUS"])
    """The printer on which its papers come out, of printers.toml or a kiosk's; none: the browser prints."""

    @property
    def shown(self) -> bool:
        """Whether the public is called there."""
        return self.kind != "back"

    def placed(self, language: str) -> str:
        """Where it is, as a visitor reads and hears it."""
        return self.locations.get(language) or self.location


class Profile(Model):
    """What one agent can do, wherever they sit down. Whoever has none serves all that their counter serves."""

    agent: Word = Field(examples=["00902F"])
    """The agent's code."""
    skills: dict[Code, Skill] = Field(default_factory=dict, examples=[{"DEP": 3}])
    """Level by service: 0 does not serve it, 1 learns, 2 as usual, 3 knows it best; 2 where none is given."""
    languages: tuple[Language, ...] = Field(default=(), examples=[["fr", "en"]])
    """Languages they speak; those of the counter when none is given."""


class Help(Model):
    """A counter helps another queue while that one waits too long: one of them after so many of its own."""

    code: Code = Field(examples=["RENFORT"])
    """Its name."""
    queue: Code = Field(examples=["DEP"])
    """The service whose queue is helped."""
    counters: Annotated[tuple[CounterCode, ...], Field(min_length=1)] = Field(examples=[["05"]])
    """The counters that help, beside the services of their own."""
    over_min: Annotated[int, Field(ge=0, le=600)] = 20
    """They help while somebody there has waited longer than this, minutes."""
    after: Annotated[int, Field(ge=1, le=20)] = 1
    """One of that queue after so many visitors of their own, or at once when nobody of their own waits."""
