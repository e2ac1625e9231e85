"""A day of the agency with real processes: whatever leaves the hub for the hall, the paper or a log names nobody.

Looked at: every picture that a screen, a kiosk, a panel or a printer's owner is sent, every answer to the kiosk, the
ticket's paper as the printer drew it, every other paper as its owner takes it, the page of a visitor's telephone, what
an operator's relay is told, the public journal, and the log of every process. The day (`tests.hub.named_day`) has
certificates, deposits with scans, tills with lots, orders, requests, letters of the centre, and each name is told apart
from everything else.
"""

from __future__ import annotations

import json
import shutil
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen
from uuid import uuid4

import pytest

from hub.bench.rig import free_port
from hub.client import HubAway, HubClient
from hub.demo.agency import SOURCE
from hub.demo.processes import COMMANDS
from hub.errors import Refused
from tests.agency import opened, until
from tests.hub.lived_day import PATIENT
from tests.hub.named_day import NAMES, PERSON, SAID

pytestmark = [pytest.mark.slow, pytest.mark.nightly, pytest.mark.timeout(400)]

#: Papers of the counters that do name somebody, and why: they are handed to that person, at the counter.
NAMED_PAPERS = {
    "visit": "the visitor's own slip: who asked, for whom, what was done",
    "receipt": "proof of who paid or was paid, and for whom (R-064)",
    "deposit": "proof of who handed in which documents, about whom (R-050)",
}
#: Entries of the open journal that say in an agent's words why they did it. Those words are about the act, and an
#: auditor reads them without a motive of their own; they are on no screen of the hall, no ticket and in no log.
MOTIVES = {
    "priority_changed", "ticket_called", "ticket_cancelled", "ticket_held", "ticket_reprinted",
    "ticket_returned", "ticket_transferred",
}  # fmt: skip
COUNTERS = ("02", "05", "11", "12")


@pytest.fixture
def source(tmp_path, monkeypatch):
    """The demo's files, with a printer at the counters."""
    folder = shutil.copytree(SOURCE, tmp_path / "source")
    with (folder / "printers.toml").open("a") as file:
        file.write('\n[[printer]]\nname = "RECUS"\nhost = "127.0.0.1"\n')
    counters = folder / "counters.toml"
    text = counters.read_text("utf-8")
    for code in COUNTERS:
        text = text.replace(f'code = "{code}"\n', f'code = "{code}"\nprinter = "RECUS"\n')
    counters.write_text(text, "utf-8")
    monkeypatch.setattr("hub.demo.agency.SOURCE", folder)


class Hall:
    """Who listens in the hall: what each device was told, and each paper with what it is about."""

    def __init__(self, agency):
        self.agency = agency
        self.told, self.papers = [], []
        self.done = threading.Event()
        self._opened = ExitStack()
        self.lines = {name: self._line(name, agency.tokens[name]) for name in ("display", "kiosk", "panel", "31")}
        token = agency.folder / "printer.token"
        until(token.exists, 20, "the counters' printer is paired")
        self.lines["printer"] = self._line("printer", token.read_text())
        self._taking = threading.Thread(target=self._take_papers)
        self._taking.start()

    def _line(self, name, token):
        line = HubClient(self.agency.url.rstrip("/"), lambda: token)
        line.listen(lambda event, picture: self.hear(f"{name} {event}", picture), lambda _: None).open()
        self._opened.callback(line.close)
        assert line.wait_connected(10)
        return line

    def hear(self, where, what):
        self.told.append((where, json.dumps(what, ensure_ascii=False)))

    def ask(self, who, what, **body):
        """What a device of the hall asks, and what it is answered."""
        try:
            answer = self.lines[who].ask(what, uuid4().hex, 10, **body)
        except Refused as refused:
            answer = refused.as_json()
        self.hear(f"{who} {what}", answer)
        return answer

    def follow(self, code):
        """A visitor's telephone looks; whether it was answered: who asks too often is not."""
        followup = self.agency.settings.followup
        with suppress(OSError), urlopen(f"http://{followup.host}:{followup.port}/{code}", timeout=10) as page:
            self.hear("telephone", page.read().decode())
            return True
        return False

    def _take_papers(self):
        """The owner of the counters' printer: each job is taken and confirmed."""
        line = self.lines["printer"]
        while not self.done.wait(0.05):
            with suppress(HubAway, Refused):
                while (taken := line.ask("print_take", uuid4().hex, 10, printer="RECUS"))["job"]:
                    self.papers.append((taken["about"], json.dumps(taken, ensure_ascii=False)))
                    told = {"job": taken["job"], "attempt": taken["attempt"], "state": "confirmed"}
                    line.ask("print_report", uuid4().hex, 10, **told)

    def close(self):
        self.done.set()
        self._taking.join(10)
        self._opened.close()


def lived(agency):
    """The day, from outside: presses, scans, searches and refusals among what happens at the counters."""
    hall = Hall(agency)
    try:
        agency.press("DEP")
        own = hall.ask("kiosk", "issue", service="XES")["follow"]
        (agency.folder / "live").touch()
        hall.ask("kiosk", "scanned", code=PERSON["number"])
        hall.ask("kiosk", "issue", service="XES", scanned=PERSON["number"])
        names = [*NAMES, "MAKOSSO-DEMANDEUSE " * 20]
        for each in names:
            hall.ask("kiosk", "issue", service=each[:60], reason=each[:300])
            agency.page("clerk", f"/desk/inquiry?q={quote(each)}")
            agency.page("receptionist", f"/desk/reception?q={quote(each)}")
            agency.page("auditor", f"/audit?text={quote(each)}")
            with suppress(Refused):
                agency.api.post(f"tickets/{quote(each)}/cancel", key=uuid4().hex, reason=each[:300])
            with suppress(Refused):
                agency.api.post("tickets", key=uuid4().hex, service="XES", requester=each, registration_number=each)
            hall.follow(own)
        until((agency.folder / "lived.json").exists, 90, "the day is lived")
        until(lambda: hall.follow(own), 30, "the telephone is answered")
        told = json.loads((agency.folder / "lived.json").read_text())
        assert told["trouble"] == ""
        time.sleep(0.5)  # the last pictures and papers
        for said in told["relayed"]:
            hall.hear("relay", said)
        hall.hear("api board", agency.api.get("board"))
        hall.hear("api counters", agency.api.get("counters"))
        for entry in agency.journal():
            hall.hear(f"public journal {entry['kind']}", entry)
    finally:
        hall.close()
    return hall


def leaks(agency, hall):
    """Where a name, a number of a person or a reason was seen that has no business there."""
    drawn = [("ticket", " ".join(str(line.text) for line in slip)) for slip in list(agency.printer.slips)]
    papers = [(f"paper {about}", text) for about, text in hall.papers if about.split()[0] not in NAMED_PAPERS]
    logs = [(f"log of {each.stem}", each.read_text("utf-8")) for each in (agency.folder / "log").glob("*.log")]
    for where, text in (*hall.told, *drawn, *papers, *logs):
        for name in NAMES:
            motive = name == SAID.reason and where.removeprefix("public journal ") in MOTIVES
            if name.casefold() in text.casefold() and not motive:
                yield where, name


@pytest.mark.parametrize(
    ("leak", "seen_in"),
    [
        pytest.param("", set(), id="as it is"),
        *(
            pytest.param(*each, id=f"{each[0]} leaks")
            for each in (
                ("board", {"display board", "api board"}),
                ("ticket", {"ticket"}),
                ("log", {"log of hub"}),
                ("relay", {"relay"}),
            )
        ),
    ],
)
def test_a_day_with_everybody_s_business_names_nobody_in_the_hall(tmp_path, source, note, leak, seen_in):
    commands = COMMANDS | {"hub": ("-m", "tests.hub.named_day", leak)}
    (tmp_path / "scanner").mkdir()
    local = f'{PATIENT}[deposits]\nscans_from = "{tmp_path / "scanner"}"\n'
    local += f'[followup]\nhost = "127.0.0.1"\nport = {free_port()}\n'
    with opened(tmp_path / "agency", commands, local=local) as agency:
        hall = lived(agency)
        found = set(leaks(agency, hall))
        slips, logs = len(agency.printer.slips), sorted((agency.folder / "log").glob("*.log"))
    note(
        f"{len(hall.told)} payloads, {slips} papers of the kiosk, {len(hall.papers)} of the counters, {len(logs)} logs"
    )
    assert {where for where, _ in found} == seen_in, found
    assert slips >= 2
    assert [each.stem for each in logs] == ["hub", "kiosk", "panel"]
    if not leak:
        named = {about.split()[0] for about, text in hall.papers if any(name in text for name in NAMES)}
        assert named == set(NAMED_PAPERS), "the list of papers that name somebody is true"
        kept = (Path(agency.folder) / "data" / "mbote.db").read_bytes() + (
            agency.folder / "data" / "mbote.db-wal"
        ).read_bytes()
        assert SAID.requester.encode() in kept, "there was something to find"
