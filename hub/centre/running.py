"""The centre's process: its listener and its worker, until it is told to stop."""

from __future__ import annotations

import logging
import ssl
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from hub.authority import open_authority, own_names
from hub.centre.adapter import Adapter
from hub.centre.place import agencies, opened
from hub.centre.receiver import Receiver
from hub.centre.web import Server, Worker
from hub.clock import SystemClock
from hub.ending import until_told
from hub.errors import StoreFault

#: Told once it answers, with what proves that it works: it does not return where it hangs.
Ready = Callable[[Callable[[], object]], None]


def serve(  # noqa: PLR0913 (what a listener is)
    place: Path, host: str, port: int, adapter: Adapter, *, secret: bool, ready: Ready = lambda _work: None
) -> None:
    """Answer until SIGTERM. Raises ConfigurationFault, StoreFault."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    receiver = opened(place, adapter)
    tls = _tls(place, host) if secret else None
    worker = Worker(receiver, lambda: agencies(place))
    try:
        server = Server((host, port), receiver, worker, tls)
    except OSError as error:
        raise StoreFault(f"cannot listen on {host}:{port}: {error.strerror}") from error
    threading.Thread(target=_end, args=(server, until_told()), daemon=True).start()
    worker.open()
    sys.stdout.write(f"ready http{'s' if secret else ''}://{host}:{server.server_address[1]}\n")
    sys.stdout.flush()
    ready(lambda: _write(receiver))
    try:
        server.serve_forever(0.2)
    finally:
        server.server_close()
        worker.close()
        receiver.store.close()


def _end(server: Server, told: threading.Event) -> None:
    told.wait()
    server.shutdown()


def _write(receiver: Receiver) -> None:
    """Take the writer's turn, and write nothing."""
    with receiver.store.transaction():
        pass


def _tls(place: Path, host: str) -> ssl.SSLContext:
    """With a certificate of the centre's own authority, `keys/authority.pem`, which agencies are given."""
    now = datetime.fromtimestamp(SystemClock().now().at / 1000, UTC)
    return open_authority(place, own_names([host]), now).context()
