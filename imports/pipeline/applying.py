"""Apply the plan in chunks of its rows, each one commit of products, counters and checkpoint.

Two chunks run at a time, each in a database session of its own, and commit in the order of the plan, so that one
checkpoint records what is done. Other writers are not locked out: a chunk whose products changed since the plan was made
is planned again."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial

from django.db import IntegrityError, OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected, LockNotAvailable, NotNullViolation, UniqueViolation

from hooks.outbox import set_event_mode
from imports.errors import FileError
from imports.models import APPLIED_AT, CLASSIFIED_AT, FLAGS, ImportJob
from imports.pipeline import ordered, rejected_rows, sessions
from imports.pipeline.chunks import Chunk, chunk_sizes, cut, read_slices, whole
from imports.pipeline.ordered import CommitOrder
from imports.queries import Tables, TablesEmptied

MAX_TRIES = 5

# A product was created, or deleted so that its row needs a name, after the plan was made; or it is locked.
STALE = (UniqueViolation, NotNullViolation, DeadlockDetected, LockNotAvailable)


class StalePlan(Exception):
    """Products of the chunk changed after the plan was made, or are locked by another session."""

    def __init__(self, chunk: Chunk) -> None:
        super().__init__(chunk)
        self.chunk = chunk


def apply(job: ImportJob, tables: Tables, check: Callable[[], None]) -> None:
    """Apply the plan from the job's checkpoint on. `check` raises if the job must stop."""
    slices = read_slices(tables)
    if whole(slices).kept != job.planned_rows:
        raise TablesEmptied("The plan is not what it was when it was made.")
    left = [each for each in slices if each.done > job.applied_rows]
    sizes = chunk_sizes(job.planned_rows - job.carried_out_rows)
    while left:
        stale = apply_chunks(job, tables, left, sizes, check)
        if not stale:
            return
        # The chunks after it have ended by now, and hold no lock that another session waits for.
        replan_and_apply(job, tables, stale)
        left = [each for each in left if each.done > stale.done]


def apply_chunks(
    job: ImportJob, tables: Tables, left: list[Chunk], sizes: Iterator[int], check: Callable[[], None]
) -> Chunk | None:
    """Apply these slices in chunks, up to one whose plan no longer holds. Returns that chunk."""
    # All or nothing is one commit.
    chunks = [whole(left)] if job.parsed_options.is_all_or_nothing else cut(left, sizes)
    try:
        for _ in ordered.in_order(chunk_tasks(job, tables, chunks, check)):
            pass
    except StalePlan as stale:
        return stale.chunk
    return None


def chunk_tasks(
    job: ImportJob, tables: Tables, chunks: Iterable[Chunk], check: Callable[[], None]
) -> Iterator[Callable[[], None]]:
    order = CommitOrder(committed=True)
    for chunk in chunks:
        check()
        predecessor, order = order, CommitOrder()
        yield partial(apply_in_order, job, tables, chunk, predecessor, order)


def apply_in_order(
    job: ImportJob, tables: Tables, chunk: Chunk, predecessor: CommitOrder, own: CommitOrder
) -> None:
    try:
        with sessions.borrowed_session(job.pk):
            apply_chunk(job, tables, chunk, predecessor.wait)
            own.end(committed=True)
    finally:
        own.end(committed=own.committed)


def apply_chunk(
    job: ImportJob, tables: Tables, chunk: Chunk, wait_for_predecessor: Callable[[], None]
) -> None:
    """Apply the chunk as planned. Raises StalePlan if the plan no longer holds."""
    if chunk.is_ruled_out_in(job.parsed_options.mode):
        raise StalePlan(chunk)
    try:
        with transaction.atomic():
            use_nested_loops(lock_timeout="5s")
            set_event_mode(job.parsed_options.events)
            write_products(job, tables, chunk)
            keep_superseded(job, tables, chunk)
            wait_for_predecessor()
            commit(job, chunk, chunk)
    except (IntegrityError, OperationalError) as error:
        if isinstance(error.__cause__, STALE):
            raise StalePlan(chunk) from error
        raise


def replan_and_apply(job: ImportJob, tables: Tables, chunk: Chunk) -> None:
    """Classify the chunk's rows again under lock and apply them; start over if another session inserts one of the products."""
    for tries_left in reversed(range(MAX_TRIES)):
        # The counters of the previous try were rolled back.
        job.refresh_from_db()
        try:
            with transaction.atomic():
                use_nested_loops(lock_timeout="0")
                set_event_mode(job.parsed_options.events)
                replanned, rejected = replan(job, tables, chunk)
                write_products(job, tables, replanned)
                keep_superseded(job, tables, chunk)
                commit(job, chunk, replanned)
                check_all_or_nothing(job, rejected)
                return
        except (IntegrityError, OperationalError) as error:
            if not tries_left or not isinstance(error.__cause__, UniqueViolation | DeadlockDetected):
                raise


def replan(job: ImportJob, tables: Tables, chunk: Chunk) -> tuple[Chunk, int]:
    """What the chunk is for the products as they are now, and how many of its rows were rejected."""
    tables.execute("lock_products", chunk.bounds)
    expect(chunk.created + chunk.changed, tables.execute("replan", chunk.bounds))
    rejected = rejected_rows.reject(job, tables, "reject_replanned", {"mode": job.parsed_options.mode})
    created, updated, deactivated, ignored, unchanged, *flags = tables.fetch("count_replanned")
    replanned = replace(
        chunk,
        rows=chunk.rows - rejected,
        created=created,
        updated=updated,
        deactivated=deactivated,
        ignored=chunk.ignored + ignored,
        kept_unchanged=chunk.kept_unchanged + unchanged,
        **dict(zip(FLAGS, flags, strict=True)),
        plan="replanned",
    )
    return replanned, rejected


def write_products(job: ImportJob, tables: Tables, chunk: Chunk) -> None:
    if chunk.changed:
        change(job, tables, chunk)
    if chunk.created:
        about = {**chunk.bounds, "job": job.pk}
        [created] = tables.fetch("insert", about, plan=chunk.plan)
        expect(chunk.created, created)


def change(job: ImportJob, tables: Tables, chunk: Chunk) -> None:
    """Update the products if all of them are still as planned, and record their old values in the journal."""
    if tables.execute("update", chunk.bounds, plan=chunk.plan) != chunk.changed:
        raise StalePlan(chunk)
    tables.execute("keep_changed", {**chunk.bounds, "job": job.pk}, plan=chunk.plan)


def keep_superseded(job: ImportJob, tables: Tables, chunk: Chunk) -> None:
    if chunk.superseded:
        expect(chunk.superseded, tables.execute("keep_superseded", {**chunk.bounds, "job": job.pk}))


def expect(planned: int, found: int) -> None:
    """A plan never has other rows than its slices count, unless a crash or a person has removed some."""
    if planned != found:
        raise TablesEmptied(f"The plan has {found:,} rows where it had {planned:,}.")


def check_all_or_nothing(job: ImportJob, rejected: int) -> None:
    """An all-or-nothing import also fails if a concurrent change of the catalog makes a row invalid."""
    if rejected and job.parsed_options.is_all_or_nothing:
        message = (
            f"Products changed during the import, which made {rejected:,} rows invalid. Nothing was imported."
        )
        raise FileError("job.rejected", message)


def use_nested_loops(*, lock_timeout: str) -> None:
    """A chunk is small compared to the catalog. Nested loops in key order also take row locks in that order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off;"
            f"SET LOCAL lock_timeout = '{lock_timeout}'"
        )


def commit(job: ImportJob, chunk: Chunk, applied: Chunk) -> None:
    """Count what was applied: the chunk as planned, or what it was when it was planned again."""
    carried_out = job.carried_out_rows + chunk.kept
    done = CLASSIFIED_AT + (APPLIED_AT - CLASSIFIED_AT) * carried_out // job.planned_rows
    job.checkpoint(
        applied_rows=chunk.done,
        applied_key=chunk.last_key,
        carried_out_rows=carried_out,
        created_count=job.created_count + applied.created,
        updated_count=job.updated_count + applied.updated,
        deactivated_count=job.deactivated_count + applied.deactivated,
        unchanged_count=job.unchanged_count + applied.unchanged,
        superseded_count=job.superseded_count + applied.superseded,
        new_at_zero_count=job.new_at_zero_count + applied.new_at_zero,
        large_price_change_count=job.large_price_change_count + applied.large_price_change,
        goes_inactive_count=job.goes_inactive_count + applied.goes_inactive,
        progress=max(job.progress, done),
    )
