"""The classes of retention: `classes.toml` here, and over it the agency's own `retention.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from hub.errors import ConfigurationFault
from hub.privacy.model import Class
from hub.problems import did_you_mean

HERE = Path(__file__).parent
THEIRS = "retention.toml"
#: A hundred years: more is "for ever", which is 0.
MOST_MONTHS = 1_200


@cache
def classes(folder: Path) -> tuple[Class, ...]:
    """The classes of the agency configured in `folder`. Raises ConfigurationFault with every problem."""
    ours = tomllib.loads((HERE / "classes.toml").read_text("utf-8"))
    problems: list[str] = []
    theirs: dict[str, Any] = {}
    try:
        theirs = tomllib.loads((folder / THEIRS).read_text("utf-8-sig"))
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        problems.append(f"{THEIRS}: cannot be read: {error}")
    problems += [f"{THEIRS}: {each}" for each in _misfits(ours, theirs)]
    if problems:
        raise ConfigurationFault(problems)
    return tuple(
        Class(name, int(theirs.get(name, {}).get("months", said["months"])), said["title"], tuple(said["kinds"]))
        for name, said in ours.items()
    )


def _misfits(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[str]:
    """An agency says how long, no more: which facts a class holds is ours to know."""
    for name, said in theirs.items():
        if name not in ours:
            yield f"no class {name}{did_you_mean(name, ours)}"
        elif not isinstance(said, dict) or set(said) != {"months"}:
            yield f"{name}: one key, months"
        elif type(said["months"]) is not int or not 0 <= said["months"] <= MOST_MONTHS:
            yield f"{name}: months: 0 (for ever) to {MOST_MONTHS}, not {said['months']!r}"
