"""An agency and its centre over HTTP: acknowledged, integrated or rejected, in order, once."""

import json
import sqlite3
import threading
import urllib.request
from datetime import UTC, datetime
from urllib.error import HTTPError

import pytest

from hub import chain, envelope, outbox
from hub.admin import answer
from hub.ask import HUB, Ask
from hub.authority import AUTHORITY, open_authority
from hub.exchange import inbox, store
from hub.exchange.sender import Sender
from hub.exchange.ways import SIGNING_KEY, Address, writer_of
from tests.hub.exchange.both import CODE

pytestmark = pytest.mark.slow  # real files and sockets


def post(url, path, content):
    """What an integrator's curl does."""
    asked = urllib.request.Request(f"{url}{path}", data=content, method="POST")  # noqa: S310 (our own)
    try:
        with urllib.request.urlopen(asked) as answer:  # noqa: S310
            return answer.status, answer.read()
    except HTTPError as error:
        return error.code, error.read()


def test_what_is_caused_is_acknowledged_then_integrated_and_told(centre, branch):
    sender, asker = branch.by_wire(centre.open())
    branch.says("deposit 1", line=1)
    branch.says("deposit 1", line=2)
    assert sender.send_due() is None
    assert branch.states() == ["acknowledged"] * 2
    assert asker.look().taken == 1
    assert branch.states() == ["applied"] * 2
    assert [key for key, _ in centre.rules.integrated] == ["deposit 1 1.1", "deposit 1 1.2"]
    assert asker.look() == type(asker.look())()  # nothing more, and asking again changes nothing
    assert store.last_number(branch.hub.reader) == 1


def test_what_is_rejected_comes_back_with_its_code_and_goes_again_in_its_place(centre, branch):
    sender, asker = branch.by_wire(centre.open())
    first, second = branch.says("deposit 1", line=1), branch.says("deposit 1", line=2)
    other = branch.says("deposit 2", line=1)
    centre.rules.rejects[first] = "unknown_person"
    sender.send_due()
    asker.look()
    assert branch.states() == ["refused", "acknowledged", "applied"]
    found = outbox.message(branch.hub.reader, 1)
    assert (found.reason, found.note) == ("unknown_person", "personne inconnue au siège")
    assert [key for key, _ in centre.rules.integrated] == [other]  # nothing of deposit 1 overtakes what was rejected
    third = branch.says("deposit 1", line=3)
    sender.send_due()
    assert branch.states()[3] == "to_send"
    centre.rules.rejects.clear()
    outbox.send_again(branch.hub, Ask(HUB), message=1)
    sender.send_due()
    asker.look()
    assert branch.states() == ["applied"] * 4
    assert centre.rules.integrated[1:] == [(first, 2), (second, 1), (third, 1)]


def test_a_cut_way_tries_again_and_a_centre_that_forgot_nothing_takes_nothing_twice(centre, branch):
    url = centre.open()
    sender, asker = branch.by_wire(url)
    branch.says("deposit 1")
    centre.cut()
    assert sender.send_due() == 60
    assert "refused" in sender.complaint.lower()
    centre.open()
    branch.clock.advance(seconds=60)
    sender._write_down = lambda _: False  # the box dies between sending and writing it down
    sender.send_due()
    assert branch.states() == ["to_send"]
    sender, asker = branch.by_wire(url)
    sender.send_due()
    asker.look()
    assert branch.states() == ["applied"]
    assert centre.states() == [(CODE, "integrated", 1)]
    assert len(centre.rules.integrated) == 1


def test_an_answer_that_somebody_else_signed_or_that_answers_another_request_is_not_believed(centre, branch, tmp_path):
    url = centre.open()
    stranger = chain.public_key(tmp_path / "stranger")
    branch.says("deposit 1")
    sender = Sender(branch.hub, Address(url, writer_of(branch.hub), stranger, None, 5))
    assert sender.send_due() == 60
    assert "cannot be believed" in sender.complaint
    assert branch.states() == ["to_send"]

    class Replays(Address):
        def _post(self, path, body):
            return super()._post(path, old or body)

    message, old = outbox.to_send(branch.hub.reader)[0], None
    line = writer_of(branch.hub).line(message)
    old = f"{line}\n{line}\n".encode()
    sender = Sender(branch.hub, Replays(url, writer_of(branch.hub), bytes.fromhex(centre.key), None, 5))
    assert sender.send_due() == 60
    assert "another request" in sender.complaint


def test_tls_believes_the_centres_authority_alone(centre, branch, tmp_path):
    tls = open_authority(tmp_path / "tls", ["127.0.0.1"], datetime.now(UTC)).context()
    url = centre.open(tls)
    branch.says("deposit 1")
    writer, key = writer_of(branch.hub), bytes.fromhex(centre.key)
    open_authority(tmp_path / "other", ["127.0.0.1"], datetime.now(UTC))
    for authority in (None, tmp_path / "other" / AUTHORITY):
        sender = Sender(branch.hub, Address(url, writer, key, authority, 5))
        assert sender.send_due() == 60
        assert "CERTIFICATE_VERIFY_FAILED" in sender.complaint
    Sender(branch.hub, Address(url, writer, key, tmp_path / "tls" / AUTHORITY, 5)).send_due()
    assert branch.states() == ["acknowledged"]


NO_MESSAGES = (
    (b"", 400, "half_a_file"),
    (b"\n", 400, "garbage"),
    (b"{}\n", 400, "garbage"),
    (b"[]\n", 400, "garbage"),
    (b'{"agency": NaN}\n', 400, "garbage"),
    (b'{"agency":"' + b"[" * 5_000 + b'"}\n', 400, "garbage"),
    (b"[" * 100_000 + b"\n", 400, "garbage"),
    (b'{"agency":"\\ud800"}\n', 400, "garbage"),
    (b'{"agency":"NOBODY"}\n', 403, "unknown_agency"),
    (f'{{"agency":"{CODE}","signature":"00"}}\n'.encode(), 403, "bad_signature"),
    (f'{{"agency":"{CODE}","signature":7,"after":1}}\n'.encode(), 403, "bad_signature"),
)


def test_what_is_no_message_is_refused_and_nothing_is_kept(centre, branch):
    url = centre.open()
    for path in ("/v1/messages", "/v1/inbox"):
        for content, status, code in NO_MESSAGES:
            found, said = post(url, path, content)
            assert (found, json.loads(said)["error"]["code"]) == (status, code), content[:80]
    assert post(url, "/v2/messages", b"{}")[0] == 404
    assert centre.states() == []


def test_one_altered_letter_spoils_the_request_whole(centre, branch):
    url = centre.open()
    branch.says("deposit 1", name="BAMOU")
    branch.says("deposit 2", name="NGOMA")
    writer = writer_of(branch.hub)
    good, bad = (f"{writer.line(each)}\n" for each in outbox.to_send(branch.hub.reader))
    status, said = post(url, "/v1/messages", f"{good}{bad.replace('NGOMA', 'NGOME')}".encode())
    assert (status, json.loads(said)["error"]["code"]) == (403, "bad_signature")
    assert centre.states() == []
    assert post(url, "/v1/messages", good.encode()[:-1])[0] == 400
    assert centre.states() == []


def test_the_order_is_kept_whoever_sends_first(centre, branch):
    url = centre.open()
    first, second = branch.says("deposit 1", line=1), branch.says("deposit 1", line=2)
    writer = writer_of(branch.hub)
    one, two = (f"{writer.line(each)}\n".encode() for each in outbox.to_send(branch.hub.reader))

    def answers(*lines):
        said = envelope.opened(envelope.LETTER, post(url, "/v1/messages", b"".join(lines))[1].strip(), key)
        return [(each["key"], each["answer"]) for each in said["payload"]["answers"]]

    key = bytes.fromhex(centre.key)
    assert answers(two) == [(second, "early")]
    assert answers(one, two) == [(first, "acknowledged"), (second, "acknowledged")]
    centre.worker.wait(5)
    assert answers(two, one) == [(second, "integrated"), (first, "integrated")]
    assert centre.rules.integrated == [(first, 1), (second, 1)]
    forged = writer.line(outbox.to_send(branch.hub.reader)[0])
    said = json.loads(forged) | {"payload": {"line": 99}}
    del said["signature"]
    key_again = envelope.signed(envelope.MESSAGE, said, chain.signing_key(branch.folder / SIGNING_KEY))
    assert answers(f"{key_again}\n".encode()) == [(first, "rejected")]  # the key said something else before
    assert centre.states() == [(CODE, "integrated", 2)]


def test_a_replayed_line_of_the_centre_changes_nothing(centre, branch):
    sender, asker = branch.by_wire(centre.open())
    branch.says("deposit 1")
    sender.send_due()
    asker.look()
    before = branch.hub.store.head
    for _, line in centre.receiver.letters(CODE, 0):
        taken = inbox.take(branch.hub, Ask(HUB), f"{line}\n".encode())
        assert (taken.taken, taken.known) == (0, 1)
    assert branch.hub.store.head == before


def test_a_hub_that_wakes_sends_asks_and_hears_by_itself(centre, branch):
    sender, asker = branch.by_wire(centre.open())
    sender._sent = asker.wake
    applied = threading.Event()
    branch.hub.store.announce = lambda entries: (
        sender.hear(entries),
        applied.set() if entries and entries[-1].event.kind == "outbox_message_applied" else None,
    )
    sender.open()
    asker.open()
    branch.says("deposit 1")
    assert applied.wait(10)
    sender.close()
    asker.close()


def test_the_disk_of_the_centre_refuses_and_nothing_is_acknowledged(centre, branch, monkeypatch):
    sender, _ = branch.by_wire(centre.open())
    branch.says("deposit 1")

    def full(*_):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(centre.receiver.store, "keep", full)
    assert sender.send_due() == 60
    assert "503 not_stored" in sender.complaint
    monkeypatch.undo()
    branch.clock.advance(seconds=60)
    assert sender.send_due() is None
    assert branch.states() == ["acknowledged"]


def test_a_centre_that_came_back_from_an_old_copy_gets_again_what_it_lost(centre, branch, tmp_path):
    url = centre.open()
    sender, asker = branch.by_wire(url)
    keys = [branch.says("deposit 1", line=1)]
    branch.clock.advance(seconds=1)
    sender.send_due()
    sender.send_due()
    centre.worker.wait(5)
    copy = sqlite3.connect(tmp_path / "copy.db")
    centre.receiver.store._db.backup(copy)
    keys += [branch.says("deposit 1", line=n) for n in (2, 3)]  # both follow what is not applied yet
    sender.send_due()
    centre.worker.wait(5)
    copy.backup(centre.receiver.store._db)
    keys.append(branch.says("deposit 1", line=4))
    for _ in range(3):
        if (pause := sender.send_due()) is not None:
            branch.clock.advance(seconds=pause)
    assert sender.send_due() is None
    centre.worker.wait(5)
    asker.look()
    assert branch.states() == ["applied"] * 4
    assert centre.states() == [(CODE, "integrated", 4)]
    assert [key for key, _ in centre.rules.integrated] == [
        *keys[:3],
        *keys[1:],
    ]  # the second and third, lost, once more
    copy.close()


def test_what_left_before_there_were_answers_goes_again_once_something_follows_it(centre, branch):
    sender, asker = branch.by_wire(centre.open())
    old = branch.says("deposit 1", line=1)
    with branch.hub.store.writer as connection:  # as a release of before answers left it
        connection.execute("UPDATE outbox SET state = 'sent'")
    assert sender.send_due() is None
    assert centre.states() == []
    new = branch.says("deposit 1", line=2)
    branch.clock.advance(seconds=sender.send_due())
    assert sender.send_due() is None
    asker.look()
    assert branch.states() == ["applied", "applied"]
    assert centre.rules.integrated == [(old, 1), (new, 1)]


def test_everything_goes_again_from_a_number_on_where_an_administrator_says_so(centre, branch):
    sender, asker = branch.by_wire(centre.open())
    for number in range(4):
        branch.says(f"deposit {number}")
    sender.send_due()
    asker.look()
    assert answer(branch.hub, "outbox.again", {"first": 3}) == {"again": 2}
    assert branch.states() == ["applied", "applied", "to_send", "to_send"]
    sender.send_due()
    assert branch.states() == ["applied"] * 4
    assert len(centre.rules.integrated) == 4


def test_the_journal_gives_the_same_rows_again(centre, branch, tmp_path):
    sender, asker = branch.by_wire(centre.open())
    first = branch.says("deposit 1", line=1)
    branch.says("deposit 2", line=1)
    centre.rules.rejects[first] = "unknown_person"
    sender.send_due()
    asker.look()
    fresh = branch.hub.store.replayed(tmp_path / "again.db")
    for table in ("outbox", "inbox", "inbox_file"):
        rows = f"SELECT * FROM {table} ORDER BY 1"  # noqa: S608
        assert [tuple(r) for r in fresh.execute(rows)] == [tuple(r) for r in branch.hub.reader.execute(rows)]
    fresh.close()
