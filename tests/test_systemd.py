"""The units that ship: understood by systemd, and exposed no more than they must be."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = sorted((Path(__file__).parents[1] / "systemd").glob("*.service"))
#: systemd's own exposure score, 0 (none) to 10.
HUB_MOST, DEVICE_MOST = 1.5, 2.0
ANALYZE = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="no systemd-analyze on this machine")


def test_there_is_a_unit_for_each_process():
    names = ("backup", "hub", "kiosk", "panel", "printer")
    assert {f"mbote-{name}.service" for name in names} <= {unit.name for unit in UNITS}


@needs_systemd
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_exposure_stays_under_its_limit(unit):
    said = subprocess.run([ANALYZE, "security", "--offline=true", unit], capture_output=True, text=True, check=False)
    score = float(re.search(r"exposure level for \S+: ([\d.]+)", said.stdout + said.stderr)[1])
    assert score <= (HUB_MOST if "hub" in unit.name else DEVICE_MOST)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_process_that_dies_is_always_started_again(unit):
    text = unit.read_text("utf-8")
    if unit.stem == "mbote-drill":  # once a week, by its timer
        assert "Type=oneshot" in text
        return
    command = {"backup": "backup --follow"}.get(unit.stem.removeprefix("mbote-"), unit.stem.removeprefix("mbote-"))
    assert "Restart=always" in text
    assert "StartLimitIntervalSec=0" in text
    assert f"ExecStart=/usr/bin/mbote {command} --config /etc/mbote" in text


def test_the_drill_runs_every_week_also_where_the_box_was_off():
    timer = (Path(__file__).parents[1] / "systemd" / "mbote-drill.timer").read_text("utf-8")
    assert "OnCalendar=Wed 12:30" in timer
    assert "Persistent=true" in timer
