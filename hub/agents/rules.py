"""What makes an agent, a secret and a session acceptable. Lengths and times stand here; it touches nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from hub.agents.model import DEVICE_KINDS, NEWCOMER, ROLES, Agent, DeviceKind, Session, SignInFailed
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
DEVICE_NAME = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,15}")


@dataclass(frozen=True, slots=True)
class Life:
    """How long a session lives without being used, and at all."""

    idle_ms: int
    absolute_ms: int


#: role → the life of a session; who has several roles gets the shortest.
LIVES: dict[str, Life] = dict.fromkeys(ROLES, Life(30 * _MINUTE_MS, 9 * _HOUR_MS)) | {
    NEWCOMER: Life(10 * _MINUTE_MS, 30 * _MINUTE_MS)
}

#: Whoever has one of these roles is managed by an administrator alone: a supervisor gives nobody more than they have.
TRUSTED = frozenset({"admin", "supervisor", "head_cashier", "executive", "auditor"})

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


def sign_in_failed(agent: str, tries: Tries) -> SignInFailed:
    """The fact of a wrong try at a known account."""
    return SignInFailed(agent, tries.failures)


def wrong() -> NotAuthenticated:
    """The one answer to a wrong code, a wrong secret, a removed agent and a used one-shot code."""
    return NotAuthenticated(
        "wrong code or secret; after five wrong tries the account waits 15 minutes", code="wrong_secret"
    )


# --- sessions --------------------------------------------------------------------------------


def life(roles: Iterable[str]) -> Life:
    """The shortest life among the roles."""
    lives = [LIVES[role] for role in roles if role in LIVES] or [LIVES[NEWCOMER]]
    return Life(min(each.idle_ms for each in lives), min(each.absolute_ms for each in lives))


def acting_roles(session: Session) -> frozenset[str]:
    """In which roles a session acts."""
    return frozenset({NEWCOMER}) if session.newcomer else session.roles


def alive(session: Session, now: Instant) -> bool:
    """Whether the session still counts."""
    limits = life(acting_roles(session))
    idle, age = elapsed(session.seen, now).ms, elapsed(session.began, now).ms
    return session.ended is None and idle < limits.idle_ms and age < limits.absolute_ms


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
            field="name",
        )
    return text


def word(text: str, field: str) -> str:
    """A short word that a device says. Raises Unreadable."""
    if not 1 <= len(text) <= WORD_LENGTH or not text.isprintable():
        raise Unreadable(f"{field}: 1 to {WORD_LENGTH} characters", field=field)
    return text
