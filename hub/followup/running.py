"""Follow-up of a running hub: what is switched on of it."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from hub.context import Hub
from hub.followup.listener import Listener
from hub.followup.relay import Relay

log = structlog.get_logger("followup")


@dataclass(frozen=True, slots=True)
class FollowUpRuns:
    """What runs; nothing by default."""

    listener: Listener | None = None
    relay: Relay | None = None

    def close(self) -> None:
        """Stop all of it. May be called twice."""
        if self.listener:
            self.listener.close()
        if self.relay:
            self.relay.close()


def start(hub: Hub) -> FollowUpRuns:
    """Serve and tell from now on, as the settings say. A page that has no place keeps no ticket from being given."""
    said = hub.settings.followup
    listener = Listener(hub, said.host, said.port) if said.host else None
    if listener is not None:
        try:
            listener.open()
        except OSError as error:
            log.error(  # noqa: TRY400 (where it lies is in the settings, not in a stack)
                "the page for telephones cannot be served", at=f"{said.host}:{said.port}", fault=str(error)
            )
            listener = None
    relay = Relay(hub) if said.relay else None
    if relay is not None:
        hub.hear_commits(relay.hear)
        relay.open()
    return FollowUpRuns(listener, relay)
