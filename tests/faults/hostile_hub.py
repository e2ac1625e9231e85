"""The demo's hub with the limits of a real one: the demo lets its synthetic crowd ask ten thousand times a second."""

from __future__ import annotations

import sys
from pathlib import Path

from hub.orphans import die_with_demo
from hub.server import serve
from hub.settings_files import load_settings

if __name__ == "__main__":
    die_with_demo()
    config = Path(sys.argv[-1])
    serve(load_settings(config, {"hub": {"requests_per_s": 100}}), demo={"folder": str(config.parent)})
