"""A hall full of telephones: how soon the page of a ticket answers, and what it weighs.

The limit is asyncio's own server that hands out the same bytes, asked in turns with ours, each time over a new
connection from an address of its own, as telephones do. Eighty people wait for one service, so each order of the queue
that is worked out is as long as it gets in such a hall; so often as not somebody else's page has just been shown.
"""

from __future__ import annotations

import asyncio
import http.client
import tempfile
import threading
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import Any, Self

from hub.bench.figures import Budget, Limits, Line, ratio, summary, timed
from hub.bench.kiosks import SERVICE
from hub.bench.rig import Http, free_port, key, running
from hub.demo.agency import Agency, prepare
from hub.demo.processes import COMMANDS
from hub.followup.listener import ALL_PER_S
from hub.followup.page import LARGEST
from hub.settings_files import LOCAL

WAITING = 80
#: More rarely than the door's own limit of all telephones together.
REST_S = 1.5 / ALL_PER_S
#: A page may take so many times what its bytes take: it is read from the file and written for its reader.
MOST = 12.0


def measure_telephones(*, quick: bool) -> tuple[list[Line], Limits]:
    """The page's answer beside the bare one, and its weight."""
    times = 20 if quick else 400
    with tempfile.TemporaryDirectory(prefix="mbote-bench-") as folder:
        agency = prepare(Path(folder) / "agency", free_port())
        local, port = agency.config / LOCAL, free_port()
        local.write_text(f'{local.read_text("utf-8")}\n[followup]\nhost = "127.0.0.1"\nport = {port}\n', "utf-8")
        with running(agency, {"hub": COMMANDS["hub"]}):
            codes = _waiting(agency)
            _, page = _asked(port, f"/{codes[0]}", 1)
            with _Bare(page) as bare:
                ours, limit = _in_turns(port, codes, bare.port, times)
        weight = Budget(len(page), most=LARGEST, of="bytes")
        line = Line(
            "PHONES", f"a ticket's page over a new connection, {WAITING} waiting", {"answer": ours, "bytes": len(page)},
            (ratio(ours, limit, "p50", MOST, "bare"), ratio(ours, limit, "p99", MOST, "bare"), weight),
            "bare: asyncio's server with the same bytes, asked in turns",
        )  # fmt: skip
        return [line], {"bare_page": limit}


def _waiting(agency: Agency) -> list[str]:
    """The codes of those who wait."""
    api = Http(agency.port, agency.tokens["api"])
    return [api.post("/api/v1/tickets", {"key": key(), "service": SERVICE})["follow"] for _ in range(WAITING)]


def _in_turns(port: int, codes: list[str], bare: int, times: int) -> tuple[dict[str, float], dict[str, float]]:
    """Each after the other, so that a busy machine is busy for both; the first of each warm up."""
    telephones = cycle(range(2, 250))
    paths = cycle(f"/{code}" for code in codes)

    def ask(at: int) -> Callable[[], Any]:
        return lambda: _asked(at, next(paths), next(telephones))

    taken: list[tuple[float, float]] = []
    for _ in range(times + 3):
        time.sleep(REST_S)
        taken.append((timed(ask(port), 1)[0], timed(ask(bare), 1)[0]))
    return summary([one for one, _ in taken[3:]]), summary([other for _, other in taken[3:]])


def _asked(port: int, path: str, telephone: int) -> tuple[int, bytes]:
    """One page, by an address of this box that stands for a telephone. Raises RuntimeError for any other answer."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=10, source_address=(f"127.0.0.{telephone}", 0))
    try:
        line.request("GET", path)
        answer = line.getresponse()
        body = answer.read()
    finally:
        line.close()
    if answer.status != http.client.OK:
        raise RuntimeError(f"{path}: {answer.status}")
    return answer.status, body


class _Bare:
    """asyncio's own server with one answer."""

    def __init__(self, body: bytes) -> None:
        self._answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        self._loop = asyncio.new_event_loop()
        self._listening = threading.Event()
        self.port = 0

    def __enter__(self) -> Self:
        threading.Thread(target=self._run, daemon=True).start()
        self._listening.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._met, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._listening.set()
        self._loop.run_forever()

    async def _met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(self._answer)
        await writer.drain()
        writer.close()
