"""A hub that has only started holds what its first visitor needs, and is one process."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from hub.demo.processes import ROOT

pytestmark = pytest.mark.slow

#: What draws, looks into files, speaks, writes workbooks or handles wires: for a process of its own, or the first use.
HEAVY = {
    "PIL", "escpos", "espeakng_loader", "gpiozero", "luma", "numpy", "pyrage", "typst", "xlsxwriter", "zxingcpp",
}  # fmt: skip
LOADED = """
import json, sys
import hub.server, hub.wsgi
from hub.services.ports import load
from hub.settings_files import load_settings
from pathlib import Path
load(load_settings(Path(sys.argv[1])).counter_services)
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""


def loaded(code: str) -> set[str]:
    command = [sys.executable, "-c", code, str(ROOT / "config")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    return set(json.loads(done.stdout))


def test_a_hub_with_all_its_services_loads_nothing_heavy():
    found = loaded(LOADED)
    assert {"hub", "flask", "socketio"} <= found
    assert not found & HEAVY


def test_a_box_has_no_library_for_a_way_that_no_line_goes():
    """python-socketio's extra "client" brings requests for long polling, 4 MB in each process: we have websockets."""
    locked = (ROOT / "requirements.lock").read_text("utf-8")
    assert "websocket-client==" in locked
    assert not [name for name in ("requests", "urllib3", "charset-normalizer") if f"\n{name}==" in locked]
