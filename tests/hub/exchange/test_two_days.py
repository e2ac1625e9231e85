"""B.16: two days without the centre. What was decided arrives once, in order, whoever dies in between.

A hub and a centre in processes of their own, killed again and again; the pauses of the way are 600 times shorter, so
that its two days are five minutes at most. The integrator's program is `tee`: what the central database was told.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hub import outbox, pauses
from hub.agents import actions as agents
from hub.ask import HUB, Actor, Ask
from hub.bench.rig import free_port
from hub.centre import place
from hub.chain import public_key
from hub.exchange import sender
from hub.exchange.asker import Asked, Asker
from hub.exchange.ways import SIGNING_KEY, address_of
from hub.rooms import open_hub
from hub.services.deposit import actions, store
from hub.services.deposit.model import Concerned, Depositor, Draft, Reason, Row
from hub.settings_files import load_settings
from hub.verify import verify

pytestmark = pytest.mark.slow  # real processes

ROOT = Path(__file__).parents[3]
CLERK, VALIDATOR = Actor(agent="00902F"), Actor(agent="01101G")
#: How much shorter the pauses are here.
SHORTER = 600
WAITS_S = 500


def run(*words):
    return subprocess.Popen([sys.executable, *map(str, words)], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.communicate()


class World:
    """An agency and its centre, each in a process of its own, and a hand that pulls plugs."""

    def __init__(self, folder: Path, deposits: int) -> None:
        self.deposits = deposits
        self.agency, self.centre, self.told = folder / "agency", folder / "centre", folder / "told"
        shutil.copytree(ROOT / "config", self.agency)
        (self.agency / "local.toml").write_text(f'[centre]\nkey = "{place.make(self.centre)}"\n')
        self.settings = load_settings(self.agency)
        hub = open_hub(self.settings)
        for who, role in ((CLERK, "clerk"), (VALIDATOR, "validator")):
            agents.add_agent(hub, Ask(HUB), code=who.agent, name=who.agent, roles=[role])
        self.public = public_key(hub.store.folder / SIGNING_KEY)
        hub.store.close()
        (self.centre / "agencies.toml").write_text(f'{self.settings.agency.code} = "{self.public.hex()}"\n')
        self.port = free_port()
        self.head = self.branch = None

    def start_centre(self) -> None:
        words = ("-m", "hub.cli", "centre", "run", self.centre, "--port", self.port)
        self.head = run(*words, "--program", f"tee -a {self.told}")
        assert self.head.stdout.readline().startswith("ready")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start_branch(self) -> None:
        self.branch = run("-m", "tests.hub.exchange.test_two_days", self.agency, self.url, self.deposits)

    def heard(self, wanted: str, at_most: int = 1 << 30) -> None:
        """Until the branch has said that, or so many lines."""
        for line, _ in zip(self.branch.stdout, range(at_most), strict=False):
            if line.strip() == wanted:
                return
        assert at_most < 1 << 30, "the branch has died"

    def decide_alone(self, kills: int, dice: random.Random) -> None:
        """The two days: everything is decided while nobody listens."""
        for _ in range(kills):
            self.start_branch()
            self.heard("decided", dice.randrange(1, 1 + self.deposits // 3))
            kill(self.branch)
        self.start_branch()
        self.heard("decided")
        assert not self.told.exists()

    def come_back(self, kills: int, dice: random.Random) -> None:
        """The way is back, and one or the other dies again and again, until everything is integrated."""
        self.start_centre()
        for turn in range(kills):
            time.sleep(dice.random() * (0.6 if self.deposits > 100 else 0.2))
            if turn % 2:
                kill(self.branch)
                self.start_branch()
            else:
                kill(self.head)
                self.start_centre()
        self.heard("integrated")
        kill(self.branch)

    def programs(self) -> list[tuple[str, str]]:
        """What the integrator's program was told: key and aggregate, as often as it was."""
        said = [json.loads(line) for line in self.told.read_text().splitlines()]
        return [(each["key"], each["aggregate"]) for each in said]

    def replay(self, hub) -> None:
        """Every message once more, as a stick of yesterday would bring it: nothing changes."""
        before, told = hub.store.head, len(self.programs())
        rows = [outbox.message(hub.reader, number) for number in range(1, 2 * self.deposits + 1)]
        address = address_of(hub, self.url)
        assert {each.outcome for each in address.send(rows)} == {"applied"}
        Asker(hub, Asked(address), 60).look()
        assert (hub.store.head, len(self.programs())) == (before, told)


@pytest.mark.parametrize(
    ("deposits", "kills"),
    [(5, 1), pytest.param(500, 40, marks=[pytest.mark.nightly, pytest.mark.timeout(600)])],
)
def test_two_days_without_the_centre_lose_and_double_nothing(tmp_path, deposits, kills):
    dice = random.Random(16)  # noqa: S311 (repeatable)
    world = World(tmp_path, deposits)
    times = [time.monotonic()]
    world.decide_alone(max(1, kills // 4), dice)
    times.append(time.monotonic())
    world.come_back(kills, dice)
    times.append(time.monotonic())

    hub = open_hub(world.settings)
    states = [row["state"] for row in hub.reader.execute("SELECT state FROM outbox ORDER BY id")]
    assert states == ["applied"] * 2 * deposits
    told = world.programs()
    once = list(dict(told).items())
    assert len(once) == 2 * deposits
    for deposit in range(1, deposits + 1):  # in the order of its decisions
        keys = [int(key.rpartition(".")[2]) for key, aggregate in once if aggregate == f"deposit {deposit}"]
        assert (len(keys), keys) == (2, sorted(keys))
        first, second = store.documents(hub.reader, deposit)
        assert (first.state, second.state) == ("integrated", "rejected")
    numbers = [row["number"] for row in hub.reader.execute("SELECT number FROM deposit ORDER BY id")]
    assert numbers == list(range(1, deposits + 1))
    world.replay(hub)
    hub.store.close()
    kill(world.head)
    receiver = place.opened(world.centre)
    assert receiver.store.counts() == [(world.settings.agency.code, "integrated", 2 * deposits)]
    receiver.store.close()
    assert verify(world.settings.path(world.settings.hub.data)).problems == []
    sys.stderr.write(
        f"{deposits} deposits decided in {times[1] - times[0]:.0f} s with {max(1, kills // 4)} kills; all integrated"
        f" {times[2] - times[1]:.0f} s after the way was back, with {kills} kills;"
        f" {len(told) - len(once)} of {len(once)} given to the program twice\n"
    )


def main(folder: Path, url: str, deposits: int) -> None:
    """A hub that takes deposits in, decides on them, sends and hears; it says what it has done, and never ends."""
    pauses.PAUSES_S = tuple(pause / SHORTER for pause in pauses.PAUSES_S)
    hub = open_hub(load_settings(folder))
    address = address_of(hub, url)
    asker = Asker(hub, Asked(address), 0.5).open()
    sends = sender.Sender(hub, address, gateway=False, sent=asker.wake)
    hub.store.announce = sends.hear
    sends.open()
    rows = tuple(Row(code, there=True, issued="2026-01-05", motive="seul") for code in ("0601", "0602"))
    draft = Draft(Depositor("X"), concerned=(Concerned(name="Y", reasons=(Reason("RIB", {}, rows),)),))
    for at in range(deposits):
        number = actions.begin(hub, Ask(CLERK, f"begin {at}"), channel="mail")["deposit"]
        actions.deposit(hub, Ask(CLERK, f"deposit {at}"), deposit=number, draft=draft)
        first, second = (actions.Choice(each.id, "illegible") for each in store.documents(hub.reader, number))
        actions.decide(hub, Ask(VALIDATOR, f"validate {at}"), outcome="validate", choices=(first,))
        actions.decide(hub, Ask(VALIDATOR, f"reject {at}"), outcome="reject", choices=(second,))
        _say(f"deposit {at}")
    _say("decided")
    while outbox.counts(hub.reader) != {"to_send": 0, "sent": 0, "refused": 0} or _waits(hub):
        time.sleep(0.1)
    _say("integrated")
    time.sleep(WAITS_S)


def _waits(hub) -> bool:
    row = hub.reader.execute("SELECT 1 FROM outbox WHERE state <> 'applied' LIMIT 1").fetchone()
    return row is not None


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
    os._exit(0)
