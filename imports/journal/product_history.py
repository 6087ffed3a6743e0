"""Find the imports that changed a product, and the products that an import changed, by the journal.

The journal is searched by SKU: changes made while the product had another SKU are not found, nor are changes older than
the journal (IMPORT_KEEP_FILES_DAYS). A product created by an import has the journal entry's time as its created_at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from uuid import UUID

from django.db import connection
from django.db.models import BigIntegerField, F, Func, Q

from imports.change_schemas import FieldChange, Kind
from imports.journal.changes import Value, change
from imports.models import ImportJob
from imports.queries import text
from imports.sheet_lines import place_of

SHOWN = 50
# Up to this many products are looked up by id.
FEW = 5_000


@dataclass(frozen=True)
class ProductChange:
    """What one import did to a product: `kind` is created, updated or deactivated; `line` is that of its file,
    or of one of the sheets that it read as one."""

    job_id: UUID
    filename: str
    undone_at: datetime | None
    at: datetime
    kind: Kind
    line: int | None
    sheet: str
    fields: list[FieldChange]


def history(product_id: int) -> list[ProductChange]:
    """The latest imports that changed the product, newest first. The initial values of a created one are not known."""
    with connection.cursor() as cursor:
        cursor.execute(text("history"), {"product": product_id, "limit": SHOWN})
        return [product_change(*row) for row in cursor.fetchall()]


def product_change(
    job_id: UUID,
    filename: str,
    sheets: Sequence[str],
    undone_at: datetime | None,
    at: datetime,
    kind: Kind,
    line: int | None,
    *values: Value,
) -> ProductChange:
    fields = change(kind, line, None, None, None, *values).fields
    place = place_of(line, sheets) if line else None
    row, sheet = (place.line, place.sheet) if place else (None, "")
    return ProductChange(job_id, filename, undone_at, at, kind, row, sheet, fields)


def products_changed_by(job: ImportJob) -> Q:
    """A condition for the products that the import created or changed."""
    if job.products_written <= FEW:
        journals = chain(job.created.values_list("product_ids"), job.changed.values_list("product_ids"))
        return Q(pk__in=[product_id for [ids] in journals for product_id in ids])
    found = Q(created_at__in=list(job.created.values_list("written_at", flat=True)))
    if job.changed.exists():
        ids = job.changed.values_list(
            Func(F("product_ids"), function="unnest", output_field=BigIntegerField())
        )
        # The OR keeps PostgreSQL from turning it into a join, which would look up all of them before the first row.
        found |= Q(pk__in=ids) | Q(pk__lt=0)
    return found
