"""The ticket on the kiosk's paper: the layout is everybody's (hub/ticket_slip.py), its words are slip.toml's."""

from __future__ import annotations

from hub.ticket_slip import Ticket, minutes, papers_of, papers_slip, ticket_slip

__all__ = ["Ticket", "minutes", "papers_of", "papers_slip", "ticket_slip"]
