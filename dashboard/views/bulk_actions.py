"""What is done to many products at once: asked first, with the exact number, then done to just so many or to none.

The products are those selected on a page of dashboard.views.products, or all that its filters find."""

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
from hooks.pages import with_parameters
from lib.slow_reads import slow_read

# The words for it, and what those are already whom it does not concern.
ACTIONS = {
    "activate": ("activated", "active"),
    "deactivate": ("deactivated", "inactive"),
    "delete": ("deleted", ""),
}
# Where the products are from: ticked one by one, or whatever the filters find.
SCOPES = ("selection", "filter")
# So many are named in the question.
NAMED = 8
DIGITS_OF_AN_ID = 18


@dataclass(frozen=True)
class Choice:
    """An action, and what it is for."""

    action: str
    scope: str
    ids: Sequence[int]
    filters: Filters

    @property
    def products(self) -> ProductQuerySet:
        return Product.objects.filter(pk__in=self.ids) if self.scope == "selection" else self.filters.products

    @property
    def concerned(self) -> ProductQuerySet:
        """Those of them that it changes."""
        if self.action == "delete":
            return self.products
        return self.products.filter(is_active=self.action == "deactivate")

    @property
    def count(self) -> int:
        if self.scope == "filter" and self.action == "delete" and self.filters.known_count is not None:
            return self.filters.known_count
        return self.concerned.count()

    def act(self, confirmed: int) -> None:
        """All of those, if they are still so many. Raises SelectionChanged."""
        if self.action == "delete":
            products.remove_many(self.products, confirmed=confirmed)
        else:
            products.set_active(self.products, self.action == "activate", confirmed=confirmed)


@require_safe
def confirm(request: HttpRequest) -> HttpResponse:
    """The question. A page, of which htmx takes a part for the dialog of the list."""
    chosen = read(request.GET)
    _, state = ACTIONS[chosen.action]
    with slow_read():
        count = chosen.count
        others = chosen.products.count() - count if state else 0
    asked = {
        "choice": chosen,
        "count": count,
        "named": chosen.concerned.order_by("pk")[:NAMED] if chosen.scope == "selection" else [],
        "more": max(count - NAMED, 0),
        "others": others,
        "state": state,
        "back": address_of(chosen.filters),
    }
    return render(request, "dashboard/products_confirm.html", asked)


@require_POST
def apply(request: HttpRequest) -> HttpResponse:
    chosen, confirmed = read(request.POST), number(request.POST.get("confirmed", ""))
    deed, _ = ACTIONS[chosen.action]
    said = f"{plural(confirmed, 'product')} {deed}."
    back = address_of(chosen.filters)
    return done(request, lambda: chosen.act(confirmed), said, back, refused=(SelectionChanged,))


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
        raise Http404(f"There is no {name} {value[:40]!r}; there is {', '.join(allowed)}.")
    return value


def number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > DIGITS_OF_AN_ID:
        raise Http404(f"{text[:40]!r} is no number of products, and no id of one.")
    return int(text)


def address_of(filters: Filters) -> str:
    return with_parameters(resolve_url("console:products"), **filters.given)
