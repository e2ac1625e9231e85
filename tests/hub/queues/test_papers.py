"""The paper and the number: who prints waits for nobody, and no number is on two papers (B.2, Q1 to Q6, Q18)."""

import pytest

from hub.ask import Actor, Ask
from hub.errors import IllegalStep, KeyReuse, Refused, Unreadable
from hub.queues import actions, papers, pictures, store
from tests.office import RECEPTION, Kiosk, Office


def report(office, *, label: str, issue: str, paper: str = "printed", key: str | None = None):
    """One report of a kiosk, as it comes through the door."""
    ask = Ask(Actor(device="K1"), key or office.new_key(), {"label": label, "issue": issue, "paper": paper})
    return papers.report_paper(office.hub, ask, issue=issue, paper=paper, label=label, service="DEP")


def test_nobody_is_called_before_the_paper_is_out(office):
    office.kiosk.press("deposit", report=None)
    desk = office.counter("05").open("00902F")
    assert desk.next() is None
    office.kiosk.report()
    assert desk.next() == "D001"


@pytest.mark.parametrize(("said", "state"), [("printed", "waiting"), ("shown", "waiting"), ("failed", "issued")])
def test_what_the_kiosk_says_decides(office, said, state):
    office.kiosk.press("deposit", report=said)
    assert (office.state("D001"), office.ticket("D001").paper) == (state, said)


def test_reception_confirms_the_paper_that_it_sees(office):
    office.kiosk.press("deposit", report=None)
    actions.confirm_paper(office.hub, office.ask(RECEPTION), ticket=office.id_of("D001"))
    assert (office.waiting(), office.ticket("D001").paper) == (["D001"], "confirmed")
    with pytest.raises(IllegalStep):
        actions.confirm_paper(office.hub, office.ask(RECEPTION), ticket=office.id_of("D001"))


def test_a_lost_answer_gives_the_kiosks_own_label_and_accounts_for_the_hubs(office):
    """The hub has stored D001, the kiosk has printed K1-001: one ticket, and D001 is a hole that the evening names."""
    office.kiosk.press("deposit", answer_lost=True)
    assert office.press("deposit") == "D002"
    office.kiosk.report()
    assert [t.label for t in store.open_tickets(office.hub.reader)] == ["K1-001", "D002"]
    assert office.close_day()["voided"] == ["D001"]


def test_a_ticket_that_was_cancelled_in_between_stays_so_under_the_number_on_the_paper(office):
    """Who holds K1-001 and asks is told what became of it; nobody is called by a number that nobody holds."""
    office.kiosk.press("deposit", answer_lost=True)
    office.gives_up("D001")
    office.kiosk.report()
    assert office.state("K1-001") == "cancelled"
    assert office.waiting() == []


def test_a_kiosk_alone_goes_on_and_its_people_keep_their_place(office):
    """Pressed at 7:30 without a hub, heard of at 7:50: before those who came after 7:30."""
    office.at("07:30:00").kiosk.unplug()
    assert [office.kiosk.press("deposit"), office.kiosk.press("deposit")] == ["K1-001", "K1-002"]
    office.later(minutes=10)
    office.give("deposit")
    office.later(minutes=10)
    office.kiosk.plug()
    desk = office.counter("05").open("00902F")
    assert [desk.serve(minutes=1) for _ in range(3)] == ["K1-001", "K1-002", "D001"]
    assert office.stages("K1-001")[0]["wait_ms"] == 20 * 60_000


def test_a_report_sent_again_changes_nothing(office):
    office.kiosk.unplug()
    office.kiosk.press("deposit")
    paper = office.kiosk.paper[0]
    first = report(office, label=paper.label, issue=paper.request, key="once")
    again = report(office, label=paper.label, issue=paper.request, key="once")
    assert again == first
    assert office.waiting() == ["K1-001"]


def test_two_kiosks_have_two_series(office):
    other = Kiosk(office, "K2")
    office.kiosk.unplug()
    other.unplug()
    labels = [office.kiosk.press("deposit"), other.press("deposit"), office.kiosk.press("inquiry")]
    office.kiosk.plug()
    other.plug()
    assert labels == ["K1-001", "K2-001", "K1-002"]
    assert sorted(office.waiting()) == sorted(labels)


@pytest.mark.parametrize(
    "label", ["K2-001", "K1001", "D001", "K1-", "K1-²", "K1-٣", "K1-1234567890123456789012", "-1", ""]
)  # fmt: skip
def test_a_label_that_is_not_of_the_kiosks_series_is_refused(office, label):
    with pytest.raises(Unreadable) as refusal:
        report(office, label=label, issue="never heard of")
    assert refusal.value.reason == "foreign_label"


def test_a_label_is_on_one_paper(office):
    report(office, label="K1-001", issue="first")
    with pytest.raises(Refused) as refusal:
        report(office, label="K1-001", issue="second")
    assert refusal.value.reason == "label_taken"


def test_a_label_that_was_printed_never_changes(office):
    office.press("deposit")
    with pytest.raises(Refused) as refusal:
        report(office, label="K1-001", issue=office.kiosk.paper[0].request)
    assert (refusal.value.reason, refusal.value.facts["label"]) == ("label_settled", "D001")


def test_a_report_has_a_key_of_its_own(office):
    """The request's key was that of the press; the report is another request, heard of or not."""
    for request in ("never heard of", "heard of"):
        if request == "heard of":
            actions.issue(office.hub, Ask(office.kiosk.actor, request, {}), service="DEP", channel="kiosk")
        with pytest.raises(KeyReuse):
            report(office, label="K1-001", issue=request, key=request)


@pytest.mark.parametrize("paper", ["none", "awaited", "burnt"])
def test_a_report_says_what_can_be(office, paper):
    office.kiosk.press("deposit", report=None)
    with pytest.raises(Unreadable):
        report(office, label="D001", issue=office.kiosk.paper[0].request, paper=paper)


def test_a_press_is_not_later_than_its_hearing(office):
    """A kiosk whose clock runs ahead does not send its people to the end of the line for ever."""
    ask = Ask(office.kiosk.actor, "k")
    actions.issue(
        office.hub, ask, service="DEP", channel="kiosk", pressed_at=office.clock.now().at + 3_600_000
    )  # fmt: skip
    assert office.ticket("D001").issued == office.clock.now()


def test_a_press_before_this_boot_is_measured_by_the_wall_clock(office):
    office.clock.reboot(2)
    ask = Ask(office.kiosk.actor, "k")
    actions.issue(office.hub, ask, service="DEP", channel="kiosk", pressed_at=office.clock.now().at - 600_000)
    issued = office.ticket("D001").issued
    assert (issued.certain, issued.at) == (False, office.clock.now().at - 600_000)


def test_a_copy_is_counted_and_keeps_its_number(office):
    office.press("deposit")
    for copy in (1, 2):
        told = actions.reprint(office.hub, office.ask(RECEPTION), ticket=office.id_of("D001"), reason="perdu")
        assert (told["copy"], told["label"]) == (copy, "D001")


# --- a kiosk that was alone over the end of a day --------------------------------------------


def report_of_day(office, number):
    """State and label of each ticket of a business day."""
    rows = office.hub.reader.execute("SELECT label, state FROM ticket WHERE day = ? ORDER BY id", (number,))
    return [tuple(row) for row in rows]


def test_tickets_given_alone_yesterday_are_yesterdays_and_nobody_is_called_for_them(office):
    """Cut from 15:00 on; the agency closed at 16:00, the cable was found in the morning."""
    office.at("15:00:00").kiosk.unplug()
    office.kiosk.press("deposit")
    office.at("16:00:00").close_day()
    office.at("16:10:00").kiosk.press("deposit")  # the kiosk does not know that the day is over
    office.later(hours=15).open_day()
    office.at("07:40:00").kiosk.press("deposit")
    office.kiosk.plug()
    assert report_of_day(office, 1) == [("K1-001", "unserved"), ("K1-002", "unserved")]
    assert report_of_day(office, 2) == [("K1-003", "waiting")]
    assert office.counter("05").open("00902F").next() == "K1-003"
    assert office.ticket("K1-001").paper == "printed"


def test_nobody_waits_longer_than_the_day(office):
    office.at("15:00:00").kiosk.unplug()
    office.kiosk.press("deposit")
    closed = office.at("16:00:00").clock.now().at
    office.close_day()
    office.later(hours=15).open_day().kiosk.plug()
    assert office.stages("K1-001")[0]["ended_at"] == closed


def test_a_paper_of_today_that_comes_after_the_closing_does_not_wait_for_tomorrow(office):
    office.at("15:00:00").kiosk.unplug()
    office.kiosk.press("deposit")
    office.at("16:00:00").close_day()
    office.later(minutes=5).kiosk.plug()
    assert report_of_day(office, 1) == [("K1-001", "unserved")]


def test_whoever_comes_before_the_doors_are_open_is_of_the_day_that_opens(hub, clock):
    office = Office(hub, clock).at("07:21:00")
    office.kiosk.unplug()
    office.kiosk.press("deposit")
    with pytest.raises(Refused) as refusal:
        office.kiosk.plug()
    assert refusal.value.reason == "day_closed", "the report waits for the day"
    office.later(minutes=9).open_day().kiosk.plug()
    assert office.waiting() == ["K1-001"]


def test_a_day_that_the_hub_was_dead_all_through_has_its_tickets_in_the_next_and_nobody_is_called(office):
    office.at("16:00:00").close_day()
    office.later(hours=16).kiosk.unplug()
    office.kiosk.press("deposit")
    office.later(hours=24).open_day().kiosk.plug()
    assert report_of_day(office, 2) == [("K1-001", "unserved")]
    assert office.waiting() == []


@pytest.mark.parametrize("jump_s", [86_400, -3_600, 30 * 86_400, -400 * 86_400])
def test_a_wall_clock_that_jumps_while_the_kiosk_is_alone_sends_nobody_home(office, jump_s):
    """The kiosk dates its press by the monotonic clock and the hub's new time: it was twenty minutes ago."""
    office.kiosk.unplug()
    office.at("08:00:00").kiosk.press("deposit")
    office.later(minutes=20).clock.jump(seconds=jump_s)
    office.kiosk.spool[0].pressed_at = office.clock.now().at - 20 * 60_000
    office.kiosk.plug()
    assert office.waiting() == ["K1-001"]
    assert office.counter("05").open("00902F").next() == "K1-001"


def test_a_press_that_no_clock_was_there_for_counts_from_its_hearing_and_says_so(office):
    office.later(minutes=30)
    ask = Ask(office.kiosk.actor, "k")
    papers.report_paper(office.hub, ask, issue="never heard of", paper="printed", label="K1-001", service="DEP")
    assert office.ticket("K1-001").issued.at == office.clock.now().at
    assert not office.ticket("K1-001").issued.certain


def test_what_was_merged_late_is_the_same_when_the_journal_is_replayed(office, tmp_path):
    office.at("15:00:00").kiosk.unplug()
    office.kiosk.press("deposit")
    office.at("16:00:00").close_day()
    office.later(hours=15).open_day().kiosk.plug()
    fresh = office.hub.store.replayed(tmp_path / "again" / "mbote.db")
    for table in ("ticket", "stage", "numbering", "voided"):
        rows = f"SELECT * FROM {table}"  # noqa: S608  our own names
        assert [tuple(r) for r in fresh.execute(rows)] == [tuple(r) for r in office.hub.reader.execute(rows)]
    fresh.close()


def test_the_hub_tells_a_kiosk_how_far_its_own_series_was_heard(office):
    office.kiosk.unplug()
    for _ in range(3):
        office.kiosk.press("deposit")
    office.kiosk.plug()
    assert pictures.kiosks(office.hub, office.hub.reader)("K1").own_last == 3
    assert pictures.kiosks(office.hub, office.hub.reader)("K2").own_last == 0
