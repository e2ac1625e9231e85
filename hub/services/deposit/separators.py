"""Separator sheets: what their code says, and how they divide a batch of pages. Touches nothing.

Source: requirements B.4 (one batch scan split by separator sheets).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from hub.services.deposit import rules

#: No acknowledgement begins so: one that lies among the pages divides nothing.
MARK = "MBS"
_CODE = re.compile(rf"{MARK}/([A-Z0-9-]{{2,32}})/(\d{{4}}/\d{{6}})/(\d{{1,3}})/(\d{{2}})")


@dataclass(frozen=True, slots=True)
class Target:
    """Whose the pages behind a sheet are: a deposit by its number, and one of its lines; line 0: the deposit alone."""

    label: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """Pages that belong together, counted from 1, and whose they are; None: nobody said so."""

    pages: tuple[int, ...]
    target: Target | None = None


def code_of(agency: str, label: str, line: int) -> str:
    """What the code of a sheet says, with two digits that notice a slip."""
    return f"{MARK}/{agency}/{label}/{line}/{rules.check_of(agency, f'{label}/{line}')}"


def target_of(text: str, agency: str) -> Target | None:
    """What a code means; None for any other code, one of another agency's, and one that was misread."""
    found = _CODE.fullmatch(text.strip().upper())
    if found is None or found[1] != agency:
        return None
    label, line = found[2], int(found[3])
    return Target(label, line) if rules.check_of(agency, f"{label}/{line}") == found[4] else None


def divided(pages: int, sheets: Iterable[tuple[int, Target]], before: Target | None = None) -> tuple[Part, ...]:
    """The parts of a batch: what follows a sheet is its own, up to the next sheet. Sheets themselves are in no part.

    `before`: whose the pages are that come before the first sheet.
    """
    at = dict(sheets)
    parts: list[Part] = []
    target, held = before, list[int]()
    for page in range(1, pages + 1):
        if page not in at:
            held.append(page)
            continue
        parts += [Part(tuple(held), target)] if held else []
        target, held = at[page], []
    parts += [Part(tuple(held), target)] if held else []
    return tuple(parts)
