"""The supervisor's board, from one moment of the store: `hub.queues.pictures.moment` and this day's visits.

Percentiles, hours and counts are those of `measures` and of the statistics' page: one definition for both.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from hub import dates, outbox
from hub.agents import store as agents
from hub.agents.model import Trouble
from hub.agents.rules import FOUND_BY_THE_HUB
from hub.backup import watch
from hub.clock import Instant, elapsed
from hub.context import Hub
from hub.disk import Room
from hub.queues import epochs, pictures, places
from hub.queues import store as queues
from hub.queues.model import CounterSession
from hub.queues.pictures import Moment
from hub.queues.routing import Place, speaks
from hub.say import say, words
from hub.settings.counters import Counter, Service
from hub.staff_pictures import Alert, AtWork, CounterTile, DayTotals, QueueRow, Supervision
from hub.supervision import rules, store, tally
from hub.supervision.measures import COUNTS, LITTLE_AT_MOST
from hub.supervision.today import SoFar, so_far
from hub.wire import Level

ALERTS_SHOWN = 10
_S, _MIN = 1000, 60_000
#: What has not left for so long is worth a look; the alarm is a setting.
_UNSENT = 60 * _MIN


@dataclass(frozen=True, slots=True)
class Scene:
    """What the board is drawn from, read once.

    `entered`: since when each queue's line has somebody in it; `serving`: the open counters that call each queue.
    """

    hub: Hub
    at: Moment
    names: Mapping[str, str]
    labels: Mapping[int, tuple[str, str]]
    so_far: SoFar
    entered: Mapping[str, Instant]
    serving: Mapping[str, tuple[Place, ...]]

    def say(self, name: str, **values: object) -> str:
        """A sentence in the agency's first language."""
        return say(self.hub.settings.agency.languages[0], f"supervision.{name}", **values)

    def session(self, counter: Counter) -> CounterSession:
        """What a counter is doing."""
        return self.at.sessions.get(counter.code, CounterSession(counter.code))

    def who(self, session: CounterSession) -> str | None:
        """The name of whoever sits there, else their code."""
        return self.names.get(session.agent or "", session.agent)

    def since_ms(self, moment: Instant | None) -> int:
        """How long ago."""
        return elapsed(moment, self.at.now).ms if moment else 0

    def line_ms(self, counter: Counter) -> int | None:
        """Since when a counter has had somebody to call; None when it has nobody."""
        found = [self.since_ms(self.entered[s]) for s in counter.services if s in self.entered]
        return max(found) if found else None

    def flag(self, counter: Counter) -> rules.Flag:
        """What is remarkable about a counter."""
        session = self.session(counter)
        service = self.labels.get(session.ticket or 0, ("", ""))[1]
        found = self.hub.settings.service(service)
        mean_ms = (found.mean_min if found else 10.0) * _MIN
        break_ms = self.hub.settings.alerts.pause_min * _MIN
        if session.work and session.recalled is None:  # at back-office work, until people call
            return "alarm" if session.alarm else ""
        return rules.flag_of(
            session.state, self.since_ms(session.recalled or session.since), self.line_ms(counter), mean_ms, break_ms,
            alarm=session.alarm is not None,
        )  # fmt: skip


def supervision(hub: Hub, reader: sqlite3.Connection) -> Supervision:
    """The whole board."""
    scene = _scene(hub, reader)
    at = scene.at
    alerts = _sorted(scene, reader)
    return Supervision(
        epoch=at.epoch,
        seq=at.seq,
        at=at.now.iso(hub.settings.agency.zone),
        agency=hub.settings.agency.name,
        day=at.day is not None and at.day.open,
        date=at.day.date if at.day else None,
        mode=at.day.mode if at.day else "closed",
        tiles=tuple(_tile(scene, counter) for counter in hub.settings.counters if counter.shown),
        queues=tuple(_queue(scene, service) for service in pictures.public_services(hub)),
        totals=_totals(scene),
        hours=scene.so_far.hours,
        alerts=tuple(alerts[:ALERTS_SHOWN]),
        more_alerts=max(0, len(alerts) - ALERTS_SHOWN),
        at_work=tuple(_at_work(scene)),
    )


def alerts_now(hub: Hub, reader: sqlite3.Connection) -> list[Alert]:
    """Every alert there is, the worst first."""
    return _sorted(_scene(hub, reader), reader)


def _sorted(scene: Scene, reader: sqlite3.Connection) -> list[Alert]:
    return sorted(_alerts(scene, reader), key=lambda alert: rules.WORST[alert.level])


def _scene(hub: Hub, reader: sqlite3.Connection) -> Scene:
    at = pictures.moment(hub, reader)
    held = [session.ticket for session in at.sessions.values() if session.ticket]
    return Scene(
        hub=hub,
        at=at,
        names=agents.names(reader),
        labels=store.labels(reader, held),
        so_far=so_far(hub, reader, at),
        entered=store.entered(reader),
        serving={each.code: places.serving(hub, at.sessions, each.code) for each in hub.settings.services},
    )


# --- counters, queues, the day ---------------------------------------------------------------


def _tile(scene: Scene, counter: Counter) -> CounterTile:
    session, flag = scene.session(counter), scene.flag(counter)
    return CounterTile(
        counter=counter.code,
        label=counter.label,
        state=session.state,
        agent_name=scene.who(session),
        ticket=scene.labels[session.ticket][0] if session.ticket else None,
        elapsed_s=scene.since_ms(session.recalled or session.work_since or session.since) // _S,
        waiting=sum(_waiting(scene, service) for service in counter.services),
        level=rules.level_of_counter(session.state, flag),
        flag=flag,
        reason=session.reason if session.state == "paused" else "",
        services=counter.services,
        agent=session.agent,
    )


def _at_work(scene: Scene) -> Iterator[AtWork]:
    """The counters whose agents do back-office work, and of which service."""
    titles = {each.name: each.title for each in scene.hub.services}
    for counter in scene.hub.settings.counters:
        session = scene.session(counter)
        if session.work and counter.shown:
            name = session.work.partition(".")[0]
            said = say(scene.hub.settings.agency.languages[0], titles[name]) if name in titles else name
            yield AtWork(counter.code, said, session.recalled is not None)


def _waiting(scene: Scene, service: str) -> int:
    return scene.at.waiting[service].count if service in scene.at.waiting else 0


def _queue(scene: Scene, service: Service) -> QueueRow:
    line = scene.at.waiting.get(service.code)
    foreseen = pictures.foreseen(scene.hub, scene.at, service)
    p80_ms = scene.so_far.p80_ms.get(service.code)
    return QueueRow(
        service=service.code,
        label=service.name,
        waiting=line.count if line else 0,
        oldest_s=line.oldest_ms // _S if line else None,
        low_s=foreseen.low_s if foreseen else None,
        high_s=foreseen.high_s if foreseen else None,
        open_counters=len(scene.serving[service.code]),
        served=scene.so_far.states.get((service.code, "served"), 0),
        p80_s=None if p80_ms is None else p80_ms // _S,
        target_s=service.target_min * 60,
        level=rules.level_of_queue(p80_ms, line.oldest_ms if line else None, service.target_min * _MIN),
    )


def _totals(scene: Scene) -> DayTotals:
    """Each visit once; `measures.COUNTS` says which state is counted as what, what is left is in progress."""
    by_state: dict[str, int] = defaultdict(int)
    for (_, state), count in scene.so_far.states.items():
        by_state[state] += count
    done = {name: by_state[state] for name, state in COUNTS.items()}
    return DayTotals(
        issued=sum(by_state.values()),
        served=done["served"],
        waiting=by_state["waiting"],
        at_counters=by_state["called"] + by_state["serving"] + by_state["on_hold"],
        absent=done["absent"],
        cancelled=done["cancelled"],
        unserved=done["unserved"] + done["unfinished"],
        unprinted=by_state["issued"],
    )


# --- alerts ----------------------------------------------------------------------------------


def _alerts(scene: Scene, reader: sqlite3.Connection) -> Iterator[Alert]:
    yield from _alarm_alerts(scene)
    yield from _line_alerts(scene)
    yield from _language_alerts(scene, reader)
    yield from _idle_alerts(scene)
    yield from _break_alerts(scene)
    yield from _device_alerts(scene, reader)
    yield from _backup_alerts(scene, reader)
    yield from _centre_alerts(scene, reader)
    yield from _box_alerts(scene)
    yield from _figure_alerts(scene)


def _alarm_alerts(scene: Scene) -> Iterator[Alert]:
    """Counters that call for help in an emergency: before everything else, and since when."""
    for counter in scene.hub.settings.counters:
        session = scene.session(counter)
        if session.alarm is not None:
            name = scene.who(session) or ""
            seconds = scene.since_ms(session.alarm) // _S
            text = scene.say("alert_alarm", counter=counter.code, label=counter.label, agent=name,
                             time=f"{seconds // 60}:{seconds % 60:02d}")  # fmt: skip
            yield Alert("alarm", "bad", text, counter.code)


def _break_alerts(scene: Scene) -> Iterator[Alert]:
    """Breaks that last longer than agreed."""
    for counter in scene.hub.settings.counters:
        if counter.shown and scene.flag(counter) == "break":
            session = scene.session(counter)
            name = scene.who(session) or ""
            minutes = scene.since_ms(session.since) // _MIN
            text = scene.say("alert_break", counter=counter.code, agent=name, reason=session.reason, minutes=minutes)
            yield Alert("break", "warn", text, counter.code)


def _line_alerts(scene: Scene) -> Iterator[Alert]:
    max_wait_ms = scene.hub.settings.queue.max_wait_min * _MIN
    for service in scene.hub.settings.services:
        found = scene.at.waiting.get(service.code)
        if found is None:
            continue
        served = bool(scene.serving[service.code])
        most = scene.hub.settings.alerts.waiting
        line = rules.Line(found.count, found.oldest_ms, service.target_min * _MIN, served, most)
        alert = rules.alert_of(line, max_wait_ms)
        if alert is None:
            continue
        code, level = alert
        yield Alert(code, level, _line_sentence(scene, code, service, line), service.code)


def _line_sentence(scene: Scene, code: str, service: Service, line: rules.Line) -> str:
    if code == "nobody":
        return scene.say("alert_nobody", service=service.name, count=line.waiting)
    if code == "crowd":
        return scene.say("alert_crowd", service=service.name, waiting=line.waiting, most=line.most)
    return scene.say(
        "alert_late", service=service.name, minutes=line.oldest_ms // _MIN, target=service.target_min
    )  # fmt: skip


def _language_alerts(scene: Scene, reader: sqlite3.Connection) -> Iterator[Alert]:
    """Who needs a language that no open counter of their service speaks (requirements B.12)."""
    needing = places.terms(scene.hub).needing
    if not needing:
        return
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in queues.waiting(reader):
        if row["service"] in needing:
            serving = scene.serving.get(row["service"], ())
            if serving and not any(speaks(place.languages, row["language"]) for place in serving):
                found[row["service"], row["language"]].append(row["label"])
    for (code, language), labels in found.items():
        service = scene.hub.settings.service(code)
        name, some = service.name if service else code, ", ".join(labels[:3])
        text = scene.say("alert_unspoken", service=name, language=language.upper(), tickets=some)
        yield Alert("unspoken", "bad", text, f"{code} {language}")


def _idle_alerts(scene: Scene) -> Iterator[Alert]:
    for counter in scene.hub.settings.counters:
        if counter.shown and scene.flag(counter) == "idle":
            minutes = min(scene.since_ms(scene.session(counter).since), scene.line_ms(counter) or 0) // _MIN
            waiting = sum(_waiting(scene, service) for service in counter.services)
            text = scene.say("alert_idle", counter=counter.code, minutes=minutes, count=waiting)
            yield Alert("idle", "bad", text, counter.code)


def _device_alerts(scene: Scene, reader: sqlite3.Connection) -> Iterator[Alert]:
    for device in agents.devices(reader):
        if device.help_since is not None:
            minutes = scene.since_ms(device.help_since) // _MIN
            yield Alert("help", "bad", scene.say("alert_help", device=device.name, minutes=minutes))
    for trouble in agents.troubles(reader):
        what = _trouble_words(scene, trouble)
        level: Level = "bad" if trouble.part in FOUND_BY_THE_HUB else "warn"
        yield Alert("trouble", level, scene.say("alert_trouble", device=trouble.device, what=what))


def _backup_alerts(scene: Scene, reader: sqlite3.Connection) -> Iterator[Alert]:
    if (epoch := epochs.unconfirmed(reader)) is not None:
        yield Alert("epoch", "bad", scene.say("alert_epoch", epoch=epoch))
    for alarm in watch.of(scene.hub.store).alarms(scene.hub.settings.backup, scene.at.now):
        text = scene.say(f"alert_backup_{alarm.code}", place=alarm.place, minutes=alarm.minutes)
        yield Alert("backup", "warn" if alarm.code == "drill_late" else "bad", text)


def _centre_alerts(scene: Scene, reader: sqlite3.Connection) -> Iterator[Alert]:
    """What has waited to leave for the head office, where this agency has one, and what came back."""
    settings, language = scene.hub.settings, scene.hub.settings.agency.languages[0]
    oldest = outbox.oldest_unsent(reader)
    if oldest is not None and (settings.hub.outbox or settings.centre.key):
        waited = scene.at.now.at - oldest
        if waited > min(_UNSENT, settings.centre.alarm_ms):
            level: Level = "bad" if waited > settings.centre.alarm_ms else "warn"
            yield Alert("unsent", level, say(language, "exchange.alert", age=outbox.age_said(language, waited)))
    if refused := outbox.counts(reader)["refused"]:
        yield Alert("refused", "warn", say(language, "exchange.alert_refused", count=refused))


def _box_alerts(scene: Scene) -> Iterator[Alert]:
    """What the hub's own box is short of: a time to believe, room, a disk that keeps what it is given."""
    store = scene.hub.store
    if not scene.at.now.certain:
        yield Alert("clock", "warn", scene.say("alert_clock"))
    if store.read_only:
        yield Alert("disk", "bad", scene.say("alert_disk_failing"))
    with suppress(OSError):
        room = Room.of(store.folder)
        percent = int(room.share * 100)
        if store.reserve is not None and not store.reserve.whole:
            yield Alert("disk", "bad", scene.say("alert_disk_full"))
        elif room.level != "enough":
            level: Level = "bad" if room.level == "scarce" else "warn"
            yield Alert("disk", level, scene.say(f"alert_disk_{room.level}", percent=percent))


def _figure_alerts(scene: Scene) -> Iterator[Alert]:
    """Days of the last week whose figures do not hold together (C.5): the newest."""
    language = scene.hub.settings.agency.languages[0]
    for day, error in tally.broken_lately(scene.hub, LITTLE_AT_MOST)[:1]:
        said = dates.said(day, language, "long")
        yield Alert("little", "warn", scene.say("alert_little", day=said, error=f"{error * 100:.1f}"))


def _trouble_words(scene: Scene, trouble: Trouble) -> str:
    language = scene.hub.settings.agency.languages[0]
    return trouble_said(language, trouble.part, trouble.state, trouble.detail)


def trouble_said(language: str, part: str, state: str, detail: str = "") -> str:
    """What a device's trouble is called; one that nobody foresaw, as the device says it."""
    name = f"trouble_{state}"
    known = name in words("fr", "supervision")
    return say(language, f"supervision.{name}", part=part, detail=detail) if known else f"{part} : {state}"
