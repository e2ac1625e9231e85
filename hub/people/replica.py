"""The replica of central data: a SQLite file of its own beside the hub's, `people.db`.

It is not an act of this agency: it is not in the journal, not in each piece of a backup, and can be
imported again. A file of its own has a writer lock of its own, so the queue never waits for an import,
and its commits need not reach the disk one by one (`synchronous=NORMAL`: after a power cut the last
pieces of an import may be missing, and its resume point with them, since it is a row of the same file).
What agents do with persons is in the journal (`store.py`).
"""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from hub.errors import StoreFault
from hub.sqlite import BUSY_MS, assert_pragmas

FILE = "people.db"
#: A reader keeps 2 MiB of pages: the upper levels of the trees that a search goes down.
READER = {"cache_size": -2048, "query_only": 1, "trusted_schema": 0}
WRITER: dict[str, int | str] = {
    "page_size": 4096, "journal_mode": "wal", "synchronous": 1, "foreign_keys": 1, "trusted_schema": 0,
    "cache_size": -32768, "journal_size_limit": 67_108_864,
}  # fmt: skip
migrations = Migrations("people_replica")

_DATE = (
    "({0} GLOB '[12][0-9][0-9][0-9]' OR {0} GLOB '[12][0-9][0-9][0-9]-[01][0-9]'"
    " OR {0} GLOB '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]')"
)
_PERIOD = "({0} GLOB '[12][0-9][0-9][0-9]-[01][0-9]' OR {0} GLOB '[12][0-9][0-9][0-9]-T[1-4]')"
_WHOLE = "{0} GLOB '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'"
_RIB = (
    "length(rib) = 23 AND rib NOT GLOB '*[^0-9]*' AND 97 - (89 * CAST(substr(rib, 1, 5) AS INTEGER)"
    " + 15 * CAST(substr(rib, 6, 5) AS INTEGER) + 3 * CAST(substr(rib, 11, 11) AS INTEGER)) % 97"
    " = CAST(substr(rib, 22, 2) AS INTEGER)"
)
_VERSION = "effective TEXT NOT NULL, recorded INTEGER NOT NULL"


def _date(name: str) -> str:
    return f"{name} TEXT CHECK ({_DATE.format(name)})"


def _words(name: str, *values: str, more: str = "") -> str:
    known = ", ".join(f"'{value}'" for value in values)
    return f"{name} TEXT {more} CHECK ({name} IN ({known}))"


def _amount(name: str, more: str = "") -> str:
    return f"{name} INTEGER {more} CHECK ({name} >= 0)"


_MUST = "NOT NULL"
_PARTY = f"party INTEGER NOT NULL REFERENCES party, {_VERSION}"
_EXTENT = f"start TEXT NOT NULL CHECK ({_DATE.format('start')}), {_date('end')}"
_ORDER = "CHECK (substr(end, 1, min(length(start), length(end))) >= substr(start, 1, min(length(start), length(end))))"
#: The first schema: later ones are migrations of their own.
TABLES = (
    f"""CREATE TABLE party (
        id INTEGER PRIMARY KEY, ref TEXT NOT NULL UNIQUE CHECK (length(ref) BETWEEN 1 AND 40),
        {_words("type", "person", "employer", "liaison_body", "financial_institution", more=_MUST)},
        number TEXT UNIQUE CHECK (number NOT GLOB '*[^0-9A-Z]*' AND length(number) BETWEEN 5 AND 12
            AND (type <> 'person' OR (length(number) = 10 AND number NOT GLOB '*[^0-9]*'))),
        roles TEXT NOT NULL, name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 120), first_names TEXT,
        {_date("birth_date")}, birth_place TEXT, {_words("sex", "F", "M")},
        {_words("marital_status", "single", "married", "widowed", "divorced", "separated")},
        nationality TEXT CHECK (nationality GLOB '[A-Z][A-Z]'), father TEXT, mother TEXT, id_type TEXT,
        id_number TEXT CHECK (length(id_number) BETWEEN 3 AND 20),
        phones TEXT CHECK (phones NOT GLOB '*[^0-9;]*'), email TEXT CHECK (email LIKE '_%@_%._%'),
        address TEXT, district TEXT, city TEXT,
        {_words("category", "salaried", "self_employed", "voluntary", "solidarity")},
        {_date("deceased_on")}, {_words("status", "active", "suspended", "ended", "struck_off")},
        restricted INTEGER CHECK (restricted IN (0, 1)),
        short_name TEXT, legal_form TEXT, trade_register TEXT, tax_number TEXT,
        {_date("opened_on")}, {_date("closed_on")},
        activity TEXT CHECK (activity GLOB '[0-9][0-9][0-9][0-9]'), manager TEXT,
        {_amount("headcount")}, {_words("periodicity", "monthly", "quarterly")}, {_VERSION},
        CHECK (substr(deceased_on, 1, min(length(birth_date), length(deceased_on)))
            >= substr(birth_date, 1, min(length(birth_date), length(deceased_on))))) STRICT""",
    "CREATE TABLE party_phone (phone TEXT, party INTEGER, PRIMARY KEY (phone, party)) WITHOUT ROWID, STRICT",
    f"""CREATE TABLE relationship (
        id INTEGER PRIMARY KEY, ref TEXT NOT NULL UNIQUE, {_PARTY}, other INTEGER NOT NULL REFERENCES party,
        {_words("type", "spouse", "child", "ascendant", "guardian", "other", more=_MUST)}, {_EXTENT},
        dependent INTEGER CHECK (dependent IN (0, 1)), guardian INTEGER CHECK (guardian IN (0, 1)), cause TEXT,
        {_words("status", "schooled", "apprentice", "disabled", "married", "deceased", "struck_off")}, proof TEXT,
        CHECK (party <> other), {_ORDER}) STRICT""",
    f"""CREATE TABLE employment (
        id INTEGER PRIMARY KEY, ref TEXT NOT NULL UNIQUE, {_PARTY}, employer INTEGER NOT NULL REFERENCES party,
        {_EXTENT}, job TEXT, {_amount("salary")}, source TEXT, confirmed_by TEXT, {_ORDER}) STRICT""",
    f"""CREATE TABLE contribution (
        id INTEGER PRIMARY KEY, ref TEXT NOT NULL UNIQUE, {_PARTY},
        period TEXT NOT NULL CHECK ({_PERIOD.format("period")}),
        {_amount("declared_wages")}, {_amount("due", _MUST)}, {_amount("paid", _MUST)},
        {_amount("penalty")}, UNIQUE (party, period)) STRICT""",
    f"""CREATE TABLE case_file (
        id INTEGER PRIMARY KEY, ref TEXT NOT NULL UNIQUE, {_PARTY}, number TEXT NOT NULL UNIQUE,
        event TEXT NOT NULL,
        {_words("state", "opened", "incomplete", "examined", "granted", "refused", "closed", more=_MUST)},
        opened_on TEXT NOT NULL CHECK ({_WHOLE.format("opened_on")}),
        closed_on TEXT CHECK ({_WHOLE.format("closed_on")} AND closed_on >= opened_on),
        service TEXT, {_amount("granted")}, next_action TEXT) STRICT""",
    f"""CREATE TABLE payment (
        id INTEGER PRIMARY KEY, ref TEXT NOT NULL UNIQUE, {_PARTY},
        period TEXT NOT NULL CHECK ({_PERIOD.format("period")}), {_amount("amount", _MUST)},
        paid_on TEXT NOT NULL CHECK ({_WHOLE.format("paid_on")}),
        {_words("state", "due", "paid", "returned", "stopped", more=_MUST)}, benefit TEXT,
        {_words("mode", "cash", "cheque", "transfer", "mobile_money")}) STRICT""",
    f"""CREATE TABLE account (
        id INTEGER PRIMARY KEY, ref TEXT NOT NULL UNIQUE, {_PARTY}, rib TEXT CHECK ({_RIB}),
        wallet TEXT CHECK (wallet GLOB '0[0-9]*' AND length(wallet) = 9),
        {_words("state", "proposed", "valid", "replaced", "rejected", more=_MUST)},
        CHECK ((rib IS NULL) <> (wallet IS NULL))) STRICT""",
    *(f"CREATE INDEX {table}_party ON {table} (party)" for table in ("employment", "case_file", "payment")),
    "CREATE INDEX relationship_party ON relationship (party)",
    "CREATE INDEX relationship_other ON relationship (other)",
    "CREATE INDEX employment_employer ON employment (employer)",
    "CREATE INDEX account_party ON account (party)",
    f"""CREATE TABLE history (
        tab TEXT NOT NULL, ref TEXT NOT NULL, {_VERSION}, body TEXT NOT NULL,
        PRIMARY KEY (tab, ref, recorded, effective)) WITHOUT ROWID, STRICT""",
    """CREATE VIRTUAL TABLE party_name USING fts5 (
        terms, content = '', detail = none, columnsize = 0, tokenize = "ascii tokenchars '-'")""",
    "CREATE TABLE word (text TEXT PRIMARY KEY, sound TEXT NOT NULL, used INTEGER NOT NULL) WITHOUT ROWID, STRICT",
    "CREATE INDEX word_sound ON word (sound)",
    "CREATE TABLE slip (trace TEXT, word TEXT, PRIMARY KEY (trace, word)) WITHOUT ROWID, STRICT",
    """CREATE TABLE import_run (
        id INTEGER PRIMARY KEY, what TEXT NOT NULL, digest TEXT NOT NULL, bytes INTEGER NOT NULL,
        offset INTEGER NOT NULL DEFAULT 0, lines INTEGER NOT NULL DEFAULT 0, added INTEGER NOT NULL DEFAULT 0,
        changed INTEGER NOT NULL DEFAULT 0, unchanged INTEGER NOT NULL DEFAULT 0,
        refused INTEGER NOT NULL DEFAULT 0, data_of INTEGER NOT NULL, began INTEGER NOT NULL, ended INTEGER,
        journalled INTEGER NOT NULL DEFAULT 0, UNIQUE (what, digest)) STRICT""",
)


@migrations()
def create(db: Database) -> None:
    """Parties, what hangs on them, older versions of each record, and how names are found."""
    for statement in TABLES:
        db.conn.execute(statement)


def open_writer(folder: Path) -> sqlite3.Connection:
    """The connection of an import. Raises StoreFault when the file cannot be used."""
    _found(folder)
    return _open_writer(folder)


def _found(folder: Path) -> None:
    """Where there is no replica an empty one, whole at once: others may look at this very moment."""
    if (folder / FILE).exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with TemporaryDirectory(prefix=f"{FILE}-", dir=folder) as fresh:
            _open_writer(Path(fresh)).close()
            with suppress(FileExistsError):
                (folder / FILE).hardlink_to(Path(fresh) / FILE)
    except OSError as error:
        raise StoreFault(f"{FILE} cannot be made: {error}") from error


def _open_writer(folder: Path) -> sqlite3.Connection:
    try:
        connection = _connect(folder / FILE)
        for name, value in WRITER.items():
            connection.execute(f"PRAGMA {name} = {value}")  # the constants above
        assert_pragmas(connection, WRITER)
        migrations.apply(Database(connection, execute_plugins=False))
    except sqlite3.Error as error:
        raise StoreFault(f"{FILE} cannot be opened for writing: {error}") from error
    return connection


def open_reader(folder: Path) -> sqlite3.Connection:
    """A connection that can only read. Where nothing was imported yet, it reads an empty replica."""
    _found(folder)
    try:
        connection = _connect(folder / FILE)
        for name, value in READER.items():
            connection.execute(f"PRAGMA {name} = {value}")
        assert_pragmas(connection, READER)
    except sqlite3.Error as error:
        raise StoreFault(f"{FILE} cannot be opened for reading: {error}") from error
    return connection


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_MS / 1000, check_same_thread=False, isolation_level=None)
    connection.row_factory = sqlite3.Row
    return connection


@contextmanager
def reading(folder: Path) -> Iterator[sqlite3.Connection]:
    """The replica at one moment, for one request."""
    with closing(open_reader(folder)) as reader:
        reader.execute("BEGIN")
        yield reader


@contextmanager
def writing(folder: Path) -> Iterator[sqlite3.Connection]:
    """The replica, for one import at a time. Raises StoreFault while another import runs."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "people.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StoreFault("another import is running; wait until it is done") from error
        with closing(open_writer(folder)) as writer:
            yield writer


def data_of(reader: sqlite3.Connection) -> int | None:
    """Of which moment the newest data are, ms; None when nothing was imported."""
    found: int | None = reader.execute("SELECT max(data_of) FROM import_run WHERE ended IS NOT NULL").fetchone()[0]
    return found
