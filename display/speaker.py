"""The speaker's process, `python -m display.speaker`: jobs come in, one a line of JSON, each becomes a WAV file.

    {"to": PATH, "say": TEXT, "voice": NAME, "speed": WORDS A MINUTE}     by espeak-ng's library
    {"to": PATH, "say": TEXT, "command": [PROGRAM, …]}                    by its command, which writes a WAV
    {"to": PATH, "join": [PATH, …]}                                       recordings, one after the other

All that is heavy about a sound is done here and not in the hub. What is ready before somebody waits for it is made
with the lowest priority (argument `low`). What could not be made is one line on standard output: its path and why.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import wave
from array import array
from contextlib import suppress
from pathlib import Path
from typing import Any

from display.recorded import RATE, Samples, Unusable, louder, read, silence, trimmed, write_wav

#: Between two recordings of one phrase.
_BETWEEN_S = 0.04
_PATIENCE_S = 10


def main() -> int:
    """Make every sound that is asked for."""
    if "low" in sys.argv[1:]:
        with suppress(OSError):  # a box that forbids it makes sounds all the same
            os.nice(19)
    for line in sys.stdin:
        job = json.loads(line)
        try:
            write_wav(Path(job["to"]), _sound(job))
        except (Unusable, OSError, subprocess.SubprocessError) as problem:
            print(f"{job['to']}\t{problem}", flush=True)  # noqa: T201 (to whoever asked)
    return 0


def _sound(job: dict[str, Any]) -> Samples:
    if "join" in job:
        return joined([read(Path(each)) for each in job["join"]])
    if "command" in job:
        return louder(trimmed(_by_command(job["command"], job["say"])))
    from display.espeak import speak  # noqa: PLC0415 (recordings need no library)

    samples, rate = speak(job["say"], job["voice"], job["speed"])
    if rate != RATE or not samples:
        raise Unusable(f"espeak cannot say it in {job['voice']}")
    return louder(trimmed(samples))


def joined(recordings: list[Samples]) -> Samples:
    """One after the other, as one breath."""
    whole: Samples = array("h")
    for rank, each in enumerate(recordings):
        whole += silence(_BETWEEN_S) + each if rank else each
    return whole


def _by_command(command: list[str], text: str) -> Samples:
    """What the system's espeak-ng writes: it does not know the length of its WAV yet."""
    done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=_PATIENCE_S, check=True)  # noqa: S603
    try:
        with wave.open(io.BytesIO(done.stdout)) as file:
            if (file.getnchannels(), file.getsampwidth(), file.getframerate()) != (1, 2, RATE):
                raise Unusable(f"espeak gave {file.getparams()}")
            samples = array("h", file.readframes(len(done.stdout)))
    except (wave.Error, EOFError) as error:
        raise Unusable(f"espeak gave no sound: {error}") from error
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


if __name__ == "__main__":
    sys.exit(main())
