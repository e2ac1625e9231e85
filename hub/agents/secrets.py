"""Making and checking secrets: random values, their digests, and argon2id one at a time.

A random value of 256 bits needs no slow hash, its SHA-256 is kept. What a person types does: 19 MiB and
a fraction of a second a try, so only one try runs at a time, and a crowd of them cannot take the box's memory.
"""

from __future__ import annotations

import base64
import ctypes
import hashlib
import hmac
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from hub.errors import TooMany

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# What a hash took goes back to the machine (M_MMAP_THRESHOLD); glibc else keeps 19 MiB for each thread that made one.
with suppress(OSError, AttributeError):
    ctypes.CDLL(None).mallopt(-3, 1 << 20)
_ONE_AT_A_TIME = threading.Lock()
#: Longer than this nobody waits for their turn; the thread is worth more to the queue.
PATIENCE_S = 10.0
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ"
_DIGITS = "23456789"


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """The turn to hash. Raises TooMany when it does not come: there is a crowd, or an attack."""
    if not _ONE_AT_A_TIME.acquire(timeout=PATIENCE_S):
        raise TooMany("too many people are signing in at once: try again", retry_s=round(PATIENCE_S))
    try:
        yield
    finally:
        _ONE_AT_A_TIME.release()


def hashed(secret: str) -> str:
    """The argon2id hash of a typed secret; within `one_at_a_time`."""
    return _HASHER.hash(secret)


def matches(hash_: str | None, secret: str) -> bool:
    """Whether the secret is the hashed one. Takes as long when there is none to compare with."""
    if hash_ is None:
        _HASHER.hash(secret)
        return False
    try:
        return _HASHER.verify(hash_, secret)
    except VerificationError:
        return False


def one_shot_code() -> str:
    """A code to read out and type once: `ABCD-2345`, without letters and digits that look alike."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(4))
    return letters + "-" + "".join(secrets.choice(_DIGITS) for _ in range(4))


def random_value() -> str:
    """256 bits, safe in an address and a cookie."""
    return secrets.token_urlsafe(32)


def digest(value: str) -> bytes:
    """What is kept of a random value."""
    return hashlib.sha256(value.encode(errors="replace")).digest()


def following(value: str, salt: bytes) -> str:
    """The 256 bits that follow this value by that salt: always the same, and not to be found from one of them alone."""
    return base64.urlsafe_b64encode(hmac.digest(salt, value.encode(errors="replace"), "sha256")).rstrip(b"=").decode()


def derived(value: str, purpose: str) -> str:
    """A value for one purpose, from which the first cannot be found: 192 bits of text."""
    return hmac.new(value.encode(errors="replace"), purpose.encode(), hashlib.sha256).hexdigest()[:48]
