"""The measures of screens seen failing: on pages that are cut, spill, stand the wrong way round, or hide from keys."""

from __future__ import annotations

import io
import random

import pytest
from PIL import Image, ImageFilter

from tests.look import measures, references

#: What is wrong, on a page that is else well → the measure that has to say so, and a word of what it says.
FAULTS = {
    "<p style='width: 5em; overflow: hidden; white-space: nowrap'>Percevoir une prestation</p>": ("cut", "Percevoir"),
    "<p style='block-size: 1em; overflow: hidden; width: 4em'>Percevoir une prestation</p>": ("cut", "Percevoir"),
    "<div style='width: 5em'><p style='overflow: hidden; white-space: nowrap; text-overflow: ellipsis'>Percevoir "
    "une prestation</p></div>": ("cut", "in dots"),
    "<p style='position: fixed; inset-block-start: 395px; height: 40px'>Aide</p>": ("cut", "Aide"),
    "<div style='width: 900px; height: 9px' id=wide></div>": ("outside", "wide"),
    "<div style='display: flex; flex-direction: row-reverse' id=row><b>un</b><b>deux</b></div>": ("against", "row"),
    "<p style='text-align: {wrong}'>Percevoir</p>": ("against", "Percevoir"),
    "<button id=never onfocus='this.blur()'>x</button>": ("unreached", "never"),
    "<style>#dull:focus { outline: none }</style><button id=dull>x</button>": ("unreached", "dull"),
    "<div style='position: fixed; inset: 0 0 auto; block-size: 150px; background: #fff'></div>": ("overlaid", "Aide"),
    "<img src='data:,'>": ("serious", "image-alt"),
}  # fmt: skip
WELL = """<!doctype html><html lang=fr dir={dir}><title>Essai</title><style>:focus {{ outline: 3px solid #00f }}</style>
<main><h1>Essai</h1><button>Aide</button>
<div style="width: 200px; overflow: auto" tabindex=0><table style='width: 900px'><tr><td>une<td>large</table></div>
{more}</main>"""


def found(page, what):
    said = getattr(measures, what)(page)
    return said[1] if what in ("against", "overlaid") else said


@pytest.mark.browser
@pytest.mark.thinned(2)
@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_each_measure_finds_its_fault_and_nothing_on_a_page_that_is_well(still_page, direction):
    still_page.goto("about:blank")
    still_page.set_viewport_size({"width": 600, "height": 400})
    for fault, (measure, word) in {"": ("", ""), **FAULTS}.items():
        planted = fault.replace("{wrong}", "right" if direction == "ltr" else "left")
        still_page.set_content(WELL.format(dir=direction, more=planted))
        slow = tuple(each for each in ("overlaid", "serious") if measure in ("", each))
        for each in ("cut", "outside", "against", "unreached", *slow):
            said = found(still_page, each)
            if each == measure:
                assert word in str(said), (fault, said)
            elif not measure:
                assert not said, (each, said)


# --- reference pictures

#: One of them, as it is kept.
ONE = references.kept("kiosk-upright/home-fr")


def as_taken(picture):
    """A screenshot of which this picture would be kept."""
    out, share = io.BytesIO(), references.OF_WIDE
    size = (round(picture.width / share), round(picture.height / share))
    picture.resize(size, Image.Resampling.BICUBIC).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def one(tmp_path, monkeypatch):
    monkeypatch.setattr(references, "FOUND", tmp_path)
    monkeypatch.setenv("MBOTE_PICTURES", "")
    return Image.open(ONE).convert("RGB")


def compared(picture):
    return references.compare("kiosk-upright/home-fr", as_taken(picture))


def test_another_colour_of_a_button_a_word_that_went_and_one_that_moved_are_found(one, tmp_path):
    tile = (24, 330, 255, 455)  # the second row's first service
    for change in ("colour", "word", "place"):
        changed = one.copy()
        if change == "colour":
            red, green, blue = one.crop(tile).split()
            changed.paste(Image.merge("RGB", (red, green, blue.point(lambda value: value * 0.8))), tile[:2])
        elif change == "word":
            changed.paste(one.getpixel((tile[0] + 8, tile[1] + 8)), (85, 350, 250, 420))
        else:
            changed.paste(one.crop(tile), (tile[0], tile[1] + 12))
        assert "squares differ" in compared(changed), change
    assert (tmp_path / "kiosk-upright" / "home-fr.png").is_file()


def test_another_smoothing_of_letters_is_no_change(one):
    assert compared(one) == ""
    assert compared(one.filter(ImageFilter.GaussianBlur(0.6))) == ""
    drawn = random.Random(7)  # noqa: S311 (grain)
    grain = one.point(lambda value: value)
    for _ in range(20_000):
        at = drawn.randrange(one.width), drawn.randrange(one.height)
        grain.putpixel(at, tuple(max(0, min(255, value + drawn.randint(-30, 30))) for value in one.getpixel(at)))
    assert compared(grain) == ""


def test_a_picture_that_is_not_kept_or_has_another_size_is_said(one, monkeypatch, tmp_path):
    assert "no reference picture" in references.compare("kiosk-upright/nothing-fr", as_taken(one))
    assert "instead of" in compared(one.crop((0, 0, one.width, one.height - 10)))
    monkeypatch.setattr(references, "FOLDER", tmp_path)
    monkeypatch.setenv("MBOTE_PICTURES", "write")
    assert compared(one) == ""
    assert references.kept("kiosk-upright/home-fr").is_file()


def test_all_of_them_are_small_together():
    sizes = [each.stat().st_size for each in references.FOLDER.rglob("*.webp")]
    assert len(sizes) > 100
    assert sum(sizes) <= 2_600_000, sum(sizes)
