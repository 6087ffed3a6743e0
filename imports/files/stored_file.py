"""Open the stored file of a job."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from django.core.files.storage import default_storage

from imports.errors import FileError
from imports.formats.source import Source
from imports.models import ImportJob


def source_of(job: ImportJob) -> Source:
    return Source(
        job.file_bytes,
        job.file_format,
        job.file_packing,
        job.file_encoding,
        job.file_delimiter,
        job.file_header_line,
        job.file_sheet,
        job.positions,
        job.file_recipe,
        job.parsed_options,
        [(sheet["name"], sheet["header_line"]) for sheet in job.file_other_sheets],
    )


@contextmanager
def open_stored(job: ImportJob) -> Iterator[IO[bytes]]:
    try:
        file = default_storage.open(job.stored_as, "rb")
    except FileNotFoundError as error:
        raise FileError("file.missing", "The stored file is missing. Upload it again.") from error
    with file:
        # Checked first: a truncated archive would be reported as damaged, though the upload was complete.
        if default_storage.size(job.stored_as) != job.file_bytes:
            raise FileError("file.missing", "The stored file is incomplete. Upload it again.")
        yield file
