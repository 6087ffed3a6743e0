"""Staged rows into the catalog: first the plan of what they change, then the plan carried out in chunks.

imports.engine calls make_plan() once every row is staged, then apply(). A chunk is a commit of products, counters
and checkpoint. Products stay open to everybody else meanwhile, so a chunk whose products moved since the plan was
made is planned again on the spot."""

from collections.abc import Callable

from django.db import IntegrityError, OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected, UniqueViolation

from imports.models import ImportJob, Phase
from imports.statements import Parameters, Tables

# Pages of the plan in one chunk: some 20,000 products, a fraction of a second.
CHUNK_PAGES = 384
CHUNK_TRIES = 5
CLASSIFIED_AT = 50
APPLIED_AT = 99


class ProductsMoved(Exception):
    """Somebody changed products of the chunk after the plan was made."""


def is_planned(job: ImportJob, tables: Tables) -> bool:
    """Is the plan of an earlier attempt there, and whole? A crash of the server leaves it empty."""
    return job.phase == Phase.APPLYING and tables.count("plan") == job.planned_rows


def make_plan(job: ImportJob, tables: Tables) -> None:
    """Classify the staged rows against the catalog: new, changed, unchanged or superseded by a later row.

    Rows up to the job's last applied key are left out: they were applied, and counted, before a crash took the
    plan with the rest of them."""
    with transaction.atomic():
        give_room_to_sort()
        refused = settle_blanks(job, tables) if job.has_blanks else 0
        tables.drop("plan")
        tables.execute("plan", {"applied_key": job.applied_key})
        planned, superseded, _ = tables.fetch("plan_summary")
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
    parameters: Parameters = {"job": job.pk, "applied_key": job.applied_key}
    tables.execute("drop_rejected", parameters)
    refused = tables.execute("reject_nameless", parameters)
    tables.execute("merge_duplicates")
    return refused


def apply(job: ImportJob, tables: Tables, check: Callable[[], None]) -> None:
    """Carry out the plan from the job's checkpoint on. `check` raises when the job is to stop."""
    _, _, pages = tables.fetch("plan_summary")
    while job.applied_pages < pages:
        last = min(job.applied_pages + CHUNK_PAGES, pages)
        try:
            apply_chunk(job, tables, last, pages)
        except ProductsMoved:
            apply_chunk_anew(job, tables, last, pages)
        check()


def apply_chunk(job: ImportJob, tables: Tables, last: int, pages: int) -> None:
    """The pages up to `last`, as planned. Raises ProductsMoved when the plan no longer holds for them."""
    bounds = page_bounds(job.applied_pages, last)
    try:
        with transaction.atomic():
            look_up_by_index()
            new, changed, last_key = tables.fetch("planned", bounds)
            updated = tables.execute("update", bounds) if changed else 0
            created = tables.execute("insert", bounds) if new else 0
            if (created, updated) != (new, changed):
                raise ProductsMoved
            commit_chunk(job, last, pages, last_key, created=created, updated=updated)
    except (IntegrityError, OperationalError) as error:
        if isinstance(error.__cause__, UniqueViolation | DeadlockDetected):
            raise ProductsMoved from error
        raise


def apply_chunk_anew(job: ImportJob, tables: Tables, last: int, pages: int) -> None:
    """The same pages, planned again under lock; again from the start if a product slips in before its insert."""
    bounds = page_bounds(job.applied_pages, last)
    for tries_left in reversed(range(CHUNK_TRIES)):
        try:
            with transaction.atomic():
                look_up_by_index()
                *_, last_key = tables.fetch("planned", bounds)
                tables.execute("lock_products", bounds)
                changes = tables.execute("plan_again", bounds)
                refused = tables.execute("refuse_again", {"job": job.pk})
                updated = tables.execute("update", EVERY_PAGE, plan="again")
                created = tables.execute("insert", EVERY_PAGE, plan="again")
                unchanged = changes - refused - updated - created
                commit_chunk(
                    job,
                    last,
                    pages,
                    last_key,
                    created=created,
                    updated=updated,
                    error=refused,
                    unchanged=unchanged,
                )
                return
        except (IntegrityError, OperationalError) as error:
            if not tries_left or not isinstance(error.__cause__, UniqueViolation | DeadlockDetected):
                raise


def page_bounds(first: int, last: int) -> Parameters:
    return {"from": f"({first},0)", "to": f"({last},0)"}


EVERY_PAGE = page_bounds(0, 2**32 - 2)


def look_up_by_index() -> None:
    """A chunk is small beside the catalog: walking it in key order also takes its locks in that order."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off")


def commit_chunk(job: ImportJob, last: int, pages: int, last_key: str | None, **counted: int) -> None:
    counters = {f"{name}_count": getattr(job, f"{name}_count") + count for name, count in counted.items()}
    done = CLASSIFIED_AT + (APPLIED_AT - CLASSIFIED_AT) * last // pages
    job.checkpoint(
        applied_pages=last,
        applied_key=last_key or job.applied_key,
        progress=max(job.progress, done),
        **counters,
    )
