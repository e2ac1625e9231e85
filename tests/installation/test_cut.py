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

pytestmark = [pytest.mark.slow, pytest.mark.faults]

CUT = Path(__file__).parent / "cut.py"
LABELS = ["D001", "D002", "D003"]
ORDINARY, ALL = 6, 50


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
        town.falls()
        shutil.rmtree(town.place.root)
        shutil.copytree(pristine, town.place.root, symlinks=True)
        town.boots()
        assert run(point, town, stick).returncode == -9, f"the update was not cut at step {point} of {steps}"
        town.boots()
        assert town.answers() == town.runs, f"cut at step {point} of {steps}"
        assert town.is_whole()
        assert town.tickets() == LABELS
        ended[town.runs] += 1
    note(
        f"{cuts} cuts over {steps} steps of an update: {ended['1.0.0']} ended with the old version, "
        f"{ended['1.1.0']} with the new one, 0 with neither; 0 tickets lost"
    )
    assert all(ended.values())
    assert_the_next_update_goes_through(town, workshop)


def assert_the_next_update_goes_through(town, workshop) -> None:
    """What a cut has left is in nobody's way."""
    assert run(0, town, workshop.makes("1.2.0")).returncode == 0
    assert (town.answers(), town.tickets()) == ("1.2.0", LABELS)
    assert {each.name for each in town.place.root.glob("data*")} == {"data"}
    assert not (town.place.versions / "trial.json").exists()
