"""Somebody with a computer in the hall: hostile messages and requests, unpaired and with each role's own token.

    python -m tests.faults.hostile < PLANS > what was answered

A process of its own, so that the hub is not spared while it thinks. Who is unpaired comes from an address of their
own each time (127.1.x.y: all of the box's loopback), so that no ban of an address keeps them away; who has a role
keeps to three malformed frames a minute, so that no ban of a token does.
"""

from __future__ import annotations

import http.client
import json
import random
import re
import socket
import string
import sys
import time
from base64 import b64encode
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from tests.patience import patience

#: Asks that end the day for everybody: they are garbled like the others, and never sent well formed.
ENDS_THE_DAY = ("day_close", "mode")
WORDS = (
    "", "D001", "05", "DEP", "XES", "K1", "00902F", "deposit", "printed", "\0", "\ud800", "’é漢", "9" * 40, "x" * 70,
    "x" * 9000, "' OR 1=1 --", "<script>alert(1)</script>", "{{7*7}}", "../../etc/passwd", "%s%n", "🙂" * 30, "\u202e",
    "0", "-1", "1e999", "1", "P1", "2026-03-02", "1 000",
)  # fmt: skip
_PAGES = "\n".join(each.read_text("utf-8") for each in (Path(__file__).parents[2] / "hub").rglob("*.html"))
#: Names of the API's bodies, and of every form of every page.
FIELDS = (
    "key", "service", "counter", "ticket", "reason", "agent", "label", "issue", "category", "priority", "language",
    "pressed", "outcome", "to", "place", "part", "state", "detail", "job", "attempt", "printer", "date", "force",
    "__proto__", "what", "",
    *sorted(set(re.findall(r'name="(\w+)"', _PAGES))),
)  # fmt: skip
MALFORMED = (
    "4", "x", "2probe", "5", "49", "430[]", '451-["ask",{"_placeholder":true,"num":0}]', '42["ask",{', "42[]", "42{}",
    "42" + "[" * 40, '42["shell","rm"]', '42["connect",{}]', '4299999999999-["ask"]', '42/x,["ask"]', "b4AAA",
    '42["ask","\\ud800"]', "42" + json.dumps(["ask", "x" * 20_000]), '40{"token":"guess"}', "40[1]", "41", "1", "3",
)  # fmt: skip
METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "BREW")
#: Requests of one connection, frames of one line.
BATCH = 40


@dataclass
class Hostile:
    """One stream of malice, repeatable by its seed."""

    port: int
    seed: int
    routes: list[list[str]]
    whats: list[str]
    answered: Counter[str] = field(default_factory=Counter)
    malformed_at: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311 (repeatable)

    # --- what is sent

    def value(self, depth: int = 0) -> Any:
        """Anything."""
        draw = self.chance.randrange(12)
        if draw == 0 and depth < 14:
            return [self.value(depth + 1) for _ in range(self.chance.randrange(4))]
        if draw == 1 and depth < 14:
            return {self.chance.choice(FIELDS): self.value(depth + 1) for _ in range(self.chance.randrange(5))}
        return self.chance.choice(
            (*WORDS, None, True, 0, -1, 2**70, 1.5, 10**30, "".join(self.chance.choices(string.printable, k=9)))
        )

    def body(self) -> dict[str, Any]:
        """An ask's content: its own field names, and values that do not belong there."""
        body = {name: self.value() for name in self.chance.sample(FIELDS, self.chance.randrange(1, 8))}
        if self.chance.random() < 0.6:
            body["key"] = uuid4().hex
        return body

    def frame(self) -> str:
        """A frame that Socket.IO can read and the hub should not like."""
        what = self.chance.choice((*self.whats, "shell", *WORDS))
        body = {} if what in ENDS_THE_DAY else self.body()
        content: Any = body | {"what": what} if self.chance.random() < 0.9 else self.value()
        # half characters are for the malformed frames
        text = json.dumps(["ask", content]).replace("\\ud800", "?").replace("\\u0000", "?")
        return f"42{self.chance.randrange(1000)}{text}" if len(text) < 15_000 else '42["ask"]'

    def request(self) -> tuple[str, str, bytes, dict[str, str]]:
        """Method, address, body, head."""
        chance = self.chance
        route, *methods = chance.choice(self.routes)
        path = "".join(
            quote(chance.choice(WORDS)[:200].encode(errors="replace"), safe="") if part.startswith("<") else part
            for part in _parts(route)
        )
        if chance.random() < 0.1:
            path = "/" + quote("".join(chance.choices(string.printable, k=chance.randrange(60))))
        if chance.random() < 0.3:
            pairs = [f"{chance.choice(FIELDS)}={quote(str(self.value()).encode(errors='replace'))}" for _ in range(3)]
            path += "?" + "&".join(pairs)
        kind = chance.choice(
            (
                "application/json",
                "application/x-www-form-urlencoded",
                "text/plain",
                "multipart/form-data; boundary=x",
                "",
            )
        )
        if kind == "application/json":
            body = json.dumps(self.body()).encode()
            if chance.random() < 0.1:
                body = chance.choice(
                    (b"{", b"[" * 200, b"\xff\xfe", body[: len(body) // 2], b'"\\ud800"', b"null", b"x" * 70_000)
                )
        else:
            body = "&".join(
                f"{name}={quote(str(each).encode(errors='replace'))}" for name, each in self.body().items()
            ).encode()
        method = chance.choice(METHODS if chance.random() < 0.1 else methods)
        return method, path[:4000] or "/", body if method != "GET" else b"", {"Content-Type": kind} if kind else {}

    def address(self) -> str:
        """A neighbour nobody has seen before."""
        return f"127.{self.chance.randrange(1, 200)}.{self.chance.randrange(256)}.{self.chance.randrange(1, 255)}"

    # --- over HTTP

    def requests(self, count: int, head: dict[str, str]) -> None:
        """So many requests; what they were answered is counted by status."""
        while count > 0:
            source = (self.address(), 0)
            with closing(
                http.client.HTTPConnection("127.0.0.1", self.port, timeout=patience(10), source_address=source)
            ) as line:
                for _ in range(min(count, BATCH)):
                    count -= 1
                    method, path, body, kind = self.request()
                    try:
                        line.request(method, path, body or None, head | kind)
                        answer = line.getresponse()
                        told = answer.read()
                    except (OSError, http.client.HTTPException) as error:
                        self.answered[f"ended: {type(error).__name__}"] += 1
                        line.close()
                        continue
                    self.answered[str(answer.status)] += 1
                    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                        self.answered[f"{answer.status} {method} {path[:80]} {told[:80]!r}"] += 1

    # --- over sockets

    def frames(self, count: int, token: str) -> None:
        """So many frames; an unpaired line has one each."""
        while count > 0:
            try:
                with closing(WebLine(self.port, self.address())) as line:
                    count -= self.talk(line, token, count) if token else self.knock(line)
            except (OSError, ValueError) as error:
                self.answered[f"turned away: {error if isinstance(error, ValueError) else type(error).__name__}"] += 1
                count -= 1

    def knock(self, line: WebLine) -> int:
        """One frame of a stranger."""
        line.send(self.chance.choice((self.chance.choice(MALFORMED), self.frame(), '40{"token":"guess"}')))
        self.answered["stranger"] += 1
        return 1

    def talk(self, line: WebLine, token: str, most: int) -> int:
        """Many asks of somebody with a token."""
        line.send("40" + json.dumps({"token": token}))
        line.sent("40")
        sent = 0
        with suppress(OSError):
            while sent < min(most, 50 * BATCH):
                text = self.frame()
                now = time.monotonic()
                self.malformed_at = [at for at in self.malformed_at if now - at < 61]
                bad = len(self.malformed_at) < 3 and self.chance.random() < 0.01
                if bad:
                    self.malformed_at.append(now)
                    text = self.chance.choice(MALFORMED)
                line.send(text)
                sent += 1
                if sent % BATCH == 0:
                    line.drain()
        self.answered["asks"] += sent
        return max(1, sent)


def _parts(route: str) -> list[str]:
    """`/a/<code>/b` in pieces."""
    return route.replace("<", "\n<").replace(">", ">\n").split("\n")


class WebLine:
    """As little of a websocket as malice needs: frames go out, what comes back is thrown away."""

    def __init__(self, port: int, source: str) -> None:
        self._sock = socket.create_connection(("127.0.0.1", port), timeout=patience(10), source_address=(source, 0))
        key = b64encode(random.randbytes(16)).decode()  # noqa: S311 (a nonce that nobody checks)
        self._sock.sendall(
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n"
            f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        head = self._sock.recv(4096)
        if b" 101 " not in head[:20]:
            self._sock.close()
            raise ValueError(head.split(b"\r\n")[0].decode(errors="replace"))

    def send(self, text: str) -> None:
        """One text frame, masked with zeros."""
        data = text.encode(errors="replace")
        size = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0x80 | 126]) + len(data).to_bytes(2, "big")
        self._sock.sendall(b"\x81" + size + b"\0\0\0\0" + data)

    def sent(self, word: str) -> None:
        """Wait until the hub has said this. Raises OSError when it hangs up."""
        seen = b""
        while word.encode() not in seen:
            data = self._sock.recv(65_536)
            if not data:
                raise ConnectionResetError
            seen = seen[-10:] + data

    def drain(self) -> None:
        """Read what has come. Raises OSError when the hub has hung up."""
        self.send("3")
        self._sock.setblocking(False)
        try:
            while True:
                if not self._sock.recv(1 << 20):
                    raise ConnectionResetError
        except BlockingIOError:
            return
        finally:
            self._sock.settimeout(10)

    def close(self) -> None:
        self._sock.close()


def main() -> None:
    """Do what each plan says: {port, seed, routes, whats, frames, token, requests, head}; plans come as a list."""
    answered: Counter[str] = Counter()
    for plan in json.load(sys.stdin):
        hostile = Hostile(plan["port"], plan["seed"], plan["routes"], plan["whats"])
        hostile.frames(plan["frames"], plan["token"])
        hostile.requests(plan["requests"], plan["head"])
        answered.update(hostile.answered)
    json.dump(answered, sys.stdout)


if __name__ == "__main__":
    main()
