"""The workshop draws papers in a process that can reach nothing, ends by itself, and is begun anew when it hangs."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pikepdf
import pytest

from hub.workshop.workshop import AHEAD, NotDrawn, Workshop
from tests.patience import patience

pytestmark = pytest.mark.slow  # real processes

ROOT = Path(__file__).parents[2]
NOON = 1_772_449_200
LETTER = {
    "main": '#let d = json(bytes(sys.inputs.data))\n#set document(title: d.title)\n#set text(lang: "fr")\n'
    '= #d.title\n#include "foot"',
    "foot": "Brazzaville",
}
#: Tried by a confined process: each has to be refused by the kernel, not by chance.
WAYS_OUT = {
    "read a file": "open('/etc/hostname')",
    "write a file": "open('/tmp/mbote-way-out', 'w')",
    "call another machine": "socket.create_connection(('127.0.0.1', 9))",
    "listen": "socket.socket(socket.AF_UNIX)",
    "start a program": "os.execv('/bin/true', ['true'])",
    "start a child": "subprocess.run(['true'])",
    "end another process": "os.kill(os.getppid(), 9)",
    "delete": "os.unlink('/tmp/mbote-way-out')",
    "make a folder": "os.mkdir('/tmp/mbote-way-out')",
}


@pytest.fixture
def workshop():
    room = Workshop(deadline_s=5)
    yield room
    room.close()


def confined(*statements: str) -> subprocess.CompletedProcess[str]:
    program = "\n".join(
        [
            "import os, socket, subprocess, sys, encodings.idna",
            "from hub.workshop.confine import confine",
            "confine()",
            *statements,
        ]
    )
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )


def test_a_paper_is_one_for_the_archive_and_for_who_does_not_see_it(workshop):
    paper = pikepdf.open(io.BytesIO(workshop.drawn(LETTER, {"title": "Attestation"}, NOON)))
    said = str(paper.Root.Metadata.read_bytes(), "utf-8")
    assert "<pdfaid:part>2</pdfaid:part>" in said
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in said
    assert "<pdfuaid:part>1</pdfuaid:part>" in said
    assert paper.Root.StructTreeRoot is not None
    assert str(paper.Root.Lang) == "fr"


def test_the_same_document_has_the_same_bytes_at_any_time_and_in_any_process(workshop):
    first = workshop.drawn(LETTER, {"title": "Attestation"}, NOON)
    workshop.close()
    assert workshop.drawn(LETTER, {"title": "Attestation"}, NOON) == first
    assert workshop.drawn(LETTER, {"title": "Attestation"}, NOON + 1) != first


def test_what_was_typed_is_text_and_never_layout(workshop):
    typed = '#panic("x") "] \\ $ _ * <a> \u202e'
    paper = pikepdf.open(io.BytesIO(workshop.drawn(LETTER, {"title": typed}, NOON)))
    assert typed in str(paper.docinfo.Title)


@pytest.mark.parametrize(
    "layout",
    [
        "#panic()",
        '#set document(title: "x")\n#read("/etc/passwd")',
        '#import "@preview/cetz:0.3.0"',
        '#image("no.png")',
    ],
)
def test_a_layout_that_is_wrong_is_refused_in_words_and_the_process_goes_on(workshop, layout):
    workshop.drawn(LETTER, {"title": "x"}, NOON)
    before = workshop.pid
    with pytest.raises(NotDrawn, match="cannot be drawn"):
        workshop.drawn({"main": layout}, {}, NOON)
    assert workshop.pid == before


def test_one_that_was_killed_or_that_hangs_is_followed_by_another(workshop):
    workshop.drawn(LETTER, {"title": "x"}, NOON)
    first = workshop.pid
    os.kill(first, signal.SIGKILL)
    workshop.drawn(LETTER, {"title": "x"}, NOON)
    hanging = Workshop(deadline_s=patience(0.5))
    hanging.drawn(LETTER, {"title": "x"}, NOON)
    stopped = hanging.pid
    os.kill(stopped, signal.SIGSTOP)
    assert hanging.drawn(LETTER, {"title": "x"}, NOON)
    assert hanging.pid != stopped
    hanging.close()


def test_a_document_without_end_is_given_up_by_the_kernels_alarm_and_nobody_waits_for_ever():
    room = Workshop(deadline_s=patience(0.4))
    endless = '#set document(title: "x")\n#for i in range(10000) { for j in range(10000) { let x = i * j } }'
    began = time.monotonic()
    with pytest.raises(NotDrawn):
        room.drawn({"main": endless}, {}, NOON)
    assert time.monotonic() - began < patience(5)
    assert room.drawn(LETTER, {"title": "x"}, NOON)
    room.close()


def test_a_document_that_wants_all_memory_ends_the_process_and_not_the_hub(workshop):
    with pytest.raises(NotDrawn, match="ended"):
        workshop.drawn({"main": '#set document(title: "x")\n#range(60000000).len()'}, {}, NOON)
    assert workshop.drawn(LETTER, {"title": "x"}, NOON)


def test_it_ends_by_itself_when_nothing_is_asked_and_begins_again():
    room = Workshop(idle_s=0.2)
    room.drawn(LETTER, {"title": "x"}, NOON)
    deadline = time.monotonic() + 10
    while room.pid and time.monotonic() < deadline:
        threading.Event().wait(0.05)
    assert room.pid is None
    assert room.drawn(LETTER, {"title": "x"}, NOON)
    room.close()


def test_it_goes_when_the_hub_goes(tmp_path):
    program = (
        "import os, signal\nfrom hub.workshop.workshop import Workshop\nw = Workshop()\n"
        f"w.drawn({LETTER!r}, {{'title': 'x'}}, 1)\nprint(w.pid, flush=True)\nos.kill(os.getpid(), signal.SIGKILL)"
    )
    hub = subprocess.run([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    process = Path(f"/proc/{int(hub.stdout)}")
    deadline = time.monotonic() + 5
    while process.exists() and time.monotonic() < deadline:
        threading.Event().wait(0.05)
    assert not process.exists()


def test_many_who_ask_at_once_are_all_served(workshop):
    found: list[bytes] = []
    asking = [
        threading.Thread(target=lambda n=n: found.append(workshop.drawn(LETTER, {"title": str(n)}, NOON)))
        for n in range(8)
    ]
    for each in asking:
        each.start()
    for each in asking:
        each.join()
    assert len({bytes(each) for each in found}) == 8


def test_what_was_begun_ahead_is_what_is_asked_for_and_takes_no_second_drawing(workshop):
    workshop.draw_ahead(LETTER, {"title": "Attestation"}, NOON)
    assert workshop.drawn(LETTER, {"title": "Attestation"}, NOON + 1) != (ahead := _ahead(workshop))
    os.kill(workshop.pid, signal.SIGSTOP)  # nothing can be drawn any more
    assert workshop.drawn(LETTER, {"title": "Attestation"}, NOON) == ahead
    os.kill(workshop.pid, signal.SIGCONT)
    assert workshop.drawn(LETTER, {"title": "Attestation"}, NOON) == ahead


def test_of_many_begun_ahead_the_last_ones_wait_and_a_wrong_one_is_told_to_who_asks(workshop):
    for number in range(3 * AHEAD):
        workshop.draw_ahead(LETTER, {"title": str(number)}, NOON)
    assert len(workshop._ahead) == AHEAD
    workshop.draw_ahead({"main": "#panic()"}, {}, NOON)
    with pytest.raises(NotDrawn, match="cannot be drawn"):
        workshop.drawn({"main": "#panic()"}, {}, NOON)
    workshop.close()
    workshop.draw_ahead(LETTER, {"title": "too late"}, NOON)
    assert workshop.drawn(LETTER, {"title": "too late"}, NOON).startswith(b"%PDF")


def _ahead(workshop):
    (begun,) = workshop._ahead.values()
    return begun.result(timeout=30)


def test_the_kernel_refuses_it_every_way_out():
    tries = []
    for name, way in WAYS_OUT.items():
        tries += ["try:", f"    {way}", "except PermissionError:", "    pass", "else:", f"    print({name!r})"]
    tries += ["print('done', flush=True)"]
    found = confined(*tries)
    assert (found.stdout.split("\n"), found.returncode) == (["done", ""], 0), found.stderr


def test_without_it_every_way_out_is_open():
    """The tries above fail for their own reasons, not because they could not succeed."""
    tries = ["import socket, os", "open('/etc/hostname')", "socket.socket(socket.AF_UNIX)", "os.kill(os.getpid(), 0)"]
    found = subprocess.run([sys.executable, "-c", "\n".join(tries)], capture_output=True, check=False)
    assert found.returncode == 0, found.stderr
