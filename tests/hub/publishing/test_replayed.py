"""A day lived at the real counters and replayed: the same calls, for the replay knows what routing knew then."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest

from hub.publishing import actions
from hub.publishing import store as published
from hub.publishing.rules import values_of
from hub.supervision import replay, store, whatif
from tests.hub.publishing.conftest import Agency

pytestmark = pytest.mark.slow  # real files

DAY = "2026-03-02"
MINUTES = 150
#: Help is due just after a minute, so people press just after it too.
JUST_AFTER = range(4)
HELP = {"code": "PENSIONS", "queue": "PEN", "counters": ["05"], "over_min": 8, "after": 1}
SITTING = {"05": "00902F", "06": "00907F", "08": "00911F"}


def comers(seed: int) -> dict[int, list[tuple[str, dict[str, object]]]]:
    """Who comes in which minute, for what: more than three counters can serve."""
    chance = Random(seed)  # noqa: S311 (a story, no secret)
    found: dict[int, list[tuple[str, dict[str, object]]]] = {}
    for _ in range(54):
        facts: dict[str, object] = {"language": "en"} if chance.random() < 0.35 else {}
        if chance.random() < 0.25:
            facts["priority"] = chance.choice(["reduced_mobility", "age_70"])
        errand = chance.choice(["deposit", "pension"])
        if errand == "deposit" and chance.random() < 0.1:
            facts["counter"] = "06"
        found.setdefault(chance.randrange(MINUTES - 40), []).append((errand, facts))
    return found


class Lived:
    """The day as its agents live it: whoever is free presses at once, and again as long as somebody may come."""

    def __init__(self, house: Agency, seed: int, happens: dict[int, Callable[[], object]]) -> None:
        self.house, self.happens, self.people = house, happens, comers(seed)
        self.chance = Random(seed)  # noqa: S311 (a story, no secret)
        self.until: dict[str, int] = {}
        self.free: dict[str, None] = {}
        self.away: set[str] = set()

    def live(self) -> None:
        self.house.at("07:30:00")
        for code, agent in SITTING.items():
            self.sits(code, agent)
        for minute in range(MINUTES):
            for more in JUST_AFTER:
                self.moment(minute, minute * 60_000 + more, more)
                self.house.later(seconds=0.001)
            self.house.later(seconds=60 - len(JUST_AFTER) / 1000)
        self.house.close_day(force=True)

    def moment(self, minute: int, now: int, more: int) -> None:
        for code in [code for code, ends in self.until.items() if ends == now]:
            self.house.counter(code).finish()
            del self.until[code]
            if code not in self.away:
                self.free[code] = None
        if more == 0:
            for errand, facts in self.people.get(minute, ()):
                self.house.give(errand, **facts)
            self.happens.get(minute, lambda: None)()
        for code in tuple(self.free):
            if self.house.counter(code).next():
                self.house.counter(code).start()
                del self.free[code]
                self.until[code] = now + self.chance.randint(3, 9) * 60_000

    def sits(self, code: str, agent: str) -> None:
        self.house.counter(code).open(agent, take_over=True)
        if code not in self.until:
            self.free[code] = None

    def pauses(self, code: str) -> None:
        """As soon as nobody is there."""
        if code in self.free:
            del self.free[code]
            self.house.counter(code).pause()
            self.away.add(code)

    def comes_back(self, code: str) -> None:
        if code in self.away:
            self.away.remove(code)
            self.house.counter(code).step("unpause")
            self.free[code] = None


def journal_of(house: Agency) -> list[tuple[str, str]]:
    rows = house.hub.reader.execute(
        "SELECT s.counter, t.label FROM stage s JOIN ticket t ON t.id = s.ticket"
        " WHERE s.call IS NOT NULL ORDER BY s.call"
    )
    return [tuple(row) for row in rows]


def replayed(house: Agency) -> list[tuple[str, str]]:
    with house.hub.snapshot() as reader:
        _, visits, _, scene = whatif.scene_of(house.hub, reader, DAY)
    labels = [visit.label for visit in visits]
    calls = replay.replay(scene, Random(0)).calls  # noqa: S311 (no secret)
    return [(call.counter, labels[call.number - 1]) for call in calls]


@pytest.mark.parametrize("seed", [1, 3])
def test_a_day_of_help_languages_access_and_levels_replays_to_its_own_calls(house, seed):
    """Versions come while people wait; a profile sits down, somebody pauses, and a language is needed from ten on."""
    house.publish(
        counters__06__languages=["fr", "en"],
        counters__05__accessible=True,
        counters__06__services=["DEP", "PEN"],
        counters__06__weights={"PEN": 4},
        helps__PENSIONS=HELP,
        queue__affinity_min=6,
        queue__max_wait_min=40,
    )
    day = Lived(house, seed, {})
    day.happens = {
        35: lambda: house.publish(services__DEP__language_needed=True, queue__priority_run=1),
        50: lambda: house.publish(
            profiles__00918V={"agent": "00918V", "skills": {"PEN": 3, "DEP": 1}, "languages": ["fr", "en"]}
        ),
        51: lambda: day.sits("06", "00918V"),
        70: lambda: day.pauses("05"),
        80: lambda: day.comes_back("05"),
        95: lambda: house.publish(services__DEP__language_needed=False, counters__08__services=["PEN", "DEP"]),
    }
    day.live()
    lived = journal_of(house)
    helped = house.hub.reader.execute("SELECT count(*) FROM stage WHERE why LIKE 'helped:%'").fetchone()[0]
    assert len(lived) >= 45
    assert helped >= 3
    assert replayed(house) == lived


def test_the_settings_of_a_past_moment_are_those_of_its_version(house):
    """Each is what it was, whatever was published since; today's files say the rest."""
    with house.hub.snapshot() as reader:
        first, last = store.entries(reader, DAY)
    was = house.settings
    versions = []
    for said in ({"queue__max_wait_min": 45}, {"queue__max_wait_min": 50}, {"helps__PENSIONS": HELP}):
        house.later(minutes=1)
        versions.append(house.publish(**said)["version"])
    with house.hub.snapshot() as reader:
        found = house.hub.stood(reader, first, last)
    assert [one.version for one in found] == [versions[0] - 1, *versions]
    assert [one.settings.queue.max_wait_min for one in found] == [was.queue.max_wait_min, 45, 50, 50]
    assert [len(one.settings.helps) for one in found] == [0, 0, 0, 1]
    assert values_of(found[0].settings) == values_of(was)
    assert found[-1].settings is house.settings
    with house.hub.snapshot() as reader:
        (before,) = house.hub.stood(reader, 0, 0)
    assert (before.version, before.settings) == (0, house.settings), "nothing was published: today's"


def test_a_version_that_todays_files_do_not_fit_is_not_known(house):
    house.publish(counters__09__services=["PEN", "PFA"])
    house.later(minutes=1)
    house.publish(counters__09__services=["PFA"])
    with house.hub.snapshot() as reader:
        first, last = store.entries(reader, DAY)
    fits = house.hub.files
    shorter = fits.model_copy(update={"services": tuple(s for s in fits.services if s.code != "PEN")})
    with house.hub.snapshot() as reader:
        found = replace(house.hub, files=shorter)
        past = actions.stood(found, reader, first, last)
    assert past[1].version == 0
    assert past[1].settings is found.settings


def test_the_page_names_the_versions_by_which_a_day_is_replayed(house):
    house.people()
    house.counter("05").open("00902F")
    house.give("deposit")
    house.publish(queue__max_wait_min=45)
    house.counter("05").serve()
    house.close_day(force=True)
    with house.hub.snapshot() as reader:
        now = published.last_version(reader)
    page = house.client("00411A").get(f"/supervision/advice/replay?day={DAY}").text
    assert f"Routage publié : versions {now - 1}, {now}, chacune à son heure." in page
