"""Sounds: made before they are needed, whole, and never without a gong."""

import threading
import time
import wave
from array import array
from pathlib import Path

import pytest

from display import recordings as sheets
from display import speech
from display import voice as voices
from display.recorded import RATE, SPEECH, Unusable, fault, read, write_wav
from display.speech import Call
from display.voice import Speaker, Voice, composed, gong, samples_of
from hub.errors import DiskFull
from hub.settings.devices import Display
from hub.settings.devices import Voice as VoiceSettings
from hub.settings_files import load_settings
from tests.look.fake_hub import CONFIG
from tests.patience import patience

D2 = Call(("fr",), "D002", "05")
BOTH = Call(("fr", "en"), "D002", "05")
PIECE = RATE // 5


class Counting:
    """Says everything in a fifth of a second, and remembers what it was asked and how urgently."""

    def __init__(self, name="counting", hoarse=()):
        self.name = name
        self.said = []
        self.hoarse = hoarse
        self.spoke = threading.Event()

    def job(self, phrase):
        return {"say": phrase.text, "language": phrase.language}

    def make(self, jobs, *, low):
        faults = {}
        for job in jobs:
            if job["language"] in self.hoarse:
                faults[job["to"]] = "hoarse"
                continue
            self.said.append((job["say"], low))
            write_wav(Path(job["to"]), array("h", [10_000, -20_000] * (PIECE // 2)))
        self.spoke.set()
        return faults


@pytest.fixture(scope="module")
def configured():
    return load_settings(CONFIG)


@pytest.fixture
def settings(tmp_path, configured):
    return configured.model_copy(update={"folder": tmp_path})


@pytest.fixture
def mouth():
    return Counting()


@pytest.fixture
def voice(settings, mouth):
    made = Voice(settings, mouth)
    yield made
    made.close()


def with_(settings, *, hub=None, displays=None, **said):
    changes = {"voice": VoiceSettings(**said)}
    if hub:
        changes["hub"] = settings.hub.model_copy(update=hub)
    if displays:
        changes["displays"] = displays
    return settings.model_copy(update=changes)


# --- when it is called ---------------------------------------------------------------------------


def test_a_sentence_is_spoken_once_however_often_it_is_asked_for(voice, mouth):
    assert voice.render(D2) == voice.render(D2) == voice.sound(voice.expect(D2))
    assert [text for text, _ in mouth.said] == ["Ticket D, deux ;", "guichet cinq."]


def test_a_call_is_made_while_its_picture_travels(voice, mouth):
    voice.expect(D2)
    assert mouth.spoke.wait(patience(5))


def test_the_gong_comes_first_and_a_single_language_is_said_twice(voice):
    one, two = samples_of(voice.render(D2)), samples_of(voice.render(BOTH))
    assert one[: len(gong())] == gong()
    assert len(one) == len(two) == len(gong()) + 2 * (2 * PIECE + round(0.35 * RATE) + round(0.2 * RATE))


def test_the_gong_is_as_loud_as_a_voice_may_be():
    assert max(map(abs, gong())) in range(28_900, 29_001)


def test_languages_never_talk_over_each_other():
    first, second = array("h", [1] * 10), array("h", [2] * 10)
    whole = composed([[first], [second]])
    assert len(whole) == len(gong()) + 2 * (10 + round(0.35 * RATE))
    assert whole.tobytes().index(first.tobytes()) < whole.tobytes().index(second.tobytes())


def test_a_sound_that_nobody_announced_does_not_exist(voice):
    assert voice.sound("0" * 24) is None
    assert voice.sound("../../etc/passwd") is None
    assert voice.sound("chime").is_file()
    assert voice.sound("silence").is_file()


def test_a_voice_that_fails_leaves_the_gong_and_is_tried_again(voice, mouth):
    mouth.hoarse = ("fr",)
    assert voice.render(D2) == voice.sound("chime")
    mouth.hoarse = ()
    assert voice.render(D2) != voice.sound("chime")


def test_a_language_that_fails_takes_no_other_with_it(voice, mouth):
    mouth.hoarse = ("en",)
    assert len(samples_of(voice.render(BOTH))) == len(samples_of(voice.render(D2)))


# --- long before ---------------------------------------------------------------------------------


def test_a_ticket_is_ready_when_it_is_called(settings, voice, mouth, monkeypatch):
    """C.8: prepared before it, with the lowest priority; the call itself speaks nothing."""
    monkeypatch.setattr(voices, "AFTER_PAPER_S", 0.0)
    monkeypatch.setattr(voices, "AFTER_START_S", 0.0)
    given = threading.Event()
    make = mouth.make
    mouth.make = lambda jobs, low: (make(jobs, low=low), given.set() if "D, deux" in str(jobs) else None)[0]
    line = []
    voice.begin(lambda: line)
    line.append("D002")
    voice.stir()
    assert given.wait(patience(5))
    before = list(mouth.said)
    assert all(low for _, low in before)
    place = settings.counter("05").location
    assert voice.render(Call(("fr",), "D002", "05", place)) != voice.sound("chime")
    assert mouth.said == before


@pytest.fixture
def hall(voice, monkeypatch):
    """A voice that has been tried, its line of a hundred tickets, and how often it looked at it."""
    monkeypatch.setattr(voices, "AFTER_PAPER_S", 0.01)
    monkeypatch.setattr(voices, "AFTER_START_S", 0.0)
    voice.try_voices()
    looks = threading.Semaphore(0)
    return looks, lambda: (looks.release(), [f"D{number:03}" for number in range(100)])[1]


def test_only_the_first_in_line_are_made_and_each_once(voice, mouth, hall, monkeypatch):
    monkeypatch.setattr(voices, "MOST_AHEAD", 2 * voices.AT_ONCE + 1)
    (looks, line), tried = hall, len(mouth.said)
    voice.begin(line)
    for _ in range(4):  # three handfuls, and a look that finds nothing to make
        assert looks.acquire(timeout=patience(5))
    voice.stir()
    assert looks.acquire(timeout=patience(5))
    assert len(mouth.said) - tried == voices.MOST_AHEAD * len(voice._languages)


def test_in_a_rush_the_voice_gives_way(voice, mouth, hall, monkeypatch):
    """Who stands at the door does not wait for the sounds of those before them."""
    monkeypatch.setattr(voices, "RUSH_S", 3_600.0)
    (looks, line), tried = hall, len(mouth.said)
    voice._newest = time.monotonic() + 3_600
    voice.begin(line)
    assert not looks.acquire(timeout=0.3)
    assert len(mouth.said) == tried
    voice._newest = 0.0
    assert looks.acquire(timeout=patience(5))


def test_the_self_test_names_each_language_that_is_not_heard(settings):
    spoken = with_(settings, displays=(Display(name="S", languages=("fr", "en")),))
    voice = Voice(spoken, Counting(hoarse=("en",)))
    assert voice.try_voices() == {"en": "hoarse"}
    voice.close()


def test_the_self_test_finds_a_voice_that_whispers(settings):
    class Whispering(Counting):
        def make(self, jobs, *, low):
            for job in jobs:
                write_wav(Path(job["to"]), array("h", [400, -400] * (PIECE // 2)))
            return {}

    voice = Voice(settings, Whispering())
    assert voice.try_voices() == {"fr": "too soft (400 of 29000)"}
    voice.close()


# --- where sounds lie ----------------------------------------------------------------------------


def test_an_agency_without_voice_has_its_gong(settings):
    silent = Voice(with_(settings, hub={"voice": "none"}))
    assert silent.render(D2) == silent.sound("chime")
    silent.close()


def test_the_card_does_not_fill_up(voice, monkeypatch):
    monkeypatch.setattr(voices, "MOST_FILES", 5)
    monkeypatch.setattr(voices, "MOST_PIECES", 7)
    monkeypatch.setattr(voices, "MOST_NAMES", 5)
    for number in range(12):
        call = Call(("fr",), f"D{number:03}", "05")
        voice.render(call)
        voice.expect(call)
    assert len(list(voice.folder.glob("*.wav"))) <= 7
    assert len(list(voice.folder.glob("pieces/*.wav"))) <= 7
    assert len(voice._expected) == 5
    assert list(voice.folder.rglob("*.part")) == []


def test_sounds_are_kept_in_memory_where_the_system_has_a_folder_there(voice, settings, monkeypatch, tmp_path):
    """A call's sound is seven times what the rest of a ticket writes to the card."""
    voice.render(D2)
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path / "run"))
    other = Voice(settings, Counting())
    assert tmp_path / "run" in other.render(D2).parents
    assert not voice.folder.exists(), "what an older version left on the card is gone"
    other.close()


def test_a_disk_that_is_nearly_full_is_left_to_the_queue(voice, monkeypatch):
    def scarce(folder, what):
        raise DiskFull(f"{what} is not written to {folder}")

    monkeypatch.setattr(voices, "ask_room", scarce)
    assert voice.render(D2) == voice.sound("chime")
    monkeypatch.undo()
    assert voice.render(D2) != voice.sound("chime")


def test_another_engine_does_not_use_what_this_one_made(voice, settings):
    voice.render(D2)
    other = Voice(settings, Counting("other"))
    assert [folder.name for folder in other.folder.parent.iterdir()] == [f"other-{voices.RECIPE}"]
    other.close()


# --- the engines ---------------------------------------------------------------------------------


def test_espeak_says_a_call_in_four_languages_in_one_process_of_its_own(settings, tmp_path):
    speaker = Speaker(settings)
    phrases = [speech.ticket_phrase(language, "D071") for language in ("fr", "en", "pt", "ar")]
    jobs = [{"to": str(tmp_path / f"{each.language}.wav")} | speaker.job(each) for each in phrases]
    assert speaker.make(jobs, low=True) == {}
    for job in jobs:
        said = samples_of(Path(job["to"]))
        assert 0.8 < len(said) / RATE < 5, job
        assert max(map(abs, said)) == 29_000


def test_espeak_does_not_pretend_to_a_language(settings):
    assert Speaker(settings).job(speech.ticket_phrase("ln", "D002")) is None


def test_a_library_that_dies_costs_what_was_asked_of_it(settings, tmp_path, monkeypatch):
    speaker = Speaker(settings)
    monkeypatch.setattr(voices.sys, "executable", "/bin/false")
    assert speaker.make([{"to": "/x.wav"}], low=False) == {"/x.wav": "its process ended"}
    monkeypatch.setattr(voices.sys, "executable", str(tmp_path / "nothing"))
    assert "did not speak" in speaker.make([{"to": "/x.wav"}], low=False)["/x.wav"]


def test_without_wheel_the_system_s_command_speaks(settings, monkeypatch):
    monkeypatch.setattr(voices, "_version", lambda: "command")
    monkeypatch.setattr(voices.shutil, "which", lambda _: "/usr/bin/espeak-ng")
    phrase = speech.ticket_phrase("fr", "D002")
    said = Speaker(settings).job(phrase)
    assert said["command"][:5] == ["/usr/bin/espeak-ng", "-v", "fr", "-s", "135"]
    monkeypatch.setattr(voices.shutil, "which", lambda _: None)
    assert Speaker(settings).job(phrase) is None


# --- recordings ----------------------------------------------------------------------------------


def record(path, *, seconds=0.4, loud=12_000, rate=44_100, channels=2, width=2, quiet_s=0.5):  # noqa: PLR0913 (as microphones differ)
    """Somebody says something, with silence before and after, as a telephone keeps it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    top = loud / 32_768
    still, word = [0.0] * round(quiet_s * rate), [top, top, -top, -top] * round(seconds * rate / 4)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        full, shift = 2 ** (8 * width - 1) - 1, 128 if width == 1 else 0
        each = [int(value * full) + shift for value in still + word + still]
        file.writeframes(b"".join(v.to_bytes(width, "little", signed=width > 1) * channels for v in each))


@pytest.mark.parametrize(
    ("rate", "channels", "width"), [(44_100, 2, 2), (48_000, 1, 3), (22_050, 1, 2), (16_000, 1, 4), (8_000, 1, 1)]
)
def test_a_recording_of_any_usual_kind_is_brought_to_one_form(tmp_path, rate, channels, width):
    record(tmp_path / "one.wav", rate=rate, channels=channels, width=width)
    heard = read(tmp_path / "one.wav")
    assert 0.38 < len(heard) / RATE < 0.5
    level = (sum(s * s for s in heard if abs(s) > 300) / len(heard)) ** 0.5
    assert abs(level - SPEECH) < 0.25 * SPEECH


def test_recordings_of_two_mornings_sound_alike(tmp_path):
    record(tmp_path / "soft.wav", loud=2_500)
    record(tmp_path / "loud.wav", loud=25_000)
    soft, loud = (max(read(tmp_path / f"{name}.wav")) for name in ("soft", "loud"))
    assert abs(soft - loud) < 0.05 * loud


@pytest.mark.parametrize(
    ("name", "write", "said"),
    [
        ("text", lambda path: path.write_text("Mbote"), "no WAV file"),
        ("empty", lambda path: path.write_bytes(b""), "no WAV file"),
        ("still", lambda path: record(path, loud=40), "nobody is heard"),
        ("click", lambda path: record(path, seconds=0.01), "too short"),
        ("song", lambda path: record(path, seconds=9, rate=8_000), "longer than 8 s"),
        ("folder", lambda path: path.mkdir(parents=True), "no WAV file"),
    ],
)
def test_what_cannot_be_used_is_said_in_words(tmp_path, name, write, said):
    write(tmp_path / f"{name}.wav")
    assert said in fault(tmp_path / f"{name}.wav")
    with pytest.raises(Unusable):
        read(tmp_path / f"{name}.wav")


@pytest.fixture
def lingala(settings):
    """The least that is recorded of Lingala, and a screen that speaks it after French."""
    screens = (Display(name="SALLE", languages=("fr", "ln")),)
    recorded = with_(settings, displays=screens, recorded=("ln",))
    for name in ("ticket", "counter", "d", *"0123456789"):
        record(settings.folder / "recordings" / "ln" / f"{name}.wav", seconds=0.2, quiet_s=0.1, rate=22_050, channels=1)
    return recorded


def test_lingala_is_heard_from_recordings_after_french(lingala, tmp_path):
    voice = Voice(lingala)
    french, both = (samples_of(voice.render(Call(each, "D002", "05"))) for each in (("fr",), ("fr", "ln")))
    alone = samples_of(voice.render(Call(("ln",), "D002", "05")))
    voice.close()
    assert len(both) > len(gong()) + RATE
    assert 5 * 0.2 * 2 < (len(alone) - len(gong())) / RATE < 5.5
    assert french != both


def test_a_call_that_lacks_a_recording_is_left_to_espeak_or_left_out_as_configured(settings, lingala):
    phrase = speech.ticket_phrase("ln", "P002")
    assert Speaker(lingala).job(phrase) is None, "espeak has no Lingala, and no recording says P"
    for missing, said in (("espeak", True), ("skip", False)):
        french = with_(settings, recorded=("fr",), missing=missing)
        assert ("say" in (Speaker(french).job(speech.ticket_phrase("fr", "P002")) or {})) is said
    only = with_(settings, hub={"voice": "recorded"}, recorded=("fr",))
    assert Speaker(only).job(speech.ticket_phrase("fr", "P002")) is None


def test_what_is_missing_is_said_with_what_happens_instead(lingala):
    remarks = list(sheets.remarks(lingala))
    assert any(each.startswith("voice: ln lacks a, c, e,") and "not said in it" in each for each in remarks), remarks
    for letter in "acefikprsv":
        record(lingala.folder / "recordings" / "ln" / f"{letter}.wav", seconds=0.2, quiet_s=0.1, rate=8_000, channels=1)
    assert list(sheets.remarks(lingala)) == [
        "voice: ln lacks 108 numbers, which are said digit by digit",
        "voice: ln lacks tickets, until, enter, j: who enters on a pay-day is not said in it",
    ]
    (lingala.folder / "recordings" / "ln" / "4.wav").write_text("Mbote")
    assert "voice: ln: 4.wav is no WAV file" in next(sheets.remarks(lingala))


def test_the_sheet_says_each_file_and_what_to_say(lingala):
    lines = list(sheets.sheet_lines("ln", lingala))
    assert "Enregistrements à faire en ln : 13 faits sur" in lines[0]
    assert any(line.split()[:2] == ["1.wav", "fait"] and "moko" in line for line in lines)
    assert any(line.startswith("p.wav") and "à faire d'abord" in line for line in lines)
    assert not any(line.startswith("1.wav") for line in sheets.sheet_lines("ln", lingala, missing=True))


def test_a_recording_made_anew_is_heard_at_the_next_call(lingala):
    speaker = Speaker(lingala)
    phrase = speech.ticket_phrase("ln", "D002")
    before = voices._digest(speaker.job(phrase))
    record(lingala.folder / "recordings" / "ln" / "2.wav", seconds=0.3, rate=8_000, channels=1)
    assert voices._digest(speaker.job(phrase)) != before
