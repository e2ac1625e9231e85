"""Inquiry: whoever asks about a file is answered at once, from one search box and one sheet.

`model` what there is · `rules` what is decided · `actions` what can be asked · `store` what is kept and seen ·
`pages` what is shown · `migrations` the tables
"""

from __future__ import annotations

from hub.services.inquiry import actions, store
from hub.services.inquiry.migrations import migrations
from hub.services.inquiry.pages import pages as blueprint
from hub.services.ports import CounterService

COUNTER_SERVICE = CounterService(
    name="inquiry",
    title="inquiry.title",
    icon="help-circle",
    roles=frozenset(
        {
            "receptionist", "clerk", "validator", "case_officer", "collections_cashier", "benefits_cashier",
            "head_cashier", "supervisor", "executive", "auditor",
        }
    ),
    pages=blueprint,
    migrations=migrations,
    appliers=store.APPLIERS,
    state_tables=store.STATE_TABLES,
    listens={"ticket_issued": actions.recognise},
    thread=store.thread,
    pending=store.pending,
    first_level=store.first_level,
    unanswered=store.unanswered,
)  # fmt: skip
