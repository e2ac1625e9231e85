"""`mbote import` beside a running hub and on a stopped one, as an integrator types it."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from hub.admin import serve
from hub.cli import main
from hub.people import replica, store
from hub.people.search import search
from hub.rooms import open_hub
from hub.settings_files import load_settings
from hub.verify import verify
from tests.hub.people.town import BAMOU

pytestmark = pytest.mark.slow  # real files and sockets

CONFIG = Path(__file__).parents[3] / "config"
PEOPLE = "ref;name;roles\nP1;NGATSÉ;insured\nP2;Oko;king\n"


@pytest.fixture
def box(tmp_path, monkeypatch):
    """The demo agency's settings, and a command line on it."""
    shutil.copytree(CONFIG, tmp_path / "agency")
    monkeypatch.setenv("MBOTE_CONFIG", str(tmp_path / "agency"))
    return load_settings(tmp_path / "agency", {"hub": {"data": str(tmp_path / "data")}})


@pytest.fixture
def run(box, tmp_path):
    (tmp_path / "agency" / "local.toml").write_text(f'[hub]\ndata = "{tmp_path / "data"}"\n')
    return lambda *words: CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def people(tmp_path):
    file = tmp_path / "people.csv"
    file.write_text(PEOPLE, "utf-8")
    return file


def journalled(box):
    hub = open_hub(box)
    try:
        return [(row["what"], row["added"], row["refused"]) for row in store.imports(hub.reader)]
    finally:
        hub.store.close()


def test_on_a_stopped_hub(run, box, people, tmp_path):
    done = run("import", "people", people)
    assert done.exit_code == 1, "a line was refused"
    assert "lines 2, added 1, changed 0, unchanged 0, refused 1" in done.stderr
    assert (tmp_path / "people.csv.refused").read_text().startswith("line 3: roles: expected some of")
    assert journalled(box) == [("people", 1, 1)]
    assert verify(tmp_path / "data").problems == []


def test_beside_a_running_hub(run, box, people):
    hub = open_hub(box)
    door = serve(hub)
    try:
        run("import", "people", people)
        assert [row["added"] for row in store.imports(hub.reader)] == [1]
        with replica.reading(hub.store.folder) as reader:
            assert [hit.name for hit in search(reader, "ngatse")] == ["NGATSÉ"]
    finally:
        door.close()
        hub.store.close()


def test_good_files_again_and_again_end_well(run, box, tmp_path):
    file = tmp_path / "bundle.jsonl"
    file.write_text(json.dumps(BAMOU | {"kind": "people"}) + "\n", "utf-8")
    assert [run("import", "bundle", file).exit_code for _ in range(2)] == [0, 0]
    assert not (tmp_path / "bundle.jsonl.refused").exists()
    assert journalled(box) == [("bundle", 0, 0), ("bundle", 1, 0)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("people", "nowhere.csv"), "No such file"),
        (("bundle", "{people}"), "a bundle is JSON lines"),
        (("employers", "{people}"), "the column type is missing"),
    ],
)
def test_a_wrong_file_is_said_in_one_line(run, people, words, said):
    done = run("import", *(word.format(people=people) for word in words))
    assert done.exit_code == 1
    assert said in done.stderr
    assert "Traceback" not in done.output


def test_a_kill_between_the_last_commit_and_the_journal_loses_no_entry(run, box, people, monkeypatch):
    """The command is given again: nothing is taken over twice, and the journal has the entry of what was."""
    with monkeypatch.context() as patch:
        patch.setattr("hub.admin_ask.admin_ask", lambda *_, **__: 1 / 0)
        assert isinstance(run("import", "people", people).exception, ZeroDivisionError)
    run("import", "people", people)
    assert journalled(box) == [("people", 1, 1)]


def test_the_answer_of_an_import_is_kept_without_a_name(run, box, people):
    run("import", "people", people)
    hub = open_hub(box)
    try:
        row = hub.reader.execute("SELECT * FROM journal WHERE kind = 'people_imported'").fetchone()
        assert "NGATS" not in row["payload"] + row["answer"]
    finally:
        hub.store.close()
