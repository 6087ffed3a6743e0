"""Staged rows against the catalog: the plan of what they change.

imports.engine calls make_plan() once the rows are settled; imports.chunks carries the plan out. The plan is exact to
the field and writes no product, so it is all there is to a dry run."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from django.db import transaction
from django.utils.timezone import now
from psycopg import sql

from catalog.models import ProductCount
from imports.faults import FileFault
from imports.models import READY_FOR, ImportJob, Phase, Status
from imports.settle import give_room_to_sort
from imports.staging import STAGED_AT
from imports.statements import Tables

CLASSIFIED_AT = 50
# About two seconds' work.
PART_ROWS = 1_000_000
SAMPLED_ROWS = 100_000


@dataclass
class Summary:
    """How many rows the plan has of each kind, and its pages."""

    superseded: int
    created: int
    updated: int
    missing: int
    pages: int

    @property
    def rows(self) -> int:
        return self.superseded + self.created + self.updated + self.missing


def summary(tables: Tables) -> Summary:
    return Summary(*tables.fetch("plan_summary"))


def is_planned(job: ImportJob, tables: Tables) -> bool:
    """Is the plan of an earlier attempt there, and whole? A crash of the server leaves it empty."""
    return job.phase == Phase.APPLYING and tables.count("plan") == job.planned_rows


def make_plan(job: ImportJob, tables: Tables, check: Callable[[], None]) -> None:
    """Classify the staged rows against the catalog: new, changed, unchanged or superseded by a later row.

    Rows up to the job's last applied key are left out: they were applied, and counted, before a crash took the
    plan with the rest of them. `check` raises when the job is to stop; it is asked between the parts."""
    keys = part_keys(job, tables)
    bounds, merged = list(pairwise([job.applied_key, *keys, ""])), False
    for part, (after, up_to) in enumerate(bounds):
        check()
        with transaction.atomic():
            give_room_to_sort()
            if part == 0:
                merged = begin(job, tables)
            into = tables.add_to("plan") if part else tables.create("plan")
            tables.execute("plan", {"after": after, "up_to": up_to}, into=into)
            done = STAGED_AT + (CLASSIFIED_AT - STAGED_AT) * (part + 1) // len(bounds)
            job.checkpoint(progress=max(job.progress, done))
    with transaction.atomic():
        conclude(job, tables, summary(tables), merged=merged)


def begin(job: ImportJob, tables: Tables) -> bool:
    """Whether blank cells were filled from earlier rows of the same SKU."""
    tables.drop("plan")
    merged = tables.fetch("has_blanks")[0] and tables.execute("merge_duplicates")
    if job.chosen.mode == "sync":
        add_missing(job, tables)
    return bool(merged)


def part_keys(job: ImportJob, tables: Tables) -> list[str]:
    """Where to part a large plan, so that none of it takes long."""
    parts = -(-job.total_rows // PART_ROWS)
    if parts < 2:
        return []
    fractions = [part / parts for part in range(1, parts)]
    percent = sql.Literal(1 if job.total_rows > SAMPLED_ROWS else 100)
    [keys] = tables.fetch(
        "part_keys", {"fractions": fractions, "applied_key": job.applied_key}, percent=percent
    )
    return sorted(set(keys or []))


def conclude(job: ImportJob, tables: Tables, plan: Summary, *, merged: bool) -> None:
    if job.chosen.mode == "sync":
        tables.execute("forget_missing")
    if job.chosen.waits_for_confirmation and job.confirmed_at is None:
        get_ready(job, tables, plan)
        if merged:
            # A row may be refused by the time of the confirmation, and has no say then: they are staged anew.
            tables.drop("stage")
    else:
        begin_to_apply(job, tables, plan)


def add_missing(job: ImportJob, tables: Tables) -> None:
    """Let the products that the file lacks be changed, too; but a file that lacks many is taken for a mistake."""
    _, active = ProductCount.objects.totals()
    tables.execute("forget_missing")
    missing = tables.execute("add_missing", {"applied_key": job.applied_key})
    if not job.applied_key and missing * 100 > active * job.chosen.max_missing:
        raise FileFault(
            "sync.too_many_missing",
            f"The file lacks {missing:,} of {active:,} active products, which is more than "
            f"{job.chosen.max_missing}%.",
        )


def get_ready(job: ImportJob, tables: Tables, plan: Summary) -> None:
    """The dry run is over. The rows stay staged, so that confirming classifies them anew in a moment."""
    tables.execute("order_plan")
    job.checkpoint(
        status=Status.READY,
        phase=Phase.CLASSIFYING,
        expires_at=now() + READY_FOR,
        preview={
            "created": plan.created,
            "updated": plan.updated,
            "unchanged": job.total_rows - job.error_count - plan.superseded - plan.created - plan.updated,
            "superseded": plan.superseded,
            "errors": job.error_count,
            "deactivated": plan.missing,
        },
        progress=max(job.progress, CLASSIFIED_AT),
    )


def begin_to_apply(job: ImportJob, tables: Tables, plan: Summary) -> None:
    superseded = plan.superseded
    if job.applied_key:
        superseded = job.superseded_count
    else:
        # An attempt before a crash may have kept them already.
        job.superseded.all().delete()
        tables.execute("keep_superseded", {"job": job.pk})
    tables.drop("stage")
    settled = (
        job.error_count + superseded + job.created_count + job.updated_count + plan.created + plan.updated
    )
    job.checkpoint(
        phase=Phase.APPLYING,
        planned_rows=plan.rows,
        applied_pages=0,
        superseded_count=superseded,
        unchanged_count=job.total_rows - settled,
        progress=max(job.progress, CLASSIFIED_AT),
    )
