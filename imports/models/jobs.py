"""An import job.

The job row is the one record of an import: which attempt owns it, how far it is (counters, checkpoint) and how it ended.
Counters change in the same commit as what they count."""

import uuid
from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from imports.models.job_constraints import JOB_CONSTRAINTS
from imports.models.job_file import OfFile
from imports.models.notifications import notify
from imports.models.profiles import ProfileVersion
from imports.models.states import FINAL, Phase, Status, UndoStatus
from imports.models.undo import UNDO_CONSTRAINTS, UNDO_INDEX, Undoable
from imports.options import Options
from lib import limits
from lib.errors import Explanation, NotFound

# What a person should know before confirming: new products at 0.00, prices that change by more than half, and products
# that the file sets to inactive.
FLAGS = ("new_at_zero", "large_price_change", "goes_inactive")
ERRORS_SHOWN = 100
# How long a preview waits to be confirmed.
READY_FOR = timedelta(hours=24)
# Fields that only grow. An attempt that moves none of them made no progress; fields that a server crash resets do not
# count.
PROGRESS_MARKS = ("total_rows", "progress", "applied_key", "reverted_count", "kept_count")
# The fields of staging at its start.
STAGING_RESET = {"rows_read": 0, "lines_read": 0, "lines_staged": 0, "carried": {}, "staging_is_stale": False}


class JobNotFound(NotFound):
    code = "job.not_found"
    codes = {
        code: Explanation(
            "No job has this ID. It may have been deleted.", "List the jobs with `GET /api/jobs`."
        )
    }

    def __init__(self, job_id: uuid.UUID) -> None:
        super().__init__(f"No job has the ID {job_id}.")


class AttemptFenced(Exception):
    """Another attempt has taken the job over; this one must not commit anything more."""


class ImportJob(OfFile, Undoable):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    status = models.CharField(max_length=16, choices=Status, default=Status.PENDING)
    phase = models.CharField(max_length=16, choices=Phase, default=Phase.QUEUED)

    warnings = models.JSONField(default=list, blank=True)
    # imports.options.Options as JSON.
    options = models.JSONField(default=dict, blank=True)
    # The version of a profile that it ran with; null once the profile is deleted. Its options and columns stay in the job.
    profile_version = models.ForeignKey(
        ProfileVersion, on_delete=models.SET_NULL, null=True, blank=True, related_name="jobs"
    )
    # Identifies the upload: sent again with the same key, it returns this job.
    idempotency_key = models.CharField(max_length=255, null=True, blank=True, unique=True)
    retry_of = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="retries"
    )
    # The job whose file this one has corrected.
    corrects = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="corrections"
    )
    # If its rows are skipped rows of that job: the line that each of them has there.
    corrected_lines = ArrayField(models.BigIntegerField(), default=list, db_default=[], blank=True)

    # The fencing token: only the attempt with this number may commit. See claim().
    attempt = models.IntegerField(default=0)
    # Consecutive attempts that crashed without committing any progress.
    attempts_without_progress = models.IntegerField(default=0)
    cancel_requested = models.BooleanField(default=False)

    # Where staging resumes: rows and lines of the file that were read, and lines in the staging table.
    rows_read = models.BigIntegerField(default=0)
    lines_read = models.BigIntegerField(default=0)
    lines_staged = models.BigIntegerField(default=0)
    # The staged rows were merged for one plan; a later attempt must stage the file again.
    staging_is_stale = models.BooleanField(default=False)
    # The decimal marks that prices of the file show unambiguously: "", ".", "," or both.
    decimal_marks = models.CharField(max_length=2, default="", blank=True)
    # What rows take over from an earlier row, by the rules of the recipe: imports.formats.recipe_rows.Carried as JSON.
    carried = models.JSONField(default=dict, blank=True)
    # Part of the names of the job's staging and plan tables: a table that is made again gets a new name, because the
    # old one may be locked, by pg_dump for example.
    stage_number = models.IntegerField(default=0)
    plan_number = models.IntegerField(default=0)
    # Where applying resumes: how many rows the plan has and how many of them were applied; how many of the compared
    # rows are done, and the last key among them, which is enough to resume after a server crash emptied the plan.
    planned_rows = models.BigIntegerField(default=0)
    carried_out_rows = models.BigIntegerField(default=0)
    applied_rows = models.BigIntegerField(default=0)
    applied_key = models.TextField(default="", blank=True)

    total_rows = models.BigIntegerField(default=0)
    error_count = models.BigIntegerField(default=0)
    # How many of them RejectedRow has: the first limits.LISTED_ROWS, and none once they were deleted.
    listed_count = models.BigIntegerField(default=0)
    created_count = models.BigIntegerField(default=0)
    updated_count = models.BigIntegerField(default=0)
    unchanged_count = models.BigIntegerField(default=0)
    superseded_count = models.BigIntegerField(default=0)
    # Products missing from the file that mode sync deactivated; they are not among its rows.
    deactivated_count = models.BigIntegerField(default=0)
    # How many of them have each of the FLAGS.
    new_at_zero_count = models.BigIntegerField(default=0)
    large_price_change_count = models.BigIntegerField(default=0)
    goes_inactive_count = models.BigIntegerField(default=0)
    # The result of a preview: a count for each of the counters above. The flags are null if it was made before
    # they were counted.
    preview = models.JSONField(null=True, blank=True)
    progress = models.SmallIntegerField(default=0)
    # Increases with every update; an event stream resumes after the last version it sent.
    version = models.IntegerField(default=0)

    failure_code = models.CharField(max_length=64, default="", blank=True)
    failure_message = models.TextField(default="", blank=True)
    failure_line = models.BigIntegerField(null=True, blank=True)

    created_at = models.DateTimeField(db_default=Now(), editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    # A preview that is not confirmed by then is cancelled.
    expires_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            # GET /jobs, newest first, and imports.tasks.recover(), which asks for the unfinished few.
            models.Index(fields=["-created_at", "-id"], name="importjob_newest"),
            models.Index(
                fields=["created_at"],
                condition=Q(status__in=["pending", "processing"]),
                name="importjob_unfinished",
            ),
            UNDO_INDEX,
        ]
        constraints = [*JOB_CONSTRAINTS, *UNDO_CONSTRAINTS]

    def __str__(self) -> str:
        return f"{self.filename} ({self.status})"

    def checkpoint(self, **changes: object) -> None:
        """Commit progress together with what it counts. Raises AttemptFenced if another attempt owns the job.

        An update that moves a progress mark also resets `attempts_without_progress`."""
        self.update_owned(Q(status=Status.PROCESSING), changes)

    def checkpoint_undo(self, **changes: object) -> None:
        """The same while the import is undone."""
        self.update_owned(Q(undo_status=UndoStatus.PROCESSING), changes)

    def update_owned(self, is_running: Q, changes: dict[str, object]) -> None:
        if any(getattr(self, place) != changes.get(place, getattr(self, place)) for place in PROGRESS_MARKS):
            changes["attempts_without_progress"] = 0
        mine = ImportJob.objects.filter(is_running, pk=self.pk, attempt=self.attempt)
        if mine.update(**changes, version=F("version") + 1) != 1:
            raise AttemptFenced(f"Attempt {self.attempt} no longer owns import {self.pk}.")
        self.refresh_from_db()
        notify(self.pk)

    def assert_owner(self) -> None:
        """Raise AttemptFenced if another attempt owns the job. For commits that do not update the job."""
        if not ImportJob.objects.filter(pk=self.pk, attempt=self.attempt, status=Status.PROCESSING).exists():
            raise AttemptFenced(f"Attempt {self.attempt} no longer owns import {self.pk}.")

    @property
    def parsed_options(self) -> Options:
        return Options.model_validate(self.options)

    @property
    def waits_for_confirmation(self) -> bool:
        """Read without parsing all options, which would double the time of a progress event."""
        return self.options.get("dry_run") is True or self.options.get("mode") == "sync"

    @property
    def is_idle(self) -> bool:
        """Whether the job has ended or waits to be confirmed."""
        return self.is_final or self.status == Status.READY

    @property
    def is_settled(self) -> bool:
        """Whether no worker has anything left to do for the job, neither an import nor its undo."""
        return self.is_idle and not self.is_undoing

    @property
    def is_final(self) -> bool:
        return self.status in FINAL

    @property
    def can_be_deleted(self) -> bool:
        """An undo needs the journal."""
        return self.is_final and not self.is_undoing

    @property
    def products_written(self) -> int:
        """How many products the import created or changed. The journal has all of them until it is deleted."""
        return self.created_count + self.updated_count + self.deactivated_count

    @property
    def unlisted_count(self) -> int:
        """Rejected rows that are only counted."""
        return self.error_count - self.listed_count

    @property
    def room_for_rejected(self) -> int:
        """How many more rejected rows to keep."""
        return max(limits.LISTED_ROWS - self.listed_count, 0)

    @property
    def success_count(self) -> int:
        return self.created_count + self.updated_count + self.unchanged_count + self.superseded_count

    @property
    def processed_rows(self) -> int:
        return self.success_count + self.error_count

    @property
    def counts(self) -> dict[str, int]:
        """Rows of each kind, and with each flag: as previewed while the job waits to be confirmed, as imported otherwise."""
        if self.status == Status.READY:
            return dict(self.preview or {})
        return {
            "created": self.created_count,
            "updated": self.updated_count,
            "unchanged": self.unchanged_count,
            "superseded": self.superseded_count,
            "errors": self.error_count,
            "deactivated": self.deactivated_count,
            **{flag: getattr(self, f"{flag}_count") for flag in FLAGS},
        }

    @property
    def accounts_for_every_row(self) -> bool:
        return self.processed_rows == self.total_rows and self.carried_out_rows == self.planned_rows

    def elapsed(self, now: datetime) -> timedelta:
        """The time spent on the job. It does not run while a preview waits to be confirmed."""
        if self.started_at is None:
            return timedelta(0)
        ready_at = self.expires_at and self.expires_at - READY_FOR
        return (ready_at or self.completed_at or now) - self.started_at

    def rows_per_second(self, now: datetime) -> int:
        seconds = self.elapsed(now).total_seconds()
        return round(self.total_rows / seconds) if seconds > 0 else 0

    def eta_seconds(self, now: datetime) -> int | None:
        if self.status != Status.PROCESSING or not self.progress:
            return None
        return round(self.elapsed(now).total_seconds() * (100 - self.progress) / self.progress)
