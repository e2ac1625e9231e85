"""Which settings can be published, by name; what differs, what a changed file makes of it, how a version is undone.

A setting is named as its file has it: `queue.max_wait_min`, one of a table by that table's code
(`counters.05.services`), a table that is published whole by its code alone (`profiles.00902F`). Values are JSON.

A service or a counter that a screen makes is its **frame** (`services.VIS`: what of it never changes) and its settings,
each by its name like those of any other. The frame `null` takes one away that the files have.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Any

from hub.errors import Refused
from hub.publishing.model import Change, Held, Publication
from hub.settings import Settings
from hub.settings.forms import Model

#: Single tables → their settings: those of the routing's page, and those of the administration's.
SINGLE: Mapping[str, tuple[str, ...]] = {
    "queue": ("max_wait_min", "priority_run", "normal_wait_min", "affinity_min"),
    "alerts": ("pause_min", "waiting"),
    "blended": ("idle_min", "recall_waiting", "recall_min"),
    "day": ("timetable", "hours", "holidays", "pay_days", "deadlines"),
    "ticket": ("parts", "welcome", "footer"),
    "appointments": ("services", "share"),
    "kiosk": ("buttons",),
    "panel": ("counters",),
}
#: Lists of tables → the settings of each that can be published, by the table's code.
LISTED: Mapping[str, tuple[str, ...]] = {
    "services": (
        "target_min", "least_skill", "language_needed", "label", "short", "kiosk", "papers", "mean_min", "last_ticket",
        "quota", "icon", "group", "guide", "reasons", "names",
    ),
    "counters": (
        "services", "weights", "languages", "accessible", "label", "location", "arrow", "printer", "names", "locations",
    ),
    "displays": ("message", "messages", "services", "counters", "arrows"),
}  # fmt: skip
#: Lists whose tables a screen can make and take away → what of one is its frame.
MADE: Mapping[str, tuple[str, ...]] = {"services": ("code", "prefix"), "counters": ("code", "kind")}
#: The frame of what is taken away.
GONE = "null"
#: What the administration publishes; the rest is routing.
_ADMINISTERED: Mapping[str, frozenset[str]] = {
    **{table: frozenset(SINGLE[table]) for table in ("day", "ticket", "appointments", "kiosk", "panel")},
    "services": frozenset(LISTED["services"]) - {"target_min", "least_skill", "language_needed"},
    "counters": frozenset({"label", "location", "arrow", "printer", "names", "locations"}),
    "displays": frozenset(LISTED["displays"]),
}
#: Lists of tables that are published whole → what names one.
WHOLE: Mapping[str, str] = {"profiles": "agent", "helps": "code"}
#: The most that the changes of one entry may say, characters: a line of the journal's export has 16 KiB.
AN_ENTRY = 6_000

Values = Mapping[str, str]


def values_of(settings: Settings) -> dict[str, str]:
    """Every setting that can be published, as it is in these settings."""
    return dict(_values(settings))


def _values(settings: Settings) -> Iterator[tuple[str, str]]:
    for table, names in SINGLE.items():
        said = getattr(settings, table).model_dump(mode="json")
        yield from ((f"{table}.{name}", as_text(said[name])) for name in names)
    for table, names in LISTED.items():
        for one in getattr(settings, table):
            said = one.model_dump(mode="json")
            yield from ((f"{table}.{code_of(one)}.{name}", as_text(said[name])) for name in names)
    for table, code in WHOLE.items():
        for one in getattr(settings, table):
            yield f"{table}.{getattr(one, code)}", as_text(one.model_dump(mode="json"))


def code_of(one: Any) -> str:
    """What names a table of a list; a screen has a name."""
    return str(one.code if hasattr(one, "code") else one.name)


def page_of(name: str) -> str:
    """The page on which a setting is published: `routing` or `administration`."""
    table, _, rest = name.partition(".")
    administered = is_frame(name) or rest.rpartition(".")[2] in _ADMINISTERED.get(table, ())
    return "administration" if administered else "routing"


def is_frame(name: str) -> bool:
    """Whether a name is that of a whole service or counter: `services.VIS`."""
    table, _, rest = name.partition(".")
    return table in MADE and "." not in rest


def made(table: str, one: Model) -> dict[str, str]:
    """All that is published of a service or counter that a screen makes: its frame and its settings."""
    said, code = one.model_dump(mode="json"), code_of(one)
    frame = {f"{table}.{code}": as_text({name: said[name] for name in MADE[table]})}
    return frame | {f"{table}.{code}.{name}": as_text(said[name]) for name in LISTED[table]}


def taken_away(files: Settings, values: Values, table: str, code: str) -> dict[str, str | None]:
    """All that is published when one goes: its settings, where the files do not have it; else the word that it goes."""
    if any(code_of(one) == code for one in _all(files, table)):
        return {f"{table}.{code}": GONE}
    return {name: None for name in values if name == f"{table}.{code}" or name.startswith(f"{table}.{code}.")}


def in_full(files: Settings, rows: Mapping[str, Held], wanted: Mapping[str, str | None]) -> dict[str, str | None]:
    """What is wanted, with all that goes with a service or counter that is taken away."""
    found = dict(wanted)
    for name in [each for each, value in wanted.items() if value == GONE and is_frame(each)]:
        table, _, code = name.partition(".")
        found = {each: value for each, value in found.items() if not f"{each}.".startswith(f"{name}.")}
        found |= taken_away(files, standing(rows), table, code)
    return found


def frames(files: Settings, settings: Settings) -> dict[str, str]:
    """What says which services and counters are in these settings and not in the files, and the other way round."""
    found: dict[str, str] = {}
    for table in MADE:
        there, here = ({code_of(one): one for one in _all(each, table)} for each in (files, settings))
        found |= {
            f"{table}.{code}": made(table, one)[f"{table}.{code}"] for code, one in here.items() if code not in there
        }
        found |= {f"{table}.{code}": GONE for code in there if code not in here}
    return found


def as_text(value: Any) -> str:
    """A plain value as it is kept: JSON, one way for one value."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def in_plain(files: Settings, values: Values) -> dict[str, Any]:
    """The settings that these values make, in plain values, over what the files say."""
    found: dict[str, Any] = {}
    for table, names in SINGLE.items():
        found[table] = getattr(files, table).model_dump() | _said(values, table, names)
    for table, names in LISTED.items():
        listed = [one.model_dump() for one in _all(files, table)]
        frames_ = {code: json.loads(values.get(f"{table}.{code}", "{}")) for code in map(_code, listed)}
        listed = [one | frames_[_code(one)] for one in listed if frames_[_code(one)] is not None]
        listed += _framed(values, table, {code_of(one) for one in _all(files, table)})
        found[table] = [one | _said(values, f"{table}.{_code(one)}", names) for one in listed]
    for table in WHOLE:
        named = sorted(name for name in values if name.startswith(f"{table}."))
        found[table] = [json.loads(values[name]) for name in named]
    return found


def _code(one: Mapping[str, Any]) -> str:
    return str(one["code"] if "code" in one else one["name"])


def _framed(values: Values, table: str, there: Container[str]) -> list[dict[str, Any]]:
    """The tables that a screen has made and the files do not have, in the order of their codes."""
    names = sorted(name for name in values if name.startswith(f"{table}.") and is_frame(name))
    return [json.loads(values[n]) for n in names if values[n] != GONE and n.partition(".")[2] not in there]


def _all(files: Settings, table: str) -> Sequence[Any]:
    listed: Sequence[Model] = getattr(files, table)
    return listed


def _said(values: Values, under: str, names: Iterable[str]) -> dict[str, Any]:
    return {name: json.loads(values[f"{under}.{name}"]) for name in names if f"{under}.{name}" in values}


# --- versions ------------------------------------------------------------------------------------


def standing(rows: Mapping[str, Held]) -> dict[str, str]:
    """The values that stand."""
    return {name: held.value for name, held in rows.items() if held.value is not None}


def applied(rows: Mapping[str, Held], changes: Iterable[Change]) -> dict[str, Held]:
    """The rows after these changes."""
    found = dict(rows)
    for name, _, after, file in changes:
        if after is None and file is None:
            found.pop(name, None)
        else:
            found[name] = Held(after, file)
    return found


def by_files(rows: Mapping[str, Held], said: Values, *, whole: bool = False) -> tuple[Change, ...]:
    """What the files change: settings that are new in them, and those of which they say something else than before.

    `whole`: also where they say the same: what was published fits them no longer.
    """
    found: list[Change] = []
    for name in sorted(rows.keys() | said.keys()):
        held, now = rows.get(name), said.get(name)
        if held is None:
            found.append((name, None, now, now))
        elif now != held.file or (whole and now != held.value):
            found.append((name, held.value, now, now))
    return tuple(found)


def by_hand(rows: Mapping[str, Held], wanted: Mapping[str, str | None]) -> tuple[Change, ...]:
    """What a screen changes. Raises Refused `nothing_changed`."""
    found: list[Change] = []
    for name in sorted(wanted):
        held = rows.get(name, Held(None, None))
        if held.value != wanted[name]:
            found.append((name, held.value, wanted[name], held.file))
    if not found:
        raise Refused("that is how it is already", code="nothing_changed")
    return tuple(found)


def before(version: int, later: Iterable[Publication]) -> dict[str, str | None]:
    """The values as they were before a version; `later`: it and all after it, the newest first.

    Raises Refused `no_version`; `file_version` where a file has had its word since.
    """
    wanted: dict[str, str | None] = {}
    for each in later:
        if each.origin != "screen":
            raise Refused(f"version {each.version} is what the files say: change them", code="file_version",
                          version=each.version)  # fmt: skip
        wanted |= {name: old for name, old, _, _ in each.changes}
    if not wanted:
        raise Refused(f"there is no version {version}", code="no_version")
    return wanted


def undone(values: Values, changes: Iterable[Change]) -> dict[str, str]:
    """The values before a version's changes."""
    found = dict(values)
    for name, old, _, _ in changes:
        if old is None:
            found.pop(name, None)
        else:
            found[name] = old
    return found


def in_entries(changes: Sequence[Change]) -> list[tuple[Change, ...]]:
    """In parts, each small enough for one entry."""
    parts: list[list[Change]] = [[]]
    room = AN_ENTRY
    for change in changes:
        size = sum(len(text or "") + 8 for text in change)
        if size > room and parts[-1]:
            parts.append([])
            room = AN_ENTRY
        parts[-1].append(change)
        room -= size
    return [tuple(part) for part in parts if part]
