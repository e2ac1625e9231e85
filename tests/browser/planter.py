"""Who puts hostile texts into an agency, and how each is counted."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from itertools import count

from hub import outbox
from hub.ask import HUB, Actor, Ask
from hub.errors import Refused

KIOSK = Actor(device="K9", roles=frozenset({"kiosk"}))
CLERK = Actor(agent="00815D", roles=frozenset({"clerk"}))
NEIGHBOUR = Actor(agent="00816D", roles=frozenset({"clerk"}))
DEPOSITS = Actor(agent="00902F", roles=frozenset({"clerk"}))
VALIDATOR = Actor(agent="01101G", roles=frozenset({"validator"}))
OFFICER = Actor(agent="01204H", roles=frozenset({"case_officer"}))
CASHIER = Actor(agent="01016E", roles=frozenset({"collections_cashier"}))
PAYER = Actor(agent="01022K", roles=frozenset({"benefits_cashier"}))
CHIEF = Actor(agent="01003B", roles=frozenset({"head_cashier"}))
RECEPTION = Actor(agent="00733C", roles=frozenset({"receptionist"}))
SUPERVISOR = Actor(agent="00411A", roles=frozenset({"supervisor"}))
#: Of every other role that reads files, who has a reason to.
READERS = (
    OFFICER, VALIDATOR, CASHIER, PAYER, CHIEF, SUPERVISOR,
    *(Actor(agent=code, roles=frozenset({role})) for code, role in (
        ("00733C", "receptionist"), ("00101X", "executive"), ("00990Z", "auditor"), ("01307M", "medical_officer"),
    )),
)  # fmt: skip


class Planter:
    """The texts of one agency, going in by the doors that take them."""

    def __init__(self, hub, texts):
        self.hub, self.texts, self.keys = hub, tuple(texts), count(1)
        #: How many texts each kind took.
        self.took = Counter()

    def ask(self, actor):
        return Ask(actor, f"plant {next(self.keys)}")

    @contextmanager
    def each(self, what):
        """One text of one kind: counted when it was taken, left out when a rule refuses it."""
        try:
            yield
        except Refused:
            return
        self.took[what] += 1

    def refused(self, message, text):
        """The other side will not have a message of the outbox, and says why by a code and in words."""
        with self.hub.store.transaction(Ask(HUB)) as tx:
            found = outbox.message(tx.connection, message)
            outbox.hear(tx, outbox.Answered(found.key, found.version, "refused", text[:40], text[:300]))
