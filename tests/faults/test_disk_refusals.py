"""The disk refuses one operation, or all from one on: nothing is acknowledged falsely, and service returns (E6).

Every operation of a morning's work fails in turn, as an error of the card, as a full disk and as a write that breaks
off: once, and for ever until the card is well again. The disk is the one of the power cuts, without a cut.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress

import pytest

from hub.ask import Ask
from hub.disk import Reserve
from hub.errors import MboteError, StoreFault
from hub.queues import actions
from hub.store import Store
from tests.faults.clients import chances
from tests.faults.power import EIO, FULL, SHORT, Disk, power
from tests.faults.test_power_cuts import Branch, Tally, base, breaches
from tests.office import RECEPTION

pytestmark = [pytest.mark.faults, pytest.mark.slow]
ANSWERS = {"EIO": EIO, "full": FULL, "short write": SHORT}
#: Every so manieth operation in the ordinary run; all of them by night.
STRIDE = 13
#: Requests of a morning.
REQUESTS = 10


@pytest.mark.thinned(3)
@pytest.mark.parametrize("stride", [STRIDE, pytest.param(1, marks=[pytest.mark.nightly, pytest.mark.timeout(600)])])
@pytest.mark.parametrize("for_ever", [False, True], ids=["once", "for ever"])
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_no_operation_that_fails_makes_a_false_answer(  # noqa: PLR0913, PLR0917 (fixtures and cases)
    tmp_path, monkeypatch, note, seed, answer, for_ever, stride
):
    monkeypatch.setattr("hub.sqlite.BUSY_MS", 0)
    monkeypatch.setattr("hub.store.LOST_WITHIN_S", 0)
    with power() as disk:
        tally, refused = refusals(tmp_path, disk, seed, (answer, for_ever), stride)
    note(f"{refused} of {tally.cuts} failures met a request; {tally}")
    assert not tally.wrong
    assert refused > tally.cuts // 2


def refusals(folder, disk: Disk, seed: int, fault: tuple[int, bool], stride: int) -> tuple[Tally, int]:
    """A morning for each operation of it that fails."""
    tally, met = Tally(), 0
    start = base(folder, disk, chances(seed), full=False)
    disk.back()
    whole = morning(start, seed)
    operations = disk.state.ops
    whole.close()
    for number in range(1, operations, stride):
        disk.back()
        branch = morning(start, seed, lambda n=number: disk.refuse(n, fault[0], for_ever=fault[1]))
        met += bool(disk.state.refused)
        disk.well()
        tally.cuts += 1
        tally.wrong += returns(branch, number)
        tally.wrong += [f"operation {number}: {said}" for said in breaches(branch, branch.hub.store.writer, tally)]
        branch.close()
    return tally, met


def morning(start: Branch, seed: int, plant=lambda: None) -> Branch:
    """The same requests each time, from a start that works; whoever is refused by the disk goes on with the next."""
    branch = Branch(start.folder, chances(seed), number=start.number)
    branch.acked, branch.asked = dict(start.acked), set(start.asked)
    branch.open()
    plant()
    for _ in range(REQUESTS):
        with suppress(StoreFault):
            branch.do_something()
    return branch


def returns(branch: Branch, number: int) -> list[str]:
    """What still does not work now that the disk is well; the first request may be the one that finds it so."""
    for _ in range(2):
        with suppress(MboteError):
            if branch.ask(actions.issue, RECEPTION, service="DEP", channel="reception"):
                return []
    return [f"operation {number}: the service does not come back"]


def test_the_same_failures_find_a_hub_that_forgets_to_ask_whether_it_was_recorded(tmp_path, monkeypatch, note, seed):
    """A planted hub that answers although the commit was refused."""
    commit = Store._make_durable

    def careless(self, written):
        with suppress(StoreFault):
            commit(self, written)

    monkeypatch.setattr("hub.sqlite.BUSY_MS", 0)
    monkeypatch.setattr(Store, "_make_durable", careless)
    with power() as disk:
        tally, _ = refusals(tmp_path, disk, seed, (EIO, False), STRIDE)
    note(str(tally))
    assert any("was answered and is there 0 times" in wrong for wrong in tally.wrong)


def test_what_cannot_be_read_is_refused_and_the_same_thread_reads_again(tmp_path):
    """SQLite has ended the reading by itself then: who commits it hears of another fault."""
    with power() as disk:
        branch = base(tmp_path, disk, chances(1), full=False)
        disk.back()
        branch.open()
        assert branch.hub.reader
        disk.state.off = 1
        with pytest.raises(StoreFault, match="nothing can be read"), branch.hub.store.snapshot() as reader:
            reader.execute("SELECT count(*) FROM ticket").fetchone()
        disk.state.off = 0
        with branch.hub.store.snapshot() as reader:
            assert reader.execute("SELECT count(*) FROM ticket").fetchone()[0]
        branch.close()


# --- a sync that failed ------------------------------------------------------------------------


@pytest.mark.parametrize("read", [False, True], ids=["nobody reads", "somebody reads"])
def test_what_was_refused_when_its_sync_failed_does_not_come_back_after_a_power_cut(tmp_path, read):
    with power() as disk:
        assert not [said for seed in range(12) for said in ghosts(tmp_path, disk, seed, read=read)]


def test_the_same_cuts_find_a_hub_that_leaves_the_refused_entry_in_its_log(tmp_path, monkeypatch):
    monkeypatch.setattr("hub.store.settle_log", lambda _: None)
    with power() as disk:
        assert any(ghosts(tmp_path, disk, seed, read=True) for seed in range(60))


def ghosts(folder, disk: Disk, seed: int, *, read: bool) -> list[str]:
    """A request whose sync fails, and a cut: what was answered is there, what was refused is not."""
    branch = base(folder, disk, chances(1), full=False)
    disk.back()
    branch.open()
    if read:
        assert branch.hub.reader.execute("SELECT count(*) FROM ticket").fetchone()[0]
    disk.chance(seed)
    disk.state.refuse_sync = disk.state.syncs + 1
    with suppress(StoreFault):
        branch.ask(actions.issue, RECEPTION, service="DEP", channel="reception")
    assert disk.state.refused == 1
    disk.state.off = 1
    branch.close()
    disk.cut()
    branch.open()
    file = branch.hub.store.writer
    found = list(breaches(branch, file, Tally()))
    there = {row["key"] for row in file.execute("SELECT key FROM journal WHERE +key IS NOT NULL")}
    branch.close()
    return found + [f"{key} was refused and is there" for key in there - branch.acked.keys()]


def test_a_card_that_fails_twice_in_ten_minutes_is_given_nothing_more(tmp_path, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr("hub.store.time.monotonic", lambda: now[0])
    with power() as disk:
        branch = base(tmp_path, disk, chances(1), full=False)
        disk.back()
        branch.open()
        for _ in range(2):
            disk.state.refuse_sync = disk.state.syncs + 1
            with suppress(StoreFault):
                branch.ask(actions.issue, RECEPTION, service="DEP", channel="reception")
            now[0] += 60
        assert branch.hub.store.read_only
        with pytest.raises(StoreFault, match="change the card"):
            branch.ask(actions.issue, RECEPTION, service="DEP", channel="reception")
        now[0] += 600
        assert branch.ask(actions.issue, RECEPTION, service="DEP", channel="reception")
        branch.close()


# --- what is kept back ---------------------------------------------------------------------------


def test_the_reserve_is_given_up_once_and_the_request_that_met_the_full_disk_is_answered(office):
    store = office.hub.store
    store.reserve = Reserve(store.folder, 100_000)
    assert store.reserve.refill()
    real, refusing = store.writer, _full_until_released(store)
    store.writer = refusing
    assert actions.issue(office.hub, Ask(RECEPTION, "k"), service="DEP", channel="reception")["label"] == "D001"
    assert not store.reserve.whole
    store.writer, store._usable = _full_until_released(store), True
    with pytest.raises(StoreFault, match="nothing was recorded"):
        actions.issue(office.hub, Ask(RECEPTION, "l"), service="DEP", channel="reception")
    real.close()
    assert store.reserve.refill()


class _full_until_released:  # noqa: N801 (read as a word)
    """A connection whose disk has room only where the reserve lay."""

    def __init__(self, store):
        self._real = store.writer

    def execute(self, sql, *values):
        if sql == "COMMIT":
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error
        return self._real.execute(sql, *values)

    def __getattr__(self, name):
        return getattr(self._real, name)
