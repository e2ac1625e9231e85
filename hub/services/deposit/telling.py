"""What a depositor must hear of decisions: one notice a person, which says what stands now, in place of the last.

Who has a file is told at their next visit; for the others a letter waits to be printed with the rest.
"""

from __future__ import annotations

from hub import notices
from hub.context import Hub
from hub.say import say
from hub.services.deposit import model as m
from hub.services.deposit import paper, published, store
from hub.store import Transaction


def tell(tx: Transaction, hub: Hub, of: m.Deposit) -> None:
    """Cause the notices of a deposit as it is now, inside the transaction of a decision."""
    about = f"deposit {of.id}"
    notices.withdraw_about(tx, about)
    over = store.replaced(tx.connection, of.id)
    lines = [
        each for each in store.documents(tx.connection, of.id)
        if each.state in ("rejected", "to_complete") and each.id not in over
    ]  # fmt: skip
    for person in store.parties(tx.connection, of.id):
        told = [line for line in lines if line.rank == person.rank]
        if told:
            notices.enqueue(
                tx, way="visit" if person.party else "print", about=about, text=_text(hub, of, told),
                party=person.party, name=person.name or of.name or "",
            )  # fmt: skip


def _text(hub: Hub, of: m.Deposit, lines: list[m.Document]) -> str:
    language, lists = hub.settings.agency.languages[0], published.lists_of(hub)
    said = [say(language, "deposit.told", label=of.label)]
    for line in lines:
        why = say(language, f"deposit.motive_{line.motive}")
        what = paper.type_said(line.type, lists, language)
        about = f" ({line.about})" if line.about else ""
        said.append(say(language, f"deposit.told_{line.state}", what=what + about, why=why + _note(line)))
    return "\n".join(said)[: notices.TEXT_LENGTH]


def _note(line: m.Document) -> str:
    return f" – {line.note}" if line.note else ""
