"""Rows of a file that an import rejected: the first ones with their errors and cells, the others by line."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from imports.models.jobs import ImportJob
from imports.sheet_lines import Place


class RejectedRow(models.Model):
    """One error of a rejected row. A row with two errors has two of these, and counts as one rejected row."""

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="rejected", db_index=False)
    # Records from 1 after the header, and the line of the file where the record starts.
    row = models.BigIntegerField(null=True)
    line = models.BigIntegerField()
    column = models.TextField(null=True)  # noqa: DJ001 - null is the whole row, as the API says it
    code = models.CharField(max_length=64)
    message = models.TextField()
    value = models.TextField(default="")
    # The row as uploaded, with the first of its errors only. Null also if the row is too long to keep.
    cells = models.JSONField(null=True)
    # Rejected after staging, when only the line is known: the row and the cells are null until backfill() has read the
    # file again.
    needs_backfill = models.BooleanField(default=False, db_default=False)

    class Meta:
        ordering = ["job", "line", "id"]
        # GET /jobs/{id}/errors and errors.csv.
        indexes = [models.Index(fields=["job", "line", "id"], name="rejectedrow_by_line")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(needs_backfill=True, row=None)
                | models.Q(needs_backfill=False, row__isnull=False),
                name="rejectedrow_row_unless_needs_backfill",
            )
        ]

    def __str__(self) -> str:
        return f"{self.place.named}: {self.code}"

    @property
    def place(self) -> Place:
        return self.job.place_of(self.line)


class UnlistedRows(models.Model):
    """Lines of rejected rows that are counted but not kept; a job has any number of these arrays.

    Staging that is repeated after a server crash excludes them too. Not needed once the job has ended."""

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="unlisted")
    lines = ArrayField(models.BigIntegerField())

    def __str__(self) -> str:
        return f"{len(self.lines)} rows of {self.job_id}"
