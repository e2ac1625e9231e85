"""A copy of entries that proves itself: a zip that `verifier.py`, which goes with it, checks on a PC without Mbote.

    manifest.json    what was asked for, by whom; the hub's public key; the segments and their signed heads; the matches
    entries.jsonl    every entry of the segments, as it is hashed, with its hash
    private.jsonl    private parts of the matches, with their salts; only when they were asked for
    verifier.py      checks it; LISEZMOI.txt says how

A segment runs from one signed head (not included) to the next one: its first hash is signed, its last one is, and each
entry between hashes to what the next one was chained to. Of what was asked for nothing can be changed; in a period also
nothing can be left out, since all entries of it are there. Entries hold no names: those are in the private parts.
"""

from __future__ import annotations

import json
import sqlite3
import zipfile
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from hub import VERSION, chain, journal
from hub.audit import store
from hub.audit.model import Wanted
from hub.audit.store import Kinds, Reader
from hub.context import Hub
from hub.errors import Refused
from hub.store import SIGNING_KEY

FORMAT = "mbote-audit-1"
#: Entries of one copy at most, those that prove the others included: half a gigabyte, more than a year.
MOST = 2_000_000
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Made:
    """What was written: the manifest's bytes, and how much."""

    manifest: bytes
    matches: int
    entries: int


@dataclass(frozen=True, slots=True)
class Segment:
    """Entries after `first` - 1 up to the signed head `last`; `before` is the hash that the first one follows."""

    first: int
    last: int
    before: bytes


def about(hub: Hub, agent: str) -> dict[str, Any]:
    """What the manifest says of the hub and of who took the copy."""
    public = chain.public_key(hub.store.folder / SIGNING_KEY)
    return {
        "format": FORMAT,
        "version": VERSION,
        "agency": hub.settings.agency.code,
        "made_at": hub.now().at,
        "by": agent,
        "public_key": public.hex(),
        "fields": list(chain.FIELDS),
    } | ({"school": True} if hub.settings.hub.school else {})


def write(  # noqa: PLR0913 (what, of which, where to, in whose name)
    reader: Reader, wanted: Wanted, known: Kinds, path: Path, said: dict[str, Any], *, persons: bool
) -> Made:
    """Write the copy. Raises Refused when nothing is wanted or it would be too large."""
    low, high = store.span(reader, wanted)
    matches = [row["seq"] for row in store.rows_of(reader, wanted, known, low, high)][::-1]
    if not matches:
        raise Refused("nothing of that is in the journal", code="nothing_found")
    parts = segments(reader, matches)
    entries = sum(part.last - part.first + 1 for part in parts)
    if entries > MOST:
        raise Refused("too much for one copy: choose fewer days", code="too_much", most=MOST)
    manifest = chain.canonical_json(said | _proofs(reader, parts) | {"matches": matches, "wanted": _wanted(wanted)})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as bundle:
        bundle.writestr("manifest.json", manifest)
        with bundle.open("entries.jsonl", "w") as file:
            for line in _entries(reader, parts):
                file.write(line)
        if persons:
            with bundle.open("private.jsonl", "w") as file:
                for line in _private(reader, matches):
                    file.write(line)
        bundle.writestr("verifier.py", (_HERE / "verifier.py").read_text("utf-8"))
        bundle.writestr("LISEZMOI.txt", (_HERE / "LISEZMOI.txt").read_text("utf-8"))
    return Made(manifest.encode(), len(matches), entries)


def segments(reader: Reader, matches: list[int]) -> list[Segment]:
    """Between which signed heads the matches (in order) lie, each once."""
    heads = [0, *(row[0] for row in reader.execute("SELECT seq FROM signed_head ORDER BY seq"))]
    found: list[Segment] = []
    for first, last in pairwise(heads):
        if bisect_right(matches, first) < bisect_right(matches, last):
            found.append(Segment(first + 1, last, _hash(reader, first)))
    return _joined(found)


def _joined(parts: list[Segment]) -> list[Segment]:
    """Neighbours as one."""
    found: list[Segment] = []
    for part in parts:
        if found and found[-1].last + 1 == part.first:
            found[-1] = Segment(found[-1].first, part.last, found[-1].before)
        else:
            found.append(part)
    return found


def _hash(reader: Reader, seq: int) -> bytes:
    return journal.hash_at(reader, seq) or chain.GENESIS


def _proofs(reader: Reader, parts: list[Segment]) -> dict[str, Any]:
    heads = [
        {"seq": row["seq"], "hash": row["hash"].hex(), "signature": row["signature"].hex(), "reason": row["reason"]}
        for row in reader.execute("SELECT * FROM signed_head ORDER BY seq")
        if any(part.first - 1 <= row["seq"] <= part.last for part in parts)
    ]
    return {
        "segments": [{"first": part.first, "last": part.last, "before": part.before.hex()} for part in parts],
        "heads": heads,
    }


def _entries(reader: Reader, parts: list[Segment]) -> Iterator[bytes]:
    names = ", ".join(chain.FIELDS)
    for part in parts:
        rows = reader.execute(
            f"SELECT {names}, hash FROM journal WHERE seq BETWEEN ? AND ? ORDER BY seq",  # noqa: S608 (ours)
            (part.first, part.last),
        )
        for row in rows:
            yield _as_line({"entry": [_spelt(row[name]) for name in chain.FIELDS], "hash": row["hash"].hex()})


def _private(reader: Reader, matches: list[int]) -> Iterator[bytes]:
    for seq in matches:
        row: sqlite3.Row | None = reader.execute("SELECT * FROM journal_private WHERE seq = ?", (seq,)).fetchone()
        if row is not None:
            yield _as_line({"seq": seq, "salt": row["salt"].hex(), "body": row["body"]})


def _spelt(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value


def _as_line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _wanted(wanted: Wanted) -> dict[str, Any]:
    names = ("since", "until", "agent", "device", "family", "subject", "text")
    return {name: value for name in names if (value := getattr(wanted, name))}
