"""What may be refused, in one tree.

A refusal is an answer: it has a stable `code` for programs, a sentence that says what to do for
people, and knows the HTTP status that fits, so no layer above needs a table of exceptions.
A refusal writes nothing; the same request may be answered otherwise later.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, TypeVar

T = TypeVar("T")


class MboteError(Exception):
    """Base of every error that Mbote raises on purpose."""


class Refused(MboteError):
    """The request was understood and is not possible now."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409

    def __init__(self, message: str, *, code: str | None = None, field: str | None = None, **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        self.reason = code or self.code
        self.field = field
        self.facts = facts

    def as_json(self) -> dict[str, Any]:
        """The error object of the public face: code, message, the field if one is at fault, and facts."""
        error: dict[str, Any] = {"code": self.reason, "message": self.message}
        if self.field is not None:
            error["field"] = self.field
        return error | self.facts


class BadRequest(Refused, ValueError):
    """The request cannot be read: not JSON, a missing field, a value out of range."""

    code = "bad_request"
    status = 400


class NotAuthenticated(Refused):
    """Nobody we know: no token, a revoked one, an ended session."""

    code = "not_authenticated"
    status = 401


class NotAllowed(Refused, PermissionError):
    """We know who asks, and that role may not do it."""

    code = "not_allowed"
    status = 403


class NotFound(Refused, LookupError):
    """No such ticket, counter, service or page."""

    code = "not_found"
    status = 404


class KeyReuse(Refused):
    """The key has already been answered for another content."""

    code = "key_reuse"


class IllegalStep(Refused):
    """The state machine has no such step from here; `possible` names the steps there are."""

    code = "illegal_step"


class Unreadable(Refused, ValueError):
    """The values are well formed and make no sense (an unknown service, a date in 1500)."""

    code = "unprocessable"
    status = 422


class TooLarge(Refused):
    """More bytes than this door takes."""

    code = "too_large"
    status = 413


class WrongMediaType(Refused):
    """The body is not what this door reads."""

    code = "unsupported_media_type"
    status = 415


class TooMany(Refused):
    """Asked too often; `retry_s` says when to try again."""

    code = "too_many"
    status = 429


class StoreFault(MboteError, OSError):
    """The disk or the database refuses: nothing was done, nothing was acknowledged."""


class DiskFull(StoreFault):
    """There is no room left."""


class Unsure(StoreFault):
    """The disk failed while it was made durable and cannot be read now: the same key, asked again, will tell."""


class Damaged(StoreFault):
    """The file is not as it was written: it has to be set aside."""


class ConfigurationFault(MboteError, ValueError):
    """The configuration cannot be used. `problems` lists every one found, each saying what to do."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def written(said: str, most: int, refusal: Refused) -> str:
    """What was written, on one line and so many letters of it at most; raises the refusal where it was nothing."""
    kept = " ".join(said.split())[:most]
    if not kept:
        raise refusal
    return kept


def chosen(said: str, choices: Iterable[T], refusal: Refused) -> T:
    """The one of these words that was said; raises the refusal for any other."""
    for each in choices:
        if each == said:
            return each
    raise refusal
