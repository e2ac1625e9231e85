"""A room's own page of refusals that cannot be drawn: the common answer says why, and nobody sees a traceback."""

import sqlite3
from types import SimpleNamespace

import pytest
from flask import Blueprint

from hub.app import _add_errors, _App
from hub.errors import NotFound, Refused, StoreFault


def damaged():
    error = sqlite3.DatabaseError("database disk image is malformed")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def answered(fault):
    app, room = _App("hub"), Blueprint("room", __name__)
    store = SimpleNamespace(unreadable=lambda error: StoreFault(str(error)))
    _add_errors(app, SimpleNamespace(store=store))

    @room.get("/refused")
    def page():
        raise Refused("not now", code="not_now")

    @room.errorhandler(Refused)
    def own(_):
        raise fault

    app.register_blueprint(room)
    answer = app.test_client().get("/refused", headers={"Accept": "application/json"})
    return answer.status_code, answer.get_json()["error"]["code"]


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (NotFound("nothing of that name", code="unknown_till"), 404, "unknown_till"),
        (StoreFault("Input/output error"), 503, "not_stored"),
        (damaged(), 503, "not_stored"),
    ],
)
def test_what_goes_wrong_on_a_page_of_refusals_has_the_common_answer(fault, status, code):
    assert answered(fault) == (status, code)
