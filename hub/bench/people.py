"""The counter's services in figures: P20 search, P21 sheets, P23 import beside the queue, P25 memory; P3 beside it."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from hub.ask import Actor, Ask
from hub.bench import limits
from hub.bench.agents import AgentsBrowser
from hub.bench.figures import Budget, Limits, Line, summary, timed
from hub.bench.rig import free_port, pss_mb, running
from hub.bench.screens import beside_call10, until_the_last
from hub.clock import SystemClock
from hub.demo.agency import Agency, prepare
from hub.demo.country import Country
from hub.demo.processes import COMMANDS, ROOT
from hub.people import actions, importing, names, replica, sheets
from hub.people.importing import Today
from hub.people.search import search
from hub.people_import import stand_back
from hub.queues import actions as queues
from hub.rooms import open_hub

PEOPLE, PEOPLE_QUICK = 1_000_000, 20_000
SEED = 1
#: Namesakes beyond which nobody can be told by a name alone: then the year of birth is typed as well.
FIRST = 5
TODAY = Today("2026-03-02", 1_772_400_000_000)
#: A kiosk presses so often while an import runs.
PRESS_EVERY_S = 0.02


def measure_people(*, quick: bool) -> tuple[list[Line], Limits]:
    """P23, then the others over what it imported. `MBOTE_BENCH_PEOPLE` names another number of persons."""
    people = int(os.environ.get("MBOTE_BENCH_PEOPLE", PEOPLE_QUICK if quick else PEOPLE))
    with tempfile.TemporaryDirectory(prefix="mbote-bench-people-") as temporary:
        folder = Path(temporary)
        agency = prepare(folder / "agency", free_port())
        data = agency.settings.path(agency.settings.hub.data)
        lines = [_import(agency.settings, data, people)]
        with replica.reading(data) as reader:
            lines += [_search(data, reader, people, quick=quick), _slips(reader, quick=quick), _sheets(data, reader)]
        lines.append(_memory(data))
        limit = limits.ten_screens(folder, calls := 20 if quick else 200)
        with replica.reading(data) as reader:
            asked = _some(reader, random.Random(SEED + 3), 200)  # noqa: S311 (a bench, reproducible)
        with running(agency, {"hub": COMMANDS["hub"]}):
            lines.append(_calls_beside_search(agency, asked, calls, limit))
    return lines, limit


# --- P23 ---------------------------------------------------------------------------------------


def _import(settings: Any, data: Path, people: int) -> Line:
    """A country taken over by a process of its own, while a kiosk presses in this one."""
    hub = open_hub(settings)
    try:
        alone = _pressing(hub, lambda: False, seconds=5)
        child = _importer(data, people)
        beside = _pressing(hub, lambda: child.poll() is None, seconds=3600)
        said = json.loads(child.communicate()[0])
    finally:
        hub.store.close()
    before, during = summary(alone), summary(beside)
    figures = said | {"issue_alone": before, "issue_beside": during}
    budgets = (
        Budget(said["persons_per_s"], least=5_000, of="persons a second"),
        Budget(said["growth_mb"], most=100, of="MB of growth"),
        Budget(during["p99"] / before["p99"], most=2, of="p99 of issue alone"),
    )
    note = "persons made and imported by one process; tickets issued meanwhile by another, on the same cores"
    return Line("P23", f"import of {people} persons with families, careers and payments", figures, budgets, note)


def _importer(data: Path, people: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "hub.bench.people", str(data), str(people)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "MBOTE_PARENT": str(os.getpid())}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)  # noqa: S603 (our own command)


def _pressing(hub: Any, still: Callable[[], bool], seconds: float) -> list[float]:
    """How long a ticket took, each, until `seconds` are over or nothing is `still` going on after the first ones."""
    kiosk, taken, turn = Actor(device="K1", roles=frozenset({"kiosk"})), [], threading.Event()
    began = time.perf_counter()
    while time.perf_counter() - began < seconds and (still() or seconds < 60):  # noqa: PLR2004 (a minute alone)
        ask = Ask(kiosk, f"bench {time.perf_counter_ns()}")
        taken += timed(partial(queues.issue, hub, ask, service="DEP", channel="kiosk"), 1)
        turn.wait(PRESS_EVERY_S)
    return taken


def import_country(data: Path, people: int) -> dict[str, Any]:
    """Make and import a country here; what it took."""
    country = Country(people, SEED)
    with replica.writing(data) as writer:
        now = SystemClock().now().at
        run = importing.begin(writer, "bundle", country.name, size=0, data_of=now, now_ms=now)
        began, used, memory = time.perf_counter(), time.process_time(), _memory_mb("VmRSS")
        lines = importing.generated(country.records(), run)
        run = importing.take_over(writer, run, lines, TODAY, lambda *_: None)
        seconds = time.perf_counter() - began
    return run.counts() | {
        "seconds": round(seconds, 1),
        "cpu_s": round(time.process_time() - used, 1),
        "persons_per_s": round(people / seconds),
        "persons_per_cpu_s": round(people / (time.process_time() - used)),
        "growth_mb": round(_memory_mb("VmHWM") - memory, 1),
        "file_mb": round((data / replica.FILE).stat().st_size / 1e6, 1),
    }


def _memory_mb(what: str) -> float:
    """Memory of this process now (VmRSS) or at most (VmHWM); getrusage would count its parent's before exec."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(what)) / 1024


# --- P20 ---------------------------------------------------------------------------------------


def _search(data: Path, reader: Any, people: int, *, quick: bool) -> Line:
    """Names and numbers typed letter by letter: each letter is a search, and opens the replica as a request does."""

    def asked(typed: str) -> None:
        with replica.reading(data) as own:
            search(own, typed)

    dice = random.Random(SEED)  # noqa: S311 (a bench, reproducible)
    taken: list[float] = []
    for row in _some(reader, dice, 50 if quick else 300):
        for typed in _typing(row, dice):
            taken += timed(partial(asked, typed), 1)
    figures = summary(taken)
    budgets = (Budget(figures["p50"], most=10, of="ms, p50"), Budget(figures["p95"], most=30, of="ms, p95"))
    return Line("P20", f"search as you type over {people} persons and their employers", figures, budgets)


def _typing(row: Any, dice: random.Random) -> list[str]:
    whole = dice.choice((f"{row['name']} {row['first_names'] or ''}".strip(), row["number"] or row["name"]))
    return [whole[:length] for length in range(2, len(whole) + 1)]


def _some(reader: Any, dice: random.Random, count: int, kind: str = "type IS NOT NULL") -> list[Any]:
    top = reader.execute("SELECT max(id) FROM party").fetchone()[0]
    sql = f"SELECT * FROM party WHERE id >= ? AND {kind} ORDER BY id LIMIT 1"  # noqa: S608 (constants of this file)
    rows = (reader.execute(sql, (dice.randint(1, top),)).fetchone() for _ in range(count))
    return [row for row in rows if row is not None]


def _slips(reader: Any, *, quick: bool) -> Line:
    """Of so many mistyped names, how many find the person among the first five."""
    dice = random.Random(SEED + 1)  # noqa: S311 (a bench, reproducible)
    people = _some(reader, dice, 200 if quick else 1_000, "type = 'person'")
    right, years, taken = 0, 0, []
    for row in people:
        typed = mistyped(dice, f"{row['name']} {row['first_names']}")
        if _namesakes(reader, row) > FIRST:
            typed, years = f"{typed} {row['birth_date'][:4]}", years + 1
        began = time.perf_counter()
        found = search(reader, typed, FIRST)
        taken.append(time.perf_counter() - began)
        right += row["ref"] in [hit.ref for hit in found]
    figures = summary(taken) | {"right": right, "of": len(people), "with_year": years}
    budgets = (Budget(right / len(people), least=0.98, of="found among the first five"),)
    note = "one-letter slips, other orders, no accents; the year of birth is added where more than five bear the name"
    return Line("P20b", "misspelt search", figures, budgets, note)


def _namesakes(reader: Any, row: Any) -> int:
    """How many bear exactly these words, in any order; what is beyond sixty is not counted."""
    found = [hit for hit in search(reader, f"{row['name']} {row['first_names']} ", 60) if hit.slips == 0]
    return len(found)


def mistyped(dice: random.Random, name: str) -> str:
    """One slip of a finger, another order of the words, or no accents and capitals."""
    words = name.split()
    how = dice.choice(("slip", "order", "accents"))
    if how == "order":
        dice.shuffle(words)
    elif how == "accents":
        words = names.fold(name).split()
    else:
        place = dice.randrange(len(words))
        words[place] = _slip(dice, words[place])
    return " ".join(words)


def _slip(dice: random.Random, word: str) -> str:
    at, letter = dice.randrange(len(word)), dice.choice("abcdefghijklmnopqrstuvwxyz")
    swapped = word[:at] + word[at + 1 : at + 2] + word[at : at + 1] + word[at + 2 :]
    return dice.choice(
        (word[:at] + letter + word[at + 1 :], word[:at] + word[at + 1 :], word[:at] + letter + word[at:], swapped)
    )


# --- P21, P25 ----------------------------------------------------------------------------------


def _sheets(data: Path, reader: Any) -> Line:
    """The heaviest employer, and persons, read and masked for a clerk."""
    dice, roles = random.Random(SEED + 2), frozenset({"clerk"})  # noqa: S311 (a bench, reproducible)

    def seen(ref: str) -> None:
        with replica.reading(data) as own:
            actions.as_seen(sheets.sheet(own, ref), roles)

    employer = summary(timed(lambda: seen("E1"), 50))
    people = _some(reader, dice, 300, "type = 'person'")
    person = summary([timed(partial(seen, row["ref"]), 1)[0] for row in people])
    employees = len(sheets.sheet(reader, "E1").tabs["employees"])
    figures = {"employer": employer, "person": person, "employees": employees}
    budgets = (Budget(employer["p95"], most=100, of="ms, employer"), Budget(person["p95"], most=50, of="ms, person"))
    return Line("P21", "360° sheet, without the page around it", figures, budgets)


def _memory(data: Path) -> Line:
    """A process that has the hub loaded and searches: what it takes, the pages of SQLite included."""
    program = (
        "import sys; from pathlib import Path; import hub.app, hub.wsgi\n"
        "from hub.people import replica; from hub.people.search import search\n"
        "with replica.reading(Path(sys.argv[1])) as reader:\n"
        "    for one in ('ngoma', 'mabiala', 'okko', 'ets'):\n"
        "        [search(reader, f'{one} {other}') for other in ('clarise', 'jerome', 'dj')]\n"
        "    print('ready', flush=True); sys.stdin.read()\n"
    )
    child = subprocess.Popen(  # noqa: S603 (our own command)
        [sys.executable, "-c", program, str(data)], env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdout is not None
    child.stdout.readline()
    found = pss_mb(child.pid)
    child.communicate()
    budgets = (Budget(found, most=150, of="MB"),)
    return Line("P25", "memory of a process with the hub's code that has searched", {"mb": round(found, 1)}, budgets)


# --- P3 beside P20 -----------------------------------------------------------------------------

#: Agents that look for somebody at once, each with a session of their own.
TYPISTS = ("00733C", "00815D", "00816D", "00902F", "00907F", "01016E", "01022K", "01101G")
#: A trained hand.
LETTERS_PER_S = 5


def _calls_beside_search(agency: Agency, asked: list[Any], calls: int, limit: Limits) -> Line:
    """Agents type one name after another, each letter a search over HTTP, while tickets are called."""
    done, letters = threading.Event(), [0] * len(TYPISTS)
    alone = summary(until_the_last(agency, limits.SCREENS, calls))
    hands = [
        threading.Thread(
            target=_type_on, args=(AgentsBrowser(agency, code), asked[n :: len(TYPISTS)], done, letters, n)
        )
        for n, code in enumerate(TYPISTS)
    ]
    began = time.perf_counter()
    for hand in hands:
        hand.start()
    try:
        beside = summary(until_the_last(agency, limits.SCREENS, calls))
    finally:
        done.set()
        for hand in hands:
            hand.join()
    per_s = sum(letters) / (time.perf_counter() - began)
    figures = {"beside": beside, "alone": alone, "searches_per_s": round(per_s, 1)}
    note = f"{len(TYPISTS)} agents type names all the time, {LETTERS_PER_S} letters a second each"
    return Line(
        "P3", "agent's next to the last of 10 displays, beside the search", figures, beside_call10(beside, limit), note
    )


def _type_on(browser: AgentsBrowser, rows: list[Any], done: threading.Event, letters: list[int], number: int) -> None:
    dice = random.Random(SEED + number)  # noqa: S311 (a bench, reproducible)
    while True:
        for row in rows:
            for typed in _typing(row, dice):
                browser.search(typed)
                letters[number] += 1
                if done.wait(1 / LETTERS_PER_S):
                    return


if __name__ == "__main__":
    stand_back()
    print(json.dumps(import_country(Path(sys.argv[1]), int(sys.argv[2]))))
