"""Certificates: what the fund attests at once, numbered, signed, and checked without asking anybody.

`kinds/` what can be given, as data · `model` what there is · `rules` what is decided · `statement` what a QR says ·
`actions` what can be asked · `store` what is kept · `paper` what is printed, `checking` whether one is genuine ·
`pages` what is shown
"""

from __future__ import annotations

from hub.services.certificate import actions, store
from hub.services.certificate.migrations import migrations
from hub.services.certificate.pages import pages as blueprint
from hub.services.ports import CounterService

COUNTER_SERVICE = CounterService(
    name="certificate",
    title="certificate.title",
    icon="certificate",
    roles=frozenset({"clerk", "collections_cashier", "head_cashier", "case_officer", "supervisor"}),
    pages=blueprint,
    migrations=migrations,
    appliers=store.APPLIERS,
    state_tables=store.STATE_TABLES,
    listens={"cash_entry_made": actions.till_took, "tender_settled": actions.till_settled},
    thread=store.thread,
    pending=store.pending,
    finds=store.finds,
    sheet=store.sheet,
)
