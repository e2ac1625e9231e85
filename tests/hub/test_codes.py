"""What a scanner types, read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import codes, series
from hub.errors import Unreadable


@pytest.mark.parametrize(("typed", "carried"), [
    (series.label("REQ", 2026, 2), "REQ-2026-000002"), ("att-2026-000040", "ATT-2026-000040"),
    ("2026/000412", "2026/000412"), ("2133415888", "2133415888"), ("  2133415888 ", "2133415888"),
    ("]Q1REQ-2026-000002", "REQ-2026-000002"), ("]C02133415888", "2133415888"), ("90012AB", "90012AB"),
    ("MBOTE1" + "JT2CMMN7" * 60, ""), ("https://example.org/", ""), ("BONJOUR", ""), ("5901234123457", ""),
    ("REQ-2026-000001REQ-2026-000002", ""), ("REQ-2026-00001", ""), ("]Q", None), ("]" * 9, ""),
    ("", None), ("12", None), ("    ", None), ("]Q112", None), ("2133415888\n2133415889", None), ("REQ\x002026", None),
    ("\x1b[31mREQ", None), ("éàçèù", None), ("２１３３４１５８８８", None), ("9" * 1_001, None),
])  # fmt: skip
def test_what_is_read_and_what_a_ticket_carries_of_it(typed, carried):
    if carried is None:
        with pytest.raises(Unreadable):
            codes.read(typed)
    else:
        assert codes.read(typed).carried == carried


@given(st.text(max_size=1_200))
def test_whatever_is_typed_is_read_or_refused(typed):
    try:
        code = codes.read(typed)
    except Unreadable:
        return
    assert codes.SHORTEST <= len(code.text) <= codes.LONGEST
    assert len(code.carried) <= codes.CARRIED
    assert code.text.isprintable()
