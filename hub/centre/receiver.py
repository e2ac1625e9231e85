"""Taking in what agencies say, and answering: the same whether it came by a network or on a stick."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hub import envelope
from hub.centre.adapter import Adapter, All
from hub.centre.rules import Message, weigh
from hub.centre.store import Row, Store, content_of, held_of
from hub.envelope import Said
from hub.errors import NotAllowed, NotFound, Refused, Unreadable

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SCHEMA = 1
#: What is said of messages in one letter, letters in one answer, messages integrated between two looks.
ANSWERS_IN_A_LETTER, LETTERS_AT_ONCE, AT_ONCE = 200, 50, 200
#: The field that only the line of an agency has that asks for its letters.
_ASKS = "after"
Now = Callable[[], int]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Received:
    """What came of a file or a request: whose it was, the answer to each message, and after which letter it asks."""

    agency: str
    answers: tuple[Said, ...] = ()
    after: int | None = None


class Receiver:
    """The centre. `agencies`: code → public key; `now`: wall, ms."""

    def __init__(
        self, store: Store, key: Ed25519PrivateKey, agencies: Callable[[], Mapping[str, bytes]], now: Now,
        adapter: Adapter | None = None,
    ) -> None:  # fmt: skip
        self.store = store
        self._key = key
        self._agencies = agencies
        self._now = now
        self._adapter = adapter or All()

    # --- taking in

    def receive(self, content: bytes, *, told: bool) -> Received:
        """Take lines of one agency, all or none of them; durable when it returns. `told`: it hears the answer now.

        Raises Unreadable `garbage`, `half_a_file`, `too_large`, `bad_signature`, NotAllowed `unknown_agency`,
        StoreFault.
        """
        lines = [self._line(line) for line in envelope.lines_of(content)]
        agencies = {agency for agency, _ in lines}
        if len(agencies) != 1:
            raise Unreadable("lines of one agency are needed", code="garbage")
        messages = [each for _, each in lines if isinstance(each, Message)]
        asks = [each for _, each in lines if isinstance(each, int)]
        with self.store.transaction():
            answers = tuple(self._take(message, told=told) for message in messages)
        return Received(agencies.pop(), answers, max(asks) if asks else None)

    def _line(self, line: bytes) -> tuple[str, Message | int]:
        """A message, or the number after which an agency asks."""
        said = envelope.parsed(line)
        agency = envelope.text(said, "agency", 32)
        public = self._agencies().get(agency)
        if public is None:
            raise NotAllowed(f"no agency {agency} is known here", code="unknown_agency")
        if _ASKS in said:
            return agency, envelope.number(envelope.checked(envelope.ASK, said, public), _ASKS)
        return agency, _message(envelope.checked(envelope.MESSAGE, said, public), line.decode())

    def _take(self, message: Message, *, told: bool) -> Said:
        row = self.store.held(message.agency, message.key)
        has_before = message.follows is None or self.store.held(message.agency, message.follows) is not None
        found = weigh(message.version, content_of(message), held_of(row), has_before=has_before)
        if found == "early":
            return {"key": message.key, "version": message.version, "answer": "early"}
        if found == "reused":
            return _answer(message.key, message.version, "rejected", "key_reuse", "this key said something else before")
        if found in ("new", "newer"):
            self.store.keep(message, self._now(), "acknowledged" if told else "")
            return _answer(message.key, message.version, "acknowledged")
        assert row is not None
        if told:
            self.store.tell(row.id)
        else:
            self.store.untell(row.id)
        return _answer(row.key, message.version, "acknowledged") if found == "older" else _said_of(row)

    # --- integrating

    def integrate(self) -> int:
        """Hand on what may be handed on; how many were settled. What could not be said stops the round."""
        done = 0
        while rows := self.store.to_integrate(AT_ONCE):
            for row in rows:
                verdict = self._adapter.integrate(row)
                if verdict.state == "later":
                    if verdict.note:
                        log.warning("%s %s: tried again: %s", row.agency, row.key, verdict.note)
                    return done
                with self.store.transaction():
                    self.store.settle(row.id, verdict.state, verdict.code, verdict.note)
                done += 1
        return done

    def decide(self, agency: str, key: str, code: str = "", note: str = "") -> None:
        """Somebody's word on a message: integrated, or rejected with a code. Raises NotFound, Refused."""
        with self.store.transaction():
            row = self.store.held(agency, key)
            if row is None:
                raise NotFound(f"no message {key!r} of {agency}")
            if row.state != "acknowledged":
                raise Refused(f"it is {row.state} already")
            self.store.settle(row.id, "rejected" if code else "integrated", code, note)

    # --- answering

    def reply(self, asked: bytes, received: Received) -> bytes:
        """The line that answers a request: signed, and for that request alone."""
        more = {"to": hashlib.sha256(asked).hexdigest()}
        payload = {"answers": list(received.answers)}
        return f"{self._signed(received.agency, 0, 'reply', 'answers', payload, more)}\n".encode()

    def tell(self, agency: str) -> int:
        """Write down what an agency has not heard yet, in letters; how many."""
        written = 0
        while True:
            with self.store.transaction():
                rows = self.store.untold(agency, ANSWERS_IN_A_LETTER)
                if not rows:
                    return written
                number = self.store.next_letter(agency)
                self._write(agency, number, f"answers {number}", "answers", {"answers": [_said_of(r) for r in rows]})
                for row in rows:
                    self.store.tell(row.id)
            written += 1

    def publish(  # noqa: PLR0913 (what a letter says)
        self, agencies: Iterable[str], topic: str, payload: Any, *, key: str, by: str, effective_on: str | None = None
    ) -> list[str]:
        """A letter to each of these agencies, once for its key; those that it is new for. Raises NotAllowed."""
        known, new = self._agencies(), []
        for agency in agencies:
            if agency not in known:
                raise NotAllowed(f"no agency {agency} is known here", code="unknown_agency")
            with self.store.transaction():
                if not self.store.has_letter(agency, key):
                    more = {"by": by} | ({"effective_on": effective_on} if effective_on else {})
                    self._write(agency, self.store.next_letter(agency), key, topic, payload, more)
                    new.append(agency)
        return new

    def letters(self, agency: str, after: int) -> list[tuple[int, str]]:
        """What an agency gets that has all letters up to a number: number and line, as many as a file takes."""
        found: list[tuple[int, str]] = []
        size = 0
        for number, line in self.store.letters(agency, after, LETTERS_AT_ONCE):
            size += len(line.encode()) + 1
            if found and size > envelope.FILE_BYTES:
                break
            found.append((number, line))
        return found

    def _write(  # noqa: PLR0913, PLR0917 (what a letter says)
        self, agency: str, number: int, key: str, topic: str, payload: Any, more: Said | None = None
    ) -> None:
        self.store.write(agency, number, key, topic, self._signed(agency, number, key, topic, payload, more or {}))

    def _signed(  # noqa: PLR0913, PLR0917 (what a letter says)
        self, agency: str, number: int, key: str, topic: str, payload: Any, more: Said
    ) -> str:
        said: Said = {
            "agency": agency, "number": number, "key": key, "topic": topic, "schema": SCHEMA, "at": self._now(),
            "payload": payload,
        }  # fmt: skip
        return envelope.signed(envelope.LETTER, said | more, self._key)


def _message(said: Said, line: str) -> Message:
    follows = said.get("follows")
    if "payload" not in said:
        raise Unreadable("payload: is missing", code="garbage", field="payload")
    return Message(
        envelope.text(said, "agency", 32), envelope.number(said, "epoch", 1), envelope.number(said, "number", 1),
        envelope.number(said, "version", 1), envelope.number(said, "schema", 1), envelope.text(said, "topic", 60),
        envelope.text(said, "aggregate"), envelope.text(said, "follows") if follows is not None else None,
        envelope.text(said, "key"), said["payload"], line,
    )  # fmt: skip


def _answer(key: str, version: int, answer: str, code: str = "", note: str = "") -> Said:
    said: Said = {"key": key, "version": version, "answer": answer}
    return said | ({"code": code} if code else {}) | ({"note": note} if note else {})


def _said_of(row: Row) -> Said:
    return _answer(row.key, row.version, row.state, row.code, row.note)
