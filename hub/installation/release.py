"""A release: some files, `release.json` with the hash of each, and `release.sig` over that page.

It lies in a folder, or in one `.tar` of the same names, as it is carried on a stick. Nothing of it is
believed before the signature of the page has been checked with the key of the version that runs, and
no file before its hash: what is on a stick may change while it is read, so files are copied first and
judged by what was copied.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from hub.errors import MboteError

PAGE, SIGNATURE, KEY = "release.json", "release.sig", "release.pub"
#: The page and its signature are kilobytes; more is something else.
LARGEST_PAGE = 1_000_000
#: The signature is over these words too, so that no other signed page can pass for a release.
MEANT = b"mbote-release\n"
VERSION = re.compile(r"\d{1,4}(\.\d{1,4}){1,3}")
CHUNK = 1 << 20


class ReleaseFault(MboteError, ValueError):
    """This is no release for this box: the sentence says why and what to do."""


@dataclass(frozen=True, slots=True)
class Release:
    """What the page of a release says. `machine` is uname's word; `files`: name → SHA-256 in hexadecimal."""

    version: str
    machine: str
    files: Mapping[str, str]

    def page(self) -> bytes:
        """One spelling, so that what is signed can be written again."""
        said = {"version": self.version, "machine": self.machine, "files": dict(sorted(self.files.items()))}
        return json.dumps(said, indent=1).encode() + b"\n"


def order(version: str) -> tuple[int, ...]:
    """Versions in their order: 0.10 comes after 0.9."""
    return tuple(int(part) for part in version.split("."))


# --- where it lies -----------------------------------------------------------------------------


class Source(Protocol):
    """A folder or a tar file, read by name."""

    def open(self, name: str) -> IO[bytes]:
        """The content. Raises OSError or KeyError where there is none."""


@dataclass(frozen=True, slots=True)
class InFolder:
    """A release laid out in a folder."""

    folder: Path

    def open(self, name: str) -> IO[bytes]:
        """The file of that name; a link is not followed, a pipe or a device is not read."""
        path = self.folder / name
        if not path.is_file() or path.is_symlink():
            raise FileNotFoundError(name)
        return path.open("rb")


@dataclass(frozen=True, slots=True)
class InTar:
    """A release in one file. Names and types of its entries are not believed: the page names what is wanted."""

    tar: tarfile.TarFile

    def open(self, name: str) -> IO[bytes]:
        """The entry of that name."""
        content = self.tar.extractfile(name)
        if content is None:
            raise FileNotFoundError(name)
        return content


@contextmanager
def source_at(path: Path) -> Iterator[Source]:
    """The release at a path: a file, the folder itself, or the one `mbote-*.tar` in it. Raises ReleaseFault."""
    if path.is_dir() and not (path / PAGE).exists():
        found = sorted(path.glob("mbote-*.tar"))
        if len(found) != 1:
            names = ", ".join(each.name for each in found) or "none"
            raise ReleaseFault(f"{path}: one file mbote-VERSION-MACHINE.tar is needed, found {names}; name it")
        path = found[0]
    if path.is_dir():
        yield InFolder(path)
        return
    try:
        with tarfile.open(path, "r:") as tar:
            yield InTar(tar)
    except (OSError, tarfile.TarError) as error:
        raise ReleaseFault(f"{path}: cannot be read as a release: {error}") from error


# --- whether it is ours ------------------------------------------------------------------------


def read(source: Source, key: bytes) -> tuple[Release, bytes, bytes]:
    """What a release says of itself, with its page and signature. Raises ReleaseFault unless `key` signed it."""
    page, signature = _small(source, PAGE), _small(source, SIGNATURE)
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, MEANT + page)
    except InvalidSignature as error:
        raise ReleaseFault(
            "not signed with the key that this box trusts: it is foreign or was altered; get the file again from"
            " whoever makes your releases"
        ) from error
    return parsed(page), page, signature


def _small(source: Source, name: str) -> bytes:
    try:
        with source.open(name) as content:
            said = content.read(LARGEST_PAGE + 1)
    except (OSError, KeyError, tarfile.TarError) as error:
        raise ReleaseFault(f"{name} is missing: this is no release of Mbote") from error
    if len(said) > LARGEST_PAGE:
        raise ReleaseFault(f"{name} is larger than {LARGEST_PAGE:,} bytes: this is no release of Mbote")
    return said


def parsed(page: bytes) -> Release:
    """The page as a value. Signed or not, it must make sense."""
    try:
        said = json.loads(page)
        release = Release(
            str(said["version"]), str(said["machine"]), {str(n): str(h) for n, h in said["files"].items()}
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReleaseFault(f"{PAGE} cannot be read: {error}") from error
    if not VERSION.fullmatch(release.version):
        raise ReleaseFault(f"{PAGE}: {release.version!r} is no version such as 1.4.0")
    if bad := [name for name in release.files if not _is_inside(name)]:
        raise ReleaseFault(f"{PAGE}: {bad[0]!r} is no name of a file inside a release")
    return release


def _is_inside(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return bool(parts) and not name.startswith("/") and ".." not in parts and "\0" not in name and parts[0] != PAGE


def judge(release: Release, running: str | None) -> None:
    """Raise ReleaseFault unless it is for this machine and newer than what runs."""
    if release.machine not in ("any", platform.machine()):
        raise ReleaseFault(f"made for {release.machine}, this box is {platform.machine()}: take the other file")
    if running is None or order(release.version) > order(running):
        return
    if order(release.version) == order(running):
        raise ReleaseFault(f"version {running} runs already: there is nothing to do")
    raise ReleaseFault(f"{release.version} is older than {running}, which runs: an older version is never put in")


# --- copied, file by file ----------------------------------------------------------------------


def copy(source: Source, release: Release, into: Path) -> None:
    """Copy every file that the page names, and nothing else. Raises ReleaseFault at the first altered one."""
    shutil.rmtree(into, ignore_errors=True)
    for name, wanted in release.files.items():
        target = into / name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with source.open(name) as content, target.open("xb") as file:
                found = _copied(content, file)
        except (OSError, KeyError, EOFError, tarfile.TarError) as error:
            raise ReleaseFault(f"{name} cannot be copied: {error}") from error
        if found != wanted:
            raise ReleaseFault(f"{name} was altered: its content is not what was signed")
        target.chmod(0o755 if _is_program(target) else 0o644)


def _copied(content: IO[bytes], file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := content.read(CHUNK):
        digest.update(chunk)
        file.write(chunk)
    file.flush()
    os.fsync(file.fileno())
    return digest.hexdigest()


def _is_program(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"#!"


def altered(folder: Path) -> list[str]:
    """The files of a release, laid out in a folder, that are not what its page says."""
    release = parsed((folder / PAGE).read_bytes())
    return [
        name for name, wanted in release.files.items()
        if not (folder / name).is_file() or file_hash(folder / name) != wanted
    ]  # fmt: skip


def file_hash(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- made --------------------------------------------------------------------------------------


def sign(folder: Path, version: str, machine: str, key: Ed25519PrivateKey) -> Release:
    """Make a folder of files a release: write its key, its page and its signature."""
    (folder / KEY).write_bytes(key.public_key().public_bytes_raw())
    names = [each.relative_to(folder).as_posix() for each in sorted(folder.rglob("*")) if each.is_file()]
    files = {name: file_hash(folder / name) for name in names if name not in (PAGE, SIGNATURE)}
    release = Release(version, machine, files)
    (folder / PAGE).write_bytes(release.page())
    (folder / SIGNATURE).write_bytes(key.sign(MEANT + release.page()))
    return release


def pack(folder: Path, file: Path) -> None:
    """A release in one file, the page first; the same folder always gives the same bytes."""
    release = parsed((folder / PAGE).read_bytes())
    with tarfile.open(file, "w:", format=tarfile.PAX_FORMAT) as tar:
        for name in (PAGE, SIGNATURE, *sorted(release.files)):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = (folder / name).stat().st_size, 0o644
            with (folder / name).open("rb") as content:
                tar.addfile(entry, content)
