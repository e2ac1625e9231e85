"""What may happen to a ticket: every state, every step, and each limit to the millisecond (B.2, B.3)."""

from datetime import datetime

import pytest

from hub.ask import HUB, Ask
from hub.clock import Instant
from hub.errors import IllegalStep, NotFound, Refused, Unreadable
from hub.queues import actions, followup, rules, store
from hub.queues.model import BusinessDay, CounterSession, DaysAround, Stage, Ticket
from hub.settings import Opening, QueueRules
from tests.conftest import MONDAY
from tests.office import RECEPTION, Office, demo_settings, open_store

#: Requirements B.2, in our words: state, then each step that exists and where it leads.
LEADS = {
    "issued": {"paper": "waiting", "cancel": "cancelled", "close_day": "unserved"},
    "waiting": {"call": "called", "let_pass": "waiting", "cancel": "cancelled", "close_day": "unserved"},
    "called": {
        "recall": "called", "start": "serving", "no_show": "no_show", "release": "waiting", "cancel": "cancelled",
        "close_day": "unserved",
    },
    "serving": {"hold": "on_hold", "transfer": "waiting", "finish": "served", "close_day": "unfinished"},
    "on_hold": {"resume": "serving", "expire": "unfinished", "close_day": "unfinished"},
    "no_show": {"return": "waiting", "undo": "called"},
    "served": {"undo": "serving"},
    "cancelled": {}, "unserved": {}, "unfinished": {},
}  # fmt: skip
STEPS = sorted({step for steps in LEADS.values() for step in steps})


def somebody(state: str, now, **stage: object) -> Ticket:
    """D001 in some state."""
    return Ticket(
        id=1, epoch=1, day=1, label="D001", series="D", number=1, asked="DEP", state=state, category="simple",
        priority="normal", language="fr", channel="kiosk", issued=now, paper="printed", token="2345ABCD",
        stage=Stage(1, 1, "DEP", now, **stage),
    )  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("state", LEADS)
def test_a_step_leads_where_the_table_says_or_is_refused_naming_those_there_are(state, step, clock):
    ticket = somebody(state, clock.now())
    if step in LEADS[state]:
        assert rules.step(ticket, step) == LEADS[state][step]
        return
    with pytest.raises(IllegalStep) as refusal:
        rules.step(ticket, step)
    assert refusal.value.facts == {"state": state, "possible": sorted(LEADS[state])}
    assert ticket == somebody(state, clock.now())


def test_the_table_has_no_other_state_and_no_other_step():
    assert {state: dict(steps) for state, steps in rules.TICKET_STEPS.items()} == LEADS


# --- the same, asked of the whole core


def brought_to(office: Office, state: str) -> str:
    """D001 comes to that state the way visitors do; 05 has it or has had it, 06 stands ready."""
    desk = office.counter("05").open("00902F")
    office.counter("06").open("00907F")
    if state == "issued":
        office.kiosk.press("deposit", report=None)
        return "D001"
    label = office.press("deposit")
    if state == "waiting":
        office.give("deposit")  # whom D001 may let pass
    way = {
        "waiting": "", "called": "next", "serving": "next start", "on_hold": "next start hold",
        "served": "next start finish", "no_show": "next 60 recall absent", "cancelled": "cancel", "unserved": "evening",
        "unfinished": "next start evening",
    }[state]  # fmt: skip
    for word in way.split():
        if word.isdigit():
            office.later(seconds=int(word))
        elif word == "cancel":
            office.gives_up(label)
        elif word == "evening":
            office.close_day(force=True)
        else:
            getattr(desk, word)()
    return label


def ask_for(office: Office, step: str, label: str) -> None:
    """Somebody asks for a step of this ticket, where one would ask for it."""
    here, free = office.counter("05"), office.counter("06")
    {
        "paper": lambda: actions.confirm_paper(office.hub, office.ask(RECEPTION), ticket=office.id_of(label)),
        "call": lambda: free.pick(label),
        "cancel": lambda: office.gives_up(label),
        "return": lambda: office.comes_back(label),
        "let_pass": lambda: followup.let_pass(office.hub, office.ask(RECEPTION), ticket=office.id_of(label)),
        "resume": lambda: free.resume(label),
        "recall": here.recall, "start": here.start, "no_show": here.absent, "release": here.release,
        "finish": here.finish, "transfer": lambda: here.transfer("pension"), "hold": here.hold, "undo": here.undo,
    }[step]()  # fmt: skip


ASKED = [step for step in STEPS if step not in {"close_day", "expire"}]
WAIT_FIRST = {"recall": 20, "no_show": 60}


@pytest.mark.parametrize("state", LEADS)
def test_what_is_refused_changes_nothing(office, state):
    label = brought_to(office, state)
    before, head = office.ticket(label), office.hub.store.head
    desks = store.counters(office.hub.reader)
    for step in ASKED:
        if step not in LEADS[state]:
            with pytest.raises(Refused):
                ask_for(office, step, label)
    assert office.ticket(label) == before
    assert store.counters(office.hub.reader) == desks
    assert office.hub.store.head == head


@pytest.mark.parametrize(
    ("state", "step"), [(state, step) for state in LEADS for step in LEADS[state] if step in ASKED]
)  # fmt: skip
def test_what_is_possible_happens(office, state, step):
    label = brought_to(office, state)
    if step == "no_show":
        office.later(seconds=20)
        office.counter("05").recall()
    office.later(seconds=WAIT_FIRST.get(step, 1))
    ask_for(office, step, label)
    assert office.state(label) == LEADS[state][step]


@pytest.mark.parametrize("state", [state for state in LEADS if "close_day" in LEADS[state]])
def test_the_evening_ends_every_open_visit(office, state):
    label = brought_to(office, state)
    told = office.close_day(force=True)
    end = LEADS[state]["close_day"]
    assert office.state(label) == end
    here = 2 if state == "waiting" else 1
    assert (told["unserved"], told["unfinished"]) == ((here, 0) if end == "unserved" else (0, 1))
    assert {s.state for s in store.counters(office.hub.reader).values()} == {"closed"}


def test_the_day_does_not_close_under_a_visitor_unless_forced(office):
    brought_to(office, "serving")
    with pytest.raises(Refused) as refusal:
        office.close_day()
    assert (refusal.value.reason, refusal.value.facts["tickets"]) == ("counters_busy", ["D001"])


# --- limits, to the millisecond


#: what has been done, the step asked for, at how many seconds since the last of it, and the refusal or None.
LIMITS = [
    ("next", "recall", 19.999, "too_soon"),
    ("next", "recall", 20, None),
    ("next 20 recall", "recall", 19.999, "too_soon"),
    ("next 20 recall", "recall", 20, None),
    ("next 20 recall 20 recall", "recall", 3600, "recalls_used"),
    ("next", "no_show", 3600, "too_few_calls"),
    ("next 20 recall", "no_show", 39.999, "too_soon"),
    ("next 20 recall", "no_show", 40, None),
    ("next 59.999 recall", "no_show", 0, "too_soon"),
    ("next 60 recall", "no_show", 0, None),
    ("next", "release", 14.999, None),
    ("next", "release", 15, "too_late"),
    ("next start finish", "undo", 60, None),
    ("next start finish", "undo", 60.001, "too_late"),
    ("next 60 recall absent", "undo", 60, None),
    ("next 60 recall absent", "undo", 60.001, "too_late"),
    ("next start transfer", "undo", 60, None),
    ("next start transfer", "undo", 60.001, "too_late"),
    ("next 60 recall absent", "return", 30 * 60, None),
    ("next 60 recall absent", "return", 30 * 60 + 0.001, "too_late"),
    ("next 60 recall absent return next 60 recall absent", "return", 1, "returned_before"),
    ("next start finish undo", "undo", 1, "illegal_step"),
    ("next start finish pause unpause", "undo", 1, "nothing_to_undo"),
    ("next start transfer cancel", "undo", 1, "touched"),
    ("next 60 recall absent return", "undo", 1, "touched"),
]  # fmt: skip


@pytest.mark.parametrize(("done", "step", "seconds", "refused"), LIMITS)
def test_each_limit_holds_to_the_millisecond(office, done, step, seconds, refused):
    label = office.press("deposit")
    desk = office.counter("05").open("00902F")
    for word in done.split():
        if word[0].isdigit():
            office.later(seconds=float(word))
        elif word in {"return", "cancel", "transfer"}:
            ask_for(office, word, label)
        elif word == "unpause":
            desk.step("unpause")
        else:
            getattr(desk, word)()
    office.later(seconds=seconds)
    if refused is None:
        ask_for(office, step, label)
        return
    with pytest.raises(Refused) as refusal:
        ask_for(office, step, label)
    assert refusal.value.reason == refused


def test_who_is_told_to_wait_is_told_how_long(office):
    office.press("deposit")
    desk = office.counter("05").open("00902F")
    desk.next()
    office.later(seconds=12.4)
    with pytest.raises(IllegalStep) as refusal:
        desk.recall()
    assert refusal.value.facts == {"retry_s": 8}


@pytest.mark.parametrize(("minutes", "state"), [(59.999, "on_hold"), (60, "unfinished")])
def test_a_visit_on_hold_for_an_hour_ends_unfinished(office, minutes, state):
    label = brought_to(office, "on_hold")
    office.later(minutes=minutes)
    actions.expire_holds(office.hub, Ask(HUB))
    assert office.state(label) == state
    assert office.stages(label)[-1]["outcome"] == (None if state == "on_hold" else "unfinished")


def test_setting_the_wall_clock_shortens_and_lengthens_nothing(office):
    office.press("deposit")
    desk = office.counter("05").open("00902F")
    desk.next()
    office.clock.jump(seconds=86_400)
    with pytest.raises(IllegalStep):
        desk.recall()
    office.clock.jump(seconds=-3 * 86_400)
    office.later(seconds=20)
    desk.recall()


# --- undo takes back one's own last step, and nothing else


def test_a_visitor_passed_on_by_somebody_else_is_not_fetched_back(office):
    """05 sends D001 to pensions; 08 sees them and sends them on: 05 has nothing to take back any more."""
    office.press("deposit")
    office.counter("05").open("00902F").next()
    office.counter("05").start().transfer("pension")
    office.counter("08").open("00918V").next()
    office.counter("08").start().transfer("family")
    with pytest.raises(Refused) as refusal:
        office.counter("05").undo()
    assert refusal.value.reason == "touched"
    assert office.counter("08").undo().ticket == "D001"


def test_a_transfer_taken_back_leaves_no_trace_in_the_order_of_the_stages(office):
    office.press("deposit")
    desk = office.counter("05").open("00902F")
    desk.next()
    desk.start().transfer("pension").undo().transfer("family")
    assert [(s["rank"], s["service"], s["outcome"]) for s in office.stages("D001")] == [
        (1, "DEP", "transferred"), (2, "PEN", "undone"), (3, "PFA", None),
    ]  # fmt: skip


def test_undo_brings_back_what_was_there(office):
    label = brought_to(office, "serving")
    desk, before = office.counter("05"), office.ticket("D001").stage
    office.later(minutes=3)
    desk.finish()
    desk.undo()
    assert (desk.state, desk.ticket, office.ticket(label).stage) == ("serving", label, before)


# --- acceptance of B.2


def test_acceptance_1_wait_and_service_to_the_second(office):
    """D001 07:40:00 issued, called 07:52:10, started 07:52:40, finished 08:03:00: wait 760 s, service 620 s."""
    desk = office.counter("05").open("00902F")
    office.at("07:40:00")
    assert office.press("deposit") == "D001"
    office.at("07:52:10")
    desk.next()
    office.at("07:52:40")
    desk.start()
    office.at("08:03:00")
    desk.finish()
    (stage,) = office.stages("D001")
    assert (stage["wait_ms"], stage["service_ms"], stage["certain"]) == (760_000, 620_000, 1)


def test_acceptance_3_a_transfer_keeps_the_number_and_the_room_reads_the_new_counter(office):
    """A017 goes from counter 02 to pensions: A017, counter 08."""
    for _ in range(16):
        office.gives_up(office.press("inquiry"))
    assert office.press("inquiry") == "A017"
    office.counter("02").open("00815D").next()
    office.counter("02").start().transfer("pension")
    assert office.counter("08").open("00918V").next() == "A017"
    assert office.called[0] == ("A017", "08")


def test_acceptance_4_after_three_calls_absent_is_the_default_key(office):
    office.press("deposit")
    desk, agency = office.counter("05").open("00902F"), office.hub.settings.queue
    desk.next()

    def keys():
        return rules.next_actions(store.counter(office.hub.reader, "05"), office.ticket("D001"), agency)

    assert keys()[0] == "start"
    assert "recall" in keys()
    office.later(seconds=20)
    desk.recall()
    office.later(seconds=20)
    desk.recall()
    assert keys()[0] == "no_show"
    assert "recall" not in keys()


def test_the_wait_after_a_transfer_is_the_wait_in_that_queue(office):
    """Ten minutes' wait, six of service, four on hold, then five in the next queue: the second wait is five."""
    office.press("deposit")
    office.later(minutes=10)
    desk = office.counter("05").open("00902F")
    desk.next()
    desk.start()
    office.later(minutes=6)
    desk.hold()
    office.later(minutes=4)
    desk.resume().transfer("pension")
    office.later(minutes=5)
    other = office.counter("08").open("00918V")
    other.next()
    other.start()
    assert [s["wait_ms"] // 60_000 for s in office.stages("D001")] == [10, 5]


# --- coming back


def test_who_comes_back_the_next_day_takes_a_new_ticket(office):
    """Absent five minutes before the doors close, back when they are open again: the day has changed."""
    brought_to(office, "no_show")
    office.close_day()
    with pytest.raises(Refused) as refusal:
        office.comes_back("D001")
    assert refusal.value.reason == "day_closed"
    office.open_day("2026-03-03")
    with pytest.raises(Refused) as refusal:
        office.comes_back("D001")
    assert refusal.value.reason == "too_late"


# --- counters


def test_a_closed_counter_says_that_nobody_is_signed_on(office):
    with pytest.raises(IllegalStep) as refusal:
        office.counter("05").next()
    assert (refusal.value.reason, refusal.value.facts["possible"]) == ("no_agent", ["open"])


def test_a_refusal_names_the_step_that_was_asked_for(office):
    desk = office.counter("05").open("00902F")
    with pytest.raises(IllegalStep, match="finish is not possible"):
        desk.finish()


def test_a_counter_does_not_close_nor_pause_in_front_of_a_visitor(office):
    brought_to(office, "serving")
    for leave in (office.counter("05").close, office.counter("05").pause):
        with pytest.raises(IllegalStep):
            leave()


def test_a_break_needs_a_reason_and_ends(office):
    desk = office.counter("05").open("00902F")
    with pytest.raises(Unreadable):
        desk.pause(" ")
    desk.pause("réunion")
    with pytest.raises(IllegalStep):
        desk.next()
    desk.step("unpause")
    assert desk.state == "free"


def test_an_agent_is_at_one_counter_and_a_counter_has_one_agent(office):
    office.counter("05").open("00902F")
    with pytest.raises(Refused, match="signed on at counter 05"):
        office.counter("06").open("00902F")
    with pytest.raises(Refused) as refusal:
        office.counter("05").open("00907F")
    assert refusal.value.reason == "counter_taken"
    office.counter("06").open("00902F", take_over=True)
    assert (office.counter("05").state, office.counter("06").state) == ("closed", "free")


def test_nobody_is_moved_away_from_a_visitor(office):
    brought_to(office, "serving")
    office.counter("06").close()
    with pytest.raises(IllegalStep):
        office.counter("06").open("00902F", take_over=True)
    assert office.counter("05").ticket == "D001"


def test_the_visit_goes_on_when_somebody_else_takes_the_chair(office):
    brought_to(office, "serving")
    office.counter("06").close()
    office.counter("05").open("00907F", take_over=True)
    assert (office.counter("05").state, office.counter("05").ticket) == ("serving", "D001")


# --- giving tickets


DAY = BusinessDay(1, "2026-03-02", "open", open=True)
HOURS = Opening(open="07:30", close="15:00", last_ticket="14:30")


@pytest.mark.parametrize(
    ("minute", "given", "mode", "by_staff", "refused"),
    [  # the clock, the tickets given, what the day is for, who gives, and what stands against it
        ("07:29", 0, "open", False, "closed_hours"),
        ("07:30", 0, "open", False, None),
        ("14:29", 0, "open", False, None),
        ("14:30", 0, "open", False, "closed_hours"),
        ("14:30", 0, "open", True, None),
        ("10:00", 79, "open", False, None),
        ("10:00", 80, "open", False, "quota"),
        ("10:00", 80, "open", True, None),
        ("10:00", 0, "closed", False, "closed_mode"),
        ("10:00", 0, "appointments_only", False, "closed_mode"),
        ("10:00", 0, "appointments_only", True, None),
    ],
)
def test_the_kiosk_gives_within_hours_quota_and_mode_and_staff_beyond(  # noqa: PLR0913, PLR0917 (columns of a table)
    agency, minute, given, mode, by_staff, refused
):
    service = agency.service("DEP").model_copy(update={"quota": 80})
    day = BusinessDay(1, "2026-03-02", mode, open=True)
    if refused is None:
        assert rules.admit(service, day, given, HOURS, minute, by_staff=by_staff) is service
        return
    with pytest.raises(Refused) as refusal:
        rules.admit(service, day, given, HOURS, minute, by_staff=by_staff)
    assert refusal.value.reason == refused


def test_the_tills_own_last_ticket_comes_before_the_agencys(agency):
    till = agency.service("CRE")
    with pytest.raises(Refused, match="13:30"):
        rules.admit(till, DAY, 0, HOURS, "13:30", by_staff=False)


def test_no_number_without_a_prefix_where_numbers_have_one(office, tmp_path, clock):
    """Reception itself calls nobody: where numbers go by prefix, it has no tickets; in one common series it has."""
    with pytest.raises(Unreadable, match="gives no tickets"):
        actions.issue(office.hub, office.ask(RECEPTION), service="ACC", channel="reception")
    common = Office(type(office.hub)(demo_settings(numbering="common"), open_store(tmp_path / "b", clock)), clock)
    common.open_day()
    assert [common.press("deposit"), common.press("inquiry"), common.press("deposit")] == ["1", "2", "3"]
    common.hub.store.close()


def test_nothing_is_given_before_the_day_is_open(hub, clock):
    office = Office(hub, clock)
    for ask_for_one in (lambda: office.press("deposit"), lambda: office.counter("05").open("00902F")):
        with pytest.raises(Refused) as refusal:
            ask_for_one()
        assert refusal.value.reason == "day_closed"


@pytest.mark.parametrize(
    ("days", "date", "refused"),
    [
        (None, "2026-03-02", None),
        (BusinessDay(4, "2026-03-02", "open", open=False), "2026-03-03", None),
        (BusinessDay(4, "2026-03-02", "open", open=True), "2026-03-03", "day_open"),
        (BusinessDay(4, "2026-03-02", "open", open=False), "2026-03-02", "day_held"),
        (BusinessDay(4, "2026-03-02", "open", open=False), "1970-01-01", "day_held"),
    ],
)
def test_days_follow_one_another(days, date, refused):
    if refused is None:
        assert rules.next_day(days, date) == (days.id + 1 if days else 1)
        return
    with pytest.raises(Refused) as refusal:
        rules.next_day(days, date)
    assert refusal.value.reason == refused


def test_a_date_that_is_none_opens_no_day(hub, clock):
    with pytest.raises(Unreadable):
        Office(hub, clock).open_day("lundi")


def test_numbers_restart_with_the_day_alone(office):
    assert [office.press("deposit"), office.press("deposit")] == ["D001", "D002"]
    office.clock.jump(to=MONDAY.replace(year=2038))
    assert office.press("deposit") == "D003"
    office.clock.jump(to=MONDAY.replace(year=1971))
    assert office.press("deposit") == "D004"
    office.close_day()
    office.open_day("2026-03-03")
    assert office.press("deposit") == "D001"


@pytest.mark.parametrize("step", ["recall", "start", "no_show", "release", "finish", "hold", "transfer"])
def test_a_counter_without_ticket_does_nothing_to_one(step, clock):
    counter = CounterSession("05", state="free", agent="00902F", since=clock.now())
    with pytest.raises(IllegalStep):
        rules.counter_step(counter, step)


def test_priority_and_reprint_end_with_the_visit(clock):
    done = somebody("cancelled", clock.now())
    with pytest.raises(IllegalStep):
        rules.set_priority(done, "age_70", "carte")
    with pytest.raises(IllegalStep):
        rules.reprint(done, 0, None)
    assert rules.reprint(somebody("waiting", clock.now()), 1, None).copy == 2


def test_what_staff_decide_needs_a_motive(clock):
    ticket = somebody("waiting", clock.now())
    for without in (lambda: rules.cancel(ticket, ""), lambda: rules.set_priority(ticket, "age_70", " ")):
        with pytest.raises(Unreadable) as refusal:
            without()
        assert refusal.value.field == "reason"


def test_a_visit_is_taken_up_again_where_its_service_is(office):
    brought_to(office, "on_hold")
    office.counter("08").open("00918V")
    with pytest.raises(Refused, match="does not serve"):
        office.counter("08").resume("D001")
    assert office.counter("06").resume("D001").ticket == "D001"


def test_a_counter_alone_is_no_reason_to_invent_a_ticket(office):
    with pytest.raises(NotFound):
        actions.cancel(office.hub, office.ask(RECEPTION), ticket="0" * 26, reason="parti")


def test_the_rules_of_the_agency_count_not_ours(office, clock):
    ticket = somebody("called", clock.now(), called=clock.now(), last_called=clock.now(), call_count=1)
    desk = CounterSession("05", state="calling", agent="00902F", ticket=1, since=clock.now())
    hasty = QueueRules(recall_after_s=0, absent_after_calls=1, absent_after_s=0)
    assert rules.recall(desk, ticket, hasty, clock.now()).repeat == 2
    assert rules.no_show(desk, ticket, hasty, clock.now()).counter == "05"


@pytest.mark.parametrize(
    ("pressed", "day", "ends"),
    [
        ("2026-11-22T10:00", 1, None),  # while the day before was open: it ends with that day
        ("2026-11-22T19:00", 1, None),  # after it, on its date
        ("2026-11-23T07:00", 2, False),  # early on the date of the open day, which nobody closed that night
        ("2026-11-23T12:00", 2, False),  # while it is open
        ("2026-11-24T07:00", 2, False),  # today, in the day of yesterday
        ("2026-11-21T07:00", 1, True),  # before any day of its date: nobody stands there any more
    ],
)
def test_a_paper_given_alone_is_of_the_day_of_its_press(pressed, day, ends):
    def at(text):
        wall = int(datetime.fromisoformat(f"{text}+01:00").timestamp() * 1000)
        return Instant(wall, wall - begun, 1)

    begun = int(datetime.fromisoformat("2026-11-20T00:00+01:00").timestamp() * 1000)
    opened, now, one = at("2026-11-23T08:00"), at("2026-11-24T09:00"), at(pressed)
    over = BusinessDay(1, "2026-11-22", "open", open=False, closed_at=at("2026-11-22T16:00").at)
    still = BusinessDay(2, "2026-11-23", "open", open=True)
    starts = {over: at("2026-11-22T08:00").at, still: opened.at}
    around = DaysAround(
        still, opened,
        before=next((d for d in (still, over) if starts[d] <= one.at), None),
        after=next((d for d in (over, still) if starts[d] > one.at), None),
    )  # fmt: skip
    found, ended_at = rules.day_of_press(around, one, now, date=pressed[:10], today="2026-11-24")
    expected = {None: max(over.closed_at, one.at), False: None, True: one.at}[ends]
    assert (found.id, ended_at) == (day, expected)
