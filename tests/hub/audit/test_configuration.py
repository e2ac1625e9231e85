"""What the box was configured to be, and what is told of a change: which setting, from what to what, never a secret."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr

from hub.ask import HUB, Ask
from hub.audit import actions, configuration
from hub.configuration import new_agency
from hub.problems import models_in
from hub.settings import Settings
from hub.settings_files import load_settings
from tests.hub.audit.test_pages import search

SECRET_WORD = re.compile("secret|password|token|key|pin$", re.IGNORECASE)
#: Settings of such a name that say where a secret is, or are public.
NO_SECRET = {
    "Backup.keys": "public halves", "Centre.key": "a public half", "KioskButton.pin": "of a wire",
    "PanelKey.pin": "of a wire",
}  # fmt: skip


def test_a_setting_is_named_as_its_file_has_it():
    found = configuration.values_of(load_settings(Path("config").resolve()))
    assert found["queue.recalls"] == "3"
    assert found["services.DEP.prefix"] == "D"
    assert found["kiosk.printer.port"] == "9100"
    assert found["day.hours.mon.open"] == "07:30"
    assert found["agency.languages"] == '["fr", "en", "ar", "pt", "ln", "ktu"]'
    assert len(found["file agency.toml"]) == 64
    assert "folder" not in found


def test_what_differs_is_told_and_nothing_else():
    before = {"queue.recalls": "3", "agency.name": "A", "kiosk.name": "K1"}
    assert configuration.changes(before, before) == ()
    assert configuration.changes(before, {"queue.recalls": "4", "agency.name": "A", "panel.name": "P1"}) == (
        ("kiosk.name", "K1", None), ("panel.name", None, "P1"), ("queue.recalls", "3", "4"),
    )  # fmt: skip
    assert configuration.is_first(configuration.changes({}, before))
    assert not configuration.is_first(configuration.changes(before, {}))


def test_a_secret_is_never_among_the_values():
    class Box(BaseModel):
        gateway: SecretStr = SecretStr("hunter22")

    assert dict(configuration._named(Box(), "box.")) == {"box.gateway": configuration.HIDDEN}


def every_field(model, seen):
    if model in seen:
        return
    seen.add(model)
    for name, field in model.model_fields.items():
        yield f"{model.__name__}.{name}", field.annotation
        for below in models_in(field.annotation):
            yield from every_field(below, seen)


def test_no_setting_holds_a_secret_in_clear():
    """Tokens and keys are files, which the settings name; a setting that held one would be a SecretStr."""
    named = {name: kind for name, kind in every_field(Settings, set()) if SECRET_WORD.search(name.partition(".")[2])}
    assert {"Kiosk.token", "Panel.token", "Printing.token"} <= set(named)
    plain = {name for name, kind in named.items() if kind not in (Path, Path | None, SecretStr)}
    assert plain - set(NO_SECRET) == set()


@pytest.fixture
def box(house, tmp_path):
    """The agency's hub over files of its own; `start` is what a start of the hub does about them."""
    folder = tmp_path / "config"
    new_agency(folder)

    def start():
        hub = replace(house.hub, files=load_settings(folder))
        return actions.note_configuration(hub, Ask(HUB))["changes"]

    return folder, start


@pytest.mark.slow
def test_a_start_records_what_was_changed_since_the_last_one_and_by_nobody_known(house, auditor, box, monkeypatch):
    folder, start = box
    first = start()
    assert first > 100
    assert start() == 0
    told = -(-first // actions.AN_ENTRY)  # so many entries
    file = folder / "agency.toml"
    file.write_text(file.read_text("utf-8").replace("#recalls = 3", "recalls = 5"), "utf-8")
    (folder / "retention.toml").write_text("[visits]\nmonths = 12\n", "utf-8")
    monkeypatch.setattr(configuration, "VERSION", "9.9.9")
    assert start() == 4
    entries = house.entries("configuration_changed")[told:]
    changed = {name: (before, after) for name, before, after in json.loads(entries[0]["payload"])["changes"]}
    assert (entries[0]["actor"], entries[0]["device"]) == (None, "hub")
    assert changed["queue.recalls"] == ("3", "5")
    assert changed["version"][1] == "9.9.9"
    assert changed["file retention.toml"][0] is None
    assert set(changed) == {"queue.recalls", "version", "file agency.toml", "file retention.toml"}
    shown = auditor.open("/audit?family=settings&text=recalls").words
    assert "Configuration changée" in shown
    assert "queue.recalls 3 → 5" in shown
    assert "qui a écrit les fichiers, elle ne peut pas le savoir" in shown
    assert "fichier retention.toml (rien) → " in shown
    assert "Premier relevé" in shown
    assert search(house, text="9.9.9").lines[0].kind == "configuration_changed"
    (folder / "retention.toml").unlink()
    start()
    assert json.loads(house.entries("configuration_changed")[-1]["payload"])["changes"][0][2] is None
