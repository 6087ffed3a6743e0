"""Decompress gzip, and zip with one file in it, block by block.

Everything streams; nothing is decompressed in one piece. A file that expands far beyond its size (a zip bomb) is rejected
as soon as it does."""

import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO

from django.conf import settings

from imports.errors import FileError
from lib.limits import (
    ARCHIVE_ALWAYS_ALLOWED_BYTES,
    ARCHIVE_MAX_RATIO,
    ARCHIVE_READ_MAX_BYTES,
    GZIP_PARTS_MAX,
)

BLOCK_BYTES = 256 * 1024
GZIP_START = b"\x1f\x8b"
# A zip; an empty one; one split into volumes.
ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")

# What zipfile and zlib raise for damaged archives.
CORRUPT = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    struct.error,
    ValueError,
)


class DecompressionBudget:
    """How much an archive may decompress to: `ratio` times its size, and at least `always` bytes."""

    def __init__(self, ratio: int | None = None, always: int | None = None) -> None:
        self.ratio = ARCHIVE_MAX_RATIO if ratio is None else ratio
        self.always = ARCHIVE_ALWAYS_ALLOWED_BYTES if always is None else always
        self.unpacked = 0

    def consume(self, unpacked: int, packed: int) -> None:
        """Count decompressed bytes. Raises FileError beyond the absolute limit or the ratio to what was read."""
        self.unpacked += unpacked
        if self.unpacked > settings.UPLOAD_MAX_UNPACKED_BYTES:
            limit = f"{settings.UPLOAD_MAX_UNPACKED_BYTES:,}"
            raise FileError(
                "archive.too_large", f"The archive decompresses to more than the maximum of {limit} bytes."
            )
        if self.unpacked > max(self.always, self.ratio * packed):
            raise FileError(
                "archive.too_large",
                f"The archive decompresses to more than {self.ratio:,} times its size, which is not allowed.",
            )


@contextmanager
def corrupt_as_file_error() -> Iterator[None]:
    try:
        yield
    except CORRUPT as error:
        message = "The archive is damaged or incomplete. Compress the file again."
        raise FileError("archive.corrupt", message) from error


# --- gzip ---


class Gunzip:
    """Decompresses a gzip file piece by piece. Concatenated members are one file."""

    def __init__(self) -> None:
        self.stream = zlib.decompressobj(wbits=31)
        self.budget = DecompressionBudget()
        self.packed = 0
        self.members = 1

    def feed(self, data: bytes) -> Iterator[bytes]:
        self.packed += len(data)
        return in_large_blocks(self._blocks(data))

    def _blocks(self, data: bytes) -> Iterator[bytes]:
        is_more = True
        while is_more:
            if self.stream.eof:
                # Some programs pad the file with NUL.
                data = data.lstrip(b"\0")
                if data:
                    self._begin_member()
            block, data = self._unpack(data)
            if block:
                self.budget.consume(len(block), self.packed)
                yield block
            is_more = bool(data) or len(block) == BLOCK_BYTES

    def _begin_member(self) -> None:
        self.members += 1
        if self.members > GZIP_PARTS_MAX:
            message = (
                f"The gzip file has more than {GZIP_PARTS_MAX:,} members. Compress the file again as one."
            )
            raise FileError("archive.file_count", message)
        self.stream = zlib.decompressobj(wbits=31)

    def _unpack(self, data: bytes) -> tuple[bytes, bytes]:
        """A decompressed block, and the data that is still compressed."""
        if self.stream.eof:
            return b"", b""
        with corrupt_as_file_error():
            block = self.stream.decompress(data, BLOCK_BYTES)
        return block, self.stream.unused_data if self.stream.eof else self.stream.unconsumed_tail

    def finish(self) -> None:
        with corrupt_as_file_error():
            if not self.stream.eof:
                raise EOFError


def in_large_blocks(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Merge small blocks: gzip members may be a byte each, and every block costs its reader a call."""
    waiting: list[bytes] = []
    size = 0
    for block in blocks:
        if len(block) >= BLOCK_BYTES and not waiting:
            yield block
            continue
        waiting.append(block)
        size += len(block)
        if size >= BLOCK_BYTES:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)


def gunzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    gunzip = Gunzip()
    for piece in pieces:
        yield from gunzip.feed(piece)
    gunzip.finish()


# --- zip ---


class BoundedFile:
    """A file with a limit on each read, because the lengths an archive declares cannot be trusted."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(
            ARCHIVE_READ_MAX_BYTES + 1 if size < 0 else min(size, ARCHIVE_READ_MAX_BYTES + 1)
        )
        if len(data) > ARCHIVE_READ_MAX_BYTES:
            raise zipfile.BadZipFile
        return data


def open_zip(file: IO[bytes]) -> zipfile.ZipFile:
    with corrupt_as_file_error():
        return zipfile.ZipFile(BoundedFile(file))


def only_member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = [
        member for member in archive.infolist() if not member.is_dir() and not is_macos_metadata(member)
    ]
    if len(members) != 1:
        raise FileError(
            "archive.file_count", f"The archive contains {len(members)} files. Compress a single file."
        )
    return members[0]


def is_macos_metadata(member: zipfile.ZipInfo) -> bool:
    """Whether macOS added it beside the files."""
    return member.filename.startswith("__MACOSX/") or member.filename.endswith(".DS_Store")


class ZipMember:
    """One file of a zip of `archive_bytes`, decompressed block by block. Members may share a budget."""

    def __init__(
        self,
        archive: zipfile.ZipFile,
        member: zipfile.ZipInfo,
        archive_bytes: int,
        budget: DecompressionBudget | None = None,
    ) -> None:
        check_supported(member)
        self.archive, self.member, self.archive_bytes = archive, member, archive_bytes
        self.budget = budget or DecompressionBudget()
        self.unpacked = 0

    @property
    def bytes_read(self) -> int:
        """The share of the archive's bytes read so far: all of them once the member is read to its end."""
        return self.archive_bytes * self.unpacked // max(self.member.file_size, 1)

    def __iter__(self) -> Iterator[bytes]:
        with corrupt_as_file_error():
            file = self.archive.open(self.member)
        with file:
            while block := self._read(file):
                self.budget.consume(len(block), self.archive_bytes)
                self.unpacked += len(block)
                yield block

    def _read(self, file: IO[bytes]) -> bytes:
        with corrupt_as_file_error():
            return file.read(BLOCK_BYTES)


def check_supported(member: zipfile.ZipInfo) -> None:
    if member.flag_bits & 1:
        raise FileError("archive.encrypted", "The archive is password-protected. Remove the password.")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise FileError(
            "archive.unsupported",
            "The archive uses an unsupported compression method. Compress the file as a regular ZIP (Deflate).",
        )
