"""What one agent sees, told as a morning at the office."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from hub.agents import store as agent_store
from hub.agents.migrations import migrations as agent_migrations
from hub.agents.model import AgentAdded
from hub.ask import HUB, Ask
from hub.context import Hub
from hub.desk.pictures import Desks
from hub.desk.thread import ICONS
from hub.queues import appliers as queue_appliers
from hub.queues import model
from hub.queues.migrations import migrations as queue_migrations
from hub.say import words
from hub.services.ports import Pending
from hub.staff_pictures import Desk
from hub.store import Store
from hub.visits import store as visit_store
from hub.visits.migrations import migrations as visit_migrations
from hub.wire import as_json
from tests.office import Office, demo_settings

ROSE, JEAN = "00902F", "01016E"
ROOT = Path(__file__).parents[3]


@pytest.fixture
def office(tmp_path, clock):
    """The agency with its day open, and two clerks who work there."""
    store = Store(
        tmp_path / "data",
        appliers=queue_appliers.APPLIERS | agent_store.APPLIERS | visit_store.APPLIERS,
        migration_sets=(queue_migrations, agent_migrations, visit_migrations),
        clock=clock,
    )
    house = Office(Hub(demo_settings(), store), clock).open_day()
    with store.transaction(Ask(HUB)) as tx:
        tx.record(AgentAdded(ROSE, "MABIALA Rose", ("clerk",)))
        tx.record(AgentAdded(JEAN, "OKEMBA Jean", ("clerk",)))
    yield house
    store.close()


def desk(office, agent=ROSE, services=()) -> Desk:
    return Desks(office.hub, services).picture(office.hub.reader, agent)


def steps(office, agent=ROSE):
    return [step.step for step in desk(office, agent).steps]


def step(office, name):
    return next((one for one in desk(office).steps if one.step == name), None)


def test_who_is_at_no_counter_sees_the_places_and_who_is_there(office):
    office.counter("05").open(JEAN)
    seen = desk(office)
    assert seen.counter is None
    assert [(s.agent_name, s.state) for s in seen.seats if s.agent] == [("OKEMBA Jean", "free")]


def test_the_line_is_the_order_in_which_they_are_then_called(office):
    for _ in range(3):
        office.press("deposit")
        office.later(minutes=2)
    office.give("deposit", priority="reduced_mobility")
    office.give("pension")
    counter = office.counter("05").open(ROSE)
    said = [(one.ticket, one.why) for one in desk(office).upcoming]
    assert said[0] == ("D004", "priorité : mobilité réduite")
    called = []
    while counter.next():
        called.append(counter.ticket)
        counter.start().finish()
    assert called == [label for label, _ in said] == ["D004", "D001", "D002", "D003"]


def test_a_visitor_who_came_back_lets_others_pass_in_the_line_too(office):
    counter = office.counter("05").open(ROSE)
    gone = office.press("deposit")
    counter.next()
    office.later(seconds=30)
    counter.recall()
    office.later(seconds=40)
    counter.absent()
    for _ in range(4):
        office.press("deposit")
    office.comes_back(gone)
    assert [one.ticket for one in desk(office).upcoming] == ["D002", "D003", "D004", "D001", "D005"]


def test_what_is_needed_to_greet_is_there_at_the_call(office):
    office.give("deposit", priority="infant", language="en", category="proxy")
    office.later(minutes=18)
    office.counter("05").open(ROSE).next()
    visit = desk(office).visit
    assert (visit.ticket, visit.waited_s, visit.state) == ("D001", 18 * 60, "called")
    assert visit.facts == ("Anglais", "Nourrisson", "Par procuration")
    assert visit.why == ""  # said by the fact


def test_a_key_waits_for_its_moment_and_says_how_long(office):
    office.press("deposit")
    counter = office.counter("05").open(ROSE)
    counter.next()
    assert (step(office, "recall").after_s, step(office, "recall").why) == (20, "too_soon")
    assert (step(office, "no_show").after_s, step(office, "no_show").why) == (0, "too_few_calls")
    assert step(office, "release").until_s == 15
    office.later(seconds=20)
    assert step(office, "recall").why == ""
    assert step(office, "release") is None
    counter.recall()
    assert step(office, "no_show").after_s == 40


def test_after_the_last_recall_absent_comes_first(office):
    office.press("deposit")
    counter = office.counter("05").open(ROSE)
    counter.next()
    assert steps(office)[0] == "start"
    for _ in range(2):
        office.later(seconds=30)
        counter.recall()
    assert steps(office)[0] == "no_show"
    assert "recall" not in steps(office)


def test_every_offered_step_is_one_that_the_hub_does(office):
    """No key promises what the rules refuse: what is offered without a wait is done."""
    office.press("deposit")
    counter = office.counter("05").open(ROSE)
    assert "resume" not in steps(office)  # nothing is on hold
    counter.next()
    counter.start()
    counter.hold("Photocopie")
    assert "resume" in steps(office)
    counter.resume()
    assert counter.state == "serving"


def test_a_visit_put_aside_waits_on_the_left_with_its_motive(office):
    office.press("deposit")
    counter = office.counter("05").open(ROSE)
    counter.next()
    counter.start()
    counter.hold("Photocopie")
    office.later(minutes=7)
    assert [(h.ticket, h.held_s, h.reason) for h in desk(office).on_hold] == [("D001", 7 * 60, "Photocopie")]


def test_the_last_step_can_be_taken_back_for_a_minute(office):
    office.press("deposit")
    counter = office.counter("05").open(ROSE)
    counter.next()
    counter.start()
    counter.finish()
    office.later(seconds=15)
    undo = desk(office).undo
    assert (undo.step, undo.ticket, undo.left_s) == ("finish", "D001", 45)
    office.later(seconds=46)
    assert desk(office).undo is None


def test_the_thread_tells_the_visit_and_what_services_add_to_it(office):
    office.press("deposit")
    office.later(minutes=4)
    counter = office.counter("05").open(ROSE)
    counter.next()
    office.later(minutes=1)
    counter.start()
    at = office.clock.now().at
    line = SimpleNamespace(at=at + 1, icon="file-text", said=lambda _: "Dépôt en cours : 6 pièces")
    service = SimpleNamespace(thread=lambda _reader, _ticket: (line,), pending=lambda *_: (), roles=frozenset())
    assert [(e.at, e.text) for e in desk(office, services=(service,)).thread] == [
        ("07:20", "Ticket D001 à la borne"),
        ("07:24", "Appelé au guichet 05"),
        ("07:25", "Au guichet 05"),
        ("07:25", "Dépôt en cours : 6 pièces"),
    ]


def test_pending_work_is_shown_to_the_roles_of_its_service_alone(office):
    office.counter("05").open(ROSE)
    work = Pending("drafts", "deposit.pending_drafts", 3, 0, "/desk/deposit")
    parts = {"name": "deposit", "thread": lambda *_: (), "pending": lambda *_: (work,)}
    clerks = SimpleNamespace(roles=frozenset({"clerk"}), **parts)
    cashiers = SimpleNamespace(roles=frozenset({"benefits_cashier"}), **parts)
    assert [p.text for p in desk(office, services=(clerks,)).pending] == ["Dépôts à terminer"]
    assert desk(office, services=(cashiers,)).pending == ()


def test_the_picture_follows_its_agent_to_another_counter(office):
    office.counter("05").open(ROSE)
    office.counter("06").open(ROSE, take_over=True)
    assert desk(office).counter.counter == "06"


def test_what_desks_share_is_read_anew_once_something_was_recorded(office):
    desks = Desks(office.hub, ())
    office.counter("05").open(ROSE)
    assert desks.picture(office.hub.reader, ROSE).upcoming == ()
    label = office.press("deposit")
    assert [one.ticket for one in desks.picture(office.hub.reader, ROSE).upcoming] == [label]
    office.later(minutes=3)
    assert desks.picture(office.hub.reader, ROSE).upcoming[0].waited_s == 180


def test_a_busy_picture_stays_small(office):
    office.counter("05").open(ROSE)
    for _ in range(60):
        office.give("deposit", priority="reduced_mobility")
    office.counter("05").next()
    assert len(str(as_json(desk(office)))) < 8_000


def test_every_kind_of_ticket_event_is_told_or_left_out_on_purpose():
    told = {kind for kind in vars(model).values() if isinstance(kind, type) and issubclass(kind, model.TicketEvent)}
    kinds = {kind.kind for kind in told - {model.TicketEvent}}
    assert kinds - ICONS.keys() == {"paper_reported"}
    for kind in ICONS:
        assert any(name.startswith(f"thread_{kind}") for name in words("fr", "desk")), kind


def test_every_refusal_has_words_for_agents():
    """Each code that the rooms raise is said in errors.toml, or by the service itself: an agent never reads a code."""
    raised = re.compile(r'code(?:: ClassVar\[str\])? ?= ?"([a-z_]+)"')
    rooms = ("queues", "agents", "printing", "services")
    files = [ROOT / "hub" / name for name in ("errors.py", "asks.py", "app.py")]
    files += [file for room in rooms for file in (ROOT / "hub" / room).rglob("*.py")]
    codes = {(code, service_of(file)) for file in files for code in raised.findall(file.read_text("utf-8"))}
    assert len(codes) > 40
    unsaid = {code for code, _ in codes} - words("fr", "errors").keys()
    # what a service still needs is asked, and refused, where services and counters are published
    said = {of: words("fr", of).keys() | words("fr", "publishing").keys() for _, of in codes}
    assert {code for code, of in codes if code in unsaid and f"refused_{code}" not in said[of]} == set()
    assert "till_open" in words("fr", "errors"), "a guard speaks at other rooms' doors"


def service_of(file):
    """Whose pages say a refusal of that file first."""
    return file.parent.name if file.parent.parent.name == "services" else "errors"


@pytest.mark.parametrize("room", ["desk", "errors"])
def test_both_languages_say_the_same(room):
    assert words("fr", room).keys() == words("en", room).keys()
    for name, sentence in words("fr", room).items():
        filled = re.compile(r"\{(\w+)\}")
        assert set(filled.findall(sentence)) == set(filled.findall(words("en", room)[name])), name
