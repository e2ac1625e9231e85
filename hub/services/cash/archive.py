"""The books of the tills as a file that proves itself: every entry, closing, month and year, frozen, in an open format.

A zip of `manifest.json` (signed with the key of the hub's journal), `books.jsonl` (one line for each thing written, in
order, with the text that its hash covers) and the verifier, which needs Python alone. It names nobody: whose money it
was is not in the chain of a till. An entry does not carry the journal's number: the journal's entry carries the till's
hash, so a signed head of the journal covers the books already, and a till can be checked without the rest.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, ClassVar

from hub import VERSION
from hub.ask import Answer
from hub.chain import canonical_json, public_key, signing_key
from hub.context import Hub, action
from hub.errors import Refused
from hub.journal import Appliers, Event
from hub.services.cash import chain, store
from hub.store import SIGNING_KEY, Transaction

FORMAT = "mbote-tills-1"
Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TillBooksTaken(Event):
    """Somebody took the books of the tills along; `entries`: how many are in it."""

    kind: ClassVar[str] = "till_books_taken"
    entries: int

    @property
    def subject(self) -> str:
        """All tills."""
        return "tills"


#: That the books were taken changes no row.
APPLIERS: Appliers = {TillBooksTaken: lambda _rows, _event: None}


@action
def take(tx: Transaction, hub: Hub) -> Answer:
    """Write down that the books were taken. Raises Refused where nothing was ever booked."""
    del hub
    entries = sum(each.seq for each in store.tills(tx.connection))
    if not entries:
        raise Refused("no till has an entry yet", code="nothing_booked")
    tx.record(TillBooksTaken(entries))
    return {"entries": entries}


def write(hub: Hub, path: Path, by: str) -> None:
    """Write the zip, of one moment."""
    with hub.snapshot() as reader, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        with bundle.open("books.jsonl", "w") as file:
            for line in books(reader):
                file.write(f"{canonical_json(line)}\n".encode())
        bundle.writestr("manifest.json", canonical_json(_manifest(hub, reader, by)))
        bundle.writestr("verifier.py", files("hub.audit").joinpath("verifier.py").read_text("utf-8"))
        bundle.writestr("LISEZMOI.txt", files("hub.audit").joinpath("LISEZMOI.txt").read_text("utf-8"))


def _manifest(hub: Hub, reader: store.Reader, by: str) -> Line:
    """What is in it, and where each till's book ends, signed."""
    key = hub.store.folder.joinpath(SIGNING_KEY)
    said = {
        "format": FORMAT, "version": VERSION, "agency": hub.settings.agency.code, "made_at": hub.now().at, "by": by,
        "public_key": public_key(key).hex(),
        "tills": {each.code: [each.seq, each.head, each.closings, each.closing_head]
                  for each in store.tills(reader) if each.seq or each.closings},
    }  # fmt: skip
    said |= {"school": True} if hub.settings.hub.school else {}
    signature = signing_key(key).sign(f"mbote-tills|{canonical_json(said)}".encode())
    return said | {"signature": signature.hex()}


def books(reader: store.Reader) -> Iterator[Line]:
    """Each till's entries with each closing after the last entry that it covers; then its months and years."""
    for till in store.tills(reader):
        closed = reader.execute("SELECT * FROM cash_closing WHERE till = ? ORDER BY z", (till.code,))
        closing = closed.fetchone()
        for row in reader.execute("SELECT * FROM cash_entry WHERE till = ? ORDER BY seq", (till.code,)):
            while closing is not None and closing["session"] < row["session"]:
                yield _closing(closing)
                closing = closed.fetchone()
            said = chain.canonical(chain.said_of(row))
            yield {"what": "entry", "till": till.code, "said": said, "hash": row["hash"]}
        while closing is not None:
            yield _closing(closing)
            closing = closed.fetchone()
        for row in reader.execute("SELECT * FROM cash_period WHERE till = ? ORDER BY length(period) DESC, period",
                                  (till.code,)):  # fmt: skip
            said = canonical_json({name: row[name] for name in chain.PERIOD})
            yield {"what": "period", "till": till.code, "said": said, "hash": row["hash"]}


def _closing(row: Any) -> Line:
    said = canonical_json({name: row[name] for name in chain.CLOSED})
    return {"what": "closing", "till": row["till"], "said": said, "hash": row["hash"]}
