"""The six figures that a telephone shows: TOTP, RFC 6238 over HOTP, RFC 4226. It touches nothing.

A dozen lines beside the vectors of the RFC (tests/hub/agents/test_totp.py) instead of a library: pyotp does the same
sum, and none of what decides whether a code may pass here: each step once, a drift that is learned, both below.

*Drift.* The box has no clock of its own that runs without power, and telephones are a minute off. RFC 6238 (5.2)
takes one step before and after for the way, and (6) remembers by how many steps the two differ: so a telephone that
drifts by less than a step between two sign-ins never fails. A hub that has just been set right is met at 0 again.
"""

from __future__ import annotations

import hmac
import struct
from hashlib import sha1

STEP_MS, DIGITS = 30_000, 6
#: Steps before and after the expected one whose codes pass (RFC 6238, 5.2).
WINDOW = 1
#: Further apart than this, clocks are wrong rather than drifting: ten minutes.
MOST_DRIFT = 20
#: Bytes of a secret: as long as the hash (RFC 4226, 4 R6).
SECRET_BYTES = 20


def step_of(at_ms: int) -> int:
    """The number of the half minute that a wall time, in ms since 1970, lies in."""
    return at_ms // STEP_MS


def code_of(secret: bytes, step: int) -> str:
    """What a telephone with this secret shows in that half minute (RFC 4226, 5.3)."""
    digest = hmac.digest(secret, struct.pack(">Q", step), sha1)
    at = digest[-1] & 15
    number: int = struct.unpack(">I", digest[at : at + 4])[0] & 0x7FFF_FFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def found(secret: bytes, code: str, step: int, *, last: int = 0, drift: int = 0) -> int | None:
    """The step whose code this is, near `step` or near where the telephone was last time; None for a wrong code.

    A step up to `last`, the one that was used last, is used: a code that somebody saw opens nothing (RFC 6238, 5.2).
    """
    near = sorted({step + away for centre in (0, drift) for away in range(centre - WINDOW, centre + WINDOW + 1)})
    return _match(secret, code, [one for one in near if one > last])


def first_found(secret: bytes, code: str, step: int) -> int | None:
    """The step of the first code ever, which tells how far apart the clocks are, up to `MOST_DRIFT`."""
    away = sorted(range(-MOST_DRIFT, MOST_DRIFT + 1), key=abs)
    return _match(secret, code, [step + one for one in away])


def drift_of(step: int, now: int) -> int:
    """What is remembered of a telephone that showed the code of `step` at `now`."""
    return max(-MOST_DRIFT, min(MOST_DRIFT, step - now))


def _match(secret: bytes, code: str, steps: list[int]) -> int | None:
    """Each step is compared, whichever fits: the time taken says nothing."""
    fitting = [one for one in steps if one >= 0 and hmac.compare_digest(code_of(secret, one).encode(), code.encode())]
    return fitting[0] if fitting else None
