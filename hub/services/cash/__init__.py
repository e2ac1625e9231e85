"""Cash: every franc accounted for, and closings that prove themselves.

`cash.toml` what tills go by, as data · `model` what there is · `contributions` `closings` `rules` what is decided ·
`chain` how entries hang together · `actions` `ending` what can be asked · `orders` `paying` what the treasury wants
paid · `prepared` `preparing` what was prepared at another counter · `order_requests` `requesting` what is
asked of the treasury · `account` what somebody owes · `store`
`order_store` `prepared_store` what is kept · `slips` `paper` what is printed · `checking` what `mbote verify` asks ·
`work` what the desk asks · `pages` `payment_form` what is shown, `facing` to whoever pays, `witness` the word of a
second person
"""

from __future__ import annotations

from hub.services.cash import (
    actions,
    checking,
    facing,
    order_store,
    prepared_store,
    preparing,
    request_store,
    requesting,
    store,
    work,
)
from hub.services.cash.facing_pages import blueprint
from hub.services.cash.migrations import migrations
from hub.services.ports import CounterService

COUNTER_SERVICE = CounterService(
    name="cash",
    title="cash.title",
    icon="cash",
    roles=frozenset(
        {
            "collections_cashier",
            "benefits_cashier",
            "head_cashier",
            "supervisor",
            "auditor",
            "clerk",
            "case_officer",
        }
    ),
    pages=blueprint,
    migrations=migrations,
    appliers={**store.APPLIERS, **order_store.APPLIERS, **prepared_store.APPLIERS, **request_store.APPLIERS},
    state_tables={
        **store.STATE_TABLES,
        **order_store.STATE_TABLES,
        **prepared_store.STATE_TABLES,
        **request_store.STATE_TABLES,
    },
    listens={
        "cash_entry_made": work.taken_back,
        "day_closed": preparing.day_over,
        "outbox_message_refused": requesting.not_taken,
    },
    guards={"counter_closed": actions.counter_closes},
    thread=work.thread,
    pending=work.pending,
    finds=store.finds,
    sheet=store.sheet,
    faults=checking.faults,
    live=(facing.LIVE,),
)
