"""The printers at the counters: `mbote printer`, one process that owns each network printer it is told to.

Here rather than in a room of its own: it is the counters' hardware, wired like their panels. What is printed comes
from the hub as jobs (hub/printing); a printer with a fault takes none, so that its stand-in may.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import ExitStack
from typing import Any

from hardware.print_loop import Job, PrintLoop, State
from hardware.printer import NOT_ASKED, Printer, Reason, Status, trouble_of
from hub.client import HubClient
from hub.ending import until_told
from hub.errands import Errands, HubLine, Mechanism
from hub.errors import ConfigurationFault
from hub.heartbeat import Heartbeat
from hub.history import History, Recorded
from hub.joining import Joiner, TokenFile
from hub.paper import Slip
from hub.settings import Settings
from hub.settings.devices import CounterPrinter
from hub.troubles import Troubles

FIRST_S = 5.0


class OwnedPrinter:
    """One printer of this process: its loop, its errands, and a word to the staff when it is not well."""

    def __init__(self, wired: CounterPrinter, hub: HubLine, troubles: Troubles) -> None:
        self.name = wired.name
        self._has_stand_in = bool(wired.stand_in)
        self._troubles = troubles
        self.errands = Errands(hub, wired.name)
        self.loop = PrintLoop(Printer(wired), self._hear_job, self._hear_printer)

    def open(self) -> OwnedPrinter:
        """Look at the printer, then serve."""
        self.loop.open()
        self.errands.open(Mechanism(self._put, self._may_be_tried))
        return self

    def close(self) -> None:
        """Stop after the paper in hand."""
        self.errands.close()
        self.loop.close()

    def __repr__(self) -> str:
        return f"<OwnedPrinter {self.name}>"

    def _put(self, subject: str, slip: Slip, deadline: float) -> None:
        self.loop.put(Job(subject, slip, deadline))

    def _may_be_tried(self) -> bool:
        """Where another stands in: only while this one is known to be well, or cannot be asked."""
        status = self.loop.status
        return not self._has_stand_in or status.health == "ok" or status == NOT_ASKED

    def _hear_job(self, job: Job, state: State, reason: Reason) -> None:
        if state == "queued" or (state == "sent" and not reason):
            return
        self.errands.hear_end(job.subject, state, reason)

    def _hear_printer(self, status: Status) -> None:
        self._troubles.saw(f"printer {self.name}", *trouble_of(status))
        self.errands.look_again()


def run(settings: Settings, names: Iterable[str] = (), stop: threading.Event | None = None) -> None:
    """Serve until told to stop. Prints `ready NAME` once the printers have been looked at.

    `names`: of the configured printers to own, all of them when empty. Raises ConfigurationFault for a wrong one.
    """
    heartbeat = Heartbeat.from_environment()
    stop = stop or until_told()
    box = settings.printing
    token = TokenFile(settings.path(box.token))
    with ExitStack() as opened:
        hub = HubClient(box.hub, token.read, settings.path(box.authority), keep=token.keep)
        troubles = Troubles(hub).open()
        opened.callback(troubles.close)
        line = Recorded(hub, History.from_environment(box.name))
        owned = [OwnedPrinter(wired, line, troubles) for wired in chosen(settings, tuple(names))]
        for one in owned:
            opened.callback(one.open().close)
        joiner = Joiner("printer", box.hub, settings.path(box.authority), token, lambda _code: None).open()
        opened.callback(joiner.close)
        away = joiner.heard(lambda away: _away(owned, troubles, away))
        hub.listen(lambda name, picture: _hear(owned, name, picture), away, joiner.stranger).open()
        opened.callback(hub.close)
        hub.wait_connected(FIRST_S)
        heartbeat.ready(lambda: [one.loop.status for one in owned])
        print(f"ready {box.name}", flush=True)  # noqa: T201  whoever started us waits for this line
        stop.wait()


def _hear(owned: list[OwnedPrinter], name: str, picture: dict[str, Any]) -> None:
    waiting = picture.get("jobs")
    if name == "printers" and isinstance(waiting, dict):
        for one in owned:
            one.errands.hear(int(waiting.get(one.name, 0)))


def _away(owned: list[OwnedPrinter], troubles: Troubles, away: bool) -> None:  # noqa: FBT001  a callback of hub.client
    troubles.hear_away(away)
    if not away:
        for one in owned:
            one.errands.hub_returned()


def chosen(settings: Settings, names: tuple[str, ...]) -> tuple[CounterPrinter, ...]:
    """The printers of those names; all when none is named. Raises ConfigurationFault."""
    known = {printer.name: printer for printer in settings.printers}
    if not known:
        raise ConfigurationFault(["printers.toml: no [[printer]] is configured, so there is nothing to own"])
    if wrong := [name for name in names if name not in known]:
        raise ConfigurationFault([f"--name {name}: no such printer; there are {', '.join(known)}" for name in wrong])
    return tuple(known[name] for name in names) or settings.printers
