"""Staged rows against the catalog: the plan of what they change.

imports.engine calls make_plan() once every row is staged; imports.chunks carries the plan out. The plan is exact to
the field and writes no product."""

from django.db import connection, transaction

from imports.models import ImportJob, Phase
from imports.statements import Parameters, Tables

CLASSIFIED_AT = 50


def is_planned(job: ImportJob, tables: Tables) -> bool:
    """Is the plan of an earlier attempt there, and whole? A crash of the server leaves it empty."""
    return job.phase == Phase.APPLYING and tables.count("plan") == job.planned_rows


def make_plan(job: ImportJob, tables: Tables) -> None:
    """Classify the staged rows against the catalog: new, changed, unchanged or superseded by a later row.

    Rows up to the job's last applied key are left out: they were applied, and counted, before a crash took the
    plan with the rest of them."""
    with transaction.atomic():
        give_room_to_sort()
        refused = settle_blanks(job, tables)
        tables.drop("plan")
        tables.execute("plan", {"applied_key": job.applied_key})
        planned, superseded, *_ = tables.fetch("plan_summary")
        tables.drop("stage")
        changes = planned - superseded
        if job.applied_key:
            superseded = job.superseded_count
        errors = job.error_count + refused
        settled = errors + superseded + job.created_count + job.updated_count + changes
        job.checkpoint(
            phase=Phase.APPLYING,
            planned_rows=planned,
            applied_pages=0,
            error_count=errors,
            superseded_count=superseded,
            unchanged_count=job.total_rows - settled,
            progress=max(job.progress, CLASSIFIED_AT),
        )


def give_room_to_sort() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '256MB'")


def settle_blanks(job: ImportJob, tables: Tables) -> int:
    """Refuse new products without a name, and let a blank cell keep what an earlier row of the SKU said."""
    if not tables.fetch("has_blanks")[0]:
        return 0
    parameters: Parameters = {"job": job.pk, "applied_key": job.applied_key}
    tables.execute("drop_rejected", parameters)
    refused = tables.execute("reject_nameless", parameters)
    tables.execute("merge_duplicates")
    return refused
