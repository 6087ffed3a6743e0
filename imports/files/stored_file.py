"""The stored file of a job: opened, and what is known of it."""

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
        job.parsed_options,
    )


@contextmanager
def open_stored(job: ImportJob) -> Iterator[IO[bytes]]:
    try:
        file = default_storage.open(job.stored_as, "rb")
    except FileNotFoundError as error:
        raise FileError("file.missing", "The stored file is gone. Upload it again.") from error
    with file:
        # An archive of which the end is missing would be called damaged, and it is not the sender who cut it.
        if default_storage.size(job.stored_as) != job.file_bytes:
            raise FileError("file.missing", "The stored file is not whole any more. Upload it again.")
        yield file
