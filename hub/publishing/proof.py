"""A ticket as it will come out of the printer: of the settings that stand, and of a draft that is not published yet.

The paper is drawn by a process of its own (hardware/proof.py), from the very bytes that a printer is sent. A draft's
is kept in memory under a name that nobody can guess, until newer ones take its place.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache

from hub.clock import local
from hub.context import Hub
from hub.paper import slip_as_json
from hub.queues import pictures
from hub.settings import Settings
from hub.ticket_slip import Number, Ticket, ticket_slip
from hub.wire import Wait

#: Paper: characters a line on 80 and on 58 mm.
COLUMNS = {80: 48, 58: 32}
#: Drafts whose papers can be looked at.
MOST = 12
PATIENCE_S = 20.0
#: What the ticket of a proof says: invented, and as long as any.
_SAMPLE = Number("D014", ahead=12, wait=Wait(1200, 2100))
_FOLLOW = "K7QM2ZXB"


@dataclass(frozen=True, slots=True)
class Proof:
    """One paper to look at: how wide, in which language, and where it is."""

    millimetres: int
    language: str
    url: str


class Proofs:
    """The papers of what stands and of the last drafts."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._drafts: OrderedDict[str, Settings] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, settings: Settings) -> tuple[Proof, ...]:
        """Every paper of these settings: each language of the kiosk, both widths."""
        with self._lock:
            key = next((key for key, draft in self._drafts.items() if draft is settings), secrets.token_hex(8))
            self._drafts[key] = settings
            self._drafts.move_to_end(key)
            if len(self._drafts) > MOST:
                self._drafts.popitem(last=False)
        return tuple(
            Proof(millimetres, language, f"/administration/ticket/{key}/{millimetres}-{language}.png")
            for language in settings.agency.languages
            for millimetres in COLUMNS
        )

    def picture(self, key: str, millimetres: int, language: str) -> bytes | None:
        """One paper as PNG; None where there is no such draft, or it could not be drawn."""
        with self._lock:
            settings = self._drafts.get(key)
        if settings is None or millimetres not in COLUMNS or language not in settings.agency.languages:
            return None
        columns = COLUMNS[millimetres]
        service = next((each for each in pictures.public_services_of(settings)), None)
        sample = Ticket(
            _SAMPLE,
            pictures.catalogue_service(settings, service) if service else None,
            pictures.slip_text(settings),
            language,
            local(self._hub.now().at, settings.agency.zone),
            _FOLLOW,
        )
        lines = json.dumps(slip_as_json(ticket_slip(sample, columns)))
        return _drawn(lines, columns, settings.kiosk.printer.code_page)


@lru_cache(16)
def _drawn(lines: str, columns: int, code_page: str) -> bytes | None:
    command = [sys.executable, "-m", "hardware.proof", str(columns), code_page]
    try:
        done = subprocess.run(  # noqa: S603 (our own program)
            command, input=lines.encode(), capture_output=True, timeout=PATIENCE_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout
