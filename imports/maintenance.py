"""Periodic maintenance: find orphaned jobs, expire previews, delete old files, rows, journals and tables."""

from contextlib import suppress
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.timezone import now
from psycopg import sql

from imports import queries, removal
from imports.models import (
    FINAL,
    UNDO_UNFINISHED,
    UNFINISHED,
    ChangedProducts,
    CreatedProducts,
    ImportJob,
    JobNotFound,
    Phase,
    RejectedRow,
    Status,
    SupersededRow,
    UnlistedRows,
    notify,
)
from imports.queries import Tables, discard
from lib.queue_entries import without_entry

# An upload that takes longer than this was abandoned.
UPLOAD_MAX_AGE = timedelta(days=1)
JOURNALS = (CreatedProducts, ChangedProducts, SupersededRow)


def orphaned_jobs() -> list[UUID]:
    """Unfinished imports without a queue entry: it failed or was removed."""
    unfinished = ImportJob.objects.filter(status__in=UNFINISHED).order_by("created_at")
    return without_entry(unfinished, "imports.tasks.run_import", "job_id")


def orphaned_undos() -> list[UUID]:
    """Imports whose undo is unfinished and has no queue entry."""
    unfinished = ImportJob.objects.filter(undo_status__in=UNDO_UNFINISHED).order_by("undo_requested_at")
    return without_entry(unfinished, "imports.tasks.undo_import", "job_id")


def prune_files() -> int:
    """Delete files of imports that ended long ago, and files whose upload never became a job."""
    return prune_ended() + prune_orphans()


def prune_ended() -> int:
    before = now() - timedelta(days=settings.IMPORT_KEEP_FILES_DAYS)
    ended = ImportJob.objects.filter(status__in=FINAL, completed_at__lt=before).exclude(stored_as="")
    names = ended.order_by("stored_as").values_list("stored_as", flat=True).distinct()
    return sum(prune_file(name, before) for name in list(names))


def prune_file(name: str, before: datetime) -> bool:
    """Delete the file unless a job may still need it; a job shares its file with its retries."""
    sharing = ImportJob.objects.filter(stored_as=name)
    with transaction.atomic():
        # Retrying and deleting lock their job too, so neither can interfere.
        list(sharing.select_for_update().order_by("pk").values_list("pk"))
        if sharing.exclude(status__in=FINAL, completed_at__lt=before).exists():
            return False
        sharing.update(stored_as="")
        default_storage.delete(name)
    return True


def prune_rejections() -> None:
    """Delete the rejected rows and warnings of imports that ended long ago. Their counts are kept."""
    before = now() - timedelta(days=settings.IMPORT_KEEP_FILES_DAYS)
    ended = ImportJob.objects.filter(status__in=FINAL, completed_at__lt=before)
    with transaction.atomic():
        RejectedRow.objects.filter(job__in=ended).delete()
        ended.filter(listed_count__gt=0).update(listed_count=0)
    # A retry copies the warnings while the job still has its file.
    ended.filter(stored_as="").exclude(warnings=[]).update(warnings=[])
    UnlistedRows.objects.filter(job__status__in=FINAL).delete()


def prune_jobs() -> int:
    """Delete jobs that ended very long ago, with everything that belongs to them."""
    before = now() - timedelta(days=settings.IMPORT_KEEP_JOBS_DAYS)
    ended = ImportJob.objects.filter(status__in=FINAL, completed_at__lt=before)
    job_ids = list(ended.exclude(undo_status__in=UNDO_UNFINISHED).values_list("pk", flat=True))
    for job_id in job_ids:
        # It may have been deleted meanwhile, or its undo requested.
        with suppress(JobNotFound, removal.JobNotEnded):
            removal.remove(job_id)
    return len(job_ids)


def prune_journals() -> None:
    """Delete the journals of imports that ended long ago, which then cannot be undone."""
    before = now() - timedelta(days=settings.IMPORT_KEEP_FILES_DAYS)
    with transaction.atomic():
        # Requesting an undo updates its job, so it comes before this or finds no journal.
        ended = with_journal().filter(completed_at__lt=before).exclude(undo_status__in=UNDO_UNFINISHED)
        locked = ended.select_for_update(no_key=True).order_by("pk")
        job_ids = list(locked.values_list("pk", flat=True))
        for journal in JOURNALS:
            journal.objects.filter(job__in=job_ids).delete()


def with_journal() -> QuerySet[ImportJob]:
    has_rows = (Exists(journal.objects.filter(job=OuterRef("pk"))) for journal in JOURNALS)
    return ImportJob.objects.filter(reduce(or_, map(Q, has_rows)))


def expire_dry_runs() -> None:
    """Cancel previews that were not confirmed in time."""
    expired = ImportJob.objects.filter(status=Status.READY, expires_at__lte=now())
    for job in list(expired):
        with transaction.atomic():
            ended = expired.filter(pk=job.pk).update(
                status=Status.CANCELLED, phase=Phase.DONE, completed_at=now(), version=F("version") + 1
            )
            notify(job.pk)
        if ended:
            Tables(job).discard()


def drop_leftover_tables() -> None:
    """Drop staging and plan tables that are no longer needed: of a killed worker, or in use when first dropped."""
    with connection.cursor() as cursor:
        cursor.execute(queries.text("leftover_tables"), {"unfinished": [*UNFINISHED, Status.READY]})
        names = [name for (name,) in cursor.fetchall()]
    for name in names:
        discard(sql.Identifier(name))


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
