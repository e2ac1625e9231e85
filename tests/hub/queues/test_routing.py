# ruff: noqa: S311 (a seed makes the story the same each time)
"""Who is called next, and why: requirements B.12 with every number worked out by hand."""

import dataclasses
import random

import pytest

from hub import journal
from hub.queues import appliers as queue_appliers
from hub.queues import line as queue_line
from hub.queues import routing
from hub.queues.model import TicketCalled
from hub.queues.routing import Caller, Candidate, Choice, Nobody, choose
from hub.settings import QueueRules
from hub.sqlite import open_writer

RULES = QueueRules()
NORMAL, WHEELCHAIR, ACCIDENT = "normal", "reduced_mobility", "work_accident"


def waits(number: int, minutes: float, priority: str = NORMAL, **more: object) -> Candidate:
    """Somebody who waits for deposits; the ticket's number is the order of issue."""
    service = str(more.pop("service", "DEP"))
    facts = {"here_min": minutes} | more
    return Candidate(number, 100 + number, f"D{number:03d}", service, priority, minutes, order=number, **facts)


def asks(counter: str = "05", services: tuple[str, ...] = ("DEP",), open_too: tuple[str, ...] = (), run: int = 0):
    """A counter presses *Suivant*."""
    return Caller(counter, services, frozenset({counter, *open_too}), run)


def booked(number: int, minutes: float, priority: str = NORMAL, **more: object) -> Candidate:
    """Somebody with an appointment, so many minutes after its time."""
    return waits(number, minutes, priority, **{"head_start": 30.0, "due": "09:30"} | more)


#: story, who waits, who asks, the number called (None: nobody), by which rule, and the word why.
CASES = [
    ("one waits", [waits(1, 3)], asks(), 1, 3, "waited"),
    ("the longest wait first", [waits(2, 3), waits(1, 5)], asks(), 1, 3, "waited"),
    ("a tie goes by issue", [waits(2, 5), waits(1, 5)], asks(), 1, 3, "waited"),
    ("another queue is not ours", [waits(1, 50, service="PEN"), waits(2, 1)], asks(), 2, 3, "waited"),
    ("a counter with two queues takes the longer wait of both", [waits(1, 50, service="PEN"), waits(2, 1)],
     asks(services=("DEP", "PEN")), 1, 3, "waited"),
    # 10 + 1.5 × 0 = 10 against 9.9 and 10.1
    ("a head start of ten minutes is worth ten minutes", [waits(1, 9.9), waits(2, 0, WHEELCHAIR)], asks(), 2, 3,
     "priority_reduced_mobility"),
    ("and no more", [waits(1, 10.1), waits(2, 0, WHEELCHAIR)], asks(), 1, 3, "waited"),
    ("an equal score goes by issue", [waits(1, 10), waits(2, 0, WHEELCHAIR)], asks(), 1, 3, "waited"),
    # 10 + 1.5 × 20 = 40
    ("priority grows by half as much again: 20 minutes beat 39", [waits(1, 39), waits(2, 20, "pregnant")], asks(), 2,
     3, "priority_pregnant"),
    ("but not 41", [waits(1, 41), waits(2, 20, "pregnant")], asks(), 1, 3, "waited"),
    # 15 + 2 × 10 = 35 = 10 + 1.5 × 16.67
    ("an accident's 10 minutes beat an old age's 16", [waits(1, 16, "age_70"), waits(2, 10, ACCIDENT)], asks(), 2, 3,
     "priority_work_accident"),
    ("but not its 17", [waits(1, 17, "age_70"), waits(2, 10, ACCIDENT)], asks(), 1, 3, "priority_age_70"),
    ("after ninety minutes nobody is overtaken", [waits(1, 90.1), waits(2, 89, ACCIDENT)], asks(), 1, 1, "too_long"),
    ("at ninety minutes sharp they still are", [waits(1, 90), waits(2, 89, ACCIDENT)], asks(), 2, 3,
     "priority_work_accident"),
    ("of those over ninety the oldest", [waits(2, 91), waits(1, 120), waits(3, 95, ACCIDENT)], asks(), 1, 1,
     "too_long"),
    ("three priorities in a row, then a normal visitor of 31 minutes", [waits(1, 31), waits(2, 60, ACCIDENT)],
     asks(run=3), 1, 2, "normal_turn"),
    ("two in a row are not three", [waits(1, 31), waits(2, 60, ACCIDENT)], asks(run=2), 2, 3,
     "priority_work_accident"),
    ("thirty minutes sharp are not over thirty", [waits(1, 30), waits(2, 60, ACCIDENT)], asks(run=3), 2, 3,
     "priority_work_accident"),
    ("the best normal one is the oldest", [waits(3, 31), waits(1, 45), waits(2, 60, ACCIDENT)], asks(run=4), 1, 2,
     "normal_turn"),
    ("over ninety comes before the normal turn", [waits(1, 31), waits(2, 91, "infant")], asks(run=3), 2, 1,
     "too_long"),
    ("the file is at this counter: fifteen minutes' credit", [waits(1, 14), waits(2, 0, wanted="05")], asks(), 2, 3,
     "for_this_counter"),
    ("a credit, not a lock", [waits(1, 16), waits(2, 0, wanted="05")], asks(), 1, 3, "waited"),
    ("kept for another open counter", [waits(1, 60, here_min=9.9, wanted="06"), waits(2, 1)], asks(open_too=("06",)),
     2, 3, "waited"),
    ("for ten minutes, then any counter may", [waits(1, 60, here_min=10, wanted="06"), waits(2, 1)],
     asks(open_too=("06",)), 1, 3, "waited"),
    ("not at all when that counter is closed", [waits(1, 60, here_min=1, wanted="06"), waits(2, 1)], asks(), 1, 3,
     "waited"),
    ("the ten minutes count from the transfer, the wait from the paper",
     [waits(1, 80, here_min=2, wanted="06"), waits(2, 1)], asks(open_too=("06",)), 2, 3, "waited"),
    ("even ninety minutes do not break the preference", [waits(1, 95, here_min=2, wanted="06"), waits(2, 1)],
     asks(open_too=("06",)), 2, 3, "waited"),
    ("back after an absence: behind three others", [waits(1, 50, behind=3), waits(2, 1)], asks(), 2, 3, "waited"),
    ("at nought the turn is there, by the first paper", [waits(1, 50, behind=0), waits(2, 1)], asks(), 1, 3, "waited"),
    ("nobody waits for others who are not there", [waits(1, 5, behind=3)], asks(), 1, 3, "waited"),
    ("of two who came back the nearer one", [waits(1, 50, behind=3), waits(2, 9, behind=1)], asks(), 2, 3, "waited"),
    ("over ninety and back: still behind the others", [waits(1, 95, behind=2), waits(2, 1)], asks(), 2, 3, "waited"),
    ("sent on to the head of the line, where the agency says so", [waits(1, 50), waits(2, 1, head=True)], asks(), 2,
     3, "waited"),
    ("half past nine, at half past nine: like who has waited thirty minutes", [waits(1, 29), booked(2, 0)], asks(), 2,
     3, "appointment"),
    ("a head start, not an absolute one", [waits(1, 31), booked(2, 0)], asks(), 1, 3, "waited"),
    ("its minutes count from its time", [waits(1, 39), booked(2, 10)], asks(), 2, 3, "appointment"),
    ("five minutes before it can be called", [waits(1, 1), booked(2, 0, early_min=5)], asks(), 2, 3, "appointment"),
    ("whoever comes early overtakes nobody", [waits(1, 1), booked(2, 0, early_min=5.1)], asks(), 1, 3, "waited"),
    ("nor is called into an empty room before their time", [booked(1, 0, early_min=20)], asks(), None, None, "early"),
    ("too late: the minutes since its time, and no head start", [waits(1, 21), booked(2, 20, head_start=0)], asks(), 1,
     3, "waited"),
    ("a woman with child and an appointment has both", [waits(1, 39), booked(2, 0, "pregnant")], asks(), 2, 3,
     "appointment"),
    ("after three of them in a row a normal visitor of 31 minutes", [waits(1, 31), booked(2, 20)], asks(run=3), 1, 2,
     "normal_turn"),
    ("their long wait counts, too", [waits(1, 60), booked(2, 91)], asks(), 2, 1, "too_long"),
    ("of two the one whose time came first", [booked(1, 5), booked(2, 15)], asks(), 2, 3, "appointment"),
    ("nobody at all", [], asks(), None, None, "empty"),
    ("people, but not for us", [waits(1, 50, service="PEN")], asks(), None, None, "empty"),
    ("people, each for a counter that is open", [waits(1, 5, wanted="06")], asks(open_too=("06",)), None, None,
     "elsewhere"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("people", "caller", "called", "rule", "why"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_who_is_next(people, caller, called, rule, why):
    choice = choose(people, caller, RULES)
    if called is None:
        assert (type(choice), choice.why) == (Nobody, why)
        return
    assert isinstance(choice, Choice)
    assert (choice.candidate.ticket, choice.rule, choice.why) == (called, rule, why)


@pytest.mark.parametrize("people", [c[1] for c in CASES], ids=[c[0] for c in CASES])
def test_the_order_of_the_list_decides_nothing(people):
    caller = asks(services=("DEP", "PEN"))
    answers = {_told(choose(random.Random(seed).sample(people, len(people)), caller, RULES)) for seed in range(5)}
    assert len(answers) == 1


def _told(choice: Choice | Nobody) -> tuple[object, ...]:
    return dataclasses.astuple(choice)


def test_the_scores_that_were_considered_are_kept():
    people = [waits(1, 12.344), waits(2, 4, WHEELCHAIR), waits(3, 1, wanted="05"), waits(4, 2, behind=1)]
    choice = choose(people, asks(), RULES)
    assert isinstance(choice, Choice)
    assert choice.scores == ((2, 16.0), (3, 16.0), (1, 12.34))
    assert choice.waiting == 3


def test_at_most_ten_are_listed_and_all_are_counted():
    choice = choose([waits(n, 20 - n) for n in range(1, 16)], asks(), RULES)
    assert isinstance(choice, Choice)
    assert (len(choice.scores), choice.waiting) == (10, 15)


def test_a_call_brings_those_behind_nearer_in_its_own_queue_only():
    called, back, elsewhere = waits(1, 5), waits(2, 9, behind=2), waits(3, 9, behind=2, service="PEN")
    assert routing.passed([called, back, elsewhere, waits(4, 1)], called) == (102,)


@pytest.mark.parametrize("priority", routing.CLASSES)
def test_nobody_starves_however_many_priorities_come(priority):
    """A normal visitor among an endless stream of others: called within ninety minutes and one call."""
    people, minutes = [waits(1, 0)], 0.0
    for number in range(2, 60):
        minutes += 4
        people = [dataclasses.replace(p, waited_min=p.waited_min + 4, here_min=p.here_min + 4) for p in people]
        people.append(waits(number, 3, priority))
        choice = choose(people, asks(), RULES)
        assert isinstance(choice, Choice)
        if choice.candidate.ticket == 1:
            break
        people.remove(choice.candidate)
    assert choice.candidate.ticket == 1
    assert minutes <= 94


def test_a_list_of_who_comes_next_lets_time_pass_for_who_is_early():
    line = [booked(1, 0, early_min=25), waits(2, 3), booked(3, 0, early_min=45)]
    assert [each.candidate.ticket for each in routing.in_turn(line, asks(), RULES)] == [2, 1, 3]
    assert routing.order(line, "DEP", RULES) == (2, 1, 3)


def test_minutes_pass_before_and_after_the_time_of_an_appointment():
    before = booked(1, 0, early_min=25, here_min=10)
    assert [(one.early_min, one.waited_min) for one in (routing.later(before, 20), routing.later(before, 40))] == [
        (5, 0), (0, 15),
    ]  # fmt: skip


# --- in the agency


def test_the_one_who_comes_back_is_called_after_three_others(office):
    """`behind` is lowered by each call from the queue, also one picked by hand, and by no other queue's."""
    for _ in range(6):
        office.press("deposit")
    office.press("pension")
    five, eight = office.counter("05").open("00902F"), office.counter("08").open("00918V")
    five.next()
    office.later(seconds=60)
    five.recall().absent()
    office.comes_back("D001")
    eight.next()
    five.pick("D005")
    five.start().finish()
    assert [five.serve(), five.serve(), five.serve()] == ["D002", "D003", "D001"]


def test_after_three_priorities_in_a_row_an_old_wait_has_its_turn(office):
    office.press("deposit")
    office.later(minutes=31)
    for _ in range(4):
        office.give("deposit", priority="work_accident")
    office.later(minutes=20)
    desk = office.counter("05").open("00902F")
    assert [desk.serve(minutes=1) for _ in range(5)] == ["D002", "D003", "D004", "D001", "D005"]


def test_the_panel_says_why(office):
    office.give("deposit", priority="reduced_mobility")
    office.later(minutes=12)
    desk = office.counter("05").open("00902F")
    desk.next()
    assert desk.why == "priorité mobilité réduite, attente 12 min"


def test_nobody_is_an_answer_with_a_reason(office):
    office.give("deposit", counter="06")
    office.counter("06").open("00907F")
    desk = office.counter("05").open("00902F")
    assert (desk.next(), desk.last["code"], desk.last["waiting"]) == (None, "elsewhere", 1)
    assert office.counter("06").next() == "D001"
    assert (desk.next(), desk.last["code"]) == (None, "empty")


def test_a_morning_chosen_again_from_the_journal_is_the_same_morning(office, tmp_path):
    """Each recorded call is decided once more from the entries before it: the same ticket, rule, reason and scores."""
    a_busy_morning(office, random.Random(20260302))
    again: list[str] = []

    def choose_again(rows, event):
        if event.rule:
            people = queue_line.waiting_now(office.hub, rows.connection, rows.now)
            counter = office.hub.settings.counter(event.counter)
            choice = choose(people, queue_line.caller_now(office.hub, rows.connection, counter), RULES)
            assert isinstance(choice, Choice)
            assert (choice.candidate.ticket, choice.rule, f"{choice.why}:{choice.minutes}", choice.scores) == (
                event.ticket, event.rule, event.why, event.considered,
            )  # fmt: skip
            assert (choice.waiting, routing.passed(people, choice.candidate)) == (event.waiting, event.passed)
            again.append(event.label)
        queue_appliers.APPLIERS[TicketCalled](rows, event)

    appliers = {**journal.APPLIERS, **queue_appliers.APPLIERS, TicketCalled: choose_again}
    fresh = open_writer(tmp_path / "again.db", office.hub.store._sets)
    journal.replay(office.hub.reader, fresh, appliers)
    fresh.close()
    assert len(again) == office.journal.count("ticket_called") > 60


def a_busy_morning(office, dice: random.Random) -> None:
    """Three counters, all classes, people who stay away and come back, transfers with and without a wish."""
    desks = [office.counter(c).open(a) for c, a in (("05", "00902F"), ("06", "00907F"), ("08", "00918V"))]
    for _ in range(120):
        office.later(seconds=dice.choice((20, 60, 150)))
        errand, wish = dice.choice((("deposit", None), ("deposit", "06"), ("pension", None)))
        office.give(errand, counter=wish, priority=dice.choice((*routing.CLASSES, "normal", "normal", "normal")))
        desk = dice.choice(desks)
        if desk.next() is None:
            continue
        if dice.random() < 0.2:
            office.later(seconds=60)
            label = desk.recall().absent().last["label"]
            if not office.ticket(label).returns:
                office.comes_back(label)
        elif dice.random() < 0.2:
            desk.start().transfer(to=dice.choice([d.code for d in desks if d is not desk]))
        else:
            desk.start().finish()
