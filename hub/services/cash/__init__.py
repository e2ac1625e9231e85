"""Cash: every franc accounted for, and closings that prove themselves.

`cash.toml` what tills go by, as data · `model` what there is · `contributions` `closings` `rules` what is decided ·
`chain` how entries hang together · `actions` `ending` what can be asked · `orders` `paying` what the treasury wants
paid · `lots` `treasury` what it hears of a closing, and what becomes of that · `account` what somebody owes · `store`
`order_store` `lot_store` what is kept · `slips` `paper` what is printed · `checking` what `mbote verify` asks ·
`telling` what a judge of runs hears · `pages` `order_pages` `treasury_pages` `book_pages` what is shown ·
`archive` the books as a file that proves itself
"""

from __future__ import annotations

from hub.services.cash import actions, archive, checking, lot_store, order_store, paying, store, telling, treasury
from hub.services.cash.book_pages import blueprint
from hub.services.cash.migrations import migrations
from hub.services.ports import CounterService

COUNTER_SERVICE = CounterService(
    name="cash",
    title="cash.title",
    icon="cash",
    roles=frozenset({"collections_cashier", "benefits_cashier", "head_cashier", "supervisor", "auditor"}),
    pages=blueprint,
    migrations=migrations,
    appliers={**store.APPLIERS, **order_store.APPLIERS, **lot_store.APPLIERS, **archive.APPLIERS},
    state_tables={**store.STATE_TABLES, **order_store.STATE_TABLES, **lot_store.STATE_TABLES},
    listens={
        "cash_entry_made": paying.taken_back,
        "outbox_message_applied": treasury.taken,
        "outbox_message_refused": treasury.refused,
    },
    inbox=treasury.INBOX,
    about=lot_store.about,
    guards={"counter_closed": actions.counter_closes},
    thread=store.thread,
    pending=store.pending,
    finds=store.finds,
    sheet=store.sheet,
    faults=checking.faults,
    tells_run=telling.TOLD,
    tells_state=telling.state,
    tells_config=telling.config,
)
