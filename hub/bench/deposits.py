"""The registry office in figures: P24, a deposit recorded; P22, its acknowledgement; a day of them beside the queue.

The day: clerks deposit eight documents over HTTP, print and hand over, scans come to some of them, while visitors are
called at another counter; what a call takes then stands beside the same limit as in an empty house (P3).
"""

from __future__ import annotations

import io
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hub.ask import Actor, Ask
from hub.bench import limits
from hub.bench.agents import AgentsBrowser
from hub.bench.desk import LOOKS_S, bare_paper
from hub.bench.figures import Budget, Limits, Line, summary
from hub.bench.rig import free_port, key, running
from hub.bench.screens import beside_call10, until_the_last
from hub.clock import SystemClock
from hub.demo.agency import Agency, prepare
from hub.demo.processes import COMMANDS
from hub.rooms import open_hub
from hub.services.deposit import actions
from hub.services.deposit import model as m

#: D.4: what the seed's pensioner hands in.
CODES = ("0401", "0102", "0412", "0203", "0204", "0217", "0228", "0400")
CLERK, CLERKS = "00902F", 4
A_DAY, QUICK_DAY = 2_000, 60
CALLS, QUICK_CALLS = 200, 20
#: One deposit in so many is scanned.
SCANNED = 4
#: A clerk begins one so often: four of them make in a quarter of an hour what a full agency has in a day.
EVERY_S = 2.0


def measure_deposits(*, quick: bool) -> tuple[list[Line], Limits]:
    """P24 beside `commit`, P22 beside `pdf`, P3 beside `call10` while so many deposits are made."""
    many, calls = (QUICK_DAY, QUICK_CALLS) if quick else (A_DAY, CALLS)
    with tempfile.TemporaryDirectory(prefix="mbote-bench-deposits-") as temporary:
        folder = Path(temporary)
        found = limits.commit_and_press(folder, 100 if quick else 400) | limits.ten_screens(folder, calls)
        found["pdf"] = summary(bare_paper(15 if quick else 200))
        agency = prepare(folder / "agency", free_port())
        alone = _recorded(agency, 40 if quick else 400, found)
        with running(agency, {"hub": COMMANDS["hub"]}):
            return [alone, *_day(agency, many, calls, found)], found


def draft() -> m.Draft:
    """Eight documents of somebody."""
    rows = tuple(m.Row(code, there=True, issued=_issued()) for code in CODES)
    person = m.Concerned(number="2133415888", name="BAMOU Jérôme", reasons=(m.Reason("PVN", {}, rows),))
    return m.Draft(m.Depositor("BAMOU Jérôme"), concerned=(person,))


def _issued() -> str:
    """A week ago, as it is typed: nothing has expired."""
    return f"{datetime.fromtimestamp(SystemClock().now().at / 1000, UTC) - timedelta(days=7):%d%m%y}"


def _recorded(agency: Agency, times: int, found: Limits) -> Line:
    """P24: from a draft to the register, in the hub's own process."""
    hub, who, taken = open_hub(agency.settings), Actor(agent=CLERK, roles=frozenset({"clerk"})), []
    try:
        for _ in range(times + 3):
            number = actions.begin(hub, Ask(who, key()), channel="left", draft=draft())["deposit"]
            began = time.perf_counter()
            actions.deposit(hub, Ask(who, key()), deposit=number, draft=draft())
            taken.append(time.perf_counter() - began)
    finally:
        hub.store.close()
    ours, limit = summary(taken[3:]), found["commit"]  # the lists are read for the first ones
    budgets = tuple(
        Budget(ours[share], most=round(3 * limit[share] + 5, 1), of=f"ms, {share}: 3 × commit + 5 ms")
        for share in ("p50", "p95")
    )
    return Line("P24", "a deposit of eight documents recorded: number, lines, journal, on disk", ours, budgets)


# --- the day -----------------------------------------------------------------------------------


def _day(agency: Agency, many: int, calls: int, found: Limits) -> Iterator[Line]:
    deposited, printed, sent = list[float](), list[float](), list[float]()
    left, stop = iter(range(many)), threading.Event()
    turn = threading.Lock()

    def work(code: str) -> None:
        clerk = Clerk(agency, code)
        while not stop.is_set():
            with turn:
                number = next(left, None)
            if number is None:
                return
            due = time.perf_counter() + EVERY_S
            clerk.deposit(deposited, printed, sent if number % SCANNED == 0 else None)
            stop.wait(max(0.0, due - time.perf_counter()))

    clerks = [each["code"] for each in agency.agents if "clerk" in each["roles"]][:CLERKS]
    Clerk(agency, clerks[0]).deposit([], [], [])  # for the first one workshop and viewer are started
    began = time.perf_counter()
    with ThreadPoolExecutor(CLERKS) as pool:
        working = [pool.submit(work, code) for code in clerks]
        called = summary(until_the_last(agency, limits.SCREENS, calls))
        for each in working:
            each.result()
    took = time.perf_counter() - began
    click, most = summary(printed), 1.5 * found["pdf"]["p95"] + 10
    yield Line(
        "P22", "acknowledgement of a deposit, click to the PDF's last byte, while four clerks work", click,
        (Budget(click["p95"], most=round(most, 1), of="ms, p95: 1.5 × pdf + 10 ms"),),
    )  # fmt: skip
    figures = {"deposit": summary(deposited), "scan": summary(sent), "deposits": many, "seconds": round(took, 1)}
    said = f"{many} deposits over HTTP by four clerks, one in {SCANNED} scanned, thirty times as fast as in a day"
    yield Line("P24", said, figures)
    said = "agent's next to the last of 10 displays while four clerks deposit"
    yield Line("P3", said, called, beside_call10(called, found))


class Clerk:
    """A clerk's browser, as far as forms go."""

    def __init__(self, agency: Agency, code: str) -> None:
        self._forms = AgentsBrowser(agency, code)
        self._scan = _page()

    def deposit(self, deposited: list[float], printed: list[float], sent: list[float] | None) -> None:
        """One deposit from its beginning to the paper. Raises RuntimeError when anything is not as it should be."""
        place = self._place(self._forms.post("/desk/deposit", channel="left"), "/desk/deposit/")
        typed = {"name": "BAMOU Jérôme", "c0-number": "", "c0-name": "BAMOU Jérôme", "c0-type": "insured_person"}
        typed |= {"c0-e0-event": "PVN"}
        for at, code in enumerate(CODES):
            typed |= {f"c0-e0-d{at}-document": code, f"c0-e0-d{at}-there": "1", f"c0-e0-d{at}-issued": _issued()}
        began = time.perf_counter()
        self._place(self._forms.post(place, do="deposit", **typed), place)
        deposited.append(time.perf_counter() - began)
        if sent is not None:
            began = time.perf_counter()
            answer, body = self._forms.send(f"{place}/scans", self._scan)
            sent.append(time.perf_counter() - began)
            if answer.status != 201:  # noqa: PLR2004 (created)
                raise RuntimeError(f"no scan was kept: {answer.status} {body[:300]!r}")
        time.sleep(LOOKS_S)
        began = time.perf_counter()
        _, body = self._forms.post(f"{place}/print")
        printed.append(time.perf_counter() - began)
        if not body.startswith(b"%PDF"):
            raise RuntimeError(f"no paper came: {body[:300]!r}")
        self._place(self._forms.post(f"{place}/hand"), place)

    @staticmethod
    def _place(answered: tuple[object, bytes], wanted: str) -> str:
        answer, body = answered
        place = str(answer.headers["Location"] or "").partition("?")[0]  # type: ignore[attr-defined]
        if not place.startswith(wanted):
            raise RuntimeError(f"{wanted}: {body[:300]!r}")
        return place


def _page() -> bytes:
    """A page as a scanner makes it: 200 dots an inch, grey, with words on it."""
    from PIL import Image, ImageDraw

    page = Image.new("L", (1654, 2339), "white")
    pen = ImageDraw.Draw(page)
    for line in range(40):
        pen.text(
            (150, 150 + line * 50), "Attestation de salaire et d'arrêt de travail " * 2, fill="black", font_size=28
        )
    out = io.BytesIO()
    page.save(out, "JPEG", quality=70)
    return out.getvalue()
