"""One file of a backup: a plain signed header, then what only the owners of a key can read.

Written beside its place, synced, renamed, and the folder synced: a piece is whole or not there. The header
names nobody: numbers, hashes and times, and the SHA-256 of the cipher text, so that rot is found without a key;
it is signed with the key that signs the journal's heads, so that nobody else's pieces join a line.
"""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

import pyrage

from hub.chain import canonical_json
from hub.disk import sync_folder
from hub.errors import MboteError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

HEADER_BYTES = 1024
SUFFIX, UNFINISHED = ".mbote", ".part"
FORMAT = 1
#: Fast, and half of what slow would save: the medium is not short of room.
_LEVEL = 1
_CHUNK = 64 * 1024
#: A line holds one entry; the largest body of a request is 64 KiB, as JSON in JSON.
LONGEST_LINE = 4 * 1024 * 1024


class BadPiece(MboteError, ValueError):
    """A piece that cannot be used: damaged, cut, altered, or not for this key."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a piece is, without a key. `before` is the hash of the entry before `first`, `head` that of `last`.

    `at` is when the last entry was made, `made` when the piece was: milliseconds since 1970 by the box's clock.
    `size` and `sha256` are those of the cipher text; `opens` names the public keys that it is for.
    """

    format: int
    kind: Literal["whole", "rows"]
    agency: str
    epoch: int
    line: str
    first: int
    last: int
    before: str
    head: str
    at: int
    made: int
    opens: tuple[str, ...]
    size: int = 0
    sha256: str = ""
    signer: str = ""
    signature: str = ""

    @property
    def entries(self) -> int:
        """How many entries of the journal it holds."""
        return self.last - self.first + 1

    @property
    def name(self) -> str:
        """Its file's name; told by the header, never read from the name."""
        return f"{self.kind}-{self.first:010d}-{self.last:010d}-{self.head[:8]}{SUFFIX}"

    @property
    def folder(self) -> str:
        """The folder of its line of history."""
        return f"{self.epoch:06d}-{self.line}"

    def signed_part(self) -> bytes:
        """What the signature covers."""
        facts = asdict(self)
        del facts["signature"]
        return canonical_json(facts).encode()


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece where it lies."""

    path: Path
    header: Header


# --- writing -----------------------------------------------------------------------------------


def write(
    folder: Path, header: Header, lines: Iterable[list[Any]], key: Ed25519PrivateKey, recipients: tuple[str, ...]
) -> Piece:
    """Write a piece into `folder`. Raises OSError when the medium refuses; then nothing of it is left."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / header.name
    part = path.with_suffix(UNFINISHED)
    try:
        with part.open("xb") as file:
            file.write(b" " * HEADER_BYTES)
            sealed = _Sealed(file)
            _encrypt(_Lines(lines), sealed, recipients)
            done = _signed(header, sealed, key)
            file.seek(0)
            file.write(_as_bytes(done))
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    sync_folder(folder)
    return Piece(path, done)


def public_key(text: str) -> Any:
    """An age recipient. Raises ValueError with pyrage's reason."""
    try:
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError as error:
        raise ValueError(str(error)) from error


def _encrypt(lines: _Lines, sealed: _Sealed, recipients: tuple[str, ...]) -> None:
    """Their errors come as ones of the cipher: what reader and writer raised is told."""
    try:
        pyrage.encrypt_io(lines, sealed, [public_key(each) for each in recipients])
    except pyrage.EncryptError:
        if fault := lines.fault or sealed.fault:
            raise fault from None
        raise


def _signed(header: Header, sealed: _Sealed, key: Ed25519PrivateKey) -> Header:
    facts = {field.name: getattr(header, field.name) for field in fields(header)}
    facts |= {"size": sealed.count, "sha256": sealed.digest.hexdigest()}
    done = Header(**facts | {"signer": key.public_key().public_bytes_raw().hex()})
    return Header(**asdict(done) | {"signature": key.sign(done.signed_part()).hex()})


def _as_bytes(header: Header) -> bytes:
    text = canonical_json(asdict(header)).encode()
    assert len(text) < HEADER_BYTES, "the header of a backup piece has outgrown its place"
    return text.ljust(HEADER_BYTES - 1) + b"\n"


class _Lines:
    """Lines as the gzipped stream that the cipher reads."""

    def __init__(self, lines: Iterable[list[Any]]) -> None:
        self._parts = self._gzipped(lines)
        self._left = b""
        self.fault: BaseException | None = None

    def read(self, size: int) -> bytes:
        """At most so many bytes; none at the end."""
        try:
            while not self._left and (part := next(self._parts, None)) is not None:
                self._left = part
        except BaseException as fault:
            self.fault = fault
            raise
        given, self._left = self._left[:size], self._left[size:]
        return given

    def _gzipped(self, lines: Iterable[list[Any]]) -> Iterator[bytes]:
        press = zlib.compressobj(_LEVEL, wbits=31)
        for line in lines:
            yield press.compress(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
        yield press.flush()


class _Sealed:
    """The cipher text on its way to the file."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.count = 0
        self.digest = hashlib.sha256()
        self.fault: OSError | None = None

    def write(self, content: bytes) -> int:
        """As a file does."""
        try:
            self._file.write(content)
        except OSError as fault:
            self.fault = fault
            raise
        self.count += len(content)
        self.digest.update(content)
        return len(content)

    def flush(self) -> None:
        """The file is flushed at the end."""


# --- reading -----------------------------------------------------------------------------------


def read_header(path: Path) -> Header:
    """What the piece says it is, with its signature checked. Raises BadPiece, or OSError."""
    with path.open("rb") as file:
        text = file.read(HEADER_BYTES)
    try:
        facts = json.loads(text)
        header = Header(**facts | {"opens": tuple(facts["opens"])})
        _check_types(header)
    except (ValueError, TypeError, KeyError) as error:
        raise BadPiece(f"{path.name}: its header cannot be read") from error
    if header.format != FORMAT:
        raise BadPiece(f"{path.name}: written by a newer version of Mbote (format {header.format})")
    if not _is_signed(header):
        raise BadPiece(f"{path.name}: its header was altered")
    return header


def _check_types(header: Header) -> None:
    numbers: tuple[object, ...] = (
        header.format,
        header.epoch,
        header.first,
        header.last,
        header.at,
        header.made,
        header.size,
    )
    if not all(isinstance(number, int) and number >= 0 for number in numbers) or header.kind not in ("whole", "rows"):
        raise ValueError("a header of numbers and hashes")


def _is_signed(header: Header) -> bool:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 (30 ms, only where pieces are read)
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(header.signer))
        public.verify(bytes.fromhex(header.signature), header.signed_part())
    except (InvalidSignature, ValueError):
        return False
    return True


def check(piece: Piece) -> None:
    """Read the whole piece back and compare. Raises BadPiece; needs no key."""
    digest, count = hashlib.sha256(), 0
    with piece.path.open("rb") as file:
        file.seek(HEADER_BYTES)
        # what was just written must come from the medium, not from memory
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while content := file.read(_CHUNK):
            digest.update(content)
            count += len(content)
    if count != piece.header.size:
        raise BadPiece(f"{piece.path.name}: {count:,} bytes of {piece.header.size:,} are there")
    if digest.hexdigest() != piece.header.sha256:
        raise BadPiece(f"{piece.path.name}: the medium does not give back what was written")


def read(piece: Piece, identities: list[Any]) -> Generator[list[Any], None, None]:
    """The lines of a piece. Raises BadPiece when it is damaged or none of the keys opens it."""
    opened = _Opened(piece.path.name)
    with piece.path.open("rb") as file:
        file.seek(HEADER_BYTES)
        yield from opened.lines(file, identities)


class _Opened:
    """The plain lines. pyrage pushes, we pull: a pipe and a thread stand between, so that no plain text is stored."""

    def __init__(self, name: str) -> None:
        self._name = name

    def lines(self, file: IO[bytes], identities: list[Any]) -> Iterator[list[Any]]:
        import threading  # noqa: PLC0415

        source, sink = os.pipe()
        faults: list[str] = []

        def decrypt() -> None:
            with open(sink, "wb", buffering=0) as writer:  # noqa: PTH123 (a file descriptor)
                try:
                    pyrage.decrypt_io(file, writer, identities)
                except pyrage.DecryptError:
                    faults.append("none of these keys opens it")
                except OSError as error:
                    faults.append(str(error))

        thread = threading.Thread(target=decrypt, name="decrypt", daemon=True)
        thread.start()
        try:
            with open(source, "rb") as reader:  # noqa: PTH123 (the same)
                yield from self._parsed(reader, faults, thread)
        finally:
            thread.join()

    def _parsed(self, reader: IO[bytes], faults: list[str], thread: Any) -> Iterator[list[Any]]:
        unpress = zlib.decompressobj(wbits=31)
        left = b""
        try:
            while content := reader.read(_CHUNK):
                *whole, left = (left + unpress.decompress(content)).split(b"\n")
                if len(left) > LONGEST_LINE:
                    raise BadPiece(f"{self._name}: a line without an end")
                for line in whole:
                    yield json.loads(line)
        except (zlib.error, ValueError) as error:
            thread.join(1)
            raise BadPiece(f"{self._name}: {'; '.join(faults) or error}") from error
        thread.join()
        if faults or left or not unpress.eof:
            raise BadPiece(f"{self._name}: {'; '.join(faults) or 'it ends too early'}")
