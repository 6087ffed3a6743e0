"""Bulk changes: one action on many products, done in chunks by a worker, and its undo.

The row of a bulk change says which attempt owns it, how far it is and how it ended. A chunk has the products that were
selected, and once it is applied, what undo needs."""

import uuid
from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now


class Action(models.TextChoices):
    ACTIVATE = "activate"
    DEACTIVATE = "deactivate"
    DELETE = "delete"


class BulkStatus(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    UNDO_QUEUED = "undo_queued"
    UNDOING = "undoing"
    UNDONE = "undone"
    UNDO_FAILED = "undo_failed"


UNFINISHED = [BulkStatus.QUEUED, BulkStatus.RUNNING, BulkStatus.UNDO_QUEUED, BulkStatus.UNDOING]
FINAL = [BulkStatus.COMPLETED, BulkStatus.FAILED, BulkStatus.UNDONE, BulkStatus.UNDO_FAILED]
# After a failed undo the rest can be undone.
UNDOABLE = [BulkStatus.COMPLETED, BulkStatus.FAILED, BulkStatus.UNDO_FAILED]
UNDO = [BulkStatus.UNDO_QUEUED, BulkStatus.UNDOING, BulkStatus.UNDONE, BulkStatus.UNDO_FAILED]


class BulkChangeTakenOver(Exception):
    """Another attempt has taken the bulk change over; this one must not commit anything more."""


class BulkChangeQuerySet(models.QuerySet["BulkChange"]):
    def undoable(self) -> Self:
        """Those that have ended and changed something, with the journal that undo needs."""
        return self.filter(status__in=UNDOABLE, has_journal=True, changed_count__gt=0)


class BulkChange(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    action = models.CharField(max_length=16, choices=Action)
    status = models.CharField(max_length=16, choices=BulkStatus, default=BulkStatus.QUEUED)
    # The accounts that requested it and its undo; blank on a developer's machine, where nobody signs in.
    requested_by = models.CharField(max_length=150, default="", blank=True)
    undo_requested_by = models.CharField(max_length=150, default="", blank=True)
    # The filters of the list that it was requested from, for the way back to it.
    filters = models.JSONField(default=dict, blank=True)

    # The fencing token: only the attempt with this number may commit.
    attempt = models.IntegerField(default=0)
    # Consecutive attempts that crashed without committing a chunk.
    attempts_without_progress = models.IntegerField(default=0)

    # The number that was confirmed, and in how many chunks these products are.
    confirmed_count = models.BigIntegerField()
    chunk_count = models.IntegerField()
    # The checkpoints: chunks are applied, and reverted, in the order of their numbers.
    applied_chunks = models.IntegerField(default=0)
    reverted_chunks = models.IntegerField(default=0)

    changed_count = models.BigIntegerField(default=0)
    # Products that had been deleted, or were active or inactive already, when their chunk was applied.
    skipped_count = models.BigIntegerField(default=0)
    reverted_count = models.BigIntegerField(default=0)
    # Products that undo left as they are: changed since, or their SKU or ID is in use again.
    kept_count = models.BigIntegerField(default=0)
    # Without its journal it cannot be undone.
    has_journal = models.BooleanField(default=True)

    failure_code = models.CharField(max_length=64, default="", blank=True)
    failure_message = models.TextField(default="", blank=True)

    created_at = models.DateTimeField(db_default=Now(), editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    undo_requested_at = models.DateTimeField(null=True, blank=True)
    undo_ended_at = models.DateTimeField(null=True, blank=True)

    objects = BulkChangeQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="bulkchange_newest"),
            models.Index(
                fields=["created_at"],
                condition=Q(status__in=["queued", "running", "undo_queued", "undoing"]),
                name="bulkchange_unfinished",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["queued", "running"], ended_at__isnull=True)
                | (~Q(status__in=["queued", "running"]) & Q(ended_at__isnull=False)),
                name="bulkchange_has_an_end_iff_it_ended",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["undone", "undo_failed"], undo_ended_at__isnull=False)
                | (~Q(status__in=["undone", "undo_failed"]) & Q(undo_ended_at__isnull=True)),
                name="bulkchange_undo_has_an_end_iff_it_ended",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_count__gt=0, chunk_count__gt=0), name="bulkchange_has_products"
            ),
            models.CheckConstraint(
                condition=~Q(status="completed")
                | Q(confirmed_count=F("changed_count") + F("skipped_count"), applied_chunks=F("chunk_count")),
                name="bulkchange_completed_accounts_for_every_product",
            ),
            models.CheckConstraint(
                condition=~Q(status="undone")
                | Q(changed_count=F("reverted_count") + F("kept_count"), reverted_chunks=F("applied_chunks")),
                name="bulkchange_undone_accounts_for_every_change",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["failed", "undo_failed"], failure_code__gt="")
                | (~Q(status__in=["failed", "undo_failed"]) & Q(failure_code="")),
                name="bulkchange_failed_has_a_code",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.confirmed_count:,} products ({self.status})"

    def checkpoint(self, **changes: object) -> None:
        """Commit progress together with what it counts. Raises BulkChangeTakenOver if another attempt owns it."""
        mine = BulkChange.objects.filter(pk=self.pk, attempt=self.attempt, status=self.status)
        if mine.update(**changes) != 1:
            raise BulkChangeTakenOver(f"Attempt {self.attempt} no longer owns bulk change {self.pk}.")
        self.refresh_from_db()

    @property
    def is_final(self) -> bool:
        return self.status in FINAL

    @property
    def is_undo(self) -> bool:
        """Whether an undo was requested."""
        return self.status in UNDO

    @property
    def chunks_left(self) -> int:
        """Chunks to apply, or to revert once an undo was requested."""
        if self.is_undo:
            return self.applied_chunks - self.reverted_chunks
        return self.chunk_count - self.applied_chunks

    @property
    def done_count(self) -> int:
        """Products that are dealt with, of `total_count`."""
        if self.is_undo:
            return self.reverted_count + self.kept_count
        return self.changed_count + self.skipped_count

    @property
    def total_count(self) -> int:
        return self.changed_count if self.is_undo else self.confirmed_count

    @property
    def requested_at(self) -> datetime:
        """When it, or its undo, was requested."""
        return self.undo_requested_at or self.created_at

    @property
    def can_be_undone(self) -> bool:
        return self.status in UNDOABLE and self.has_journal and self.changed_count > 0


class BulkChunk(models.Model):
    """Some of the products of a bulk change, in the order of their ids. They are changed in one commit.

    Products are stored in arrays, as in the journal of imports: a row for each would take longer than the change."""

    id = models.BigAutoField(primary_key=True)
    change = models.ForeignKey(BulkChange, on_delete=models.CASCADE, related_name="chunks", db_index=False)
    number = models.IntegerField()
    product_ids = ArrayField(models.BigIntegerField())
    # The products' updated_at, unless they changed since.
    written_at = models.DateTimeField(null=True)
    # Those of the products that the action changed.
    changed_ids = ArrayField(models.BigIntegerField(), null=True)
    # Of deleted products, in the order of changed_ids.
    skus = ArrayField(models.TextField(), null=True)
    names = ArrayField(models.TextField(), null=True)
    descriptions = ArrayField(models.TextField(), null=True)
    prices = ArrayField(models.DecimalField(max_digits=12, decimal_places=2), null=True)
    actives = ArrayField(models.BooleanField(), null=True)
    created_ats = ArrayField(models.DateTimeField(), null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["change", "number"], name="bulkchunk_number_once_per_change"),
            models.CheckConstraint(
                condition=Q(written_at__isnull=True, changed_ids__isnull=True)
                | Q(written_at__isnull=False, changed_ids__isnull=False),
                name="bulkchunk_written_iff_changes_are_known",
            ),
        ]

    def __str__(self) -> str:
        return f"chunk {self.number} of {self.change_id}"
