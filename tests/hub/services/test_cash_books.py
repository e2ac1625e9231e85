"""What stays of the tills: months and years on paper, and books that prove themselves to whoever has only Python."""

import io
import json
import random
import re
import subprocess
import sys
import zipfile
from contextlib import suppress
from pathlib import Path

import pikepdf
import pytest

from hub.audit import verifier
from hub.chain import public_key
from hub.services.cash import actions, ages, archive, paper, store
from hub.store import SIGNING_KEY
from tests.hub.services.house import House, Screen
from tests.hub.services.tills import AUDITOR, CASHIER, CHIEF, DAY, STRANGER, close_till, open_till, pay, pieces_for

VERIFIER = Path(__file__).parents[3] / "hub" / "audit" / "verifier.py"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def kept(tmp_path_factory, workshop):
    """Four closings over three months and two years, with a difference, a reversal, a transfer and a cheque; closed."""
    house = House(tmp_path_factory.mktemp("books"), DAY, ("certificate", "cash"), workshop)
    for day, off in enumerate((0, 25, 0, -5)):
        opening = store.till(house.hub.reader, "C01").cash or 50_000
        open_till(house, pieces_for(house, opening))
        pay(house, 10_000 + day, "2013-T1", who=STRANGER)
        cheque = pay(house, 20_000, "2013-T1", who=STRANGER, tender="cheque")
        actions.move(house.hub, house.ask(CASHIER), kind="supply", amount=5_000, voucher="B1")
        ask = actions.ask_reversal(house.hub, house.ask(CASHIER), receipt=cheque.receipt, reason="typing")["ask"]
        actions.decide_reversal(house.hub, house.ask(CHIEF), ask=ask, granted=day % 2 == 0)
        cash = store.till(house.hub.reader, "C01").cash
        close_till(house, pieces_for(house, cash + off), motive="change", note="PV 1")
        house.clock.advance(hours=24 * (3 if day == 0 else 40 if day == 1 else 250))
    for _ in range(5):
        if ages.due(house.hub.reader, "C01", house.hub.today().isoformat()) is not None:
            ages.close_period(house.hub, house.ask(CHIEF), till="C01")
    yield house
    house.close()


def closed(house):
    rows = house.hub.reader.execute("SELECT period FROM cash_period ORDER BY rowid").fetchall()
    return [row["period"] for row in rows]


# --- papers ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("period", "title"), [("2013-04", "Arrêté mensuel de caisse"), ("2013", "Arrêté annuel de caisse")]
)
def test_a_month_and_a_year_are_printed_with_totals_that_their_lines_give(kept, period, title):
    assert period in closed(kept)
    found = store.period(kept.hub.reader, "C01", period)
    data = paper.period_data(kept.hub, found, 0)
    amounts = [int(re.sub(r"\D", "", row[-1])) for page in data["pages"] for row in page["rows"]]
    assert (data["title"], sum(amounts)) == (title, found.total)
    for name, rows in data["totals"]:
        shown = sum(int(re.sub(r"[^\d−-]", "", amount).replace("−", "-")) for _, amount in rows)
        if name != "Par nature":  # transfers and differences are no operations
            assert shown == found.total, name
    chief = Screen(kept, CHIEF)
    chief.send(f"/desk/cash/tills/C01/periods/{period}/print")
    assert chief.data.startswith(b"%PDF")
    with pikepdf.open(io.BytesIO(chief.data)) as drawn:
        assert len(drawn.pages) == 1
        assert period in str(drawn.docinfo.get("/Title", "")) or title in str(drawn.docinfo.get("/Title", ""))
    assert store.period_copies(kept.hub.reader, "C01", period) >= 1, "the next one says DUPLICATA"
    assert chief.send("/desk/cash/tills/C01/periods/1999/print").status == 404


# --- books -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def books(kept, tmp_path_factory):
    path = tmp_path_factory.mktemp("taken") / "books.zip"
    archive.write(kept.hub, path, "00990Z")
    return path


def verified(path, *options):
    """By the program alone: no site packages, no environment of ours."""
    command = [sys.executable, "-I", "-S", str(VERIFIER), str(path), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={})


def test_the_books_are_verified_with_nothing_but_python(kept, books):
    key = public_key(kept.hub.store.folder / SIGNING_KEY).hex()
    done = verified(books, "--key", key)
    assert done.returncode == 0, done.stdout + done.stderr
    till = store.till(kept.hub.reader, "C01")
    assert (
        f"till C01: {till.seq} entries, 4 closings, in all {till.total_in} in and {till.total_out} out" in done.stdout
    )
    assert verified(books, "--key", "00" * 32).returncode == 1
    with zipfile.ZipFile(books) as bundle:
        everything = b" ".join(bundle.read(name) for name in bundle.namelist())
        assert bundle.read("verifier.py") == VERIFIER.read_bytes()
    assert b"MAKOSSO" not in everything, "nobody is named"


def tampered(books, path, change):
    with zipfile.ZipFile(books) as bundle, zipfile.ZipFile(path, "w") as copy:
        for name in bundle.namelist():
            content = bundle.read(name).decode()
            if name == "books.jsonl":
                content = "\n".join(change(content.splitlines())) + "\n"
            copy.writestr(name, content)
    return path


def altered(number):
    """One franc more in an entry."""

    def change(lines):
        for at, line in enumerate(lines):
            said = json.loads(line)
            parts = said["said"].split("|")
            if said["what"] == "entry" and parts[3] == str(number):
                parts[7] = str(int(parts[7]) + 1)
                lines[at] = json.dumps(said | {"said": "|".join(parts)})
        return lines

    return change


def another_total(lines):
    """A closing says one franc more."""
    at = of("closing", lines)
    line = json.loads(lines[at])
    said = json.loads(line["said"])
    lines[at] = json.dumps(line | {"said": json.dumps(said | {"total_in": said["total_in"] + 1})})
    return lines


def of(what, lines):
    return next(at for at, line in enumerate(lines) if json.loads(line)["what"] == what)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (altered(3), "till C01: N° 3 of 2013 was altered"),
        (lambda lines: lines[:2] + lines[3:], "till C01: N° 4 of 2013 was altered"),
        (lambda lines: lines[:-8], "till C01: the book does not end where the signed manifest says"),
        (lambda lines: [x for x in lines if x != lines[of("closing", lines)]], "till C01: closing Z2 was altered"),
        (another_total, "till C01: closing Z1 was altered"),
        (lambda lines: [x.replace("2013-04", "2013-05") for x in lines], "till C01: "),
        (lambda lines: [lines[1], lines[0], *lines[2:]], "till C01: N° 2 of 2013 was altered"),
    ],
    ids=["one franc", "an entry gone", "the end cut off", "a closing gone", "a total", "a month", "two exchanged"],
)  # fmt: skip
def test_what_was_changed_in_the_books_is_found_and_named(books, tmp_path, change, named):
    done = verified(tampered(books, tmp_path / "copy.zip", change))
    assert (done.returncode, named in done.stdout) == (1, True), done.stdout + done.stderr


def test_no_flipped_bit_of_the_books_passes(books, tmp_path, note):
    """Two hundred bits, each anywhere; in this process, for the time that a start of Python takes."""
    chance, passed = random.Random("books"), []  # noqa: S311 (repeatable)
    for _ in range(200):
        place = []

        def flip(lines, place=place):
            at = chance.randrange(len(lines))
            said = bytearray(lines[at].encode())
            place[:] = at, chance.randrange(len(said))
            said[place[1]] ^= 1 << chance.randrange(7)
            lines[at] = said.decode(errors="replace").replace("\n", "?").replace("\r", "?")
            return lines

        with suppress(verifier.Wrong, KeyError, TypeError, ValueError, IndexError, AttributeError):
            verifier.check(str(tampered(books, tmp_path / "copy.zip", flip)))
            passed.append(place)
    note(f"200 flipped bits, {len(passed)} passed")
    assert passed == []


def test_whoever_audits_takes_the_books_and_it_is_written_down(kept):
    auditor = Screen(kept, AUDITOR)
    answer = auditor.client.post("/desk/cash/books", data={"key": kept.ask().key, "csrf": "c"})
    content = answer.data
    answer.close()
    with zipfile.ZipFile(io.BytesIO(content)) as bundle:
        assert json.loads(bundle.read("manifest.json"))["by"] == AUDITOR.agent
    assert kept.kinds().count("till_books_taken") == 1
    kept.replayed()
