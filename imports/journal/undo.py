"""An import taken back: what it created is removed and what it changed restored, by the journal of imports.pipeline.applying.

imports.api calls undo(). It is one transaction, so it happens altogether or not at all; a product that anybody
changed since is left as it is."""

from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.timezone import now

from hooks.outbox import set_event_mode
from imports import jobs
from imports.models import FINAL, ImportJob, notify
from imports.queries import Tables


class NotUndoable(Exception):
    code = "job.not_undoable"

    def __init__(self, reason: str) -> None:
        self.detail = reason
        super().__init__(reason)


def undo(job_id: UUID) -> ImportJob:
    """The job, with how many products were reverted and how many kept because they have moved on."""
    with transaction.atomic():
        job, about = claim(job_id), {"job": job_id}
        set_event_mode(job.chosen.events)
        tables = Tables(job)
        [touched] = tables.fetch("lock_touched", about)
        reverted = tables.execute("restore_changed", about) + tables.execute("remove_created", about)
        ImportJob.objects.filter(pk=job_id).update(reverted_count=reverted, kept_count=touched - reverted)
        notify(job_id)
    return jobs.get(job_id)


def claim(job_id: UUID) -> ImportJob:
    """Nobody else undoes the job from here on."""
    ended = ImportJob.objects.filter(pk=job_id, status__in=FINAL, undone_at=None)
    if not ended.update(undone_at=now(), version=F("version") + 1):
        raise refusal(jobs.get(job_id))
    job = jobs.get(job_id)
    changed_something = job.created_count or job.updated_count or job.deactivated_count
    if changed_something and not (job.created.exists() or job.changed.exists()):
        raise NotUndoable("The import is too long ago: what it changed is not known any more.")
    return job


def refusal(job: ImportJob) -> NotUndoable:
    if job.undone_at is not None:
        return NotUndoable("The import has been undone already.")
    return NotUndoable(f"The job is {job.status}; an import can be undone once it has ended.")
