"""Reads the page to whoever asks for it: a sentence becomes a sound, and those that are asked for often are kept.

What speaks is handed in: the voice that calls in the room, as loud. Sounds lie in memory alone, some 40 kB a second
of speech, so that the card is left alone and the pages of two languages fit.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable

from hub.errors import MboteError

#: The languages that there is a voice for; a page in another one is French for the most part, and read in French.
LANGUAGES = ("fr", "en", "ar", "pt")
#: Characters of one sentence; nothing that the page reads is longer.
LONGEST = 400
#: Bytes of sounds kept.
MOST_BYTES = 6_000_000

#: (text, language) → a WAV file. Raises MboteError, OSError when it cannot be said.
Speak = Callable[[str, str], bytes]
log = logging.getLogger(__name__)


class Reader:
    """The kiosk's voice. One sentence is made at a time."""

    languages = LANGUAGES

    def __init__(self, speak: Speak) -> None:
        self._speak = speak
        self._kept: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, text: str, language: str) -> bytes | None:
        """The sentence as a WAV file; None for what cannot be said: nothing, too much, an unknown language."""
        said = " ".join(text.split())
        if not said or len(said) > LONGEST or language not in self.languages:
            return None
        with self._lock:
            name = (said, language)
            if name in self._kept:
                self._kept.move_to_end(name)
                return self._kept[name]
            try:
                sound = self._speak(said, language)
            except (MboteError, OSError) as fault:
                log.warning("not read aloud: %s", fault)
                return None
            self._keep(name, sound)
            return sound

    def _keep(self, name: tuple[str, str], sound: bytes) -> None:
        self._kept[name] = sound
        while len(self._kept) > 1 and sum(map(len, self._kept.values())) > MOST_BYTES:
            self._kept.popitem(last=False)

    def __repr__(self) -> str:
        return f"<Reader {len(self._kept)} kept>"
