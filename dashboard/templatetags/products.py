"""How the console shows products, and what a list of them is sorted by."""

from django import template
from django.template.context import RequestContext

from catalog.models import Product
from dashboard.forms.product_filters import Filters
from dashboard.templatetags.console import query

register = template.Library()

# A first click on these shows what is newest.
NEWEST_FIRST = {"updated_at"}
CLASSES = {"updated_at": "changed"}


@register.inclusion_tag("dashboard/_badge.html")
def product_badge(product: Product) -> dict[str, str]:
    if product.is_active:
        return {"look": "is-ok", "label": "Active"}
    return {"look": "is-off", "label": "Inactive"}


@register.inclusion_tag("dashboard/_sortable.html", takes_context=True)
def sortable(context: RequestContext, filters: Filters, column: str, label: str) -> dict[str, str]:
    """The head of a column: a link that sorts by it, and turns the order around where it does already."""
    ordering, descending = filters.query.ordering, f"-{column}"
    first, second = (descending, column) if column in NEWEST_FIRST else (column, descending)
    return {
        "label": label,
        "url": query(context, ordering=second if ordering == first else first, cursor=""),
        "sorted": {column: "ascending", descending: "descending"}.get(ordering, ""),
        "name": CLASSES.get(column, column),
    }
