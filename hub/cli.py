# ruff: noqa: PLC0415 (the manual's pages are loaded when they are written)
"""The `mbote` command: what it can do, in the order of its help. Each command stands in the file of its matter."""

from __future__ import annotations

from pathlib import Path

import click

from hub import VERSION
from hub.commands import (
    access,
    backup,
    box,
    configuration,
    day,
    exchange,
    imports,
    measuring,
    proof,
    running,
    voice,
)
from hub.commands.shared import FOLDER, Commands
from hub.orphans import die_with_demo

_IN_ORDER: tuple[click.Command, ...] = (
    running.demo, configuration.init, configuration.check,
    running.hub, running.school, running.kiosk, running.panel,
    running.printer, day.day, day.consolidate, voice.recordings,
    access.pair, access.devices, access.revoke, imports.import_,
    access.agent, proof.certificate, imports.orders,
    exchange.outbox, exchange.centre,
    proof.verify, proof.export_history, proof.judge,
    backup.backup, backup.restore, box.clock, backup.epoch,
    box.doctor, box.wiring, voice.words, box.update, box.setup,
    measuring.bench, measuring.waits,
)  # fmt: skip


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="mbote")
def main() -> None:
    """Mbote: the queue and the counters of an agency, on one small box."""
    die_with_demo()


for _command in _IN_ORDER:
    main.add_command(_command)


@main.command(hidden=True)
@click.argument("docs", type=FOLDER)
def manuals(docs: Path) -> None:
    """Write the pages of the manual that come from the program itself."""
    from hub.manuals import command_line_page, configuration_page
    from hub.people.manual import import_page

    (docs / "configuration.md").write_text(configuration_page(), "utf-8")
    (docs / "cli.md").write_text(command_line_page(main), "utf-8")
    (docs / "import.md").write_text(import_page(), "utf-8")


if __name__ == "__main__":
    main(prog_name="mbote")
