"""Posters from a folder: found, named, handed on, and nothing beside them."""

import os

import pytest
from flask import Flask

from display import slides as slide
from display.pages import pages
from display.slides import Slides
from display.voice import Voice
from hub.errors import NotFound
from hub.settings.devices import Display
from hub.settings_files import load_settings
from tests.look.fake_hub import CONFIG
from tests.look.fixtures import Beep


@pytest.fixture
def settings(tmp_path):
    screen = Display(name="SALLE", layout="pictures", pictures=tmp_path / "affiches")
    return load_settings(CONFIG).model_copy(update={"folder": tmp_path, "displays": (screen,)})


@pytest.fixture
def folder(settings):
    (settings.folder / "affiches").mkdir()
    return settings.folder / "affiches"


def test_pictures_are_found_in_the_order_of_their_names_and_what_is_none_is_passed_over(settings, folder, monkeypatch):
    monkeypatch.setattr(slide, "LARGEST_BYTES", 100)
    for name in ("2-horaires.JPG", "1-accueil.png", "notes.txt", "film.mp4"):
        (folder / name).write_bytes(b"x" * 10)
    (folder / "3-trop.png").write_bytes(b"x" * 101)
    (folder / "dossier.png").mkdir()
    found = Slides(settings)
    assert found.addresses("SALLE") == ()
    assert found.look() is True
    assert len(found.addresses("SALLE")) == 2
    assert [found.picture("SALLE", number)[0].name for number in (0, 1)] == ["1-accueil.png", "2-horaires.JPG"]
    assert found.picture("SALLE", 1)[1] == "image/jpeg"
    assert (found.picture("SALLE", 2), found.picture("SALLE", -1), found.picture("AUTRE", 0)) == (None, None, None)


def test_a_picture_that_is_changed_has_another_address(settings, folder):
    (folder / "a.png").write_bytes(b"x")
    found = Slides(settings)
    found.look()
    before = found.addresses("SALLE")
    assert found.look() is False
    (folder / "a.png").write_bytes(b"xy")
    os.utime(folder / "a.png", ns=(1, 1))
    assert found.look() is True
    assert found.addresses("SALLE") != before


def test_a_folder_that_is_not_there_is_no_picture_and_no_fault(settings):
    found = Slides(settings)
    assert found.look() is True
    assert found.addresses("SALLE") == ()


def test_the_page_hands_on_what_was_found_and_nothing_else(settings, folder):
    (folder / "a.png").write_bytes(b"poster")
    (settings.folder / "secret.png").write_bytes(b"secret")
    found = Slides(settings)
    found.look()
    voice = Voice(settings, Beep())
    app = Flask("screens")
    app.register_blueprint(pages(settings, voice, found))
    app.register_error_handler(NotFound, lambda error: (str(error), 404))
    browser = app.test_client()
    with browser.get(found.addresses("SALLE")[0]) as got:
        assert (got.status_code, got.data, got.mimetype) == (200, b"poster", "image/png")
    for wrong in ("SALLE/1", "SALLE/-1", "SALLE/..%2Fsecret.png", "AUTRE/0", "SALLE/secret.png"):
        assert browser.get(f"/display/pictures/{wrong}").status_code == 404, wrong
    (folder / "a.png").unlink()
    assert browser.get(found.addresses("SALLE")[0]).status_code == 404
    voice.close()
