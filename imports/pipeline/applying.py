"""The plan carried out, in chunks of its rows: each a commit of products, counters and checkpoint.

imports.pipeline.runner calls apply() with the plan of imports.pipeline.plan. Two chunks are worked on at a time, one a database
session, and committed in the order of the plan, so that one checkpoint says what is done. Products stay open to
everybody else meanwhile: a chunk whose products moved since the plan was made is planned again on the spot."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from django.db import IntegrityError, OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected, LockNotAvailable, UniqueViolation

from hooks.outbox import set_event_mode
from imports.errors import FileFault
from imports.models import ImportJob
from imports.pipeline import rejected_rows, sessions
from imports.pipeline.chunks import REPLANNED, Chunk, Parts
from imports.pipeline.plan import CLASSIFIED_AT
from imports.queries import Tables, TablesEmptied

# A fraction of a second, and not too many flushes to disk. As in imports.pipeline.staging, an attempt begins with less, so that it
# soon has something to show for itself.
CHUNK_ROWS = 50_000
FIRST_CHUNK_ROWS = 3_000
LANES = 2
TRIES = 5
APPLIED_AT = 99


class ProductsMoved(Exception):
    """Somebody changed products of the chunk after the plan was made, or holds on to them."""


class TurnLost(Exception):
    """The chunk before was not committed, so this one must not be."""


class Turn:
    """A commit's place in the order of the plan: the chunk after it waits until this one is settled."""

    def __init__(self, *, came: bool = False) -> None:
        self.settled = threading.Event()
        self.came = came
        if came:
            self.settled.set()

    def settle(self, *, came: bool) -> None:
        self.came = came
        self.settled.set()

    def wait(self) -> None:
        self.settled.wait()
        if not self.came:
            raise TurnLost


def apply(job: ImportJob, tables: Tables, check: Callable[[], None]) -> None:
    """Carry out the plan from the job's checkpoint on. `check` raises when the job is to stop."""
    parts = Parts(tables)
    if job.planned_rows and not parts.rows:
        raise TablesEmptied("The plan is empty.")
    size, left = min(FIRST_CHUNK_ROWS, CHUNK_ROWS), job.planned_rows - job.carried_out_rows
    with ThreadPoolExecutor(LANES, "chunk") as pool:
        under_way: deque[tuple[Chunk, Future[None]]] = deque()
        done, turn = job.applied_rows, Turn(came=True)
        while under_way or done < parts.rows:
            while len(under_way) < LANES and done < parts.rows:
                check()
                size = min(size, share_of(left))
                # All or nothing is one commit.
                chunk = parts.whole() if job.chosen.refuses_every_error else parts.chunk(done, size)
                done, before, turn = chunk.done, turn, Turn()
                size, left = min(2 * size, CHUNK_ROWS), left - size
                under_way.append((chunk, pool.submit(apply_in_turn, job, tables, chunk, before, turn)))
            chunk, outcome = under_way.popleft()
            try:
                outcome.result()
            except ProductsMoved:
                # The chunks behind let go of their products first: we may wait for somebody who waits for those.
                let_end(under_way)
                apply_chunk_anew(job, tables, chunk)
                done, turn = chunk.done, Turn(came=True)


def share_of(left: int) -> int:
    """A lane's share of the rows that are left, so that none works alone on a last long chunk."""
    return max(FIRST_CHUNK_ROWS, -(-left // LANES))


def let_end(under_way: deque[tuple[Chunk, Future[None]]]) -> None:
    while under_way:
        under_way.popleft()[1].exception()


def apply_in_turn(job: ImportJob, tables: Tables, chunk: Chunk, before: Turn, mine: Turn) -> None:
    try:
        with sessions.lent_to(job.pk):
            apply_chunk(job, tables, chunk, before.wait)
            mine.settle(came=True)
    finally:
        mine.settle(came=mine.came)


def apply_chunk(job: ImportJob, tables: Tables, chunk: Chunk, my_turn: Callable[[], None]) -> None:
    """The chunk as planned. Raises ProductsMoved when the plan no longer holds for it."""
    try:
        with transaction.atomic():
            look_up_by_index(lock_timeout="5s")
            set_event_mode(job.chosen.events)
            plan = planned(job, tables, chunk)
            if plan.is_ruled_out:
                raise ProductsMoved
            counts = carry_out(job, tables, chunk, plan)
            counts["superseded"] = keep_superseded(job, tables, chunk) if plan.superseded else 0
            counts["unchanged"] = plan.unchanged_of(chunk)
            my_turn()
            commit(job, chunk, plan, counts)
    except (IntegrityError, OperationalError) as error:
        if isinstance(error.__cause__, UniqueViolation | DeadlockDetected | LockNotAvailable):
            raise ProductsMoved from error
        raise


def apply_chunk_anew(job: ImportJob, tables: Tables, chunk: Chunk) -> None:
    """The same rows, classified again under lock; again from the start if a product slips in before its insert."""
    for tries_left in reversed(range(TRIES)):
        # What a try before counted was rolled back with it.
        job.refresh_from_db()
        try:
            with transaction.atomic():
                look_up_by_index(lock_timeout="0")
                set_event_mode(job.chosen.events)
                plan, mode = planned(job, tables, chunk), {"mode": job.chosen.mode}
                tables.execute("lock_products", chunk.bounds, plan=chunk.plan)
                tables.execute("plan_again", chunk.bounds, plan=chunk.plan)
                refused = rejected_rows.refuse(job, tables, "refuse_again", mode)
                again = planned(job, tables, REPLANNED)
                counts = carry_out(job, tables, REPLANNED, again)
                counts["superseded"] = keep_superseded(job, tables, chunk) if plan.superseded else 0
                counts["unchanged"] = plan.unchanged_of(chunk) + again.kept_unchanged
                commit(job, chunk, plan, counts)
                refuse_none(job, refused)
                return
        except (IntegrityError, OperationalError) as error:
            if not tries_left or not isinstance(error.__cause__, UniqueViolation | DeadlockDetected):
                raise


@dataclass(frozen=True)
class Planned:
    """What a run of the plan's rows is about."""

    superseded: int
    created: int
    updated: int
    deactivated: int
    kept_unchanged: int
    kept: int
    last_key: str | None
    is_ruled_out: bool

    def unchanged_of(self, chunk: Chunk) -> int:
        """The chunk's unchanged rows: those that the plan keeps, and those whose numbers no kept row has."""
        return self.kept_unchanged + (chunk.up_to - chunk.after) - self.kept


def planned(job: ImportJob, tables: Tables, chunk: Chunk) -> Planned:
    plan = Planned(*tables.fetch("planned", {**chunk.bounds, "mode": job.chosen.mode}, plan=chunk.plan))
    # Every chunk ends with a row that the plan keeps.
    if not plan.kept and chunk is not REPLANNED:
        raise TablesEmptied("The plan has nothing where a chunk was.")
    return plan


def carry_out(job: ImportJob, tables: Tables, chunk: Chunk, plan: Planned) -> dict[str, int]:
    """Write the products of the chunk. How many were created, updated and deactivated."""
    if changes := plan.updated + plan.deactivated:
        change(job, tables, chunk, changes)
    created = create(job, tables, chunk) if plan.created else 0
    return {"created": created, "updated": plan.updated, "deactivated": plan.deactivated}


def change(job: ImportJob, tables: Tables, chunk: Chunk, changes: int) -> None:
    """Update the products, if all of them still are what the plan saw, and note in the journal what they were."""
    if tables.execute("update", chunk.bounds, plan=chunk.plan, key_order=chunk.key_order) != changes:
        raise ProductsMoved
    about = {**chunk.bounds, "job": job.pk}
    tables.execute("keep_changed", about, plan=chunk.plan, key_order=chunk.key_order)


def create(job: ImportJob, tables: Tables, chunk: Chunk) -> int:
    about = {**chunk.bounds, "job": job.pk}
    [created] = tables.fetch("insert", about, plan=chunk.plan, key_order=chunk.key_order)
    return int(created)


def keep_superseded(job: ImportJob, tables: Tables, chunk: Chunk) -> int:
    about = {**chunk.bounds, "job": job.pk}
    return tables.execute("keep_superseded", about, plan=chunk.plan, key_order=chunk.key_order)


def refuse_none(job: ImportJob, refused: int) -> None:
    """All or nothing means nothing, also when it is a change of the catalog that rules a row out."""
    if refused and job.chosen.refuses_every_error:
        message = f"{refused:,} rows became bad, because products changed meanwhile; nothing was imported."
        raise FileFault("job.rejected", message)


def look_up_by_index(*, lock_timeout: str) -> None:
    """A chunk is small beside the catalog: walking it in key order also takes its locks in that order."""
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
