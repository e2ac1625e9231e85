"""A hub that may not know all that it gave: in a new epoch it gives none of it again."""

import shutil

import pytest

from hub import journal
from hub.ask import HUB, Actor, Ask
from hub.clock import ManualClock
from hub.context import Hub
from hub.errors import Refused, Unreadable
from hub.paper import Text
from hub.printing import store as printing
from hub.printing.migrations import migrations as print_migrations
from hub.queues import actions, appliers, epochs, faces, papers, store
from hub.queues.migrations import migrations
from hub.store import Store
from hub.verify import Rooms, verify
from tests.office import RECEPTION, Office, open_store

QUEUES = Rooms(appliers.APPLIERS, (migrations,), appliers.STATE_TABLES)


@pytest.fixture
def forget(tmp_path, office, clock, agency):
    """Copy the box now; the story goes on, and `forget()` comes back with the copy in a new epoch."""
    with office.hub.snapshot():
        office.hub.store.writer.execute("VACUUM INTO ?", (str(tmp_path / "kept.db"),))
    opened = []

    def lost(**more):
        opened.append(copy_of(tmp_path, clock, agency, **more))
        return Office(Hub(agency, opened[-1]), clock, office.keys)

    yield lost
    for each in opened:
        each.close()


def copy_of(tmp_path, clock, agency, *, why="restored", epoch=True):
    folder = tmp_path / f"copy {len(list(tmp_path.iterdir()))}"
    folder.mkdir()
    shutil.copy(tmp_path / "kept.db", folder / "mbote.db")
    decide = (lambda tx: epochs.next_epoch(tx.connection, tx.now, agency.agency.zone, why)) if epoch else None
    return open_store(folder, clock, begin=decide)


def test_no_label_of_the_lost_minute_is_given_again(office, forget):
    lost = {office.press("deposit") for _ in range(3)} | {office.give("pension")}
    copy = forget()
    given = {copy.press("deposit") for _ in range(3)} | {copy.give("pension"), copy.give("inquiry")}
    assert given == {"D1001", "D1002", "D1003", "V1001", "A1001"}
    assert not given & lost


def test_a_copy_that_kept_its_epoch_would_have_given_them_again(office, forget):
    """The control: what the epoch is for."""
    lost = office.press("deposit")
    assert forget(epoch=False).press("deposit") == lost


def test_public_ids_and_print_jobs_of_the_lost_minute_do_not_come_back(office, forget, clock):
    lost = office.id_of(office.press("deposit"))
    copy = forget()
    clock.jump(seconds=0)
    again = copy.id_of(copy.press("deposit"))
    assert again != lost
    with pytest.raises(Refused):
        faces.ticket_by_id(copy.hub.reader, lost)


def test_jobs_of_each_epoch_are_numbered_apart(tmp_path, clock):
    def job(opened):
        with opened.transaction(Ask(HUB)) as tx:
            return printing.queue_job(tx, about="ticket 1", printer="K1", copy=0, slip=(Text("x"),))

    def opened(begin=None):
        return Store(tmp_path, appliers=printing.APPLIERS, migration_sets=[print_migrations], clock=clock, begin=begin)

    first = opened()
    assert [job(first), job(first)] == [1, 2]
    first.close()
    second = opened(lambda _: journal.EpochBegun(2, "restored", 0, "2026-03-02", 1000))
    assert [job(second), job(second)] == [2**32 + 1, 2**32 + 2]
    second.close()


def test_a_paper_of_the_lost_minute_that_its_kiosk_still_reports_is_in_the_queue_again(office, forget):
    label = office.kiosk.press("deposit", report=None)
    copy = forget()
    copy.kiosk.spool = list(office.kiosk.spool)
    assert [told["label"] for told in copy.kiosk.report()] == [label]
    assert copy.press("deposit") == "D1001"
    assert copy.counter("05").open("00902F").next() == label


def test_a_request_heard_again_after_the_loss_takes_the_number_that_its_paper_bears(office, forget):
    """The kiosk sends twice, as over a bad line; the hub that answered first is gone, its number is on the paper."""
    label = office.kiosk.press("deposit", report=None)
    copy = forget()
    again = Ask(copy.kiosk.actor, office.kiosk.spool[0].request)
    assert actions.issue(copy.hub, again, service="DEP", channel="kiosk")["label"] == "D1001"
    copy.kiosk.spool = list(office.kiosk.spool)
    assert [told["label"] for told in copy.kiosk.report()] == [label]
    assert store.holes(copy.hub.reader, 1) == ("D1001",)
    assert copy.press("deposit") == "D1002"
    assert copy.counter("05").open("00902F").next() == label
    assert verify(copy.hub.store.folder, QUEUES).problems == []


@pytest.mark.parametrize("label", ["D1001", "D0002", "DX", "D", "K9-001", "V002"])
def test_only_a_label_that_may_have_been_lost_comes_back_so(office, forget, label):
    copy = forget()
    copy.press("deposit")
    with pytest.raises(Refused):
        papers.report_paper(
            copy.hub, Ask(copy.kiosk.actor, "later"), issue="other", paper="printed", label=label, service="DEP"
        )


def test_a_day_that_was_perhaps_begun_before_the_loss_counts_on_too(office, forget, clock):
    """The copy is of the evening before; the lost box had opened the day."""
    copy = forget()
    copy.close_day(force=True)
    copy.later(hours=24).open_day()
    assert copy.press("deposit") == "D001"
    other = forget()
    other.close_day(force=True)
    other.open_day(date="2026-03-03")
    assert other.press("deposit") == "D2001"  # a whole day may be missing: more room


def test_with_a_clock_that_nobody_believes_the_next_day_counts_on(tmp_path, office, forget, clock, agency):
    office.close_day()
    clock._now = journal.Instant(0, 0, 2, certain=False)
    copy = forget()
    copy.close_day(force=True)
    clock._now = journal.Instant(office.hub.reader.execute("SELECT max(at) FROM journal").fetchone()[0], 9, 2)
    copy.later(hours=24).open_day()
    assert store.number_floor(copy.hub.reader, store.day(copy.hub.reader).id) >= 1000
    copy.later(hours=1).close_day(force=True)
    copy.later(hours=24).open_day()
    assert copy.press("deposit") == "D001"


def test_a_second_loss_on_one_day_takes_the_next_block(tmp_path, office, forget, clock, agency):
    copy = forget()
    assert copy.press("deposit") == "D1001"
    copy.hub.store.writer.execute("VACUUM INTO ?", (str(tmp_path / "again.db"),))
    (tmp_path / "again.db").replace(tmp_path / "kept.db")
    assert forget().press("deposit") == "D2001"


def test_a_block_in_which_nothing_known_was_given_is_not_used_again(tmp_path, office, forget, clock, agency):
    """The restored box died in its turn, with the numbers of its block, before its backup knew of one of them."""
    copy = forget()
    copy.hub.store.writer.execute("VACUUM INTO ?", (str(tmp_path / "again.db"),))
    assert copy.press("deposit") == "D1001"
    (tmp_path / "again.db").replace(tmp_path / "kept.db")
    assert forget().press("deposit") == "D2001"


@pytest.mark.parametrize(
    ("last", "new_epochs", "lost_h", "floor"),
    [(0, 1, 0, 1000), (87, 1, 0, 1000), (500, 1, 0, 1000), (501, 1, 0, 2000), (1001, 1, 0, 2000), (87, 2, 0, 2000),
     (87, 1, 1, 1000), (87, 1, 3, 2000), (87, 1, 100, 2000), (87, 1, -5, 1000)],
)  # fmt: skip
def test_the_block_leaves_room_for_what_was_lost(last, new_epochs, lost_h, floor):
    assert epochs.floor_above(last, new_epochs, lost_h * 3_600_000) == floor
    assert floor - last >= epochs.SPARE


# --- behind --------------------------------------------------------------------------------------


def test_a_clone_that_a_device_finds_behind_goes_on_in_a_new_epoch_and_says_so(office, forget):
    lost = office.press("deposit")
    seen = office.hub.store.epoch, office.hub.store.head[0]
    clone = forget(epoch=False)
    assert epochs.leave_behind(clone.hub, Ask(HUB), epoch=seen[0], seq=seen[1]) == {"epoch": 2, "begun": True}
    assert clone.hub.store.epoch == 2
    assert clone.press("deposit") == "D1001" != lost
    assert epochs.unconfirmed(clone.hub.reader) == 2
    assert epochs.confirm_epoch(clone.hub, Ask(RECEPTION)) == {"epoch": 2, "confirmed": True}
    assert epochs.unconfirmed(clone.hub.reader) is None
    with pytest.raises(Refused):
        epochs.confirm_epoch(clone.hub, Ask(RECEPTION))


def test_who_has_seen_no_more_than_there_is_changes_nothing(office):
    epoch, (seq, _) = office.hub.store.epoch, office.hub.store.head
    assert not epochs.leave_behind(office.hub, Ask(HUB), epoch=epoch, seq=seq)["begun"]
    assert office.hub.store.head[0] == seq
    with pytest.raises(Unreadable):
        epochs.leave_behind(office.hub, Ask(HUB), epoch=10**9, seq=1)


def test_a_box_that_was_replaced_and_comes_back_is_behind_the_epoch_of_the_new_one(office):
    assert epochs.leave_behind(office.hub, Ask(HUB), epoch=4, seq=2)["epoch"] == 5


def test_restoring_on_purpose_needs_no_second_word(forget):
    assert epochs.unconfirmed(forget().hub.reader) is None


def test_the_epoch_is_in_the_journal_and_comes_back_by_replay(tmp_path, office, forget):
    office.press("deposit")
    copy = forget()
    copy.press("pension")
    assert verify(copy.hub.store.folder, QUEUES).problems == []
    replayed = copy.hub.store.replayed(tmp_path / "replayed.db")
    assert replayed.execute("SELECT epoch FROM store").fetchone()[0] == 2
    replayed.close()


def test_epochs_never_fall(office):
    with pytest.raises(AssertionError), office.hub.store.transaction(Ask(HUB)) as tx:
        tx.begin_epoch(journal.EpochBegun(1, "restored", 0, "2026-03-02", 0))
    assert office.hub.store.epoch == 1
    assert isinstance(office.clock, ManualClock)


# --- what a device is believed ------------------------------------------------------------------


SCREEN = Ask(Actor(device="SALLE", roles=frozenset({"display"})))


def claimed(office, epoch, seq):
    return epochs.leave_behind(office.hub, SCREEN, epoch=epoch, seq=seq)


@pytest.mark.parametrize(("ahead", "more"), [(2, 0), (1_000, 0), (10**9, 0), (0, 200_001), (1, 10**15)])
def test_a_device_that_claims_too_much_changes_nothing(office, ahead, more):
    epoch, (seq, _) = office.hub.store.epoch, office.hub.store.head
    with pytest.raises(Unreadable) as refused:
        claimed(office, epoch + ahead, seq + more)
    assert refused.value.reason == "unbelievable_epoch"
    assert (office.hub.store.epoch, office.hub.store.head[0]) == (epoch, seq)


def test_a_device_moves_the_hub_by_one_epoch_and_the_journal_says_which(office):
    seq = office.hub.store.head[0]
    assert claimed(office, 2, seq) == {"epoch": 3, "begun": True}
    row = office.hub.reader.execute("SELECT device, payload FROM journal WHERE kind = 'epoch_begun'").fetchone()
    assert row["device"] == "SALLE"


def test_claims_one_after_the_other_end_at_the_third_until_an_hour_has_passed(office):
    """A stolen token costs the day three blocks of labels an hour, and somebody sees it."""
    for _ in range(epochs.MOST_CLAIMS):
        assert claimed(office, office.hub.store.epoch + 1, office.hub.store.head[0])["begun"]
        office.clock.advance(minutes=1)
    for _ in range(50):
        with pytest.raises(Unreadable):
            claimed(office, office.hub.store.epoch + 1, office.hub.store.head[0])
    assert epochs.unconfirmed(office.hub.reader) == office.hub.store.epoch
    office.clock.advance(minutes=60)
    assert claimed(office, office.hub.store.epoch + 1, office.hub.store.head[0])["begun"]


def test_the_box_s_own_backup_is_believed_further(office):
    assert epochs.leave_behind(office.hub, Ask(HUB), epoch=40, seq=10**6) == {"epoch": 41, "begun": True}
