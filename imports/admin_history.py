"""Read-only admin of what imports store beside their jobs: uploaded files, duplicate rows, and the change journal.

A row of the journal has thousands of products, so lists don't load them."""

from typing import TypeVar

from django.contrib import admin
from django.db.models import IntegerField, Model, QuerySet
from django.db.models.expressions import Func
from django.http import HttpRequest

from lib.admin import Paged, ReadOnly

T = TypeVar("T", bound=Model)


class StoredFileAdmin(ReadOnly, Paged):
    list_display = ["name", "created_at", "bytes"]
    fields = ["name", "created_at", "bytes"]


class JournalAdmin(ReadOnly, Paged):
    list_display = ["id", "job_id", "written_at", "products"]
    fields = ["job", "written_at", "products"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        counted = Func("product_ids", function="cardinality", output_field=IntegerField())
        parts = super().get_queryset(request).only("id", "job_id", "written_at")
        listed: QuerySet[Model] = parts.annotate(products=counted)
        return listed

    @admin.display
    def products(self, part: Model) -> str:
        return f"{getattr(part, 'products', 0):,}"


class SupersededRowAdmin(ReadOnly, Paged):
    list_display = ["id", "job_id", "lines"]
    fields = ["job", "lines"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        return with_sheets(super().get_queryset(request))

    @admin.display
    def lines(self, row: Model) -> str:
        return str(row)


def with_sheets(rows: QuerySet[T]) -> QuerySet[T]:
    """The rows, with what says which sheets their jobs read."""
    return rows.select_related("job").defer("job__file_columns", "job__file_header")
