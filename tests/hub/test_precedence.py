"""Who asks for a change goes before who reads for long, and nobody waits for ever."""

from __future__ import annotations

import threading
import time

import pytest

from hub import precedence
from hub.app import Rooms, create_app
from hub.bench.rig import free_port
from hub.demo.agency import prepare
from hub.precedence import Precedence
from hub.rooms import open_hub
from tests.patience import patience


def test_a_long_reading_stops_between_two_pieces_while_somebody_asks(monkeypatch):
    monkeypatch.setattr(precedence, "MOST_S", 60.0)
    order, passed = Precedence(), threading.Event()
    with order.asking():
        reading = threading.Thread(target=lambda: (list(order.between(range(3))), passed.set()))
        reading.start()
        assert not passed.wait(0.05)
    assert passed.wait(patience(5)), "the reading goes on once the ask is answered"
    reading.join()


def test_two_who_ask_are_both_answered_first(monkeypatch):
    monkeypatch.setattr(precedence, "MOST_S", 60.0)
    order, passed = Precedence(), threading.Event()
    order.begin()
    order.begin()
    order.end()
    reading = threading.Thread(target=lambda: (order.let_pass(), passed.set()))
    reading.start()
    assert not passed.wait(0.05)
    order.end()
    assert passed.wait(patience(5))
    reading.join()


def test_who_asks_for_long_stops_nobody_for_long():
    order = Precedence()
    with order.asking():
        began = time.monotonic()
        assert list(order.between("ab")) == ["a", "b"]
        assert time.monotonic() - began >= 2 * precedence.MOST_S


def test_an_ask_that_is_refused_or_breaks_is_over():
    order = Precedence()
    with pytest.raises(ValueError, match="broken"), order.asking():
        raise ValueError("broken")
    assert repr(order) == "<Precedence 0 asking>"


@pytest.fixture
def hub(tmp_path):
    folder = tmp_path / "agency"
    built = open_hub(prepare(folder, free_port()).settings)
    yield built
    built.store.close()


def test_nobody_is_left_asking_after_requests_of_every_kind(hub):
    """Refused, unknown, unreadable, broken: the count is back at nothing, else readings crawl from then on."""
    app = create_app(hub, Rooms(pages=(), board=lambda _: {}, statistics=lambda reader, query: {}))
    browser = app.test_client()
    answers = [
        browser.post("/api/v1/tickets", json={"service": "DEP"}).status_code,
        browser.post("/nowhere").status_code,
        browser.post("/api/v1/tickets", data=b"{", content_type="application/json").status_code,
        browser.post("/api/v1/tickets", data=b"x" * 2_000_000).status_code,
        browser.get("/healthz").status_code,
    ]
    assert answers[:2] == [401, 404]
    assert repr(hub.precedence) == "<Precedence 0 asking>"
    with app.test_request_context("/api/v1/tickets", method="POST"):
        app.preprocess_request()
        assert repr(hub.precedence) == "<Precedence 1 asking>"
    assert repr(hub.precedence) == "<Precedence 0 asking>"
