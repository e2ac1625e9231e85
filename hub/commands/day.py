# ruff: noqa: PLC0415 (each command imports what it runs: `mbote --help` answers at once)
"""The commands of the business day: opened and closed by hand, taken away as a signed line, put together of many."""

from __future__ import annotations

from pathlib import Path

import click

from hub.commands.shared import FOLDER, Commands, ask_hub, config_option, sentence, settings_of, stop


@click.group(cls=Commands)
def day() -> None:
    """The business day, by hand."""


@day.command("open")
@config_option
def open_day(folder: Path) -> None:
    """Open the business day: the kiosks give tickets."""
    click.echo(sentence(ask_hub(folder, "day.open")))


@day.command("close")
@config_option
def close_day(folder: Path) -> None:
    """Close the business day; who still waits is counted as not served."""
    click.echo(sentence(ask_hub(folder, "day.close")))


@day.command("export")
@click.argument("place", metavar="FOLDER", type=FOLDER)
@click.option("--date", metavar="DATE", help="The business day, YYYY-MM-DD [default: the last one that is over].")
@config_option
def export_day(place: Path, date: str | None, folder: Path) -> None:
    """Write a closed day as one signed line into FOLDER, for `mbote consolidate` (docs/supervisor.md)."""
    from hub.disk import write_whole

    said = ask_hub(folder, "day.file", **({"date": date} if date else {}))
    place.mkdir(parents=True, exist_ok=True)
    write_whole(place / said["name"], f"{said['line']}\n".encode())
    click.echo(place / said["name"])


@click.command()
@click.argument("place", metavar="FOLDER", type=FOLDER)
@config_option
def consolidate(place: Path, folder: Path) -> None:
    """Make one table (CSV) of the closed days of several agencies that lie in FOLDER.

    Signatures are checked with `certificates/keys.toml` and this agency's own key. What cannot be believed is left out
    and named, and the status is then 1.
    """
    from hub.consolidation import gathered, table
    from hub.seal import keys_of, own_key

    settings = settings_of(folder)
    problems: list[str] = []
    keys = keys_of(settings.folder, problems) | own_key(settings.path(settings.hub.data), settings.agency.code)
    found = gathered(place, keys)
    if not found.days and not found.problems:
        stop([f"{place}: no day of any agency lies there: `mbote day export` writes them"], 1)
    click.echo(table(found.days.values()), nl=False)
    unknown = sorted({day.agency for day in found.days.values() if day.signature == "unknown"})
    problems += [f"{agency}: its key is not in certificates/keys.toml" for agency in unknown]
    if problems + found.problems:
        stop(problems + found.problems, 1)
