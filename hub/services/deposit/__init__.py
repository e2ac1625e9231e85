"""Deposits: documents handed in against a paper, written into a register without gaps, decided on, passed on.

`lists/` documents and events as data, read by `catalogue` · `model` what there is · `intake` from what was typed to
what is recorded, and what is missing · `periodic` what is owed for which period · `rules` what may happen · `actions`
what can be asked · `store` what is kept · `paper`, `slips` and `layouts/` the acknowledgement · `telling` what
depositors must hear · `published` the lists that the centre sends · `forms`, `pages`, `validating` what is shown
"""

from __future__ import annotations

from hub.services.deposit import actions, published, store, validating
from hub.services.deposit.migrations import migrations
from hub.services.deposit.pages import pages as blueprint
from hub.services.ports import CounterService

validating.add(blueprint)
COUNTER_SERVICE = CounterService(
    name="deposit",
    title="deposit.title",
    icon="file-upload",
    roles=frozenset({"receptionist", "clerk", "validator", "supervisor"}),
    pages=blueprint,
    migrations=migrations,
    appliers=store.APPLIERS,
    state_tables=store.STATE_TABLES,
    listens={
        "outbox_message_applied": actions.applied,
        "outbox_message_refused": actions.refused,
        "outbox_message_put_right": actions.resent,
    },
    inbox=published.INBOX,
    about=store.about,
    thread=store.thread,
    pending=store.pending,
    finds=store.finds,
    sheet=store.sheet,
)
