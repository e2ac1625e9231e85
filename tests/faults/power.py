"""A disk in memory whose power can be cut, under the SQLite that the product uses (power.c).

    with power() as disk:
        …                       # every new connection of this process lies on it
        disk.chance(7).cut_after(40)   # the power goes at the 40th operation from now
        …                       # whoever writes is refused from then on, as on a machine without power
        disk.cut()              # what the card kept of it, for whoever opens next

Built by the test with gcc; where there is none, or where Python's SQLite is not a library of its own, the story
is skipped in words. `lies`, `refuse`, `slow` and the counters are for the stories of an honest disk that fails.
"""

from __future__ import annotations

import ctypes
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest

SOURCE = Path(__file__).with_name("power.c")
EIO, FULL, SHORT = 10, 13, -1
#: One in so many writes reaches the card before anybody asks for it.
EARLY = 3


class State(ctypes.Structure):
    """`struct Disk` of power.c."""

    _fields_ = (
        *((name, ctypes.c_int64) for name in ("cut_at", "cut_sync", "refuse_sync", "refuse_at")),
        *((name, ctypes.c_int) for name in ("refusal", "for_ever", "lies", "sync_us", "early", "off")),
        *((name, ctypes.c_int64) for name in ("ops", "writes", "syncs", "bytes", "refused")),
    )


@cache
def _library() -> ctypes.CDLL:
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler: the power cuts of a disk in memory are not tried here")
    built = Path(mkdtemp(prefix="mbote-power-")) / "power.so"
    subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", built, SOURCE, "-lpthread"], check=True)
    library = ctypes.CDLL(str(built))
    library.power_vfs.restype, library.power_vfs.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
    library.power_size.restype, library.power_size.argtypes = ctypes.c_int64, [ctypes.c_char_p]
    library.power_seed.argtypes = [ctypes.c_uint64]
    shutil.rmtree(built.parent)
    return library


@cache
def _sqlite() -> ctypes.CDLL:
    """The very library that the `sqlite3` module has loaded."""
    mapped = {line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines() if "libsqlite3" in line}
    if len(mapped) != 1:
        pytest.skip("Python's SQLite is not one shared library: no disk can be put under it")
    library = ctypes.CDLL(mapped.pop())
    library.sqlite3_vfs_find.restype, library.sqlite3_vfs_find.argtypes = ctypes.c_void_p, [ctypes.c_char_p]
    library.sqlite3_vfs_register.argtypes = [ctypes.c_void_p, ctypes.c_int]
    library.sqlite3_vfs_unregister.argtypes = [ctypes.c_void_p]
    return library


class Disk:
    """The disk, from outside."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        self.state = State.in_dll(library, "disk")

    def chance(self, seed: int) -> Disk:
        """What is kept, lost and torn from here on."""
        self._library.power_seed(seed)
        self.state.early = EARLY
        return self

    def cut_after(self, operations: int) -> None:
        """The power goes with so many operations more."""
        self.state.cut_at = self.state.ops + operations

    def cut_at_sync(self, syncs: int) -> None:
        """The power goes with so many syncs more, before or after the card has done the last."""
        self.state.cut_sync = self.state.syncs + syncs

    def cut(self) -> None:
        """What the card kept is all there is; what is open is of no use any more."""
        self._library.power_cut()

    def refuse(self, operations: int, answer: int = EIO, *, for_ever: bool = False) -> None:
        """The operation so many from now is refused, or it and all after it."""
        self.state.refuse_at = self.state.ops + operations
        self.state.refusal, self.state.for_ever = answer, int(for_ever)

    def well(self) -> None:
        """The disk refuses nothing any more."""
        self.state.refuse_at = 0

    def size(self, path: Path) -> int:
        """Bytes of a file, 0 where there is none."""
        return int(self._library.power_size(str(path).encode()))

    def keep(self) -> None:
        """Remember everything that is on the disk."""
        self._library.power_keep()

    def empty(self) -> None:
        """A new disk."""
        self._library.power_forget()
        self.back()

    def back(self) -> None:
        """Everything is as remembered, nothing is broken, nothing counted."""
        self._library.power_back()


@contextmanager
def power() -> Iterator[Disk]:
    """Every connection opened meanwhile lies on such a disk."""
    sqlite, library = _sqlite(), _library()
    system = sqlite.sqlite3_vfs_find(None)
    ours = library.power_vfs(system)
    sqlite.sqlite3_vfs_register(ours, 1)
    disk = Disk(library)
    disk.empty()
    try:
        with closing(sqlite3.connect("/proof")) as proof:
            proof.execute("CREATE TABLE proof (x)")
        if not disk.state.ops:
            pytest.skip("Python's SQLite does not use the library that is mapped: no disk can be put under it")
        yield disk
    finally:
        sqlite.sqlite3_vfs_register(system, 1)
        sqlite.sqlite3_vfs_unregister(ours)
