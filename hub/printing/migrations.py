"""Tables of printing. Only added to, never edited."""

from __future__ import annotations

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("printing")


@migrations()
def create(db: Database) -> None:
    """Print jobs. The index holds only those a printer still has to hear of, or a person to look at."""
    for statement in (
        """CREATE TABLE print_job (
            id INTEGER PRIMARY KEY, about TEXT NOT NULL, printer TEXT NOT NULL, copy INTEGER NOT NULL, slip TEXT,
            state TEXT NOT NULL, attempt INTEGER NOT NULL DEFAULT 0, owner TEXT, taken_at INTEGER, taken_tick INTEGER,
            ended INTEGER NOT NULL DEFAULT 0, settled INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT '',
            queued_at INTEGER NOT NULL, queued_tick INTEGER NOT NULL) STRICT""",
        "CREATE INDEX print_job_open ON print_job (printer) WHERE ended = 0",
        """CREATE INDEX print_job_doubt ON print_job (state)
            WHERE state IN ('unknown', 'failed', 'dropped') AND settled = 0""",
    ):
        db.conn.execute(statement)


@migrations()
def subjects(db: Database) -> None:
    """The papers of one subject. It costs a page a job, and the kiosk's own paper is no job."""
    db.conn.execute("CREATE INDEX print_job_about ON print_job (about)")
