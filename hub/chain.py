"""The chain: each entry's hash covers the entry and the hash before it.

`hash = SHA-256(canonical entry ‖ previous hash)`, the canonical entry being the compact JSON list of
the entry's fields in the order of `FIELDS`, UTF-8. What identifies a person is not in the entry but
in a private row of which the entry holds only `SHA-256(salt ‖ body)`: it can be destroyed and the
chain still verifies. A chain alone shows accidents; heads signed with Ed25519 show rewriting.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.disk import sync_folder

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FIELDS = (
    "seq", "epoch", "boot", "at", "mono", "certain", "actor", "device",
    "key", "kind", "subject", "payload", "private_digest",
)  # fmt: skip
GENESIS = bytes(32)


def canonical_json(value: Any) -> str:
    """One spelling for one value: sorted keys, no spaces, no escapes but the needed ones."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def entry_hash(entry: Mapping[str, Any], previous: bytes) -> bytes:
    """The hash of an entry that follows `previous`. Blobs are spelt in hexadecimal."""
    spelt = [value.hex() if isinstance(value, bytes) else value for value in (entry[name] for name in FIELDS)]
    return hashlib.sha256(canonical_json(spelt).encode() + previous).digest()


def private_digest(salt: bytes, body: str) -> bytes:
    """What the public entry keeps of its private part."""
    return hashlib.sha256(salt + body.encode()).digest()


def body_digest(body: Mapping[str, Any]) -> bytes:
    """SHA-256 of the canonical body: tells a repeated request from a reused key."""
    return hashlib.sha256(canonical_json(body).encode()).digest()


def signing_key(path: Path) -> Ed25519PrivateKey:
    """The key in `path`, made on first use."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 (30 ms, rarely)

    return Ed25519PrivateKey.from_private_bytes(
        kept_key(path, lambda: Ed25519PrivateKey.generate().private_bytes_raw())
    )


def kept_key(path: Path, fresh: Callable[[], bytes]) -> bytes:
    """What is in `path`, made on first use, readable by the service alone; of two processes that make it, one wins."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        written = path.with_suffix(f".{os.getpid()}.new")
        with os.fdopen(os.open(written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(fresh())
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(written, path)
        written.unlink()
        sync_folder(path.parent)  # what is sealed with a key is worth nothing without it
    return path.read_bytes()


def public_key(path: Path) -> bytes:
    """The public half of the key in `path`, 32 bytes: what others know us by."""
    return signing_key(path).public_key().public_bytes_raw()


def signed_head(key: Ed25519PrivateKey, seq: int, digest: bytes) -> bytes:
    """The signature of the chain's head at `seq`."""
    return key.sign(_head(seq, digest))


def head_is_signed(public: bytes, seq: int, digest: bytes, signature: bytes) -> bool:
    """Whether `signature` is the one that the holder of `public` gave to this head."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, _head(seq, digest))
    except InvalidSignature:
        return False
    return True


def _head(seq: int, digest: bytes) -> bytes:
    return f"mbote-head|{seq}|{digest.hex()}".encode()
