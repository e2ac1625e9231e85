"""A cable between devices and their hub, in user space: it can be cut, and it can fall silent.

    whole     bytes pass
    cut       every line breaks, and nobody gets through
    silent    bytes of both directions wait in the cable, as they do in a kernel while the packets are lost
    mute      what is asked arrives, what is answered waits

What waits is delivered when the cable is whole again, to whoever has not hung up.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Literal

from hub.demo.processes import COMMANDS, Processes
from tests.agency import RunningAgency, furnished

State = Literal["whole", "cut", "silent", "mute"]
CHUNK = 65_536


class Wire:
    """Listens on `port` and passes on to `there`."""

    def __init__(self, there: int) -> None:
        self.there = there
        self.state: State = "whole"
        self._changed = threading.Condition()
        self._lines: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])

    def open(self) -> Wire:
        threading.Thread(target=self._accept, name="wire", daemon=True).start()
        return self

    def be(self, state: State) -> None:
        """Something happens to the cable."""
        with self._changed:
            self.state = state
            self._changed.notify_all()
        if state == "cut":
            for line in list(self._lines):
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.be("cut")

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._join, args=(near,), daemon=True).start()

    def _join(self, near: socket.socket) -> None:
        """One line. A cut cable answers nobody; a silent one lets nobody through either, without a word."""
        with near:
            if self.state == "cut":
                return
            self._lines.add(near)
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.there)) as far:
                self._lines.add(far)
                back = threading.Thread(target=self._pass, args=(far, near, ("silent", "mute")), daemon=True)
                back.start()
                self._pass(near, far, ("silent",))
                back.join()
                self._lines.discard(far)
            self._lines.discard(near)

    def _pass(self, here: socket.socket, there: socket.socket, waits_while: tuple[State, ...]) -> None:
        """One direction, until either end hangs up."""
        with suppress(OSError):
            while data := here.recv(CHUNK):
                with self._changed:
                    self._changed.wait_for(lambda: self.state not in waits_while)
                there.sendall(data)
        for end in (here, there):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextmanager
def cabled(folder: Path, **commands: tuple[str, ...]) -> Iterator[tuple[RunningAgency, Wire]]:
    """The agency with a cable that can be cut between its devices and its hub."""
    agency = furnished(folder)
    wire = Wire(agency.port).open()
    local = agency.config / "local.toml"
    hub, through = f'hub = "http://127.0.0.1:{agency.port}"', f'hub = "http://127.0.0.1:{wire.port}"'
    assert local.read_text().count(hub) == 2
    local.write_text(local.read_text().replace(hub, through).replace("[kiosk]\n", "[kiosk]\nagain_s = 0\n"))
    with ExitStack() as stack:
        stack.callback(wire.close)
        printer = stack.enter_context(closing(agency.printer().open()))
        processes = stack.enter_context(Processes(agency, COMMANDS | commands))
        assert processes.wait_ready(threading.Event())
        running = stack.enter_context(closing(RunningAgency(agency, printer)))
        yield running, wire
