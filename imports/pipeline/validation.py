"""Reject staged rows that are invalid because of the catalog or the rest of the file.

A row rejected here loses its SKU in the staging table, and is ignored from then on. The catalog is still unchanged, so
options that stop an import because of its errors take effect here."""

from django.db import transaction

from imports.errors import FileError
from imports.models import ImportJob
from imports.pipeline import rejected_rows, sessions
from imports.pipeline.ambiguous_prices import resolve_ambiguous_prices
from imports.pipeline.totals import beginnings, reject_totals
from imports.queries import Parameters, Tables

REJECTED_BY_MODE = {"create_only": "reject_known", "update_only": "reject_unknown"}


def validate(job: ImportJob, tables: Tables) -> None:
    """Reject and count invalid rows. Raises FileError if the options allow no import with these errors."""
    with transaction.atomic():
        sessions.raise_work_mem()
        if reject_invalid(job, tables):
            rejected_rows.backfill(job)
        job.checkpoint()
    rejected_rows.check_count(job, all_read=True)
    if job.parsed_options.is_all_or_nothing and job.error_count:
        rows = "row is" if job.error_count == 1 else "rows are"
        raise FileError("job.rejected", f"{job.error_count:,} {rows} invalid, so nothing was imported.")


def reject_invalid(job: ImportJob, tables: Tables) -> int:
    """Returns how many rows were rejected. Skips keys up to the last applied one, which were validated before a crash."""
    parameters: Parameters = {"applied_key": job.applied_key}
    if job.error_count and job.attempt > 1:
        tables.execute("exclude_rejected", {"job": job.pk})
    has_ambiguous_prices, has_blanks, may_have_totals = tables.fetch(
        "staged_row_flags", {"beginnings": beginnings()}
    )
    rejected = reject_totals(job, tables) if may_have_totals else 0
    if has_ambiguous_prices:
        rejected += resolve_ambiguous_prices(job, tables)
    if statement := REJECTED_BY_MODE.get(job.parsed_options.mode):
        rejected += rejected_rows.reject(job, tables, statement, parameters)
    if has_blanks:
        rejected += rejected_rows.reject(job, tables, "reject_nameless", parameters)
        merge_duplicates(job, tables)
    return rejected


def merge_duplicates(job: ImportJob, tables: Tables) -> None:
    """A blank cell keeps the value of an earlier row with the same SKU.

    The merged rows are valid for one plan only: when a preview is confirmed, the earlier row may be rejected and must
    have no effect. So the staged rows are marked as stale, which makes a later attempt stage the file again."""
    if tables.execute("merge_duplicates"):
        job.checkpoint(staging_is_stale=True)
