"""Cash: every franc accounted for, and closings that prove themselves.

`cash.toml` and `office` what tills go by, as data · `model` what there is · `contributions` `closings` `rules` what is
decided · `chain` how entries hang together · `actions` `ending` what can be asked · `ages` months and years ·
`account` what somebody owes
`orders` `order_file` `paying` what the treasury wants paid · `order_requests` `requesting` what is asked of it ·
`life` `living` what an order may require · `lots` `treasury` what it hears of a closing, and what becomes of that
`prepared` `preparing` what was prepared at another counter · `archive` the books as a file that proves itself
`store` `order_store` `prepared_store` `request_store` `lot_store` what is kept · `slips` `paper` what is printed
`checking` what `mbote verify` asks · `telling` what a judge of runs hears · `work` what the desk asks, what is heard
`offers` what the kiosk says to whoever is paid
`pages` `payment_form` what is shown, `facing` to whoever pays, `witness` the word of a second person,
`oversight` to whoever looks over tills; `…_pages` each of these
"""

from __future__ import annotations

from hub.services.cash import (
    actions,
    book_pages,
    checking,
    facing,
    facing_pages,
    lot_store,
    offers,
    order_pages,
    order_store,
    oversight_pages,
    pages,
    prepared_pages,
    store,
    telling,
    treasury_pages,
    work,
)
from hub.services.cash.migrations import migrations
from hub.services.ports import CounterService

#: Loaded, so that the blueprint has all its pages before a hub takes it.
PAGES = (pages, order_pages, prepared_pages, facing_pages, oversight_pages, treasury_pages, book_pages)
COUNTER_SERVICE = CounterService(
    name="cash",
    title="cash.title",
    icon="cash",
    roles=work.TAB,
    beside=work.PREPARERS,
    pages=pages.pages,
    migrations=migrations,
    appliers=work.APPLIERS,
    state_tables=work.STATE_TABLES,
    listens=work.LISTENS,
    inbox=work.INBOX,
    about=lot_store.about,
    guards={"counter_closed": actions.counter_closes},
    needs=actions.tills_stay,
    thread=work.thread,
    pending=work.pending,
    works_on=order_store.works_on,
    finds=store.finds,
    offers=offers.offers,
    sheet=store.sheet,
    faults=checking.faults,
    live=(facing.LIVE,),
    tells_run=telling.TOLD,
    tells_state=telling.state,
    tells_config=telling.config,
)
