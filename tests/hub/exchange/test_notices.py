"""What the centre tells the staff waits at each desk until that agent has read it, and /exchange says who has."""

import sqlite3
from datetime import date

import pytest
from sqlite_utils import Database

from hub.agents.model import AgentAdded, AgentRemoved
from hub.ask import HUB, Actor, Ask
from hub.errors import NotFound
from hub.exchange import inbox, notices, store
from hub.exchange.model import InboxLetterTaken
from tests.hub.exchange.test_carried import letter

pytestmark = pytest.mark.slow  # real files

ROSE, JEAN, DENISE = "00902F", "01016E", "00411A"


@pytest.fixture
def staffed(branch):
    """Two clerks and their supervisor, and an administrator, whom notices are not for."""
    with branch.hub.store.transaction(Ask(HUB)) as tx:
        for code, name, role in (
            (ROSE, "MABIALA Rose", "clerk"), (JEAN, "OKEMBA Jean", "clerk"),
            (DENISE, "OBAMI Denise", "supervisor"), ("90001A", "Technicien", "admin"),
        ):  # fmt: skip
            tx.record(AgentAdded(code, name, (role,)))
    return branch


def says(title, **more):
    """What a notice says."""
    return {"title": {"fr": title}, "text": {"fr": f"{title} : le texte."}} | more


def told(branch, agent=ROSE):
    return [each.title for each in notices.unread(branch.hub, branch.hub.reader, agent)]


def take(branch, centre, *payloads, **more):
    lines = [letter(centre, number, payload=said, **more) for number, said in enumerate(payloads, 1)]
    inbox.take(branch.hub, Ask(HUB), "".join(f"{line}\n" for line in lines).encode())


def reads(branch, agent, number):
    return notices.read(branch.hub, Ask(Actor(agent=agent)), letter=number)


def test_a_notice_waits_at_each_desk_until_that_agent_has_read_it(centre, staffed):
    take(staffed, centre, says("Fermeture du siège"), says("Nouveau formulaire"))
    assert told(staffed) == ["Nouveau formulaire", "Fermeture du siège"]
    assert notices.newest(staffed.hub, staffed.hub.reader) == 2
    reads(staffed, ROSE, 2)
    assert (told(staffed), told(staffed, JEAN)) == (
        ["Fermeture du siège"],
        ["Nouveau formulaire", "Fermeture du siège"],
    )
    (entry,) = staffed.hub.reader.execute("SELECT * FROM journal WHERE kind = 'inbox_notice_read'").fetchall()
    assert (entry["actor"], entry["subject"]) == (ROSE, "inbox 2")
    assert notices.readers(staffed.hub.reader, 2) == notices.Readers(1, 3, ("OBAMI Denise", "OKEMBA Jean"))


def test_reading_twice_is_reading_once_and_whoever_has_left_is_not_waited_for(centre, staffed):
    take(staffed, centre, says("Fermeture du siège"))
    for agent in (ROSE, ROSE, DENISE):
        reads(staffed, agent, 1)
    with staffed.hub.store.transaction(Ask(HUB)) as tx:
        tx.record(AgentRemoved(JEAN))
    assert notices.readers(staffed.hub.reader, 1) == notices.Readers(2, 2, ())
    assert len(staffed.hub.reader.execute("SELECT 1 FROM journal WHERE kind = 'inbox_notice_read'").fetchall()) == 2


def test_it_is_gone_when_its_last_day_is_over_and_without_one_after_three_months(centre, staffed):
    take(staffed, centre, says("Ce jeudi", until="2026-03-05"), says("Toujours"))
    staffed.clock.advance(hours=3 * 24)
    assert told(staffed) == ["Toujours", "Ce jeudi"]
    staffed.clock.advance(hours=24)
    assert told(staffed) == ["Toujours"]
    staffed.clock.advance(hours=86 * 24)
    assert told(staffed) == ["Toujours"]
    staffed.clock.advance(hours=24)
    assert told(staffed) == []
    assert notices.newest(staffed.hub, staffed.hub.reader) == 0


def test_what_does_not_hold_yet_is_told_nobody_and_cannot_be_read(centre, staffed):
    take(staffed, centre, says("En avril"), effective_on="2026-04-01")
    assert told(staffed) == []
    for number in (1, 7):
        with pytest.raises(NotFound):
            reads(staffed, ROSE, number)
    staffed.clock.advance(hours=30 * 24)
    inbox.apply_due(staffed.hub)
    assert told(staffed) == ["En avril"]


def test_a_desk_is_told_of_a_few_and_of_the_next_as_these_are_read(centre, staffed):
    take(staffed, centre, *(says(f"Avis {number}") for number in range(1, notices.TOLD + 3)))
    assert told(staffed) == [f"Avis {number}" for number in range(notices.TOLD + 2, 2, -1)]
    reads(staffed, ROSE, notices.TOLD + 2)
    assert told(staffed)[-1] == "Avis 2"


def test_the_journal_gives_the_same_again_also_once_the_words_are_destroyed(centre, staffed, tmp_path):
    take(staffed, centre, says("Fermeture", until="2026-12-31"), says("Formulaire"))
    reads(staffed, ROSE, 1)
    tables = ("SELECT * FROM inbox ORDER BY 1", "SELECT * FROM inbox_reader ORDER BY 1, 2")
    fresh = staffed.hub.store.replayed(tmp_path / "again.db")
    for rows in tables:
        assert [tuple(r) for r in fresh.execute(rows)] == [tuple(r) for r in staffed.hub.reader.execute(rows)]
    fresh.close()
    store.APPLIERS[InboxLetterTaken](emptied := _Rows(), InboxLetterTaken(1, "k", "notice", 1, 1, None, "", None))
    store.APPLIERS[store.m.InboxLetterApplied](emptied, store.m.InboxLetterApplied(1))
    assert emptied.told() == [(1, None)], "a notice whose words are gone waits for nobody"


class _Rows:
    """The rows of a replay, in memory."""

    def __init__(self):
        self.file = sqlite3.connect(":memory:")
        self.now = type("Now", (), {"at": 1_772_436_600_000})
        store.migrations.apply(Database(self.file))

    def run(self, sql, *values):
        return self.file.execute(sql, values)

    def one(self, sql, *values):
        return self.file.execute(sql, values).fetchone()

    def told(self):
        return self.file.execute("SELECT number, shown_until FROM inbox").fetchall()


def test_notices_of_the_time_before_are_told_too():
    file = sqlite3.connect(":memory:")
    store.migrations.apply(Database(file), stop_before="readers")
    for number, topic, state, said in (
        (1, "notice", "applied", '{"until":"2027-01-31"}'), (2, "notice", "applied", "{}"),
        (3, "notice", "waiting", "{}"), (4, "notice", "applied", None), (5, "deposit.life_events", "applied", "{}"),
    ):  # fmt: skip
        file.execute(
            "INSERT INTO inbox (number, key, topic, schema, said_at, by, state, payload, at, settled)"
            " VALUES (?, ?, ?, 1, 1, '', ?, ?, 1, 1772436600000)",
            (number, str(number), topic, state, said),
        )
    store.migrations.apply(Database(file))
    asks = date(2026, 5, 31).isoformat()
    assert file.execute("SELECT shown_until FROM inbox ORDER BY number").fetchall() == [
        ("2027-01-31",), (asks,), (None,), (None,), (None,),
    ]  # fmt: skip
