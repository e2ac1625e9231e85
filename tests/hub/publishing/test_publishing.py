"""A version counts from its place in the journal on, over restarts and kills, until its file is changed."""

import json
import os
import signal

import pytest

from hub.errors import Refused, Unreadable
from hub.publishing import rules, store
from hub.rooms import brought
from hub.services import ports
from hub.verify import Rooms, verify
from tests.hub.publishing.conftest import Agency
from tests.office import SUPERVISOR

FROM_THE_FILES = ("RAS",)


def versions(house):
    with house.hub.snapshot() as reader:
        return list(store.versions(reader))


def test_what_the_files_say_is_where_it_begins(house):
    first = versions(house)
    assert [one.origin for one in first] == ["file"] * len(first)
    named = {name for one in first for name, _, _, _ in one.changes}
    assert named == rules.values_of(house.hub.files).keys()
    assert house.settings == house.hub.files, "nothing is published yet, and nothing is lost on the way"


def test_the_next_call_at_a_counter_may_be_of_a_service_that_was_just_published_there(house):
    """Requirements B.3: service D at counter 03 at 09:15; the next *Suivant* there may call it."""
    house.at("09:15:00").press("deposit")
    house.counter("03").open("00816D")
    assert house.counter("03").next() is None
    house.publish(counters__03__services=["RAS", "DEP"])
    assert house.counter("03").next() == "D001"
    told = json.loads(house.hub.reader.execute(
        "SELECT payload FROM journal WHERE kind = 'configuration_published' ORDER BY seq DESC"
    ).fetchone()[0])  # fmt: skip
    assert told["changes"] == [["counters.03.services", '["RAS"]', '["RAS","DEP"]', '["RAS"]']]
    assert versions(house)[0].agent == "00411A"


def test_it_counts_on_after_a_restart_and_a_kill_until_the_same_line_of_the_file_is_changed(house):
    house.publish(counters__03__services=["RAS", "DEP"], queue__max_wait_min=45)
    house.starts_again()
    assert (house.serves("03"), house.settings.queue.max_wait_min) == (("RAS", "DEP"), 45)
    assert house.hub.files.counter("03").services == FROM_THE_FILES

    house.starts_again({"queue": {"priority_run": 5}})
    assert house.settings.queue.priority_run == 5, "another line was changed, and counts"
    assert house.settings.queue.max_wait_min == 45, "this one was not"

    house.starts_again({"queue": {"priority_run": 5, "max_wait_min": 60}})
    assert house.settings.queue.max_wait_min == 60, "the file has the last word said"
    assert house.serves("03") == ("RAS", "DEP")
    assert versions(house)[0].origin == "file"
    assert verified(house) == []


def verified(house):
    house.hub.store.close()
    whole = brought(ports.load(house.hub.files.counter_services))
    found = verify(house.folder, Rooms(whole.appliers, whole.migrations, whole.state_tables)).problems
    house.starts_again({"queue": {"priority_run": 5, "max_wait_min": 60}})
    return found


def test_what_no_longer_fits_the_files_gives_way_whole_and_says_so(house, tmp_path):
    house.publish(counters__03__services=["RAS", "DEP"])
    counters = [c.model_dump(mode="json") for c in house.hub.files.counters]
    services = [s.model_dump(mode="json") for s in house.hub.files.services if s.code != "DEP"]
    without = [c | {"services": [s for s in c["services"] if s != "DEP"] or ["RAS"]} for c in counters]
    files = {"services": services, "counters": without, "kiosk": {"buttons": []}, "displays": []}
    house.starts_again(files)
    assert house.serves("03") == FROM_THE_FILES
    assert versions(house)[0].origin == "misfit"


def test_a_process_that_is_killed_after_the_answer_has_published(tmp_path):
    process = os.fork()
    if not process:
        Agency(tmp_path / "data").publish(counters__03__services=["RAS", "DEP"])
        os.kill(os.getpid(), signal.SIGKILL)
    _, ended = os.waitpid(process, 0)
    assert os.WTERMSIG(ended) == signal.SIGKILL
    house = Agency(tmp_path / "data")
    assert house.serves("03") == ("RAS", "DEP")
    house.hub.store.close()


def test_a_version_is_taken_back_by_one_more(house):
    first = house.publish(counters__03__services=["RAS", "DEP"])["version"]
    house.publish(counters__03__weights={"DEP": 5}, queue__max_wait_min=45)
    house.back_before(first)
    assert house.serves("03") == FROM_THE_FILES
    assert (house.settings.queue.max_wait_min, house.settings.counter("03").weights) == (90, {})
    newest = versions(house)[0]
    assert (newest.undoes, newest.origin) == (first, "screen")
    with pytest.raises(Refused, match="what the files say"):
        house.back_before(1)
    house.back_before(newest.version)
    assert house.serves("03") == ("RAS", "DEP"), "and what took it back is taken back alike"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"counters__03__services": ["RAS"]}, "nothing_changed"),
        ({"counters__08__services": ["DEP"]}, "service_alone"),
        ({"counters__03__services": []}, "counter_alone"),
        ({"counters__03__services": ["XXX", "RAS"]}, "misfit"),
        ({"counters__03__weights": {"PEN": 5}}, "misfit"),
        ({"queue__max_wait_min": 0}, "misfit"),
        ({"queue__max_wait_min": "soon"}, "misfit"),
        ({"profiles__00902F": {"agent": "00902F", "skills": {"DEP": 9}}}, "misfit"),
        ({"helps__X": {"code": "X", "queue": "PEN", "counters": ["99"]}}, "misfit"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_changes(untouched, said, code):
    house = untouched
    before = house.hub.store.head
    with pytest.raises(Refused) as refused:
        house.publish(**said)
    assert refused.value.reason == code
    assert house.hub.store.head == before
    assert house.settings == house.hub.files


def test_without_a_motive_or_over_an_effect_that_is_old_nothing_is_published(house):
    with pytest.raises(Unreadable, match="say why"):
        house.publish("  ", queue__max_wait_min=45)
    from hub.publishing import actions  # noqa: PLC0415

    house.publish(queue__max_wait_min=45)
    with pytest.raises(Refused) as refused:
        actions.publish(house.hub, house.ask(SUPERVISOR), wanted={"queue.max_wait_min": "50"}, reason="x", seen=1)
    assert refused.value.reason == "published_meanwhile"


def test_many_changes_are_as_many_entries_as_a_line_of_the_export_can_hold(house):
    said = {f"profiles__009{n:02d}F": {"agent": f"009{n:02d}F", "skills": {"DEP": 3, "PEN": 0}, "languages": ["fr"]}
            for n in range(90)}  # fmt: skip
    house.publish(**said)
    assert len(house.settings.profiles) == 90
    longest = max(len(row[0]) for row in house.hub.reader.execute(
        "SELECT payload FROM journal WHERE kind = 'configuration_published'"
    ))  # fmt: skip
    assert longest < 8_000
