"""Get, cancel, confirm and retry jobs."""

from collections.abc import Collection, Sequence
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F
from django.utils.timezone import now

from imports import tasks
from imports.errors import FileError
from imports.models import FINAL, ImportJob, JobNotFound, Phase, Status, notify
from imports.queries import Tables
from lib.errors import Conflict, Explanation

# What a job keeps of its file, and of how it is read.
FILE_FIELDS = (
    *("filename", "stored_as", "file_bytes", "file_sha256", "profile_version_id"),
    *("corrects_id", "corrected_lines"),
)
READING_FIELDS = (
    *("file_format", "file_packing", "file_encoding", "file_delimiter", "file_header_line", "file_sheet"),
    *("file_other_sheets", "file_recipe", "file_header", "file_columns", "warnings"),
)


class NotRetryable(Conflict):
    code = "job.not_retryable"
    codes = {
        code: Explanation(
            "The job has neither failed nor been cancelled, has not ended, or is already being retried.",
            "Retry it with other options once it has ended, or follow the running retry.",
        )
    }


class JobEnded(Conflict):
    code = "job.ended"
    codes = {
        code: Explanation(
            "The job has already ended, so it cannot be cancelled.", "Undo the import to revert its changes."
        )
    }

    def __init__(self, job: ImportJob) -> None:
        super().__init__(f"The job cannot be cancelled: it is already {job.status}.")


class NotReady(Conflict):
    code = "job.not_ready"
    codes = {
        code: Explanation(
            "The job is not a preview that is ready, or the preview has expired.",
            "Wait for the status `ready`. If the preview has expired, upload the file again.",
        )
    }

    def __init__(self, job: ImportJob) -> None:
        super().__init__(
            f"The job is {job.status}. Only a preview that is ready can be confirmed, within 24 hours."
        )


def get(job_id: UUID) -> ImportJob:
    try:
        return ImportJob.objects.select_related("profile_version__profile").get(pk=job_id)
    except ImportJob.DoesNotExist:
        raise JobNotFound(job_id) from None


def cancel(job_id: UUID) -> ImportJob:
    """Cancel the job: at once if no worker runs it, else after the worker's next commit."""
    requested = {"cancel_requested": True, "version": F("version") + 1}
    with transaction.atomic():
        waiting = ImportJob.objects.filter(pk=job_id, status__in=[Status.PENDING, Status.READY])
        ended = waiting.update(status=Status.CANCELLED, phase=Phase.DONE, completed_at=now(), **requested)
        if not ended and not ImportJob.objects.filter(pk=job_id, status=Status.PROCESSING).update(
            **requested
        ):
            raise JobEnded(get(job_id))
        notify(job_id)
    job = get(job_id)
    if ended:
        Tables(job).discard()
    return job


def confirm(job_id: UUID) -> ImportJob:
    """Queue a preview to be imported. Its staged rows are compared with the products again."""
    with transaction.atomic():
        ready = ImportJob.objects.filter(pk=job_id, status=Status.READY, expires_at__gt=now())
        if not ready.update(
            status=Status.PENDING,
            confirmed_at=now(),
            expires_at=None,
            started_at=None,
            version=F("version") + 1,
        ):
            raise NotReady(get(job_id))
        tasks.run_import.defer(job_id=str(job_id))
        notify(job_id)
    return get(job_id)


def retry(job_id: UUID) -> ImportJob:
    """Create a new job with the same file and options."""
    with transaction.atomic():
        job = locked(job_id)
        check_retryable(job, (Status.FAILED, Status.CANCELLED))
        return queue_again(job, (*FILE_FIELDS, *READING_FIELDS), options=job.options)


def queue_again(job: ImportJob, names: Sequence[str], **values: object) -> ImportJob:
    """Create a retry with these fields of the job and these values."""
    copied = {name: getattr(job, name) for name in names}
    new = ImportJob.objects.create(retry_of=job, **copied, **values)
    tasks.run_import.defer(job_id=str(new.pk))
    return new


def locked(job_id: UUID) -> ImportJob:
    """The job, locked so that it is not retried twice and its file is not deleted meanwhile."""
    job = ImportJob.objects.select_for_update().filter(pk=job_id).first()
    if job is None:
        raise JobNotFound(job_id)
    return job


def check_retryable(job: ImportJob, allowed: Collection[str]) -> None:
    if job.status not in allowed:
        if Status.COMPLETED in allowed:
            message = (
                f"The job is {job.status}. It can run with other options once it has ended or is a preview."
            )
            raise NotRetryable(message)
        raise NotRetryable(f"The job is {job.status}. Only a failed or cancelled job can be retried.")
    if not job.stored_as or not default_storage.exists(job.stored_as):
        raise FileError("file.missing", "The stored file is missing. Upload it again.")
    if unfinished := job.retries.exclude(status__in=FINAL).first():
        raise NotRetryable(f"The job is already being retried by job {unfinished.pk}.")
