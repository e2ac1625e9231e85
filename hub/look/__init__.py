"""What all screens share: colours, letters, icons, styles, and the live link to the hub.

Served at /look by the hub and by the kiosk alike. Nothing is built: the files are what the browser
reads. `static/vendor/` is filled by `vendor.py` and not committed.
"""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint

STATIC = Path(__file__).parent / "static"

#: What a page of ours may do. `style-src` has no 'unsafe-inline': styles come from files, or through CSSOM.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self' ws: wss:",
        "img-src 'self'",
        "font-src 'self'",
        "media-src 'self'",
        "manifest-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "require-trusted-types-for 'script'",
    ),
)


def look() -> Blueprint:
    """The files at /look. Browsers ask each time whether one has changed, so that an upgrade shows at once."""
    return Blueprint("look", __name__, static_folder=str(STATIC), static_url_path="/look")
