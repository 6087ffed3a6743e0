"""What can only be told once every row is staged: which rows the catalog or the rest of the file rules out.

imports.pipeline.runner calls settle() between imports.pipeline.staging and imports.pipeline.plan. A row that is rejected here loses its SKU in the
staging table, and with it every say; nothing of the catalog is touched yet, so options that stop an import for its
errors stop it here."""

from django.db import connection, transaction

from imports.errors import FileError
from imports.models import STAGING_RESET, ImportJob
from imports.pipeline import rejected_rows
from imports.pipeline.ambiguous_prices import resolve_ambiguous_prices
from imports.queries import Parameters, Tables

REJECTED_BY_MODE = {"create_only": "reject_known", "update_only": "reject_unknown"}


def validate(job: ImportJob, tables: Tables) -> None:
    """Refuse what is to be rejected, and count it. Raises FileError when the options want no import with these errors."""
    with transaction.atomic():
        give_room_to_sort()
        if reject_invalid(job, tables):
            rejected_rows.backfill(job)
        job.checkpoint()
    check_errors(job)
    if job.parsed_options.is_all_or_nothing and job.error_count:
        rows = "row is" if job.error_count == 1 else "rows are"
        raise FileError("job.rejected", f"{job.error_count:,} {rows} bad, so nothing was imported.")


def give_room_to_sort() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '256MB'")


def reject_invalid(job: ImportJob, tables: Tables) -> int:
    """How many rows were rejected. Products up to the last applied key were settled before a crash took the table."""
    parameters: Parameters = {"applied_key": job.applied_key}
    if job.error_count and job.attempt > 1:
        tables.execute("exclude_rejected", {"job": job.pk})
    has_ambiguous_prices, has_blanks = tables.fetch("staged_row_flags")
    rejected = resolve_ambiguous_prices(job, tables) if has_ambiguous_prices else 0
    if statement := REJECTED_BY_MODE.get(job.parsed_options.mode):
        rejected += rejected_rows.reject(job, tables, statement, parameters)
    if has_blanks:
        rejected += rejected_rows.reject(job, tables, "reject_nameless", parameters)
        merge_duplicates(job, tables)
    return rejected


def merge_duplicates(job: ImportJob, tables: Tables) -> None:
    """A blank cell leaves what an earlier row of the SKU said.

    Rows that were changed so are good for one plan: by the time of a confirmation the earlier row may be rejected, and
    has no say then. So none counts as read any more, and whoever comes back to them stages them anew."""
    if tables.execute("merge_duplicates"):
        job.checkpoint(**STAGING_RESET)


def check_errors(job: ImportJob) -> None:
    """Raises FileError once there are more errors than the job may have."""
    most = job.parsed_options.max_errors
    if job.error_count > most:
        raise FileError("job.too_many_errors", f"More than {most:,} rows are bad, so nothing was imported.")
