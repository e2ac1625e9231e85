"""The agency of the inquiry, with an auditor."""

from __future__ import annotations

import pytest

from tests.hub.inquiry.conftest import house, opened_once, window  # noqa: F401 (fixtures)


@pytest.fixture
def auditor(house):  # noqa: F811
    """The auditor's browser."""
    return house.browser("00990Z")
