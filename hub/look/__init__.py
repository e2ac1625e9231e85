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

#: What a page of ours may do. `style-src` has no 'unsafe-inline': styles come from files, or through CSSOM.
#: No script may make markup out of a text: there is no policy of trusted types that a page could have.
_DIRECTIVES = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "media-src 'self'",
    "manifest-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
)
CONTENT_SECURITY_POLICY = "; ".join(_DIRECTIVES)
#: Where htmx hands the hub's own parts of a page to the browser's parser: one policy, named by the page's script.
HTMX_SECURITY_POLICY = CONTENT_SECURITY_POLICY.replace("trusted-types 'none'", "trusted-types default")


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
