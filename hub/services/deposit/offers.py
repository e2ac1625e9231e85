"""What the kiosk says to whoever comes back for a deposit: with its acknowledgement, or with a card.

Only where a document waits for them. The paper of the deposit is told so; a card tells no more than where its holder
is expected, because whoever scans it may have found it.
"""

from __future__ import annotations

import sqlite3

from hub.context import Hub
from hub.scans import Scan
from hub.services.deposit import store
from hub.services.deposit.model import Deposit
from hub.services.ports import Hands, Offer
from hub.settings import Settings

#: As pressing as somebody who is asked to come: their file stands still until they do.
WEIGHT = 0


def offers(hub: Hub, reader: sqlite3.Connection, scan: Scan) -> tuple[Offer, ...]:
    """The deposits that wait for a document of whoever brings this."""
    if scan.label:
        found, word = [store.labelled(reader, scan.label)], "scan_complete"
    else:
        found, word = list(store.of_party(reader, scan.party)) if scan.party else [], "scan_expected"
    return tuple(
        Offer(_queue(hub.settings, each), f"kiosk.{word}", {}, WEIGHT, Hands(each.agent, each.counter))
        for each in found
        if each is not None and store.waits_for_its_person(reader, each.id)
    )


def _queue(settings: Settings, deposit: Deposit) -> str:
    """Where it was taken in, if the kiosk gives tickets for that; else where deposits are taken."""
    gives = {each.code for each in settings.services if each.prefix}
    theirs = (code for counter in settings.counters if counter.kind == "deposit" for code in counter.services)
    return next((code for code in (deposit.service, *theirs) if code in gives), "") or ""
