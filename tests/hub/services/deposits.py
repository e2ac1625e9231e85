"""Deposits as the tests speak of them: the seed's own (requirements D.3, D.4), and a clerk who takes documents in."""

import re

from hub.agents import actions as agents
from hub.ask import HUB, Actor
from hub.services.deposit import actions, store
from hub.services.deposit import model as m
from tests.hub.services.house import House, Screen, brazzaville

NADEGE = Actor(agent="00902F", roles=frozenset({"clerk"}))
SYLVIE = Actor(agent="01101G", roles=frozenset({"validator"}))
PAUL = Actor(agent="01102G", roles=frozenset({"validator"}))
NAMES = {NADEGE.agent: "BOUITY Nadège", SYLVIE.agent: "MOUKALA Sylvie", PAUL.agent: "KIBANGOU Paul"}

#: D.4, as recorded: the eight documents of the seed's acknowledgement.
R1 = (
    ("0401", "2010-05-01", None), ("0102", "2013-02-11", "2013-05-10"), ("0412", "2013-03-08", None),
    ("0203", "2013-03-08", None), ("0204", "2013-03-08", None), ("0217", "2013-05-01", None),
    ("0228", "2013-05-08", None), ("0400", None, None),
)  # fmt: skip
#: D.3, as recorded: day, ticket, event, and the documents with their issue dates and copies.
V1 = (
    ("2012-11-05", "3", "AF", (("0104", "1966-07-23", 1),)),
    (
        "2012-11-05", "6", "IJ",
        (("0301", "2011-12-13", 3), ("0309", "2012-03-26", 1), ("0310", "2012-03-26", 1), ("0314", "2012-01-13", 1)),
    ),
    (
        "2012-11-05", "9", "AF",
        (("0228", None, 1), ("0104", "1969-03-25", 1), ("0215", "2011-05-25", 1), ("0228", None, 1)),
    ),
    ("2012-11-06", "2", "AF", (("0215", None, 1),)),
)  # fmt: skip


def staffed(house: House) -> House:
    """With the people who work with deposits."""
    for actor in (NADEGE, SYLVIE, PAUL):
        agents.add_agent(
            house.hub, house.ask(HUB), code=actor.agent, name=NAMES[actor.agent], roles=sorted(actor.roles)
        )
    return house


def recorded(house, day, ticket, event, lines, *, name="", person=None, id_number=None) -> int:  # noqa: PLR0913 (all there is to say)
    """A deposit of the past as it was written down, the rules off (requirements D.3): its row."""
    with house.hub.store.transaction(house.ask(NADEGE)) as tx:
        deposit = store.next_id(tx.connection)
        tx.record(m.DepositBegun(deposit, "counter", None, ticket, None, "DEP", "05"))
        number = deposit
        tx.record(
            m.DocumentsDeposited(
                deposit, f"{day[:4]}/{number:06d}", house.hub.settings.agency.code, int(day[:4]), number, tx.epoch, day,
                "simple", "self", "identity_card", store.next_id(tx.connection, "deposit_document"),
                (("insured_person", {event: {"married": 1, "children": 1}}),),
                tuple((1, event, code, "copy", n, int(bool(until) and until < day), None, None)
                      for code, _, until, n in lines),
                name, id_number, (person or (None, None, "–"),),
                tuple((issued, until, None, None) for _, issued, until, _ in lines),
            )
        )  # fmt: skip
    return deposit


def seed_acknowledgement(house: House) -> int:
    """D.4: ticket 2 of 16/05/2013."""
    lines = [(code, issued, until, 1) for code, issued, until in R1]
    return recorded(
        house, "2013-05-16", "2", "PVN", lines, name="JEROME", person=(None, "2133415888", "BAMOU JEROME"),
        id_number="1236548",
    )  # fmt: skip


def seed_table(house: House) -> list[int]:
    """D.3: four deposits, ten lines, all validated on their day."""
    deposits = []
    for day, ticket, event, lines in V1:
        house.clock.jump(to=brazzaville(day))
        rows = [(code, issued, None, copies) for code, issued, copies in lines]
        deposits.append(recorded(house, day, ticket, event, rows))
        decide(house, "validate", *documents(house, deposits[-1]))
    return deposits


def documents(house: House, deposit: int) -> list[int]:
    return [each.id for each in store.documents(house.hub.reader, deposit)]


def decide(house: House, outcome: str, *lines: int, actor: Actor = SYLVIE, motive: str = "", note: str = ""):
    choices = tuple(actions.Choice(each, motive, note) for each in lines)
    return actions.decide(house.hub, house.ask(actor), outcome=outcome, choices=choices)


class Clerk(Screen):
    """A clerk's browser without a script, at a draft."""

    def __init__(self, house: House, actor: Actor = NADEGE) -> None:
        super().__init__(house, actor)
        self.number = 0

    def begin(self, channel: str = "counter", **form: str) -> "Clerk":
        self.send("/desk/deposit", channel=channel, **form)
        self.number = self.house.hub.reader.execute("SELECT max(id) FROM deposit").fetchone()[0]
        return self

    def form(self) -> dict[str, str]:
        """The form as it stands on the page."""
        found = {}
        body = self.text[self.text.index('id="deposit-') :]
        for tag in re.findall(r"<input[^>]*>", body):
            name = re.search(r' name="([^"]+)"', tag)
            value = re.search(r' value="([^"]*)"', tag)
            if name and ('type="checkbox"' not in tag or " checked" in tag):
                found[name[1]] = value[1] if value else ""
        for name, inside in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', body, re.DOTALL):
            chosen = re.search(r'<option value="([^"]*)" selected', inside) or re.search(
                r'<option value="([^"]*)"', inside
            )
            found[name] = chosen[1] if chosen else ""
        return found

    def fill(self, typed: dict[str, str], do: str = "save") -> "Clerk":
        """Type into fields, and press a button; a value of None takes a field's tick away."""
        self.open(f"/desk/deposit/{self.number}")
        form = {name: value for name, value in (self.form() | typed).items() if value is not None}
        key = form.pop("key")
        form.pop("csrf", None)
        self.send(f"/desk/deposit/{self.number}", key=key, do=do, **form)
        return self

    def row_of(self, code: str, nth: int = 0) -> str:
        """The name of the row of a document."""
        rows = re.findall(rf'name="(c\d+-e\d+-d\d+)-document" value="{code}"', self.text)
        chosen = re.findall(r'name="(c\d+-e\d+-d\d+)-document"[^>]*>(.*?)</select>', self.text, re.DOTALL)
        rows += [name for name, inside in chosen if f'value="{code}" selected' in inside]
        return sorted(rows, key=lambda name: int(name.rpartition("d")[2]))[nth]

    def has(self, code: str, nth: int = 0, **values: str) -> dict[str, str]:
        """What is typed for a document that lies there."""
        row = self.row_of(code, nth)
        return {f"{row}-there": "1"} | {f"{row}-{name}": value for name, value in values.items()}

    def whose(self, event: str = "PVN", **circumstances: str) -> "Clerk":
        """The seed's depositor and person concerned, and one of their events."""
        self.fill({"name": "JEROME", "id_number": "1236548", "c0-number": "2133415888", "c0-name": "BAMOU JEROME"})
        self.fill({"c0-new": event}, "event:c0")
        return self.fill({f"c0-e0-has-{name}": value for name, value in circumstances.items()})

    def deposited(self, *codes: str, event: str = "AF", **form: str) -> int:
        """One whole deposit of these documents, issued yesterday; its row."""
        self.begin(**form)
        self.fill({"name": "JEROME", "c0-number": "2133415888", "c0-name": "BAMOU JEROME"})
        self.fill({"c0-new": event}, "event:c0")
        typed = {}
        for code in codes:
            if f'-document" value="{code}"' not in self.text:
                self.fill({"c0-e0-add": code}, "row:c0-e0")
            typed |= self.has(code, issued="01032026") | (
                {f"{self.row_of(code)}-valid": "010130"} if code == "0101" else {}
            )
        self.fill(typed, "deposit")
        assert self.status == 200, self.words
        return self.number
