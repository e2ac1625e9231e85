# ruff: noqa: PLC0415 (each command imports what it runs: `mbote --help` answers at once)
"""What visitors read and hear: words that a language lacks, prompts to record where no engine speaks it."""

from __future__ import annotations

from pathlib import Path

import click

from hub.commands.shared import config_option, settings_of, stop


@click.command()
@click.argument("language")
@click.option("--missing", is_flag=True, help="Only what is still to do, or to do again.")
@config_option
def recordings(language: str, missing: bool, folder: Path) -> None:  # noqa: FBT001 (click hands a flag)
    """List every prompt to record for a LANGUAGE such as `ln`: its file, what to say, whether it is done.

    The list is for the person at the microphone: `mbote recordings ln > sheet.txt`, then print it.
    """
    from display.recordings import sheet_lines

    if not (language.isascii() and language.isalpha() and len(language) in (2, 3)):
        stop([f"mbote: {language!r} is no language code such as 'ln' or 'ktu'"], 2)
    for line in sheet_lines(language.lower(), settings_of(folder), missing=missing):
        click.echo(line)


@click.command()
def words() -> None:
    """List what visitors' words lack in each language, and what has still to be read by somebody who speaks it."""
    from hub.say import FIRST, VISITORS, WORDS, missing, to_review

    for language in sorted(folder.name for folder in WORDS.iterdir() if folder.name != FIRST):
        for room in VISITORS:
            lacking, unread = missing(language, room), to_review(language, room)
            click.echo(f"{language} {room}: {len(lacking)} missing, {len(unread)} to review")
            for name in lacking:
                click.echo(f"  missing    {name}")
            for name, about in unread.items():
                click.echo(f"  to review  {name}: {about}")
