"""Whether an Ed25519 signature holds (RFC 8032), in Python's own integers: no library of the judged is trusted."""

from __future__ import annotations

import hashlib

Point = tuple[int, int, int, int]
FIELD = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
CURVE = -121665 * pow(121666, -1, FIELD) % FIELD
KEY_BYTES, SIGNATURE_BYTES = 32, 64


def holds(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the holder of the public `key` signed the message."""
    if len(key) != KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    factor = int.from_bytes(signature[KEY_BYTES:], "little")
    owner, commitment = _decoded(key), _decoded(signature[:KEY_BYTES])
    if owner is None or commitment is None or factor >= ORDER:
        return False
    digest = hashlib.sha512(signature[:KEY_BYTES] + key + message).digest()
    left, right = _times(factor, BASE), _sum(commitment, _times(int.from_bytes(digest, "little") % ORDER, owner))
    return all((left[n] * right[2] - right[n] * left[2]) % FIELD == 0 for n in (0, 1))


def _decoded(octets: bytes) -> Point | None:
    number = int.from_bytes(octets, "little")
    return _point(number & ((1 << 255) - 1), number >> 255)


def _point(y: int, odd: int) -> Point | None:
    """The point with this y, in extended coordinates."""
    if y >= FIELD:
        return None
    square = (y * y - 1) * pow(CURVE * y * y + 1, -1, FIELD) % FIELD
    x = pow(square, (FIELD + 3) // 8, FIELD)
    if x * x % FIELD != square:
        x = x * pow(2, (FIELD - 1) // 4, FIELD) % FIELD
    if x * x % FIELD != square or (x == 0 and odd):
        return None
    x = FIELD - x if x % 2 != odd else x
    return x, y, 1, x * y % FIELD


def _sum(one: Point, other: Point) -> Point:
    less, more = (one[1] - one[0]) * (other[1] - other[0]), (one[1] + one[0]) * (other[1] + other[0])
    crossed, doubled = 2 * CURVE * one[3] * other[3], 2 * one[2] * other[2]
    e, f, g, h = more - less, doubled - crossed, doubled + crossed, more + less
    return e * f % FIELD, g * h % FIELD, f * g % FIELD, e * h % FIELD


def _times(factor: int, point: Point) -> Point:
    found: Point = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            found = _sum(found, point)
        point, factor = _sum(point, point), factor >> 1
    return found


_BASE = _point(4 * pow(5, -1, FIELD) % FIELD, 0)
assert _BASE is not None
BASE = _BASE
