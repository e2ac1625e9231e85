# ruff: noqa: PLC0415 (each command imports what it runs: `mbote --help` answers at once)
"""What shows that all is as it was written: the journal, a recorded run, a certificate."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from hub.commands.shared import FOLDER, Commands, config_option, sentence, settings_of, stop


@click.group(cls=Commands)
def certificate() -> None:
    """Certificates that agencies have issued."""


@certificate.command("verify")
@click.argument("code")
@config_option
def verify_certificate(code: str, folder: Path) -> None:
    """Check what a certificate's QR says (-: read from standard input), without a hub or a network."""
    from hub.services.certificate.checking import report

    lines, good = report(settings_of(folder), sys.stdin.read(100_000) if code == "-" else code)
    for line in lines:
        click.echo(line)
    if not good:
        sys.exit(1)


@certificate.command("key")
@config_option
def certificate_key(folder: Path) -> None:
    """The line that other agencies add to `certificates/keys.toml` to check ours."""
    from hub.services.certificate.checking import key_line

    click.echo(key_line(settings_of(folder)))


@click.command()
@config_option
@click.option("--data", type=FOLDER, help="A data folder, in place of the one that the configuration names.")
@click.option("--tail", is_flag=True, help="Only the last thousand entries: a second, where all takes minutes.")
def verify(folder: Path, data: Path | None, tail: bool) -> None:  # noqa: FBT001 (click hands options in)
    """Check that nothing recorded was altered.

    Names the first bad entry of each chain.
    """
    if data is None:
        settings = settings_of(folder)
        data = settings.path(settings.hub.data)
    if tail:
        from hub.verify import verify_tail as look
    else:
        from hub.verify import verify as look

    problems, counts = look(data)
    click.echo(sentence(counts))
    if problems:
        stop(problems, 1)


@click.command("export-history")
@click.argument("to", metavar="DIR", type=FOLDER)
@config_option
@click.option("--data", type=FOLDER, help="A data folder, in place of the one that the configuration names.")
def export_history(to: Path, folder: Path, data: Path | None) -> None:
    """Write the journal and the state into DIR, as `mbote judge` reads them.

    No personal data. The hub may be running.
    """
    from hub.history_export import write_export

    settings = settings_of(folder)
    for path in write_export(data or settings.path(settings.hub.data), settings, to):
        click.echo(path)


@click.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
def judge(folder: Path) -> None:
    """Say whether a recorded run lost, doubled or invented anything.

    DIR holds history.jsonl, which devices write where MBOTE_HISTORY says, and what `mbote export-history` wrote
    afterwards. Prints the verdict as JSON. Exit status 0 valid, 1 invalid, 2 unknown.
    """
    import json

    from hub.judge import NoRun, judge_folder

    try:
        verdict = judge_folder(folder)
    except NoRun as error:
        stop([f"mbote: {error}"], 2)
    click.echo(json.dumps(verdict.as_json(), ensure_ascii=False, indent=1))
    sys.exit(verdict.exit)
