"""What can be asked about the second factor: set one up, show it, lose it. All of it offline.

    the secret was right → PROVING → prove(code) → the session acts in its roles
    no telephone yet     → ENROLLING → offer() shows the QR, enrol(code) takes it and gives recovery codes
    the telephone is lost → forget() by whoever may manage the agent and shows their own factor → one-shot code
    a second person's word → confirm() at their own screen, or typed at the screen of whoever needs it

Who needs one stands in `rules.SECOND_FACTOR`; a session of theirs that has not shown it may only do that. A code is
looked at and used up under the writer's lock, so that of two who show the same one, one gets in. Wrong codes count
with wrong secrets, at the same place. Nothing here is in an event but that it happened.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import quote
from weakref import WeakSet

from hub.agents import actions, rules, sessions, store, totp, vault
from hub.agents.model import (
    ENROLLING,
    PROVING,
    Agent,
    Factor,
    SecondFactorEnrolled,
    SecondFactorForgotten,
    SecondFactorShown,
    SignedIn,
    SignInFailed,
)
from hub.ask import Actor, Answer, Ask
from hub.context import Hub
from hub.errors import NotAllowed, NotAuthenticated, Unreadable
from hub.journal import kept_answer
from hub.store import Transaction

ISSUER = "Mbote"
#: One act is confirmed at a time: of two copies of one request the second finds the answer of the first.
_CONFIRMING = threading.Lock()
#: Hubs of a demo.
_with_chairs: WeakSet[Hub] = WeakSet()


@dataclass(frozen=True, slots=True)
class Offer:
    """A secret to be put into a telephone: typed in groups of four letters, or read from `uri` as a QR code."""

    letters: str
    uri: str


def offer(hub: Hub, agent: str, session: str) -> Offer:
    """What the enrolment page of this session shows."""
    letters = vault.in_letters(vault.offered(hub.store.folder, session))
    label = quote(f"{ISSUER}:{hub.settings.agency.name} {agent}", safe=":")
    groups = " ".join(letters[at : at + 4] for at in range(0, len(letters), 4))
    return Offer(groups, f"otpauth://totp/{label}?secret={letters}&issuer={ISSUER}")


def enrol(hub: Hub, ask: Ask, *, session: str, code: str, address: str = "") -> Answer:
    """The telephone shows the right code: it is the agent's second factor from now on.

    `recovery` is said once. `apart_s`: by how many seconds the telephone and the hub differ, to half a minute.
    """
    who = _on_the_way(ask, ENROLLING)
    secret, typed = vault.offered(hub.store.folder, session), rules.typed_factor(code)
    recovery = [vault.recovery_code() for _ in range(rules.RECOVERY_CODES)]
    with hub.store.transaction(ask) as tx:
        agent = actions.the_agent(tx, who)
        now = totp.step_of(tx.now.at)
        step = totp.first_found(secret, typed, now)
        if step is None:
            raise Unreadable("not the code of this telephone: type the six figures that it shows now",
                             code="wrong_first_code", field="factor")  # fmt: skip
        drift = totp.drift_of(step, now)
        tx.record(SecondFactorEnrolled(who, len(recovery)))
        sealed = vault.sealed(hub.store.folder, who, secret)
        store.keep_factor(tx, who, sealed, last_step=step, drift=drift)
        for each in recovery:
            digest = vault.recovery_digest(hub.store.folder, who, rules.typed_factor(each))
            store.keep_recovery(tx, who, digest)
        value = _proved(tx, agent, address, "totp")
    sessions.ended(who)
    return {"session": value, "agent": who, "recovery": recovery, "apart_s": drift * totp.STEP_MS // 1000}


def prove(hub: Hub, ask: Ask, *, code: str, address: str = "") -> Answer:
    """The second factor of a session whose secret was right; its new value, in place of every other of the agent.

    `left`: how many recovery codes there are, when one was used. Raises NotAuthenticated `wrong_factor`, or TooMany.
    """
    who = _on_the_way(ask, PROVING)
    with hub.store.transaction(ask) as tx:
        agent = actions.the_agent(tx, who)
        used = _shown(tx, hub, agent, code, address)
        if used:
            instead = actions.open_elsewhere(tx, who)
            value = _proved(tx, agent, address, used, instead=instead)
            left = store.recovery_left(tx.connection, who) if used == "recovery" else None
    if not used:
        raise rules.wrong_factor()
    sessions.ended(who)
    return {"session": value, "agent": who, "roles": sorted(agent.roles), "instead": instead, "left": left}


def forget(hub: Hub, ask: Ask, *, code: str, factor: str = "", address: str = "") -> Answer:
    """The agent's telephone is lost: a one-shot code, said once, with which they set up another one.

    Who asks shows their own second factor (`factor`), which is used up. The administrator at the box itself has none.
    """
    one_shot, hashed = actions.new_one_shot()
    asking = ask.actor.agent
    with hub.store.transaction(ask) as tx:
        agent = actions.managed(tx, code)
        shown = asking is None or bool(_shown(tx, hub, actions.the_agent(tx, asking), factor, address))
        if shown:
            tx.record(SecondFactorForgotten(agent.code))
            store.forget_factor(tx, agent.code)
            actions.issue_code(tx, agent.code, hashed)
    if not shown:
        raise rules.wrong_factor()
    sessions.ended(agent.code)
    return {"code": agent.code, "name": agent.name, "one_shot": one_shot}


@dataclass(frozen=True, slots=True)
class Shown:
    """What a second person types for one act: their login name, empty at their own screen, and a code, used up."""

    person: str = ""
    code: str = ""
    address: str = ""


def confirm(hub: Hub, ask: Ask, act: Callable[[Ask], Answer], *, what: str, shown: Shown) -> Answer:
    """Do something in the name of whoever shows their own second factor for it, now; `what` is its name in the journal.

    The act is asked in their roles: whether they may is for its own rules. A repeat of the same request is answered as
    before. Raises NotAuthenticated `wrong_factor`, counted where the code was typed, or TooMany `locked`.
    """
    asking = ask.actor.agent or ""
    code = shown.person.strip().upper()[: rules.WORD_LENGTH] or asking
    with _CONFIRMING:
        agent = store.agent(hub.reader, code)
        if agent is None or agent.removed:
            raise rules.wrong_factor()
        by = replace(ask, actor=Actor(agent=agent.code, roles=agent.roles))
        if kept_answer(hub.reader, by) is None:
            with hub.store.transaction(Ask(by.actor)) as tx:
                at = asking if asking != agent.code else ""
                chair = hub in _with_chairs and not at and not shown.code
                used = "vouched" if chair else _shown(tx, hub, actions.the_agent(tx, code), shown.code, shown.address)
                if used:
                    tx.record(SecondFactorShown(agent.code, what, at, shown.address, used))
            if not used:
                raise rules.wrong_factor()
        return act(by)


def show_again(tx: Transaction, hub: Hub, agent: Agent, code: str, address: str) -> Factor:
    """With what a session that slept was woken; "" for a wrong code, which is counted. Raises TooMany `locked`."""
    return _shown(tx, hub, agent, code, address)


def vouched(hub: Hub, ask: Ask, code: str) -> str:
    """A session that the hub itself vouches for: the demo's chairs, in which nobody types. Raises NotAllowed."""
    if "hub" not in ask.actor.roles:
        raise NotAllowed("only the hub itself vouches for somebody")
    with hub.store.transaction(ask) as tx:
        agent = actions.the_agent(tx, code)
        value = _proved(tx, agent, "", "vouched", instead=actions.open_elsewhere(tx, code))
    sessions.ended(code)
    return value


def vouch_for_chairs(hub: Hub) -> None:
    """From now on this hub vouches for whoever sits in a chair of its own: the demo's, in which nobody types a code."""
    _with_chairs.add(hub)


def _on_the_way(ask: Ask, role: str) -> str:
    if ask.actor.agent is None or role not in ask.actor.roles:
        raise NotAuthenticated("sign in first")
    return ask.actor.agent


def _proved(tx: Transaction, agent: Agent, address: str, factor: Factor, *, instead: bool = False) -> str:
    tx.record(SignedIn(agent.code, instead, address=address, factor=factor))
    return actions.new_session(tx, agent.code, "taken_over" if instead else "proved", proved=True)


def _shown(tx: Transaction, hub: Hub, agent: Agent, code: str, address: str) -> Factor:
    """Which factor this was, used up; "" for none, counted. Raises TooMany `locked`."""
    tries = actions.tries_at(tx.connection, agent, address)
    rules.not_locked(tries, tx.now)
    typed = rules.typed_factor(code)
    if _telephone(tx, hub, agent.code, typed):
        return "totp"
    if store.use_recovery(tx, agent.code, vault.recovery_digest(hub.store.folder, agent.code, typed)):
        return "recovery"
    tx.record(SignInFailed(agent.code, rules.failed(tries, tx.now).failures, address, "second_factor"))
    return ""


def _telephone(tx: Transaction, hub: Hub, agent: str, typed: str) -> bool:
    kept = store.factor(tx.connection, agent)
    secret = vault.opened(hub.store.folder, agent, kept[0]) if kept else None
    if kept is None or secret is None:
        return False
    _, last, drift = kept
    now = totp.step_of(tx.now.at)
    step = totp.found(secret, typed, now, last=last, drift=drift)
    if step is None:
        return False
    store.factor_used(tx, agent, last_step=step, drift=totp.drift_of(step, now))
    return True
