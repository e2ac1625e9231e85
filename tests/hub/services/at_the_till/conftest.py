"""An agency with tills, on a copy of central data that is imported once a module."""

import pytest

from tests.hub.services.tills import at_work, central_data


@pytest.fixture(scope="module")
def replica(tmp_path_factory):
    return central_data(tmp_path_factory.mktemp("central"))


@pytest.fixture
def house(tmp_path, workshop, replica):
    with at_work(tmp_path, workshop, replica) as found:
        yield found
