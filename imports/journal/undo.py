"""Request the undo of an import: a worker then deletes the products it created and restores those it changed, by its journal.

Products that changed since the import are kept as they are."""

from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.timezone import now

from imports import jobs, tasks
from imports.models import FINAL, UNDO_REQUESTABLE, ImportJob, UndoStatus, notify
from lib.errors import Conflict, Explanation


class NotUndoable(Conflict):
    code = "job.not_undoable"
    codes = {
        code: Explanation(
            "The import has not ended, has already been undone or is being undone, or its change history was deleted.",
            "Cancel a running import first. Follow an undo at `GET /api/jobs/{job_id}`.",
        )
    }


def request(job_id: UUID) -> ImportJob:
    """Queue the undo of the job. One that failed continues where it stopped."""
    with transaction.atomic():
        job = mark_requested(job_id)
        check_journal_kept(job)
        tasks.undo_import.defer(job_id=str(job_id))
        notify(job_id)
    return job


def mark_requested(job_id: UUID) -> ImportJob:
    """Mark the undo as requested, so that only one request queues it."""
    ended = ImportJob.objects.filter(pk=job_id, status__in=FINAL, undo_status__in=UNDO_REQUESTABLE)
    if not ended.update(
        undo_status=UndoStatus.PENDING,
        undo_requested_at=now(),
        undo_failure_code="",
        undo_failure_message="",
        attempts_without_progress=0,
        version=F("version") + 1,
    ):
        raise not_undoable(jobs.get(job_id))
    return jobs.get(job_id)


def not_undoable(job: ImportJob) -> NotUndoable:
    if job.undone_at is not None:
        return NotUndoable("The import has already been undone.")
    if job.is_undoing:
        return NotUndoable("The import is already being undone.")
    return NotUndoable(f"The job is {job.status}. Only an import that has ended can be undone.")


def check_journal_kept(job: ImportJob) -> None:
    if job.products_written and not (job.created.exists() or job.changed.exists()):
        raise NotUndoable("This import is too old to undo: its change history was deleted.")
