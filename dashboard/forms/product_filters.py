"""Which products a page of the console shows, and a button of it acts on: the filters of an address or a form, read.

views_products and views_bulk ask for them; what they mean is catalog.listing's. A filter that cannot be read is told
beside its field, and until it is mended there are no products: least of all every one."""

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.http import Http404

from catalog import listing
from catalog.cursors import Cursor
from catalog.models import Product, ProductQuerySet
from catalog.validation import FieldError, read_price
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
    "-updated_at": "Changed last",
    "updated_at": "Changed first",
    "-id": "Added last",
    "id": "Added first",
}


@dataclass(frozen=True)
class Filters:
    """`typed` is how they came, `query` what they mean if there are no `errors`; `job` is an import whose products are
    meant."""

    typed: Mapping[str, str]
    query: listing.Query
    job: ImportJob | None
    errors: Mapping[str, str]

    @property
    def given(self) -> dict[str, str]:
        """Those that are not blank, for links and forms."""
        return {name: value for name, value in self.typed.items() if value}

    @property
    def narrow(self) -> bool:
        """Whether they leave products out, which an ordering does not."""
        return any(name != "ordering" for name in self.given)

    @property
    def products(self) -> ProductQuerySet:
        if self.errors:
            return Product.objects.none()
        found = listing.filtered(self.query)
        return found.filter(products_changed_by(self.job)) if self.job else found

    @property
    def ordered(self) -> ProductQuerySet:
        return Cursor(self.query.ordering).seek(self.products)

    def bounded(self) -> AbstractContextManager[None]:
        """Around whatever reads them."""
        return slow_read() if self.job else listing.bounded(self.query)

    @property
    def known_count(self) -> int | None:
        """How many there are, if that is known without looking."""
        return None if self.job or self.errors else listing.known_count(self.query)


def read(parameters: Mapping[str, str]) -> Filters:
    # PostgreSQL keeps no NUL, so none would be found.
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
        errors["price_max"] = "The highest price is below the lowest."
    return Filters(typed, query, job_of(typed["import"]), errors)


def read_exactly(parameters: Mapping[str, str]) -> Filters:
    """For what is done to products: no guess at which ones are meant."""
    filters = read(parameters)
    if filters.errors:
        raise Http404("A filter cannot be read, so it is not clear which products are meant.")
    return filters


def searched(typed: Mapping[str, str], errors: dict[str, str]) -> str:
    if len(typed["q"]) > NAME_MAX_LENGTH:
        errors["q"] = f"No name is longer than {NAME_MAX_LENGTH} characters."
        return ""
    return typed["q"]


def known(typed: Mapping[str, str], name: str, allowed: Collection[str]) -> str:
    """A filter that is chosen, not typed: nonsense is somebody's own address."""
    if typed[name] not in ("", *allowed):
        raise Http404(f"There is no {name} {typed[name][:40]!r}; there is {', '.join(allowed)}.")
    return typed[name]


def price(typed: Mapping[str, str], name: str, errors: dict[str, str]) -> Decimal | None:
    if not typed[name]:
        return None
    try:
        return read_price(typed[name])
    except FieldError as error:
        errors[name] = error.message
        return None


def job_of(text: str) -> ImportJob | None:
    if not text:
        return None
    try:
        return jobs.get(UUID(text))
    except ValueError:
        raise Http404(f"There is no import {text[:40]!r}.") from None
