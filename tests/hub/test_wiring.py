"""The page that is taped inside a box: every wire of the configuration, at its place, and no wire on another's."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from hub.cli import main
from hub.errors import ConfigurationFault
from hub.settings_files import load_settings
from hub.wiring.header import GROUND, PINS, PLACE_OF, PLACES, POWER, RESERVED, nearest_ground, place
from hub.wiring.page import page, text
from hub.wiring.wires import boxes

CONFIG = Path(__file__).parents[2] / "config"


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(CONFIG, tmp_path / "agency")
    return tmp_path / "agency"


def wires(folder: Path, name: str):
    [box] = [each for each in boxes(load_settings(folder), ()) if each.name == name]
    return {(wire.place, wire.part, wire.what) for wire in box.wires}


# --- the header


def test_the_header_has_forty_places_each_of_one_nature():
    assert sorted([*PINS, *POWER, *GROUND]) == list(PLACES)
    assert sorted(PINS.values()) == list(range(28))


@pytest.mark.parametrize(
    ("number", "name"), [(1, "3V3"), (2, "5V"), (6, "GND"), (7, "GPIO 4"), (11, "GPIO 17"), (40, "GPIO 21")]
)
def test_a_place_is_called_as_on_the_board(number, name):
    assert place(number).name == name


def test_the_board_s_own_pins_are_told_apart():
    assert [place(PLACE_OF[pin]).nature for pin in RESERVED] == ["reserved"] * 2
    assert place(PLACE_OF[2]).nature == "pin"


@pytest.mark.parametrize(("wire", "ground"), [(7, 9), (11, 9), (16, 14), (40, 39), (3, 6), (29, 30), (1, 6)])
def test_the_other_wire_goes_to_a_ground_nearby(wire, ground):
    assert abs((nearest_ground(wire) + 1) // 2 - (wire + 1) // 2) <= abs((ground + 1) // 2 - (wire + 1) // 2)


# --- the wires


def test_every_button_of_the_kiosk_is_at_its_place(folder):
    found = wires(folder, "K1")
    settings = load_settings(folder)
    assert {number for number, _, _ in found} == {PLACE_OF[button.pin] for button in settings.kiosk.buttons}
    assert (7, "Bouton 1", "DEP · Dépôt de pièces") in found


def test_every_key_lamp_and_display_of_the_panels_is_at_its_place(folder):
    found = wires(folder, "P1")
    assert (7, "Guichet 05", "Touche Suivant") in found
    assert (36, "Guichet 05", "Voyant libre") in found
    assert (24, "Guichet 05", "Afficheur CS") in found
    assert (26, "Guichet 02", "Afficheur CS") in found
    assert {(number, what) for number, part, what in found if part == "Guichet 05" and "Afficheur" in what} == {
        (2, "Afficheur VCC"), (6, "Afficheur GND"), (19, "Afficheur DIN"), (23, "Afficheur CLK"), (24, "Afficheur CS"),
    }  # fmt: skip


def test_a_printer_on_the_header_s_serial_line_is_wired_too(folder):
    (folder / "local.toml").write_text("kiosk = { printer = { kind = 'serial', device = '/dev/serial0' } }\n")
    assert {(8, "Imprimante à tickets"), (10, "Imprimante à tickets")} <= {each[:2] for each in wires(folder, "K1")}


def test_a_box_shows_what_it_is_for_and_nothing_else(folder):
    settings = load_settings(folder)
    assert [box.kind for box in boxes(settings, ("panel",))] == ["panel"]
    assert [box.kind for box in boxes(settings, ())] == ["hub", "kiosk", "panel"]


# --- the page


def test_the_page_marks_each_used_place_and_needs_nothing_from_elsewhere(folder):
    settings = load_settings(folder)
    html = page(settings, ("kiosk",))
    used = {
        int(number)
        for number in re.findall(r'<g class="used k-button.*?<text class="number"[^>]*>(\d+)<', html, re.DOTALL)
    }
    assert used == {PLACE_OF[button.pin] for button in settings.kiosk.buttons}
    assert len(re.findall('class="number"', html)) == 40
    assert not re.findall(r"(?:src|href)=|url\(|@import", html)


def test_what_the_agency_has_written_is_text_and_never_markup(folder):
    services = (folder / "services.toml").read_text("utf-8")
    (folder / "services.toml").write_text(
        services.replace('label = "Dépôt de pièces"', 'label = "<script>x</script>"'), "utf-8"
    )
    html = page(load_settings(folder), ())
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_the_page_speaks_the_agency_s_first_language(folder):
    (folder / "local.toml").write_text("agency = { languages = ['en', 'fr'] }\n")
    assert "Ticket kiosk K1" in page(load_settings(folder), ())


def test_the_command_shows_text_or_writes_the_page(folder, tmp_path):
    shown = CliRunner().invoke(main, ["wiring", "--config", str(folder)])
    assert shown.output == text(load_settings(folder), ())
    assert re.search(r"place  7  GPIO 4 +Bouton 1 +DEP · Dépôt de pièces  \+ masse 9", shown.output)
    written = CliRunner().invoke(main, ["wiring", "--config", str(folder), "--out", str(tmp_path / "page.html")])
    assert (written.exit_code, (tmp_path / "page.html").read_text("utf-8")[:15]) == (0, "<!doctype html>")
    refused = CliRunner().invoke(main, ["wiring", "--config", str(folder), "--out", str(tmp_path / "no" / "page.html")])
    assert (refused.exit_code, "cannot be written" in refused.output) == (2, True)


# --- conflicts, found before a wire is soldered


def problems(folder: Path) -> list[str]:
    with pytest.raises(ConfigurationFault) as fault:
        load_settings(folder)
    return fault.value.problems


@pytest.mark.parametrize("pin", RESERVED)
def test_the_board_s_own_pins_are_refused(folder, pin):
    text_of = (folder / "kiosk.toml").read_text("utf-8")
    (folder / "kiosk.toml").write_text(text_of.replace("pin = 4\n", f"pin = {pin}\n"), "utf-8")
    assert problems(folder) == [
        f"kiosk.toml: pin {pin} for button DEP is the board's own; pins for wires are 2 to 27 (BCM)"
    ]


def test_two_uses_of_one_pin_are_refused(folder):
    text_of = (folder / "kiosk.toml").read_text("utf-8")
    (folder / "kiosk.toml").write_text(text_of.replace("pin = 4\n", "pin = 17\n"), "utf-8")
    assert problems(folder)[0].startswith("kiosk.toml: pin 17 is used by button DEP and button RAS; free pins: 2, 3, 4")


def test_kiosk_and_panel_on_one_box_must_share_its_pins(folder):
    load_settings(folder)
    (folder / "role").write_text("hub kiosk panel\n")
    found = problems(folder)
    assert found[0].startswith("kiosk.toml, panel.toml (both are on this box): pin 4 is used by")
    assert "button DEP and key next of counter 05" in found[0]
    (folder / "role").write_text("kiosk\n")
    load_settings(folder)
