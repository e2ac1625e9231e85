"""What the kiosk must not forget: presses, its own series, what the hub has not heard, the last catalogue.

Everything told to a person or to the hub is here first, with `synchronous=FULL`. A press is one row
from finger to paper; a report waits, in order, until the hub has heard it. The own series is
counted here and never restarted: a label K1-007 exists once, whatever else is lost.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from hub.errors import StoreFault
from hub.sqlite import open_writer
from hub.wire import Hour, Wait
from kiosk.migrations import migrations
from kiosk.press import Moment, Number, Press, State, Told, dated, report_body

#: Presses kept after their end, to answer a repeated tap and to look back at: a busy week.
KEPT = 5_000
#: A kiosk whose spool was lost goes on with its own series at the next multiple.
OWN_GAP = 100


@dataclass(frozen=True, slots=True)
class Report:
    """Something the hub must hear, with its key."""

    place: int
    key: str
    what: Told
    body: dict[str, Any]


class Spool:
    """The kiosk's store, in one file. One connection, one lock: a kiosk commits three times a visitor."""

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.name = name
        self._lock = threading.RLock()
        self._db: sqlite3.Connection | None = None
        self._heard: list[int] = []

    def open(self) -> Spool:
        """Open or make the file. Raises StoreFault when it cannot promise to keep what it is given."""
        self._db = open_writer(self.path, (migrations,))
        return self

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._db is None:
                return
            with suppress(StoreFault), self._transaction():
                pass  # what was heard is crossed out
            self._db.close()
            self._db = None

    def __repr__(self) -> str:
        return f"<Spool {self.path.name}>"

    # presses

    def add(self, press: Press) -> Press | None:
        """Keep a press before anybody hears of it; its number becomes part of its key.

        None when the same tap is here already: a finger that came down twice.
        """
        with self._transaction() as db:
            if press.tap and db.execute("SELECT 1 FROM press WHERE tap = ?", (press.tap,)).fetchone():
                return None
            number = db.execute("SELECT coalesce(max(rowid), 0) + 1 FROM press").fetchone()[0]
            kept = replace(press, key=f"{self.name}-{press.at.boot[:8]}-{number}-{press.key}")
            at = kept.at
            db.execute(
                "INSERT INTO press (key, number, service, language, priority, source, tap, boot, mono, hub_at, scanned,"
                " reason, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pressed')",
                (
                    *(kept.key, number, kept.service, kept.language, kept.priority, kept.source, kept.tap or None),
                    *(at.boot, at.mono, at.hub_at, kept.scanned or None, kept.reason or None),
                ),
            )
        return kept

    def accept(self, press: Press, number: Number) -> None:
        """The hub's number is this press's: from here on it may be printed or shown."""
        with self._transaction() as db:
            db.execute(
                "UPDATE press SET state = 'accepted', label = ?, own = ?, ticket = ?, answer = ? WHERE key = ?",
                (number.label, number.own, number.ticket, json.dumps(asdict(number)), press.key),
            )

    def own_number(self, press: Press) -> Number:
        """The next number of the kiosk's own series, for this press."""
        with self._transaction() as db:
            number = Number(f"{self.name}-{self._count(db, 'own_series'):03d}", own=True)
            db.execute(
                "UPDATE press SET state = 'accepted', label = ?, own = 1, answer = ? WHERE key = ?",
                (number.label, json.dumps(asdict(number)), press.key),
            )
        return number

    def refuse(self, press: Press, code: str) -> None:
        """There is no ticket for this press."""
        with self._transaction() as db:
            db.execute(
                "UPDATE press SET state = 'refused', answer = ?, scanned = NULL WHERE key = ?", (code, press.key)
            )

    def finish(self, press: Press, number: Number, what: Told, at: Moment, key: str) -> None:
        """What became of the paper, and the report of it, in one commit."""
        with self._transaction() as db:
            db.execute("UPDATE press SET state = ?, scanned = NULL WHERE key = ?", (what, press.key))
            db.execute(
                "INSERT INTO report (key, what, body) VALUES (?, ?, ?)",
                (key, what, json.dumps(report_body(press, number, at))),
            )
            db.execute(
                "DELETE FROM press WHERE state NOT IN ('pressed', 'accepted')"
                " AND number <= (SELECT max(number) FROM press) - ?",
                (KEPT,),
            )

    def of_tap(self, tap: str) -> tuple[State, Number | None, str] | None:
        """What became of a touch: its state, its number, or the code of its refusal."""
        row = self._one("SELECT state, label, answer FROM press WHERE tap = ?", (tap,))
        if row is None:
            return None
        return row["state"], _number(row["answer"]) if row["label"] else None, "" if row["label"] else row["answer"]

    def unfinished(self) -> list[tuple[Press, Number | None]]:
        """Presses that a killed process left behind, oldest first, with the number they had already been given."""
        rows = self._all("SELECT * FROM press WHERE state IN ('pressed', 'accepted') ORDER BY number")
        return [(_press(row), _number(row["answer"]) if row["label"] else None) for row in rows]

    # reports

    def next_report(self) -> Report | None:
        """The oldest that the hub has not heard."""
        with self._lock:
            past = self._heard[-1] if self._heard else 0
            row = self._one(
                "SELECT * FROM report WHERE set_aside IS NULL AND place > ? ORDER BY place LIMIT 1", (past,)
            )
        return Report(row["place"], row["key"], row["what"], json.loads(row["body"])) if row else None

    def heard(self, report: Report) -> None:
        """The hub has it. Crossed out with the next thing that is written: told again after a cut, it does no harm."""
        with self._lock:
            self._heard.append(report.place)

    def set_aside(self, report: Report, why: str) -> None:
        """The hub will never take it: kept for a person to look at, out of the way of the others."""
        with self._transaction() as db:
            db.execute("UPDATE report SET set_aside = ? WHERE place = ?", (why, report.place))

    def take_up_aside(self) -> list[str]:
        """Let what was set aside on this day be told once more; its labels."""
        aside = self._all("SELECT body FROM report WHERE set_aside IS NOT NULL AND set_aside NOT LIKE 'over: %'")
        if aside:
            with self._transaction() as db:
                db.execute("UPDATE report SET set_aside = NULL WHERE set_aside NOT LIKE 'over: %'")
        return [json.loads(row["body"])["label"] for row in aside]

    def leave_aside(self) -> None:
        """Another day has begun: what is set aside stays here to be looked at, and is not told again."""
        with self._transaction() as db:
            db.execute("UPDATE report SET set_aside = 'over: ' || set_aside WHERE set_aside NOT LIKE 'over: %'")

    def date(self, boot: str, offset: int, off_by_ms: int) -> None:
        """The hub's time is known now, or has jumped: presses of this boot that it has not heard of are dated anew.

        Each gets another key: under the old one the hub may have heard the old date.
        """
        with self._transaction() as db:
            for row in db.execute("SELECT place, key, body FROM report").fetchall():
                body = json.loads(row["body"])
                at = dated(body["pressed"], boot, offset, off_by_ms)
                if at is not None:
                    again = json.dumps(body | {"pressed": at})
                    key = f"{body['issue']}-paper-{secrets.token_hex(3)}"
                    db.execute("UPDATE report SET key = ?, body = ? WHERE place = ?", (key, again, row["place"]))

    def waiting_reports(self) -> int:
        """How many the hub has not heard."""
        with self._lock:
            past = self._heard[-1] if self._heard else 0
            row = self._one("SELECT count(*) AS n FROM report WHERE set_aside IS NULL AND place > ?", (past,))
        return int(row["n"]) if row else 0

    # facts

    def go_on_after(self, last: int) -> None:
        """The hub has heard of own numbers up to `last`. Of more than are here: an earlier spool was lost.

        It may have given some that nobody heard of, so the series goes on well after them, at the next hundred.
        """
        if int(self.kept("own_series") or 0) < last:
            with self._transaction() as db:
                self._put(db, "own_series", str(-(-last // OWN_GAP) * OWN_GAP))

    def keep(self, name: str, value: Any) -> None:
        """Keep a value under a name, in place of the last one."""
        with self._transaction() as db:
            self._put(db, name, json.dumps(value, ensure_ascii=False))

    def kept(self, name: str) -> Any:
        """The value of that name; None when there is none."""
        row = self._one("SELECT value FROM fact WHERE name = ?", (name,))
        return json.loads(row["value"]) if row else None

    # within

    def _count(self, db: sqlite3.Connection, name: str) -> int:
        row = db.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        number = int(row["value"]) + 1 if row else 1
        self._put(db, name, str(number))
        return number

    def _put(self, db: sqlite3.Connection, name: str, value: str) -> None:
        db.execute(
            "INSERT INTO fact VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value)
        )

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            db = self._opened()
            try:
                db.execute("BEGIN IMMEDIATE")
                with db:
                    db.executemany("DELETE FROM report WHERE place = ?", [(place,) for place in self._heard])
                    yield db
            except sqlite3.Error as error:
                raise StoreFault(f"{self.path.name}: {error}") from error
            self._heard.clear()

    def _one(self, query: str, values: tuple[Any, ...] = ()) -> sqlite3.Row | None:
        return next(iter(self._all(query, values)), None)

    def _all(self, query: str, values: tuple[Any, ...] = ()) -> list[sqlite3.Row]:
        with self._lock:
            try:
                return list(self._opened().execute(query, values))
            except sqlite3.Error as error:
                raise StoreFault(f"{self.path.name}: {error}") from error

    def _opened(self) -> sqlite3.Connection:
        if self._db is None:
            raise StoreFault(f"{self.path.name} is closed")
        return self._db


def _press(row: sqlite3.Row) -> Press:
    at = Moment(row["boot"], row["mono"], row["hub_at"])
    names = ("key", "service", "language", "priority", "source")
    tap, scanned, reason = (row[name] or "" for name in ("tap", "scanned", "reason"))
    return Press(**{name: row[name] for name in names}, tap=tap, at=at, scanned=scanned, reason=reason)


def _number(answer: str) -> Number:
    plain = json.loads(answer)
    hour = plain.get("hour")  # none of a number that was kept before there was one
    return Number(**plain | {"wait": Wait(**plain["wait"]) if plain["wait"] else None, "hour": hour and Hour(**hour)})
