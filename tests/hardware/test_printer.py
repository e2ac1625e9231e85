"""A printer is believed when it answers, and only then."""

from __future__ import annotations

import os
import socket
import tempfile
import threading
import time
from pathlib import Path

import pytest

from hardware.port import NodePort, usb_node
from hardware.printer import NOT_ASKED, Heard, Printer, Result, Status, hear, read_status
from hardware.printer_emulator import PrinterEmulator
from hub.settings.devices import Printer as PrinterSettings
from tests.hardware.conftest import TICKET

pytestmark = pytest.mark.slow  # real sockets, real waits

OK = bytes([0x12, 0x12, 0x12])


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (OK, Status("ok")),
        (bytes([0x12, 0x12, 0x1E]), Status("ok", "near_end")),
        (bytes([0x1A, 0x32, 0x7E]), Status("not_ok", "paper_end")),
        (bytes([0x1A, 0x16, 0x12]), Status("not_ok", "cover_open")),
        (bytes([0x1A, 0x12, 0x12]), Status("not_ok", "offline")),
        (b"", Status("unknown", "silent")),
        (b"\x12", Status("unknown", "garbled")),
        (b"\xff\xff\xff", Status("unknown", "garbled")),
    ],
)
def test_status_bytes_are_read_by_the_book(answer, status):
    assert read_status(answer) == status


@pytest.mark.parametrize(
    ("answer", "heard"),
    [
        (OK + b"\x00\x00", Heard(OK, b"\x00\x00")),
        (b"\x10\x00\x00\x0f" + OK, Heard(OK)),
        (b"\x13\x12\x11\xff", Heard(b"\x12", b"", b"\xff")),
    ],
    ids=["status and confirmation", "an unasked status is no confirmation", "flow control and garbage"],
)
def test_answers_are_told_apart_by_their_fixed_bits(answer, heard):
    assert hear(answer) == heard


def test_a_printer_that_knows_no_gs_r_is_never_said_to_have_confirmed(emulator, at, monkeypatch):
    monkeypatch.setattr(emulator, "_confirm", lambda _: None)
    emulator._reader._confirm = lambda _: None
    printer = Printer(at).open()
    assert printer.status() == Status("ok")
    assert printer.print(TICKET) == Result("sent", "unconfirmed")
    emulator.wait_for_slips(1)


def test_a_printer_that_was_pulled_out_does_not_become_a_file(tmp_path):
    gone = tmp_path / "ttyUSB0"
    assert Printer(PrinterSettings(kind="serial", device=str(gone))).print(TICKET) == Result("failed", "unreachable")
    assert Printer(PrinterSettings(kind="file", device="/dev/none-such")).print(TICKET).outcome == "failed"
    assert not gone.exists()


def test_a_ticket_is_confirmed(emulator, at):
    printer = Printer(at).open()
    assert printer.status() == Status("ok")
    assert printer.print(TICKET) == Result("confirmed")
    assert emulator.wait_for_slips(1)[0][2].text == "D001"


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("paper_out", Result("failed", "paper_end")),
        ("cover_open", Result("failed", "cover_open")),
        ("silent", Result("failed", "silent")),
        ("unplugged", Result("failed", "unreachable")),
        ("near_end", Result("confirmed", "near_end")),
    ],
)
def test_a_printer_with_a_fault_gets_no_byte_and_the_visitor_knows_in_time(emulator, at, fault, outcome):
    printer = Printer(at).open()
    emulator.fault(fault)
    began = time.monotonic()
    assert printer.print(TICKET) == outcome
    assert time.monotonic() - began < 3
    emulator.fault(None)
    assert printer.print(TICKET) == Result("confirmed")
    expected = 2 if fault == "near_end" else 1
    assert len(emulator.wait_for_slips(expected)) == expected, "something flooded out after the refill"


@pytest.mark.faults
@pytest.mark.parametrize(
    ("fault", "reason"),
    [("paper_out", "paper_end"), ("cover_open", "cover_open"), ("silent", "silent"), ("unplugged", "unreachable")],
)
@pytest.mark.parametrize("byte", [1, 60, 150, 300])
def test_a_fault_in_mid_ticket_leaves_it_in_doubt_and_nothing_in_the_printer(emulator, at, fault, reason, byte):
    printer = Printer(at).open()
    emulator.fault(fault, byte)
    began = time.monotonic()
    assert printer.print(TICKET) == Result("unknown", reason)
    assert time.monotonic() - began < 3
    emulator.fault(None)
    assert printer.print(TICKET) == Result("confirmed")
    torn, whole = emulator.wait_for_slips(2)
    assert [line.text for line in torn].count("D001") <= 1
    assert [line.text for line in whole].count("D001") == 1, "the next paper begins where the torn one was cut off"


def test_a_printer_that_hangs_up_has_not_plenty_of_paper(at):
    """python-escpos 3.1 reads a closed connection as paper in plenty."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            for _ in range(2):
                client = server.accept()[0]
                client.shutdown(socket.SHUT_WR)  # a polite end: what is written to it raises nothing
                client.recv(4096)
                client.close()

        threading.Thread(target=hang_up, daemon=True).start()
        printer = Printer(at.model_copy(update={"port": server.getsockname()[1]}))
        assert printer.status() == Status("not_ok", "unreachable")
        assert printer.print(TICKET).outcome == "failed"


def test_a_slow_printer_is_waited_for_while_it_says_that_it_works(emulator, at):
    printer = Printer(at.model_copy(update={"timeout_s": 3})).open()
    emulator.speed(600)
    began = time.monotonic()
    assert printer.print(TICKET) == Result("confirmed")
    assert time.monotonic() - began > 0.4


def test_a_printer_that_is_not_asked_is_only_sent_to(emulator, at):
    printer = Printer(at.model_copy(update={"status": False})).open()
    assert printer.status() == NOT_ASKED
    assert printer.print(TICKET) == Result("sent", "not_asked")
    emulator.wait_for_slips(1)


@pytest.fixture
def on_disk():
    """A folder that is not below /dev, where nothing is made for a printer that is not there; the tests' own may be."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        yield Path(folder)


def test_a_file_printer_appends_and_never_answers(on_disk):
    path = on_disk / "paper.bin"
    printer = Printer(PrinterSettings(kind="file", device=str(path))).open()
    assert printer.print(TICKET).outcome == "sent"
    assert printer.print(TICKET).outcome == "sent"
    assert path.read_bytes().count(b"\x1bt\x10") == 2


def test_a_serial_printer_answers_through_its_line():
    ours, theirs = os.openpty()
    path = os.ttyname(theirs)

    def printer_end() -> None:
        seen = b""
        while b"\x1dr\x01\x1dr\x01" not in seen:
            data = os.read(ours, 4096)
            seen += data
            os.write(ours, b"".join(b"\x12" for _ in range(data.count(b"\x10\x04"))))
        os.write(ours, b"\x00\x00")

    thread = threading.Thread(target=printer_end, daemon=True)
    thread.start()
    printer = Printer(PrinterSettings(kind="serial", device=path, baud=115_200, timeout_s=2)).open()
    assert printer.print(TICKET) == Result("confirmed")
    thread.join(2)
    os.close(ours)
    os.close(theirs)


def test_a_pipe_nobody_reads_is_no_endless_wait(tmp_path):
    reader, writer = os.pipe()
    try:
        port = NodePort(f"/dev/fd/{writer}", 0.1)
        with pytest.raises(TimeoutError):
            port.write(b"x" * 300_000)
        port.close()
        port.close()
    finally:
        os.close(reader)
        os.close(writer)


def test_the_usb_printer_is_found_by_its_identity(tmp_path):
    for name, vendor, product in (("lp0", "04b8", "0e28"), ("lp1", "0fe6", "811e")):
        device = tmp_path / "devices" / name
        (device / "interface").mkdir(parents=True)
        (device / "idVendor").write_text(vendor + "\n")
        (device / "idProduct").write_text(product + "\n")
        (tmp_path / name).mkdir()
        (tmp_path / name / "device").symlink_to(device / "interface")
    assert usb_node("0FE6:811E", tmp_path) == "/dev/usb/lp1"
    assert usb_node("", tmp_path) == "/dev/usb/lp0"
    with pytest.raises(FileNotFoundError, match="1111:2222"):
        usb_node("1111:2222", tmp_path)


def test_nobody_at_the_port_is_a_failure_with_a_reason():
    emulator = PrinterEmulator().open()
    emulator.close()
    printer = Printer(PrinterSettings(port=emulator.port, timeout_s=0.3))
    assert printer.print(TICKET) == Result("failed", "unreachable")
    assert repr(printer) == f"<Printer tcp 127.0.0.1:{emulator.port}>"
