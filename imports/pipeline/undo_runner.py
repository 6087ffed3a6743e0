"""Run the undo of an import from the queue to its end.

It takes its turn among the imports, and survives what they survive: a worker that stops or is killed, an attempt that wakes
up after another took over, a disk without room. What was reverted before an undo failed stays reverted and counted; undoing
the import again continues there."""

import logging
from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F
from django.utils.timezone import now
from psycopg.errors import DiskFull

from imports.models import UNDO_UNFINISHED, AttemptFenced, ImportJob, UndoStatus, notify
from imports.pipeline import sessions
from imports.pipeline.runner import MAX_ATTEMPTS_WITHOUT_PROGRESS, Requeued, is_taken_over, log_takeover
from imports.pipeline.undo_chunks import undo_products
from imports.queries import Tables
from imports.undo_errors import UndoError

logger = logging.getLogger(__name__)


def run(job_id: UUID, *, should_stop: Callable[[], bool] = lambda: False) -> None:
    """Undo the import, resuming where an earlier attempt stopped, to the end.

    Raises Requeued if `should_stop` returned True; the undo must then run again."""
    with sessions.tagged_session(job_id):
        job = claim(job_id)
        if job is not None:
            run_guarded(job, partial(check, should_stop))


def claim(job_id: UUID) -> ImportJob | None:
    """Take the undo over from any earlier attempt. None if it has, or now has, ended."""
    sessions.terminate_stale(job_id)
    with transaction.atomic():
        taken = ImportJob.objects.filter(pk=job_id, undo_status__in=UNDO_UNFINISHED).update(
            undo_status=UndoStatus.PROCESSING,
            attempt=F("attempt") + 1,
            attempts_without_progress=F("attempts_without_progress") + 1,
            version=F("version") + 1,
        )
        notify(job_id)
    if not taken:
        return None
    job = ImportJob.objects.get(pk=job_id)
    if job.attempts_without_progress > MAX_ATTEMPTS_WITHOUT_PROGRESS:
        message = (
            f"The undo crashed {MAX_ATTEMPTS_WITHOUT_PROGRESS} times at the same point, so it was stopped."
        )
        fail(job, UndoError("undo.crash_loop", message))
        return None
    return job


def check(should_stop: Callable[[], bool]) -> None:
    """Raise if the worker is shutting down. Called between commits, never within one."""
    if should_stop():
        raise Requeued


def run_guarded(job: ImportJob, check: Callable[[], None]) -> None:
    try:
        undo_products(job, Tables(job), check)
        job.checkpoint_undo(undo_status=UndoStatus.COMPLETED, undone_at=now(), undo_progress=100)
    except Requeued:
        job.checkpoint_undo(attempts_without_progress=0)
        raise
    except UndoError as error:
        fail(job, error)
    except AttemptFenced:
        log_takeover(job)
    except (OperationalError, InterfaceError) as error:
        if isinstance(error.__cause__, DiskFull):
            fail(job, UndoError("undo.storage_full", "The database server ran out of disk space."))
        elif is_taken_over(job):
            log_takeover(job)
        else:
            raise


def fail(job: ImportJob, error: UndoError) -> None:
    logger.warning("The undo of import %s failed: %s %s", job.pk, error.code, error.message)
    job.checkpoint_undo(
        undo_status=UndoStatus.FAILED,
        undo_failure_code=error.code,
        undo_failure_message=error.message,
    )
