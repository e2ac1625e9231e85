"""The power goes in the middle of an update: at the next start the old version or the new one serves, whole."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from tests.installation.boxes import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.faults, pytest.mark.timeout(240)]

CUT = Path(__file__).parent / "cut.py"
LABELS = ["D001", "D002", "D003"]
ORDINARY, ALL = 2, 50
#: Steps of an update from its standstill on, the way back included.
LAST = 45


def run(point: int, town, stick: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", CUT, str(point), town.place.root, stick],
        env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def spread(steps: int, cuts: int, chance: random.Random) -> list[int]:
    """So many of all steps, one in each of equal stretches; the first and the last are among them."""
    edges = [1 + round(number * steps / cuts) for number in range(cuts + 1)]
    inner = [chance.randrange(low, max(low + 1, high)) for low, high in pairwise(edges[1:-1])]
    return [1, *inner, steps]


@pytest.mark.nightly
@pytest.mark.parametrize(
    "cuts", [ORDINARY, pytest.param(ALL, marks=[pytest.mark.nightly, pytest.mark.timeout(580)])], ids=["some", "all"]
)
def test_after_a_cut_the_old_version_or_the_new_one_serves_whole(town, workshop, note, seed, cuts):
    pristine = town.place.root.with_name("pristine")
    town.falls()
    shutil.copytree(town.place.root, pristine, symlinks=True)
    stick = workshop.makes("1.1.0")
    town.boots()
    steps = int(run(0, town, stick).stdout)
    ended = {"1.0.0": 0, "1.1.0": 0}
    for point in spread(steps, cuts, random.Random(seed)):  # noqa: S311 (a replayable chance)
        renew(town, pristine)
        assert run(point, town, stick).returncode == -9, f"the update was not cut at step {point} of {steps}"
        town.boots()
        assert town.answers() == town.runs, f"cut at step {point} of {steps}"
        assert town.is_whole()
        assert town.tickets() == LABELS
        ended[town.runs] += 1
        if town.runs == "1.0.0" and (cuts == ALL or ended["1.0.0"] == 2):
            assert run(0, town, stick).returncode == 0, f"after a cut at step {point} the same stick is refused"
            assert (town.answers(), town.tickets(), town.is_whole()) == ("1.1.0", LABELS, True)
    note(
        f"{cuts} cuts over {steps} steps of an update: {ended['1.0.0']} ended with the old version, "
        f"{ended['1.1.0']} with the new one, 0 with neither; 0 tickets lost"
    )
    assert all(ended.values())
    assert_the_next_update_goes_through(town, workshop)


@pytest.mark.parametrize(
    "every",
    [
        pytest.param(44, marks=pytest.mark.nightly),
        pytest.param(1, marks=[pytest.mark.nightly, pytest.mark.timeout(580)]),
    ],
    ids=["some", "all"],
)
def test_a_cut_during_the_trial_of_a_version_that_does_not_do_well_leads_back(town, workshop, note, every):
    """The last steps of such an update are the switch, the start that fails, and the way back: each is cut."""
    town.falls()
    pristine = town.place.root.with_name("pristine")
    shutil.copytree(town.place.root, pristine, symlinks=True)
    town.boots()
    stick = workshop.makes("1.1.0", "dies in earnest")
    steps = int(run(0, town, stick).stdout)
    points = range(steps - LAST, steps + 1, every)
    for point in points:
        renew(town, pristine)
        assert run(point, town, stick).returncode == -9
        town.boots()
        assert (town.runs, town.answers(), town.tickets()) == ("1.0.0", "1.0.0", LABELS), f"cut at {point} of {steps}"
        assert town.migrated_by() == {"1.0.0"}, f"cut at {point} of {steps}: the data is not as it was"
    note(f"{len(points)} cuts in the trial of a bad version: each ended with the old version and the old data")


def renew(town, pristine: Path) -> None:
    """The box as it was before."""
    town.falls()
    shutil.rmtree(town.place.root)
    shutil.copytree(pristine, town.place.root, symlinks=True)
    town.boots()


def assert_the_next_update_goes_through(town, workshop) -> None:
    """What a cut has left is in nobody's way."""
    assert run(0, town, workshop.makes("1.2.0")).returncode == 0
    assert (town.answers(), town.tickets()) == ("1.2.0", LABELS)
    assert {each.name for each in town.place.root.glob("data*")} == {"data"}
    assert not (town.place.versions / "trial.json").exists()
