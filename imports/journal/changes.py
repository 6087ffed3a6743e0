"""List what an import changes, field by field: by the plan of a preview, or by the journal of an import that ran.

The slices of a plan tell where a page begins, so a page of a preview is as fast at the end of the list as at its start."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple, TypedDict, get_args

from psycopg import sql

from imports.change_schemas import Change, ChangeOrder, FieldChange, Flag, Kind
from imports.models import ImportJob, Status
from imports.queries import Parameters, Tables, part
from lib.slow_reads import slow_read

KINDS: tuple[Kind, ...] = get_args(Kind)
FLAG_KINDS: dict[Flag, Kind] = {
    "new_at_zero": "created",
    "large_price_change": "updated",
    "goes_inactive": "updated",
}
FIELDS = ("name", "description", "price", "is_active")
Value = str | bool | Decimal | None
EVERY = sql.SQL("true")


@dataclass(frozen=True)
class Filters:
    """Which changes to list: of a kind, with a flag, and with a SKU that is or begins with this, in any case."""

    kind: Kind | None = None
    flag: Flag | None = None
    sku: str = ""
    order: ChangeOrder = "line"

    @property
    def kinds(self) -> tuple[Kind, ...]:
        flagged = (FLAG_KINDS[self.flag],) if self.flag else KINDS
        return tuple(kind for kind in flagged if self.kind in (None, kind))

    @property
    def listed(self) -> sql.Composable:
        """The condition on a row of a plan."""
        kinds = sql.SQL(", ").join(map(sql.Literal, self.kinds))
        condition = sql.SQL("kind IN ({})").format(kinds)
        return sql.SQL(" AND ").join([part(self.flag), condition]) if self.flag else condition

    def sorted_by(self, *place: str) -> sql.Composable:
        by_place = sql.SQL(", ").join(map(sql.Identifier, place))
        if self.order == "line":
            return by_place
        return sql.SQL("{} DESC NULLS LAST, {}").format(part("size_of_price_change"), by_place)


def changes(job: ImportJob, filters: Filters, page: int, page_size: int) -> tuple[int, list[Change]]:
    """The number of such changes, and those of the page."""
    if not filters.kinds:
        return 0, []
    with slow_read():
        hold(job)
        read = read_planned if job.status == Status.READY else read_made
        return read(job, filters, page_size, (page - 1) * page_size)


def hold(job: ImportJob) -> None:
    """Lock a preview while its plan is read: confirming or cancelling it drops the plan."""
    if job.status == Status.READY:
        job.refresh_from_db(from_queryset=ImportJob.objects.select_for_update(no_key=True))


# --- By the plan ---


class Slice(NamedTuple):
    after: int
    up_to: int
    # How many of its rows are listed.
    listed: int


def read_planned(job: ImportJob, filters: Filters, limit: int, skip: int) -> tuple[int, list[Change]]:
    counted = [filters.flag] if filters.flag else filters.kinds
    slices = [
        Slice(*row)
        for row in Tables(job).fetch_all(
            "slices_of_changes",
            {"sku": filters.sku},
            listed=filters.listed,
            counted=sql.SQL(" + ").join(map(sql.Identifier, counted)),
        )
    ]
    if filters.order == "line":
        found, before = slices_of_page(slices, limit, skip)
    else:
        # All are sorted, as one range: they follow one another.
        found, before = [Slice(each.after, slices[-1].up_to, 0) for each in slices[:1]], 0
    about: Parameters = {
        "after": [each.after for each in found],
        "up_to": [each.up_to for each in found],
        **{"sku": filters.sku, "limit": limit, "offset": skip - before},
    }
    rows = Tables(job).fetch_all(
        "changes_planned", about, listed=filters.listed, order=filters.sorted_by("number")
    )
    return sum(each.listed for each in slices), [placed(change(*row), job) for row in rows]


def slices_of_page(slices: Sequence[Slice], limit: int, skip: int) -> tuple[list[Slice], int]:
    """The slices that the page's rows are in, and how many rows the slices before them have."""
    found, before, seen = [], 0, 0
    for each in slices:
        if seen + each.listed <= skip:
            before += each.listed
        elif seen < skip + limit:
            found.append(each)
        seen += each.listed
    return found, before


# --- By the journal ---


class Source(NamedTuple):
    """A statement that lists changes, and how many it lists."""

    statement: str
    rows: int


def read_made(job: ImportJob, filters: Filters, limit: int, skip: int) -> tuple[int, list[Change]]:
    found = sources(job, filters)
    rows: list[Change] = []
    for source in found:
        wanted = min(limit - len(rows), source.rows - skip)
        if wanted > 0:
            about: Parameters = {"job": job.pk, "sku": filters.sku, "limit": wanted, "offset": skip}
            made = Tables(job).fetch_all(source.statement, about, **conditions(filters))
            rows += [placed(change(*row), job) for row in made]
        skip = max(skip - source.rows, 0)
    return sum(source.rows for source in found), rows


def sources(job: ImportJob, filters: Filters) -> list[Source]:
    counts = {kind: job.counts[kind] if kind in filters.kinds else 0 for kind in KINDS}
    found = [
        Source("changes_made", counts["updated"] + counts["deactivated"]),
        Source("changes_created", counts["created"]),
        # Only their lines are kept.
        Source("changes_superseded", 0 if filters.sku else counts["superseded"]),
    ]
    if not filters.sku and not filters.flag:
        return found
    about: Parameters = {"job": job.pk, "sku": filters.sku, "limit": None, "offset": 0}
    return [
        Source(each.statement, Tables(job).count_listed(each.statement, about, **conditions(filters)))
        for each in found
        if each.rows
    ]


class Conditions(TypedDict):
    listed: sql.Composable
    order: sql.Composable
    with_sku: sql.Composable
    at_zero: sql.Composable


def conditions(filters: Filters) -> Conditions:
    return {
        "listed": filters.listed,
        "order": filters.sorted_by("entry", "number"),
        "with_sku": part("product_with_sku") if filters.sku else EVERY,
        "at_zero": part("product_at_zero") if filters.flag else EVERY,
    }


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


def placed(change: Change, job: ImportJob) -> Change:
    """The change with its lines as rows of worksheets, if the import reads several as one."""
    places: dict[str, object] = {}
    if job.file_other_sheets and change.line is not None:
        places["line"], places["sheet"] = job.place_of(change.line)
    if job.file_other_sheets and change.superseded_by is not None:
        places["superseded_by"], places["superseded_by_sheet"] = job.place_of(change.superseded_by)
    return change.model_copy(update=places)


def json_value(value: Value) -> str | bool | None:
    return f"{value:.2f}" if isinstance(value, Decimal) else value
