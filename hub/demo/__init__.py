"""`mbote demo`: a whole agency on one machine, with everything real but the metal.

Hub, kiosk and panels are the product's own processes; the printer is an emulator on TCP, the buttons
are mock pins driven through Unix sockets. The demo stands in for systemd: a process that dies is
started again.
"""

from __future__ import annotations

import tempfile
import threading
import webbrowser
from contextlib import closing
from pathlib import Path

from hub.admin import offline
from hub.clock import SystemClock, local
from hub.demo.agency import Agency, prepare
from hub.demo.processes import Processes
from hub.ending import until_told


def run(  # noqa: PLR0913 (what can be said of a demo)
    *, port: int, data: Path | None, visitors: float, speed: float, people: int, open_browser: bool
) -> None:
    """Run the demo until Ctrl-C. `visitors` an hour come by themselves, `speed` times as fast as in life."""
    stop = until_told()
    with tempfile.TemporaryDirectory(prefix="mbote-demo-") as temporary:
        agency = prepare((data or Path(temporary)).resolve(), port)
        if people:
            _populate(agency, people)
        _serve(agency, stop, visitors=visitors, speed=speed, open_browser=open_browser)


def _populate(agency: Agency, people: int) -> None:
    """A country of so many persons, the same all month; made once for a data folder."""
    from hub.demo.country import Country  # noqa: PLC0415 (only when there is one)
    from hub.people_import import import_records  # noqa: PLC0415

    today = local(SystemClock().now().at, agency.settings.agency.zone).date()
    country = Country(people, until=today.replace(day=1))
    with offline(agency.settings) as hub:
        made = import_records(
            agency.settings, country.name, country.records(), lambda end: hub.answer("import_ended", end)
        )
    print(f"a country of {people} persons: {made.added} records, {made.refused} refused on purpose", flush=True)


def _serve(agency: Agency, stop: threading.Event, *, visitors: float, speed: float, open_browser: bool) -> None:
    with closing(agency.printer().open()), Processes(agency) as processes:
        if not processes.wait_ready(stop):
            return
        print(f"ready {agency.url}", flush=True)
        if open_browser:
            webbrowser.open(agency.url)
        if visitors:
            from hub.demo.crowd import Crowd  # noqa: PLC0415 (only when there is one)

            Crowd(agency, visitors, speed).start(stop)
        stop.wait()
