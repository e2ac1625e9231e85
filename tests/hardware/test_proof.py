"""The paper to look at, and the logo on it, drawn by processes of their own."""

import io

import pytest
from PIL import Image

from hardware.proof import png
from hub import logos
from hub.paper import Cut, Picture, Qr, Text

pytestmark = pytest.mark.slow  # processes that draw


def seen(slip, columns=48):
    return Image.open(io.BytesIO(png(slip, columns)))


def black(image, *box):
    part = image.crop(box) if box else image
    return part.convert("L").histogram()[0]


def test_the_paper_is_as_wide_as_its_printer_s_head_and_as_long_as_what_is_on_it():
    short, long = seen((Text("D001", size=8), Cut())), seen((*[Text("Pièce d'identité")] * 30, Cut()))
    assert short.width == long.width == 48 * 12 + 32
    assert seen((Text("D001"), Cut()), 32).width == 32 * 12 + 32
    assert long.height > 30 * 24


def test_what_is_centred_is_in_the_middle_and_arabic_at_the_right():
    image = seen((Text("D001", size=4, align="center"), Cut()))
    left, _, right, _ = image.convert("L").point(lambda dot: 255 - dot).getbbox()
    assert abs((left + right) / 2 - image.width / 2) < 12
    arabic = seen((Text("رقم"), Cut()))
    assert black(arabic, 0, 0, arabic.width // 2, arabic.height) == 0
    assert black(arabic) > 50


def test_a_qr_and_a_logo_are_on_it(tmp_path):
    Image.new("RGBA", (800, 300), (20, 33, 61, 255)).save(tmp_path / "logo.png")
    logo = logos.of(tmp_path / "logo.png")
    assert isinstance(logo, Picture)
    assert logo.across <= 48
    image = seen((logo, Qr("K7QM2ZXB"), Cut()))
    assert black(image) > 384 * 100


def test_what_is_clear_stays_white(tmp_path):
    picture = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    picture.paste((0, 0, 0, 255), (40, 40, 60, 60))
    picture.save(tmp_path / "logo.png")
    rows = logos.of(tmp_path / "logo.png").rows()
    assert 300 < sum(byte.bit_count() for byte in rows) < 500


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (lambda path: None, "No such file"),
        (lambda path: path.write_text("logo"), "cannot identify"),
        (lambda path: path.write_bytes(b"x" * (logos.LARGEST_BYTES + 1)), "larger than any logo"),
    ],
)
def test_a_file_that_is_no_logo_is_said_and_printed_without(tmp_path, write, said):
    write(tmp_path / "logo.png")
    assert said in logos.fault(tmp_path / "logo.png")
    assert logos.of(tmp_path / "logo.png") is None
