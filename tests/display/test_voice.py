"""Sounds: made once, whole, and never without a gong."""

import threading
import wave
from array import array

import pytest

from display import voice as voices
from display.voice import RATE, Espeak, NoVoice, Voice, VoiceFault
from hub.errors import DiskFull
from hub.settings_files import load_settings
from tests.look.fake_hub import CONFIG
from tests.patience import patience


class Counting:
    """Says everything in a tenth of a second, and counts."""

    def __init__(self, name="counting"):
        self.name = name
        self.said = []
        self.fails = False

    def speak(self, text, language):
        if self.fails:
            raise VoiceFault("hoarse")
        self.said.append((language, text))
        return array("h", [500, -1000] * (RATE // 20))


@pytest.fixture
def settings(tmp_path):
    return load_settings(CONFIG).model_copy(update={"folder": tmp_path})


@pytest.fixture
def engine():
    return Counting()


@pytest.fixture
def voice(settings, engine):
    made = Voice(settings, engine)
    yield made
    made.close()


def samples_of(path):
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        return array("h", file.readframes(file.getnframes()))


def test_a_sentence_is_spoken_once_however_often_it_is_asked_for(voice, engine):
    text = {"fr": "Ticket D, deux ; guichet cinq."}
    assert voice.render(text) == voice.render(text) == voice.sound(voice.expect(text))
    assert len(engine.said) == 1


def test_an_expected_sentence_is_made_before_it_is_asked_for(voice, engine):
    spoken = threading.Event()
    engine.speak = lambda text, language: (spoken.set(), Counting().speak(text, language))[1]
    voice.expect({"fr": "Bonjour"})
    assert spoken.wait(patience(5))


def test_the_gong_comes_first_and_a_single_language_is_said_twice(voice):
    one = samples_of(voice.render({"fr": "un"}))
    two = samples_of(voice.render({"fr": "un", "en": "one"}))
    assert one[: len(voices.gong())] == voices.gong()
    assert len(one) == len(two) == len(voices.gong()) + 2 * (2 * (RATE // 20) + round(0.35 * RATE))


def test_gong_and_voice_come_out_alike(voice):
    assert max(map(abs, voices.gong())) in range(28_900, 29_001)
    assert max(map(abs, samples_of(voice.render({"fr": "un"}))[-RATE // 20 :])) == 29_000


def test_a_sound_that_nobody_announced_does_not_exist(voice):
    assert voice.sound("0" * 24) is None
    assert voice.sound("../../etc/passwd") is None
    assert voice.sound("chime").is_file()
    assert voice.sound("silence").is_file()


def test_a_voice_that_fails_leaves_the_gong_and_is_tried_again(voice, engine):
    engine.fails = True
    assert voice.render({"fr": "un"}) == voice.sound("chime")
    engine.fails = False
    assert voice.render({"fr": "un"}) != voice.sound("chime")


def test_an_agency_without_voice_has_its_gong(settings):
    silent = Voice(settings.model_copy(update={"hub": settings.hub.model_copy(update={"voice": "none"})}))
    assert isinstance(silent.engine, NoVoice)
    assert silent.render({"fr": "un"}) == silent.sound("chime")
    silent.close()


def test_the_card_does_not_fill_up(voice, monkeypatch):
    monkeypatch.setattr(voices, "MOST_FILES", 5)
    monkeypatch.setattr(voices, "MOST_NAMES", 5)
    for number in range(12):
        voice.render({"fr": str(number)})
        voice.expect({"fr": str(number)})
    assert len(list(voice.folder.glob("*.wav"))) <= 7
    assert len(voice._expected) == 5
    assert list(voice.folder.glob("*.part")) == []


def test_sounds_are_kept_in_memory_where_the_system_has_a_folder_there(voice, settings, monkeypatch, tmp_path):
    """A call's sound is seven times what the rest of a ticket writes to the card."""
    voice.render({"fr": "un"})
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path / "run"))
    other = Voice(settings, Counting())
    assert tmp_path / "run" in other.render({"fr": "un"}).parents
    assert not voice.folder.exists(), "what an older version left on the card is gone"
    other.close()


def test_a_disk_that_is_nearly_full_is_left_to_the_queue(voice, monkeypatch):
    def scarce(folder, what):
        raise DiskFull(f"{what} is not written to {folder}")

    monkeypatch.setattr(voices, "ask_room", scarce)
    assert voice.render({"fr": "un"}) == voice.sound("chime")
    monkeypatch.undo()
    assert voice.render({"fr": "un"}) != voice.sound("chime")


def test_another_engine_does_not_use_what_this_one_made(voice, settings):
    voice.render({"fr": "un"})
    other = Voice(settings, Counting("other"))
    assert [folder.name for folder in other.folder.parent.iterdir()] == [f"other-{voices.RECIPE}"]
    other.close()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_espeak_says_a_call_in_a_process_of_its_own(language):
    said = Espeak(135).speak("Ticket D, deux ; guichet cinq.", language)
    assert 1.5 < len(said) / RATE < 6
    assert max(map(abs, said)) > 2_000


def test_espeak_says_which_language_it_cannot():
    with pytest.raises(VoiceFault, match="ln"):
        Espeak(135).speak("Mbote", "ln")


def test_a_library_that_dies_costs_one_sentence(monkeypatch):
    dying = Espeak(135)
    dying._command = ("/bin/sh", "-c", "kill -SEGV $$")
    with pytest.raises(VoiceFault):
        dying.speak("un", "fr")


def test_without_wheel_the_system_s_command_speaks(monkeypatch):
    monkeypatch.setattr(voices, "_version", lambda: "command")
    monkeypatch.setattr(voices.shutil, "which", lambda _: "/usr/bin/espeak-ng")
    assert Espeak(150)._command[:3] == ("/usr/bin/espeak-ng", "-v", "{voice}")
    monkeypatch.setattr(voices.shutil, "which", lambda _: None)
    with pytest.raises(VoiceFault):
        Espeak(150).speak("un", "fr")
