"""The limits of this machine, taken bare: what the libraries do with nothing of ours around them."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hub.bench.bare import TABLE, insert
from hub.bench.bare_ticket import bare_ticket
from hub.bench.figures import at_once, summary, timed
from hub.bench.rig import REST_S, Http, Listener, PaperSink, bare_server, cpu_s, pss_mb
from hub.sqlite import open_writer

CLIENTS = 16
SCREENS, MANY_SCREENS = 10, 50
#: Our hub's memory is taken with as many.
MEMORY_CLIENTS = 50


def commit_and_press(folder: Path, times: int) -> dict[str, dict[str, float]]:
    """`commit`: one durable row. `press`: the row, a bare ticket with a logo, an open socket, its cut at the end."""
    writer, lock = open_writer(folder / "limits.db"), threading.Lock()
    for statement in TABLE:
        writer.execute(statement)
    bare_ticket()  # the first one loads the library
    sink = PaperSink()
    printer = socket.create_connection(("127.0.0.1", sink.port))
    taken = []
    commit = timed(lambda: insert(writer, lock, "DEP"), times)
    for number in range(1, times + 1):
        began = time.perf_counter()
        insert(writer, lock, "DEP")
        printer.sendall(bare_ticket())
        taken.append(sink.wait(number) - began)
    printer.close()
    sink.close()
    writer.close()
    return {"commit": summary(commit), "press": summary(taken)}


def server_limits(folder: Path, times: int) -> dict[str, dict[str, float]]:
    """`issue16`: 16 clients at once. `call10`: POST until the last of ten screens has it, at our rhythm. Memory."""
    with bare_server(folder) as (port, pid):
        start_mb = pss_mb(pid)
        at_16, a_second = at_once(CLIENTS, max(20, times // CLIENTS), lambda _: _poster(port))
        screens = [Listener(port, "", "told") for _ in range(SCREENS)]
        calls = _calls(port, screens, times // 2, REST_S)
        busy_calls = _calls(port, screens, times, 0)
        screens += [Listener(port, "", "told") for _ in range(MEMORY_CLIENTS - SCREENS)]
        many_calls = _calls(port, screens[:MANY_SCREENS], times // 2, REST_S)
        idle = idle_share(pid, 3)
        memory = {"start_mb": round(start_mb, 1), "mb": round(pss_mb(pid), 1), "idle_percent": idle}
        for screen in screens:
            screen.close()
    return {
        "issue16": summary(at_16) | {"per_s": round(a_second)},
        "call10": summary(calls),
        "call10_without_rest": summary(busy_calls),
        "call50": summary(many_calls),
        "bare": memory,
    }


def ten_screens(folder: Path, times: int) -> dict[str, dict[str, float]]:
    """`call10` alone, for who needs no other limit of a server."""
    with bare_server(folder) as (port, _):
        screens = [Listener(port, "", "told") for _ in range(SCREENS)]
        calls = _calls(port, screens, times, REST_S)
        for screen in screens:
            screen.close()
    return {"call10": summary(calls)}


def _poster(port: int) -> Callable[[], Any]:
    connection = Http(port)
    return lambda: connection.post("/silent", {"service": "DEP"})


def _calls(port: int, screens: list[Listener], times: int, rest_s: float) -> list[float]:
    poster = Http(port)
    taken = []
    for _ in range(times):
        time.sleep(rest_s)
        began = time.perf_counter()
        number = poster.post("/commit", {"service": "DEP"})["number"]
        taken.append(max(s.wait(lambda last, n=number: last.get("number", 0) >= n) for s in screens) - began)  # type: ignore[misc]
    return taken


def idle_share(pid: int, seconds: float) -> float:
    """Share of one processor used while nothing happens, percent."""
    before = cpu_s(pid)
    time.sleep(seconds)
    return round((cpu_s(pid) - before) / seconds * 100, 2)
