"""Run an import from the queue to its final state.

The job is claimed, its file staged, its rows validated, and the plan of changes made and applied. Every stage resumes
where an earlier attempt stopped, so a killed worker or a crashed server costs little work and no count."""

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Now
from django.utils.timezone import now
from psycopg.errors import DiskFull

from hooks.outbox import emit_import_completed
from hooks.payloads import ImportPayload
from imports.errors import FileError
from imports.models import UNFINISHED, AttemptFenced, ImportJob, Phase, Status
from imports.pipeline import rejected_rows, sessions
from imports.pipeline.applying import apply
from imports.pipeline.plan import is_planned, make_plan
from imports.pipeline.staging import is_staged, stage
from imports.pipeline.validation import validate
from imports.queries import Tables

MAX_ATTEMPTS_WITHOUT_PROGRESS = 5

logger = logging.getLogger(__name__)


class Cancelled(Exception):
    """The import was asked to stop. What it has committed stays and is counted."""


class Requeued(Exception):
    """The worker is shutting down: the job goes back to the queue and resumes from its last commit."""


def run(job_id: UUID, *, should_stop: Callable[[], bool] = lambda: False) -> None:
    """Import the job's file, resuming where an earlier attempt stopped, to a final state.

    Raises Requeued if `should_stop` returned True; the job must then run again."""
    with sessions.tagged_session(job_id):
        job = claim(job_id)
        if job is not None:
            run_guarded(job, Tables(job), should_stop)


def run_guarded(job: ImportJob, tables: Tables, should_stop: Callable[[], bool]) -> None:
    try:
        run_stages(job, tables, partial(check, job, should_stop))
    except Requeued:
        job.checkpoint(attempts_without_progress=0)
        raise
    except Cancelled:
        complete(job, tables, Status.CANCELLED)
    except FileError as error:
        fail(job, tables, error)
    except AttemptFenced:
        log_takeover(job)
    except (OperationalError, InterfaceError) as error:
        if isinstance(error.__cause__, DiskFull):
            fail(job, tables, FileError("job.storage_full", "The database server ran out of disk space."))
        elif is_taken_over(job):
            log_takeover(job)
        else:
            raise


def claim(job_id: UUID) -> ImportJob | None:
    """Take the job over from any earlier attempt. None if it is, or now is, in a final state."""
    sessions.terminate_stale(job_id)
    taken = ImportJob.objects.filter(pk=job_id, status__in=UNFINISHED).update(
        status=Status.PROCESSING,
        attempt=F("attempt") + 1,
        attempts_without_progress=F("attempts_without_progress") + 1,
        started_at=Coalesce("started_at", Now()),
    )
    if not taken:
        return None
    job = ImportJob.objects.get(pk=job_id)
    if job.attempts_without_progress > MAX_ATTEMPTS_WITHOUT_PROGRESS:
        message = (
            f"The import crashed {MAX_ATTEMPTS_WITHOUT_PROGRESS} times at the same point, so it was stopped."
        )
        fail(job, Tables(job), FileError("job.crash_loop", message))
        return None
    return job


def is_taken_over(job: ImportJob) -> bool:
    """Whether a later attempt has taken the job over. Needs a new session."""
    connection.close()
    return not ImportJob.objects.filter(pk=job.pk, attempt=job.attempt).exists()


def log_takeover(job: ImportJob) -> None:
    logger.warning("Import %s: a later attempt took the job over from attempt %d.", job.pk, job.attempt)


def run_stages(job: ImportJob, tables: Tables, check: Callable[[], None]) -> None:
    check()
    if not is_planned(job, tables):
        if not is_staged(job, tables):
            stage(job, tables, check)
        validate(job, tables)
        make_plan(job, tables, check)
    if job.status == Status.PROCESSING:
        apply(job, tables, check)
        check_row_counts(job)
        complete(job, tables, Status.COMPLETED, progress=100)


def check_row_counts(job: ImportJob) -> None:
    """Raise FileError unless the counters add up to the rows that were read. That would be a bug, which must not pass in
    silence."""
    if not job.accounts_for_every_row:
        raise FileError(
            "job.miscounted",
            f"{job.processed_rows:,} of {job.total_rows:,} rows were counted, and {job.carried_out_rows:,} of "
            f"{job.planned_rows:,} planned rows were applied. Imported rows were kept.",
        )


def check(job: ImportJob, should_stop: Callable[[], bool]) -> None:
    """Raise if the job must stop. Called between commits, never within one."""
    if ImportJob.objects.filter(pk=job.pk, cancel_requested=True).exists():
        raise Cancelled
    if should_stop():
        raise Requeued


def complete(job: ImportJob, tables: Tables, status: Status, **changes: object) -> None:
    """End an import that may have rejected rows while the plan was applied."""
    # A missing file does not undo what was imported.
    with suppress(FileError):
        rejected_rows.backfill(job)
    finalise(job, tables, status, **changes)


def finalise(job: ImportJob, tables: Tables, status: Status, **changes: object) -> None:
    with transaction.atomic():
        job.checkpoint(status=status, phase=Phase.DONE, completed_at=now(), **changes)
        if job.parsed_options.events == "summary":
            emit_import_completed(summary(job))
    tables.discard()


def summary(job: ImportJob) -> dict[str, object]:
    """The data of the event import.completed."""
    return ImportPayload.model_validate(job).model_dump(mode="json")


def fail(job: ImportJob, tables: Tables, error: FileError) -> None:
    logger.warning("Import %s failed: %s %s", job.pk, error.code, error.message)
    finalise(
        job,
        tables,
        Status.FAILED,
        failure_code=error.code,
        failure_message=error.message,
        failure_line=error.line,
    )
