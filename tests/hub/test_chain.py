"""The chain: one spelling for one value, one hash for one entry, one signature for one head."""

import hashlib
import json
import os
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import chain

ENTRY = {
    "seq": 2, "epoch": 1, "boot": 1, "at": 1772432400000, "mono": 5000, "certain": 1,
    "actor": "00902F", "device": None, "key": "k1", "kind": "ticket_issued", "subject": "ticket 1",
    "payload": '{"label":"D001"}', "private_digest": b"\1\2",
}  # fmt: skip
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def test_the_hash_is_the_one_that_anybody_can_compute():
    """Written out with the standard library alone, as an auditor would: compact JSON list, then the hash before."""
    spelt = (
        '[2,1,1,1772432400000,5000,1,"00902F",null,"k1","ticket_issued","ticket 1","{\\"label\\":\\"D001\\"}","0102"]'
    )
    assert chain.entry_hash(ENTRY, chain.GENESIS) == hashlib.sha256(spelt.encode() + bytes(32)).digest()


@pytest.mark.parametrize("name", chain.FIELDS)
def test_every_field_counts(name):
    changed = {**ENTRY, name: "other"}
    assert chain.entry_hash(changed, chain.GENESIS) != chain.entry_hash(ENTRY, chain.GENESIS)


def test_what_stands_beside_an_entry_does_not_count_and_what_stands_before_does():
    beside = {**ENTRY, "answer": "{}", "body_digest": b"x"}
    assert chain.entry_hash(beside, chain.GENESIS) == chain.entry_hash(ENTRY, chain.GENESIS)
    assert chain.entry_hash(ENTRY, b"\1" * 32) != chain.entry_hash(ENTRY, chain.GENESIS)


@given(PLAIN)
def test_one_value_has_one_spelling_and_it_can_be_read_back(value):
    spelt = chain.canonical_json(value)
    assert json.loads(spelt) == value
    assert chain.canonical_json(json.loads(spelt)) == spelt


@given(st.dictionaries(st.text(), st.integers(), min_size=2))
def test_the_order_of_keys_is_no_difference(body):
    assert chain.body_digest(dict(reversed(body.items()))) == chain.body_digest(body)


def test_a_salt_keeps_a_short_body_from_being_guessed():
    assert chain.private_digest(b"a", "19661") != chain.private_digest(b"b", "19661")


def test_a_head_is_signed_by_this_hub_and_nobody_else(tmp_path):
    key, other = chain.signing_key(tmp_path / "a.ed25519"), chain.signing_key(tmp_path / "b.ed25519")
    public, digest = key.public_key().public_bytes_raw(), b"\7" * 32
    signature = chain.signed_head(key, 9, digest)
    assert chain.head_is_signed(public, 9, digest, signature)
    assert not chain.head_is_signed(public, 10, digest, signature)
    assert not chain.head_is_signed(public, 9, b"\0" * 32, signature)
    assert not chain.head_is_signed(other.public_key().public_bytes_raw(), 9, digest, signature)


def test_the_key_is_made_once_and_read_by_the_service_alone(tmp_path):
    path = tmp_path / "keys" / "journal.ed25519"
    first = chain.signing_key(path).private_bytes_raw()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert chain.signing_key(path).private_bytes_raw() == first


def test_of_two_processes_that_make_the_key_at_once_one_wins(tmp_path, monkeypatch):
    """Hub and stream may both need it first: what one has signed, the other's key must verify."""
    theirs, path = tmp_path / "theirs", tmp_path / "keys" / "journal.ed25519"
    theirs.write_bytes(bytes(range(32)))
    link = os.link

    def beaten(fresh, at):
        link(theirs, at)
        link(fresh, at)

    monkeypatch.setattr(os, "link", beaten)
    assert chain.signing_key(path).private_bytes_raw() == bytes(range(32))
    assert [found.name for found in path.parent.iterdir()] == ["journal.ed25519"]
