# ruff: noqa: PLC0415 (the manual's pages are loaded when they are written)
"""The `mbote` command: what it can do, in the order of its help. Each command stands in the file of its matter."""

from __future__ import annotations

from pathlib import Path

import click

from hub import (
    VERSION,
    access_commands,
    backup_commands,
    box_commands,
    configuration_commands,
    day_commands,
    exchange_commands,
    import_commands,
    measuring_commands,
    proof_commands,
    running_commands,
    voice_commands,
)
from hub.commands import FOLDER, Commands
from hub.orphans import die_with_demo

_IN_ORDER: tuple[click.Command, ...] = (
    running_commands.demo, configuration_commands.init, configuration_commands.check,
    running_commands.hub, running_commands.school, running_commands.kiosk, running_commands.panel,
    running_commands.printer, day_commands.day, day_commands.consolidate, voice_commands.recordings,
    access_commands.pair, access_commands.devices, access_commands.revoke, import_commands.import_,
    access_commands.agent, proof_commands.certificate, import_commands.orders,
    exchange_commands.outbox, exchange_commands.centre,
    proof_commands.verify, proof_commands.export_history, proof_commands.judge,
    backup_commands.backup, backup_commands.restore, box_commands.clock, backup_commands.epoch,
    box_commands.doctor, box_commands.wiring, voice_commands.words, box_commands.update, box_commands.setup,
    measuring_commands.bench, measuring_commands.waits,
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
