"""The file itself: whole at once, whoever looks first."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from hub.people import replica

READERS = 8


def test_all_who_look_first_at_once_read_an_empty_replica(tmp_path):
    for turn in range(20):
        start, folder = Barrier(READERS), tmp_path / str(turn)
        folder.mkdir()

        def look(_, start=start, folder=folder):
            start.wait()
            with replica.reading(folder) as reader:
                return replica.data_of(reader)

        with ThreadPoolExecutor(READERS) as threads:
            assert list(threads.map(look, range(READERS))) == [None] * READERS
        assert [each.name for each in folder.iterdir() if not each.name.startswith(replica.FILE)] == []
