"""Pictures as the hub would send them, made from little."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from display import board as boards
from hub.settings import Settings
from hub.settings.devices import Display
from hub.wire import Board, BoardCall, BoardQueue, CounterFace, Counters, Ring

AT = "2026-11-23T09:42:10+01:00"


def call(number: int, ticket: str, counter: str, state: Any = "called", repeat: int = 1) -> BoardCall:
    return BoardCall(ticket, counter, "", number, repeat, AT, state)


def ring(one: BoardCall) -> Ring:
    return Ring(one.call, one.repeat, one.ticket, one.counter, {}, "")


def board(seq: int = 1, calls: Any = (), rings: Any = (), **changes: Any) -> Board:
    """Calls newest first; `rings` are calls that ring."""
    whole = Board(
        1, seq, AT, "CNSS Siège", True, "open", tuple(calls), queues(), "", tuple(ring(one) for one in rings), 6.0
    )
    return replace(whole, **changes)


def queues(count: int = 5) -> tuple[BoardQueue, ...]:
    rows = [
        BoardQueue("DEP", "Dépôt de pièces", "file-upload", 7, 900, 1500, True),
        BoardQueue("RAS", "Renseignement assurés et ayants droit", "help-circle", 12, 1200, 2100, True),
        BoardQueue("CRE", "Caisse recettes employeurs", "cash-banknote", 3, 300, 600, True),
        BoardQueue("CPR", "Caisse prestations", "wallet", 18, 1800, 2700, True),
        BoardQueue("PEN", "Pensions", "certificate", 4, None, None, False),
        BoardQueue("REM", "Renseignement employeurs", "briefcase", 0, None, None, True),
        BoardQueue("IMM", "Immatriculation et affiliation", "id-badge-2", 2, 60, 60, True),
        BoardQueue("PFA", "Prestations familiales, accidents du travail", "baby-carriage", 105, 5400, 7200, True),
        BoardQueue("REC", "Réclamations et rendez-vous", "calendar-event", 1, 0, 500, True),
        BoardQueue("XXX", "Autres démarches", "help-circle", 0, None, None, False),
    ]
    return tuple(rows[:count])


def shown(picture: Board, settings: Settings, pictures: tuple[str, ...] = (), **screen: Any) -> Board:
    """The picture as the screen SALLE gets it; queues stay as given."""
    message = "Préparez vos pièces : elles sont indiquées sur votre ticket."
    display = Display(**{"name": "SALLE", "message": message} | screen)
    made = boards.for_screen(picture, display, settings, pictures)
    return replace(made, queues=picture.queues)


def face(counter: str = "05", state: Any = "free", **changes: Any) -> CounterFace:
    plain = CounterFace(
        counter, "Dépôts de pièces", state, None if state == "closed" else "01016E", "MABIALA R.", None, None, None, "",
        7, 1080, ("next", "pause", "close"), AT, 0,
    )  # fmt: skip
    return replace(plain, **changes)


def serving(counter: str = "05", **changes: Any) -> CounterFace:
    facts = {"ticket": "D002", "ticket_id": "01J", "service": "DEP", "why": "Attente 18 min", "elapsed_s": 252}
    steps = ("finish", "transfer", "hold")
    return face(counter, "serving", **{**facts, "waited_s": 1085, "call_count": 1, "next_actions": steps, **changes})


def calling(counter: str = "05", **changes: Any) -> CounterFace:
    facts = {"ticket": "D002", "ticket_id": "01J", "service": "DEP", "why": "RDV 09:30", "elapsed_s": 12}
    steps = ("start", "recall", "no_show", "release")
    return face(counter, "calling", **{**facts, "waited_s": 1085, "call_count": 2, "next_actions": steps, **changes})


def counters(*faces: CounterFace, seq: int = 1, **changes: Any) -> Counters:
    return replace(Counters(1, seq, AT, "CNSS Siège", True, tuple(faces)), **changes)
