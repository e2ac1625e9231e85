"""What works on this box, what does not, and what to do about it.

Each check is a function from the settings to findings; it changes nothing, takes no lock and may run
beside a working hub. What is measured and what that means are apart, so that the meaning is tested.
"""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from display import recordings
from display.voice import trials
from hardware.printer import Printer, Reason
from hub import journal, outbox
from hub.authority import Authority
from hub.backup import drill
from hub.backup.place import Place
from hub.backup.plan import Chain, newest
from hub.backup.word import LATE_MS, Result
from hub.clock import EARLIEST_MS
from hub.configuration import summary
from hub.errors import ConfigurationFault, StoreFault
from hub.finding import Finding, State
from hub.misfits import remarks
from hub.roles import roles_in
from hub.rounds import PATIENCE_S, ROUNDS, SILENT, status_at
from hub.settings import Settings
from hub.settings.devices import Printer as PrinterSettings
from hub.settings_files import load_settings
from hub.sqlite import open_reader
from hub.store import DATABASE, TAIL

MEGABYTE = 1_000_000
NS_PER_MS = 1_000_000
LITTLE_SPACE, NO_SPACE = 1_000 * MEGABYTE, 200 * MEGABYTE
#: A commit takes some of these; above it the queue is felt to be slow.
SLOW_SYNC_MS = 50
#: Beyond this a whole check of the database takes too long on a card.
LARGE_DATABASE = 100 * MEGABYTE
#: Files a little ahead of the clock are no sign of anything.
CLOCK_SLACK_MS = 60_000
#: What happened longer ago than this must be off the box.
BEHIND_MS = 60_000


def examine(folder: Path) -> Iterator[Finding]:
    """Everything, in the order in which things depend on each other; looked at all at once, none waits for another."""
    try:
        settings = load_settings(folder)
    except ConfigurationFault as fault:
        yield from (Finding("configuration", "fault", problem, "correct the file") for problem in fault.problems)
        yield judge_clock(time.time_ns() // NS_PER_MS, 0, synchronised=network_time())
        return
    with ThreadPoolExecutor(len(CHECKS), thread_name_prefix="doctor") as looking:
        for found in looking.map(lambda check: list(check(settings)), CHECKS):
            yield from found


def configuration(settings: Settings) -> Iterator[Finding]:
    """What is configured, and what is probably not meant."""
    yield Finding("configuration", "ok", summary(settings)[0])
    for remark in remarks(settings):
        yield Finding("configuration", "warning", remark, "correct it if it is not meant")


def tokens(settings: Settings) -> Iterator[Finding]:
    """The files with which devices show who they are, where this box has them configured."""
    for kind, file, device in (
        ("kiosk", "kiosk.toml", settings.kiosk),
        ("panel", "panel.toml", settings.panel),
        ("printer", "printers.toml", settings.printing),
    ):
        roles = roles_in(settings.folder)
        if kind in roles if roles else (settings.folder / file).exists():
            path = settings.path(device.token)
            yield judge_token(f"mbote pair {kind} {device.name} --to {path}", path)


def judge_token(command: str, path: Path) -> Finding:
    """A token must be there, nobody else's to read, and not empty."""
    try:
        whole = bool(path.read_text("ascii").strip())
    except FileNotFoundError:
        return Finding("token", "warning", f"{path} is not there", f"if that device is on this box: {command}")
    except (OSError, ValueError) as error:
        return Finding("token", "fault", f"{path} cannot be read: {error}", f"write it anew: {command}")
    if not whole:
        return Finding("token", "fault", f"{path} is empty", f"write it anew: {command}")
    if path.stat().st_mode & 0o077:
        return Finding("token", "warning", f"{path} can be read by others", f"chmod 600 {path}")
    return Finding("token", "ok", path.name)


def data_folder(settings: Settings) -> Iterator[Finding]:
    """Whether what is written is kept: the folder, its disk's honesty and speed, the space left."""
    folder = settings.path(settings.hub.data)
    if not folder.is_dir():
        yield Finding("data folder", "warning", f"{folder} is not there", "the hub makes it at its first start")
        return
    try:
        sync_ms = measure_sync(folder)
    except OSError as error:
        yield Finding("data folder", "fault", f"{folder}: {error.strerror}", "give it to the user that runs the hub")
    else:
        yield judge_sync(folder, sync_ms)
    usage = shutil.disk_usage(folder)
    yield judge_space(folder, usage.free, usage.total)


def measure_sync(folder: Path, times: int = 10) -> float:
    """The median time until 4 KiB are on the disk, in milliseconds. Raises OSError when the disk refuses."""
    taken: list[float] = []
    with tempfile.TemporaryFile(dir=folder, prefix=".doctor-") as probe:
        for _ in range(times):
            start = time.perf_counter()
            os.pwrite(probe.fileno(), os.urandom(4096), 0)
            os.fdatasync(probe.fileno())
            taken.append(1000 * (time.perf_counter() - start))
    return statistics.median(taken)


def judge_sync(folder: Path, sync_ms: float) -> Finding:
    """Slow is not wrong, but everybody waits for it."""
    found = f"{folder}: 4 KiB are on the disk in {sync_ms:.1f} ms"
    if sync_ms > SLOW_SYNC_MS:
        return Finding(
            "data folder", "warning", found, "use a faster card (class A2) or an SSD; look for other writers"
        )
    return Finding("data folder", "ok", found)


def judge_space(folder: Path, free: int, total: int) -> Finding:
    """How much may still be written."""
    found = f"{free // MEGABYTE:,} of {total // MEGABYTE:,} MB free"
    if free < LITTLE_SPACE:
        state: State = "fault" if free < NO_SPACE else "warning"
        return Finding(
            "disk space", state, found, f"free some space on the disk of {folder}: old backups, logs, sounds"
        )
    return Finding("disk space", "ok", found)


def database(settings: Settings) -> Iterator[Finding]:
    """Whether the database opens, is whole, and the end of its journal unaltered."""
    folder = settings.path(settings.hub.data)
    path = folder / DATABASE
    if not path.is_file():
        yield Finding("database", "ok", "none yet")
        return
    yield Finding("database", "ok", "a hub has it open" if is_locked(folder / "lock") else "no hub has it open")
    try:
        with closing(open_reader(path)) as reader:
            yield judge_mode(reader)
            yield from damage(reader, path.stat().st_size)
            yield judge_tail(reader)
    except (StoreFault, sqlite3.Error) as error:
        yield Finding("database", "fault", str(error), RESTORE)


RESTORE = "stop the hub and restore the last backup: mbote restore PLACE --identity KEY --replace"


def is_locked(lock: Path) -> bool:
    """Whether a process holds the data folder; asked of the kernel, so that a starting hub is not disturbed."""
    try:
        inode = f":{lock.stat().st_ino} "
        return any(inode in line for line in Path("/proc/locks").read_text().splitlines())
    except OSError:
        return False


def judge_mode(reader: sqlite3.Connection) -> Finding:
    """Whether a power cut can take back what was acknowledged."""
    mode = reader.execute("PRAGMA journal_mode").fetchone()[0]
    if mode != "wal":
        return Finding("database", "fault", f"journal_mode is {mode}", "start the hub once: it sets wal again")
    return Finding("database", "ok", "journal_mode wal")


def damage(reader: sqlite3.Connection, size: int) -> Iterator[Finding]:
    """What SQLite itself finds wrong."""
    if size > LARGE_DATABASE:
        yield Finding("database", "ok", f"{size // MEGABYTE:,} MB: not read through; `mbote verify` does")
        return
    said = [row[0] for row in reader.execute("PRAGMA quick_check(5)")]
    if said == ["ok"]:
        yield Finding("database", "ok", f"{size // 1000:,} kB, whole")
    else:
        yield from (Finding("database", "fault", each, RESTORE) for each in said)


def judge_tail(reader: sqlite3.Connection) -> Finding:
    """Whether the last entries of the journal are as they were written."""
    last, _ = journal.head(reader)
    broken = list(journal.faults(reader, after=max(0, last - TAIL)))
    if broken:
        return Finding("journal", "fault", broken[0], "call support; `mbote verify` lists everything")
    return Finding("journal", "ok", f"{last:,} entries, the last {min(last, TAIL):,} unaltered")


def backups(settings: Settings) -> Iterator[Finding]:
    """Whether copies leave this box, and whether one of them was ever tried."""
    rules = settings.backup
    if not (rules.places and rules.keys):
        yield Finding("backup", "warning", "none is configured", "write [backup] into agency.toml: docs/technician.md")
        return
    data = settings.path(settings.hub.data)
    tried = {each.place: each for each in drill.results(data)}
    for path in rules.places:
        place = Place(settings.path(path), settings.agency.code)
        yield from in_time(partial(judge_place, place, data, time.time_ns() // NS_PER_MS), str(place.path))
        yield judge_drill(str(place.path), tried.get(str(place.path)), time.time_ns() // NS_PER_MS)


def in_time(look: Callable[[], Iterable[Finding]], place: str) -> list[Finding]:
    """What is found there; a medium that hangs in the kernel is not waited for."""
    found: list[Finding] = []
    looking = threading.Thread(target=lambda: found.extend(look()), daemon=True)
    looking.start()
    looking.join(PATIENCE_S)
    return list(found) or [
        Finding("backup", "fault", f"{place} does not answer", "pull the medium out and put it back")
    ]


def judge_place(place: Place, data: Path, now_ms: int) -> Iterator[Finding]:
    """How far the copies in a place reach."""
    try:
        if not place.there:
            do = f"plug it in; a new one is made ready with: mbote backup {place.path}"
            yield Finding("backup", "fault", f"{place.path}: the medium is not there, or not prepared", do)
            return
        if place.path.stat().st_dev == data.stat().st_dev:
            yield Finding("backup", "warning", f"{place.path} is on the box's own disk", "use another medium or host")
        found = place.look()
    except OSError as error:
        yield Finding("backup", "fault", f"{place.path}: {error.strerror}", "check the medium, its cable, its owner")
        return
    yield from (
        Finding("backup", "warning", problem, "copy anew: mbote backup PLACE") for problem in found.problems[:3]
    )
    yield judge_reach(str(place.path), newest(found.pieces), last_entry(data / DATABASE), now_ms)


def judge_reach(place: str, chain: Chain | None, last: tuple[int, int], now_ms: int) -> Finding:
    """`last`: the number of the box's last entry, and when it was made."""
    if chain is None:
        return Finding("backup", "fault", f"{place}: no whole copy yet", f"mbote backup {place}")
    seq, at = last
    if seq > chain.end.last and now_ms - at > BEHIND_MS:
        found = f"{place}: {seq - chain.end.last:,} entries are not there"
        return Finding("backup", "fault", found, "is mbote-backup running? systemctl status mbote-backup")
    return Finding("backup", "ok", f"{place}: up to entry {chain.end.last:,}, in {len(chain.pieces)} pieces")


def last_entry(path: Path) -> tuple[int, int]:
    """The number of the journal's last entry and when it was made; (0, 0) where there is none to read."""
    try:
        with closing(open_reader(path)) as reader:
            row = reader.execute("SELECT seq, at FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
            return (row["seq"], row["at"]) if row else (0, 0)
    except (StoreFault, sqlite3.Error):  # the database's own finding says why
        return 0, 0


def judge_drill(place: str, last: Result | None, now_ms: int) -> Finding:
    """A backup that was never restored is a hope."""
    do = "try it: mbote backup --drill (mbote-drill.timer does it every week)"
    if last is None:
        return Finding("drill", "warning", f"{place} was never tried", do)
    days = (now_ms - last.at) // (24 * 3600 * 1000)
    if last.problem:
        return Finding("drill", "fault", f"{place}, {days} days ago: {last.problem}", "copy anew: mbote backup PLACE")
    if now_ms - last.at > LATE_MS:
        return Finding("drill", "warning", f"{place} was last tried {days} days ago", do)
    return Finding("drill", "ok", f"{place}, {days} days ago: {last.entries:,} entries came back in {last.took_s:g} s")


def centre(settings: Settings) -> Iterator[Finding]:
    """Whether what the centre shall hear leaves, and whether it can be heard."""
    where, path = settings.hub.outbox, settings.path(settings.hub.data) / DATABASE
    if not where and not settings.centre.key:
        yield Finding("centre", "ok", "none is configured: messages wait in this hub")
        return
    for name, folder in (("hub.outbox", where), ("centre.inbox", settings.centre.inbox)):
        if folder and "://" not in folder and not settings.path(Path(folder)).is_dir():
            yield Finding("centre", "fault", f"{name}: {folder} is not there", "mount it; the hub never makes it")
    if not settings.centre.key:
        do = "write centre.key in agency.toml: mbote centre key"
        yield Finding("centre", "warning", "its key is not known: no answer is believed", do)
    try:
        with closing(open_reader(path)) as reader:
            oldest, waiting = outbox.oldest_unsent(reader), outbox.counts(reader)
    except (StoreFault, sqlite3.Error):  # none yet, or the database's own finding says why
        return
    yield judge_unsent(oldest, waiting, time.time_ns() // NS_PER_MS, settings.centre.alarm_ms)


def judge_unsent(oldest_ms: int | None, waiting: Mapping[str, int], now_ms: int, alarm_ms: int) -> Finding:
    """What waits is kept; what waits long is known to nobody else."""
    hours = (now_ms - oldest_ms) / 3_600_000 if oldest_ms is not None else 0.0
    left = f", the oldest for {hours:.0f} h" if oldest_ms is not None else ""
    found = f"{waiting['to_send']:,} messages wait to leave{left}; {waiting['refused']:,} refused"
    if hours * 3_600_000 > alarm_ms:
        do = "look at the network or the share (/exchange says why); or carry them: mbote outbox export STICK"
        return Finding("centre", "fault", found, do)
    if waiting["refused"]:
        return Finding("centre", "warning", found, "put them right or send them again on the page /exchange")
    return Finding("centre", "ok", found)


def clock(settings: Settings) -> Iterator[Finding]:
    """Whether the wall clock can be believed."""
    lived = last_lived(settings.path(settings.hub.data) / DATABASE)
    yield judge_clock(time.time_ns() // NS_PER_MS, lived, synchronised=network_time())


def last_lived(path: Path) -> int:
    """The latest wall time among the last entries of the journal; 0 where there is none to read."""
    if not path.is_file():
        return 0
    try:
        with closing(open_reader(path)) as reader:
            recent = "SELECT max(at) FROM (SELECT at FROM journal ORDER BY seq DESC LIMIT ?)"
            return reader.execute(recent, (TAIL,)).fetchone()[0] or 0
    except (StoreFault, sqlite3.Error):  # the database's own finding says why
        return 0


def judge_clock(now_ms: int, lived_ms: int, *, synchronised: bool | None) -> Finding:
    """`lived_ms` is a moment that this box has certainly lived already."""
    found = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now_ms / 1000))
    if now_ms < EARLIEST_MS:
        return Finding(
            "clock",
            "fault",
            f"{found}: it was never set",
            "set it: timedatectl set-time '2026-01-31 07:30'; then: mbote clock --right",
        )
    if now_ms < lived_ms - CLOCK_SLACK_MS:
        return Finding(
            "clock",
            "fault",
            f"{found}: it went back",
            "set it, then: mbote clock --right; look at the battery of the clock",
        )
    if synchronised is False:
        do = "connect the box to a time server, or give it a clock with a battery (RTC)"
        return Finding("clock", "warning", f"{found}, not set by the network", do)
    return Finding("clock", "ok", found)


def network_time() -> bool | None:
    """Whether the network has set the clock; None where the system does not say."""
    if not (command := shutil.which("timedatectl")):
        return None
    try:
        told = subprocess.run(  # noqa: S603 (a fixed command of the system)
            [command, "show", "--property=NTPSynchronized", "--value"],
            capture_output=True, text=True, timeout=PATIENCE_S, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return {"yes": True, "no": False}.get(told.stdout.strip())


#: What a printer says, and what a person does about it.
PRINTER_CARE: dict[Reason, tuple[State, str]] = {
    "near_end": ("warning", "have a new roll at hand"),
    "paper_end": ("fault", "put in a new roll"),
    "cover_open": ("fault", "close the cover"),
    "offline": ("fault", "press the printer's FEED or ONLINE key"),
    "unreachable": ("fault", "check its power, cable and the address in kiosk.toml [kiosk.printer] or printers.toml"),
    "silent": ("warning", "if a kiosk is printing, ask again; else switch it off and on, or set status = false"),
    "garbled": ("warning", "check the cable (serial: the speed); another program may be using the printer"),
    "not_asked": ("ok", ""),
}


def printer(settings: Settings) -> Iterator[Finding]:
    """The kiosk's printer and those at the counters, and their paper, where this box has them configured."""
    roles = roles_in(settings.folder)
    wanted: list[tuple[str, PrinterSettings]] = []
    if (settings.folder / "kiosk.toml").exists() and (not roles or "kiosk" in roles):
        wanted.append(("printer", settings.kiosk.printer))
    if not roles or "printer" in roles:
        wanted += [(f"printer {wired.name}", wired) for wired in settings.printers]
    with ThreadPoolExecutor(max(1, len(wanted)), thread_name_prefix="printer") as asking:
        yield from asking.map(lambda each: _printer(*each), wanted)


def _printer(what: str, wired: PrinterSettings) -> Finding:
    asked = Printer(wired)
    status = asked.status()
    state, do = PRINTER_CARE.get(status.reason, ("ok", "") if status.health == "ok" else ("fault", "see its manual"))
    return Finding(what, state, f"{asked!r}: {status.reason or 'ready'}", do)


def pins(settings: Settings) -> Iterator[Finding]:
    """Whether this box has the pins and number displays that are configured as real."""
    roles = roles_in(settings.folder)
    kiosk, panel = (not roles or role in roles for role in ("kiosk", "panel"))
    wanted = {Path("/dev/gpiochip0"): kiosk and settings.kiosk.buttons and settings.kiosk.devices == "real"}
    if panel and settings.panel.devices == "real":
        for place in settings.panel.counters:
            wanted[Path("/dev/gpiochip0")] = True
            if place.display == "max7219":
                wanted[Path(f"/dev/spidev{place.spi}")] = True
    for device, needed in wanted.items():
        if needed:
            usable = os.access(device, os.R_OK | os.W_OK)
            yield judge_device(device, there=device.exists(), usable=usable, ours=bool(roles))


def judge_device(device: Path, *, there: bool, usable: bool, ours: bool = False) -> Finding:
    """A device file of the Raspberry Pi's header. `ours`: this box was set up to have it."""
    if not there and ours:
        what = "number display" if "spi" in device.name else "pins"
        do = "switch SPI on with raspi-config and restart the box; look at the display's ribbon cable"
        return Finding(
            what, "fault", f"{device} is not there", do if "spi" in device.name else "is this a Raspberry Pi?"
        )
    if not there:
        do = "no matter if the devices are on another box; else switch it on with raspi-config"
        return Finding("pins", "warning", f"{device} is not there", do)
    if not usable:
        group = "spi" if "spi" in device.name else "gpio"
        return Finding("pins", "fault", f"{device} may not be used", f"add the user to the group {group}")
    return Finding("pins", "ok", str(device))


def voice(settings: Settings) -> Iterator[Finding]:
    """Whether a call can be spoken, in each language of the screens."""
    if settings.hub.voice == "none":
        yield Finding("voice", "ok", "none is configured: the gong alone calls")
        return
    for language, how, problem in trials(settings):
        if not problem:
            yield Finding("voice", "ok", f"{language}: {how} speak{'' if how == 'recordings' else 's'}")
        elif language in settings.voice.recorded:
            yield Finding("voice", "fault", f"{language}: {problem}", f"record it: mbote recordings {language}")
        else:
            do = 'apt install espeak-ng, or set voice = "none" in agency.toml [hub]'
            yield Finding("voice", "fault", f"{language}: {problem}", do)
    for remark in recordings.remarks(settings):
        yield Finding("voice", "warning", remark, "record what is missing: mbote recordings LANGUAGE")


def ports(settings: Settings) -> Iterator[Finding]:
    """Whether the hub's port is its own: it answers there, or nobody does."""
    host = settings.hub.host if settings.hub.host not in ("0.0.0.0", "::") else "127.0.0.1"  # noqa: S104 (read, not bound)
    at = f"{host}:{settings.hub.port}"
    answer = status_at(f"http://{at}", "/healthz")
    if answer == HEALTHY:
        yield Finding("hub", "ok", f"answers at {at}")
    elif answer == SILENT and is_locked(settings.path(settings.hub.data) / "lock"):
        do = "look for what keeps the box busy (top), and at the age of its card"
        yield Finding("hub", "warning", f"runs, and does not answer at {at} within {PATIENCE_S:.0f} s", do)
    elif answer is not None:
        yield Finding(
            "hub", "fault", f"another program answers at {at}", "stop it, or change port in agency.toml [hub]"
        )
    elif problem := cannot_listen(host, settings.hub.port):
        yield Finding(
            "hub", "fault", f"nobody may listen at {at}: {problem}", "correct host and port in agency.toml [hub]"
        )
    elif "hub" in roles_in(settings.folder):
        do = "systemctl restart mbote-hub; if it does not stay: journalctl -u mbote-hub -n 20 says why"
        yield Finding("hub", "fault", f"does not run; {at} is free for it", do)
    else:
        yield Finding("hub", "ok", f"does not run; {at} is free for it")


HEALTHY = 200


def telephones(settings: Settings) -> Iterator[Finding]:
    """Whether the page for visitors' telephones is where the settings say; nothing where it is off."""
    said, at = settings.followup, f"{settings.followup.host}:{settings.followup.port}"
    if not said.host or "hub" not in roles_in(settings.folder):
        return
    if status_at(f"http://{at}", "/") == NOTHING_THERE:
        yield Finding("telephones", "ok", f"the page for telephones answers at {at}")
    else:
        do = f"has this box the address {said.host}? systemctl restart mbote-hub, then journalctl -u mbote-hub -n 20"
        yield Finding("telephones", "fault", f"the page for telephones does not answer at {at}", do)


#: What that page's door says to whoever has no code.
NOTHING_THERE = 404


def secrecy(settings: Settings) -> Iterator[Finding]:
    """Whether neighbours are spoken to by TLS, and with which key."""
    if not settings.hub.secret or "hub" not in roles_in(settings.folder):
        return
    authority = Authority(settings.path(settings.hub.data))
    try:
        until = authority.valid_until
        found = f"the key of this hub is {authority.fingerprint}; its certificate is good until {until:%Y-%m-%d}"
    except OSError:
        yield Finding("https", "warning", "no certificate yet", "the hub makes it at its first start")
        return
    if until < datetime.now(UTC):
        yield Finding("https", "fault", found, "set the clock, then: systemctl restart mbote-hub")
    else:
        yield Finding("https", "ok", found)


def cannot_listen(host: str, port: int) -> str:
    """Why the port cannot be had; nothing when it can."""
    with closing(socket.socket()) as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((host, port))
        except OSError as error:
            return error.strerror or str(error)
    return ""


CHECKS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    configuration, data_folder, database, backups, centre, clock, ports, telephones, secrecy, tokens, *ROUNDS, pins,
    printer, voice,
)  # fmt: skip
