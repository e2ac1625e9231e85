"""The word of a second person: given with their own second factor, at their own screen or typed at the cashier's."""

from __future__ import annotations

from collections.abc import Callable

from flask import request

from hub.agents import second_factor
from hub.agents.doorway import address_of
from hub.agents.forms import asked, the_hub
from hub.ask import Answer, Ask


def witnessed(what: str, act: Callable[[Ask], Answer], *, always: bool = True) -> Answer:
    """Do what a form asks, in the name of whoever shows their code in it.

    Without `always` a code is wanted only where the form names somebody else than whoever is signed in.
    Raises NotAuthenticated, TooMany.
    """
    form = request.form
    if not always and not form.get("person"):
        return act(asked(what))
    shown = second_factor.Shown(form.get("person", ""), form.get("factor", ""), address_of(request))
    return second_factor.confirm(the_hub(), asked(what), act, what=what, shown=shown)
