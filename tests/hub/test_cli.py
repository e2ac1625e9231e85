# ruff: noqa: E501, PLR0913, PLR0917 (a case is one line of a table)
"""The `mbote` command: what it runs, what it says, and with which exit status."""

import json
import os
import shutil
import stat
import subprocess
import sys
import types
from importlib import import_module
from inspect import signature
from pathlib import Path

import pytest
from click.testing import CliRunner

from hub.agents import model
from hub.cli import main
from hub.commands.access import DEVICES, ROLES
from hub.errors import NotFound, Refused, StoreFault

pytestmark = pytest.mark.slow  # real files, sockets or processes

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(ROOT / "config", tmp_path / "agency")
    return tmp_path / "agency"


@pytest.fixture
def run(folder, monkeypatch):
    """Type a command line, in this process, with the demo agency as the configuration."""
    monkeypatch.setenv("MBOTE_CONFIG", str(folder))
    return lambda *words: CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def stand_in(monkeypatch):
    """Put functions in the place of a module that a command runs; gives the calls they got."""

    def put(module, **functions):
        calls = []

        def noted(function):
            def call(*args, **kwargs):
                calls.append((args, kwargs))
                return function(*args, **kwargs)

            return call

        made = types.ModuleType(module)
        for name, function in functions.items():
            setattr(made, name, noted(function))
        monkeypatch.setitem(sys.modules, module, made)
        package, _, name = module.rpartition(".")  # also where another test had it imported before
        monkeypatch.setattr(import_module(package), name, made, raising=False)
        return calls

    return put


@pytest.fixture
def hub_says(monkeypatch):
    """What the hub answers to administration, in the order asked."""

    def put(answer):
        asked = []

        def admin_ask(settings, what, **body):
            asked.append((settings.agency.code, what, body))
            if isinstance(answer, Exception):
                raise answer
            return answer

        monkeypatch.setattr("hub.admin_ask.admin_ask", admin_ask)
        return asked

    return put


def typed(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The same in a process of its own, as a person or systemd does."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "hub.cli", *map(str, words)],
        capture_output=True, text=True, timeout=30, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )  # fmt: skip


# --- help and mistakes


def test_help_loads_nothing_heavy():
    code = "import sys, hub.cli; print(sorted({m.split('.')[0] for m in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    loaded = set(json.loads(done.stdout.replace("'", '"')))
    assert not loaded & {"pydantic", "flask", "socketio", "sqlite3", "gpiozero", "escpos", "PIL", "numpy"}


def test_the_command_line_knows_the_roles_and_devices_of_the_hub():
    assert (ROLES, DEVICES) == (model.ROLES, model.DEVICE_KINDS)


def test_every_command_explains_itself():
    for command in main.commands.values():
        assert command.help
        assert CliRunner().invoke(main, [command.name, "--help"]).exit_code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["hbu"], "Did you mean 'hub'?"),
        (["day", "opne"], "Did you mean 'open'?"),
        (["hub", "--confg", "x"], "Did you mean '--config'?"),
        (["pair", "kiosque", "K1"], "'kiosque' is not one of 'kiosk', 'display', 'panel', 'printer', 'api'"),
        (["agent", "add", "01016E", "IBARA"], "Missing option '--role'"),
        (["demo", "--visitors", "many"], "'many' is no rate such as 40/h"),
        (["demo", "--port", "99999"], "99999 is not in the range"),
    ],
)
def test_a_mistyped_command_line_gets_help_and_status_2(run, words, said):
    result = run(*words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "Usage: mbote" in result.stderr.replace("Usage: main", "Usage: mbote")


# --- init and check


def test_init_then_check_in_real_processes(tmp_path):
    made = typed("init", tmp_path / "new")
    assert (made.returncode, len(made.stdout.splitlines())) == (0, 6)
    checked = typed("check", tmp_path / "new")
    assert (checked.returncode, checked.stderr) == (0, "")
    assert checked.stdout.startswith("Agence du centre (FUND-TOWN-1)\n")
    again = typed("init", tmp_path / "new")
    assert again.returncode == 2
    assert len(again.stderr.splitlines()) == 6


def test_check_tells_each_problem_on_a_line_of_stderr_without_a_traceback(folder):
    (folder / "kiosk.toml").write_bytes(b"\xff\xfe\x00garbage")
    (folder / "panel.toml").write_text("[panel]\nnmae = 'P1'\n")
    checked = typed("check", folder)
    assert checked.returncode == 2
    assert checked.stdout == ""
    assert checked.stderr.splitlines() == [
        "kiosk.toml: cannot be read: line 1 is not UTF-8 text; save the file in the encoding UTF-8",
        "panel.toml: panel.nmae: unknown key, did you mean name?",
    ]


def test_check_shows_remarks_and_passes(run, folder):
    text = (folder / "agency.toml").read_text("utf-8")
    (folder / "agency.toml").write_text(text.replace("port = 8080", "port = 8081"), "utf-8")
    result = run("check", folder)
    assert result.exit_code == 0
    assert "remark: kiosk.toml: hub http://127.0.0.1:8080, but the hub" in result.stdout


@pytest.mark.parametrize("command", ["hub", "kiosk", "panel", "devices", "verify", "day open"])
def test_no_process_starts_with_a_wrong_configuration(tmp_path, command):
    done = typed(*command.split(), "--config", tmp_path / "none")
    assert done.returncode == 2
    assert done.stderr == f"{tmp_path}/none: no such folder; make one with: mbote init {tmp_path}/none\n"


# --- the processes


@pytest.mark.parametrize(
    ("command", "module", "function"),
    [("hub", "hub.server", "serve"), ("kiosk", "kiosk.__main__", "run"), ("panel", "counter_panel.__main__", "run")],
)
def test_a_process_gets_the_settings(run, folder, stand_in, command, module, function):
    calls = stand_in(module, **{function: lambda *_, **__: None})
    assert run(command, "--config", folder).exit_code == 0
    [((settings,), kwargs)] = calls
    assert settings.agency.code == "CNSS-BZV-SIEGE"
    assert kwargs == ({"demo": None} if command == "hub" else {})


@pytest.mark.parametrize(
    ("module", "function", "args", "kwargs"),
    [
        ("hub.server", "serve", ["settings"], {"demo": None}),
        ("kiosk.__main__", "run", ["settings"], {}),
        ("counter_panel.__main__", "run", ["settings"], {}),
        ("hub.demo", "run", [], dict.fromkeys(["port", "data", "visitors", "speed", "people", "open_browser"])),
    ],
)
def test_what_a_command_runs_takes_what_it_is_given(module, function, args, kwargs):
    signature(getattr(import_module(module), function)).bind(*args, **kwargs)


def test_the_demo_gets_what_was_typed(run, stand_in, tmp_path):
    calls = stand_in("hub.demo", run=lambda **_: None)
    assert run("demo").exit_code == 0
    words = ["--port", 9000, "--data", tmp_path, "--visitors", "40/h", "--speed", 8, "--people", 500, "--no-open"]
    assert run("demo", *words).exit_code == 0
    nothing = {"port": 8080, "data": None, "visitors": 0.0, "speed": 1.0, "people": 0, "open_browser": True}
    everything = {"port": 9000, "data": tmp_path, "visitors": 40.0, "speed": 8.0, "people": 500, "open_browser": False}
    assert [kwargs for _, kwargs in calls] == [nothing, everything]


# --- administration


@pytest.mark.parametrize(
    ("words", "what", "body", "answer", "shown"),
    [
        ("day open", "day.open", {}, {"day": "2026-11-23"}, "day 2026-11-23\n"),
        ("day close", "day.close", {}, {"day": "2026-11-23", "unserved": 2}, "day 2026-11-23, unserved 2\n"),
        ("pair kiosk K2", "pair", {"kind": "kiosk", "name": "K2", "counters": []}, {"token": "abc"}, "abc\n"),
        ("pair panel P2 --counter 05 --counter 06", "pair", {"kind": "panel", "name": "P2", "counters": ["05", "06"]}, {"token": "x"}, "x\n"),
        ("revoke K2", "revoke", {"name": "K2"}, {"revoked": "K2"}, "revoked K2\n"),
        ("agent add 01016E IBARA --role clerk --role auditor", "agent.add", {"code": "01016E", "name": "IBARA", "roles": ["clerk", "auditor"]}, {"one_shot": "1-2-3"}, "1-2-3\n"),
        ("agent reset 01016E", "agent.reset", {"code": "01016E"}, {"one_shot": "4-5"}, "4-5\n"),
        ("agent list", "agent.list", {}, {"agents": [{"code": "01016E", "roles": ["clerk", "auditor"], "left": None}]}, "CODE    ROLES           LEFT\n01016E  clerk, auditor  -\n"),
        ("devices", "devices", {}, {"devices": []}, ""),
    ],
)  # fmt: skip
def test_what_is_typed_is_asked_and_the_answer_shown(run, hub_says, words, what, body, answer, shown):
    asked = hub_says(answer)
    result = run(*words.split())
    assert (result.exit_code, result.stdout) == (0, shown)
    assert asked == [("CNSS-BZV-SIEGE", what, body)]


@pytest.mark.parametrize("refusal", [Refused("a day is open already"), NotFound("no K9"), StoreFault("disk full")])
def test_a_refusal_is_one_sentence_and_status_1(run, hub_says, refusal):
    hub_says(refusal)
    result = run("revoke", "K9")
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"mbote: {refusal}\n")


def test_a_token_goes_into_a_file_that_nobody_else_reads(run, hub_says, tmp_path):
    hub_says({"token": "secret"})
    file = tmp_path / "kiosk.token"
    file.write_text("an old one, for all to see")
    file.chmod(0o644)
    result = run("pair", "kiosk", "K1", "--to", file)
    assert (result.exit_code, result.stdout) == (0, "")
    assert file.read_text() == "secret\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_token_that_cannot_be_kept_is_told(run, hub_says, tmp_path):
    hub_says({"token": "secret"})
    result = run("pair", "kiosk", "K1", "--to", tmp_path / "none" / "kiosk.token")
    assert result.exit_code == 2
    assert "revoke the device and pair it again" in result.stderr


# --- verify, bench


def test_verify_shows_what_it_counted_and_each_problem(run, folder, stand_in):
    calls = stand_in("hub.verify", verify=lambda _: (["journal: entry 7 was altered"], {"journal": 9}))
    result = run("verify")
    assert (result.exit_code, result.stdout, result.stderr) == (1, "journal 9\n", "journal: entry 7 was altered\n")
    assert calls == [((folder / "data",), {})]


def test_verify_takes_a_data_folder_without_any_configuration(run, stand_in, tmp_path):
    calls = stand_in("hub.verify", verify=lambda _: ([], {"journal": 9}))
    result = run("verify", "--config", tmp_path / "none", "--data", tmp_path)
    assert (result.exit_code, calls) == (0, [((tmp_path,), {})])


def test_bench_writes_json(run, stand_in):
    calls = stand_in("hub.bench", run=lambda *_: {"P1": {"holds": True}})
    assert json.loads(run("bench", "queue", "--quick").stdout) == {"P1": {"holds": True}}
    assert calls == [(("queue", True, None, None), {})]
