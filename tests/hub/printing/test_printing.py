"""A paper is printed once, by one owner, or a person hears of it."""

from dataclasses import replace

import pytest

from hub.ask import HUB, Actor, Ask
from hub.errors import IllegalStep, NotAllowed, NotFound, Unreadable
from hub.paper import Cut, Text, slip_from_json
from hub.printing import actions, pictures, rules, store
from hub.printing.model import PrintJobQueued
from hub.settings.devices import CounterPrinter

PRINTERS = frozenset({"printer"})


def head(taken) -> str:
    return slip_from_json(taken["slip"])[0].text


def journal(room) -> list[str]:
    return [row["kind"] for row in room.hub.reader.execute("SELECT kind FROM journal ORDER BY seq")][1:]


def test_a_caused_paper_is_taken_printed_and_confirmed(room):
    job = room.cause()
    taken = room.take()
    assert slip_from_json(taken["slip"]) == (Text("D001", size=8), Cut())
    assert room.state(job) == ("sent", "")
    room.report(taken, "confirmed")
    assert room.state(job) == ("confirmed", "")
    assert room.take() == {"job": None}
    assert journal(room) == ["print_job_queued", "print_job_taken", "print_job_ended"]


def test_the_first_caused_is_the_first_printed(room):
    first, second = room.cause("ticket 1"), room.cause("ticket 2")
    assert store.jobs_waiting(room.hub.reader, "K1") == 2
    assert room.take()["job"] == first
    room.report({"job": first, "attempt": 1}, "confirmed")
    assert room.take()["job"] == second


def test_nothing_is_recorded_when_there_is_nothing_to_take(room):
    assert room.take() == {"job": None}
    assert journal(room) == []


def test_further_copies_say_so(room):
    room.cause(copy=3)
    assert head(room.take()) == "*** DUPLICATA 3 ***"


def test_a_first_print_tried_again_may_already_be_out_and_says_so(room):
    room.cause()
    assert head(room.take()) == "D001"
    assert head(room.take()) == "*** DUPLICATA 1 ***"


# --- the fence


def test_who_restarted_takes_the_job_again_and_its_earlier_self_is_fenced(room):
    job = room.cause()
    before, after = room.take(), room.take()
    assert (before["attempt"], after["attempt"]) == (1, 2)
    with pytest.raises(IllegalStep) as refused:
        room.report(before, "failed")
    assert refused.value.reason == "fenced"
    assert room.state(job) == ("sent", "")
    room.report(after, "confirmed")
    assert room.state(job) == ("confirmed", "")


def test_another_owner_waits_until_the_first_is_silent_and_then_fences_it(room):
    room.cause(printer="GUICHETS")
    first = room.take("P1", roles=PRINTERS, printer="GUICHETS")
    room.clock.advance(seconds=29)
    assert room.take("P2", roles=PRINTERS, printer="GUICHETS") == {"job": None, "again_ms": 1_000}
    room.clock.advance(seconds=1)
    second = room.take("P2", roles=PRINTERS, printer="GUICHETS")
    assert second["attempt"] == 2
    with pytest.raises(IllegalStep, match="went on to attempt 2"):
        room.report(first, "confirmed", device="P1")


def test_the_number_of_an_attempt_is_not_enough_to_report_it(room):
    room.cause()
    with pytest.raises(IllegalStep) as refused:
        room.report(room.take(), "confirmed", device="K2")
    assert refused.value.reason == "fenced"


def test_a_device_takes_for_its_own_printer_only(room):
    room.cause(printer="K2")
    assert room.take("K1") == {"job": None}
    with pytest.raises(NotAllowed):
        room.take("K1", printer="K2")
    with pytest.raises(NotAllowed):
        actions.take(room.hub, Ask(Actor(agent="01016E")))


def test_a_job_that_kills_its_owner_is_not_tried_for_ever(room):
    job = room.cause()
    for _ in range(rules.ATTEMPTS):
        assert room.take()["job"] == job
    assert room.take() == {"job": None}
    room.clock.advance(seconds=31)
    assert room.take() == {"job": None}
    assert room.state(job) == ("unknown", "stale")


# --- the stand-in


@pytest.fixture
def counters(room):
    """RECUS prints at the counters; ACCUEIL stands in for it."""
    wired = (CounterPrinter(name="RECUS", stand_in="ACCUEIL"), CounterPrinter(name="ACCUEIL"))
    room.hub = replace(room.hub, files=room.hub.settings.model_copy(update={"printers": wired}))
    return room


def test_a_stand_in_takes_what_nobody_has_come_for(counters):
    job = counters.cause(printer="RECUS")
    assert counters.take("I2", roles=PRINTERS, printer="ACCUEIL") == {"job": None, "again_ms": rules.LEFT_MS}
    counters.clock.advance(seconds=10)
    taken = counters.take("I2", roles=PRINTERS, printer="ACCUEIL")
    assert (taken["job"], head(taken)) == (job, "D001"), "nobody has printed it before: it is no copy"


def test_its_own_papers_come_first(counters):
    counters.cause(printer="RECUS")
    own = counters.cause("ticket 2", printer="ACCUEIL")
    counters.clock.advance(seconds=10)
    assert counters.take("I2", roles=PRINTERS, printer="ACCUEIL")["job"] == own


def test_what_the_owner_has_in_hand_is_left_to_it_until_it_falls_silent(counters):
    counters.cause(printer="RECUS")
    first = counters.take("I1", roles=PRINTERS, printer="RECUS")
    counters.clock.advance(seconds=10)
    assert counters.take("I2", roles=PRINTERS, printer="ACCUEIL") == {"job": None, "again_ms": 20_000}
    counters.clock.advance(seconds=20)
    second = counters.take("I2", roles=PRINTERS, printer="ACCUEIL")
    assert head(second) == "*** DUPLICATA 1 ***"
    with pytest.raises(IllegalStep, match="went on to attempt 2"):
        counters.report(first, "confirmed", device="I1")


def test_nobody_stands_in_where_nobody_is_named(counters):
    counters.cause(printer="ACCUEIL")
    counters.clock.advance(seconds=60)
    assert counters.take("I1", roles=PRINTERS, printer="RECUS") == {"job": None}


def test_a_stand_in_hears_of_the_papers_that_may_come_to_it(counters):
    counters.cause(printer="RECUS")
    assert pictures.printers(counters.hub, counters.hub.reader).jobs == {"RECUS": 1, "ACCUEIL": 1}


# --- too late


def test_nothing_pours_out_after_a_refill(room):
    late = [room.cause(f"ticket {n}") for n in range(20)]
    room.clock.advance(minutes=5)
    fresh = room.cause("ticket 99")
    assert room.take()["job"] == fresh
    assert {room.state(job) for job in late} == {("dropped", "stale")}


def test_what_was_taken_is_never_dropped_in_silence(room):
    job = room.cause()
    room.take()
    room.clock.advance(minutes=6)
    assert actions.drop_stale(room.hub, Ask(HUB)) == {"written_off": 1}
    assert room.state(job) == ("unknown", "stale")
    assert room.in_doubt == [job]


def test_a_late_word_of_the_owner_still_counts(room):
    job = room.cause()
    taken = room.take()
    room.clock.advance(minutes=6)
    actions.drop_stale(room.hub, Ask(HUB))
    room.report(taken, "confirmed")
    assert room.state(job) == ("confirmed", "")


def test_the_time_left_is_told(room):
    room.cause()
    room.clock.advance(minutes=4)
    assert room.take()["left_ms"] == 60_000


def test_a_clock_set_back_does_not_make_a_job_young_again(room):
    job = room.cause()
    room.clock.advance(minutes=6)
    room.clock.jump(seconds=-3600)
    assert room.take() == {"job": None}
    assert room.state(job)[0] == "dropped"


# --- reports


@pytest.mark.parametrize("state", sorted(rules.REPORTS))
def test_each_report_is_an_end(room, state):
    job = room.cause()
    room.report(room.take(), state, "paper_out")
    assert room.state(job) == (state, "paper_out")
    assert room.take() == {"job": None}


def test_a_printer_that_cannot_be_asked_leaves_no_doubt(room):
    room.cause()
    taken = room.take()
    room.report(taken, "sent")
    assert room.in_doubt == []
    with pytest.raises(IllegalStep):
        room.report(taken, "failed")


def test_a_repeated_report_gets_the_same_answer(room):
    room.cause()
    taken = room.take()
    assert room.report(taken, "confirmed", key="r1") == room.report(taken, "confirmed", key="r1")
    assert journal(room).count("print_job_ended") == 1


def test_only_what_can_happen_to_paper_is_reported(room):
    room.cause()
    taken = room.take()
    with pytest.raises(Unreadable):
        room.report(taken, "dropped")
    with pytest.raises(NotFound):
        room.report({"job": 77, "attempt": 1}, "confirmed")


# --- in doubt


def test_papers_in_doubt_are_listed_until_somebody_looked(room):
    lost, failed = room.cause("ticket 1"), room.cause("ticket 2")
    room.report(room.take(), "unknown", "silent")
    room.report(room.take(), "failed", "paper_out")
    assert room.in_doubt == [failed, lost]
    actions.settle(room.hub, Ask(Actor(agent="01016E")), job=lost, printed=True)
    actions.settle(room.hub, Ask(Actor(agent="01016E")), job=failed, printed=False)
    assert room.in_doubt == []
    assert (room.state(lost)[0], room.state(failed)[0]) == ("confirmed", "failed")


def test_a_paper_printed_again_is_no_longer_in_doubt(room):
    room.cause("ticket 1")
    room.report(room.take(), "failed")
    room.cause("ticket 1", copy=1)
    room.report(room.take(), "confirmed")
    assert room.in_doubt == []


# --- the record


def test_a_job_and_its_attempts_survive_a_restart(room):
    job = room.cause()
    taken = room.take()
    room.restart()
    room.report(taken, "confirmed")
    assert room.state(job) == ("confirmed", "")


def test_a_cause_that_fails_leaves_no_job(room):
    def cause_and_fail(tx):
        store.queue_job(tx, about="ticket 1", printer="K1", copy=0, slip=())
        raise NotFound("the ticket is not there after all")

    with pytest.raises(NotFound):
        room.hub.perform(Ask(HUB), cause_and_fail)
    assert store.open_jobs(room.hub.reader) == []


def test_the_journal_gives_the_same_rows_again(room, tmp_path):
    room.cause()
    room.report(room.take(), "unknown")
    room.cause("ticket 2")
    room.take()
    actions.settle(room.hub, Ask(HUB), job=1, printed=True)
    fresh = room.hub.store.replayed(tmp_path / "again.db")
    rows = "SELECT * FROM print_job ORDER BY id"
    assert [tuple(r) for r in fresh.execute(rows)] == [tuple(r) for r in room.hub.reader.execute(rows)]
    fresh.close()


def test_what_is_on_the_paper_stays_out_of_the_public_journal(room):
    room.cause()
    row = room.hub.reader.execute("SELECT payload FROM journal ORDER BY seq DESC").fetchone()
    assert "D001" not in row["payload"]
    assert "slip" in PrintJobQueued.PRIVATE


def test_every_state_and_step_of_the_table_is_known():
    states = set(rules.STEPS)
    assert {to for steps in rules.STEPS.values() for to in steps.values()} <= states
    assert {name for steps in rules.STEPS.values() for name in steps} == rules.REPORTS | {"take", "expire", "settle"}
