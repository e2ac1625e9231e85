"""The local door: a running hub asked over its socket, and the same answers while it is stopped."""

from __future__ import annotations

import json
import socket
import stat

import pytest

from hub import admin
from hub.agents import devices
from hub.agents import store as agent_store
from hub.agents.migrations import migrations as agent_migrations
from hub.context import Hub
from hub.errors import StoreFault
from hub.local_socket import DOOR, reachable
from hub.queues import appliers as queue_appliers
from hub.queues.migrations import migrations as queue_migrations
from hub.settings_files import load_settings
from hub.store import Store
from tests.office import CONFIG


@pytest.fixture
def hub(tmp_path, clock, agency):
    store = Store(
        tmp_path / "data", appliers={**queue_appliers.APPLIERS, **agent_store.APPLIERS},
        migration_sets=[queue_migrations, agent_migrations], clock=clock,
    )  # fmt: skip
    opened = Hub(agency, store)
    yield opened
    store.close()


@pytest.fixture
def door(hub):
    opened = admin.serve(hub)
    yield opened
    opened.close()


def ask(hub, *lines: bytes) -> list[dict]:
    """What a running hub answers to lines of whatever it is."""
    with socket.socket(socket.AF_UNIX) as line, reachable(hub.store.folder) as near:
        line.settimeout(5)
        line.connect(f"{near}/{DOOR}")
        with line.makefile("rb") as incoming:
            answers = []
            for said in lines:
                line.sendall(said + b"\n")
                answers.append(json.loads(incoming.readline()))
            return answers


def says(hub, what, **body):
    (answer,) = ask(hub, json.dumps({"what": what, **body}).encode())
    return answer


def test_only_the_owner_reaches_the_socket(hub, door):
    assert stat.S_IMODE((hub.store.folder / DOOR).stat().st_mode) == 0o600


def test_a_day_is_opened_and_closed(hub, door):
    assert says(hub, "day.open") == {"day": "2026-03-02", "mode": "open"}
    assert says(hub, "day_open")["error"]["code"] == "day_open"
    assert says(hub, "status") | {"seq": 0} == {
        "agency": hub.settings.agency.name, "day": "2026-03-02", "waiting": 0, "agents": 0, "devices": 0,
        "seq": 0, "epoch": 1,
    }  # fmt: skip
    assert says(hub, "day.close")["unserved"] == 0
    assert says(hub, "status")["day"] is None


def test_devices_are_paired_listed_and_revoked(hub, door):
    paired = says(hub, "pair", kind="panel", name="P9", counters=["05"])
    assert devices.actor_of_token(hub, paired["token"]).counters == ("05",)
    (row,) = says(hub, "devices")["devices"]
    assert row == {
        "name": "P9",
        "kind": "panel",
        "counters": ["05"],
        "seen": "2026-03-02T07:20:00+01:00",
        "trouble": [],
    }
    assert says(hub, "revoke", name="P9") == {"name": "P9", "kind": "panel"}
    assert says(hub, "devices") == {"devices": []}
    assert says(hub, "revoke", name="P9")["error"]["code"] == "unknown_device"


def test_agents_are_added_reset_listed_and_removed(hub, door):
    first = says(hub, "agent.add", code="00001A", name="Administration", roles=["admin"])
    assert says(hub, "agent.reset", code="00001A")["one_shot"] != first["one_shot"]
    says(hub, "agent.add", code="00902F", name="BOUITY Nadège", roles=["clerk"])
    assert [a["name"] for a in says(hub, "agent.list")["agents"]] == ["Administration", "BOUITY Nadège"]
    assert says(hub, "agent.remove", code="00902F") == {"code": "00902F", "name": "BOUITY Nadège"}
    assert says(hub, "agent.remove", code="00001A")["error"]["code"] == "last_admin"


def test_the_journal_says_that_it_was_done_at_the_box(hub, door):
    says(hub, "pair", kind="kiosk", name="K1")
    row = hub.reader.execute("SELECT device, actor, answer FROM journal WHERE kind = 'device_paired'").fetchone()
    assert tuple(row) == ("admin", None, None)


GARBAGE = [
    b"", b"x", b"{}", b"[]", b'"pair"', b"\xff\xfe\x00", b'{"what": 1}', b'{"what": "pair"}', b"[" * 50_000,
    b'{"what": "pair", "kind": ["kiosk"], "name": {}}',
    b'{"what": "pair", "kind": "panel", "name": "P1", "counters": "05"}',
    b'{"what": "pair", "kind": "panel", "name": "P1", "counters": [5]}', b'{"what": "agent.add", "code": null}',
    b'{"what": "format"}', b'{"what": "__class__"}', b'{"what": "day.open", "date": "yesterday"}',
    b'{"what": "revoke", "name": "\\ud800"}', b'{"what": "day.close", "force": "yes"}',
]  # fmt: skip


def test_garbage_gets_an_error_and_the_next_line_an_answer(hub, door):
    for said in GARBAGE:
        wrong, right = ask(hub, said, b'{"what": "agent.list"}')
        assert set(wrong) == {"error"}, said
        assert wrong["error"]["code"], said
        assert wrong["error"]["message"], said
        assert right == {"agents": []}


def test_a_line_without_an_end_is_cut_off(hub, door):
    with socket.socket(socket.AF_UNIX) as line, reachable(hub.store.folder) as near:
        line.settimeout(5)
        line.connect(f"{near}/{DOOR}")
        line.sendall(b"x" * (admin.LINE_BYTES + 1))
        with line.makefile("rb") as incoming:
            assert b"64 KiB" in incoming.readline()
            assert incoming.readline() == b""


def test_who_says_nothing_is_not_waited_for(hub, monkeypatch):
    monkeypatch.setattr(admin, "PATIENCE_S", 0.05)
    door = admin.serve(hub)
    with socket.socket(socket.AF_UNIX) as line, reachable(hub.store.folder) as near:
        line.settimeout(5)
        line.connect(f"{near}/{DOOR}")
        assert line.recv(10) == b""
    door.close()


def test_a_dead_hub_s_socket_is_taken_over_and_a_closed_door_is_gone(hub):
    with socket.socket(socket.AF_UNIX) as dead, reachable(hub.store.folder) as near:
        dead.bind(f"{near}/{DOOR}")
    door = admin.serve(hub)
    assert says(hub, "agent.list") == {"agents": []}
    door.close()
    door.close()
    assert not (hub.store.folder / DOOR).exists()


def test_a_disk_that_refuses_is_told(hub, monkeypatch):
    def refuse(*_args, **_values):
        raise StoreFault("nothing was recorded, the disk refused")

    monkeypatch.setattr(hub.store, "_begin", refuse)
    assert admin.answer(hub, "day.open", {})["error"]["code"] == "not_stored"


@pytest.fixture
def settings(tmp_path):
    return load_settings(CONFIG, {"hub": {"data": str(tmp_path / "stopped")}})


def test_a_stopped_hub_s_data_gives_the_same_answers(settings):
    with admin.offline(settings) as data:
        token = data.answer("pair", {"kind": "kiosk", "name": "K1"})["token"]
        assert data.answer("format", {})["error"]["code"] == "unknown_ask"
    with admin.offline(settings) as data:
        assert [d["name"] for d in data.answer("devices", {})["devices"]] == ["K1"]
        assert devices.actor_of_token(data.hub, token).device == "K1"


def test_data_that_a_hub_holds_is_not_touched(settings):
    with admin.offline(settings), pytest.raises(StoreFault, match="in use"), admin.offline(settings):
        pass
