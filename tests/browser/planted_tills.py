"""What is typed at the tills, before them, and what the treasury answers."""

from __future__ import annotations

from hub.services.cash import actions as cash
from hub.services.cash import ending, living, lot_store, paying, preparing, requesting, treasury
from hub.services.cash.model import Payer
from hub.services.cash.orders import Shown
from tests.browser.planter import CASHIER, CHIEF, CLERK, PAYER, Planter

NAME, NOTE, WORD, SHORT = 120, 400, 200, 20


class TillPlanter(Planter):
    """Tills with a day of entries, a closing a text, their lots, orders, and what other counters want of them.

    `receipts`, `closings`, `lots`, `orders`, `prepared`: what there is to look at, one a text as far as it was taken.
    """

    def __init__(self, *given):
        super().__init__(*given)
        self.receipts, self.closings, self.lots, self.orders, self.prepared = [], [], [], [], []

    # --- at another counter, with a visitor there

    def prepare(self, number, text):
        """What the visitor at the desk will pay: changed, and every other one given up."""
        hub = self.hub
        with self.each("prepared"):
            who = Payer("employer", text[:NAME], text[:SHORT], "E1")
            made = preparing.prepare(
                hub, self.ask(CLERK), who=who, operation="contribution", lines=(("2026-T1", 100),)
            )["prepared"]
            self.prepared.append(made)
            preparing.revise(
                hub, self.ask(CLERK), prepared=made, operation="contribution", lines=(("2026-T1", 101),),
                word=text[:WORD],
            )  # fmt: skip
            if number % 2 == 0:
                preparing.drop(hub, self.ask(CLERK), prepared=made, word=text[:WORD])

    def want_order(self, number, text):
        """Asked of the treasury, and every other one refused by it in words."""
        hub = self.hub
        with self.each("order wanted"):
            who = Payer("insured", text[:NAME], text[:SHORT], f"P{number}")
            ref = requesting.ask_order(
                hub, self.ask(CLERK), who=who, nature="isolated", period=text[:SHORT], reason=text[:300]
            )["ref"]
        if number % 2:
            with self.each("order refused"):
                said = [{"request": ref, "refused": "R1", "reason": text[:WORD]}]
                assert not paying.receive(hub, self.ask(CHIEF), said=said)["refused"]

    # --- at the tills

    def till(self):
        hub = self.hub
        cash.open_session(hub, self.ask(CASHIER), till="C01", pieces={"n10000": 5})
        for text in self.texts:
            with self.each("payment"):
                who = Payer("employer", text[:NAME], text[:SHORT], "E1")
                details = {"number": text[:80], "bank": text[:80], "drawer": text[:80]}
                paid = cash.Payment(who, "contribution", (("2026-T1", 100),), "cheque", details=details)
                self.receipts.append(cash.collect(hub, self.ask(CASHIER), payment=paid)["receipt"])
            with self.each("voucher"):
                cash.move(hub, self.ask(CASHIER), kind="to_safe", amount=1, voucher=text[:80])
            with self.each("cheque"):
                cash.settle(hub, self.ask(CHIEF), receipt=self.receipts[-1], step="unpay", reference=text[:80])
        self.refused_closings()
        for text in self.texts:
            with self.each("closing"):
                # a float that is not what the closing left, and a count that is not what should be there
                cash.open_session(hub, self.ask(CASHIER), till="C01", pieces={"n10000": 3}, motive=text[:NOTE])
                self.close({"n10000": 2}, text[:NOTE])
        self.lots_put_right()

    def refused_closings(self):
        hub = self.hub
        session = ending.count_closing(hub, self.ask(CASHIER), pieces={"n10000": 4})["session"]
        for text in self.texts:
            with self.each("closing refused"):
                ending.propose(hub, self.ask(CASHIER), motive="change", note=text[:NOTE])
                ending.refuse(hub, self.ask(CHIEF), session=session, note=text[:NOTE])
        self.close({"n10000": 4}, " ".join(self.texts)[:NOTE])

    def close(self, pieces, note):
        hub = self.hub
        session = ending.count_closing(hub, self.ask(CASHIER), pieces=pieces)["session"]
        ending.propose(hub, self.ask(CASHIER), motive="change", note=note)
        self.closings.append(ending.approve(hub, self.ask(CHIEF), session=session)["closing"])

    def lots_put_right(self):
        """The lot with the cheques that came back: held back and put right again and again, refused at the end."""
        hub = self.hub
        (first,) = lot_store.of_closing(hub.reader, self.closings[0])
        lot = first.reference
        for text in self.texts:
            with self.each("lot"):
                held = {each.receipt: "contested" for each in treasury.known(hub.reader, lot).items}
                treasury.send(hub, self.ask(CHIEF), lot=lot, held=held)
                self.lots.append(lot)
                lot = treasury.correct(hub, self.ask(CHIEF), lot=lot, accounts={}, motive=text[:NOTE])["lot"]
        treasury.send(hub, self.ask(CHIEF), lot=lot, held={})
        with self.each("lot refused"):
            self.refused(treasury.known(hub.reader, lot).message, self.texts[0])
        self.lots.append(lot)

    # --- orders

    def pay_orders(self):
        """Every other one is paid, to somebody by proxy; the others are blocked."""
        hub, today = self.hub, self.hub.today().isoformat()
        cash.open_session(hub, self.ask(PAYER), till="C02", pieces={"n10000": 100})
        for number, text in enumerate(self.texts, start=1):
            order = f"44{number:02d}"
            with self.each("order"):
                said = {"number": order, "nature": "pension", "amount": 1_000, "payee": text[:NAME],
                        "party": f"P{number}", "payee_number": text[:SHORT], "batch": text[:40],
                        "period": text[:SHORT], "pay_from": today, "pay_until": "2099-12-31"}  # fmt: skip
                assert not paying.receive(hub, self.ask(CHIEF), said=[said])["refused"]
                self.orders.append(order)
            if number % 2:
                with self.each("paid"):
                    paying.reserve(hub, self.ask(PAYER), order=order)
                    shown = Shown("passport", text[:SHORT], text[:NAME], text[:NAME], text[:NAME])
                    paying.pay(hub, self.ask(PAYER), order=order, shown=shown)
            else:
                with self.each("blocked"):
                    paying.block(hub, self.ask(CHIEF), order=order, reason="opposition")
                with self.each("life certificate"):
                    said |= {"number": f"45{number:02d}", "requires": ["life_certificate"],
                             "payee_number": f"21334{number:05d}"}  # fmt: skip
                    assert not paying.receive(hub, self.ask(CHIEF), said=[said])["refused"]
                    paying.reserve(hub, self.ask(PAYER), order=said["number"])
                    living.take(hub, self.ask(PAYER), order=said["number"])
                    self.orders.append(said["number"])
