"""A printer made of software on a real port, and the settings that lead to it."""

from __future__ import annotations

import pytest

from hardware.printer_emulator import PrinterEmulator
from hub.paper import Cut, Feed, Pair, Qr, Rule, Text
from hub.settings.devices import Printer as PrinterSettings

TICKET = (
    Text("Caisse nationale de sécurité sociale", align="center"),
    Rule(),
    Text("D001", size=8, bold=True, align="center"),
    Pair("23/11/2026", "08:00"),
    Text("Dépôt de pièces : œuvre, 5 €"),
    Feed(),
    Qr("http://127.0.0.1:8080/follow/k3x9q2ab"),
    Cut(),
)


@pytest.fixture
def emulator():
    made = PrinterEmulator().open()
    yield made
    made.close()


@pytest.fixture
def at(emulator):
    return PrinterSettings(port=emulator.port, timeout_s=0.4)
