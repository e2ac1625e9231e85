# ruff: noqa: PLC0415 (each command imports what it runs: `mbote --help` answers at once)
"""Copies that leave the box and come back, and the epochs that begin where something may be missing."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from hub.commands.shared import FILE, FOLDER, ask_hub, config_option, sentence, settings_of, show, stop

if TYPE_CHECKING:
    from hub.settings import Settings


@click.command()
@click.argument("place", metavar="[TO]", type=FOLDER, required=False)
@click.option("--list", "listing", is_flag=True, help="List what lies in TO, oldest first, and copy nothing.")
@click.option(
    "--follow", is_flag=True, help="Keep every configured place up to date until stopped (mbote-backup.service)."
)
@click.option(
    "--drill", is_flag=True, help="Restore the newest backup of every place into a scratch folder and compare."
)
@click.option("--new-key", "key_file", type=FILE, help="Make a pair of keys: private into this file, public printed.")
@config_option
def backup(  # noqa: PLR0913 (click hands options in)
    place: Path | None, *, listing: bool, follow: bool, drill: bool, key_file: Path | None, folder: Path
) -> None:
    """Copy everything into the folder TO, now, encrypted; the hub may be running.

    The first copy makes TO ready for the stream that --follow keeps to the places of the configuration.
    """
    if sum((bool(place), follow, drill, bool(key_file))) != 1:
        raise click.UsageError("say one of: TO, --follow, --drill, --new-key FILE")
    if key_file:
        from hub.backup.keyring import new_identity

        click.echo(new_identity(key_file))
    elif follow:
        _follow(settings_of(folder))
    elif drill:
        _drill(settings_of(folder))
    elif place:
        (_list_backups if listing else _copy_to)(settings_of(folder), place)


def _copy_to(settings: Settings, place: Path) -> None:
    from hub.recovery import copy_to, short

    made = copy_to(settings, place)
    click.echo(f"signed by the box {short(made.header.signer)}: write that down where the keys are")
    kept = (
        f"{made.header.last:,} entries of epoch {made.header.epoch}, {made.header.size:,} bytes, read back and compared"
    )
    click.echo(f"{made.path}: {kept}")


def _list_backups(settings: Settings, place: Path) -> None:
    from hub.recovery import listed

    rows, problems = listed(settings, place)
    show(rows)
    if problems:
        stop(problems, 1)


def _follow(settings: Settings) -> None:
    from hub.admin_ask import tell_running
    from hub.ending import until_told
    from hub.recovery import follow
    from hub.server import log_lines

    log_lines()
    stop = until_told()
    click.echo("ready backup")
    follow(settings, lambda what, **body: tell_running(settings, what, **body), stop)


def _drill(settings: Settings) -> None:
    from hub.recovery import drill

    found = drill(settings)
    for each in found:
        right = f"entry {each.seq:,}, {each.tables} tables are what the box had, {each.lacks} entries behind it now"
        click.echo(f"{each.place}: {each.problem or right} ({each.took_s:g} s)")
    if any(each.problem for each in found):
        sys.exit(1)


@click.command()
@click.argument("place", metavar="FROM", type=FOLDER)
@click.option("--identity", "key_file", type=click.File("rb"), required=True,
    help="The private key (`-`: from standard input).")  # fmt: skip
@click.option("--data", type=FOLDER, help="A data folder, in place of the one that the configuration names.")
@click.option("--replace", is_flag=True, help="There is a database already: set it aside.")
@click.option("--even-newer", is_flag=True, help="It is newer than the backup: set it aside all the same.")
@click.option("--epoch", "until", type=click.IntRange(1), help="Go back to the end of this epoch, not of the newest.")
@config_option
def restore(  # noqa: PLR0913 (click hands options in)
    place: Path,
    *,
    key_file: BinaryIO,
    data: Path | None,
    replace: bool,
    even_newer: bool,
    until: int | None,
    folder: Path,
) -> None:
    """Restore the newest backup in FROM into the data folder of a stopped hub.

    Everything is checked first. A new epoch begins: no number of before is given again. Where there is no
    configuration, that of the backup is written.
    """
    from hub.backup.keyring import identities
    from hub.recovery import recover

    keys = identities(key_file.read().decode(errors="replace"), key_file.name)
    done = recover(place, folder, keys, data=data, replace=replace, even_newer=even_newer, until=until, tell=click.echo)
    for skipped in done.skipped:
        click.echo(f"left out: {skipped}")
    click.echo(f"restored up to entry {done.end.last:,}, made at {done.last_at}: what happened after that is not there")
    click.echo(f"epoch {done.epoch} begins: every number from before stays what it was, none is given again")
    if done.aside:
        click.echo(f"what was there before is in {done.aside}")
    click.echo("everybody signs in again; now start the hub and run: mbote doctor")


@click.command()
@click.option("--confirm", is_flag=True, help="Go on with a hub that found itself behind its devices or its backup.")
@config_option
def epoch(confirm: bool, folder: Path) -> None:  # noqa: FBT001 (click hands options in)
    """The epochs of this hub: one more each time something of the one before may be missing."""
    if confirm:
        click.echo(sentence(ask_hub(folder, "epoch.confirm")))
    else:
        show(ask_hub(folder, "epochs")["epochs"])
