"""What the QR of a certificate says, so that any agency can check it without asking anybody.

`MBOTE1` and, in base 32 (letters that every scanner types alike): four bytes that name the key, an Ed25519
signature, and the signed bytes: a JSON list of the agency, the number, the title, the number and name of whom
it is about, the two dates, whether it is under reserve, and a digest of all the rest. The code that is printed
beside it is a digest of the whole: enough to look one up where it was issued, and to see that two papers differ.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b32decode, b32encode
from binascii import Error
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from hub.chain import canonical_json
from hub.errors import Unreadable

MARK = "MBOTE1"
_DOMAIN = b"mbote-certificate|"
_KEY_ID, _SIGNATURE = 4, 64
_LONGEST = 4_000
#: How a paper came out: ours and in the book, of an agency whose key we have, …
Found = Literal["authentic", "forged", "unknown_key"]


@dataclass(frozen=True, slots=True)
class Statement:
    """What was signed."""

    agency: str
    label: str
    title: str
    number: str
    name: str
    issued_on: str
    valid_until: str
    reserved: bool
    digest: str

    def as_bytes(self) -> bytes:
        """The bytes that are signed."""
        facts = [getattr(self, name) for name in self.__slots__]
        return json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class Checked:
    """A statement with what is known of its signature. `by` is the agency whose key it was, as we know it."""

    statement: Statement
    found: Found
    key: str
    by: str = ""


def digest(snapshot: Mapping[str, Any]) -> str:
    """Of all that a certificate says."""
    return hashlib.sha256(canonical_json(snapshot).encode()).hexdigest()[:24]


def key_id(public: bytes) -> bytes:
    """Four bytes that name a public key."""
    return hashlib.sha256(public).digest()[:_KEY_ID]


def key_said(short: bytes) -> str:
    """The name of a key as it is printed: `3F9A-12BC`."""
    spelt = short.hex().upper()
    return f"{spelt[:4]}-{spelt[4:]}"


def signed(statement: Statement, sign: Callable[[bytes], bytes], public: bytes) -> str:
    """The text of the QR."""
    said = statement.as_bytes()
    return MARK + b32encode(key_id(public) + sign(_DOMAIN + said) + said).decode().rstrip("=")


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


def check(typed: str, keys: Mapping[bytes, tuple[str, bytes]]) -> Checked:
    """What a scanned text says and whether one of our keys signed it. Raises Unreadable for what is no certificate.

    `keys`: name of a key → its agency and the public key.
    """
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 (30 ms, rarely)
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    short, signature, said = _parts(as_scanned(typed))
    statement = _statement(said)
    if short not in keys:
        return Checked(statement, "unknown_key", key_said(short))
    agency, public = keys[short]
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, _DOMAIN + said)
    except InvalidSignature:
        return Checked(statement, "forged", key_said(short), agency)
    return Checked(statement, "authentic" if statement.agency == agency else "forged", key_said(short), agency)


def _parts(text: str) -> tuple[bytes, bytes, bytes]:
    spelt = text.removeprefix(MARK)
    if spelt == text or len(text) > _LONGEST:
        raise _not_one()
    try:
        whole = b32decode(spelt + "=" * (-len(spelt) % 8))
    except (Error, ValueError) as error:
        raise _not_one() from error
    return whole[:_KEY_ID], whole[_KEY_ID : _KEY_ID + _SIGNATURE], whole[_KEY_ID + _SIGNATURE :]


def _statement(said: bytes) -> Statement:
    try:
        facts = json.loads(said)
        shown = Statement(*facts)
    except (ValueError, TypeError, RecursionError) as error:
        raise _not_one() from error
    *texts, reserved, spelt = facts
    if not isinstance(reserved, bool) or not all(isinstance(each, str) for each in (*texts, spelt)):
        raise _not_one()
    return shown


def _not_one() -> Unreadable:
    return Unreadable("this is no certificate's code", code="no_code", field="code")
