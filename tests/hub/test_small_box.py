"""The Pi-class box of the bench is as slow as it says."""

import pytest

from hub.bench.box import CORE, SYNCS_S, NoBox, small_box
from tests.patience import patience

SYNCS = 40
#: Works for a second, then syncs; tells how much of a core it got, and how long the syncs took.
WORKS = f"""
import os, sys, time
began, used = time.monotonic(), time.process_time()
while time.monotonic() - began < 1:
    pass
got, took = time.process_time() - used, time.monotonic() - began
file = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT)
began = time.monotonic()
for _ in range({SYNCS}):
    os.fdatasync(file)
os.write(file, f"{{got / took}} {{time.monotonic() - began}}".encode())
"""


def test_what_runs_inside_has_a_quarter_of_a_core_and_a_slow_card(tmp_path, note):
    try:
        with small_box(tmp_path) as box:
            process = box.inside("-c", WORKS, str(tmp_path / "told"))
            assert process.wait(patience(50)) == 0
            stood = box.stood_s()
    except NoBox as none:
        pytest.skip(str(none))
    share, synced = map(float, (tmp_path / "told").read_text().split())
    note(f"{share:.0%} of a core, {SYNCS / synced:.0f} syncs a second, stood still for {stood:.2f} s")
    assert share <= CORE * 1.2
    assert stood > 0
    assert synced >= SYNCS / SYNCS_S
    assert not box.group.exists()
