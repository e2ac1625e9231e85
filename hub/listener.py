"""The hub's ear: gunicorn's threads, made fit for a hall where anybody may plug a computer in.

gunicorn's worker runs here without its arbiter (`hub/server.py`), and trusts that something stands before it. Four
things are mended here, each seen happening:

* A request that comes drop by drop held its thread for ever: 160 such lines, and the hub was deaf. A request has
  `REQUEST_S` in all, and nothing at all is waited for longer than `IDLE_S`.
* A connection that its peer does not close was lingered on for 2 s in the thread that accepts everybody: one
  stranger kept the whole agency waiting. It lingers in a thread of the pool.
* One address could take all places. It gets `PER_ADDRESS`.
* TLS is for all connections of a process or for none. Here the first byte decides: a TLS greeting begins TLS,
  anything else stays plain, and `hub/door.py` lets only this box speak plainly.

One thread reads a connection while another writes it, as every websocket does: `Line` has them take turns
(hub/turns.py).
"""

from __future__ import annotations

import os
import select
import signal
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from errno import EAGAIN, ECONNABORTED, EWOULDBLOCK
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from hub.turns import comes, take_turn

#: Most a whole request may take to come, head and body, seconds; and the longest silence within a connection.
REQUEST_S, IDLE_S = 10.0, 20.0
#: How long the last answer may take to be fetched by somebody who does not hang up, seconds.
LINGER_S = 1.0
#: Most connections of one neighbour at once. A browser opens seven, and each may hold one of the hub's threads.
PER_ADDRESS = 24
#: The first byte of a TLS greeting.
TLS_HELLO = b"\x16"

Attempt = Callable[[], Any]


def is_own(address: str | None) -> bool:
    """Whether the peer is this box itself. Its other loopback addresses count as neighbours: tests live there."""
    return address in ("127.0.0.1", "::1", "::ffff:127.0.0.1")


class Line:
    """A connection, plain or under TLS: one thread may read it while another writes. Raises OSError as sockets do."""

    def __init__(self, sock: socket.socket) -> None:
        sock.settimeout(0)
        self._sock = sock
        self._turn = threading.Lock()
        self._writing = threading.Lock()
        self._rest = b""
        self._end: float | None = None

    @property
    def secret(self) -> bool:
        """Whether nobody on the way can read it."""
        return isinstance(self._sock, ssl.SSLSocket)

    def hurry(self, seconds: float | None = REQUEST_S) -> None:
        """From now on everything must be over after so long; None: silence alone ends it."""
        self._end = None if seconds is None else time.monotonic() + seconds

    def greet(self, context: ssl.SSLContext | None) -> None:
        """Begin TLS where the peer does; before anything was read. Raises OSError."""
        if context is not None and self._do(lambda: self._sock.recv(1, socket.MSG_PEEK), select.POLLIN) == TLS_HELLO:
            wrapped = context.wrap_socket(self._sock, server_side=True, do_handshake_on_connect=False)
            self._sock = wrapped
            self._do(wrapped.do_handshake, select.POLLIN)

    def recv(self, size: int, flags: int = 0) -> bytes:
        """What has come, at most so much; nothing when the peer has hung up."""
        found: bytes = self._do(lambda: self._sock.recv(size, flags), select.POLLIN)
        return found

    def sendall(self, data: Any) -> None:
        """Send all of it, in one piece also where two threads send."""
        with self._writing:
            left = memoryview(self._rest + data if self._rest else data)
            self._rest = b""
            while left:
                left = left[self._do(lambda: self._sock.send(left), select.POLLOUT) :]  # noqa: B023 (called at once)

    def offer(self, data: bytes) -> bool | None:
        """Send what the peer takes at once, waiting for nobody.

        True: all of it was sent. None: it has begun, and goes before whatever is sent next (`sendall(b"")` will do).
        False: nothing was. Raises OSError.
        """
        if not self._writing.acquire(blocking=False):
            return False
        try:
            if self._rest:
                return False
            self._rest = data[self._taken(data) :]
        except BlockingIOError:
            return False
        else:
            return None if self._rest else True
        finally:
            self._writing.release()

    def _taken(self, data: bytes) -> int:
        """How much of it goes at once. Raises BlockingIOError for none."""
        try:
            with self._turn:
                return self._sock.send(data)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return 0  # but OpenSSL has begun, and wants to be asked the same again

    def send(self, data: Any) -> int:
        """All of it: who calls this takes a socket for one that blocks."""
        self.sendall(data)
        return len(data)

    def linger(self) -> None:
        """Say that no more comes, and give the peer a moment to fetch what was said."""
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_WR)
            self.hurry(LINGER_S)
            while self.recv(4096):
                pass

    def _do(self, attempt: Attempt, waiting_for: int) -> Any:
        return take_turn(self._turn, attempt, waiting_for, self._wait)

    def _wait(self, event: int) -> None:
        seconds = IDLE_S if self._end is None else self._end - time.monotonic()
        if seconds <= 0 or not comes(self._sock.fileno(), event, seconds):
            # gunicorn and simple_websocket take this for a peer that has gone, which is what it amounts to
            raise ConnectionResetError(ECONNABORTED, "too slow")

    # --- what else gunicorn and simple_websocket do with a socket

    def fileno(self) -> int:
        """The descriptor, for selectors."""
        return self._sock.fileno()

    def setblocking(self, flag: bool) -> None:  # noqa: FBT001 (a socket's own word)
        """Nothing: the line waits by itself."""

    def settimeout(self, seconds: float | None) -> None:
        """Nothing: the line has its own limits."""

    def gettimeout(self) -> None:
        """It looks as if it blocked."""

    def getpeername(self) -> Any:
        """Who is there."""
        return self._sock.getpeername()

    def shutdown(self, how: int) -> None:
        """End one direction, or both."""
        self._sock.shutdown(how)

    def close(self) -> None:
        """Hang up; may be called twice."""
        self._sock.close()

    def __repr__(self) -> str:
        return f"<Line {self.fileno()}{' TLS' if self.secret else ''}>"


class _Conn(TConn):
    """One connection of the worker."""

    sock: Any

    def __init__(self, worker: PatientWorker, sock: socket.socket, client: Any, server: Any) -> None:
        line: Any = Line(sock)  # all of a socket that gunicorn uses
        super().__init__(worker.cfg, line, client, server)
        self._worker = worker
        self._gone = False

    def init(self) -> None:
        """In a thread of the pool, once something has come."""
        if not self.initialized:
            self.sock.greet(self._worker.context())
        super().init()

    def close(self, graceful: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 (it has lingered already)
        """In the thread that accepts everybody: no waiting here."""
        if not self._gone:
            self._gone = True
            self._worker.leave(self.client)
            self.sock.close()


class PatientWorker(ThreadWorker):
    """gunicorn's threaded worker, with limits in time and in places, and with nobody above it."""

    #: Gives the TLS of new connections; None while there is none.
    context: Callable[[], ssl.SSLContext | None] = staticmethod(lambda: None)
    per_address = PER_ADDRESS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._places: Counter[str] = Counter()

    # --- what gunicorn's arbiter would be told, and tell

    def init_signals(self) -> None:
        """Told to end, it ends at once: a kill must find all in order anyway."""
        super().init_signals()
        for each in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            signal.signal(each, lambda *_: os._exit(0))

    def notify(self) -> None:
        """Nothing: a beat asks for a turn (`wait_turn`), and no file is touched once a second."""

    def is_parent_alive(self) -> bool:
        """Whoever started this process may go."""
        return True

    def wait_turn(self) -> None:
        """Until the thread that accepts everybody has had a turn; for ever where it hangs."""
        come = threading.Event()
        self.method_queue.defer(come.set)
        come.wait()

    # --- who comes

    def accept(self, listener: socket.socket) -> None:
        """Let one in, or hang up on who holds too many places already."""
        try:
            sock, client = listener.accept()
        except OSError as error:
            if error.errno not in (EAGAIN, ECONNABORTED, EWOULDBLOCK):
                raise
            return
        if self._places[client[0]] >= self.per_address and not is_own(client[0]):
            sock.close()
            return
        self.nr_conns += 1
        self._places[client[0]] += 1
        self.enqueue_req(_Conn(self, sock, client, listener.getsockname()))

    def leave(self, client: Any) -> None:
        """A connection has ended: its place is free."""
        self._places[client[0]] -= 1
        if self._places[client[0]] <= 0:
            del self._places[client[0]]

    def handle(self, conn: Any) -> Any:
        """One request, in a thread of the pool."""
        conn.sock.hurry()
        kept = super().handle(conn)
        if kept is False:
            conn.sock.linger()
        return kept

    def handle_request(self, req: Any, conn: Any) -> Any:
        """One request that was read whole up to its body."""
        req.scheme = "https" if conn.sock.secret else "http"
        return super().handle_request(req, conn)
