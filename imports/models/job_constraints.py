"""What holds for every row of an import job, whatever wrote it."""

from django.db import models
from django.db.models import F, Q

JOB_CONSTRAINTS = [
    models.CheckConstraint(
        condition=Q(status__in=["completed", "failed", "cancelled"], completed_at__isnull=False)
        | Q(status__in=["pending", "processing", "ready"], completed_at__isnull=True),
        name="importjob_has_an_end_iff_final",
    ),
    models.CheckConstraint(
        condition=~Q(status="completed")
        | Q(
            total_rows=F("error_count")
            + F("created_count")
            + F("updated_count")
            + F("unchanged_count")
            + F("superseded_count")
        ),
        name="importjob_completed_accounts_for_every_row",
    ),
    models.CheckConstraint(
        condition=~Q(status="completed") | Q(carried_out_rows=F("planned_rows")),
        name="importjob_completed_carried_out_its_plan",
    ),
    models.CheckConstraint(
        condition=Q(progress__gte=0) & Q(progress__lte=100), name="importjob_progress_is_a_percentage"
    ),
    models.CheckConstraint(
        condition=Q(status="failed", failure_code__gt="") | (~Q(status="failed") & Q(failure_code="")),
        name="importjob_failed_has_a_code",
    ),
    models.CheckConstraint(
        condition=~Q(status="ready") | Q(expires_at__isnull=False, preview__isnull=False),
        name="importjob_ready_has_a_preview_and_expires",
    ),
]
