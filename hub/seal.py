"""Signed words on paper, so that any agency can check a paper without asking anybody.

A mark and, in base 32 (letters that every scanner types alike): four bytes that name the key, an Ed25519 signature,
and the signed bytes. Each kind of paper has a mark of its own and a domain that its signature covers, so that one
can never be taken for another. The code printed beside it is a digest of the whole: short enough to type.
"""

from __future__ import annotations

import hashlib
import tomllib
from base64 import b32decode, b32encode
from binascii import Error
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hub.chain import signing_key
from hub.errors import Unreadable

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

#: The agency's key for papers, in the data folder; its name is older than receipts.
SIGNING_KEY = Path("keys/certificate.ed25519")
#: Where an agency writes down the keys of others, in its configuration folder.
KEYS_FILE = Path("certificates/keys.toml")
_KEY_ID, _SIGNATURE = 4, 64
_LONGEST = 4_000
#: name of a key → its agency and the public key.
Keys = Mapping[bytes, tuple[str, bytes]]
Found = Literal["authentic", "forged", "unknown_key"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of paper: the mark before its code, and the domain of its signatures."""

    mark: str
    domain: bytes


@dataclass(frozen=True, slots=True)
class Opened:
    """What a code says with what is known of its signature. `by` is the agency whose key it was, as we know it."""

    said: bytes
    found: Found
    key: str
    by: str = ""


def agency_key(data: Path) -> Ed25519PrivateKey:
    """The key with which this agency signs papers; made if there is none yet."""
    return signing_key(data / SIGNING_KEY)


def own_key(data: Path, agency: str) -> dict[bytes, tuple[str, bytes]]:
    """This agency's own public key, by its name."""
    public = agency_key(data).public_key().public_bytes_raw()
    return {key_id(public): (agency, public)}


def keys_of(folder: Path, problems: list[str]) -> dict[bytes, tuple[str, bytes]]:
    """The keys of other agencies, by their names; a problem added for what is none."""
    try:
        said = tomllib.loads((folder / KEYS_FILE).read_text("utf-8-sig"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        problems.append(f"{KEYS_FILE}: cannot be read: {error}")
        return {}
    found = {}
    for agency, spelt in said.items():
        try:
            public = bytes.fromhex(spelt)
        except (ValueError, TypeError):
            public = b""
        if len(public) == 32:  # noqa: PLR2004 (an Ed25519 key)
            found[key_id(public)] = (agency, public)
        else:
            problems.append(f"{KEYS_FILE}: {agency}: no key; `mbote certificate key` prints it there")
    return found


def key_id(public: bytes) -> bytes:
    """Four bytes that name a public key."""
    return hashlib.sha256(public).digest()[:_KEY_ID]


def key_said(short: bytes) -> str:
    """The name of a key as it is printed: `3F9A-12BC`."""
    spelt = short.hex().upper()
    return f"{spelt[:4]}-{spelt[4:]}"


def sealed(kind: Kind, said: bytes, key: Ed25519PrivateKey) -> str:
    """The text of a QR."""
    short = key_id(key.public_key().public_bytes_raw())
    return kind.mark + b32encode(short + key.sign(kind.domain + said) + said).decode().rstrip("=")


def code_of(text: str) -> str:
    """The short form of a QR's text: `K7QF-2M9T-XW4P`."""
    return code_typed(b32encode(hashlib.sha256(text.encode()).digest()).decode()[:12])


def code_typed(typed: str) -> str:
    """A code as it is printed, whatever was typed between its letters."""
    letters = typed.replace("-", "")
    return f"{letters[:4]}-{letters[4:8]}-{letters[8:]}"


def as_scanned(typed: str) -> str:
    """What a scanner, a hand or a line break made of a code, put right."""
    return "".join(typed.split()).upper()


def opened(kind: Kind, typed: str, keys: Keys) -> Opened:
    """What a scanned text says and whether one of our keys signed it. Raises Unreadable for what is no such paper."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 (30 ms, rarely)
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    short, signature, said = _parts(kind, as_scanned(typed))
    if short not in keys:
        return Opened(said, "unknown_key", key_said(short))
    agency, public = keys[short]
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, kind.domain + said)
    except InvalidSignature:
        return Opened(said, "forged", key_said(short), agency)
    return Opened(said, "authentic", key_said(short), agency)


def _parts(kind: Kind, text: str) -> tuple[bytes, bytes, bytes]:
    spelt = text.removeprefix(kind.mark)
    if spelt == text or len(text) > _LONGEST:
        raise not_one()
    try:
        whole = b32decode(spelt + "=" * (-len(spelt) % 8))
    except (Error, ValueError) as error:
        raise not_one() from error
    return whole[:_KEY_ID], whole[_KEY_ID : _KEY_ID + _SIGNATURE], whole[_KEY_ID + _SIGNATURE :]


def not_one() -> Unreadable:
    """A code that is no code of such a paper."""
    return Unreadable("this is no code of such a paper", code="no_code", field="code")
