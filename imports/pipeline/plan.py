"""Compare staged rows with the catalog and plan what they change.

The plan is exact to the field and writes no product, so a preview needs nothing else. It is made in parts, two at a time,
each for a range of keys."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from django.db import connection, transaction
from django.utils.timezone import now
from psycopg import sql

from catalog.models import ProductCount
from imports.errors import FileError
from imports.models import CLASSIFIED_AT, FLAGS, READY_FOR, STAGED_AT, ImportJob, Phase, Status
from imports.pipeline import ordered, sessions
from imports.pipeline.chunks import Chunk, read_slices, slice_rows, whole
from imports.queries import Parameters, Tables, TablesEmptied, part_name

# A part has at most PART_ROWS, about a second's work. Up to SMALL_ROWS a second session does not pay off.
PART_ROWS = 500_000
SMALL_ROWS = 20_000
SAMPLED_ROWS = 100_000
# Each part has so many numbers for its rows, so that numbers follow the keys through all parts.
NUMBERS = 2**40


@dataclass
class Part:
    """A table of the plan, the number its rows come after, and its range of keys: after one, and up to another or the
    end."""

    table: str
    first: int
    after: str
    up_to: str


def is_planned(job: ImportJob, tables: Tables) -> bool:
    """Whether the plan of an earlier attempt exists and is complete. A server crash empties it."""
    return job.phase == Phase.APPLYING and tables.count("plan") == job.planned_rows


def make_plan(job: ImportJob, tables: Tables, check: Callable[[], None]) -> None:
    """Classify the staged rows against the catalog: created, updated, unchanged or superseded by a later row.

    Skips rows up to the job's last applied key: they were applied and counted before a crash emptied the plan. `check` is
    called between the parts and raises if the job must stop."""
    job.assert_owner()
    tables.discard("plan", "slices")
    refresh_statistics(tables)
    with transaction.atomic():
        parts = begin(job, tables)
    make_parts(job, tables, parts, check)
    plan = whole(read_slices(tables))
    if job.processed_rows + plan.rows_of_the_file != job.total_rows:
        raise TablesEmptied("The plan does not have every row of the file.")
    with transaction.atomic():
        conclude(job, tables, plan)
    if job.phase == Phase.APPLYING:
        drop_staged_rows(job, tables)


def refresh_statistics(tables: Tables) -> None:
    """Let the planner see the catalog as it is, unless autovacuum is just doing so."""
    [is_stale] = tables.fetch("stale_statistics")
    if is_stale:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE (SKIP_LOCKED) catalog_product")


def begin(job: ImportJob, tables: Tables) -> list[Part]:
    """Create an empty table for each part."""
    if job.parsed_options.mode == "sync":
        add_missing(job, tables)
    parts = split_into_parts(job, tables)
    job.checkpoint(phase=Phase.CLASSIFYING, plan_number=job.plan_number + 1)
    tables.execute("create_plan")
    tables.execute("create_slices")
    for part in parts:
        tables.execute("create_part", part=tables.name(part.table))
    return parts


def split_into_parts(job: ImportJob, tables: Tables) -> list[Part]:
    keys = pairwise([job.applied_key, *part_keys(job, tables), ""])
    return [
        Part(part_name(place), place * NUMBERS, after, up_to) for place, (after, up_to) in enumerate(keys)
    ]


def part_keys(job: ImportJob, tables: Tables) -> list[str]:
    """The keys that separate the parts, from a sample of the rows."""
    if job.total_rows <= SMALL_ROWS:
        return []
    parts = max(ordered.WORKERS, -(-job.total_rows // PART_ROWS))
    # With more parts than workers the first is half as long, so that the workers finish parts alternately.
    first = 0.5 if parts > ordered.WORKERS else 1
    fractions = [(part - 1 + first) / (parts - 1 + first) for part in range(1, parts)]
    percent = sql.Literal(1 if job.total_rows > SAMPLED_ROWS else 100)
    [keys] = tables.fetch(
        "part_keys", {"fractions": fractions, "applied_key": job.applied_key}, percent=percent
    )
    return sorted(set(keys or []))


def make_parts(job: ImportJob, tables: Tables, parts: list[Part], check: Callable[[], None]) -> None:
    if len(parts) == 1:
        make_part(job, tables, parts[0])
        return
    with closing(ordered.in_order(part_tasks(job, tables, parts, check))) as made:
        for done, _ in enumerate(made, start=1):
            record_progress(job, done, len(parts))


def part_tasks(
    job: ImportJob, tables: Tables, parts: list[Part], check: Callable[[], None]
) -> Iterator[Callable[[], None]]:
    for part in parts:
        check()
        yield partial(make_part_in_own_session, job, tables, part)


def make_part_in_own_session(job: ImportJob, tables: Tables, part: Part) -> None:
    with sessions.borrowed_session(job.pk):
        make_part(job, tables, part)


def make_part(job: ImportJob, tables: Tables, part: Part) -> None:
    with transaction.atomic():
        sessions.raise_work_mem()
        about: Parameters = {"first": part.first, "after": part.after, "up_to": part.up_to}
        tables.execute("plan", about, plan=part.table)
        tables.execute("number_plan", plan=part.table, index=tables.name(f"{part.table}_number"))
        tables.execute("number_superseded", plan=part.table, index=tables.name(f"{part.table}_repeats"))
        tables.execute("first_spelling", plan=part.table)
        sliced: Parameters = {"first": part.first, "rows": slice_rows()}
        tables.execute("list_slices", sliced, plan=part.table)
        job.assert_owner()


def record_progress(job: ImportJob, done: int, parts: int) -> None:
    # The last step is for concluding the plan.
    progress = STAGED_AT + (CLASSIFIED_AT - STAGED_AT) * done // (parts + 1)
    job.checkpoint(progress=max(job.progress, progress))


def conclude(job: ImportJob, tables: Tables, plan: Chunk) -> None:
    if job.parsed_options.mode == "sync":
        tables.execute("forget_missing")
    if job.waits_for_confirmation and job.confirmed_at is None:
        get_ready(job, tables, plan)
    else:
        begin_to_apply(job, plan)


def add_missing(job: ImportJob, tables: Tables) -> None:
    """Add the products missing from the file to the staged rows. Fails if more are missing than `max_missing` allows."""
    _, active = ProductCount.objects.totals()
    tables.execute("forget_missing")
    missing = tables.execute("add_missing", {"applied_key": job.applied_key})
    if not job.applied_key and missing * 100 > active * job.parsed_options.max_missing:
        raise FileError(
            "sync.too_many_missing",
            f"{missing:,} of {active:,} active products are missing from the file, more than the maximum of "
            f"{job.parsed_options.max_missing}%.",
        )


def get_ready(job: ImportJob, tables: Tables, plan: Chunk) -> None:
    """End the preview. The rows stay staged, so that confirming it only has to classify them again."""
    job.checkpoint(
        status=Status.READY,
        phase=Phase.CLASSIFYING,
        expires_at=now() + READY_FOR,
        preview={
            "created": plan.created,
            "updated": plan.updated,
            "unchanged": plan.unchanged,
            "superseded": plan.superseded,
            "errors": job.error_count,
            "deactivated": plan.deactivated,
            **{flag: getattr(plan, flag) for flag in FLAGS},
        },
        progress=max(job.progress, CLASSIFIED_AT),
    )


def begin_to_apply(job: ImportJob, plan: Chunk) -> None:
    job.checkpoint(
        phase=Phase.APPLYING,
        planned_rows=plan.kept,
        carried_out_rows=0,
        applied_rows=0,
        progress=max(job.progress, CLASSIFIED_AT),
    )


def drop_staged_rows(job: ImportJob, tables: Tables) -> None:
    """Drop the staged rows. A transaction of its own, because millions of rows take a second."""
    job.assert_owner()
    tables.discard("stage")
