"""Checks a copy of the journal, or of the tills, of an Mbote hub. Needs Python 3.9, no Mbote and no network.

    python3 verifier.py COPY.zip [--key PUBLIC_KEY_IN_HEXADECIMAL]

It imports nothing of Mbote and shares no code with it, so that a mistake of the one is no mistake of the other. The
journal's chain: hash = SHA-256(the entry's fields as compact JSON, then the hash before). A till's: SHA-256(the text of
the entry, then the hash before in hexadecimal); its closings hang together alike, and every total is added up again.
The signatures: Ed25519 (RFC 8032).
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
TILLS = "mbote-tills-1"
#: Where a till's entry says so, between its bars; the rest is JSON.
TILL, NUMBER, KIND, ACCOUNT, AMOUNT, REST = 2, 3, 5, 6, 7, 10
#: Kinds of entry that are operations with the public: received, paid, taken back.
PUBLIC = ("ENC", "DEC", "CTP")
KINDS = {
    "ENC": "collection",
    "DEC": "disbursement",
    "CTP": "reversal",
    "APP": "supply",
    "COF": "to_safe",
    "BAN": "to_bank",
    "ECA": "difference",
}
#: After a restored copy numbers go on in the next block of so many.
BLOCK = 1000


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


# --- tills -------------------------------------------------------------------------------------


class Till:
    """What the entries of one till give, added up as they come."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.last: Optional[Dict[str, Any]] = None
        self.head = self.closing_head = "0" * 64
        self.seq = self.z = self.cash = self.total_in = self.total_out = 0
        self.session: Optional[int] = None
        self.sums: Dict[str, Dict[str, int]] = {}
        self.count = self.total = self.cash_moved = self.gap = 0
        self.periods: Dict[int, str] = {4: "0" * 64, 7: "0" * 64}
        self.closed: List[Dict[str, Any]] = []

    def begin(self, session: int) -> None:
        """Entries of another session follow."""
        self.session, self.sums = session, {"by_kind": {}, "by_account": {}, "by_tender": {}}
        self.count = self.total = self.cash_moved = self.gap = 0

    def enter(self, line: Dict[str, Any]) -> None:
        """The next entry. Raises Wrong naming its number."""
        parts = line["said"].split("|", REST)
        rest = json.loads(parts[REST]) if parts[REST] else {}
        name = f"till {self.code}: N° {parts[NUMBER]} of {rest.get('year')}"
        if hashlib.sha256(f"{line['said']}{self.head}".encode()).hexdigest() != line["hash"]:
            raise Wrong(f"{name} was altered")
        if parts[TILL] != self.code or rest["seq"] != self.seq + 1 or not self.follows(int(parts[NUMBER]), rest):
            raise Wrong(f"{name} does not follow the one before")
        self.head, self.seq = line["hash"], rest["seq"]
        self.last = {"number": int(parts[NUMBER]), "year": rest["year"], "epoch": rest["epoch"]}
        if rest["session"] != self.session:
            self.begin(rest["session"])
        self.add(parts, rest)

    def follows(self, number: int, rest: Dict[str, Any]) -> bool:
        """Whether this number is the next: by one in a year, in another block after a restored copy."""
        if self.last is None or self.last["year"] != rest["year"]:
            return number == 1 or (bool(rest["epoch"] > 1) and number % BLOCK == 1)
        if self.last["epoch"] != rest["epoch"]:
            return number == (int(self.last["number"]) // BLOCK + 1) * BLOCK + 1
        return number == int(self.last["number"]) + 1

    def add(self, parts: List[str], rest: Dict[str, Any]) -> None:
        """Its amount, to all that is added up."""
        amount = int(parts[AMOUNT]) if rest["direction"] == "in" else -int(parts[AMOUNT])
        self.total_in, self.total_out = self.total_in + max(amount, 0), self.total_out + max(-amount, 0)
        kind, tender = KINDS[parts[KIND]], rest["tender"]
        cash = amount if tender == "cash" else 0
        if kind == "difference":
            self.gap += cash
            return
        self.cash_moved += cash
        ways = [("by_kind", kind)]
        if parts[KIND] in PUBLIC[:2] or (parts[KIND] == "CTP" and "payer_kind" in rest):
            ways += [("by_account", parts[ACCOUNT]), ("by_tender", tender)]
            self.count, self.total = self.count + 1, self.total + amount
        for way, key in ways:
            self.sums[way][key] = self.sums[way].get(key, 0) + amount

    def close(self, line: Dict[str, Any]) -> None:
        """The next closing. Raises Wrong naming it."""
        said = json.loads(line["said"])
        name = f"till {self.code}: closing Z{said['z']}"
        if hashlib.sha256(f"{line['said']}{self.closing_head}".encode()).hexdigest() != line["hash"]:
            raise Wrong(f"{name} was altered")
        if said["z"] != self.z + 1 or said["till"] != self.code or said["head"] != self.head:
            raise Wrong(f"{name} does not follow what was written before it")
        if said["session"] != self.session:
            self.begin(said["session"])
        totals = json.loads(said["totals"])
        wrong = [way for way, sums in self.sums.items() if totals[way] != sums]
        if wrong or (said["count"], totals["total"]) != (self.count, self.total):
            raise Wrong(f"{name} says other sums than its entries")
        if said["expected"] != said["opening"] + self.cash_moved or said["counted"] - said["expected"] != self.gap:
            raise Wrong(f"{name} says another difference than is booked")
        if (said["total_in"], said["total_out"]) != (self.total_in, self.total_out):
            raise Wrong(f"{name} says other perpetual totals than its entries")
        self.z, self.closing_head = said["z"], line["hash"]
        self.closed.append(
            {"total": totals["total"], "count": said["count"], "gap": self.gap}
            | {"in": said["total_in"], "out": said["total_out"]}
        )

    def end_period(self, line: Dict[str, Any]) -> None:
        """The closing of a month or a year. Raises Wrong naming it."""
        said = json.loads(line["said"])
        name, length = f"till {self.code}: the closing of {said['period']}", len(said["period"])
        if hashlib.sha256(f"{line['said']}{self.periods[length]}".encode()).hexdigest() != line["hash"]:
            raise Wrong(f"{name} was altered")
        mine = self.closed[said["first_z"] - 1 : said["last_z"]]
        sums = [sum(each[what] for each in mine) for what in ("count", "total", "gap")]
        if sums != [said["count"], said["total"], said["gap"]]:
            raise Wrong(f"{name} is not the sum of its closings")
        if (said["total_in"], said["total_out"]) != (mine[-1]["in"], mine[-1]["out"]):
            raise Wrong(f"{name} says other perpetual totals than its last closing")
        self.periods[length] = line["hash"]


def check_tills(bundle: zipfile.ZipFile, manifest: Any) -> List[str]:
    """What holds of the books of tills, as sentences. Raises Wrong."""
    bare = {name: value for name, value in manifest.items() if name != "signature"}
    key = bytes.fromhex(manifest["public_key"])
    if not signed(key, f"mbote-tills|{spelt(bare)}".encode(), bytes.fromhex(manifest["signature"])):
        raise Wrong("the manifest is not signed by this key")
    tills: Dict[str, Till] = {}
    for line in lines(bundle, "books.jsonl"):
        till = tills.setdefault(line["till"], Till(line["till"]))
        {"entry": till.enter, "closing": till.close, "period": till.end_period}[line["what"]](line)
    found = {code: [till.seq, till.head, till.z, till.closing_head] for code, till in tills.items()}
    if found != manifest["tills"]:
        codes = sorted(code for code in {*found, *manifest["tills"]} if found.get(code) != manifest["tills"].get(code))
        raise Wrong(f"till {codes[0]}: the book does not end where the signed manifest says")
    return [
        f"agency {manifest['agency']}, taken by {manifest['by']}",
        f"public key {manifest['public_key']}",
        *(
            f"till {code}: {till.seq} entries, {till.z} closings, in all {till.total_in} in and {till.total_out} out"
            for code, till in sorted(tills.items())
        ),
        "all of it is as it was written",
    ]


# --- the program -------------------------------------------------------------------------------


def check(path: str, wanted_key: Optional[str] = None) -> List[str]:
    """What holds of a copy, as sentences. Raises Wrong."""
    with zipfile.ZipFile(path) as bundle:
        manifest = json.loads(bundle.read("manifest.json"))
        if manifest["format"] not in (FORMAT, TILLS):
            raise ValueError(f"a copy of another kind: {manifest['format']}")
        if wanted_key and manifest["public_key"].lower() != wanted_key.lower():
            raise Wrong("it was signed by another hub's key")
        if manifest["format"] == TILLS:
            return check_tills(bundle, manifest)
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
