"""How old is old enough, who may approve, and the agency's own terms."""

from datetime import UTC, datetime

import pytest

from hub import journal
from hub.clock import Instant
from hub.errors import ConfigurationFault, IllegalStep, NotAllowed, Refused
from hub.privacy import rules
from hub.privacy.classes import classes
from hub.privacy.model import Due, Proposal
from hub.rooms import brought
from hub.services.ports import folders, load


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("now", "months", "cut"),
    [
        ("2026-11-26T10:00", 24, "2024-11-26T10:00"),
        ("2026-01-31T10:00", 1, "2025-12-28T10:00"),
        ("2026-03-30T00:00", 1, "2026-02-28T00:00"),
        ("2026-12-01T00:00", 12, "2025-12-01T00:00"),
    ],
)
def test_a_term_is_months(now, months, cut):
    assert rules.cut(at(now), months) == at(cut)


def proposal(state="proposed", approved=()):
    return Proposal(1, state, (Due("visits", 5, 9, 2),), "x", Instant(1, 1, 1), "00411A", approved)


def test_two_different_agents_approve():
    assert not rules.approved(proposal(), "A")
    assert rules.approved(proposal(approved=("A",)), "B")
    with pytest.raises(NotAllowed) as refused:
        rules.approved(proposal(approved=("A",)), "A")
    assert refused.value.reason == "second_person"


@pytest.mark.parametrize(
    ("state", "possible"),
    [("proposed", {"approve", "withdraw"}), ("approved", {"withdraw", "destroy"}), ("destroyed", {"wipe"}),
     ("wiped", {"repeat"}), ("withdrawn", set())],
)  # fmt: skip
def test_each_state_has_its_steps(state, possible):
    for name in rules.STEPS:
        if name in possible:
            rules.step(proposal(state), name)
        else:
            with pytest.raises(IllegalStep):
                rules.step(proposal(state), name)


def test_one_proposal_at_a_time_and_none_of_nothing():
    due = (Due("visits", 5, 0, 0), Due("papers", 5, 9, 2))
    assert rules.proposable(due, None) == (due[1],)
    for held, going, code in ((due, proposal(), "one_at_a_time"), (due[:1], None, "nothing_due")):
        with pytest.raises(Refused) as refused:
            rules.proposable(held, going)
        assert refused.value.reason == code


def test_every_private_part_of_the_journal_is_in_one_class(tmp_path):
    held = [kind for each in classes(tmp_path) for kind in each.kinds]
    appliers = {**journal.APPLIERS, **brought(load(folders())).appliers}
    assert sorted(held) == sorted(event.kind for event in appliers if event.PRIVATE)


def test_an_agency_says_how_long_and_no_more(tmp_path):
    classes.cache_clear()
    (tmp_path / "retention.toml").write_text("[visits]\nmonths = 12\n[looks]\nmonths = 0\n")
    assert {each.name: each.months for each in classes(tmp_path)}["visits"] == 12
    classes.cache_clear()
    (tmp_path / "retention.toml").write_text("[visit]\nmonths = 12\n[looks]\nkinds = []\n[papers]\nmonths = -1\n")
    with pytest.raises(ConfigurationFault) as fault:
        classes(tmp_path)
    said = str(fault.value)
    assert "no class visit, did you mean visits?" in said
    assert "looks: one key, months" in said
    assert "papers: months: 0 (for ever) to 1200, not -1" in said
    (tmp_path / "retention.toml").write_text("[visits\n")
    classes.cache_clear()
    with pytest.raises(ConfigurationFault, match="cannot be read"):
        classes(tmp_path)
    classes.cache_clear()
