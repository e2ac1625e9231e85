"""What goes through the two pipes: a length of four bytes, then so many bytes."""

from __future__ import annotations

import os
import select
import struct
import time

#: Sources of a layout and a document's data; a batch is many documents.
MOST_ASKED = 4 * 1024 * 1024
#: A document of hundreds of pages with pictures.
MOST_ANSWERED = 32 * 1024 * 1024
_LENGTH = struct.Struct(">I")
_PIECE = 1 << 16


class Ended(Exception):
    """The other side is gone."""


class Late(Exception):
    """Nothing came in time."""


def send(pipe: int, *parts: bytes, deadline: float) -> None:
    """Write one frame into a pipe that does not block, by a moment of the monotonic clock. Raises Ended, Late."""
    for part in (_LENGTH.pack(sum(map(len, parts))), *parts):
        _write(pipe, memoryview(part), deadline)


def _write(pipe: int, left: memoryview, deadline: float) -> None:
    while left:
        _wait(pipe, deadline, writing=True)
        try:
            left = left[os.write(pipe, left[:_PIECE]) :]
        except BlockingIOError:
            continue
        except OSError as error:
            raise Ended from error


def receive(pipe: int, deadline: float, most: int) -> bytes:
    """The next frame, by a moment of the monotonic clock. Raises Ended, also for more bytes than `most`, and Late."""
    (length,) = _LENGTH.unpack(_exactly(pipe, _LENGTH.size, deadline))
    if length > most:
        raise Ended
    return _exactly(pipe, length, deadline)


def _exactly(pipe: int, length: int, deadline: float) -> bytes:
    found = bytearray()
    while len(found) < length:
        _wait(pipe, deadline)
        piece = os.read(pipe, min(_PIECE, length - len(found)))
        if not piece:
            raise Ended
        found += piece
    return bytes(found)


def _wait(pipe: int, deadline: float, *, writing: bool = False) -> None:
    """Until something can be done with a pipe; not `select`, which knows a thousand descriptors only."""
    ready = select.poll()
    ready.register(pipe, select.POLLOUT if writing else select.POLLIN)
    if not ready.poll(max(0.0, deadline - time.monotonic()) * 1000):
        raise Late
