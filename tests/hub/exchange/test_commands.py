"""A stick between an agency and the centre, as a technician types it; and the centre's process."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from hub import outbox
from hub.ask import HUB, Ask
from hub.cli import main
from hub.exchange.asker import Asked, Asker
from hub.exchange.sender import Sender
from hub.exchange.ways import address_of
from hub.rooms import open_hub
from hub.settings_files import load_settings

pytestmark = pytest.mark.slow  # real files and processes

ROOT = Path(__file__).parents[3]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Type a command line; what it printed, after its exit status was the expected one."""
    shutil.copytree(ROOT / "config", tmp_path / "agency")
    monkeypatch.setenv("MBOTE_CONFIG", str(tmp_path / "agency"))

    def typed(*words, status=0):
        done = CliRunner().invoke(main, [str(word) for word in words])
        assert done.exit_code == status, done.output
        assert "Traceback" not in done.output
        return done.output

    return typed


def said_by(tmp_path, many):
    hub = open_hub(load_settings(tmp_path / "agency"))
    for at in range(many):
        with hub.store.transaction(Ask(HUB)) as tx:
            outbox.enqueue(tx, topic="deposit.decided", aggregate=f"deposit {at}", payload={"line": 1})
    hub.store.close()


def test_a_technician_carries_a_stick_there_and_back(run, tmp_path):
    centre, stick = tmp_path / "centre", tmp_path / "stick"
    line = run("centre", "init", centre).splitlines()[0]
    (tmp_path / "agency" / "local.toml").write_text(f"[centre]\n{line}\n")
    (centre / "agencies.toml").write_text(run("outbox", "key"))
    said_by(tmp_path, 120)
    assert "to_send             120" in run("outbox", "list")
    assert "name the folder where the stick is mounted" in run("outbox", "export", stick, status=1)
    stick.mkdir()
    written = run("outbox", "export", stick)
    assert "50 messages written of 120" in written
    assert "120 messages are on" in written
    assert "sent                120" in run("outbox", "list")
    carried = run("centre", "carry", centre, stick)
    assert "4 files with 120 messages taken, 0 refused, 1 letters given" in carried
    assert "1 letters taken, 0 known already, 0 refused" in run("outbox", "import", stick)
    assert "1 known already" in run("outbox", "import", stick)
    assert "applied             120" in run("outbox", "list")
    assert "integrated          120" in run("centre", "list", centre)


def test_what_is_no_stick_of_ours_is_said_so(run, tmp_path):
    centre, stick = tmp_path / "centre", tmp_path / "stick"
    line = run("centre", "init", centre).splitlines()[0]
    (tmp_path / "agency" / "local.toml").write_text(f"[centre]\n{line}\n")
    (stick / "from-centre" / "AUTRE-1").mkdir(parents=True)
    assert "it holds files for AUTRE-1, we are" in run("outbox", "import", stick, status=1)
    file = stick / "1.jsonl"
    file.write_text("half")
    assert "1.jsonl: refused (half_a_file)" in run("outbox", "import", stick, status=1)
    assert file.exists()


def test_a_list_is_published_once_for_its_key(run, tmp_path):
    centre = tmp_path / "centre"
    run("centre", "init", centre)
    (centre / "agencies.toml").write_text(run("outbox", "key"))
    file = tmp_path / "notice.toml"
    file.write_text('title = { fr = "Fermeture" }\ntext = { fr = "Le 28." }\n')
    words = ("centre", "publish", centre, "notice", file, "--by", "DG", "--on", "2027-01-01")
    assert "new for" in run(*words)
    assert "every agency was sent it before" in run(*words)
    file.write_text("no toml")
    assert "notice.toml" in run(*words, status=2)
    file.write_text('title = { fr = "Fermeture" }')
    assert "no agency NOBODY is known here" in run(*words, "--agency", "NOBODY", status=1)


def test_the_centres_process_answers_and_hands_each_message_to_the_integrators_program(run, tmp_path):
    centre = tmp_path / "centre"
    line = run("centre", "init", centre).splitlines()[0]
    (centre / "agencies.toml").write_text(run("outbox", "key"))
    (tmp_path / "agency" / "local.toml").write_text(f"[centre]\n{line}\n")
    said_by(tmp_path, 2)
    program = tmp_path / "integrate.py"
    program.write_text(
        "import json, sys\nsaid = json.loads(sys.stdin.read())\n"
        f"open({str(tmp_path / 'seen')!r}, 'a').write(json.dumps(said) + '\\n')\n"
        "if said['aggregate'] == 'deposit 0':\n    print('unknown_person Pas de dossier'); sys.exit(10)\n"
    )
    words = (sys.executable, "-m", "hub.cli", "centre", "run", centre, "--port", "0",
             "--program", f"{sys.executable} {program}")  # fmt: skip
    process = subprocess.Popen(list(map(str, words)), stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        url = process.stdout.readline().split()[1]
        hub = open_hub(load_settings(tmp_path / "agency"))
        Sender(hub, address_of(hub, url)).send_due()
        Asker(hub, Asked(address_of(hub, url)), 60).look()
        states = [tuple(row) for row in hub.reader.execute("SELECT state, reason, note FROM outbox ORDER BY id")]
        hub.store.close()
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        process.stdout.close()
    assert states == [("refused", "unknown_person", "Pas de dossier"), ("applied", "", None)]
    seen = [json.loads(each) for each in (tmp_path / "seen").read_text().splitlines()]
    assert [(each["aggregate"], each["topic"], each["payload"]) for each in seen] == [
        ("deposit 0", "deposit.decided", {"line": 1}), ("deposit 1", "deposit.decided", {"line": 1}),
    ]  # fmt: skip
