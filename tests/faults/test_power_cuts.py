"""The power fails at any write of the hub's or the kiosk's file, and sectors are lost and torn (E4).

The real store, the real schema and the real actions, on a disk in memory that forgets what was not synced
(tests/faults/power.py). After each cut the hub opens the file as it always does, and it is asked: is every answer
that was given still there, word for word; is nothing there that nobody asked for; is the chain whole; do the rows
say what the journal says. A run must also find the fault when the same hub is made to sync less, and when the disk
says that it has synced and has not.
"""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils.migrations import Migrations

from hub import journal, sqlite
from hub.ask import Actor, Answer, Ask
from hub.clock import ManualClock
from hub.context import Hub
from hub.errors import MboteError, Refused
from hub.queues import actions, papers, store
from hub.rooms import CLOSINGS, brought, open_hub
from hub.services import ports
from hub.services.cash import checking
from hub.services.cash import store as cash
from hub.settings import Settings
from hub.settings_files import load_settings
from kiosk.press import Moment, Number, Press
from kiosk.spool import Spool
from tests.conftest import MONDAY
from tests.faults import tills
from tests.faults.clients import chances
from tests.faults.power import Disk, power
from tests.office import CONFIG, ERRANDS, RECEPTION

pytestmark = [pytest.mark.faults, pytest.mark.slow]
CUTS, KIOSK_CUTS, PLANTED_CUTS = 1_000, 200, 40
#: The nightly run in pieces, each within its ten minutes on a busy machine.
PIECES, PIECE = 4, 2_500
LONG = (pytest.mark.nightly, pytest.mark.timeout(1_500))
#: Operations of the disk until the cut: up to some ten actions.
LATEST = 400
#: So many of them does an action take.
OPERATIONS = 40
#: Counters of the demo agency that serve many services.
COUNTERS = ("05", "06", "02")
KIOSK = Actor(device="K1", roles=frozenset({"kiosk"}))
#: Frames in the log before SQLite carries them into the file.
CHECKPOINT = sqlite.WRITER["wal_autocheckpoint"]
FRAME = 1_024 + 24


@dataclass
class Branch:
    """An agency at work: it asks at random, and writes down what was answered."""

    folder: Path
    chance: random.Random
    clock: ManualClock = field(default_factory=lambda: ManualClock(MONDAY))
    acked: dict[str, tuple[Ask, Answer]] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    hub: Hub | None = None
    number: int = 0

    def open(self) -> None:
        """Start as the product starts."""
        self.hub = open_hub(settings_of(self.folder), clock=self.clock)

    def close(self) -> None:
        """Whatever is left of it goes away."""
        if self.hub is not None:
            with suppress(sqlite3.Error):
                self.hub.store.close()
            self.hub = None

    def ask(self, act: Any, actor: Actor, **values: Any) -> Answer | None:
        """One request with a key of its own; None when it is refused. Raises StoreFault."""
        assert self.hub is not None
        self.number += 1
        ask = Ask(actor, f"r{self.number}", {name: str(value) for name, value in values.items()})
        self.asked.add(ask.key or "")
        try:
            answer: Answer = act(self.hub, ask, **values)
        except Refused:
            return None
        self.acked[ask.key or ""] = ask, answer
        return answer

    def do_something(self) -> None:
        """What anybody in the building may do next."""
        self.clock.advance(seconds=self.chance.uniform(1, 90))
        queue = (self.press, self.give, self.counter, self.counter, self.counter, self.other)
        self.chance.choice((*queue, *[self.till] * len(queue)))()

    def press(self) -> None:
        """A visitor at the kiosk, with the paper."""
        service = self.chance.choice(("DEP", "RAS", "PEN"))
        answer = self.ask(actions.issue, KIOSK, service=service, channel="kiosk")
        if answer and self.chance.random() < 0.8:
            self.ask(
                papers.report_paper, KIOSK, issue=f"r{self.number}", paper=self.chance.choice(("printed", "failed")),
                label=answer["label"], service=service,
            )  # fmt: skip

    def give(self) -> None:
        """Reception gives a ticket to somebody with a name."""
        service = self.chance.choice(list(ERRANDS.values()))
        self.ask(actions.issue, RECEPTION, service=service, channel="reception", requester="Mme Mabiala")

    def counter(self) -> None:
        """An agent takes the next step that makes sense there, or another."""
        assert self.hub is not None
        code = self.chance.choice(COUNTERS)
        session = store.counter(self.hub.reader, code)
        likely = {"free": "call_next", "calling": "start", "serving": "finish"}.get(session.state, "open_counter")
        name = likely if self.chance.random() < 0.7 else self.chance.choice(STEPS)
        self.ask(
            getattr(actions, name), Actor(agent=f"A{code}"), counter=code, **WORDS.get(name, {}) | _agent(name, code)
        )

    def other(self) -> None:
        """Something about a ticket that waits."""
        assert self.hub is not None
        waiting = store.open_tickets(self.hub.reader)
        if waiting:
            ticket = actions.faces.public_id(self.chance.choice(waiting))
            act, more = self.chance.choice(OTHERS)
            self.ask(act, RECEPTION, ticket=ticket, **more)

    def till(self) -> None:
        """The next thing that makes sense at a till: money taken, paid out, taken back, counted, closed."""
        assert self.hub is not None
        reader, (code, cashier) = self.hub.reader, self.chance.choice(TILLS)
        session, held = cash.session_at(reader, code), cash.till(reader, code)
        state = session.state if session else "closed"
        waiting = cash.reversals_asked(reader, session.id) if session else []
        who, what, a = cashier, ("cash.collect", None), {}
        if state == "open" and waiting:
            who, what = HEAD, ("cash.approve", "reverse")
            a = {"draft": waiting[0].id, "granted": self.chance.random() < 0.8}
        elif state == "open":
            entries = cash.last_entries(reader, session.id, 5) if session else []
            what = self.chance.choice([*[("cash.collect", None)] * 6, *AT_A_TILL])
            a = {"amt": self.chance.randint(1, 9_000), "tender": self.chance.choice(("cash", "cheque")),
                 "kind": "supply", "order": self.chance.choice(ORDERS), "count": held.cash + 25,
                 "eid": self.chance.choice(entries).receipt if entries else "C01-2026-000001"}  # fmt: skip
        elif state == "closed":
            what, a = ("till.open", None), {"till": code, "float": held.cash if held.closings else 50_000}
        elif state == "counted":
            what = ("cash.request", "close")
        else:
            assert session is not None
            who, what, a = HEAD, ("till.close", None), {"session": session.id}
        act = tills._ACTIONS[what]
        self.ask(lambda hub, ask, **values: act(hub, ask, values), who, **a)


#: The tills of the demo agency and who works them; who looks over them; what may happen there besides collecting.
TILLS = (
    ("C01", Actor(agent=tills.CASHIER, roles=frozenset({"collections_cashier"}))),
    ("C02", Actor(agent=tills.BENEFITS, roles=frozenset({"benefits_cashier"}))),
)
HEAD = Actor(agent=tills.CHIEF, roles=frozenset({"head_cashier"}))
AT_A_TILL = (
    ("cash.move", None), ("cash.request", "pay"), ("cash.pay", None), ("cash.pay", None), ("cash.request", "reverse"),
    ("cash.print", None), ("till.count", None), ("cash.request", "give_up"),
)  # fmt: skip
ORDERS = [f"N{n}" for n in range(6)]
#: What all rooms bring: the replay of a file's journal fills their tables.
ROOMS = brought(ports.load(load_settings(CONFIG).counter_services))


#: Closings without the signature of their own commit.
UNSIGNED = f"""SELECT seq FROM journal WHERE kind IN ({", ".join(map(repr, sorted(CLOSINGS)))})
    AND seq > (SELECT coalesce(max(seq), 0) FROM signed_head)"""  # noqa: S608 (names of ours)


@cache
def settings_of(folder: Path) -> Settings:
    """The demo agency with its data there."""
    return load_settings(CONFIG, {"hub": {"data": str(folder)}})


STEPS = ("recall", "no_show", "hold", "resume", "transfer", "release", "undo", "pause", "unpause", "open_counter")
WORDS: dict[str, dict[str, Any]] = {
    "finish": {"outcome": "served"}, "hold": {"reason": "photocopie"}, "pause": {"reason": "pause"},
    "transfer": {"service": "RAS", "reason": "suite"},
}  # fmt: skip
OTHERS: tuple[tuple[Any, dict[str, Any]], ...] = (
    (actions.set_priority, {"priority": "pregnant", "reason": "vu"}), (actions.cancel, {"reason": "parti"}),
    (actions.reprint, {"reason": "illisible"}), (actions.confirm_paper, {}),
)  # fmt: skip


def _agent(name: str, code: str) -> dict[str, Any]:
    return {"agent": f"A{code}", "take_over": True} if name == "open_counter" else {}


# --- lives -----------------------------------------------------------------------------------


@dataclass
class Tally:
    """What a run of cuts came to."""

    cuts: int = 0
    acked: int = 0
    in_flight: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        flight = ", ".join(f"{name} {count}" for name, count in sorted(self.in_flight.items()))
        return (
            f"{self.cuts} cuts, {self.acked} answers given before them, requests in flight: {flight}; {self.wrong[:3]}"
        )


def cuts(folder: Path, disk: Disk, times: int, seed: int, *, plant: Any = lambda _: None) -> Tally:
    """So many lives, half of them close to where the log is carried into the file."""
    tally, chance = Tally(), chances(seed)
    for full in (False, True):
        branch = base(folder, disk, chance, full=full)
        with pytest.MonkeyPatch.context() as patch:
            # the file has its tables: looking for them again is most of what a start costs
            patch.setattr(Migrations, "apply", lambda *_, **__: None)
            for _ in range(times // 2):
                one_life(branch, disk, chance, tally, plant)
    return tally


def base(folder: Path, disk: Disk, chance: random.Random, *, full: bool) -> Branch:
    """A morning with the day and the counters open, kept by the disk; `full`: with a log that is nearly full."""
    disk.empty()
    branch = Branch(folder, chance)
    branch.open()
    assert branch.hub is not None
    branch.ask(actions.open_day, RECEPTION)
    for code in COUNTERS:
        branch.ask(actions.open_counter, Actor(agent=f"A{code}"), counter=code, agent=f"A{code}")
    for _ in range(6):
        branch.give()
    said = [tills.ORDER | {"number": name, "amount": 1_000} for name in ORDERS]
    branch.ask(lambda hub, ask, **_: tills.paying.receive(hub, ask, said=said), HEAD)
    log = branch.hub.store.path.with_name("mbote.db-wal")
    while full and disk.size(log) // FRAME < CHECKPOINT - 60:
        branch.hub.store.writer.execute(f"PRAGMA user_version = {disk.state.ops}")
    disk.keep()
    disk.back()
    branch.close()
    return branch


def one_life(branch: Branch, disk: Disk, chance: random.Random, tally: Tally, plant: Any) -> None:
    """Start, work, and the power goes; then start again and look."""
    disk.back()
    before = Branch(branch.folder, chance, clock=ManualClock(branch.clock.now().at), number=branch.number)
    before.acked, before.asked = dict(branch.acked), set(branch.asked)
    plant(disk.chance(chance.randrange(1 << 60)))
    at_start = chance.random() < 0.1
    if at_start:
        disk.cut_after(chance.randint(1, 30))
    with suppress(MboteError, sqlite3.Error):
        before.open()
        if not at_start:
            arm(disk, chance)
        while not disk.state.off:
            before.do_something()
    before.close()
    disk.cut()
    tally.cuts += 1
    tally.acked += len(before.acked) - len(branch.acked)
    look(before, tally)


def arm(disk: Disk, chance: random.Random) -> None:
    """Any operation is as good as another, but half of the cuts come just around a sync: there the answer is made."""
    disk.cut_after(chance.randint(1, LATEST))
    if chance.random() < 0.5:
        disk.cut_at_sync(chance.randint(1, LATEST // OPERATIONS))


def look(branch: Branch, tally: Tally) -> None:
    """Open it as ever, and ask."""
    try:
        branch.open()
    except (MboteError, sqlite3.Error) as error:
        tally.wrong.append(f"it does not open: {error}")
        return
    assert branch.hub is not None
    wrong = list(breaches(branch, branch.hub.store.writer, tally))
    if not wrong and branch.ask(actions.issue, RECEPTION, service="DEP", channel="reception") is None:
        wrong.append("it does not go on")
    tally.wrong += wrong
    branch.close()


def breaches(branch: Branch, file: sqlite3.Connection, tally: Tally) -> Any:
    """Everything that a cut may not do."""
    yield from (said for (said,) in file.execute("PRAGMA integrity_check") if said != "ok")
    yield from journal.faults(file)
    yield from checking.faults(file)
    there = Counter(row["key"] for row in file.execute("SELECT key FROM journal WHERE +key IS NOT NULL"))
    for key, (ask, answer) in branch.acked.items():
        if there[key] != 1:
            yield f"{key} was answered and is there {there[key]} times"
        elif journal.kept_answer(file, ask) != answer:
            yield f"{key} has another answer"
    yield from (f"nobody asked for {key}" for key in there.keys() - branch.asked)
    yield from (f"closing {seq} has no signed head" for (seq,) in file.execute(UNSIGNED))
    tally.in_flight["kept" if there.keys() - branch.acked.keys() else "absent"] += 1
    yield from differences(file)


@cache
def without_rows(schema: tuple[str, ...]) -> bytes:
    """A file with these tables and nothing in them, as it is before its first entry."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as file:
        for sql in schema:
            file.execute(sql)
        file.execute("INSERT INTO store (epoch) VALUES (1)")
        return file.serialize()


def differences(file: sqlite3.Connection) -> Any:
    """Where the rows are not what the journal gives."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as again:
        again.row_factory = sqlite3.Row
        schema = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%'"
        again.deserialize(without_rows(tuple(sql for (sql,) in file.execute(schema))))
        journal.replay(file, again, {**journal.APPLIERS, **ROOMS.appliers})
        for table in (*journal.STATE_TABLES, *ROOMS.state_tables):
            rows = (each.execute(f"SELECT * FROM {table} ORDER BY 1, 2") for each in (file, again))  # noqa: S608 (tables of ours)
            for ours, theirs in zip_longest(*rows):
                if ours is None or theirs is None or tuple(ours) != tuple(theirs):
                    yield f"{table} is not what the journal gives"
                    break


# --- the stories -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("piece", "times"),
    [
        pytest.param(0, CUTS, marks=pytest.mark.timeout(240)),
        *(pytest.param(n, PIECE, marks=LONG) for n in range(1, PIECES + 1)),
    ],
)
def test_whatever_a_cut_leaves_of_the_file_what_was_answered_is_there_once(tmp_path, seed, note, piece, times):
    with power() as disk:
        tally = cuts(tmp_path, disk, times, seed + piece)
    note(str(tally))
    assert not tally.wrong
    assert tally.acked > times
    assert tally.in_flight["kept"]
    assert tally.in_flight["absent"]


def test_the_same_cuts_find_a_hub_that_syncs_less(tmp_path, monkeypatch, seed, note):
    monkeypatch.setitem(sqlite.WRITER, "synchronous", 1)
    with power() as disk:
        tally = cuts(tmp_path, disk, PLANTED_CUTS, seed)
    note(str(tally))
    assert any("was answered and is there 0 times" in wrong for wrong in tally.wrong)


def test_the_same_cuts_find_a_card_that_says_it_has_synced_and_has_not(tmp_path, seed, note):
    def lying(disk: Disk) -> None:
        disk.state.lies = 1

    with power() as disk:
        tally = cuts(tmp_path, disk, PLANTED_CUTS, seed, plant=lying)
    note(str(tally))
    assert len(tally.wrong) > PLANTED_CUTS // 4


# --- the kiosk's file ----------------------------------------------------------------------------


def test_a_kiosk_that_loses_its_power_forgets_no_press_and_gives_no_number_again(tmp_path, seed, note):
    with power() as disk:
        presses, wrong = kiosk_cuts(tmp_path / "spool.db", disk, KIOSK_CUTS, seed)
    note(f"{KIOSK_CUTS} cuts, {presses} presses kept before them; {wrong[:3]}")
    assert not wrong
    assert presses > KIOSK_CUTS


def test_the_same_cuts_find_a_kiosk_that_syncs_less(tmp_path, monkeypatch, seed, note):
    monkeypatch.setitem(sqlite.WRITER, "synchronous", 1)
    with power() as disk:
        presses, wrong = kiosk_cuts(tmp_path / "spool.db", disk, PLANTED_CUTS, seed)
    note(f"{PLANTED_CUTS} cuts, {presses} presses kept before them; {wrong[:3]}")
    assert wrong


def kiosk_cuts(path: Path, disk: Disk, times: int, seed: int) -> tuple[int, list[str]]:
    """One kiosk, cut again and again, with its numbers running on: presses kept, and what went wrong."""
    chance, wrong, presses = chances(seed), [], 0
    kept: dict[str, str] = {}
    labels: Counter[str] = Counter()
    for _ in range(times):
        disk.chance(chance.randrange(1 << 60)).cut_after(chance.randint(1, 160))
        spool = Spool(path, "K1")
        with suppress(MboteError, sqlite3.Error):
            spool.open()
            while not disk.state.off:
                presses += one_press(spool, kept, labels, chance)
        with suppress(sqlite3.Error):
            spool.close()
        disk.cut()
        wrong += forgotten(path, kept, labels)
        kept.clear()
    return presses, wrong


def one_press(spool: Spool, kept: dict[str, str], labels: Counter[str], chance: random.Random) -> int:
    """A visitor while the hub is away; `kept` says for each key how far it came."""
    at = Moment("b" * 16, chance.randrange(1 << 30), None)
    press = spool.add(
        Press(
            key=f"{chance.randrange(1 << 60):x}",
            service="DEP",
            language="fr",
            priority="normal",
            source="button",
            tap="",
            at=at,
        )
    )
    assert press is not None
    kept[press.key] = "pressed"
    number: Number = spool.own_number(press)
    labels[number.label] += 1
    kept[press.key] = "accepted"
    spool.finish(press, number, "printed", at, f"report of {press.key}")
    kept[press.key] = "printed"
    return 1


def forgotten(path: Path, kept: dict[str, str], labels: Counter[str]) -> list[str]:
    """What the kiosk was sure of and does not know any more."""
    with closing(sqlite.open_writer(path)) as db:
        if not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'press'").fetchone():
            return [f"{key} is gone" for key in kept]
        states = dict(db.execute("SELECT key, state FROM press").fetchall())
        whole = [said for (said,) in db.execute("PRAGMA integrity_check") if said != "ok"]
    order = ("pressed", "accepted", "printed")
    lost = [key for key, state in kept.items() if order.index(states.get(key, "pressed")) < order.index(state)]
    gone = [key for key in kept if key not in states]
    twice = [label for label, count in labels.items() if count > 1]
    return whole + [f"{key} is gone" for key in lost + gone] + [f"{label} was given twice" for label in twice]
