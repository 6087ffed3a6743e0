"""What can only be told once every row is staged: which rows the catalog or the rest of the file rules out.

imports.pipeline.runner calls settle() between imports.pipeline.staging and imports.pipeline.plan. A row that is refused here loses its SKU in the
staging table, and with it every say; nothing of the catalog is touched yet, so options that stop an import for its
errors stop it here."""

from django.db import connection, transaction

from imports.errors import FileFault
from imports.models import NOTHING_READ, ImportJob
from imports.pipeline import rejected_rows
from imports.pipeline.ambiguous_prices import settle_doubts
from imports.queries import Parameters, Tables

REFUSED_BY_MODE = {"create_only": "reject_known", "update_only": "reject_unknown"}


def settle(job: ImportJob, tables: Tables) -> None:
    """Refuse what is to be refused, and count it. Raises FileFault when the options want no import with these errors."""
    with transaction.atomic():
        give_room_to_sort()
        if refuse(job, tables):
            rejected_rows.complete(job)
        job.checkpoint()
    check_errors(job)
    if job.chosen.refuses_every_error and job.error_count:
        rows = "row is" if job.error_count == 1 else "rows are"
        raise FileFault("job.rejected", f"{job.error_count:,} {rows} bad, so nothing was imported.")


def give_room_to_sort() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '256MB'")


def refuse(job: ImportJob, tables: Tables) -> int:
    """How many rows were refused. Products up to the last applied key were settled before a crash took the table."""
    parameters: Parameters = {"applied_key": job.applied_key}
    if job.error_count and job.attempt > 1:
        tables.execute("leave_out_rejected", {"job": job.pk})
    has_doubts, has_blanks = tables.fetch("has")
    refused = settle_doubts(job, tables) if has_doubts else 0
    if statement := REFUSED_BY_MODE.get(job.chosen.mode):
        refused += rejected_rows.refuse(job, tables, statement, parameters)
    if has_blanks:
        refused += rejected_rows.refuse(job, tables, "reject_nameless", parameters)
        merge_duplicates(job, tables)
    return refused


def merge_duplicates(job: ImportJob, tables: Tables) -> None:
    """A blank cell leaves what an earlier row of the SKU said.

    Rows that were changed so are good for one plan: by the time of a confirmation the earlier row may be refused, and
    has no say then. So none counts as read any more, and whoever comes back to them stages them anew."""
    if tables.execute("merge_duplicates"):
        job.checkpoint(**NOTHING_READ)


def check_errors(job: ImportJob) -> None:
    """Raises FileFault once there are more errors than the job may have."""
    most = job.chosen.max_errors
    if job.error_count > most:
        raise FileFault("job.too_many_errors", f"More than {most:,} rows are bad, so nothing was imported.")
