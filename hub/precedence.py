"""Who asks for a change goes before who reads for long.

Python runs one thread at a time. A look at five years takes a tenth of a second of it in small pieces, and a press
that stands beside it waits at each of its own steps for a turn: three times as long as alone. So whoever reads for
long stops between two pieces while somebody asks.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

#: How long a reader stops at once, seconds: an ask takes milliseconds, and whoever only waits holds nobody up longer.
MOST_S = 0.02
T = TypeVar("T")
#: What goes through the pieces of a reading: `Precedence.between`, or `iter` where nobody waits.
Between = Callable[[Iterable[Any]], Iterator[Any]]


class Precedence:
    """How many are asking for a change now."""

    def __init__(self) -> None:
        self._asking = 0
        self._count = threading.Lock()
        self._free = threading.Event()
        self._free.set()

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Somebody asks for a change, until the end of the block."""
        self.begin()
        try:
            yield
        finally:
            self.end()

    def begin(self) -> None:
        """Somebody asks for a change, until `end`."""
        with self._count:
            self._asking += 1
            self._free.clear()

    def end(self) -> None:
        """They have their answer."""
        with self._count:
            self._asking -= 1
            if not self._asking:
                self._free.set()

    def let_pass(self) -> None:
        """Between two pieces of a long reading: stop while somebody asks, MOST_S at most."""
        if self._asking:
            self._free.wait(MOST_S)

    def between(self, pieces: Iterable[T]) -> Iterator[T]:
        """The pieces of a long reading, whoever asks going first before each."""
        for piece in pieces:
            self.let_pass()
            yield piece

    def __repr__(self) -> str:
        return f"<Precedence {self._asking} asking>"
