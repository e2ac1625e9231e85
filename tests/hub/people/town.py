"""A town's central data and the desk that asks for them, on real files."""

import json
from pathlib import Path

from hub.ask import Actor, Ask
from hub.context import Hub
from hub.demo.country import Country
from hub.people import actions, files, importing, replica
from hub.people.importing import Today
from hub.people.search import search
from hub.rooms import brought
from hub.store import Store
from tests.office import demo_settings

TODAY = Today("2026-03-02", 1_772_400_000_000)
CLERK = Actor(agent="00815D", roles=frozenset({"clerk"}))
RECEPTION = Actor(agent="00733C", roles=frozenset({"receptionist"}))
OFFICER = Actor(agent="01204H", roles=frozenset({"case_officer"}))
BAMOU = {"ref": "P1", "number": "2133415888", "roles": "insured", "name": "BAMOU", "first_names": "Jérôme"}


class Town:
    """Files come from the central system; agents ask."""

    def __init__(self, folder: Path, clock) -> None:
        self.folder = folder
        self.clock = clock
        rooms = brought(())
        data = folder / "data"
        self.rooms = rooms
        self.hub = Hub(
            demo_settings(),
            Store(data, appliers=rooms.appliers, migration_sets=rooms.migrations, clock=clock),
        )
        self.today = TODAY
        self.refused: list[tuple[int, str]] = []

    @property
    def data(self) -> Path:
        return self.hub.store.folder

    def file(self, *lines, name="central.jsonl") -> Path:
        """A file of JSON lines (dictionaries), or of lines as they are."""
        path = self.folder / name
        path.write_bytes(b"".join((_line(each)) + b"\n" for each in lines))
        return path

    def import_(self, what, *lines, name="central.jsonl", progress=None):
        """Take over a file as the command does, without the command."""
        return self.import_file(what, self.file(*lines, name=name), progress)

    def import_file(self, what, path, progress=None):
        source = files.opened(path, what)
        self.refused = []
        with replica.writing(self.data) as writer:
            run = importing.begin(
                writer, what, source.digest, size=source.size, data_of=source.modified_ms, now_ms=self.today.ms
            )
            lines = source.lines(run.offset)

            def told(so_far, bad):
                self.refused += [(number + source.first_line - 1, why) for number, why in bad]
                if progress:
                    progress(so_far)

            run = importing.take_over(writer, run, lines, self.today, told)
            importing.journalled(writer, run)
            return run

    def country(self, people, seed=1):
        with replica.writing(self.data) as writer:
            country = Country(people, seed)
            run = importing.begin(writer, "bundle", country.name, size=0, data_of=1, now_ms=1)
            lines = importing.generated(country.records(), run)
            return importing.take_over(writer, run, lines, self.today, lambda *_: None)

    def search(self, typed, most=20):
        with replica.reading(self.data) as reader:
            return search(reader, typed, most)

    def refs(self, typed, most=20):
        return [hit.ref for hit in self.search(typed, most)]

    def rows(self, sql, *values):
        with replica.reading(self.data) as reader:
            return [tuple(row) for row in reader.execute(sql, values)]

    def look(self, ref, actor=CLERK, **more):
        more = more or {"ticket": 1}
        return actions.read_sheet(self.hub, Ask(actor), ref=ref, **more)

    def journal(self, kind):
        return self.hub.reader.execute("SELECT * FROM journal WHERE kind = ? ORDER BY seq", (kind,)).fetchall()


def _line(each) -> bytes:
    if isinstance(each, bytes):
        return each
    return (each if isinstance(each, str) else json.dumps(each, ensure_ascii=False)).encode()
