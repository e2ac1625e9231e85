"""What no value shows alone: two buttons on one pin, a counter for a service that does not exist.

Each check is a function whose parameters name the settings it looks at. A check whose settings
could not be read is left out, so that one wrong key does not hide the rest. A misfit stops the
start; a remark is what works and is probably not meant. What a screen may cause has a code and its parts
(`problems.Misfit`), by which that screen says it (`publishing/complaints.py`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hub.problems import Misfit, did_you_mean, twice
from hub.say import missing as unsaid
from hub.settings import Agency, Appointments, Centre, DayRules, Deposits, FollowUp, HubBox, QueueRules, Settings
from hub.settings.counters import Counter, Help, Profile, Service
from hub.settings.devices import CounterPrinter, Display, Kiosk, Panel, PanelCounter

HUB = Path(__file__).parent
LOCAL = ("127.0.0.1", "localhost", "::1")
#: SPI port → the pins its driver takes, chip selects included.
SPI_PINS = {"0": (7, 8, 9, 10, 11), "1": (16, 17, 18, 19, 20, 21)}
#: Serial devices of the Raspberry Pi's own header, and the pins they take.
HEADER_SERIAL = ("/dev/serial0", "/dev/ttyAMA0", "/dev/ttyS0")
SERIAL_PINS = (14, 15)
PINS = range(2, 28)


def find_misfits(settings: Mapping[str, Any]) -> Iterator[str]:
    """The misfits among those settings that could be read."""
    for check in CHECKS:
        needed = inspect.signature(check).parameters
        if needed.keys() <= settings.keys():
            yield from check(**{name: settings[name] for name in needed})


def services_differ(services: tuple[Service, ...]) -> Iterator[str]:
    """Two services with one code or one prefix."""
    for code in twice(s.code for s in services):
        yield f"services.toml: code {code} is there twice; change one"
    for prefix in twice(s.prefix for s in services if s.prefix):
        yield Misfit(f"services.toml: prefix {prefix} is there twice; change one", "prefix", prefix=prefix)


def icons_exist(services: tuple[Service, ...]) -> Iterator[str]:
    """A pictogram that the house does not have."""
    icons = (HUB / "look" / "icons.txt").read_text("utf-8").split()
    for service in services:
        for icon in (service.icon, *(reason.icon for reason in service.reasons)):
            if icon not in icons:
                said = f"services.toml: service {service.code}: no icon {icon}{did_you_mean(icon, icons)}"
                yield Misfit(said, "icon", service=service.code, icon=icon)


def reasons_differ(services: tuple[Service, ...]) -> Iterator[str]:
    """Two errands of one service under one code: a ticket could not say which."""
    for service in services:
        for code in twice(each.code for each in service.reasons):
            said = f"services.toml: service {service.code}: two reasons {code}"
            yield Misfit(said, "reason", service=service.code, reason=code)


def services_fit_the_day(day: DayRules, services: tuple[Service, ...]) -> Iterator[str]:
    """A last ticket when nobody is there on any day."""
    for service in services:
        last, hours = service.last_ticket, day.hours.values()
        if last and hours and not any(opening.open <= last <= opening.close for opening in hours):
            said = (
                f"services.toml: service {service.code}: last_ticket {last} is outside the hours of every day"
                " in agency.toml [day]; change one of them"
            )
            yield Misfit(said, "last_ticket", service=service.code, time=last)


def counters_differ(counters: tuple[Counter, ...]) -> Iterator[str]:
    """Two counters with one code."""
    yield from (f"counters.toml: code {code} is there twice; change one" for code in twice(c.code for c in counters))


def counters_serve(counters: tuple[Counter, ...], services: tuple[Service, ...]) -> Iterator[str]:
    """Counters and services that do not meet. Only a back desk may serve no queue."""
    known = [s.code for s in services]
    for counter in counters:
        for service in counter.services:
            if service not in known:
                said = f"counters.toml: counter {counter.code}: no service {service}{did_you_mean(service, known)}"
                yield Misfit(said, "no_service", counter=counter.code, service=service)
        if not counter.services and counter.kind != "back":
            said = f'counters.toml: counter {counter.code} serves nobody; name its services, or make it kind = "back"'
            yield Misfit(said, "nobody", counter=counter.code)
    for service in sorted(set(known) - {s for c in counters for s in c.services}):
        said = f"services.toml: service {service} is served by no counter; add it to one in counters.toml"
        yield Misfit(said, "alone", service=service)


def weights_fit(counters: tuple[Counter, ...]) -> Iterator[str]:
    """A weight for a service that is not called there."""
    for counter in counters:
        for service in counter.weights:
            if service not in counter.services:
                said = f"counters.toml: counter {counter.code}: weights: it does not serve {service}"
                yield Misfit(said, "weights", counter=counter.code, service=service)


def helps_fit(helps: tuple[Help, ...], services: tuple[Service, ...], counters: tuple[Counter, ...]) -> Iterator[str]:
    """Help for a queue, or by a counter, that is not there."""
    yield from (f"counters.toml: help {code} is there twice; change one" for code in twice(h.code for h in helps))
    known, places = [s.code for s in services], [c.code for c in counters]
    for each in helps:
        if each.queue not in known:
            said = f"counters.toml: help {each.code}: no service {each.queue}{did_you_mean(each.queue, known)}"
            yield Misfit(said, "help", help=each.code, code=each.queue)
        for code in each.counters:
            if code not in places:
                said = f"counters.toml: help {each.code}: no counter {code}{did_you_mean(code, places)}"
                yield Misfit(said, "help", help=each.code, code=code)


def profiles_fit(profiles: tuple[Profile, ...], services: tuple[Service, ...]) -> Iterator[str]:
    """Two profiles of one agent, or skills in what nobody serves."""
    yield from (f"counters.toml: profile of {code} is there twice" for code in twice(p.agent for p in profiles))
    known = [s.code for s in services]
    for each in profiles:
        for service in each.skills:
            if service not in known:
                said = f"counters.toml: profile {each.agent}: no service {service}{did_you_mean(service, known)}"
                yield Misfit(said, "profile", agent=each.agent, service=service)


def displays_fit(
    displays: tuple[Display, ...], services: tuple[Service, ...], counters: tuple[Counter, ...]
) -> Iterator[str]:
    """Screens that name services or counters which are not there."""
    codes = [c.code for c in counters]
    for what, known in (("services", [s.code for s in services]), ("arrows", codes), ("counters", codes)):
        for display in displays:
            for word in getattr(display, what):
                if word not in known:
                    one = "service" if what == "services" else "counter"
                    said = f"agency.toml: display {display.name}: {what}: no {one} {word}{did_you_mean(word, known)}"
                    yield Misfit(said, "display", display=display.name, code=word)
    for display in displays:
        if display.layout == "sign" and len(display.counters) != 1:
            said = f'agency.toml: display {display.name}: a sign is one counter\'s: write counters = ["05"]'
            yield Misfit(said, "sign", display=display.name)
        if display.layout == "pictures" and display.pictures is None:
            yield f'agency.toml: display {display.name}: pictures come from a folder: write pictures = "affiches"'
        for code in display.counters:
            if any(counter.code == code and not counter.shown for counter in counters):
                yield f"agency.toml: display {display.name}: counters: nobody is called to the back desk {code}"


def appointments_have_services(appointments: Appointments, services: tuple[Service, ...]) -> Iterator[str]:
    """Appointments for what nobody can queue for."""
    known = [service.code for service in services if service.prefix]
    for code in appointments.services:
        if code not in known:
            meant = did_you_mean(code, known)
            said = f"agency.toml: appointments.services: no service {code} that gives tickets{meant}"
            yield Misfit(said, "appointments", service=code)


def the_centre_is_known(hub: HubBox, centre: Centre) -> Iterator[str]:
    """An address whose answers nobody could believe, or that anybody on the way could read."""
    address = urlsplit(hub.outbox) if "://" in hub.outbox else None
    if address is None:
        return
    if address.scheme not in ("http", "https") or not address.hostname:
        yield f"agency.toml: hub.outbox {hub.outbox!r}: an address such as 'https://centre.cnss.cg:8443', or a folder"
    elif address.scheme == "http" and address.hostname not in LOCAL:
        yield f"agency.toml: hub.outbox {hub.outbox}: messages name people: write https://"
    if not centre.key:
        yield "agency.toml: hub.outbox is an address, so centre.key is needed: `mbote centre key` prints it there"


def documents_have_a_place(deposits: Deposits) -> Iterator[str]:
    """An address of a document-management system that is none, or on whose way anybody could read."""
    where = deposits.scans_to
    address = urlsplit(where) if "://" in where else None
    if address is None:
        return
    if address.scheme not in ("http", "https") or not address.hostname or address.query or address.fragment:
        yield f"agency.toml: deposits.scans_to {where!r}: an address such as 'https://ged.cnss.cg/mbote', or a folder"
    elif address.username is not None:
        yield "agency.toml: deposits.scans_to: no name and password in an address; write deposits.scans_token"
    elif address.scheme == "http" and address.hostname not in LOCAL:
        yield f"agency.toml: deposits.scans_to {where}: scans are about people: write https://"


def devices_differ(displays: tuple[Display, ...], kiosk: Kiosk, panel: Panel) -> Iterator[str]:
    """Two devices of one name: pairing and revoking go by name."""
    for name in twice([*(d.name for d in displays), kiosk.name, panel.name]):
        yield f"agency.toml, kiosk.toml, panel.toml: two devices are named {name}; give each its own name"


def roll_is_nobodys_series(queue: QueueRules, services: tuple[Service, ...], kiosk: Kiosk) -> Iterator[str]:
    """The paper roll numbered as a service or a lone kiosk numbers: two visitors would hear one call."""
    if queue.roll in {kiosk.name, *(service.prefix for service in services)}:
        said = (
            f"agency.toml: queue.roll {queue.roll} also begins the numbers of a service or of the kiosk: two visitors"
            " would answer one call; choose another letter"
        )
        yield Misfit(said, "roll", prefix=queue.roll)


def the_page_has_a_port_of_its_own(hub: HubBox, followup: FollowUp) -> Iterator[str]:
    """The page for telephones where the hub listens already."""
    if followup.host and followup.port == hub.port and hub.host in (followup.host, "0.0.0.0"):  # noqa: S104 (read, not bound)
        yield f"agency.toml: followup.port {followup.port} is the hub's own on {hub.host}; choose another"


def counter_services_exist(counter_services: tuple[str, ...]) -> Iterator[str]:
    """A tab of the desk for which there is no folder."""
    folders = [p.parent.name for p in (HUB / "services").glob("*/__init__.py")]
    for name in twice(counter_services):
        yield f"agency.toml: counter_services: {name} is there twice; remove one"
    for name in counter_services if folders else ():
        if name not in folders:
            yield f"agency.toml: counter_services: no {name}{did_you_mean(name, folders)}"


def ports_differ(hub: HubBox, kiosk: Kiosk) -> Iterator[str]:
    """Two processes of one box on one port."""
    if urlsplit(kiosk.hub).hostname in LOCAL and kiosk.screen_port == hub.port:
        yield f"kiosk.toml: kiosk.screen_port {hub.port} is the hub's own port (agency.toml [hub] port); change one"


def kiosk_buttons_fit(kiosk: Kiosk, services: tuple[Service, ...]) -> Iterator[str]:
    """Buttons that give no ticket."""
    known = [s.code for s in services if s.prefix]
    without_prefix = [s.code for s in services if not s.prefix]
    for button in kiosk.buttons:
        where = f"kiosk.toml: button on pin {button.pin}"
        if button.service in without_prefix:
            said = f"{where}: service {button.service} gives no ticket; give it a prefix in services.toml"
            yield Misfit(said, "button", pin=button.pin, service=button.service)
        elif button.service not in known:
            said = f"{where}: no service {button.service}{did_you_mean(button.service, known)}"
            yield Misfit(said, "button", pin=button.pin, service=button.service)


def pins_are_for_wires(kiosk: Kiosk, panel: Panel) -> Iterator[str]:
    """Pins 0 and 1 are the board's own: by them it asks an add-on board who it is."""
    users = [("kiosk.toml", pin, user) for pin, user in _kiosk_pins(kiosk)]
    users += [("panel.toml", pin, user) for place in panel.counters for pin, user in _panel_pins(place)]
    for file, pin, user in users:
        if pin not in PINS:
            yield f"{file}: pin {pin} for {user} is the board's own; pins for wires are {PINS[0]} to {PINS[-1]} (BCM)"


def one_box_pins_differ(kiosk: Kiosk, panel: Panel, roles: tuple[str, ...]) -> Iterator[str]:
    """One pin for kiosk and panel, where both are on one box (`mbote setup` has said so)."""
    if {"kiosk", "panel"} <= set(roles) and kiosk.devices == panel.devices == "real":
        users = [*_kiosk_pins(kiosk), *_all_panel_pins(panel)]
        yield from _clashes("kiosk.toml, panel.toml (both are on this box)", users)


def kiosk_pins_differ(kiosk: Kiosk) -> Iterator[str]:
    """One pin for two things at the kiosk."""
    yield from _clashes("kiosk.toml", _kiosk_pins(kiosk))


def _kiosk_pins(kiosk: Kiosk) -> Iterator[tuple[int, str]]:
    yield from ((b.pin, f"button {b.service}") for b in kiosk.buttons)
    if kiosk.printer.kind == "serial" and kiosk.printer.device in HEADER_SERIAL:
        yield from ((pin, "the serial printer") for pin in SERIAL_PINS)


def panel_counters_exist(panel: Panel, counters: tuple[Counter, ...]) -> Iterator[str]:
    """Panels for a counter that is not there, or two for one."""
    known = [c.code for c in counters]
    for code in twice(p.counter for p in panel.counters):
        yield f"panel.toml: counter {code} is there twice; put all its keys under one [[panel.counters]]"
    for place in panel.counters:
        if place.counter not in known:
            said = f"panel.toml: no counter {place.counter}{did_you_mean(place.counter, known)}"
            yield Misfit(said, "panel", counter=place.counter)


def panel_keys_differ(panel: Panel) -> Iterator[str]:
    """Two keys of one counter that ask for the same."""
    for place in panel.counters:
        for step in twice(key.step for key in place.buttons):
            yield f"panel.toml: counter {place.counter}: two keys ask for {step}; change one"


def panel_pins_differ(panel: Panel) -> Iterator[str]:
    """One pin for two things at the panels, or one number display for two counters."""
    chains = [p.spi for p in panel.counters if p.display == "max7219"]
    yield from (f"panel.toml: spi {spi} drives two number displays; give each its own" for spi in twice(chains))
    yield from _clashes("panel.toml", _all_panel_pins(panel))


def _all_panel_pins(panel: Panel) -> Iterator[tuple[int, str]]:
    for place in panel.counters:
        yield from _panel_pins(place)
    for port in sorted({place.spi.partition(".")[0] for place in panel.counters if place.display == "max7219"}):
        yield from ((pin, f"SPI {port} of the number displays") for pin in SPI_PINS.get(port, ()))


def printers_differ(printers: tuple[CounterPrinter, ...], kiosk: Kiosk) -> Iterator[str]:
    """Two printers of one name, or a stand-in that is not there."""
    names = [printer.name for printer in printers] + [kiosk.name]
    yield from (f"printers.toml: the name {name} is there twice; change one" for name in twice(names))
    for printer in printers:
        if printer.stand_in == printer.name:
            yield f"printers.toml: printer {printer.name} cannot stand in for itself; name another, or nobody"
        elif printer.stand_in and printer.stand_in not in names:
            meant = did_you_mean(printer.stand_in, names)
            yield f"printers.toml: printer {printer.name}: no printer {printer.stand_in} to stand in{meant}"


def counters_print_somewhere(
    counters: tuple[Counter, ...], printers: tuple[CounterPrinter, ...], kiosk: Kiosk
) -> Iterator[str]:
    """A counter whose papers would come out nowhere."""
    names = [printer.name for printer in printers] + [kiosk.name]
    for counter in counters:
        if counter.printer and counter.printer not in names:
            meant = did_you_mean(counter.printer, names)
            said = f"counters.toml: counter {counter.code}: no printer {counter.printer}{meant}"
            yield Misfit(said, "printer", counter=counter.code, printer=counter.printer)


def _panel_pins(place: PanelCounter) -> Iterator[tuple[int, str]]:
    yield from ((b.pin, f"key {b.step} of counter {place.counter}") for b in place.buttons)
    yield from ((pin, f"lamp {lamp} of counter {place.counter}") for lamp, pin in place.lamps.items())


def _clashes(file: str, users: Iterable[tuple[int, str]]) -> Iterator[str]:
    """A sentence for each pin that more than one thing wants, with the pins still free."""
    wanted: dict[int, list[str]] = {}
    for pin, user in users:
        wanted.setdefault(pin, []).append(user)
    free = ", ".join(str(pin) for pin in PINS if pin not in wanted) or "none"
    for pin, names in sorted(wanted.items()):
        if len(names) > 1:
            yield f"{file}: pin {pin} is used by {' and '.join(names)}; free pins: {free}"


CHECKS: tuple[Callable[..., Iterator[str]], ...] = (
    services_differ, icons_exist, reasons_differ, services_fit_the_day, counters_differ, counters_serve, weights_fit,
    helps_fit, profiles_fit, displays_fit, appointments_have_services,
    devices_differ, roll_is_nobodys_series, counter_services_exist, ports_differ, kiosk_buttons_fit,
    the_centre_is_known, documents_have_a_place, the_page_has_a_port_of_its_own, pins_are_for_wires, kiosk_pins_differ,
    one_box_pins_differ, panel_counters_exist, panel_keys_differ, panel_pins_differ, printers_differ,
    counters_print_somewhere,
)  # fmt: skip


def remarks(settings: Settings) -> list[str]:
    """What works and is probably not meant."""
    return [
        *_hub_addresses(settings), *_unreachable(settings), *_unsaid(settings.agency, settings.services),
        *_unnamed(settings), *_guests(settings.followup),
    ]  # fmt: skip


def _hub_addresses(settings: Settings) -> Iterator[str]:
    addresses = {"kiosk.toml": settings.kiosk.hub, "panel.toml": settings.panel.hub}
    if settings.printers:
        addresses["printers.toml"] = settings.printing.hub
    for file, address in addresses.items():
        url = urlsplit(address)
        port = url.port or (443 if url.scheme == "https" else 80)
        if url.hostname in LOCAL and port != settings.hub.port:
            yield f"{file}: hub {address}, but the hub of this box listens on port {settings.hub.port} (agency.toml)"


def _guests(followup: FollowUp) -> Iterator[str]:
    """The page for telephones where the firewall does not know whose network it is."""
    if followup.host and not followup.guests and followup.host not in LOCAL:
        yield (
            "agency.toml: followup.host without guests: whoever has the page reaches the hub's other port as well;"
            " name the guests' interface"
        )


def _unreachable(settings: Settings) -> Iterator[str]:
    """Services that a visitor cannot ask for at a kiosk which has buttons only."""
    given = {b.service for b in settings.kiosk.buttons}
    for service in settings.services:
        if service.prefix and service.code not in given and not settings.kiosk.screen_port:
            yield f"kiosk.toml: no button for service {service.code}, and the kiosk has no screen (screen_port = 0)"


def _unsaid(agency: Agency, services: tuple[Service, ...]) -> Iterator[str]:
    for service in services:
        missing = [each for each in agency.languages if each not in service.kiosk and not unsaid(each, "kiosk")]
        if service.prefix and missing:
            yield f"services.toml: service {service.code}: no kiosk words in {', '.join(missing)}; the label is shown"
        for reason in service.reasons:
            if lacking := [each for each in agency.languages if each not in reason.kiosk and not unsaid(each, "kiosk")]:
                said = f"reason {reason.code}: no words in {', '.join(lacking)}; {reason.called('')!r} is shown"
                yield f"services.toml: service {service.code}, {said}"


def _unnamed(settings: Settings) -> Iterator[str]:
    """Screens of the room in another language than the agency's first, and counters that have no name in it."""
    for language in sorted({settings.languages_on(each)[0] for each in settings.displays}):
        lacking = [each.code for each in settings.counters if each.shown and language not in each.names]
        if language != settings.agency.languages[0] and lacking and not unsaid(language, "display"):
            yield f"counters.toml: no names in {language} for {', '.join(lacking)}; a screen shows their labels"
