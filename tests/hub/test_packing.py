"""Answers are kept small on the card and come back word for word."""

import json

from hypothesis import given
from hypothesis import strategies as st

from hub import journal
from hub.ask import Ask
from hub.queues import actions
from tests.office import RECEPTION

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), JSON))
def test_what_is_packed_is_unpacked(answer):
    assert journal.unpack(journal.pack(answer)) == answer


@given(st.dictionaries(st.text(), JSON))
def test_an_answer_of_before_is_still_read(answer):
    assert journal.unpack(json.dumps(answer, ensure_ascii=False)) == answer


def test_the_answer_to_a_ticket_takes_a_third_of_its_text(office):
    answer = actions.issue(office.hub, Ask(RECEPTION, "k"), service="DEP", channel="reception", requester="Mme Mabiala")
    kept = office.hub.reader.execute("SELECT answer FROM journal WHERE key = 'k'").fetchone()[0]
    assert len(kept) < len(json.dumps(answer)) / 2
    assert journal.unpack(kept) == answer
