"""The real core against a second, smaller agency: whatever anybody does in any order, both agree.

Invariants of quality/reliability.md: Q1 to Q12, Q19, Q20, G2, G4 and G5. What makes a run worth
something stands at the end: three faults planted in the core, each found by the same run.
"""

import json
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from hub.ask import HUB, Actor, Ask
from hub.clock import Elapsed, ManualClock
from hub.context import Hub
from hub.errors import Refused
from hub.queues import actions, appliers, faces, followup, papers, rules, store
from hub.queues.migrations import migrations
from hub.queues.model import StepUndone
from hub.settings.counters import Help
from hub.verify import Rooms, verify
from tests.conftest import MONDAY
from tests.hub.queues.reference import CLASSES, No, Reference, since
from tests.office import demo_settings, open_store

QUEUES = Rooms(appliers.APPLIERS, (migrations,), appliers.STATE_TABLES)
PREFIXES = {"RAS": "A", "DEP": "D"}
SERVES = {"02": ("RAS",), "03": ("RAS", "DEP"), "05": ("DEP",)}
SPOKEN = {"02": ("fr",), "03": ("fr", "en"), "05": ("fr",)}
AGENTS = ("00815D", "00816D", "00902F")
KIOSK, RECEPTION = Actor(device="K1"), Actor(agent="00733C")
AGENCY = demo_settings()
#: What is published in the middle of a day, by the reference's words and by ours: who is on the level and speaks what
#: stays; counter 02 takes deposits too, worth five minutes more; 05 helps inquiries, at once or after two of its own.
PLANS = (
    {},
    {"serves": {"02": ("RAS", "DEP")}, "worth": {"02": {"DEP": 5}}},
    {"helps": {"05": ("RAS", 0, 1)}},
    {"helps": {"05": ("RAS", 20, 2)}, "worth": {"03": {"RAS": -10}}},
)
AGENCY = AGENCY.model_copy(
    update={
        "counters": tuple(
            c.model_copy(update={"services": SERVES[c.code], "languages": SPOKEN[c.code]}) if c.code in SERVES else c
            for c in AGENCY.counters
        )
    }
)
ACCESSIBLE = {c.code for c in AGENCY.counters if c.accessible} & set(SERVES)


def republished(plan: dict) -> object:
    """The agency by one of these plans."""
    counters = tuple(
        c.model_copy(update={
            "services": plan.get("serves", {}).get(c.code, SERVES[c.code]),
            "weights": plan.get("worth", {}).get(c.code, {}),
        }) if c.code in SERVES else c
        for c in AGENCY.counters
    )  # fmt: skip
    helps = tuple(
        Help(code=f"H{code}", queue=service, counters=(code,), over_min=over, after=after)
        for code, (service, over, after) in plan.get("helps", {}).items()
    )
    return AGENCY.model_copy(update={"counters": counters, "helps": helps})


COUNTER = st.sampled_from(sorted(SERVES))
SERVICE = st.sampled_from(sorted(PREFIXES))
WHICH = st.integers(0, 40)
#: Nothing is killed here: a file in memory is as good, and a disk that others use does not make the run long.
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 (a folder of our own in it)
#: What an entry about a ticket may follow, and what it leaves (Q7).
LIFE = {
    "ticket_called": ({"waiting"}, "called"),
    "ticket_recalled": ({"called"}, "called"),
    "service_started": ({"called"}, "serving"), "ticket_no_show": ({"called"}, "no_show"),
    "ticket_returned": ({"no_show"}, "waiting"), "ticket_held": ({"serving"}, "on_hold"),
    "ticket_let_pass": ({"waiting"}, "waiting"),
    "ticket_resumed": ({"on_hold"}, "serving"), "ticket_transferred": ({"serving"}, "waiting"),
    "ticket_released": ({"called"}, "waiting"), "ticket_served": ({"serving"}, "served"),
    "ticket_cancelled": ({"issued", "waiting", "called"}, "cancelled"),
    "ticket_unserved": ({"issued", "waiting", "called"}, "unserved"),
    "ticket_unfinished": ({"serving", "on_hold"}, "unfinished"),
}  # fmt: skip


class Agency(RuleBasedStateMachine):
    """Both agencies, asked the same."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="mbote-agency-", dir=MEMORY))
        self.clock = ManualClock(MONDAY)
        self.hub = Hub(AGENCY, open_store(self.folder, self.clock))
        self.reference = Reference(dict(SERVES), PREFIXES)
        self.reference.accessible, self.reference.spoken = ACCESSIBLE, SPOKEN
        self.plan, self.version = AGENCY, 0
        self.keys, self.own, self.days, self.read = 0, 0, 0, 0
        self.answered: list[tuple[Callable[..., object], Ask, dict[str, object], object]] = []
        self.requests: dict[int, str] = {}  # ticket's place in the reference → the kiosk's request
        self.states: dict[int, str] = {}
        self.open_day()
        for code, agent in zip(SERVES, AGENTS, strict=True):
            self.open_counter(code, agent, take_over=False)

    def teardown(self) -> None:
        self.hub.store.close()
        found = verify(self.folder, QUEUES)  # G4, and the chain
        shutil.rmtree(self.folder)
        assert found.problems == []

    # --- asking both

    def both(
        self, expected: Callable[[], object], action: Callable[..., object], actor: Actor, **how: object
    ) -> object:
        """The same of both: either both refuse and nothing has changed (G5), or both do it."""
        now = self.clock.now()
        self.reference.now = (now.at, now.mono, now.boot)
        self.keys += 1
        ask = Ask(actor, None if actor is HUB else f"key {self.keys}", dict(how))
        before, answer = self.hub.store.head, None
        try:
            answer, refused = action(self.hub, ask, **how), None
        except Refused as refusal:
            refused = refusal
        assert refused is None or self.hub.store.head == before, f"a refusal left an entry: {refused}"
        try:
            expected()
        except No:
            assert refused, f"{action.__name__} {how} was done; the requirements refuse it"
            return None
        assert refused is None, f"{action.__name__} {how} was refused: {refused!r}; the requirements allow it"
        if ask.key:
            self.answered.append((action, ask, how, answer))
        return answer

    def public(self, number: int) -> str:
        found = store.ticket(self.hub.reader, number + 1)
        assert found is not None
        return faces.public_id(found)

    def some(self, which: int) -> int:
        return which % len(self.reference.tickets)

    def now_and_then(self) -> bool:
        return bool(self.reference.tickets)

    # --- the day

    def given_today(self) -> int:
        return sum(t["day"] == self.reference.day for t in self.reference.tickets)

    @precondition(lambda self: self.given_today() >= 12)
    @rule(force=st.booleans())
    def evening(self, force):
        self.both(lambda: self.reference.close_day(force=force), actions.close_day, RECEPTION, force=force)
        if not self.reference.open:
            self.open_day()
            for code, agent in zip(SERVES, AGENTS, strict=True):
                self.open_counter(code, agent, take_over=True)

    def open_day(self):
        self.days += 1
        date = f"2026-{self.days // 28 + 1:02d}-{self.days % 28 + 1:02d}"
        self.both(self.reference.open_day, actions.open_day, RECEPTION, date=date)
        now = self.clock.now()
        self.opened = (now.at, now.mono, now.boot)

    @precondition(lambda self: self.given_today() >= 6)
    @rule(mode=st.sampled_from(("open", "open", "open", "appointments_only", "closed")))
    def mode(self, mode):
        self.both(lambda: self.reference.change_mode(mode), actions.change_mode, RECEPTION, mode=mode)

    # --- time

    @rule(seconds=st.sampled_from((1, 5, 14.999, 15, 20, 40, 60, 60.001, 300, 600, 1800, 3600, 5400)))
    def later(self, seconds):
        self.clock.advance(seconds=seconds)

    @rule(seconds=st.sampled_from((-3600, -1, 7, 86_400)))
    def somebody_sets_the_wall_clock(self, seconds):
        self.clock.jump(seconds=seconds)

    @rule(machine=st.booleans())
    def the_hub_starts_again(self, machine):
        if machine:
            self.clock.reboot(self.clock.now().boot + 1)
        self.hub.store.close()
        self.hub = Hub(AGENCY, open_store(self.folder, self.clock))
        self.hub.standing.take(self.plan, self.version)

    @rule(which=st.integers(0, len(PLANS) - 1))
    def somebody_publishes(self, which):
        """Other counters, weights and help, in the middle of whatever goes on."""
        plan = PLANS[which]
        self.plan, self.version = republished(plan), self.version + 1
        self.hub.standing.take(self.plan, self.version)
        self.reference.serves = SERVES | plan.get("serves", {})
        self.reference.worth, self.reference.helps = plan.get("worth", {}), plan.get("helps", {})

    # --- counters

    @rule(code=COUNTER, agent=st.sampled_from(AGENTS), take_over=st.booleans())
    def open_counter(self, code, agent, take_over):
        self.both(
            lambda: self.reference.open_counter(code, agent, take_over=take_over),
            actions.open_counter, RECEPTION, counter=code, agent=agent, take_over=take_over,
        )  # fmt: skip

    def take_seat(self, code):
        """The counter's own agent is there and free, if nobody is in front."""
        state = self.reference.counters[code]["state"]
        if state == "closed":
            self.open_counter(code, dict(zip(SERVES, AGENTS, strict=True))[code], take_over=True)
        elif state == "paused":
            self.both(lambda: self.reference.unpause(code), actions.unpause, RECEPTION, counter=code)

    @rule(code=COUNTER, how=st.sampled_from(("pause", "close", "unpause", "come", "come")))
    def leave_or_come_back(self, code, how):
        if how == "come":
            self.take_seat(code)
        elif how == "pause":
            self.both(lambda: self.reference.pause(code), actions.pause, RECEPTION, counter=code, reason="pause")
        elif how == "unpause":
            self.both(lambda: self.reference.unpause(code), actions.unpause, RECEPTION, counter=code)
        else:
            self.both(lambda: self.reference.close_counter(code), actions.close_counter, RECEPTION, counter=code)

    # --- tickets

    @rule(
        service=SERVICE, priority=st.sampled_from(("normal", *CLASSES)), wanted=st.sampled_from((None, None, *SERVES)),
        language=st.sampled_from(("fr", "fr", "en")),
    )  # fmt: skip
    def reception_gives(self, service, priority, wanted, language="fr"):
        self.both(
            lambda: self.reference.issue(service, kiosk=False, priority=priority, wanted=wanted, language=language),
            actions.issue, RECEPTION, service=service, channel="reception", priority=priority, counter=wanted,
            language=language,
        )  # fmt: skip

    @rule(service=SERVICE, paper=st.sampled_from(("printed", "printed", "shown", "failed", "", "own", "own")))
    def a_visitor_presses(self, service, paper):
        answer = self.both(
            lambda: self.reference.issue(service, kiosk=True), actions.issue, KIOSK, service=service, channel="kiosk"
        )
        if answer is None:
            return
        number = len(self.reference.tickets) - 1
        assert answer["label"] == self.reference.tickets[number]["label"]
        self.requests[number] = f"key {self.keys}"
        if paper:
            self.report(number, paper)

    @precondition(lambda self: self.requests)
    @rule(which=WHICH, paper=st.sampled_from(("printed", "failed", "own")))
    def a_report_comes_late(self, which, paper):
        self.report(sorted(self.requests)[which % len(self.requests)], paper)

    def report(self, number, paper):
        t = self.reference.tickets[number]
        label = t["label"]
        if paper == "own":
            self.own += 1
            label = f"K1-{self.own:03d}"
            expected = lambda: self.reference.relabel(t, label, failed=False)  # noqa: E731
        else:
            expected = lambda: self.reference.paper(t, failed=paper == "failed")  # noqa: E731
        self.both(
            expected, papers.report_paper, KIOSK, issue=self.requests[number], label=label, service=t["service"],
            paper="printed" if paper == "own" else paper,
        )  # fmt: skip

    @rule(service=SERVICE, ago=st.sampled_from((0, 30_000, 1_200_000)), paper=st.sampled_from(("printed", "failed")))
    def the_kiosk_was_alone(self, service, ago, paper):
        """On the open day: a press from before it opened has a day of its own, which is told in test_papers.py."""
        now = self.clock.now()
        if self.reference.open and since(self.opened, (now.at, now.mono, now.boot)) < ago:
            return
        self.own += 1
        label = f"K1-{self.own:03d}"
        self.both(
            lambda: self.reference.own_paper(label, service, failed=paper == "failed", ago=ago),
            papers.report_paper, KIOSK, issue=f"alone {self.own}", label=label, service=service, paper=paper,
            pressed_at=self.clock.now().at - ago,
        )  # fmt: skip

    @precondition(now_and_then)
    @rule(which=WHICH, priority=st.sampled_from(CLASSES))
    def a_card_is_shown(self, which, priority):
        number = self.some(which)
        t = self.reference.tickets[number]
        self.both(
            lambda: self.reference.set_priority(t, priority), actions.set_priority, RECEPTION,
            ticket=self.public(number), priority=priority, reason="carte",
        )  # fmt: skip

    @precondition(now_and_then)
    @rule(which=WHICH)
    def somebody_gives_up(self, which):
        number = self.some(which)
        t = self.reference.tickets[number]
        self.both(
            lambda: self.reference.cancel(t), actions.cancel, RECEPTION, ticket=self.public(number), reason="parti"
        )

    @precondition(now_and_then)
    @rule(which=WHICH)
    def somebody_comes_back(self, which):
        absent = [n for n, t in enumerate(self.reference.tickets) if t["state"] == "no_show"]
        number = absent[which % len(absent)] if absent else self.some(which)
        t = self.reference.tickets[number]
        self.both(lambda: self.reference.give_back(t), actions.give_back, RECEPTION, ticket=self.public(number))

    @precondition(now_and_then)
    @rule(which=WHICH)
    def somebody_lets_others_pass(self, which):
        waiting = [n for n, t in enumerate(self.reference.tickets) if t["state"] == "waiting"]
        number = waiting[which % len(waiting)] if waiting else self.some(which)
        t = self.reference.tickets[number]
        self.both(lambda: self.reference.let_pass(t), followup.let_pass, RECEPTION, ticket=self.public(number))

    @rule()
    def visits_on_hold_end(self):
        self.both(self.reference.expire_holds, actions.expire_holds, HUB)

    # --- calling and serving

    @rule(code=COUNTER)
    def next(self, code):
        called: list[object] = []
        answer = self.both(
            lambda: called.append(self.reference.call_next(code)), actions.call_next, RECEPTION, counter=code
        )
        if called:
            wanted, found = called[0], answer["ticket"]
            assert (found and found["label"]) == (wanted and wanted["label"]), "Q10, Q11: another was the next"

    @precondition(now_and_then)
    @rule(which=WHICH, code=COUNTER)
    def pick(self, which, code):
        number = self.some(which)
        t = self.reference.tickets[number]
        self.both(
            lambda: self.reference.pick(code, t), actions.pick, RECEPTION, counter=code, ticket=self.public(number),
            reason="urgence",
        )  # fmt: skip

    @rule(code=COUNTER, name=st.sampled_from(("recall", "start", "no_show", "release", "finish", "hold")))
    def step(self, code, name):
        how = {"reason": "photocopie"} if name == "hold" else {}
        self.both(
            lambda: self.reference.step(name, code), getattr(actions, name), RECEPTION, counter=code, **how
        )  # fmt: skip

    @rule(code=COUNTER, end=st.sampled_from(("finish", "hold", "transfer", "")), to=st.sampled_from((None, *SERVES)))
    def a_visit(self, code, end, to):
        self.take_seat(code)
        self.next(code)
        self.step(code, "start")
        if end == "transfer":
            self.transfer(code, SERVES[code][0], to)
        elif end:
            self.step(code, end)

    @rule(code=COUNTER, back=st.booleans())
    def nobody_comes(self, code, back):
        self.take_seat(code)
        self.next(code)
        self.clock.advance(seconds=60)
        self.step(code, "recall")
        self.step(code, "no_show")
        if back and self.reference.tickets:
            self.somebody_comes_back(0)

    @rule(people=st.lists(st.tuples(SERVICE, st.sampled_from(("normal", *CLASSES))), min_size=3, max_size=6))
    def a_bus_arrives(self, people):
        for service, priority in people:
            self.reception_gives(service, priority, None)

    @rule(code=COUNTER, end=st.sampled_from(("finish", "transfer", "absent")), touched=st.booleans())
    def second_thoughts(self, code, end, touched):
        if end == "absent":
            self.nobody_comes(code, touched)
        else:
            self.a_visit(code, end, None)
        last = self.reference.counters[code]["undo"]
        if touched and last:
            self.a_card_is_shown(next(n for n, t in enumerate(self.reference.tickets) if t is last[1]), "age_70")
        self.undo(code)

    @rule(code=COUNTER, seconds=st.sampled_from((-3600, 86_400)))
    def the_wall_clock_is_set_during_a_call(self, code, seconds):
        self.take_seat(code)
        self.next(code)
        self.clock.jump(seconds=seconds)
        self.step(code, "recall")
        self.clock.advance(seconds=20)
        self.step(code, "recall")

    @rule()
    def somebody_is_sent_to_a_colleague(self):
        self.take_seat("03")
        self.take_seat("05")
        self.reception_gives("DEP", "normal", "05")
        self.next("03")

    @rule(service=SERVICE)
    def an_answer_is_lost_and_the_next_one_presses(self, service):
        self.a_visitor_presses(service, "own")
        self.a_visitor_presses(service, "printed")

    @rule(code=COUNTER)
    def accidents_on_a_quiet_morning(self, code):
        self.reception_gives(SERVES[code][0], "normal", None)
        self.clock.advance(minutes=31)
        for _ in range(4):
            self.reception_gives(SERVES[code][0], "work_accident", None)
        self.clock.advance(minutes=20)
        for _ in range(4):
            self.a_visit(code, "finish", None)

    @rule(code=COUNTER, service=SERVICE, to=st.sampled_from((None, *SERVES)))
    def transfer(self, code, service, to):
        target = SERVES[to][0] if to else service
        self.both(
            lambda: self.reference.step("transfer", code, service=target, wanted=to),
            actions.transfer, RECEPTION, counter=code, service=target, to=to, reason="suite",
        )  # fmt: skip

    @precondition(now_and_then)
    @rule(code=COUNTER, which=WHICH)
    def resume(self, code, which):
        self.take_seat(code)
        held = [n for n, t in enumerate(self.reference.tickets) if t["state"] == "on_hold"]
        number = held[which % len(held)] if held else self.some(which)
        t = self.reference.tickets[number]
        self.both(
            lambda: self.reference.resume(code, t), actions.resume, RECEPTION, counter=code, ticket=self.public(number)
        )

    @rule(code=COUNTER)
    def undo(self, code):
        self.both(lambda: self.reference.undo(code), actions.undo, RECEPTION, counter=code)

    # --- what holds after every step

    @precondition(lambda self: self.answered)
    @rule(which=WHICH)
    def a_request_comes_again(self, which):
        """G2: the same answer, and nothing happens."""
        action, ask, how, answer = self.answered[-1 - which % len(self.answered)]
        before = self.hub.store.head
        assert action(self.hub, ask, **how) == answer
        assert self.hub.store.head == before

    @invariant()
    def both_agencies_are_the_same(self):
        """Q1, Q2, Q3, Q5, Q19: no ticket less or more, each with its label, day, state and place."""
        found = self.hub.reader.execute(
            "SELECT t.day, t.label, s.service, t.state, t.priority, s.counter, s.call_count, s.behind, s.wanted,"
            " t.returns FROM ticket t JOIN stage s ON s.id = t.stage ORDER BY t.id"
        ).fetchall()
        names = ("day", "label", "service", "state", "priority", "counter", "calls", "behind", "wanted", "returns")
        assert [tuple(row) for row in found] == [tuple(t[name] for name in names) for t in self.reference.tickets]
        rows = self.hub.reader.execute(
            "SELECT c.code, c.state, c.agent, t.label FROM counter c LEFT JOIN ticket t ON t.id = c.ticket"
        ).fetchall()
        assert {row["code"]: tuple(row)[1:] for row in rows} == {
            code: (c["state"], c["agent"], c["ticket"] and c["ticket"]["label"])
            for code, c in self.reference.counters.items()
        }

    @invariant()
    def each_visitor_has_one_counter_and_each_counter_one_visitor(self):
        """Q8, Q9."""
        at_counters = [row[0] for row in self.hub.reader.execute("SELECT ticket FROM counter WHERE ticket IS NOT NULL")]
        busy = self.hub.reader.execute("SELECT id FROM ticket WHERE state IN ('called', 'serving')")
        assert sorted(at_counters) == sorted(row[0] for row in busy)

    @invariant()
    def no_label_is_on_two_papers_and_no_wait_is_negative(self):
        """Q4, Q6, Q20."""
        reader = self.hub.reader
        again = "SELECT 1 FROM voided v JOIN ticket t ON t.day = v.day AND t.label = v.label"
        assert reader.execute(again).fetchone() is None
        assert (
            reader.execute(
                "SELECT 1 FROM stage WHERE min(coalesce(wait_ms, 0), coalesce(service_ms, 0), held_ms) < 0"
            ).fetchone()
            is None
        )
        falls = (
            "SELECT 1 FROM ticket a JOIN ticket b ON a.day = b.day AND a.series = b.series AND a.id < b.id"
            " WHERE a.number >= b.number AND a.channel = b.channel AND a.series NOT LIKE 'K1-'"
        )
        assert reader.execute(falls).fetchone() is None

    @invariant()
    def every_entry_follows_the_life_of_a_ticket(self):
        """Q7, read from the journal alone."""
        sql = "SELECT seq, kind, subject, payload FROM journal WHERE seq > ? AND subject LIKE 'ticket %' ORDER BY seq"
        for row in self.hub.reader.execute(sql, (self.read,)).fetchall():
            self.read, ticket = row["seq"], int(row["subject"].split()[1])
            before, after = leads(row["kind"], json.loads(row["payload"]))
            state = self.states.get(ticket, "none")
            assert before is None or state in before, f"{row['kind']} of a {state} ticket"
            if (row["kind"], state) == ("paper_reported", "issued") and '"failed"' not in row["payload"]:
                after = "waiting"
            self.states[ticket] = after or state


def leads(kind: str, facts: dict[str, object]) -> tuple[set[str] | None, str | None]:
    """From which states this entry may come, and the state it leaves; None: from any, as it was."""
    if kind == "ticket_issued":
        return {"none"}, "issued" if facts["paper"] == "awaited" else "waiting"
    if kind == "step_undone":
        return {"finish": ({"served"}, "serving"), "no_show": ({"no_show"}, "called")}.get(
            str(facts["step"]), ({"waiting"}, "serving")
        )
    return LIFE.get(kind, (None, None))


def run(steps: int, examples: int, piece: int = 0) -> None:
    """So many days of so many steps, the same ones each time; others in each piece."""
    run_state_machine_as_test(
        seed(piece)(type("Agency", (Agency,), {})) if piece else Agency,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, derandomize=not piece, deadline=None, database=None,
            phases=(Phase.generate,), suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip


def test_four_hundred_steps_of_anything():
    run(50, 8)


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("piece", [101, pytest.param(102, marks=pytest.mark.nightly)])
def test_ten_thousand_steps_of_anything(piece):
    """E10, the ordinary part: the gate's fifty thousand are one piece of the nightly run, its million all of them."""
    run(50, 100, piece)


@pytest.mark.nightly
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("piece", range(1, 21))
def test_a_million_steps_of_anything(piece, note):
    run(100, 500, piece)
    note(f"E10 50,000 steps, seed {piece}: 0 differences")


# --- the run is worth something: faults planted in the core are found by it


def undo_whatever_happened_since(counter, ticket, queue_rules, now):
    rules.counter_step(counter, "undo")
    if ticket is None or counter.last_step is None:
        raise Refused("nothing to undo")
    return StepUndone(ticket.id, counter.code, counter.last_step)


def highest_label_plus_one(reader, day, series):
    """What most systems do: a voided number is given again."""
    found = reader.execute("SELECT max(number) FROM ticket WHERE day = ? AND series = ?", (day, series)).fetchone()
    return found[0] or 0


def the_wall_clock_measures(start, end):
    return Elapsed(max(0, end.at - start.at), certain=True)


PLANTED = {
    "undone though somebody else had seen the visitor": ("hub.queues.rules.undo", undo_whatever_happened_since),
    "who came back is never brought nearer": ("hub.queues.routing.passed", lambda people, chosen: ()),
    "a voided number is given again": ("hub.queues.store.last_number", highest_label_plus_one),
}
MORE_PLANTED = {
    "the wall clock measures recalls": ("hub.queues.rules.elapsed", the_wall_clock_measures),
    "three priorities in a row are not counted": ("hub.queues.line._priority_run", lambda *_: 0),
    "a visitor for one counter is called by another": ("hub.queues.routing._reserved", lambda *_: False),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_fault_planted_in_the_core_is_found(monkeypatch, fault):
    monkeypatch.setattr(*PLANTED[fault])
    with pytest.raises((AssertionError, sqlite3.IntegrityError)):
        run(50, 100)


@pytest.mark.slow
@pytest.mark.parametrize("fault", MORE_PLANTED)
def test_so_are_others(monkeypatch, fault):
    monkeypatch.setattr(*MORE_PLANTED[fault])
    with pytest.raises(AssertionError):
        run(50, 100)
