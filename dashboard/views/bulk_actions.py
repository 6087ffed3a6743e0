"""Bulk actions on products: the confirmation with the exact number, then a bulk change of that number or of none.

The products are those selected on a page, or all that match the filters."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render, resolve_url
from django.views.decorators.http import require_POST, require_safe

from catalog import bulk_changes
from catalog.bulk_changes import SelectionChanged, SelectionEmpty
from catalog.models import Action, BulkChange, Product, ProductQuerySet
from dashboard.forms import product_filters
from dashboard.forms.product_filters import Filters
from lib.pagination import with_parameters
from lib.slow_reads import slow_read

# The status of products that the action doesn't change.
STATUS_AFTER = {Action.ACTIVATE: "active", Action.DEACTIVATE: "inactive"}
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

    action: Action
    scope: str
    ids: Sequence[int]
    filters: Filters

    @property
    def products(self) -> ProductQuerySet:
        return Product.objects.filter(pk__in=self.ids) if self.scope == "selection" else self.filters.products

    @property
    def affected(self) -> ProductQuerySet:
        """The products that the action changes."""
        return bulk_changes.affected(self.action, self.products)

    @property
    def count(self) -> int:
        if self.scope == "filter" and self.action == Action.DELETE and self.filters.known_count is not None:
            return self.filters.known_count
        return self.affected.count()

    def request(self, confirmed: int, requested_by: str) -> BulkChange:
        """Queue the action for all of them. Raises SelectionChanged if their number has changed."""
        return bulk_changes.request(
            self.action,
            self.products,
            confirmed=confirmed,
            requested_by=requested_by,
            filters=self.filters.given,
        )


@require_safe
def confirm(request: HttpRequest) -> HttpResponse:
    """The confirmation: a page, of which htmx shows a part in the dialog of the list."""
    return ask(request, read(request.GET))


def ask(request: HttpRequest, chosen: Choice, status: int = 200, error: str = "") -> HttpResponse:
    state = STATUS_AFTER.get(chosen.action, "")
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
        "kept_days": settings.IMPORT_KEEP_FILES_DAYS,
        "back": address_of(chosen.filters),
    }
    return render(request, "dashboard/products_confirm.html", context, status=status)


@require_POST
def apply(request: HttpRequest) -> HttpResponse:
    chosen, confirmed = read(request.POST), number(request.POST.get("confirmed", ""))
    if must_be_typed(chosen, confirmed) and typed(request) != str(confirmed):
        return ask(request, chosen, INVALID, "This is not the number of products.")
    try:
        change = chosen.request(confirmed, request.user.get_username())
    except (SelectionChanged, SelectionEmpty) as error:
        messages.error(request, error.detail)
        return redirect(address_of(chosen.filters))
    return redirect("console:bulk-change", change.pk)


def must_be_typed(chosen: Choice, count: int) -> bool:
    return chosen.action == Action.DELETE and count > TYPED_ABOVE


def typed(request: HttpRequest) -> str:
    return request.POST.get("typed", "").strip().translate(dict.fromkeys(map(ord, GROUPING)))


def read(sent: QueryDict) -> Choice:
    return Choice(
        Action(one_of(sent, "action", Action.values)),
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
