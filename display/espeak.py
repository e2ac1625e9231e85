"""One sentence by espeak-ng, for the speaker's process alone.

espeak-ng is a C library with global state under the GPL: in a process of its own a crash costs what was asked of it,
and the hub neither loads nor waits for it.
"""

from __future__ import annotations

import ctypes
from array import array
from functools import cache
from typing import Any

import espeakng_loader

_SYNCHRONOUS = 2
_UTF8 = 1
_RATE = 1  # espeak_PARAMETER: words a minute
_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)


def speak(text: str, voice: str, speed: int) -> tuple[array[int], int]:
    """The sentence as samples of 16 bits, none when library or voice refuse; and their rate."""
    library, rate = _library()
    samples = array("h")
    if rate <= 0 or library.espeak_SetVoiceByName(voice.encode()) != 0:
        return samples, rate
    library.espeak_SetParameter(_RATE, speed, 0)

    def collect(wav: int | None, count: int, _events: int | None) -> int:
        if wav and count > 0:
            samples.frombytes(ctypes.string_at(wav, 2 * count))
        return 0

    callback = _CALLBACK(collect)  # a name of its own: the library must not outlive it
    library.espeak_SetSynthCallback(callback)
    sentence = text.encode() + b"\0"
    failed = library.espeak_Synth(sentence, ctypes.c_size_t(len(sentence)), 0, 0, 0, _UTF8, None, None)
    return array("h") if failed else samples, rate


@cache
def _library() -> tuple[Any, int]:
    """The library, awake, and the rate of what it says."""
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    return library, library.espeak_Initialize(_SYNCHRONOUS, 0, str(espeakng_loader.get_data_path()).encode(), 0)
