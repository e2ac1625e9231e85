"""E19: every role at every route and every ask of the whole hub, asserted cell by cell from the one table.

The hub is wired as it is served, so a route that somebody adds is here by itself; one without a row of
`hub/agents/rights.py` does not even start. What a cell says is tried at the door: refused is 401 or 403 and nothing
else, allowed is anything else but a fault of ours.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from werkzeug.routing import IntegerConverter

from display.voice import Voice
from hub import asks, wsgi
from hub.agents import actions, cookie, csrf, refusals, rights, second_factor, sessions
from hub.agents.model import DEVICE_KINDS, ENROLLING, LOCKED, NEWCOMER, PROVING, ROLES
from hub.app import what_of
from hub.ask import HUB, Actor, Ask
from hub.errors import ConfigurationFault, NotAllowed, Refused
from hub.services.ports import load
from hub.settings_files import load_settings
from tests.hub.desk.house import new_house

pytestmark = pytest.mark.slow
WAYS_IN = (NEWCOMER, PROVING, ENROLLING, LOCKED)
EVERYBODY = (None, *ROLES, *DEVICE_KINDS, *WAYS_IN)
SAMPLES = {"code": "05", "name": "K1", "ticket": "T", "filename": "none.css", "box": "kiosk"}
SECRET = "une phrase facile a retenir"


@dataclass
class Office:
    """The hub as it is served, and somebody of each role in it."""

    app: Any
    tokens: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)

    @property
    def hub(self):
        return self.app.extensions["mbote"]

    def code(self, role: str) -> str:
        """The agent of a role; those on the way in are supervisors, the locked one a clerk."""
        return f"{(*ROLES, *WAYS_IN).index(role):05d}Z"

    def hire(self) -> Office:
        for role in (*ROLES, *WAYS_IN):
            wanted = role if role in ROLES else "clerk" if role == LOCKED else "supervisor"
            actions.add_agent(self.hub, Ask(HUB), code=self.code(role), name=role, roles=[wanted])
        for kind in DEVICE_KINDS:
            self.tokens[kind] = actions.pair(self.hub, Ask(HUB), kind=kind, name=f"X-{kind.upper()}")["token"]
        return self

    def session(self, role: str) -> str:
        """A session in which this role acts, made again when the last one is gone."""
        value = self.sessions.get(role)
        if value is None or sessions.roles_of(self.hub, value) != {role}:
            self.sessions[role] = value = self._begun(role)
        assert sessions.roles_of(self.hub, value) == {role}
        return value

    def _begun(self, role: str) -> str:
        code = self.code(role)
        if role in ROLES:
            return second_factor.vouched(self.hub, Ask(HUB), code)
        one_shot = second_factor.forget(self.hub, Ask(HUB), code=code)["one_shot"]
        value = actions.sign_in(self.hub, Ask(Actor()), code=code, secret=one_shot)["session"]
        if role == NEWCOMER:
            return value
        value = actions.choose_secret(self.hub, Ask(Actor(agent=code)), secret=SECRET)["session"]
        if role == LOCKED:
            sessions.lock(self.hub, value)
        if role == PROVING:
            second_factor.vouched(self.hub, Ask(HUB), code)
            with self.hub.store.transaction(Ask(HUB)) as tx:
                tx.record(second_factor.SecondFactorEnrolled(code, 0))
            value = actions.sign_in(self.hub, Ask(Actor()), code=code, secret=SECRET)["session"]
        return value

    def ask(self, role: str | None, rule: Any, method: str) -> Any:
        """What the door answers."""
        path = path_of(rule)
        client = self.app.test_client()
        headers = {"Accept": "application/json", "Sec-Fetch-Site": "same-origin"}
        if role in self.tokens:
            headers["Authorization"] = f"Bearer {self.tokens[role]}"
        elif role is not None:
            session = self.session(role)
            client.set_cookie(cookie._PLAIN, session)
            headers[csrf.HEADER] = csrf.token_for(session)
        body = {"json": {}} if path.startswith(("/api/", "/pairing")) else {"data": {}}
        return client.open(path, method=method, headers=headers, **(body if method == "POST" else {}))


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    house = new_house(tmp_path_factory.mktemp("whole"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wsgi, "HOUSEKEEPING_S", 86_400)
        # as fast as it goes: how many are let in a second is the door's test
        limits = {"hub": {"requests_per_s": 10_000}}
        built = Office(wsgi.build(load_settings(house.folder, limits)))
    yield built.hire()
    built.hub.store.close()


def path_of(rule):
    """An address that this route takes, with something in each of its places."""
    values = {}
    for name, converter in rule._converters.items():
        choices = sorted(getattr(converter, "items", ()))
        number = isinstance(converter, IntegerConverter)
        values[name] = choices[0] if choices else 1 if number else SAMPLES.get(name, "x")
    return rule.build(values)[1]


def cells(app):
    for rule in app.url_map.iter_rules():
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            yield rule, method


def refused_by_the_table(answer) -> bool:
    """Not by a rule of the room that was asked: those say more than "may not do this"."""
    if answer.status_code not in (401, 403):
        return False
    error = (answer.get_json(silent=True) or {}).get("error", {})
    return error.get("code") in ("not_authenticated", "screen_locked") or "may not do this" in error.get("message", "")


@pytest.mark.parametrize("role", EVERYBODY, ids=str)
def test_every_route_lets_in_whom_the_table_says_and_nobody_else(office, role):
    wrong = []
    for rule, method in cells(office.app):
        what = what_of(rule.endpoint)
        open_to_all = what in rights.PUBLIC or rights.is_static(what)
        may = open_to_all or role in rights.RIGHTS[what]
        answer = office.ask(role, rule, method)
        if answer.status_code >= 500 or refused_by_the_table(answer) is may:
            wrong.append(
                (method, rule.rule, "may" if may else "may not", answer.status_code, answer.get_data(True)[:80])
            )
    assert wrong == []


@pytest.mark.parametrize("role", EVERYBODY, ids=str)
def test_every_ask_of_the_socket_too(office, role):
    actor = Actor(
        agent=office.code(role) if role in (*ROLES, *WAYS_IN) else None,
        device=f"X-{role.upper()}" if role in DEVICE_KINDS else None,
        roles=frozenset({role} if role else ()),
    )
    for what in asks.ASKS:
        with pytest.raises(Refused) as refused:
            asks.perform(office.hub, actor, what, {})
        shut = isinstance(refused.value, NotAllowed) and "may not ask for" in refused.value.message
        assert shut is (role not in rights.RIGHTS[what]), what


#: Event of a live line → who is sent it; nobody on their way in, and nobody without a token, is sent anything.
PICTURES = {
    "board": {"display", "api"},
    "counters": {"panel", "supervisor", "executive"},
    "desk": {
        "receptionist", "clerk", "validator", "collections_cashier", "benefits_cashier", "case_officer",
        "medical_officer",
    },
    "kiosk": {"kiosk"},
    "printers": {"printer"},
    "supervision": {"supervisor", "executive", "auditor"},
}  # fmt: skip


def test_every_picture_goes_to_whom_it_is_for_and_nobody_else(office):
    settings = office.hub.settings
    screens = wsgi.screens(office.hub, Voice(settings), load(settings.counter_services))
    assert {screen.event for screen in screens} == PICTURES.keys(), "a picture without a row"
    for screen in screens:
        sent = {role for role in EVERYBODY if screen.takes(Actor(roles=frozenset({role} if role else ())))}
        assert sent == PICTURES[screen.event], screen.event


def test_the_executive_s_every_other_try_is_403_and_in_the_journal(office):
    """R-007: whoever decides reads, and does nothing else."""
    role, shut = "executive", set()
    code = office.code(role)
    for rule, method in cells(office.app):
        what = what_of(rule.endpoint)
        if what in rights.PUBLIC or rights.is_static(what) or role in rights.RIGHTS[what]:
            continue
        assert office.ask(role, rule, method).status_code == 403
        shut.add(what)
    rows = office.hub.reader.execute("SELECT payload FROM journal WHERE kind = 'access_refused' AND actor = ?", (code,))
    assert {json.loads(row["payload"])["what"] for row in rows} >= shut
    assert len(shut) > 40


def test_a_refusal_repeated_is_journalled_once_a_minute(office):
    before = office.hub.store.head[0]
    actor = Actor(agent=office.code("auditor"), roles=frozenset({"auditor"}))
    for _ in range(1_000):
        refusals.of(office.hub).note(actor, "a.page")
    assert office.hub.store.head[0] == before + 1


def test_a_route_without_a_row_does_not_start(office):
    from hub.app import _all_declared  # noqa: PLC0415

    office.app._got_first_request = False
    office.app.add_url_rule("/new", "new.page", lambda: "")
    with pytest.raises(ConfigurationFault, match=r"new\.page declares no roles"):
        _all_declared(office.app)


def test_what_a_counter_s_agent_may_at_another_s_counter_is_nothing(office):
    """The owner's column of the matrix: a seat is worked by who sits there."""
    clerk = Actor(agent=office.code("clerk"), roles=frozenset({"clerk"}))
    for what, spec in asks.ASKS.items():
        if "counter" in spec.body.model_fields and what not in ("issue", "open") and "clerk" in rights.RIGHTS[what]:
            needed = {name: "T" for name, one in spec.body.model_fields.items() if one.is_required()}
            with pytest.raises(NotAllowed) as refused:
                asks.perform(office.hub, clerk, what, needed | {"key": what, "counter": "05"})
            assert refused.value.reason == "other_counter", what
