"""When a certificate may be given and how long it holds: tables, no hub."""

import json
from datetime import date

import pytest

from hub import periods, seal
from hub.errors import Refused, Unreadable
from hub.money import grouped
from hub.services.certificate import rules, statement
from hub.services.certificate.model import Certificate, File, Kind, Receipt
from hub.services.certificate.statement import Statement

CLEARANCE = Kind(
    code="clearance", title={"fr": "C"}, text={"fr": "T"}, of="employer", fields=("name",),
    conditions=("number", "active", "declared", "no_debt"), months_by_periodicity={"monthly": 1, "quarterly": 3},
)  # fmt: skip
SPRING = date(2013, 4, 29)


def employer(*rows, periodicity="quarterly", **fields):
    rows = tuple({"period": period, "due": due, "paid": paid} for period, due, paid in rows)
    known = {"name": "Boulangerie", "number": "9000001", "status": "active", "periodicity": periodicity}
    return File(person=False, fields=known | fields, tabs={"contributions": rows})


def paid_up(first="2012-T1", last="2013-T1", but=()):
    rows, period = [], first
    while True:
        if period not in but:
            rows.append((period, 134_848, 134_848))
        if period == last:
            return rows
        period = periods.following(period)


def said(found):
    return [(each.word, *each.facts.values()) for each in found]


@pytest.mark.parametrize(
    ("start", "months", "until"),
    [
        (date(2013, 4, 29), 3, date(2013, 7, 28)),  # B.7: a quarterly employer
        (date(2013, 2, 11), 3, date(2013, 5, 10)),  # the certificate of birth of the sample
        (date(2013, 4, 29), 1, date(2013, 5, 28)),
        (date(2013, 1, 1), 12, date(2013, 12, 31)),
        (date(2013, 1, 31), 1, date(2013, 2, 28)),  # no such day: the month's last
        (date(2012, 1, 31), 1, date(2012, 2, 29)),
        (date(2013, 11, 30), 3, date(2014, 2, 28)),
        (date(2013, 3, 1), 1, date(2013, 3, 31)),
    ],
)
def test_it_holds_to_the_day_before_the_same_day(start, months, until):
    assert rules.until(start, months) == until


@pytest.mark.parametrize(
    ("period", "name", "end", "after"),
    [
        ("2013-T1", "1T 2013", date(2013, 3, 31), "2013-T2"),
        ("2012-T4", "4T 2012", date(2012, 12, 31), "2013-T1"),
        ("2013-03", "MARS 2013", date(2013, 3, 31), "2013-04"),
        ("2012-12", "DEC 2012", date(2012, 12, 31), "2013-01"),
        ("2012-02", "FEV 2012", date(2012, 2, 29), "2012-03"),
    ],
)
def test_a_period_has_a_name_an_end_and_a_next_one(period, name, end, after):
    assert (periods.said(period), periods.last_day(period), periods.following(period)) == (name, end, after)


def test_who_has_paid_everything_that_is_due_owes_nothing():
    file = employer(*paid_up())
    assert rules.refusals(CLEARANCE, file, SPRING) == ()
    assert rules.holds_until(CLEARANCE, file, SPRING) == date(2013, 7, 28)


def test_who_owes_a_quarter_is_told_which_and_how_much():
    rows = [*paid_up(but=("2012-T4",)), ("2012-T4", 134_848, 0)]
    assert said(rules.refusals(CLEARANCE, employer(*rows), SPRING)) == [("unpaid", "4T 2012", grouped(134_848))]


def test_all_that_is_owed_is_said_at_once_the_oldest_first():
    rows = [*paid_up(but=("2012-T4", "2012-T2")), ("2012-T4", 100, 99), ("2012-T2", 2_000_000, 0)]
    found = said(rules.refusals(CLEARANCE, employer(*rows, status="suspended"), SPRING))
    assert found == [("status_suspended",), ("unpaid", "2T 2012", grouped(2_000_000)), ("unpaid", "4T 2012", "1")]


@pytest.mark.parametrize(
    ("on", "refused"),
    [
        (date(2013, 4, 15), False),  # the last of the fifteen days after the end of March
        (date(2013, 4, 16), True),
        (date(2013, 3, 31), False),
    ],
)
def test_a_period_counts_once_its_days_of_grace_are_over(on, refused):
    rows = [*paid_up(last="2012-T4"), ("2013-T1", 134_848, 0)]
    assert bool(rules.refusals(CLEARANCE, employer(*rows), on)) is refused


def test_what_was_never_declared_is_no_balance_of_nothing():
    assert said(rules.refusals(CLEARANCE, employer(*paid_up(but=("2012-T3",))), SPRING)) == [("undeclared", "3T 2012")]
    assert said(rules.refusals(CLEARANCE, employer(), SPRING)) == [("nothing_declared",)]
    behind = rules.refusals(CLEARANCE, employer(*paid_up(last="2012-T3")), SPRING)
    assert said(behind) == [("undeclared", "4T 2012"), ("undeclared", "1T 2013")]


def test_who_came_to_pay_monthly_has_declared_the_same_months():
    months = [(f"2013-{month:02d}", 100, 100) for month in (1, 2, 3)]
    file = employer(*paid_up(last="2012-T4"), *months, periodicity="monthly")
    assert rules.refusals(CLEARANCE, file, SPRING) == ()
    assert rules.holds_until(CLEARANCE, file, SPRING) == date(2013, 5, 28)
    missing = employer(*paid_up(last="2012-T4"), *months[:1], periodicity="monthly")
    assert rules.refusals(CLEARANCE, missing, SPRING)


def test_a_receipt_covers_what_it_pays_and_no_more():
    file = employer(*paid_up(but=("2012-T4",)), ("2012-T4", 134_848, 0))
    assert rules.refusals(CLEARANCE, file, SPRING, Receipt("183", 134_848, "cheque")) == ()
    assert rules.refusals(CLEARANCE, file, SPRING, Receipt("183", 134_847, "cheque"))
    assert Receipt("183", 1, "cheque").reserved
    assert not Receipt("183", 1, "cash").reserved


@pytest.mark.parametrize(
    ("condition", "fields", "tabs", "word"),
    [
        ("number", {"number": None}, {}, "no_number"),
        ("alive", {"deceased_on": "2012-05-01"}, {}, "deceased"),
        ("employed", {}, {"employments": ()}, "no_employment"),
        ("pensioner", {"roles": "insured"}, {}, "no_pensioner"),
        ("paid", {}, {"payments": ({"state": "returned", "paid_on": "2012-05-01"},)}, "no_payment"),
        ("nothing_paid", {}, {"payments": ({"state": "paid", "paid_on": "2012-05-01"},)}, "payments"),
        ("case", {}, {}, "no_case"),
        ("present", {}, {}, "absent"),
    ],
)
def test_every_condition_can_refuse_and_can_be_met(condition, fields, tabs, word):
    kind = Kind(code="x", title={"fr": "x"}, text={"fr": "x"}, of="person", fields=(), conditions=(condition,))
    against = rules.refusals(kind, File(person=True, fields=fields, tabs=tabs), SPRING)
    assert [each.word for each in against] == [word]
    fine = File(
        person=True, fields={"number": "1", "roles": "insured;pensioner"}, present=True,
        tabs={"employments": ({},), "payments": ({"state": "paid"},) if condition == "paid" else (), "cases": ({},)},
    )  # fmt: skip
    assert rules.refusals(kind, fine, SPRING) == ()


def test_every_condition_is_tried_above_or_in_the_rules_of_clearance():
    tried = {"number", "alive", "employed", "pensioner", "paid", "nothing_paid", "case", "present"}
    assert tried | set(CLEARANCE.conditions) == set(rules.CONDITIONS)


def test_what_the_agent_may_not_see_is_certified_by_somebody_who_may():
    file = File(person=False, fields={"name": "B"}, hidden=frozenset({"contributions"}))
    assert said(rules.refusals(CLEARANCE, file, SPRING)) == [("hidden",)]


def certificate(**values):
    known = {
        "id": 1, "label": "ATT-2013-000001", "what": "clearance", "party": "E1", "snapshot": {}, "statement": "x",
        "code": "A", "issued_on": "2013-04-29", "valid_until": "2013-07-28", "ticket": None, "agent": "A", "at": 0,
    }  # fmt: skip
    return Certificate(**known | values)


def test_it_expires_the_day_after_and_is_then_printed_no_more():
    assert certificate().state("2013-07-28") == "issued"
    assert certificate().state("2013-07-29") == "expired"
    assert certificate(valid_until=None).state("2099-01-01") == "issued"
    assert rules.may_print(certificate(copies=2), "2013-07-28").copy == 2
    for wrong in (certificate(cancelled="mistake"), certificate(valid_until="2013-04-30"), certificate(snapshot=None)):
        with pytest.raises(Refused):
            rules.may_print(wrong, "2013-07-28")


def test_it_is_taken_back_once_and_for_a_reason():
    assert rules.cancel(certificate(), "mistake", "  mauvais   employeur ").note == "mauvais employeur"
    with pytest.raises(Unreadable):
        rules.cancel(certificate(), "because", "")
    with pytest.raises(Refused):
        rules.cancel(certificate(cancelled="mistake"), "mistake", "")


# --- what the QR says ------------------------------------------------------------------------


SAID = Statement("CNSS-BZV", "ATT-2013-000001", "Certificat", "9000001", "Église & Fils", "2013-04-29", "", False, "d")


@pytest.fixture(scope="module")
def keys():
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415

    return Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()


def book(*pairs):
    return {seal.key_id(public_of(key)): (agency, public_of(key)) for key, agency in pairs}


def public_of(key):
    return key.public_key().public_bytes_raw()


def signed(said, key):
    return seal.sealed(statement.SEAL, said.as_bytes(), key)


def test_any_agency_with_the_key_reads_it_as_it_was_signed(keys):
    text = signed(SAID, keys[0])
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
    found = statement.check(f" {text[:40]}\n{text[40:].lower()} ", book((keys[0], "CNSS-BZV")))
    assert (found.found, found.statement, found.by) == ("authentic", SAID, "CNSS-BZV")


def test_one_letter_changed_anywhere_is_seen(keys):
    text, known = signed(SAID, keys[0]), book((keys[0], "CNSS-BZV"))
    for at in range(len(statement.MARK), len(text)):
        altered = text[:at] + ("B" if text[at] != "B" else "C") + text[at + 1 :]
        try:
            found = statement.check(altered, known)
        except Unreadable:
            continue
        # the last letter may hold bits that are no part of any byte
        assert found.found != "authentic" or (found.statement == SAID and at == len(text) - 1)


def test_another_key_another_agency_and_no_key_are_told_apart(keys):
    text = signed(SAID, keys[0])
    assert statement.check(text, book((keys[1], "CNSS-PNR"))).found == "unknown_key"
    assert statement.check(text, book((keys[0], "CNSS-PNR"))).found == "forged"  # their key, our name


@pytest.mark.parametrize(
    "typed",
    ["", "x", "MBOTE1", "MBOTE1!!!!", "MBOTE1" + "A" * 30, "MBOTE1" + "A" * 5_000, "https://x.example", "é" * 50],
)
def test_what_is_no_certificate_is_said_so(typed):
    with pytest.raises(Unreadable):
        statement.check(typed, {})


@pytest.mark.parametrize("facts", [{}, 3, [], ["a"] * 9, [1] * 9, "x", ["a"] * 7 + [False, 3], [[]] * 9])
def test_what_is_signed_and_makes_no_sense_is_said_so(keys, facts):
    class Odd:
        def as_bytes(self):
            return json.dumps(facts).encode()

    with pytest.raises(Unreadable):
        statement.check(signed(Odd(), keys[0]), book((keys[0], "CNSS-BZV")))


def test_the_short_code_is_the_same_however_it_is_typed(keys):
    code = seal.code_of(signed(SAID, keys[0]))
    assert len(code) == 14
    assert seal.code_typed(seal.as_scanned(code.lower().replace("-", " "))) == code
