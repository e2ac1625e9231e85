"""A witness for the judge of runs: what a device asked, heard and showed, in the words of quality/history-format.md.

Off unless MBOTE_HISTORY names a file or pipe. Every device that asks the hub has one: give its line to `Recorded`.
A line is written whole, by one write, before the first byte is sent and after the answer is read, so that a killed
process leaves a true history. Where the kill fell into that one write (between two pages of the file) half a line is
left: whoever opens or writes the file next cuts it off, as if it had never been begun. Operations at the same time
have lanes of their own, whose lines are numbered from 0 without a gap: a line that is lost is missed. A lane ends with
an answer that never came.
"""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from hub.client import HubAway
from hub.errors import Refused, StoreFault

Values = dict[str, Any]

#: What we ask → the format's function.
FUNCTIONS = {
    "issue": "ticket.issue", "printed": "ticket.paper", "shown": "ticket.paper", "failed": "ticket.paper",
    "confirm_paper": "ticket.paper", "return": "ticket.return", "cancel": "ticket.cancel", "let_pass": "ticket.pass",
    "priority": "ticket.prio",
    "reprint": "ticket.reprint", "next": "call.next", "pick": "call.pick", "recall": "call.recall",
    "release": "call.release", "start": "serve.start", "finish": "serve.end", "no_show": "serve.end",
    "transfer": "serve.end", "hold": "serve.hold", "resume": "serve.resume", "undo": "serve.undo",
    "open": "counter.open", "pause": "counter.pause", "unpause": "counter.unpause", "close": "counter.close",
    "day_open": "day.open", "day_close": "day.close", "mode": "day.mode",
    "print_take": "print.take", "print_report": "print.report",
}  # fmt: skip
#: How a visit ends, by the step that ends it.
OUTCOMES = {"finish": "done", "no_show": "noshow", "transfer": "transfer"}
#: How a number reached the visitor, by what is told of it.
PAPERS = {"printed": "printed", "shown": "printed", "failed": "failed", "confirm_paper": "confirmed"}
#: What the rules need of a request, by the name it has in ours.
ARGUMENTS = {
    "service": "svc", "counter": "counter", "ticket": "tid", "issue": "tid", "label": "label", "priority": "class",
    "to": "to", "language": "lang", "job": "job", "attempt": "attempt", "printer": "printer",
}  # fmt: skip
#: No line of a history is longer (quality/history-format.md).
LONGEST = 16 * 1024
#: Two recorders of one name in one process are two.
_RECORDERS = itertools.count(1)


class Line(Protocol):
    """A line to the hub (hub.client.HubClient)."""

    @property
    def away(self) -> bool:
        """Whether the hub cannot be reached now."""

    def ask(self, what: str, key: str, timeout_s: float = ..., **body: Any) -> Values:
        """Ask and wait. Raises Refused or HubAway."""


class Book:
    """The file or pipe that the recorders of several processes write to."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
        self._kept = stat.S_ISREG(os.fstat(self._file).st_mode)
        if self._kept:  # to look at its end; a pipe keeps nothing, and takes a short line whole
            os.close(self._file)
            self._file = os.open(path, os.O_RDWR | os.O_APPEND)
            self.add(b"")

    def add(self, line: bytes) -> None:
        """One write; before it, what somebody killed has left half written is cut off."""
        if not self._kept:
            os.write(self._file, line)
            return
        fcntl.flock(self._file, fcntl.LOCK_EX)  # who is in the middle of a line is alive
        try:
            self._cut_torn_line()
            os.write(self._file, line)
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def _cut_torn_line(self) -> None:
        size = os.fstat(self._file).st_size
        if size and os.pread(self._file, 1, size - 1) != b"\n":
            start = max(0, size - LONGEST)
            os.ftruncate(self._file, start + os.pread(self._file, LONGEST, start).rfind(b"\n") + 1)

    def close(self) -> None:
        """Let go of it."""
        os.close(self._file)


class History:
    """Writes lines, or nothing at all when there is no file."""

    def __init__(self, name: str, path: str | None = None, *, actor: str = "") -> None:
        self._actor = actor or f"dev:{name}"
        # a busy machine gives a process's number again within minutes, but not within a millisecond
        self._name = f"{name}.{os.getpid()}-{time.monotonic_ns() // 1_000_000}.{next(_RECORDERS)}"
        self._lanes = itertools.count(1)
        self._free: list[list[Any]] = []
        self._watching: list[Any] = [f"{self._name}.0", 0]
        self._operations = itertools.count(1)
        self._lock = threading.Lock()
        self._book = Book(path) if path else None

    @classmethod
    def from_environment(cls, name: str) -> History:
        """As MBOTE_HISTORY says."""
        return cls(name, os.environ.get("MBOTE_HISTORY"))

    def __bool__(self) -> bool:
        """Whether anything is written."""
        return self._book is not None

    @contextmanager
    def operation(self, what: str, key: str | None, values: Values) -> Iterator[Callable[[Values], None]]:
        """One request: `invoke` before it is sent, then ok (the yielded function is told the result), fail or info."""
        with self._lock:
            lane = self._free.pop() if self._free else [f"{self._name}.{next(self._lanes)}", 0]
        op = f"{self._name}.{next(self._operations)}"
        self._write("invoke", lane, op=op, f=what, key=key, actor=self._actor, a=values, **{"try": 0})
        answer: Values = {}
        try:
            yield answer.update
        except Refused as refusal:
            self._write("fail", lane, op=op, code=refusal.reason)
            self._give_back(lane)
            raise
        except (HubAway, StoreFault) as away:
            self._write("info", lane, op=op, why=str(away))
            raise
        self._write("ok", lane, op=op, r=answer)
        self._give_back(lane)

    def saw(self, what: str, values: Values, seq: int = 0, epoch: int = 0) -> None:
        """Something was printed, shown or heard; `seq` and `epoch` are those of the picture that said it."""
        self._write("obs", self._watching, f=what, actor=self._actor, r=values, seq=seq, epoch=epoch)

    def tell(self, kind: str, **values: Any) -> None:
        """A line of the driver's own: `phys`, `nem`, `mark`."""
        self._write(kind, self._watching, **values)

    def close(self) -> None:
        """Write nothing more."""
        if self._book is not None:
            self._book.close()
            self._book = None

    def _give_back(self, lane: list[Any]) -> None:
        with self._lock:
            self._free.append(lane)

    def _write(self, kind: str, lane: list[Any], **values: Any) -> None:
        if self._book is None:
            return
        with self._lock:
            head = {"v": 1, "k": kind, "t": time.monotonic_ns(), "p": lane[0], "n": lane[1]}
            lane[1] += 1
            self._book.add(json.dumps(head | values, ensure_ascii=False).encode() + b"\n")


class Recorded:
    """A line to the hub over which nothing goes unseen."""

    def __init__(self, line: Line, history: History) -> None:
        self._line = line
        self._history = history

    @property
    def away(self) -> bool:
        """Whether the hub cannot be reached now."""
        return self._line.away

    def ask(self, what: str, key: str, timeout_s: float = 1.5, **body: Any) -> Values:
        """Ask and wait. Raises Refused or HubAway."""
        if not self._history or what not in FUNCTIONS:
            return self._line.ask(what, key, timeout_s, **body)
        with self._history.operation(FUNCTIONS[what], key, asked(what, body)) as heard:
            answer = self._line.ask(what, key, timeout_s, **body)
            heard(told(FUNCTIONS[what], answer))
        return answer


def asked(what: str, body: Values) -> Values:
    """What of a request the rules are about."""
    facts = {ARGUMENTS[name]: value for name, value in body.items() if name in ARGUMENTS}
    if what == "transfer":
        facts["to_svc"] = facts.pop("svc", None)
    if what in OUTCOMES:
        facts["outcome"] = OUTCOMES[what]
    if what in PAPERS:
        facts["how"] = PAPERS[what]
    if what == "issue":
        facts["prio"] = int(facts.get("class", "normal") != "normal")
    return facts


def told(f: str, answer: Values) -> Values:
    """What of an answer the rules are about."""
    if f == "ticket.issue":
        return {"tid": answer["id"], "label": answer["label"], "svc": answer["service"]}
    if f in ("call.next", "call.pick"):
        ticket = answer["ticket"]
        return {"call": answer["call"], "tid": ticket["id"], "label": ticket["label"]} if ticket else {"empty": True}
    if f == "print.take":
        return {"job": answer["job"], "attempt": answer.get("attempt")}
    if f == "day.open":
        return {"day": answer.get("day")}
    return {"tid": answer.get("id"), "state": answer.get("state")}


def watching(
    history: History, on_picture: Callable[[str, Values], None] = lambda _name, _picture: None
) -> Callable[[str, Values], None]:
    """A listener for pictures (hub.client) that writes down what a room's screen or a panel is told, then passes on."""

    def hear(name: str, picture: Values) -> None:
        if history and name == "board":
            history.saw("display.frame", frame(picture), picture["seq"], picture["epoch"])
        elif history and name == "counters":
            for face in picture["counters"]:
                seen = {"counter": face["counter"], "label": face["ticket"], "state": face["state"]}
                history.saw("panel.frame", seen, picture["seq"], picture["epoch"])
        on_picture(name, picture)

    return hear


def frame(board: Values) -> Values:
    """What a board shows: the calls that are current, and those that only stand in its list."""
    entries = [
        ({"call": call["call"], "label": call["ticket"], "counter": call["counter"]}, call["state"])
        for call in board["calls"]
    ]
    current = [entry for entry, state in entries if state == "called"]
    return {"cur": current, "listed": [entry for entry, state in entries if state != "called"], "fresh": True}
