"""A day taken away as a signed line by the command line, and several agencies put together by it."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from hub.cli import main

pytestmark = pytest.mark.slow  # real files

CONFIG = Path(__file__).parents[2] / "config"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Type a command line for the demo agency, whose hub is stopped."""
    shutil.copytree(CONFIG, tmp_path / "agency")
    monkeypatch.setenv("MBOTE_CONFIG", str(tmp_path / "agency"))
    return lambda *words: CliRunner().invoke(main, [str(word) for word in words])


def test_a_day_is_taken_away_and_put_together(run, tmp_path):
    there = tmp_path / "days"
    early = run("day", "export", there)
    assert (early.exit_code, "no business day is over yet" in early.stderr) == (1, True)
    run("day", "open")
    still_open = run("day", "export", there)
    assert "no business day is over yet" in still_open.stderr
    run("day", "close")
    written = Path(run("day", "export", there).stdout.strip())
    assert written.name.startswith("CNSS-BZV-SIEGE-")
    day = written.name.removeprefix("CNSS-BZV-SIEGE-").removesuffix(".day.json")
    assert run("day", "export", there, "--date", day).exit_code == 0, "again is the same"
    assert "no business day of 2001-01-01" in run("day", "export", there, "--date", "2001-01-01").stderr

    found = run("consolidate", there)
    assert found.exit_code == 0
    rows = list(csv.DictReader(io.StringIO(found.stdout.removeprefix("\ufeff")), delimiter=";"))
    assert [(row["agency"], row["day"], row["signature"]) for row in rows] == [
        ("CNSS-BZV-SIEGE", day, "known"), ("CNSS-BZV-SIEGE", "1", ""), ("*", "1", ""),
    ]  # fmt: skip


def test_a_folder_without_days_and_one_that_was_tampered_with(run, tmp_path):
    (tmp_path / "empty").mkdir()
    empty = run("consolidate", tmp_path / "empty")
    assert (empty.exit_code, "mbote day export" in empty.stderr) == (1, True)
    assert run("consolidate", tmp_path / "nowhere").exit_code == 1
    run("day", "open")
    run("day", "close")
    written = Path(run("day", "export", tmp_path / "days").stdout.strip())
    written.write_text(written.read_text().replace('"issued":0', '"issued":9', 1))
    found = run("consolidate", tmp_path / "days")
    assert found.exit_code == 1
    assert "the signature is not that of the key we know" in found.stderr
    assert ";9;" not in found.stdout
