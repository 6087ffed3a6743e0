"""Bulk actions on products: the confirmation with the exact number, then the action on that number or on none.

The products are those selected on a page, or all that match the filters."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render, resolve_url
from django.views.decorators.http import require_POST, require_safe

from catalog import products
from catalog.models import Product, ProductQuerySet
from catalog.products import SelectionChanged
from dashboard.forms import product_filters
from dashboard.forms.product_filters import Filters
from dashboard.templatetags.console import plural
from dashboard.views.shortcuts import done
from lib.pagination import with_parameters
from lib.slow_reads import slow_read

# The past participle, and the status of products that the action doesn't change.
ACTIONS = {
    "activate": ("activated", "active"),
    "deactivate": ("deactivated", "inactive"),
    "delete": ("deleted", ""),
}
# Selected products, or all that match the filters.
SCOPES = ("selection", "filter")
# Products listed by SKU in the confirmation.
LISTED = 8
ID_DIGITS_MAX = 18
# To delete more products than this, their number must be typed.
TYPED_ABOVE = 100
GROUPING = ",. '\N{RIGHT SINGLE QUOTATION MARK}\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"
INVALID = 422


@dataclass(frozen=True)
class Choice:
    """An action and its products."""

    action: str
    scope: str
    ids: Sequence[int]
    filters: Filters

    @property
    def products(self) -> ProductQuerySet:
        return Product.objects.filter(pk__in=self.ids) if self.scope == "selection" else self.filters.products

    @property
    def affected(self) -> ProductQuerySet:
        """The products that the action changes."""
        if self.action == "delete":
            return self.products
        return self.products.filter(is_active=self.action == "deactivate")

    @property
    def count(self) -> int:
        if self.scope == "filter" and self.action == "delete" and self.filters.known_count is not None:
            return self.filters.known_count
        return self.affected.count()

    def act(self, confirmed: int) -> None:
        """Apply the action to all of them. Raises SelectionChanged if their number has changed."""
        if self.action == "delete":
            products.remove_many(self.products, confirmed=confirmed)
        else:
            products.set_active(self.products, self.action == "activate", confirmed=confirmed)


@require_safe
def confirm(request: HttpRequest) -> HttpResponse:
    """The confirmation: a page, of which htmx shows a part in the dialog of the list."""
    return ask(request, read(request.GET))


def ask(request: HttpRequest, chosen: Choice, status: int = 200, error: str = "") -> HttpResponse:
    _, state = ACTIONS[chosen.action]
    with slow_read():
        count = chosen.count
        unaffected = chosen.products.count() - count if state else 0
    context = {
        "choice": chosen,
        "count": count,
        "listed": chosen.affected.order_by("pk")[:LISTED] if chosen.scope == "selection" else [],
        "more": max(count - LISTED, 0),
        "unaffected": unaffected,
        "status": state,
        "must_be_typed": must_be_typed(chosen, count),
        "pattern": f"{count:,}".replace(",", f"[{GROUPING}]?"),
        "error": error,
        "back": address_of(chosen.filters),
    }
    return render(request, "dashboard/products_confirm.html", context, status=status)


@require_POST
def apply(request: HttpRequest) -> HttpResponse:
    chosen, confirmed = read(request.POST), number(request.POST.get("confirmed", ""))
    if must_be_typed(chosen, confirmed) and typed(request) != str(confirmed):
        return ask(request, chosen, INVALID, "This is not the number of products.")
    participle, _ = ACTIONS[chosen.action]
    message = f"{plural(confirmed, 'product')} {participle}"
    back = address_of(chosen.filters)
    return done(request, lambda: chosen.act(confirmed), message, back, errors=(SelectionChanged,))


def must_be_typed(chosen: Choice, count: int) -> bool:
    return chosen.action == "delete" and count > TYPED_ABOVE


def typed(request: HttpRequest) -> str:
    return request.POST.get("typed", "").strip().translate(dict.fromkeys(map(ord, GROUPING)))


def read(sent: QueryDict) -> Choice:
    return Choice(
        one_of(sent, "action", ACTIONS),
        one_of(sent, "scope", SCOPES),
        [number(text) for text in sent.getlist("id")],
        product_filters.read_exactly({name: str(sent[name]) for name in sent}),
    )


def one_of(sent: QueryDict, name: str, allowed: Collection[str]) -> str:
    value = sent.get(name, "")
    if value not in allowed:
        raise Http404(f"Unknown {name} {value[:40]!r}. Use one of: {', '.join(allowed)}.")
    return value


def number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > ID_DIGITS_MAX:
        raise Http404(f"{text[:40]!r} is not a valid number or product ID.")
    return int(text)


def address_of(filters: Filters) -> str:
    return with_parameters(resolve_url("console:products"), **filters.given)
