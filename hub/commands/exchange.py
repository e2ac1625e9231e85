# ruff: noqa: PLC0415 (each command imports what it runs: `mbote --help` answers at once)
"""`mbote outbox …` for what an agency exchanges with the centre, and `mbote centre …`, the centre's receiver."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hub.commands.shared import FILE, FOLDER, Commands, ask_hub, config_option, settings_of, stop
from hub.errors import Refused, StoreFault

if TYPE_CHECKING:
    from hub.centre.adapter import Adapter

_HOUR_MS = 3_600_000


@click.group(cls=Commands)
def outbox() -> None:
    """What leaves for the centre and comes back, also by a stick (docs/centre.md)."""


@outbox.command("list")
@config_option
def list_outbox(folder: Path) -> None:
    """How many messages are in which state, and since when the oldest waits."""
    said = ask_hub(folder, "outbox.state")
    for state, many in said["states"].items():
        click.echo(f"{state:<13} {many:>9,}")
    if said["oldest_ms"] is not None:
        click.echo(f"the oldest has waited {said['oldest_ms'] / _HOUR_MS:.1f} h to leave")
    click.echo(f"{said['letters']} letters of the centre taken, {said['waiting_letters']} wait for their day")


@outbox.command("key")
@config_option
def outbox_key(folder: Path) -> None:
    """The line that the centre adds to `agencies.toml` to know us by."""
    said = ask_hub(folder, "outbox.key")
    click.echo(f'{said["agency"]} = "{said["key"]}"')


@outbox.command("export")
@click.argument("stick", metavar="STICK", type=FOLDER)
@config_option
def export_outbox(stick: Path, folder: Path) -> None:
    """Write what the centre has not acknowledged onto STICK, a folder where it is mounted.

    May be pulled out and done again at any time: what was written twice is taken once.
    """
    from hub.disk import write_whole
    from hub.envelope import SUFFIX

    there = _made(stick, "to-centre")
    last = done = 0
    while True:
        part = ask_hub(folder, "outbox.export", after=last)
        if not part["lines"]:
            break
        first = part["lines"][0]
        name = f"{part['agency']}-{json.loads(first)['epoch']}-{json.loads(first)['number']:010}-{part['last']:010}"
        _write(there / f"{name}{SUFFIX}", "".join(f"{line}\n" for line in part["lines"]), write_whole)
        ask_hub(folder, "outbox.carried", messages=part["messages"])
        last, done = part["last"], done + len(part["lines"])
        click.echo(f"{done:,} messages written of {part['all'] + done - len(part['lines']):,}", err=True)
    _write(there / f"{part['agency']}-ask{SUFFIX}", f"{part['ask']}\n", write_whole)
    click.echo(f"{done} messages are on {there}; take the stick out by its icon or with: umount {stick}")


def _made(stick: Path, name: str) -> Path:
    """A folder on the stick; the stick itself is never made. Raises StoreFault."""
    there = stick / name
    if not stick.is_dir():
        raise StoreFault(f"{stick} is not there: name the folder where the stick is mounted")
    try:
        there.mkdir(exist_ok=True)
    except OSError as error:
        raise StoreFault(f"{there}: {error.strerror}: is the stick full or write-protected?") from error
    return there


def _write(path: Path, text: str, write_whole: Any) -> None:
    try:
        write_whole(path, text.encode())
    except OSError as error:
        raise StoreFault(f"{path}: {error.strerror}: is the stick full or write-protected?") from error


@outbox.command("import")
@click.argument("place", metavar="STICK", type=click.Path(path_type=Path))
@config_option
def import_inbox(place: Path, folder: Path) -> None:
    """Take what the centre has given: a STICK, a folder of its files, or one file.

    May be done again at any time. What is not the centre's, is for another agency or is damaged is named; nothing of
    such a file is taken.
    """
    settings = settings_of(folder)
    files = _letters(place, settings.agency.code)
    taken = known = refused = 0
    for at, file in enumerate(files, 1):
        try:
            said = _take(folder, settings.path(settings.hub.data), file)
        except Refused as error:
            refused += 1
            click.echo(f"{file.name}: refused ({error.reason}): {error.message}", err=True)
            continue
        taken, known = taken + said["taken"], known + said["known"]
        for number, code in said["refused"]:
            refused += 1
            click.echo(f"{file.name}: letter {number} makes no sense here: {code}; the centre is told", err=True)
        click.echo(f"file {at} of {len(files)}: {said['taken']} taken, {said['known']} known already", err=True)
    click.echo(f"{taken} letters taken, {known} known already, {refused} refused")
    if refused:
        sys.exit(1)


def _letters(place: Path, agency: str) -> list[Path]:
    """The files to take, in their order. Raises StoreFault where there are none."""
    from hub.envelope import SUFFIX

    if place.is_file():
        return [place]
    for where in (place / "from-centre" / agency, place):
        if files := sorted(each for each in where.glob(f"*{SUFFIX}") if each.is_file()):
            return files
    others = sorted(each.name for each in (place / "from-centre").glob("*/"))
    more = f"; it holds files for {', '.join(others)}, we are {agency}" if others else ""
    raise StoreFault(f"{place}: nothing of the centre's is there{more}")


def _take(folder: Path, data: Path, file: Path) -> dict[str, Any]:
    """Lay a file into the hub's folder, and have it taken. Raises Refused, StoreFault."""
    from hub.admin_ask import as_owner
    from hub.disk import ask_room, write_whole
    from hub.envelope import SUFFIX, read_file
    from hub.exchange.stick import INCOMING

    try:
        content = read_file(file)
    except OSError as error:
        raise Refused(f"cannot be read: {error.strerror}", code="unreadable") from error
    name = f"{file.stem[:80]}{SUFFIX}"
    with as_owner(data):
        ask_room(data, "a file of the centre")
        try:
            (data / INCOMING).mkdir(parents=True, exist_ok=True)
            write_whole(data / INCOMING / name, content)
        except OSError as error:
            raise StoreFault(f"{data / INCOMING}: {error.strerror}") from error
    return ask_hub(folder, "outbox.take", name=name)


@outbox.command("again")
@click.argument("number", type=click.IntRange(1))
@config_option
def send_again(number: int, folder: Path) -> None:
    """Send everything again from message NUMBER on: the centre was restored from an older backup.

    What it still has it knows again by its key.
    """
    done = 0
    while part := ask_hub(folder, "outbox.again", first=number)["again"]:
        done += part
        click.echo(f"{done:,} messages go again", err=True)
    click.echo(f"{done} messages go again")


# --- the centre ------------------------------------------------------------------------------


@click.group(cls=Commands)
def centre() -> None:
    """The receiver before the central database: for the head office, for tests and integrators (docs/centre.md)."""


@centre.command("init")
@click.argument("place", metavar="DIR", type=FOLDER)
def init_centre(place: Path) -> None:
    """Make a centre's folder with a key of its own; prints the line for agencies' configuration."""
    from hub.centre.place import AGENCIES, make

    public = make(place)
    click.echo(f'key = "{public}"')
    click.echo(f"that line belongs under [centre] in each agency.toml; its agencies into {place / AGENCIES}", err=True)


@centre.command("key")
@click.argument("place", metavar="DIR", type=FOLDER)
def centre_key(place: Path) -> None:
    """The public key with which this centre signs."""
    from hub.centre.place import public_key

    click.echo(public_key(place))


_adapter_options = (
    click.option("--program", metavar="COMMAND", help="Started for each message; see docs/centre.md."),
    click.option("--by-hand", is_flag=True, help="Nothing is integrated before `mbote centre integrate` says so."),
)


def _with_adapter(command: Any) -> Any:
    for option in reversed(_adapter_options):
        command = option(command)
    return command


def _adapter(program: str | None, by_hand: bool) -> Adapter:  # noqa: FBT001 (click hands in a flag)
    from hub.centre.adapter import All, ByHand, Program

    if program and by_hand:
        raise click.UsageError("say --program or --by-hand")
    return Program(shlex.split(program)) if program else ByHand() if by_hand else All()


@centre.command("run")
@click.argument("place", metavar="DIR", type=FOLDER)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address it listens on; elsewhere by TLS alone.")
@click.option("--port", type=click.IntRange(0, 65535), default=8443, show_default=True, help="0: any that is free.")
@click.option("--plain", is_flag=True, help="Without TLS: where something before it brings TLS.")
@_with_adapter
def run_centre(place: Path, host: str, port: int, program: str | None, *, plain: bool, by_hand: bool) -> None:  # noqa: PLR0913 (click hands options in)
    """Receive over HTTPS until stopped; prints `ready …` once it answers."""
    from hub.centre.running import serve
    from hub.heartbeat import Heartbeat

    secret = not plain and host not in ("127.0.0.1", "::1")
    serve(place, host, port, _adapter(program, by_hand), secret=secret, ready=Heartbeat.from_environment().ready)


@centre.command("carry")
@click.argument("place", metavar="DIR", type=FOLDER)
@click.argument("stick", metavar="STICK", type=FOLDER)
@_with_adapter
def carry_centre(place: Path, stick: Path, program: str | None, *, by_hand: bool) -> None:
    """Take what agencies have written onto STICK, and write the answers for them beside it."""
    from hub.centre import carrying
    from hub.centre.place import agencies, opened

    receiver = opened(place, _adapter(program, by_hand))
    done = carrying.carry(receiver, stick, lambda: list(agencies(place)), lambda line: click.echo(line, err=True))
    click.echo(
        f"{done.files} files with {done.messages} messages taken, {done.refused} refused, {done.letters} letters given"
    )
    if done.refused:
        sys.exit(1)


@centre.command("list")
@click.argument("place", metavar="DIR", type=FOLDER)
@click.option(
    "--state", type=click.Choice(["acknowledged", "integrated", "rejected"]), help="These messages, newest first."
)
def list_centre(place: Path, state: str | None) -> None:
    """How many messages of which agency are in which state; or those in one state."""
    from hub.centre.place import opened

    store = opened(place).store
    if state is None:
        for agency, each, many in store.counts():
            click.echo(f"{agency:<32} {each:<13} {many:>9,}")
        return
    for row in store.listed(state, 1_000):
        click.echo(f"{row.agency}\t{row.key}\t{row.version}\t{row.topic}\t{row.code}\t{row.content}")


@centre.command("integrate")
@click.argument("place", metavar="DIR", type=FOLDER)
@click.argument("agency")
@click.argument("key")
def integrate_centre(place: Path, agency: str, key: str) -> None:
    """The central database says what this message says."""
    from hub.centre.place import opened

    opened(place).decide(agency, key)


@centre.command("reject")
@click.argument("place", metavar="DIR", type=FOLDER)
@click.argument("agency")
@click.argument("key")
@click.argument("code")
@click.argument("note", required=False, default="")
def reject_centre(place: Path, agency: str, key: str, code: str, note: str) -> None:
    """The central database will not have this message: a code, and what people should know."""
    from hub.centre.place import opened

    opened(place).decide(agency, key, code, note)


@centre.command("publish")
@click.argument("place", metavar="DIR", type=FOLDER)
@click.argument("topic")
@click.argument("file", type=FILE)
@click.option("--by", required=True, help="Who publishes it: agencies are shown this name.")
@click.option("--key", help="What it is known by for ever; its topic and the digest of the file unless given.")
@click.option("--on", "effective_on", metavar="YYYY-MM-DD", help="From when on it holds; at once unless given.")
@click.option("--agency", "only", multiple=True, help="To this agency only; may be repeated.")
def publish_centre(  # noqa: PLR0913, PLR0917 (click hands options in)
    place: Path, topic: str, file: Path, by: str, key: str | None, effective_on: str | None, only: tuple[str, ...]
) -> None:
    """Send a list or a notice, a FILE of JSON or TOML, to agencies as a signed letter."""
    import hashlib
    import tomllib
    from datetime import date

    from hub.centre.place import agencies, opened

    try:
        content = file.read_bytes()
        payload = tomllib.loads(content.decode("utf-8-sig")) if file.suffix == ".toml" else json.loads(content)
        day = date.fromisoformat(effective_on).isoformat() if effective_on else None
    except (OSError, ValueError) as error:
        stop([f"{file}: {error}"], 2)
    named = key or f"{topic} {hashlib.sha256(content).hexdigest()[:16]} {day or ''}".strip()
    new = opened(place).publish(only or agencies(place), topic, payload, key=named, by=by, effective_on=day)
    click.echo(f"{named}: new for {', '.join(new)}" if new else f"{named}: every agency was sent it before")
