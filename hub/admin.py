"""The administrator's local door: a Unix socket in the data folder, one line of JSON in, one line out.

Whoever owns the folder may ask; nobody else reaches the socket (0600). The same questions are answered by
`offline` while the hub is stopped. Garbage gets an error line, and the next line is read as if nothing had been.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import Any

import structlog

from hub import timekeeping
from hub.agents import actions as agents
from hub.agents import devices, second_factor
from hub.agents import store as agent_store
from hub.ask import Actor, Answer, Ask
from hub.backup import watch
from hub.backup.word import Result, Word
from hub.clock import Instant, iso
from hub.context import Hub
from hub.door import fault_of_json
from hub.errors import BadRequest, NotFound, Refused, StoreFault
from hub.exchange import stick
from hub.local_socket import DOOR, reachable
from hub.people import actions as people
from hub.queues import actions as queues
from hub.queues import epochs
from hub.queues import store as queue_store
from hub.rooms import open_hub
from hub.settings import Settings
from hub.supervision import story

#: The administrator at the box itself.
LOCAL = Actor(device="admin", roles=frozenset({"hub"}))
LINE_BYTES = 64 * 1024
DEPTH = 4
#: A line that does not come is not waited for.
PATIENCE_S = 10.0
log = structlog.get_logger("admin")

Body = Mapping[str, Any]


def answer(hub: Hub, what: str, body: Body) -> Answer:
    """The answer, or `{"error": {…}}`. `what` may be written with a dot, as the command line does."""
    found = _ANSWERS.get(what.replace(".", "_"))
    try:
        if found is None:
            raise NotFound(
                f"there is nothing called {what!r} to ask; there are {', '.join(_ANSWERS)}", code="unknown_ask"
            )
        return found(hub, body)
    except Refused as refused:
        return {"error": refused.as_json()}
    except StoreFault as fault:
        return {"error": {"code": "not_stored", "message": str(fault)}}


# --- what can be asked -------------------------------------------------------------------------


def _text(body: Body, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise BadRequest(f"{name}: a text is needed", field=name)
    return value


def _texts(body: Body, name: str) -> list[str]:
    value = body.get(name) or []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise BadRequest(f"{name}: a list of texts is needed", field=name)
    return value


def _day_open(hub: Hub, body: Body) -> Answer:
    return queues.open_day(hub, Ask(LOCAL), date=_text(body, "date") if "date" in body else None)


def _day_close(hub: Hub, body: Body) -> Answer:
    return queues.close_day(hub, Ask(LOCAL), force=body.get("force") is True)


def _day_file(hub: Hub, body: Body) -> Answer:
    with hub.snapshot() as reader:
        day = _text(body, "date") if "date" in body else story.last_closed(reader)
        return {"name": story.file_name(hub, day), "line": story.signed_line(hub, reader, day)}


def _pair(hub: Hub, body: Body) -> Answer:
    return agents.pair(
        hub, Ask(LOCAL), kind=_text(body, "kind"), name=_text(body, "name"), counters=_texts(body, "counters")
    )


def _revoke(hub: Hub, body: Body) -> Answer:
    return agents.revoke(hub, Ask(LOCAL), name=_text(body, "name"))


def _agent_add(hub: Hub, body: Body) -> Answer:
    return agents.add_agent(
        hub, Ask(LOCAL), code=_text(body, "code"), name=_text(body, "name"), roles=_texts(body, "roles")
    )


def _agent_reset(hub: Hub, body: Body) -> Answer:
    reset = second_factor.forget if body.get("second_factor") is True else agents.reset_code
    return reset(hub, Ask(LOCAL), code=_text(body, "code"))


def _agent_remove(hub: Hub, body: Body) -> Answer:
    return agents.remove_agent(hub, Ask(LOCAL), code=_text(body, "code"))


def _iso(hub: Hub, moment: Instant | None) -> str | None:
    return moment.iso(hub.settings.agency.zone) if moment else None


def _devices(hub: Hub, _: Body) -> Answer:
    return {
        "devices": [
            {
                "name": each.device.name,
                "kind": each.device.kind,
                "counters": list(each.device.counters),
                "seen": _iso(hub, each.device.seen),
                "trouble": [f"{trouble.part} {trouble.state}" for trouble in each.troubles],
            }
            for each in devices.listed(hub)
        ]
    }


def _agent_list(hub: Hub, _: Body) -> Answer:
    return {
        "agents": [
            {
                "code": agent.code,
                "name": agent.name,
                "roles": sorted(agent.roles),
                "secret": "chosen" if agent.has_secret else "one-shot code",
                "signed_in": _iso(hub, agent.signed_in),
            }
            for agent in agent_store.agents(hub.reader)
        ]
    }


def _import_ended(hub: Hub, body: Body) -> Answer:
    what, digest = _text(body, "kind"), _text(body, "digest")
    return people.record_import(hub, Ask(LOCAL, _text(body, "key"), body), what=what, digest=digest)


def _status(hub: Hub, _: Body) -> Answer:
    with hub.snapshot() as reader:
        day = queue_store.day(reader)
        return {
            "agency": hub.settings.agency.name,
            "day": day.date if day and day.open else None,
            "waiting": len(queue_store.waiting(reader)),
            "agents": len(agent_store.agents(reader)),
            "devices": len(agent_store.devices(reader)),
            "seq": hub.store.head[0],
            "epoch": hub.store.epoch,
        }


def _count(body: Body, name: str) -> int:
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise BadRequest(f"{name}: a number is needed", field=name)
    return value


def _backup_word(hub: Hub, body: Body) -> Answer:
    """How the stream stands: remembered, not recorded."""
    try:
        places = [asdict(Word(**place)) for place in body.get("places", ())]
        drills = [asdict(Result(**drill)) for drill in body.get("drills", ())]
    except TypeError as error:
        raise BadRequest(f"places and drills as the stream says them: {error}") from error
    watch.of(hub.store).hear(hub.now(), places, drills)
    return {"heard": len(places)}


def _backups(hub: Hub, _: Body) -> Answer:
    heard = watch.of(hub.store)
    return {
        "heard": _iso(hub, heard.heard),
        "places": heard.places,
        "alarms": [asdict(alarm) for alarm in heard.alarms(hub.settings.backup, hub.now())],
    }


def _epoch_seen(hub: Hub, body: Body) -> Answer:
    return epochs.leave_behind(hub, Ask(LOCAL), epoch=_count(body, "epoch"), seq=_count(body, "seq"))


def _epoch_confirm(hub: Hub, _: Body) -> Answer:
    return epochs.confirm_epoch(hub, Ask(LOCAL))


def _epochs(hub: Hub, _: Body) -> Answer:
    return {
        "epochs": [
            {
                "epoch": row["epoch"], "why": row["why"], "since": iso(row["at"], hub.settings.agency.zone),
                "after entry": row["first_seq"] - 1, "numbers from": row["floor"] + 1,
                "confirmed": "yes" if row["confirmed"] else "no",
            }
            for row in hub.reader.execute("SELECT * FROM epoch ORDER BY epoch")
        ]
    }  # fmt: skip


def _clock(hub: Hub, _: Body) -> Answer:
    return timekeeping.told(hub.store, hub.settings.agency)


def _clock_right(hub: Hub, _: Body) -> Answer:
    return timekeeping.vouch(hub.store, Ask(LOCAL), hub.settings.agency)


def _orders(hub: Hub, body: Body) -> Answer:
    """Payment orders of the treasury, some at once."""
    if "cash" not in hub.settings.counter_services:
        raise NotFound("this agency has no tills: counter_services", code="no_cash")
    from hub.services.cash.paying import receive  # noqa: PLC0415 (an agency without tills loads none)

    said = body.get("orders")
    if not isinstance(said, list) or not all(isinstance(each, dict) for each in said):
        raise BadRequest("orders: a list of objects", field="orders")
    return receive(hub, Ask(LOCAL), said=said)


def _outbox_carried(hub: Hub, body: Body) -> Answer:
    said = body.get("messages")
    if not isinstance(said, list) or not all(
        isinstance(each, list) and len(each) == 2 and isinstance(each[0], str) and isinstance(each[1], int)  # noqa: PLR2004
        for each in said
    ):
        raise BadRequest("messages: a list of [key, version]", field="messages")
    return stick.carried(hub, Ask(LOCAL), messages=tuple((key, version) for key, version in said))


_ANSWERS: dict[str, Callable[[Hub, Body], Answer]] = {
    "day_open": _day_open,
    "day_close": _day_close,
    "day_file": _day_file,
    "pair": _pair,
    "orders": _orders,
    "devices": _devices,
    "revoke": _revoke,
    "agent_add": _agent_add,
    "agent_reset": _agent_reset,
    "agent_remove": _agent_remove,
    "agent_list": _agent_list,
    "import_ended": _import_ended,
    "status": _status,
    "clock": _clock,
    "clock_right": _clock_right,
    "backup_word": _backup_word,
    "backups": _backups,
    "epoch_seen": _epoch_seen,
    "epoch_confirm": _epoch_confirm,
    "epochs": _epochs,
    "outbox_state": lambda hub, _: stick.state(hub),
    "outbox_key": lambda hub, _: stick.public_key(hub),
    "outbox_export": lambda hub, body: stick.export(hub, _count(body, "after")),
    "outbox_carried": _outbox_carried,
    "outbox_again": lambda hub, body: stick.again(hub, Ask(LOCAL), first=_count(body, "first")),
    "outbox_take": lambda hub, body: stick.take_file(hub, Ask(LOCAL), _text(body, "name")),
}


# --- while the hub runs ------------------------------------------------------------------------


def serve(hub: Hub) -> LocalDoor:
    """Open the local door of a running hub, in a thread of its own."""
    return LocalDoor(hub).open()


class LocalDoor:
    """The socket and its thread. The data folder is held by this process, so a socket found there is a dead hub's."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._path = hub.store.folder / DOOR
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)

    def open(self) -> LocalDoor:
        """Listen. Nobody can connect between bind and chmod: that comes before listen."""
        self._path.unlink(missing_ok=True)
        with reachable(self._path.parent) as near:
            self._listening.bind(f"{near}/{DOOR}")
        self._path.chmod(0o600)
        self._listening.listen()
        threading.Thread(target=self._accept, name="admin", daemon=True).start()
        return self

    def close(self) -> None:
        """Stop listening. May be called twice."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        with suppress(OSError):  # closed: the thread's work is done
            while True:
                line, _ = self._listening.accept()
                threading.Thread(target=self._converse, args=(line,), name="admin line", daemon=True).start()

    def _converse(self, line: socket.socket) -> None:
        line.settimeout(PATIENCE_S)
        with line, suppress(OSError), line.makefile("rb") as incoming:
            while said := incoming.readline(LINE_BYTES + 1):
                line.sendall(answer_line(self._hub, said))
                if len(said) > LINE_BYTES:
                    return


def answer_line(hub: Hub, said: bytes) -> bytes:
    """One line of JSON for one line of whatever it is."""
    try:
        what, body = _parsed(said)
        given = answer(hub, what, body)
    except BadRequest as error:
        given = {"error": error.as_json()}
    return json.dumps(given, ensure_ascii=False).encode(errors="replace") + b"\n"


def _parsed(said: bytes) -> tuple[str, Body]:
    if len(said) > LINE_BYTES:
        raise BadRequest(f"a line holds at most {LINE_BYTES // 1024} KiB")
    try:
        text = said.decode()
        body = None if fault_of_json(text, DEPTH) else json.loads(text)
    except ValueError as error:
        raise BadRequest('send one line of JSON: {"what": …}') from error
    if not isinstance(body, dict) or not isinstance(body.get("what"), str):
        raise BadRequest('send {"what": …, …}', field="what")
    return body.pop("what"), body


# --- while it is stopped -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Offline:
    """The store of a stopped hub, held for a moment."""

    hub: Hub

    def answer(self, what: str, body: Body) -> Answer:
        """As the running hub would."""
        return answer(self.hub, what, body)


@contextmanager
def offline(settings: Settings) -> Iterator[Offline]:
    """Answer from the data itself. Raises StoreFault while a hub holds the folder."""
    hub = open_hub(settings)
    try:
        yield Offline(hub)
    finally:
        hub.store.close()
