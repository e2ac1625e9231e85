"""Deposits over a long day: two days without the head office, two thousand in one day, and the plug pulled between."""

import json
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from hub import outbox
from hub.agents import actions as agents
from hub.ask import HUB, Ask
from hub.errors import IllegalStep
from hub.exchange.sender import Sender
from hub.exchange.ways import Folder
from hub.queues import actions as queues
from hub.services.deposit import actions, store
from hub.services.deposit.model import Concerned, Depositor, Draft, Reason, Row
from tests.hub.services.conftest import KIOSK
from tests.hub.services.deposits import NADEGE, PAUL, R1, SYLVIE, decide, documents, staffed
from tests.hub.services.house import House, brazzaville

pytestmark = [pytest.mark.nightly, pytest.mark.slow]

DAY = brazzaville("2013-05-16")
KILLS = 12


def eight(name="BAMOU JEROME") -> Draft:
    """The eight documents of D.4."""
    rows = tuple(Row(code, there=True, issued=issued or "", motive="seul") for code, issued, _ in R1)
    reason = Reason("PVN", {"married": 1, "children": 1}, rows)
    who = Concerned(number="2133415888", name=name, reasons=(reason,))
    return Draft(Depositor("JEROME", id_number="1236548"), concerned=(who,))


def take_in(house, draft, key=None) -> int:
    number = actions.begin(house.hub, house.ask(NADEGE), channel="mail")["deposit"]
    ask = Ask(NADEGE, key, {"n": key}) if key else house.ask(NADEGE)
    actions.deposit(house.hub, ask, deposit=number, draft=draft)
    return number


def test_500_deposits_wait_48_hours_for_the_head_office_and_arrive_once_in_order(tmp_path, workshop):
    house = staffed(House(tmp_path, DAY, ("deposit",), workshop))
    away = tmp_path / "away"
    sender = Sender(house.hub, Folder(away, "CNSS-BZV-SIEGE", tmp_path / "key"))
    two = Reason(
        "RIB", {}, (Row("0601", there=True, issued="2013-05-01"), Row("0602", there=True, issued="2013-05-01"))
    )
    draft = Draft(Depositor("X"), concerned=(Concerned(name="Y", reasons=(two,)),))
    for at in range(500):
        lines = documents(house, take_in(house, draft))
        decide(house, "validate", lines[0])
        decide(house, "reject", lines[1], motive="illegible")
        if at % 25 == 0:
            assert sender.send_due() > 0  # cut off
        house.clock.advance(seconds=172)  # 24 hours later the last is decided
    waiting = outbox.to_send(house.hub.reader, limit=2_000)
    assert len(waiting) == 1_000
    away.mkdir()
    house.clock.advance(hours=24)
    assert sender.send_due() is None
    arrived = [json.loads(path.read_text()) for path in sorted(away.iterdir())]
    assert [each["number"] for each in arrived] == [each.id for each in waiting]
    assert len({each["key"] for each in arrived}) == 1_000
    states: dict[str, list[str]] = {}
    for each in arrived:
        states.setdefault(each["aggregate"], []).append(each["payload"]["state"])
    assert len(states) == 500
    assert all(said == ["validated", "rejected"] for said in states.values())
    first = arrived[0]["number"]
    outbox.settle(house.hub, house.ask(), message=first, applied=True)
    before = store.document(house.hub.reader, 1)
    with pytest.raises(IllegalStep):
        outbox.settle(house.hub, house.ask(), message=first, applied=True)  # the same word again
    assert store.document(house.hub.reader, 1) == before
    assert before.state == "integrated"
    house.replayed()
    house.close()


def test_2000_deposits_of_8_documents_in_a_day_while_the_queue_runs(tmp_path, workshop):
    house = staffed(House(tmp_path, DAY, ("deposit",), workshop))
    agents.pair(house.hub, house.ask(HUB), kind="kiosk", name="K1")
    queues.open_day(house.hub, house.ask(HUB), date="2013-05-16")
    bare = sqlite3.connect(tmp_path / "bare.db", isolation_level=None)
    for text in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "CREATE TABLE t (a)"):
        bare.execute(text)
    taken: dict[str, list[float]] = {"commit": [], "deposit": [], "first": [], "last": []}

    def press(kind):
        began = time.perf_counter()
        queues.issue(house.hub, house.ask(KIOSK), service="DEP", channel="kiosk")
        taken[kind].append(time.perf_counter() - began)

    for at in range(2_000):
        number = actions.begin(house.hub, house.ask(NADEGE), channel="mail")["deposit"]
        began = time.perf_counter()
        bare.execute("INSERT INTO t VALUES (?)", ("x" * 2_000,))
        taken["commit"].append(time.perf_counter() - began)
        began = time.perf_counter()
        actions.deposit(house.hub, house.ask(NADEGE), deposit=number, draft=eight())
        taken["deposit"].append(time.perf_counter() - began)
        if at < 200 or at >= 1_800:
            press("first" if at < 200 else "last")
    p50 = {name: sorted(values)[len(values) // 2] for name, values in taken.items()}
    assert p50["deposit"] <= 3 * p50["commit"] + 0.005, p50  # P24
    assert p50["last"] <= 2 * p50["first"] + 0.001, p50
    began = time.perf_counter()
    lines = store.listed(house.hub.reader, store.Filter())
    assert (len(lines), time.perf_counter() - began < 0.1) == (store.ROWS, True)
    numbers = [row["number"] for row in house.hub.reader.execute("SELECT number FROM deposit ORDER BY id")]
    assert numbers == list(range(1, 2_001))
    house.close()


def test_two_validators_and_a_clerk_at_once_never_decide_twice(tmp_path, workshop):
    house = staffed(House(tmp_path, DAY, ("deposit",), workshop))
    lines = [line for _ in range(20) for line in documents(house, take_in(house, eight()))]
    told = []

    def decides(agent, order):
        for line in order:
            try:
                ask = Ask(agent, f"{agent.agent} {line}", {"line": line})
                actions.decide(house.hub, ask, outcome="validate", choices=(actions.Choice(line),))
                told.append((line, "done"))
            except Exception as error:  # noqa: BLE001 (whatever it is, it is looked at below)
                told.append((line, getattr(error, "reason", repr(error))))

    threads = [
        threading.Thread(target=decides, args=(agent, order))
        for agent, order in ((SYLVIE, lines), (PAUL, list(reversed(lines))))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for line in lines:
        assert sorted(said for which, said in told if which == line) == ["already_decided", "done"]
    house.replayed()
    house.close()


def test_a_plug_pulled_anywhere_leaves_each_deposit_whole_or_absent(tmp_path, workshop):
    dice = random.Random(7)  # noqa: S311 (repeatable)
    said: list[str] = []
    for _ in range(KILLS):
        command = [sys.executable, "-m", "tests.hub.services.test_deposit_long", str(tmp_path)]
        child = subprocess.Popen(command, cwd=Path(__file__).parents[3], stdout=subprocess.PIPE, text=True)
        lines = [child.stdout.readline() for _ in range(dice.randrange(3, 40))]
        child.send_signal(signal.SIGKILL)
        said += [line.strip() for line in (*lines, *child.communicate()[0].splitlines()) if "/" in line]
    house = House(tmp_path, DAY, ("deposit",), workshop)
    rows = house.hub.reader.execute("SELECT * FROM deposit WHERE label IS NOT NULL ORDER BY id").fetchall()
    assert [row["number"] for row in rows] == list(range(1, len(rows) + 1))  # no gap, none twice
    answered = {line for line in said if len(line) == len("2013/000001")}
    assert {row["label"] for row in rows} >= answered  # what was answered is there
    assert answered
    assert len(rows) > KILLS
    for row in rows:
        assert len(store.documents(house.hub.reader, row["id"])) == row["documents"] == 8
        assert len(store.parties(house.hub.reader, row["id"])) == 1
    house.replayed()
    house.close()


def main(folder: Path) -> None:
    """Take deposits in until somebody pulls the plug, and say each number once it has been answered."""
    house = House(folder, DAY, ("deposit",))
    house.keys = time.time_ns()
    while True:
        number = take_in(house, eight())
        sys.stdout.write(f"{actions.known(house.hub, number).label}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
