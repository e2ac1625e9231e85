# ruff: noqa: PLC0415 (each command imports what it runs: `mbote --help` answers at once)
"""Who is let in: devices are paired and forgotten, agents added and helped."""

from __future__ import annotations

import os
from pathlib import Path

import click

from hub.commands.shared import FILE, Commands, ask_hub, config_option, sentence, settings_of, show
from hub.errors import ConfigurationFault

ROLES = (
    "receptionist", "clerk", "validator", "collections_cashier", "benefits_cashier", "head_cashier",
    "supervisor", "executive", "case_officer", "medical_officer", "auditor", "admin",
)  # fmt: skip
DEVICES = ("kiosk", "display", "panel", "printer", "api")


@click.command()
@click.argument("kind", type=click.Choice(DEVICES))
@click.argument("name")
@click.option("--counter", "counters", multiple=True, help="Panel: a counter it holds; may be repeated.")
@click.option("--to", "file", type=FILE, help="Write the token into this file (mode 0600) instead of showing it.")
@config_option
def pair(kind: str, name: str, counters: tuple[str, ...], file: Path | None, folder: Path) -> None:
    """Make a device known to the hub; prints its token, once."""
    from hub.authority import pin_of

    token = ask_hub(folder, "pair", kind=kind, name=name, counters=list(counters))["token"]
    if pin := pin_of(settings_of(folder)):
        click.echo(f"the hub's key, for mbote setup --pin: {pin}", err=True)
    if file is None:
        click.echo(token)
    else:
        _write_secret(file, token)


def _write_secret(file: Path, secret: str) -> None:
    """Nobody else may read it, not even for a moment, not even where the file was there before."""
    try:
        file.unlink(missing_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
            opened.write(f"{secret}\n")
            if not os.geteuid():  # root writes it for whose folder it is
                os.fchown(opened.fileno(), file.parent.stat().st_uid, file.parent.stat().st_gid)
    except OSError as error:
        problem = f"{file}: cannot be written: {error.strerror}; revoke the device and pair it again"
        raise ConfigurationFault([problem]) from error


@click.command()
@config_option
def devices(folder: Path) -> None:
    """The devices that the hub knows."""
    show(ask_hub(folder, "devices")["devices"])


@click.command()
@click.argument("name")
@config_option
def revoke(name: str, folder: Path) -> None:
    """Forget a device: its token stops working at once."""
    click.echo(sentence(ask_hub(folder, "revoke", name=name)))


@click.group(cls=Commands)
def agent() -> None:
    """The agents and their roles."""


@agent.command("add")
@click.argument("code")
@click.argument("name")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(ROLES), help="May be repeated.")
@config_option
def add_agent(code: str, name: str, roles: tuple[str, ...], folder: Path) -> None:
    """Add an agent; prints the code for the first sign-on, which works once."""
    click.echo(ask_hub(folder, "agent.add", code=code, name=name, roles=list(roles))["one_shot"])


@agent.command("reset")
@click.argument("code")
@click.option("--second-factor", is_flag=True, help="Their telephone is lost: forget it and the recovery codes too.")
@config_option
def reset_agent(code: str, folder: Path, second_factor: bool) -> None:  # noqa: FBT001 (click hands in a flag)
    """End an agent's sessions and password; prints a new code for one sign-on."""
    more = {"second_factor": True} if second_factor else {}
    click.echo(ask_hub(folder, "agent.reset", code=code, **more)["one_shot"])


@agent.command("list")
@config_option
def list_agents(folder: Path) -> None:
    """The agents with their roles."""
    show(ask_hub(folder, "agent.list")["agents"])
