"""A job as the API, event streams and the command line report it."""

from datetime import datetime
from typing import TypedDict
from uuid import UUID

from imports.models import ERRORS_SHOWN, ImportJob, RejectedRow, Status


class JobError(TypedDict):
    row: int | None
    line: int | None
    column: str | None
    code: str
    message: str
    value: str | None


class JobFile(TypedDict):
    bytes: int
    sha256: str
    encoding: str
    delimiter: str


class JobSummary(TypedDict, total=False):
    job_id: UUID
    filename: str
    status: str
    total_rows: int
    processed_rows: int
    success_count: int
    error_count: int
    listed_count: int
    progress: int
    started_at: datetime | None
    completed_at: datetime | None
    created_at: datetime
    phase: str
    created_count: int
    updated_count: int
    unchanged_count: int
    superseded_count: int
    rows_per_second: int
    eta_seconds: int | None
    deactivated_count: int
    dry_run: bool
    preview: dict[str, int] | None
    expires_at: datetime | None
    confirmed_at: datetime | None
    options: dict[str, object]
    retry_of: UUID | None
    undone_at: datetime | None
    reverted_count: int
    kept_count: int
    cancel_requested: bool
    file: JobFile
    warnings: list[dict[str, str]]
    errors: list[JobError]


def job_summary(job: ImportJob, now: datetime) -> JobSummary:
    """The job without its errors."""
    return JobSummary(
        job_id=job.pk,
        filename=job.filename,
        status=job.status,
        total_rows=job.total_rows,
        processed_rows=job.processed_rows,
        success_count=job.success_count,
        error_count=job.error_count,
        listed_count=job.listed_count,
        progress=job.progress,
        started_at=job.started_at,
        completed_at=job.completed_at,
        created_at=job.created_at,
        phase=job.phase,
        created_count=job.created_count,
        updated_count=job.updated_count,
        unchanged_count=job.unchanged_count,
        superseded_count=job.superseded_count,
        rows_per_second=rows_per_second(job, now),
        eta_seconds=eta_seconds(job, now),
        deactivated_count=job.deactivated_count,
        dry_run=job.parsed_options.waits_for_confirmation,
        preview=job.preview,
        expires_at=job.expires_at,
        confirmed_at=job.confirmed_at,
        options=job.parsed_options.model_dump(),
        retry_of=job.retry_of_id,
        undone_at=job.undone_at,
        reverted_count=job.reverted_count,
        kept_count=job.kept_count,
        cancel_requested=job.cancel_requested,
        file=JobFile(
            bytes=job.file_bytes,
            sha256=job.file_sha256,
            encoding=job.file_encoding,
            delimiter=job.file_delimiter,
        ),
        warnings=job.warnings,
    )


def job_with_errors(job: ImportJob, now: datetime) -> JobSummary:
    return {**job_summary(job, now), "errors": first_errors(job)}


def first_errors(job: ImportJob) -> list[JobError]:
    """Why the job failed, if it did, then the errors of its rows: 100 in all."""
    of_the_file = [failure(job)] if job.status == Status.FAILED else []
    of_rows = [rejected_row_error(row) for row in job.rejected.order_by("line", "id")[:ERRORS_SHOWN]]
    return (of_the_file + of_rows)[:ERRORS_SHOWN]


def not_listed(job: ImportJob) -> str:
    """A note if not all rejected rows are listed, else an empty text."""
    if not job.unlisted_count:
        return ""
    if not job.listed_count:
        return "The rejected rows of this import were deleted because it ended long ago; only their number is known."
    return f"Only the first {job.listed_count:,} of {job.error_count:,} rejected rows are listed."


def failure(job: ImportJob) -> JobError:
    return JobError(
        row=None,
        line=job.failure_line,
        column=None,
        code=job.failure_code,
        message=job.failure_message,
        value=None,
    )


def rejected_row_error(row: RejectedRow) -> JobError:
    return JobError(
        row=row.row, line=row.line, column=row.column, code=row.code, message=row.message, value=row.value
    )


def rows_per_second(job: ImportJob, now: datetime) -> int:
    seconds = job.elapsed(now).total_seconds()
    return round(job.total_rows / seconds) if seconds > 0 else 0


def eta_seconds(job: ImportJob, now: datetime) -> int | None:
    if job.status != Status.PROCESSING or not job.progress:
        return None
    return round(job.elapsed(now).total_seconds() * (100 - job.progress) / job.progress)
