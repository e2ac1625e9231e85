"""The demo's hub: the product's own, with the agency page beside it."""

from __future__ import annotations

import sys
from pathlib import Path

from hub.orphans import die_with_demo
from hub.server import serve
from hub.settings_files import load_settings


def main() -> None:
    """`python -m hub.demo.child hub --config DIR`."""
    die_with_demo()
    config = Path(sys.argv[-1])
    serve(load_settings(config), demo={"folder": str(config.parent)})


if __name__ == "__main__":
    main()
