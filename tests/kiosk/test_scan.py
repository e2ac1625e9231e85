"""A paper or a card under the kiosk's scanner: the hub is asked, and the ticket carries it."""

from __future__ import annotations

import pytest

from kiosk.app import Scanned
from kiosk.press import Moment, Press
from kiosk.spool import Spool
from tests.kiosk.test_spool import after_a_cut

pytestmark = pytest.mark.slow  # real sockets, real waits

MATRICULE = "2133415888"
AWAITED = {"words": "scan_awaited", "facts": {"counter": "21"}, "service": "REC", "label": "REQ-2026-000002"}


def test_the_hub_is_asked_and_what_it_says_is_told(kiosk, hub):
    hub.answers["scanned"] = AWAITED
    assert kiosk.app.scan("]Q1req-2026-000002") == Scanned("scan_awaited", {"counter": "21"}, "REC", "REQ-2026-000002")
    (ask,) = hub.wait_for("scanned")
    assert set(ask) == {"what", "key", "code"}
    assert ask["code"] == "REQ-2026-000002"


def test_a_ticket_carries_what_was_scanned_and_the_kiosk_forgets_it(kiosk, hub):
    kiosk.app.press("RAS", tap="t1", scanned=MATRICULE)
    assert hub.wait_for("issue")[0]["scanned"] == MATRICULE
    assert hub.wait_for("printed")[0]["scanned"] == MATRICULE
    kiosk.app.press("RAS", tap="t2")
    assert "scanned" not in hub.wait_for("printed", 2)[1]
    kiosk.until(lambda: kiosk.spool.waiting_reports() == 0)
    kiosk.spool.keep("last", 1)  # what was heard is crossed out with the next thing that is written
    rows = kiosk.spool._all("SELECT scanned FROM press") + kiosk.spool._all("SELECT body FROM report")
    assert [tuple(row) for row in rows] == [(None,), (None,)]


@pytest.mark.faults
def test_without_the_hub_it_says_so_and_tells_what_was_scanned_with_the_paper(kiosk, hub):
    hub.stop()
    kiosk.until(lambda: kiosk.line.away)
    assert kiosk.app.scan(MATRICULE) == Scanned("scan_away", carried=MATRICULE)
    kiosk.app.press("RAS", tap="t1", scanned=MATRICULE)
    kiosk.wait("paper")
    hub.start()
    report = hub.wait_for("printed")[0]
    assert (report["label"], report["scanned"]) == ("K1-001", MATRICULE)


@pytest.mark.parametrize(("answer", "words"), [
    (lambda _: None, "scan_away"),
    ({"error": {"code": "unknown_ask", "message": "an older hub"}}, "scan_away"),
    ({"error": {"code": "not_stored", "message": "the disk refuses"}}, "scan_away"),
    ({"error": {"code": "scan_unreadable", "message": "no code"}}, "scan_unreadable"),
    ({"error": {"code": "too_many", "message": "wait"}}, "scan_too_soon"),
    ({"words": 7}, "scan_unreadable"),
])  # fmt: skip
def test_whatever_the_hub_answers_the_visitor_is_told_something(kiosk, hub, answer, words):
    hub.answers["scanned"] = answer
    assert kiosk.app.scan(MATRICULE).words == words


def test_what_is_no_code_never_reaches_the_hub_and_papers_come_one_by_one(make_kiosk, hub):
    kiosk = make_kiosk(again_s=30).start()
    hub.answers["scanned"] = AWAITED
    for typed in ("", "12", "\x00" * 20, "é" * 20, "9" * 2_000, "REQ\n-2026-000002"):
        assert kiosk.app.scan(typed) == Scanned("scan_unreadable")
    assert kiosk.app.scan("REQ-2026-000002").words == "scan_awaited"
    assert kiosk.app.scan("REQ-2026-000003") == Scanned("scan_too_soon")
    assert len(hub.wait_for("scanned")) == 1


def test_a_long_code_is_asked_for_and_goes_with_no_ticket_but_by_its_label(kiosk, hub):
    statement = "MBOTE1" + "JT2CMMN7" * 60
    hub.answers["scanned"] = {"words": "scan_none", "facts": {}, "service": "", "label": "ATT-2026-000040"}
    assert kiosk.app.scan(statement).carried == "ATT-2026-000040"
    hub.answers["scanned"] = {"words": "scan_none", "facts": {}, "service": "", "label": ""}
    assert kiosk.app.scan(statement).carried == ""


def test_what_was_scanned_outlives_a_cut_with_its_press_and_not_its_end(tmp_path):
    spool = Spool(tmp_path / "spool.db", "K1").open()
    spool.add(Press("a1", "DEP", "fr", "normal", "screen", "t1", Moment("b0071d", 5_000, None), MATRICULE))
    cut = after_a_cut(spool, tmp_path)
    ((press, _),) = cut.unfinished()
    assert press.scanned == MATRICULE
    cut.refuse(press, "closed")
    assert [row["scanned"] for row in cut._all("SELECT scanned FROM press")] == [None]
    cut.close()
    spool.close()


def test_a_ticket_that_is_shown_again_goes_with_no_other(kiosk, hub):
    hub.answers["scanned"] = {"words": "scan_ticket", "facts": {"ticket": "R001"}, "service": "", "label": ""}
    assert kiosk.app.scan("GWSABF4K") == Scanned("scan_ticket", {"ticket": "R001"})
