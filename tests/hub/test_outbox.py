"""Each message leaves once it can, in the order of its aggregate, and none is lost."""

import json
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub import outbox
from hub.ask import HUB, Ask
from hub.clock import ManualClock
from hub.context import Hub
from hub.errors import IllegalStep, NotFound
from hub.exchange import running
from hub.exchange import store as exchange
from hub.exchange.sender import Sender
from hub.exchange.ways import Away, Folder
from hub.outbox import Answered, Message
from hub.settings_files import load_settings
from hub.store import Store
from tests.patience import patience

pytestmark = pytest.mark.slow  # real files, sockets or processes

CONFIG = Path(__file__).parents[2] / "config"


class HeadOffice:
    """The other side: knows a message again, may be away, may refuse."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, int]] = []
        self.known: dict[tuple[int, int, int], object] = {}
        self.away = False
        self.away_after: int | None = None
        self.refuses: set[str] = set()
        self.tries = 0
        self.came = threading.Event()

    hears = "never"

    def send(self, messages: Sequence[Message]) -> Iterator[Answered]:
        self.tries += 1
        for message in messages:
            if self.away or (self.away_after is not None and len(self.heard) >= self.away_after):
                raise Away("the line is cut")
            self.heard.append((message.aggregate, message.id))
            self.known[message.epoch, message.id, message.version] = message.payload
            self.came.set()
            yield Answered(message.key, message.version, "refused" if message.aggregate in self.refuses else "sent")


class Branch:
    """The agency's side."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = ManualClock(datetime(2026, 3, 2, 7, 30, tzinfo=UTC))
        self.office = HeadOffice()
        self.open()

    def open(self) -> None:
        store = Store(
            self.folder, appliers=outbox.APPLIERS | exchange.APPLIERS, clock=self.clock,
            migration_sets=(outbox.migrations, exchange.migrations),
        )  # fmt: skip
        self.hub = Hub(load_settings(CONFIG), store)
        self.sender = Sender(self.hub, self.office)

    def restart(self) -> None:
        self.hub.store.close()
        self.open()

    def says(self, aggregate: str, **payload: object) -> int:
        with self.hub.store.transaction(Ask(HUB)) as tx:
            return outbox.enqueue(tx, topic="deposit_validated", aggregate=aggregate, payload=payload)

    def state(self, message: int) -> str:
        found = outbox.message(self.hub.reader, message)
        assert found
        return found.state


@pytest.fixture
def branch(tmp_path: Path) -> Iterator[Branch]:
    branch = Branch(tmp_path / "data")
    yield branch
    branch.sender.close()
    branch.hub.store.close()


def test_what_is_caused_is_sent_once(branch):
    message = branch.says("deposit 1", line=2)
    assert branch.sender.send_due() is None
    assert branch.sender.send_due() is None
    assert branch.office.heard == [("deposit 1", message)]
    assert branch.state(message) == "sent"


def test_a_cause_that_fails_leaves_no_message(branch):
    def cause_and_fail(tx):
        outbox.enqueue(tx, topic="t", aggregate="deposit 1", payload={})
        raise NotFound("no such deposit after all")

    with pytest.raises(NotFound):
        branch.hub.perform(Ask(HUB), cause_and_fail)
    assert branch.hub.reader.execute("SELECT count(*) FROM outbox").fetchone()[0] == 0


def test_two_days_without_a_line_lose_nothing_and_change_no_order(branch):
    branch.office.away = True
    caused = []
    for hour in range(48):
        caused += [(f"deposit {n % 7}", branch.says(f"deposit {n % 7}", hour=hour)) for n in range(3)]
        branch.clock.advance(hours=1)
        branch.sender.send_due()
    branch.office.away = False
    branch.clock.advance(hours=1)
    assert branch.sender.send_due() is None
    assert branch.office.heard == caused
    assert {branch.state(message) for message in range(1, 145)} == {"sent"}


def test_a_cut_way_is_tried_after_1_5_30_minutes_then_hourly(branch):
    branch.office.away = True
    branch.says("deposit 1")
    pauses = []
    for _ in range(6):
        pause = branch.sender.send_due()
        assert pause is not None
        pauses.append(pause)
        branch.clock.advance(seconds=pause)
    assert pauses == [60, 300, 1800, 3600, 3600, 3600]
    assert branch.office.tries == 6


def test_a_new_message_does_not_hammer_a_cut_way(branch):
    branch.office.away = True
    branch.says("deposit 1")
    branch.sender.send_due()
    branch.says("deposit 2")
    assert branch.sender.send_due() == 60
    assert branch.office.tries == 1


def test_a_way_that_was_back_for_a_moment_starts_its_pauses_anew(branch):
    branch.office.away = True
    branch.says("deposit 1")
    branch.clock.advance(seconds=branch.sender.send_due())
    branch.office.away = False
    branch.office.away_after = 1
    branch.says("deposit 2")
    assert branch.sender.send_due() == 60
    assert branch.office.heard == [("deposit 1", 1)]


def test_a_restart_goes_on_where_the_last_one_stopped(branch):
    branch.office.away_after = 2
    messages = [branch.says("deposit 1", line=n) for n in range(5)]
    assert branch.sender.send_due() == 60
    branch.restart()
    branch.office.away_after = None
    assert branch.sender.send_due() is None
    assert [number for _, number in branch.office.heard] == messages


def test_a_crash_before_it_is_written_down_sends_again_and_the_other_side_knows_it(branch, monkeypatch):
    message = branch.says("deposit 1", line=1)
    monkeypatch.setattr(branch.sender, "_write_down", lambda _: False)
    branch.sender.send_due()
    branch.restart()
    branch.sender.send_due()
    assert len(branch.office.heard) == 2
    assert len(branch.office.known) == 1
    assert branch.state(message) == "sent"


# --- refused


def test_a_refused_message_holds_back_its_own_aggregate_alone(branch):
    branch.office.refuses = {"deposit 1"}
    refused = branch.says("deposit 1")
    assert branch.sender.send_due() is None
    behind, other = branch.says("deposit 1"), branch.says("deposit 2")
    assert branch.sender.send_due() is None
    assert [branch.state(each) for each in (refused, behind, other)] == ["refused", "to_send", "sent"]
    assert branch.office.heard == [("deposit 1", refused), ("deposit 2", other)]


def test_what_waits_behind_a_refused_one_still_waits_after_a_restart(branch):
    branch.office.refuses = {"deposit 1"}
    branch.says("deposit 1")
    branch.sender.send_due()
    branch.restart()
    branch.office.refuses = set()
    later = branch.says("deposit 1")
    branch.sender.send_due()
    assert branch.state(later) == "to_send"


def test_put_right_it_goes_again_as_a_new_version_and_before_those_behind_it(branch):
    branch.office.refuses = {"deposit 1"}
    first = branch.says("deposit 1", code="0102")
    branch.sender.send_due()
    second = branch.says("deposit 1")
    branch.office.refuses = set()
    outbox.put_right(branch.hub, Ask(HUB), message=first, payload={"code": "0103"})
    branch.sender.send_due()
    assert [number for _, number in branch.office.heard] == [first, first, second]
    assert branch.office.known[1, first, 2] == {"code": "0103"}
    with pytest.raises(IllegalStep):
        outbox.put_right(branch.hub, Ask(HUB), message=first, payload={})


def test_the_later_word_of_the_other_side(branch):
    kept, not_kept = branch.says("deposit 1"), branch.says("deposit 2")
    branch.sender.send_due()
    outbox.settle(branch.hub, Ask(HUB), message=kept, applied=True)
    outbox.settle(branch.hub, Ask(HUB), message=not_kept, applied=False, reason="unknown party")
    assert (branch.state(kept), branch.state(not_kept)) == ("applied", "refused")
    with pytest.raises(NotFound):
        outbox.settle(branch.hub, Ask(HUB), message=99, applied=True)


def test_a_late_word_on_an_earlier_version_and_one_that_comes_twice_change_nothing(branch):
    branch.office.refuses = {"deposit 1"}
    message = branch.says("deposit 1")
    branch.sender.send_due()
    outbox.put_right(branch.hub, Ask(HUB), message=message, payload={"line": 9})

    def hears(version, outcome):
        with branch.hub.store.transaction(Ask(HUB)) as tx:
            return outbox.hear(tx, Answered("deposit 1 1.1", version, outcome))

    assert [hears(1, outcome) for outcome in ("acknowledged", "applied", "refused")] == [False] * 3
    assert branch.state(message) == "to_send"
    assert [hears(2, outcome) for outcome in ("acknowledged", "acknowledged", "sent")] == [True, False, False]
    assert [hears(2, outcome) for outcome in ("applied", "refused", "applied")] == [True, False, False]
    assert branch.state(message) == "applied"


# --- the thread


def test_the_sender_sleeps_and_wakes_for_a_commit(branch, monkeypatch):
    monkeypatch.setattr(running, "destination_of", lambda hub, where, gateway=False: None if gateway else branch.office)
    object.__setattr__(branch.hub.settings, "hub", branch.hub.settings.hub.model_copy(update={"gateway": "away"}))
    looks = []
    monkeypatch.setattr(outbox, "to_send", lambda reader, **how: looks.append(1) or real(reader, **how))
    exchange_ = running.start(branch.hub)
    (sender,) = exchange_.senders
    assert not branch.office.came.wait(0.3)
    assert len(looks) == 1, "it looked without a reason"
    branch.says("deposit 1")
    assert branch.office.came.wait(patience(5))
    sender.close()
    sender.close()


real = outbox.to_send


def test_without_a_destination_messages_wait_and_nothing_runs(branch):
    threads = threading.active_count()
    assert running.start(branch.hub) == running.Exchange()
    assert threading.active_count() == threads
    message = branch.says("deposit 1")
    assert branch.state(message) == "to_send"


# --- the folder


@pytest.fixture
def share(tmp_path):
    share = tmp_path / "share"
    share.mkdir()
    return share


def test_a_folder_gets_one_signed_line_a_message(branch, share, tmp_path):
    folder = Folder(share, "CNSS-1", tmp_path / "keys" / "outbox.ed25519")
    branch.sender = Sender(branch.hub, folder)
    branch.says("deposit 1", name="Émile")
    branch.sender.send_due()
    (file,) = share.iterdir()
    assert file.name == "CNSS-1-1-0000000001-1.jsonl"
    (line,) = file.read_text("utf-8").splitlines()
    said = json.loads(line)
    assert (said["payload"], said["aggregate"], said["topic"]) == ({"name": "Émile"}, "deposit 1", "deposit_validated")
    signature = bytes.fromhex(said.pop("signature"))
    folder._writer.key.public_key().verify(signature, f"mbote-outbox|{outbox.canonical_json(said)}".encode())


def test_a_message_that_comes_twice_is_one_file(branch, share, tmp_path):
    folder = Folder(share, "CNSS-1", tmp_path / "key")
    branch.says("deposit 1")
    (message,) = outbox.to_send(branch.hub.reader)
    assert [each.outcome for each in (*folder.send([message]), *folder.send([message]))] == ["sent", "sent"]
    assert len(list(share.iterdir())) == 1


def test_a_share_that_is_not_mounted_is_away_and_is_not_made(branch, tmp_path):
    folder = Folder(tmp_path / "not-mounted", "CNSS-1", tmp_path / "key")
    branch.sender = Sender(branch.hub, folder)
    branch.says("deposit 1")
    assert branch.sender.send_due() == 60
    assert not folder.path.exists()


# --- the record


def test_the_journal_gives_the_same_rows_again(branch, tmp_path):
    branch.office.refuses = {"deposit 2"}
    refused = [branch.says(f"deposit {n}", line=n) for n in (1, 2, 2)][1]
    branch.sender.send_due()
    outbox.put_right(branch.hub, Ask(HUB), message=refused, payload={"line": 9})
    fresh = branch.hub.store.replayed(tmp_path / "again.db")
    rows = "SELECT * FROM outbox ORDER BY id"
    assert [tuple(r) for r in fresh.execute(rows)] == [tuple(r) for r in branch.hub.reader.execute(rows)]
    fresh.close()


def test_a_payload_stays_out_of_the_public_journal(branch):
    branch.says("deposit 1", name="Bamou")
    rows = branch.hub.reader.execute("SELECT payload FROM journal").fetchall()
    assert not [row for row in rows if "Bamou" in row["payload"]]
