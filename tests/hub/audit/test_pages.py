"""The auditor reads the journal; what is read, shown and taken along is written down."""

import json
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from hub.agents import actions as agents
from hub.ask import HUB, Actor, Ask
from hub.audit import actions, store
from hub.audit.model import Wanted
from hub.clock import ManualClock
from tests.hub.inquiry.house import ARSENE, JUDITH

pytestmark = pytest.mark.slow  # real files and processes
DAY_S = 86_400
AUDITOR = Ask(Actor(agent="00990Z", roles=frozenset({"auditor"})))


def search(house, before=None, **wanted):
    return actions.search(house.hub, AUDITOR, Wanted(**wanted), before)


# --- searching


def test_a_look_is_found_by_its_agent_and_kind_and_names_nobody(house, auditor):
    house.visitor()
    house.browser(JUDITH).file("P1")
    found = auditor.open(f"/audit?family=reading&agent={JUDITH}")
    assert "Fiche consultée" in found.words
    assert "OKEMBA Judith 00815D" in found.words
    assert "P1" not in found.words
    assert "partie personnelle" in found.words
    assert "Fiche consultée" not in auditor.open(f"/audit?family=reading&agent={ARSENE}").words


def test_the_details_of_an_entry_are_in_the_auditors_language(house, auditor):
    house.visitor()
    found = auditor.open("/audit?family=queue")
    assert "canal borne" in found.words
    assert "catégorie simple" in found.words
    assert '<i title="channel">canal</i>' in found.text
    assert not {"channel", "category", "issued_at", "wait_ms"} & set(found.words.split())
    assert "guichet 02" in auditor.open("/audit?subject=Guichet+02").words
    assert house.entries("counter_opened")[0]["subject"] == "counter 02"
    assert auditor.words.count("Guichet ouvert") == 1
    (entry,) = house.entries("ticket_issued")
    assert json.loads(entry["payload"])["channel"] == "kiosk"


def test_the_search_itself_is_written_down_once(house, auditor):
    auditor.open("/audit")
    assert house.entries("audit_read") == []
    auditor.open("/audit?text=BAMOU&before=40")
    assert house.entries("audit_read") == []
    auditor.open("/audit?text=BAMOU&subject=ticket+1")
    (entry,) = house.entries("audit_read")
    assert (entry["actor"], json.loads(entry["payload"])) == ("00990Z", {"agent": "", "device": "", "family": ""})
    assert store.private_part(house.hub.reader, entry["seq"]) == {"about": "ticket 1", "text": "BAMOU"}


def test_all_pages_together_are_the_whole_journal_each_entry_once(house, monkeypatch):
    monkeypatch.setattr(store, "PAGE", 7)
    monkeypatch.setattr(store, "LOOKED_AT", 20)
    house.visitor()
    last = house.hub.reader.execute("SELECT max(seq) FROM journal").fetchone()[0]
    seen, found = [], search(house)
    while True:
        seen += [line.seq for line in found.lines]
        if found.older is None:
            break
        found = search(house, before=found.older)
    assert seen == list(range(last + 1, 0, -1))  # the search is an entry itself


def test_a_rare_entry_is_found_below_pages_without_it(house, monkeypatch):
    monkeypatch.setattr(store, "LOOKED_AT", 15)
    found, pages = search(house, family="settings"), 1
    while found.older is not None and not found.lines:
        found, pages = search(house, before=found.older, family="settings"), pages + 1
    assert "day_opened" in [line.kind for line in found.lines]
    assert pages > 1


def test_a_day_is_found_by_halving_also_with_a_clock_that_was_wrong(house, monkeypatch):
    monkeypatch.setattr(store, "MARGIN", 3)
    first = house.hub.now().at
    house.later(seconds=DAY_S)
    agents.add_agent(house.hub, Ask(HUB), code="01111A", name="A", roles=["clerk"])
    second = house.hub.now().at
    assert isinstance(house.clock, ManualClock)
    found = search(house, since=second - 1000, until=second + 1000, family="rights")
    assert [line.facts["agent"] for line in found.lines] == ["01111A"]
    low, _ = store.span(house.hub.reader, Wanted(since=second - 1000))
    assert low > 3
    assert "01111A" not in str(search(house, until=first + 1000, family="rights"))


def test_nothing_and_nonsense_are_said_in_words(auditor):
    assert "Rien de tel" in auditor.open("/audit?text=nulle+part").words
    for query, word in (("from=hier", "Une date"), ("from=2026-03-02&to=2026-03-01", "avant le premier"),
                        ("family=rien", "nature de la liste")):  # fmt: skip
        assert word in auditor.open(f"/audit?{query}").words
        assert auditor.status in (400, 422)
    assert auditor.open("/audit?before=abc&text=%27%3B--").status == 200
    assert "<b>" not in auditor.open("/audit?agent=%3Cb%3E").text


def test_only_the_auditor_enters(house):
    for code in ("00411A", "00001A", JUDITH, "00101X"):
        assert house.browser(code).open("/audit").status == 403


# --- the private part


def test_a_private_part_is_shown_with_a_motive_and_the_look_stays(house, auditor):
    house.visitor()
    house.browser(JUDITH).file("P1")
    (look,) = house.entries("party_read")
    auditor.send(f"/audit/entries/{look['seq']}", motive=" ")
    assert "Dites pourquoi" in auditor.words
    assert house.entries("private_read") == []
    auditor.send(f"/audit/entries/{look['seq']}", motive="plainte du 2 mars")
    assert "personne ou employeur P1" in auditor.words
    (entry,) = house.entries("private_read")
    assert (entry["subject"], entry["actor"]) == (f"entry {look['seq']}", "00990Z")
    assert auditor.send("/audit/entries/1", motive="x").status == 404
    for entry in (0, 99_999):  # also without a motive: what is refused first has no page to say it on
        assert auditor.send(f"/audit/entries/{entry}", motive="x").status == 404
        assert auditor.send(f"/audit/entries/{entry}", motive="").status == 404


# --- who could


def test_who_could_do_what_on_a_day_and_which_duties_should_be_apart(house):
    house.later(seconds=DAY_S)
    agents.change_agent(house.hub, Ask(HUB), code=JUDITH, name="OKEMBA Judith", roles=["clerk", "validator"])
    agents.remove_agent(house.hub, Ask(HUB), code=ARSENE)
    before = {each.agent: each for each in store.could(house.hub.reader, house.hub.now().at - 1)}
    after = {each.agent: each for each in store.could(house.hub.reader, house.hub.now().at + 1)}
    assert (before[JUDITH].roles, before[JUDITH].conflicts) == (("clerk",), ())
    assert (after[JUDITH].roles, after[JUDITH].conflicts) == (("clerk", "validator"), ("own_deposit",))
    assert ARSENE in before
    assert ARSENE not in after
    auditor = house.browser("00990Z")
    assert "dépose et valide" in auditor.open("/audit/rights?on=2026-03-03").words
    said = auditor.open("/audit/rights?on=2026-03-02").words
    assert "TSIBA Arsène" in said
    assert "dépose et valide" not in said
    assert "Personne n'avait de rôle" in auditor.open("/audit/rights?on=2020-01-01").words
    assert "Une date" in auditor.open("/audit/rights?on=hier").words


def test_who_could_is_read_from_an_index(house):
    plan = house.hub.reader.execute(
        "EXPLAIN QUERY PLAN SELECT seq FROM journal WHERE kind IN ('agent_added', 'agent_changed', 'agent_removed')"
        " ORDER BY seq"
    ).fetchall()
    assert any("journal_roles" in row["detail"] for row in plan)


# --- a copy that proves itself


@pytest.fixture
def copy(house, tmp_path):
    """Three days, a head signed at the end of each; a copy of Judith's looks on the second one."""
    for _ in range(3):
        house.visitor()
        house.browser(JUDITH).file("P1")
        house.counter("02").finish()
        house.hub.store.sign_head("day_closed")
        house.later(seconds=DAY_S)
    since = house.hub.now().at - 2 * 86_400_000 - 3_600_000
    wanted = Wanted(since=since, until=since + 7_200_000, agent=JUDITH, family="reading")
    path = tmp_path / "copy.zip"
    actions.take_copy(house.hub, AUDITOR, wanted=wanted, persons=True, motive="contrôle", path=path)
    return path


def verified(path: Path, *more: str):
    """The verifier as somebody without Mbote runs it: taken out of the copy, in a Python without our packages."""
    with zipfile.ZipFile(path) as bundle:
        program = path.with_name("verifier.py")
        program.write_bytes(bundle.read("verifier.py"))
    told = subprocess.run(
        [sys.executable, "-I", "-S", str(program), str(path), *more], capture_output=True, text=True, check=False
    )
    return told.returncode, told.stdout


def rewritten(path: Path, name: str, change) -> Path:
    """The copy with one file changed."""
    other = path.with_name("changed.zip")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(other, "w") as target:
        for each in source.namelist():
            content = source.read(each)
            target.writestr(each, change(content) if each == name else content)
    return other


def test_a_copy_is_whole_for_a_verifier_that_knows_nothing_of_us(house, copy):
    code, said = verified(copy)
    assert (code, "all of it is as it was written" in said) == (0, True), said
    with zipfile.ZipFile(copy) as bundle:
        manifest = json.loads(bundle.read("manifest.json"))
        public = bundle.read("entries.jsonl").decode()
        private = bundle.read("private.jsonl").decode()
    assert len(manifest["matches"]) == 1
    assert '\\"party\\":\\"P1\\"' in private
    assert "BAMOU" not in public
    assert verified(copy, "--key", manifest["public_key"])[0] == 0
    assert verified(copy, "--key", "00" * 32)[0] == 1
    (entry,) = house.entries("audit_exported")
    assert json.loads(entry["payload"])["persons"] is True


def test_the_copy_has_the_days_it_needs_and_no_others(house, copy):
    with zipfile.ZipFile(copy) as bundle:
        (part,) = json.loads(bundle.read("manifest.json"))["segments"]
    heads = [row[0] for row in house.hub.reader.execute("SELECT seq FROM signed_head ORDER BY seq")]
    assert (part["first"], part["last"]) == (heads[0] + 1, heads[1])


def test_every_single_bit_that_is_changed_is_noticed(copy):
    """Each line with one bit changed; lines cut out, doubled, put elsewhere; heads and private parts."""
    with zipfile.ZipFile(copy) as bundle:
        lines = bundle.read("entries.jsonl").splitlines(keepends=True)
    for number in range(len(lines)):
        changed = bytearray(lines[number])
        changed[len(changed) // 2] ^= 1
        for way in (
            [*lines[:number], bytes(changed), *lines[number + 1 :]],
            [*lines[:number], *lines[number + 1 :]],
            [*lines[: number + 1], lines[number], *lines[number + 1 :]],
        ):
            code, said = verified(rewritten(copy, "entries.jsonl", lambda _, way=way: b"".join(way)))
            assert code in (1, 2), (number, said)
        if number >= 6:  # each kind of line has been there
            break
    assert verified(rewritten(copy, "private.jsonl", lambda text: text.replace(b"P1", b"P2")))[0] == 1
    for old, new in (('"reason":"day_closed"', '"reason":"day_closed"'), ('"signature":"', '"signature":"00')):
        code, said = verified(
            rewritten(copy, "manifest.json", lambda t, o=old, n=new: t.replace(o.encode(), n.encode()))
        )
        assert (code == 0) is (old == new), said
    assert verified(rewritten(copy, "manifest.json", lambda _: b"{"))[0] == 2


def test_a_copy_is_taken_from_the_page_and_needs_a_motive(auditor, house):
    assert "Dites pourquoi" in auditor.send("/audit/copy", family="rights", motive="").words
    assert "rien à copier" in auditor.send("/audit/copy", text="nulle part", motive="x").words
    token = auditor.client.get("/audit")
    assert token.status_code == 200
    csrf = token.text.partition('name="csrf" value="')[2].partition('"')[0]
    answer = auditor.client.post("/audit/copy", data={"csrf": csrf, "family": "rights", "motive": "contrôle annuel"})
    assert (answer.status_code, answer.data[:2]) == (200, b"PK")
    assert "audit-CNSS-BZV-SIEGE-20260302" in answer.headers["Content-Disposition"]
    (house.folder / "copy.zip").write_bytes(answer.data)
    answer.close()
    code, said = verified(house.folder / "copy.zip")
    assert (code, "0 private parts" in said) == (0, True), said


# --- is it whole


def test_the_journal_is_read_through_when_asked_and_damage_is_named(house, auditor):
    auditor.send("/audit/verify")
    said = _after_reading(auditor)
    assert "Entier le" in said, said
    house.hub.store.writer.execute("DROP TRIGGER journal_no_edit")
    house.hub.store.writer.execute("UPDATE journal SET subject = 'ticket 99' WHERE seq = 12")
    auditor.send("/audit/verify")
    said = _after_reading(auditor)
    assert "Pas entier le" in said
    assert "entry 12" in said


def _after_reading(auditor) -> str:
    deadline = time.monotonic() + 20
    while "Lecture en cours" in auditor.open("/audit").words and time.monotonic() < deadline:
        time.sleep(0.05)
    return auditor.words
