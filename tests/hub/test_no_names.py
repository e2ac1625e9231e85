"""What the hall can read holds nobody's name, number or reason: every picture of a day, and what is logged."""

from __future__ import annotations

import json
import random

import pytest

from hub.queues import pictures
from hub.wire import as_json
from tests.office import ERRANDS

NAME, NUMBER, REASON = "MAKOSSO-ZZ", "99887766554", "motif-secret-zz"
COUNTERS = {"05": "00902F", "06": "00903G", "02": "01016E"}


def public(office):
    """All that screens, kiosks and the other devices of the hall are told now."""
    with office.hub.snapshot() as reader:
        yield pictures.boards(office.hub, reader)((), "")
        yield pictures.kiosks(office.hub, reader)("K1")
    yield pictures.catalogue(office.hub)


@pytest.mark.parametrize("seed", range(3))
def test_no_picture_of_a_day_names_anybody(office, capfd, seed):
    chance, seen = random.Random(seed), 0  # noqa: S311 (repeatable)
    for code, agent in COUNTERS.items():
        office.counter(code).open(agent)
    errands = [errand for errand in ERRANDS if errand not in ("contributions", "benefits")]
    for turn in range(60):
        if turn % 2:
            office.press(chance.choice(errands))
        else:
            office.give(chance.choice(errands), requester=NAME, registration_number=NUMBER, reason=REASON)
        desk = office.counter(chance.choice(list(COUNTERS)))
        if desk.state == "free" and desk.next():
            desk.start()
            office.later(minutes=chance.randrange(1, 9))
            chance.choice((desk.finish, lambda desk=desk: desk.hold(REASON), desk.finish))()
        for picture in public(office):
            text = json.dumps(as_json(picture), ensure_ascii=False)
            seen += 1
            assert not any(word in text for word in (NAME, NUMBER, REASON)), text
    told = capfd.readouterr()
    assert seen == 180
    assert not any(word in told.out + told.err for word in (NAME, NUMBER, REASON))
    kept = str([tuple(row) for row in office.hub.reader.execute("SELECT * FROM journal_private")])
    assert NAME in kept, "there was something to find"
