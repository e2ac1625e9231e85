"""Administering a hub that runs, one that does not, and one that is just starting."""

import json
import shutil
import socket
import sys
import threading
import time
import types
from contextlib import contextmanager
from pathlib import Path

import pytest

from hub import admin_ask as asking
from hub.admin_ask import admin_ask
from hub.errors import NotAllowed, Refused, StoreFault
from hub.local_socket import DOOR, reachable
from hub.settings_files import load_settings

DEMO = Path(__file__).parents[2] / "config"


@pytest.fixture
def settings(tmp_path):
    shutil.copytree(DEMO, tmp_path / "agency")
    (tmp_path / "agency" / "data").mkdir()
    return load_settings(tmp_path / "agency")


@pytest.fixture
def stopped(monkeypatch):
    """What the data itself answers; `asked` collects what it was asked."""
    asked = []

    def put(*outcomes):
        answers = iter(outcomes)

        @contextmanager
        def offline(settings):
            outcome = next(answers)
            if isinstance(outcome, Exception):
                raise outcome
            yield types.SimpleNamespace(answer=lambda what, body: asked.append((what, body)) or outcome)

        module = types.ModuleType("hub.admin")
        module.offline = offline
        monkeypatch.setitem(sys.modules, "hub.admin", module)
        return asked

    monkeypatch.setattr(asking, "RETRIES_S", (0.0, 0.0))
    return put


@contextmanager
def door(folder: Path, reply: bytes | None):
    """A running hub's local door that says one line; None hangs up without a word."""
    heard = []
    with socket.socket(socket.AF_UNIX) as listening, reachable(folder) as near:
        listening.bind(f"{near}/{DOOR}")
        listening.listen()

        def serve():
            line, _ = listening.accept()
            with line, line.makefile("rb") as incoming:
                heard.append(json.loads(incoming.readline()))
                if reply is not None:
                    line.sendall(reply)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield heard
        thread.join(5)


def test_a_running_hub_is_asked_through_its_door(settings, stopped):
    asked = stopped()
    with door(settings.folder / "data", b'{"token": "abc"}\n') as heard:
        assert admin_ask(settings, "pair", kind="kiosk", name="K1") == {"token": "abc"}
    assert heard == [{"what": "pair", "kind": "kiosk", "name": "K1"}]
    assert asked == []


def test_a_stopped_hub_s_data_answers_itself(settings, stopped):
    asked = stopped({"devices": []})
    assert admin_ask(settings, "devices") == {"devices": []}
    assert asked == [("devices", {})]


def test_a_socket_left_behind_by_a_dead_hub_is_no_hub(settings, stopped):
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(settings.folder / "data" / DOOR))
    stopped({"day": "2026-11-23"})
    assert admin_ask(settings, "day.open") == {"day": "2026-11-23"}


def test_a_hub_before_its_first_start_has_no_folder_yet(settings, stopped):
    shutil.rmtree(settings.folder / "data")
    stopped({"agents": []})
    assert admin_ask(settings, "agent.list") == {"agents": []}


def test_a_hub_that_is_just_starting_is_waited_for(settings, stopped):
    stopped(StoreFault("in use by another hub"), {"devices": []})
    assert admin_ask(settings, "devices") == {"devices": []}


def test_a_folder_held_for_good_is_told(settings, stopped):
    stopped(*[StoreFault("in use by another hub")] * 3)
    with pytest.raises(StoreFault, match="in use"):
        admin_ask(settings, "devices")


@pytest.mark.parametrize("reply", [None, b"\n", b"not json\n", b""])
def test_a_hub_that_hangs_up_is_not_asked_again_and_not_believed(settings, stopped, reply):
    asked = stopped({"token": "a second one"})
    with door(settings.folder / "data", reply), pytest.raises(StoreFault, match="did not answer"):
        admin_ask(settings, "pair", kind="kiosk", name="K1")
    assert asked == []


def test_a_hub_that_says_nothing_is_not_waited_for_for_ever(settings, stopped, monkeypatch):
    monkeypatch.setattr(asking, "PATIENCE_S", 0.05)
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(settings.folder / "data" / DOOR))
        mute.listen()
        start = time.monotonic()
        with pytest.raises(StoreFault, match="did not answer"):
            admin_ask(settings, "devices")
    assert time.monotonic() - start < 5


def test_a_refusal_comes_with_its_code(settings):
    said = b'{"error": {"code": "day_open", "message": "a day is open already"}}\n'
    with door(settings.folder / "data", said), pytest.raises(Refused, match="a day is open already") as refusal:
        admin_ask(settings, "day.open")
    assert refusal.value.reason == "day_open"


def test_a_folder_with_a_very_long_name_has_a_door_all_the_same(tmp_path, stopped):
    deep = tmp_path.joinpath(*["d" * 60] * 4)
    deep.parent.mkdir(parents=True)
    shutil.copytree(DEMO, deep)
    (deep / "data").mkdir()
    stopped()
    with door(deep / "data", b'{"devices": []}\n'):
        assert admin_ask(load_settings(deep), "devices") == {"devices": []}


def test_somebody_else_s_hub_is_named_as_such(settings, monkeypatch):
    def closed(folder):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("hub.local_socket.reachable", closed)
    with pytest.raises(NotAllowed, match="as the user that runs the hub"):
        admin_ask(settings, "devices")
