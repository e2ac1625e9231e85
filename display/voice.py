"""A sentence becomes a sound file, once: gong, then the call in each language.

The name of a sound is known before it exists (`speech.sound_name`), so a picture can point at it at
once; it is rendered in a thread while the picture travels, and the first who asks for it waits. Files
lie in memory where the system gives the hub a folder there, else in the data folder, under the engine,
version and speed that made them; others are removed at start.
A voice that fails costs the words, never the gong: the number is on the screen.
"""

from __future__ import annotations

import io
import math
import os
import shutil
import subprocess
import sys
import threading
import time
import wave
from array import array
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Protocol, TypeAlias

from display import speech
from hub.disk import ask_room
from hub.errors import DiskFull, MboteError
from hub.settings import Settings

Samples: TypeAlias = "array[int]"

RATE = 22_050
LOUDEST = 29_000
#: Raised whenever what is made here sounds otherwise: old files are then made anew.
RECIPE = 1
#: How long rendering lets the picture of the call go first, seconds. Who asks for the sound does not wait for it.
AFTER_PICTURES_S = 0.05
#: Sounds kept, some 400 kB each: every screen asks for a call's at once, and again when it is repeated.
MOST_FILES = 24
#: Announcements remembered by name: a day of a busy agency.
MOST_NAMES = 2_000
PATIENCE_S = 10
CHIME, SILENCE = "chime", "silence"
_ESPEAK = Path(__file__).with_name("espeak.py")
#: language → espeak's name of the voice.
_VOICES = {"fr": "fr", "en": "en-us", "ar": "ar", "pt": "pt"}
#: The gong: frequency, start and length in seconds.
_GONG = ((659.26, 0.0, 0.75), (523.25, 0.32, 0.95))
_PAUSE_S = 0.35


class VoiceFault(MboteError):
    """The engine cannot say it: no library, no such language, or it died."""


class Engine(Protocol):
    """What speaks. `name` tells engine, version and speed: another one makes other files."""

    name: str

    def speak(self, text: str, language: str) -> Samples:
        """The sentence as samples at RATE. Raises VoiceFault."""


class NoVoice:
    """An agency without a voice: the gong alone."""

    name = "none"

    def speak(self, text: str, language: str) -> Samples:
        """Nothing."""
        raise VoiceFault(f"no voice is configured for {language}: {text}")


class Espeak:
    """espeak-ng in a short-lived process: the library that pip brings, else the system's command."""

    def __init__(self, speed: int) -> None:
        self.speed = speed
        self._command = _espeak_command()
        self.name = f"espeak-{_version()}-{speed}"

    def speak(self, text: str, language: str) -> Samples:
        """What the process wrote. Raises VoiceFault when it could not."""
        voice = _VOICES.get(language)
        if voice is None or not self._command:
            raise VoiceFault(f"espeak cannot speak {language} here")
        command = [part.format(voice=voice, speed=self.speed) for part in self._command]
        try:
            done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=PATIENCE_S, check=True)  # noqa: S603
        except (OSError, subprocess.SubprocessError) as error:
            raise VoiceFault(f"espeak did not say {text!r}: {error}") from error
        return samples(done.stdout)


def _espeak_command() -> tuple[str, ...]:
    """How this box runs espeak-ng; empty when it cannot. Only wheels of two machines bring the library."""
    if _version() != "command":
        return (sys.executable, "-I", str(_ESPEAK), "{voice}", "{speed}")
    found = shutil.which("espeak-ng")
    return (found, "-v", "{voice}", "-s", "{speed}", "--stdin", "--stdout") if found else ()


@cache
def _version() -> str:
    try:
        return metadata.version("espeakng-loader")
    except metadata.PackageNotFoundError:
        return "command"


def samples(wav: bytes) -> Samples:
    """The samples of a mono 16-bit WAV file; espeak's command writes a length that it does not know yet."""
    try:
        with wave.open(io.BytesIO(wav)) as file:
            if (file.getnchannels(), file.getsampwidth(), file.getframerate()) != (1, 2, RATE):
                raise VoiceFault(f"espeak gave {file.getparams()}")
            read = array("h", file.readframes(len(wav)))
    except (wave.Error, EOFError) as error:
        raise VoiceFault(f"espeak gave no sound: {error}") from error
    if sys.byteorder == "big":
        read.byteswap()
    return read


def silence(seconds: float) -> Samples:
    """Nothing, for so long."""
    return array("h", bytes(2 * round(seconds * RATE)))


@cache
def gong() -> Samples:
    """Two bells, falling: heard through a full room, and never a word."""
    length = max(start + seconds for _, start, seconds in _GONG)
    waves = [0.0] * round(length * RATE)
    for frequency, start, seconds in _GONG:
        first = round(start * RATE)
        for step in range(round(seconds * RATE)):
            waves[first + step] += _bell(frequency, step / RATE, seconds)
    return louder(array("h", (round(8_000 * value) for value in waves)))


def _bell(frequency: float, at: float, seconds: float) -> float:
    """One struck bell: a tone with two overtones, dying away; the first 5 ms rise so that nothing clicks."""
    angle = 2 * math.pi * frequency * at
    tone = math.sin(angle) + 0.35 * math.sin(2 * angle) + 0.15 * math.sin(3 * angle)
    return tone * math.exp(-4 * at / seconds) * min(1.0, at / 0.005)


def louder(sound: Samples) -> Samples:
    """The same sound, its loudest sample at LOUDEST: gong and voices come out alike."""
    peak = max(max(sound, default=0), -min(sound, default=0))
    if peak == 0:
        return sound
    return array("h", (sample * LOUDEST // peak for sample in sound))


def compose(text: Mapping[str, str], engine: Engine) -> Samples:
    """Gong, then each sentence in turn; a single one is said twice (EN 301 549). Raises VoiceFault."""
    spoken = [louder(engine.speak(sentence, language)) for language, sentence in text.items()]
    if len(spoken) == 1:
        spoken *= 2
    whole = gong()[:]
    for sentence in spoken:
        whole += silence(_PAUSE_S) + sentence
    return whole


def write_wav(path: Path, sound: Samples) -> None:
    """A WAV file that is there whole or not at all. A cache: not worth a sync of the card."""
    part = path.with_suffix(f".{os.getpid()}.part")
    with part.open("wb") as raw, wave.open(raw, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(sound.tobytes())
    part.replace(path)


class Voice:
    """The sounds of one hub, in its data folder, which is made ready here: gong and silence are there at once."""

    def __init__(self, settings: Settings, engine: Engine | None = None) -> None:
        self.engine = engine or _configured(settings)
        self.folder = _place(settings) / "sounds" / f"{self.engine.name}-{RECIPE}"
        self._expected: OrderedDict[str, dict[str, str]] = OrderedDict()
        self._names = threading.Lock()
        self._rendering = threading.Lock()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="voice")
        self._make_ready()

    def _make_ready(self) -> None:
        """The folder, gong and silence; what other engines have made is forgotten."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for other in self.folder.parent.iterdir():
            if other != self.folder:
                shutil.rmtree(other, ignore_errors=True)
        for name, sound in ((CHIME, gong()), (SILENCE, silence(0.1))):
            if not self._path(name).is_file():
                write_wav(self._path(name), sound)

    def close(self) -> None:
        """Stop rendering; what is under way is finished."""
        self._worker.shutdown(cancel_futures=True)

    def expect(self, text: Mapping[str, str]) -> str:
        """This will be asked for: its sound is made now, beside the caller. Gives the sound's name."""
        name = speech.sound_name(text)
        with self._names:
            known = name in self._expected
            self._expected[name] = dict(text)
            self._expected.move_to_end(name)
            if len(self._expected) > MOST_NAMES:
                self._expected.popitem(last=False)
        if not known and not self._path(name).is_file():
            self._worker.submit(self._render_soon, text)
        return name

    def _render_soon(self, text: Mapping[str, str]) -> None:
        """Once the pictures are out: the number is seen before it is heard, and a small box has few cores."""
        time.sleep(AFTER_PICTURES_S)
        self.render(text)

    def sound(self, name: str) -> Path | None:
        """The file of a sound by its name, rendered if need be; None when nobody has announced it."""
        if name in (CHIME, SILENCE):
            return self._path(name)
        with self._names:
            text = self._expected.get(name)
        return self.render(text) if text else None

    def render(self, text: Mapping[str, str]) -> Path:
        """The file of an announcement; the gong's when the voice fails."""
        path = self._path(speech.sound_name(text))
        with self._rendering:
            if path.is_file():
                return path
            try:
                ask_room(self.folder, "a sound")
                write_wav(path, compose(text, self.engine))
            except (VoiceFault, DiskFull, OSError):
                return self._path(CHIME)
            self._forget_oldest()
        return path

    def _forget_oldest(self) -> None:
        made = sorted(self.folder.glob("*.wav"), key=lambda file: file.stat().st_mtime)
        for file in made[:-MOST_FILES]:
            if file.stem not in (CHIME, SILENCE):
                file.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.wav"

    def __repr__(self) -> str:
        return f"<Voice {self.engine.name}>"


def _place(settings: Settings) -> Path:
    """The folder in memory that systemd gives (`RuntimeDirectory`): 600 calls a day are 250 MB, and a card wears."""
    data, given = settings.path(settings.hub.data), os.environ.get("RUNTIME_DIRECTORY")
    if not given:
        return data
    shutil.rmtree(data / "sounds", ignore_errors=True)
    return Path(given)


def _configured(settings: Settings) -> Engine:
    return NoVoice() if settings.hub.voice == "none" else Espeak(settings.hub.voice_speed)
