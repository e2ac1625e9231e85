# ruff: noqa: PLC0415 (each command imports what it runs: `mbote --help` answers at once)
"""What comes in as a file from elsewhere: central data, the treasury's payment orders."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hub.commands.shared import FILE, config_option, settings_of

if TYPE_CHECKING:
    from hub.settings import Settings


KINDS_OF_IMPORT = (
    "employers", "people", "relationships", "employments", "contributions", "cases", "payments", "accounts", "bundle",
)  # fmt: skip


@click.command("import")
@click.argument("kind", type=click.Choice(KINDS_OF_IMPORT))
@click.argument("file", type=FILE)
@click.option("--report", type=FILE, help="Where refused lines are written; FILE.refused unless given.")
@config_option
def import_(kind: str, file: Path, report: Path | None, folder: Path) -> None:
    """Take over central data: persons, employers and what hangs on them.

    CSV with a header or JSON lines, see docs/import.md. May be stopped and run again at any time.
    """
    from hub.admin_ask import admin_ask
    from hub.people_import import import_file, stand_back

    settings = settings_of(folder)
    stand_back()
    kept = report or file.with_name(f"{file.name}.refused")
    refused = import_file(settings, lambda end: admin_ask(settings, "import_ended", **end), kind, file, kept)
    if refused:
        sys.exit(1)


@click.command()
@click.argument("file", type=FILE)
@config_option
def orders(file: Path, folder: Path) -> None:
    """Take over payment orders of the treasury from JSON lines (docs/cash.md).

    A running hub goes on. The same file again changes nothing; lines that make no sense are named and left out.
    """
    from hub.services.cash.order_file import chunks

    settings, received, known, refused = settings_of(folder), 0, 0, 0
    for first, lines, wrong in chunks(file):
        answer: dict[str, Any] = {"received": 0, "known": 0, "refused": []}
        if lines:
            answer = _ask_orders(settings, lines)
        received, known = received + answer["received"], known + answer["known"]
        told = list(wrong)
        told += [(first[each["line"] - 1], each["why"]) for each in answer["refused"]]
        for line, why in sorted(told):
            refused += 1
            click.echo(f"line {line}: {why}", err=True)
    click.echo(f"{received} received, {known} known already, {refused} refused")
    if refused:
        sys.exit(1)


def _ask_orders(settings: Settings, lines: list[dict[str, Any]]) -> dict[str, Any]:
    from hub.admin_ask import admin_ask

    return admin_ask(settings, "orders", orders=lines)
