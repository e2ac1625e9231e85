"""The story of each day kept by itself: soon after its closing the page and the signed line lie in a folder.

A day is told once, as it was when it closed; what was corrected later stands in the statistics, and in a story asked
for then. A folder that several agencies write to is what `mbote consolidate` reads.
"""

from __future__ import annotations

from pathlib import Path

import structlog

from hub.context import Hub
from hub.disk import write_whole
from hub.supervision import looking, store, story

#: As many days that are over are looked after: a folder that was away for a week catches up.
DAYS = 7
log = structlog.get_logger("diary")


def place_of(hub: Hub) -> Path | None:
    """Where the stories go; None where nobody wants them."""
    wanted = hub.settings.day.stories
    return hub.store.folder / wanted if wanted else None


def paper_name(hub: Hub, day: str) -> str:
    """How the page of a day is called, beside its signed line."""
    return f"{hub.settings.hub.stamp}{hub.settings.agency.code}-{day}.pdf"


def keep(hub: Hub) -> None:
    """Tell one day that is over and not told yet; ask for it as often as you like. Raises Refused where it cannot."""
    place = place_of(hub)
    if place is None:
        return
    try:
        place.mkdir(parents=True, exist_ok=True)
        with hub.snapshot() as reader:
            days = [day for day in store.closed_dates(reader, DAYS) if not (place / paper_name(hub, day)).exists()]
        if days:
            _tell(hub, place, days[-1])
            looking.rest(hub)  # once a day, and nobody waits: it need not be there for the rest of the evening
    except OSError as error:  # a stick that was pulled out, a share that is away: at the next round
        log.warning("the story of a day is not kept", folder=str(place), fault=str(error))


def _tell(hub: Hub, place: Path, day: str) -> None:
    """The line first: the page says that both are there."""
    with hub.snapshot() as reader:
        line, page = story.signed_line(hub, reader, day), story.page(hub, reader, day, day)
    write_whole(place / story.file_name(hub, day), f"{line}\n".encode())
    write_whole(place / paper_name(hub, day), page)
    log.info("the story of a day is kept", day=day, folder=str(place))
