"""A job as the API, event streams, the command line and the console report it: which of its schemas, with which errors."""

import json
from datetime import datetime

from django.core.serializers.json import DjangoJSONEncoder

from imports.models import ERRORS_SHOWN, ImportJob, RejectedRow, Status
from imports.schemas import Job, JobColumn, JobError, JobSummary


def job_summary(job: ImportJob, now: datetime) -> JobSummary:
    """The job without its errors."""
    return JobSummary.model_validate(job, context={"now": now})


def job_with_errors(job: ImportJob, now: datetime) -> Job:
    columns = [JobColumn.model_validate(column) for column in job.file_columns]
    return Job.model_construct(**dict(job_summary(job, now)), columns=columns, errors=first_errors(job))


def first_errors(job: ImportJob) -> list[JobError]:
    """Why the job failed, if it did, then the errors of its rows: 100 in all."""
    rows = job.rejected.order_by("line", "id")[:ERRORS_SHOWN]
    return (errors_of_the_file(job) + list(map(error_of, rows)))[:ERRORS_SHOWN]


def error_of(row: RejectedRow) -> JobError:
    return JobError.model_validate(row).model_copy(update=row.place._asdict())


def errors_of_the_file(job: ImportJob) -> list[JobError]:
    """Why the job failed; it comes before the errors of rows. Empty if it did not fail."""
    if job.status != Status.FAILED:
        return []
    place = job.place_of(job.failure_line) if job.failure_line else None
    failure = JobError(
        row=None,
        line=place.line if place else None,
        sheet=place.sheet if place else "",
        column=None,
        code=job.failure_code,
        message=job.failure_message,
        value=None,
    )
    return [failure]


def as_json(job: JobSummary, *, indent: int | None = None) -> str:
    """The job as responses of the API have it."""
    return json.dumps(job.model_dump(), cls=DjangoJSONEncoder, indent=indent)


def not_listed(job: ImportJob) -> str:
    """A note if not all rejected rows are listed, else an empty text."""
    if not job.unlisted_count:
        return ""
    if not job.listed_count:
        return "The rejected rows of this import were deleted because it ended long ago; only their number is known."
    return f"Only the first {job.listed_count:,} of {job.error_count:,} rejected rows are listed."
