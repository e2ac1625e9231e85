"""What the workshop's process gives up before it reads the first document.

A layout is the agency's own and its data are names that somebody typed; still, what draws them is a large
program of somebody else's. So from here on the kernel refuses this process every file, every socket and
every other program, and memory is bounded. It was given its letters before, and has two pipes.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import struct
from contextlib import suppress
from pathlib import Path

#: Typst holds 60 MB with its letters; a table of ten thousand rows 200.
MEMORY = 320 * 1024 * 1024
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 38, 22, 2
#: Statements of the kernel's filter language: load a word, compare, answer.
_LOAD, _IS, _AT_LEAST, _HAS, _ANSWER = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _REFUSE, _UNKNOWN = 0x7FFF0000, 0x80000000, 0x00050000 | 1, 0x00050000 | 38  # EPERM, ENOSYS
_NUMBER, _ARCHITECTURE, _FIRST = (
    0,
    4,
    16,
)  # where each stands; the first argument's low half
#: A thread is begun by the same call as a child, with this flag; the newer call hides its flags behind a pointer, and
#: whoever is told that there is no such call takes the old one.
_THREAD, _NEWER_CLONE = 0x10000, 435
#: machine → its name for the kernel, its number of `clone`, and of the calls that lead out: files, sockets, programs.
_WAYS_OUT: dict[str, tuple[int, int, dict[str, int]]] = {
    "x86_64": (
        0xC000003E,
        56,
        {
            "open": 2, "openat": 257, "openat2": 437, "creat": 85, "open_by_handle_at": 304,
            "socket": 41, "connect": 42, "accept": 43, "sendto": 44, "sendmsg": 46, "bind": 49, "listen": 50,
            "fork": 57, "vfork": 58, "execve": 59, "execveat": 322, "ptrace": 101, "process_vm_readv": 310,
            "kill": 62, "tkill": 200, "rename": 82, "mkdir": 83, "rmdir": 84, "link": 86, "unlink": 87, "symlink": 88,
            "chmod": 90, "chown": 92, "mkdirat": 258, "unlinkat": 263, "renameat": 264, "linkat": 265,
            "symlinkat": 266, "renameat2": 316, "truncate": 76, "mount": 165, "bpf": 321, "io_uring_setup": 425,
            "pidfd_open": 434, "pidfd_getfd": 438, "memfd_create": 319,
        },
    ),
    "aarch64": (
        0xC00000B7,
        220,
        {
            "openat": 56, "openat2": 437, "open_by_handle_at": 265,
            "socket": 198, "bind": 200, "listen": 201, "accept": 202, "connect": 203, "sendto": 206, "sendmsg": 211,
            "execve": 221, "execveat": 281, "ptrace": 117, "process_vm_readv": 270, "kill": 129, "tkill": 130,
            "mkdirat": 34, "unlinkat": 35, "symlinkat": 36, "linkat": 37, "renameat": 38, "renameat2": 276,
            "truncate": 45, "mount": 40, "bpf": 280, "io_uring_setup": 425, "pidfd_open": 434, "pidfd_getfd": 438,
            "memfd_create": 279,
        },
    ),
}  # fmt: skip
#: Calls of the old 32-bit door of x86_64 have numbers from here on; no program of ours uses it.
_X32 = 0x40000000


def confine(memory: int = MEMORY) -> None:
    """Give up files, sockets, programs and memory beyond so many bytes, for good. Raises OSError where it cannot.

    On a machine whose numbers are not in the table, the limits alone hold.
    """
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")  # where memory runs out, this goes, not the hub
    for limit, most in ((resource.RLIMIT_DATA, memory), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(limit, (most, most))
    if platform.machine() in _WAYS_OUT:
        _refuse(*_WAYS_OUT[platform.machine()])


def _refuse(architecture: int, clone: int, calls: dict[str, int]) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    statements = program(architecture, clone, sorted(calls.values()))
    room = ctypes.create_string_buffer(statements, len(statements))
    head = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(statements) // 8, ctypes.addressof(room)))
    for words in ((_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (_PR_SET_SECCOMP, _FILTER, ctypes.addressof(head), 0, 0)):
        if libc.prctl(*(ctypes.c_ulong(word) for word in words)):
            raise OSError(ctypes.get_errno(), f"the workshop cannot be confined: {os.strerror(ctypes.get_errno())}")


def program(architecture: int, clone: int, refused: list[int]) -> bytes:
    """The filter: another architecture's calls end the process, those in `refused` are refused, the rest may pass.

    `clone` may begin a thread, and no child.
    """
    lines = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_IS, 1, 0, architecture),
        (_ANSWER, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_IS, 0, 1, _NEWER_CLONE),
        (_ANSWER, 0, 0, _UNKNOWN),
        (_IS, 0, 4, clone),
        (_LOAD, 0, 0, _FIRST),
        (_HAS, 1, 0, _THREAD),
        (_ANSWER, 0, 0, _REFUSE),
        (_ANSWER, 0, 0, _ALLOW),
        (_AT_LEAST, len(refused) + 1, 0, _X32),
        *((_IS, len(refused) - at, 0, number) for at, number in enumerate(refused)),
        (_ANSWER, 0, 0, _ALLOW),
        (_ANSWER, 0, 0, _REFUSE),
    ]
    return b"".join(struct.pack("HBBI", *line) for line in lines)
