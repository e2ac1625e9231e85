"""Going on at a screen that is locked. What was typed on it is still there, in the browser, behind the lock.

A screen locks by hand, or when nobody used it for a while (`rules.LIVES`). Its session then opens nothing but this;
with the agent's secret it goes on, under a new value. One that slept longer than a session may wants all that a
sign-in wants. One that began too long ago, or that ended otherwise, does not go on: the agent signs in anew.
"""

from __future__ import annotations

from hub.agents import actions, rules, second_factor, secrets, sessions, store
from hub.agents.model import Agent, Factor, ScreenUnlocked, Session
from hub.ask import Actor, Answer, Ask
from hub.context import Hub
from hub.errors import NotAuthenticated
from hub.store import Transaction


def unlock(  # noqa: PLR0913 (what is shown, and from where)
    hub: Hub, ask: Ask, *, session: str, secret: str, factor: str = "", address: str = ""
) -> Answer:
    """The session goes on, under a new value.

    Raises NotAuthenticated: `session_over`, `factor_needed` when it slept and the agent has a telephone,
    `wrong_current` or `wrong_factor`; TooMany while the account is locked.
    """
    with secrets.one_at_a_time():
        found = _found(hub, session)
        needed = rules.asleep(found, hub.now()) and rules.needs_factor(found.roles)
        agent = _right(hub, ask, found.agent, secret, address)
        if needed and not factor.strip():
            raise NotAuthenticated("show your second factor too", code="factor_needed", field="factor")
        with hub.store.transaction(Ask(Actor(agent=agent.code))) as tx:
            shown: Factor = second_factor.show_again(tx, hub, agent, factor, address) if needed else ""
            value = _again(tx, agent, found, address, shown) if shown or not needed else ""
    if not value:
        raise rules.wrong_factor()
    sessions.ended(agent.code)
    return {"session": value, "agent": agent.code}


def _right(hub: Hub, ask: Ask, code: str, secret: str, address: str) -> Agent:
    """The agent, if this is their secret; here the code is known, so the refusal speaks of the secret alone."""
    try:
        return actions.right_secret(hub, ask, code, secret, address)[0]
    except NotAuthenticated as wrong:
        raise NotAuthenticated("this is not your secret", code="wrong_current", field="secret") from wrong


def _found(hub: Hub, value: str) -> Session:
    """The session that was locked. Raises NotAuthenticated `session_over`."""
    found = store.session(hub.reader, secrets.digest(value))
    whole = found is not None and rules.roles_of_session(found) == found.roles
    if found is None or not whole or found.ended is not None or rules.worn_out(found, hub.now()):
        raise NotAuthenticated("this session is over: sign in again", code="session_over")
    return found


def _again(tx: Transaction, agent: Agent, found: Session, address: str, factor: Factor) -> str:
    tx.record(ScreenUnlocked(agent.code, address, factor))
    return actions.new_session(tx, agent.code, "unlocked", proved=found.proved, began=found.began)
