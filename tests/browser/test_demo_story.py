"""`mbote demo`, as somebody sees it who has just cloned it: one press, one paper, one call, everywhere.

The agency page in a real Chromium; the processes are the product's own, the metal behind them is simulated.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from hub.bench.rig import free_port
from hub.demo.processes import ROOT
from tests.patience import patience
from tests.windows import windows

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SOON_MS = 10_000
#: Longer than a finger rests on a button of the page (agency.js).
HELD_UP_S = 0.25


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """`./mbote demo`, until the stories are told; what it wrote into demo.json."""
    folder, port = tmp_path_factory.mktemp("demo"), free_port()
    command = [str(ROOT / "mbote"), "demo", "--port", str(port), "--data", str(folder), "--no-open"]
    environment = os.environ | {"MBOTE_PARENT": str(os.getpid())}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == f"ready http://127.0.0.1:{port}/\n"
        yield json.loads((folder / "demo.json").read_text("utf-8")) | {"folder": folder}
        process.send_signal(signal.SIGINT)
        assert process.wait(patience(15)) == 0


@pytest.fixture
def hall(chromium, demo):
    """The agency page; its console must stay empty."""
    sounds = []
    with windows(chromium) as opened:
        page = opened.open(viewport={"width": 1600, "height": 1400})
        page.set_default_timeout(patience(SOON_MS))
        page.on("response", lambda answer: sounds.append(answer.url) if "/sound/" in answer.url and answer.ok else None)
        page.goto(demo["url"])
        page.sounds = sounds
        yield page


def test_what_the_demo_writes_down_lets_a_program_take_part(demo):
    assert set(demo["tokens"]) == {"kiosk", "display", "panel", "api"}
    assert set(demo["pids"]) == {"hub", "kiosk", "panel"}
    assert all(Path(f"/proc/{pid}").exists() for pid in demo["pids"].values())
    seat = {"code", "name", "password", "totp_secret", "roles", "counter"}
    assert all(set(agent) == seat for agent in demo["agents"])
    assert {"00902F", "00733C"} <= {agent["code"] for agent in demo["agents"]}


def held_up(route):
    """A busy machine: the finger's coming is under way for longer than it rests, and would meet its going."""
    if route.request.post_data_json["level"] == 0:
        time.sleep(HELD_UP_S)
    route.continue_()


def test_one_press_one_paper_one_call_everywhere(hall):
    """A visitor comes to hand in documents and is called to counter 05."""
    hall.route("**/demo/touch/kiosk", held_up)
    room, desk = hall.frame_locator(".room iframe"), hall.frame_locator(".desk iframe")
    expect(room.locator("body")).to_have_attribute("data-scene", "quiet")
    expect(desk.locator("body")).to_have_attribute("data-visit", "")

    hall.get_by_role("button", name="Déposer des pièces").click()
    slip = hall.locator(".slip.cut").first
    expect(slip.get_by_text("D001", exact=True)).to_be_visible()
    expect(slip).to_contain_text("Pièce d'identité")
    expect(slip.locator("img")).to_have_count(1)

    panel = hall.locator('.panels [data-counter="05"]')
    # the paper is out a moment before the hub hears of it: then somebody waits
    expect(panel.locator(".number")).to_have_text("1")
    panel.get_by_role("button", name="Suivant").click()
    expect(panel.locator(".number")).to_contain_text("D001")
    expect(panel.locator('[data-name="calling"]')).to_have_class(re.compile(r"\bon\b"))
    expect(desk.locator("body")).to_have_attribute("data-visit-label", "D001")
    expect(desk.locator("#ticket")).to_have_text("D001")
    expect(room.locator("#call .label")).to_have_text("D001")
    expect(room.locator("#call .code")).to_have_text("05")
    rung(hall)


def rung(hall):
    """The room's screen has sounded: its announcement, or the gong where there is no voice yet."""
    room = next(frame for frame in hall.frames if "/display" in frame.url)
    room.wait_for_function("() => JSON.parse(sessionStorage.getItem('mbote.rung') ?? '[]').length === 1")
    end = time.monotonic() + patience(SOON_MS / 1000)
    while not [url for url in hall.sounds if "silence" not in url]:
        assert time.monotonic() < end, "no sound was fetched"
        hall.wait_for_timeout(50)


def test_without_paper_the_touch_screen_shows_the_number(hall):
    """The page's lamp and the kiosk's own screen say what is wrong; the visitor has a number all the same."""
    hall.locator("#fault").select_option("paper_out")
    expect(hall.locator("#printer-lamp")).to_have_attribute("data-state", "paper_out")
    hall.get_by_role("button", name="Écran tactile").click()
    kiosk = hall.frame_locator("#kiosk-screen iframe")
    kiosk.get_by_role("button", name="Me renseigner sur mon dossier").click()
    kiosk.get_by_role("button", name="Prendre").click()
    expect(kiosk.locator(".ticket .label")).to_have_text("A001")
    expect(kiosk.locator(".word.bad")).to_be_visible()
    # the printer is tried until the paper's time is over; then the hub hears that the number was shown
    expect(hall.locator('.panels [data-counter="02"] .number')).to_have_text("1")
    hall.locator("#fault").select_option("")
    expect(hall.locator("#printer-lamp")).to_have_attribute("data-state", "ok")
    expect(hall.locator(".slip.cut")).to_have_count(0)
