"""What one screen shows and says of the agency's board, and in which order. Pure.

The hub builds one generic board; each screen has its own list of services, its own side of the room
(so its own arrows), its own message and languages. Names, matricules and reasons never come here.
"""

from __future__ import annotations

from dataclasses import replace

from display import speech
from display.speech import Call
from hub.settings import Settings
from hub.settings.devices import Display, QuietTime
from hub.wire import Board, BoardCall, BoardGroup, BoardQueue, Direction, Ring

#: Where the page finds the sound of an announcement.
SOUND_URL = "/sound/{name}.wav"


def for_screen(board: Board, screen: Display, settings: Settings, pictures: tuple[str, ...] = ()) -> Board:
    """The board as `screen` shows it: its zone, services, arrows and messages, and what is said for each ring.

    `pictures` are the addresses of those that lie in its folder.
    """
    public = {counter.code for counter in settings.counters if counter.shown and in_zone(counter.code, screen)}
    language = settings.languages_on(screen)[0]
    return replace(
        board,
        agency=" · ".join(part for part in (board.agency, settings.agency.city) if part),
        calls=tuple(_call(call, screen, settings) for call in board.calls if call.counter in public),
        queues=_queues(board.queues, screen, settings),
        rings=tuple(_ring(ring, screen, settings) for ring in board.rings if ring.counter in public),
        message=board.message or screen.message,
        minimum_s=screen.minimum_s,
        volume=volume(screen, settings, board.at[11:16]),
        layout=screen.layout,
        messages=screen.messages,
        pictures=pictures if screen.layout == "pictures" else (),
        turn_s=screen.turn_s,
        groups=tuple(_group(each, screen, settings) for each in board.groups if _enters_by(each, screen, settings)),
        sign=board.sign and replace(board.sign, label=_name(board.sign.counter, board.sign.label, language, settings)),
        language=language,
    )


def in_zone(counter: str, screen: Display) -> bool:
    """Whether this screen shows and says the calls of that counter."""
    return not screen.counters or counter in screen.counters


def sign_of(screen: Display) -> str:
    """The counter above which the screen hangs; '' where it is no sign."""
    return screen.counters[0] if screen.layout == "sign" and screen.counters else ""


def volume(screen: Display, settings: Settings, at: str) -> int:
    """How loud this screen calls at a time of day ("09:42"), percent: its own or the agency's, quiet hours less."""
    usual = settings.voice.volume if screen.volume is None else screen.volume
    return min([usual, *(each.volume for each in settings.voice.quiet if _within(at, each))])


def _within(at: str, quiet: QuietTime) -> bool:
    if quiet.begin <= quiet.end:
        return quiet.begin <= at < quiet.end
    return at >= quiet.begin or at < quiet.end


def listed_services(screen: Display, settings: Settings) -> tuple[str, ...]:
    """The services in the screen's order: its own list, else those of its zone that give tickets."""
    near = {code for counter in settings.counters if in_zone(counter.code, screen) for code in counter.services}
    return screen.services or tuple(s.code for s in settings.services if s.prefix and s.code in near)


def direction(counter: str, screen: Display, settings: Settings) -> Direction:
    """Where a counter is, seen from this screen; '' when nobody has said."""
    known = settings.counter(counter)
    return screen.arrows.get(counter, known.arrow if known else "")


def _queues(queues: tuple[BoardQueue, ...], screen: Display, settings: Settings) -> tuple[BoardQueue, ...]:
    """In the screen's order, called as they are in its language."""
    by_service = {queue.service: queue for queue in queues}
    known = {service.code: service for service in settings.services}
    language, first = settings.languages_on(screen)[0], settings.agency.languages[0]
    return tuple(
        replace(by_service[code], label=known[code].named(language, first))
        for code in listed_services(screen, settings)
        if code in by_service and code in known
    )


def _call(call: BoardCall, screen: Display, settings: Settings) -> BoardCall:
    language = settings.languages_on(screen)[0]
    return replace(
        call, direction=direction(call.counter, screen, settings),
        note=call.note or _location(call.counter, language, settings),
        counter_label=_name(call.counter, call.counter_label, language, settings),
    )  # fmt: skip


def heard(ring: Ring, screen: Display, settings: Settings) -> Call:
    """What a ring says on this screen."""
    languages = speech.spoken(settings.languages_on(screen), settings.voice.recorded)
    place = _location(ring.counter, languages[0], settings) if languages else ""
    return Call(languages, ring.ticket, ring.counter, place, settings.hub.french)


def _ring(ring: Ring, screen: Display, settings: Settings) -> Ring:
    text = speech.words(heard(ring, screen, settings))
    return replace(ring, text=text, sound=SOUND_URL.format(name=speech.sound_name(text)) if text else "")


def _enters_by(group: BoardGroup, screen: Display, settings: Settings) -> bool:
    """Whether a screen tells a group that it may enter: no counter's sign does, and of a zone its own services."""
    served = {code for counter in settings.counters if in_zone(counter.code, screen) for code in counter.services}
    return screen.layout != "sign" and group.service in served


def group_heard(group: BoardGroup, screen: Display, settings: Settings) -> Call:
    """What is said on this screen of a group that enters."""
    languages = speech.spoken(settings.languages_on(screen), settings.voice.recorded)
    return Call(languages, group.first, "", "", settings.hub.french, last=group.last)


def _group(group: BoardGroup, screen: Display, settings: Settings) -> BoardGroup:
    text = speech.words(group_heard(group, screen, settings))
    return replace(group, text=text, sound=SOUND_URL.format(name=speech.sound_name(text)) if text else "")


def _location(counter: str, language: str, settings: Settings) -> str:
    known = settings.counter(counter)
    return known.placed(language) if known else ""


def _name(counter: str, label: str, language: str, settings: Settings) -> str:
    known = settings.counter(counter)
    return known.names.get(language, label) if known else label
