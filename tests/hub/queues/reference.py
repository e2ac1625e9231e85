"""A second, smaller agency in plain dictionaries, written from requirements B.2, B.3 and B.12 alone.

It shares no line with hub/queues. Each step says what comes of it or raises No, which leaves
everything as it was; the property test asks the same of the real core and compares.
Times are (wall, monotonic, boot) in milliseconds.
"""

from __future__ import annotations

import copy
from typing import Any

MIN = 60_000
HEAD_START = {"normal": (0, 1.0), "work_accident": (15, 2.0)}
CLASSES = ("normal", "reduced_mobility", "pregnant", "age_70", "infant", "work_accident")


class No(Exception):
    """The requirements do not allow it now."""


def need(*facts: object) -> None:
    if not all(facts):
        raise No


def since(then: tuple[int, int, int], now: tuple[int, int, int]) -> int:
    return max(0, now[1] - then[1] if then[2] == now[2] else now[0] - then[0])


class Reference:
    def __init__(self, counters: dict[str, tuple[str, ...]], prefixes: dict[str, str]) -> None:
        self.serves, self.prefixes = counters, prefixes
        self.day, self.open, self.mode = 0, False, "open"
        self.days: list[dict[str, Any]] = []
        self.tickets: list[dict[str, Any]] = []
        self.labels: set[tuple[int, str]] = set()  # ever given, voided ones too
        self.numbers: dict[tuple[int, str], int] = {}
        self.counters = {code: {"state": "closed", "agent": None, "ticket": None, "undo": None} for code in counters}
        self.calls: list[dict[str, Any]] = []
        self.now = (0, 0, 1)
        #: Counters on the level; what is spoken where (nothing said: everything); minutes that a service is worth at a
        #: counter; the queue that a counter helps, over how many minutes, after how many of its own.
        self.accessible: set[str] = set()
        self.spoken: dict[str, tuple[str, ...]] = {}
        self.worth: dict[str, dict[str, float]] = {}
        self.helps: dict[str, tuple[str, float, int]] = {}
        self.own = dict.fromkeys(counters, 0)
        self.helping = ""

    # --- the day and the counters

    def open_day(self) -> None:
        need(not self.open)
        self.day, self.open, self.mode = self.day + 1, True, "open"
        self.days.append({"day": self.day, "opened": self.now, "closed": None})

    def close_day(self, *, force: bool) -> None:
        need(self.open, force or not any(t["state"] in ("called", "serving") for t in self.tickets))
        for t in self.tickets:
            if t["state"] in ("issued", "waiting", "called"):
                t.update(state="unserved")
            elif t["state"] in ("serving", "on_hold"):
                t.update(state="unfinished")
        for c in self.counters.values():
            c.update(state="closed", agent=None, ticket=None, undo=None)
        self.open, self.calls = False, []
        self.days[-1]["closed"] = self.now[0]

    def change_mode(self, mode: str) -> None:
        need(self.open)
        self.mode = mode

    def open_counter(self, code: str, agent: str, *, take_over: bool) -> None:
        c = self.counters[code]
        elsewhere = next((o for n, o in self.counters.items() if o["agent"] == agent and n != code), None)
        need(self.open)
        need(c["agent"] == agent or take_over or not (elsewhere or c["agent"]))
        if elsewhere:
            need(elsewhere["state"] in ("free", "paused"))
            elsewhere.update(state="closed", agent=None, undo=None)
        c["agent"] = agent
        self.own[code] = 0
        if c["state"] in ("closed", "paused"):
            c["state"] = "free"

    def pause(self, code: str) -> None:
        need(self.counters[code]["state"] == "free")
        self.counters[code].update(state="paused", undo=None)

    def unpause(self, code: str) -> None:
        need(self.counters[code]["state"] == "paused")
        self.counters[code].update(state="free", undo=None)

    def close_counter(self, code: str) -> None:
        need(self.counters[code]["state"] in ("free", "paused"))
        self.counters[code].update(state="closed", agent=None, undo=None)

    # --- tickets

    def issue(
        self, service: str, *, kiosk: bool, priority: str = "normal", wanted: str | None = None, language: str = "fr"
    ) -> int:
        need(self.open, not kiosk or self.mode == "open", self._serves(wanted, service))
        prefix = self.prefixes[service]
        number = self.numbers[self.day, prefix] = self.numbers.get((self.day, prefix), 0) + 1
        label, state = f"{prefix}{number:03d}", "issued" if kiosk else "waiting"
        return self._new(label, service, state, self.now, priority, wanted, language=language)

    def _serves(self, counter: str | None, service: str) -> bool:
        return counter is None or service in self.serves[counter]

    def _new(  # noqa: PLR0913, PLR0917
        self, label: str, service: str, state: str, at: Any, priority: str = "normal", wanted: Any = None, day: int = 0,
        language: str = "fr",
    ) -> int:  # fmt: skip
        day = day or self.day
        need((day, label) not in self.labels)
        self.labels.add((day, label))
        self.tickets.append({
            "day": day, "label": label, "service": service, "state": state, "priority": priority, "issued": at,
            "entered": at, "wanted": wanted, "behind": 0, "calls": 0, "counter": None, "returns": 0, "settled": False,
            "touched": 0, "trail": [], "passed": False, "language": language,
        })  # fmt: skip
        return len(self.tickets) - 1

    def paper(self, t: dict[str, Any], *, failed: bool) -> None:
        if not failed and t["state"] == "issued":
            t["state"] = "waiting"
        t["settled"] = True
        self._touch(t)

    def own_paper(self, label: str, service: str, *, failed: bool, ago: int) -> None:
        """A kiosk reports a label of its own series, for a press that was never heard of."""
        at, mono, boot = self.now
        pressed = (at - ago, mono - ago, boot) if ago < mono else (at - ago, 0, 0)
        day, in_the_hall = self._day_of(pressed)
        t = self.tickets[self._new(label, service, "issued", pressed, day=day)]
        self.paper(t, failed=failed)
        if not in_the_hall:
            t["state"] = "unserved"

    def _day_of(self, pressed: tuple[int, int, int]) -> tuple[int, bool]:
        """The day of a press, and whether its visitor is still in the hall. Days here bear dates long past."""
        need(self.days)
        last = self.days[-1]
        if self.open and since(pressed, self.now) <= since(last["opened"], self.now):
            return last["day"], True
        held = [d for d in self.days if d["opened"][0] <= pressed[0]]
        if held and (held[-1]["closed"] is None or pressed[0] <= held[-1]["closed"]):
            return held[-1]["day"], held[-1]["closed"] is None
        if early := [d for d in self.days if d["opened"][0] > pressed[0]]:
            return early[0]["day"], early[0]["closed"] is None and self._date(pressed[0]) == self._date(self.now[0])
        need(self.open)
        return last["day"], True

    @staticmethod
    def _date(at: int) -> int:
        return (at + 60 * MIN) // (24 * 60 * MIN)  # Brazzaville

    def relabel(self, t: dict[str, Any], label: str, *, failed: bool) -> None:
        """A kiosk had no answer in time and printed a label of its own for a ticket that is here."""
        need(t["state"] in ("issued", "unserved", "cancelled"), not t["settled"], (t["day"], label) not in self.labels)
        self.labels.add((t["day"], label))
        t["label"] = label
        self.paper(t, failed=failed)

    def set_priority(self, t: dict[str, Any], priority: str) -> None:
        need(t["state"] in ("issued", "waiting", "called"))
        t["priority"] = priority
        self._touch(t)

    def cancel(self, t: dict[str, Any]) -> None:
        need(t["state"] in ("issued", "waiting", "called"))
        if t["state"] == "called":
            self._free(t["counter"])
        t["state"] = "cancelled"
        self._touch(t)

    def give_back(self, t: dict[str, Any]) -> None:
        need(self.open, t["state"] == "no_show", t["day"] == self.day, t["returns"] == 0)
        need(since(t["ended"], self.now) <= 30 * MIN)
        self._waits_again(t, t["service"], None, behind=3)
        t["returns"] = 1
        self._touch(t)

    def let_pass(self, t: dict[str, Any]) -> None:
        """Three who come after go first, once; those before keep their turn."""
        need(t["state"] == "waiting", not t["passed"])
        line = self._line(t["service"])
        before = next(place for place, other in enumerate(line) if other["of"] is t)
        need(before + 1 < len(line))
        t.update(behind=before + 3, passed=True)
        self._touch(t)

    def _line(self, service: str) -> list[dict[str, Any]]:
        """Who waits for a service, in the order in which one counter alone would call them."""
        alone, line = Reference({"": (service,)}, self.prefixes), []
        alone.now = self.now
        alone.tickets = [
            t | {"of": t} for t in self.tickets if t["state"] == "waiting" and t["service"] == service
        ]  # fmt: skip
        while (t := alone._choice("")) is not None:
            line.append(t)
            alone._call("", t)
        return line

    def expire_holds(self) -> None:
        for t in self.tickets:
            if t["state"] == "on_hold" and since(t["held"], self.now) >= 60 * MIN:
                t["state"] = "unfinished"
                self._touch(t)

    # --- calling

    def call_next(self, code: str) -> dict[str, Any] | None:
        need(self.counters[code]["state"] == "free")
        t = self._choice(code)
        if t is not None:
            self._call(code, t)
        return t

    def pick(self, code: str, t: dict[str, Any]) -> None:
        need(self.counters[code]["state"] == "free", t["state"] == "waiting")
        self.helping = ""
        self._call(code, t)

    def _call(self, code: str, t: dict[str, Any]) -> None:
        for other in self.tickets:
            if other is not t and other["state"] == "waiting" and other["service"] == t["service"]:
                other["behind"] = max(0, other["behind"] - 1)
        helped = code in self.own and t["service"] not in self.serves[code]
        if code in self.own:
            self.own[code] = 0 if helped and self.helping == t["label"] else self.own[code] + 1
        t.update(state="called", counter=code, calls=1, behind=0, first=self.now, last=self.now)
        self.counters[code].update(state="calling", ticket=t, undo=None)
        self.calls.append(t | {"of": t, "stage": len(t["trail"])})
        self._touch(t)

    def _choice(self, code: str) -> dict[str, Any] | None:
        """B.12, by the book."""
        self.helping = ""
        line = [t for t in self.tickets if t["state"] == "waiting" and self._may(code, t)]
        mine = self._nearest([t for t in line if t["service"] in self.serves[code]])
        helped = self._helped(code, line, idle=not mine)
        wait = {id(t): since(t["issued"], self.now) for t in mine + helped}

        def score(t: dict[str, Any]) -> float:
            start, weight = HEAD_START.get(t["priority"], (10, 1.5))
            kept = 15 * MIN if t["wanted"] == code else 0
            worth = self.worth.get(code, {}).get(t["service"], 0) * MIN
            return round(start * MIN + weight * wait[id(t)] + kept + worth, 6)

        if helped and not any(wait[id(t)] > 90 * MIN for t in mine):
            chosen = max(helped, key=score)
            self.helping = chosen["label"]
            return chosen
        mine += helped
        if not mine:
            return None
        over = [t for t in mine if wait[id(t)] > 90 * MIN]
        if over:
            oldest = max(over, key=lambda t: wait[id(t)])
            self.helping = oldest["label"] if oldest["service"] not in self.serves[code] else ""
            return oldest
        normal = [t for t in mine if t["priority"] == "normal"]
        if self._priority_run(code) >= 3 and any(wait[id(t)] > 30 * MIN for t in normal):
            mine = normal
        return max(mine, key=score)

    @staticmethod
    def _nearest(line: list[dict[str, Any]]) -> list[dict[str, Any]]:
        least = min((t["behind"] for t in line), default=0)
        return [t for t in line if t["behind"] == least]

    def _helped(self, code: str, line: list[dict[str, Any]], *, idle: bool) -> list[dict[str, Any]]:
        """Of the queue that this counter helps, when its turn has come."""
        service, over, after = self.helps.get(code, ("", 0, 0))
        theirs = self._nearest([t for t in line if t["service"] == service])
        waits = any(since(t["issued"], self.now) > over * MIN for t in theirs)
        return theirs if waits and service not in self.serves[code] and (idle or self.own[code] >= after) else []

    def _may(self, code: str, t: dict[str, Any]) -> bool:
        """Whether nobody else is waited for: a preference holds for ten minutes."""
        open_now = [n for n, c in self.counters.items() if c["state"] in ("free", "calling", "serving")]
        if since(t["entered"], self.now) >= 10 * MIN or t["wanted"] == code:
            return True
        if t["wanted"] in open_now and t["service"] in self.serves[t["wanted"]]:
            return False
        serving = [n for n in open_now if t["service"] in self.serves[n]]
        best = serving
        if t["priority"] == "reduced_mobility":
            best = [n for n in best if n in self.accessible] or best
        best = [n for n in best if t["language"] in self.spoken.get(n, (t["language"],))] or best
        return len(best) == len(serving) or code in best

    def _priority_run(self, code: str) -> int:
        run = 0
        for call in reversed([c for c in self.calls if c["service"] in self.serves[code]]):
            if call["of"]["priority"] == "normal" or run == 3:
                break
            run += 1
        return run

    # --- at the counter

    def step(self, name: str, code: str, **how: Any) -> None:
        c = self.counters[code]
        t = c["ticket"]
        need(
            t is not None, c["state"] == ("calling" if name in ("recall", "start", "no_show", "release") else "serving")
        )
        before = copy.copy(t)
        getattr(self, f"_{name}")(code, t, **how)
        self._touch(t)
        if name in ("finish", "no_show", "transfer"):
            c["undo"] = (name, t, before, self.now, t["touched"])

    def _recall(self, code: str, t: dict[str, Any]) -> None:
        need(t["calls"] < 3, since(t["last"], self.now) >= 20_000)
        t.update(calls=t["calls"] + 1, last=self.now)

    def _start(self, code: str, t: dict[str, Any]) -> None:
        t["state"] = self.counters[code]["state"] = "serving"

    def _no_show(self, code: str, t: dict[str, Any]) -> None:
        need(t["calls"] >= 2, since(t["first"], self.now) >= 60_000)
        t.update(state="no_show", ended=self.now)
        self._free(code)

    def _release(self, code: str, t: dict[str, Any]) -> None:
        need(since(t["last"], self.now) < 15_000)
        t.update(state="waiting", counter=None, calls=0)
        self.calls = [c for c in self.calls if not (c["of"] is t and c["stage"] == len(t["trail"]))]
        self._free(code)

    def _finish(self, code: str, t: dict[str, Any]) -> None:
        t["state"] = "served"
        self._free(code)

    def _hold(self, code: str, t: dict[str, Any]) -> None:
        t.update(state="on_hold", held=self.now)
        self._free(code)

    def _transfer(self, code: str, t: dict[str, Any], service: str, wanted: str | None) -> None:
        need(wanted != code, self._serves(wanted, service))
        self._waits_again(t, service, wanted, behind=0)
        self._free(code)

    def resume(self, code: str, t: dict[str, Any]) -> None:
        need(self.counters[code]["state"] == "free", t["state"] == "on_hold")
        need(code == t["counter"] or t["service"] in self.serves[code])
        t.update(state="serving", counter=code)
        self.counters[code].update(state="serving", ticket=t, undo=None)
        self._touch(t)

    def undo(self, code: str) -> None:
        c = self.counters[code]
        need(c["state"] == "free", c["undo"])
        name, t, before, at, touched = c["undo"]
        need(t["touched"] == touched, since(at, self.now) <= 60_000)
        trail = [*t["trail"], "undone"] if name == "transfer" else t["trail"]
        t.clear()
        t.update(before, trail=trail)
        c.update(state="calling" if name == "no_show" else "serving", ticket=t, undo=None)
        self._touch(t)

    # --- between

    def _waits_again(self, t: dict[str, Any], service: str, wanted: str | None, behind: int) -> None:
        t.update(
            state="waiting", service=service, wanted=wanted, behind=behind, entered=self.now, counter=None, calls=0,
            trail=[*t["trail"], t["service"]],
        )  # fmt: skip

    def _free(self, code: str) -> None:
        self.counters[code].update(state="free", ticket=None, undo=None)

    def _touch(self, t: dict[str, Any]) -> None:
        self.touches = getattr(self, "touches", 0) + 1
        t["touched"] = self.touches
