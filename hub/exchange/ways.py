"""The two ways to the centre: a folder that somebody empties, and an address that answers at once.

A folder is a mounted share, a synchronised folder, a stick. The address speaks HTTP(S): `POST /v1/messages` takes
lines and answers what became of each, `POST /v1/inbox` gives the centre's letters after a number. What an address
answers is signed by the centre and names the request that it answers, so the way itself need not be believed.
"""

from __future__ import annotations

import hashlib
import http.client
import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from hub import envelope
from hub.chain import signing_key
from hub.disk import write_whole
from hub.envelope import Said
from hub.errors import MboteError, Unreadable
from hub.outbox import Answered, Message, Outcome
from hub.pin import line_to

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from hub.context import Hub

#: This agency's key for what it tells the centre, in the data folder.
SIGNING_KEY = Path("keys/outbox.ed25519")
#: The shape of messages and letters; a reader leaves alone what it does not know of a later one.
SCHEMA = 1
#: What the centre says of a message, and what that is to us. `early`: it has not got the one before.
ANSWERS: dict[str, Outcome] = {"acknowledged": "acknowledged", "integrated": "applied", "rejected": "refused"}
EARLY = "early"
#: The most bytes of one request with messages.
REQUEST_BYTES = 1_000_000
_OK, _NOTHING = 200, 204


class Away(MboteError):
    """Nobody there to hear it, or nobody we believe; nothing is known to have arrived."""


class Missed(Away):
    """The centre has not got a message that it must have first."""

    def __init__(self, said: str, key: str) -> None:
        super().__init__(said)
        self.key = key


class Destination(Protocol):
    """Where messages go. One that has a message already acknowledges it again."""

    #: Whether it says at once what became of a message, later in a letter, or never.
    hears: str

    def send(self, messages: Sequence[Message]) -> Iterator[Answered]:
        """Hand messages over, in their order; what became of each, one after the other. Raises Away."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Who signs what this agency says."""

    agency: str
    key: Ed25519PrivateKey

    def line(self, message: Message) -> str:
        """A message in one line, with its signature."""
        said: Said = {
            "agency": self.agency, "epoch": message.epoch, "number": message.id, "version": message.version,
            "schema": SCHEMA, "topic": message.topic, "aggregate": message.aggregate, "follows": message.follows,
            "key": message.key, "seq": message.seq, "at": message.at, "payload": message.payload,
        }  # fmt: skip
        return envelope.signed(envelope.MESSAGE, said, self.key)

    def ask(self, after: int, at: int) -> str:
        """The line with which this agency asks for letters after a number; `at`: wall, ms."""
        return envelope.signed(envelope.ASK, {"agency": self.agency, "after": after, "at": at}, self.key)


def writer_of(hub: Hub) -> Writer:
    """This agency's, with its key made at first use."""
    return Writer(hub.settings.agency.code, signing_key(hub.store.folder / SIGNING_KEY))


class Folder:
    """Files of JSON lines in a folder that somebody else empties.

    The folder is never made here: a share that is not mounted must not fill the card instead.
    """

    def __init__(self, path: Path, agency: str, key: Path, *, hears: str = "never") -> None:
        self.path = path
        self.hears = hears
        self._writer = Writer(agency, signing_key(key))

    def send(self, messages: Sequence[Message]) -> Iterator[Answered]:
        """One file a message, whole or not at all, with a name of its own; before it its table, if it has one.

        Raises Away.
        """
        for message in messages:
            name = f"{self._writer.agency}-{message.epoch}-{message.id:010}-{message.version}{envelope.SUFFIX}"
            file = self.path / name
            try:
                if (table := table_of(message)) is not None:
                    write_whole(file.with_suffix(envelope.TABLE), table.encode())
                write_whole(file, f"{self._writer.line(message)}\n".encode())
            except OSError as error:
                raise Away(f"{self.path}: {error.strerror}") from error
            yield Answered(message.key, message.version, "sent")

    def __repr__(self) -> str:
        return f"<Folder {self.path}>"


def table_of(message: Message) -> str | None:
    """What a message says as a spreadsheet reads it: the `csv` of its payload, where the service gives one."""
    table = message.payload.get("csv") if isinstance(message.payload, dict) else None
    return table if isinstance(table, str) else None


class Address:
    """The centre's receiver at an address. Each request is a connection of its own: there is one every few minutes."""

    hears = "at once"

    def __init__(self, url: str, writer: Writer, centre: bytes, authority: Path | None, timeout_s: float) -> None:
        """`centre`: the key that signs its answers. `authority`: who signs its certificate; None: as the machine."""
        self.url = url
        self._writer = writer
        self._centre = centre
        self._authority = authority
        self._timeout_s = timeout_s

    def send(self, messages: Sequence[Message]) -> Iterator[Answered]:
        """Some in a request, as many as it takes. Raises Away."""
        for some in _requests([(message, self._writer.line(message)) for message in messages]):
            body = "".join(f"{line}\n" for _, line in some).encode()
            yield from self._answers(body, [message for message, _ in some], self._post("/v1/messages", body))

    def ask(self, after: int, at: int) -> bytes:
        """The centre's letters after this number, as lines; empty when there are none. Raises Away."""
        return self._post("/v1/inbox", f"{self._writer.ask(after, at)}\n".encode())

    def _answers(self, body: bytes, messages: list[Message], given: bytes) -> Iterator[Answered]:
        try:
            found = self._believed(body, {(each.key, each.version) for each in messages}, given)
        except Unreadable as error:
            raise Away(f"{self.url}: the answer cannot be believed: {error.message}") from error
        yield from (each.answered for each in found if each.answered is not None)
        early = {each.key for each in found if each.answered is None}
        for message in messages:
            if message.key in early:
                raise Missed(f"{self.url}: the centre has not got {message.follows!r} any more", message.follows or "")

    def _believed(self, body: bytes, asked: set[tuple[str, int]], given: bytes) -> tuple[Heard, ...]:
        """What the centre says of each message of a request. Raises Unreadable."""
        said = envelope.opened(envelope.LETTER, given.strip(), self._centre)
        found = answers_of(said.get("payload"))
        to = said.get("to"), said.get("agency"), {(each.key, each.version) for each in found}
        if to != (hashlib.sha256(body).hexdigest(), self._writer.agency, asked):
            raise Unreadable("this answers another request", code="other_request")
        return found

    def _post(self, path: str, body: bytes) -> bytes:
        try:
            with closing(line_to(self.url, self._timeout_s, self._authority)) as line:
                line.request("POST", path, body, {"Content-Type": "application/x-ndjson"})
                answer = line.getresponse()
                content = answer.read(envelope.FILE_BYTES + 1)
        except (OSError, http.client.HTTPException) as error:
            raise Away(f"{self.url}: {str(error) or type(error).__name__}") from error
        if answer.status not in (_OK, _NOTHING) or len(content) > envelope.FILE_BYTES:
            raise Away(f"{self.url}: {answer.status} {_complaint(content)}")
        return content

    def __repr__(self) -> str:
        return f"<Address {self.url}>"


@dataclass(frozen=True, slots=True)
class Heard:
    """What the centre says of one message; `answered` is None where it came too early."""

    key: str
    version: int
    answered: Answered | None


def answers_of(payload: Any) -> tuple[Heard, ...]:
    """What a letter of the topic `answers` says. Raises Unreadable `garbage`."""
    said = payload.get("answers") if isinstance(payload, dict) else None
    if not isinstance(said, list) or not all(isinstance(each, dict) for each in said):
        raise Unreadable("answers: a list of objects", code="garbage", field="answers")
    return tuple(_heard(each) for each in said)


def _heard(said: Said) -> Heard:
    key, version = envelope.text(said, "key"), envelope.number(said, "version", 1)
    answer = envelope.text(said, "answer", 20)
    if answer == EARLY:
        return Heard(key, version, None)
    if answer not in ANSWERS:
        raise Unreadable(f"answer: one of {', '.join((*ANSWERS, EARLY))}", code="garbage", field="answer")
    code = str(said.get("code") or "")[: envelope.CODE_LENGTH]
    note = str(said.get("note") or "")[: envelope.NOTE_LENGTH]
    return Heard(key, version, Answered(key, version, ANSWERS[answer], code, note or None))


def _requests(lines: list[tuple[Message, str]]) -> Iterator[list[tuple[Message, str]]]:
    """So many messages in a request as it takes, one at least."""
    some: list[tuple[Message, str]] = []
    size = 0
    for message, line in lines:
        length = len(line.encode()) + 1
        if some and size + length > REQUEST_BYTES:
            yield some
            some, size = [], 0
        some.append((message, line))
        size += length
    if some:
        yield some


def _complaint(content: bytes) -> str:
    """What an error of the centre says, in one line."""
    try:
        error = json.loads(content)["error"]
        return " ".join(f"{error['code']}: {error['message']}".split())[: envelope.NOTE_LENGTH]
    except (ValueError, KeyError, TypeError, RecursionError):
        return "no answer that can be read"


def destination_of(hub: Hub, where: str, *, gateway: bool = False) -> Destination | None:
    """Where messages go: an address or a folder that the configuration names, or nowhere, then they wait."""
    if not where:
        return None
    settings = hub.settings
    if "://" in where and not gateway:
        return address_of(hub, where)
    hears = "later" if settings.centre.key and not gateway else "never"
    return Folder(settings.path(Path(where)), settings.agency.code, hub.store.folder / SIGNING_KEY, hears=hears)


def address_of(hub: Hub, url: str) -> Address:
    """The centre at an address."""
    centre = hub.settings.centre
    authority = hub.settings.path(centre.authority) if centre.authority else None
    return Address(url.rstrip("/"), writer_of(hub), bytes.fromhex(centre.key), authority, centre.timeout_s)
