"""The API against its own document: schemathesis asks whatever the document allows, and much that it does not."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from display import board as room_board
from hub import door, openapi
from hub.app import Rooms, create_app
from hub.bench.rig import free_port
from hub.demo.agency import prepare
from hub.queues import pictures
from hub.rooms import open_hub
from hub.settings.devices import Display
from hub.supervision.statistics import figures
from hub.wire import as_json

pytestmark = pytest.mark.slow

EXAMPLES, NIGHTLY = 2, 200


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    """The application over a real file, as its integrator sees it; the door bans nobody for what they try here."""
    agency = prepare(tmp_path_factory.mktemp("agency"), free_port())
    hub = open_hub(agency.settings)
    before = door.of_process()
    door.open_door(door.Limits(bad_requests=1_000_000))
    app = create_app(
        hub,
        Rooms(
            pages=(),
            board=lambda reader: as_json(
                room_board.for_screen(pictures.boards(hub, reader)((), ""), Display(name="ANY"), hub.settings)
            ),
            statistics=lambda reader, query: figures(hub, reader, query),
        ),
    )
    token = {"Authorization": f"Bearer {agency.tokens['api']}"}
    document = app.test_client().get("/api/v1/openapi.json", headers=token).get_json()
    schema = schemathesis.openapi.from_dict(document)
    schema.app = app
    schema.headers = token
    yield schema, token
    hub.store.close()
    door._DOOR = before


OPERATIONS = [(path, method) for path, methods in openapi.document()["paths"].items() for method in methods]


def attack(api, path, method, examples, *, mode):
    """So many requests to one operation, each answered as the document says. Raises schemathesis' own failures."""
    schema, token = api
    operation = schema[path][method]

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(operation.as_strategy(generation_mode=mode))
    def ask(case):
        # well formed and yet without sense (no such service, from after to) is 422, which no schema can tell
        case.call_and_validate(headers=token, excluded_checks=[positive_data_acceptance])

    ask()


@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=lambda word: word.strip("/"))
def test_each_operation_answers_as_its_document_says(api, path, method, mode):
    attack(api, path, method, EXAMPLES, mode=mode)


@pytest.mark.nightly
@pytest.mark.timeout(600)
@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=lambda word: word.strip("/"))
def test_each_operation_answers_whatever_comes(api, path, method, mode):
    attack(api, path, method, NIGHTLY, mode=mode)
