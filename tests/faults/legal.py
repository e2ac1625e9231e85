"""Legal histories out of nothing: an agency in virtual time over the reference model, with everything that may happen.

Each client is a story (a generator) that asks and sleeps; between asking and hearing, its request takes effect at some
moment, so that requests overlap as they do on a network. Answers get lost, requests are repeated under their key, the
hub is killed in the middle, kiosks give numbers of their own series and report them, visitors are transferred,
recalled, brought back, sent away by mistake. What comes out is a history, an export and a run.json that a judge must
find nothing wrong with. Not a line of it is shared with the hub or the judge.
"""

from __future__ import annotations

import copy
import hashlib
import heapq
import json
import random
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.faults import legal_tills
from tests.hub.queues.reference import No, Reference

Line = dict[str, Any]
Story = Generator[tuple[Any, ...], Any, None]

SERVES = {"02": ("RAS",), "03": ("RAS", "DEP"), "05": ("DEP",), "06": ("DEP",)}
PREFIXES = {"RAS": "A", "DEP": "D"}
START_MS, WALL_MS = 1_000_000, 1_772_432_400_000
#: What happens how often.
ANSWER_LOST, REQUEST_LOST, REPEATED, REUSED = 0.02, 0.02, 0.05, 0.01
AFTERWARDS = 3
DOWN_MS, DAY_MS = 500, 150_000
CLASSES = ("normal", "normal", "normal", "age_70", "work_accident", "reduced_mobility")
#: Who is on the level and what is spoken where; and what is published in the middle of a day.
ACCESSIBLE, SPOKEN = {"02", "05"}, {"02": ("fr",), "03": ("fr", "en"), "05": ("fr",), "06": ("fr", "en")}
PLANS = (
    {},
    {"serves": {"02": ("RAS", "DEP")}, "worth": {"02": {"DEP": 1}}},
    {"helps": {"05": ("RAS", 0, 1)}},
    {"serves": {"06": ("DEP", "RAS")}, "worth": {"03": {"RAS": -5}}, "helps": {"05": ("RAS", 1, 2)}},
)


def said(plan: dict[str, Any]) -> Line:
    """A plan as it is published: settings by name."""
    serves, worth, helps = (plan.get(name, {}) for name in ("serves", "worth", "helps"))
    counters = {
        f"counters.{code}.{name}": value
        for code, services in SERVES.items()
        for name, value in (("services", list(serves.get(code, services))), ("weights", worth.get(code, {})))
    }
    return counters | {
        f"helps.H{code}": {"queue": helps[code][0], "over_min": helps[code][1], "after": helps[code][2],
                           "counters": [code]} if code in helps else None
        for code in SERVES
    }  # fmt: skip


CONFIG = {
    "counters": {code: {"svcs": list(services)} for code, services in SERVES.items()},
    "services": {code: {"prefix": prefix} for code, prefix in PREFIXES.items()},
    "routing": {
        **{name: value for name, value in said({}).items() if value is not None},
        **{f"counters.{code}.accessible": code in ACCESSIBLE for code in SERVES},
        **{f"counters.{code}.languages": list(spoken) for code, spoken in SPOKEN.items()},
    },
    "recall_max": 3, "overtake_max": 0, "display_lag_ms": 2_000, "reconnect_ms": 5_000, "press_window_ms": 0,
    "order_rule": {
        "name": "accumulating", "max_wait_min": 90, "priority_run": 3, "normal_wait_min": 30, "affinity_min": 10,
    },
    "neutral_kinds": ["hub.start"], "real_time": True, "drain_s": 30, "approve_limit": legal_tills.LIMIT,
    "tills": {code: {"counter": counter} for code, (counter, _) in legal_tills.PLACES.items()},
    "chain_fields": ["seq", "epoch", "at", "key", "body"],
}  # fmt: skip


@dataclass
class Client:
    """A logical process: after an answer that never came it goes by another name."""

    name: str
    actor: str
    lives: int = 1
    n: int = 0

    def next_life(self) -> None:
        self.lives, self.n = self.lives + 1, 0


@dataclass
class Asked:
    """A request on its way."""

    client: Client
    story: Story
    op: str
    f: str
    key: str
    a: Line
    act: Callable[[], Line]
    over: bool = False


@dataclass
class Written:
    """What a run leaves behind."""

    history: list[Line] = field(default_factory=list)
    final: list[Line] = field(default_factory=list)
    facts: Line = field(default_factory=dict)

    def copied(self) -> Written:
        """To be tampered with."""
        return copy.deepcopy(self)


class World:
    """The agency and everybody in it, for so many days."""

    def __init__(self, seed: int, *, days: int = 2, kills: int = 2, day_ms: int = DAY_MS) -> None:
        self.chance = random.Random(seed)  # noqa: S311 (nothing is kept secret with it)
        self.seed, self.days, self.kills, self.day_ms = seed, days, kills, day_ms
        self.reference = Reference(dict(SERVES), PREFIXES)
        self.reference.accessible, self.reference.spoken = ACCESSIBLE, dict(SPOKEN)
        self.versions = 0
        self.ms = float(START_MS)
        self.out = Written()
        self.events: list[Line] = []
        self.answers: dict[tuple[str, str], tuple[Line, Line]] = {}
        self.tids: dict[int, str] = {}
        self.issued: dict[tuple[str, str], int] = {}
        self.calls: dict[str, Line] = {}
        self.alone: list[Line] = []
        self.down = False
        self.closing = False
        self.links: dict[str, bool] = {}
        self.tills = legal_tills.Tills(self)
        self.signer = Ed25519PrivateKey.from_private_bytes(bytes(32))
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._order, self._ops = count(), count(1)
        self._drivers = Client("drv", "drv")
        self._open: list[Asked] = []
        self._pictures: list[tuple[Client, bool]] = []

    # --- time

    def after(self, ms: float, do: Callable[[], None]) -> None:
        heapq.heappush(self._heap, (self.ms + ms, next(self._order), do))

    def live(self) -> Written:
        """Everything from the first morning to the last evening."""
        self.record("hub.start", "dev:hub")
        for name in ("K1", "K2", "K3", "D1", "D2"):
            self.record("dev.pair", "dev:hub", dev=name)
        for name in ("K1", "K2"):
            self.begin(Client(f"{name}.1", f"dev:{name}"), kiosk_story)
        for code, agent in zip(SERVES, ("amy", "bob", "cleo", "dan"), strict=True):
            self.begin(Client(f"C{code}", f"user:{agent}"), agent_story, code, agent)
        self.begin(Client("R", "user:rita"), reception_story)
        self.begin(Client("S", "user:sue"), supervisor_story)
        self.begin(Client("W", "user:amy"), watcher_story)
        self.begin(Client("K3", "dev:K3"), thief_story)
        self.tills.send_orders()
        for code, (_, cashier) in legal_tills.PLACES.items():
            self.begin(Client(code, cashier), legal_tills.cashier_story, code)
        self.begin(Client("H", legal_tills.CHIEF), legal_tills.chief_story)
        self.begin(Client("HQ", "hq:centre"), legal_tills.centre_story)
        for name in ("D1", "D2"):
            self._pictures.append((Client(name, f"dev:{name}"), name == "D1"))
            self.link(name, up=True)
        for _ in range(self.kills):
            self.after(self.chance.uniform(5_000, self.days * self.day_ms), self.kill)
        while self._heap:
            self.ms, _, do = heapq.heappop(self._heap)
            if self.ms > START_MS + AFTERWARDS * self.days * self.day_ms:
                raise RuntimeError(f"seed {self.seed}: somebody goes on asking for ever, long after the last evening")
            self.reference.now = (WALL_MS + round(self.ms) - START_MS, round(self.ms), 1)
            do()
        return self._written()

    def _written(self) -> Written:
        for name in ("drained", "final"):
            self.write("mark", self._drivers, f=name, a={})
        states = [*self._states(), *self.tills.states()]
        self.out.final = [*self.events, *states, *self.alone]
        again = [*self.events, self._event("hub.start", "dev:hub", len(self.events) + 1), *states, *self.alone]
        self.out.facts = {
            "v": 1, "seed": self.seed, "impl": "reference", "config": CONFIG, "complete": True,
            "lines": len(self.out.history), "exports": {"restart": again},
        }  # fmt: skip
        return self.out

    def _states(self) -> Iterator[Line]:
        for number, t in enumerate(self.reference.tickets):
            actor_key = next(key for key, n in self.issued.items() if n == number)
            yield {
                "side": "hub", "type": "ticket", "tid": self.tids[number], "label": t["label"], "day": t["day"],
                "svc": t["trail"][0] if t["trail"] and t["trail"][0] != "undone" else t["service"],
                "state": t["state"], "issued_key": actor_key[1], "offline": "-" in t["label"],
                "paper": t.get("paper", "none"),
            }  # fmt: skip

    # --- writing

    def write(self, kind: str, client: Client, **values: Any) -> None:
        line = {"v": 1, "k": kind, "t": round(self.ms * 1e6), "p": f"{client.name}.{client.lives}", "n": client.n}
        client.n += 1
        self.out.history.append(line | values)

    def saw(self, client: Client, f: str, r: Line) -> None:
        self.write("obs", client, f=f, actor=client.actor, r=r, seq=len(self.events), epoch=1)

    def record(self, kind: str, actor: str, key: str | None = None, number: int | None = None, /, **body: Any) -> int:
        """One entry; its number. Screens are told a little later."""
        line = self._event(kind, actor, len(self.events) + 1, key, **body)
        if number is not None:
            line["tid"] = self.tids[number]
        before = self.events[-1]["hash"] if self.events else "00" * 32
        line["said"] = json.dumps([line["seq"], line["epoch"], line["wall"], key, body])
        line["hash"] = hashlib.sha256(line["said"].encode() + bytes.fromhex(before)).hexdigest()
        self.events.append(line)
        for client, speaks in self._pictures:
            self.after(self.chance.uniform(2, 90), lambda c=client, s=speaks: self.picture(c, s))
        return line["seq"]

    def _event(self, kind: str, actor: str, seq: int, key: str | None = None, /, **body: Any) -> Line:
        wall, mono, boot = self.reference.now
        return {
            "side": "hub", "type": "event", "seq": seq, "epoch": 1, "kind": kind, "key": key, "actor": actor,
            "body": body, "wall": wall, "mono": mono, "boot": boot,
        }  # fmt: skip

    def sign(self) -> None:
        """The head of the journal as it stands now."""
        head, key = self.events[-1], self.signer.public_key().public_bytes_raw().hex()
        signature = self.signer.sign(f"mbote-head|{head['seq']}|{head['hash']}".encode()).hex()
        line = {"side": "hub", "type": "head", "seq": head["seq"], "hash": head["hash"], "key": key}
        self.tills.heads.append(line | {"signature": signature})

    # --- screens

    def link(self, name: str, *, up: bool) -> None:
        client = next(c for c, _ in self._pictures if c.name == name)
        self.links[name] = up
        self.saw(client, "display.link", {"up": up})

    def picture(self, client: Client, speaks: bool) -> None:
        """What the screen gets now: the truth of this moment."""
        if self.down or not self.links[client.name]:
            return
        shown = [call for call in list(self.calls.values())[-12:] if call["state"] == "called"]
        cur = [{name: call[name] for name in ("call", "label", "counter")} for call in shown]
        self.saw(client, "display.frame", {"cur": cur, "fresh": True})
        for call in shown if speaks else ():
            if call["rep"] > call["said"]:
                call["said"] = call["rep"]
                self.saw(client, "announce", {"call": call["call"], "rep": call["rep"]})

    # --- the hub dies

    def kill(self) -> None:
        """Whoever waits for an answer hears none; what had not happened yet never does."""
        if self.down or self.closing:
            return
        self.down = True
        self.write("nem", self._drivers, f="kill", target="hub", phase="begin", a={})
        for asked in list(self._open):
            self.lose(asked)
        for client, _ in self._pictures:
            self.link(client.name, up=False)
        self.after(DOWN_MS, self._up)

    def _up(self) -> None:
        self.down = False
        self.record("hub.start", "dev:hub")
        for client, speaks in self._pictures:
            self.after(self.chance.uniform(50, 900), lambda n=client.name: self.link(n, up=True))
            self.after(1_000, lambda c=client, s=speaks: self.picture(c, s))

    # --- asking

    def begin(self, client: Client, story: Callable[..., Story], *about: Any) -> None:
        told = story(self, client, *about)
        self.after(self.chance.uniform(0, 100), lambda: self.step(client, told, None))

    def step(self, client: Client, story: Story, answer: Any) -> None:
        """Let a story go on with what it heard."""
        try:
            wish = story.send(answer)
        except StopIteration:
            return
        if wish[0] == "sleep":
            self.after(wish[1], lambda: self.step(client, story, None))
            return
        _, f, key, a, act = wish
        asked = Asked(client, story, f"o{next(self._ops)}", f, key, a, act)
        self.write("invoke", client, op=asked.op, f=f, key=key, actor=client.actor, a=a, **{"try": 0})
        self._open.append(asked)
        lost = self.down or self.chance.random() < REQUEST_LOST
        if lost:
            self.after(self.chance.uniform(1, 60), lambda: self.lose(asked))
        else:
            self.after(self.chance.uniform(1, 150), lambda: self.happen(asked))

    def happen(self, asked: Asked) -> None:
        """The request takes effect, and its answer sets out."""
        if asked.over:
            return
        who = (asked.client.actor, asked.key)
        content = {"f": asked.f} | {k: v for k, v in asked.a.items() if k != "press"}
        code, r = "", {}
        kept = self.answers.get(who)
        if asked.key is None:
            r = asked.act()
        elif kept is not None:
            r, code = kept[1], "" if kept[0] == content else "key_reuse"
        else:
            try:
                r = asked.act()
                self.answers[who] = (content, r)
            except No:
                code = "illegal"
        if not code and self.chance.random() < ANSWER_LOST:
            self.after(self.chance.uniform(1, 60), lambda: self.lose(asked))
        else:
            self.after(self.chance.uniform(1, 150), lambda: self.answer(asked, r, code))

    def answer(self, asked: Asked, r: Line, code: str) -> None:
        if asked.over:
            return
        self._end(asked)
        if code:
            self.write("fail", asked.client, op=asked.op, code=code)
        else:
            self.write("ok", asked.client, op=asked.op, r=r)
        self.step(asked.client, asked.story, code or r)

    def lose(self, asked: Asked) -> None:
        if asked.over:
            return
        self._end(asked)
        self.write("info", asked.client, op=asked.op, why="reset")
        asked.client.next_life()
        self.step(asked.client, asked.story, None)

    def _end(self, asked: Asked) -> None:
        asked.over = True
        self._open.remove(asked)

    # --- what a request does

    def issue(  # noqa: PLR0913 (a ticket has that many facts)
        self, actor: str, key: str, svc: str, *, kiosk: bool, prio: str = "normal", wanted: Any = None, lang: str = "fr"
    ) -> Line:
        number = self.reference.issue(svc, kiosk=kiosk, priority=prio, wanted=wanted, language=lang)
        return self._given(number, actor, key, "awaited" if kiosk else "none")

    def _given(self, number: int, actor: str, key: str, paper: str) -> Line:
        t = self.reference.tickets[number]
        self.tids[number] = f"T{number}"
        self.issued[actor, key] = number
        t["paper"] = paper
        wall, mono, boot = t["issued"]
        self.record(
            "ticket.issue", actor, key, number, label=t["label"], day=t["day"], svc=t["service"], prio=t["priority"],
            paper=paper, offline="-" in t["label"], wanted=t["wanted"], wall=wall, mono=mono, boot=boot,
            lang=t["language"],
        )  # fmt: skip
        return {
            "tid": f"T{number}", "label": t["label"], "day": t["day"], "svc": t["service"], "offline": False,
        }  # fmt: skip

    def report(self, actor: str, key: str, issue: str, label: str, svc: str, ago: int) -> Line:  # noqa: PLR0913, PLR0917
        """A kiosk's paper: of a ticket known here, of its own series, or never heard of."""
        number = self.issued.get((actor, issue))
        if number is None:
            self.reference.own_paper(label, svc, failed=False, ago=ago)
            number = len(self.reference.tickets) - 1
            self._given(number, actor, issue, "awaited")
            self.record("ticket.paper", actor, key, number, how="printed")
            if self.reference.tickets[number]["state"] == "unserved":  # of a day that has ended meanwhile
                self.record("ticket.unserved", actor, None, number)
        else:
            t = self.reference.tickets[number]
            voided = t["label"]
            if label != voided:
                self.reference.relabel(t, label, failed=False)
                self.record("ticket.relabel", actor, key, number, label=label, voided=voided, day=t["day"])
                key = ""
            else:
                self.reference.paper(t, failed=False)
            self.record("ticket.paper", actor, key or None, number, how="printed")
        self.reference.tickets[number]["paper"] = "printed"
        return {"tid": self.tids[number], "state": self.reference.tickets[number]["state"]}

    def next(self, actor: str, key: str, counter: str) -> Line:
        t = self.reference.call_next(counter)
        if t is None:
            self.record("call.empty", actor, key, counter=counter)
            return {"empty": True}
        return self.called(actor, key, "call.next", counter, t)

    def called(self, actor: str, key: str, kind: str, counter: str, t: Line) -> Line:
        number = next(n for n, one in enumerate(self.reference.tickets) if one is t)
        call = self.record(kind, actor, key, number, counter=counter, call=len(self.events) + 1)
        self.calls[counter] = {
            "call": call, "label": t["label"], "counter": counter, "rep": 1, "said": 0, "state": "called",
        }  # fmt: skip
        return {"call": call, "tid": self.tids[number], "label": t["label"]}

    def at_counter(self, actor: str, key: str, kind: str, counter: str, name: str, **how: Any) -> Line:
        """One step with the visitor in front."""
        t = self.reference.counters[counter]["ticket"]
        self.reference.step(name, counter, **how)
        number = next(n for n, one in enumerate(self.reference.tickets) if one is t)
        body: Line = {"counter": counter}
        if name == "recall":
            body["rep"] = self.calls[counter]["rep"] = t["calls"]
        elif name == "start":
            entered = t["entered"] if t["trail"] else t["issued"]
            body["wait_ms"] = self.reference.now[1] - entered[1]
        elif name == "transfer":
            body |= {"to_svc": how["service"], "wanted": how["wanted"]}
        self.record(kind, actor, key, number, **body)
        if name != "recall":
            self.calls.get(counter, {})["state"] = "ended"
        return {"tid": self.tids[number], "state": t["state"]}

    def on_ticket(self, actor: str, key: str, kind: str, number: int, act: Callable[[Line], None], **body: Any) -> Line:
        t = self.reference.tickets[number]
        counter = t["counter"] if t["state"] == "called" else None
        act(t)
        self.record(kind, actor, key, number, **body)
        if counter and kind == "ticket.cancel":
            self.calls[counter]["state"] = "ended"
        return {"tid": self.tids[number], "state": t["state"]}

    def undo(self, actor: str, key: str, counter: str) -> Line:
        last = self.reference.counters[counter]["undo"]
        self.reference.undo(counter)
        number = next(n for n, one in enumerate(self.reference.tickets) if one is last[1])
        self.record("serve.undo", actor, key, number, counter=counter, step=last[0])
        return {"tid": self.tids[number], "state": last[1]["state"]}

    def close_day(self, actor: str, key: str) -> Line:
        before = [t["state"] for t in self.reference.tickets]
        self.reference.close_day(force=True)
        first: str | None = key
        for number, t in enumerate(self.reference.tickets):
            if t["state"] != before[number]:
                self.record(f"ticket.{t['state']}", actor, first, number)
                first = None
        for counter in SERVES:
            self.record("counter.close", actor, first, counter=counter)
            first = None
        self.record("day.close", actor, None, day=self.reference.day)
        for call in self.calls.values():
            call["state"] = "ended"
        return {"day": self.reference.day}

    def open_day(self, actor: str, key: str) -> Line:
        self.reference.open_day()
        self.record("day.open", actor, key, day=self.reference.day)
        return {"day": self.reference.day}

    def sit_down(self, actor: str, key: str, counter: str, agent: str) -> Line:
        self.reference.open_counter(counter, agent, take_over=True)
        self.record("counter.open", actor, key, counter=counter, agent=agent)
        return {"counter": counter}

    def publish(self, actor: str) -> None:
        """Other counters, weights and help from now on."""
        plan = self.chance.choice(PLANS)
        self.versions += 1
        self.reference.serves = SERVES | plan.get("serves", {})
        self.reference.worth, self.reference.helps = plan.get("worth", {}), plan.get("helps", {})
        self.record("routing.publish", actor, f"version-{self.versions}", version=self.versions, set=said(plan))

    def asking(self, f: str, key: str, a: Line, act: Callable[[], Line]) -> Story:
        """Ask, again under the same key while nobody answers, now and then once more than needed."""
        answer = None
        for _ in range(60):
            answer = yield ("ask", f, key, a, act)
            if answer is not None:
                break
            yield ("sleep", self.chance.uniform(50, 300))
        if isinstance(answer, dict):
            if self.chance.random() < REPEATED:
                yield ("ask", f, key, a, act)
            if self.chance.random() < REUSED:
                yield ("ask", f, key, a | {"svc": "another"}, act)
        return answer


# --- stories -----------------------------------------------------------------------------------


def kiosk_story(world: World, client: Client) -> Story:
    """Visitors press; the number is the hub's, or after a silence one of the kiosk's own."""
    name, own = client.actor.partition(":")[2], 0
    for number in count(1):
        yield ("sleep", world.chance.expovariate(1 / 2_500))
        if world.closing:
            return
        svc, press = world.chance.choice(list(PREFIXES)), f"{name}-b{number}"
        world.write("phys", world._drivers, f="button.down", a={"press": press, "dev": name, "pin": 17})
        at = world.ms
        answer = yield (
            "ask", "ticket.issue", press, {"svc": svc, "prio": 0, "press": press, "src": "kiosk"},
            lambda p=press, s=svc: world.issue(client.actor, p, s, kiosk=True),
        )  # fmt: skip
        if isinstance(answer, str):
            world.saw(client, "screen", {"press": press, "msg": "refusal", "label": None})
            continue
        if answer is None:
            own += 1
            world.alone.append({
                "side": "kiosk", "type": "ticket", "actor": client.actor, "issued_key": press, "offline": True,
                "label": f"{name}-{own:03d}", "svc": svc, "merged": True,
            })  # fmt: skip
        label = answer["label"] if answer else f"{name}-{own:03d}"
        world.saw(client, "screen", {"press": press, "msg": "number", "label": label})
        yield ("sleep", world.chance.uniform(20, 200))
        paper = {"kind": "ticket", "label": label, "press": press, "dup": False, "complete": True}
        world.saw(client, "print", paper)
        told = None
        while not isinstance(told, dict):  # it is refused while no day is open
            told = yield from world.asking(
                "ticket.paper", f"{press}-paper", {"tid": press, "how": "printed"},
                lambda p=press, n=label, s=svc, then=at: world.report(
                    client.actor, f"{p}-paper", p, n, s, round(world.ms - then)
                ),
            )  # fmt: skip
            yield ("sleep", 1_000)


def agent_story(world: World, client: Client, code: str, agent: str) -> Story:
    """A day at a counter, and the next one."""
    me, keys = client.actor, (f"{client.name}-{n}" for n in count(1))

    def step(f: str, kind: str, name: str, a: Line | None = None, **how: Any) -> Story:
        key = next(keys)
        return (yield from world.asking(
            f, key, {"counter": code} | (a or {}), lambda: world.at_counter(me, key, kind, code, name, **how)
        ))  # fmt: skip

    while not world.closing:
        yield ("sleep", world.chance.uniform(50, 1_500))
        if world.reference.counters[code]["state"] == "closed" and world.reference.open:
            key = next(keys)
            yield from world.asking(
                "counter.open", key, {"counter": code}, lambda k=key: world.sit_down(me, k, code, agent)
            )
        key = next(keys)
        asking = world.asking("call.next", key, {"counter": code}, lambda k=key: world.next(me, k, code))
        heard = yield from asking
        if not isinstance(heard, dict) or heard.get("empty"):
            continue
        fate = world.chance.random()
        yield ("sleep", world.chance.uniform(20, 2_000))
        if fate < 0.06:
            yield from step("call.release", "call.release", "release")
            continue
        if fate < 0.12:
            yield ("sleep", 61_000)
            yield from step("call.recall", "call.recall", "recall")
            yield from step("serve.end", "call.noshow", "no_show", {"outcome": "noshow"})
            if world.chance.random() < 0.3:
                key = next(keys)
                yield from world.asking("serve.undo", key, {"counter": code}, lambda k=key: world.undo(me, k, code))
                yield from step("serve.start", "serve.start", "start")
                yield from step("serve.end", "serve.end", "finish", {"outcome": "done"})
            continue
        yield from step("serve.start", "serve.start", "start")
        yield ("sleep", world.chance.uniform(100, 4_000))
        if fate < 0.22:
            svc = world.chance.choice(list(PREFIXES))
            yield from step(
                "serve.end",
                "serve.transfer",
                "transfer",
                {"outcome": "transfer", "to_svc": svc},
                service=svc,
                wanted=None,
            )
        elif fate < 0.27:
            yield from step("serve.hold", "serve.hold", "hold")
        else:
            yield from step("serve.end", "serve.end", "finish", {"outcome": "done"})


def reception_story(world: World, client: Client) -> Story:
    """Gives tickets, cancels, sets priorities, brings back who was absent, and looks at the line."""
    me, keys = client.actor, (f"R-{n}" for n in count(1))
    while not world.closing:
        yield ("sleep", world.chance.uniform(300, 5_000))
        key, what = next(keys), world.chance.random()
        tickets = world.reference.tickets
        if what < 0.55 or not tickets:
            svc, prio = world.chance.choice(list(PREFIXES)), world.chance.choice(CLASSES)
            wanted = "05" if svc == "DEP" and world.chance.random() < 0.1 else None
            lang = "en" if world.chance.random() < 0.2 else "fr"
            yield from world.asking(
                "ticket.issue", key,
                {"svc": svc, "prio": int(prio != "normal"), "press": None, "src": "desk", "lang": lang}
                | ({"counter": wanted} if wanted else {}),
                lambda k=key, s=svc, p=prio, w=wanted, g=lang: world.issue(
                    me, k, s, kiosk=False, prio=p, wanted=w, lang=g
                ),
            )  # fmt: skip
            continue
        number = world.chance.randrange(len(tickets))
        if what < 0.7:
            number = max((n for n, t in enumerate(tickets) if t["state"] == "no_show"), default=number)
            act, f, body = world.reference.give_back, "ticket.return", {"behind": 3}
        elif what < 0.85:
            act, f, body = world.reference.cancel, "ticket.cancel", {}
        else:
            act, f, body = (lambda t: world.reference.set_priority(t, "age_70")), "ticket.prio", {"prio": "age_70"}
        yield from world.asking(
            f, key, {"tid": f"T{number}", "reason": "raison"},
            lambda k=key, kind=f, n=number, do=act, b=body: world.on_ticket(me, k, kind, n, do, **b),
        )  # fmt: skip


def supervisor_story(world: World, client: Client) -> Story:
    """Opens each day and closes it."""
    keys = (f"S-{n}" for n in count(1))
    for day in range(world.days):
        key = next(keys)
        yield from world.asking(
            "day.open", key, {"agency": "A1", "day": day}, lambda k=key: world.open_day(client.actor, k)
        )
        for _ in range(4):
            yield ("sleep", world.day_ms / 4)
            if not world.down:
                world.publish(client.actor)
        if day == world.days - 1:
            world.closing = True
            world.write("mark", world._drivers, f="healed", a={})
            yield ("sleep", 90_000)
        key = next(keys)
        yield from world.asking(
            "day.close", key, {"agency": "A1", "day": day}, lambda k=key: world.close_day(client.actor, k)
        )
        yield ("sleep", 2_000)


def watcher_story(world: World, client: Client) -> Story:
    """Reads the line now and then: in the name of somebody who also writes."""
    while not world.closing:
        yield ("sleep", world.chance.uniform(200, 6_000))
        yield ("ask", "queue.read", None, {"svcs": list(PREFIXES)}, lambda: {"seq": len(world.events), "epoch": 1})


def thief_story(world: World, client: Client) -> Story:
    """A kiosk that works for a while, until somebody revokes its token."""
    for number in range(3):
        yield ("sleep", world.chance.uniform(500, 3_000))
        key = f"K3-{number}"
        yield from world.asking(
            "ticket.issue", key, {"svc": "DEP", "prio": 0, "press": key, "src": "kiosk"},
            lambda k=key: world.issue(client.actor, k, "DEP", kiosk=True),
        )  # fmt: skip
    client.actor = "user:sue"
    client.next_life()
    yield from world.asking(
        "dev.revoke", "revoke-K3", {"dev": "K3"},
        lambda: {"dev": "K3", "seq": world.record("dev.revoke", "user:sue", "revoke-K3", dev="K3")},
    )  # fmt: skip


def legal(seed: int, **size: int) -> Written:
    """One legal run."""
    return World(seed, **size).live()
