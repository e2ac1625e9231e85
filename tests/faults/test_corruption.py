"""Bits flip, pages are zeroed or swapped, the log is cut off: no damage to an entry of the journal goes unseen (E8)."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing

import pytest

from hub import journal
from hub.ask import Actor, Ask
from hub.queues import actions
from hub.verify import damage
from tests.faults.clients import chances

pytestmark = [pytest.mark.faults, pytest.mark.slow]
HITS, PIECES, PIECE = 120, 4, 500
PAGE = 1024
KIOSK = Actor(device="K1", roles=frozenset({"kiosk"}))


@pytest.fixture
def seeded(office):
    """A morning's file, closed."""
    desk = office.counter("05").open("00902F")
    for _ in range(60):
        actions.issue(office.hub, Ask(KIOSK), service="DEP", channel="kiosk")
        office.give("deposit")
        desk.serve()
    office.hub.store.close()
    return office.hub.store.path


def flip(file, chance):
    at = chance.randrange(len(file))
    file[at] ^= 1 << chance.randrange(8)


def zero(file, chance):
    at = chance.randrange(len(file) // PAGE) * PAGE
    file[at : at + PAGE] = bytes(PAGE)


def swap(file, chance):
    one, other = (chance.randrange(len(file) // PAGE) * PAGE for _ in range(2))
    file[one : one + PAGE], file[other : other + PAGE] = file[other : other + PAGE], file[one : one + PAGE]


def entries(path):
    """All that the chain speaks for; what cannot be read is None."""
    columns = "seq, epoch, boot, at, mono, certain, actor, device, key, kind, subject, payload, private_digest, hash"
    try:
        with closing(sqlite3.connect(path)) as db:
            db.text_factory = bytes
            return (
                db.execute(f"SELECT {columns} FROM journal NOT INDEXED ORDER BY seq").fetchall(),  # noqa: S608
                db.execute("SELECT * FROM journal_private ORDER BY seq").fetchall(),
            )
    except (sqlite3.Error, UnicodeDecodeError):
        return None


def hits(path, folder, times, seed):
    """How many hits changed the journal, and those of them that nobody saw."""
    whole, clean, chance = path.read_bytes(), entries(path), chances(seed)
    changed, unseen = 0, []
    for number in range(times):
        file, hit = bytearray(whole), chance.choice((flip, flip, zero, swap))
        hit(file, chance)
        copy = folder / "copy" / "mbote.db"
        shutil.rmtree(copy.parent, ignore_errors=True)
        copy.parent.mkdir()
        copy.write_bytes(file)
        if entries(copy) != clean:
            changed += 1
            unseen += [] if damage(copy.parent) else [f"{hit.__name__} {number}"]
    return changed, unseen


@pytest.mark.parametrize(
    ("piece", "times"),
    [
        (0, HITS),
        *(pytest.param(n, PIECE, marks=[pytest.mark.nightly, pytest.mark.timeout(600)]) for n in range(1, PIECES + 1)),
    ],
)
def test_every_damage_to_the_journal_is_seen(  # noqa: PLR0913, PLR0917 (fixtures and cases)
    seeded, tmp_path, seed, note, piece, times
):
    changed, unseen = hits(seeded, tmp_path, times, seed + piece)
    note(f"{times} hits, {changed} of them in the journal, {len(unseen)} unseen")
    assert not unseen
    assert changed > times // 3


def test_the_same_hits_find_a_reading_that_trusts_the_pages(seeded, tmp_path, monkeypatch, seed, note):
    """A planted reading that asks SQLite alone: it keeps no sums of what is in its pages."""
    monkeypatch.setattr(journal, "faults", lambda *_, **__: iter(()))
    changed, unseen = hits(seeded, tmp_path, HITS, seed)
    note(f"{changed} hits in the journal, {len(unseen)} unseen by quick_check alone")
    assert unseen
