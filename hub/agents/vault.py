"""What must be read again is sealed: a telephone's secret cannot be kept as a hash, the hub has to count with it.

The key lies beside the database, not in it (`keys/second-factor.secret`, 0600, made on first use): who gets a copy of
the file `mbote.db` alone reads nothing. Who gets the whole card gets both, as they get everything (T20: the card is
encrypted where that matters). A backup holds both too, inside the encryption, so that a restored box still asks
for the telephone.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from hub import chain
from hub.agents.totp import SECRET_BYTES

KEY = Path("keys/second-factor.secret")
_KEY_BYTES, _NONCE_BYTES = 32, 12
#: Recovery codes: ten of these, 49 bits, in two groups; none looks like another.
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
_GROUP = 5


def sealed(folder: Path, agent: str, secret: bytes) -> bytes:
    """A secret as it is kept, bound to its agent: another agent's row opens nothing."""
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305  # noqa: PLC0415 (30 ms, rarely)

    nonce = os.urandom(_NONCE_BYTES)
    return nonce + ChaCha20Poly1305(_key(folder)).encrypt(nonce, secret, agent.encode())


def opened(folder: Path, agent: str, kept: bytes) -> bytes | None:
    """The secret again; None when the key is another one, or the row another agent's."""
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305  # noqa: PLC0415

    try:
        return ChaCha20Poly1305(_key(folder)).decrypt(kept[:_NONCE_BYTES], kept[_NONCE_BYTES:], agent.encode())
    except (InvalidTag, ValueError):
        return None


def offered(folder: Path, session: str) -> bytes:
    """The secret that an enrolment page shows: the same each time it is loaded; nothing is kept before it is used."""
    return hmac.digest(_key(folder), b"enrol|" + session.encode(errors="replace"), hashlib.sha256)[:SECRET_BYTES]


def in_letters(secret: bytes) -> str:
    """A secret as it is typed where there is no camera: Base32 without padding."""
    return base64.b32encode(secret).decode().rstrip("=")


def recovery_code() -> str:
    """A code for the drawer: `ABCDE-23456`."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(2))
    return "-".join(groups)


def recovery_digest(folder: Path, agent: str, typed: str) -> bytes:
    """What is kept of a recovery code; without the key beside the database nobody can try codes against it."""
    return hmac.digest(_key(folder), f"recovery|{agent}|{typed}".encode(errors="replace"), hashlib.sha256)


def _key(folder: Path) -> bytes:
    return chain.kept_key(folder / KEY, lambda: os.urandom(_KEY_BYTES))
