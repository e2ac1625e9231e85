"""What the QR of a certificate says (sealed as hub/seal.py has it), so that any agency can check it offline.

The signed bytes are a JSON list of the agency, the number, the title, the number and name of whom it is about, the
two dates, whether it is under reserve, and a digest of all the rest. The code that is printed beside it is enough to
look one up where it was issued, and to see that two papers differ.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub import seal
from hub.chain import canonical_json

MARK = "MBOTE1"
SEAL = seal.Kind(MARK, b"mbote-certificate|")


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
    found: seal.Found
    key: str
    by: str = ""


def digest(snapshot: Mapping[str, Any]) -> str:
    """Of all that a certificate says."""
    return hashlib.sha256(canonical_json(snapshot).encode()).hexdigest()[:24]


def check(typed: str, keys: seal.Keys) -> Checked:
    """What a scanned text says and whether one of our keys signed it. Raises Unreadable for what is no certificate."""
    opened = seal.opened(SEAL, typed, keys)
    statement = _statement(opened.said)
    own = opened.found != "authentic" or statement.agency == opened.by
    return Checked(statement, opened.found if own else "forged", opened.key, opened.by)


def _statement(said: bytes) -> Statement:
    try:
        facts = json.loads(said)
        shown = Statement(*facts)
    except (ValueError, TypeError, RecursionError) as error:
        raise seal.not_one() from error
    *texts, reserved, spelt = facts
    if not isinstance(reserved, bool) or not all(isinstance(each, str) for each in (*texts, spelt)):
        raise seal.not_one()
    return shown
