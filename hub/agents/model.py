"""Who works here and what stands here: agents, devices, and every fact that can happen to them.

No event carries a secret: what a code, a token or a session is, only `SECRET_TABLES` of the store knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from hub.clock import Instant
from hub.journal import Event

Role = Literal[
    "receptionist", "clerk", "validator", "collections_cashier", "benefits_cashier", "head_cashier",
    "supervisor", "executive", "case_officer", "medical_officer", "auditor", "admin",
]  # fmt: skip
DeviceKind = Literal["kiosk", "display", "panel", "printer", "api"]
ROLES: tuple[Role, ...] = get_args(Role)
#: A device acts in the role of its kind.
DEVICE_KINDS: tuple[DeviceKind, ...] = get_args(DeviceKind)
#: The role of a session begun with a one-shot code: it may choose a secret, and nothing else.
NEWCOMER = "newcomer"
#: The roles of sessions on their way in: the second factor is still to be shown, or to be set up.
PROVING, ENROLLING = "proving", "enrolling"
#: The role of a session whose screen is locked: whoever knows the secret goes on.
LOCKED = "locked"
#: How a session ends before its time.
Ending = Literal[
    "signed_out", "taken_over", "secret_chosen", "code_issued", "removed", "unlocked", "enrolled", "proved"
]
#: With what somebody showed that they are who they say, besides the secret. `vouched`: the hub itself said so.
Factor = Literal["", "totp", "recovery", "vouched"]


@dataclass(frozen=True, slots=True)
class Agent:
    """A person who works here. Failures are those from places that are strange to them, since the last good one."""

    code: str
    name: str
    roles: frozenset[str]
    removed: bool = False
    has_secret: bool = False
    signed_in: Instant | None = None
    failures: int = 0
    failed: Instant | None = None
    has_factor: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """An address from which an agent has signed in before, and the wrong tries there since."""

    address: str
    failures: int = 0
    failed: Instant | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """One agent signed in. `newcomer`: with a one-shot code, so the secret is still to be chosen.

    `proved`: the second factor was shown in it. `locked`: its screen was locked by hand.
    """

    agent: str
    roles: frozenset[str]
    began: Instant
    seen: Instant
    newcomer: bool = False
    ended: Ending | None = None
    has_factor: bool = False
    proved: bool = False
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Device:
    """A paired device. `seen`: its token was last used, to the minute; `help_since`: a visitor's call for help.

    `token_at`: since when it has its present token (wall, ms).
    """

    name: str
    kind: DeviceKind
    counters: tuple[str, ...]
    paired: Instant
    revoked: bool = False
    seen: Instant | None = None
    help_since: Instant | None = None
    help_place: str = ""
    token_at: int = 0


@dataclass(frozen=True, slots=True)
class Trouble:
    """A part of a device that does not work, as the device says."""

    device: str
    part: str
    state: str
    since: Instant
    detail: str = ""


# --- facts -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AgentEvent(Event):
    """Something happened to an agent."""

    agent: str

    @property
    def subject(self) -> str:
        """The agent's code."""
        return f"agent {self.agent}"


@dataclass(frozen=True, slots=True)
class DeviceEvent(Event):
    """Something happened to a device."""

    device: str

    @property
    def subject(self) -> str:
        """The device's name."""
        return f"device {self.device}"


@dataclass(frozen=True, slots=True)
class AgentAdded(AgentEvent):
    """Somebody works here, perhaps again."""

    kind: ClassVar[str] = "agent_added"
    name: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AgentChanged(AgentEvent):
    """Another name, or other roles."""

    kind: ClassVar[str] = "agent_changed"
    name: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AgentRemoved(AgentEvent):
    """No longer works here: sessions end, the code stays taken by what was done under it."""

    kind: ClassVar[str] = "agent_removed"


@dataclass(frozen=True, slots=True)
class CodeIssued(AgentEvent):
    """A code for one sign-in was given out; it replaces the secret there was."""

    kind: ClassVar[str] = "code_issued"


@dataclass(frozen=True, slots=True)
class SecretChosen(AgentEvent):
    """The agent chose a secret of their own."""

    kind: ClassVar[str] = "secret_chosen"


@dataclass(frozen=True, slots=True)
class SignedIn(AgentEvent):
    """The agent signed in; `instead`: a session of theirs elsewhere ended by it."""

    kind: ClassVar[str] = "signed_in"
    instead: bool = False
    newcomer: bool = False
    address: str = ""
    factor: Factor = ""


@dataclass(frozen=True, slots=True)
class SignedOut(AgentEvent):
    """The agent signed out."""

    kind: ClassVar[str] = "signed_out"


@dataclass(frozen=True, slots=True)
class SignInFailed(AgentEvent):
    """A wrong secret or second factor for a known agent; `failures` in a row, this one included.

    From a place they know the tries there are counted, from all others together.
    """

    kind: ClassVar[str] = "sign_in_failed"
    failures: int
    address: str = ""
    what: Literal["secret", "second_factor"] = "secret"


@dataclass(frozen=True, slots=True)
class ScreenUnlocked(AgentEvent):
    """The agent went on at a screen that was locked."""

    kind: ClassVar[str] = "screen_unlocked"
    address: str = ""
    factor: Factor = ""


@dataclass(frozen=True, slots=True)
class SecondFactorEnrolled(AgentEvent):
    """The agent's telephone shows codes for them from now on."""

    kind: ClassVar[str] = "second_factor_enrolled"
    recovery_codes: int


@dataclass(frozen=True, slots=True)
class SecondFactorForgotten(AgentEvent):
    """The telephone is lost: its codes and the recovery codes open nothing any more."""

    kind: ClassVar[str] = "second_factor_forgotten"


@dataclass(frozen=True, slots=True)
class SecondFactorShown(AgentEvent):
    """The agent showed their second factor for one act (`what`), at their own screen or at somebody else's (`at`)."""

    kind: ClassVar[str] = "second_factor_shown"
    what: str
    at: str = ""
    address: str = ""
    factor: Factor = ""


@dataclass(frozen=True, slots=True)
class AccessRefused(AgentEvent):
    """They asked for something that none of their roles may do; `what` is its name in the table of rights."""

    kind: ClassVar[str] = "access_refused"
    what: str


@dataclass(frozen=True, slots=True)
class DevicePaired(DeviceEvent):
    """A device got a token; one it had before stopped working. `address`: where it was paired on its own screen."""

    kind: ClassVar[str] = "device_paired"
    device_kind: DeviceKind
    counters: tuple[str, ...] = ()
    address: str = ""


@dataclass(frozen=True, slots=True)
class DeviceRevoked(DeviceEvent):
    """The device's token stopped working."""

    kind: ClassVar[str] = "device_revoked"


@dataclass(frozen=True, slots=True)
class DeviceTokenRenewed(DeviceEvent):
    """The device came with the token that it was given in place of its old one, which opens nothing any more."""

    kind: ClassVar[str] = "device_token_renewed"


@dataclass(frozen=True, slots=True)
class DeviceTrouble(DeviceEvent):
    """A part of the device changed state: `ok`, or what is wrong with it; or the hub found something wrong with it."""

    kind: ClassVar[str] = "device_trouble"
    part: str
    state: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class HelpAsked(DeviceEvent):
    """A visitor at the device asks for a person."""

    kind: ClassVar[str] = "help_asked"
    place: str = ""


@dataclass(frozen=True, slots=True)
class HelpGiven(DeviceEvent):
    """Somebody went there."""

    kind: ClassVar[str] = "help_given"
