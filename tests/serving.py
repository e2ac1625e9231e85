"""Pages served from the test's own process, to browsers that hang up whenever they like.

werkzeug's server forgets to close what it was sending when a browser hangs up hard: an open file is then left to
whichever test comes next. So each body is read to its end, and closed, before its first byte is sent.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import closing
from typing import Any

from werkzeug.serving import BaseWSGIServer, make_server
from werkzeug.wsgi import ClosingIterator

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


def served(app: Wsgi, port: int = 0) -> BaseWSGIServer:
    """A server that answers already, on a port of its own unless one is named; ended by `unserved`."""
    server = make_server("127.0.0.1", port, _whole(app), threaded=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server


def unserved(server: BaseWSGIServer) -> None:
    """It answers no more, and its port is free."""
    server.shutdown()
    server.server_close()


def _whole(app: Wsgi) -> Wsgi:
    def answer(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        with closing(ClosingIterator(app(environ, start_response))) as body:
            return list(body)

    return answer
