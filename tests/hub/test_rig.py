"""What the benches measure processes with."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from hub.bench.rig import cpu_s, own_cpu_s, pss_mb


def test_a_process_that_ends_between_its_naming_and_a_look_has_used_nothing(monkeypatch):
    """Helpers come and go beside a hub: a long day was broken off by one."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait(20)
    assert own_cpu_s(gone.pid) == 0.0
    monkeypatch.setattr("hub.bench.rig.family", lambda pid: [pid, gone.pid])
    began = time.process_time()
    while time.process_time() - began < 0.1:
        pass
    assert cpu_s(os.getpid()) >= 0.1
    monkeypatch.setattr("hub.bench.rig.settled", lambda pid: [pid, gone.pid])
    assert pss_mb(os.getpid(), lambda _: True) > 1
