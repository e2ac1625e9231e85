# ruff: noqa: PLC0415 (each command imports what it runs: `mbote --help` answers at once)
"""What the commands of several files share: how they stop, find their configuration and ask the hub."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from hub.errors import ConfigurationFault, MboteError

if TYPE_CHECKING:
    from hub.settings import Settings

FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)

config_option = click.option(
    "--config", "folder", type=FOLDER, default="/etc/mbote", envvar="MBOTE_CONFIG", show_default=True, show_envvar=True,
    help="The agency's configuration.",
)  # fmt: skip


class Commands(click.Group):
    """Commands in the order they are written; what goes wrong on purpose is said without a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click calls it)
        """As written below, not by the alphabet."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Exit status 2 for a wrong configuration, 1 for what was refused."""
        try:
            return super().invoke(ctx)
        except ConfigurationFault as fault:
            stop(fault.problems, 2)
        except MboteError as error:
            stop([f"mbote: {error}"], 1)


def stop(lines: Iterable[str], status: int) -> NoReturn:
    """Say why, and end with this status."""
    for line in lines:
        click.echo(line, err=True)
    sys.exit(status)


def settings_of(folder: Path) -> Settings:
    """The configuration. Raises ConfigurationFault with every problem."""
    from hub.settings_files import load_settings

    return load_settings(folder)


def ask_hub(folder: Path, what: str, **body: Any) -> dict[str, Any]:
    """What the hub answers, running or stopped. Raises Refused, StoreFault."""
    from hub.admin_ask import admin_ask

    return admin_ask(settings_of(folder), what, **body)


def sentence(answer: Mapping[str, Any]) -> str:
    """An answer of plain values on one line."""
    return ", ".join(f"{name} {cell(value)}" for name, value in answer.items())


def cell(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else "-" if value is None else str(value)


def show(rows: list[dict[str, Any]]) -> None:
    """Rows as a table; nothing for none."""
    if not rows:
        return
    cells = [[name.upper() for name in rows[0]], *([cell(value) for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
