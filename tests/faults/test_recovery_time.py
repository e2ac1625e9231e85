"""How long until a box that has lost everything works again: a file as large as years of work."""

import time
from datetime import date

import pytest

from hub.backup import copy
from hub.backup.place import Place
from hub.bench.past import Past
from hub.recovery import box_of, recover
from hub.rooms import open_hub
from hub.settings_files import load_settings
from tests.agency import strain
from tests.faults.test_backup import IDENTITY
from tests.office import CONFIG

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]
RTO_S, PER_MB_S = 300, 0.3
MEGABYTE = 1_000_000


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
    """A past of so many bytes; how many visits are in it."""
    with Past(settings, first=date(2001, 1, 1)) as past:
        while past.size < size:
            past.day()
        return past.tickets
