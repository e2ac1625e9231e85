"""Who feeds the central database: a program of the integrator's, somebody by hand, or nobody (then all is well).

The program is started once for each message, with the message as one line of JSON on its standard input. It ends with
0 when the central database says it (also when it said it before: a message may come again after a power cut), with
10 when it will not have it: then it has printed a code and, after a space, what people should know. Any other end
means that it could not say: the message is tried again, and so are those behind it.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from hub.centre.store import Row
from hub.chain import canonical_json
from hub.envelope import CODE_LENGTH, NOTE_LENGTH

#: What the program ends with.
INTEGRATED, REJECTED = 0, 10
PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a message."""

    state: Literal["integrated", "rejected", "later"]
    code: str = ""
    note: str = ""


class Adapter(Protocol):
    """Who integrates."""

    def integrate(self, row: Row) -> Verdict:
        """What becomes of this message."""


class All:
    """Everything is well: for a trial of the way."""

    def integrate(self, row: Row) -> Verdict:
        """It is."""
        del row
        return Verdict("integrated")


class ByHand:
    """Somebody decides with `mbote centre integrate` and `reject`."""

    def integrate(self, row: Row) -> Verdict:
        """Not by itself."""
        del row
        return Verdict("later")


class Program:
    """The integrator's own, started for each message."""

    def __init__(self, command: Sequence[str], patience_s: float = PATIENCE_S) -> None:
        self._command = tuple(command)
        self._patience_s = patience_s

    def integrate(self, row: Row) -> Verdict:
        """What it ended with."""
        said = canonical_json({"agency": row.agency, "key": row.key, "version": row.version})[:-1]
        try:
            ended = subprocess.run(  # noqa: S603 (whoever runs the centre has named it)
                self._command, input=f"{said},{row.content[1:]}\n".encode(), capture_output=True,
                timeout=self._patience_s, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            return Verdict("later", note=str(error))
        if ended.returncode == INTEGRATED:
            return Verdict("integrated")
        if ended.returncode == REJECTED:
            code, _, note = ended.stdout.decode(errors="replace").strip().partition(" ")
            return Verdict("rejected", code[:CODE_LENGTH] or "refused", note.strip()[:NOTE_LENGTH])
        return Verdict("later", note=ended.stderr.decode(errors="replace").strip()[-NOTE_LENGTH:])
