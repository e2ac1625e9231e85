"""`mbote init`: what a new agency gets is readable, whole, and what the model says."""

import re
import tomllib

import pytest

from hub.configuration import as_toml, new_agency, summary
from hub.errors import ConfigurationFault
from hub.manuals import configuration_page
from hub.misfits import remarks
from hub.problems import models_in
from hub.settings import QueueRules, Settings
from hub.settings_files import FILES, load_settings


@pytest.fixture
def fresh(tmp_path):
    new_agency(tmp_path / "new")
    return tmp_path / "new"


def all_models(model):
    yield model
    for field in model.model_fields.values():
        for inner in models_in(field.annotation):
            yield from all_models(inner)


MODELS = sorted(set(all_models(Settings)), key=lambda model: model.__name__)


def test_a_new_agency_is_right_from_the_start(fresh):
    settings = load_settings(fresh)
    assert remarks(settings) == []
    assert settings.services[0].prefix, "its service gives tickets"
    assert settings.day.hours["sat" if "sat" in settings.day.hours else "mon"].open == "07:30"


def test_each_line_taken_out_of_its_comment_is_right_too_and_a_default(fresh):
    before = load_settings(fresh)
    for file in FILES:
        text = (fresh / file).read_text("utf-8")
        (fresh / file).write_text(re.sub(r"^#(?=[a-z\[])", "", text, flags=re.MULTILINE), "utf-8")
    after = load_settings(fresh)
    for section in ("agency", "queue", "hub"):
        assert getattr(after, section) == getattr(before, section)
    assert after.kiosk.model_copy(update={"buttons": ()}) == before.kiosk
    assert after.panel.model_copy(update={"counters": ()}) == before.panel
    assert after.kiosk.buttons
    assert after.panel.counters[0].buttons
    assert after.displays[0].arrows


def test_every_setting_stands_in_a_file_under_its_sentence(fresh):
    written = "".join((fresh / file).read_text("utf-8") for file in FILES)
    for model in MODELS:
        for name, field in model.model_fields.items():
            if not any(models_in(field.annotation)) and name not in ("folder", "open", "close", "last_ticket"):
                said = "\n".join(f"# {line}" for line in field.description.splitlines())
                assert re.search(rf"^{re.escape(said)}\n#?{name}(\.\w+)? = ", written, re.MULTILINE), name


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_setting_has_a_sentence_and_something_to_show(model):
    assert model.__doc__
    for name, field in model.model_fields.items():
        assert field.description, name
        assert "\n" not in field.description, name
        assert field.description.endswith((".", "…")), name
        if not any(models_in(field.annotation)) and name != "folder":
            shows = not field.is_required() and field.get_default(call_default_factory=True) not in (None, (), {})
            assert shows or field.examples, f"{name} needs an example"


@pytest.mark.parametrize("file", FILES)
def test_init_overwrites_nothing_and_then_writes_nothing(tmp_path, file):
    (tmp_path / file).write_text("mine")
    with pytest.raises(ConfigurationFault) as fault:
        new_agency(tmp_path)
    assert fault.value.problems == [f"{tmp_path / file}: is there already; nothing was written"]
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(file, "mine")]


def test_init_says_when_the_folder_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationFault) as fault:
        new_agency(tmp_path / "file" / "new")
    assert "cannot be written: Not a directory" in fault.value.problems[0]


@pytest.mark.parametrize("value", ['"\\é\n', True, 3, 2.5, ["a", 1], {"a": {"b": ["c"]}}, "^\\d{5}[A-Z]$"])
def test_values_are_written_as_toml_reads_them(value):
    assert tomllib.loads(f"x = {as_toml(value)}") == {"x": value}


def test_the_summary_names_agency_queues_and_devices(fresh):
    assert summary(load_settings(fresh)) == [
        "Agence du centre (FUND-TOWN-1)",
        "services: 1, with tickets: D",
        "counters: 1, back desks: 0, displays: 0",
        "kiosk K1: buttons: 0, tcp printer 127.0.0.1:9100",
        "panel P1: counters none",
        f"hub on 127.0.0.1:8080, data in {fresh}/data",
    ]


def test_a_sentence_of_several_lines_stays_a_comment_and_one_row_of_the_manual(tmp_path, monkeypatch):
    monkeypatch.setattr(
        QueueRules,
        "__doc__",
        """How tickets are called.

    And lost.
    """,
    )
    monkeypatch.setattr(QueueRules.model_fields["recalls"], "description", "Most calls,\nthe first included.")
    monkeypatch.setattr(Settings.model_fields["counter_services"], "description", "Folders,\nin their order.")
    new_agency(tmp_path / "new")
    assert load_settings(tmp_path / "new").queue == QueueRules()
    page = configuration_page()
    assert "How tickets are called. And lost.\n" in page
    assert " | Most calls, the first included. |\n" in page
    assert "Folders, in their order. Default:" in page
