# ruff: noqa: PLC0415 (each command imports what it runs: `mbote --help` answers at once)
"""An agency's configuration: begun, and looked over."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hub.commands.shared import FOLDER, settings_of

if TYPE_CHECKING:
    from hub.settings import Settings


@click.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
def init(folder: Path) -> None:
    """Write a commented configuration for a new agency into DIR."""
    from hub.configuration import new_agency

    for path in new_agency(folder):
        click.echo(path)
    click.echo(f"Now write your agency into them, then: mbote check {folder}", err=True)


@click.command()
@click.argument("folder", metavar="DIR", type=FOLDER, default="/etc/mbote", envvar="MBOTE_CONFIG")
def check(folder: Path) -> None:
    """Say all that is wrong in a configuration, or sum it up."""
    from display import recordings
    from hub import logos
    from hub.configuration import summary
    from hub.misfits import remarks

    settings = settings_of(folder)
    _check_files(settings)
    for line in summary(settings):
        click.echo(line)
    for remark in (*remarks(settings), *recordings.remarks(settings), *logos.remarks(settings)):
        click.echo(f"remark: {remark}")


def _check_files(settings: Settings) -> None:
    """What rooms and counter services keep in files of their own. Raises ConfigurationFault."""
    from hub.privacy.classes import classes

    classes(settings.folder)
    if "certificate" in settings.counter_services:
        from hub.services.certificate import kinds

        kinds.load(settings.folder)
    if "request" in settings.counter_services:
        from hub.services.request.office import office_of

        office_of(settings)
    if "cash" in settings.counter_services:
        from hub.services.cash import office

        office.check(settings)
