"""Deposits: documents handed in against a paper, written into a register without gaps, decided on, passed on.

`lists/` documents and events as data, read by `catalogue` · `model` what there is · `intake` from what was typed to
what is recorded, and what is missing · `periodic` what is owed for which period · `rules` what may happen · `actions`
what can be asked · `store` what is kept · `paper`, `slips` and `layouts/` the acknowledgement · `telling` what
depositors must hear, `offers` at the kiosk · `published` the lists that the centre sends · `forms`, `pages`,
`validating` what is shown
`scanning` what can be asked about scans, `scan_store` what is kept of them · `separators` and `batches` the scanner's
folder, `handing` the way on to a document-management system · `scan_pages` what is shown
"""

from __future__ import annotations

from hub.services.deposit import actions, batches, offers, published, scan_pages, scan_store, store, validating
from hub.services.deposit.migrations import migrations
from hub.services.deposit.pages import pages as blueprint
from hub.services.ports import CounterService
from hub.workshop.foreign import MOST_BYTES

validating.add(blueprint)
scan_pages.add(blueprint)
COUNTER_SERVICE = CounterService(
    name="deposit",
    title="deposit.title",
    icon="file-upload",
    roles=frozenset({"receptionist", "clerk", "validator", "supervisor", "auditor"}),
    pages=blueprint,
    migrations=migrations,
    appliers={**store.APPLIERS, **scan_store.APPLIERS},
    state_tables=store.STATE_TABLES | scan_store.STATE_TABLES,
    listens={
        "outbox_message_applied": actions.applied,
        "outbox_message_refused": actions.refused,
        "life_certificate_taken": actions.seen_at_till,
        "outbox_message_put_right": actions.resent,
    },
    inbox=published.INBOX,
    about=store.about,
    thread=store.thread,
    pending=store.pending,
    works_on=store.works_on,
    finds=store.finds,
    holds=store.holds,
    offers=offers.offers,
    sheet=store.sheet,
    uploads={"deposit.send_scan": MOST_BYTES, "deposit.send_loose": MOST_BYTES},
    files=scan_store.files,
    aside=batches.round,
)
