import pytest

from tests.hub.people.town import Town


@pytest.fixture
def town(tmp_path, clock):
    place = Town(tmp_path, clock)
    yield place
    place.hub.store.close()
