"""`mbote update`: from a stick to the new version, or to the old one as it was.

    signed? newer? for this box?  →  copied and compared  →  laid beside the old one
      →  tried on a copy of the data, while the old one serves on
      →  backup  →  stand still, copy the data  →  switch  →  start  →  healthy?  →  the copy goes
                                                                └── no ──► the old version, the old data

Nothing before the standstill is felt by anybody, and most bad releases end there. A cut at any
point leaves the old version or the new one, whole (trial.py, place.py).
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hub.configuration import as_toml
from hub.errors import ConfigurationFault, MboteError
from hub.installation import release as releases
from hub.installation import trial as trials
from hub.installation.box import START_S, Box, BoxFault, give, wait_healthy
from hub.installation.place import last_line
from hub.installation.release import ReleaseFault
from hub.settings_files import FILES, LOCAL, merged

#: A program of the agency's, in the configuration's folder, that must succeed before the box stands still.
HOOK = "before-update"
#: A venv takes so much more than the wheels it is made from, and the data is kept once more.
GROWTH = 6
MEGABYTE = 1_000_000
Say = Callable[[str], None]


class UpdateFault(MboteError):
    """The box runs what it ran before; the sentence says what was wrong."""


def update(box: Box, stick: Path, say: Say) -> str:
    """Put in the release on a stick; its version. Raises ReleaseFault, or UpdateFault after the way back."""
    with _alone(box):
        if trials.going_on(box.place):
            say("an update was cut off: leading back from it first")
            box.stop()
            resume(box, say)
            box.start()
        trials.tidy(box)
        version = take_in(box, stick, say)
        try:
            _prepare(box, version, say)
        except MboteError as error:
            shutil.rmtree(box.place.folder(version), ignore_errors=True)
            raise UpdateFault(f"{error}\nNothing was changed: the box runs on as before.") from error
        _switch(box, version, say)
        box.place.clear()
        return version


@contextmanager
def _alone(box: Box) -> Iterator[None]:
    """One update at a time on a box."""
    with (box.place.versions / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UpdateFault("another update is running on this box; wait for it") from error
        yield


def take_in(box: Box, stick: Path, say: Say) -> str:
    """Copy a release onto the disk and lay it. Raises ReleaseFault; then nothing of it is left."""
    place = box.place
    with releases.source_at(stick) as source:
        release, page, signature = releases.read(source, place.key())
        releases.judge(release, place.version())
        _room_for(box, stick)
        say(f"version {release.version}: signed by whom this box trusts")
        try:
            releases.copy(source, release, place.incoming)
            (place.incoming / releases.PAGE).write_bytes(page)
            (place.incoming / releases.SIGNATURE).write_bytes(signature)
            say(f"{len(release.files)} files copied, none altered; installing them beside {place.version()}")
            place.lay(place.incoming, release.version)
        finally:
            shutil.rmtree(place.incoming, ignore_errors=True)
    return release.version


def _room_for(box: Box, stick: Path) -> None:
    size = stick.stat().st_size if stick.is_file() else sum(f.stat().st_size for f in stick.rglob("*") if f.is_file())
    data = box.data()
    kept = sum(f.stat().st_size for f in data.rglob("*") if f.is_file()) if data and data.exists() else 0
    needed, free = GROWTH * size + 2 * kept, shutil.disk_usage(box.place.versions).free
    if free < needed:
        raise ReleaseFault(
            f"{needed // MEGABYTE:,} MB are needed and {free // MEGABYTE:,} MB are free; make room first"
        )


def _prepare(box: Box, version: str, say: Say) -> None:
    """All that can be found out while the old version serves on."""
    check: list[str | Path] = [box.place.program(version), "check", box.place.config]
    told = subprocess.run(check, capture_output=True, text=True, timeout=START_S, check=False)  # noqa: S603
    if told.returncode:
        raise BoxFault(f"the new version does not accept the configuration: {last_line(told.stderr)}")
    if data := box.data():
        say("trying the new version on a copy of the data")
        rehearse(box, version, data)
    hook = box.place.config / HOOK
    if hook.exists():
        say(f"backup first: {hook}")
        told = subprocess.run([hook], capture_output=True, text=True, check=False)  # noqa: S603 (the agency's own)
        if told.returncode:
            raise BoxFault(f"{hook} failed: {last_line(told.stderr)}")


def rehearse(box: Box, version: str, data: Path) -> None:
    """The new hub on a copy of the data, on a port of this box alone. Raises BoxFault unless it does well."""
    if not data.exists():
        return
    copy = data.with_name(f"{data.name}.rehearsal")
    try:
        trials.copy_data(data, copy, all_of_it=False)
        with TemporaryDirectory(prefix="mbote-rehearsal-") as folder:
            port = _configured(box.place.config, Path(folder), copy)
            give(Path(folder), like=data)
            with _hub(box.place.program(version), Path(folder), data) as process:
                wait_healthy(port, [process])
            box.check_tail(version, copy)
    except OSError as error:
        raise BoxFault(f"the new version could not be tried: {error}") from error
    finally:
        shutil.rmtree(copy, ignore_errors=True)


def _configured(config: Path, into: Path, data: Path) -> int:
    """The agency's files once more, with another data folder and port, which is told."""
    for name in FILES:
        if (config / name).exists():
            shutil.copy(config / name, into)
    local = config / LOCAL
    said: dict[str, Any] = tomllib.loads(local.read_text("utf-8")) if local.exists() else {}
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    here = merged(said, {"hub": {"host": "127.0.0.1", "port": port, "data": str(data), "outbox": ""}})
    (into / LOCAL).write_text("".join(f"{name} = {as_toml(value)}\n" for name, value in here.items()), "utf-8")
    return port


@contextmanager
def _hub(program: Path, config: Path, data: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A hub for a moment, run by whom the data belongs to."""
    owner = data.stat()
    who: dict[str, Any] = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    process = subprocess.Popen(  # noqa: S603 (the program of a signed release)
        [program, "hub", "--config", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **who
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


# --- the standstill ----------------------------------------------------------------------------


def _switch(box: Box, version: str, say: Say) -> None:
    """From the old version to the new one, or back. Raises UpdateFault after the way back."""
    old = box.place.version()
    assert old is not None, "an update replaces a version"
    data = box.data()
    trial = trials.Trial(old, version, str(data) if data and data.exists() else "")
    with _undisturbed():
        say("standing still for some seconds")
        try:
            box.stop()
            trials.begin(box, trial)
            box.place.point("current", version)
            box.place.link_system()
            box.start()
            box.check_health(version)
        except (MboteError, OSError, subprocess.SubprocessError) as error:
            way = _lead_back(box, trial, say)
            raise UpdateFault(f"version {version} does not do well here: {error}\n{way}") from error
        trials.end(box, trial)
    say(f"version {version} runs, and is well")


@contextmanager
def _undisturbed() -> Iterator[None]:
    """A closed terminal or an impatient Ctrl-C must not leave the box standing still."""
    deaf = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
    before = {name: signal.signal(name, signal.SIG_IGN) for name in deaf}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def _lead_back(box: Box, trial: trials.Trial, say: Say) -> str:
    """What is to be told of the way back."""
    say(f"leading back to version {trial.old}")
    try:
        box.stop()
        as_it_was = trials.lead_back(box, trial)
        box.start()
        box.check_health(trial.old)
    except (MboteError, OSError) as error:
        return f"Version {trial.old} is in its place again, and is not well either: {error}. See: mbote doctor"
    kept = "with the data as it was" if as_it_was else "with all that was recorded meanwhile"
    return f"Version {trial.old} runs again, {kept}."


def resume(box: Box, say: Say) -> None:
    """Lead back from a trial that a cut ended; at the start of the box, before its services."""
    trial = trials.going_on(box.place)
    if trial is None:
        trials.tidy(box)
        return
    as_it_was = trials.lead_back(box, trial)
    box.system("daemon-reload")
    kept = "with the data as it was" if as_it_was else "with all that was recorded meanwhile"
    say(f"the update to {trial.new} was cut off: version {trial.old} is in its place again, {kept}")


def for_people(line: str) -> None:
    """A step, told at once. A terminal that has gone must not end what goes on."""
    with suppress(OSError):
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def needs_root() -> None:
    """Raise ConfigurationFault for anybody else: units and links of the system are root's."""
    if os.geteuid():
        raise ConfigurationFault(["this changes the system: run it as root (sudo)"])
