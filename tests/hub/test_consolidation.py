"""One table of several agencies: what is believed, what is left out and said, and what adds up."""

from __future__ import annotations

import csv
import io
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hub import envelope, seal
from hub.consolidation import COLUMNS, DOMAIN, SUFFIX, gathered, table
from hub.errors import MboteError


class Agency:
    """An agency that signs its days."""

    def __init__(self, code: str) -> None:
        self.code, self.key = code, Ed25519PrivateKey.generate()
        self.public = self.key.public_key().public_bytes_raw()

    def line(self, day: str, issued: int = 100, **more: object) -> str:
        said = {
            "format": 1, "agency": self.code, "day": day, "key": self.public.hex(),
            "queue": {
                "issued": issued, "served": issued - 4, "within_target": 0.875, "wait": {"p80_s": 750, "max_s": 3600},
            },
            "acts": {"deposits": 12}, "incidents": {"restarts": 1},
            "money": [
                {"direction": "in", "tender": "cash", "count": 2, "amount": 300_000},
                {"direction": "out", "tender": "cash", "count": 1, "amount": 98_000},
                {"what": "to_bank", "direction": "out", "tender": "cash", "count": 1, "amount": 5_000_000},
            ],
            "last_entry": {"seq": 4711, "hash": "ab" * 32},
        }  # fmt: skip
        return envelope.signed(DOMAIN, said | more, self.key)

    def write(self, folder, day: str, *lines: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.code}-{day}{SUFFIX}").write_text("".join(f"{line}\n" for line in lines))


@pytest.fixture
def north():
    return Agency("FUND-NORTH")


@pytest.fixture
def south():
    return Agency("FUND-SOUTH")


def keys(*agencies: Agency) -> dict[bytes, tuple[str, bytes]]:
    return {seal.key_id(each.public): (each.code, each.public) for each in agencies}


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))


def test_days_of_several_agencies_are_one_table_that_adds_up(tmp_path, north, south):
    north.write(tmp_path, "2026-03-02", north.line("2026-03-02"))
    north.write(tmp_path / "mars", "2026-03-03", north.line("2026-03-03", 50))
    south.write(tmp_path, "2026-03-02", south.line("2026-03-02", 20))
    found = gathered(tmp_path, keys(north, south))
    assert found.problems == []
    table_of = rows(table(found.days.values()))
    assert [(row["agency"], row["day"], row["issued"]) for row in table_of] == [
        ("FUND-NORTH", "2026-03-02", "100"), ("FUND-NORTH", "2026-03-03", "50"), ("FUND-SOUTH", "2026-03-02", "20"),
        ("FUND-NORTH", "2", "150"), ("FUND-SOUTH", "1", "20"), ("*", "3", "170"),
    ]  # fmt: skip
    first, total = table_of[0], table_of[-1]
    assert (first["wait_p80_min"], first["within_target_percent"], first["signature"]) == ("12,5", "87,5", "known")
    assert (total["deposits"], total["money_in"], total["money_out"]) == ("36", "900000", "294000")
    assert (total["wait_p80_min"], total["last_hash"]) == ("", ""), "percentiles do not add up"
    assert tuple(first) == COLUMNS


@pytest.mark.parametrize("said", [{"school": True}, {"name": "ÉCOLE · Agence du nord"}])
def test_a_school_s_day_is_never_added_to_real_ones(tmp_path, north, said):
    """Also where its key is known, and of a school that ran before lines said so."""
    north.write(tmp_path, "2026-03-02", north.line("2026-03-02", school=False, name="Agence du nord"))
    north.write(tmp_path, "2026-03-03", north.line("2026-03-03", **said))
    found = gathered(tmp_path, keys(north))
    assert [day.day for day in found.days.values()] == ["2026-03-02"]
    (problem,) = found.problems
    assert problem.startswith(f"FUND-NORTH-2026-03-03{SUFFIX}: ")
    assert problem.endswith("a day of a school, where nobody is real: it is left out")


def test_an_agency_whose_key_nobody_named_is_told_and_a_forged_line_is_left_out(tmp_path, north, south):
    south.write(tmp_path, "2026-03-02", south.line("2026-03-02"))
    forged = json.loads(north.line("2026-03-02"))
    forged["queue"]["issued"] = 1
    north.write(tmp_path, "2026-03-02", json.dumps(forged))
    found = gathered(tmp_path, keys(north))
    assert [(day.agency, day.signature) for day in found.days.values()] == [("FUND-SOUTH", "unknown")]
    assert "not that of the key we know" in found.problems[0]
    other = Agency("FUND-NORTH")  # somebody else under the same name
    other.write(tmp_path, "2026-03-04", other.line("2026-03-04"))
    assert ("FUND-NORTH", "2026-03-04") not in gathered(tmp_path, keys(north)).days


def test_the_same_day_twice_is_one_and_two_different_ones_are_told(tmp_path, north):
    line = north.line("2026-03-02")
    north.write(tmp_path, "2026-03-02", line, line)
    assert gathered(tmp_path, keys(north)).problems == []
    north.write(tmp_path / "again", "2026-03-02", north.line("2026-03-02", 99))
    found = gathered(tmp_path, keys(north))
    assert len(found.days) == 1
    assert "two different things of 2026-03-02" in found.problems[0]


@pytest.mark.parametrize(
    "content",
    [b"", b"half a line", b"[]\n", b"{}\n", b"\xff\xfe\n", b'{"agency":1,"day":2,"format":1}\n', b"{" * 5000 + b"\n"],
)
def test_files_that_hold_no_day_are_named_and_stop_nothing(tmp_path, north, content):
    north.write(tmp_path, "2026-03-02", north.line("2026-03-02"))
    (tmp_path / f"odd{SUFFIX}").write_bytes(content)
    found = gathered(tmp_path, keys(north))
    assert len(found.days) == 1
    assert (content == b"" and not found.problems) or found.problems[0].startswith(f"odd{SUFFIX}")


def test_a_newer_format_asks_for_a_newer_program(tmp_path, north):
    north.write(tmp_path, "2026-03-02", north.line("2026-03-02", format=2))
    assert "newer than this program" in gathered(tmp_path, keys(north)).problems[0]


def test_what_looks_like_a_formula_is_text_and_odd_values_count_nothing(tmp_path):
    odd = Agency("=1+1")
    odd.write(tmp_path, "x", odd.line("-2", queue="nonsense", money=[1, {"direction": "in", "amount": True}], acts=[]))
    (row, *_) = rows(table(gathered(tmp_path, {}).days.values()))
    assert (row["agency"], row["day"], row["issued"], row["money_in"]) == ("'=1+1", "'-2", "0", "0")


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(MboteError, match="no such folder"):
        gathered(tmp_path / "nowhere", {})
