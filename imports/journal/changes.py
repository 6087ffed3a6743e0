"""List what an import changes, field by field: by the plan of a preview, or by the journal of an import that ran."""

from decimal import Decimal
from typing import NamedTuple, get_args

from imports.models import ImportJob, Status
from imports.queries import Tables
from imports.schemas import Change, FieldChange, Kind
from lib.slow_reads import slow_read

KINDS: tuple[Kind, ...] = get_args(Kind)
FIELDS = ("name", "description", "price", "is_active")
Value = str | bool | Decimal | None


class Source(NamedTuple):
    """A statement that lists changes, and how many it lists."""

    statement: str
    rows: int


def changes(job: ImportJob, kind: Kind | None, page: int, page_size: int) -> tuple[int, list[Change]]:
    """The number of changes of that kind, or of all kinds, and those of the page."""
    with slow_read():
        hold(job)
        found, skip = sources(job, kind), (page - 1) * page_size
        rows: list[Change] = []
        for source in found:
            wanted = min(page_size - len(rows), source.rows - skip)
            if wanted > 0:
                rows += read(job, source.statement, kind, wanted, skip)
            skip = max(skip - source.rows, 0)
    return sum(source.rows for source in found), rows


def hold(job: ImportJob) -> None:
    """Lock a preview while its plan is read: confirming or cancelling it drops the plan."""
    if job.status == Status.READY:
        job.refresh_from_db(from_queryset=ImportJob.objects.select_for_update(no_key=True))


def sources(job: ImportJob, kind: Kind | None) -> list[Source]:
    if job.status == Status.READY:
        preview = job.preview or {}
        return [Source("changes_planned", sum(preview[name] for name in KINDS if kind in (None, name)))]
    made = {"updated": job.updated_count, "deactivated": job.deactivated_count}
    return [
        Source("changes_made", sum(count for name, count in made.items() if kind in (None, name))),
        Source("changes_created", job.created_count if kind in (None, "created") else 0),
        Source("changes_superseded", job.superseded_count if kind in (None, "superseded") else 0),
    ]


def read(job: ImportJob, statement: str, kind: Kind | None, limit: int, offset: int) -> list[Change]:
    parameters = {"job": job.pk, "kind": kind or "", "limit": limit, "offset": offset}
    return [change(*row) for row in Tables(job).fetch_all(statement, parameters)]


def change(
    kind: Kind,
    line: int | None,
    sku: str | None,
    product_id: int | None,
    superseded_by: int | None,
    *values: Value,
) -> Change:
    """`values` has before and after for each field in turn, None for an unchanged field. A superseded row changes
    nothing: the row at line `superseded_by` has the same SKU."""
    fields = [
        FieldChange(field=name, before=json_value(before), after=json_value(after))
        for name, before, after in zip(FIELDS, values[::2], values[1::2], strict=True)
        if after is not None and kind != "superseded"
    ]
    return Change(
        kind=kind, line=line, sku=sku, product_id=product_id, superseded_by=superseded_by, fields=fields
    )


def json_value(value: Value) -> str | bool | None:
    return f"{value:.2f}" if isinstance(value, Decimal) else value
