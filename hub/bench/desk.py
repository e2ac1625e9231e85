"""The agent's desk in figures: P22, from the click to the bytes of a PDF, and P26, the page on an old PC."""

from __future__ import annotations

import tempfile
import time
from itertools import count, cycle
from pathlib import Path
from statistics import median
from typing import Any

import typst

from hub.bench.agents import CLERK, AgentsBrowser
from hub.bench.browser import page_at
from hub.bench.figures import Budget, Limits, Line, summary, timed
from hub.bench.people import import_country
from hub.bench.rig import Http, free_port, key, running
from hub.demo.agency import Agency, prepare
from hub.demo.processes import COMMANDS

#: So many persons have some employers whose accounts can be attested.
PEOPLE = 2_000
#: A dozen employers of few periods; the first one has ten years of them, which is no page of twelve rows.
EMPLOYERS = tuple(f"E{number}" for number in range(2, 14))
ROWS = 12
#: One A4 page with a table, as small as typst lets it be.
PLAIN = """#set document(title: "limit")
#set text(lang: "fr")
= Attestation NUMBER
#table(columns: 4, table.header([*a*], [*b*], [*c*], [*d*]), ..range(CELLS).map(n => [#(n + NUMBER)]))
"""
#: Nobody sees the page of a certificate and clicks on it sooner.
LOOKS_S = 0.25


def measure_desk(*, quick: bool) -> tuple[list[Line], Limits]:
    """P22 beside `pdf`, what typst alone takes for such a page, and P26. Raises ImportError without Chromium."""
    times = 15 if quick else 200
    with tempfile.TemporaryDirectory(prefix="mbote-bench-desk-") as temporary:
        agency = prepare(Path(temporary), free_port())
        import_country(agency.settings.path(agency.settings.hub.data), PEOPLE)
        with running(agency, {"hub": COMMANDS["hub"]}):
            papers, limits = _paper_of(agency, times)
            return [papers, _page(agency, 1 if quick else ROUNDS)], limits


# --- P22 ---------------------------------------------------------------------------------------


def _paper_of(agency: Agency, times: int) -> tuple[Line, Limits]:
    given, printed = _papers(AgentsBrowser(agency, CLERK), times)
    busy, limit = summary(bare_paper(times)), summary(bare_paper(times, LOOKS_S))
    click, most = summary(printed), 1.5 * limit["p95"] + 10
    budgets = (Budget(click["p95"], most=round(most, 1), of="ms, p95: 1.5 × pdf + 10 ms"),)
    note = "a statement of contributions over HTTP: given (number, signature, on disk), a quarter second later printed"
    figures = {"print": click, "issue": summary(given)}
    return Line("P22", "certificate, click to the PDF's last byte", figures, budgets, note), {
        "pdf": limit,
        "pdf_busy": busy,
    }


#: No page is drawn twice: of what it has drawn before typst remembers much.
_NUMBERS = count()


def bare_paper(times: int, rest_s: float = 0.0) -> list[float]:
    """`pdf`: what typst alone takes for a page with a table of twelve rows, seconds; after a rest, as ours is asked."""
    letters = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)

    def drawn() -> None:
        page = PLAIN.replace("NUMBER", str(next(_NUMBERS))).replace("CELLS", str(4 * ROWS)).encode()
        sources: Any = {"main": page}  # its stub knows of one file only
        compiler = typst.Compiler(sources, font_paths=letters, ignore_system_fonts=True)
        compiler.compile(format="pdf", pdf_standards=["a-2b"], timestamp=0)

    drawn()  # the first one reads the letters
    return timed(drawn, times, rest_s)


def _papers(forms: AgentsBrowser, times: int) -> tuple[list[float], list[float]]:
    """How long each certificate took to be given, and to come as PDF. Raises RuntimeError when one did not."""
    given, printed = [], []
    for _, ref in zip(range(times + 1), cycle(EMPLOYERS), strict=False):
        began = time.perf_counter()
        answer, body = forms.post(
            "/desk/certificate", ref=ref, kind="contributions", channel="telephone", motive="mesure de vitesse"
        )
        given.append(time.perf_counter() - began)
        place = (answer.headers["Location"] or "").partition("?")[0]
        if not place:
            raise RuntimeError(f"no certificate was given: {answer.status} {body[:300]!r}")
        time.sleep(LOOKS_S)
        began = time.perf_counter()
        answer, body = forms.post(f"{place}/print")
        printed.append(time.perf_counter() - began)
        if not body.startswith(b"%PDF"):
            raise RuntimeError(f"no paper came: {answer.status} {body[:300]!r}")
    return given[1:], printed[1:]  # for the first one the workshop is started


# --- P26 ---------------------------------------------------------------------------------------

#: A ten-year-old PC's processor, as against this one.
SLOWER = 4
KB = 1_000
#: Notes whatever kept the page from answering for more than 50 ms, as the browser counts it.
_WATCH = """window.mboteBusy = [];
new PerformanceObserver((seen) => seen.getEntries().forEach((one) => mboteBusy.push([one.startTime, one.duration])))
  .observe({type: "longtask", buffered: true});"""
_SHIPPED = """() => performance.getEntriesByType("resource")
  .filter((one) => /\\.(js|css)(\\?|$)/.test(one.name)).reduce((sum, one) => sum + one.decodedBodySize, 0)"""
_LOADED = """() => performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd"""
_BUSY = "() => mboteBusy"
#: What an agent does all day: keys, and how long they look at what comes.
_HANDS = ("F9", *"boulangerie", "Enter", *"23451", "F9", *"ngoma", "Enter")
#: So often: the page and the hub share two cores with the browser's own work, and one turn may wait for any of them.
ROUNDS = 5


def _page(agency: Agency, rounds: int) -> Line:
    """The page of inquiry on a slow processor: what is shipped, when it answers, what blocks it afterwards."""
    door = f"{agency.url}demo/agent/{CLERK}?to=/desk/inquiry"
    with page_at(door, size=(1366, 768), slower=SLOWER, script=_WATCH) as page:
        page.context.new_cdp_session(page).send("Network.setCacheDisabled", {"cacheDisabled": True})
        page.goto(f"{agency.url}desk/inquiry")
        page.wait_for_timeout(2_000)
        shipped, loaded = page.evaluate(_SHIPPED), page.evaluate(_LOADED)
        interactive = max([loaded, *(start + length for start, length in page.evaluate(_BUSY))])
        _visitor(agency, page)
        each = [_blocked(page) for _ in range(rounds)]
        shown = page.locator("article.sheet").count()
    if not shown:
        raise RuntimeError("no file was opened: what was measured is not the agent's day")
    middle = {what: median(one[what] for one in each) for what in each[0]}
    figures = {
        "shipped_kb": round(shipped / KB, 1),
        "interactive_ms": round(interactive),
        "blocked_ms": {what: length for what, length in middle.items() if length},
        "worst_ms": max(max(one.values()) for one in each),
    }
    budgets = (
        Budget(shipped / KB, most=250, of="kB of JS and CSS"),
        Budget(interactive, most=1_500, of=f"ms until the page answers, {SLOWER} times slower, nothing in the cache"),
        Budget(
            max(middle.values()), most=100, of=f"ms that one action blocks it, {SLOWER} times slower, of {rounds} times"
        ),
    )
    note = (
        "interactive: the document is there with its scripts, and the last long task of its first two seconds is over"
    )
    return Line("P26", "the agent's page: weight, time until it answers, what blocks it", figures, budgets, note)


def _blocked(page: Any) -> dict[str, float]:
    """For each key of the hands, the longest time that the page did not answer after it, ms."""
    found: dict[str, float] = {}
    for pressed in _HANDS:
        before = len(page.evaluate(_BUSY))
        page.keyboard.press(pressed)
        page.wait_for_timeout(350)
        longest = max((length for _, length in page.evaluate(_BUSY)[before:]), default=0)
        found[pressed] = max(found.get(pressed, 0), longest)
    return found


def _visitor(agency: Agency, page: Any) -> None:
    """Somebody comes, is called and sits down: their file may be opened."""
    Http(agency.port, agency.tokens["api"]).post("/api/v1/tickets", {"key": key(), "service": "RAS"})
    for pressed in ("F2", "F5", "F9"):
        page.wait_for_timeout(1_000)
        page.keyboard.press(pressed)
