"""The way on to a document-management system (R-020): a folder of its own, or an address that takes files by PUT.

Each file goes under its hash, with what is known of it beside, and only then is it written down that it went: a cut in
between sends the same bytes to the same place once more, and nothing is there twice. An address is served by a thread
of its own, for a slow line must not hold up the scanner's folder.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import structlog

from hub.ask import HUB, Ask
from hub.context import Hub
from hub.disk import write_whole
from hub.errors import MboteError
from hub.pauses import Pauses
from hub.pin import line_to
from hub.quiet import Complaints
from hub.services.deposit import model as m
from hub.services.deposit import scan_store, scanning, store
from hub.shelf import Shelf
from hub.store import Store
from hub.workshop.foreign import MIME

#: Who makes a folder ready for `external` puts this into it: an unmounted share is an empty folder of the card.
READY = "mbote-documents"
AT_ONCE = 20
#: How long an address may say nothing, seconds.
TIMEOUT_S = 30.0
#: What an address says of one file, and what will be said of it again; everything else is about the way.
UNWANTED = frozenset(
    {
        HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.REQUEST_URI_TOO_LONG,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE, HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)  # fmt: skip
_FACTS = "application/json"
#: The most of an answer that is read: nothing in it counts but its first line.
_ANSWER_BYTES = 64 * 1024
_TOKEN_LENGTH = 4_096
log = structlog.get_logger("scans")
_COMPLAINTS = Complaints(time.monotonic)


class Cut(OSError):
    """Nobody there, or nobody who takes anything now."""


class Unwanted(OSError):
    """It will not have this file; others it may."""


class System(Protocol):
    """A document-management system. What it has already it may be given again."""

    def put(self, scan: m.DocumentScan, content: bytes, facts: bytes) -> None:
        """A file, and what is known of it. Raises OSError, Unwanted where it is about this file alone."""


@dataclass(slots=True)
class Way:
    """How the way to it stands, as long as the hub runs. `after`: the scan up to which the round has come."""

    pauses: Pauses = field(default_factory=Pauses)
    #: What stands in the way, in its own words; empty while it holds.
    complaint: str = ""
    after: int = 0
    thread: threading.Thread | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What whoever looks after scans is told: where to, how many wait since when (wall, ms), and what is wrong."""

    where: str
    waiting: int
    oldest: int | None
    complaint: str


_WAYS: WeakKeyDictionary[Store, Way] = WeakKeyDictionary()


def way_of(hub: Hub) -> Way:
    """How the way stands."""
    return _WAYS.setdefault(hub.store, Way())


def standing(hub: Hub, reader: scan_store.Reader) -> Standing | None:
    """How it stands, for people; None where nothing is handed on."""
    rules = hub.settings.deposits
    if rules.scans != "external" or not rules.scans_to:
        return None
    waiting, oldest = scan_store.left_at_home(reader)
    return Standing(rules.scans_to, waiting, oldest, way_of(hub).complaint)


def round(hub: Hub) -> None:  # noqa: A001 (as a watchman makes it)
    """Hand on what the system lacks: into a folder at once, to an address unless it is left alone just now."""
    rules, way = hub.settings.deposits, way_of(hub)
    if rules.scans != "external" or not rules.scans_to:
        return
    if "://" not in rules.scans_to:
        _hand_on_all(hub, InFolder(Path(rules.scans_to)), way)
        return
    with hub.snapshot() as reader:
        waits = bool(scan_store.at_home(reader, 1))
    if not waits or way.pauses.left_s(hub.now()) or (way.thread is not None and way.thread.is_alive()):
        return
    way.thread = threading.Thread(target=_beside, args=(hub, at_address(hub), way), name="documents", daemon=True)
    way.thread.start()


def _beside(hub: Hub, system: System, way: Way) -> None:
    """The same in a thread of its own."""
    try:
        _hand_on_all(hub, system, way)
    finally:
        hub.store.give_back()


def _hand_on_all(hub: Hub, system: System, way: Way) -> None:
    """Until it has everything, or the way is cut; what it will not have does not hold up the rest."""
    unwanted = ""
    try:
        with hub.store.readable():
            while True:
                unwanted = hand_on(hub, system, way) or unwanted
                if not way.after:
                    break
        way.complaint = unwanted
    except (OSError, MboteError) as error:  # a share that is away, a line that is cut: in a later round
        way.complaint, way.after = str(error), 0
    if not way.complaint:
        way.pauses.held()
        return
    way.pauses.cut(hub.now())
    if _COMPLAINTS.due(way.complaint):
        log.warning("documents", fault=way.complaint)


def hand_on(hub: Hub, system: System, way: Way) -> str:
    """Give it the next ones that it lacks; what it said of one that it will not have. Raises OSError."""
    unwanted = ""
    with hub.snapshot() as reader:
        wanted = scan_store.at_home(reader, AT_ONCE, after=way.after)
    for scan in wanted:
        content = scanning.shelf_of(hub).read(scan.file or "")
        if content is None:
            log.error("lost", scan=scan.id)
            continue
        try:
            system.put(scan, content, _facts(hub, scan))
        except Unwanted as error:
            unwanted = str(error)
            continue
        scanning.note_handed_on(hub, Ask(HUB, f"handed-on-{scan.id}"), scan=scan.id)
    way.after = wanted[-1].id if len(wanted) == AT_ONCE else 0
    return unwanted


def _facts(hub: Hub, scan: m.DocumentScan) -> bytes:
    with hub.snapshot() as reader:
        of = store.deposit(reader, scan.deposit or 0)
        line = store.document(reader, scan.document or 0)
    facts = {
        "sha256": scan.sha256, "size": scan.size, "media": scan.media, "pages": scan.pages,
        "agency": hub.settings.agency.code, "register_number": of.label if of else None,
        "line": line.line if line else None, "document_type": line.type if line else None,
    }  # fmt: skip
    return json.dumps(facts, ensure_ascii=False, indent=1).encode()


class InFolder:
    """A folder of its own, on a mounted share."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, scan: m.DocumentScan, content: bytes, facts: bytes) -> None:
        """Each whole or not at all. Raises OSError."""
        if not (self.folder / READY).is_file():
            raise FileNotFoundError(
                f"{self.folder / READY} is not there: the share is not mounted, or was not made ready"
            )
        away = Shelf(self.folder)
        away.put(scan.sha256, content)
        path = away.path(scan.sha256)
        write_whole(path.with_name(f"{path.name}.json"), facts)

    def __repr__(self) -> str:
        return f"<InFolder {self.folder}>"


class AtAddress:
    """An address that takes files by PUT, as WebDAV does; a collection that it lacks is made."""

    def __init__(self, url: str, token: Path | None, authority: Path | None) -> None:
        """`token`: the file that holds it, read anew each time. `authority`: who signs; None: as the machine."""
        self.url = url.rstrip("/")
        self._token = token
        self._authority = authority

    def put(self, scan: m.DocumentScan, content: bytes, facts: bytes) -> None:
        """The file, then what is known of it. Raises Cut, Unwanted."""
        folder, name = scan.sha256[:2], scan.sha256[2:]
        self._put(folder, name, content, MIME[scan.media])  # type: ignore[index] # a row has what the viewer found
        self._put(folder, f"{name}.json", facts, _FACTS)

    def _put(self, folder: str, name: str, content: bytes, media: str) -> None:
        status = self._ask("PUT", f"{folder}/{name}", content, media)
        if status == HTTPStatus.CONFLICT:  # WebDAV: the collection is not there
            self._ask("MKCOL", f"{folder}/", None, "")
            status = self._ask("PUT", f"{folder}/{name}", content, media)
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return
        said = f"{self.url}/{folder}/{name}: {status} {_phrase(status)}".rstrip()
        raise Unwanted(said) if status in UNWANTED else Cut(said)

    def _ask(self, method: str, path: str, content: bytes | None, media: str) -> int:
        """The status of the answer; nothing else of it counts. Raises Cut."""
        where = urlsplit(self.url)
        headers = self._headers(media)
        try:
            line = line_to(self.url, TIMEOUT_S, self._authority)
            try:
                with suppress(BrokenPipeError, ConnectionResetError):  # refused before it was all there: it says why
                    line.request(method, f"{where.path}/{path}", content, headers)
                answer = line.getresponse()
                answer.read(_ANSWER_BYTES)
            finally:
                line.close()
        except (OSError, http.client.HTTPException) as error:
            raise Cut(f"{self.url}: {str(error) or type(error).__name__}") from error
        return answer.status

    def _headers(self, media: str) -> dict[str, str]:
        headers = {"Content-Type": media} if media else {}
        if self._token is None:
            return headers
        try:
            token = self._token.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise Cut(
                f"deposits.scans_token: {getattr(error, 'strerror', None) or 'no token'}: {self._token}"
            ) from error
        if not 1 <= len(token) <= _TOKEN_LENGTH or not token.isprintable() or " " in token:
            raise Cut(f"deposits.scans_token: one word in one line is needed: {self._token}")
        return headers | {"Authorization": f"Bearer {token}"}

    def __repr__(self) -> str:
        return f"<AtAddress {self.url}>"


def at_address(hub: Hub) -> AtAddress:
    """The system at the configured address."""
    rules, path = hub.settings.deposits, hub.settings.path
    return AtAddress(
        rules.scans_to,
        path(rules.scans_token) if rules.scans_token else None,
        path(rules.scans_authority) if rules.scans_authority else None,
    )


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
