"""A setting's name and its value, as people read them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from hub.publishing.rules import GONE, SINGLE, WHOLE, is_frame
from hub.say import say
from hub.settings.counters import Service

#: Single tables whose settings are called as in no other.
_OWN_NAMES = ("appointments", "kiosk", "panel")


class Wording:
    """The words of one page: of services, counters and agents by their codes."""

    def __init__(self, language: str, services: Iterable[Service], names: Mapping[str, str]) -> None:
        self._language = language
        self._services = {service.code: service.name for service in services}
        self._names = names

    def _say(self, key: str, **values: object) -> str:
        return say(self._language, f"publishing.{key}", **values)

    def name(self, name: str) -> str:
        """What a setting is called: `Guichet 05 : files appelées`."""
        table, _, rest = name.partition(".")
        code, _, what = rest.partition(".")
        if table in SINGLE:
            return self._say(f"name_{table}_{rest}" if table in _OWN_NAMES else f"name_{rest}")
        if table == "profiles":
            return self._say("name_profile", agent=self._names.get(code, code))
        if table == "helps":
            return self._say("name_help", code=code)
        called = self._services.get(code, code)
        if is_frame(name):
            return self._say(f"name_frame_{table}", service=called, code=code)
        if table == "displays":
            return self._say(f"name_display_{what}", code=code)
        return self._say(f"name_{what}", service=called, counter=code, code=called)

    def value(self, name: str, value: str | None) -> str:
        """A value of it: `Dépôt, Pensions (+5 min)`; a dash where there is none."""
        if is_frame(name):
            return "–" if value is None else self._say("frame_gone" if value == GONE else "frame_made")
        plain = None if value is None else json.loads(value)
        table, _, rest = name.partition(".")
        if plain in (None, [], {}, ""):
            return "–"
        if table in WHOLE:
            return self._profile(plain) if table == "profiles" else self._help(plain)
        return self._plain(rest.rpartition(".")[2], plain)

    def _plain(self, what: str, plain: Any) -> str:
        match plain:
            case bool():
                return self._say("yes" if plain else "no")
            case list():
                return (" · " if what == "messages" else ", ").join(self._item(what, each) for each in plain)
            case dict():
                return ", ".join(self._pair(what, name, each) for name, each in plain.items())
        return self._say("value_min", minutes=plain) if what.endswith("_min") else str(plain)

    def _item(self, what: str, item: Any) -> str:
        """One of a list: a queue, a part of the ticket, an errand, what is wired to a pin or stands at a counter."""
        match what, item:
            case "services", _:
                return self._service(item)
            case "parts", _:
                return self._say(f"ticket_{item}")
            case "reasons", {"code": code, "kiosk": words}:
                return str(words.get(self._language) or next(iter(words.values()), code))
            case "buttons", {"service": service, "pin": pin}:
                return self._say("value_button", service=self._service(service), pin=pin)
            case "counters", {"counter": counter, "buttons": keys, "lamps": lamps}:
                return self._say("value_panel", counter=counter, keys=len(keys), lamps=len(lamps))
        return str(item)

    def _pair(self, what: str, name: str, value: Any) -> str:
        """One of several: minutes by service, words by language, the hours of a day."""
        if what == "weights":
            return f"{self._service(name)} {value:+d} min"
        if what == "hours":
            return f"{self._say(f'day_{name}')} {value['open']}–{value['close']}"
        said = " · ".join(value) if isinstance(value, list) else value
        return f"{name.upper()} « {said} »"

    def _help(self, plain: Mapping[str, Any]) -> str:
        service, counters = self._service(plain["queue"]), ", ".join(plain["counters"])
        return self._say(
            "value_help", service=service, over=plain["over_min"], after=plain["after"], counters=counters
        )  # fmt: skip

    def _service(self, code: str) -> str:
        return self._services.get(code, code)

    def _profile(self, plain: Mapping[str, Any]) -> str:
        levels = [f"{self._service(code)} {self._say(f'level_{level}')}" for code, level in plain["skills"].items()]
        return ", ".join([*levels, *(each.upper() for each in plain["languages"])])
