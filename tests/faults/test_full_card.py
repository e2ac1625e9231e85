"""E7: the hub's disk is full at any moment of a busy hour (a real ext4, filled up from outside).

The queue lives on what was kept back; then every ask is refused in words, and repeated under its key; once there is
room again the same process answers, and keeps room back again. The log lies on the same disk, checkpoints come as they
come, and in some of the moments a whole backup is made.
"""

import time

import pytest

from hub.errors import MboteError
from hub.history import History
from hub.recovery import copy_to
from hub.settings_files import load_settings
from tests.agency import hub_alone, until
from tests.faults.card import opened_on_card
from tests.faults.checker import judge_agency
from tests.faults.clients import Crowd, chances, read
from tests.faults.test_backup import IDENTITY
from tests.faults.test_card_cuts import CROWD, UNWELL

pytestmark = [pytest.mark.faults, pytest.mark.slow]
MOMENTS, NIGHTLY_MOMENTS, PIECES = 3, 200, 4
#: Now and then some bytes stay free: what begins then breaks off in the middle.
LEFT = (0, 0, 4096, 40_000)
LATEST_S, LONGEST_S = 0.5, 1.5
#: In so many of the moments somebody fills what the hub has given up.
GREEDY = 0.5
#: With room again the first answer comes at once, and housekeeping keeps room back soon.
BACK_S, KEPT_S = 3, 5
#: One in so many full moments meets a backup.
COPIES = 5
NIGHTLY = (pytest.mark.nightly, pytest.mark.timeout(900))


class Fuller:
    """Fills the card of one agency, and empties it."""

    def __init__(self, agency, card, driver, chance):
        self.agency, self.card, self.driver, self.chance = agency, card, driver, chance
        self.reserve = agency.folder / "data" / "reserve"
        self.stick = agency.folder / "stick"
        self.stick.mkdir()
        self.served, self.copied, self.waits = [], [], []

    def strike(self, crowd):
        """No room for a while; how many were served meanwhile."""
        until(self.reserve.exists, KEPT_S * 4, "room kept back")
        time.sleep(self.chance.uniform(0, LATEST_S))
        self.driver.tell("nem", f="full", target="hub", phase="begin", a={})
        self.card.fill(self.chance.choice(LEFT))
        before = len(crowd.given) + len(crowd.called)
        if not self.chance.randrange(COPIES):
            self.copied.append(self._copy())
        self._stay_full(self.chance.uniform(0, LONGEST_S), greedy=self.chance.random() < GREEDY)
        self.served.append(len(crowd.given) + len(crowd.called) - before)
        self.card.make_room()
        self.driver.tell("nem", f="full", target="hub", phase="end", a={})
        after = len(crowd.given)
        self.waits.append(until(lambda: len(crowd.given) > after, BACK_S * 4, "a ticket, now that there is room"))

    def _stay_full(self, seconds, *, greedy):
        """Where it is greedy, what the hub gave up is taken, too: then it can only refuse."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if greedy:
                self.card.fill()
            time.sleep(0.05)

    def _copy(self):
        """What came of a whole backup."""
        try:
            copy_to(load_settings(self.agency.config), self.stick)
        except MboteError as refused:
            return str(refused)
        return "made"

    def __str__(self):
        lived = f"{sum(self.served)} served in {len(self.served)} full moments, {self.served.count(0)} without any"
        return f"{lived}; worst wait for room {max(self.waits):.2f} s; backups: {sorted(set(self.copied))}"


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    "piece",
    [
        pytest.param(0, marks=pytest.mark.nightly),
        *(pytest.param(piece, marks=NIGHTLY) for piece in range(1, PIECES + 1)),
    ],
)
def test_a_full_disk_makes_no_false_answer_and_the_queue_goes_on(tmp_path, seed, note, piece):
    moments, seed = NIGHTLY_MOMENTS // PIECES if piece else MOMENTS, seed + piece
    book = tmp_path / "history.jsonl"
    with opened_on_card(tmp_path, hub_alone("log_on_the_card")) as (agency, card):
        with (agency.config / "local.toml").open("a") as local:
            local.write(f'[backup]\nkeys = ["{IDENTITY.to_public()}"]\n')
        first, hub = agency.api.get("board")["seq"] + 1, agency.pid("hub")
        fuller = Fuller(agency, card, History("drv", str(book)), chances(seed))
        with Crowd(agency, book, kiosks=4, agents=4, seed=seed, again=UNWELL) as crowd:
            for _ in range(moments):
                fuller.strike(crowd)
        until(fuller.reserve.exists, KEPT_S, "room kept back again")
        assert agency.pid("hub") == hub, "the hub was started again"
        data = agency.folder / "data"
        verdict = judge_agency(read(book), data, agency.settings, exercises=CROWD, from_seq=first)
        problems, log = agency.verified(), (data / "hub.log").read_text("utf-8", errors="replace") + agency.log()
    note(f"E7 {verdict}")
    note(str(fuller))
    note(str(set(crowd.refused)))
    assert verdict.valid is True, str(verdict)
    assert problems == []
    assert "Traceback" not in log
    assert not crowd.refused
    assert sum(fuller.served) > moments
