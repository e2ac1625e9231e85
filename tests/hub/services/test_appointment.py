"""Appointments on their whole road: booked, called by telephone, come to at the kiosk, and served in turn."""

import io
from concurrent.futures import ThreadPoolExecutor

import pikepdf
import pytest

from hub import asks, scans
from hub.ask import HUB, Actor, Ask
from hub.errors import NotFound, Refused, Unreadable
from hub.history_export import config_of, event_lines
from hub.judge.along import replayed
from hub.judge.run import Run
from hub.privacy.classes import classes
from hub.queues import actions as queues
from hub.queues import store as queue_store
from hub.services.appointment import actions, store
from hub.services.appointment.actions import Wanted
from hub.visits import actions as visits
from tests.hub.services.conftest import KIOSK
from tests.hub.services.house import CLERK, SUPERVISOR, House, Screen, brazzaville

pytestmark = pytest.mark.slow  # real files and processes

MONDAY = "2026-03-02"
RECEPTION = Actor(agent="00733C", roles=frozenset({"receptionist"}))
PROGRAM = Actor(device="CENTRAL", roles=frozenset({"api"}))


@pytest.fixture
def house(tmp_path, workshop):
    found = House(tmp_path, brazzaville(MONDAY), ("reception", "appointment"), workshop, appointments={"share": 50})
    queues.open_day(found.hub, found.ask(HUB), date=MONDAY)
    for counter, agent in (("02", CLERK), ("03", Actor(agent="00816D"))):
        queues.open_counter(found.hub, found.ask(agent), counter=counter, agent=agent.agent)
    yield found
    found.close()


def books(house, time="10:00", actor=RECEPTION, **values):
    """Somebody has a time; the appointment."""
    known = {"service": "RAS", "day": MONDAY, "name": "BAMOU Jérôme", "telephone": "06 612 34 56"}
    answer = actions.book(house.hub, house.ask(actor), wanted=Wanted(**known | {"time": time} | values))
    return actions.known(house.hub, answer["appointment"])


def asked(house, actor, what, **body):
    house.keys += 1
    return asks.perform(house.hub, actor, what, {"key": f"k{house.keys}"} | body)


def walks_in(house, service="RAS"):
    return queues.issue(house.hub, house.ask(RECEPTION), service=service, channel="reception")["label"]


def calls(house, counter="02", agent=CLERK):
    """*Suivant*, and the visitor is served; their label, or why nobody."""
    answer = queues.call_next(house.hub, house.ask(agent), counter=counter)
    if answer["ticket"] is None:
        return answer["code"]
    queues.start(house.hub, house.ask(agent), counter=counter)
    queues.finish(house.hub, house.ask(agent), counter=counter)
    return answer["ticket"]["label"]


def state(house, found):
    return actions.known(house.hub, found.id).state


# --- booking


def test_two_clerks_cannot_give_the_last_place_twice(house):
    """Eight people ask at once for a time that has one place."""

    def ask(number):
        key = Ask(RECEPTION, f"both{number}")
        wanted = Wanted("RAS", MONDAY, "10:00", name=f"Personne {number}")
        try:
            return actions.book(house.hub, key, wanted=wanted)["label"]
        except Refused as refused:
            return refused.reason

    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(ask, range(8)))
    assert sorted(answers) == ["RDV-2026-000001"] + ["slot_taken"] * 7
    house.replayed()


def test_a_day_that_is_over_closed_or_too_far_has_no_times(house):
    told = actions.times_told(house.hub, service="RAS")
    assert [each["day"] for each in told["days"]] == [f"2026-03-0{n}" for n in range(2, 7)]
    assert told["days"][0]["times"][0] == "09:20", "what is less than a quarter of an hour away is left to who walks in"
    for day in ("2026-03-01", "2026-03-07", "2026-12-01"):
        with pytest.raises(Unreadable):
            books(house, day=day)
    for service in ("ACC", "NONE"):
        with pytest.raises(Unreadable):
            books(house, service=service)


def test_one_is_moved_and_given_up_and_its_place_is_free_again(house):
    found = books(house)
    with pytest.raises(Refused) as taken:
        books(house, name="NGOMA Rose", telephone="05 500 01 11")
    assert taken.value.reason == "slot_taken"
    actions.move(house.hub, house.ask(RECEPTION), appointment=found.id, day="2026-03-03", time="08:00")
    moved = actions.known(house.hub, found.id)
    assert (moved.on, moved.at, moved.code) == ("2026-03-03", "08:00", found.code)
    other = books(house, name="NGOMA Rose", telephone="05 500 01 11")
    actions.cancel(house.hub, house.ask(RECEPTION), appointment=other.id)
    assert books(house, name="LOEMBA Paul").at == "10:00"
    house.replayed()


def test_what_a_program_books_is_confirmed_by_a_person(house):
    answer = asked(house, PROGRAM, "book", service="RAS", day=MONDAY, time="10:00", name="BAMOU")
    assert answer["state"] == "requested"
    actions.confirm(house.hub, house.ask(RECEPTION), appointment=answer["appointment"])
    assert actions.known(house.hub, answer["appointment"]).state == "confirmed"


def test_nobody_is_named_in_the_public_part_and_a_class_keeps_the_rest(house):
    found = books(house, registration_number="2133415888", note="pension de réversion")
    asked(house, KIOSK, "arrive", code=found.code)
    public = " ".join(row["payload"] for row in house.hub.reader.execute("SELECT payload FROM journal"))
    for private in ("BAMOU", "0661", "2133415888", "réversion", found.code):
        assert private not in public
    kinds = {kind for each in classes(house.hub.settings.folder) for kind in each.kinds}
    assert {kind.kind for kind in store.APPLIERS if kind.PRIVATE} <= kinds


# --- coming


def test_the_one_who_comes_early_waits_and_the_one_at_their_time_goes_before_who_has_waited_less(house):
    first, second = books(house, "09:40"), books(house, "10:00", name="NGOMA Rose", telephone="055000111")
    label = asked(house, RECEPTION, "arrive", code=first.code)["label"]
    other = asked(house, RECEPTION, "arrive", telephone="05 500 01 11")["label"]
    assert calls(house) == "early"
    walker = walks_in(house)
    house.clock.advance(minutes=35)  # 09:35: five minutes before the first one's time
    late_walker = walks_in(house)
    # the walker has waited 35 minutes; 30 + 0 for the first appointment, then 0
    assert [calls(house) for _ in range(4)] == [walker, label, late_walker, "early"]
    house.clock.advance(minutes=20)
    assert calls(house) == other
    why = queue_store.ticket_labelled(house.hub.reader, 1, other).stage.why
    assert why == "appointment:10:00"
    assert [state(house, each) for each in (first, second)] == ["arrived", "arrived"]
    house.replayed()


@pytest.mark.parametrize(("minutes", "before"), [(75, True), (76, False)])
def test_who_is_late_keeps_the_place_for_fifteen_minutes_then_only_the_minutes(house, minutes, before):
    """A time of 10:00; somebody walked in at 09:50. At 10:15 it is 30 + 15 against 25, later 16 against 26."""
    found = books(house)
    house.clock.advance(minutes=50)
    walker = walks_in(house)
    house.clock.advance(minutes=minutes - 50)
    actions.keep(house.hub)
    assert state(house, found) == ("confirmed" if before else "absent")
    label = asked(house, RECEPTION, "arrive", name="bamou jerome")["label"]
    assert [calls(house), calls(house)] == ([label, walker] if before else [walker, label])
    house.replayed()


def test_the_judge_works_the_order_out_again(house):
    for time, name in (("09:40", "A"), ("10:00", "B"), ("10:10", "C")):
        found = books(house, time, name=name, telephone="")
        asked(house, RECEPTION, "arrive", code=found.code)
    for _ in range(12):
        walks_in(house)
        house.clock.advance(minutes=7)
        calls(house)
        calls(house, "03", Actor(agent="00816D"))
    rows = [dict(row) for row in house.hub.reader.execute("SELECT * FROM journal ORDER BY seq")]
    told = _judged(house, rows)
    assert len(told) > 10
    assert [each.wrong for each in told if each.wrong] == []
    for row in rows:
        row["payload"] = row["payload"].replace('"head_start":30', '"head_start":1')
    assert [each.wrong for each in _judged(house, rows) if each.wrong], "another head start would have been seen"


def _judged(house, rows):
    return replayed(Run((), [*event_lines(rows)], {"config": config_of(house.hub.settings)}))


# --- at the kiosk, S7


def test_s7_by_appointment_only_the_kiosk_lets_in_and_books_and_gives_nothing_else(house):
    found = books(house, "09:20")
    queues.change_mode(house.hub, house.ask(SUPERVISOR), mode="appointments_only")
    with pytest.raises(Refused) as closed:
        asked(house, KIOSK, "issue", service="RAS")
    assert closed.value.reason == "closed_mode"
    # the slip under the scanner: its time is said, and the ticket is one for the appointment
    said = scans.look(house.hub, found.code, "K1")
    assert (said["words"], said["facts"]["time"], said["service"]) == ("scan_appointment_early", "09:20", "RAS")
    given = asked(house, KIOSK, "issue", service="RAS", scanned=found.code, language="fr")
    assert (given["state"], given["appointment"], given["time"]) == ("issued", found.label, "09:20")
    key = f"k{house.keys}"
    asked(house, KIOSK, "printed", issue=key, label=given["label"], service="RAS")
    assert queue_store.ticket_labelled(house.hub.reader, 1, given["label"]).state == "waiting"
    # and a time for another day, whose slip comes out at the kiosk
    times = asked(house, KIOSK, "times", service="PEN", day="2026-03-04")
    day, time = times["days"][0]["day"], times["days"][0]["times"][0]
    booked = asked(house, KIOSK, "book", service="PEN", day=day, time=time, telephone="055000111", language="en")
    assert (booked["state"], booked["day"]) == ("confirmed", "2026-03-04")
    job = house.hub.reader.execute("SELECT printer, slip FROM print_job ORDER BY id DESC LIMIT 1").fetchone()
    assert job["printer"] == "K1"
    assert "Appointment" in job["slip"]
    assert "RDV-2026-000002" in job["slip"]
    house.replayed()


def test_a_visitor_books_one_at_a_time_and_a_kiosk_so_many_an_hour(tmp_path, workshop):
    terms = {"share": 50, "kiosk_an_hour": 2}
    house = House(tmp_path, brazzaville(MONDAY), ("reception", "appointment"), workshop, appointments=terms)
    times = iter(asked(house, KIOSK, "times", service="PEN", day="2026-03-04")["days"][0]["times"])

    def by_oneself(kiosk=KIOSK, service="PEN", **who):
        try:
            return asked(house, kiosk, "book", service=service, day="2026-03-04", time=next(times), **who)["code"]
        except Refused as refused:
            return refused.reason

    first = by_oneself(telephone="055000111")
    assert by_oneself(telephone="+242 05 500 01 11") == "booked_already", "that day, for that"
    assert by_oneself(telephone="055000111", service="REC") == "booked_open", "and nothing is said of it"
    assert len(by_oneself(name="NGOMA Rose")) == 8
    assert by_oneself(name="ngoma rose", service="REC") == "booked_open"
    assert by_oneself(telephone="055000112") == "kiosk_full"
    other = Actor(device="K2", roles=frozenset({"kiosk"}))
    assert len(by_oneself(other, telephone="055000112")) == 8, "each kiosk by itself"
    assert books(house, "12:15", service="REC", day="2026-03-04", telephone="055000111").label, "reception may"
    house.clock.advance(minutes=61)
    asked(house, KIOSK, "unbook", code=first)
    assert by_oneself(telephone="055000111") == "booked_open", "the one of reception's is to come"
    assert len(by_oneself(name="BAMOU Jérôme")) == 8
    house.replayed()
    house.close()


def test_s7_a_call_that_is_conclusive_closes_the_case_without_a_visit(house):
    queues.change_mode(house.hub, house.ask(SUPERVISOR), mode="appointments_only")
    found = books(house, "09:20", mode="telephone")
    (waits,) = store.pending(house.hub.reader, CLERK.agent)
    assert (found.counter, waits.kind, waits.count) == ("02", "calls", 1)
    actions.dial(house.hub, house.ask(CLERK), appointment=found.id)
    purpose = visits.purpose_of(house.hub, CLERK)
    assert (purpose.contact.channel, purpose.contact.motive) == ("telephone", found.label)
    actions.conclude(house.hub, house.ask(CLERK), appointment=found.id, outcome="conclusive")
    done = actions.known(house.hub, found.id)
    assert (done.state, done.outcome, done.ticket) == ("done", "conclusive", None)
    assert not visits.purpose_of(house.hub, CLERK).there
    assert store.pending(house.hub.reader, CLERK.agent) == ()
    assert house.hub.reader.execute("SELECT count(*) FROM ticket").fetchone()[0] == 0
    house.replayed()


def test_the_slip_of_another_day_or_service_gives_an_ordinary_ticket(house):
    """Nobody goes without a ticket for what they scanned."""
    tomorrow, here = books(house, day="2026-03-03"), books(house, "10:10", name="NGOMA Rose", telephone="")
    assert scans.look(house.hub, tomorrow.code, "K1")["words"] == "scan_appointment_other"
    for found, service in ((tomorrow, "RAS"), (here, "PEN")):
        given = asked(house, KIOSK, "issue", service=service, scanned=found.code)
        assert "appointment" not in given
        assert state(house, found) == "confirmed"


def test_who_had_to_leave_takes_another_time_and_a_forgotten_call_ends_with_its_day(house):
    left, call = books(house), books(house, "09:20", mode="telephone", name="LOEMBA Paul", telephone="055000333")
    ticket = asked(house, RECEPTION, "arrive", code=left.code)
    queues.cancel(house.hub, house.ask(RECEPTION), ticket=ticket["id"], reason="reparti")
    actions.move(house.hub, house.ask(RECEPTION), appointment=left.id, day="2026-03-03", time="08:00")
    assert (state(house, left), actions.known(house.hub, left.id).ticket) == ("confirmed", None)
    actions.dial(house.hub, house.ask(CLERK), appointment=call.id)
    house.clock.advance(hours=12)
    actions.keep(house.hub)
    assert state(house, call) == "calling"
    house.clock.advance(hours=12)
    actions.keep(house.hub)
    assert [state(house, each) for each in (left, call)] == ["absent", "absent"]
    house.replayed()


def test_three_calls_in_vain(house):
    found = books(house, "09:20", mode="telephone")
    for number in (1, 2, 3):
        actions.dial(house.hub, house.ask(CLERK), appointment=found.id)
        actions.unanswered(house.hub, house.ask(CLERK), appointment=found.id)
        assert state(house, found) == ("unreachable" if number == 3 else "confirmed")
    with pytest.raises(Refused):
        actions.dial(house.hub, house.ask(CLERK), appointment=found.id)
    house.replayed()


def test_who_guesses_at_the_kiosk_is_told_to_wait_and_nobody_is_named(house):
    books(house)
    for name in ("", "NGOMA"):
        with pytest.raises(NotFound):
            asked(house, KIOSK, "arrive", name=name)
    said = []
    for number in range(30):
        with pytest.raises(Refused) as refused:
            asked(house, KIOSK, "arrive", telephone=f"0661234{number:02d}")
        said.append((refused.value.reason, refused.value.message))
    assert said[-1][0] == "too_many"
    assert "BAMOU" not in str(said)


def test_who_says_a_number_or_a_name_is_told_a_time_and_the_code_for_their_ticket(house):
    found, _ = books(house, "10:00"), books(house, "10:10", name="N'GANGA Élie", telephone="")
    house.clock.advance(minutes=62)
    (told,) = asked(house, KIOSK, "expected", telephone="+242 06 612 34 56")["found"]
    assert (told["words"], told["facts"]["time"], told["facts"]["minutes"]) == ("scan_appointment_late", "10:00", "2")
    (other,) = asked(house, KIOSK, "expected", name="nganga")["found"]
    assert (other["words"], other["facts"]["since"]) == ("scan_appointment_early", "10:05")
    given = asked(house, KIOSK, "issue", service=told["service"], scanned=told["code"], language="fr")
    assert (given["appointment"], given["wait"], given["hour"]) == (
        found.label, None, {"time": "10:00", "since": "", "kept": True},
    )  # fmt: skip
    assert asked(house, KIOSK, "expected", telephone="066123456")["found"][0]["words"] == "scan_appointment_here"
    assert "BAMOU" not in str([told, other, given])
    house.replayed()


def test_who_tries_many_numbers_is_told_to_wait_whether_they_are_known_or_not(house):
    books(house)
    for _ in range(21):
        asked(house, KIOSK, "expected", telephone="066123456")
    with pytest.raises(Refused) as refused:
        asked(house, KIOSK, "expected", telephone="066123456")
    assert refused.value.reason == "too_many"


def test_whoever_holds_the_slip_gives_it_up_and_nobody_else_by_guessing(house):
    found = books(house)
    with pytest.raises(NotFound):
        asked(house, KIOSK, "unbook", code="22222222")
    assert asked(house, KIOSK, "unbook", code=found.code)["state"] == "cancelled"
    with pytest.raises(Refused) as refused:
        asked(house, KIOSK, "unbook", code=found.code)
    assert refused.value.reason == "appointment_step"
    assert books(house).at == "10:00", "the time is free again"
    house.replayed()


def test_a_kiosk_alone_gives_its_own_number_for_the_slip_and_its_visitor_has_come(house):
    found = books(house, "09:20")
    pressed = {"boot": "b1", "mono": 1, "hub_at": house.clock.now().at}
    house.clock.advance(minutes=40)
    actions.keep(house.hub)
    assert state(house, found) == "absent"
    report = {"issue": "lost", "label": "K1-001", "service": "RAS", "pressed": pressed, "scanned": found.code}
    asked(house, KIOSK, "printed", **report)
    arrived = actions.known(house.hub, found.id)
    ticket = queue_store.ticket_labelled(house.hub.reader, 1, "K1-001")
    assert (arrived.state, arrived.ticket) == ("arrived", ticket.id)
    assert store.lines(house.hub.reader, found.id)[-1].facts["late_min"] < 0, "they came before their time"
    house.replayed()


def test_without_appointments_the_asks_say_so(tmp_path, workshop):
    house = House(tmp_path, brazzaville(MONDAY), ("reception",), workshop)
    for what, body in (
        ("arrive", {}),
        ("times", {"service": "RAS"}),
        ("book", {"service": "RAS", "day": MONDAY, "time": "10:00"}),
        ("expected", {"name": "BAMOU"}),
        ("unbook", {"code": "22222222"}),
    ):
        with pytest.raises(NotFound) as refused:
            asked(house, KIOSK, what, **body)
        assert refused.value.reason == "no_agenda"
    house.close()


# --- the pages


def test_from_the_first_look_to_the_paper(house):
    screen = Screen(house, RECEPTION)
    assert "Aucun rendez-vous ce jour" in screen.open("/desk/appointment").words
    assert "10:00" in screen.open("/desk/appointment/new?service=RAS").words
    form = {"service": "RAS", "slot": f"{MONDAY} 10:00", "mode": "counter", "channel": "reception"}
    assert screen.send("/desk/appointment/new", **form).status == 422
    assert "Dites qui vient" in screen.words
    assert f'value="{MONDAY} 10:00" checked' in screen.text, "what was chosen is still chosen"
    screen.send("/desk/appointment/new", **form, name="BAMOU Jérôme", telephone="066123456")
    assert "Rendez-vous RDV-2026-000001 donné" in screen.words
    assert "sort à l'imprimante K1" in screen.send("/desk/appointment/1/print").words
    assert "BAMOU Jérôme" in screen.open("/desk/appointment?q=bamou").words
    assert "Aucun rendez-vous de ce jour" in screen.open("/desk/appointment?q=ngoma").words
    assert screen.open(f"/desk/appointment?q={actions.known(house.hub, 1).code}").status == 303
    paper = screen.open(f"/desk/appointment/list?day={MONDAY}")
    assert len(pikepdf.open(io.BytesIO(paper.data)).pages) == 1
    assert "Ticket A001" in screen.send("/desk/appointment/1/arrive").words
    assert "Ce n'est plus possible" in screen.send("/desk/appointment/1/cancel").words
    clerk = Screen(house, CLERK)
    assert calls(house) == "early"
    house.clock.advance(minutes=55)
    assert calls(house) == "A001"
    assert [each.kind for each in store.pending(house.hub.reader, CLERK.agent)] == ["unsaid"]
    assert "Dire l'issue" in clerk.open("/desk/appointment?show=unsaid").words
    assert "Dites ce qui manque" in clerk.send("/desk/appointment/1/conclude", outcome="not_conclusive").words
    assert (
        "Non concluant" in clerk.send("/desk/appointment/1/conclude", outcome="not_conclusive", motive="l'acte").words
    )
    assert "1 venus ou joints, 0 absents · 0 concluants sur 1" in clerk.open("/desk/appointment").words
    house.replayed()


@pytest.mark.parametrize(
    "path", ["?day=never", "/new?from=32", "/list?day=x", "/99", "/new?move=99", "/new?service=NONE"]
)
def test_what_makes_no_sense_is_said(house, path):
    assert Screen(house, RECEPTION).open(f"/desk/appointment{path}").status in (200, 404, 422)


def test_the_times_of_a_day_are_never_more_than_its_share(house):
    """Everybody who wants a time gets one until none is left: half of two counters from 07:30 to 14:30."""
    day, given = "2026-03-03", 0
    for each in actions.times_told(house.hub, service="RAS", day=day)["days"][0]["times"]:
        books(house, each, day=day, name=f"P{given}", telephone="")
        given += 1
    assert actions.times_told(house.hub, service="RAS", day=day)["days"][0]["day"] == "2026-03-04"
    assert given == 42 * 2 * 50 // 100
