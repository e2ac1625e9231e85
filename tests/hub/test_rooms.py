"""The store opened with all its rooms."""

from __future__ import annotations

from pathlib import Path

from hub.ask import HUB, Ask
from hub.queues import actions as queues
from hub.rooms import open_hub
from hub.settings_files import load_settings
from hub.verify import verify

CONFIG = Path(__file__).parents[2] / "config"


def test_closing_the_day_signs_the_head_of_the_journal(tmp_path):
    hub = open_hub(load_settings(CONFIG, {"hub": {"data": str(tmp_path)}}))
    queues.open_day(hub, Ask(HUB))
    queues.close_day(hub, Ask(HUB))
    seq, digest = hub.store.head
    signed = hub.reader.execute("SELECT seq, hash, reason FROM signed_head").fetchall()
    assert [tuple(row) for row in signed] == [(seq, digest, "day_closed")]
    hub.store.close()
    problems, _ = verify(tmp_path)
    assert problems == []


def test_a_head_signed_by_somebody_else_is_found(tmp_path):
    hub = open_hub(load_settings(CONFIG, {"hub": {"data": str(tmp_path)}}))
    queues.open_day(hub, Ask(HUB))
    queues.close_day(hub, Ask(HUB))
    hub.store.writer.execute("UPDATE signed_head SET signature = zeroblob(64)")
    assert "not this hub's" in next(iter(verify(tmp_path)[0]))
    hub.store.close()
