"""What TLS costs: the same asked of one listener, in clear as this box itself may and by TLS as neighbours must."""

from __future__ import annotations

import http.client
import json
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

from hub.bench.figures import Budget, Limits, Line, Times, summary, timed
from hub.bench.kiosks import SERVICE
from hub.bench.rig import Http, free_port, running
from hub.client import HubClient
from hub.demo.agency import Agency, prepare
from hub.demo.processes import COMMANDS
from hub.pin import pinned
from hub.settings_files import LOCAL

Work = Callable[[], Any]


def measure_wire(*, quick: bool) -> tuple[list[Line], Limits]:
    """A new line with one answer, a ticket over a line that stays, a ticket over a device's socket."""
    times = Times.of(quick=quick)
    with tempfile.TemporaryDirectory(prefix="mbote-bench-") as folder:
        agency = prepare(Path(folder) / "agency", free_port())
        local = agency.config / LOCAL
        # with neighbours, so that the hub has a certificate
        local.write_text(local.read_text("utf-8").replace("[hub]\n", '[hub]\nhost = "0.0.0.0"\n', 1), "utf-8")
        with running(agency, {"hub": COMMANDS["hub"]}):
            return [_compared(agency, times)], {}


def _compared(agency: Agency, times: Times) -> Line:
    figures: dict[str, Any] = {}
    budgets = []
    for name, clear, secret in (
        ("a new line and one answer", *_new_lines(agency)),
        ("a ticket over HTTP, the line kept", *_kept_lines(agency)),
        ("a ticket over a device's socket", *_sockets(agency)),
    ):
        plain, tls = _in_turns(clear, secret, times.presses)
        figures[name] = {"plain": summary(plain), "tls": summary(tls)}
        ratio = figures[name]["tls"]["p50"] / figures[name]["plain"]["p50"]
        budgets.append(Budget(ratio, of=f"p50 of plain: {name}"))
    return Line("TLS", "the same asked by TLS and in clear, of one listener", figures, tuple(budgets))


def _in_turns(clear: Work, secret: Work, count: int) -> tuple[list[float], list[float]]:
    """Each after the other, so that a busy machine is busy for both; the first of each warm up."""
    for work in (clear, secret):
        timed(work, 5)
    pairs = [(timed(clear, 1)[0], timed(secret, 1)[0]) for _ in range(count)]
    return [plain for plain, _ in pairs], [tls for _, tls in pairs]


def _authority(agency: Agency) -> Path:
    return agency.folder / "data" / "keys" / "authority.pem"


def _new_lines(agency: Agency) -> tuple[Work, Work]:
    context = pinned(_authority(agency))

    def clear() -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", agency.port, timeout=20)) as line:
            _healthy(line)

    def secret() -> None:
        with closing(http.client.HTTPSConnection("127.0.0.1", agency.port, timeout=20, context=context)) as line:
            _healthy(line)

    return clear, secret


def _healthy(line: http.client.HTTPConnection) -> None:
    line.request("GET", "/healthz")
    json.loads(line.getresponse().read())


def _kept_lines(agency: Agency) -> tuple[Work, Work]:
    token = agency.tokens["api"]
    clear, secret = Http(agency.port, token), Http(agency.port, token, _authority(agency))
    return (
        lambda: clear.post("/api/v1/tickets", {"key": uuid4().hex, "service": SERVICE}),
        lambda: secret.post("/api/v1/tickets", {"key": uuid4().hex, "service": SERVICE}),
    )


def _sockets(agency: Agency) -> tuple[Work, Work]:
    clear = HubClient(f"http://127.0.0.1:{agency.port}", lambda: agency.tokens["K50"]).open()
    secret = HubClient(f"https://127.0.0.1:{agency.port}", lambda: agency.tokens["K51"], _authority(agency)).open()
    for line in (clear, secret):
        line.wait_connected(10)
    time.sleep(1)  # their first pictures
    return (
        lambda: clear.ask("issue", uuid4().hex, 20, service=SERVICE),
        lambda: secret.ask("issue", uuid4().hex, 20, service=SERVICE),
    )
