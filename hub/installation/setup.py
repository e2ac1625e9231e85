"""`mbote setup`: from an installed package to a running, paired role that comes back after every power cut.

What is special to the box goes into `local.toml`, so that the agency's files may be copied from box to
box. A hub's own box pairs its devices by itself; another box is told its token, or shows a code and waits until
an administrator has typed it.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from http.client import HTTPException, HTTPSConnection
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hub.admin_ask import admin_ask
from hub.authority import AUTHORITY, browser_pin, fingerprint
from hub.configuration import as_toml, new_agency
from hub.errors import ConfigurationFault, Refused
from hub.installation.box import ALWAYS, Box
from hub.installation.first import first_administrator
from hub.installation.place import Place
from hub.joining import paired_on_screen
from hub.pin import unbelieving
from hub.roles import ROLE, TOUCH, UNITS
from hub.settings import FollowUp, Settings
from hub.settings_files import LOCAL, load_settings, merged

#: Roles whose boxes stand where the public is: what is plugged into them is refused (mbote.rules).
AMONG_PEOPLE = {"kiosk", "display"}
#: role of a device's process → its table of the settings.
DEVICES = {"kiosk": "kiosk", "panel": "panel", "printer": "printing"}
PUBLIC = "public"
FIREWALL = "firewall.nft"
USB = Path("/sys/bus/usb/devices")
TOKEN = re.compile(r"[A-Za-z0-9_-]{20,}")
PATIENCE_S = 5.0
LONGEST_CERTIFICATE = 10_000
#: USB class of keyboards, mice and touch screens.
INPUT = "03"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What was typed. Empty: as configured, or not wanted."""

    roles: tuple[str, ...]
    hub: str = ""
    name: str = ""
    token: str = ""
    pin: str = ""
    ssh_from: str = ""
    admin: str = ""


def set_up(root: Path, wishes: Wishes) -> Iterator[str]:
    """Do it, telling each step. Raises ConfigurationFault before anything is changed, where that can be seen."""
    box = Box(Place(root))
    wishes = _judged(wishes)
    certificate = believed(wishes.hub, wishes.pin) if wishes.hub.startswith("https:") else b""
    if "hub" not in wishes.roles and not wishes.token:
        wishes = replace(wishes, token=(yield from paired_on_screen(wishes.hub, wishes.roles[0], certificate or None)))
    yield from _configure(box, wishes)
    settings = box.settings()
    (box.place.config / ROLE).write_text(" ".join(wishes.roles) + "\n", "utf-8")
    _guard(box, settings, wishes)
    box.place.link_system()
    _make_users(root)
    yield from _hand_tokens(box, settings, wishes, certificate)
    box.system("daemon-reload")
    for unit in (*ALWAYS, *box.units):
        box.system("enable", unit)
    box.system("restart", ALWAYS[0])
    for unit in box.units:
        box.system("restart", unit)
        yield f"{unit} runs, and starts with the box"
        if unit == UNITS["hub"][0]:
            yield from _pair_own(box, settings, wishes.name)
            yield from first_administrator(box, settings, wishes.admin)


def _judged(wishes: Wishes) -> Wishes:
    problems = []
    if wishes.hub and not urlsplit(wishes.hub).hostname:
        problems.append(f"--hub {wishes.hub}: should be an address such as https://192.168.1.10:8080")
    if wishes.hub.startswith("https:") and not wishes.pin:
        problems.append(
            "--pin is needed: the hub's page /devices shows it, and `mbote pair` prints it (AAAA-BBBB-CCCC-DDDD)"
        )
    if "hub" not in wishes.roles and not wishes.hub:
        problems.append("--hub is needed: this box has to know where the hub is")
    if "hub" not in wishes.roles and len(wishes.roles) > 1:
        problems.append("one role at a time beside the hub: each device has a token of its own")
    if wishes.token and not TOKEN.fullmatch(wishes.token):
        problems.append("--token: what `mbote pair` prints is a word of at least 20 letters, digits, - or _")
    if wishes.ssh_from:
        try:
            ip_network(wishes.ssh_from)
        except ValueError as error:
            problems.append(f"--ssh-from {wishes.ssh_from}: {error}")
    if problems:
        raise ConfigurationFault(problems)
    return wishes


# --- configuration -----------------------------------------------------------------------------


def _configure(box: Box, wishes: Wishes) -> Iterator[str]:
    """The agency's files, written where there are none, and what is special to this box."""
    config = box.place.config
    if not any(config.glob("*.toml")):
        new_agency(config)
        yield f"{config}: a new agency was written; make it yours, or copy the agency's own files there"
    local = config / LOCAL
    said: dict[str, Any] = tomllib.loads(local.read_text("utf-8")) if local.exists() else {}
    here = merged(said, _special(box, wishes))
    local.write_text("".join(f"{name} = {as_toml(value)}\n" for name, value in here.items()), "utf-8")
    load_settings(config)


def _special(box: Box, wishes: Wishes) -> dict[str, Any]:
    """What is said of each role in local.toml. Folders as the box itself sees them."""
    state = box.place.root / "var" / "lib"
    here: dict[str, Any] = {}
    if "hub" in wishes.roles:
        here["hub"] = {"host": "0.0.0.0", "data": str(state / "mbote")}  # noqa: S104 (the firewall says who may come)
    for role, table in DEVICES.items():
        if role in wishes.roles:
            folder = state / f"mbote-{role}"
            here[table] = {"token": str(folder / f"{role}.token"), "authority": str(folder / AUTHORITY.name)}
            here[table] |= {"socket": str(folder / f"{role}.sock")} if role != "printer" else {}
            here[table] |= {"data": str(folder)} if role == "kiosk" else {}
            here[table] |= {"hub": wishes.hub} if wishes.hub else {}
            here[table] |= {"name": wishes.name} if wishes.name else {}
    return here


# --- doors -------------------------------------------------------------------------------------


#: New connections a second of one guest; more are dropped before anything of ours hears of them.
GUEST_PER_S, GUEST_BURST = 5, 20


def firewall(text: str, open_ports: tuple[int, ...], ssh_from: str = "", guests: FollowUp | None = None) -> str:
    """The rules of a box: `text` is the shipped file, in which `# OPEN` stands for what its role needs.

    `guests`: whose interface reaches the page for telephones and nothing else; where it names none, that page is a
    port like the others.
    """
    page = guests if guests and guests.host else None
    if page and not page.guests:
        open_ports = (*open_ports, page.port)
    lines = [f"tcp dport {port} ip saddr @near accept" for port in open_ports]
    if ssh_from:
        lines.append(f"tcp dport 22 ip saddr {ssh_from} accept")
    text = text.replace("# OPEN", "\n        ".join(lines) or "# nothing: this box only asks, and is never asked")
    if not page or not page.guests:
        return text.replace("# GUESTS\n        ", "").replace("# PAGE", "# nobody comes here: there is no such page")
    often = f"{{ ip saddr limit rate over {GUEST_PER_S}/second burst {GUEST_BURST} packets }}"
    rules = (
        "meta nfproto != ipv4 drop",
        "ct state established accept",
        f"ip daddr != {page.host} drop",
        f"tcp dport {page.port} ct state new update @knocking {often} drop",
        f"tcp dport {page.port} ct state new accept",
    )
    text = text.replace("# PAGE", "\n        ".join(rules))
    return text.replace("# GUESTS", f'iifname "{page.guests}" jump guests')


def _guard(box: Box, settings: Settings, wishes: Wishes) -> None:
    """Who may come in by the network, and what by the sockets of the box."""
    config = box.place.config
    shipped = (box.place.versions / "current" / "systemd" / FIREWALL).read_text("utf-8")
    ports = (settings.hub.port,) if "hub" in wishes.roles else ()
    guests = settings.followup if "hub" in wishes.roles else None
    (config / FIREWALL).write_text(firewall(shipped, ports, wishes.ssh_from, guests), "utf-8")
    if AMONG_PEOPLE & set(wishes.roles) and "hub" not in wishes.roles:
        known = "".join(f"{each}\n" for each in sorted(input_devices()))
        (config / PUBLIC).write_text(known, "utf-8")
    else:
        (config / PUBLIC).unlink(missing_ok=True)


def input_devices(usb: Path = USB) -> set[str]:
    """`vendor:product` of each keyboard and touch screen that is plugged in now: these are known for good."""
    found = set()
    for interface in usb.glob("*:*"):
        kind = interface / "bInterfaceClass"
        if kind.is_file() and kind.read_text().strip() == INPUT:
            device = usb / interface.name.partition(":")[0]
            found.add(":".join((device / name).read_text().strip() for name in ("idVendor", "idProduct")))
    return found


def _make_users(root: Path) -> None:
    """The users and folders that systemd makes at a start, made now."""
    for command in (["systemd-sysusers"], ["systemd-tmpfiles", "--create"], ["udevadm", "control", "--reload"]):
        if shutil.which(command[0]) and root == Path("/"):
            subprocess.run(command, capture_output=True, check=False)  # noqa: S603 (fixed commands of the system)


# --- tokens ------------------------------------------------------------------------------------


def believed(hub: str, pin: str) -> bytes:
    """The certificate of the authority of the hub at an address, whose key is the one that people read out.

    Raises ConfigurationFault where nobody answers, or somebody with another key.
    """
    at = urlsplit(hub)
    with closing(HTTPSConnection(at.hostname or "", at.port, timeout=PATIENCE_S, context=unbelieving())) as line:
        try:
            line.request("GET", "/authority.pem")
            certificate = line.getresponse().read(LONGEST_CERTIFICATE)
            found = fingerprint(certificate)
        except (OSError, HTTPException, ValueError, AssertionError) as error:
            raise ConfigurationFault([f"--hub {hub}: no hub answers there by TLS: {error}"]) from error
    if found.replace("-", "") != pin.upper().replace("-", "").replace(" ", ""):
        raise ConfigurationFault([f"--pin {pin}: whoever answers at {hub} has the key {found}: is it the right hub?"])
    return certificate


def _hand_tokens(box: Box, settings: Settings, wishes: Wishes, certificate: bytes) -> Iterator[str]:
    """The token that was typed, where its process reads it and nobody else, and the hub's key that it believes."""
    role = wishes.roles[0]
    if certificate and role in DEVICES:
        path = settings.path(getattr(settings, DEVICES[role]).authority)
        write_secret(path, certificate.decode("ascii").rstrip("\n"), f"mbote-{role}")
        yield f"{path}: the key of the hub"
    if wishes.token and role in DEVICES:
        path = settings.path(getattr(settings, DEVICES[role]).token)
        write_secret(path, wishes.token, f"mbote-{role}")
        yield f"{path}: the token of this {role}"
    if wishes.token and role == "display":
        address = f"{wishes.hub.rstrip('/')}/display#{wishes.token}"
        address += f"\n{browser_pin(certificate)}" if certificate else ""
        write_secret(box.place.config / "display.address", address, "mbote-screen")
        _reach(box, wishes.hub)
        yield "the screen opens the board of this hub"
    if "kiosk" in wishes.roles and settings.kiosk.screen_port and shutil.which("cage"):
        write_secret(box.place.config / TOUCH, f"http://127.0.0.1:{settings.kiosk.screen_port}/", "mbote-screen")


def _reach(box: Box, hub: str) -> None:
    """The screen's browser may speak to the hub, and to nobody else."""
    host = urlsplit(hub).hostname or ""
    try:
        allowed = str(ip_address(host))
    except ValueError:
        allowed = "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16"  # a name: only its network is known
    folder = box.place.root / "etc" / "systemd" / "system" / "mbote-display.service.d"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "hub.conf").write_text(f"[Service]\nIPAddressAllow={allowed}\n", "utf-8")


def _pair_own(box: Box, settings: Settings, screen: str) -> Iterator[str]:
    """Devices on the hub's own box are made known to it, once."""
    screen = screen or next((each.name for each in settings.displays), "SALLE")
    address = box.place.config / "display.address"
    own = [("display", screen, address, "mbote-screen")]
    for role, table in DEVICES.items():
        device = getattr(settings, table)
        own.append((role, device.name, settings.path(device.token), f"mbote-{role}"))
    for role, name, path, owner in own:
        if role not in box.roles or path.exists():
            continue
        held = [each.counter for each in settings.panel.counters] if role == "panel" else []
        try:
            token = admin_ask(settings, "pair", kind=role, name=name, counters=held)["token"]
        except Refused as refused:
            raise ConfigurationFault([f"{name} cannot be paired: {refused}"]) from refused
        secret = f"http://127.0.0.1:{settings.hub.port}/display#{token}" if role == "display" else token
        write_secret(path, secret, owner)
        yield f"{name} is paired with this hub"


def write_secret(path: Path, secret: str, owner: str) -> None:
    """Write what only one user may read; never there for others, not for a moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"{secret}\n")
    try:
        entry = pwd.getpwnam(owner)
    except KeyError:
        return  # a box without that user: root keeps it
    os.chown(path, entry.pw_uid, entry.pw_gid)
