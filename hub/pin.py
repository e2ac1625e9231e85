"""A device's side of TLS: it knows the key of its hub's authority, and believes nothing else.

No name and no date is looked at. The address is what was configured, the clock of a box in a hall may be wrong by
years, and there is one authority that signs one hub: whoever holds that key is the hub.

One thread reads a device's line while another writes it: they take turns (hub/turns.py).
"""

from __future__ import annotations

import select
import ssl
import threading
from collections.abc import Callable
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hub.turns import comes, take_turn

#: OpenSSL's X509_V_FLAG_NO_CHECK_TIME, which Python has no name for.
_NO_CHECK_TIME = 0x200000


class _Turns(ssl.SSLSocket):
    """A TLS socket that two threads may use. From the first byte on it never blocks by itself; its timeout is kept."""

    def recv(self, size: int = 1024, flags: int = 0) -> bytes:
        """As a socket's. Raises TimeoutError."""
        found: bytes = self._take_turn(lambda: super(_Turns, self).recv(size, flags), select.POLLIN)
        return found

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        """As a socket's: http.client reads so. Raises TimeoutError."""
        size: int = self._take_turn(lambda: super(_Turns, self).recv_into(buffer, nbytes, flags), select.POLLIN)
        return size

    def send(self, data: Any, flags: int = 0) -> int:
        """As a socket's. Raises TimeoutError."""
        sent: int = self._take_turn(lambda: super(_Turns, self).send(data, flags), select.POLLOUT)
        return sent

    def gettimeout(self) -> float | None:
        """What was set, though the socket below does not wait."""
        return self.__dict__["patience"] if "patience" in self.__dict__ else super().gettimeout()

    def settimeout(self, value: float | None) -> None:
        """For what is read and written from now on."""
        if "patience" in self.__dict__:
            self.__dict__["patience"] = value
        else:
            super().settimeout(value)

    def _take_turn(self, attempt: Callable[[], Any], event: int) -> Any:
        turn = self.__dict__.setdefault("turn", threading.Lock())
        with turn:
            if "patience" not in self.__dict__:
                patience = super().gettimeout()
                super().settimeout(0)
                self.__dict__["patience"] = patience
        return take_turn(turn, attempt, event, self._wait)

    def _wait(self, event: int) -> None:
        if not comes(self.fileno(), event, self.gettimeout()):
            raise TimeoutError("timed out")


def pinned(authority: Path | bytes) -> ssl.SSLContext:
    """TLS that trusts this authority's certificate alone: a file, or what is in it.

    Raises OSError where the file is missing or is none.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.sslsocket_class = _Turns
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_flags |= _NO_CHECK_TIME
    if isinstance(authority, bytes):
        context.load_verify_locations(cadata=authority.decode("ascii"))
    else:
        context.load_verify_locations(authority)
    return context


def line_to(url: str, timeout_s: float, authority: Path | None = None) -> HTTPConnection:
    """A line to an address, not begun yet: by TLS where it says https.

    `authority`: believes what this one signed (a file) and nothing else; None: what the machine believes. Raises
    OSError where the file is missing or is none.
    """
    where = urlsplit(url)
    host, port = where.hostname or "", where.port
    if where.scheme != "https":
        return HTTPConnection(host, port, timeout=timeout_s)
    context = pinned(authority) if authority else ssl.create_default_context()
    return HTTPSConnection(host, port, timeout=timeout_s, context=context)


def unbelieving() -> ssl.SSLContext:
    """TLS with whoever answers: to fetch an authority's certificate whose fingerprint is then compared by people."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
