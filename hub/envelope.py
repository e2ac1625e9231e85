"""A signed line: one JSON object, as it travels between an agency and the centre, by a network or by a stick.

The signature (Ed25519, in hexadecimal, the field `signature`) covers the domain, a bar, and the object without that
field in its one spelling (`hub.chain.canonical_json`: sorted keys, no spaces, UTF-8). Each way has a domain of its
own, so that nothing that one side said can be taken for what the other says. Both sides read lines with this leaf.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.chain import canonical_json
from hub.errors import Unreadable

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

#: What an agency says (a message of its outbox), what the centre says, and an agency's "what do you have for me?".
MESSAGE, LETTER, ASK = "mbote-outbox", "mbote-inbox", "mbote-ask"
#: The most bytes of a line, and of a file or a request with lines.
LINE_BYTES, FILE_BYTES = 1_000_000, 8_000_000
#: How a file of lines is called.
SUFFIX = ".jsonl"
#: Of the same as a spreadsheet reads it, beside such a file.
TABLE = ".csv"
SIGNATURE = "signature"
#: The most characters of a code, and of what the centre says beside it.
CODE_LENGTH, NOTE_LENGTH = 40, 300
KEY_BYTES = 32

Said = dict[str, Any]


def signed(domain: str, said: Said, key: Ed25519PrivateKey) -> str:
    """The line that says it, without its end of line."""
    return canonical_json(said | {SIGNATURE: key.sign(_covered(domain, said)).hex()})


def parsed(line: bytes | str) -> Said:
    """What a line says, its signature among it and not checked. Raises Unreadable `garbage`, `too_large`."""
    if len(line) > LINE_BYTES:
        raise Unreadable(f"a line holds at most {LINE_BYTES:,} bytes", code="too_large")
    try:
        said = json.loads(line, parse_constant=_no_number)
        canonical_json(said).encode()
    except (ValueError, RecursionError) as error:
        raise Unreadable("this is no line of JSON: the file is cut off or is something else", code="garbage") from error
    if not isinstance(said, dict):
        raise Unreadable("this is no signed line", code="garbage")
    return said


def checked(domain: str, said: Said, public: bytes) -> Said:
    """The same without its signature, which is this key's. Raises Unreadable `bad_signature`."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 (30 ms, rarely)
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    bare = {name: value for name, value in said.items() if name != SIGNATURE}
    try:
        given = bytes.fromhex(str(said.get(SIGNATURE, "")))
        Ed25519PublicKey.from_public_bytes(public).verify(given, _covered(domain, bare))
    except (InvalidSignature, ValueError) as error:
        raise Unreadable("the signature is not that of the key we know", code="bad_signature") from error
    return bare


def opened(domain: str, line: bytes | str, public: bytes) -> Said:
    """What a line says that this key has signed. Raises Unreadable `garbage`, `too_large`, `bad_signature`."""
    return checked(domain, parsed(line), public)


def lines_of(content: bytes) -> Iterator[bytes]:
    """The lines of a file. Raises Unreadable `half_a_file` where the last has no end, `too_large`."""
    if len(content) > FILE_BYTES:
        raise Unreadable(f"a file holds at most {FILE_BYTES:,} bytes", code="too_large")
    if not content.endswith(b"\n"):
        raise Unreadable("the file has no end: it is half a file", code="half_a_file")
    yield from (line for line in content.splitlines() if line.strip())


def read_file(path: Path) -> bytes:
    """What is in a file of lines, no more than one holds. Raises OSError, Unreadable `too_large`."""
    with path.open("rb") as file:
        content = file.read(FILE_BYTES + 1)
    if len(content) > FILE_BYTES:
        raise Unreadable(f"a file holds at most {FILE_BYTES:,} bytes", code="too_large")
    return content


def text(said: Said, name: str, most: int = 200) -> str:
    """A text of a line, there and not longer than `most`. Raises Unreadable `garbage`."""
    value = said.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= most:
        raise Unreadable(f"{name}: a text of 1 to {most} characters is needed", code="garbage", field=name)
    return value


def number(said: Said, name: str, least: int = 0) -> int:
    """A number of a line, in the range of SQLite's. Raises Unreadable `garbage`."""
    value = said.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value < 1 << 63:
        raise Unreadable(f"{name}: a number from {least} is needed", code="garbage", field=name)
    return value


def key_read(spelt: str) -> bytes:
    """A public key as it is written down, 64 hexadecimal digits; empty for what is none."""
    try:
        public = bytes.fromhex(spelt)
    except ValueError:
        return b""
    return public if len(public) == KEY_BYTES else b""


def _covered(domain: str, said: Said) -> bytes:
    return f"{domain}|{canonical_json(said)}".encode()


def _no_number(spelt: str) -> float:
    raise ValueError(f"{spelt} is no number of JSON")
