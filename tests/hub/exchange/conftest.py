import pytest

from tests.hub.exchange.both import CODE, Branch, Centre


@pytest.fixture
def centre(tmp_path):
    found = Centre(tmp_path / "centre")
    yield found
    found.close()


@pytest.fixture
def branch(tmp_path, centre):
    found = Branch(tmp_path / "data", centre.key)
    centre.knows(CODE, found.public)
    yield found
    found.close()
