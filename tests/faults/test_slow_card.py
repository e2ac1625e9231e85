"""A card that takes long to keep anything (F17): who waits together is kept together, and a cut takes all or nothing.

300 ms for each sync is a worn card. The stories here take a tenth of it; the figures of docs/reliability.md the whole.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress

import pytest

from hub.ask import Actor, Ask
from hub.errors import MboteError, Refused
from hub.queues import actions
from tests.faults.clients import chances
from tests.faults.power import power
from tests.faults.test_power_cuts import Branch, Tally, base, breaches
from tests.office import RECEPTION

pytestmark = [pytest.mark.faults, pytest.mark.slow]
KIOSKS, PRESSES, SYNC_US = 16, 4, 30_000
FEW_CUTS, CUTS = 8, 60


def crowd(branch: Branch, presses: int, seen: list[float]) -> None:
    """So many kiosks press at once, each again as soon as it is answered."""

    def press(kiosk: int) -> None:
        for number in range(presses):
            ask = Ask(Actor(device=f"K{kiosk}"), f"k{kiosk}-{number}", {})
            branch.asked.add(ask.key)
            began = time.monotonic()
            try:
                answer = actions.issue(branch.hub, ask, service="DEP", channel="kiosk")
            except MboteError:
                return
            seen.append(time.monotonic() - began)
            branch.acked[ask.key] = ask, answer

    threads = [threading.Thread(target=press, args=(kiosk,)) for kiosk in range(KIOSKS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_sixteen_kiosks_wait_for_two_syncs_and_not_for_sixteen(tmp_path, note):
    with power() as disk:
        branch = base(tmp_path, disk, chances(1), full=False)
        disk.back()
        branch.open()
        disk.state.sync_us, before, seen = SYNC_US, disk.state.syncs, []
        crowd(branch, PRESSES, seen)
        syncs = disk.state.syncs - before
        assert not list(breaches(branch, branch.hub.store.writer, Tally()))
        branch.close()
    note(
        f"{len(seen)} tickets in {syncs} syncs, the slowest after {max(seen):.2f} s with {SYNC_US / 1000:.0f} ms a sync"
    )
    assert len(seen) == KIOSKS * PRESSES
    assert syncs <= len(seen) // 3


@pytest.mark.parametrize("cuts", [FEW_CUTS, pytest.param(CUTS, marks=pytest.mark.nightly)])
def test_a_cut_in_a_crowd_keeps_what_was_answered(tmp_path, seed, note, cuts):
    wrong, acked = [], 0
    with power() as disk:
        start, chance = base(tmp_path, disk, chances(seed), full=False), chances(seed)
        for _ in range(cuts):
            disk.back()
            branch = Branch(tmp_path, chance, acked=dict(start.acked), asked=set(start.asked))
            branch.open()
            disk.chance(chance.randrange(1 << 60)).cut_after(chance.randint(1, 200))
            disk.state.sync_us = 500
            crowd(branch, PRESSES, [])
            branch.close()
            disk.cut()
            branch.open()
            wrong += breaches(branch, branch.hub.store.writer, Tally())
            acked += len(branch.acked) - len(start.acked)
            branch.close()
    note(f"{cuts} cuts in a crowd of {KIOSKS}, {acked} answers before them; {wrong[:3]}")
    assert not wrong
    assert acked > cuts


def test_who_is_refused_in_a_crowd_takes_nobody_along(office):
    """Sixteen come while the door is held; every other one asks for what is not there."""
    store, answers = office.hub.store, {}

    def ask(number: int) -> None:
        service = "DEP" if number % 2 else "NONE"
        with suppress(Refused):
            answers[number] = actions.issue(
                office.hub, Ask(RECEPTION, f"k{number}", {}), service=service, channel="reception"
            )["label"]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(16)]
    before = store.head[0]
    with store._write:
        for thread in threads:
            thread.start()
        while len(store._jobs) < len(threads):  # all of them stand at the door
            time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert sorted(answers) == list(range(1, 16, 2))
    assert sorted(answers.values()) == [f"D{n:03d}" for n in range(1, 9)]
    assert store.head[0] == before + 8
