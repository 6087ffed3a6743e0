"""What keeps imports in order when something went wrong around them; imports.tasks calls it now and then."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models import Exists, OuterRef, TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils.timezone import now
from procrastinate.contrib.django.models import ProcrastinateJob

from imports.models import FINAL, UNFINISHED, ImportJob

# An upload that takes longer than this has been given up by its sender.
UPLOAD_MAX_AGE = timedelta(days=1)


def lost_jobs() -> list[UUID]:
    """Unfinished imports that the queue knows nothing of: their entry failed, or was removed."""
    queued = ProcrastinateJob.objects.alias(job_id=KeyTextTransform("job_id", "args")).filter(
        task_name="imports.tasks.run_import",
        status__in=["todo", "doing"],
        job_id=Cast(OuterRef("pk"), TextField()),
    )
    return list(
        ImportJob.objects.filter(~Exists(queued), status__in=UNFINISHED)
        .order_by("created_at")
        .values_list("pk", flat=True)
    )


def prune_files() -> int:
    """Delete files of imports that ended long ago, and files whose upload never became an import."""
    return prune_ended() + prune_orphans()


def prune_ended() -> int:
    before = now() - timedelta(days=settings.IMPORT_KEEP_FILES_DAYS)
    ended = ImportJob.objects.filter(status__in=FINAL, completed_at__lt=before).exclude(stored_as="")
    for job in ended:
        default_storage.delete(job.stored_as)
        ImportJob.objects.filter(pk=job.pk).update(stored_as="")
    return len(ended)


def prune_orphans() -> int:
    _, names = default_storage.listdir("")
    claimed = set(ImportJob.objects.exclude(stored_as="").values_list("stored_as", flat=True))
    orphans = [
        name
        for name in names
        if name not in claimed and default_storage.get_created_time(name) < now() - UPLOAD_MAX_AGE
    ]
    for name in orphans:
        default_storage.delete(name)
    return len(orphans)
