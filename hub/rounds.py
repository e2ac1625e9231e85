"""The doctor's rounds among what runs: units, the line to the hub, tokens, owners, the day, what devices report.

A fault has one cause and a hundred looks. These checks ask for the cause where it can be seen: of systemd,
of the hub's own door, of the kernel's list of locks. Nothing is waited for longer than `PATIENCE_S`.
"""

from __future__ import annotations

import pwd
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from http.client import HTTPException
from pathlib import Path
from ssl import SSLError
from typing import Any

from hardware.button import closed_now
from hub.errors import MboteError
from hub.finding import Finding, State
from hub.local_socket import ask_door
from hub.pin import line_to
from hub.roles import roles_in, units_in
from hub.settings import Settings

PATIENCE_S = 2.0
HEALTHY, UNKNOWN_TOKEN = 200, 401
#: Somebody is there who does not answer in HTTP, or not in time.
SILENT = 0
SOUND_CARDS = Path("/proc/asound/cards")
LOCKS = Path("/proc/locks")
#: It ends at once where no place is configured; that there are no backups is a finding of its own.
BACKUP = "mbote-backup.service"
#: The user of each role's process (mbote.sysusers).
HUB_USER = "mbote"
#: What a device reports of a part → how grave it is, and what a person does about it.
CARE: dict[str, tuple[State, str]] = {
    "stuck": ("fault", "free it: look for a poster or a finger of metal on it, then for a short circuit of its wire"),
    "paper_out": ("fault", "put in a new roll"),
    "cover_open": ("fault", "close the cover"),
    "near_end": ("warning", "have a new roll at hand"),
    "offline": ("fault", "check its power and cable"),
    "unknown": ("warning", "switch it off and on"),
    "not_taken": ("warning", "its paper came out and its ticket is not recorded: reception gives another one"),
}


def units(settings: Settings) -> Iterator[Finding]:
    """Whether what this box is for runs, where systemd runs it."""
    if not (command := shutil.which("systemctl")):
        return
    wanted = units_in(settings.folder)
    states = _said([command, "is-active", *wanted]).split() if wanted else []
    if len(states) != len(wanted):
        yield Finding("service", "warning", "systemd does not say what runs", "ask it: systemctl list-units 'mbote*'")
        return
    for unit, state in zip(wanted, states, strict=True):
        if state == "active":
            yield Finding("service", "ok", f"{unit} runs")
        elif unit == BACKUP and state == "inactive":
            yield Finding("service", "ok", f"{unit}: nothing is configured to be copied")
        else:
            do = f"systemctl restart {unit}; if it does not stay: journalctl -u {unit} -n 20 says why"
            yield Finding("service", "fault", f"{unit} does not run ({state})", do)


def _said(command: list[str]) -> str:
    with suppress(OSError, subprocess.SubprocessError):
        told = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)  # noqa: S603
        return told.stdout.strip()
    return ""


# --- the hub's folder --------------------------------------------------------------------------


def owner(settings: Settings) -> Iterator[Finding]:
    """Whether the hub may write all of its own files: one that root has touched stops it."""
    folder = settings.path(settings.hub.data)
    if not folder.is_dir():
        return
    whose = folder.stat().st_uid
    if "hub" in roles_in(settings.folder) and (user := _user_id(HUB_USER)) is not None and whose != user:
        yield _belongs(folder, whose, HUB_USER, folder)
        return
    for each in sorted(folder.rglob("*")):
        with suppress(FileNotFoundError):  # gone meanwhile
            if each.lstat().st_uid != whose:
                yield _belongs(each, each.lstat().st_uid, _user_name(whose), folder)
                return
    yield Finding("owner", "ok", f"{folder} and all in it belong to {_user_name(whose)}")


def _belongs(path: Path, found: int, wanted: str, folder: Path) -> Finding:
    do = f"stop the hub, chown -R {wanted}: {folder}, start it again"
    return Finding("owner", "fault", f"{path} belongs to {_user_name(found)}, the hub runs as {wanted}", do)


def _user_id(name: str) -> int | None:
    with suppress(KeyError):
        return pwd.getpwnam(name).pw_uid
    return None


def _user_name(number: int) -> str:
    with suppress(KeyError):
        return pwd.getpwuid(number).pw_name
    return f"user {number}"


def holder(lock: Path) -> int | None:
    """The process that holds a data folder, asked of the kernel; None when nobody does."""
    try:
        inode = f":{lock.stat().st_ino}"
        rows = (line.split() for line in LOCKS.read_text().splitlines())
        return next((int(row[4]) for row in rows if "->" not in row and row[5].endswith(inode)), None)
    except (OSError, IndexError, ValueError):
        return None


def second_hub(settings: Settings) -> Iterator[Finding]:
    """A process that holds the data and does not answer keeps the hub from starting."""
    data = settings.path(settings.hub.data)
    process = holder(data / "lock")
    if process is None or status_at(f"http://{_here(settings)}", "/healthz") is not None:
        return  # whoever answers, well or not, has a finding of its own
    name = ""
    with suppress(OSError):
        name = Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    found = f"process {process} ({name[:80]}) holds {data}, and no hub answers at {_here(settings)}"
    yield Finding("second hub", "fault", found, f"stop it (kill {process}), then: systemctl restart mbote-hub")


def _here(settings: Settings) -> str:
    host = settings.hub.host if settings.hub.host not in ("0.0.0.0", "::") else "127.0.0.1"  # noqa: S104 (read, not bound)
    return f"{host}:{settings.hub.port}"


# --- the line to the hub -----------------------------------------------------------------------


def line(settings: Settings) -> Iterator[Finding]:
    """Whether kiosk, panels and printers reach their hub, and whether it knows them."""
    heard: dict[str, int | None] = {}
    for kind, device in (("kiosk", settings.kiosk), ("panel", settings.panel), ("printer", settings.printing)):
        if not _is_here(settings, kind):
            continue
        path = settings.path(device.token)
        try:
            token = path.read_text("ascii").strip()
        except (OSError, ValueError):
            token = ""
        authority = settings.path(device.authority)
        try:
            heard.setdefault(device.hub, status_at(device.hub, "/healthz", authority=authority))
        except OSError as error:
            found = f"whoever answers at {device.hub} is not the hub that {authority} knows: {error}"
            yield Finding("hub", "fault", found, f"mbote setup {kind} again, with the --pin that mbote pair prints")
            continue
        if heard[device.hub] != HEALTHY:
            yield from _no_hub(settings, kind, device.hub)
        elif token and status_at(device.hub, "/api/v1/board", token, authority) == UNKNOWN_TOKEN:
            do = f"on the hub's box: mbote pair {kind} {device.name}, and put what it prints into {path}"
            yield Finding("token", "fault", f"the hub at {device.hub} does not know {device.name}: revoked", do)
        else:
            yield Finding("hub", "ok", f"{device.name} reaches {device.hub}")


def _is_here(settings: Settings, kind: str) -> bool:
    """Whether that device is on this box; a box without roles may be anything that is configured."""
    roles = roles_in(settings.folder)
    file = {"printer": "printers.toml"}.get(kind, f"{kind}.toml")
    return kind in roles if roles else (settings.folder / file).exists()


def _no_hub(settings: Settings, kind: str, address: str) -> Iterator[Finding]:
    """Said once where the hub is elsewhere; on its own box the hub's own finding says it."""
    if kind in roles_in(settings.folder) and "hub" not in roles_in(settings.folder):
        do = f"is the hub on, is the cable in at both ends, is the address right ({kind}.toml [{kind}] hub)?"
        yield Finding("hub", "fault", f"no hub answers at {address}", do)


def status_at(address: str, path: str, token: str = "", authority: Path | None = None) -> int | None:
    """The status of an answer; SILENT when somebody is there who does not give one, None when nobody is.

    Raises SSLError for one who is there and is not the hub of that authority, OSError where its file cannot be read.
    """
    with closing(line_to(address, PATIENCE_S, authority)) as asked:
        try:
            asked.connect()
        except SSLError:
            raise
        except OSError:
            return None
        try:
            asked.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
            return asked.getresponse().status
        except (OSError, HTTPException):
            return SILENT


# --- what the hub has heard --------------------------------------------------------------------


def day(settings: Settings) -> Iterator[Finding]:
    """Whether tickets are given at all."""
    status = _asked(settings, "status")
    if status is None:
        return
    if status.get("day"):
        yield Finding("day", "ok", f"open: {status['day']}, {status.get('waiting', 0)} waiting")
    else:
        do = "mbote day open, or the supervisor's page; by itself with timetable = true in agency.toml [day]"
        yield Finding(
            "day", "warning", "no business day is open: kiosks give numbers of their own, nobody is called", do
        )


def devices(settings: Settings) -> Iterator[Finding]:
    """What kiosks and panels have reported to the hub: the printer's paper, a key held down."""
    answer = _asked(settings, "devices")
    for device in (answer or {}).get("devices", ()):
        for trouble in device["trouble"]:
            part, _, state = trouble.rpartition(" ")
            grave, do = CARE.get(state, ("warning", "look at it"))
            yield Finding("device", grave, f"{device['name']}: {part}: {state}", do)


def _asked(settings: Settings, what: str) -> dict[str, Any] | None:
    """The running hub's answer at its local door; None where it cannot be asked."""
    with suppress(MboteError, OSError):
        return ask_door(settings.path(settings.hub.data), what, {}, PATIENCE_S)
    return None


# --- what is plugged in ------------------------------------------------------------------------


def sound(settings: Settings) -> Iterator[Finding]:
    """Whether the waiting-room screen of this box has something to ring with."""
    if "display" in roles_in(settings.folder):
        yield judge_sound(SOUND_CARDS)


def judge_sound(cards: Path) -> Finding:
    """The kernel's own list."""
    try:
        said = [line for line in cards.read_text().splitlines() if "]:" in line]
    except OSError:
        said = []
    if said:
        return Finding("sound", "ok", said[0].partition("]:")[2].strip())
    do = "plug in the loudspeaker's USB sound, or switch the sound of HDMI on (raspi-config); then restart the box"
    return Finding("sound", "fault", "this box has no sound device: calls are shown and not heard", do)


def held_down(settings: Settings) -> Iterator[Finding]:
    """Buttons that are down while nobody watches them; a kiosk that runs reports its own."""
    for kind, device, used in (
        ("kiosk", settings.kiosk, [b.pin for b in settings.kiosk.buttons]),
        ("panel", settings.panel, [b.pin for place in settings.panel.counters for b in place.buttons]),
    ):
        if device.devices == "real" and used and kind in roles_in(settings.folder) and Path("/dev/gpiochip0").exists():
            yield from judge_levels(kind, closed_now(used))


def judge_levels(kind: str, closed: Iterable[int]) -> Iterator[Finding]:
    """A key that is down before anybody has come is stuck, or its wire touches ground."""
    for pin in closed:
        yield Finding("button", "fault", f"{kind}: the button on pin {pin} is held down", CARE["stuck"][1])


ROUNDS = (units, second_hub, owner, line, day, devices, held_down, sound)
