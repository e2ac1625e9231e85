"""Agents that the bench plays: their browsers, as far as forms and letters go."""

from __future__ import annotations

import http.client
from urllib.parse import quote, urlencode

from hub.agents import csrf
from hub.bench.rig import key
from hub.demo.agency import Agency

ANSWER_S = 60.0
#: An agent of the demo who inquires.
CLERK = "00815D"


class AgentsBrowser:
    """One agent signed in: their session, their connection. Raises RuntimeError when the hub lets nobody in."""

    def __init__(self, agency: Agency, code: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", agency.port, timeout=ANSWER_S)
        self._connection.request("GET", f"/demo/agent/{code}")
        answer = self._connection.getresponse()
        answer.read()
        name, _, rest = (answer.headers["Set-Cookie"] or "").partition("=")
        if not rest:
            raise RuntimeError(f"agent {code} was not let in: {answer.status}")
        self._session = rest.partition(";")[0]
        self._cookie = f"{name}={self._session}"

    def post(self, path: str, **form: str) -> tuple[http.client.HTTPResponse, bytes]:
        """A form that is sent; the answer is not followed."""
        filled = {"key": key(), csrf.FIELD: csrf.token_for(self._session)} | form
        return self._ask("POST", path, urlencode(filled), {"Content-Type": "application/x-www-form-urlencoded"})

    def send(self, path: str, content: bytes) -> tuple[http.client.HTTPResponse, bytes]:
        """A file that is sent as a page's script does."""
        head = {csrf.HEADER: csrf.token_for(self._session), "X-Key": key(), "Content-Type": "application/octet-stream"}
        return self._ask("POST", path, content, head)

    def search(self, typed: str) -> bytes:
        """What the hub finds for these letters, as the box of inquiry asks it. Raises RuntimeError when it refuses."""
        path = f"/desk/inquiry/search?q={quote(typed)}"
        answer, found = self._ask("GET", path, None, {"HX-Request": "true"})
        if answer.status != http.client.OK:
            raise RuntimeError(f"the search was refused: {answer.status} {found[:300]!r}")
        return found

    def _ask(
        self, method: str, path: str, body: str | bytes | None, head: dict[str, str]
    ) -> tuple[http.client.HTTPResponse, bytes]:
        self._connection.request(method, path, body, head | {"Cookie": self._cookie})
        answer = self._connection.getresponse()
        return answer, answer.read()
