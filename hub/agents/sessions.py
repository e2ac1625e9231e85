"""Agents' sessions: kept on the server, so that ending one ends it everywhere, at once.

The browser holds a random value, the database only its digest. A page's script never sees the value: it
gets a socket token derived from it. Nothing is cached: one read by primary key is cheap, and is never wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from werkzeug.wrappers import Request

from hub.agents import cookie, rules, store
from hub.agents.model import ENROLLING, LOCKED, NEWCOMER, PROVING, Ending, Session
from hub.agents.secrets import derived, digest
from hub.ask import HUB, Actor, Ask
from hub.clock import elapsed
from hub.context import Hub
from hub.errors import StoreFault

#: Told the agent's code when their sessions end, or are locked, otherwise than by age: live sockets close.
on_ended: list[Callable[[str], None]] = []
#: Who acts in one of these has no screen that lives.
_ON_THE_WAY = frozenset({NEWCOMER, PROVING, ENROLLING, LOCKED})


def session_of(hub: Hub, value: str | None) -> Session | None:
    """The living session of a cookie's value."""
    return _living(hub, digest(value), "hash") if value else None


def roles_of(hub: Hub, value: str) -> frozenset[str]:
    """In which roles a session acts now; none for one that does not live."""
    session = session_of(hub, value)
    return rules.acting_roles(session, hub.now()) if session else frozenset()


def why_ended(hub: Hub, value: str | None) -> Ending | None:
    """Why a cookie's session ended before its time, for the page that finds out."""
    found = store.session(hub.reader, digest(value)) if value else None
    return found.ended if found else None


def actor_of_session(hub: Hub, value: str | None) -> Actor | None:
    """Who acts with this cookie; marks the session as used, at most once a minute."""
    session = session_of(hub, value)
    if session is None or value is None:
        return None
    actor = _actor(hub, session)
    if LOCKED not in actor.roles and elapsed(session.seen, hub.now()).ms >= rules.SEEN_MS:
        _seen(hub, digest(value))
    return actor


def actor_of_request(hub: Hub, request: Request) -> Actor | None:
    """Who acts with the cookie of this request."""
    return actor_of_session(hub, cookie.value(request))


def actor_of_socket_token(hub: Hub, token: str | None) -> Actor | None:
    """Who acts on a socket opened with this token. A quiet socket does not keep the session alive."""
    session = _living(hub, digest(token), "socket") if token else None
    actor = _actor(hub, session) if session else None
    return actor if actor and _ON_THE_WAY.isdisjoint(actor.roles) else None


def socket_token(session: str) -> str:
    """What a page hands to its socket: it opens the socket, as long as the session lives, and nothing else."""
    return derived(session, "socket")


def lock(hub: Hub, value: str | None) -> None:
    """Lock the screen of this session: whoever knows the agent's secret goes on there."""
    session = session_of(hub, value)
    if session is None or value is None:
        return
    with hub.store.transaction(Ask(HUB)) as tx:
        store.lock_session(tx, digest(value))
    ended(session.agent)


def ended(agent: str) -> None:
    """Tell those who hold live connections of the agent."""
    for tell in on_ended:
        tell(agent)


def _living(hub: Hub, found_by: bytes, column: str) -> Session | None:
    found = store.session(hub.reader, found_by, by=column)
    return found if found and rules.alive(found, hub.now()) else None


def _actor(hub: Hub, session: Session) -> Actor:
    return Actor(agent=session.agent, roles=rules.acting_roles(session, hub.now()))


def _seen(hub: Hub, found_by: bytes) -> None:
    """A full disk must not turn away who only wants to look."""
    with suppress(StoreFault), hub.store.transaction(Ask(HUB)) as tx:
        store.session_seen(tx, found_by)
