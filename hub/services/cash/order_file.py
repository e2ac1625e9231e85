"""A file of payment orders, one JSON object a line, in pieces that the administrator's door takes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

#: The door takes 64 KiB a line, and so many orders at once.
MOST_BYTES, MOST_LINES = 40_000, 100
#: A longer line is no order.
LONGEST = 4_000
Chunk = tuple[list[int], list[dict[str, Any]], list[tuple[int, str]]]


def chunks(file: Path) -> Iterator[Chunk]:
    """(line numbers, orders, what is wrong with other lines) of each piece. Raises OSError."""
    numbers: list[int] = []
    held: list[dict[str, Any]] = []
    wrong: list[tuple[int, str]] = []
    size = 0
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            said = _order(line)
            if said is None:
                wrong.append((number, "no JSON object of an order"))
                continue
            if held and (size + len(line) > MOST_BYTES or len(held) >= MOST_LINES):
                yield numbers, held, wrong
                numbers, held, wrong, size = [], [], [], 0
            numbers.append(number)
            held.append(said)
            size += len(line)
    yield numbers, held, wrong


def _order(line: bytes) -> dict[str, Any] | None:
    if len(line) > LONGEST:
        return None
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None
