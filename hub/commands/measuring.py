# ruff: noqa: PLC0415 (each command imports what it runs: `mbote --help` answers at once)
"""How fast it is, and how long people wait: measured and learned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hub.commands.shared import FOLDER, Commands, config_option, settings_of


@click.command()
@click.argument("what", default="all")
@click.option("--quick", is_flag=True, help="A smoke run: the figures mean little.")
@click.option("--tickets", type=int, help="million, stats, pi: tickets in the file [default: 1,000,000].")
@click.option("--past", type=FOLDER, help="million, stats, pi: where such a file is, or is made and left.")
@click.option("--data", type=FOLDER, help="waits: the folder with the files of tickets and snapshots.")
@click.option("--fit-until", metavar="DATE", default="", help="waits: learn up to this day, score the later ones.")
@click.option("--cold", is_flag=True, help="waits: learn nothing before the first day that is scored.")
@click.option("--nightly", is_flag=True, help="waits: learn again after each day that is scored, as a hub does.")
@click.option("--by-queue", is_flag=True, help="waits: ours in each queue as well, and what it cost.")
def bench(what: str, quick: bool, tickets: int | None, past: Path | None, **judged: Any) -> None:  # noqa: FBT001 (click hands options in)
    """Measure beside its limits, as JSON.

    WHAT: queue, wire, telephones, people, desk, deposits, tills, million, stats, pi or all.

    `waits --data DIR --fit-until DATE` scores the announced wait on the days after DATE instead (docs/waits.md).
    """
    import json

    from hub.bench import run

    if what == "waits":
        from hub.bench import waits

        if judged["data"] is None:
            raise click.UsageError("waits needs --data, the folder with the files of tickets and snapshots")
        try:
            click.echo(json.dumps(waits.measure(**judged), indent=2))
        except waits.UnusableData as error:
            raise click.ClickException(str(error)) from error
        return
    click.echo(json.dumps(run(what, quick, tickets, past), indent=2))


@click.group(cls=Commands)
def waits() -> None:
    """What is known of how long people wait."""


@waits.command("learn")
@config_option
def waits_learn(folder: Path) -> None:
    """Learn from the last closed days how long people wait; the hub uses it from its next day on."""
    from hub.night import describe, learn_waits
    from hub.waits.watch import FILE

    settings = settings_of(folder)
    data = settings.path(settings.hub.data)
    if not (data / "mbote.db").exists():
        raise click.ClickException(f"{data}: no hub has worked there yet, so there is nothing to learn from")
    click.echo(describe(learn_waits(settings, data), data / FILE))
