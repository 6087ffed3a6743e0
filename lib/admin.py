"""Parts of admin pages: view permission only, and lists of possibly millions of rows."""

from functools import cached_property

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest

ROWS_PAGED = 10_000


class ReadOnly:
    """View permission only."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class BoundedPaginator(Paginator[Model]):
    """A paginator that counts no further than it pages."""

    object_list: QuerySet[Model]

    @cached_property
    def count(self) -> int:
        return self.object_list.order_by()[:ROWS_PAGED].count()


class Paged(admin.ModelAdmin[Model]):
    """A list by primary key, newest first."""

    ordering = ["-id"]
    sortable_by = ()
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
