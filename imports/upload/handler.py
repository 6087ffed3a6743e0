"""Store an upload as it streams in, reject what cannot be imported, and create its job.

The job and its queue entry are committed together, after the last byte."""

import hashlib
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import PurePath
from typing import IO, Protocol

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadhandler import FileUploadHandler, StopFutureHandlers
from django.db import DatabaseError, IntegrityError, transaction
from django.http import HttpRequest

from imports import tasks
from imports.errors import FileError, sanitize
from imports.files import storage
from imports.formats.encoding import HEAD_BYTES
from imports.formats.file_info import FileInfo
from imports.models import ImportJob, StoredFile
from imports.options import Options
from imports.schemas import JobColumn
from imports.upload.inspection import check_clear, contents_of
from imports.upload.profile import corrected_job, locked_version, settled
from lib.errors import Explanation, Invalid

PIECE_BYTES = 256 * 1024
# What a multipart form adds to its file.
FORM_OVERHEAD_BYTES = 64 * 1024


class KeyReused(Invalid):
    code = "idempotency.mismatch"
    codes = {
        code: Explanation(
            "The `Idempotency-Key` was already used with another file or other options.",
            "Use a new key for each upload.",
        )
    }
    pointer = "/header/Idempotency-Key"
    detail = "This Idempotency-Key was already used with another file or other options. Use a new key."


class Upload:
    """An upload in progress. write() and accept() raise FileError as soon as the file is known to be unusable.

    close() deletes the stored file unless it became a job."""

    def __init__(self, filename: str, options: Options | None = None) -> None:
        self.filename = clean_filename(filename)
        # None while they may still follow the file in its form.
        self.options = options
        self.stored_as = uuid.uuid4().hex
        self.sha256 = hashlib.sha256()
        self.size = 0
        self.head = bytearray()
        self.target: IO[bytes] | None = None
        self.accepted = False

    def write(self, data: bytes) -> None:
        self.size += len(data)
        check_size(self.size)
        self.sha256.update(data)
        if self.target is None:
            self.head += data
            if len(self.head) >= HEAD_BYTES:
                self.open(self.options)
        else:
            self.contents.feed(data)
            self.target.write(data)

    def open(self, options: Options | None) -> IO[bytes]:
        """Inspect the beginning of the file, and store it only if it may be a file of rows."""
        self.contents = contents_of(bytes(self.head))
        self.contents.feed(bytes(self.head))
        self.contents.check_early(options)
        self.target = default_storage.open(self.stored_as, "wb")
        self.target.write(self.head)
        return self.target

    def accept(self, options: Options, key: str | None = None) -> ImportJob:
        """Create the job together with its queue entry, or return the job that already has the key."""
        # A small file is inspected as a whole below, so not twice.
        (self.target or self.open(None)).close()
        earlier = ImportJob.objects.filter(idempotency_key=key).first() if key else None
        if earlier is not None:
            return self.same(earlier, options)
        info = self.contents.file_info(options, partial(default_storage.open, self.stored_as))
        check_clear(info, options)
        try:
            job = self.make_job(info, options, key)
        except IntegrityError:
            if key is None:
                raise
            # Another upload with this key was accepted in between.
            return self.same(ImportJob.objects.get(idempotency_key=key), options)
        self.accepted = True
        return job

    def same(self, earlier: ImportJob, options: Options) -> ImportJob:
        is_same_file = earlier.file_sha256 == self.sha256.hexdigest()
        if not is_same_file or earlier.parsed_options != settled(options, earlier.file_header):
            raise KeyReused
        return earlier

    def make_job(self, info: FileInfo, options: Options, key: str | None) -> ImportJob:
        with transaction.atomic():
            job = ImportJob.objects.create(
                filename=self.filename,
                stored_as=self.stored_as,
                file_bytes=self.size,
                file_sha256=self.sha256.hexdigest(),
                **detected_fields(info),
                corrects_id=corrected_job(options),
                options=settled(options, info.header).model_dump(),
                profile_version=locked_version(options),
                idempotency_key=key,
            )
            tasks.run_import.defer(job_id=str(job.pk))
        return job

    def close(self) -> None:
        if self.target is not None and not self.accepted:
            discard(self.target, self.stored_as)


def discard(target: IO[bytes], stored_as: str) -> None:
    """Delete a stored file that is still open."""
    # Closing writes the rest, which may fail like earlier writes; the file is deleted anyway.
    with suppress(FileError, DatabaseError):
        target.close()
    default_storage.delete(stored_as)


def detected_fields(info: FileInfo) -> dict[str, object]:
    """What a job keeps of how its file is read."""
    return {
        "file_format": info.format,
        "file_packing": info.packing,
        "file_encoding": info.encoding,
        "file_delimiter": info.delimiter,
        "file_header_line": info.header_line,
        "file_sheet": info.sheet,
        "file_other_sheets": [
            {"name": sheet.name, "header_line": sheet.header_line} for sheet in info.other_sheets
        ],
        "file_recipe": info.recipe,
        "file_header": [sanitize(name) for name in info.header],
        "file_columns": [JobColumn.model_validate(column).model_dump() for column in info.columns],
        "warnings": info.warnings,
    }


def clean_filename(filename: str) -> str:
    """The name without folders and invisible characters, at most 255 characters long."""
    name = "".join(char for char in PurePath(filename.replace("\\", "/")).name if char.isprintable())
    return sanitize(name)[-255:] or "upload.csv"


def check_size(size: int) -> None:
    if size > settings.UPLOAD_MAX_BYTES:
        limit = f"{settings.UPLOAD_MAX_BYTES:,}"
        raise FileError("file.too_large", f"The file is larger than the maximum of {limit} bytes.")


def check_room(size: int) -> None:
    """Check before anything is stored; the storage checks again while the file grows."""
    storage.check_room(size, settings.UPLOAD_TOTAL_BYTES - StoredFile.objects.total_bytes())


def accept_body(
    filename: str, pieces: Iterable[bytes], options: Options | None = None, key: str | None = None
) -> ImportJob:
    """Accept a file that is the whole body of a request, with its options known in advance."""
    options = options or Options()
    upload = Upload(filename, options)
    try:
        for piece in pieces:
            upload.write(piece)
        return upload.accept(options, key)
    finally:
        upload.close()


class FileSink(Protocol):
    """Takes a file as it streams in."""

    def write(self, data: bytes) -> None: ...

    def close(self) -> None: ...


class FormUploadHandler(FileUploadHandler):
    """Streams the form field `file` into a sink, such as an Upload, without a temporary file."""

    chunk_size = PIECE_BYTES

    def __init__(self, request: HttpRequest, sink_of: Callable[[str], FileSink]) -> None:
        super().__init__(request)
        self.sink_of = sink_of

    def new_file(
        self,
        field_name: str,
        file_name: str,
        content_type: str,
        content_length: int | None,
        charset: str | None = None,
        content_type_extra: dict[str, bytes] | None = None,
    ) -> None:
        # Django closes the attribute of this name if parsing fails.
        self.file = self.sink_of(file_name)
        raise StopFutureHandlers

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.file.write(raw_data)

    def file_complete(self, file_size: int) -> FileSink:  # type: ignore[override] # what request.FILES shall hold
        return self.file

    def upload_interrupted(self) -> None:
        self.file.close()
