"""The box looks after itself: its time, its room, its file."""

import json

import pytest

from hub import admin, lived, upkeep
from hub.ask import HUB, Ask
from hub.bundle import write_bundle
from hub.clock import JUMP_MS, SLACK_MS, SystemClock
from hub.disk import Reserve, Room, ask_room
from hub.errors import DiskFull
from hub.history_export import write_export
from hub.queues import actions, pictures, store, timetable
from hub.queues.pictures import moment
from hub.settings import DayRules
from hub.supervision.pictures import Scene, _box_alerts
from hub.supervision.today import SoFar
from hub.verify import damage
from tests.hub.test_aside import box, folder_of, roots, zero
from tests.office import CONFIG, open_store

__all__ = ["box"]

HOUR, DAY = 3_600_000, 86_400_000
NOW = 1_800_000_000_000
JUMPS = {
    "an hour back": -HOUR, "a day ahead": DAY, "1971": 31_536_000_000 - NOW, "2038": 2_147_483_648_000 - NOW,
    "summer time": HOUR, "winter time": -HOUR,
}  # fmt: skip


def alerts(hub):
    """What the supervisor is told of the box."""
    scene = Scene(hub, moment(hub, hub.reader), names={}, labels={}, so_far=SoFar({}, {}, ()), entered={}, serving={})
    return [alert.code for alert in _box_alerts(scene)]


class Machine:
    """A machine whose clocks are moved by hand, before a network that has set them, or has not."""

    def __init__(self, monkeypatch, *, synchronised=False):
        self.wall, self.mono, self.synchronised = NOW, 60_000, synchronised
        monkeypatch.setattr(SystemClock, "_read", lambda _: (self.wall, self.mono))

    def clock(self, **more):
        return SystemClock(1, more.pop("floor_ms", NOW - DAY), synchronised=lambda: self.synchronised, **more)

    def later(self, ms, *, drift=0.0):
        self.mono += ms
        self.wall += round(ms * (1 + drift))


@pytest.mark.parametrize("jump", JUMPS.values(), ids=JUMPS)
def test_a_wall_clock_that_somebody_moves_does_not_move_the_hubs_time(monkeypatch, jump):
    machine = Machine(monkeypatch)
    clock = machine.clock()
    machine.wall += jump
    machine.later(5_000)
    now = clock.now()
    assert (now.at, now.certain) == (NOW + 5_000, False)
    assert [(turn.by_ms, turn.certain) for turn in clock.turns()] == [(jump, False)]
    machine.wall -= jump
    assert clock.now().certain
    assert [turn.certain for turn in clock.turns()] == [True]


@pytest.mark.parametrize("jump", JUMPS.values(), ids=JUMPS)
def test_the_network_is_believed_and_the_step_is_told_once(monkeypatch, jump):
    machine = Machine(monkeypatch, synchronised=True)
    clock = machine.clock()
    machine.wall += jump
    assert clock.now() == clock.now()
    assert (clock.now().at, clock.now().certain) == (NOW + jump, True)
    assert [(turn.by_ms, turn.certain) for turn in clock.turns()] == [(jump, True)]


def test_a_clock_that_drifts_by_forty_percent_is_doubted_and_one_that_is_slewed_is_followed(monkeypatch):
    machine = Machine(monkeypatch)
    clock = machine.clock()
    for _ in range(100):
        machine.later(1_000, drift=0.0005)
        assert clock.now().at == machine.wall
    before = clock.now()
    for _ in range(20):
        machine.later(1_000, drift=0.4)
        clock.now()
    assert not clock.now().certain
    assert clock.now().at - before.at == 20_000


@pytest.mark.parametrize("every_ms", [5, 10, 50, 1_000])
def test_whoever_looks_often_does_not_follow_a_clock_that_runs_fast(monkeypatch, every_ms):
    machine = Machine(monkeypatch)
    clock = machine.clock()
    before = clock.now()
    for _ in range(7_000 // every_ms):
        machine.later(every_ms, drift=0.4)
        clock.now()
    assert clock.now().at - before.at <= 7_000 + 2 * SLACK_MS
    assert not clock.now().certain


def test_a_clock_that_is_slewed_for_hours_is_followed_however_often_somebody_looks(monkeypatch):
    machine = Machine(monkeypatch)
    clock = machine.clock()
    for _ in range(4_000):
        machine.later(5_000, drift=0.0005)
        assert abs(clock.now().at - machine.wall) <= SLACK_MS
    assert clock.now().certain
    assert clock.turns() == []


def test_a_machine_that_wakes_up_in_the_past_goes_on_from_what_it_lived(monkeypatch):
    machine = Machine(monkeypatch)
    machine.wall = 31_536_000_000
    clock = machine.clock(floor_ms=NOW)
    assert (clock.now().at, clock.now().certain) == (NOW, False)
    machine.later(90_000)
    assert clock.now().at == NOW + 90_000
    machine.wall, machine.synchronised = NOW + HOUR, True
    assert (clock.now().at, clock.now().certain) == (NOW + HOUR, True)


def test_a_machine_that_wakes_up_in_2038_is_not_believed_until_somebody_vouches(monkeypatch):
    machine = Machine(monkeypatch)
    machine.wall = 2_147_483_648_000
    clock = machine.clock(floor_ms=NOW)
    assert not clock.now().certain
    clock.trust()
    assert clock.now().certain


def test_a_hub_that_starts_again_in_the_same_boot_keeps_its_time(tmp_path, monkeypatch):
    machine = Machine(monkeypatch)
    monkeypatch.setattr("hub.clock.network_time", lambda: False)
    monkeypatch.setattr("hub.store.machine_boot_id", lambda: "boot a")
    lived.write(tmp_path, lived.Lived(NOW, 1, 1, "boot a", NOW - 60_000))
    machine.wall += DAY
    machine.later(1_000)
    opened = open_store(tmp_path, None)
    assert (opened.clock.now().at, opened.clock.now().certain) == (NOW + 1_000, False)
    opened.close()


def test_what_was_lived_is_read_again_and_a_torn_line_is_none(tmp_path):
    known = lived.Lived(NOW, 3, 4_000_000, "f" * 36, NOW - 5, certain=False)
    lived.write(tmp_path, known)
    assert lived.read(tmp_path) == known
    whole = (tmp_path / lived.NAME).read_bytes()
    for byte in range(0, whole.index(b" "), 7):
        (tmp_path / lived.NAME).write_bytes(whole[:byte] + bytes([whole[byte] ^ 1]) + whole[byte + 1 :])
        assert lived.read(tmp_path) == lived.Lived()
    assert lived.read(tmp_path / "nowhere") == lived.Lived()


def test_no_day_is_opened_or_closed_by_a_clock_that_is_not_believed(office, monkeypatch):
    machine = Machine(monkeypatch)
    clock = machine.clock()
    rules = DayRules(timetable=True, hours={day: {"open": "00:00", "close": "23:59"} for day in ("mon", "sun")})
    machine.wall += DAY
    for day in (None, store.day(office.hub.reader)):
        assert timetable.due(rules, office.hub.settings.agency, day, clock.now(), busy=False) is None


def test_who_has_looked_at_a_watch_is_believed_and_the_journal_says_who(office, monkeypatch):
    machine = Machine(monkeypatch)
    office.hub.store.clock = machine.clock()
    machine.wall -= HOUR
    label = office.give("deposit")
    assert admin.answer(office.hub, "clock", {})["certain"] == "no"
    assert not pictures.kiosks(office.hub, office.hub.reader)("K1").certain
    said = admin.answer(office.hub, "clock.right", {})
    assert said["certain"] == "yes"
    assert said["hub"] == said["machine"]
    assert pictures.kiosks(office.hub, office.hub.reader)("K1").certain
    row = office.hub.reader.execute("SELECT * FROM journal WHERE kind = 'clock_corrected'").fetchone()
    assert (row["device"], json.loads(row["payload"])["by_ms"]) == ("admin", -HOUR)
    assert lived.read(office.hub.store.folder).certain
    second = office.give("deposit")
    assert [office.ticket(each).issued.certain for each in (label, second)] == [False, True]


def test_a_clock_that_was_never_set_is_not_right_whoever_says_so(office, monkeypatch):
    machine = Machine(monkeypatch)
    office.hub.store.clock = machine.clock()
    machine.wall = 31_536_000_000
    assert admin.answer(office.hub, "clock.right", {})["error"]["code"] == "clock_not_set"
    assert not office.hub.now().certain


def test_doubt_and_correction_are_in_the_journal_and_the_supervisor_sees_the_doubt(office, monkeypatch):
    machine = Machine(monkeypatch)
    office.hub.store.clock = machine.clock()
    label = office.give("deposit")
    machine.wall -= HOUR
    upkeep.round(office.hub)
    second = office.give("deposit")
    assert "clock" in alerts(office.hub)
    machine.synchronised = True
    upkeep.round(office.hub)
    assert "clock" not in alerts(office.hub)
    assert [k for k in office.journal if k.startswith("clock_")] == ["clock_doubted", "clock_corrected"]
    assert [office.ticket(each).issued.certain for each in (label, second)] == [True, False]
    assert office.waiting() == [label, second]


@pytest.mark.parametrize(("free", "level"), [(50, "enough"), (19, "low"), (9, "scarce")])
def test_what_writes_much_stops_before_tickets_do(office, monkeypatch, free, level):
    monkeypatch.setattr(Room, "of", classmethod(lambda cls, _: cls(free, 100)))
    room = Room.of(office.hub.store.folder)
    assert room.level == level
    asked = [ask_room, lambda folder, _: write_export(folder, office.hub.settings, folder / "run")]
    asked.append(lambda folder, _: write_bundle(folder / "bundle.tar.gz", CONFIG, ()))
    for ask in asked:
        if level == "scarce":
            with pytest.raises(DiskFull, match="9 % of the disk"):
                ask(office.hub.store.folder, "it")
        else:
            ask(office.hub.store.folder, "it")
    codes = alerts(office.hub)
    assert ("disk" in codes) == (level != "enough")


def test_a_reserve_is_made_given_up_and_made_again(tmp_path):
    reserve = Reserve(tmp_path, 300_000)
    assert not reserve.whole
    assert not reserve.release()
    assert reserve.refill()
    assert reserve.path.stat().st_blocks * 512 >= 300_000
    assert reserve.release()
    assert not reserve.whole
    assert reserve.refill()


def test_the_nightly_reading_finds_what_nobody_has_read_yet(box):
    folder = folder_of(box)
    assert damage(folder) == []
    assert upkeep.main(str(folder)) == 0
    zero(folder / "mbote.db", roots(folder / "mbote.db", "journal_key"))
    assert upkeep.main(str(folder)) == upkeep.DAMAGED_EXIT


def test_a_jump_is_more_than_a_clock_is_slewed():
    assert JUMP_MS == 2_000


def test_the_hub_reads_its_file_through_after_a_start_of_the_machine_and_not_at_each_of_its_own(office, monkeypatch):
    started = []
    monkeypatch.setattr(
        upkeep.threading, "Thread", lambda **what: started.append(what) or type("T", (), {"start": int})()
    )
    office.later(minutes=11)
    upkeep.round(office.hub)
    upkeep.round(office.hub)
    assert len(started) == 1
    office.later(hours=21)
    upkeep.round(office.hub)  # a day is open: it may wait
    assert len(started) == 1
    actions.close_day(office.hub, Ask(HUB))
    upkeep.round(office.hub)
    assert len(started) == 2


def test_a_disk_that_does_not_take_the_note_of_a_reading_ends_nothing(office, monkeypatch):
    (office.hub.store.folder / upkeep.CHECKED).mkdir()
    started = []
    monkeypatch.setattr(upkeep.threading, "Thread", lambda **told: started.append(told))
    office.clock.advance(hours=1)
    upkeep.round(office.hub)
    assert started == []
