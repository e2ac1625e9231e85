"""A closing's money on its whole road to a centre in a process of its own: over HTTPS, and in a folder."""

import csv
import io
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from hub import outbox
from hub.authority import AUTHORITY
from hub.centre import place
from hub.cli import main
from hub.exchange import stick
from hub.exchange.asker import Asked, Asker, Drop
from hub.exchange.sender import Sender
from hub.exchange.ways import address_of, destination_of
from hub.services.cash import lot_store, treasury
from tests.hub.services.house import House
from tests.hub.services.test_lots import lot_of, one_day
from tests.hub.services.tills import CHIEF, DAY
from tests.patience import patience

pytestmark = pytest.mark.slow  # real files, sockets and processes

ROOT = Path(__file__).parents[3]
#: The central database's side: books what it is told, but for accounts that it has closed.
PROGRAM = """\
import json, pathlib, sys
here = pathlib.Path(__file__).parent
said = json.loads(sys.stdin.read())
with (here / "told.jsonl").open("a") as file:
    file.write(json.dumps(said) + "\\n")
closed = (here / "closed").read_text().split() if (here / "closed").exists() else []
if any(line["account"] in closed for line in said["payload"]["lines"]):
    print("ACCOUNT_CLOSED compte fermé")
    sys.exit(10)
"""


class Treasury:
    """`mbote centre` as the head office runs it, and what its program was told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "centre"
        self.key = place.make(self.folder)
        self.program = folder / "integrate.py"
        self.program.write_text(PROGRAM, "utf-8")
        self.process: subprocess.Popen[str] | None = None

    def knows(self, hub) -> None:
        said = stick.public_key(hub)
        (self.folder / "agencies.toml").write_text(f'{said["agency"]} = "{said["key"]}"\n')

    def closes(self, *accounts: str) -> None:
        (self.program.parent / "closed").write_text(" ".join(accounts))

    def told(self) -> list[dict]:
        return [json.loads(line) for line in (self.program.parent / "told.jsonl").read_text().splitlines()]

    def command(self, *words: object) -> list[str]:
        program = f"{sys.executable} {self.program}"
        return [*map(str, (sys.executable, "-m", "hub.cli", "centre", *words)), "--program", program]

    def serve(self) -> str:
        """Its address: another name of this machine than the one where it may speak plainly."""
        words = self.command("run", self.folder, "--host", "127.0.0.2", "--port", 0)
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        word, url = self.process.stdout.readline().split()
        assert (word, url.partition(":")[0]) == ("ready", "https")
        return url

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            assert self.process.wait(patience(10)) == 0
            self.process.stdout.close()
            self.process = None

    def carries(self, folder: Path) -> str:
        words = self.command("carry", self.folder, folder)
        return subprocess.run(words, capture_output=True, text=True, check=True, cwd=ROOT).stdout


@pytest.fixture
def office(tmp_path):
    found = Treasury(tmp_path)
    yield found
    if found.process is not None:
        found.process.kill()
        found.stop()


@pytest.fixture
def house(tmp_path, workshop, office):
    centre = {"key": office.key, "authority": str(office.folder / AUTHORITY)}
    found = House(tmp_path / "agency", DAY, ("certificate", "cash"), workshop, centre=centre)
    office.knows(found.hub)
    yield found
    found.close()


def messages(house):
    return [(row["state"], row["version"]) for row in house.hub.reader.execute(
        "SELECT state, version FROM outbox WHERE topic = ? ORDER BY id", (treasury.TOPIC,))]  # fmt: skip


def in_parts(house):
    """Number and sum of what a closing's lots hold in each state, the replaced ones left out."""
    found: dict[str, tuple[int, int]] = {}
    for each in lot_store.of_closing(house.hub.reader, 1):
        if each.state != "C1":
            number, total = found.get(each.state, (0, 0))
            found[each.state] = (number + len(each.items), total + each.sum)
    return found


def test_what_a_closing_establishes_is_booked_to_the_franc_over_a_wire_and_in_a_folder(house, office, tmp_path):
    """V0 = V1 + R1; refused with a code, put right, sent again, booked; the rest by a folder, settled by a letter."""
    whole = one_day(house)
    assert in_parts(house) == {"V0": (3, 244_848)}
    treasury.send(house.hub, house.ask(CHIEF), lot=whole, held={"C01-2013-000002": "unpaid"})
    assert in_parts(house) == {"V1": (2, 194_848), "R1": (1, 50_000)}, "V0 = V1 + R1"

    office.closes("415120")
    url = office.serve()
    sender, asker = (
        Sender(house.hub, address_of(house.hub, url)),
        Asker(house.hub, Asked(address_of(house.hub, url)), 60),
    )
    assert sender.send_due() is None, sender.complaint
    assert (messages(house), lot_of(house, whole).state) == ([("acknowledged", 1)], "V1")
    asker.look()
    refused = lot_of(house, whole)
    assert (messages(house), refused.state, refused.code) == ([("refused", 1)], "R2", "ACCOUNT_CLOSED")

    accounts = {each.receipt: "471000" for each in refused.items}
    treasury.correct(house.hub, house.ask(CHIEF), lot=whole, accounts=accounts, motive="compte fermé")
    treasury.send(house.hub, house.ask(CHIEF), lot=f"{whole}-C1", held={})
    assert sender.send_due() is None, sender.complaint
    asker.look()
    assert (messages(house), lot_of(house, f"{whole}-C1").state) == ([("applied", 2)], "V2")
    assert in_parts(house) == {"V2": (2, 194_848), "R1": (1, 50_000)}
    office.stop()

    shared = tmp_path / "shared"
    (shared / "to-centre").mkdir(parents=True)
    by_folder = Sender(house.hub, destination_of(house.hub, str(shared / "to-centre")))
    drop = Asker(house.hub, Drop(shared / "from-centre" / house.hub.settings.agency.code), 60)
    office.closes()
    treasury.correct(house.hub, house.ask(CHIEF), lot=f"{whole}-R1", accounts={}, motive="le chèque est payé")
    treasury.send(house.hub, house.ask(CHIEF), lot=f"{whole}-C2", held={})
    assert by_folder.send_due() is None, by_folder.complaint
    (table,) = (shared / "to-centre").glob("*.csv")
    assert table.with_suffix(".jsonl").is_file()
    rows = list(csv.DictReader(io.StringIO(table.read_text("utf-8")), delimiter=";"))
    assert {row["piece"] for row in rows} == {f"{whole}-C2"}
    assert [sum(int(row[side]) for row in rows) for side in ("debit", "credit")] == [50_000, 50_000]
    assert "files with 1 messages taken, 0 refused" in office.carries(shared)
    assert list((shared / "to-centre").iterdir()) == []
    drop.look()
    assert messages(house) == [("applied", 2), ("applied", 1)]
    assert in_parts(house) == {"V2": (3, 244_848)}, "all of the closing is booked, nothing twice"

    told = [(each["version"], each["payload"]["reference"], each["payload"]["sum"]) for each in office.told()]
    assert told == [(1, whole, 194_848), (2, f"{whole}-C1", 194_848), (1, f"{whole}-C2", 50_000)]
    settled = tmp_path / "settled.json"
    settled.write_text(json.dumps({"reference": f"{whole}-C2", "balance": "due"}))
    published = CliRunner().invoke(
        main, ["centre", "publish", str(office.folder), treasury.SETTLED, str(settled), "--by", "Trésorerie"]
    )
    assert published.exit_code == 0, published.output
    office.carries(shared)
    drop.look()
    assert lot_of(house, f"{whole}-C2").state == "V3"
    assert outbox.counts(house.hub.reader)["refused"] == 0
    house.replayed()
