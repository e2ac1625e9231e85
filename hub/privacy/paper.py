"""The certificate of destruction: what is gone, since when it was old enough, who approved it, and by which list."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import wrap
from typing import Any

from hub import chain
from hub.clock import local
from hub.context import Hub
from hub.privacy.classes import classes
from hub.privacy.model import Proposal
from hub.say import say
from hub.store import SIGNING_KEY

LAYOUT = Path(__file__).parent / "certificate.typ"


def certificate(hub: Hub, found: Proposal, names: Mapping[str, str]) -> bytes:
    """The PDF; the same bytes each time. Raises NotDrawn."""
    language, zone = hub.settings.agency.languages[0], hub.settings.agency.zone
    titles = {each.name: each.called(language) for each in classes(hub.settings.folder)}
    ended = found.ended or found.proposed.at
    key = chain.signing_key(hub.store.folder / SIGNING_KEY)
    statement = f"mbote-destruction|{hub.settings.agency.code}|{found.id}|{found.manifest}|{found.entries}|{ended}"
    agency = hub.settings.agency
    data: dict[str, Any] = {
        "lang": language,
        "agency": {"organisation": agency.organisation, "name": agency.name, "city": agency.city},
        "number": f"{found.id:04d}",
        "words": {name: say(language, f"privacy.paper_{name}") for name in _WORDS},
        "on": f"{local(ended, zone):%d/%m/%Y %H:%M}",
        "rows": [[titles.get(e.name, e.name), f"{local(e.before, zone):%d/%m/%Y}", str(e.entries)] for e in found.due],
        "total": str(found.entries),
        "proposed": _person(found.proposed_by, names),
        "approved": [_person(each, names) for each in found.approved_by],
        "manifest": found.manifest,
        "statement": statement,
        "signature": " ".join(wrap(key.sign(statement.encode()).hex(), 32)),
        "public_key": key.public_key().public_bytes_raw().hex(),
    }
    return hub.workshop.drawn({"main": LAYOUT.read_text("utf-8")}, data, ended // 1000)


_WORDS = (
    "title", "number", "on", "class", "before", "entries", "total", "proposed", "approved", "manifest", "signature",
    "public_key", "statement", "kept", "backups", "visa",
)  # fmt: skip


def _person(code: str | None, names: Mapping[str, str]) -> str:
    return f"{names.get(code, code)} ({code})" if code else "–"
