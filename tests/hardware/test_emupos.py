"""Our slips and our questions before a printer that others have written: emupos, in a Python of its own.

It reads ESC/POS by its own lights and draws what comes: what it reads must be what we meant, and what our own
emulator reads of the same bytes. It needs Python 3.13 (EMUPOS_PYTHON, `python3.13`, or pyenv's versions folder) and,
once, a package index; it lives in a virtual environment in the temporary folder, never in ours.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from hardware import ink
from hardware.escpos_reader import Reader
from hardware.printer import Printer, Result, Status
from hardware.printer_emulator import as_text
from hub.bench.rig import free_port
from hub.paper import Qr, Text, duplicate
from hub.settings.devices import Printer as PrinterSettings
from tests.hardware.conftest import TICKET

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
VERSION = "0.4.0"
HOME = Path(tempfile.gettempdir()) / f"mbote-emupos-{VERSION}-{os.getuid()}"
COMMAND = HOME / "bin" / "emupos"
#: Its word for a fault → what our printer says of it.
FAULTS = {
    "paper-near-end": (Status("ok", "near_end"), Result("confirmed", "near_end")),
    "paper-out": (Status("not_ok", "paper_end"), Result("failed", "paper_end")),
    "cover-open": (Status("not_ok", "cover_open"), Result("failed", "cover_open")),
    "offline": (Status("not_ok", "offline"), Result("failed", "offline")),
}


def its_python() -> str | None:
    """A Python that is new enough for it."""
    named = [os.environ.get("EMUPOS_PYTHON"), shutil.which("python3.13")]
    kept = sorted(Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob("versions/3.1[3-9]*/bin/python3"))
    for python in (*filter(None, named), *map(str, reversed(kept))):
        new_enough = [python, "-c", "import sys; sys.exit(sys.version_info < (3, 13))"]
        tried = subprocess.run(new_enough, capture_output=True, check=False)
        if tried.returncode == 0:
            return python
    return None


def installed() -> Path:
    """The program. Skips, saying why, where it cannot be had."""
    if COMMAND.exists():
        return COMMAND
    python = its_python()
    if python is None:
        pytest.skip("NOT CROSS-CHECKED: emupos needs Python 3.13 (EMUPOS_PYTHON, python3.13 or pyenv's versions)")
    subprocess.run([python, "-m", "venv", HOME], check=True, capture_output=True)
    tried = subprocess.run(
        [HOME / "bin" / "pip", "install", "-q", f"emupos=={VERSION}"], capture_output=True, text=True, check=False
    )
    if tried.returncode:
        shutil.rmtree(HOME)
        pytest.skip(f"NOT CROSS-CHECKED: emupos cannot be installed: {tried.stderr.strip().splitlines()[-1]}")
    return COMMAND


class Emupos:
    """One printer of theirs."""

    def __init__(self, folder: Path) -> None:
        self.port, self._api, self.receipts = free_port(), free_port(), folder / "receipts"
        (folder / "emupos.yaml").write_text(
            f"schema: 1\napi: {{port: {self._api}}}\ndevices:\n  - id: front\n    type: printer\n"
            f"    profile: epson-tm-t20iii\n    receipts_dir: {self.receipts}\n"
            f"    connections:\n      - tcp: {{port: {self.port}}}\n"
        )
        self._process = subprocess.Popen(
            [COMMAND, "run", "--config", folder / "emupos.yaml"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.ours = Printer(PrinterSettings(port=self.port)).open()
        end = time.monotonic() + 30
        while self.ours.status() != Status("ok"):
            assert time.monotonic() < end, f"emupos does not start: {self.ours.status()}"
            time.sleep(0.05)

    def fault(self, what: str, name: str) -> None:
        """Set or clear one."""
        command = [COMMAND, "--api", f"http://127.0.0.1:{self._api}", "fault", what, "front", name]
        subprocess.run(command, check=True, capture_output=True)

    def papers(self, count: int) -> list[str]:
        """What it has read, in the order in which it was cut, once there are so many."""
        end = time.monotonic() + 15
        while len(found := sorted(self.receipts.glob("*.json"), key=_cut_at)) < count:
            assert time.monotonic() < end, f"{len(found)} papers of {count}"
            time.sleep(0.05)
        return [each.with_suffix(".txt").read_text("utf-8") for each in found]

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(10)


def _cut_at(file: Path) -> tuple[float, str]:
    return file.stat().st_mtime, str(json.loads(file.read_text("utf-8")).get("id", ""))


@pytest.fixture(scope="module")
def emupos(tmp_path_factory):
    installed()
    made = Emupos(tmp_path_factory.mktemp("emupos"))
    yield made
    made.close()


def words(text: str) -> str:
    return " ".join(text.split())


def ours(slip) -> list[str]:
    """What our own emulator reads of the same bytes, line by line."""
    drawn = Reader().feed(ink.encode(slip))
    return [words(row) for row in as_text(drawn).splitlines() if row.strip(" -") and not row.startswith("[")]


def test_another_printer_reads_what_we_meant_and_what_our_own_reads(emupos):
    before = len(list(emupos.receipts.glob("*.json")))
    assert emupos.ours.print(TICKET) == Result("confirmed")
    paper = emupos.papers(before + 1)[-1]
    said = [line.text for line in TICKET if isinstance(line, Text)]
    assert "Dépôt de pièces : œuvre, 5 €" in said, "letters that a wrong code page would spoil"
    for line in (*said, *ours(TICKET)):
        assert words(line) in words(paper)
    assert [f"[qr {line.data}]" in paper for line in TICKET if isinstance(line, Qr)] == [True]
    assert "DUPLICATA" not in paper


def test_another_printer_reads_the_mark_of_a_copy(emupos):
    before = len(list(emupos.receipts.glob("*.json")))
    assert emupos.ours.print(duplicate(TICKET, 2)) == Result("confirmed")
    paper = emupos.papers(before + 1)[-1]
    assert words(paper).startswith("*** DUPLICATA 2 ***")
    assert "D001" in paper


@pytest.mark.thinned(4)
@pytest.mark.parametrize("name", FAULTS)
def test_another_printer_is_understood_when_it_is_not_well(emupos, name):
    status, result = FAULTS[name]
    emupos.fault("set", name)
    try:
        assert emupos.ours.status() == status
        assert emupos.ours.print(TICKET) == result
    finally:
        emupos.fault("clear", name)
    assert emupos.ours.status() == Status("ok")
    assert emupos.ours.print(TICKET) == Result("confirmed")
