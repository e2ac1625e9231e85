"""The session cookie: one name, given and taken in one place.

`__Host-` binds it to this host over TLS. Without TLS (loopback, until the TLS listener comes) browsers refuse
that name, so it is plain there.
"""

from __future__ import annotations

from werkzeug.wrappers import Request, Response

#: Not the cache: pages are never stored in it, and emptying it holds some browsers up for seconds.
_CLEARED = '"cookies", "storage"'
_SECURE, _PLAIN = "__Host-mbote", "mbote"


def name(request: Request) -> str:
    """The cookie's name on this connection."""
    return _SECURE if request.is_secure else _PLAIN


def value(request: Request) -> str | None:
    """The session's value that the browser sent."""
    return request.cookies.get(name(request)) or None


def give(request: Request, response: Response, session: str) -> None:
    """Let the browser keep the session, until it closes or the session ends."""
    response.set_cookie(name(request), session, path="/", secure=request.is_secure, httponly=True, samesite="Strict")


def take_away(request: Request, response: Response) -> None:
    """Leave nothing of the session in the browser."""
    response.delete_cookie(name(request), path="/", secure=request.is_secure, httponly=True, samesite="Strict")
    response.headers["Clear-Site-Data"] = _CLEARED
