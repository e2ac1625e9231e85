"""What can be asked about scans: keep one, say whose it is, set it aside, be given its file.

A file is looked into by the viewer, then put on the shelf, then named by the journal, then answered for: whatever is
cut between leaves a file without a name, which the next start removes, or everything.
"""

from __future__ import annotations

from hub.ask import Answer, Ask
from hub.context import Hub, action
from hub.disk import ask_room
from hub.errors import NotFound, Refused, TooLarge
from hub.services.deposit import model as m
from hub.services.deposit import scan_store, store
from hub.shelf import Incoming, Shelf, Source, TooLong
from hub.store import Transaction
from hub.workshop.foreign import MOST_BYTES, Look

ROOM = "deposit"
#: For one deposit (T13: a quota for each visit).
MOST_SCANS, MOST_TOGETHER = 120, 200 * 1024 * 1024
NAME_LENGTH = 120


def shelf_of(hub: Hub) -> Shelf:
    """Where this agency's scans lie."""
    return hub.shelf(ROOM)


def known(reader: store.Reader, scan: int) -> m.DocumentScan:
    """One scan. Raises NotFound."""
    found = scan_store.scan(reader, scan)
    if found is None:
        raise NotFound("no such scan", code="no_scan", field="scan")
    return found


def content_of(hub: Hub, scan: m.DocumentScan) -> bytes:
    """Its file. Raises NotFound where it was destroyed, or is no longer what it was."""
    content = shelf_of(hub).read(scan.file) if scan.file else None
    if content is None:
        code = "scan_destroyed" if scan.file is None else "scan_lost"
        raise NotFound("the file of this scan is not there", code=code, field="scan")
    return content


def receive(  # noqa: PLR0913 (what comes with a file)
    hub: Hub, ask: Ask, source: Source, *, name: str, deposit: int | None = None, document: int | None = None,
    by: m.ScanSource = "sent",
) -> Answer:  # fmt: skip
    """A file from outside: looked into, put on the shelf, and named. Once for the ask's key and its content.

    Raises NotTaken for what may not be kept, TooLarge, DiskFull, Refused `scans_off`, `scans_too_many`.
    """
    if hub.settings.deposits.scans == "none":
        raise Refused("this agency keeps no scans", code="scans_off")
    ask_room(hub.store.folder, "the scan")
    shelf = shelf_of(hub)
    try:
        incoming = shelf.take_in(source, MOST_BYTES)
    except TooLong as error:
        raise TooLarge(f"a scan has at most {MOST_BYTES // 1024 // 1024} MB", code="scan_too_large") from error
    try:
        look = hub.viewer.look(incoming.read())
        return _keep(hub, ask, shelf, incoming, look, name=name, deposit=deposit, document=document, by=by)
    finally:
        incoming.drop()


def _keep(  # noqa: PLR0913 (the same)
    hub: Hub, ask: Ask, shelf: Shelf, incoming: Incoming, look: Look, *, name: str, deposit: int | None,
    document: int | None, by: m.ScanSource,
) -> Answer:  # fmt: skip
    """On the shelf and in the journal, with nobody sweeping between."""
    whole = Ask(ask.actor, ask.key, {**ask.body, "sha256": incoming.sha256})
    called = " ".join("".join(each if each.isprintable() else " " for each in name).split())[-NAME_LENGTH:]
    with shelf.placing:
        shelf.keep(incoming)
        return _note(
            hub, whole, sha256=incoming.sha256, size=incoming.size, look=look, name=called or None, deposit=deposit,
            document=document, by=by,
        )  # fmt: skip


@action
def _note(  # noqa: PLR0913 (what is known of a file)
    tx: Transaction, hub: Hub, *, sha256: str, size: int, look: Look, name: str | None, deposit: int | None,
    document: int | None, by: m.ScanSource,
) -> Answer:  # fmt: skip
    del hub
    of, line = _place(tx, deposit, document)
    if of is not None:
        _quota(tx, of, size)
    number = store.next_id(tx.connection, "deposit_scan")
    tx.record(
        m.ScanKept(number, sha256, size, look.media, look.pages, by, look.flags, of, line, sha256, name)
    )  # fmt: skip
    return {"scan": number, "deposit": of, "document": line, "pages": look.pages, "flags": list(look.flags)}


def _quota(tx: Transaction, deposit: int, size: int) -> None:
    count, together = scan_store.weight_of(tx.connection, deposit)
    if count >= MOST_SCANS or together + size > MOST_TOGETHER:
        raise Refused(
            f"a deposit has at most {MOST_SCANS} scans of {MOST_TOGETHER // 1024 // 1024} MB together",
            code="scans_too_many", most=MOST_SCANS,
        )  # fmt: skip


def _place(tx: Transaction, deposit: int | None, document: int | None) -> tuple[int | None, int | None]:
    """A deposit of the register and a line of it. Raises NotFound for others, Refused for a draft."""
    line = store.document(tx.connection, document) if document is not None else None
    if document is not None and (line is None or deposit not in (None, line.deposit)):
        raise NotFound("no such document", field="document")
    number = line.deposit if line else deposit
    if number is None:
        return None, None
    of = store.deposit(tx.connection, number)
    if of is None:
        raise NotFound("no such deposit", field="deposit")
    if of.label is None:
        raise Refused("a draft has no number yet: record the deposit first", code="scan_of_draft")
    return of.id, line.id if line else None


@action
def place(tx: Transaction, hub: Hub, *, scan: int, deposit: int | None, document: int | None = None) -> Answer:
    """Say whose a scan is, or that it is somebody else's than was thought. Raises Refused for one set aside."""
    del hub
    found = known(tx.connection, scan)
    if found.state == "set_aside":
        raise Refused("this scan was set aside", code="scan_set_aside")
    of, line = _place(tx, deposit, document)
    if of is not None and of != found.deposit:
        _quota(tx, of, found.size)
    if (of, line) != (found.deposit, found.document):
        tx.record(m.ScanPlaced(scan, of, line))
    return {"scan": scan, "deposit": of, "document": line}


@action
def set_aside(tx: Transaction, hub: Hub, *, scan: int) -> Answer:
    """It shows nothing of use; only the retention destroys it."""
    del hub
    if known(tx.connection, scan).state != "set_aside":
        tx.record(m.ScanSetAside(scan))
    return {"scan": scan}


@action
def open_file(tx: Transaction, hub: Hub, *, scan: int) -> Answer:
    """Somebody is given the file itself, and the journal says so."""
    del hub
    known(tx.connection, scan)
    tx.record(m.ScanOpened(scan))
    return {"scan": scan}


@action
def note_handed_on(tx: Transaction, hub: Hub, *, scan: int) -> Answer:
    """The document-management system has it."""
    del hub
    if known(tx.connection, scan).handed_on is None:
        tx.record(m.ScanHandedOn(scan))
    return {"scan": scan}
