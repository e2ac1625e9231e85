"""What comes from the centre, signed with its key: notices, lists, letters that nobody knows, and its refusals."""

from __future__ import annotations

from hub import chain, envelope, outbox
from hub.ask import HUB, Ask
from hub.centre import place
from hub.exchange import inbox
from hub.services.cash.order_requests import TOPIC as ASKED
from tests.browser.planter import SUPERVISOR, Planter

#: A day that does not come.
LATER = "2099-01-01"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class LetterPlanter(Planter):
    """`notices`: the number of each text's notice."""

    def __init__(self, hub, texts, centre):
        super().__init__(hub, texts)
        self.key, self.notices, self.sent = chain.signing_key(centre / place.KEY), [], 0

    def letter(self, topic, payload, by, effective_on=None):
        """A file with one letter; its number."""
        self.sent += 1
        said = {"agency": self.hub.settings.agency.code, "number": self.sent, "key": f"letter {self.sent}",
                "topic": topic, "schema": 1, "at": self.hub.now().at, "payload": payload, "by": by[:100]}  # fmt: skip
        more = {"effective_on": effective_on} if effective_on else {}
        line = envelope.signed(envelope.LETTER, said | more, self.key)
        return inbox.take(self.hub, Ask(HUB), f"{line}\n".encode()), self.sent

    def lists(self):
        """A kind of document and an event a text, with a question; the same is to come again later."""
        types, events, questions = {}, {}, {}
        for number, text in enumerate(self.texts):
            words, name = {"fr": text[:200], "en": text[:200]}, LETTERS[number]
            types[f"70{number:02d}"] = {"label": words, "printed": words, "issue": "optional"}
            questions[f"q_{name.lower()}"] = {"kind": "yes", "ask": words}
            events[f"Q{name}"] = {
                "label": words, "expects": [{"any": [f"70{number:02d}"], "when": f"q_{name.lower()}"}],
            }  # fmt: skip
        for day in ("", LATER):
            for topic, payload in (("document_types", types), ("life_events", {"circumstance": questions} | events)):
                taken, _ = self.letter(f"deposit.{topic}", payload, self.texts[0], day)
                self.took["list"] += taken.taken

    def letters(self):
        spoken = self.hub.settings.agency.languages[0]
        for text in self.texts:
            said = {"title": {spoken: text[:120]}, "text": {spoken: text}}
            with self.each("notice"):
                taken, number = self.letter("notice", said, text)
                assert taken.taken == 1
                self.notices.append(number)
            with self.each("letter held"):
                _, number = self.letter("notice", said, text, LATER)
                inbox.hold(self.hub, self.ask(SUPERVISOR), letter=number, motive=text[:300])
            with self.each("letter refused"):
                taken, _ = self.letter(text[:60], {"what": text}, text)
                assert taken.refused
            with self.each("file refused"):
                digest = inbox.digest(text.encode())
                inbox.note_refused_file(self.hub, self.ask(HUB), file=digest, name=text[:120], code="garbage")

    def refusals(self):
        """Of what was said to the centre, as much as there are texts comes back; what can is sent again as it is."""
        for message, text in zip(outbox.to_send(self.hub.reader), self.texts, strict=False):
            with self.each("message refused"):
                self.refused(message.id, text)
            if message.topic == ASKED:
                with self.each("message again"):
                    outbox.send_again(self.hub, self.ask(SUPERVISOR), message=message.id)
                    self.refused(message.id, text)
