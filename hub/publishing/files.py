"""The configuration as the files that a technician would have written: taken along, and read in again.

What goes out is what stands, published settings included, file by file as `mbote check` reads them. What comes in is
looked at as a whole first, and then only what can be published of it counts; what cannot (a counter more, an address)
is named.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from hub.configuration import as_toml
from hub.errors import ConfigurationFault, Unreadable
from hub.publishing import rules
from hub.settings import Settings
from hub.settings_files import FILES, load_settings, with_changes

#: The most of one file, and of files, that is read; a configuration is some kilobytes.
LARGEST, MOST = 200_000, 12
HEAD = "# Written by the hub: what its configuration was, published settings included. Defaults are left out.\n"


def written(settings: Settings) -> bytes:
    """All files, as a ZIP; of a school those of its agency, with what the school has published. Raises Unreadable."""
    settings = _of_agency(settings) if settings.hub.school else settings
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in FILES:
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), file_text(settings, name))
    return out.getvalue()


def _of_agency(settings: Settings) -> Settings:
    """What a school has tried, over the agency's own files: its name, its folder and its silence stay behind."""
    try:
        real = load_settings(settings.folder)
        return with_changes(real, rules.in_plain(real, rules.values_of(settings) | rules.frames(real, settings)))
    except ConfigurationFault as fault:
        raise Unreadable(" ".join(fault.problems[:3]), code="misfit", problem=fault.problems[0]) from fault


def file_text(settings: Settings, name: str) -> str:
    """One file."""
    tables = FILES[name]
    plain = [line for table, setting in tables.items() for line in _single(table, getattr(settings, setting))]
    lists = [line for table, setting in tables.items() for line in _tables(table, getattr(settings, setting))]
    return HEAD + "\n".join([*plain, *lists]) + "\n"


def _single(table: str, value: Any) -> Iterator[str]:
    """What stands above all tables."""
    if not isinstance(value, BaseModel) and not _listed(value):
        yield f"{table} = {as_toml(value)}"


def _listed(value: Any) -> bool:
    return isinstance(value, tuple) and (not value or isinstance(value[0], BaseModel))


def _tables(table: str, value: Any) -> Iterator[str]:
    if isinstance(value, BaseModel):
        yield from ("", f"[{table}]", *_keys(value))
    elif _listed(value):
        for one in value:
            yield from ("", f"[[{table}]]", *_keys(one))


def _keys(model: BaseModel) -> Iterator[str]:
    """Every value that is none of its defaults; inner tables in line."""
    for name, value in model.model_dump(mode="json", exclude_defaults=True).items():
        if value is not None:
            yield f"{name} = {as_toml(_without_none(value))}"


def _without_none(value: Any) -> Any:
    """TOML has no word for nothing: what is not there is left out."""
    if isinstance(value, dict):
        return {name: _without_none(each) for name, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_without_none(each) for each in value]
    return value


def read(content: bytes) -> Settings:
    """The settings of an archive that came in. Raises Unreadable with what is wrong with it."""
    refusal = Unreadable("a ZIP of configuration files, as this page gives it out", code="no_archive", field="file")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive, tempfile.TemporaryDirectory(prefix="mbote-") as folder:
            entries = [entry for entry in archive.infolist() if entry.filename in FILES][:MOST]
            if not entries or any(entry.file_size > LARGEST for entry in entries):
                raise refusal
            for entry in entries:
                (Path(folder) / entry.filename).write_bytes(archive.open(entry).read(LARGEST))
            return load_settings(Path(folder))
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        raise refusal from error
    except ConfigurationFault as fault:
        raise Unreadable(" ".join(fault.problems[:3]), code="misfit", problem=fault.problems[0]) from fault
