"""Reception: whoever comes in is helped on the spot, or leaves with a ticket. The folder to copy for a new service.

`model` what there is · `rules` what is decided · `actions` what can be asked · `store` what is kept and seen ·
`slips` what is printed · `pages` what is shown · `migrations` the tables
"""

from __future__ import annotations

from hub.services.ports import CounterService
from hub.services.reception import actions, store
from hub.services.reception.migrations import migrations
from hub.services.reception.pages import pages as blueprint

COUNTER_SERVICE = CounterService(
    name="reception",
    title="reception.title",
    icon="users",
    roles=frozenset({"receptionist", "supervisor"}),
    pages=blueprint,
    migrations=migrations,
    appliers=store.APPLIERS,
    state_tables=store.STATE_TABLES,
    listens={
        "ticket_issued": actions.print_given,
        "ticket_reprinted": actions.print_copy,
        "day_closed": actions.forget_papers,
    },
    thread=store.thread,
    pending=store.pending,
)
