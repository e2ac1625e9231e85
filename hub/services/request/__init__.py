"""Requests and complaints: written down with a number, answered at once or studied in the back office, and tracked.

`office.toml` deadlines, reasons · `model` what there is · `rules` what is decided · `actions` what can be
asked · `store` what is kept · `offers` what is said to who comes back · `paper` what is printed, with `letters/` ·
`pages` what is shown
"""

from __future__ import annotations

from hub.services.ports import CounterService
from hub.services.request import actions, offers, store
from hub.services.request.migrations import migrations
from hub.services.request.pages import pages as blueprint

COUNTER_SERVICE = CounterService(
    name="request",
    title="request.title",
    icon="message-report",
    roles=frozenset({"receptionist", "clerk", "case_officer", "validator", "supervisor"}),
    pages=blueprint,
    migrations=migrations,
    appliers=store.APPLIERS,
    state_tables=store.STATE_TABLES,
    thread=store.thread,
    pending=store.pending,
    works_on=store.works_on,
    offers=offers.offers,
    holds=store.holds,
    finds=store.finds,
    sheet=store.sheet,
    first_level=store.first_level,
    goes_on="/desk/request/new",
    needs=actions.queue_stays,
)
