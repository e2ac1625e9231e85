"""Many hands at once: nobody is called twice, no number is given twice, and nobody is told "empty" wrongly."""

from __future__ import annotations

import threading
from collections import Counter as Tally
from collections.abc import Callable

import pytest

from hub.ask import Actor, Ask
from hub.context import Hub
from hub.queues import actions, appliers, faces, papers, store
from hub.queues.migrations import migrations
from hub.queues.model import TicketCalled
from hub.settings.counters import Counter
from hub.verify import Rooms, verify
from tests.office import Office

pytestmark = pytest.mark.slow  # real files, sockets or processes

QUEUES = Rooms(appliers.APPLIERS, (migrations,), appliers.STATE_TABLES)
TWENTY = tuple(f"{n:02d}" for n in range(1, 21))
Next = Callable[..., dict[str, object]]


@pytest.fixture
def hall(office) -> Office:
    """Twenty counters, all for deposits, all with somebody."""
    counters = tuple(Counter(code=code, label="Dépôts", kind="deposit", services=("DEP",)) for code in TWENTY)
    office.hub = Hub(office.hub.settings.model_copy(update={"counters": counters}), office.hub.store)
    for code in TWENTY:
        office.counter(code).open(f"{code}")
    return office


def all_at_once(work: list[Callable[[], object]]) -> list[object]:
    """Each in a thread of its own, started by one word; what each gave."""
    barrier, answers = threading.Barrier(len(work)), [None] * len(work)

    def do(number: int) -> None:
        barrier.wait()
        answers[number] = work[number]()

    threads = [threading.Thread(target=do, args=(number,)) for number in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_acceptance_2_twenty_press_next_over_twelve_visitors(hall):
    """12 distinct tickets, 8 times "nobody waits" with the reason (B.2)."""
    waiting = {hall.give("deposit") for _ in range(12)}
    answers = all_at_once([
        lambda code=code: actions.call_next(hall.hub, Ask(Actor(agent=code), "next"), counter=code) for code in TWENTY
    ])  # fmt: skip
    called = [a["ticket"]["label"] for a in answers if a["ticket"]]
    assert len(called) == 12
    assert set(called) == waiting
    assert [(a["ticket"], a["code"], a["waiting"]) for a in answers if not a["ticket"]] == [(None, "empty", 0)] * 8


def test_one_key_pressed_twenty_times_at_once_is_pressed_once(hall):
    """A page that sends again and again: one ticket, twenty equal answers."""
    ask = Ask(Actor(device="K1"), "one press", {"service": "DEP"})
    answers = all_at_once([lambda: actions.issue(hall.hub, ask, service="DEP", channel="kiosk")] * 20)
    assert answers == answers[:1] * 20
    assert hall.journal.count("ticket_issued") == 1


def a_rush(hall: Office, call_next: Next, tickets: int) -> None:
    """Sixteen agents and four kiosks work until all tickets are served; then everything is counted."""
    given, called, ended = [], [], threading.Event()
    rush = hall.hub.store.head[0]  # keys of their own: another day's rush is not a repeat of this one

    def kiosk(name: str) -> None:
        actor = Actor(device=name)
        for number in range(tickets // 4):
            answer = actions.issue(hall.hub, Ask(actor, f"{rush}-{number}"), service="DEP", channel="kiosk")
            papers.report_paper(
                hall.hub, Ask(actor, f"p{rush}-{number}"), issue=f"{rush}-{number}", paper="printed",
                label=answer["label"], service="DEP",
            )  # fmt: skip
            given.append(answer["label"])

    def agent(code: str) -> None:
        me, number = Actor(agent=code), 0
        while not ended.is_set():
            number += 1
            everybody_came = len(given) == tickets  # before it asks: the answer knows of them all
            answer = call_next(hall.hub, Ask(me, f"n{rush}-{number}"), counter=code)
            if answer["ticket"] is None:
                if everybody_came and answer["waiting"] == 0:
                    ended.set()
                ended.wait(0.01)  # who was told "nobody" looks up before pressing again
                continue
            called.append(answer["ticket"]["label"])
            actions.start(hall.hub, Ask(me, f"s{rush}-{number}"), counter=code)
            actions.finish(hall.hub, Ask(me, f"f{rush}-{number}"), counter=code)

    def careful(work: Callable[[str], None], name: str) -> Callable[[], None]:
        def run() -> None:
            try:
                work(name)
            except Exception:
                ended.set()
                raise

        return run

    all_at_once([*(careful(kiosk, f"K{n}") for n in range(1, 5)), *(careful(agent, code) for code in TWENTY[:16])])
    assert [label for label, times in Tally(called).items() if times > 1] == [], "called twice"
    assert [label for label, times in Tally(given).items() if times > 1] == [], "given twice"
    assert sorted(called) == sorted(given) == [f"D{n:03d}" for n in range(1, tickets + 1)]
    assert verify(hall.hub.store.folder, QUEUES).problems == []


def test_sixteen_agents_and_four_kiosks_call_nobody_twice(hall):
    a_rush(hall, actions.call_next, 160)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_a_long_rush(hall):
    for _ in range(20):
        a_rush(hall, actions.call_next, 400)
        hall.close_day()
        hall.later(hours=24)
        hall.open_day()
        for code in TWENTY:
            hall.counter(code).open(code)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_the_same_rush_finds_a_hub_that_selects_and_then_updates(hall):
    """What the count is worth: read who waits, then say that they are called; on a file that lets them."""
    hall.hub.store.writer.execute("DROP INDEX counter_ticket")

    def select_then_update(hub: Hub, ask: Ask, *, counter: str) -> dict[str, object]:
        found = store.open_tickets(hub.reader, ("waiting",))
        if not found:
            return {"ticket": None, "waiting": 0}
        first = found[0]
        event = TicketCalled(first.id, first.stage.id, first.label, counter, ask.actor.agent, 3, "waited:0", len(found))
        return hub.perform(ask, lambda tx: {"seq": tx.record(event), "ticket": faces.ticket_face(hub, first)})

    with pytest.raises(AssertionError, match="called twice"):
        a_rush(hall, select_then_update, 160)
