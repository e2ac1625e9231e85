"""A certificate on its whole road: the file, the rule, the number, the signature, the paper, and another agency."""

import io
import re
import shutil

import pikepdf
import pytest
from click.testing import CliRunner

from hub import seal
from hub.cli import main
from hub.errors import NotAllowed, NotFound, Refused, Unreadable
from hub.people import store as people_store
from hub.services.certificate import actions, kinds, paper, store
from hub.services.certificate.actions import Impossible, Purpose
from hub.services.certificate.model import Receipt
from tests.hub.services.conftest import CONFIG
from tests.hub.services.house import BAKER, CASHIER, CLERK, House, Screen, brazzaville

pytestmark = pytest.mark.slow  # real files and processes

DAY = brazzaville("2013-04-29")


@pytest.fixture(scope="module")
def replica(tmp_path_factory):
    """Central data, imported once for all of these tests."""
    found = House(tmp_path_factory.mktemp("central"), DAY, ("certificate",))
    found.central_data()
    found.close()
    return found.data / "people.db"


@pytest.fixture
def house(tmp_path, workshop, replica):
    (tmp_path / "data").mkdir()
    shutil.copy(replica, tmp_path / "data")
    found = House(tmp_path, DAY, ("certificate",), workshop)
    yield found
    found.close()


def give(house, ref, kind, actor=CLERK, *, ticket=1, receipt=None, key=None):  # noqa: PLR0913 (all there is to say)
    ask = house.ask(actor, ref=ref, kind=kind) if key is None else key
    answer = actions.issue(house.hub, ask, ref=ref, kind=kind, purpose=Purpose(ticket), receipt=receipt)
    return actions.known(house.hub, answer["certificate"])


def reasons(error):
    return [(each.word, *each.facts.values()) for each in error.value.possible.refusals]


# --- the acceptance values of B.7 ------------------------------------------------------------


def test_a_quarterly_employer_who_paid_to_1t_2013_holds_it_to_28_07_2013(house):
    found = give(house, "E1", "clearance")
    assert (found.label, found.issued_on, found.valid_until) == ("ATT-2013-000001", "2013-04-29", "2013-07-28")
    assert found.state("2013-07-28") == "issued"


def test_who_owes_4t_2012_is_refused_and_told_so(house):
    with pytest.raises(Impossible) as error:
        give(house, "E2", "clearance")
    assert reasons(error) == [("unpaid", "4T 2012", "134\u202f848")]
    screen = Screen(house)
    house.visitor()
    screen.send("/desk/certificate", ref="E2", kind="clearance")
    assert screen.status == 409
    assert "4T 2012 : 134 848 dus" in screen.words
    assert "certificate_issued" not in house.kinds()


# --- S2, the certificate's half --------------------------------------------------------------


def test_paid_by_cheque_it_is_under_reserve_and_a_cheque_that_comes_back_cancels_it(house):
    cheque = Receipt("183", 134_848, "cheque")
    found = give(house, "E2", "clearance", CASHIER, receipt=cheque)
    assert found.receipt == "183"
    assert paper.data(house.hub, found, 0)["reserve"] == "183"
    assert actions.check(house.hub, found.statement).word == "reserved"
    answer = actions.receipt_returned(house.hub, house.ask(CASHIER), receipt=" 183 ")
    assert answer["cancelled"] == [found.label]
    assert actions.check(house.hub, found.statement).word == "cancelled"
    assert actions.known(house.hub, found.id).cancelled == "unpaid"
    with pytest.raises(NotFound):
        actions.receipt_returned(house.hub, house.ask(CASHIER), receipt="183")


def test_cash_is_money_and_needs_no_reserve(house):
    assert give(house, "E2", "clearance", CASHIER, receipt=Receipt("184", 134_848, "cash")).receipt is None


def test_only_who_has_seen_the_money_vouches_for_it(house):
    with pytest.raises(NotAllowed):
        give(house, "E2", "clearance", CLERK, receipt=Receipt("183", 134_848, "cheque"))


# --- numbers, keys, journal ------------------------------------------------------------------


def test_numbers_follow_without_a_gap_whatever_was_refused_between(house):
    give(house, "E1", "clearance")
    with pytest.raises(Impossible):
        give(house, "E2", "clearance")
    assert give(house, "P1", "registration").label == "ATT-2013-000002"
    house.clock.jump(to=brazzaville("2014-01-02"))
    assert give(house, "P1", "registration").label == "ATT-2014-000001"


def test_the_same_press_is_one_certificate(house):
    ask = house.ask(CLERK, ref="E1")
    assert give(house, "E1", "clearance", key=ask).id == give(house, "E1", "clearance", key=ask).id
    assert house.kinds().count("certificate_issued") == 1


def test_nobody_is_named_in_the_public_journal_and_the_journal_gives_every_row_again(house):
    found = give(house, "P1", "registration")
    actions.print_copy(house.hub, house.ask(), certificate=found.id)
    actions.cancel(house.hub, house.ask(), certificate=found.id, reason="wrong_person", note="c'était BAMOU Paul")
    public = house.public_journal()
    assert not re.search("BAMOU|Jérôme|2133415888|P1\\b|MBOTE1", public)
    house.replayed()


def test_each_look_is_in_the_journal_and_a_file_is_not_opened_without_a_reason(house):
    actions.examine(house.hub, house.ask(), ref="E1", purpose=Purpose(1))
    give(house, "E1", "clearance")
    assert [(row["view"], row["ticket"]) for row in people_store.reads_of(house.hub.reader, "E1")] == [
        ("certificate", 1), ("certificate", 1)
    ]  # fmt: skip
    with pytest.raises(Unreadable):
        actions.examine(house.hub, house.ask(), ref="E1", purpose=Purpose(None, "mail", " "))


def test_what_central_data_say_tomorrow_does_not_change_what_was_given(house):
    found = give(house, "E1", "clearance")
    before = paper.paper(house.hub, found, 0)
    house.import_("employers", BAKER | {"name": "Autre Nom"}, name="later.jsonl")
    assert paper.paper(house.hub, actions.known(house.hub, found.id), 0) == before


# --- the paper -------------------------------------------------------------------------------


def test_giving_printing_and_printing_again_are_three_things(house):
    found = give(house, "E1", "clearance")
    assert found.copies == 0
    press = house.ask()
    copies = [actions.print_copy(house.hub, press, certificate=found.id)["copy"] for _ in range(2)]
    copies.append(actions.print_copy(house.hub, house.ask(), certificate=found.id)["copy"])
    assert copies == [0, 0, 1]  # the same press is the same copy
    assert actions.known(house.hub, found.id).copies == 2
    assert house.kinds()[-2:] == ["certificate_printed", "certificate_printed"]
    first, second = (paper.paper(house.hub, found, copy) for copy in (0, 1))
    assert first != second
    assert paper.data(house.hub, found, 1)["words"]["duplicate"] == "DUPLICATA"


def test_every_kind_is_drawn_for_the_archive_and_for_who_does_not_see(house):
    house.import_("cases", {"ref": "D1", "party": "P1", "number": "PV-1", "event": "PVN", "state": "opened",
                            "opened_on": "2013-02-01"})  # fmt: skip
    there = kinds.load(CONFIG).kinds
    assert len(there) == 9
    for kind in sorted(there, key="pension_payment".__eq__):
        if kind == "pension_payment":
            house.import_("payments", {"ref": "Y1", "party": "P1", "period": "2013-03", "amount": "86000",
                                       "paid_on": "2013-03-07", "state": "paid"})  # fmt: skip
        found = give(house, "E1" if there[kind].of == "employer" else "P1", kind)
        pdf = pikepdf.open(io.BytesIO(paper.paper(house.hub, found, 0)))
        said = str(pdf.Root.Metadata.read_bytes(), "utf-8")
        assert "<pdfuaid:part>1</pdfuaid:part>" in said
        assert "<pdfaid:conformance>A</pdfaid:conformance>" in said
        assert str(pdf.docinfo.Title) == f"{there[kind].title['fr']} {found.label}"
        assert str(pdf.Root.Lang) == "fr"
        fonts = {str(font.get("/BaseFont")) for page in pdf.pages for font in page.Resources.Font.values()}
        assert fonts
        assert all("Libertinus" in font or "DejaVu" in font for font in fonts)
        assert len(pdf.pages) == 1


def test_ten_years_of_months_go_over_several_pages_with_their_heading(house):
    house.import_("employers", BAKER | {"ref": "E3", "number": "9000003", "periodicity": "monthly"})
    house.import_("contributions", *[
        house.period("E3", f"{year}-{month:02d}") for year in range(2003, 2013) for month in range(1, 13)
    ])  # fmt: skip
    pdf = pikepdf.open(io.BytesIO(paper.paper(house.hub, give(house, "E3", "contributions"), 0)))
    assert 3 <= len(pdf.pages) <= 6


def test_one_that_counts_no_more_is_not_printed(house):
    found = give(house, "E1", "clearance")
    house.clock.jump(to=brazzaville("2013-07-29"))
    with pytest.raises(Refused) as expired:
        actions.print_copy(house.hub, house.ask(), certificate=found.id)
    assert expired.value.reason == "certificate_expired"
    other = give(house, "P1", "registration")
    actions.cancel(house.hub, house.ask(), certificate=other.id, reason="mistake")
    with pytest.raises(Refused) as cancelled:
        actions.print_copy(house.hub, house.ask(), certificate=other.id)
    assert cancelled.value.reason == "certificate_cancelled"


def test_a_role_prints_nothing_that_it_may_not_see(house):
    found = give(house, "P1", "career")
    with pytest.raises(NotAllowed):
        actions.print_copy(house.hub, house.ask(CASHIER), certificate=found.id)
    with pytest.raises(Impossible) as error:
        give(house, "P1", "career", CASHIER)
    assert reasons(error) == [("hidden",)]


def test_a_certificate_of_life_is_given_to_who_stands_there(house):
    with pytest.raises(Impossible) as error:
        actions.issue(house.hub, house.ask(), ref="P1", kind="life", purpose=Purpose(None, "mail", "lettre du 2 mai"))
    assert reasons(error) == [("absent",)]
    assert give(house, "P1", "life").valid_until == "2013-10-28"


# --- a new kind is a file --------------------------------------------------------------------

NEW_KIND = """
code = "manager"
of = "employer"
title = { fr = "Attestation de gérance" }
text = { fr = "{name} est dirigé par la personne ci-dessous." }
fields = ["name", "manager"]
conditions = ["number"]
months = 1
layout = "ours.typ"
"""
NEW_LAYOUT = '#import "frame.typ": *\n#show: framed\n#text(size: 20pt, d.text)\n#facts\n'


@pytest.fixture
def configured(tmp_path):
    """A configuration of the agency's own."""
    folder = tmp_path / "config"
    shutil.copytree(CONFIG, folder)
    (folder / "certificates").mkdir()
    return folder


def test_a_new_kind_changes_no_line_of_python(house, configured):
    (configured / "certificates" / "manager.toml").write_text(NEW_KIND)
    (configured / "certificates" / "ours.typ").write_text(NEW_LAYOUT)
    (configured / "certificates" / "affiliation.toml").write_text(
        (kinds.OURS / "affiliation.toml").read_text() + "withdrawn = true\n"
    )
    object.__setattr__(house.hub.settings, "folder", configured)
    house.import_("employers", BAKER | {"manager": "NGOMA Aline"}, name="named.jsonl")
    possible = actions.examine(house.hub, house.ask(), ref="E1", purpose=Purpose(1)).possible
    assert [each.kind.code for each in possible] == ["clearance", "contributions", "manager"]
    found = give(house, "E1", "manager")
    assert found.valid_until == "2013-05-28"
    assert paper.data(house.hub, found, 0)["facts"][1] == ["Responsable", "NGOMA Aline"]
    assert paper.paper(house.hub, found, 0).startswith(b"%PDF")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ('conditions = ["number"]|conditions = ["no_dept"]', "no condition no_dept, did you mean no_debt?"),
        ('fields = ["name", "manager"]|fields = ["nom"]', "fields: no field nom"),
        ("{name} est|{nam} est", "no blank {nam}, did you mean name?"),
        ("months = 1|month = 1", "unknown key month, did you mean months?"),
        ('of = "employer"|of = "company"', "of:"),
        ('layout = "ours.typ"|layout = "our.typ"', "no layout our.typ, did you mean ours.typ?"),
        (
            'layout = "ours.typ"|layout = "ours.typ"\n[tabs]\ncontributions = [\'perod\']',
            "no column perod, did you mean period?",
        ),
        ('layout = "ours.typ"|layout = "ours.typ"\n[tabs]\npaymnts = []', "no tab paymnts, did you mean payments?"),
        ("months = 1|months = ", "cannot be read"),
        ('code = "manager"|', "code:"),
    ],
)
def test_what_is_wrong_in_a_kind_is_named_and_the_hub_does_not_start(configured, change, problem):
    before, _, after = change.partition("|")
    (configured / "certificates" / "manager.toml").write_text(NEW_KIND.replace(before, after))
    (configured / "certificates" / "ours.typ").write_text(NEW_LAYOUT)
    with pytest.raises(kinds.ConfigurationFault) as fault:
        kinds.load(configured)
    assert any(problem in each for each in fault.value.problems), fault.value.problems


# --- another agency --------------------------------------------------------------------------


def test_another_agency_checks_it_without_asking_anybody(house, configured, tmp_path):
    found = give(house, "E1", "clearance")
    other = House(tmp_path / "other", DAY, ("certificate",), None, agency={"code": "CNSS-PNR"})
    try:
        assert actions.check(other.hub, found.statement).word == "unknown_key"
        (own,) = seal.own_key(house.hub.store.folder, house.hub.settings.agency.code).values()
        (configured / "certificates" / "keys.toml").write_text(f'"{own[0]}" = "{own[1].hex()}"\n')
        object.__setattr__(other.hub.settings, "folder", configured)
        kinds.load.cache_clear()
        verdict = actions.check(other.hub, found.statement)
        assert (verdict.word, verdict.checked.statement.name) == ("elsewhere", "Boulangerie Ngoma")
        other.clock.jump(to=brazzaville("2013-07-29"))
        assert actions.check(other.hub, found.statement).word == "elsewhere_expired"
        screen = Screen(other).send("/desk/certificate/check", code=found.statement[:-8] + "AAAAAAAA")
        assert "Faux" in screen.words or "n'est pas le code" in screen.words
    finally:
        other.close()


def test_our_own_book_knows_more_than_the_signature(house):
    found = give(house, "E1", "clearance")
    for typed in (found.statement, found.code, found.code.replace("-", "").lower(), found.label.lower()):
        assert actions.check(house.hub, typed).word == "issued"
    actions.cancel(house.hub, house.ask(), certificate=found.id, reason="mistake")
    assert actions.check(house.hub, found.statement).word == "cancelled"
    assert actions.check(house.hub, "ATT-2013-000099").word == "not_in_book"


# --- the desk --------------------------------------------------------------------------------


def test_the_visit_tells_what_was_given_and_the_desk_what_was_not_printed(house):
    ticket = house.visitor()
    found = give(house, "E1", "clearance", ticket=ticket)
    assert [line.said("fr") for line in store.thread(house.hub.reader, ticket)] == [
        f"Attestation {found.label} délivrée"
    ]
    (waiting,) = store.pending(house.hub.reader, CLERK.agent)
    assert waiting.said("fr") == "Attestation non imprimée"
    screen = Screen(house).open(waiting.url)
    assert found.label in screen.words
    actions.print_copy(house.hub, house.ask(), certificate=found.id)
    assert store.pending(house.hub.reader, CLERK.agent) == ()


def test_the_page_goes_from_a_name_to_a_paper(house):
    screen = Screen(house)
    assert "Cherchez la personne" in screen.open("/desk/certificate").words
    assert "Boulangerie Ngoma" in screen.open("/desk/certificate?q=ngoma").words
    assert "par où vient la demande" in screen.open("/desk/certificate?ref=E1").words
    house.visitor()
    screen.open("/desk/certificate?ref=E1")
    assert "Certificat de non-redevance jusqu'au 28/07/2013" in screen.words
    screen.send("/desk/certificate", ref="E1", kind="clearance")
    assert "ATT-2013-000001 est délivrée." in screen.words
    screen.send("/desk/certificate/1/print")
    assert screen.headers["Content-Type"] == "application/pdf"
    assert screen.data.startswith(b"%PDF")
    assert "duplicata" in screen.open("/desk/certificate/1").words
    screen.send("/desk/certificate/1/cancel")
    assert (screen.status, "Choisissez pourquoi." in screen.words) == (422, True)
    screen.send("/desk/certificate/1/cancel", reason="mistake")
    assert "est annulée" in screen.words


def test_a_cashier_gives_it_for_a_receipt_from_the_page(house):
    house.visitor("11", "CRE", CASHIER)
    screen = Screen(house, CASHIER).open("/desk/certificate?ref=E2")
    assert "Un reçu de caisse couvre cette dette" in screen.words
    form = {"ref": "E2", "kind": "clearance", "receipt": "183", "tender": "cheque"}
    assert "Un reçu a un numéro" in screen.send("/desk/certificate", **form).words
    assert "4T 2012" in screen.send("/desk/certificate", **form, amount="1").words
    assert "sous réserve du reçu 183" in screen.send("/desk/certificate", **form, amount="134 848").words
    screen.send("/desk/certificate/returned", receipt="183")
    assert "Annulées : ATT-2013-000001" in screen.words


def test_what_makes_no_sense_is_refused_in_words(house):
    house.visitor()
    screen = Screen(house)
    for path, form in (
        ("", {"ref": "nobody", "kind": "clearance"}),
        ("", {"ref": "E1", "kind": "nothing"}),
        ("", {}),
        ("", {"ref": "E1", "kind": "clearance", "key": "k" * 65}),
        ("/99/print", {}),
        ("/99/cancel", {"reason": "mistake"}),
        ("/check", {"code": "MBOTE1AAAA"}),
        ("/check", {"code": "<script>alert(1)</script>"}),
        ("/returned", {"receipt": ""}),
    ):
        screen.send(f"/desk/certificate{path}", **form)
        assert 200 <= screen.status < 500, (path, form)
        assert "<script>alert" not in screen.text
    assert "certificate_issued" not in house.kinds()


def test_the_command_checks_it_with_nothing_running(house, configured, tmp_path):
    found = give(house, "E1", "clearance")
    with (configured / "local.toml").open("a") as local:
        local.write(f'[hub]\ndata = "{house.hub.store.folder}"\n')
    command = CliRunner()
    said = command.invoke(main, ["certificate", "verify", "-", "--config", str(configured)], input=found.statement)
    assert said.exit_code == 0, said.output
    assert "authentic: signed by CNSS-BZV-SIEGE" in said.output
    assert "in the book, not cancelled" in said.output
    actions.cancel(house.hub, house.ask(), certificate=found.id, reason="mistake")
    said = command.invoke(main, ["certificate", "verify", found.statement, "--config", str(configured)])
    assert (said.exit_code, "CANCELLED here (mistake)" in said.output) == (1, True)
    line = command.invoke(main, ["certificate", "key", "--config", str(configured)]).output
    shutil.copytree(configured, tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "local.toml").unlink()
    elsewhere = ["certificate", "verify", found.statement, "--config", str(tmp_path / "elsewhere")]
    assert "not known: signed with key" in command.invoke(main, elsewhere).output
    (tmp_path / "elsewhere" / "certificates" / "keys.toml").write_text(line)
    kinds.load.cache_clear()
    assert "authentic: signed by CNSS-BZV-SIEGE" in command.invoke(main, elsewhere).output
    assert command.invoke(main, [*elsewhere[:2], "nonsense", *elsewhere[3:]]).exit_code == 1
