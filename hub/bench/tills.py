"""Tills in figures: P24, what taking money costs the hub, and P3 while four cashiers and eight agents work."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from hub.agents import actions as agents
from hub.ask import HUB, Actor, Ask
from hub.bench.agents import AgentsBrowser
from hub.bench.figures import Budget, Limits, Line, Times, summary, timed
from hub.bench.limits import SCREENS, ten_screens
from hub.bench.rig import Http, free_port, key, running
from hub.bench.screens import beside_call10, until_the_last
from hub.context import Hub
from hub.demo.agency import Agency, prepare
from hub.demo.keys import SECRET
from hub.demo.processes import COMMANDS
from hub.errors import Refused
from hub.journal import HubStarted
from hub.queues import actions as queues
from hub.rooms import open_hub
from hub.services.cash import actions
from hub.services.cash.model import Payer
from hub.settings_files import load_settings

#: A service that nobody else asks for, with a counter for each agent; and a counter with a till for each cashier.
SERVICE, AGENTS, TILLS = "XBE", ("61", "62", "63", "64", "65", "66", "67", "68"), ("71", "72", "73", "74")
#: An agent takes a step, and a cashier takes money, so often: quicker than anybody does.
AGENT_S, CASHIER_S = 0.5, 1.0
PERIODS = tuple(f"2013-{month:02d}" for month in range(1, 13))


def measure_tills(*, quick: bool) -> tuple[list[Line], Limits]:
    """P24 beside `commit` in this process, then P3 in the running hub while everybody works, beside `call10`."""
    times = Times.of(quick=quick)
    with tempfile.TemporaryDirectory(prefix="mbote-bench-tills-") as temporary:
        agency = _furnished(Path(temporary) / "agency")
        hub = open_hub(agency.settings)
        try:
            _seat_everybody(hub)
            collection, commit = _collection(hub, times.presses)
        finally:
            hub.store.close()
        (Path(temporary) / "bare").mkdir()
        found = ten_screens(Path(temporary) / "bare", times.presses // 2)
        with running(agency, {"hub": COMMANDS["hub"]}):
            return [collection, _while_all_work(agency, times, found)], {"commit": commit} | found


def _collection(hub: Hub, times: int) -> tuple[Line, dict[str, float]]:
    """P24: a payment of twelve periods with its entry, chain and signature."""
    cashier = Actor(agent=_cashier(TILLS[0]), roles=frozenset({"collections_cashier"}))
    actions.open_session(hub, Ask(cashier, key()), till=f"B{TILLS[0]}", pieces={"n10000": 5})
    who = Payer("employer", "Mesure", "9000001")
    payment = actions.Payment(who, "contribution", tuple((each, 100) for each in PERIODS), "cash")

    def commit() -> None:
        with hub.store.transaction(Ask(HUB)) as tx:
            tx.record(HubStarted("bench", "0"))

    commit()
    actions.collect(hub, Ask(cashier, key()), payment=payment)
    limit = summary(timed(commit, times))
    ours = summary(timed(lambda: actions.collect(hub, Ask(cashier, key()), payment=payment), times))
    most = round(3 * limit["p50"] + 5, 2)
    budgets = (Budget(ours["p50"], most=most, of="ms, p50: 3 × commit + 5 ms"),)
    note = "the commit is one entry of the journal with all that our store does"
    return Line("P24", "a payment of twelve periods, recorded with its chain and signature", ours, budgets, note), limit


def _while_all_work(agency: Agency, times: Times, found: Limits) -> Line:
    """P3, measured as ever, in the middle of a working day."""
    with _working(agency) as done:
        ours = summary(until_the_last(agency, SCREENS, times.calls, morning=False))
    note = (
        f"meanwhile {done['paid']} payments at {len(TILLS)} tills and {done['steps']} steps of {len(AGENTS)} agents,"
        f" each {AGENT_S} s, {CASHIER_S} s after the one before; {done['refused']} refused"
    )
    return Line("P24b", "P3 while 4 cashiers and 8 agents work", ours | done, beside_call10(ours, found), note)


@contextmanager
def _working(agency: Agency) -> Iterator[dict[str, int]]:
    """Everybody works until the measure is over; how much was done."""
    stop, done, lock = threading.Event(), {"paid": 0, "steps": 0, "refused": 0}, threading.Lock()

    def at_it(work: Callable[[], str], rest_s: float) -> None:
        while not stop.wait(rest_s):
            what = work()
            with lock:
                done[what] += 1

    workers = [
        *(threading.Thread(target=at_it, args=(_agent(agency, code), AGENT_S)) for code in AGENTS),
        *(threading.Thread(target=at_it, args=(_at_till(agency, code), CASHIER_S)) for code in TILLS),
    ]
    for worker in workers:
        worker.start()
    time.sleep(2 * CASHIER_S)  # all of them are in their rhythm
    try:
        yield done
    finally:
        stop.set()
        for worker in workers:
            worker.join()


def _agent(agency: Agency, counter: str) -> Callable[[], str]:
    """Somebody comes, is called, sits down, goes: one step at a time."""
    http, turn = Http(agency.port, agency.tokens["api"]), count()
    steps = ("ticket", "next", "start", "finish")

    def step() -> str:
        name = steps[next(turn) % len(steps)]
        if name == "ticket":
            http.post("/api/v1/tickets", {"key": key(), "service": SERVICE})
        else:
            with suppress(RuntimeError):  # another agent was quicker: nobody waits, and nobody sits down
                http.post(f"/api/v1/counters/{counter}/{name}", {"key": key()})
        return "steps"

    return step


def _at_till(agency: Agency, counter: str) -> Callable[[], str]:
    """A cashier takes money of somebody."""
    browser = AgentsBrowser(agency, _cashier(counter))
    browser.post("/desk/cash/open", n10000="5")

    def pay() -> str:
        answer, _ = browser.post(
            "/desk/cash/collect", payer_kind="employer", payer="Mesure", payer_number="9000001", tender="cash",
            operation="contribution", **{"period.0": "2013-T1", "amount.0": "1200"},
        )  # fmt: skip
        return "paid" if "/receipts/" in (answer.headers["Location"] or "") else "refused"

    return pay


# --- the agency --------------------------------------------------------------------------------


def _cashier(counter: str) -> str:
    return f"010{counter}B"


def _furnished(folder: Path) -> Agency:
    """The demo's agency with eight more agents' counters, and four tills."""
    agency = prepare(folder, free_port())
    config = agency.config
    _append(
        config / "services.toml", f'[[service]]\ncode = "{SERVICE}"\nprefix = "X"\nlabel = "Mesure"\nmean_min = 1\n'
    )
    for code in (*AGENTS, *TILLS):
        kind = f'label = "Mesure"\nkind = "deposit"\nservices = ["{SERVICE}"]'
        _append(config / "counters.toml", f'[[counter]]\ncode = "{code}"\n{kind}\n')
    tills = "\n".join(f'[[till]]\ncode = "B{c}"\nlabel = "MESURE"\ncounter = "{c}"\nrole = "mixed"' for c in TILLS)
    (config / "cash.toml").write_text(tills, "utf-8")
    agency.settings = load_settings(config)
    return agency


def _append(file: Path, table: str) -> None:
    file.write_text(f"{file.read_text('utf-8')}\n{table}", "utf-8")


def _seat_everybody(hub: Hub) -> None:
    for code in TILLS:
        with suppress(Refused):
            first = agents.add_agent(hub, Ask(HUB), code=_cashier(code), name="Mesure", roles=("collections_cashier",))
            agents.choose_secret(
                hub, Ask(Actor(agent=_cashier(code))), secret=SECRET, current=str(first["one_shot"])
            )  # fmt: skip
    for code in (*AGENTS, *TILLS):
        agent = _cashier(code) if code in TILLS else f"000{code}T"
        queues.open_counter(hub, Ask(HUB), counter=code, agent=agent, take_over=True)
