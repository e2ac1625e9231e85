"""A process that is told to end does, whichever of its threads the signal finds."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow  # a real process, really signalled

#: The signal goes to a thread that is not the main one, while that one sleeps on the event: what a handler
#: that sets the event itself never hears.
TOLD = """
import signal, threading, time
from hub.ending import until_told
stop = until_told()
def tell():
    time.sleep(0.2)
    signal.pthread_kill(threading.get_ident(), signal.{name})
threading.Thread(target=tell).start()
stop.wait()
print("closed")
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_that_another_thread_is_given_ends_the_process(name):
    ended = subprocess.run(
        [sys.executable, "-c", TOLD.format(name=name)], stdout=subprocess.PIPE, check=False, timeout=20
    )
    assert (ended.returncode, ended.stdout) == (0, b"closed\n")


def test_a_child_is_not_deaf():
    """A signal that we had blocked would be blocked in what we start too."""
    made = (
        "import subprocess, sys; from hub.ending import until_told; until_told();"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        "child.terminate(); sys.exit(-child.wait(20))"
    )
    assert subprocess.run([sys.executable, "-c", made], check=False, timeout=30).returncode == signal.SIGTERM
