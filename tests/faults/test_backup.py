"""The box dies, and a new one goes on from the stick: nothing older than a minute is lost, and nothing is given twice.

Hub and stream are processes and die by SIGKILL at moments drawn from the seed, in the middle of a crowd that goes on
asking. The data folder is taken away (kept aside, to compare with), the newest backup is restored in its place, and
the crowd meets the new hub with whatever it holds of the old one.
"""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import pyrage
import pytest

from hub.backup.place import Place
from hub.demo.processes import ROOT
from hub.recovery import copy_to, drill, recover
from hub.settings_files import load_settings
from hub.sqlite import open_reader
from hub.verify import verify
from tests.agency import RunningAgency, furnished, strain, until
from tests.faults.clients import Crowd, chances
from tests.patience import patience

pytestmark = [pytest.mark.faults, pytest.mark.slow]
IDENTITY = pyrage.x25519.Identity.generate()
RPO_S, EVERY_S = 60, 1
POINTS, NIGHTLY_POINTS, PIECES = 1, 25, 4


class Town:
    """An agency whose hub and stream can be killed, and whose box can be lost."""

    def __init__(self, folder, stack):
        self._agency = furnished(folder)
        self.folder = folder
        self.config = self._agency.config
        self.stick = folder / "stick"
        self._backup(places=[self.stick], every_s=EVERY_S)
        self.running = RunningAgency(self._agency, None)
        self._children = {}
        stack.callback(self.running.close)
        stack.callback(self.kill, "hub", "stream")

    def _backup(self, places, every_s):
        text = (
            f'[backup]\nplaces = {[str(p) for p in places]}\nkeys = ["{IDENTITY.to_public()}"]\nevery_s = {every_s}\n'
        )
        with (self.config / "local.toml").open("a", encoding="utf-8") as file:
            file.write(text.replace("'", '"'))

    @property
    def settings(self):
        return load_settings(self.config)

    @property
    def data(self):
        return self.folder / "data"

    def start(self, what):
        """`hub` or `stream`, and wait until it is ready."""
        command = {"hub": ("hub",), "stream": ("backup", "--follow")}[what]
        log = self.folder / f"{what}.log"
        said = log.stat().st_size if log.exists() else 0
        with log.open("ab") as file:
            self._children[what] = subprocess.Popen(
                [sys.executable, "-m", "hub.cli", *command, "--config", str(self.config)],
                stdout=file, stderr=file,
                env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"},
            )  # fmt: skip
        until(lambda: b"ready" in log.read_bytes()[said:], 60, f"{what} to be ready: {self.log(what)}")
        if what == "hub":
            self._agency.pids["hub"] = self._children["hub"].pid

    def kill(self, *names):
        """SIGKILL."""
        for name in names:
            if child := self._children.pop(name, None):
                child.kill()
                child.wait()
        if "hub" in names:
            until(lambda: not held(self.data), 5, "the folder to be let go of")

    def log(self, what):
        return (self.folder / f"{what}.log").read_text("utf-8")

    def saved(self):
        """How far the stick reaches."""
        return max((p.header.last for p in Place(self.stick, self.settings.agency.code).look().pieces), default=0)


def held(data):
    """Whether some process has the data folder."""
    lock = data / "lock"
    if not lock.exists():
        return False
    inode = f":{lock.stat().st_ino} "
    return any(inode in line for line in Path("/proc/locks").read_text().splitlines())


@contextmanager
def town(folder):
    with ExitStack() as stack:
        found = Town(folder, stack)
        found.stick.mkdir(exist_ok=True)
        copy_to(found.settings, found.stick)
        found.start("hub")
        found.start("stream")
        yield found


def journal(data, columns="seq, at, epoch, hash, kind, payload"):
    with closing(open_reader(data / "mbote.db")) as reader:
        return reader.execute(f"SELECT {columns} FROM journal ORDER BY seq").fetchall()  # noqa: S608 (our own columns)


def lose_the_box(place, chance, number):
    """Kill, wipe, restore, start; what came back and what was there."""
    place.kill("hub", *(["stream"] if chance.random() < 0.5 else []))
    gone = place.folder / f"gone {number}"
    place.data.rename(gone)
    done = recover(place.stick, place.config, [IDENTITY])
    place.start("hub")
    if "stream" not in place._children:
        place.start("stream")
    return done, gone


def compare(done, gone):
    """The restored head is the recorded one; how many entries and seconds are lost."""
    before = journal(gone)
    end = before[done.end.last - 1]
    assert end["hash"].hex() == done.end.head
    assert before[-1]["epoch"] < done.epoch
    lost = [row for row in before if row["seq"] > done.end.last]
    return len(lost), (before[-1]["at"] - end["at"]) / 1000 if lost else 0.0


@pytest.mark.parametrize(
    ("points", "piece", "longest_s"),
    [pytest.param(POINTS, 0, 1.5, marks=[pytest.mark.nightly, pytest.mark.timeout(240)])]
    + [
        pytest.param(NIGHTLY_POINTS, piece, 4.0, marks=[pytest.mark.nightly, pytest.mark.timeout(600)])
        for piece in range(1, PIECES + 1)
    ],
)
def test_a_box_lost_again_and_again_loses_no_more_than_a_minute_and_gives_nothing_twice(  # noqa: PLR0913, PLR0917
    tmp_path, seed, note, points, piece, longest_s
):
    chance, lost, took = chances(seed + piece), [], []
    with town(tmp_path) as place:
        stretched = strain()
        with Crowd(place.running, tmp_path / "book", kiosks=3, agents=2, seed=seed + piece, pause_s=0.08) as crowd:
            for number in range(points):
                time.sleep(chance.uniform(0.2, longest_s))
                began = time.monotonic()
                done, gone = lose_the_box(place, chance, number)
                took.append(time.monotonic() - began)
                lost.append(compare(done, gone))
        nothing_twice(crowd, place, tmp_path)
        note(
            f"{points} points: at most {max(n for n, _ in lost)} entries and {max(s for _, s in lost):.1f} s lost,"
            f" working again after {max(took):.1f} s at most; {len(crowd.given)} numbers given,"
            f" machine strained {stretched:.1f} times"
        )
        assert max(seconds for _, seconds in lost) <= RPO_S
        assert max(seconds for _, seconds in lost) <= (EVERY_S + 10) * max(stretched, strain())
        assert place.running.api.get("board")["epoch"] == 1 + points


def nothing_twice(crowd, place, folder):
    """Whatever anybody was told is in one of the boxes' journals, and no label and no id was given to two."""
    assert crowd.given
    assert len(crowd.given) == len(set(crowd.given))
    assert not [why for why in crowd.refused if "label" in why], crowd.refused
    place.kill("hub", "stream")
    labels = {}
    for data in (*folder.glob("gone *"), place.data):
        for row in journal(data, "epoch, seq, hash, kind, json_extract(payload, '$.label') AS label"):
            if row["kind"] == "ticket_issued":
                labels.setdefault(row["label"], set()).add(row["hash"])
    assert set(crowd.given) <= set(labels)
    assert verify(place.data).problems == []
    place.start("hub")


@pytest.mark.nightly
def test_the_same_office_finds_a_restore_that_keeps_the_epoch(tmp_path, seed, monkeypatch):
    """The control: without a new epoch numbers come twice."""
    from hub.rooms import open_hub  # noqa: PLC0415

    monkeypatch.setattr("hub.recovery.open_hub", lambda settings, begin: open_hub(settings))
    with town(tmp_path) as place:
        place.kill("stream")
        before = [place.running.give("XES") for _ in range(3)]
        place.kill("hub")
        place.data.rename(tmp_path / "gone")
        recover(place.stick, place.config, [IDENTITY])
        place.start("hub")
        assert place.running.api.get("board")["epoch"] == 1
        assert place.running.give("XES") in before


@pytest.mark.nightly
def test_a_kiosk_tells_a_cloned_card_that_it_is_behind(tmp_path):
    """Somebody puts yesterday's image of the card into the box; the kiosk in the hall has seen more."""
    with town(tmp_path) as place:
        place.kill("stream")
        image = sqlite3.connect(place.data / "mbote.db")
        image.execute("VACUUM INTO ?", (str(tmp_path / "image.db"),))
        image.close()
        lost = {place.running.give("XES") for _ in range(3)}
        kiosk = place.running.line("K51")
        until(lambda: kiosk.pictures.get("kiosk", {}).get("seq", 0) > 0, 10, "the kiosk's picture")
        seen = kiosk._seen()
        place.kill("hub")
        place.data.rename(tmp_path / "gone")
        place.data.mkdir()
        shutil.copytree(tmp_path / "gone" / "keys", place.data / "keys")
        shutil.move(tmp_path / "image.db", place.data / "mbote.db")
        place.start("hub")
        until(lambda: kiosk.pictures["kiosk"]["epoch"] > seen[0], 10, "the clone's new epoch")
        assert place.running.api.get("board")["epoch"] == 2
        given = {place.running.give("XES") for _ in range(3)}
        assert not given & lost
        assert "behind what a device has seen" in place.log("hub")
        place.kill("hub")
        assert verify(place.data).problems == []


@pytest.mark.nightly
def test_the_stream_of_a_real_box_is_heard_writes_nothing_to_the_card_and_passes_its_drill(tmp_path, note):
    """The stick is memory here, so whatever the stream's process writes to storage would be the card's."""
    with ExitStack() as stack:
        memory = Path("/dev/shm") / f"mbote-{os.getpid()}"  # noqa: S108 (the test's own)
        memory.mkdir()
        stack.callback(shutil.rmtree, memory)
        (tmp_path / "stick").symlink_to(memory)
        place = stack.enter_context(town(tmp_path))
        stream = place._children["stream"]
        until(lambda: b"mbote_backup_ok{" in metrics(place), 20, "the stream's word")
        before = written(stream.pid)
        for _ in range(50):
            place.running.give("XES")
        head = place.running.api.get("board")["seq"]
        note(f"saved after {until(lambda: place.saved() >= head, 20, 'the stick to have it all'):.1f} s")
        assert written(stream.pid) - before == 0
        assert [result.problem for result in drill(place.settings)] == [""]
        until(lambda: b"mbote_backup_drill_ok{" in metrics(place), 20, "the drill's result")
        assert b'mbote_backup_ok{place="%s"} 1.0' % str(place.stick).encode() in metrics(place)
        assert b"mbote_backup_alarms 0.0" in metrics(place)
        stream.send_signal(signal.SIGTERM)
        assert stream.wait(patience(5)) == 0


def metrics(place):
    return place.running.api.send("GET", "/metrics")[1]


def written(pid):
    """Bytes that a process has caused to be written to storage, by the kernel's own count."""
    with suppress(FileNotFoundError):
        lines = Path(f"/proc/{pid}/io").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("write_bytes")).split()[1])
    return -1
