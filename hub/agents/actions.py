"""What can be asked about agents and devices.

Answers that hold a secret (a one-shot code, a token, a session) are never kept in the journal: those
actions take no key, and asking again makes a new secret. A secret is checked outside the store's lock,
one at a time; the transaction that follows looks again whether it is still the one that was checked.
"""

from __future__ import annotations

from collections import OrderedDict
from weakref import WeakKeyDictionary

from hub.agents import devices, rules, secrets, sessions, store
from hub.agents.model import (
    PROVING,
    Agent,
    AgentAdded,
    AgentChanged,
    AgentRemoved,
    CodeIssued,
    Device,
    DevicePaired,
    DeviceRevoked,
    DeviceTrouble,
    Ending,
    HelpAsked,
    HelpGiven,
    SecretChosen,
    SignedIn,
    SignedOut,
    SignInFailed,
)
from hub.agents.rights import RIGHTS
from hub.ask import Actor, Answer, Ask
from hub.clock import Instant
from hub.context import Hub, action
from hub.errors import NotAllowed, NotAuthenticated, NotFound, Refused, Unreadable
from hub.store import Transaction

#: Codes that nobody has are locked like others, so that a lock tells nothing. So many are remembered.
_UNKNOWN_KEPT = 1_000
_unknown: WeakKeyDictionary[Hub, OrderedDict[str, rules.Tries]] = WeakKeyDictionary()


# --- people ----------------------------------------------------------------------------------


def add_agent(hub: Hub, ask: Ask, *, code: str, name: str, roles: tuple[str, ...] | list[str]) -> Answer:
    """Somebody works here from now on; `one_shot` is their code for the first sign-in, said once."""
    wanted = rules.agent_code(code, hub.settings.agency.agent_code)
    event = AgentAdded(wanted, rules.person_name(name), rules.roles_of(roles))
    rules.may_manage(ask.actor.roles, event.roles)
    one_shot, hashed = new_one_shot()
    with hub.store.transaction(ask) as tx:
        there = store.agent(tx.connection, wanted)
        if there and not there.removed:
            raise Refused(f"{wanted} is already {there.name}'s code", code="agent_exists", field="code")
        if store.device(tx.connection, wanted):
            raise Refused(f"{wanted} is a device's name", code="device_exists", field="code")
        tx.record(event)
        issue_code(tx, wanted, hashed)
    return {"code": wanted, "name": event.name, "roles": list(event.roles), "one_shot": one_shot}


def reset_code(hub: Hub, ask: Ask, *, code: str) -> Answer:
    """A new one-shot code in place of the agent's secret; sessions end, a lock too."""
    one_shot, hashed = new_one_shot()
    with hub.store.transaction(ask) as tx:
        agent = managed(tx, code)
        issue_code(tx, agent.code, hashed)
    sessions.ended(agent.code)
    return {"code": agent.code, "name": agent.name, "one_shot": one_shot}


def new_one_shot() -> tuple[str, str]:
    """A code for one sign-in, and its hash."""
    one_shot = secrets.one_shot_code()
    with secrets.one_at_a_time():
        return one_shot, secrets.hashed(rules.typed_one_shot(one_shot))


def issue_code(tx: Transaction, code: str, hashed: str) -> None:
    """The agent signs in with this code, once; whatever they have open ends."""
    tx.record(CodeIssued(code))
    store.keep_secret(tx, code, hashed, one_shot=True)
    store.end_sessions(tx, code, "code_issued")


@action
def change_agent(tx: Transaction, hub: Hub, *, code: str, name: str, roles: tuple[str, ...] | list[str]) -> Answer:
    """Another name, or other roles, from the next request on."""
    del hub
    agent = managed(tx, code)
    event = AgentChanged(agent.code, rules.person_name(name), rules.roles_of(roles))
    rules.may_manage(tx.actor.roles, event.roles)
    if "admin" not in event.roles:
        rules.somebody_left(agent, _admins(tx))
    tx.record(event)
    return {"code": agent.code, "name": event.name, "roles": list(event.roles)}


def remove_agent(hub: Hub, ask: Ask, *, code: str) -> Answer:
    """The agent works here no longer; what they did stays under their name."""

    def remove(tx: Transaction) -> Answer:
        agent = managed(tx, code)
        rules.somebody_left(agent, _admins(tx))
        tx.record(AgentRemoved(agent.code))
        store.forget_secret(tx, agent.code)
        store.forget_factor(tx, agent.code)
        store.end_sessions(tx, agent.code, "removed")
        return {"code": agent.code, "name": agent.name}

    answer = hub.perform(ask, remove)
    sessions.ended(answer["code"])
    return answer


def managed(tx: Transaction, code: str) -> Agent:
    """The agent, whom the asker may manage."""
    agent = the_agent(tx, code)
    rules.may_manage(tx.actor.roles, agent.roles)
    return agent


def the_agent(tx: Transaction, code: str) -> Agent:
    """The agent of this code, who works here. Raises NotFound."""
    agent = store.agent(tx.connection, code.strip().upper())
    if agent is None or agent.removed:
        raise NotFound(f"no agent {code} works here", code="unknown_agent", field="code")
    return agent


def _admins(tx: Transaction) -> int:
    return sum("admin" in agent.roles for agent in store.agents(tx.connection))


def check_serves(hub: Hub, code: str) -> None:
    """Raise NotFound or NotAllowed unless this agent may be signed on to a counter."""
    agent = store.agent(hub.reader, code)
    if agent is None or agent.removed:
        raise NotFound(f"no agent {code} works here", code="unknown_agent", field="agent")
    if RIGHTS["next"].isdisjoint(agent.roles):
        raise NotAllowed(f"{agent.name} has no role that serves at a counter", code="not_serving", field="agent")


# --- signing in ------------------------------------------------------------------------------


def sign_in(hub: Hub, ask: Ask, *, code: str, secret: str, address: str = "") -> Answer:
    """Begin a session, in place of the one the agent had. `must_choose`: it was a one-shot code.

    `must_prove`: the secret was right, and this session may only show the second factor (`second_factor.prove`);
    the one the agent had goes on meanwhile. A wrong code and a wrong secret get one answer, in one time.
    Raises NotAuthenticated, or TooMany `locked`.
    """
    known = code.strip().upper()[: rules.WORD_LENGTH]
    with secrets.one_at_a_time():
        agent, kept = right_secret(hub, ask, known, secret, address)
        return _begin(hub, agent, kept, address)


def right_secret(hub: Hub, ask: Ask, code: str, secret: str, address: str) -> tuple[Agent, tuple[str, bool]]:
    """The agent and what is kept of their secret, if this is it; within `one_at_a_time`. Counts a wrong try.

    Raises NotAuthenticated, or TooMany `locked`.
    """
    agent = store.agent(hub.reader, code)
    agent = None if agent is None or agent.removed else agent
    rules.not_locked(_tries(hub, code, agent, address), hub.now())
    kept = store.secret(hub.reader, code) if agent else None
    if not _right(kept, secret) or agent is None or kept is None:
        _count_failure(hub, ask, code, agent, address)
        raise rules.wrong()
    return agent, kept


def _right(kept: tuple[str, bool] | None, secret: str) -> bool:
    hash_, one_shot = kept or (None, False)
    typed = rules.typed_one_shot(secret) if one_shot else rules.typed(secret)
    return secrets.matches(hash_, typed[: rules.LONGEST + 1])


def _tries(hub: Hub, code: str, agent: Agent | None, address: str) -> rules.Tries:
    if agent is not None:
        return tries_at(hub.reader, agent, address)
    return _unknown.get(hub, OrderedDict()).get(code, rules.Tries())


def tries_at(reader: store.Reader, agent: Agent, address: str) -> rules.Tries:
    """The wrong tries that count for whoever comes from there: at a place the agent knows, those made there.

    Elsewhere all strangers count together. So whoever tries codes from somewhere locks out themselves and other
    strangers, never the agent at the counter where they sign in every day.
    """
    known = store.place(reader, agent.code, address)
    return rules.Tries(known.failures, known.failed) if known else rules.Tries(agent.failures, agent.failed)


def _count_failure(hub: Hub, ask: Ask, code: str, agent: Agent | None, address: str) -> None:
    """Journalled for a known agent; a code nobody has may be anything, a secret typed in the wrong place too."""
    tries = rules.failed(_tries(hub, code, agent, address), hub.now())
    if agent is not None:
        with hub.store.transaction(ask) as tx:
            tx.record(SignInFailed(agent.code, tries.failures, address))
        return
    kept = _unknown.setdefault(hub, OrderedDict())
    kept[code] = tries
    if len(kept) > _UNKNOWN_KEPT:
        kept.popitem(last=False)


def _begin(hub: Hub, agent: Agent, kept: tuple[str, bool], address: str) -> Answer:
    one_shot = kept[1]
    proving = not one_shot and agent.has_factor and rules.needs_factor(agent.roles)
    instead = False
    with hub.store.transaction(Ask(Actor(agent=agent.code))) as tx:
        if store.secret(tx.connection, agent.code) != kept:
            raise rules.wrong()
        if proving:
            value = new_session(tx, agent.code)
        else:
            instead = open_elsewhere(tx, agent.code)
            tx.record(SignedIn(agent.code, instead, one_shot, address))
            value = new_session(tx, agent.code, "taken_over", newcomer=one_shot)
        if one_shot:
            store.forget_secret(tx, agent.code)
    if instead:
        sessions.ended(agent.code)
    return {
        "session": value,
        "agent": agent.code,
        "name": agent.name,
        "roles": sorted(agent.roles),
        "must_choose": one_shot,
        "must_prove": proving,
        "instead": instead,
    }


def open_elsewhere(tx: Transaction, code: str) -> bool:
    """Whether the agent has a session that works now."""
    theirs = store.sessions_of(tx.connection, code)
    return any(rules.alive(each, tx.now) and PROVING not in rules.roles_of_session(each) for each in theirs)


def new_session(  # noqa: PLR0913 (what a session is)
    tx: Transaction, code: str, why: Ending | None = None, *,
    newcomer: bool = False, proved: bool = False, began: Instant | None = None,
) -> str:  # fmt: skip
    """The value of a new session, the agent's only one; without a reason to end the others they go on."""
    value = secrets.random_value()
    socket = sessions.socket_token(value)
    if why is not None:
        store.end_sessions(tx, code, why)
    longest = max(life.absolute_ms for life in rules.LIVES.values())
    store.forget_sessions(tx, tx.now.at - 2 * longest)
    store.begin_session(
        tx, secrets.digest(value), secrets.digest(socket), code, newcomer=newcomer, proved=proved, began=began
    )
    return value


def choose_secret(hub: Hub, ask: Ask, *, secret: str, current: str | None = None) -> Answer:
    """The asking agent's own secret. `current` is asked of whoever has one. The session gets a new value."""
    code = ask.actor.agent
    if code is None:
        raise NotAuthenticated("sign in first")
    chosen = rules.good_secret(secret, code)
    with secrets.one_at_a_time():
        kept = store.secret(hub.reader, code)
        if kept is not None and not _right(kept, current or ""):
            raise Unreadable("this is not your present secret", code="wrong_current", field="current")
        hashed = secrets.hashed(chosen)
        with hub.store.transaction(ask) as tx:
            if store.secret(tx.connection, code) != kept:
                raise NotAuthenticated("your code was changed meanwhile: sign in again")
            agent = the_agent(tx, code)
            tx.record(SecretChosen(code))
            store.keep_secret(tx, code, hashed, one_shot=False)
            value = new_session(tx, code, "secret_chosen", proved=rules.needs_factor(ask.actor.roles))
    return {"session": value, "agent": code, "name": agent.name}


@action
def _sign_out(tx: Transaction, hub: Hub) -> Answer:
    del hub
    code = tx.actor.agent
    if code is None:
        raise NotAuthenticated("nobody is signed in")
    tx.record(SignedOut(code))
    store.end_sessions(tx, code, "signed_out")
    return {"agent": code}


def sign_out(hub: Hub, ask: Ask) -> Answer:
    """End the asking agent's session."""
    answer = _sign_out(hub, ask)
    sessions.ended(answer["agent"])
    return answer


# --- devices ---------------------------------------------------------------------------------


def pair(  # noqa: PLR0913 (what a device is)
    hub: Hub, ask: Ask, *, kind: str, name: str, counters: tuple[str, ...] | list[str] = (), address: str = ""
) -> Answer:
    """A token for a device, said once; one that the name had before stops working. `address`: paired on its screen."""
    wanted = rules.device_kind(kind)
    device = rules.device_name(name, hub.settings.agency.agent_code)
    held = _held(hub, device, tuple(counters)) if wanted == "panel" else ()
    token = secrets.random_value()
    with hub.store.transaction(ask) as tx:
        before = store.device(tx.connection, device)
        tx.record(DevicePaired(device, wanted, held, address))
        store.keep_token(tx, device, secrets.digest(token))
    if before is not None and not before.revoked:
        devices.revoked(device)
    return {"name": device, "kind": wanted, "counters": list(held), "token": token}


def _held(hub: Hub, panel: str, named: tuple[str, ...]) -> tuple[str, ...]:
    """The counters a panel holds: those named, else those wired to it, else all where people are called."""
    unknown = [code for code in named if hub.settings.counter(code) is None]
    if unknown:
        raise NotFound(f"no counter {', '.join(unknown)}", code="unknown_counter", field="counters")
    wired = tuple(each.counter for each in hub.settings.panel.counters) if hub.settings.panel.name == panel else ()
    return named or wired or tuple(counter.code for counter in hub.settings.counters if counter.shown)


def revoke(hub: Hub, ask: Ask, *, name: str) -> Answer:
    """The device's token stops working at once; its live sockets are closed."""

    def turn_away(tx: Transaction) -> Answer:
        device = _device(tx, name)
        tx.record(DeviceRevoked(device.name))
        store.forget_token(tx, device.name)
        return {"name": device.name, "kind": device.kind}

    answer = hub.perform(ask, turn_away)
    devices.revoked(answer["name"])
    return answer


def _device(tx: Transaction, name: str) -> Device:
    found = store.device(tx.connection, name)
    if found is None or found.revoked:
        raise NotFound(f"no device {name} is paired", code="unknown_device", field="name")
    return found


def trouble(hub: Hub, ask: Ask, *, part: str, state: str, detail: str = "") -> Answer:
    """The asking device says how a part of it is; `ok` ends the trouble. What stands already is not written again."""
    said = (rules.word(state, "state"), detail[: rules.DETAIL_LENGTH])
    with hub.snapshot() as reader:
        stands = {(each.device, each.part): (each.state, each.detail) for each in store.troubles(reader)}
        known = store.device(reader, ask.actor.device or "")
    if known is None or known.revoked or stands.get((known.name, part), rules.WELL) != said:
        return _trouble(hub, ask, part=part, state=state, detail=detail)
    return {"device": known.name, "part": rules.own_part(part), "state": state}


@action
def _trouble(tx: Transaction, hub: Hub, *, part: str, state: str, detail: str) -> Answer:
    del hub
    event = DeviceTrouble(_self(tx), rules.own_part(part), rules.word(state, "state"), detail[: rules.DETAIL_LENGTH])
    tx.record(event)
    return {"device": event.device, "part": event.part, "state": event.state}


@action
def suspect(  # noqa: PLR0913 (what a trouble is)
    tx: Transaction, hub: Hub, *, device: str, part: str, state: str, detail: str = ""
) -> Answer:
    """The hub finds something wrong with a device: said once, and it stands until the device is paired anew."""
    del hub
    found = _device(tx, device)
    if (found.name, part) not in {(each.device, each.part) for each in store.troubles(tx.connection)}:
        tx.record(DeviceTrouble(found.name, part, state, detail[: rules.DETAIL_LENGTH]))
    return {"device": found.name, "part": part, "state": state}


@action
def ask_help(tx: Transaction, hub: Hub, *, place: str = "") -> Answer:
    """A visitor at the asking device wants a person."""
    del hub
    event = HelpAsked(_self(tx), place[: rules.DETAIL_LENGTH])
    tx.record(event)
    return {"device": event.device}


@action
def give_help(tx: Transaction, hub: Hub, *, device: str) -> Answer:
    """Somebody of reception went there."""
    del hub
    tx.record(HelpGiven(_device(tx, device).name))
    return {"device": device}


def _self(tx: Transaction) -> str:
    if tx.actor.device is None:
        raise NotAllowed("only a device says this of itself")
    return _device(tx, tx.actor.device).name
