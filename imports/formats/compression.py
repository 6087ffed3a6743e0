"""What a packed file holds, block by block: gzip, and zip with one file in it.

imports.formats.detection opens archives at the upload, imports.formats.source again in the worker. Everything streams, nothing is unpacked
in one piece, and what unpacks to far more than it is (a bomb) is refused as soon as that shows."""

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
# A zip; one with nothing in it; one that was cut into volumes.
ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")

# What zipfile and zlib raise for archives that are not as they should be.
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
    """How much an archive may still unpack to: so many times its size, and so much in any case."""

    def __init__(self, ratio: int | None = None, always: int | None = None) -> None:
        self.ratio = ARCHIVE_MAX_RATIO if ratio is None else ratio
        self.always = ARCHIVE_ALWAYS_ALLOWED_BYTES if always is None else always
        self.unpacked = 0

    def consume(self, unpacked: int, packed: int) -> None:
        """Raises FileError when all that was unpacked is too much, at all or for what was read of the archive."""
        self.unpacked += unpacked
        if self.unpacked > settings.UPLOAD_MAX_UNPACKED_BYTES:
            limit = f"{settings.UPLOAD_MAX_UNPACKED_BYTES:,}"
            raise FileError(
                "archive.too_large", f"The archive unpacks to more than the {limit} bytes that are allowed."
            )
        if self.unpacked > max(self.always, self.ratio * packed):
            raise FileError(
                "archive.too_large",
                f"The archive unpacks to more than {self.ratio:,} times its size, as no product list does.",
            )


@contextmanager
def corrupt_is_a_fault() -> Iterator[None]:
    try:
        yield
    except CORRUPT as error:
        message = "The archive cannot be unpacked; it is damaged or was cut off. Pack it again."
        raise FileError("archive.corrupt", message) from error


# --- gzip ---


class Gunzip:
    """Unpacks a gzip file as its pieces come. Several that were put one behind the other are one file."""

    def __init__(self) -> None:
        self.stream = zlib.decompressobj(wbits=31)
        self.budget = DecompressionBudget()
        self.packed = 0
        self.parts = 1

    def feed(self, data: bytes) -> Iterator[bytes]:
        self.packed += len(data)
        return in_large_blocks(self._blocks(data))

    def _blocks(self, data: bytes) -> Iterator[bytes]:
        is_more = True
        while is_more:
            if self.stream.eof:
                # Some fill the rest of a file with NUL.
                data = data.lstrip(b"\0")
                if data:
                    self._begin_part()
            block, data = self._unpack(data)
            if block:
                self.budget.consume(len(block), self.packed)
                yield block
            is_more = bool(data) or len(block) == BLOCK_BYTES

    def _begin_part(self) -> None:
        self.parts += 1
        if self.parts > GZIP_PARTS_MAX:
            message = f"The gzip file has more than {GZIP_PARTS_MAX:,} parts. Pack it again in one."
            raise FileError("archive.members", message)
        self.stream = zlib.decompressobj(wbits=31)

    def _unpack(self, data: bytes) -> tuple[bytes, bytes]:
        """A block, and what of the data is still packed."""
        if self.stream.eof:
            return b"", b""
        with corrupt_is_a_fault():
            block = self.stream.decompress(data, BLOCK_BYTES)
        return block, self.stream.unused_data if self.stream.eof else self.stream.unconsumed_tail

    def finish(self) -> None:
        with corrupt_is_a_fault():
            if not self.stream.eof:
                raise EOFError


def in_large_blocks(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The parts of a gzip file may be of a byte each, and whoever reads them has work for every block."""
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
    """A file of which only so much is read at once: how long its parts are, an archive says of itself."""

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
    with corrupt_is_a_fault():
        return zipfile.ZipFile(BoundedFile(file))


def only_member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = [member for member in archive.infolist() if not member.is_dir() and not is_of_a_mac(member)]
    if len(members) != 1:
        raise FileError(
            "archive.members", f"The archive has {len(members)} files in it. Pack one CSV file alone."
        )
    return members[0]


def is_of_a_mac(member: zipfile.ZipInfo) -> bool:
    """What a Mac puts beside every file."""
    return member.filename.startswith("__MACOSX/") or member.filename.endswith(".DS_Store")


class ZipMember:
    """One file of a zip that is so many bytes long, unpacked block by block. It may share its budget with others."""

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
        """How far it has come, as a part of the archive: all of it, once the member is read to its end."""
        return self.archive_bytes * self.unpacked // max(self.member.file_size, 1)

    def __iter__(self) -> Iterator[bytes]:
        with corrupt_is_a_fault():
            file = self.archive.open(self.member)
        with file:
            while block := self._read(file):
                self.budget.consume(len(block), self.archive_bytes)
                self.unpacked += len(block)
                yield block

    def _read(self, file: IO[bytes]) -> bytes:
        with corrupt_is_a_fault():
            return file.read(BLOCK_BYTES)


def check_supported(member: zipfile.ZipInfo) -> None:
    if member.flag_bits & 1:
        raise FileError("archive.encrypted", "The archive is locked with a password. Pack it without one.")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise FileError(
            "archive.unsupported",
            "The archive is packed in a rare way. Pack it as an ordinary ZIP (Deflate).",
        )
