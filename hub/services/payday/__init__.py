"""Pay-day: a crowd comes in waves, by registration number or by name, and in groups of numbers printed the day before.

`model` what there is · `rules` what is decided · `actions` what can be asked · `store` what is kept · `paper` the bands
of numbers · `entering` what the hall is told · `pages` what is shown. A group that enters is told to the judge of runs:
its numbers have tickets by it.
"""

from __future__ import annotations

from hub.services.payday import entering, store
from hub.services.payday.migrations import migrations
from hub.services.payday.model import series_of
from hub.services.payday.pages import pages as blueprint
from hub.services.ports import CounterService

COUNTER_SERVICE = CounterService(
    name="payday",
    title="payday.title",
    icon="wallet",
    roles=frozenset({"receptionist", "supervisor"}),
    pages=blueprint,
    migrations=migrations,
    appliers=store.APPLIERS,
    state_tables=store.STATE_TABLES,
    entering=entering.entering,
    tells_run={
        "group_called": lambda _, said: (
            "group.enter",
            {"series": series_of(said["wave"]), "first": said["first"], "last": said["last"]},
        )
    },
)
