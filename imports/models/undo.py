"""The undo of an import, as a part of its job: whether and when it was requested, how far it is and how it ended.

It runs as an import does: under the job's attempt number, with counters that change in the commit of what they count. They
are also the checkpoint: undoing resumes after as many products of the journal as were reverted or kept."""

from typing import Self

from django.db import models
from django.db.models import Q

from imports.models.states import UNDO_UNFINISHED, UndoStatus


class Undoable(models.Model):
    undo_status = models.CharField(
        max_length=16,
        choices=UndoStatus,
        default=UndoStatus.NOT_REQUESTED,
        db_default=UndoStatus.NOT_REQUESTED,
    )
    undo_requested_at = models.DateTimeField(null=True, blank=True)
    undo_progress = models.SmallIntegerField(default=0, db_default=0)
    undo_failure_code = models.CharField(max_length=64, default="", db_default="", blank=True)
    undo_failure_message = models.TextField(default="", db_default="", blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    reverted_count = models.BigIntegerField(default=0)
    kept_count = models.BigIntegerField(default=0)

    class Meta:
        abstract = True

    @property
    def undo(self) -> Self | None:
        """The job for the schema of its undo, which reads the fields undo_*."""
        return None if self.undo_status == UndoStatus.NOT_REQUESTED else self

    @property
    def is_undoing(self) -> bool:
        return self.undo_status in UNDO_UNFINISHED

    @property
    def undo_handled(self) -> int:
        """How many products of the journal were reverted or kept so far."""
        return self.reverted_count + self.kept_count


UNDO_CONSTRAINTS = [
    models.CheckConstraint(
        condition=Q(undo_status="not_requested", undo_requested_at__isnull=True)
        | Q(
            undo_status__in=["pending", "processing", "completed", "failed"], undo_requested_at__isnull=False
        ),
        name="importjob_undo_has_a_time_iff_requested",
    ),
    models.CheckConstraint(
        condition=Q(undo_status="not_requested") | Q(completed_at__isnull=False),
        name="importjob_undo_requested_only_once_ended",
    ),
    models.CheckConstraint(
        condition=Q(undo_status="completed", undone_at__isnull=False, undo_progress=100)
        | (~Q(undo_status="completed") & Q(undone_at__isnull=True, undo_progress__lt=100)),
        name="importjob_undone_iff_its_undo_completed",
    ),
    models.CheckConstraint(
        condition=Q(undo_status="failed", undo_failure_code__gt="")
        | (~Q(undo_status="failed") & Q(undo_failure_code="")),
        name="importjob_failed_undo_has_a_code",
    ),
    models.CheckConstraint(
        condition=~Q(undo_status="not_requested") | Q(reverted_count=0, kept_count=0),
        name="importjob_reverts_only_for_an_undo",
    ),
    models.CheckConstraint(condition=Q(undo_progress__gte=0), name="importjob_undo_progress_is_not_negative"),
]
UNDO_INDEX = models.Index(
    fields=["undo_requested_at"],
    condition=Q(undo_status__in=["pending", "processing"]),
    name="importjob_undo_unfinished",
)
