"""How long until a box that has lost everything works again: a file as large as years of work."""

import time

import pytest

from hub.ask import HUB, Ask
from hub.backup import copy
from hub.backup.place import Place
from hub.queues import model as m
from hub.recovery import box_of, recover
from hub.rooms import open_hub
from hub.settings_files import load_settings
from tests.agency import strain
from tests.faults.test_backup import IDENTITY
from tests.office import CONFIG

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]
RTO_S, PER_MB_S = 300, 0.3
MEGABYTE = 1_000_000
BATCH = 2_000


@pytest.mark.parametrize(
    "megabytes",
    [pytest.param(50, marks=pytest.mark.nightly), pytest.param(1000, marks=pytest.mark.release)],
)
def test_a_whole_box_comes_back_within_five_minutes(tmp_path, note, megabytes):
    settings = load_settings(
        CONFIG, {"hub": {"data": tmp_path / "data"}, "backup": {"keys": [str(IDENTITY.to_public())]}}
    )
    visits = years_of_work(settings, megabytes * MEGABYTE)
    size = (tmp_path / "data" / "mbote.db").stat().st_size
    (tmp_path / "stick").mkdir()
    place = Place(tmp_path / "stick", settings.agency.code)
    place.prepare()
    began = time.monotonic()
    whole = copy.whole(box_of(settings), place)
    copied = time.monotonic()
    done = recover(tmp_path / "stick", settings.folder, [IDENTITY], data=tmp_path / "new")
    restored = time.monotonic()
    hub = open_hub(settings.model_copy(update={"hub": settings.hub.model_copy(update={"data": tmp_path / "new"})}))
    opened = time.monotonic()
    hub.store.close()
    note(
        f"{size / MEGABYTE:,.0f} MB, {visits:,} visits, {done.end.last:,} entries: copied in {copied - began:.0f} s"
        f" into {whole.header.size / MEGABYTE:,.0f} MB, restored in {restored - copied:.0f} s,"
        f" opened in {opened - restored:.1f} s"
    )
    assert restored - copied <= min(RTO_S, 20 + PER_MB_S * megabytes) * strain()


def years_of_work(settings, size):
    """Visits from press to goodbye, recorded as the actions record them, many to a commit; how many."""
    hub = open_hub(settings)
    hub.store.writer.execute("PRAGMA synchronous = OFF")
    path = hub.store.path
    ticket, day = hub.reader.execute(
        "SELECT coalesce(max(id), 0), (SELECT coalesce(max(id), 0) FROM business_day) FROM ticket"
    ).fetchone()
    while path.stat().st_size < size:
        with hub.store.transaction(Ask(HUB)) as tx:
            day += 1
            tx.record(m.DayOpened(day, f"{2000 + day // 360:04d}-{day % 12 + 1:02d}-{day % 28 + 1:02d}x{day}", "open"))
            for number in range(1, BATCH // 5):
                ticket += 1
                visit(tx, day, ticket, number)
            tx.record(m.DayClosed(day, 0, 0, ()))
    hub.store.close()
    return ticket


def visit(tx, day, ticket, number):
    now = tx.now
    issued = m.TicketIssued(
        ticket=ticket, epoch=1, day=day, label=f"D{number:03d}", series="D", number=number, service="DEP",
        category="simple", priority="normal", language="fr", channel="kiosk", paper="awaited", token="K7WQ2M8RT3",
        issued_at=now.at, issued_tick=now.tick, certain=True, low_s=300, high_s=600,
        requester="MAKOSSO Ruth" if number % 3 == 0 else None,
    )  # fmt: skip
    tx.record(issued)
    tx.record(m.PaperReported(ticket, "printed"))
    called = m.TicketCalled(
        ticket=ticket, stage=ticket, label=issued.label, counter="05", agent="00902F", rule=3, why="waited:4",
        waiting=3, considered=((ticket, 4.0),),
    )  # fmt: skip
    tx.record(called)
    tx.record(m.ServiceStarted(ticket, "05", 240_000, certain=True))
    tx.record(m.TicketServed(ticket, "05", "served", 300_000))
