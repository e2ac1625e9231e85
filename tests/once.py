"""What every new hub of a test would do again, and with the same result, is done once in a process.

A test begins with a hub on a new file and, where it reads pages, with a new web application: two thousand times in a
run. More than half of their time went into the same tables, the same templates and the same addresses. The hubs that
tests start as programs do all of it each time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from types import CodeType
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
from pytest import MonkeyPatch  # noqa: PT013 (the type alone)
from sqlite_utils.migrations import Migrations
from werkzeug.routing import Rule

from hub import sqlite, store, verify
from hub.publishing import rules
from hub.settings import Settings
from kiosk import spool


def once(patch: MonkeyPatch) -> None:
    """From here on, until `patch` is undone."""
    files = Files()
    for room in (store, verify, spool):
        patch.setattr(room, "open_writer", files.open_writer)
    patch.setattr(Flask, "jinja_options", {"bytecode_cache": Pages()})
    patch.setattr(Rule, "_compile_builder", addresses(Rule._compile_builder))
    patch.setattr(rules, "values_of", said_once(rules.values_of))


class Files:
    """A new file is a copy of the first one that had the same migrations."""

    def __init__(self) -> None:
        self._first: dict[tuple[object, ...], bytes] = {}

    def open_writer(self, path: Path, migrations: Iterable[Migrations] = ()) -> sqlite3.Connection:
        """As `hub.sqlite.open_writer`."""
        sets = tuple(migrations)
        steps = tuple((each.name, *(step.fn for step in each._migrations)) for each in sets)
        new = bool(sets) and not path.exists()
        if new and steps in self._first:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self._first[steps])
        connection = sqlite.open_writer(path, sets)
        if new and steps not in self._first:
            self._first[steps] = connection.serialize()
        return connection


class Pages(BytecodeCache):
    """A template is compiled for the first application that shows it."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType] = {}

    def get_bucket(self, environment: Environment, name: str, filename: str | None, source: str) -> Bucket:
        """What was compiled of this source, under the same manners of white space."""
        manners = f"{name} {environment.trim_blocks} {environment.lstrip_blocks}"
        return super().get_bucket(environment, manners, filename, source)

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._code[bucket.key, bucket.checksum] = bucket.code


def addresses(compiled: Callable[..., Any]) -> Callable[..., Any]:
    """werkzeug writes and compiles two functions for each address of each application; they do not know their rule."""
    first: dict[tuple[object, ...], Any] = {}

    def compile_once(rule: Rule, append_unknown: bool = True) -> Any:
        address = (rule.rule, tuple(rule._trace), tuple((rule.defaults or {}).items()), append_unknown)
        if address not in first:
            first[address] = compiled(rule, append_unknown)
        return first[address]

    return compile_once


def said_once(values_of: Callable[[Settings], dict[str, str]]) -> Callable[[Settings], dict[str, str]]:
    """The same settings say the same: a hub begins by reading all that could be published of them."""
    first: dict[int, tuple[Settings, dict[str, str]]] = {}  # the settings are kept, so that no others get their place

    def values_once(settings: Settings) -> dict[str, str]:
        if id(settings) not in first:
            first[id(settings)] = settings, values_of(settings)
        return dict(first[id(settings)][1])

    return values_once
