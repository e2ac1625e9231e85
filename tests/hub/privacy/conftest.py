"""The agency of the inquiry, with two who may approve."""

from tests.hub.inquiry.conftest import house, opened_once  # noqa: F401 (fixtures)
