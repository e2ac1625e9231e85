# ruff: noqa: PLC0415 (each command imports what it runs: `mbote --help` answers at once)
"""The `mbote` command: every line of it says what to run; nothing is decided here."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from hub import VERSION, day_commands, exchange_commands, voice_commands
from hub.commands import FILE, FOLDER, Commands, cell, config_option
from hub.commands import ask_hub as _ask
from hub.commands import sentence as _sentence
from hub.commands import settings_of as _settings
from hub.commands import stop as _stop
from hub.errors import ConfigurationFault
from hub.orphans import die_with_demo

if TYPE_CHECKING:
    from hub.settings import Settings

ROLES = (
    "receptionist", "clerk", "validator", "collections_cashier", "benefits_cashier", "head_cashier",
    "supervisor", "executive", "case_officer", "medical_officer", "auditor", "admin",
)  # fmt: skip
KINDS_OF_IMPORT = (
    "employers", "people", "relationships", "employments", "contributions", "cases", "payments", "accounts", "bundle",
)  # fmt: skip
BOX_ROLES = ("hub", "kiosk", "panel", "printer", "display")
DEVICES = ("kiosk", "display", "panel", "printer", "api")


class AnHour(click.ParamType[float]):
    """A rate: `40/h`, or plainly `40`."""

    name = "N/h"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number, or click's complaint."""
        if isinstance(value, int | float):
            return float(value)
        found = re.fullmatch(r"(\d{1,6}(\.\d+)?)(/h)?", str(value))
        return float(found[1]) if found else self.fail(f"{value!r} is no rate such as 40/h", param, ctx)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="mbote")
def main() -> None:
    """Mbote: the queue and the counters of an agency, on one small box."""
    die_with_demo()


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True, help="Port of the hub.")
@click.option("--data", type=FOLDER, help="Folder to keep between runs.")
@click.option("--visitors", type=AnHour(), default=0.0, help="Synthetic visitors and agents; 0 (nobody) unless given.")
@click.option("--speed", type=click.FloatRange(0.1, 1000), default=1.0, show_default=True, help="How fast time passes.")
@click.option("--people", type=click.IntRange(0, 5_000_000), default=0, help="Persons of a generated country.")
@click.option("--no-open", is_flag=True, help="Open no browser.")
def demo(port: int, data: Path | None, visitors: float, speed: float, people: int, no_open: bool) -> None:  # noqa: FBT001, PLR0913, PLR0917 (click hands options in)
    """A whole agency with simulated hardware, in this terminal."""
    from hub.demo import run

    run(port=port, data=data, visitors=visitors, speed=speed, people=people, open_browser=not no_open)


@main.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
def init(folder: Path) -> None:
    """Write a commented configuration for a new agency into DIR."""
    from hub.configuration import new_agency

    for path in new_agency(folder):
        click.echo(path)
    click.echo(f"Now write your agency into them, then: mbote check {folder}", err=True)


@main.command()
@click.argument("folder", metavar="DIR", type=FOLDER, default="/etc/mbote", envvar="MBOTE_CONFIG")
def check(folder: Path) -> None:
    """Say all that is wrong in a configuration, or sum it up."""
    from display import recordings
    from hub import logos
    from hub.configuration import summary
    from hub.misfits import remarks

    settings = _settings(folder)
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
        from hub.services.cash.office import office_of as tills_of

        tills_of(settings)


@main.command()
@config_option
def hub(folder: Path) -> None:
    """Run the hub."""
    settings = _settings(folder)
    from hub.server import serve

    serve(settings, demo=None)


@main.command()
@config_option
@click.option("--port", type=click.IntRange(1, 65535), help="Port it listens on; twenty above the agency's own.")
def school(folder: Path, port: int | None) -> None:
    """Run a hub for training beside the agency's: ÉCOLE on every screen and paper, data of its own."""
    from hub.school import prepare
    from hub.server import serve

    serve(prepare(folder, port), demo=None)


@main.command()
@config_option
def kiosk(folder: Path) -> None:
    """Run the ticket dispenser."""
    settings = _settings(folder)
    from kiosk.__main__ import run

    run(settings)


@main.command()
@config_option
def panel(folder: Path) -> None:
    """Run the physical call panels of this box."""
    settings = _settings(folder)
    from counter_panel.__main__ import run

    run(settings)


@main.command()
@config_option
@click.option("--name", "names", multiple=True, metavar="NAME", help="Own this printer only; may be said again.")
def printer(folder: Path, names: tuple[str, ...]) -> None:
    """Run the printers at the counters."""
    settings = _settings(folder)
    from counter_panel.printers import run

    run(settings, names)


main.add_command(day_commands.day)
main.add_command(day_commands.consolidate)
main.add_command(voice_commands.recordings)


@main.command()
@click.argument("kind", type=click.Choice(DEVICES))
@click.argument("name")
@click.option("--counter", "counters", multiple=True, help="Panel: a counter it holds; may be repeated.")
@click.option("--to", "file", type=FILE, help="Write the token into this file (mode 0600) instead of showing it.")
@config_option
def pair(kind: str, name: str, counters: tuple[str, ...], file: Path | None, folder: Path) -> None:
    """Make a device known to the hub; prints its token, once."""
    from hub.authority import pin_of

    token = _ask(folder, "pair", kind=kind, name=name, counters=list(counters))["token"]
    if pin := pin_of(_settings(folder)):
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


@main.command()
@config_option
def devices(folder: Path) -> None:
    """The devices that the hub knows."""
    _show(_ask(folder, "devices")["devices"])


@main.command()
@click.argument("name")
@config_option
def revoke(name: str, folder: Path) -> None:
    """Forget a device: its token stops working at once."""
    click.echo(_sentence(_ask(folder, "revoke", name=name)))


@main.command("import")
@click.argument("kind", type=click.Choice(KINDS_OF_IMPORT))
@click.argument("file", type=FILE)
@click.option("--report", type=FILE, help="Where refused lines are written; FILE.refused unless given.")
@config_option
def import_(kind: str, file: Path, report: Path | None, folder: Path) -> None:
    """Take over central data: persons, employers and what hangs on them.

    CSV with a header or JSON lines, see docs/import.md. May be stopped and run again at any time.
    """
    from hub.admin_ask import admin_ask
    from hub.people_import import import_file, stand_back

    settings = _settings(folder)
    stand_back()
    kept = report or file.with_name(f"{file.name}.refused")
    refused = import_file(settings, lambda end: admin_ask(settings, "import_ended", **end), kind, file, kept)
    if refused:
        sys.exit(1)


@main.group(cls=Commands)
def agent() -> None:
    """The agents and their roles."""


@agent.command("add")
@click.argument("code")
@click.argument("name")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(ROLES), help="May be repeated.")
@config_option
def add_agent(code: str, name: str, roles: tuple[str, ...], folder: Path) -> None:
    """Add an agent; prints the code for the first sign-on, which works once."""
    click.echo(_ask(folder, "agent.add", code=code, name=name, roles=list(roles))["one_shot"])


@agent.command("reset")
@click.argument("code")
@click.option("--second-factor", is_flag=True, help="Their telephone is lost: forget it and the recovery codes too.")
@config_option
def reset_agent(code: str, folder: Path, second_factor: bool) -> None:  # noqa: FBT001 (click hands in a flag)
    """End an agent's sessions and password; prints a new code for one sign-on."""
    more = {"second_factor": True} if second_factor else {}
    click.echo(_ask(folder, "agent.reset", code=code, **more)["one_shot"])


@agent.command("list")
@config_option
def list_agents(folder: Path) -> None:
    """The agents with their roles."""
    _show(_ask(folder, "agent.list")["agents"])


@main.group(cls=Commands)
def certificate() -> None:
    """Certificates that agencies have issued."""


@certificate.command("verify")
@click.argument("code")
@config_option
def verify_certificate(code: str, folder: Path) -> None:
    """Check what a certificate's QR says (-: read from standard input), without a hub or a network."""
    from hub.services.certificate.checking import report

    lines, good = report(_settings(folder), sys.stdin.read(100_000) if code == "-" else code)
    for line in lines:
        click.echo(line)
    if not good:
        sys.exit(1)


@certificate.command("key")
@config_option
def certificate_key(folder: Path) -> None:
    """The line that other agencies add to `certificates/keys.toml` to check ours."""
    from hub.services.certificate.checking import key_line

    click.echo(key_line(_settings(folder)))


@main.command()
@click.argument("file", type=FILE)
@config_option
def orders(file: Path, folder: Path) -> None:
    """Take over payment orders of the treasury from JSON lines (docs/cash.md).

    A running hub goes on. The same file again changes nothing; lines that make no sense are named and left out.
    """
    from hub.services.cash.order_file import chunks

    settings, received, known, refused = _settings(folder), 0, 0, 0
    for first, lines, wrong in chunks(file):
        answer: dict[str, Any] = {"received": 0, "known": 0, "refused": []}
        if lines:
            answer = _ask_orders(settings, lines)
        received, known = received + answer["received"], known + answer["known"]
        told = list(wrong)
        told += [(first[each["line"] - 1], each["why"]) for each in answer["refused"]]
        for line, why in sorted(told):
            refused += 1
            click.echo(f"line {line}: {why}", err=True)
    click.echo(f"{received} received, {known} known already, {refused} refused")
    if refused:
        sys.exit(1)


def _ask_orders(settings: Settings, lines: list[dict[str, Any]]) -> dict[str, Any]:
    from hub.admin_ask import admin_ask

    return admin_ask(settings, "orders", orders=lines)


main.add_command(exchange_commands.outbox)
main.add_command(exchange_commands.centre)


def _show(rows: list[dict[str, Any]]) -> None:
    """Rows as a table; nothing for none."""
    if not rows:
        return
    cells = [[name.upper() for name in rows[0]], *([cell(value) for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


@main.command()
@config_option
@click.option("--data", type=FOLDER, help="A data folder, in place of the one that the configuration names.")
@click.option("--tail", is_flag=True, help="Only the last thousand entries: a second, where all takes minutes.")
def verify(folder: Path, data: Path | None, tail: bool) -> None:  # noqa: FBT001 (click hands options in)
    """Check that nothing recorded was altered.

    Names the first bad entry of each chain.
    """
    if data is None:
        settings = _settings(folder)
        data = settings.path(settings.hub.data)
    if tail:
        from hub.verify import verify_tail as look
    else:
        from hub.verify import verify as look

    problems, counts = look(data)
    click.echo(_sentence(counts))
    if problems:
        _stop(problems, 1)


@main.command("export-history")
@click.argument("to", metavar="DIR", type=FOLDER)
@config_option
@click.option("--data", type=FOLDER, help="A data folder, in place of the one that the configuration names.")
def export_history(to: Path, folder: Path, data: Path | None) -> None:
    """Write the journal and the state into DIR, as `mbote judge` reads them.

    No personal data. The hub may be running.
    """
    from hub.history_export import write_export

    settings = _settings(folder)
    for path in write_export(data or settings.path(settings.hub.data), settings, to):
        click.echo(path)


@main.command()
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
        _stop([f"mbote: {error}"], 2)
    click.echo(json.dumps(verdict.as_json(), ensure_ascii=False, indent=1))
    sys.exit(verdict.exit)


@main.command()
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
        _follow(_settings(folder))
    elif drill:
        _drill(_settings(folder))
    elif place:
        (_list_backups if listing else _copy_to)(_settings(folder), place)


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
    _show(rows)
    if problems:
        _stop(problems, 1)


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


@main.command()
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


@main.command()
@click.option("--right", is_flag=True, help="The machine's clock is right: somebody has looked at a watch.")
@config_option
def clock(right: bool, folder: Path) -> None:  # noqa: FBT001 (click hands options in)
    """What time the hub has, and whether it believes it."""
    click.echo(_sentence(_ask(folder, "clock.right" if right else "clock")))


@main.command()
@click.option("--confirm", is_flag=True, help="Go on with a hub that found itself behind its devices or its backup.")
@config_option
def epoch(confirm: bool, folder: Path) -> None:  # noqa: FBT001 (click hands options in)
    """The epochs of this hub: one more each time something of the one before may be missing."""
    if confirm:
        click.echo(_sentence(_ask(folder, "epoch.confirm")))
    else:
        _show(_ask(folder, "epochs")["epochs"])


@main.command()
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


@main.command()
@config_option
@click.option("--out", type=FILE, help="Write the page to print into this .html file; else the same as text is shown.")
def wiring(folder: Path, out: Path | None) -> None:
    """Show which wire goes where in this agency's boxes.

    The page has one sheet a box, with a picture of the 40-pin header: print it and tape it inside.
    """
    from hub.roles import roles_in
    from hub.wiring.page import page, text

    settings = _settings(folder)
    if out is None:
        click.echo(text(settings, roles_in(folder)), nl=False)
        return
    try:
        out.write_text(page(settings, roles_in(folder)), "utf-8")
    except OSError as error:
        raise ConfigurationFault([f"{out}: cannot be written: {error.strerror}"]) from error
    click.echo(f"written: {out}")


@main.command()
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


@main.command()
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


@main.command()
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


@main.command()
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


@main.group(cls=Commands)
def waits() -> None:
    """What is known of how long people wait."""


@waits.command("learn")
@config_option
def waits_learn(folder: Path) -> None:
    """Learn from the last closed days how long people wait; the hub uses it from its next day on."""
    from hub.night import describe, learn_waits
    from hub.waits.watch import FILE

    settings = _settings(folder)
    data = settings.path(settings.hub.data)
    if not (data / "mbote.db").exists():
        raise click.ClickException(f"{data}: no hub has worked there yet, so there is nothing to learn from")
    click.echo(describe(learn_waits(settings, data), data / FILE))


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
