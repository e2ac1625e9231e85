"""The drill: a backup that was never restored is a hope. And what staff and technician are told of it."""

import errno
import json
import shutil
from dataclasses import asdict

import pytest

from hub import admin, doctor
from hub.backup import drill, watch
from hub.backup.keyring import DrillKeys
from hub.backup.piece import BadPiece, Piece
from hub.backup.place import Place
from hub.backup.plan import Chain
from hub.backup.word import LATE_MS, Result, Word
from hub.clock import ManualClock
from hub.errors import DiskFull
from hub.settings import Backup
from hub.supervision.pictures import supervision
from tests.hub.backup.conftest import IDENTITY
from tests.hub.backup.test_plan import piece

RULES = Backup(places=["/stick"], keys=[str(IDENTITY.to_public())])


@pytest.fixture
def kept(safe):
    """A whole copy and some rows after it."""
    safe.whole()
    safe.busy()
    safe.rows()
    return safe


def test_the_newest_backup_is_restored_and_compared(kept):
    end = kept.head()[0]
    kept.busy(visitors=1)
    found = drill.drill(kept.box, kept.place)
    assert (found.problem, found.seq, found.entries) == ("", end, end)
    assert found.tables == len(kept.box.contents.state_tables)
    assert found.lacks == kept.head()[0] - end > 0
    drill.remember(kept.data, [found])
    assert drill.results(kept.data) == [found]


def test_it_leaves_nothing_behind(kept, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    before = sorted(kept.folder.rglob("*"))
    assert drill.drill(kept.box, kept.place).problem == ""
    assert sorted(kept.folder.rglob("*")) == before


def test_it_needs_no_private_half_and_opens_only_the_last_two_nights(safe):
    made = [safe.busy(visitors=1) and safe.whole() for _ in range(4)]
    keys = DrillKeys(safe.data, safe.place.path).held()
    assert len(keys) == 2

    def opens(one):
        try:
            return bool(list(restorable(one, keys)))
        except BadPiece:
            return False

    assert [opens(one) for one in made] == [False, False, True, True]
    assert all(len(one.header.opens) == 2 for one in made)


def test_a_full_card_of_this_box_is_not_taken_for_a_full_stick(kept, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as card:
        card.setattr("hub.backup.keyring._write_private", full)
        with pytest.raises(DiskFull, match="this box's key cannot be written"):
            kept.whole()
    assert drill.drill(kept.box, kept.place).problem == ""


def restorable(one, keys):
    from hub.backup import piece as pieces  # noqa: PLC0415

    return pieces.read(one, keys)


def test_a_whole_copy_that_failed_leaves_the_key_of_the_one_before(kept, monkeypatch):
    monkeypatch.setattr("hub.backup.piece.check", lambda _: (_ for _ in ()).throw(BadPiece("lies")))
    for _ in range(3):
        with pytest.raises(BadPiece):
            kept.whole()
    monkeypatch.undo()
    for whole in kept.stick.rglob("whole-*"):
        if whole != min(kept.stick.rglob("whole-*"), key=lambda path: path.stat().st_mtime_ns):
            whole.unlink()
    assert drill.drill(kept.box, kept.place).problem == ""


@pytest.mark.parametrize("fault", ["gone", "rotten", "foreign", "no key", "skips the private part"])
def test_it_fails_where_a_restore_would(kept, fault, monkeypatch):
    if fault == "gone":
        shutil.rmtree(kept.stick)
    elif fault == "rotten":
        for path in kept.stick.rglob("whole-*"):
            path.write_bytes(path.read_bytes()[:-1])
    elif fault == "foreign":
        monkeypatch.setattr("hub.backup.copy.hash_at", lambda *_: "other")
    elif fault == "no key":
        shutil.rmtree(kept.data / "keys" / "drill")
    else:
        honest = drill.restore.Rebuilt._entries

        def forgetful(self, lines):
            lines[:] = [[*line[:-2], None, None] for line in lines]
            honest(self, lines)

        monkeypatch.setattr(drill.restore.Rebuilt, "_entries", forgetful)
    found = drill.drill(kept.box, kept.place)
    assert found.problem
    assert found.seq == 0


def test_results_that_cannot_be_read_are_none(tmp_path):
    (tmp_path / "drill.json").write_text("{")
    assert drill.results(tmp_path) == []


# --- what staff are told


def alarms(clock, places, drills=(), *, after_s=0):
    heard = watch.Watch(clock.now())
    heard.hear(clock.now(), places, list(drills))
    clock.advance(seconds=after_s)
    return [(alarm.code, alarm.place) for alarm in heard.alarms(RULES, clock.now())]


def word(**facts):
    return asdict(Word(**{"place": "/stick", "state": "ok", "whole_at": 1_772_432_400_000} | facts))


def result(at, problem=""):
    return asdict(Result("/stick", at, problem=problem))


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, []),
        ({"behind_s": 60.0}, []),
        ({"behind_s": 61.0}, [("behind", "/stick")]),
        ({"state": "missing"}, [("missing", "/stick")]),
        ({"state": "full"}, [("full", "/stick")]),
        ({"state": "altered"}, [("altered", "/stick")]),
    ],
)
def test_staff_hear_of_a_place_that_is_more_than_a_minute_behind_or_not_there(clock, facts, said):
    assert alarms(clock, [word(**facts)]) == said


def test_a_stream_that_says_nothing_is_itself_an_alarm(clock):
    assert alarms(clock, [word()], after_s=60) == []
    assert alarms(clock, [word()], after_s=61) == [("silent", "")]
    never = watch.Watch(clock.now())
    clock.advance(seconds=61)
    assert [alarm.code for alarm in never.alarms(RULES, clock.now())] == ["silent"]


def test_an_agency_without_backups_is_left_alone(clock):
    quiet = watch.Watch(clock.now())
    clock.advance(hours=1)
    assert quiet.alarms(Backup(), clock.now()) == []


def test_a_drill_that_failed_or_is_late_is_said(clock):
    now = clock.now().at
    assert alarms(clock, [word()], [result(now)]) == []
    assert alarms(clock, [word()], [result(now, "rotten")]) == [("drill_failed", "/stick")]
    assert alarms(clock, [word()], [result(now - LATE_MS - 1)]) == [("drill_late", "/stick")]
    assert alarms(clock, [word(whole_at=now - LATE_MS - 1)]) == [("drill_late", "/stick")]
    assert alarms(clock, [word(whole_at=None)]) == []


def test_the_supervisor_s_board_says_it_in_words(safe):
    hub = safe.office.hub
    object.__setattr__(hub, "files", safe.settings.model_copy(update={"backup": RULES}))  # as configured
    body = {"places": [word(state="missing")], "drills": [result(0, "rotten")]}
    assert admin.answer(hub, "backup_word", json.loads(json.dumps(body))) == {"heard": 1}
    with hub.snapshot() as reader:
        said = [alert.text for alert in supervision(hub, reader).alerts if alert.code == "backup"]
    assert said == [
        "Sauvegarde : le support /stick n'est pas branché ou pas préparé.",
        "L'essai de restauration de /stick a échoué : cette sauvegarde ne vaut rien. Voyez « mbote doctor ».",
    ]
    assert [a["code"] for a in admin.answer(hub, "backups", {})["alarms"]] == ["missing", "drill_failed"]


@pytest.mark.parametrize("body", [{"places": [{"no": 1}]}, {"drills": [{}]}, {"places": 5}])
def test_a_word_that_is_none_is_refused(safe, body):
    assert admin.answer(safe.office.hub, "backup_word", body)["error"]["code"] == "bad_request"


def test_a_hub_that_finds_itself_behind_tells_the_supervisor_until_somebody_confirms(safe):
    hub = safe.office.hub

    def said():
        with hub.snapshot() as reader:
            return [alert.level for alert in supervision(hub, reader).alerts if alert.code == "epoch"]

    assert said() == []
    assert admin.answer(hub, "epoch_seen", {"epoch": 1, "seq": 10_000}) == {"epoch": 2, "begun": True}
    assert said() == ["bad"]
    assert admin.answer(hub, "epochs", {})["epochs"][0]["confirmed"] == "no"
    assert admin.answer(hub, "epoch_confirm", {}) == {"epoch": 2, "confirmed": True}
    assert said() == []
    assert admin.answer(hub, "epoch_confirm", {})["error"]["code"] == "not_found"
    assert admin.answer(hub, "epoch_seen", {"epoch": "x", "seq": 1})["error"]["code"] == "bad_request"


# --- what the technician is told


def test_the_doctor_misses_a_backup_that_is_not_configured(safe):
    assert [f.state for f in doctor.backups(safe.settings)] == ["warning"]


def test_the_doctor_looks_at_each_place(kept):
    rules = kept.settings.backup.model_copy(update={"places": (kept.stick,)})
    settings = kept.settings.model_copy(update={"backup": rules})
    assert [(f.what, f.state) for f in doctor.backups(settings)] == [
        ("backup", "warning"),  # the stick is a folder of the box's own disk here
        ("backup", "ok"),
        ("drill", "warning"),
    ]
    drill.remember(kept.data, [drill.drill(kept.box, kept.place)])
    shutil.rmtree(kept.stick)
    assert "not there" in next(doctor.backups(settings)).found


def test_the_doctor_does_not_wait_for_a_medium_that_hangs(monkeypatch):
    import threading  # noqa: PLC0415

    monkeypatch.setattr(doctor, "PATIENCE_S", 0.05)
    found = doctor.in_time(lambda: [threading.Event().wait(0.5)][1:], "/stick")
    assert [(f.state, f.found) for f in found] == [("fault", "/stick does not answer")]


@pytest.mark.parametrize(
    ("end", "last", "age_s", "state"),
    [(None, 5, 0, "fault"), (5, 5, 900, "ok"), (5, 7, 50, "ok"), (5, 7, 61, "fault")],
)
def test_the_doctor_says_how_far_a_place_reaches(end, last, age_s, state):
    chain = Chain((piece("whole", 1, end),)) if end else None
    assert doctor.judge_reach("/stick", chain, (last, 1_000_000), 1_000_000 + 1000 * age_s).state == state


def test_the_doctor_says_how_old_the_last_drill_is():
    at = ManualClock(1_800_000_000_000).now().at
    assert doctor.judge_drill("/stick", None, at).state == "warning"
    assert doctor.judge_drill("/stick", Result("/stick", at - LATE_MS - 1), at).state == "warning"
    assert doctor.judge_drill("/stick", Result("/stick", at, problem="rotten"), at).state == "fault"
    good = doctor.judge_drill("/stick", Result("/stick", at - 86_400_000, entries=5, took_s=1.5), at)
    assert (good.state, good.found) == ("ok", "/stick, 1 days ago: 5 entries came back in 1.5 s")


def test_a_piece_is_a_value(kept):
    assert isinstance(kept.place.look().pieces[0], Piece)
    assert repr(Place(kept.stick, "X")) == f"<Place {kept.stick}>"
