"""E5: the power of the hub's box goes again and again while a real file system is being written (a real ext4).

What of it was on its way is lost (the file system's own "shutdown", on a loop device), everybody in the box is dead in
that moment, the file system replays its log when it is mounted again, the hub starts as ever. An answer that was heard
after the cut was never given: the judge knows (`nem cut`).
"""

import time

import pytest

from hub.errors import Refused
from hub.history import History
from tests.agency import hub_alone, strain, until
from tests.faults.card import ALL_WRITTEN, LOG_WRITTEN, LOST, opened_on_card
from tests.faults.checker import judge_agency
from tests.faults.clients import Crowd, chances, read
from tests.faults.rig import Rig, rig_book
from tests.faults.test_kills import ANSWER_S, LINGERING, LOOKED, ORDERS_A_KILL, PAUSE_S, SCREENS_S, Screens, pressing
from tests.faults.tills import at_the_tills

pytestmark = [pytest.mark.faults, pytest.mark.slow]
#: A busy machine may have had no time for anybody between two cuts.
CALLED = 8
CUTS, NIGHTLY_CUTS, PIECES, PLANTED_CUTS = 2, 300, 5, 6
#: Three of four cuts lose what is on its way; the others come a little later in the file system's work.
MODES = (*[LOST] * 6, LOG_WRITTEN, ALL_WRITTEN)
LATEST_S = 1.2
#: One in so many cuts comes while the hub is just starting.
STARTING = 8
#: In its last moments the hub can still say that the disk refuses: then they ask again, as after no answer.
UNWELL = frozenset({"not_stored"})
#: Several cuts in a row may come while the hub is starting.
PATIENCE_S = 60
#: What a crowd without screens gives the judge to look at.
CROWD = ["G0", "G1", "G2", "G4", "G9", *(f"Q{n}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 19, 20))]


class Nemesis:
    """Cuts the power of one agency's hub."""

    def __init__(self, agency, card, driver, chance):
        self.agency, self.card, self.driver, self.chance = agency, card, driver, chance
        self.starts, self.stretched = [], 1.0

    def strike(self):
        """The power goes, and comes back; the next one may come before the hub is there."""
        time.sleep(self.chance.uniform(0, LATEST_S))
        self.driver.tell("nem", f="cut", target="hub", phase="begin", a={})
        self.card.cut(self.agency, self.chance.choice(MODES))
        self.driver.tell("nem", f="cut", target="hub", phase="end", a={})
        self.card.plug(self.agency)
        began = time.monotonic()
        if self.chance.randrange(STARTING):
            self.agency.wait_answer()
            self.starts.append(time.monotonic() - began)

    def __str__(self):
        if not self.starts:
            return "no start was waited for: each was cut"
        middle = sorted(self.starts)[len(self.starts) // 2]
        told = f"from power to first answer median {middle:.2f} s, worst {max(self.starts):.2f} s"
        return f"{told}; machine strained {self.stretched:.1f} times"


def cut_again_and_again(folder, cuts, seed, plant=""):
    """A crowd at a hub without screens; what the judge says, its starts, what `verify` and the log say."""
    book = folder / "history.jsonl"
    with opened_on_card(folder, hub_alone(plant)) as (agency, card):
        first = agency.api.get("board")["seq"] + 1
        nemesis = Nemesis(agency, card, History("drv", str(book)), chances(seed))
        with Crowd(agency, book, kiosks=4, agents=4, seed=seed, again=UNWELL, patience_s=PATIENCE_S) as crowd:
            for _ in range(cuts):
                nemesis.strike()
            agency.wait_answer()
            until(lambda: len(crowd.called) >= CALLED, PATIENCE_S, "somebody is served, for the judge to look at")
        data = agency.folder / "data"
        verdict = judge_agency(read(book), data, agency.settings, exercises=CROWD, from_seq=first)
        return verdict, nemesis, agency.verified(), agency.tracebacks()


@pytest.mark.nightly
def test_the_power_goes_while_a_real_file_system_is_written(tmp_path, seed, note):
    verdict, nemesis, problems, tracebacks = cut_again_and_again(tmp_path, CUTS, seed)
    note(f"E5 {verdict}")
    note(str(nemesis))
    assert verdict.valid is True, str(verdict)
    assert verdict.counts["cuts"] == CUTS
    assert problems == []
    assert tracebacks == []


@pytest.mark.nightly
@pytest.mark.timeout(900)
@pytest.mark.parametrize("piece", range(1, PIECES + 1))
def test_the_power_goes_again_and_again_in_a_busy_minute(tmp_path, monkeypatch, seed, note, piece):
    """E5. As E3, with kiosk, panel, two displays, four agents and four more kiosks; the hub's box loses its power."""
    monkeypatch.setenv("MBOTE_HISTORY", str(rig_book(tmp_path)))
    with opened_on_card(tmp_path) as (agency, card):
        with Rig(agency, tmp_path, seed + piece) as rig:
            with pytest.raises(Refused):
                rig.api.ask("ticket.issue", "issue", service="MOON")
            nemesis, screens = busy(rig, card, NIGHTLY_CUTS // PIECES, seed + piece)
            screens.wait(rig.look(), SCREENS_S * nemesis.stretched)
            chance = chances(seed)  # one of them: dice thrown anew for each visitor would always say the same
            while rig.api.at("31").visit(chance):
                pass  # until nobody waits any more
        assert agency.verified() == []
        assert agency.tracebacks() == []
    verdict = rig.verdict()
    note(f"E5 {verdict}")
    note(str(nemesis))
    assert verdict.valid is True, str(verdict)
    assert verdict.counts["cuts"] == NIGHTLY_CUTS // PIECES
    assert {rule for rule in LOOKED if not verdict.rules[rule].checked} == set(), "rules without anything to look at"
    assert sorted(nemesis.starts)[len(nemesis.starts) // 2] <= ANSWER_S * nemesis.stretched


def busy(rig, card, cuts, seed):
    """A busy minute in which the power goes so often."""
    nemesis, screens = Nemesis(rig.agency, card, rig.driver, chances(seed)), Screens(rig.agency)
    nemesis.stretched = strain()
    crowd = Crowd(
        rig.agency, rig.book, kiosks=4, agents=4, seed=seed, pause_s=PAUSE_S, lingering=LINGERING, again=UNWELL,
        patience_s=PATIENCE_S,
    )  # fmt: skip
    money = at_the_tills(rig.agency, rig.book, seed, orders=ORDERS_A_KILL * cuts, patience_s=PATIENCE_S)
    with crowd, pressing(rig, seed), money:
        for _ in range(cuts):
            nemesis.strike()
        rig.agency.wait_answer()
    nemesis.stretched = max(nemesis.stretched, strain())
    return nemesis, screens


@pytest.mark.nightly
@pytest.mark.parametrize("plant", ["log_not_synced"])
def test_the_same_cuts_find_a_hub_that_answers_before_the_card_has_it(tmp_path, seed, note, plant):
    verdict, *_ = cut_again_and_again(tmp_path, PLANTED_CUTS, seed, plant)
    note(str(verdict))
    assert verdict.bad["Q1"]
