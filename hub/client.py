"""A device's line to its hub (kiosk, panel): asks with acknowledgement, and pictures that come by themselves.

The line comes back by itself, for ever, within a second of the hub's return; nothing is queued here
(python-socketio queues nothing either): who asks while the hub is away is told so at once, and
whatever must not be lost waits in its owner's own store. An answer that comes after its time is
no answer. Pictures older than the one held are dropped by (epoch, seq).

Callbacks run in the line's thread: they must not ask.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import engineio
import socketio

from hub.errors import MboteError, Refused
from hub.pin import pinned

#: Pictures a hub sends.
PICTURES = ("kiosk", "catalogue", "counters", "board", "printers")
#: How a hub turns away whoever has no token that it knows.
STRANGER = "not_authenticated"
#: How an acknowledgement begins in the protocol (Socket.IO 5: packet type 3).
ANSWER = "3"
#: Pause between two attempts to reach the hub, and how long one may take.
RETRY_S, CONNECT_S = 0.4, 3.0

Body = dict[str, Any]
OnPicture = Callable[[str, Body], None]
OnAway = Callable[[bool], None]
log = logging.getLogger(__name__)


class HubAway(MboteError, ConnectionError):
    """The hub cannot be reached, or has not answered in time: it may or may not have done what was asked."""


class _Line(socketio.Client):  # type: ignore[misc]
    """The library's client, which hears answers in the thread that reads them."""

    def _engineio_client_class(self) -> type[engineio.Client]:
        return _Reading


class _Reading(engineio.Client):  # type: ignore[misc]
    """The library begins a thread for each message. An answer only wakes who waits for it; pictures may take long."""

    def _trigger_event(self, event: str, *args: Any, run_async: bool = False, **how: Any) -> Any:
        answer = event == "message" and isinstance(args[0], str) and args[0].startswith(ANSWER)
        return super()._trigger_event(event, *args, run_async=run_async and not answer, **how)


class _Answer:
    """A place for one acknowledgement, filled once: by the hub or by the end of the line."""

    def __init__(self) -> None:
        self._come = threading.Event()
        self.body: Body | None = None

    def fill(self, body: Any = None) -> None:
        if not self._come.is_set():
            self.body = body if isinstance(body, dict) else None
            self._come.set()

    def wait(self, timeout_s: float) -> Body | None:
        self._come.wait(timeout_s)
        return self.body


class HubClient:
    """The line to the hub at `url`. `token` is read anew at each attempt, so a new pairing needs no restart.

    `authority` is the certificate that an https hub must be signed by (hub/pin.py). `keep` writes down the token that
    the hub gives in place of one that is a year old, and raises OSError when it cannot; without it none is given.
    """

    def __init__(
        self, url: str, token: Callable[[], str], authority: Path | None = None,
        keep: Callable[[str], None] | None = None,
    ) -> None:  # fmt: skip
        self.url = url
        self._keep = keep
        self._authority = authority
        self.pictures: dict[str, Body] = {}
        self._token = token
        self._on_picture: OnPicture = lambda _name, _picture: None
        self._on_away: OnAway = lambda _away: None
        self._on_stranger: Callable[[], None] = lambda: None
        self._waiting: set[_Answer] = set()
        self._lock = threading.Lock()
        self._hearing = threading.Lock()
        self._here = threading.Event()
        self._gone = threading.Event()
        self._closed = threading.Event()
        self._line: Any = None
        self._thread: threading.Thread | None = None
        self._complaint = self._why_ended = ""

    @property
    def away(self) -> bool:
        """Whether the hub cannot be reached now."""
        return not self._here.is_set()

    def listen(
        self, on_picture: OnPicture, on_away: OnAway, on_stranger: Callable[[], None] = lambda: None
    ) -> HubClient:
        """Who hears of new pictures, of the line's end and return, of each try without a good token; before `open`."""
        self._on_picture = on_picture
        self._on_away = on_away
        self._on_stranger = on_stranger
        return self

    def open(self) -> HubClient:
        """Start calling the hub, in the background and for ever."""
        self._thread = threading.Thread(target=self._stay_connected, name="hub-line", daemon=True)
        self._thread.start()
        return self

    def wait_connected(self, timeout_s: float) -> bool:
        """Whether the hub is here, at the latest after so long."""
        return self._here.wait(timeout_s)

    def ask(self, what: str, key: str, timeout_s: float = 1.5, **body: Any) -> Body:
        """Ask and wait for the acknowledgement. Raises Refused with the hub's code, or HubAway."""
        line = self._line
        if self.away or line is None:
            raise HubAway("the hub is away")
        answer = _Answer()
        with self._lock:
            self._waiting.add(answer)
        try:
            line.emit("ask", {"what": what, "key": key, **body}, callback=answer.fill)
            found = answer.wait(timeout_s)
        except (socketio.exceptions.SocketIOError, OSError) as error:
            raise HubAway(f"the hub is away: {error}") from error
        finally:
            with self._lock:
                self._waiting.discard(answer)
        if found is None:
            raise HubAway("the hub has not answered")
        if "error" in found:
            raise _refusal(found["error"])
        return found

    def close(self) -> None:
        """Hang up for good."""
        self._closed.set()
        self._gone.set()
        if self._line is not None:
            _let_go(self._line)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=CONNECT_S)

    def __repr__(self) -> str:
        return f"<HubClient {self.url} {'away' if self.away else 'here'}>"

    def _stay_connected(self) -> None:
        while not self._closed.is_set():
            self._gone.clear()
            if self._connect():
                if not self._closed.is_set():  # hung up for good between two lines
                    self._gone.wait()
                self._hang_up()
                self._complain("hung up" if self._closed.is_set() else f"the line broke: {self._why_ended}")
            if self._line is not None:
                _let_go(self._line)
            self._closed.wait(RETRY_S)

    def _connect(self) -> bool:
        """One attempt. A refused token and a dead hub are tried again alike; the log hears of each change once."""
        try:
            secret = (
                {"sslopt": {"context": pinned(self._authority)}}
                if self._authority and self.url.startswith("https:")
                else {}
            )
        except OSError as error:
            self._complain(f"{self._authority}: {error.strerror or error}: mbote setup fetches it")
            return False
        line = _Line(
            reconnection=False,
            handle_sigint=False,
            logger=False,
            engineio_logger=False,
            # the library validates UTF-8 byte by byte in Python, 2 ms a picture; the JSON decoder does it anyway
            websocket_extra_options={"skip_utf8_validation": True} | secret,
        )
        for name in PICTURES:
            line.on(name, self._listener(name))
        line.on("token", self._take_token)
        line.on("disconnect", self._ended)
        line.on("connect_error", self._turned_away)
        self._line = line
        try:
            line.connect(
                self.url,
                auth={"token": self._own_token(), "seen": self._seen(), "renews": self._keep is not None},
                transports=["websocket"],
                wait=True,
                wait_timeout=CONNECT_S,
            )
        except (socketio.exceptions.SocketIOError, OSError, ValueError) as error:
            self._complain(str(error) or type(error).__name__)
            return False
        self._complain("")
        self._here.set()
        self._on_away(False)  # noqa: FBT003  a callback has no names
        return True

    def _own_token(self) -> str:
        """As it is kept now. A device that never had one asks all the same, to be told that it is not known."""
        try:
            return self._token()
        except FileNotFoundError:
            return "none"

    def _take_token(self, said: Any = None) -> None:
        """Kept first, then the line is begun anew with it: the old one opens until the hub has heard it."""
        value = said.get("token") if isinstance(said, dict) else None
        if not isinstance(value, str) or self._keep is None:
            return
        try:
            self._keep(value)
        except OSError as error:
            log.warning("the new token cannot be kept: %s", error)
            return
        self._ended("it has a new token")

    def _turned_away(self, why: Any = None) -> None:
        if STRANGER in str(why):
            self._on_stranger()

    def _seen(self) -> list[int]:
        """(epoch, seq) of the newest picture held: a hub restored from a backup must know that it is behind."""
        return list(max(map(_age, self.pictures.values()), default=(0, 0)))

    def _complain(self, complaint: str) -> None:
        if complaint != self._complaint:
            self._complaint = complaint
            level = logging.WARNING if complaint and not self._closed.is_set() else logging.INFO
            log.log(level, "hub %s: %s", self.url, complaint or "connected")

    def _ended(self, *reason: Any) -> None:
        self._why_ended = str(*reason[:1])
        self._gone.set()

    def _hang_up(self) -> None:
        """Whoever waits for an answer is told now that none will come."""
        self._here.clear()
        with self._lock:
            waiting, self._waiting = self._waiting, set()
        for answer in waiting:
            answer.fill()
        if not self._closed.is_set():
            self._on_away(True)  # noqa: FBT003

    def _listener(self, name: str) -> Callable[[Any], None]:
        def hear(picture: Any) -> None:
            with self._hearing:  # the library hears each in a thread of its own, and the newer one may be quicker
                if isinstance(picture, dict) and not self._is_old(name, picture):
                    self.pictures[name] = picture
                    self._on_picture(name, picture)

        return hear

    def _is_old(self, name: str, picture: Body) -> bool:
        held = self.pictures.get(name)
        return held is not None and _age(picture) < _age(held)


def _let_go(line: Any) -> None:
    """Close the line's socket now: a broken one is left to the garbage otherwise, a polite close waits 3 s."""
    if socket := getattr(line.eio, "ws", None):
        socket.shutdown()


def _age(picture: Body) -> tuple[int, int]:
    """(epoch, seq); a catalogue has neither: the last to come is the newest."""
    return int(picture.get("epoch", 0)), int(picture.get("seq", 0))


def _refusal(error: Any) -> Refused:
    facts = dict(error) if isinstance(error, dict) else {}
    message, code, field = (facts.pop(name, None) for name in ("message", "code", "field"))
    return Refused(str(message or "refused"), code=str(code or "refused"), field=field)
