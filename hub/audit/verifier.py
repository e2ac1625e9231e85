"""Checks a copy of the journal of an Mbote hub. Needs Python 3.9 and nothing else: no Mbote, no network.

    python3 verifier.py COPY.zip [--key PUBLIC_KEY_IN_HEXADECIMAL]

It imports nothing of Mbote and shares no code with it, so that a mistake of the one is no mistake of the other. The
chain: hash = SHA-256(the entry's fields as compact JSON, then the hash before). The signatures: Ed25519 (RFC 8032).
Ends with 0 when all holds, 1 when something does not, 2 when the file is no such copy.
"""

from __future__ import annotations

import hashlib
import json
import sys
import zipfile
from typing import Any, Dict, Iterator, List, Optional, Set, Tuple

Point = Tuple[int, int, int, int]

FORMAT = "mbote-audit-1"


class Wrong(Exception):
    """Something does not hold."""


# --- Ed25519, RFC 8032: only what checks a signature -------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def recover_x(y: int, odd: int) -> Optional[int]:
    """The x of a point whose y is given, or None."""
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if square == 0:
        return None if odd else 0
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P:
        return None
    return P - x if (x & 1) != odd else x


def point(octets: bytes) -> Optional[Point]:
    """A point in extended coordinates, or None."""
    number = int.from_bytes(octets, "little")
    y, odd = number & (1 << 255) - 1, number >> 255
    x = recover_x(y, odd)
    return None if x is None else (x, y, 1, x * y % P)


def add(one: Point, other: Point) -> Point:
    """The sum of two points."""
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c = 2 * one[3] * other[3] * D % P
    d = 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(factor: int, base: Point) -> Point:
    """A point, so many times."""
    found: Point = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            found = add(found, base)
        base = add(base, base)
        factor >>= 1
    return found


def same(one: Point, other: Point) -> bool:
    """Whether two points are one."""
    return (one[0] * other[2] - other[0] * one[2]) % P == 0 and (one[1] * other[2] - other[1] * one[2]) % P == 0


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = recover_x(BASE_Y, 0) or 0
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the holder of this key signed this message."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key, first = point(public), point(signature[:32])
    factor = int.from_bytes(signature[32:], "little")
    if key is None or first is None or factor >= ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    challenge = int.from_bytes(digest, "little") % ORDER
    return same(times(factor, BASE), add(first, times(challenge, key)))


# --- the copy ----------------------------------------------------------------------------------


def spelt(value: Any) -> str:
    """One spelling for one value."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def lines(bundle: zipfile.ZipFile, name: str) -> Iterator[Any]:
    """The lines of a file of the copy."""
    with bundle.open(name) as file:
        for number, line in enumerate(file, 1):
            try:
                yield json.loads(line)
            except ValueError as error:
                raise Wrong(f"{name}: line {number} cannot be read") from error


def check_heads(manifest: Any, key: bytes) -> Dict[int, str]:
    """Each signature of a head; the hashes that are signed, by number."""
    found = {}
    for head in manifest["heads"]:
        message = f"mbote-head|{head['seq']}|{head['hash']}".encode()
        if not signed(key, message, bytes.fromhex(head["signature"])):
            raise Wrong(f"the head at entry {head['seq']} is not signed by this key")
        found[head["seq"]] = head["hash"]
    return found


def check_segments(manifest: Any, entries: Iterator[Any], heads: Dict[int, str]) -> Dict[int, Optional[str]]:
    """The chain, from a signed head to a signed head; the private digests of all entries, by number."""
    fields = manifest["fields"]
    seq_at, private_at = fields.index("seq"), fields.index("private_digest")
    digests: Dict[int, Optional[str]] = {}
    for part in manifest["segments"]:
        if part["first"] > 1 and heads.get(part["first"] - 1) != part["before"]:
            raise Wrong(f"what entry {part['first']} follows is not signed")
        if part["first"] == 1 and part["before"] != "00" * 32:
            raise Wrong("entry 1 does not begin the chain")
        before = bytes.fromhex(part["before"])
        for number in range(part["first"], part["last"] + 1):
            line = next(entries, None)
            if line is None or line["entry"][seq_at] != number:
                raise Wrong(f"entry {number} is missing")
            before = hashlib.sha256(spelt(line["entry"]).encode() + before).digest()
            if before.hex() != line["hash"]:
                raise Wrong(f"entry {number} is not as it was written")
            if number in heads and heads[number] != line["hash"]:
                raise Wrong(f"entry {number} is not the one whose head was signed")
            digests[number] = line["entry"][private_at]
        if heads.get(part["last"]) != before.hex():
            raise Wrong(f"no signed head ends the segment at entry {part['last']}")
    if next(entries, None) is not None:
        raise Wrong("there are entries that belong to no segment")
    return digests


def check_private(bundle: zipfile.ZipFile, digests: Dict[int, Optional[str]], matches: Set[int]) -> int:
    """Private parts, where there are any: each is the one of which the entry holds the digest."""
    if "private.jsonl" not in bundle.namelist():
        return 0
    count = 0
    for part in lines(bundle, "private.jsonl"):
        if part["seq"] not in matches:
            raise Wrong(f"the private part of entry {part['seq']} was not asked for")
        made = hashlib.sha256(bytes.fromhex(part["salt"]) + part["body"].encode()).hexdigest()
        if made != digests.get(part["seq"]):
            raise Wrong(f"the private part of entry {part['seq']} is not as it was written")
        count += 1
    return count


def check(path: str, wanted_key: Optional[str] = None) -> List[str]:
    """What holds of a copy, as sentences. Raises Wrong."""
    with zipfile.ZipFile(path) as bundle:
        manifest = json.loads(bundle.read("manifest.json"))
        if manifest["format"] != FORMAT:
            raise ValueError(f"a copy of another kind: {manifest['format']}")
        if wanted_key and manifest["public_key"].lower() != wanted_key.lower():
            raise Wrong("it was signed by another hub's key")
        heads = check_heads(manifest, bytes.fromhex(manifest["public_key"]))
        digests = check_segments(manifest, lines(bundle, "entries.jsonl"), heads)
        matches = set(manifest["matches"])
        if not matches <= digests.keys():
            raise Wrong("an entry that was asked for is not there")
        private = check_private(bundle, digests, matches)
    return [
        f"agency {manifest['agency']}, taken by {manifest['by']}",
        f"public key {manifest['public_key']}",
        f"{len(matches)} entries asked for, {len(digests)} entries chained in {len(manifest['segments'])} segments",
        f"{len(heads)} signed heads, {private} private parts",
        "all of it is as it was written",
    ]


def main(arguments: List[str]) -> int:
    """Check the file that is named."""
    key = None
    if "--key" in arguments:
        at = arguments.index("--key")
        key = arguments[at + 1] if at + 1 < len(arguments) else ""
        del arguments[at : at + 2]
    if len(arguments) != 1:
        print(__doc__)
        return 2
    try:
        for sentence in check(arguments[0], key):
            print(sentence)
    except Wrong as wrong:
        print(f"WRONG: {wrong}")
        return 1
    except (OSError, KeyError, TypeError, IndexError, AttributeError, ValueError, zipfile.BadZipFile) as error:
        print(f"this is no copy that can be checked: {error!r}")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
