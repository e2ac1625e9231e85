"""What is owed, shared, counted and added up at a till: the fund's own figures to the franc, no hub."""

from datetime import date
from itertools import pairwise
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import ConfigurationFault, IllegalStep, NotAllowed, Refused, Unreadable
from hub.people.rules import rib_key
from hub.services.cash import chain, closings, contributions, office, rules
from hub.services.cash.model import CashEntry, PaidPeriod, Payer, Session, Till, TillPlace
from hub.settings_files import load_settings
from tests.hub.services.conftest import CONFIG

OFFICE = office.office_of(load_settings(CONFIG))
EASTER_FRIDAY = date(2013, 3, 29)
BAKER = Payer("employer", "Boulangerie Ngoma", "9000001", "E1")
VECTOR = "8f99b05372132bab3c565e8be032fb1b88d5f241acaaf10745ddb03c113c3031"
#: The fund's own closing of 29/03/2013 (requirements D.6): number, periods, account, amount; how it was paid in A5.
SEED = (
    (183, ("2013-T1",), "415120", 262_224, "cheque"), (184, ("2013-03",), "415120", 24_280, "cash"),
    (185, ("2013-T2",), "415120", 72_840, "cash"), (186, ("2013-T1",), "415120", 265_866, "cheque"),
    (187, ("2013-T2",), "415110", 36_000, "cash"), (188, ("2012-T4",), "415120", 134_848, "transfer"),
    (189, ("2013-T1",), "415120", 122_589, "mobile_money"), (190, ("2013-T1",), "415120", 106_508, "cheque"),
    (191, ("2013-T1",), "415120", 90_988, "cash"),
    (192, ("2012-T2", "2012-T3", "2012-T4"), "415120", 172_650, "cheque"),
    (193, ("2013-01",), "415120", 1_446_117, "transfer"), (194, ("2013-T1",), "415120", 50_988, "cash"),
)  # fmt: skip
LABELS = (
    "COTIS 1T 2013", "COTIS MARS 2013", "COTIS 2T 2013", "COTIS 1T 2013", "COTIS 2T 2013", "COTIS 4T 2012",
    "COTIS 1T 2013", "COTIS 1T 2013", "COTIS 1T 2013", "COTIS 2T 3T 4T 2012", "COTIS JANV 2013", "COTIS 1T 2013",
)  # fmt: skip


def entry(number, amount, *, kind="collection", direction="in", tender="cash", account="415120", **more):  # noqa: PLR0913 (an entry)
    values = {
        "till": "C01", "year": 2013, "number": number, "seq": number, "epoch": 1, "session": 1, "at": 0,
        "said_at": "2013-03-29T08:12:05+01:00", "agency": "A", "label": "COTIS 1T 2013", "hash": "h",
        "payer_kind": "employer",
    }  # fmt: skip
    return CashEntry(**values | more, kind=kind, direction=direction, amount=amount, tender=tender, account=account)


def seed_entries():
    return [entry(number, amount, tender=tender, account=account) for number, _, account, amount, tender in SEED]


def session(state="open", **more):
    return Session(1, "C01", "01016E", "2013-03-29", state, 50_000, 0, **more)


# --- rates, shares, labels, accounts ---------------------------------------------------------


@pytest.mark.parametrize(
    ("wages", "due"),
    [(1_080_000, 262_224), (100_000, 24_280), (300_000, 72_840), (1_095_000, 265_866), (5_956_000, 1_446_117),
     (210_000, 50_988)],
)  # fmt: skip
def test_six_of_the_seed_s_amounts_are_24_28_percent_of_round_wages(wages, due):
    assert contributions.due_of(wages, contributions.rates_at(OFFICE, "employer", EASTER_FRIDAY)) == due


def test_the_voluntary_insured_pay_12_percent():
    assert contributions.due_of(300_000, contributions.rates_at(OFFICE, "voluntary", EASTER_FRIDAY)) == 36_000


def test_a_wage_above_a_ceiling_is_cut_there_the_worked_example_of_850_000():
    rates = contributions.rates_at(OFFICE, "employer", EASTER_FRIDAY)
    parts = contributions.due_of_wage(850_000, rates)
    assert parts == {
        ("family", "employer"): 60_180, ("risks", "employer"): 13_500, ("pensions", "employer"): 68_000,
        ("pensions", "employee"): 34_000,
    }  # fmt: skip
    assert sum(parts.values()) == 175_680
    assert sum(contributions.due_of_wage(850_000 * 3, rates, months=3).values()) == 3 * 175_680


def test_a_payment_is_shared_by_branch_to_the_franc():
    rates = contributions.rates_at(OFFICE, "employer", EASTER_FRIDAY)
    assert contributions.shares(262_224, rates) == {"family": 108_324, "risks": 24_300, "pensions": 129_600}


def test_before_the_first_rates_nothing_is_guessed():
    with pytest.raises(Refused, match="no rates"):
        contributions.rates_at(OFFICE, "employer", date(2008, 12, 31))


def test_the_lines_of_the_seed_are_called_as_it_calls_them():
    for (_, periods, *_), label in zip(SEED, LABELS, strict=True):
        paid = contributions.paid_periods([(each, 1) for each in periods], EASTER_FRIDAY)
        assert contributions.label("contribution", paid) == label


def test_arrears_are_of_an_earlier_year_and_an_advance_has_not_begun():
    flags = {periods: contributions.flag_of(periods[0], EASTER_FRIDAY) for _, periods, *_ in SEED}
    assert [name for periods, name in flags.items() if name == "arrears"] == ["arrears"] * 2
    assert flags["2013-T2",] == "advance"
    assert {flags["2013-T1",], flags["2013-03",], flags["2013-01",]} == {"current"}


@pytest.mark.parametrize(
    ("operation", "payer", "account"),
    [("contribution", "employer", "415120"), ("contribution", "voluntary", "415110"), ("supply", "", "585000")],
)
def test_the_account_comes_from_the_table(operation, payer, account):
    assert contributions.account_of(OFFICE, operation, payer) == account


def test_where_the_table_has_none_or_two_nothing_is_booked():
    with pytest.raises(Refused, match="no account"):
        contributions.account_of(OFFICE, "contribution", "other")
    split = SimpleNamespace(accounts={"contribution.employer": "1", "contribution.employer.arrears": "2"})
    lines = [PaidPeriod("2012-T4", 1, "arrears"), PaidPeriod("2013-T1", 1, "current")]
    assert contributions.account_of(split, "contribution", "employer", lines[:1]) == "2"
    with pytest.raises(Refused, match="different accounts"):
        contributions.account_of(split, "contribution", "employer", lines)


@pytest.mark.parametrize(
    ("said", "code"),
    [([("2013-T5", 1)], "period_wrong"), ([("2013-T1", 0)], "amount_wrong"), ([("2013-T1", 1)] * 2, "period_twice")],
)
def test_a_payment_names_each_period_once(said, code):
    with pytest.raises(Unreadable) as refused:
        contributions.paid_periods(said, EASTER_FRIDAY)
    assert refused.value.reason == code


def test_the_key_of_a_bank_identity():
    assert rib_key("30012", "00101", "01013451300") == 93


# --- counting --------------------------------------------------------------------------------


def test_the_count_sheet_of_c_1_comes_to_447_840_and_500_stands_there_twice():
    said = {"n10000": "30", "n5000": "12", "n2000": "20", "n1000": "35", "n500": "16", "c100": "40", "c50": "12",
            "c25": "8", "c10": "3", "c5": "2", "c1": ""}  # fmt: skip
    pieces = rules.counted(said, OFFICE)
    assert rules.worth(pieces, OFFICE) == 447_840
    assert [each.code for each in OFFICE.denominations if each.value == 500] == ["n500", "c500"]
    assert rules.worth(pieces | {"c500": 2}, OFFICE) == 448_840


@pytest.mark.parametrize("said", ["1.5", "-1", "x", "1e3", "²", "9999999"])
def test_pieces_are_whole(said):
    with pytest.raises(Unreadable) as refused:
        rules.counted({"c25": said}, OFFICE)
    assert (refused.value.reason, refused.value.field) == ("pieces_wrong", "c25")


# --- the chain -------------------------------------------------------------------------------


def test_the_vector_of_c_4():
    said = {"agency": "CNSS-BZV-SIEGE", "till": "C01", "number": 183, "said_at": "2013-03-29T08:12:05+01:00",
            "kind": "collection", "account": "415120", "amount": 262_224, "label": "COTIS 1T 2013"}  # fmt: skip
    assert chain.canonical(said) == (
        "2|CNSS-BZV-SIEGE|C01|183|2013-03-29T08:12:05+01:00|ENC|415120|262224|XAF|COTIS 1T 2013|"
    )
    assert chain.digest(said, chain.GENESIS) == VECTOR
    assert chain.digest(said | {"tender": "cheque"}, chain.GENESIS) != VECTOR, "whatever else it says counts, too"


# --- closings: A1 to A5 ----------------------------------------------------------------------


def test_a1_the_twelve_lines_alone_are_balanced():
    totals = closings.totals_of(seed_entries())
    assert (totals.total, totals.operations) == (2_785_898, 12)
    assert totals.by_account == {"415110": 36_000, "415120": 2_749_898}
    closings.justify(0, map(closings.signed, seed_entries()), 2_785_898)


def test_a2_the_printed_total_is_not_theirs():
    with pytest.raises(Refused) as refused:
        closings.justify(0, map(closings.signed, seed_entries()), 9_879_304)
    assert (refused.value.reason, refused.value.facts) == ("total_not_justified", {"difference": 7_093_406})


def test_a3_with_what_an_earlier_page_came_to_it_is():
    closings.justify(7_093_406, map(closings.signed, seed_entries()), 9_879_304)
    (page,) = closings.pages_of(seed_entries(), OFFICE, report=7_093_406)
    assert (page.report, page.sum, page.carried) == (7_093_406, 2_785_898, 9_879_304)


def test_a5_the_drawer_of_that_day():
    entries = seed_entries()
    totals = closings.totals_of(entries)
    assert totals.by_tender["cash"] == 275_096
    assert totals.by_tender["mobile_money"] == 122_589
    assert totals.by_tender["cheque"] + totals.by_tender["transfer"] == 106_508 + 2_281_705
    assert 50_000 + totals.cash_in - totals.cash_out == 325_096


@given(st.lists(st.integers(1, 2_000_000), max_size=130), st.integers(0, 10**7))
def test_no_page_prints_a_total_that_it_does_not_justify(amounts, report):
    entries = [entry(n, amount, direction="in" if amount % 3 else "out") for n, amount in enumerate(amounts, 1)]
    pages = closings.pages_of(entries, OFFICE, report)
    assert pages[0].report == report
    for before, page in pairwise(pages):
        assert page.report == before.carried
    for page in pages:
        closings.justify(page.report, map(closings.signed, page.rows), page.carried)
    assert [row for page in pages for row in page.rows] == entries
    assert len(pages[0].rows) <= OFFICE.lines_first


def test_the_entry_that_a_closing_proposes_is_balanced():
    totals = closings.totals_of(seed_entries())
    lines = closings.journal_of({"by_tender": totals.by_tender, "by_account": totals.by_account}, OFFICE)
    assert sum(debit for _, debit, _ in lines) == sum(credit for _, _, credit in lines) == 2_785_898
    assert ("571000", 275_096, 0) in lines
    assert ("415110", 0, 36_000) in lines


def test_numbers_without_a_gap():
    assert closings.contiguous([183, 184, 185])
    assert closings.contiguous([])
    assert not closings.contiguous([183, 185])


# --- what may happen -------------------------------------------------------------------------


def collected(**more):
    values = {"operation": "contribution", "who": BAKER, "lines": [("2013-T1", 134_848)], "tender": "cash",
              "tendered": 150_000, "said": {}, "on": EASTER_FRIDAY}  # fmt: skip
    values |= more
    paid = {name: values.pop(name) for name in ("tender", "tendered", "said")}
    return rules.collect(rules.due(OFFICE, **values), **paid)


def test_cash_is_taken_with_its_change():
    draft = collected()
    assert (draft.amount, draft.tendered, draft.change, draft.account) == (134_848, 150_000, 15_152, "415120")
    assert collected(tendered=None).change == 0


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"tendered": 134_847}, "given_short"), ({"lines": []}, "nothing_paid"),
        ({"who": Payer("employer", "  ")}, "payer_needed"), ({"tender": "cheque"}, "number_needed"),
        ({"tender": "cheque", "said": {"number": "12"}}, "bank_needed"), ({"tender": "transfer"}, "reference_needed"),
        ({"tender": "mobile_money"}, "phone_needed"), ({"lines": [("2013-T1", 10**13)]}, "nothing_paid"),
    ],
)  # fmt: skip
def test_a_payment_that_makes_no_sense_is_refused(more, code):
    with pytest.raises(Unreadable) as refused:
        collected(**more)
    assert refused.value.reason == code


def test_a_session_goes_its_way_and_no_other():
    way = [("open", "suspend"), ("suspended", "resume"), ("open", "count"), ("counted", "count"),
           ("counted", "propose"), ("proposed", "refuse"), ("counted", "resume"), ("proposed", "approve")]  # fmt: skip
    for state, step in way:
        assert rules.step(session(state), step)
    for state, steps in rules.STEPS.items():
        for step in {"suspend", "resume", "count", "propose", "approve", "refuse"} - steps.keys():
            with pytest.raises(IllegalStep):
                rules.step(session(state), step)


def test_a_cheque_is_received_taken_to_the_bank_and_paid_or_not():
    cheque = entry(1, 1, tender="cheque", tender_state="received")
    assert rules.tender_step(cheque, "deposit") == "deposited"
    with pytest.raises(IllegalStep):
        rules.tender_step(cheque, "pay")
    assert rules.tender_step(entry(1, 1, tender="cheque", tender_state="deposited"), "unpay") == "unpaid"
    for state in ("paid", "unpaid"):
        with pytest.raises(IllegalStep):
            rules.tender_step(entry(1, 1, tender="cheque", tender_state=state), "unpay")


def test_nobody_decides_on_their_own():
    with pytest.raises(NotAllowed):
        rules.reversal(entry(1, 100), session(), Till("C01", cash=100), "typing", "01016E")
    with pytest.raises(NotAllowed):
        rules.may_decide(session("proposed"), "01016E", held_today=False)
    with pytest.raises(NotAllowed):
        rules.may_decide(session("proposed"), "01003B", held_today=True)
    rules.may_decide(session("proposed"), "01003B", held_today=False)


@pytest.mark.parametrize(
    ("found", "held", "code"),
    [
        (entry(1, 1, kind="reversal"), session(), "never_reversed"),
        (entry(1, 1, reversed_by="C01-2013-000002"), session(), "already_reversed"),
        (entry(1, 1, session=2), session(), "session_over"), (entry(1, 1), session("counted"), "session_over"),
        (entry(1, 1), None, "session_over"), (entry(1, 1, tender_state="unpaid"), session(), "came_back"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_back(found, held, code):
    with pytest.raises(Refused) as refused:
        rules.reversible(found, held)
    assert refused.value.reason == code


def test_the_opposite_of_an_entry_names_it_and_the_drawer_must_hold_it():
    draft = rules.reversal(entry(7, 100), session(), Till("C01", cash=100), "typing", "00411A")
    assert (draft.direction, draft.amount, draft.reverses) == ("out", 100, "C01-2013-000007")
    with pytest.raises(Refused, match="not enough"):
        rules.reversal(entry(7, 100), session(), Till("C01", cash=99), "typing", "00411A")


def test_a_till_is_opened_once_by_whoever_may():
    place = TillPlace("C01", "CAISSE", "11")
    assert rules.till_for(place, frozenset({"collections_cashier"})) is place
    for roles, refused in ((frozenset({"benefits_cashier"}), NotAllowed), (frozenset({"supervisor"}), NotAllowed)):
        with pytest.raises(refused):
            rules.till_for(place, roles)
    fresh, used = Till("C01"), Till("C01", cash=500, closings=1)
    rules.may_open(fresh, None, None, 50_000, "")
    rules.may_open(used, None, None, 500, "")
    rules.may_open(used, None, None, 400, "100 au coffre")
    for till, held, other, opening in (
        (used, None, None, 400),
        (fresh, session(), None, 0),
        (fresh, None, session(), 0),
    ):
        with pytest.raises(Refused):
            rules.may_open(till, held, other, opening, " ")


def test_a_difference_is_explained_in_writing():
    assert rules.explained(0, "", "", OFFICE) == (None, None)
    assert rules.explained(-96, "change", " rendu de trop ", OFFICE) == ("change", "rendu de trop")
    for motive, note, code in (("", "x", "motive_needed"), ("change", " ", "report_needed")):
        with pytest.raises(Unreadable) as refused:
            rules.explained(-96, motive, note, OFFICE)
        assert refused.value.reason == code
    draft = rules.difference(-96, OFFICE, "change", "01003B")
    assert (draft.direction, draft.amount, draft.label) == ("out", 96, "DEFICIT DE CAISSE")


# --- configuration ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tils = []", "unknown key tils, did you mean till?"), ("notes = []", "notes: whole francs"),
        ("notes = [1.5]", "notes.0"), ("lines_first = 99", "lines_first: 1 to 46"), ("notes = [", "cannot be read"),
        ('[[till]]\ncode = "c 1"\nlabel = "x"\ncounter = "99"\nrole = "collection"', "at most 8 capitals"),
        ('[[till]]\ncode = "C1"\nlabel = "x"\ncounter = "11"\nrole = "collection"', "did you mean collections?"),
    ],
)  # fmt: skip
def test_a_configuration_that_cannot_be_is_named(tmp_path, text, told):
    (tmp_path / "cash.toml").write_text(text)
    with pytest.raises(ConfigurationFault, match=told.replace("?", r"\?")):
        office._load(tmp_path)


def test_a_till_at_a_counter_that_nobody_has_is_named_and_one_whose_counter_went_is_away(tmp_path):
    settings = load_settings(CONFIG)
    gone = settings.model_copy(update={"counters": tuple(one for one in settings.counters if one.code != "11")})
    away = office.office_of(gone)
    assert ([till.code for till in away.tills], [till.code for till in away.away]) == (["C02"], ["C01"])
    assert (away.till("C01").label, away.at_work("C01")) == ("CAISSE N°1", None), "what it booked is read as ever"
    office.check(settings, gone)
    with pytest.raises(ConfigurationFault, match="till: C01: no counter 11"):
        office.check(gone)


@pytest.mark.parametrize(
    ("till", "held", "code"),
    [
        (Till("C01"), None, ""),
        (Till("C01", seq=40, closings=3), None, ""),
        (Till("C01", cash=1), None, "till_full"),
        (Till("C01"), "approved by nobody", "till_held"),
    ],
)
def test_a_till_s_counter_goes_once_the_till_is_closed_and_empty(till, held, code):
    place = OFFICE.till("C01")
    session = Session(1, "C01", "01016E", "2013-03-29", "proposed", 0, 0) if held else None
    if not code:
        rules.may_go(place, till, session)
        return
    with pytest.raises(Refused) as refused:
        rules.may_go(place, till, session)
    assert (refused.value.reason, refused.value.facts["counter"]) == (code, "11")


def test_without_a_file_there_are_no_tills_and_everything_else(tmp_path):
    found = office._load(tmp_path)
    assert (found.tills, len(found.denominations)) == ((), 14)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "cash.toml").write_text('[accounts]\nsupply = "999"')
    accounts = office._load(tmp_path / "other").accounts
    assert (accounts["supply"], accounts["contribution.employer"]) == ("999", "415120")
