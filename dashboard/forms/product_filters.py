"""The filters of the list of products, and of bulk actions and exports, read from a query or a form.

An invalid filter has an error beside its field, and matches no products until it is fixed."""

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.http import Http404

from catalog import listing
from catalog.cursors import Cursor
from catalog.models import Product, ProductQuerySet
from catalog.typed_prices import read_typed_price
from catalog.validation import FieldError
from imports import jobs
from imports.journal.product_history import products_changed_by
from imports.models import ImportJob
from lib.limits import NAME_MAX_LENGTH
from lib.slow_reads import slow_read

NAMES = ("q", "is_active", "price_min", "price_max", "import", "ordering")
ACTIVE = {"true": True, "false": False}
DEFAULT_ORDERING = "sku"
ORDERINGS = {
    "sku": "SKU, A to Z",
    "-sku": "SKU, Z to A",
    "name": "Name, A to Z",
    "-name": "Name, Z to A",
    "price": "Price, lowest first",
    "-price": "Price, highest first",
    "-updated_at": "Recently updated",
    "updated_at": "Least recently updated",
    "-id": "Newest",
    "id": "Oldest",
}


@dataclass(frozen=True)
class Filters:
    """`typed` is the input, `query` its meaning if there are no `errors`. `job` limits the products to those of an
    import."""

    typed: Mapping[str, str]
    query: listing.Query
    job: ImportJob | None
    errors: Mapping[str, str]

    @property
    def given(self) -> dict[str, str]:
        """The filters that are not empty, for links and forms."""
        return {name: value for name, value in self.typed.items() if value}

    @property
    def narrow(self) -> bool:
        """Whether they filter at all: an ordering does not."""
        return any(name != "ordering" for name in self.given)

    @property
    def products(self) -> ProductQuerySet:
        if self.errors:
            return Product.objects.none()
        products = listing.filtered(self.query)
        return products.filter(products_changed_by(self.job)) if self.job else products

    @property
    def ordered(self) -> ProductQuerySet:
        return Cursor(self.query.ordering).seek(self.products)

    def bounded(self) -> AbstractContextManager[None]:
        """Limits the time of reading the products."""
        return slow_read() if self.job else listing.bounded(self.query)

    @property
    def known_count(self) -> int | None:
        """The number of products, if it is known without counting."""
        return None if self.job or self.errors else listing.known_count(self.query)


def read(parameters: Mapping[str, str]) -> Filters:
    # PostgreSQL text can't contain NUL.
    typed = {name: parameters.get(name, "").replace("\0", "").strip() for name in NAMES}
    errors: dict[str, str] = {}
    query = listing.Query(
        q=searched(typed, errors),
        is_active=ACTIVE.get(known(typed, "is_active", ACTIVE)),
        price_min=price(typed, "price_min", errors),
        price_max=price(typed, "price_max", errors),
        ordering=known(typed, "ordering", ORDERINGS) or DEFAULT_ORDERING,
    )
    if query.price_min is not None and query.price_max is not None and query.price_min > query.price_max:
        errors["price_max"] = "Max price is lower than min price."
    return Filters(typed, query, job_of(typed["import"]), errors)


def read_exactly(parameters: Mapping[str, str]) -> Filters:
    """For actions: invalid filters are an error."""
    filters = read(parameters)
    if filters.errors:
        raise Http404("A filter is invalid. Go back and check your filters.")
    return filters


def searched(typed: Mapping[str, str], errors: dict[str, str]) -> str:
    if len(typed["q"]) > NAME_MAX_LENGTH:
        errors["q"] = f"Enter at most {NAME_MAX_LENGTH} characters."
        return ""
    return typed["q"]


def known(typed: Mapping[str, str], name: str, allowed: Collection[str]) -> str:
    """A filter that is chosen from a list, so only an edited address has other values."""
    if typed[name] not in ("", *allowed):
        raise Http404(f"Unknown {name} {typed[name][:40]!r}. Use one of: {', '.join(allowed)}.")
    return typed[name]


def price(typed: Mapping[str, str], name: str, errors: dict[str, str]) -> Decimal | None:
    if not typed[name]:
        return None
    try:
        return read_typed_price(typed[name])
    except FieldError as error:
        errors[name] = error.message
        return None


def job_of(text: str) -> ImportJob | None:
    if not text:
        return None
    try:
        return jobs.get(UUID(text))
    except ValueError:
        raise Http404(f"Import {text[:40]!r} doesn't exist.") from None
