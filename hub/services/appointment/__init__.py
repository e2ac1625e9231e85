"""Appointments: a time at a counter or by telephone, kept for somebody, and how they come to it (requirements B.13).

`model` what there is · `rules` what is decided · `agenda` the times of a day · `actions` what can be asked · `store`
what is kept · `offers` what the kiosk says to who comes · `slips`, `paper` what is printed · `pages` what is shown
"""

from __future__ import annotations

from hub.services.appointment import actions, offers, store
from hub.services.appointment.migrations import migrations
from hub.services.appointment.pages import pages as blueprint
from hub.services.ports import Agenda, CounterService

COUNTER_SERVICE = CounterService(
    name="appointment",
    title="appointment.title",
    icon="calendar-event",
    roles=frozenset({"receptionist", "clerk", "case_officer", "supervisor"}),
    pages=blueprint,
    migrations=migrations,
    appliers=store.APPLIERS,
    state_tables=store.STATE_TABLES,
    thread=store.thread,
    pending=store.pending,
    offers=offers.offers,
    finds=store.finds,
    works_on=store.works_on,
    aside=actions.keep,
    needs=actions.booked_stay,
    agenda=Agenda(
        arrive=lambda hub, ask, said: actions.arrive_by(hub, ask, actions.Comer(**said)),
        times=actions.times_told,
        book=lambda hub, ask, said: actions.book(hub, ask, wanted=actions.Wanted(**said)),
        expects=actions.expects,
    ),
)
