"""Periodic maintenance of bulk changes: find orphaned ones, delete old journals, and later the bulk changes themselves."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.timezone import now

from catalog.models import FINAL, UNFINISHED, BulkChange, BulkChunk, BulkStatus
from lib.queue_entries import without_entry


def orphaned_changes() -> list[UUID]:
    """Unfinished bulk changes without a queue entry: it failed or was removed."""
    unfinished = BulkChange.objects.filter(status__in=UNFINISHED).order_by("created_at", "id")
    return without_entry(unfinished, "catalog.tasks.run_bulk_change", "change_id")


def prune_journals() -> None:
    """Delete the journals after as many days as those of imports. These changes can then no longer be undone."""
    before = now() - timedelta(days=settings.IMPORT_KEEP_FILES_DAYS)
    ended = BulkChange.objects.filter(Q(ended_at__lt=before) | Q(status=BulkStatus.UNDONE), status__in=FINAL)
    with transaction.atomic():
        # First the mark, which a request to undo it waits for and respects.
        ended.filter(has_journal=True).update(has_journal=False)
        BulkChunk.objects.filter(change__has_journal=False).delete()


def prune_changes() -> None:
    before = now() - timedelta(days=settings.IMPORT_KEEP_JOBS_DAYS)
    BulkChange.objects.filter(ended_at__lt=before, status__in=FINAL).delete()
