"""The one door to the guests' network: it shows a ticket's page to whoever has its code, and nothing else of the hub.

A port and an address of its own, plain HTTP, no cookie, no account. Everything here is small on purpose:

    GET  /CODE            the ticket (?l= language, ?a= the question before an act)
    POST /CODE            one of two acts, `act=let_pass|cancel` with the form's own `key`; leads back to the ticket

Any other path is 404, any other method 405. A request has `REQUEST_S` in all and `HEAD_BYTES`, its form `BODY_BYTES`; a
connection carries one. One address has `PER_ADDRESS` connections and `PER_S` requests a second, all of them together
`MOST` and `ALL_PER_S`; who tries codes that no ticket has is not answered for a minute. One loop waits for all of them,
so a slow stranger holds no thread; what is asked of the file waits for one of `READERS`.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qs

import structlog

from hub import codes
from hub.ask import KEY_LENGTH, Actor, Ask
from hub.context import WAIT_S, Hub
from hub.errors import MboteError, NotFound, Refused, TooMany
from hub.followup import page
from hub.followup.page import Shown, Trouble
from hub.headers import HEADERS
from hub.knocks import Pace
from hub.queues import followup
from hub.queues.model import Ticket
from hub.quiet import Complaints
from hub.wire import Followed, OwnAct

REQUEST_S = 5.0
HEAD_BYTES, BODY_BYTES = 8_192, 300
PER_ADDRESS, MOST = 8, 96
PER_S, ALL_PER_S = 4.0, 40.0
READERS = 2
#: How long the order of a queue that was worked out for one telephone is good for the others, seconds.
GOOD_S = 3.0
#: Whose acts these are in the journal. Nobody knows whose telephone it was.
VISITOR = Actor(device="followup", roles=frozenset({"visitor"}))
ACTS: dict[str, Callable[..., object]] = {"let_pass": followup.let_pass_own, "cancel": followup.cancel_own}

_FIRST = re.compile(r"(GET|HEAD|POST|[A-Z]{1,10}) (/[!-~]{0,200}) HTTP/1\.[01]")
_FIELD = re.compile(r"([!#-'*+.0-9A-Z^-z|~-]{1,60}):[ \t]*([\t -~\x80-\xff]*)")
_KEY = re.compile(rf"[A-Za-z0-9_-]{{16,{KEY_LENGTH}}}")
#: Of a page that comes in clear; a browser that is told more says that it does not heed it.
_SAID = {name: value for name, value in HEADERS.items() if not name.startswith("Cross-Origin-Opener")} | {
    "Referrer-Policy": "same-origin"  # else a form of its own would come without its origin
}
log = structlog.get_logger("followup")


class Bad(Exception):
    """A request that no telephone sends; how it is answered."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


@dataclass(frozen=True, slots=True)
class Request:
    """One request, whole."""

    method: str
    path: str
    query: dict[str, str]
    fields: dict[str, str]
    form: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back."""

    status: HTTPStatus
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    def as_bytes(self, *, bare: bool) -> bytes:
        """On the wire; `bare`: without the body, which was asked for by HEAD."""
        said = {
            "Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(self.body)),
            "Content-Security-Policy": page.policy(), "Cache-Control": "no-store", "Connection": "close",
        } | _SAID | self.headers  # fmt: skip
        lines = [f"HTTP/1.1 {self.status.value} {self.status.phrase}", *(f"{k}: {v}" for k, v in said.items())]
        return "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + (b"" if bare else self.body)


class Listener:
    """The page's own door; `open` returns once it listens."""

    def __init__(self, hub: Hub, host: str, port: int) -> None:
        self._hub = hub
        self.host, self.port = host, port
        self._pace = Pace(time.monotonic)
        self._complaints = Complaints()
        self._places: Counter[str] = Counter()
        self._lines: dict[str, tuple[float, tuple[int, ...]]] = {}
        self._working = threading.Lock()
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="followup")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="followup", daemon=True)
        self._listening = threading.Event()
        self._stopped = asyncio.Event()
        self._fault: OSError | None = None

    def open(self) -> Listener:
        """Listen. Raises OSError where the address cannot be had."""
        self._thread.start()
        self._listening.wait()
        if self._fault is not None:
            raise self._fault
        log.info("followup", page=f"http://{self.host}:{self.port}/")
        return self

    def close(self) -> None:
        """Stop; may be called twice."""
        if self._loop is not None and self._thread.is_alive():
            with suppress(RuntimeError):  # it has ended meanwhile
                self._loop.call_soon_threadsafe(self._stopped.set)
            self._thread.join(REQUEST_S)
        self._readers.shutdown(wait=False, cancel_futures=True)

    def __repr__(self) -> str:
        return f"<Listener {self.host}:{self.port}>"

    # --- the loop

    def _run(self) -> None:
        self._loop = loop = asyncio.new_event_loop()
        loop.set_exception_handler(self._failed)
        try:
            loop.run_until_complete(self._listen())
        finally:
            self._listening.set()
            loop.close()

    def _failed(self, _: asyncio.AbstractEventLoop, facts: dict[str, object]) -> None:
        """A fault of ours: its connection has ended, the others go on."""
        if times := self._complaints.due("fault"):
            error = facts.get("exception")
            log.error("followup", times=times, exc_info=error if isinstance(error, Exception) else None)

    async def _listen(self) -> None:
        try:
            server = await asyncio.start_server(self._met, self.host, self.port, limit=HEAD_BYTES, backlog=MOST)
        except OSError as error:
            self._fault = error
            return
        self.port = server.sockets[0].getsockname()[1]
        self._listening.set()
        async with server:
            await self._stopped.wait()

    async def _met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its first byte to its last."""
        peer = writer.get_extra_info("peername")
        address = peer[0] if peer else "?"
        if self._places[address] >= PER_ADDRESS or self._places.total() >= MOST:
            self._complain("crowd", address)
            writer.transport.abort()
            return
        self._places[address] += 1
        try:
            async with asyncio.timeout(REQUEST_S):
                writer.write(await self._answered(reader, address))
                await writer.drain()
                writer.write_eof()
                while await reader.read(1_024):  # what is left unread would make the kernel take back the answer
                    pass
        except (TimeoutError, OSError, asyncio.IncompleteReadError):
            writer.transport.abort()
        finally:
            self._places[address] -= 1
            if self._places[address] <= 0:
                del self._places[address]
            writer.close()

    async def _answered(self, reader: asyncio.StreamReader, address: str) -> bytes:
        try:
            request = await _read(reader)
        except Bad as bad:
            self._complain(bad.status.name.lower(), address)
            return Answer(bad.status).as_bytes(bare=True)
        if not self._pace.take(address, PER_S) or not self._pace.take("all", ALL_PER_S):
            self._complain("too_many", address)
            return self._trouble(request, "too_many").as_bytes(bare=request.method == "HEAD")
        answer = await asyncio.get_running_loop().run_in_executor(self._readers, self.answer, request, address)
        return answer.as_bytes(bare=request.method == "HEAD")

    def _complain(self, cause: str, address: str) -> None:
        """What was refused, in one line a minute."""
        if times := self._complaints.due(cause):
            log.warning("refused", cause=cause, times=times, last=address)

    # --- one request

    def answer(self, request: Request, address: str) -> Answer:
        """What is answered to a request from an address; every refusal is a page, or nothing at all."""
        code = codes.token(request.path[1:]) if "/" not in request.path[1:] else ""
        if not code:
            return Answer(HTTPStatus.NOT_FOUND)
        try:
            with self._hub.store.readable():
                followup.not_guessing(self._hub, address)
                answer = self._act if request.method == "POST" else self._show
                return answer(request, code, address)
        except NotFound:
            return self._trouble(request, "unknown")
        except TooMany:
            self._complain("guesses", address)
            return self._trouble(request, "too_many")
        except MboteError as error:
            log.warning("followup", fault=str(error))
            return self._trouble(request, "away")

    def _act(self, request: Request, code: str, address: str) -> Answer:
        act, key = request.form.get("act", ""), request.form.get("key", "")
        origin = request.fields.get("origin")
        if act not in ACTS or not _KEY.fullmatch(key):
            return Answer(HTTPStatus.UNPROCESSABLE_ENTITY)
        if origin is not None and origin.removeprefix("http://") != request.fields.get("host"):
            return Answer(HTTPStatus.FORBIDDEN)
        self._ticket(code, address)  # a wrong one is the address's; the act knows no address
        refused = ""
        try:
            ACTS[act](self._hub, Ask(VISITOR, key, {"what": act, "code": code}), code=code)
        except NotFound:
            raise
        except Refused as refusal:
            refused = refusal.reason
        with self._working:
            self._lines.clear()
        language = self._language(request, "")
        return Answer(
            HTTPStatus.SEE_OTHER, headers={"Location": f"/{code}?l={language}{f'&r={refused}' if refused else ''}"}
        )

    def _show(self, request: Request, code: str, address: str) -> Answer:
        ticket = self._ticket(code, address)
        with self._hub.snapshot() as reader:
            line = self._line(ticket.stage.service) if ticket.state == "waiting" else None
            told = followup.followed(self._hub, reader, ticket, line)
        shown = Shown(
            agency=self._hub.settings.agency.name, language=self._language(request, ticket.language),
            languages=self._hub.settings.agency.languages, path=f"/{code}", ticket=told,
            asks=_asked(request.query.get("a", ""), told), refused=request.query.get("r", ""),
            key=secrets.token_urlsafe(24),
        )  # fmt: skip
        return Answer(HTTPStatus.OK, page.page(shown))

    def _ticket(self, code: str, address: str) -> Ticket:
        """The ticket of a code, tried from an address. Raises NotFound, TooMany."""
        with self._hub.snapshot() as reader:
            return followup.of_code(self._hub, reader, code, address)

    def _line(self, service: str) -> tuple[int, ...]:
        """The order of a queue, as it was a moment ago: worked out once for a hall full of telephones."""
        with self._working:
            known = self._lines.get(service)
            now = self._hub.now()
            if known is None or now.mono / 1000 - known[0] > GOOD_S:
                known = now.mono / 1000, followup.order(self._hub, self._hub.reader, service, now)
                self._lines[service] = known
            return known[1]

    def _trouble(self, request: Request, trouble: Trouble) -> Answer:
        status = {
            "unknown": HTTPStatus.NOT_FOUND, "too_many": HTTPStatus.TOO_MANY_REQUESTS,
            "away": HTTPStatus.SERVICE_UNAVAILABLE,
        }[trouble]  # fmt: skip
        shown = Shown(
            agency=self._hub.settings.agency.name,
            language=self._language(request, ""),
            languages=self._hub.settings.agency.languages,
            path=f"/{codes.token(request.path[1:])}",
            trouble=trouble,
        )
        return Answer(status, page.page(shown), {} if trouble == "unknown" else {"Retry-After": str(int(WAIT_S))})

    def _language(self, request: Request, wanted: str) -> str:
        return page.spoken_of(request.query.get("l", ""), wanted, self._hub.settings.agency.languages)


def _asked(name: str, ticket: Followed) -> OwnAct | None:
    return next((act for act in ticket.acts if act == name), None)


async def _read(reader: asyncio.StreamReader) -> Request:
    """One request as it comes. Raises Bad, IncompleteReadError, and nothing that depends on what is in it."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        raise Bad(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE) from None
    method, target, fields = _head(head.decode("latin-1"))
    path, _, query = target.partition("?")
    form = _pairs((await reader.readexactly(_length(fields))).decode("latin-1")) if method == "POST" else {}
    return Request(method, path, _pairs(query), fields, form)


def _head(text: str) -> tuple[str, str, dict[str, str]]:
    first, *lines = text.removesuffix("\r\n\r\n").split("\r\n")
    found = _FIRST.fullmatch(first)
    if found is None:
        raise Bad(HTTPStatus.BAD_REQUEST)
    if found[1] not in ("GET", "HEAD", "POST"):
        raise Bad(HTTPStatus.METHOD_NOT_ALLOWED)
    fields: dict[str, str] = {}
    for line in lines:
        each = _FIELD.fullmatch(line)
        if each is None:
            raise Bad(HTTPStatus.BAD_REQUEST)
        fields[each[1].lower()] = each[2].strip()
    return found[1], found[2], fields


def _length(fields: dict[str, str]) -> int:
    if "transfer-encoding" in fields or not re.fullmatch(r"\d{1,9}", fields.get("content-length", "")):
        raise Bad(HTTPStatus.LENGTH_REQUIRED)
    if fields.get("content-type", "").partition(";")[0] != "application/x-www-form-urlencoded":
        raise Bad(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    if int(fields["content-length"]) > BODY_BYTES:
        raise Bad(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return int(fields["content-length"])


def _pairs(text: str) -> dict[str, str]:
    """What a form or an address says; the first of each name."""
    try:
        return {name: values[0] for name, values in parse_qs(text, max_num_fields=8).items()}
    except ValueError:
        raise Bad(HTTPStatus.BAD_REQUEST) from None
