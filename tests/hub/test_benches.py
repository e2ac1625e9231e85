"""Each measure runs to its end: a bench that nobody runs for a month breaks, and nobody knows (`stats` did)."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from hub.bench import WHAT
from hub.demo.processes import ROOT

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(900)]
#: `pi` needs root and a group of processes of its own (tests/hub/test_small_box.py).
HERE = tuple(what for what in WHAT if what != "pi")
SMALL = {"MBOTE_BENCH_PEOPLE": "2000"}


@pytest.mark.parametrize("what", HERE)
def test_a_smoke_run_measures_something_of_each(what):
    command = [str(ROOT / "mbote"), "bench", what, "--quick"]
    done = subprocess.run(command, env=os.environ | SMALL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    lines = json.loads(done.stdout)["lines"]
    assert lines
    assert all(line["figures"] for line in lines)
