"""Delete jobs with their stored file (unless another job shares it), rejected rows and journal.

Products stay as the import left them, but without its journal the import cannot be undone."""

from uuid import UUID

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q

from imports.models import ImportJob, JobNotFound
from lib.errors import Conflict, Explanation


class JobNotEnded(Conflict):
    code = "job.not_ended"
    codes = {
        code: Explanation(
            "The job has not ended or is being undone, so it cannot be deleted.",
            "Cancel it first, or wait until it is undone.",
        )
    }

    def __init__(self, job: ImportJob) -> None:
        super().__init__(
            "The import is being undone. It can be deleted afterwards."
            if job.is_undoing
            else f"The job is {job.status}. Only a job that has ended can be deleted; cancel it first."
        )


def remove(job_id: UUID) -> None:
    with transaction.atomic():
        job = lock(job_id)
        if not job.can_be_deleted:
            raise JobNotEnded(job)
        job.delete()
        if job.stored_as and not ImportJob.objects.filter(stored_as=job.stored_as).exists():
            default_storage.delete(job.stored_as)


def lock(job_id: UUID) -> ImportJob:
    """Lock the job and all that share its file, so that none is retried, pruned or deleted meanwhile."""
    name = ImportJob.objects.filter(pk=job_id).values_list("stored_as", flat=True).first()
    sharing = Q(pk=job_id) | Q(stored_as=name) if name else Q(pk=job_id)
    locked = {job.pk: job for job in ImportJob.objects.select_for_update().filter(sharing).order_by("pk")}
    if job_id not in locked:
        raise JobNotFound(job_id)
    return locked[job_id]
