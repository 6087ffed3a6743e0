"""Apply the plan in chunks of its rows, each one commit of products, counters and checkpoint.

Two chunks run at a time, each in a database session of its own, and commit in the order of the plan, so that one
checkpoint records what is done. Other writers are not locked out: a chunk whose products changed since the plan was made
is planned again."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from django.db import IntegrityError, OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected, LockNotAvailable, NotNullViolation, UniqueViolation

from hooks.outbox import set_event_mode
from imports.errors import FileError
from imports.models import APPLIED_AT, CLASSIFIED_AT, ImportJob
from imports.pipeline import ordered, rejected_rows, sessions
from imports.pipeline.chunks import REPLANNED, Chunk, Parts
from imports.pipeline.ordered import CommitOrder
from imports.queries import Tables, TablesEmptied

# A fraction of a second's work, and not too many flushes to disk. As in staging, an attempt starts with less, so that even
# a worker that is killed again and again makes progress.
CHUNK_ROWS = 50_000
FIRST_CHUNK_ROWS = 3_000
# Smaller ones cost more in statements than the workers save by ending together.
LAST_CHUNK_ROWS = 10_000
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
    parts = Parts(tables)
    if job.planned_rows and not parts.rows:
        raise TablesEmptied("The plan is empty.")
    done, sizes = job.applied_rows, chunk_sizes(job.planned_rows - job.carried_out_rows)
    while done < parts.rows:
        try:
            for chunk in ordered.in_order(chunk_tasks(job, tables, parts, done, sizes, check)):
                done = chunk.done
        except StalePlan as stale:
            # The chunks after it have ended by now, and hold no lock that another session waits for.
            replan_and_apply(job, tables, stale.chunk)
            done = stale.chunk.done


def chunk_sizes(left: int) -> Iterator[int]:
    """Growing sizes, but at most a worker's share of the rows that are left, so that none works alone on a last chunk."""
    size = min(FIRST_CHUNK_ROWS, CHUNK_ROWS)
    while True:
        size = min(size, max(LAST_CHUNK_ROWS, -(-left // ordered.WORKERS)))
        yield size
        size, left = min(4 * size, CHUNK_ROWS), left - size


def chunk_tasks(
    job: ImportJob,
    tables: Tables,
    parts: Parts,
    done: int,
    sizes: Iterator[int],
    check: Callable[[], None],
) -> Iterator[Callable[[], Chunk]]:
    order = CommitOrder(committed=True)
    while done < parts.rows:
        check()
        # All or nothing is one commit.
        chunk = parts.whole() if job.parsed_options.is_all_or_nothing else parts.chunk(done, next(sizes))
        done, predecessor, order = chunk.done, order, CommitOrder()
        yield partial(apply_in_order, job, tables, chunk, predecessor, order)


def apply_in_order(
    job: ImportJob, tables: Tables, chunk: Chunk, predecessor: CommitOrder, own: CommitOrder
) -> Chunk:
    try:
        with sessions.borrowed_session(job.pk):
            apply_chunk(job, tables, chunk, predecessor.wait)
            own.end(committed=True)
    finally:
        own.end(committed=own.committed)
    return chunk


def apply_chunk(
    job: ImportJob, tables: Tables, chunk: Chunk, wait_for_predecessor: Callable[[], None]
) -> None:
    """Apply the chunk as planned. Raises StalePlan if the plan no longer holds."""
    try:
        with transaction.atomic():
            use_nested_loops(lock_timeout="5s")
            set_event_mode(job.parsed_options.events)
            plan = planned(tables, chunk)
            if plan.is_ruled_out_in(job.parsed_options.mode):
                raise StalePlan(chunk)
            counts = write_products(job, tables, chunk, plan)
            counts["superseded"] = keep_superseded(job, tables, chunk, plan)
            counts["unchanged"] = plan.unchanged_of(chunk)
            wait_for_predecessor()
            commit(job, chunk, plan, counts)
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
                plan, mode = planned(tables, chunk), {"mode": job.parsed_options.mode}
                tables.execute("lock_products", chunk.bounds, plan=chunk.plan)
                tables.execute("replan", chunk.bounds, plan=chunk.plan)
                rejected = rejected_rows.reject(job, tables, "reject_replanned", mode)
                replanned = planned(tables, REPLANNED)
                counts = write_products(job, tables, REPLANNED, replanned)
                counts["superseded"] = keep_superseded(job, tables, chunk, plan)
                counts["unchanged"] = plan.unchanged_of(chunk) + replanned.kept_unchanged
                commit(job, chunk, plan, counts)
                check_all_or_nothing(job, rejected)
                return
        except (IntegrityError, OperationalError) as error:
            if not tries_left or not isinstance(error.__cause__, UniqueViolation | DeadlockDetected):
                raise


@dataclass(frozen=True)
class Planned:
    """The counts of a range of the plan's rows."""

    superseded: int
    created: int
    updated: int
    deactivated: int
    kept_unchanged: int
    kept: int
    last_key: str | None

    def is_ruled_out_in(self, mode: str) -> bool:
        """Whether a change of the catalog since the rows were validated makes a row invalid in the mode."""
        return bool((mode == "update_only" and self.created) or (mode == "create_only" and self.updated))

    def unchanged_of(self, chunk: Chunk) -> int:
        """The chunk's unchanged rows: those the plan keeps, and those whose numbers no kept row has."""
        return self.kept_unchanged + (chunk.up_to - chunk.after) - self.kept


def planned(tables: Tables, chunk: Chunk) -> Planned:
    plan = Planned(*tables.fetch("planned", chunk.bounds, plan=chunk.plan))
    # Every chunk ends with a row that the plan keeps.
    if not plan.kept and chunk is not REPLANNED:
        raise TablesEmptied("The plan has no rows where a chunk was.")
    return plan


def write_products(job: ImportJob, tables: Tables, chunk: Chunk, plan: Planned) -> dict[str, int]:
    """Write the products of the chunk. Returns how many were created, updated and deactivated."""
    if changes := plan.updated + plan.deactivated:
        change(job, tables, chunk, changes)
    created = create(job, tables, chunk) if plan.created else 0
    return {"created": created, "updated": plan.updated, "deactivated": plan.deactivated}


def change(job: ImportJob, tables: Tables, chunk: Chunk, changes: int) -> None:
    """Update the products if all of them are still as planned, and record their old values in the journal."""
    if tables.execute("update", chunk.bounds, plan=chunk.plan, key_order=chunk.key_order) != changes:
        raise StalePlan(chunk)
    about = {**chunk.bounds, "job": job.pk}
    tables.execute("keep_changed", about, plan=chunk.plan, key_order=chunk.key_order)


def create(job: ImportJob, tables: Tables, chunk: Chunk) -> int:
    about = {**chunk.bounds, "job": job.pk}
    [created] = tables.fetch("insert", about, plan=chunk.plan, key_order=chunk.key_order)
    return int(created)


def keep_superseded(job: ImportJob, tables: Tables, chunk: Chunk, plan: Planned) -> int:
    if not plan.superseded:
        return 0
    about = {**chunk.bounds, "job": job.pk}
    return tables.execute("keep_superseded", about, plan=chunk.plan, key_order=chunk.key_order)


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


def commit(job: ImportJob, chunk: Chunk, plan: Planned, counts: dict[str, int]) -> None:
    counters = {f"{name}_count": getattr(job, f"{name}_count") + count for name, count in counts.items()}
    done = CLASSIFIED_AT + (APPLIED_AT - CLASSIFIED_AT) * chunk.done // chunk.rows
    job.checkpoint(
        applied_rows=chunk.done,
        applied_key=plan.last_key or job.applied_key,
        carried_out_rows=job.carried_out_rows + plan.kept,
        progress=max(job.progress, done),
        **counters,
    )
