"""What the owners of printers see: how many papers wait for each."""

from __future__ import annotations

from hub import journal
from hub.context import Hub
from hub.printing import actions, store
from hub.wire import Printers


def waiting(hub: Hub, reader: store.Reader, printer: str) -> int:
    """Papers that the printer's owner has to hear of: its own, and those of the printers that it stands in for."""
    return sum(store.jobs_waiting(reader, name) for name in (printer, *actions.stood_in_for(hub, printer)))


def printers(hub: Hub, reader: store.Reader) -> Printers:
    """Every printer at the counters with its papers."""
    jobs = {printer.name: waiting(hub, reader, printer.name) for printer in hub.settings.printers}
    return Printers(hub.store.epoch, journal.head(reader)[0], jobs)
