"""No orphans: a process asks the kernel to be killed when its parent goes.

What a killed hub had begun beside it would otherwise go on reading and writing its files, and what a demo had
started would go on holding ports.
"""

from __future__ import annotations

import ctypes
import os
import signal

PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Be killed when `parent` goes; leave at once if it has gone already."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def die_with_demo() -> None:
    """The same, for a process that `mbote demo` started (it names itself in MBOTE_PARENT)."""
    if parent := os.environ.get("MBOTE_PARENT", ""):
        die_with_parent(int(parent))
