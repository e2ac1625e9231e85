"""A box becomes what it is for: files, doors, users and units, with a systemd that takes notes."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from hardware.printer_emulator import PrinterEmulator
from hub.agents import store as agents
from hub.agents.actions import sign_in
from hub.ask import Actor, Ask
from hub.bench.rig import free_port
from hub.configuration import new_agency
from hub.errors import ConfigurationFault
from hub.installation.box import Box
from hub.installation.place import Place
from hub.installation.setup import Wishes, firewall, input_devices, set_up
from hub.rooms import open_hub
from hub.settings import FollowUp
from hub.settings_files import load_settings

pytestmark = pytest.mark.slow  # real files and processes

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "t0k3n-of-a-device-x_y-0123456789"
HUB = "http://192.168.1.10:8080"


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A box on which a version is laid, and nothing is set up."""
    root = tmp_path / "box"
    version = root / "opt" / "mbote" / "1.0.0"
    version.mkdir(parents=True)
    shutil.copytree(ROOT / "systemd", version / "systemd")
    (version.parent / "current").symlink_to("1.0.0")
    for folder in ("mbote", "mbote-kiosk", "mbote-panel"):
        (root / "var" / "lib" / folder).mkdir(parents=True)
    tools = root / "tools"
    tools.mkdir()
    (tools / "systemctl").write_text(f'#!/bin/sh\necho "$@" >>{root}/asked\n')
    (tools / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", str(tools), prepend=os.pathsep)
    return root


def asked(root: Path) -> list[str]:
    return (root / "asked").read_text().splitlines()


def test_a_hub_and_its_own_kiosk_are_running_and_paired(root):
    said = list(set_up(root, Wishes(("hub", "kiosk"))))
    config = root / "etc" / "mbote"
    settings = load_settings(config)
    assert settings.path(settings.hub.data) == root / "var" / "lib" / "mbote"
    assert settings.hub.host == "0.0.0.0"  # noqa: S104 (read, not bound; the firewall says who may come)
    assert (config / "role").read_text() == "hub kiosk\n"
    assert "K1 is paired with this hub" in said
    token = root / "var" / "lib" / "mbote-kiosk" / "kiosk.token"
    assert stat.S_IMODE(token.stat().st_mode) == 0o600
    for unit in ("mbote-firewall", "mbote-trial", "mbote-hub", "mbote-kiosk"):
        assert f"enable {unit}.service" in asked(root)
    assert asked(root).index("restart mbote-hub.service") < asked(root).index("restart mbote-kiosk.service")


def test_what_is_set_up_twice_is_paired_once(root):
    list(set_up(root, Wishes(("hub", "kiosk"))))
    token = (root / "var" / "lib" / "mbote-kiosk" / "kiosk.token").read_text()
    said = list(set_up(root, Wishes(("hub", "kiosk"))))
    assert (root / "var" / "lib" / "mbote-kiosk" / "kiosk.token").read_text() == token
    assert not any("paired" in line for line in said)


def test_a_new_hub_has_one_administrator_whose_code_is_said_once_and_no_secret(root):
    said = list(set_up(root, Wishes(("hub",), admin="00007A")))
    (line,) = [each for each in said if "administrator" in each]
    code = re.search(r"00007A is the administrator: ([A-Z]{4}-\d{4}) ", line)[1]
    assert not any("administrator" in each for each in set_up(root, Wishes(("hub",))))
    hub = open_hub(load_settings(root / "etc" / "mbote"))
    assert [(each.code, each.roles) for each in agents.agents(hub.reader)] == [("00007A", {"admin"})]
    assert sign_in(hub, Ask(Actor()), code="00007A", secret=code)["must_choose"]
    hub.store.close()


def test_where_there_is_a_ticket_printer_the_code_comes_out_of_it_and_is_on_no_terminal(root, tmp_path):
    config = root / "etc" / "mbote"
    new_agency(config)
    printer = PrinterEmulator(free_port(), tmp_path / "printer.sock").open()
    wire = f'{{kind = "tcp", host = "127.0.0.1", port = {printer.port}}}'
    (config / "local.toml").write_text(f"kiosk = {{printer = {wire}}}\n")
    said = list(set_up(root, Wishes(("hub", "kiosk"))))
    assert "00001A is the administrator: the code for the first sign-in came out of the ticket printer" in said
    assert not any(re.search(r"[A-Z]{4}-\d{4}", line) for line in said)
    (paper,) = printer.slips
    assert re.search(r"[A-Z]{4}-\d{4}", str(paper))
    printer.close()


def test_a_kiosk_elsewhere_is_told_its_hub_and_its_token(root):
    list(set_up(root, Wishes(("kiosk",), hub=HUB, name="K2", token=TOKEN)))
    settings = load_settings(root / "etc" / "mbote")
    assert (settings.kiosk.hub, settings.kiosk.name) == (HUB, "K2")
    assert settings.path(settings.kiosk.token).read_text().strip() == TOKEN


def test_a_screen_opens_the_board_of_its_hub_and_may_speak_to_nobody_else(root):
    list(set_up(root, Wishes(("display",), hub=HUB, token=TOKEN)))
    address = root / "etc" / "mbote" / "display.address"
    assert address.read_text() == f"{HUB}/display#{TOKEN}\n"
    assert stat.S_IMODE(address.stat().st_mode) == 0o600
    reach = root / "etc" / "systemd" / "system" / "mbote-display.service.d" / "hub.conf"
    assert reach.read_text() == "[Service]\nIPAddressAllow=192.168.1.10\n"


def test_what_is_special_to_the_box_stays_beside_the_agency_s_files(root):
    config = root / "etc" / "mbote"
    shutil.copytree(ROOT / "config", config)
    (config / "local.toml").write_text("[hub]\nport = 8123\n")
    before = {each.name: each.read_bytes() for each in config.glob("*.toml") if each.name != "local.toml"}
    list(set_up(root, Wishes(("hub",))))
    assert {name: (config / name).read_bytes() for name in before} == before
    assert load_settings(config).hub.port == 8123


def test_units_are_links_through_the_version_that_runs(root):
    list(set_up(root, Wishes(("hub",))))
    unit = root / "etc" / "systemd" / "system" / "mbote-hub.service"
    assert unit.readlink() == Path("/opt/mbote/current/systemd/mbote-hub.service")
    assert (root / "etc" / "sysusers.d" / "mbote.conf").readlink().name == "mbote.sysusers"
    assert {link.name for link, _ in Box(Place(root)).place.links()} >= {
        "60-mbote.rules",
        "mbote.json",
        "60-mbote.conf",
    }


# --- doors

GUESTS = FollowUp(host="192.168.50.1", guests="eth0.50")


def test_guests_have_a_chain_of_their_own_that_ends_in_drop_and_comes_first():
    rules = firewall((ROOT / "systemd" / "firewall.nft").read_text(), (8080,), guests=GUESTS)
    chain = re.search(r"chain guests \{(.*?)\n    \}", rules, re.DOTALL)[1].strip().splitlines()
    assert [line.strip() for line in chain] == [
        "meta nfproto != ipv4 drop",
        "ct state established accept",
        "ip daddr != 192.168.50.1 drop",
        "tcp dport 8085 ct state new update @knocking { ip saddr limit rate over 5/second burst 20 packets } drop",
        "tcp dport 8085 ct state new accept",
        "drop",
    ]
    hook = re.search(r"chain input \{(.*?)\n    \}", rules, re.DOTALL)[1]
    assert hook.index('iifname "eth0.50" jump guests') < hook.index("accept")
    assert "8085" not in hook
    plain = firewall((ROOT / "systemd" / "firewall.nft").read_text(), (8080,), guests=FollowUp())
    assert "8085" not in plain
    assert "jump" not in plain


def test_a_hub_opens_its_port_and_a_device_opens_nothing(root):
    list(set_up(root, Wishes(("hub",), ssh_from="192.168.1.0/24")))
    rules = (root / "etc" / "mbote" / "firewall.nft").read_text()
    assert "tcp dport 8080 ip saddr @near accept" in rules
    assert "tcp dport 22 ip saddr 192.168.1.0/24 accept" in rules
    list(set_up(root, Wishes(("kiosk",), hub=HUB, token=TOKEN)))
    assert "dport" not in (root / "etc" / "mbote" / "firewall.nft").read_text().replace("udp dport 68", "")


@pytest.mark.parametrize(("ports", "ssh", "guests"), [
    ((), "", None), ((8080,), "", None), ((8080, 443), "10.1.0.0/16", None), ((8080,), "", GUESTS),
    ((8080,), "", FollowUp(host="192.168.50.1")),
])  # fmt: skip
def test_nft_understands_every_box_s_rules(tmp_path, ports, ssh, guests):
    if not (nft := shutil.which("nft", path="/usr/sbin:/usr/bin")) or os.geteuid():
        pytest.skip("only root may ask nft, where it is")
    (tmp_path / "rules").write_text(firewall((ROOT / "systemd" / "firewall.nft").read_text(), ports, ssh, guests))
    checked = subprocess.run([nft, "-c", "-f", tmp_path / "rules"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


def test_a_box_among_people_knows_what_was_plugged_in_when_it_was_set_up(root, tmp_path, monkeypatch):
    usb = tmp_path / "usb"
    for name, kind in (("1-1:1.0", "03"), ("1-2:1.0", "08")):
        (usb / name).mkdir(parents=True)
        (usb / name / "bInterfaceClass").write_text(f"{kind}\n")
        device = usb / name.partition(":")[0]
        device.mkdir()
        (device / "idVendor").write_text("0eef\n")
        (device / "idProduct").write_text("0001\n")
    assert input_devices(usb) == {"0eef:0001"}
    monkeypatch.setattr("hub.installation.setup.input_devices", lambda: input_devices(usb))
    list(set_up(root, Wishes(("kiosk",), hub=HUB, token=TOKEN)))
    assert (root / "etc" / "mbote" / "public").read_text() == "0eef:0001\n"
    list(set_up(root, Wishes(("hub",))))
    assert not (root / "etc" / "mbote" / "public").exists(), "the hub's box is locked away: sticks are welcome"


# --- mistakes


@pytest.mark.parametrize(
    ("wishes", "sentence"),
    [
        (Wishes(("kiosk",)), "--hub is needed"),
        (Wishes(("kiosk",), hub="http://127.0.0.1:9"), "does not answer"),
        (Wishes(("kiosk",), hub="192.168.1.10", token=TOKEN), "should be an address such as"),
        (Wishes(("kiosk",), hub="https://192.168.1.10", token=TOKEN), "--pin is needed"),
        (Wishes(("kiosk",), hub="https://127.0.0.1:9", token=TOKEN, pin="AAAA"), "no hub answers there by TLS"),
        (Wishes(("kiosk",), hub=HUB, token="abc"), "at least 20 letters"),
        (Wishes(("kiosk", "panel"), hub=HUB, token=TOKEN), "one role at a time"),
        (Wishes(("hub",), ssh_from="anywhere"), "--ssh-from anywhere"),
    ],
)
def test_a_mistake_is_told_before_anything_is_changed(root, wishes, sentence):
    with pytest.raises(ConfigurationFault, match=sentence):
        list(set_up(root, wishes))
    assert not (root / "etc").exists()
    assert not (root / "asked").exists()
