"""A change is asked by our own page, or not at all.

Three walls: the cookie is SameSite=Strict; the browser says that the request comes from this origin;
and the page knows a token derived from its session, which another site cannot read.
"""

from __future__ import annotations

import hmac

from werkzeug.wrappers import Request

from hub.agents import cookie
from hub.agents.secrets import derived
from hub.errors import NotAllowed

FIELD, HEADER = "csrf", "X-CSRF-Token"


def token_for(session: str) -> str:
    """The token of a session, for its forms and its scripts."""
    return derived(session, "csrf")


def check(request: Request) -> None:
    """Raise NotAllowed `csrf` unless a page of this session sent the request."""
    check_origin(request)
    session = cookie.value(request)
    sent = request.headers.get(HEADER) or request.form.get(FIELD, "")
    if session is None or not hmac.compare_digest(sent.encode(), token_for(session).encode()):
        raise NotAllowed("this page is too old or not ours: reload it and try again", code="csrf")


def check_origin(request: Request) -> None:
    """Raise NotAllowed `csrf` when the browser says that another site sent the request.

    Sec-Fetch-Site is believed first: no script can set it, and with `Referrer-Policy: no-referrer` a form of
    ours has the Origin `null`. Browsers leave it out on plain HTTP, then the Origin decides.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    ours = site in ("same-origin", "none") if site else origin in (None, request.host_url.rstrip("/"))
    if not ours:
        raise NotAllowed("another site asked for this; do it from the page of the hub", code="csrf")
