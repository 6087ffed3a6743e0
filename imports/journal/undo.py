"""Undo an import: delete the products it created and restore those it changed, by its journal.

All in one transaction. Products that changed since the import are kept as they are."""

from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.timezone import now

from hooks.outbox import set_event_mode
from imports import jobs
from imports.models import FINAL, ImportJob, notify
from imports.queries import Tables
from lib.errors import Conflict, Explanation


class NotUndoable(Conflict):
    code = "job.not_undoable"
    codes = {
        code: Explanation(
            "The import has not ended, has already been undone, or its change history was deleted.",
            "Cancel a running import first.",
        )
    }


def undo(job_id: UUID) -> ImportJob:
    """Undo the job. Its counters say how many products were reverted, and how many kept because they changed since."""
    with transaction.atomic():
        job, about = claim(job_id), {"job": job_id}
        set_event_mode(job.parsed_options.events)
        tables = Tables(job)
        [touched] = tables.fetch("lock_touched", about)
        reverted = tables.execute("restore_changed", about) + tables.execute("remove_created", about)
        ImportJob.objects.filter(pk=job_id).update(reverted_count=reverted, kept_count=touched - reverted)
        notify(job_id)
    return jobs.get(job_id)


def claim(job_id: UUID) -> ImportJob:
    """Mark the job as undone, so that only one request undoes it."""
    ended = ImportJob.objects.filter(pk=job_id, status__in=FINAL, undone_at=None)
    if not ended.update(undone_at=now(), version=F("version") + 1):
        raise not_undoable(jobs.get(job_id))
    job = jobs.get(job_id)
    changed_something = job.created_count or job.updated_count or job.deactivated_count
    if changed_something and not (job.created.exists() or job.changed.exists()):
        raise NotUndoable("This import is too old to undo: its change history was deleted.")
    return job


def not_undoable(job: ImportJob) -> NotUndoable:
    if job.undone_at is not None:
        return NotUndoable("The import has already been undone.")
    return NotUndoable(f"The job is {job.status}. Only an import that has ended can be undone.")
