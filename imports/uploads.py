"""An upload becomes a job: bytes are stored as they stream in, and what cannot be imported is refused early.

imports.api feeds it the request, a multipart form or a bare body. The job and its place in the queue are
committed together, after the last byte; imports.tasks takes it from there."""

import hashlib
import uuid
from collections.abc import Iterable
from pathlib import PurePath
from typing import IO

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadhandler import FileUploadHandler, StopFutureHandlers
from django.db import transaction

from imports import tasks
from imports.faults import FileFault, storable
from imports.models import ImportJob
from imports.reader import DELIMITERS, Lines, Records
from imports.rows import Layout, read_header

HEAD_BYTES = 64 * 1024
PIECE_BYTES = 256 * 1024
# What a multipart form adds to its file.
FORM_OVERHEAD_BYTES = 64 * 1024

# The first bytes of files that are often given the ending .csv by mistake.
BINARY_STARTS = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive or an Excel workbook",
    b"\x1f\x8b": "a gzip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x7fELF": "a program",
}
UTF_16_STARTS = (b"\xff\xfe", b"\xfe\xff")


class Upload:
    """An upload under way. Raises FileFault from write() or accept() as soon as the file is known to be unusable.

    Closed without having been accepted, it leaves nothing behind."""

    def __init__(self, filename: str) -> None:
        self.filename = clean_filename(filename)
        self.stored_as = uuid.uuid4().hex
        self.sha256 = hashlib.sha256()
        self.size = 0
        self.head = bytearray()
        self.target: IO[bytes] | None = None
        self.accepted = False

    def write(self, data: bytes) -> None:
        self.size += len(data)
        refuse_too_large(self.size)
        self.sha256.update(data)
        if self.target is None:
            self.head += data
            if len(self.head) < HEAD_BYTES:
                return
            self.open()
        else:
            self.target.write(data)

    def open(self) -> None:
        """Look at the beginning of the file; only what may be a CSV file is stored."""
        self.delimiter, self.layout = settle(bytes(self.head), is_whole=self.size < HEAD_BYTES)
        self.target = default_storage.open(self.stored_as, "wb")
        self.target.write(self.head)

    def accept(self) -> ImportJob:
        """The job, committed together with its place in the queue."""
        if self.target is None:
            self.open()
        assert self.target is not None  # noqa: S101 - open() has set it
        self.target.close()
        with transaction.atomic():
            job = ImportJob.objects.create(
                filename=self.filename,
                stored_as=self.stored_as,
                file_bytes=self.size,
                file_sha256=self.sha256.hexdigest(),
                file_delimiter=self.delimiter,
                file_header=[storable(name) for name in self.layout.header],
                warnings=warnings(self.layout),
            )
            tasks.run_import.defer(job_id=str(job.pk))
        self.accepted = True
        return job

    def close(self) -> None:
        if self.target is not None and not self.accepted:
            self.target.close()
            default_storage.delete(self.stored_as)


def clean_filename(filename: str) -> str:
    """The name to show: no folders, nothing invisible, at most 255 characters."""
    name = "".join(char for char in PurePath(filename.replace("\\", "/")).name if char.isprintable())
    return storable(name)[-255:] or "upload.csv"


def refuse_too_large(size: int) -> None:
    if size > settings.UPLOAD_MAX_BYTES:
        limit = f"{settings.UPLOAD_MAX_BYTES:,}"
        raise FileFault("file.too_large", f"The file is larger than the {limit} bytes that are allowed.")


def settle(head: bytes, *, is_whole: bool) -> tuple[str, Layout]:
    """The delimiter and the header. The first delimiter that yields a column named sku is the file's."""
    refuse_binary(head)
    if not is_whole and not any(end in head for end in b"\r\n"):
        raise FileFault(
            "header.too_long", "The first line goes on for more than 64 kB. Is this a CSV file?", 1
        )
    first_fault: FileFault | None = None
    for delimiter in DELIMITERS:
        try:
            return delimiter, header_of(head, delimiter)
        except FileFault as fault:
            first_fault = first_fault or fault
    assert first_fault is not None  # noqa: S101 - there is more than one delimiter
    raise first_fault


def refuse_binary(head: bytes) -> None:
    if not head.strip(b" \t\r\n\xef\xbb\xbf"):
        raise FileFault("file.empty", "The file has nothing in it.")
    if head.startswith(UTF_16_STARTS):
        raise FileFault("file.encoding", "The file is UTF-16. Save it as CSV UTF-8.")
    for start, kind in BINARY_STARTS.items():
        if head.startswith(start):
            raise FileFault("file.not_csv", f"The file is {kind}, not a CSV file.")
    if b"\0" in head.splitlines()[0]:
        raise FileFault("file.not_csv", "The file is binary, not a CSV file.")


def header_of(head: bytes, delimiter: str) -> Layout:
    line, cells, fault = next(Records(Lines([head]), delimiter).records, (1, [], None))
    if fault is not None:
        raise FileFault(fault.code, fault.message, line)
    return read_header(cells)


def warnings(layout: Layout) -> list[dict[str, str]]:
    return [
        {
            "column": storable(name),
            "code": "header.unknown",
            "message": "The column is none of ours and is left out.",
        }
        for name in layout.unknown
    ]


def accept_body(filename: str, pieces: Iterable[bytes]) -> ImportJob:
    """Take a file that is the whole body of a request."""
    upload = Upload(filename)
    try:
        for piece in pieces:
            upload.write(piece)
        return upload.accept()
    finally:
        upload.close()


class FormUploadHandler(FileUploadHandler):
    """Django's hook into a multipart body: the field `file` goes straight into an Upload, on no local disk."""

    chunk_size = PIECE_BYTES

    def new_file(
        self,
        field_name: str,
        file_name: str,
        content_type: str,
        content_length: int | None,
        charset: str | None = None,
        content_type_extra: dict[str, bytes] | None = None,
    ) -> None:
        # Under this name Django closes it when parsing breaks off.
        self.file = Upload(file_name)
        raise StopFutureHandlers

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.file.write(raw_data)

    def file_complete(self, file_size: int) -> Upload:  # type: ignore[override] # what request.FILES shall hold
        return self.file

    def upload_interrupted(self) -> None:
        self.file.close()
