"""The demo's hub with other settings of its box: `python -m tests.hub_with '{"requests_per_s": 100}' --config DIR`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from hub.orphans import die_with_demo
from hub.server import serve
from hub.settings_files import load_settings

if __name__ == "__main__":
    die_with_demo()
    config = Path(sys.argv[-1])
    serve(load_settings(config, {"hub": json.loads(sys.argv[1])}), demo={"folder": str(config.parent)})
