"""What is installed on a box: understood by the system, and exposed no more than it must be."""

from __future__ import annotations

import configparser
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from hub.roles import UNITS as UNITS_OF

SYSTEMD = Path(__file__).parents[1] / "systemd"
UNITS = sorted(SYSTEMD.glob("*.service"))
TIMERS = sorted(SYSTEMD.glob("*.timer"))
#: systemd's own exposure score, 0 (none) to 10.
HUB_MOST, DEVICE_MOST = 1.5, 2.0
#: Units that serve for ever, and whether systemd hears their heart.
PROCESSES = {"hub", "kiosk", "panel", "printer"}
SCREENS = {"display", "touch"}
ANALYZE, NFT = shutil.which("systemd-analyze"), shutil.which("nft", path="/usr/sbin:/sbin:/usr/bin:/bin")
needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="no systemd-analyze on this machine")
each_unit = pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)


def named(names: set[str]) -> list[Path]:
    return [SYSTEMD / f"mbote-{name}.service" for name in sorted(names)]


def said(unit: Path) -> dict[str, list[str]]:
    """Every line of a unit: key → its values, in order."""
    found: dict[str, list[str]] = {}
    for line in unit.read_text("utf-8").splitlines():
        if "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def test_there_is_a_unit_for_each_process_and_each_screen():
    there = {unit.stem.removeprefix("mbote-") for unit in UNITS}
    assert PROCESSES | SCREENS | {"firewall"} <= there


@needs_systemd
@each_unit
def test_exposure_stays_under_its_limit(unit):
    told = subprocess.run([ANALYZE, "security", "--offline=true", unit], capture_output=True, text=True, check=False)
    score = float(re.search(r"exposure level for \S+: ([\d.]+)", told.stdout + told.stderr)[1])
    assert score <= (HUB_MOST if "hub" in unit.name else DEVICE_MOST)


@needs_systemd
@pytest.mark.parametrize("unit", [*UNITS, *TIMERS], ids=lambda unit: unit.name)
def test_systemd_understands_every_word(unit, tmp_path):
    """Only the programs are missing here: they are put in the place of what the package installs."""
    program = tmp_path / "mbote"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    programs = re.compile(r"^(Exec\w+=)/(?:usr/bin/mbote|usr/sbin/nft|opt/mbote/\S+)", re.MULTILINE)
    for each in (*UNITS, *TIMERS):
        (tmp_path / each.name).write_text(programs.sub(rf"\1{program}", each.read_text("utf-8")))
    told = subprocess.run([ANALYZE, "verify", tmp_path / unit.name], capture_output=True, text=True, check=False)
    assert [line for line in told.stderr.splitlines() if "mbote" in line] == []
    assert told.returncode == 0, told.stderr


def test_the_check_of_words_finds_a_wrong_one(tmp_path):
    if ANALYZE is None:
        pytest.skip("no systemd-analyze on this machine")
    (tmp_path / "mbote-wrong.service").write_text("[Service]\nExecStart=/bin/true\nRestrat=always\n")
    told = subprocess.run(
        [ANALYZE, "verify", tmp_path / "mbote-wrong.service"], capture_output=True, text=True, check=False
    )
    assert "mbote-wrong.service:3: Unknown key" in told.stderr


@pytest.mark.parametrize("unit", named(PROCESSES | SCREENS), ids=lambda unit: unit.stem)
def test_a_process_that_dies_is_always_started_again(unit):
    words = said(unit)
    assert (words["Restart"], words["StartLimitIntervalSec"]) == (["always"], ["0"])


@pytest.mark.parametrize("unit", named(PROCESSES), ids=lambda unit: unit.stem)
def test_a_process_that_hangs_is_started_again_too(unit):
    words = said(unit)
    assert words["Type"] == ["notify"]
    assert 0 < int(words["WatchdogSec"][0]) <= 60
    name = unit.stem.removeprefix("mbote-")
    assert words["ExecStart"] == [f"/usr/bin/mbote {name} --config /etc/mbote"]


def test_the_centre_s_receiver_is_started_again_and_runs_nowhere_by_itself():
    words = said(SYSTEMD / "mbote-centre.service")
    assert (words["Restart"], words["StartLimitIntervalSec"], words["Type"]) == (["always"], ["0"], ["notify"])
    assert 0 < int(words["WatchdogSec"][0]) <= 60
    assert words["ConditionPathExists"] == ["/var/lib/mbote-centre/agencies.toml"]
    assert "HOW=--by-hand" in words["Environment"][0], "nothing is integrated that nobody asked to be"
    assert all("mbote-centre.service" not in units for units in UNITS_OF.values()), "no role of a box"


@each_unit
def test_no_unit_leaves_what_people_said_in_a_core_on_the_card(unit):
    words = said(unit)
    assert words.get("LimitCORE", ["0"]) == ["0"]
    assert words.get("WatchdogSignal", ["SIGKILL"]) == ["SIGKILL"] or "WatchdogSec" not in words


@pytest.mark.parametrize("unit", named(SCREENS), ids=lambda unit: unit.stem)
def test_a_screen_is_a_browser_without_a_way_out_whose_profile_is_memory(unit):
    words = said(unit)
    assert words["RuntimeDirectory"] == [unit.stem]
    assert not words.keys() & {"StateDirectory", "CacheDirectory"}
    assert words["Conflicts"] == ["getty@tty1.service"], "no login prompt under the screen"
    browser = (SYSTEMD / "screen").read_text()
    for flag in ("--kiosk", "--user-data-dir=$RUNTIME_DIRECTORY/", "--autoplay-policy=no-user-gesture-required"):
        assert flag in browser
    assert "--no-sandbox" not in browser


def test_every_user_and_group_that_a_unit_names_is_made():
    made = set(re.findall(r"^[ug] (\S+)", (SYSTEMD / "mbote.sysusers").read_text(), re.MULTILINE))
    debian = {"lp", "dialout", "input", "root"}
    for unit in UNITS:
        words = said(unit)
        named_there = {*words.get("User", []), *(" ".join(words.get("SupplementaryGroups", []))).split()}
        assert named_there <= made | debian, unit.name


def test_every_folder_for_a_token_is_made_and_is_its_user_s_alone():
    rows = re.findall(r"^d (\S+) +(\d+) +(\S+)", (SYSTEMD / "mbote.tmpfiles").read_text(), re.MULTILINE)
    assert {"/var/lib/mbote", "/var/lib/mbote-kiosk", "/var/lib/mbote-panel"} <= {path for path, _, _ in rows}
    assert {(mode, Path(path).name == owner) for path, mode, owner in rows} == {("0700", True)}


@pytest.mark.skipif(NFT is None, reason="no nft on this machine")
@pytest.mark.parametrize(("word", "well"), [("", True), ("tcp dport 8080 accpt\n", False)], ids=["whole", "mistyped"])
def test_nft_understands_the_firewall(tmp_path, word, well):
    rules = tmp_path / "firewall.nft"
    rules.write_text((SYSTEMD / "firewall.nft").read_text().replace("# OPEN", word))
    checked = subprocess.run([NFT, "-c", "-f", rules], capture_output=True, text=True, check=False)
    if "Operation not permitted" in checked.stderr:
        pytest.skip("only root may ask nft")
    assert (checked.returncode == 0) is well, checked.stderr


def test_a_closed_door_is_the_rule_of_the_firewall():
    text = (SYSTEMD / "firewall.nft").read_text()
    assert text.count("policy drop") == 2
    assert "dport 22" not in text


def test_a_public_box_takes_no_stick_and_no_new_keyboard():
    """How the kernel and udev act on these words was tried in a machine: docs/technician.md."""
    rules = (SYSTEMD / "mbote.rules").read_text()
    guarded = rules.partition('TEST!="/etc/mbote/public", GOTO="mbote_end"')[2]
    assert 'ATTR{bInterfaceClass}=="08", ATTR{authorized}="0"' in guarded
    assert re.search(
        r'ATTR\{bInterfaceClass\}=="03", ATTRS\{idVendor\}=="\?\*", PROGRAM!=.+ATTR\{authorized\}="0"', guarded
    )
    assert len(re.findall('GOTO="mbote_end"', rules)) == 5
    assert rules.rstrip().endswith('LABEL="mbote_end"')


def test_the_browser_s_policies_are_json_and_close_its_doors():
    policies = json.loads((SYSTEMD / "mbote.policies").read_text())
    assert policies["DeveloperToolsAvailability"] == 2
    assert "file://*" in policies["URLBlocklist"]


@each_unit
def test_a_unit_says_what_it_is_and_where_to_read(unit):
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read(unit, "utf-8")
    assert parser["Unit"]["Description"].startswith("Mbote ")
    assert parser["Unit"]["Documentation"] == "file:///usr/share/doc/mbote/technician.md"
    assert parser.has_option("Install", "WantedBy") or unit.with_suffix(".timer").exists()


def test_the_drill_runs_every_week_also_where_the_box_was_off():
    timer = (SYSTEMD / "mbote-drill.timer").read_text("utf-8")
    assert "OnCalendar=Wed 12:30" in timer
    assert "Persistent=true" in timer
