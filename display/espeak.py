"""One sentence into one WAV, in a process of its own: `python espeak.py VOICE SPEED`, text in, WAV out.

espeak-ng is a C library with global state under the GPL: here a crash costs one sentence, and the hub
neither loads nor waits for it. Run by its path, so that nothing but this file and the library is loaded.
"""

from __future__ import annotations

import ctypes
import io
import sys
import wave
from array import array

import espeakng_loader

_SYNCHRONOUS = 2
_UTF8 = 1
_RATE = 1  # espeak_PARAMETER: words a minute
_NOT_SPOKEN = 3
_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)


def main() -> int:
    """Speak what stands on standard input. Exit 3: the library cannot say it."""
    voice, speed = sys.argv[1], int(sys.argv[2])
    spoken = speak(sys.stdin.buffer.read().decode(), voice, speed)
    if spoken is None:
        return _NOT_SPOKEN
    sys.stdout.buffer.write(spoken)
    return 0


def speak(text: str, voice: str, speed: int) -> bytes | None:
    """The text as a WAV file of 16-bit samples, or None when library or voice refuse."""
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    rate = library.espeak_Initialize(_SYNCHRONOUS, 0, str(espeakng_loader.get_data_path()).encode(), 0)
    if rate <= 0 or library.espeak_SetVoiceByName(voice.encode()) != 0:
        return None
    library.espeak_SetParameter(_RATE, speed, 0)
    samples = array("h")

    def collect(wav: int | None, count: int, _events: int | None) -> int:
        if wav and count > 0:
            samples.frombytes(ctypes.string_at(wav, 2 * count))
        return 0

    callback = _CALLBACK(collect)  # a name of its own: the library must not outlive it
    library.espeak_SetSynthCallback(callback)
    sentence = text.encode() + b"\0"
    failed = library.espeak_Synth(sentence, ctypes.c_size_t(len(sentence)), 0, 0, 0, _UTF8, None, None)
    return None if failed or not samples else _wav(samples, rate)


def _wav(samples: array[int], rate: int) -> bytes:
    if sys.byteorder == "big":
        samples.byteswap()
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return held.getvalue()


if __name__ == "__main__":
    sys.exit(main())
