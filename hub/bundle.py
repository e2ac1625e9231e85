"""What support needs to know of a box, in one small archive, and nothing of any person.

No row of the database goes in, no journal, no log, no token, no list of agents: only shapes, counts,
versions, settings without their free text, and the doctor's findings.
"""

from __future__ import annotations

import io
import json
import os
import platform
import sqlite3
import tarfile
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from hub.doctor import Finding
from hub.errors import ConfigurationFault, StoreFault
from hub.settings import Settings, load_settings
from hub.sqlite import open_reader
from hub.store import DATABASE

#: Settings in which somebody may have written a name.
FREE_TEXT: dict[str, Any] = {"displays": {"__all__": {"message"}}, "agency": {"address"}, "folder": True}


def write_bundle(path: Path, folder: Path, findings: Iterable[Finding]) -> None:
    """Write the archive. Raises ConfigurationFault when the file cannot be written."""
    parts: dict[str, Any] = {"findings": [asdict(each) for each in findings], "system": system()}
    try:
        settings = load_settings(folder)
    except ConfigurationFault:  # the findings say what is wrong with it
        pass
    else:
        parts |= {"settings": plain(settings), "database": shape(settings.path(settings.hub.data) / DATABASE)}
    try:
        with path.open("wb") as raw, tarfile.open(fileobj=raw, mode="w:gz") as archive:
            path.chmod(0o600)
            for name, content in parts.items():
                _add(archive, f"{name}.json", without_home(json.dumps(content, indent=1, ensure_ascii=False)))
    except OSError as error:
        raise ConfigurationFault([f"{path}: cannot be written: {error.strerror}"]) from error


def _add(archive: tarfile.TarFile, name: str, text: str) -> None:
    content = text.encode()
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime = len(content), int(time.time())
    archive.addfile(entry, io.BytesIO(content))


def without_home(text: str) -> str:
    """The text without the name of whoever runs this."""
    home = str(Path.home())
    return text if home == "/" else text.replace(home, "~")


def plain(settings: Settings) -> dict[str, Any]:
    """The settings, without those in which a person may be named."""
    return settings.model_dump(mode="json", exclude=FREE_TEXT)


def system() -> dict[str, Any]:
    """The machine and what is installed; not its name."""
    packages = {each.metadata["Name"]: each.version for each in metadata.distributions()}
    return {
        "machine": platform.machine(), "kernel": platform.release(), "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version, "processors": os.cpu_count(), "packages": dict(sorted(packages.items())),
        "memory_mb": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 1_000_000,
        "load": os.getloadavg(),
    }  # fmt: skip


def shape(path: Path) -> dict[str, Any]:
    """The final schema and how many rows each table has; why not, where it cannot be read."""
    if not path.is_file():
        return {}
    try:
        with closing(open_reader(path)) as reader:
            made = dict(
                reader.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name").fetchall()
            )
            tables = [name for name, sql in made.items() if sql.startswith("CREATE TABLE")]
            counts = {name: reader.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}  # noqa: S608 (names from the schema)
    except (StoreFault, sqlite3.Error) as error:
        return {"problem": str(error)}
    return {"bytes": path.stat().st_size, "rows": counts, "schema": made}
