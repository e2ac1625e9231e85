"""A kiosk with a fault on purpose: `python -m tests.faults.planted_kiosk --config DIR`.

It prints its own number after 1.5 s, and the hub's as well when that comes at last.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hub.client import HubAway
from hub.orphans import die_with_demo
from hub.settings_files import load_settings
from kiosk.__main__ import run
from kiosk.app import KioskApp
from kiosk.press import Number, Press

PATIENCE_S = 20.0
serve = KioskApp._serve


def serve_twice(self: KioskApp, press: Press) -> None:
    serve(self, press)
    try:
        answer = self.hub.ask("issue", press.key, PATIENCE_S, **press.issue_body())
    except HubAway:
        return
    late: Any = Number(answer["label"], own=False)
    self._hand_over(press, late)


if __name__ == "__main__":
    die_with_demo()
    KioskApp._serve = serve_twice  # type: ignore[method-assign]
    run(load_settings(Path(sys.argv[-1])))
