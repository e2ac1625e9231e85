"""What somebody types: from making a key to a box that works again, with what is said on the way."""

import shutil

import pytest
from click.testing import CliRunner

from hub.cli import main
from tests.office import CONFIG

pytestmark = pytest.mark.slow  # real files


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A command line with the demo agency in a folder of its own."""
    shutil.copytree(CONFIG, tmp_path / "agency")
    monkeypatch.setenv("MBOTE_CONFIG", str(tmp_path / "agency"))
    return lambda *words: CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def kept(run, tmp_path):
    """A key far away, a stick, and an agency that copies to it."""
    public = run("backup", "--new-key", tmp_path / "key").stdout.strip()
    (tmp_path / "stick").mkdir()
    text = f'[backup]\nkeys = ["{public}"]\nplaces = ["{tmp_path / "stick"}"]\n'
    (tmp_path / "agency" / "local.toml").write_text(text)
    assert run("day", "open").exit_code == 0
    return tmp_path


def test_from_the_first_copy_to_a_box_that_works_again(run, kept):
    stick, new = kept / "stick", kept / "new"
    copied = run("backup", stick)
    assert copied.exit_code == 0
    assert "entries of epoch 1" in copied.stdout
    assert "read back and compared" in copied.stdout
    listed = run("backup", stick, "--list")
    assert ("MADE" in listed.stdout, "whole" in listed.stdout) == (True, True)
    tried = run("backup", "--drill")
    assert (tried.exit_code, "0 entries behind" in tried.stdout) == (0, True)
    restored = run("restore", stick, "--identity", kept / "key", "--data", new)
    assert restored.exit_code == 0
    assert "what happened after that is not there" in restored.stdout
    assert "epoch 2 begins" in restored.stdout
    assert run("verify", "--data", new).exit_code == 0


def test_over_a_database_it_wants_a_word_and_keeps_what_was_there(run, kept):
    run("backup", kept / "stick")
    refused = run("restore", kept / "stick", "--identity", kept / "key")
    assert (refused.exit_code, "--replace" in refused.stderr) == (1, True)
    done = run("restore", kept / "stick", "--identity", kept / "key", "--replace", "--even-newer")
    assert "before-restore-1" in done.stdout
    epochs = run("epoch")
    assert "restored" in epochs.stdout
    assert run("epoch", "--confirm").exit_code == 1


def test_a_damaged_piece_is_named_and_the_drill_fails(run, kept):
    run("backup", kept / "stick")
    piece = next((kept / "stick").rglob("*.mbote"))
    piece.write_bytes(piece.read_bytes()[:-1])
    tried = run("backup", "--drill")
    assert (tried.exit_code, "bytes of" in tried.stdout) == (1, True)
    assert run("restore", kept / "stick", "--identity", kept / "key", "--data", kept / "new").exit_code == 1
    piece.write_bytes(b"?")
    assert run("backup", kept / "stick", "--list").exit_code == 1


@pytest.mark.parametrize("words", [(), ("TO", "--drill"), ("--drill", "--follow")])
def test_one_thing_is_asked_at_a_time(run, words):
    assert run("backup", *words).exit_code == 2


def test_without_a_key_or_a_place_nothing_is_copied_and_it_says_what_to_do(run, tmp_path):
    for words in (("backup", tmp_path), ("backup", "--follow"), ("backup", "--drill")):
        said = run(*words)
        assert (said.exit_code, "[backup]" in said.stderr) == (2, True)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ('keys = ["age1short"]', "public age key"),
        ("every_s = 60", "every_s"),
        ('nightly = "25:00"', "07:30"),
        ("nights = 1", "nights"),
    ],
)
def test_a_wrong_setting_is_told(run, tmp_path, facts, said):
    (tmp_path / "agency" / "local.toml").write_text(f"[backup]\n{facts}\n")
    found = run("check", tmp_path / "agency")
    assert (found.exit_code, said in found.stderr) == (2, True)


def test_a_key_with_a_letter_wrong_is_told_before_anything_is_written(run, tmp_path):
    (tmp_path / "agency" / "local.toml").write_text(f'[backup]\nkeys = ["age1{"q" * 58}"]\n')
    found = run("backup", tmp_path)
    assert (found.exit_code, "is no age key" in found.stderr) == (2, True)
    assert not list(tmp_path.glob("mbote-*"))


def test_a_place_that_is_not_there_is_told(run, kept):
    found = run("backup", kept / "nowhere")
    assert (found.exit_code, "is the medium in?" in found.stderr) == (1, True)
    found = run("restore", kept / "nowhere", "--identity", kept / "key", "--data", kept / "new")
    assert (found.exit_code, "no backup" in found.stderr) == (1, True)


def test_a_file_that_is_no_key_is_told(run, kept):
    run("backup", kept / "stick")
    (kept / "letter").write_bytes(b"Bonjour \xff")
    found = run("restore", kept / "stick", "--identity", kept / "letter", "--data", kept / "new")
    assert (found.exit_code, "no private age key" in found.stderr) == (2, True)
    assert run("restore", kept / "stick", "--identity", kept / "nothing", "--data", kept / "new").exit_code == 2
