"""A ticket as who only knows python-escpos prints it: the limit of our own, with a logo that both carry.

The logo is worked out once, as dots; the QR is the printer's own. A new printer object a ticket: the library's idea of
the code page outlives INIT (hardware/ink.py).
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from hardware import ink
from hub.demo.agency import Agency
from hub.settings_files import load_settings

#: The logo: bytes of eight dots across, and rows; 5 kB on the line.
ACROSS, DOWN = 48, 108
LOGO = "logo.png"
#: Rows of the ticket: words, whether bold, how large, where.
ROWS = (
    ("Caisse nationale de sécurité sociale", False, 1, "center"), ("CNSS Siège", True, 1, "center"),
    ("D001", True, 6, "center"), ("Déposer des pièces", False, 1, "center"), ("-" * 48, False, 1, "left"),
    ("7 personnes avant vous", False, 1, "left"), ("Attente estimée : 15 à 25 min", False, 1, "left"),
    *((f"- pièce à préparer numéro {n}", False, 1, "left") for n in range(6)),
)  # fmt: skip


@cache
def dots() -> bytes:
    """Rings, as black dots: something that neither zlib nor an eye takes for a white page."""
    return bytes(
        sum(((8 * byte + bit - 192) ** 2 + (row - DOWN // 2) ** 2) // 300 % 2 << 7 - bit for bit in range(8))
        for row in range(DOWN)
        for byte in range(ACROSS)
    )


def bare_ticket() -> bytes:
    """The bytes of one, about 5.9 kB."""
    paper = _printer()()
    paper.hw("INIT")
    paper.charcode("CP1252")
    paper._raw(b"\x1dv0\x00" + ACROSS.to_bytes(2, "little") + DOWN.to_bytes(2, "little") + dots())  # noqa: SLF001
    for words, bold, size, align in ROWS:
        paper.set(align=align, bold=bold, custom_size=True, width=size, height=size)
        paper.text(f"{words}\n")
    paper.set(align="center")
    paper.qr("GWSABF4K", native=True, size=6)
    paper.print_and_feed(2)
    paper.cut()
    return bytes(paper.output)


@cache
def _printer() -> Any:
    ink.prepare()  # loads the library, and sweeps up what its import leaves in /tmp
    from escpos.printer.dummy import Dummy

    return Dummy


def with_logo(agency: Agency) -> Agency:
    """The agency whose tickets carry the same logo."""
    from PIL import Image

    logo = Image.frombytes("1", (8 * ACROSS, DOWN), bytes(byte ^ 0xFF for byte in dots()))
    logo.save(agency.config / LOGO)
    with (agency.config / "local.toml").open("a") as local:
        local.write(f'[ticket]\nlogo = "{LOGO}"\n')
    return replace(agency, settings=load_settings(agency.config))
