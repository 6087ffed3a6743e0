"""One page of the product list: filter, order, slice, and links to the pages around it.

Pages by number are simple but slow far back. A cursor (catalog.cursors) is as fast on the last page as on the first and
does not shift when products are added or deleted. `count` is always exact."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from catalog.cursors import Cursor
from catalog.models import Product, ProductCount, ProductQuerySet
from lib.errors import Explanation, Invalid
from lib.limits import PAGE_DEPTH_MAX
from lib.pagination import last_page, previous_link, with_parameters
from lib.slow_reads import slow_read

PAGE_SIZE = 50
FEW = 1_000
# Orderings that have an index (catalog.models).
QUICK_ORDERINGS = {"id", "sku", "created_at"}


class PageTooDeep(Invalid):
    code = "page.too_deep"
    codes = {
        code: Explanation(
            "The page number is beyond the products that page numbers reach.",
            "Start with `?cursor=` and follow `next`.",
        )
    }
    pointer = "/query/page"
    detail = (
        f"Page numbers reach the first {PAGE_DEPTH_MAX:,} products. Use a cursor to reach all: start with ?cursor= and "
        "follow next."
    )


@dataclass(frozen=True)
class Query:
    """The parameters of a list request."""

    page: int = 1
    page_size: int = PAGE_SIZE
    # None for a page by number; "" for the first page by cursor.
    cursor: str | None = None
    ordering: str = "id"
    sku: str | None = None
    name: str | None = None
    q: str | None = None
    is_active: bool | None = None
    price_min: Decimal | None = None
    price_max: Decimal | None = None
    updated_since: datetime | None = None


@dataclass(frozen=True)
class Page:
    count: int
    next: str | None
    previous: str | None
    results: Sequence[Product]


@dataclass(frozen=True)
class Stretch:
    """Consecutive products of a list, and the cursors of the pages before and after them."""

    results: Sequence[Product]
    before: Cursor | None
    after: Cursor | None


def page(query: Query, url: str) -> Page:
    """The page of the list requested with this URL."""
    with bounded(query):
        if query.cursor is None:
            return page_by_number(query, url)
        return page_by_cursor(query, url, Cursor.read(query.cursor, query.ordering))


def bounded(query: Query) -> AbstractContextManager[None]:
    """A context that takes a place among slow reads if the query may read much of the table."""
    # With a filter by status, other indexes may have to skip many rows to fill a page.
    quick = QUICK_ORDERINGS if query.is_active is None else {"id"}
    far = query.cursor is None and query.page * query.page_size > FEW
    slow = far or is_narrowed(query) or query.ordering.removeprefix("-") not in quick
    return slow_read() if slow else nullcontext()


def page_by_number(query: Query, url: str) -> Page:
    if query.page * query.page_size > PAGE_DEPTH_MAX:
        raise PageTooDeep
    products = filtered(query)
    start = (query.page - 1) * query.page_size
    results = list(Cursor(query.ordering).seek(products)[start : start + query.page_size])
    # A page that is not full is the last one, so the count is known.
    ends_here = len(results) < query.page_size and (start == 0 or results)
    count = start + len(results) if ends_here else count_of(query, products)
    has_next = query.page < last_page(count, query.page_size)
    return Page(
        count=count,
        next=next_by_number(query, url, results) if has_next else None,
        previous=previous_link(url, query.page, query.page_size, count),
        results=results,
    )


def next_by_number(query: Query, url: str, results: Sequence[Product]) -> str:
    """The URL of the next page: beyond the last page number, by cursor."""
    if (query.page + 1) * query.page_size <= PAGE_DEPTH_MAX or not results:
        return with_parameters(url, page=query.page + 1)
    return with_parameters(url, cursor=Cursor(query.ordering).beyond(results[-1], backwards=False).write())


def page_by_cursor(query: Query, url: str, cursor: Cursor) -> Page:
    products = filtered(query)
    found = stretch(products, cursor, query.page_size)
    return Page(
        count=count_of(query, products),
        next=with_parameters(url, cursor=found.after.write()) if found.after else None,
        previous=with_parameters(url, cursor=found.before.write()) if found.before else None,
        results=found.results,
    )


def stretch(products: ProductQuerySet, cursor: Cursor, size: int) -> Stretch:
    # One row more than requested shows whether there is another page.
    found = list(cursor.seek(products)[: size + 1])
    results = found[:size]
    before, after = cursor.around(results, more=len(found) > size)
    return Stretch(results[::-1] if cursor.backwards else results, before, after)


def ordered(query: Query) -> ProductQuerySet:
    """All products of the list, in its order."""
    return Cursor(query.ordering).seek(filtered(query))


def filtered(query: Query) -> ProductQuerySet:
    products = Product.objects.matching(sku=query.sku or "", name=query.name or "", q=query.q or "")
    if query.is_active is not None:
        products = products.filter(is_active=query.is_active)
    if query.price_min is not None:
        products = products.filter(price__gte=query.price_min)
    if query.price_max is not None:
        products = products.filter(price__lte=query.price_max)
    if query.updated_since is not None:
        products = products.filter(updated_at__gte=query.updated_since)
    return products


def count_of(query: Query, products: ProductQuerySet) -> int:
    known = known_count(query)
    return products.count() if known is None else known


def known_count(query: Query) -> int | None:
    """The count from the ledger, without reading products; None if other filters apply."""
    if is_narrowed(query):
        return None
    total, active = ProductCount.objects.totals()
    return {None: total, True: active, False: total - active}[query.is_active]


def is_narrowed(query: Query) -> bool:
    """Whether filters other than is_active apply."""
    narrowing = (query.sku, query.name, query.q, query.price_min, query.price_max, query.updated_since)
    return any(value not in (None, "") for value in narrowing)


def few_ids(products: ProductQuerySet) -> list[int] | None:
    """The ids of the products if they are few, found by one scan of the table; None if they are many. For a few products in
    order, PostgreSQL would rather scan the ordering's index and fetch every product."""
    ids = list(products.order_by().values_list("pk", flat=True)[: FEW + 1])
    return ids if len(ids) <= FEW else None
