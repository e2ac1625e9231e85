"""A new epoch: how a hub that may not know all that was given goes on without giving any of it again.

A restored backup lacks the last minute, a cloned card the time since it was copied, a fresh file beside a
damaged one everything. Public ids hold the epoch, so they differ by themselves, and so do print jobs
(`printing.store`). Labels do not: people hold them in their hands. So every series of a day in which
numbers may be missing goes on in the next block of a thousand: after D087 comes D1001. That leaves at least
500 numbers of one series for the minute that a working backup may lack, which no hall can fill; where more
than an hour is unknown one block more, 1,500 numbers, for a day that is lost whole.
"""

from __future__ import annotations

import sqlite3
from zoneinfo import ZoneInfo

from hub.ask import Answer
from hub.clock import Instant, local
from hub.context import Hub, action
from hub.errors import NotFound, Unreadable
from hub.journal import EpochBegun, EpochConfirmed
from hub.lived import Lived
from hub.queues import store
from hub.store import Begin, Transaction

BLOCK, SPARE = 1_000, 500
#: Beyond this much unknown time the room of one block is not enough.
LONG_MS = 3_600_000
#: Who claims to have seen an epoch further on than this is not believed: a box is not restored so often.
MOST_AHEAD = 1_000
#: A device is believed less than the box's own backup is: its token may be in other hands, and each epoch costs the
#: day's labels a digit. One epoch further than this file's own; so many entries, a month of a large agency; and so many
#: times within an hour, since after a restore several boxes may each know a little more than the one before.
MOST_AHEAD_OF_DEVICE, MOST_MISSING, MOST_CLAIMS, CLAIMS_MS = 1, 200_000, 3, 3_600_000


def floor_above(last: int, epochs: int, lost_ms: int) -> int:
    """The number above which counting goes on: at least `SPARE` further, one block for each epoch between."""
    return BLOCK * ((last + SPARE - 1) // BLOCK + epochs + (lost_ms > LONG_MS))


def next_epoch(  # noqa: PLR0913 (what can be known of a time that one does not know)
    reader: sqlite3.Connection, now: Instant, zone: ZoneInfo, why: str, *,
    beyond: int = 0, last: int | None = None, lost_ms: int | None = None,
) -> EpochBegun:  # fmt: skip
    """The epoch after this file's own and after `beyond`, one that somebody has seen.

    `last` is a number known to have been given today by whoever asks; `lost_ms`, for how long nothing is known,
    is counted from the file's last entry unless given. A file that begins empty knows neither.
    """
    known = int(reader.execute("SELECT epoch FROM store").fetchone()[0])
    epoch = max(known, beyond) + 1
    day = store.day(reader)
    lost = _lost_ms(reader, now) if lost_ms is None else lost_ms
    date = local(now.at, zone).date().isoformat()
    given = max(store.highest_number(reader, date), last or 0)
    return EpochBegun(epoch, why, day.id if day else 0, date, floor_above(given, epoch - known, lost))


def _lost_ms(reader: sqlite3.Connection, now: Instant, *, before: int = 1 << 62) -> int:
    """How long ago the last entry before number `before` was made; a long time where the clock cannot say."""
    row = reader.execute("SELECT at FROM journal WHERE seq < ? ORDER BY seq DESC LIMIT 1", (before,)).fetchone()
    if row is None or not now.certain:
        return LONG_MS + 1
    return int(now.at - row["at"])


def _asleep_ms(reader: sqlite3.Connection, now: Instant) -> int:
    """How long ago this hub was last alive before it was started now: a copy knows nothing of that time."""
    started = reader.execute("SELECT seq FROM journal WHERE kind = 'hub_started' ORDER BY seq DESC LIMIT 1").fetchone()
    return _lost_ms(reader, now, before=started["seq"] if started else 0)


@action
def leave_behind(tx: Transaction, hub: Hub, *, epoch: int, seq: int) -> Answer:
    """Somebody has seen entry `seq` of `epoch`, which this hub has not: it is a copy that is behind.

    It goes on at once, in an epoch after both. Nothing is refused: the visitors in the hall cannot wait for an
    administrator, who is asked to confirm afterwards. Raises Unreadable for what is out of all reason, sooner for a
    device than for the box itself; the journal says who claimed it.
    """
    if (epoch, seq) <= (tx.epoch, tx.seq):
        return {"epoch": tx.epoch, "begun": False}
    _believable(tx, epoch, seq, device="hub" not in tx.actor.roles)
    begun = _after(tx, hub.settings.agency.zone, epoch, seq, _asleep_ms(tx.connection, tx.now))
    tx.begin_epoch(begun)
    return {"epoch": begun.epoch, "begun": True}


def _believable(tx: Transaction, epoch: int, seq: int, *, device: bool) -> None:
    """Raise Unreadable `unbelievable_epoch` unless this may have been seen."""
    why = ""
    if epoch > tx.epoch + (MOST_AHEAD_OF_DEVICE if device else MOST_AHEAD):
        why = f"epoch {epoch} is out of all reason: this hub is in epoch {tx.epoch}"
    elif device and seq > tx.seq + MOST_MISSING:
        why = f"entry {seq} is out of all reason: this hub has {tx.seq}"
    elif device and _claims(tx) >= MOST_CLAIMS:
        why = f"{MOST_CLAIMS} new epochs within an hour are enough: an administrator has to look"
    if why:
        raise Unreadable(why, code="unbelievable_epoch", field="epoch")


def _claims(tx: Transaction) -> int:
    """How many epochs began in the last hour because somebody had seen more."""
    since = tx.now.at - CLAIMS_MS
    row = tx.one("SELECT count(*) AS found FROM epoch WHERE why = 'behind' AND at > ?", since)
    return int(row["found"]) if row else 0


def behind_lived(known: Lived, zone: ZoneInfo) -> Begin:
    """What a file begins with that has lost its end, or was taken away: this box has lived an entry that it lacks.

    A chain without its last entries is as whole as before, so nothing in the file tells; `known` lies beside it, on
    the same card, and is a minute old at most. What was lost within that minute the backup and the devices tell.
    """

    def decide(tx: Transaction) -> EpochBegun | None:
        if (known.epoch, known.seq) <= (tx.epoch, tx.seq):
            return None
        return _after(tx, zone, known.epoch, known.seq, _lost_ms(tx.connection, tx.now))

    return decide


def _after(tx: Transaction, zone: ZoneInfo, epoch: int, seq: int, lost_ms: int) -> EpochBegun:
    """The epoch after this file's and after `epoch`, of which entry `seq` was made; nothing is known for `lost_ms`."""
    missing = seq - tx.seq if epoch == tx.epoch else 0
    given = store.highest_number(tx.connection, local(tx.now.at, zone).date().isoformat()) + max(0, missing)
    return next_epoch(tx.connection, tx.now, zone, "behind", beyond=epoch, last=given, lost_ms=lost_ms)


@action
def confirm_epoch(tx: Transaction, hub: Hub) -> Answer:
    """An administrator goes on with a hub that found itself behind."""
    del hub
    row = tx.one("SELECT max(epoch) AS epoch FROM epoch WHERE confirmed = 0")
    if row is None or row["epoch"] is None:
        raise NotFound("there is no epoch to confirm")
    tx.record(EpochConfirmed(row["epoch"]))
    return {"epoch": row["epoch"], "confirmed": True}


def unconfirmed(reader: sqlite3.Connection) -> int | None:
    """The epoch that waits for an administrator's word, if one does."""
    row = reader.execute("SELECT max(epoch) AS epoch FROM epoch WHERE confirmed = 0").fetchone()
    return int(row["epoch"]) if row["epoch"] is not None else None
