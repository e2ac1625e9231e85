"""The OpenAPI document, read off the table of asks: it cannot disagree with what the hub does."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from hub import VERSION
from hub.asks import ASKS, Spec

_ERROR_STATUSES = {
    "400": "Not JSON, or a value out of range",
    "401": "No token, or a revoked one",
    "403": "This role may not",
    "404": "No such ticket, counter or service",
    "409": "Not possible now, or the key was used for another request",
    "413": "Too large",
    "415": "Not application/json",
    "422": "Well formed, and makes no sense",
    "429": "Too often; retry after retry_s",
}
_DAY = {"type": "string", "pattern": r"^(\d{4}-\d{2}-\d{2})?$"}
_GROUP = "(service|counter|agent|hour|day|week|month|year|priority|channel)"
_NUMBER = {"type": "integer", "minimum": 0, "maximum": 10**15 - 1}
#: What may stand in the address of a read: name → its schema.
_Query = dict[str, dict[str, Any]]
_READS: dict[str, tuple[str, str, _Query]] = {
    "/tickets/{ticket}": ("ticket", "A ticket with its stages and history", {}),
    "/board": ("board", "What a display shows now", {}),
    "/counters": ("counters", "What every counter is doing", {}),
    "/statistics": (
        "statistics",
        "The figures of some days",
        {"from": _DAY, "to": _DAY, "by": {"type": "string", "pattern": f"^({_GROUP}(,{_GROUP})*)?$"}},
    ),
    "/events": ("events", "The journal without its private part", {"after": _NUMBER, "limit": _NUMBER}),
}


@cache
def document() -> dict[str, Any]:
    """OpenAPI 3.1 of /api/v1."""
    paths: dict[str, Any] = {}
    for what, spec in ASKS.items():
        if spec.path:
            paths[_braces(spec.path)] = {"post": _operation(what, spec)}
    for path, (what, summary, query) in _READS.items():
        paths[path] = {"get": _read(path, what, summary, query)}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Mbote", "version": VERSION, "license": {"name": "GPL-3.0-or-later"}},
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Error": _ERROR},
        },
    }


_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {"code": {"type": "string"}, "message": {"type": "string"}, "field": {"type": "string"}},
        }
    },
}


def _braces(path: str) -> str:
    return re.sub(r"<(\w+)>", r"{\1}", path)


def _parameters(path: str, query: _Query | None = None) -> list[dict[str, Any]]:
    inside = [
        {"name": n, "in": "path", "required": True, "schema": {"type": "string"}}
        for n in re.findall(r"[<{](\w+)[>}]", path)
    ]
    return inside + [{"name": n, "in": "query", "schema": schema} for n, schema in (query or {}).items()]


def _operation(what: str, spec: Spec) -> dict[str, Any]:
    schema = spec.body.model_json_schema(ref_template="#/components/schemas/{model}")
    in_path = re.findall(r"<(\w+)>", spec.path)
    schema["properties"] = {n: p for n, p in schema["properties"].items() if n not in in_path}
    schema["required"] = [n for n in schema.get("required", []) if n not in in_path]
    return {
        "operationId": what,
        "summary": spec.summary,
        "parameters": _parameters(spec.path),
        "requestBody": {"required": True, "content": {"application/json": {"schema": _inlined(schema)}}},
        "responses": {
            str(spec.status): {"description": "Done", "content": {"application/json": {"schema": {"type": "object"}}}}
        }
        | _errors(),
    }


def _inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with its definitions put in place of the references to them."""
    definitions = schema.pop("$defs", {})

    def resolve(value: Any) -> Any:
        if isinstance(value, dict):
            if "$ref" in value:
                return resolve(definitions[value["$ref"].rsplit("/", 1)[-1]])
            return {name: resolve(inner) for name, inner in value.items()}
        return [resolve(inner) for inner in value] if isinstance(value, list) else value

    resolved: dict[str, Any] = resolve(schema)
    return resolved


def _read(path: str, what: str, summary: str, query: _Query) -> dict[str, Any]:
    return {
        "operationId": f"read_{what}",
        "summary": summary,
        "parameters": _parameters(path, query),
        "responses": {"200": {"description": "Found", "content": {"application/json": {"schema": {"type": "object"}}}}}
        | _errors(),
    }


def _errors() -> dict[str, Any]:
    error = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}
    return {status: {"description": words} | error for status, words in _ERROR_STATUSES.items()}
