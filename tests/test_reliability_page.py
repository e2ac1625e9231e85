"""docs/reliability.md: its rules are the judge's, its commands exist, and no count on it is more than was asked for."""

import importlib.util
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from hub.cli import main
from tests.faults.lies_money import LIES

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "reliability.md").read_text("utf-8")
COMMANDS = re.findall(r"^(?:MBOTE_SEED=\d+ )?\./mbote ([^#\n]+)", PAGE, re.MULTILINE)
NODES = re.findall(r"tests/[\w/.]+\.py(?:::\w+)?", PAGE)


def test_the_table_of_rules_is_the_judge_s():
    spec = importlib.util.spec_from_file_location("reliability", ROOT / "docs" / "reliability.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.page(PAGE) == PAGE, "run .venv/bin/python docs/reliability.py"


@pytest.mark.parametrize("command", sorted({command.split()[0] for command in COMMANDS}))
def test_each_command_on_the_page_exists(command):
    if command != "test":
        told = CliRunner().invoke(main, [command, "--help"])
        assert told.exit_code == 0, told.output


@pytest.mark.parametrize("node", sorted(set(NODES)))
def test_each_test_on_the_page_exists_and_a_nightly_one_has_nightly_pieces(node):
    file, _, name = node.partition("::")
    text = (ROOT / file).read_text("utf-8")
    assert f"def {name}" in text
    if any(node in command and "-m nightly" in command for command in COMMANDS):
        assert "mark.nightly" in text


def test_the_number_of_lies_is_right():
    assert f"{len(LIES)} lies tamper" in PAGE
