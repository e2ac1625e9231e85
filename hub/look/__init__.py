"""What all screens share: colours, letters, icons, styles, and the live link to the hub.

Served at /look by the hub and by the kiosk alike. Nothing is built: the files are what the browser
reads. `static/vendor/` is filled by `vendor.py` and not committed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Blueprint
from markupsafe import Markup

STATIC = Path(__file__).parent / "static"


def look() -> Blueprint:
    """The files at /look, and `icon(NAME)` in every template.

    Browsers ask each time whether a file has changed, so that an upgrade shows at once.
    """
    files = Blueprint("look", __name__, static_folder=str(STATIC), static_url_path="/look")

    @files.app_context_processor
    def helpers() -> dict[str, Any]:
        return {"icon": icon}

    return files


def icon(name: str, style: str = "icon") -> Markup:
    """One icon of the sprite (a name of icons.txt), to stand beside its word."""
    return Markup('<svg class="{}" aria-hidden="true"><use href="/look/vendor/icons.svg#icon-{}"></use></svg>').format(
        style, name
    )
