"""The workshop's process: reads a layout and a document's data, answers with a PDF or with what is wrong.

It ends when the hub does (its pipe closes), after `idle` seconds without work, and, by the kernel's alarm,
when one document takes longer than it may: also in the middle of somebody else's code.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from typing import Any

import typst

from hub.workshop.confine import confine
from hub.workshop.frames import MOST_ASKED, Ended, Late, receive, send

FOREVER_S = 60.0
#: The page that the process tries itself on, so that the first visitor does not wait for letters to be read.
_TRIAL = '#set document(title: "…")\n#set text(font: "Libertinus Serif", lang: "fr")\nMbote *Ɛɔ* 0123456789'


def main() -> None:
    """Serve until the hub goes, or nothing is asked for so long."""
    deadline_s, idle_s = (float(each) for each in sys.argv[1:3])
    pipe_in, pipe_out = os.dup(0), os.dup(1)
    os.set_blocking(pipe_out, False)
    letters = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)
    confine()
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    _drawn({"sources": {"main": _TRIAL}, "data": {}, "at": 0}, letters)
    while True:
        try:
            asked = receive(pipe_in, time.monotonic() + idle_s, MOST_ASKED)
            signal.setitimer(signal.ITIMER_REAL, deadline_s)
            answer = _answer(asked, letters)
            send(pipe_out, answer, deadline=time.monotonic() + FOREVER_S)
            signal.setitimer(signal.ITIMER_REAL, 0)
        except (Ended, Late):
            return


def _answer(asked: bytes, letters: Any) -> bytes:
    """A byte that says how it went, then the PDF or the complaint."""
    try:
        return b"+" + _drawn(json.loads(asked), letters)
    except (typst.TypstError, ValueError, KeyError, TypeError, RuntimeError, MemoryError) as error:
        return b"-" + f"{type(error).__name__}: {error}".encode()


def _drawn(asked: dict[str, Any], letters: Any) -> bytes:
    """The document's bytes: the same for the same sources, data and time.

    PDF/A-2 for the archive and PDF/UA-1 for who does not see it, in one file.
    """
    compiler = typst.Compiler(
        {name: text.encode() for name, text in asked["sources"].items()},
        font_paths=letters,
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(asked["data"], ensure_ascii=False)},
    )
    drawn = compiler.compile(format="pdf", pdf_standards=["a-2a", "ua-1"], timestamp=int(asked["at"]))
    assert isinstance(drawn, bytes)
    return drawn


if __name__ == "__main__":
    main()
