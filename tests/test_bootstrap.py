"""The script `./mbote` on a machine where everything it calls is a stand-in that only takes notes."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # real files, sockets or processes

ROOT = Path(__file__).resolve().parent.parent

# Stands for python3, for the python of a venv, for npm: each call leaves a line.
STAND_IN = """\
#!/bin/sh
case "$*" in
    *"venv --clear"*) for venv in "$@"; do :; done; rm -rf "$venv"; mkdir -p "$venv/bin"; cp "$0" "$venv/bin/python" ;;
    *vendor.py) mkdir -p hub/look/static/vendor ;;
    *version_info*) exit 0 ;;
esac
echo "${0##*/} $*" >>"$NOTES"
case "$*" in *"$FAIL"*) exit 1 ;; esac
"""


class Clone:
    """A fresh clone, and what the script did in it."""

    def __init__(self, place: Path) -> None:
        self.root, self.notes = place / "clone", place / "notes"
        (self.root / "hub" / "look").mkdir(parents=True)
        for name in ("mbote", "requirements.lock", "requirements-dev.lock", "package-lock.json"):
            shutil.copy(ROOT / name, self.root)
        for name in ("icons.txt", "vendor.py"):
            shutil.copy(ROOT / "hub" / "look" / name, self.root / "hub" / "look")
        self.tools = place / "tools"
        self.tools.mkdir()
        for name in ("python3", "npm", "chromium-headless-shell"):
            (self.tools / name).write_text(STAND_IN)
            (self.tools / name).chmod(0o755)

    def run(self, *arguments: str, fail: str = "nothing at all", **environment: str) -> tuple[int, str, list[str]]:
        self.notes.write_text("")
        ran = subprocess.run(
            [self.root / "mbote", *arguments],
            env={"PATH": f"{self.tools}:{os.defpath}", "NOTES": str(self.notes), "FAIL": fail, **environment},
            cwd=self.tools,
            capture_output=True,
            text=True,
            check=False,
        )
        return ran.returncode, ran.stderr, self.notes.read_text().splitlines()


@pytest.fixture
def clone(tmp_path):
    return Clone(tmp_path)


def installed(notes: list[str]) -> list[str]:
    return [note.rpartition(" ")[2] for note in notes if " pip install " in note]


def test_the_first_start_brings_what_is_needed_and_says_so(clone):
    status, said, notes = clone.run("demo", "--port", "8090")
    assert status == 0
    assert installed(notes) == ["requirements.lock"]
    assert [note.split()[1] for note in notes if note.startswith("npm ")] == ["ci"]
    assert notes[-1] == "python -P -m hub.cli demo --port 8090"
    assert len(said.splitlines()) == len([line for line in said.splitlines() if line.startswith("mbote: ")]) == 3


def test_the_second_start_only_starts(clone):
    clone.run("demo")
    assert clone.run("demo") == (0, "", ["python -P -m hub.cli demo"])


def test_an_interrupted_install_is_taken_up_again(clone):
    status, said, _ = clone.run("demo", fail="pip install")
    assert (status, "same command" in said.splitlines()[-1]) == (1, True)
    _, _, notes = clone.run("demo")
    assert installed(notes) == ["requirements.lock"]


def test_a_changed_lock_is_installed_and_a_changed_icon_copied(clone):
    clone.run("demo")
    with (clone.root / "requirements.lock").open("a") as lock:
        lock.write("# one more\n")
    assert installed(clone.run("demo")[2]) == ["requirements.lock"]
    (clone.root / "hub" / "look" / "icons.txt").write_text("check\n")
    assert "python hub/look/vendor.py" in clone.run("demo")[2]


def test_a_venv_whose_python_has_gone_is_made_anew(clone):
    clone.run("demo")
    (clone.root / ".venv" / "interpreter").write_text("the python of before the upgrade\n")
    _, _, notes = clone.run("demo")
    assert notes[0] == "python3 --version"
    assert installed(notes) == ["requirements.lock"]


def test_tests_run_after_all_checks_and_a_failed_check_fails_the_run(clone):
    status, said, notes = clone.run("test", fail="-mruff check")
    assert (status, said.splitlines()[-1]) == (1, "mbote: not passed: lint")
    assert installed(notes) == ["requirements.lock", "requirements-dev.lock"]
    assert notes[-1] == "python -P -mpytest -n 4 --dist loadgroup"


@pytest.mark.parametrize(
    ("asked", "run"),
    [
        (["--fast"], "-n 2 --maxschedchunk 50 -m not browser and not slow and not nightly and not release"),
        (["--nightly"], "-n 4 --dist loadgroup -m not release"),
        (["--release", "tests/hub"], "tests/hub -m "),
        (["-k", "ticket"], "-k ticket"),
    ],
    ids=["fast", "nightly", "release", "some"],
)
def test_which_tests_run_can_be_said(clone, asked, run):
    assert clone.run("test", *asked)[2][-1] == f"python -P -mpytest {run}"


def test_what_is_started_again_and_again_is_compiled_once(clone):
    """A container that says otherwise would have each process of the demo and the tests compile the whole house."""
    (clone.tools / "python3").write_text(STAND_IN.replace('echo "', 'echo "${PYTHONDONTWRITEBYTECODE-kept} '))
    assert clone.run("demo", PYTHONDONTWRITEBYTECODE="1")[2][-1] == "kept python -P -m hub.cli demo"


def test_without_a_python_the_answer_is_one_line_that_says_what_to_do(clone):
    status, said, _ = clone.run("demo", PYTHON="no-such-python")
    assert (status, len(said.splitlines()), "PYTHON=" in said) == (1, 1, True)


def test_two_first_starts_at_once_do_not_install_into_each_other(clone):
    slow = STAND_IN.replace("echo ", 'case "$*" in *pip*) sleep 0.3 ;; esac\necho ')
    (clone.tools / "python3").write_text(slow)
    environment = {"PATH": f"{clone.tools}:{os.defpath}", "NOTES": str(clone.notes), "FAIL": "nothing at all"}
    starts = [subprocess.Popen([clone.root / "mbote", "demo"], env=environment, stderr=subprocess.PIPE) for _ in "12"]
    said = b"".join(start.communicate()[1] for start in starts)
    assert installed(clone.notes.read_text().splitlines()) == ["requirements.lock"]
    assert said.count(b"waiting for another") == 1


#: What the script asks the venv's python of pytest's cache: answered here by the interpreter that runs the tests.
ASKS_THE_CACHE = f"""case "$*" in *lastfailed*) exec {sys.executable} "$@" ;; esac
echo "${{0##*/}}"""


@pytest.mark.parametrize(("count", "again"), [(0, False), (1, True), (4, True), (5, False)])
def test_few_tests_that_fail_are_tried_once_more_alone_and_many_are_not(clone, count, again):
    (clone.tools / "python3").write_text(STAND_IN.replace('echo "${0##*/}', ASKS_THE_CACHE))
    cache = clone.root / ".pytest_cache" / "v" / "cache"
    cache.mkdir(parents=True)
    (cache / "lastfailed").write_text(json.dumps({f"tests/test_{n}.py": True for n in range(count)}))
    status, said, notes = clone.run("test", fail="-mpytest")
    assert (status, "once more, alone: tests/test_0.py" in said) == (1, again)
    assert said.splitlines()[-1] == "mbote: not passed: tests"
    assert [note for note in notes if "--last-failed" in note] == (
        ["python -P -mpytest -n 4 --dist loadgroup -n 0 --last-failed --last-failed-no-failures none"] if again else []
    )


def test_nothing_is_tried_again_where_nothing_failed(clone):
    (clone.tools / "python3").write_text(STAND_IN.replace('echo "${0##*/}', ASKS_THE_CACHE))
    cache = clone.root / ".pytest_cache" / "v" / "cache"
    cache.mkdir(parents=True)
    (cache / "lastfailed").write_text(json.dumps({"tests/test_0.py": True}))
    status, said, _ = clone.run("test", fail="loadgroup\n")  # nothing fails: the cache alone makes nobody try again
    assert (status, "shaky" in said) == (0, False)
