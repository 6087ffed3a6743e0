"""Which imports touched a product, and which products an import touched, by the journal (imports.models.journal).

The console shows both. An import knows a product by its SKU, and its journal is searched by that: what imports did
while the product had another one is not found, nor what is older than the journal (IMPORT_KEEP_FILES_DAYS). A product
that an import created has for its created_at the very moment at which that part of the journal was written."""

from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from uuid import UUID

from django.db import connection
from django.db.models import BigIntegerField, F, Func, Q

from imports.journal.changes import FieldChange, Value, change
from imports.models import ImportJob
from imports.queries import text

SHOWN = 50
# So many products of an import are asked for one by one.
FEW = 5_000


@dataclass(frozen=True)
class ProductChange:
    """What one import did to the product: `kind` is created, updated or deactivated; `line` is that of its file."""

    job_id: UUID
    filename: str
    undone_at: datetime | None
    at: datetime
    kind: str
    line: int | None
    fields: list[FieldChange]


def history(product_id: int) -> list[ProductChange]:
    """The last imports that touched it, the newest first; of what one created the first values are not known."""
    with connection.cursor() as cursor:
        cursor.execute(text("history"), {"product": product_id, "limit": SHOWN})
        return [product_change(*row) for row in cursor.fetchall()]


def product_change(
    job_id: UUID,
    filename: str,
    undone_at: datetime | None,
    at: datetime,
    kind: str,
    line: int | None,
    *values: Value,
) -> ProductChange:
    fields = change(kind, line, None, None, None, *values)["fields"]
    return ProductChange(job_id, filename, undone_at, at, kind, line, fields)


def products_changed_by(job: ImportJob) -> Q:
    """The products that the import created or changed, as a condition."""
    if job.created_count + job.updated_count + job.deactivated_count <= FEW:
        journals = chain(job.created.values_list("product_ids"), job.changed.values_list("product_ids"))
        return Q(pk__in=[product_id for [ids] in journals for product_id in ids])
    found = Q(created_at__in=list(job.created.values_list("written_at", flat=True)))
    if job.changed.exists():
        ids = job.changed.values_list(
            Func(F("product_ids"), function="unnest", output_field=BigIntegerField())
        )
        # Behind an OR it is no join, for which all of them would be looked up before the first is shown.
        found |= Q(pk__in=ids) | Q(pk__lt=0)
    return found
