"""Reception asks for a second paper, and the kiosk's printer gives it."""

from __future__ import annotations

from typing import Any

import pytest

from hub.paper import Cut, Text, slip_as_json

pytestmark = pytest.mark.slow  # real sockets, real waits


def paper(job: int, words: str, left_ms: int = 3_000) -> dict[str, Any]:
    slip = slip_as_json((Text("*** DUPLICATA 1 ***"), Text(words, size=4), Cut()))
    return {"job": job, "attempt": 1, "about": "ticket 1", "copy": 1, "slip": slip, "left_ms": left_ms}


def on_paper(printer) -> list[str]:
    return [line.text for slip in printer.slips for line in slip if line.kind == "text" and line.text.strip()]


def test_papers_are_taken_one_by_one_and_their_end_is_told(kiosk, hub, printer):
    hub.give_papers(paper(7, "D001"), paper(8, "D002"))
    told = hub.wait_for("print_report", 2)
    assert [(each["job"], each["attempt"], each["state"]) for each in told] == [
        (7, 1, "confirmed"),
        (8, 1, "confirmed"),
    ]
    assert on_paper(printer) == ["*** DUPLICATA 1 ***", "D001", "*** DUPLICATA 1 ***", "D002"]


def test_a_visitor_at_the_button_is_served_between_two_of_them(kiosk, hub, printer):
    hub.give_papers(paper(7, "D090"))
    kiosk.press()
    assert kiosk.wait("paper")[0].paper == "printed"
    hub.wait_for("print_report")
    assert {"D001", "D090"} <= set(on_paper(printer))


def test_without_paper_it_is_told_and_nothing_pours_out_after_the_refill(kiosk, hub, printer):
    printer.fault("paper_out")
    hub.give_papers(paper(7, "D001", left_ms=400))
    assert hub.wait_for("print_report")[0]["state"] == "failed"
    printer.fault(None)
    hub.give_papers(paper(8, "D002"))
    assert hub.wait_for("print_report", 2)[1]["state"] == "confirmed"
    assert "D001" not in on_paper(printer)


def test_a_report_that_the_hub_refuses_does_not_stop_the_next_paper(kiosk, hub, printer):
    hub.answers["print_report"] = {"error": {"code": "fenced", "message": "somebody else took it over"}}
    hub.give_papers(paper(7, "D001"))
    hub.wait_for("print_report")
    hub.answers["print_report"] = {}
    hub.give_papers(paper(8, "D002"))
    assert hub.wait_for("print_report", 2)[1]["job"] == 8
