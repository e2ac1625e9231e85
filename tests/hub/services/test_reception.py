"""Whoever comes in is helped on the spot, or leaves with a ticket and its paper."""

import pytest

from hub.agents import actions as agents
from hub.ask import Actor, Ask
from hub.errors import Refused, Unreadable
from hub.paper import Text
from hub.printing import store as print_store
from hub.queues import actions as queues
from hub.queues import rules as queue_rules
from hub.say import say
from hub.services.reception import actions, rules, store
from hub.services.reception.model import Step
from hub.visits import store as visit_store

#: What reception offers → the step of the queues that it is.
STEP_OF: dict[Step, str] = {"confirm": "paper", "return": "return", "let_pass": "let_pass", "cancel": "cancel"}


def texts(slip) -> list[str]:
    return [line.text for line in slip if isinstance(line, Text)]


# --- rules


def test_what_is_offered_is_what_the_queues_allow():
    for state, steps in queue_rules.TICKET_STEPS.items():
        offered = set(rules.OFFERED.get(state, ()))
        assert {name for name, step in STEP_OF.items() if step in steps} == offered & STEP_OF.keys()
        assert not offered or steps, f"a {state} ticket is over"
        assert ("priority" in offered) == (state in ("issued", "waiting", "called"))


@pytest.mark.parametrize(
    ("typed", "labels"),
    [
        ("D014", ("D014",)),
        ("d14", ("D014",)),
        (" d 014 ", ("D014",)),
        ("14", ("14", "D014", "A014")),
        ("k1-7", ("K1-007",)),
        ("K1-007", ("K1-007",)),
        ("D1000", ("D1000",)),
        ("", ()),
        ("Bamou", ()),
        ("D", ()),
        ("D0", ("D000",)),
        ("D 1 4", ()),
        ("9" * 40, ()),
        ("D014; DROP TABLE ticket", ()),
    ],
)
def test_what_somebody_means_who_types_a_number(typed, labels):
    assert rules.labels_meant(typed, ("D", "", "A")) == labels


def test_a_motive_is_words():
    assert rules.motive("  vu   à l'accueil ", needed=True) == "vu à l'accueil"
    assert rules.motive(" ", needed=False) is None
    with pytest.raises(Unreadable):
        rules.motive("  ", needed=True)


# --- giving


def test_a_ticket_given_at_reception_can_be_called_and_its_paper_comes_out(office):
    given = actions.give(office.hub, office.ask(), service="DEP")
    assert office.ticket("D001").state == "waiting"
    slip = office.kiosk_prints()
    assert "D001" in texts(slip)
    assert say("fr", "slip.ahead_none") in texts(slip)
    assert given["label"] == "D001"


def test_the_paper_counts_those_who_were_there_before(office):
    office.press()
    office.press()
    actions.give(office.hub, office.ask(), service="DEP")
    assert say("fr", "slip.ahead", count=2) in texts(office.kiosk_prints())


def test_a_double_click_is_one_ticket_and_one_paper(office):
    ask = Ask(Actor(agent="01016E"), "one-key", {"service": "DEP"})
    assert actions.give(office.hub, ask, service="DEP") == actions.give(office.hub, ask, service="DEP")
    assert office.tickets() == ["D001"]
    assert office.kiosk_prints()
    assert office.kiosk_prints() is None


def test_a_kiosks_own_ticket_is_no_job(office):
    office.press()
    assert office.kiosk_prints() is None


def test_a_ticket_from_another_program_is_no_job(office):
    queues.issue(office.hub, office.ask(Actor(device="API")), service="DEP", channel="reception")
    assert office.kiosk_prints() is None


def test_who_is_let_past_others_is_so_for_a_reason(office):
    with pytest.raises(Unreadable) as refused:
        actions.give(office.hub, office.ask(), service="DEP", priority="pregnant", reason=" ")
    assert refused.value.field == "reason"
    assert office.tickets() == []
    actions.give(office.hub, office.ask(), service="DEP", priority="pregnant", reason="vu")
    assert (office.ticket("D001").priority, office.ticket("D001").category) == ("pregnant", "priority")


def test_the_paper_speaks_the_visitors_language(office):
    actions.give(office.hub, office.ask(), service="DEP", language="en")
    assert "Hand in documents" in texts(office.kiosk_prints())


def test_the_name_of_who_asks_is_private(office):
    actions.give(office.hub, office.ask(), service="DEP", requester="Bamou Jérôme")
    assert store.found(office.hub, office.hub.reader, "d1")[0].requester == "Bamou Jérôme"
    public = office.hub.reader.execute("SELECT payload FROM journal").fetchall()
    assert not [row for row in public if "Bamou" in row["payload"]]


# --- a further copy


def test_a_copy_says_duplicata_and_which_wherever_it_was_asked_for(office):
    ticket = office.press()
    queues.reprint(office.hub, office.ask(), ticket=ticket)
    queues.reprint(office.hub, office.ask(Actor(device="API")), ticket=ticket)
    assert texts(office.kiosk_prints())[0] == "*** DUPLICATA 1 ***"
    second = texts(office.kiosk_prints())
    assert second[0] == "*** DUPLICATA 2 ***"
    assert "D001" in second


def test_a_copy_refused_leaves_no_job(office):
    ticket = office.press()
    queues.cancel(office.hub, office.ask(), ticket=ticket, reason="parti")
    with pytest.raises(Refused):
        queues.reprint(office.hub, office.ask(), ticket=ticket)
    assert print_store.open_jobs(office.hub.reader) == []


# --- helped on the spot


def test_who_is_helped_on_the_spot_is_counted_without_a_name(office):
    noted = actions.note_answer(office.hub, office.ask(), service="RAS")
    assert noted["today"] == 1
    assert actions.withdraw_answer(office.hub, office.ask(), answer=noted["answer"])["today"] == 0
    with pytest.raises(Refused) as refused:
        actions.withdraw_answer(office.hub, office.ask(), answer=noted["answer"])
    assert refused.value.reason == "withdrawn"


def test_an_answer_is_taken_back_soon_or_not_at_all(office):
    noted = actions.note_answer(office.hub, office.ask(), service="RAS")
    office.clock.advance(minutes=11)
    with pytest.raises(Refused) as refused:
        actions.withdraw_answer(office.hub, office.ask(), answer=noted["answer"])
    assert refused.value.reason == "too_late"


def test_nothing_is_counted_before_the_day(empty):
    with pytest.raises(Refused) as refused:
        actions.note_answer(empty.hub, empty.ask(), service="RAS")
    assert refused.value.reason == "day_closed"


# --- papers in doubt


def missing(office) -> list[tuple[str, str]]:
    return [(each.sheet.label, each.why) for each in store.missing(office.hub, office.hub.reader)]


def test_a_ticket_whose_paper_nobody_reported_is_in_doubt_after_a_moment(office):
    office.press(paper=None)
    assert missing(office) == []
    office.clock.advance(seconds=10)
    assert missing(office) == [("D001", "awaited")]
    queues.confirm_paper(office.hub, office.ask(), ticket=office.id_of("D001"))
    assert missing(office) == []


def test_a_paper_that_failed_is_in_doubt_at_once(office):
    office.press(paper="failed")
    assert missing(office) == [("D001", "failed")]


def test_a_copy_that_did_not_come_out_is_in_doubt_until_somebody_looked(office):
    ticket = office.press()
    queues.reprint(office.hub, office.ask(), ticket=ticket)
    office.kiosk_prints("unknown")
    assert missing(office) == [("D001", "unknown")]
    queues.reprint(office.hub, office.ask(), ticket=ticket)
    office.kiosk_prints()
    assert missing(office) == []


def test_nobody_looks_for_the_paper_of_a_visit_that_is_over(office):
    ticket = office.press()
    queues.reprint(office.hub, office.ask(), ticket=ticket)
    office.kiosk_prints("failed")
    queues.cancel(office.hub, office.ask(), ticket=ticket, reason="parti")
    assert missing(office) == []


def test_with_the_day_its_papers_are_over_and_doubts_do_not_pile_up(office):
    for state in ("unknown", "failed", "confirmed"):
        queues.reprint(office.hub, office.ask(), ticket=office.press())
        office.kiosk_prints(state)
    with office.hub.store.transaction(office.ask()) as tx:
        receipt = print_store.queue_job(tx, about="receipt 1", printer="K1", copy=0, slip=())
    office.kiosk_prints("failed")
    queues.close_day(office.hub, office.ask())
    assert [job.id for job in print_store.unsettled(office.hub.reader)] == [receipt], "money is not reception's"
    assert print_store.last_job_about(office.hub.reader, "ticket 2").state == "failed", "what became of it stays known"


# --- absent


def test_the_absent_are_listed_while_they_may_come_back(office):
    office.press()
    queues.call_next(office.hub, office.ask(), counter="05")
    office.clock.advance(seconds=61)
    queues.recall(office.hub, office.ask(), counter="05")
    queues.no_show(office.hub, office.ask(), counter="05")
    office.clock.advance(minutes=29)
    assert [(s.label, s.left_min) for s in store.absent(office.hub, office.hub.reader)] == [("D001", 1)]
    office.clock.advance(minutes=1)
    assert store.absent(office.hub, office.hub.reader) == ()
    assert rules.offered("no_show", None) == ("reprint",)


# --- troubles


def test_a_visitor_who_calls_comes_before_a_machine_that_does(office):
    office.trouble("paper_out")
    office.clock.advance(minutes=5)
    agents.ask_help(office.hub, office.ask(Actor(device="K1")), place="entrée")
    assert [(each.help, each.state) for each in store.troubles(office.hub)] == [(True, "asked"), (False, "paper_out")]


# --- ports


def test_the_thread_adds_what_became_of_the_papers(office):
    ticket = office.press(paper="failed")
    queues.confirm_paper(office.hub, office.ask(), ticket=ticket)
    queues.reprint(office.hub, office.ask(), ticket=ticket)
    office.kiosk_prints("failed")
    lines = store.thread(office.hub.reader, office.ticket("D001").id)
    assert [line.said("fr") for line in lines] == ["Papier vu à l'accueil", "Le papier n'est pas sorti"]


def test_papers_in_doubt_wait_for_whoever_is_at_reception(office):
    office.press(paper="failed")
    (pending,) = store.pending(office.hub.reader, "01016E")
    assert (pending.count, pending.said("fr"), pending.url) == (1, "Papier en doute", "/desk/reception#missing")


# --- the record


def test_the_journal_gives_the_same_rows_again(office, tmp_path):
    noted = actions.note_answer(office.hub, office.ask(), service="RAS")
    actions.note_answer(office.hub, office.ask(), service="DEP")
    actions.withdraw_answer(office.hub, office.ask(), answer=noted["answer"])
    actions.give(office.hub, office.ask(), service="DEP")
    fresh = office.hub.store.replayed(tmp_path / "again.db")
    for table in ("reception_answer", "print_job", "ticket"):
        rows = f"SELECT * FROM {table} ORDER BY id"  # noqa: S608 (a table of ours)
        assert [tuple(r) for r in fresh.execute(rows)] == [tuple(r) for r in office.hub.reader.execute(rows)]
    fresh.close()


# --- who asks, and for whom


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ("", ()),
        (" 2133415888 ", ("2133415888",)),
        ("2133415888, 2133415889;9000001\n2133415888", ("2133415888", "2133415889", "9000001")),
    ],
)
def test_numbers_are_read_with_whatever_stands_between_them(typed, numbers):
    assert rules.numbers(typed) == numbers


@pytest.mark.parametrize("typed", ["123", "BAMOU Jérôme", "2133415888 <b>", "9" * 21])
def test_what_is_no_number_is_named(typed):
    with pytest.raises(Unreadable) as refused:
        rules.numbers(typed)
    assert (refused.value.reason, refused.value.field) == ("bad_number", "concerned")


def test_a_proxy_comes_for_three_and_the_agent_who_calls_them_knows(office, reception):
    form = {"service": "DEP", "requester": "NGOMA Rose", "quality": "proxy", "category": "proxy"}
    assert "n'est pas un matricule" in reception.send("/tickets", **form, concerned="2133415888 x").words
    assert office.tickets() == []
    assert 'value="2133415888 x"' in reception.text, "what was typed is still there"
    key = office.ask().key
    for _ in range(2):  # a double click
        reception.send("/tickets", key=key, **form, concerned="2133415888 9000001 2133415889")
    assert office.tickets() == ["D001"]
    ticket = office.ticket("D001")
    known = visit_store.concerned(office.hub.reader, ticket.id)
    assert [(each.rank, each.number) for each in known] == [(1, "2133415888"), (2, "9000001"), (3, "2133415889")]
    asks = visit_store.requester(office.hub.reader, ticket.id)
    assert (asks.name, asks.quality, ticket.category) == ("NGOMA Rose", "proxy", "proxy")
    payloads = " ".join(row["payload"] for row in office.hub.reader.execute("SELECT payload FROM journal"))
    assert "2133415888" not in payloads
    assert "NGOMA" not in payloads


def test_a_thirteenth_person_is_too_many(office, reception):
    numbers = " ".join(f"21334{n:05d}" for n in range(13))
    assert "Douze personnes au plus" in reception.send("/tickets", service="DEP", concerned=numbers).words
    assert office.tickets() == []
