"""Who calls whom, as the agency said it at each moment of a run: written from requirements B.12, not from a hub.

`config.routing` of run.json and each `routing.publish` of the journal say settings by name, as plain values:
`queue.max_wait_min`, `counters.05.services`, `counters.05.weights` (minutes by service), `counters.05.languages`,
`counters.05.accessible`, `services.DEP.least_skill`, `services.DEP.language_needed`, `profiles.AGENT` (skills 0 to 3
by service, languages), `helps.NAME` (queue, counters, over_min, after). Without `routing`, a counter is its `svcs`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: Minutes of head start and of score a minute waited; a class that is not named has those of `priority`.
CLASSES = {"normal": (0.0, 1.0), "priority": (10.0, 1.5), "work_accident": (15.0, 2.0)}
#: Level of an agent in a service of which nothing is said; minutes that a level is worth.
USUAL, LEVELS = 2, {1: -5.0, 2: 0.0, 3: 5.0}
#: Classes that can use accessible counters only, where there are any.
ACCESS = frozenset({"reduced_mobility"})


def slope(priority: str) -> tuple[float, float]:
    """Head start in minutes and minutes of score for a minute waited (requirements B.12)."""
    return CLASSES.get(priority, CLASSES["priority"])


@dataclass(frozen=True, slots=True)
class Post:
    """A counter with an agent. `languages` None: nobody said, so every one."""

    svcs: tuple[str, ...]
    weights: Mapping[str, float]
    languages: frozenset[str] | None
    accessible: bool
    helps: tuple[tuple[str, float, int], ...]

    def speaks(self, language: str) -> bool:
        return self.languages is None or not language or language in self.languages


class Plan:
    """What the agency says, changed by publishing."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        rule = config.get("order_rule")
        self.rule: dict[str, Any] = dict(rule) if isinstance(rule, Mapping) else {}
        self.svcs = {code: tuple(counter["svcs"]) for code, counter in config.get("counters", {}).items()}
        self.said: dict[str, Any] = dict(config.get("routing", {}))
        #: What follows from it, worked out once for as long as it stands.
        self._posts: dict[tuple[str, str | None], Post] = {}
        self._wishes: dict[tuple[str, str | None], bool] = {}
        #: Services whose visitors need somebody who speaks their language.
        self.needing: frozenset[str] = frozenset()
        self._take(self.said)

    def publish(self, said: Mapping[str, Any]) -> None:
        """These count from now on; None is gone."""
        for name, value in said.items():
            if value is None:
                self.said.pop(name, None)
            else:
                self.said[name] = value
        self._take(said)

    def _take(self, said: Mapping[str, Any]) -> None:
        self._posts.clear()
        self._wishes.clear()
        for name, value in said.items():
            table, _, rest = name.partition(".")
            code, _, what = rest.partition(".")
            if table == "queue" and value is not None:
                self.rule[rest] = value
            elif table == "counters" and what == "services" and value is not None:
                self.svcs[code] = tuple(value)
        self.needing = frozenset(
            name.split(".")[1]
            for name, value in self.said.items()
            if name.startswith("services.") and name.endswith(".language_needed") and value
        )

    @property
    def helped(self) -> list[Mapping[str, Any]]:
        return [value for name, value in self.said.items() if name.startswith("helps.")]

    @property
    def by_agent(self) -> bool:
        """Whether what a counter calls depends on who sits there."""
        needed = any(name.endswith(".least_skill") and value > USUAL for name, value in self.said.items())
        return needed or any(name.startswith("profiles.") for name in self.said)

    @property
    def plain(self) -> bool:
        """Whether a counter calls the same services for whoever sits there, each worth the same."""
        weighed = any(name.endswith(".weights") and value for name, value in self.said.items())
        return not (self.by_agent or weighed or self.helped or self.needing)

    def may_wish(self, prio: str, language: str | None) -> bool:
        """Whether a visitor of that class and language may be kept for some of the counters; no language: unknown."""
        name = (prio, language)
        if name not in self._wishes:
            self._wishes[name] = self._may_wish(prio, language)
        return self._wishes[name]

    def _may_wish(self, prio: str, language: str | None) -> bool:
        if prio in (*ACCESS, "priority") and len({bool(self._counter(c, "accessible")) for c in self.svcs}) > 1:
            return True
        spoken = [self._counter(code, "languages") for code in self.svcs]
        spoken += [value.get("languages") for name, value in self.said.items() if name.startswith("profiles.")]
        told = [frozenset(each) for each in spoken if each]
        if language is None:
            return len(set(told)) > 1
        return any(language in each for each in told) and not all(language in each for each in told)

    def _counter(self, code: str, what: str) -> Any:
        return self.said.get(f"counters.{code}.{what}")

    def post(self, counter: str, agent: str | None) -> Post:
        """A counter with whoever sits there."""
        name = (counter, agent)
        if name not in self._posts:
            self._posts[name] = self._made(counter, agent)
        return self._posts[name]

    def _made(self, counter: str, agent: str | None) -> Post:
        profile = self.said.get(f"profiles.{agent}") or {}
        skills, spoken = profile.get("skills") or {}, profile.get("languages") or self._counter(counter, "languages")
        level = {svc: skills.get(svc, USUAL) for svc in self._services()}
        least = {svc: max(1, self.said.get(f"services.{svc}.least_skill", 1)) for svc in level}
        svcs = tuple(svc for svc in self.svcs.get(counter, ()) if level.get(svc, USUAL) >= least.get(svc, 1))
        extra = self._counter(counter, "weights") or {}
        return Post(
            svcs=svcs,
            weights={svc: extra.get(svc, 0) + LEVELS[level.get(svc, USUAL)] for svc in svcs},
            languages=frozenset(spoken) if spoken else None,
            accessible=bool(self._counter(counter, "accessible")),
            helps=tuple(
                (each["queue"], each["over_min"], each["after"])
                for each in self.helped
                if counter in each["counters"]
                and each["queue"] not in self.svcs.get(counter, ())
                and level.get(each["queue"], USUAL) >= least.get(each["queue"], 1)
            ),
        )

    def _services(self) -> set[str]:
        named = {name.split(".")[1] for name in self.said if name.startswith("services.")}
        return named | {svc for svcs in self.svcs.values() for svc in svcs}
