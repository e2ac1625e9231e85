"""P33: a board beside twenty counters and forty screens, ten events a second for ten minutes, does not fall behind."""

from __future__ import annotations

import http.client
import json
import time
from contextlib import ExitStack, closing
from uuid import uuid4

import pytest

from hub.bench.figures import percentile
from hub.bench.rig import Listener
from tests.agency import COUNTERS, SERVICES, hub_alone, opened
from tests.patience import patience

SCREENS, MINUTES, A_SECOND = 40, 10, 10
#: The last minute may be this much slower than the first, as the middle and the worst of twenty; and never so slow.
TIMES, MOST_S = 1.5, 1.0
STEPS = ("issue", "next", "start", "finish")


def written(agency):
    """The journal's last entry."""
    with closing(http.client.HTTPConnection("127.0.0.1", agency.port, timeout=patience(5))) as line:
        line.request("GET", "/healthz")
        return json.loads(line.getresponse().read())["seq"]


@pytest.mark.nightly
@pytest.mark.timeout(1_200)
def test_the_board_does_not_fall_behind_in_ten_minutes(tmp_path, note):
    with opened(tmp_path / "agency", hub_alone()) as agency, ExitStack() as opened_lines:
        screens = [Listener(agency.port, agency.tokens["display"], "board") for _ in range(SCREENS)]
        board = Listener(agency.port, agency.session("00411A")[1], "supervision")
        for each in (*screens, board):
            opened_lines.callback(each.close)
        services, lags = list(SERVICES), [[] for _ in range(MINUTES)]
        began = time.perf_counter()
        for number in range(MINUTES * 60 * A_SECOND):
            time.sleep(max(0.0, began + number / A_SECOND - time.perf_counter()))
            step, turn = STEPS[number % 4], number // 4
            asked = time.perf_counter()
            if step == "issue":
                agency.api.ask("issue", uuid4().hex, service=services[turn % len(services)])
            else:
                agency.counter(COUNTERS[turn % len(COUNTERS)]).step(step)
            if number % A_SECOND == 0:
                seq = written(agency)
                shown = board.wait(lambda picture, seq=seq: picture.get("seq", 0) >= seq, patience(10))
                lags[number // (60 * A_SECOND)].append(max(0.0, shown - asked))
    minutes = [(percentile(each, 0.5), percentile(each, 0.95)) for each in lags]
    note("P33, ms p50 / p95 by minute: " + ", ".join(f"{a * 1000:.0f} / {b * 1000:.0f}" for a, b in minutes))
    first, last = minutes[0], minutes[-1]
    assert last[0] <= TIMES * first[0] + 0.05
    assert last[1] <= TIMES * first[1] + 0.05
    assert max(b for _, b in minutes) <= patience(MOST_S)
