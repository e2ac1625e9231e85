# ruff: noqa: PLC0415 (each command imports what it runs: `mbote --help` answers at once)
"""The programs that run on a box until they are stopped: the hub, a school, kiosk, panels and printers; the demo."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from hub.commands.shared import FOLDER, config_option, settings_of


class AnHour(click.ParamType[float]):
    """A rate: `40/h`, or plainly `40`."""

    name = "N/h"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number, or click's complaint."""
        if isinstance(value, int | float):
            return float(value)
        found = re.fullmatch(r"(\d{1,6}(\.\d+)?)(/h)?", str(value))
        return float(found[1]) if found else self.fail(f"{value!r} is no rate such as 40/h", param, ctx)


@click.command()
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


@click.command()
@config_option
def hub(folder: Path) -> None:
    """Run the hub."""
    settings = settings_of(folder)
    from hub.server import serve

    serve(settings, demo=None)


@click.command()
@config_option
@click.option("--port", type=click.IntRange(1, 65535), help="Port it listens on; twenty above the agency's own.")
def school(folder: Path, port: int | None) -> None:
    """Run a hub for training beside the agency's: ÉCOLE on every screen and paper, data of its own."""
    from hub.school import prepare
    from hub.server import serve

    serve(prepare(folder, port), demo=None)


@click.command()
@config_option
def kiosk(folder: Path) -> None:
    """Run the ticket dispenser."""
    settings = settings_of(folder)
    from kiosk.__main__ import run

    run(settings)


@click.command()
@config_option
def panel(folder: Path) -> None:
    """Run the physical call panels of this box."""
    settings = settings_of(folder)
    from counter_panel.__main__ import run

    run(settings)


@click.command()
@config_option
@click.option("--name", "names", multiple=True, metavar="NAME", help="Own this printer only; may be said again.")
def printer(folder: Path, names: tuple[str, ...]) -> None:
    """Run the printers at the counters."""
    settings = settings_of(folder)
    from counter_panel.printers import run

    run(settings, names)
