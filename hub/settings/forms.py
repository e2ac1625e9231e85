"""What a value of the configuration may look like, and the base of every section."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from hub.problems import form

Code = Annotated[str, Field(pattern=form(r"^[A-Z0-9][A-Z0-9_-]{0,15}$", "at most 16 capitals, digits, - or _"))]
AgencyCode = Annotated[str, Field(pattern=form(r"^[A-Z0-9][A-Z0-9-]{1,31}$", "2 to 32 capitals, digits or -"))]
CounterCode = Annotated[str, Field(pattern=form(r"^[0-9A-Z]{1,4}$", "at most 4 digits or capitals"))]
Prefix = Annotated[str, Field(pattern=form(r"^([A-Z]{1,2})?$", "one or two capitals"))]
ClockTime = Annotated[str, Field(pattern=form(r"^([01]\d|2[0-3]):[0-5]\d$", "a time such as '07:30'"))]
Language = Annotated[str, Field(pattern=form(r"^[a-z]{2,3}$", "a language code such as 'fr'"))]
HubAddress = Annotated[
    str, Field(pattern=form(r"^https?://[^/\s:]+(:\d{1,5})?/?$", "an address such as 'http://192.168.1.10:8080'"))
]
PublicKey = Annotated[str, Field(pattern=form(r"^([0-9a-f]{64})?$", "a public key, 64 digits of 0-9 a-f"))]
AgeKey = Annotated[str, Field(pattern=form(r"^age1[02-9ac-hj-np-z]{58}$", "a public age key, `age1…`"))]
UsbName = Annotated[str, Field(pattern=form(r"^([0-9a-fA-F]{4}:[0-9a-fA-F]{4})?$", "vendor:product in hexadecimal"))]
SpiName = Annotated[str, Field(pattern=form(r"^[01]\.[0-2]$", "SPI port.device such as '0.1'"))]
Word = Annotated[str, Field(pattern=form(r"^\S{1,32}$", "at most 32 signs without a space"))]
Skill = Annotated[int, Field(ge=0, le=3)]
Minutes = Annotated[int, Field(ge=-60, le=60)]
Pin = Annotated[int, Field(ge=0, le=27)]
Port = Annotated[int, Field(ge=1, le=65535)]
Holiday = Annotated[
    str,
    Field(
        pattern=form(
            r"^((0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])|easter\+\d{1,3})$", "a day such as '12-25' or 'easter+39'"
        )
    ),
]
DayOfMonth = Annotated[
    str,
    Field(
        pattern=form(
            r"^(last|[1-9]|[12]\d|3[01]|(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]))$",
            "a day such as '25', 'last' or '03-31'",
        )
    ),
]
Words = dict[Language, str]
CounterKind = Literal["reception", "inquiry", "deposit", "cash", "specialised", "back"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = get_args(Day)
Lamp = Literal["free", "calling", "serving", "fault"]
PanelStep = Literal["next", "recall", "no_show", "start", "finish", "hold", "open"]


class Model(BaseModel):
    """Base of every section: frozen, and no key that nobody reads."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    @classmethod
    def limits(cls, name: str) -> tuple[int, int]:
        """The least and the most of a setting that is a whole number."""
        said = cls.model_fields[name].metadata
        least = next(each.ge for each in said if hasattr(each, "ge"))
        return least, next(each.le for each in said if hasattr(each, "le"))
