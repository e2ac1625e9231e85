"""What the centre says, taken once: in its order, from its key, for this agency; and what becomes of each letter.

A file, or what an address gives, is taken whole or not at all: every line is checked before the first is recorded.
Letters are numbered from 1 for each agency, so one that comes again is known, and one that is missing is named.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from hub import envelope, outbox
from hub.ask import HUB, Answer, Ask
from hub.chain import canonical_json
from hub.context import Hub, action
from hub.errors import IllegalStep, NotFound, Refused, Unreadable, written
from hub.exchange import model as m
from hub.exchange import notices, store
from hub.exchange.ways import answers_of
from hub.services.ports import Inbound, Received
from hub.store import Transaction

#: Nothing is wrong with the letter: another must come first.
GAP = "gap"


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a file: letters taken, known already, and refused (number, code)."""

    taken: int = 0
    known: int = 0
    refused: tuple[tuple[int, str], ...] = ()

    def __add__(self, other: Taken) -> Taken:
        """Of two files together."""
        return Taken(self.taken + other.taken, self.known + other.known, self.refused + other.refused)


# --- taking ----------------------------------------------------------------------------------


def take(hub: Hub, ask: Ask, content: bytes) -> Taken:
    """Take a file of letters over. Raises Unreadable saying why nothing of it was taken, Refused `gap`, StoreFault."""
    done = Taken()
    for letter in letters(hub, content):
        answer = take_letter(hub, Ask(ask.actor), letter=letter)
        refused = ((letter.number, answer["code"]),) if answer.get("code") else ()
        done += Taken(int(answer["new"] and not refused), int(not answer["new"]), refused)
    return done


def letters(hub: Hub, content: bytes) -> list[m.Letter]:
    """The letters of a file, each by the centre and for this agency. Raises Unreadable, naming the line."""
    if not hub.settings.centre.key:
        raise Unreadable("centre.key is not configured: nobody's letters are believed", code="no_centre_key")
    centre = bytes.fromhex(hub.settings.centre.key)
    return list(_read(hub, content, centre))


def _read(hub: Hub, content: bytes, centre: bytes) -> Iterator[m.Letter]:
    found = 0
    for found, line in enumerate(envelope.lines_of(content), 1):
        try:
            yield letter_of(envelope.opened(envelope.LETTER, line, centre), hub.settings.agency.code)
        except Unreadable as error:
            raise Unreadable(f"line {found}: {error.message}", code=error.reason, field=error.field) from error
    if not found:
        raise Unreadable("the file is empty", code="garbage")


def letter_of(said: envelope.Said, agency: str) -> m.Letter:
    """A letter's values, all there and for this agency. Raises Unreadable `garbage`, `wrong_agency`."""
    to = envelope.text(said, "agency", 32)
    if to != agency:
        raise Unreadable(f"this is for the agency {to}, we are {agency}", code="wrong_agency", field="agency")
    day = said.get("effective_on")
    if day is not None:
        try:
            day = date.fromisoformat(envelope.text(said, "effective_on", 10)).isoformat()
        except ValueError as error:
            raise Unreadable("effective_on: a day such as 2027-01-31", code="garbage", field="effective_on") from error
    if "payload" not in said:
        raise Unreadable("payload: is missing", code="garbage", field="payload")
    return m.Letter(
        envelope.number(said, "number", 1), envelope.text(said, "key"), envelope.text(said, "topic", 60),
        envelope.number(said, "schema", 1), envelope.number(said, "at"), said["payload"], day,
        envelope.text(said, "by", 100) if said.get("by") else "",
    )  # fmt: skip


@action
def take_letter(tx: Transaction, hub: Hub, *, letter: m.Letter) -> Answer:
    """One letter: known already, or the next. Raises Refused `gap` for one that comes too early."""
    last = store.last_number(tx.connection)
    if letter.number <= last:
        before = store.letter(tx.connection, letter.number)
        if before is not None and before.key != letter.key:
            raise Refused(
                f"letter {letter.number} was taken as {before.key!r} and comes as {letter.key!r}: tell the centre",
                code="other_letter",
            )
        return {"number": letter.number, "new": False}
    if letter.number > last + 1:
        raise Refused(f"letter {last + 1} of the centre is missing: ask for it", code=GAP, missing=last + 1)
    return {"number": letter.number, "new": True, **_take(tx, hub, letter)}


def _take(tx: Transaction, hub: Hub, letter: m.Letter) -> Answer:
    """Record it, and what follows from it at once."""
    said = None if letter.topic == m.ANSWERS else canonical_json(letter.payload)
    tx.record(
        m.InboxLetterTaken(
            letter.number, letter.key, letter.topic, letter.schema, letter.at, letter.effective_on, letter.by, said
        )
    )
    if letter.topic == m.ANSWERS:
        return _hear(tx, letter)
    try:
        _inbound(hub, letter.topic).check(hub, tx.connection, _received(letter))
    except Refused as refused:
        return _refuse(tx, letter.number, letter.key, refused)
    if letter.effective_on is None or letter.effective_on <= hub.day_of(tx.now.at).isoformat():
        return _apply(tx, hub, _letter(tx, letter.number))
    return {}


def _hear(tx: Transaction, letter: m.Letter) -> Answer:
    """What the centre says of our messages. One that we do not know any more is left alone."""
    try:
        heard = answers_of(letter.payload)
    except Unreadable as error:
        return _refuse(tx, letter.number, letter.key, error)
    changed = unknown = 0
    for each in heard:
        if each.answered is not None:
            try:
                changed += outbox.hear(tx, each.answered)
            except NotFound:
                unknown += 1
    return {"changed": changed, "unknown": unknown}


# --- taking effect ---------------------------------------------------------------------------


def apply_due(hub: Hub) -> int:
    """What has come to its day takes effect, in the centre's order; how many did."""
    today, done = hub.today().isoformat(), 0
    for letter in store.waiting(hub.reader):
        if letter.state == "waiting" and (letter.effective_on or "") <= today:
            done += apply(hub, Ask(HUB), letter=letter.number)["state"] == "applied"
    return done


@action
def apply(tx: Transaction, hub: Hub, *, letter: int) -> Answer:
    """A letter takes effect now; what makes no sense any more is refused."""
    found = _letter(tx, letter)
    step(found, "apply")
    return {"letter": letter, "state": "applied"} | _apply(tx, hub, found)


def _apply(tx: Transaction, hub: Hub, found: m.Kept) -> Answer:
    received = received_of(found)
    inbound = _inbound(hub, found.topic)
    try:
        inbound.check(hub, tx.connection, received)
    except Refused as refused:
        return _refuse(tx, found.number, found.key, refused) | {"state": "refused"}
    tx.record(m.InboxLetterApplied(found.number))
    inbound.apply(hub, tx, received)
    _answer(tx, found.number, found.key, "applied")
    return {}


def _refuse(tx: Transaction, number: int, key: str, refused: Refused) -> Answer:
    tx.record(m.InboxLetterRefused(number, refused.reason))
    _answer(tx, number, key, "refused", code=refused.reason, note=refused.message[: m.NOTE_LENGTH])
    return {"code": refused.reason}


def _answer(tx: Transaction, number: int, key: str, answer: str, **why: str) -> None:
    """The centre hears what became of its letter, and in which words it was refused."""
    payload = {"number": number, "key": key, "answer": answer} | why
    outbox.enqueue(tx, topic=m.OUR_ANSWER, aggregate=m.OUR_ANSWERS, payload=payload)


@action
def hold(tx: Transaction, hub: Hub, *, letter: int, motive: str) -> Answer:
    """A letter does not take effect by itself, for a reason that is written down."""
    del hub
    step(_letter(tx, letter), "hold")
    said = written(motive, m.MOTIVE_LENGTH, Unreadable("say why", code="motive_needed", field="motive"))
    tx.record(m.InboxLetterHeld(letter, said))
    return {"letter": letter, "state": "held"}


@action
def release(tx: Transaction, hub: Hub, *, letter: int) -> Answer:
    """A letter takes effect at its date after all, or now where that has passed."""
    found = _letter(tx, letter)
    step(found, "release")
    tx.record(m.InboxLetterReleased(letter))
    if found.effective_on is None or found.effective_on <= hub.day_of(tx.now.at).isoformat():
        return {"letter": letter, "state": "applied"} | _apply(tx, hub, found)
    return {"letter": letter, "state": "waiting"}


@action
def note_refused_file(tx: Transaction, hub: Hub, *, file: str, name: str, code: str) -> Answer:
    """A file that is none of the centre's is written down, once for what is in it."""
    del hub
    if not store.is_refused_file(tx.connection, file):
        tx.record(m.InboxFileRefused(file, name[: m.NAME_LENGTH], code))
    return {"file": file, "code": code}


def digest(content: bytes) -> str:
    """What a file is known by."""
    return hashlib.sha256(content).hexdigest()


def step(letter: m.Kept, name: str) -> m.State:
    """The state a step leads to. Raises IllegalStep naming the steps there are."""
    steps = m.STEPS[letter.state]
    if name not in steps:
        raise IllegalStep(
            f"letter {letter.number} is {letter.state}: {name} is not possible now",
            state=letter.state,
            possible=sorted(steps),
        )
    return steps[name]


def kinds(hub: Hub) -> dict[str, Inbound]:
    """The kinds of letters that this agency takes, by topic."""
    return {each.topic: each for each in (notices.INBOUND, *(one for s in hub.services for one in s.inbox))}


def _inbound(hub: Hub, topic: str) -> Inbound:
    found = kinds(hub).get(topic)
    if found is None:
        raise Unreadable(f"no service of this agency takes letters of the topic {topic}", code="unknown_topic")
    return found


def _letter(tx: Transaction, number: int) -> m.Kept:
    found = store.letter(tx.connection, number)
    if found is None:
        raise NotFound(f"no letter {number}", field="letter")
    return found


def _received(letter: m.Letter) -> Received:
    return Received(
        letter.number, letter.key, letter.topic, letter.payload, letter.at, letter.effective_on, letter.by
    )  # fmt: skip


def received_of(kept: m.Kept) -> Received:
    """A letter as its service sees it."""
    return Received(kept.number, kept.key, kept.topic, kept.payload, kept.said_at, kept.effective_on, kept.by)
