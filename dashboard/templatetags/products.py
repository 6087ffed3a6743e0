"""Template tags for products: the status badge, and columns that sort the list."""

from django import template
from django.template.context import RequestContext

from catalog.models import Product
from dashboard.forms.product_filters import Filters
from dashboard.templatetags.console import query

register = template.Library()

# The first click on these columns sorts in descending order.
NEWEST_FIRST = {"updated_at"}
CLASSES = {"updated_at": "changed"}


@register.inclusion_tag("dashboard/_badge.html")
def product_badge(product: Product) -> dict[str, str]:
    if product.is_active:
        return {"css_class": "is-ok", "label": "Active"}
    return {"css_class": "is-off", "label": "Inactive"}


@register.inclusion_tag("dashboard/_sortable.html", takes_context=True)
def sortable(context: RequestContext, filters: Filters, column: str, label: str) -> dict[str, str]:
    """The header of a column: a link that sorts by it, or reverses the order."""
    ordering, descending = filters.query.ordering, f"-{column}"
    first, second = (descending, column) if column in NEWEST_FIRST else (column, descending)
    return {
        "label": label,
        "url": query(context, ordering=second if ordering == first else first, cursor=""),
        "sorted": {column: "ascending", descending: "descending"}.get(ordering, ""),
        "name": CLASSES.get(column, column),
    }
