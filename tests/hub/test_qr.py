"""A QR on a paper is read by a reader that is not ours."""

import re

import pytest
import zxingcpp
from PIL import Image, ImageDraw

from hub.workshop.qr import qr_picture

QUIET, SIZE = 4, 5


def seen(picture: str) -> Image.Image:
    """What the lines of the picture look like, with a white edge as paper has."""
    (side,) = map(int, re.findall(r'width="(\d+)"', picture))
    paper = Image.new("L", ((side + 2 * QUIET) * SIZE,) * 2, 255)
    pen = ImageDraw.Draw(paper)
    for x, y, length in re.findall(r"M(\d+) (\d+)\.5h(\d+)", picture):
        left, top = (int(x) + QUIET) * SIZE, (int(y) + QUIET) * SIZE
        pen.rectangle((left, top, left + int(length) * SIZE - 1, top + SIZE - 1), fill=0)
    return paper


@pytest.mark.parametrize(
    "text", ["ATT-2026-000040", "MBOTE1" + "JT2CMMN7INJ5UYJQYJP6" * 18, "Reçu n° 183, à Brazzaville"]
)
def test_it_says_what_was_meant(text):
    (found,) = zxingcpp.read_barcodes(seen(qr_picture(text)))
    assert found.text == text


def test_a_line_that_is_missing_is_noticed():
    """The reader reads the picture, not the text that made it."""
    broken = re.sub(r"M\d+ ([0-6])\.5h\d+", "", qr_picture("ATT-2026-000040"))
    assert not zxingcpp.read_barcodes(seen(broken))
