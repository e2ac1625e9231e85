"""What one screen shows and says of the agency's board, and in which order. Pure.

The hub builds one generic board; each screen has its own list of services, its own side of the room
(so its own arrows), its own message and languages. Names, matricules and reasons never come here.
"""

from __future__ import annotations

from dataclasses import replace

from display import speech
from hub.settings import Display, Settings
from hub.wire import Board, BoardCall, BoardQueue, Direction, Ring

#: Where the page finds the sound of an announcement.
SOUND_URL = "/sound/{name}.wav"


def for_screen(board: Board, screen: Display, settings: Settings) -> Board:
    """The board as `screen` shows it: its services, arrows and message, and what is said for each ring."""
    public = {counter.code for counter in settings.counters if counter.shown}
    return replace(
        board,
        agency=" · ".join(part for part in (board.agency, settings.agency.city) if part),
        calls=tuple(_call(call, screen, settings) for call in board.calls if call.counter in public),
        queues=_queues(board.queues, screen, settings),
        rings=tuple(_ring(ring, screen, settings) for ring in board.rings if ring.counter in public),
        message=board.message or screen.message,
        minimum_s=screen.minimum_s,
    )


def listed_services(screen: Display, settings: Settings) -> tuple[str, ...]:
    """The services in the screen's order: its own list, else all that give tickets."""
    return screen.services or tuple(service.code for service in settings.services if service.prefix)


def direction(counter: str, screen: Display, settings: Settings) -> Direction:
    """Where a counter is, seen from this screen; '' when nobody has said."""
    known = settings.counter(counter)
    return screen.arrows.get(counter, known.arrow if known else "")


def _queues(queues: tuple[BoardQueue, ...], screen: Display, settings: Settings) -> tuple[BoardQueue, ...]:
    by_service = {queue.service: queue for queue in queues}
    return tuple(by_service[code] for code in listed_services(screen, settings) if code in by_service)


def _call(call: BoardCall, screen: Display, settings: Settings) -> BoardCall:
    note = call.note or _location(call.counter, settings)
    return replace(call, direction=direction(call.counter, screen, settings), note=note)


def _ring(ring: Ring, screen: Display, settings: Settings) -> Ring:
    text = speech.announcement(
        screen.languages, ring.ticket, ring.counter, _location(ring.counter, settings), settings.hub.french
    )
    return replace(ring, text=text, sound=SOUND_URL.format(name=speech.sound_name(text)) if text else "")


def _location(counter: str, settings: Settings) -> str:
    known = settings.counter(counter)
    return known.location if known else ""
