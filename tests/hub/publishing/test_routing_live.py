"""What is published does what it says: skills, languages, weights, access and help, at the real counters."""

import threading
from contextlib import suppress

from hub import history_export
from hub.ask import Actor, Ask
from hub.asks import perform
from hub.errors import Refused
from hub.judge import along
from hub.judge.run import Run
from hub.publishing import actions, preview
from hub.queues import actions as queues
from hub.services.request.actions import Asked, send_on
from hub.supervision.pictures import supervision


def proposal(house, **said):
    with house.hub.snapshot() as reader:
        wanted = actions.as_values({name.replace("__", "."): value for name, value in said.items()})
        settings, _ = actions.proposed(house.hub, reader, wanted)
        return preview.effect(house.hub, reader, settings)


def help_pensions(**more):
    return {"code": "PENSIONS", "queue": "PEN", "counters": ["05"], "over_min": 20, "after": 1} | more


def test_a_counter_takes_one_pension_after_each_of_its_own_while_they_wait_over_twenty_minutes(house):
    house.publish(helps__PENSIONS=help_pensions())
    for _ in range(3):
        house.press("pension")
    house.later(minutes=20)
    for _ in range(3):
        house.press("deposit")
    counter = house.counter("05").open("00902F")
    assert counter.serve(minutes=1) == "D001", "twenty minutes sharp are not over twenty, and one of its own first"
    assert counter.serve(minutes=1) == "V001"
    assert counter.why.startswith("en aide à cette file")
    assert [counter.serve(minutes=1) for _ in range(4)] == ["D002", "V002", "D003", "V003"]


def test_who_helps_does_not_stand_idle_and_leaves_a_short_line_alone(house):
    house.publish(helps__PENSIONS=help_pensions(after=3))
    house.press("pension")
    house.later(minutes=19)
    counter = house.counter("05").open("00902F")
    assert counter.next() is None, "nobody there has waited twenty minutes"
    house.later(minutes=2)
    assert counter.next() == "V001", "nobody of its own waits: at once"


def test_whoever_of_its_own_has_waited_too_long_goes_before_those_it_helps(house):
    house.publish(helps__PENSIONS=help_pensions())
    house.press("deposit")
    house.press("deposit")
    house.later(minutes=70)
    house.press("pension")
    house.later(minutes=21)
    counter = house.counter("05").open("00902F")
    assert [counter.serve(minutes=0.1) for _ in range(3)] == ["D001", "D002", "V001"]


def test_a_skill_of_nought_calls_nobody_and_an_expert_a_little_sooner(house):
    house.publish(counters__05__services=["DEP", "PEN"])
    house.press("pension")
    house.later(minutes=4)
    house.press("deposit")
    house.publish(profiles__00902F={"agent": "00902F", "skills": {"PEN": 0}, "languages": []})
    counter = house.counter("05").open("00902F")
    assert counter.serve(minutes=0.1) == "D001"
    assert counter.next() is None
    house.publish(profiles__00902F={"agent": "00902F", "skills": {"DEP": 3}, "languages": []})
    house.press("deposit")
    assert counter.serve(minutes=0.1) == "D002", "five minutes more for what she knows best beat four of waiting"
    assert counter.serve(minutes=0.1) == "V001"


def test_a_weight_at_a_counter_is_minutes_there_and_nowhere_else(house):
    house.publish(counters__05__services=["DEP", "PEN"], counters__05__weights={"PEN": 10})
    house.press("deposit")
    house.later(minutes=9)
    house.press("pension")
    assert house.counter("05").open("00902F").next() == "V001"
    assert house.counter("06").open("00907F").next() == "D001"


def test_who_speaks_english_is_kept_ten_minutes_for_the_counter_that_does(house):
    house.publish(counters__06__languages=["fr", "en"])
    house.counter("05").open("00902F")
    house.counter("06").open("00907F")
    house.give("deposit", language="en")
    house.give("deposit")
    assert house.counter("05").next() == "D002"
    house.counter("05").start().finish()
    assert house.counter("05").next() is None
    house.later(minutes=10)
    assert house.counter("05").next() == "D001", "a preference, and no lock"


def test_a_wish_that_no_open_counter_meets_holds_nobody_up(house):
    house.publish(counters__06__languages=["fr", "en"])
    house.counter("05").open("00902F")
    house.give("deposit", language="en")
    assert house.counter("05").next() == "D001"


def test_a_language_that_is_needed_is_waited_for_and_the_board_says_that_nobody_speaks_it(house):
    house.publish(services__DEP__language_needed=True)
    house.counter("05").open("00902F")
    house.give("deposit", language="en")
    house.later(minutes=40)
    assert house.counter("05").next() is None
    with house.hub.snapshot() as reader:
        alerts = [alert.text for alert in supervision(house.hub, reader).alerts]
    assert any("D001" in text for text in alerts), alerts


def test_who_comes_in_a_wheelchair_is_kept_for_the_counter_on_the_level(house):
    house.counter("05").open("00902F")
    house.counter("06").open("00907F")
    house.give("deposit", priority="reduced_mobility")
    assert house.counter("06").next() is None
    assert house.counter("05").next() == "D001"


def test_who_brings_the_paper_of_a_request_is_kept_for_the_agent_who_wrote_it_down(house):
    judith = Actor(agent="00815D", roles=frozenset({"clerk"}))
    house.counter("02").open("00815D")
    house.counter("03").open("00816D")
    asked = Asked(what="inquiry", reason="missing_months", text="Trois mois manquent.", visitor="BAMOU Jérôme")
    label = send_on(house.hub, house.ask(judith), asked=asked, why="not_convinced", service="24")["label"]
    kiosk = Actor(device="K1", roles=frozenset({"kiosk"}))

    def presses(service, key):
        ticket = perform(house.hub, kiosk, "issue", {"key": key, "service": service, "scanned": label})
        paper = {"issue": key, "label": ticket["label"], "service": service, "key": f"paper of {key}"}
        perform(house.hub, kiosk, "printed", paper)

    presses("RAS", "one")
    assert house.counter("03").next() is None, "her own file, so her own agent"
    assert house.counter("02").next() == "A001"
    assert house.counter("02").why.startswith("pour ce guichet")
    presses("DEP", "two")
    assert house.counter("05").open("00902F").next() == "D001", "her agent calls no deposits: nobody is kept for her"


def test_nobody_is_wanted_at_a_counter_that_serves_them_no_more(house):
    house.counter("05").open("00902F")
    house.counter("06").open("00907F")
    house.give("deposit", counter="05")
    house.publish(counters__05__services=["PEN"])
    assert house.counter("06").next() == "D001"


# --- the preview is the selection -----------------------------------------------------------------


def test_the_preview_says_who_would_be_called_and_then_they_are(house):
    for errand in ("deposit", "pension", "deposit", "pension"):
        house.press(errand)
        house.later(minutes=3)
    house.counter("05").open("00902F")
    found = proposal(house, counters__05__services=["DEP", "PEN"])
    assert (found.waiting, found.open_counters) == (4, 1)
    before = {one.service: (one.before.left, one.after.left) for one in found.queues}
    assert before == {"DEP": (0, 0), "PEN": (2, 0)}
    assert house.settings == house.hub.files, "looking changes nothing"
    assert house.counter("05").next() == "D001"
    house.publish(counters__05__services=["DEP", "PEN"])
    house.counter("05").start().finish()
    told = proposal(house, counters__05__services=["PEN", "DEP"])
    assert told.sooner == told.later == 0, "the order in which services are named is no order of calls"
    assert house.counter("05").next() == "V001"


def test_the_preview_of_an_empty_hall_or_of_closed_counters_says_so(house):
    assert proposal(house, queue__max_wait_min=45).waiting == 0
    house.press("deposit")
    found = proposal(house, queue__max_wait_min=45)
    assert (found.waiting, found.open_counters, found.sooner) == (1, 0, 0)


# --- together -------------------------------------------------------------------------------------


def test_each_call_is_by_the_version_that_stands_at_its_place_in_the_journal(house):
    """Calls and publications come at once; the judge works every call out again by the version before it."""
    agents = {"05": "00902F", "06": "00907F", "03": "00816D", "02": "00815D"}
    for code, agent in agents.items():
        house.counter(code).open(agent)
    for _ in range(25):
        for errand in ("deposit", "inquiry", "pension"):
            house.give(errand)
    house.publish(counters__05__services=["PEN"])
    assert house.counter("05").serve(minutes=0) == "V001"
    threads = [threading.Thread(target=calls, args=(house.hub, code, agent, 14)) for code, agent in agents.items()]
    for thread in threads:
        thread.start()
    number = 0
    while any(thread.is_alive() for thread in threads):
        services = (["DEP", "PEN"], ["DEP"], ["DEP", "PEN", "RAS"])[number % 3]
        house.publish(counters__05__services=services, counters__06__weights={"DEP": number % 30 + 1})
        number += 1
    final = [*history_export.event_lines(house.hub.reader.execute("SELECT * FROM journal ORDER BY seq"))]
    facts = {"config": history_export.config_of(house.hub.files), "complete": True}
    told = along.replayed(Run([], final, facts))
    assert sum(one.kind == "claim" for one in told) > 20
    assert [one.wrong for one in told if one.wrong] == []
    stale = [line for line in final if not (line["kind"] == "routing.publish" and line["key"])]
    assert any(one.wrong for one in along.replayed(Run([], stale, facts))), "calls by a version that did not stand"


def calls(hub, code, agent, rounds):
    """One visit after the other; an empty queue has nobody to start with."""
    for number in range(rounds):
        for step in ("call_next", "start", "finish"):
            with suppress(Refused):
                getattr(queues, step)(hub, Ask(Actor(agent=agent), f"{code} {number} {step}"), counter=code)
    hub.store.give_back()
