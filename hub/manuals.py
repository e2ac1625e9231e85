"""Pages of the manual that are written by the program itself: docs/configuration.md and docs/cli.md.

`mbote manuals DOCS` writes them; a test fails while they are behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal, get_args, get_origin

import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from hub.configuration import as_toml, is_table, optional, shown_value
from hub.problems import FORMS, models_in
from hub.settings import Settings
from hub.settings_files import FILES

CONFIGURATION = """\
# Configuration

Written by the program from hub/settings/ (`./mbote manuals docs`): change it there.

Five files in one folder, in TOML. `mbote init DIR` writes them with a comment on every setting,
`mbote check DIR` says what is wrong in them, everything at once. Only agency, services and counters
are needed; every other setting has a default. Paths start at the folder.

A sixth file, `local.toml`, may say what is special to one box, and has the last word. Its tables are
called agency, queue, day, hub, backup, deposits, centre, followup, displays, services, counters, counter_services,
kiosk and panel; tables are merged with those of the other files, lists take their place.
"""
COMMAND_LINE = """\
# Command line

Written by the program from its own help (`./mbote manuals docs`): change it in hub/commands/.

From a clone `./mbote …`, installed `mbote …`. Exit status: 0 done, 1 refused or something found wrong,
2 a wrong command line or configuration. A clone also has `./mbote test` (the suite; `--fast`,
`--nightly`, `--release`, anything else goes to pytest) and `./mbote package` (the files of a release).
"""


def configuration_page() -> str:
    """Every setting: its default, the values it takes, and its sentence."""
    parts = [CONFIGURATION]
    for name, tables in FILES.items():
        parts.append(f"## {name}\n")
        for table, setting in tables.items():
            parts += _section(table, Settings.model_fields[setting], depth=3)
    return "\n".join(parts)


def _section(table: str, field: FieldInfo, depth: int) -> Iterator[str]:
    model = next(models_in(field.annotation), None)
    if model is None:
        yield f"{'#' * depth} {table}\n"
        yield f"{_on_one_line(field.description)} Default: {_default(field)}.\n"
        return
    listed = get_origin(field.annotation) is tuple
    yield f"{'#' * depth} {f'[[{table}]]' if listed else f'[{table}]'}\n"
    yield f"{_on_one_line(model.__doc__)}{' One table for each.' if listed else ''}\n"
    yield _table(model)
    for name, inner in model.model_fields.items():
        if is_table(inner):
            yield from _section(f"{table}.{name}", inner, depth + 1)


def _table(model: type[BaseModel]) -> str:
    rows = ["| setting | default | values | meaning |", "|---|---|---|---|"]
    for name, field in model.model_fields.items():
        if not is_table(field):
            cells = (f"`{name}`", _default(field), _values(field), _on_one_line(field.description))
            rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def _on_one_line(text: str | None) -> str:
    """A setting's sentence, however many lines it has: a row of a table is one."""
    return " ".join((text or "").split())


def _default(field: FieldInfo) -> str:
    example = f"; for example `{_short(field.examples[0])}`" if field.examples else ""
    if field.is_required():
        return f"(needed){example}"
    default = field.get_default(call_default_factory=True)
    return f"none{example}" if not default and field.examples else f"`{as_toml(shown_value(field))}`"


def _short(example: Any) -> str:
    """An example as TOML; of a dictionary its first entry."""
    return as_toml(dict(list(example.items())[:1]) if isinstance(example, dict) else example)


def _values(field: FieldInfo) -> str:
    return _limits(field.metadata) or _part(optional(field.annotation))


def _limits(metadata: Iterable[Any]) -> str:
    """`1 to 9`, or the form of a text."""
    limits: dict[str, Any] = {}
    for each in metadata:
        for inner in getattr(each, "metadata", [each]):
            limits |= {
                n: getattr(inner, n) for n in ("ge", "gt", "le", "pattern") if getattr(inner, n, None) is not None
            }
    if "pattern" in limits:
        return FORMS[limits["pattern"]]
    low = f"more than {limits['gt']}, " if "gt" in limits else f"{limits.get('ge')} "
    return f"{low}{'up ' if 'gt' in limits else ''}to {limits['le']}" if "le" in limits else ""


def _kind(annotation: Any) -> str:
    """A type in words."""
    arguments, origin = get_args(annotation), get_origin(annotation)
    if origin is Literal:
        return ", ".join(f"`{each}`" for each in arguments if each != "")
    if origin is tuple:
        return f"list: {_part(arguments[0])}"
    if origin is dict:
        return f"table: {_part(arguments[0])} = {_part(arguments[1])}"
    return {bool: "`true`, `false`", int: "number", float: "number", str: "text"}.get(
        annotation, _model_or_path(annotation)
    )


def _part(annotation: Any) -> str:
    metadata = getattr(annotation, "__metadata__", ())
    return _limits(metadata) or _kind(getattr(annotation, "__origin__", annotation) if metadata else annotation)


def _model_or_path(annotation: Any) -> str:
    model = next(models_in(annotation), None)
    return f"{{ {', '.join(model.model_fields)} }}" if model else "path"


def command_line_page(commands: click.Group) -> str:
    """The help of every command, as `--help` prints it."""
    parts = [COMMAND_LINE]
    for path, command in _commands("mbote", commands):
        context = click.Context(command, info_name=path, terminal_width=100, help_option_names=["-h", "--help"])
        parts.append(f"## {path}\n\n```text\n{command.get_help(context)}\n```\n")
    return "\n".join(parts)


def _commands(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    if command.hidden:
        return
    yield path, command
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from _commands(f"{path} {name}", inner)
