"""What the kiosk says to whoever shows their card and has money to collect: that they are expected, and where.

How much, what for and that it is money stand on no screen of the hall; a card may have been found.
"""

from __future__ import annotations

import sqlite3

from hub.context import Hub
from hub.scans import Scan
from hub.services.cash import order_store
from hub.services.cash.office import office_of
from hub.services.cash.orders import Order
from hub.services.ports import Offer
from hub.settings import Settings

#: Before all others: an order can be paid until a day only.
WEIGHT = 1


def offers(hub: Hub, reader: sqlite3.Connection, scan: Scan) -> tuple[Offer, ...]:
    """The order of whose card this is that a till may pay today."""
    if scan.party is None:
        return ()
    today = hub.today().isoformat()
    if not any(payable(order, today) for order in order_store.of_party(reader, scan.party)):
        return ()
    queue = _queue(hub.settings)
    return (Offer(queue, "kiosk.scan_expected", {}, WEIGHT),) if queue else ()


def payable(order: Order, today: str) -> bool:
    """Whether its payee would be paid if they came on a day (ISO): in hand of a till it may be given up again."""
    return order.state in ("payable", "reserved") and order.pay_from <= today <= order.pay_until


def _queue(settings: Settings) -> str:
    """The first queue, of those that the kiosk gives tickets for, at a till that pays benefits; '' where none does."""
    gives = {each.code for each in settings.services if each.prefix}
    tills = (till.counter for till in office_of(settings).tills if till.role in ("benefits", "mixed"))
    counters = (settings.counter(code) for code in tills)
    return next((code for counter in counters if counter for code in counter.services if code in gives), "")
