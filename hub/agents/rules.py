"""What makes an agent, a secret and a session acceptable. Lengths and times stand here; it touches nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from hub.agents.model import (
    DEVICE_KINDS,
    ENROLLING,
    LOCKED,
    NEWCOMER,
    PROVING,
    ROLES,
    Agent,
    DeviceKind,
    Role,
    Session,
)
from hub.clock import Instant, elapsed
from hub.errors import NotAllowed, NotAuthenticated, Refused, TooMany, Unreadable

_MINUTE_MS = 60_000
_HOUR_MS = 60 * _MINUTE_MS

#: So many wrong secrets in a row lock the account for so long.
FAILURES, LOCK_MS = 5, 15 * _MINUTE_MS
#: A secret's length in characters: the most keeps the hash of one try cheap to refuse.
SHORTEST, LONGEST = 8, 128
NAME_LENGTH, DETAIL_LENGTH, WORD_LENGTH = 80, 300, 64
#: A last-seen time is written again when it is older than this: each writing costs the card some kilobytes.
SEEN_MS = _MINUTE_MS
#: A device's token is renewed when it is so old (threat T1).
RENEW_MS = 365 * 24 * _HOUR_MS
#: State and detail of a part of which nobody has said anything bad.
WELL = ("ok", "")
#: What the hub finds wrong with a device: the device says nothing of it, or a thief would say that all is well.
FOUND_BY_THE_HUB = frozenset({"epoch", "token"})
DEVICE_NAME = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,15}")


@dataclass(frozen=True, slots=True)
class Life:
    """How long a session lives without being used, and at all; unused for `lock_ms` it asks for the secret again."""

    idle_ms: int
    absolute_ms: int
    lock_ms: int = 5 * _MINUTE_MS


_ORDINARY = Life(10 * _MINUTE_MS, 9 * _HOUR_MS)
#: Where money is in the drawer nobody else's three minutes are enough.
_CASH = Life(10 * _MINUTE_MS, 9 * _HOUR_MS, lock_ms=3 * _MINUTE_MS)
_ON_THE_WAY_IN = Life(10 * _MINUTE_MS, 30 * _MINUTE_MS, lock_ms=30 * _MINUTE_MS)
#: role → the life of a session (threats T7 and T9); who has several roles gets the shortest.
LIVES: dict[str, Life] = (
    dict.fromkeys(ROLES, _ORDINARY)
    | dict.fromkeys(("collections_cashier", "benefits_cashier", "head_cashier"), _CASH)
    | dict.fromkeys((NEWCOMER, PROVING, ENROLLING), _ON_THE_WAY_IN)
)

#: Roles that show a second factor: money, administration, and what is known of people's health (R-211, T10).
SECOND_FACTOR: frozenset[Role] = frozenset(
    {"supervisor", "collections_cashier", "benefits_cashier", "head_cashier", "medical_officer", "admin"}
)
#: So many recovery codes are given at once.
RECOVERY_CODES = 8
#: A place where an agent has signed in is known for so long, and so many are.
KNOWN_MS, KNOWN_PLACES = 60 * 24 * _HOUR_MS, 8

#: Whoever has one of these roles is managed by an administrator alone: a supervisor gives nobody more than they have.
TRUSTED = frozenset({"admin", "supervisor", "head_cashier", "executive", "auditor", "medical_officer"})

#: The commonest of eight characters and more, in the keyboards and languages of our agencies.
COMMONEST = frozenset([
    "12345678", "123456789", "1234567890", "0123456789", "12341234", "12344321", "11111111", "00000000", "87654321",
    "123123123", "11223344", "88888888", "147258369", "987654321", "9876543210", "password", "password1",
    "password12", "password123", "passw0rd", "p@ssw0rd", "p@ssword", "motdepasse", "motdepasse1", "azertyui",
    "azertyuiop", "azerty123", "azerty12", "azerty1234", "qwertyui", "qwertyuiop", "qwerty123", "qwerty12",
    "qwerty1234", "1q2w3e4r", "1qaz2wsx", "abcd1234", "abc12345", "abcdefgh", "iloveyou", "jetaime1", "doudou12",
    "chouchou", "loulou12", "sunshine", "princess", "football", "bonjour1", "bienvenue", "brazzaville",
])  # fmt: skip


# --- people ----------------------------------------------------------------------------------


def agent_code(text: str, pattern: str) -> str:
    """A code as the agency writes them. Raises Unreadable."""
    code = text.strip().upper()
    if not re.fullmatch(pattern, code):
        raise Unreadable(f"{text} is not an agent's code here: they look like {pattern}", field="code")
    return code


def person_name(text: str) -> str:
    """A name that fits a line. Raises Unreadable."""
    name = " ".join(text.split())
    if not 1 <= len(name) <= NAME_LENGTH or not name.isprintable():
        raise Unreadable(f"write a name of at most {NAME_LENGTH} characters", field="name")
    return name


def roles_of(names: Iterable[str]) -> tuple[str, ...]:
    """Known roles, each once, in the order of the table. Raises Unreadable for none or an unknown one."""
    wanted = set(names)
    unknown = sorted(wanted - set(ROLES))
    if unknown or not wanted:
        wrong = f"no such role: {', '.join(unknown)}" if unknown else "give at least one role"
        raise Unreadable(f"{wrong}; there are {', '.join(ROLES)}", field="roles")
    return tuple(role for role in ROLES if role in wanted)


def may_manage(manager: frozenset[str], *roles: Iterable[str]) -> None:
    """Raise NotAllowed when someone of these roles may not give, reset or take those."""
    if manager.isdisjoint({"admin", "hub"}) and not TRUSTED.isdisjoint(role for each in roles for role in each):
        raise NotAllowed("ask an administrator: a supervisor manages neither supervisors nor those above")


def somebody_left(leaving: Agent, admins: int) -> None:
    """Raise Refused when the last administrator would go."""
    if "admin" in leaving.roles and admins <= 1:
        raise Refused(f"{leaving.code} is the last administrator: add another one first", code="last_admin")


# --- secrets ---------------------------------------------------------------------------------


def typed(secret: str) -> str:
    """A secret as it is compared: the same letters however the keyboard composed them."""
    return unicodedata.normalize("NFC", secret)


def typed_one_shot(code: str) -> str:
    """A one-shot code as it is compared: case, blanks and the dash do not count."""
    return "".join(code.split()).replace("-", "").upper()


def good_secret(secret: str, code: str) -> str:
    """The secret, if it may be chosen: its composition is free. Raises Unreadable `weak_secret` saying what to do."""
    chosen = typed(secret)
    if not SHORTEST <= len(chosen) <= LONGEST:
        raise _weak(f"choose {SHORTEST} to {LONGEST} characters; a short sentence is easy to remember", "length")
    if chosen.casefold() in COMMONEST:
        raise _weak("too many people choose this one; choose another", "common")
    if chosen.casefold() == code.casefold():
        raise _weak("your code is known to everybody; choose something else", "own_code")
    return chosen


def _weak(message: str, why: str) -> Unreadable:
    return Unreadable(message, code="weak_secret", field="secret", why=why)


@dataclass(frozen=True, slots=True)
class Tries:
    """Wrong secrets in a row for one account, known or not."""

    failures: int = 0
    last: Instant | None = None


def not_locked(tries: Tries, now: Instant) -> None:
    """Raise TooMany `locked` with `retry_s` while the account is locked."""
    if tries.last is None or tries.failures < FAILURES:
        return
    left_ms = LOCK_MS - elapsed(tries.last, now).ms
    if left_ms > 0:
        retry_s = -(-left_ms // 1000)
        raise TooMany(f"too many wrong tries: try again in {-(-retry_s // 60)} min", code="locked", retry_s=retry_s)


def failed(tries: Tries, now: Instant) -> Tries:
    """One more wrong try; those before a pause as long as the lock no longer count."""
    recent = tries.last is not None and elapsed(tries.last, now).ms < LOCK_MS
    return Tries(tries.failures + 1 if recent else 1, now)


def wrong() -> NotAuthenticated:
    """The one answer to a wrong code, a wrong secret, a removed agent and a used one-shot code."""
    return NotAuthenticated(
        "wrong code or secret; after five wrong tries the account waits 15 minutes", code="wrong_secret"
    )


def typed_factor(code: str) -> str:
    """A code of a telephone or of the drawer as it is compared: blanks, the dash and case do not count."""
    return "".join(code.split()).replace("-", "").upper()[:WORD_LENGTH]


def wrong_factor() -> NotAuthenticated:
    """The one answer to a wrong code of a telephone, a used one, and a wrong recovery code."""
    return NotAuthenticated(
        "wrong code: wait for the next one on your telephone, or use a recovery code",
        code="wrong_factor",
        field="factor",
    )


# --- sessions --------------------------------------------------------------------------------


def needs_factor(roles: Iterable[str]) -> bool:
    """Whether somebody with these roles shows a second factor."""
    return not SECOND_FACTOR.isdisjoint(roles)


def life(roles: Iterable[str]) -> Life:
    """The shortest life among the roles."""
    lives = [LIVES[role] for role in roles if role in LIVES] or [LIVES[NEWCOMER]]
    return Life(
        min(each.idle_ms for each in lives),
        min(each.absolute_ms for each in lives),
        min(each.lock_ms for each in lives),
    )


def roles_of_session(session: Session) -> frozenset[str]:
    """Whom a session is for: those who are still on their way in may only go on."""
    if session.newcomer:
        return frozenset({NEWCOMER})
    if needs_factor(session.roles) and not session.proved:
        return frozenset({PROVING if session.has_factor else ENROLLING})
    return session.roles


def acting_roles(session: Session, now: Instant) -> frozenset[str]:
    """In which roles a session acts at this moment."""
    return frozenset({LOCKED}) if screen_locked(session, now) else roles_of_session(session)


def screen_locked(session: Session, now: Instant) -> bool:
    """Whether the secret is asked again, by hand or because nobody was there for a while."""
    return session.locked or elapsed(session.seen, now).ms >= life(roles_of_session(session)).lock_ms


def alive(session: Session, now: Instant) -> bool:
    """Whether the session still counts."""
    return session.ended is None and not asleep(session, now) and not worn_out(session, now)


def asleep(session: Session, now: Instant) -> bool:
    """Whether it was unused for too long: who goes on shows all they have again."""
    return elapsed(session.seen, now).ms >= life(roles_of_session(session)).idle_ms


def worn_out(session: Session, now: Instant) -> bool:
    """Whether it began too long ago to go on at all."""
    return elapsed(session.began, now).ms >= life(roles_of_session(session)).absolute_ms


# --- devices ---------------------------------------------------------------------------------


def device_kind(text: str) -> DeviceKind:
    """A kind of device that there is. Raises Unreadable."""
    found = next((kind for kind in DEVICE_KINDS if kind == text), None)
    if found is None:
        raise Unreadable(f"no such kind of device: {text}; there are {', '.join(DEVICE_KINDS)}", field="kind")
    return found


def device_name(text: str, agent_pattern: str) -> str:
    """A name for a device: it is also the scope of its keys, so no agent's code. Raises Unreadable."""
    if not DEVICE_NAME.fullmatch(text) or re.fullmatch(agent_pattern, text):
        raise Unreadable(
            f"{text}: a device's name is at most 16 capitals, digits, - or _, such as K1, and no agent's code",
            code="device_name",
            field="name",
        )
    return text


def old_token(given_at: int, now: Instant) -> bool:
    """Whether a token given then (wall, ms) is due to be renewed; a clock that is in doubt renews nothing."""
    return now.certain and now.at - given_at >= RENEW_MS


def own_part(text: str) -> str:
    """A part of which a device may speak. Raises Unreadable, NotAllowed."""
    if text in FOUND_BY_THE_HUB:
        raise NotAllowed(f"{text}: the hub finds this out by itself")
    return word(text, "part")


def word(text: str, field: str) -> str:
    """A short word that a device says. Raises Unreadable."""
    if not 1 <= len(text) <= WORD_LENGTH or not text.isprintable():
        raise Unreadable(f"{field}: 1 to {WORD_LENGTH} characters", field=field)
    return text
