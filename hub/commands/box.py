# ruff: noqa: PLC0415 (each command imports what it runs: `mbote --help` answers at once)
"""The box itself: what it is for, its version, its clock and wires, what works on it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from hub.commands.shared import FILE, FOLDER, ask_hub, config_option, sentence, settings_of
from hub.errors import ConfigurationFault

BOX_ROLES = ("hub", "kiosk", "panel", "printer", "display")


@click.command()
@click.option("--right", is_flag=True, help="The machine's clock is right: somebody has looked at a watch.")
@config_option
def clock(right: bool, folder: Path) -> None:  # noqa: FBT001 (click hands options in)
    """What time the hub has, and whether it believes it."""
    click.echo(sentence(ask_hub(folder, "clock.right" if right else "clock")))


@click.command()
@config_option
@click.option("--bundle", type=FILE, help="Also write what support needs into this .tar.gz; no personal data.")
def doctor(folder: Path, bundle: Path | None) -> None:
    """Say what works on this box, what does not, and what to do."""
    from hub.bundle import write_bundle
    from hub.doctor import examine

    findings = []
    for finding in examine(folder):
        findings.append(finding)
        click.echo(f"{finding.state:8}{finding.what}: {finding.found}")
        if finding.do:
            click.echo(f"{'':8}→ {finding.do}")
    if bundle:
        write_bundle(bundle, folder, findings)
        click.echo(f"written: {bundle}")
    if any(finding.state == "fault" for finding in findings):
        sys.exit(1)


@click.command()
@config_option
@click.option("--out", type=FILE, help="Write the page to print into this .html file; else the same as text is shown.")
def wiring(folder: Path, out: Path | None) -> None:
    """Show which wire goes where in this agency's boxes.

    The page has one sheet a box, with a picture of the 40-pin header: print it and tape it inside.
    """
    from hub.roles import roles_in
    from hub.wiring.page import page, text

    settings = settings_of(folder)
    if out is None:
        click.echo(text(settings, roles_in(folder)), nl=False)
        return
    try:
        out.write_text(page(settings, roles_in(folder)), "utf-8")
    except OSError as error:
        raise ConfigurationFault([f"{out}: cannot be written: {error.strerror}"]) from error
    click.echo(f"written: {out}")


@click.command()
@click.argument("stick", metavar="FILE|DIR", type=click.Path(path_type=Path), required=False)
@click.option("--resume", is_flag=True, help="At the start of the box: lead back from an update that was cut off.")
@click.option("--root", type=FOLDER, default="/", hidden=True)
def update(stick: Path | None, resume: bool, root: Path) -> None:  # noqa: FBT001 (click hands options in)
    """Put in a new version of Mbote from a stick (as root).

    Only a file that is signed and newer is taken. It is tried on a copy of the data first; where it does not do
    well, the old version runs on with the old data, and this says why.
    """
    from hub.installation import update as updates
    from hub.installation.box import Box
    from hub.installation.place import Place

    updates.needs_root()
    box = Box(Place(root))
    if resume:
        updates.resume(box, updates.for_people)
    elif stick is None:
        raise click.UsageError("name the file, or the folder where the stick is mounted")
    else:
        click.echo(f"version {updates.update(box, stick, updates.for_people)}")


@click.command()
@click.argument("roles", nargs=-1, required=True, type=click.Choice(BOX_ROLES))
@click.option(
    "--hub", "hub", metavar="ADDRESS", help="Where the hub is: https://192.168.1.10:8080; on its own box not needed."
)
@click.option("--pin", metavar="KEY", help="The hub's key, which `mbote pair` has printed beside the token.")
@click.option("--name", help="The device's name, as it was paired; else as configured.")
@click.option(
    "--token",
    help="What `mbote pair` has printed on the hub's box; - reads it from standard input; else the box shows a code.",
)
@click.option(
    "--admin", metavar="CODE", help="The agent's code of the first administrator of a new hub; 00001A unless given."
)
@click.option("--ssh-from", metavar="NETWORK", help="Let SSH in from there: 192.168.1.0/24; from nowhere unless given.")
@click.option("--root", type=FOLDER, default="/", hidden=True)
def setup(roles: tuple[str, ...], token: str | None, root: Path, **wishes: str | None) -> None:
    """Make this box what it is for, now and after every start (as root)."""
    from hub.installation.setup import Wishes, set_up
    from hub.installation.update import needs_root

    needs_root()
    typed = sys.stdin.readline().strip() if token == "-" else token  # noqa: S105 (a dash is no secret)
    for line in set_up(root, Wishes(roles, token=typed or "", **{name: word or "" for name, word in wishes.items()})):
        click.echo(line)
