"""What a box is for: the words of `role` in its configuration, and the units of each. `mbote setup` writes it."""

from __future__ import annotations

from pathlib import Path

from hub.errors import ConfigurationFault

ROLE = "role"
#: role → its units, in the order in which they are started.
UNITS: dict[str, tuple[str, ...]] = {
    "hub": ("mbote-hub.service", "mbote-backup.service", "mbote-drill.timer", "mbote-waits.timer"),
    "kiosk": ("mbote-kiosk.service", "mbote-touch.service"),
    "panel": ("mbote-panel.service",),
    "printer": ("mbote-printer.service",),
    "display": ("mbote-display.service",),
}
#: The address that a kiosk's browser opens; a kiosk without a screen has no such file, and no browser.
TOUCH = "touch.address"


def roles_in(config: Path) -> tuple[str, ...]:
    """The roles of the box with this configuration; none before `mbote setup`. Raises ConfigurationFault."""
    try:
        said = (config / ROLE).read_text("utf-8").split()
    except OSError:
        return ()
    if unknown := sorted(set(said) - UNITS.keys()):
        raise ConfigurationFault([f"{ROLE}: {unknown[0]!r} is no role; there are {', '.join(UNITS)}"])
    return tuple(role for role in UNITS if role in said)


def units_in(config: Path) -> tuple[str, ...]:
    """The units that should run on that box."""
    units = (unit for role in roles_in(config) for unit in UNITS[role])
    return tuple(unit for unit in units if unit != "mbote-touch.service" or (config / TOUCH).exists())
