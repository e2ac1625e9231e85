"""Recordings as people make them, read and brought to one form: 16 bits, one channel, trimmed, alike in loudness.

A telephone or a studio gives WAV of any rate, one channel or two, 8 to 32 bits. What is read here is what the voice
puts together; what cannot be used is said in words for whoever holds the microphone.
"""

from __future__ import annotations

import math
import os
import sys
import wave
from array import array
from pathlib import Path
from typing import TypeAlias

Samples: TypeAlias = "array[int]"

RATE = 22_050
#: No sample is louder, and no prompt's speech louder or softer than this (root mean square of what is heard of it).
LOUDEST, SPEECH = 29_000, 4_500
#: What is softer than this part of the loudest is silence at the ends; so much of it is left on each side.
FLOOR, LEFT_S = 0.02, 0.03
#: A recording below this is nobody speaking.
QUIET = 300
SHORTEST_S, LONGEST_S = 0.1, 8.0
RATES = range(8_000, 192_001)
LARGEST_BYTES = 12_000_000


class Unusable(Exception):
    """Why a recording cannot be used, in a few words."""


def read(path: Path) -> Samples:
    """The recording at `path` as the voice uses it. Raises Unusable."""
    return levelled(trimmed(_resampled(*_mono(path))))


def fault(path: Path) -> str:
    """What is wrong with a recording; '' when nothing is."""
    try:
        read(path)
    except Unusable as problem:
        return str(problem)
    return ""


def _mono(path: Path) -> tuple[Samples, int]:
    """One channel of 16 bits, and its rate."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise Unusable("larger than any few words")
        with wave.open(str(path)) as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            frames = file.readframes(file.getnframes())
    except (OSError, wave.Error, EOFError) as error:
        raise Unusable(f"no WAV file that can be read ({error})") from error
    if rate not in RATES or not 1 <= channels <= 8 or not 1 <= width <= 4:  # noqa: PLR2004 (what recorders give)
        raise Unusable(f"{rate} Hz, {channels} channels, {8 * width} bits is no usual recording")
    if len(frames) / (channels * width * rate) > LONGEST_S:
        raise Unusable(f"longer than {LONGEST_S:g} s")
    whole = _sixteen_bits(frames[: len(frames) - len(frames) % (channels * width)], width)
    if channels == 1:
        return whole, rate
    parts = [whole[channel::channels] for channel in range(channels)]
    return array("h", (sum(each) // channels for each in zip(*parts, strict=True))), rate


def _sixteen_bits(frames: bytes, width: int) -> Samples:
    if width == 1:  # the only width without a sign
        return array("h", ((byte - 128) << 8 for byte in frames))
    if width > 2:  # noqa: PLR2004 (bytes of 16 bits): the two upper bytes of each sample
        kept = bytearray(2 * (len(frames) // width))
        kept[::2], kept[1::2] = frames[width - 2 :: width], frames[width - 1 :: width]
        frames = bytes(kept)
    samples = array("h", frames)
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def _resampled(samples: Samples, rate: int) -> Samples:
    """At RATE: each new sample between its two neighbours, of a mean first where there were many more."""
    many = rate // RATE
    if many > 1:
        rate //= many
        whole = len(samples) // many
        parts = [samples[step : whole * many : many] for step in range(many)]
        samples = array("h", (sum(each) // many for each in zip(*parts, strict=True)))
    if rate == RATE or not samples:
        return samples
    step, last = rate / RATE, len(samples) - 1
    made = array("h")
    for number in range(int(last / step) + 1):
        place = number * step
        before = int(place)
        part = place - before
        after = samples[min(before + 1, last)]
        made.append(round(samples[before] * (1 - part) + after * part))
    return made


def trimmed(samples: Samples) -> Samples:
    """Without the silence at its ends. Raises Unusable where nobody speaks."""
    peak = loudest(samples)
    if peak < QUIET:
        raise Unusable("nobody is heard in it")
    floor = peak * FLOOR
    first = next(place for place, sample in enumerate(samples) if abs(sample) > floor)
    last = next(place for place in range(len(samples) - 1, -1, -1) if abs(samples[place]) > floor)
    left = round(LEFT_S * RATE)
    kept = samples[max(0, first - left) : last + 1 + left]
    if len(kept) < SHORTEST_S * RATE:
        raise Unusable("too short to be a word")
    return kept


def levelled(samples: Samples) -> Samples:
    """The same words at the loudness of all others: recordings of two mornings sound like one."""
    heard = [sample for sample in samples if abs(sample) > QUIET]
    speech = math.sqrt(sum(sample * sample for sample in heard) / len(heard)) if heard else 0.0
    if not speech:
        return samples
    factor = min(SPEECH / speech, LOUDEST / loudest(samples))
    return array("h", (int(sample * factor) for sample in samples))


def louder(samples: Samples) -> Samples:
    """The same sound, its loudest sample at LOUDEST."""
    peak = loudest(samples)
    if peak == 0:
        return samples
    return array("h", (sample * LOUDEST // peak for sample in samples))


def loudest(samples: Samples) -> int:
    """The largest sample, without its sign."""
    return max(max(samples, default=0), -min(samples, default=0))


def silence(seconds: float) -> Samples:
    """Nothing, for so long."""
    return array("h", bytes(2 * round(seconds * RATE)))


def write_wav(path: Path, sound: Samples) -> None:
    """A WAV file that is there whole or not at all. A cache: not worth a sync of the card."""
    part = path.with_suffix(f".{os.getpid()}.part")
    with part.open("wb") as raw, wave.open(raw, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(sound.tobytes())
    part.replace(path)
