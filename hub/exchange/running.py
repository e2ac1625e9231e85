"""The exchange of a running hub: its threads, and what they say of the way."""

from __future__ import annotations

from dataclasses import dataclass

from hub.context import Hub
from hub.exchange.asker import Asker, sources_of
from hub.exchange.sender import Sender
from hub.exchange.ways import address_of, destination_of


@dataclass(frozen=True, slots=True)
class Exchange:
    """What runs. `senders` begin with the centre's, where there is one."""

    senders: tuple[Sender, ...] = ()
    askers: tuple[Asker, ...] = ()

    @property
    def _ways(self) -> tuple[Sender | Asker, ...]:
        return (*self.senders, *self.askers)

    @property
    def complaints(self) -> tuple[str, ...]:
        """What is wrong with the ways, in their own words, each once."""
        return tuple(dict.fromkeys(each.complaint for each in self._ways if each.complaint))

    def try_now(self) -> None:
        """Somebody says that the way is back."""
        for sender in self.senders:
            sender.try_now()
        for asker in self.askers:
            asker.wake()

    def close(self) -> None:
        """Stop all of it. May be called twice."""
        for each in self._ways:
            each.close()


def start(hub: Hub) -> Exchange:
    """Send and hear from now on, if there is anywhere to; else nothing runs.

    What a gateway brings to people waits for a gateway: the centre is none.
    """
    box = hub.settings.hub
    askers = tuple(
        Asker(hub, source, hub.settings.centre.ask_s) for source in sources_of(hub, lambda: address_of(hub, box.outbox))
    )

    def sent() -> None:
        for asker in askers:
            asker.wake()

    ways = (
        (destination_of(hub, box.outbox), False, sent),
        (destination_of(hub, box.gateway, gateway=True), True, None),
    )
    senders = tuple(Sender(hub, where, gateway=only, sent=then) for where, only, then in ways if where is not None)
    for each in senders:
        hub.hear_commits(each.hear)
    return Exchange(tuple(each.open() for each in senders), tuple(each.open() for each in askers))
