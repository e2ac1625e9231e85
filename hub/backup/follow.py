"""The stream: what happens on the box is at every place within `every_s`, as long as the place is there.

One thread a place, so that a stick which hangs in the kernel holds up no other. Nothing is remembered between
rounds that the place itself does not say: where to go on is read from its pieces and compared with the journal.
So a medium may be pulled out, put back, or changed for another at any moment.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from errno import ENOSPC
from zoneinfo import ZoneInfo

import structlog

from hub import journal
from hub.backup import copy, plan
from hub.backup.contents import AlteredJournal
from hub.backup.copy import Box
from hub.backup.files import Files
from hub.backup.keyring import DrillKeys
from hub.backup.piece import Header, Piece
from hub.backup.place import Place
from hub.backup.word import State, Word
from hub.clock import local
from hub.errors import MboteError, StoreFault
from hub.settings import Backup
from hub.store import DATABASE

#: A whole copy that failed is tried again after so long.
AGAIN_S = 600
#: A round that takes longer hangs in the medium.
STUCK_S = 30.0
#: The hub hears how the places stand every so many rounds.
TELL_EVERY = 5
#: So many entries leave at once, however little time has passed.
MANY = 2_000
#: Room that rows need: some megabytes at most.
ROWS_BYTES = 1024 * 1024
log = structlog.get_logger("backup")

#: Told of an epoch and an entry that a place holds and this box does not; whether it was heard.
Seen = Callable[[int, int], bool]


class Stream:
    """The stream to one place. `round` is called every second by one thread."""

    def __init__(self, box: Box, place: Place, rules: Backup, zone: ZoneInfo, seen: Seen) -> None:
        self.place = place
        self.word = Word(str(place.path))
        self._box = box
        self._rules = rules
        self._zone = zone
        self._seen = seen
        self._at: Header | None = None
        self._arrived = False
        self._since: float | None = None
        self._beat = self._mono_s()
        self._whole_at: int | None = None
        self._copying: threading.Thread | None = None
        self._copy_fault: tuple[State, str] | None = None
        self._not_before = 0.0
        self._strange: tuple[int, int] | None = None
        self._keyless = False
        self._files = Files(box, place)
        self._lacking, self._lacking_since = 0, 0.0

    @property
    def stands(self) -> Word:
        """How this place stands now; a round that does not come back is the medium's fault."""
        if self._mono_s() - self._beat <= STUCK_S:
            return self.word
        return replace(self.word, state="fault", detail="it does not answer", behind_s=self._behind())

    def round(self) -> None:
        """Look, and copy what is due. Whatever goes wrong is in `word`, and tried again in the next round."""
        try:
            state, detail = self._tried()
        except (MboteError, OSError, sqlite3.Error) as error:
            state, detail = _fault_of(error) if self._is_there() else ("missing", "")
        if state == "missing":
            self._arrived = False  # another medium may come back
        if (state, detail) != (self.word.state, self.word.detail):
            log.info("place", place=self.word.place, state=state, detail=detail)
        seq = self._at.last if self._at else 0
        self.word = Word(self.word.place, state, self._behind(), seq, self._whole_at, detail)
        self._beat = self._mono_s()

    def _mono_s(self) -> float:
        return self._box.clock.now().mono / 1000

    def _behind(self) -> float:
        """Since when the place lacks something, an entry or a file."""
        since = [self._since] if self._since is not None else []
        since += [self._lacking_since] if self._lacking else []
        return self._mono_s() - min(since) if since else 0.0

    def _is_there(self) -> bool:
        with suppress(OSError):
            return self.place.there
        return False

    def _tried(self) -> tuple[State, str]:
        if not (self._box.data / DATABASE).is_file():
            raise StoreFault("there is no database yet")
        there = self.place.there
        if there and not (self._arrived and self._at and self._still_there(self._at)):
            self._arrive()
        if self._strange and self._seen(*self._strange):
            self._strange = None
        head, closing = self._unsent()
        if not there:
            return "missing", ""
        if self._whole_is_due():
            self._begin_whole()
        if self._at is None:
            return self._copy_fault or ("ok", "the first whole copy is being made")
        if not self.place.has_room(ROWS_BYTES):
            return "full", ""
        if head > self._at.last and (closing or self._is_time(head)):
            self._send()
        self._send_files()
        return self._copy_fault or ("ok", "")

    def _send_files(self) -> None:
        """Those that the place lacks, a few in each round; the entries that name them went before."""
        lacked = self._lacking
        self._lacking = self._files.round((*self._box.keys, *DrillKeys(self._box.data, self.place.path).present()))
        if self._lacking and not lacked:
            self._lacking_since = self._mono_s()

    def _unsent(self) -> tuple[int, bool]:
        """The journal's last entry, and whether a day was closed in what the place lacks; begins to count the time."""
        with self._box.moment() as reader:
            if self._at and copy.hash_at(reader, self._at.last) != self._at.head:
                self._at, self._arrived = None, False  # another file is in the place of the one that was
            sent = self._at.last if self._at else 0
            head = journal.head(reader)[0]
            closed = "SELECT 1 FROM journal WHERE seq > ? AND kind = 'day_closed'"
            closing = head > sent > 0 and reader.execute(closed, (sent,)).fetchone() is not None
        if head <= sent:
            self._since = None
        elif self._since is None:
            self._since = self._mono_s()
        return head, closing

    def _still_there(self, at: Header) -> bool:
        """Whether this is the medium of the last round."""
        return (self.place.folder / at.folder / at.name).exists()

    def _is_time(self, head: int) -> bool:
        waited = self._mono_s() - (self._since or 0)
        return waited >= self._rules.every_s or head - (self._at.last if self._at else 0) >= MANY

    def _arrive(self) -> None:
        """Find out where this place stands."""
        if self._copying is None:
            self.place.sweep()
        self._files.look()
        found = self.place.look()
        with self._box.moment() as reader:
            epoch, seq = reader.execute("SELECT epoch FROM store").fetchone()[0], journal.head(reader)[0]
            self._at = plan.position(found.pieces, lambda number: copy.hash_at(reader, number))
            strange = plan.beyond(found.pieces, epoch, seq, lambda number: copy.hash_at(reader, number))
        if strange is not None:
            self._strange = strange.epoch, max(strange.last, seq + 1) if strange.epoch == epoch else strange.last
        self._remember_whole(found.pieces)
        self._arrived, self._keyless = True, not DrillKeys(self._box.data, self.place.path).held()
        if self._since is None:  # what it lacks has waited already: it leaves at once
            self._since = self._mono_s() - self._rules.every_s
        if found.problems:
            log.warning("pieces", place=str(self.place.path), problems=found.problems[:5])

    def _remember_whole(self, found: tuple[Piece, ...]) -> None:
        wholes = [each.header.made for each in found if each.header.kind == "whole"]
        self._whole_at = max(wholes, default=None)

    def _send(self) -> None:
        """Everything that the place lacks, in as many pieces as it takes."""
        while self._at and (made := copy.rows(self._box, self.place, self._at.last)):
            self._at, self._beat = made.header, self._mono_s()
        self._since = None

    # --- whole copies

    def _whole_is_due(self) -> bool:
        if self._copying is not None or self._mono_s() < self._not_before:
            return False
        if self._at is None or self._keyless:  # a new box gets a key of its own to try its backups
            return True
        last = local(self._whole_at, self._zone) if self._whole_at is not None else None
        return plan.whole_due(last, local(self._box.clock.now().at, self._zone), self._rules.nightly)

    def _begin_whole(self) -> None:
        """In a thread of its own: the rows do not wait for it."""
        self._not_before = self._mono_s() + AGAIN_S
        self._copying = threading.Thread(target=self._copy_whole, name="whole copy", daemon=True)
        self._copying.start()

    def _copy_whole(self) -> None:
        try:
            made = self._whole_with_room()
            self._thin_out()
            self._whole_at, self._copy_fault, self._keyless = made.header.made, None, False
            self._not_before = 0.0
            if self._at is None:
                self._at = made.header
        except (MboteError, OSError, sqlite3.Error) as error:
            log.warning("whole copy", place=str(self.place.path), fault=str(error))
            self._copy_fault = _fault_of(error) if self._is_there() else None
            if self._copy_fault is None:  # pulled out: at once when it is back
                self._not_before = 0.0
        finally:
            self._copying = None

    def _whole_with_room(self) -> Piece:
        """Older copies make room for a new one before it is given up; the last two never do."""
        pieces = self.place.look().pieces
        size = max((each.header.size for each in pieces if each.header.kind == "whole"), default=0)
        needed = size * 5 // 4 or (self._box.data / DATABASE).stat().st_size // 2
        if not self.place.has_room(needed):
            self.place.delete(plan.to_delete(pieces, plan.LEAST_WHOLES, 0))
        return copy.whole(self._box, self.place)

    def _thin_out(self) -> None:
        self.place.delete(plan.to_delete(self.place.look().pieces, self._rules.nights, self._rules.weeks))

    def finish_whole(self) -> None:
        """Wait for a whole copy that is being made."""
        if thread := self._copying:
            thread.join()


def _fault_of(error: Exception) -> tuple[State, str]:
    if isinstance(error, AlteredJournal):
        return "altered", str(error)
    return ("full" if isinstance(error, OSError) and error.errno == ENOSPC else "fault"), str(error)


def follow(
    streams: list[Stream], tell: Callable[[list[Word]], None], stop: threading.Event, every_s: float = 1.0
) -> None:
    """Run the streams until told to stop, and tell how they stand: every few rounds, and when one changes."""
    for stream in streams:
        threading.Thread(
            target=_rounds, args=(stream, stop, every_s), name=f"stream {stream.place}", daemon=True
        ).start()
    told, rounds = "", 0
    while not stop.wait(every_s):
        words = [stream.stands for stream in streams]
        states = str([(word.state, word.detail) for word in words])
        if states != told or rounds % TELL_EVERY == 0:
            tell(words)
        told, rounds = states, rounds + 1


def _rounds(stream: Stream, stop: threading.Event, every_s: float) -> None:
    while True:
        stream.round()
        if stop.wait(every_s):
            return
