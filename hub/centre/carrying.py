"""The centre over folders: what agencies laid there is taken and removed, what they get is laid beside.

FOLDER/to-centre/          lines of agencies, by a stick or a share
FOLDER/from-centre/CODE/   letters for that agency
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hub import envelope
from hub.centre.receiver import Received, Receiver
from hub.disk import write_whole
from hub.errors import Refused, StoreFault

TO_CENTRE, FROM_CENTRE = "to-centre", "from-centre"
#: Says how far it is, in a sentence.
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Carried:
    """What a round over a folder did: files and messages taken, files left alone, letters laid down."""

    files: int = 0
    messages: int = 0
    refused: int = 0
    letters: int = 0


def carry(receiver: Receiver, folder: Path, agencies: Callable[[], list[str]], say: Say) -> Carried:
    """Take what lies there, integrate, and lay the letters down. Raises StoreFault where the folder cannot be used."""
    arrived = folder / TO_CENTRE
    if not arrived.is_dir():
        raise StoreFault(f"{arrived} is not there: is this the stick that an agency has filled?")
    asked: dict[str, int] = {}
    files = messages = refused = 0
    for file in sorted(arrived.glob(f"*{envelope.SUFFIX}")):
        try:
            received = _take(receiver, file)
        except Refused as error:
            refused += 1
            say(f"{file.name}: {error.reason}: {error.message}; it stays where it is")
            continue
        except OSError as error:
            refused += 1
            say(f"{file.name}: {error.strerror or error}; it stays where it is")
            continue
        files, messages = files + 1, messages + len(received.answers)
        if received.after is not None:
            asked[received.agency] = max(received.after, asked.get(received.agency, 0))
        for answer in received.answers:
            if answer["answer"] == "early":
                say(f"{file.name}: {answer['key']} came before the one that it follows; its agency sends it again")
    receiver.integrate()
    letters = 0
    for agency in agencies():
        receiver.tell(agency)
        letters += _give(receiver, agency, folder / FROM_CENTRE / agency, asked.get(agency))
    return Carried(files, messages, refused, letters)


def _take(receiver: Receiver, file: Path) -> Received:
    received = receiver.receive(envelope.read_file(file), told=False)
    for answer in received.answers:
        if answer.get("code") == "key_reuse":
            key = f"key_reuse {answer['key']} {answer['version']}"
            receiver.publish([received.agency], "answers", {"answers": [answer]}, key=key, by="centre")
    file.unlink()
    file.with_suffix(envelope.TABLE).unlink(missing_ok=True)  # what is in it stands in the message
    return received


def _give(receiver: Receiver, agency: str, to: Path, after: int | None) -> int:
    """The letters that an agency asked for, else those that it was not given yet; how many."""
    last = receiver.store.given(agency) if after is None else after
    laid = 0
    while letters := receiver.letters(agency, last):
        name = f"{agency}-{letters[0][0]:08}-{letters[-1][0]:08}{envelope.SUFFIX}"
        try:
            to.mkdir(parents=True, exist_ok=True)
            write_whole(to / name, "".join(f"{line}\n" for _, line in letters).encode())
        except OSError as error:
            raise StoreFault(f"{to}: {error.strerror}") from error
        last, laid = letters[-1][0], laid + len(letters)
        with receiver.store.transaction():
            receiver.store.give(agency, last)
    return laid
