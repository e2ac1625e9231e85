"""Which tests of a run go to one of its processes: those that share what takes seconds to begin.

An agency, a hub with pages or a written past stands for all tests of its file (a fixture of the module) or for all
that ask for the same running agency; our whole source, read once, for those that look through it. Handed out one by
one, as all others are, they would begin it in each process again. pytest-xdist's own `xdist_group` marks do this by a
suffix of the test's id that pytest 9 does not take any more.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).parents[1]
#: The fixture of the whole run that is a running agency (tests/faults/conftest.py).
AGENCY = "agency_running"
MODULE = 'scope="module"'
#: Files whose tests each look through the whole of our source.
READERS = frozenset({"tests/test_architecture.py", "tests/hub/test_words.py"})


class Together(LoadScopeScheduling):  # type: ignore[misc]
    """The tests of one round in one process, every other test wherever there is room."""

    def _split_scope(self, nodeid: str) -> str:
        return round_of(nodeid.partition("::")[0]) or nodeid


@cache
def round_of(file: str) -> str:
    """The name of what this file's tests share; empty where they share nothing dear."""
    here = ROOT / file
    own, beside = here.read_text("utf-8"), here.with_name("conftest.py")
    if AGENCY in own:
        return AGENCY
    near = beside.read_text("utf-8") if beside.exists() and beside.parent != ROOT / "tests" else ""
    return file if file in READERS or MODULE in own + near else ""
