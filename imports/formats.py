"""A stored file opened for reading: whatever it is packed in and written in, what comes out are lines or records.

imports.contents has settled at the upload what the file is, and its job keeps that; imports.staging reads it here,
anew in every attempt."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO

from django.core.files.storage import default_storage

from imports.archives import BLOCK_BYTES, Member, gunzipped, only_member, open_zip
from imports.faults import FileFault
from imports.models import ImportJob
from imports.reader import Blocks, Lines, Record, Records
from imports.workbooks import SheetRecords

READ_BYTES = 1024**2


@contextmanager
def open_lines(job: ImportJob) -> Iterator[Lines]:
    """The lines of a file that is text, packed or not."""
    with open_stored(job) as file:
        match job.file_packing:
            case "gzip":
                pieces = Blocks(read_pieces(file, BLOCK_BYTES))
                yield Lines(gunzipped(pieces), job.file_encoding, pieces)
            case "zip":
                archive = open_zip(file)
                member = Member(archive, only_member(archive), job.file_bytes)
                yield Lines(member, job.file_encoding, member)
            case _:
                yield Lines(read_pieces(file, READ_BYTES), job.file_encoding)


@contextmanager
def open_sheet(job: ImportJob) -> Iterator[SheetRecords]:
    """The records of a workbook, the header first."""
    with open_stored(job) as file:
        yield SheetRecords(file, job.file_bytes, job.chosen.mapping, job.chosen.decimal)


@contextmanager
def open_rows(job: ImportJob) -> Iterator[Iterable[Record]]:
    """The records of any file behind its header."""
    if job.file_format == "xlsx":
        with open_sheet(job) as sheet:
            next(sheet.records, None)
            yield sheet
    else:
        with open_lines(job) as lines:
            records = Records(lines, job.file_delimiter)
            next(records.records, None)
            yield records


@contextmanager
def open_stored(job: ImportJob) -> Iterator[IO[bytes]]:
    try:
        file = default_storage.open(job.stored_as, "rb")
    except FileNotFoundError as error:
        raise FileFault("file.missing", "The stored file is gone. Upload it again.") from error
    with file:
        # An archive of which the end is missing would be called damaged, and it is not the sender who cut it.
        if default_storage.size(job.stored_as) != job.file_bytes:
            raise FileFault("file.missing", "The stored file is not whole any more. Upload it again.")
        yield file


def read_pieces(file: IO[bytes], size: int) -> Iterator[bytes]:
    return iter(lambda: file.read(size), b"")
