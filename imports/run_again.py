"""Import the stored file of a job again with other options. Its columns are matched again."""

from collections.abc import Mapping
from functools import partial
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import transaction

from imports import jobs
from imports.files.stored_file import open_stored
from imports.formats.file_info import FileInfo
from imports.models import FINAL, ImportJob, Status
from imports.options import Options
from imports.upload.handler import PIECE_BYTES, detected_fields
from imports.upload.inspection import ZipContents, check_clear, contents_of

CHANGEABLE = (*FINAL, Status.READY)


def run_again(job_id: UUID, chosen: Mapping[str, object]) -> ImportJob:
    """Create a new job with the chosen options; the others stay as they were. A preview that is ready is discarded.

    Raises ColumnsUnclear or FileError if the file cannot be imported with them; the job then stays as it is."""
    job = jobs.get(job_id)
    jobs.check_retryable(job, CHANGEABLE)
    options = with_chosen(job, chosen)
    info = detected(job, options)
    check_clear(info, options)
    with transaction.atomic():
        job = jobs.locked(job_id)
        jobs.check_retryable(job, CHANGEABLE)
        if job.status == Status.READY:
            jobs.cancel(job_id)
        return jobs.queue_again(job, jobs.FILE_FIELDS, options=options.model_dump(), **detected_fields(info))


def read_with(job: ImportJob, chosen: Mapping[str, object]) -> FileInfo:
    """How the stored file would be read with the chosen options. Raises FileError."""
    return detected(job, with_chosen(job, chosen))


def with_chosen(job: ImportJob, chosen: Mapping[str, object]) -> Options:
    return Options.model_validate({**job.options, **chosen})


def detected(job: ImportJob, options: Options) -> FileInfo:
    """What the stored file is. A text is read to its end, because its encoding may show only there."""
    with open_stored(job) as file:
        piece = file.read(PIECE_BYTES)
        contents = contents_of(piece)
        if isinstance(contents, ZipContents):
            contents.size = job.file_bytes
        else:
            while piece:
                contents.feed(piece)
                piece = file.read(PIECE_BYTES)
    return contents.file_info(options, partial(default_storage.open, job.stored_as))
