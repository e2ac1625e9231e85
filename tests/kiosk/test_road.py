"""From a press to paper to the hub's ear, and everything that may break on the way."""

from __future__ import annotations

import json
import threading
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hardware.printer import Status
from hub.wire import Catalogue, KioskPicture, parse
from kiosk.press import why_closed
from kiosk.spool import Spool
from tests.kiosk.fake_hub import CATALOGUE, FakeHub
from tests.patience import PATIENT_S, patience

pytestmark = pytest.mark.slow  # real sockets, real waits

#: The patience of a kiosk whose hub says nothing, for stories that wait for its end.
HURRIED_S = 0.4
PAPER_KEYS = {"what", "key", "issue", "label", "service", "language", "pressed", "printed_at"}


def labels(slips) -> list[str]:
    return [max((line for line in slip if line.kind == "text"), key=lambda line: line.height).text for slip in slips]


def test_a_press_gives_a_ticket_and_the_hub_hears_of_the_paper(kiosk, hub, printer):
    kiosk.press()
    assert labels(printer.wait_for_slips(1)) == ["D001"]
    issue, report = hub.wait_for("issue")[0], hub.wait_for("printed")[0]
    assert set(issue) == {"what", "key", "service", "language", "pressed"}
    assert set(issue["pressed"]) == {"boot", "mono", "hub_at"}
    assert set(report) == PAPER_KEYS
    assert (report["issue"], report["label"], report["service"]) == (issue["key"], "D001", "DEP")
    assert len(report["key"]) <= 64
    kiosk.until(lambda: kiosk.spool.waiting_reports() == 0)
    assert [told.paper for told in kiosk.wait("paper")] == ["printed"]


def test_a_declared_priority_travels_with_the_press_and_stands_on_the_paper(kiosk, hub, printer):
    kiosk.app.press("RAS", "en", "pregnant", tap="t1")
    slip = printer.wait_for_slips(1)[0]
    assert "PRIORITY DECLARED" in [line.text for line in slip]
    for what in ("issue", "printed"):
        ask = hub.wait_for(what)[0]
        assert (ask["category"], ask["priority"], ask["language"]) == ("priority", "pregnant", "en")


def test_the_press_is_on_disk_before_the_hub_hears_of_it(kiosk, hub):
    seen = []

    def look(ask):
        other = Spool(kiosk.folder / "spool.db", "K1").open()
        seen.append([press.key for press, _ in other.unfinished()] == [ask["key"]])
        other.close()
        return hub._issue(ask)

    hub.answers["issue"] = look
    kiosk.press()
    hub.wait_for("printed")
    assert seen == [True]


@pytest.mark.faults
def test_without_answer_in_time_the_own_series_is_printed_for_the_same_key(make_kiosk, hub, printer):
    kiosk, answer_now = make_kiosk(answer_s=HURRIED_S).start(), threading.Event()

    def late(ask):
        answer_now.wait(PATIENT_S)
        return hub._issue(ask)

    hub.answers["issue"] = late
    began = time.monotonic()
    kiosk.press()
    slip = printer.wait_for_slips(1)[0]
    assert time.monotonic() - began < patience(1.5)
    answer_now.set()
    assert labels([slip]) == ["K1-001"]
    assert not any("Attente" in line.text for line in slip), "an own number carries no estimate"
    report = hub.wait_for("printed")[0]
    assert (report["label"], report["issue"]) == ("K1-001", hub.wait_for("issue")[0]["key"])
    time.sleep(0.1)  # the late answer arrives: for nobody
    assert len(printer.slips) == 1
    assert [told.number.label for told in kiosk.wait("number")] == ["K1-001"]


@pytest.mark.faults
def test_alone_it_gives_its_own_numbers_and_tells_them_in_order_when_the_hub_is_back(kiosk, hub, printer):
    kiosk.press()
    hub.wait_for("printed")
    hub.stop()
    kiosk.until(lambda: kiosk.line.away)
    for count in (2, 3, 4):
        kiosk.press()
        printer.wait_for_slips(count)
    kiosk.wait("paper", 4)
    assert kiosk.spool.waiting_reports() == 3
    hub.start()
    began = time.monotonic()
    reports = hub.wait_for("printed", 4)[1:]
    assert time.monotonic() - began < patience(2)
    assert [report["label"] for report in reports] == ["K1-001", "K1-002", "K1-003"]
    assert labels(printer.slips) == ["D001", "K1-001", "K1-002", "K1-003"]


@pytest.mark.faults
def test_a_report_that_was_not_answered_is_told_again_under_its_key(kiosk, hub):
    hub.answers["printed"] = lambda _ask: hub.stop() or {}
    kiosk.press()
    hub.wait_for("printed")
    del hub.answers["printed"]
    kiosk.until(lambda: kiosk.line.away)
    hub.start()
    first, second = hub.wait_for("printed", 2)[:2]
    assert first == second


def test_a_report_that_must_wait_for_the_day_waits_and_one_refused_for_good_is_set_aside(kiosk, hub):
    hub.answers["printed"] = {"error": {"code": "day_closed", "message": "the day is not open"}}
    kiosk.press()
    hub.wait_for("printed")
    assert kiosk.spool.waiting_reports() == 1
    del hub.answers["printed"]
    hub.publish()
    hub.wait_for("printed", 2)
    kiosk.until(lambda: kiosk.spool.waiting_reports() == 0)
    hub.answers["printed"] = {"error": {"code": "label_settled", "message": "no"}}
    kiosk.press()
    hub.wait_for("printed", 3)
    kiosk.until(lambda: kiosk.spool.waiting_reports() == 0)
    assert kiosk.spool._one("SELECT set_aside FROM report")["set_aside"] == "label_settled"


@pytest.mark.parametrize(("code", "word"), [("closed_hours", "hours"), ("quota", "quota"), ("strange", "other")])
def test_a_refusal_is_told_and_leaves_no_ticket(kiosk, hub, printer, code, word):
    hub.answers["issue"] = {"error": {"code": code, "message": "no"}}
    kiosk.press()
    assert kiosk.wait("refused")[0].refusal == word
    assert not printer.slips
    assert kiosk.spool.unfinished() == []


def test_what_the_picture_says_is_closed_is_not_even_asked(kiosk, hub):
    hub.closed = {"DEP": "quota"}
    hub.publish()
    kiosk.until(lambda: kiosk.app.why_closed("DEP") == "quota")
    kiosk.press()
    assert kiosk.wait("refused")[0].refusal == "quota"
    assert not hub._of("issue")


def test_without_a_screen_a_refusal_is_printed_as_a_word(make_kiosk, hub, printer):
    kiosk = make_kiosk(has_screen=False).start()
    hub.answers["issue"] = {"error": {"code": "quota", "message": "no"}}
    kiosk.press()
    words = " ".join(line.text for line in printer.wait_for_slips(1)[0])
    assert "plus de ticket" in words


@pytest.mark.faults
def test_without_paper_the_number_is_shown_and_the_hub_hears_shown(kiosk, hub, printer):
    printer.fault("paper_out")
    kiosk.printer_is(Status("not_ok", "paper_end"))
    assert hub.wait_for("trouble")[-1]["state"] == "paper_out"
    began = time.monotonic()
    kiosk.press()
    told = kiosk.wait("number")[0]
    assert (told.number.label, told.paper) == ("D001", "none")
    assert time.monotonic() - began < patience(3)
    report = hub.wait_for("shown")[0]
    assert (report["label"], set(report)) == ("D001", PAPER_KEYS)
    printer.fault(None)
    kiosk.printer_is(Status("ok"))
    assert [ask["state"] for ask in hub.wait_for("trouble", 2)] == ["paper_out", "ok"]
    kiosk.press()
    assert labels(printer.wait_for_slips(1)) == ["D002"]


@pytest.mark.faults
def test_without_paper_and_without_screen_the_ticket_is_reported_failed(make_kiosk, hub, printer):
    kiosk = make_kiosk(has_screen=False).start()
    printer.fault("paper_out")
    kiosk.press()
    assert hub.wait_for("failed")[0]["label"] == "D001"


@pytest.mark.faults
@pytest.mark.parametrize("fault", ["paper_out", "cover_open", "silent", "unplugged"])
def test_whatever_breaks_in_mid_ticket_the_visitor_is_told_within_three_seconds(kiosk, hub, printer, fault):
    printer.fault(fault, 120)
    began = time.monotonic()
    kiosk.press()
    kiosk.wait("paper")
    assert time.monotonic() - began < patience(3)
    assert hub.wait_for("shown")[0]["label"] == "D001"
    printer.fault(None)
    kiosk.printer_is(Status("ok"))
    kiosk.press()
    torn, whole = printer.wait_for_slips(2)
    assert labels([whole]) == ["D002"], "what was left undone came out"
    assert not {"D002", "cut"} & {line.text or line.kind for line in torn[:-1]}, "only what hung out is cut off"


def test_a_finger_that_comes_down_twice_on_the_screen_takes_one_ticket(kiosk, hub):
    for _ in range(3):
        kiosk.app.press("DEP", "fr", tap="same")
    hub.wait_for("printed")
    assert len(hub._of("issue")) == 1
    assert kiosk._of("refused") == []
    state, number, _ = kiosk.spool.of_tap("same")
    assert (state, number.label) == ("printed", "D001")


def test_one_button_gives_one_ticket_in_its_time_and_another_button_is_free(make_kiosk, hub):
    kiosk = make_kiosk(again_s=2.0).start()
    for _ in range(5):
        kiosk.press(17)
    kiosk.press(27)
    hub.wait_for("printed", 2)
    assert sorted(ask["service"] for ask in hub._of("issue")) == ["DEP", "RAS"]


def test_a_stuck_button_is_told_and_so_is_its_return(kiosk, hub):
    kiosk.app.button(17, "stuck", 0)
    assert {k: v for k, v in hub.wait_for("trouble")[0].items() if k != "key"} == {
        "what": "trouble", "part": "button 17", "state": "stuck", "detail": "",
    }  # fmt: skip
    kiosk.app.button(17, "freed", 0)
    assert hub.wait_for("trouble", 2)[1]["state"] == "ok"


def test_help_reaches_the_hub_or_says_that_it_did_not(kiosk, hub):
    assert kiosk.app.help()
    assert set(hub.wait_for("help")[0]) == {"what", "key"}
    hub.stop()
    kiosk.until(lambda: kiosk.line.away)
    assert not kiosk.app.help()


@pytest.mark.faults
def test_a_kiosk_killed_after_the_press_serves_the_visitor_who_still_stands_there(make_kiosk, hub, printer):
    kiosk = make_kiosk()
    kiosk.spool.keep("catalogue", None)
    first = make_kiosk()
    press = _kept_press(first, "DEP")
    kiosk.start()
    assert labels(printer.wait_for_slips(1)) in (["D001"], ["K1-001"])
    assert hub.wait_for("printed")[0]["issue"] == press.key


@pytest.mark.faults
def test_a_kiosk_killed_while_printing_prints_the_same_number_as_a_duplicate(make_kiosk, hub, printer):
    kiosk = make_kiosk()
    press = _kept_press(kiosk, "DEP")
    number = kiosk.spool.own_number(press)
    kiosk.start()
    slip = printer.wait_for_slips(1)[0]
    assert "DUPLICATA" in slip[0].text
    assert number.label in [line.text for line in slip]
    assert hub.wait_for("printed")[0]["label"] == number.label


@pytest.mark.faults
def test_a_press_left_behind_long_ago_is_noted_for_the_staff_and_not_printed(make_kiosk, hub, printer):
    kiosk = make_kiosk()
    press = _kept_press(kiosk, "DEP", age_ms=60_000)
    kiosk.start()
    report = hub.wait_for("failed")[0]
    assert (report["issue"], report["label"]) == (press.key, "K1-001")
    assert not printer.slips


def _kept_press(kiosk, service: str, age_ms: int = 0):
    from dataclasses import replace  # noqa: PLC0415

    from kiosk.press import Press  # noqa: PLC0415

    now = kiosk.app.clock.now()
    press = Press("abcd", service, "fr", "normal", "button 17", "", replace(now, mono=now.mono - age_ms))
    return kiosk.spool.add(press)


def test_the_history_of_a_visit_is_written_down(kiosk, hub):
    kiosk.press()
    hub.wait_for("printed")
    kiosk.until(lambda: kiosk.spool.waiting_reports() == 0)
    lines = [json.loads(line) for line in (kiosk.folder / "history").read_text().splitlines()]
    assert [(line["k"], line.get("f")) for line in lines if line["k"] in ("invoke", "ok")] == [
        ("invoke", "ticket.issue"), ("ok", None), ("invoke", "ticket.paper"), ("ok", None),
    ]  # fmt: skip
    for process in {line["p"] for line in lines}:
        numbers = [line["n"] for line in lines if line["p"] == process]
        assert numbers == list(range(len(numbers)))


# --- alone -----------------------------------------------------------------------------------


def test_a_hub_that_cannot_write_does_not_stop_the_kiosk(kiosk, hub, printer):
    """A full disk is no word against the visitor; the report waits until there is room."""
    full = {"error": {"code": "not_stored", "message": "the disk is full"}}
    hub.answers |= {"issue": full, "printed": full}
    kiosk.press()
    assert labels(printer.wait_for_slips(1)) == ["K1-001"]
    hub.wait_for("printed")
    assert kiosk.spool.waiting_reports() == 1
    hub.answers.clear()
    hub.publish()
    assert hub.wait_for("printed", 2)[1]["label"] == "K1-001"
    kiosk.until(lambda: kiosk.spool.waiting_reports() == 0)


@pytest.mark.parametrize("code", ["label_taken", "foreign_label"])
def test_a_paper_that_the_hub_will_not_take_is_told_to_the_staff_until_it_is_taken(make_kiosk, hub, printer, code):
    kiosk = make_kiosk(answer_s=HURRIED_S).start()
    hub.answers |= {"issue": {}, "printed": {"error": {"code": code, "message": "no"}}}
    hub.answers["issue"] = lambda _: time.sleep(1.5 * HURRIED_S)
    kiosk.press()
    printer.wait_for_slips(1)
    trouble = hub.wait_for("trouble")[0]
    assert (trouble["part"], trouble["state"], trouble["detail"]) == ("K1-001", "not_taken", code)
    kiosk.stop()
    hub.answers.clear()  # somebody has put the cause right, and started the kiosk again
    make_kiosk().start()
    assert hub.wait_for("printed", 2)[1]["label"] == "K1-001"
    assert [(t["part"], t["state"]) for t in hub.wait_for("trouble", 2)][1] == ("K1-001", "ok")


def test_another_day_forgets_the_papers_that_were_not_taken(kiosk, hub):
    hub.answers["printed"] = {"error": {"code": "label_taken", "message": "no"}}
    kiosk.press()
    hub.wait_for("trouble")
    hub.day = "2026-11-24"
    hub.publish()
    assert hub.wait_for("trouble", 2)[1]["state"] == "ok"
    assert kiosk.spool.take_up_aside() == []


def test_a_kiosk_that_lost_its_spool_goes_on_well_after_what_the_hub_has_heard(kiosk, hub, printer):
    hub.own_last = 7
    hub.publish()
    kiosk.until(lambda: kiosk.app.picture.own_last == 7)
    hub.stop()
    kiosk.until(lambda: kiosk.line.away)
    kiosk.press()
    assert labels(printer.wait_for_slips(1)) == ["K1-101"], "some of K1-008 to K1-100 may be in the hall"
    hub.own_last = 101
    hub.start()
    hub.wait_for("printed")
    kiosk.until(lambda: kiosk.app.picture.own_last == 101)
    assert int(kiosk.spool.kept("own_series")) == 101


def test_a_press_from_before_the_hub_told_the_time_is_dated_when_it_does(make_kiosk, hub):
    kiosk = make_kiosk().start(connect=False)
    kiosk.press()
    kiosk.wait("paper")
    pressed = kiosk.app.clock.now().mono
    assert kiosk.spool.next_report().body["pressed"]["hub_at"] is None
    kiosk.line.open()
    at = hub.wait_for("printed")[0]["pressed"]
    assert at["hub_at"] - at["mono"] == pytest.approx(kiosk.app.clock.offset, abs=500)
    assert at["mono"] <= pressed


def test_a_hub_whose_clock_was_set_meanwhile_hears_how_long_ago_the_press_was(kiosk, hub, monkeypatch):
    hub.stop()
    kiosk.until(lambda: kiosk.line.away)
    kiosk.press()
    kiosk.wait("paper")
    before = kiosk.spool.next_report()
    hub.ahead_ms = 86_400_000
    hub.start()
    told = hub.wait_for("printed")[0]
    assert told["pressed"]["hub_at"] - before.body["pressed"]["hub_at"] == pytest.approx(86_400_000, abs=1_000)
    assert told["key"] != before.key, "the hub may have heard the old date under the old key"


def test_ten_at_once_before_a_hub_that_says_nothing_have_their_paper_in_two_seconds(
    make_kiosk, hub, printer, monkeypatch
):
    monkeypatch.setattr("kiosk.app.PAPER_S", PATIENT_S)  # or a busy machine would make some of them stale
    kiosk, ended = make_kiosk(answer_s=HURRIED_S).start(), threading.Event()
    hub.answers["issue"] = lambda _: ended.wait(PATIENT_S)
    began = time.monotonic()
    for number in range(10):
        kiosk.app.press("DEP", tap=f"finger {number}")
    printer.wait_for_slips(10)
    took = time.monotonic() - began
    ended.set()
    assert took < patience(2), "nobody waits for another's answer"
    assert sorted(labels(printer.slips)) == [f"K1-{number:03d}" for number in range(1, 11)]


def test_a_kiosk_whose_token_is_lost_goes_on_alone_and_tells_all_once_it_is_paired_again(kiosk, hub, printer):
    """Nobody starts it again: the token is read anew at each attempt."""
    kiosk.line._token = lambda: "of another life"
    hub.stop()
    hub.start()
    kiosk.until(lambda: kiosk.line.away)
    for count in (1, 2):
        kiosk.press()
        printer.wait_for_slips(count)
    kiosk.line._token = lambda: "secret"
    assert [report["label"] for report in hub.wait_for("printed", 2)] == ["K1-001", "K1-002"]


MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Africa/Brazzaville"))


@pytest.mark.parametrize(
    ("said", "hour", "away", "closed"),
    [
        ("day", 9, False, "day"),
        ("day", 9, True, ""),  # it may have been opened since: the hours of the catalogue are left
        ("hours", 9, True, ""),
        ("", 15, True, ""),
        ("", 17, True, "hours"),  # open when the hub was last heard, and that was long ago
        ("day", 17, True, "hours"),
        ("quota", 10, True, "quota"),
        ("mode", 10, True, "mode"),
        ("mode", 34, True, ""),  # the next morning
    ],
)
def test_alone_the_hours_of_the_catalogue_decide_and_what_was_said_of_this_day_stands(said, hour, away, closed):
    service = parse(Catalogue, CATALOGUE | {
        "services": [CATALOGUE["services"][0] | {"hours": [["07:30", "16:00"]] * 7}]
    }).services[0]  # fmt: skip
    fake = FakeHub()
    fake.closed = {service.service: said} if said else {}
    picture = parse(KioskPicture, fake.picture())
    now = MORNING + timedelta(hours=hour - 9)
    assert why_closed(service, picture, now, away=away) == closed
