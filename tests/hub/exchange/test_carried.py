"""An agency and its centre over folders and sticks: nothing lost, nothing doubled, garbage refused in clear words."""

import json

import pytest

from hub import chain, envelope, outbox
from hub.admin import answer
from hub.ask import HUB, Ask
from hub.centre import carrying, place
from hub.errors import Refused, StoreFault, Unreadable
from hub.exchange import inbox, store
from hub.exchange.asker import Asker, Drop
from hub.exchange.sender import AGAIN_MS, Sender
from hub.exchange.ways import SIGNING_KEY, Folder
from tests.hub.exchange.both import CODE, Centre

pytestmark = pytest.mark.slow  # real files


@pytest.fixture
def stick(tmp_path):
    folder = tmp_path / "stick"
    (folder / "to-centre").mkdir(parents=True)
    return folder


def carry(centre, stick):
    said = []
    done = carrying.carry(centre.receiver, stick, lambda: list(place.agencies(centre.folder)), said.append)
    return done, said


def by_folder(branch, stick):
    sender = Sender(
        branch.hub, Folder(stick / "to-centre", CODE, branch.folder / SIGNING_KEY, hears="later"), gateway=False
    )
    return sender, Asker(branch.hub, Drop(stick / "from-centre" / CODE), 60)


def letter(centre, number=1, **more):
    """A letter as the centre signs it."""
    said = {"agency": CODE, "number": number, "key": f"notice {number}", "topic": "notice", "schema": 1, "at": 1,
            "payload": {"title": {"fr": "Fermeture"}, "text": {"fr": "Le 28."}}}  # fmt: skip
    return envelope.signed(envelope.LETTER, said | more, chain.signing_key(centre.folder / place.KEY))


def test_by_folder_a_message_leaves_is_acknowledged_and_integrated_in_two_rounds(centre, branch, stick):
    sender, asker = by_folder(branch, stick)
    first = branch.says("deposit 1", line=1)
    branch.says("deposit 1", line=2)
    sender.send_due()
    assert branch.states() == ["sent", "sent"]
    centre.rules.later = {"deposit 1"}
    assert carry(centre, stick)[0] == carrying.Carried(files=2, messages=2, letters=1)
    assert list((stick / "to-centre").iterdir()) == []
    asker.look()
    assert branch.states() == ["acknowledged", "acknowledged"]
    assert list((stick / "from-centre" / CODE).iterdir()) == []
    centre.rules.later = set()
    centre.rules.rejects[first] = "unknown_person"
    carry(centre, stick)
    asker.look()
    assert branch.states() == ["refused", "acknowledged"]


def test_what_has_a_table_lies_there_as_a_file_for_a_spreadsheet_too_and_both_are_taken(centre, branch, stick):
    sender, _ = by_folder(branch, stick)
    table = "piece;compte;debit;credit\r\nCNSS-1;571000;134848;0\r\n"
    lot = branch.says("till C01", reference="CNSS-1", csv=table)
    branch.says("deposit 1", line=1)
    sender.send_due()
    to_centre = stick / "to-centre"
    (file,) = to_centre.glob("*.csv")
    assert file.read_bytes().decode() == table
    said = envelope.opened(envelope.MESSAGE, file.with_suffix(".jsonl").read_bytes().strip(), branch.public)
    assert (said["key"], said["payload"]["csv"], len(list(to_centre.iterdir()))) == (lot, table, 3)
    spoilt = file.with_suffix(".jsonl")
    whole = spoilt.read_bytes()
    spoilt.write_bytes(whole.replace(b"134848", b"134849"))
    carry(centre, stick)
    assert sorted(each.suffix for each in to_centre.iterdir()) == [".csv", ".jsonl"], "what is refused stays, with it"
    spoilt.write_bytes(whole)
    carry(centre, stick)
    assert list(to_centre.iterdir()) == []


def test_whoever_sees_a_message_finds_its_table(branch, stick):
    """The table is there first: while it cannot be written, there is no message either."""
    sender, _ = by_folder(branch, stick)
    stands_in_the_way = stick / "to-centre" / f"{CODE}-1-0000000001-1.csv"
    stands_in_the_way.mkdir()
    branch.says("till C01", csv="piece;compte\r\n")
    sender.send_due()
    assert (branch.states(), list((stick / "to-centre").glob("*.jsonl"))) == (["to_send"], [])
    stands_in_the_way.rmdir()
    branch.clock.advance(minutes=1)
    sender.send_due()
    assert (branch.states(), stands_in_the_way.read_text()) == (["sent"], "piece;compte\n")


def test_a_file_that_was_lost_on_the_way_goes_again_once_the_centre_has_spoken_of_later_ones(centre, branch, stick):
    sender, asker = by_folder(branch, stick)
    lost = branch.says("deposit 1", line=1)
    sender.send_due()
    (file,) = (stick / "to-centre").iterdir()
    file.unlink()
    behind = branch.says("deposit 1", line=2)
    other = branch.says("deposit 2", line=1)
    sender.send_due()
    _, said = carry(centre, stick)
    assert [line.partition(": ")[2] for line in said] == [
        f"{behind} came before the one that it follows; its agency sends it again"
    ]
    assert centre.rules.integrated == [(other, 1)]
    branch.clock.advance(hours=AGAIN_MS / 3_600_000 + 1)
    asker.look()
    assert branch.states() == ["sent", "sent", "applied"]
    sender.send_due()
    assert len(list((stick / "to-centre").iterdir())) == 2
    sender.send_due()
    carry(centre, stick)
    asker.look()
    assert branch.states() == ["applied"] * 3
    assert centre.rules.integrated[1:] == [(lost, 1), (behind, 1)]


def test_a_stick_that_is_carried_twice_changes_nothing(centre, branch, stick, tmp_path):
    sender, asker = by_folder(branch, stick)
    branch.says("deposit 1")
    sender.send_due()
    files = {file.name: file.read_bytes() for file in (stick / "to-centre").iterdir()}
    carry(centre, stick)
    letters = {file.name: file.read_bytes() for file in (stick / "from-centre" / CODE).iterdir()}
    asker.look()
    head = branch.hub.store.head
    for folder, content in (("to-centre", files), (f"from-centre/{CODE}", letters)):
        for name, said in content.items():
            (stick / folder / name).write_bytes(said)
    carry(centre, stick)
    asker.look()
    assert len(centre.rules.integrated) == 1
    assert branch.states() == ["applied"]
    # the centre repeats what it said, for it was asked again; that letter is new and says nothing new
    assert {row[0] for row in branch.hub.reader.execute("SELECT kind FROM journal WHERE seq > ?", (head[0],))} == {
        "inbox_letter_taken"
    }


def test_what_the_stick_asks_for_comes_again_from_there(centre, branch, stick):
    branch.says("deposit 1")
    part = answer(branch.hub, "outbox.export", {"after": 0})
    assert (len(part["lines"]), part["all"]) == (1, 1)
    (stick / "to-centre" / "a.jsonl").write_text("".join(f"{line}\n" for line in part["lines"]))
    answer(branch.hub, "outbox.carried", {"messages": part["messages"]})
    carry(centre, stick)
    for file in (stick / "from-centre" / CODE).iterdir():
        file.unlink()  # the stick is lost on its way back
    assert carry(centre, stick)[0].letters == 0
    (stick / "to-centre" / "ask.jsonl").write_text(f"{part['ask']}\n")
    assert carry(centre, stick)[0].letters == 1
    by_folder(branch, stick)[1].look()
    assert branch.states() == ["applied"]
    assert answer(branch.hub, "outbox.export", {"after": 0})["lines"] == []


def test_what_is_written_on_a_stick_is_written_again_until_it_is_acknowledged(branch):
    branch.says("deposit 1")
    answer(branch.hub, "outbox.carried", {"messages": answer(branch.hub, "outbox.export", {"after": 0})["messages"]})
    assert branch.states() == ["sent"]
    assert len(answer(branch.hub, "outbox.export", {"after": 0})["lines"]) == 1


def test_no_stick_and_no_share_are_said_so(centre, branch, tmp_path):
    with pytest.raises(StoreFault, match="is this the stick that an agency has filled"):
        carry(centre, tmp_path)
    asker = Asker(branch.hub, Drop(tmp_path / "not-mounted"), 60)
    asker.look()
    assert asker.complaint.endswith("is not there")


# --- what is refused


def refused(branch, content):
    with pytest.raises(Refused) as error:
        inbox.take(branch.hub, Ask(HUB), content)
    assert branch.hub.reader.execute("SELECT count(*) FROM inbox").fetchone()[0] == 0
    return error.value.reason


def test_a_file_that_is_not_the_centres_is_refused_whole(centre, branch, tmp_path):
    good, second = f"{letter(centre)}\n".encode(), f"{letter(centre, 2)}\n".encode()
    stranger = Centre(tmp_path / "stranger")
    cases = {
        b"\x00\xff": "half_a_file",
        b"\x00\xff\n": "garbage",
        b"\n": "garbage",
        b"x" * 9_000_000: "too_large",
        good[:-1]: "half_a_file",
        good + second[: len(second) // 2] + b"\n": "garbage",
        f"{letter(stranger)}\n".encode(): "bad_signature",
        good.replace(b"Le 28.", b"Le 29."): "bad_signature",
        good + second.replace(b"Le 28.", b"Le 29."): "bad_signature",
        f"{letter(centre, agency='AUTRE-1')}\n".encode(): "wrong_agency",
        f"{letter(centre, number=0)}\n".encode(): "garbage",
        f"{letter(centre, effective_on='demain')}\n".encode(): "garbage",
        f"{letter(centre, topic=7)}\n".encode(): "garbage",
        second: "gap",
    }
    for content, code in cases.items():
        assert refused(branch, content) == code, content[:80]
    stranger.close()
    assert inbox.take(branch.hub, Ask(HUB), good + second).taken == 2


def test_what_one_side_signed_is_never_what_the_other_says(centre, branch):
    """A message of ours, handed back as a letter by whoever also holds the centre's key: another domain."""
    said = json.loads(letter(centre))
    del said["signature"]
    line = envelope.signed(envelope.MESSAGE, said, chain.signing_key(centre.folder / place.KEY))
    assert refused(branch, f"{line}\n".encode()) == "bad_signature"


def test_another_letter_under_a_number_that_is_known_is_named(centre, branch):
    inbox.take(branch.hub, Ask(HUB), f"{letter(centre)}\n".encode())
    with pytest.raises(Refused, match="tell the centre") as error:
        inbox.take(branch.hub, Ask(HUB), f"{letter(centre, key='notice other')}\n".encode())
    assert error.value.reason == "other_letter"


def test_a_topic_that_nobody_takes_is_refused_told_and_holds_nothing_up(centre, branch):
    done = inbox.take(
        branch.hub, Ask(HUB), f"{letter(centre, topic='tea')}\n{letter(centre, 2)}\n".encode()
    )  # fmt: skip
    assert done == inbox.Taken(1, 0, ((1, "unknown_topic"),))
    assert store.letter(branch.hub.reader, 1).state == "refused"
    told = [each.payload for each in outbox.to_send(branch.hub.reader)]
    assert [(each["number"], each["answer"], each.get("code")) for each in told] == [
        (1, "refused", "unknown_topic"), (2, "applied", None),
    ]  # fmt: skip
    assert "no service of this agency takes letters of the topic tea" in told[0]["note"]


def test_a_refused_file_stays_where_it_is_is_noted_once_and_read_again_when_it_changes(centre, branch, stick):
    _, asker = by_folder(branch, stick)
    folder = stick / "from-centre" / CODE
    folder.mkdir(parents=True)
    file = folder / "1.jsonl"
    good = f"{letter(centre)}\n"
    file.write_text(good[:100])
    asker.look()
    assert store.refused_files(branch.hub.reader) == []  # somebody may just be writing it
    asker.look()
    asker.look()
    assert [(each.name, each.code) for each in store.refused_files(branch.hub.reader)] == [("1.jsonl", "half_a_file")]
    seen = branch.hub.store.head
    by_folder(branch, stick)[1].look()  # another process of the same hub
    assert (branch.hub.store.head, file.exists()) == (seen, True)
    file.write_text(good)
    assert asker.look().taken == 1
    assert not file.exists()


def test_a_letter_that_is_missing_is_waited_for_and_nothing_is_noted(centre, branch, stick):
    _, asker = by_folder(branch, stick)
    folder = stick / "from-centre" / CODE
    folder.mkdir(parents=True)
    (folder / "2.jsonl").write_text(f"{letter(centre, 2)}\n")
    for _ in range(3):
        asker.look()
    assert store.refused_files(branch.hub.reader) == []
    (folder / "1.jsonl").write_text(f"{letter(centre)}\n")
    assert asker.look().taken == 2


def test_without_a_key_of_the_centre_nobody_is_believed(centre, branch):
    object.__setattr__(branch.hub.settings.centre, "key", "")
    with pytest.raises(Unreadable) as error:
        inbox.take(branch.hub, Ask(HUB), f"{letter(centre)}\n".encode())
    assert error.value.reason == "no_centre_key"


# --- dates


def test_a_letter_waits_for_its_day_may_be_held_and_released(centre, branch):
    inbox.take(
        branch.hub, Ask(HUB),
        f"{letter(centre, effective_on='2026-03-04')}\n{letter(centre, 2, effective_on='2026-03-05')}\n".encode(),
    )  # fmt: skip
    assert inbox.apply_due(branch.hub) == 0
    with pytest.raises(Unreadable):
        inbox.hold(branch.hub, Ask(HUB), letter=1, motive="  ")
    inbox.hold(branch.hub, Ask(HUB), letter=1, motive="le directeur demande à voir")
    branch.clock.advance(hours=72)
    assert inbox.apply_due(branch.hub) == 1
    assert [store.letter(branch.hub.reader, number).state for number in (1, 2)] == ["held", "applied"]
    assert inbox.release(branch.hub, Ask(HUB), letter=1)["state"] == "applied"
    assert store.letter(branch.hub.reader, 1).motive is None
