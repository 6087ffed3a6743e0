"""Pages of products: the list with its filters, editing a row in place, one product, and a new product.

Bulk actions are in dashboard.views.bulk_actions."""

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog import listing, products
from catalog.cursors import Cursor, CursorInvalid
from catalog.export import download
from catalog.formats import FORMATS
from catalog.models import Product
from catalog.products import ProductNotFound, SkuTaken
from dashboard.forms import product_filters
from dashboard.forms.product_filters import ORDERINGS, Filters
from dashboard.forms.product_form import BLANK, ROW_FIELDS, ProductForm
from dashboard.views.shortcuts import choice, done
from imports.journal.product_history import SHOWN, history
from lib.places import holder_of

PAGE_SIZE = 50
COLUMNS = {"sku": "SKU", "name": "Name", "price": "Price", "updated_at": "Updated"}
INVALID = 422

form_methods = require_http_methods(["GET", "HEAD", "POST"])


# --- The list ---


@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    filters = product_filters.read(request.GET.dict())
    listed, count = find(filters, cursor_of(request, filters))
    context = {
        "filters": filters,
        "products": listed.results,
        "count": count,
        "count_limit": listing.FEW,
        "before": listed.before,
        "after": listed.after,
        "orderings": ORDERINGS,
        "columns": COLUMNS,
        "exports": [(form.label, export_address(filters, name)) for name, form in FORMATS.items()],
    }
    return render(request, "dashboard/products.html", context)


def export_address(filters: Filters, name: str) -> str:
    return f"{reverse('console:products-export')}?{urlencode({**filters.given, 'format': name})}"


def cursor_of(request: HttpRequest, filters: Filters) -> Cursor:
    """The position of the page. An outdated address leads to the first page."""
    try:
        return Cursor.read(request.GET.get("cursor", ""), filters.query.ordering)
    except CursorInvalid:
        return Cursor(filters.query.ordering)


def find(filters: Filters, cursor: Cursor) -> tuple[listing.Stretch, int | None]:
    """A page of products, and their total number: None if there are more than are counted."""
    with filters.bounded():
        chosen, count = filters.products, filters.known_count
        if count is None and (ids := listing.few_ids(chosen)) is not None:
            chosen, count = Product.objects.filter(pk__in=ids), len(ids)
        return listing.stretch(chosen, cursor, PAGE_SIZE), count


@require_safe
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Every page of the list as one file."""
    filters = product_filters.read_exactly(request.GET.dict())
    name = choice(request, "format", FORMATS, "csv")
    return download(filters.ordered, name, holder_of(request))


# --- A row, edited in place ---


@form_methods
def row(request: HttpRequest, product_id: int) -> HttpResponse:
    """A part of the list for htmx: a row, or the row as a form (`?edit`). Sending the form returns the row, or the form
    with errors."""
    if request.headers.get("HX-Request") != "true":
        return redirect("console:product", product_id)
    if request.method == "POST":
        form = ProductForm.read(request.POST.dict(), ROW_FIELDS)
        if invalid := change(product_id, form):
            return as_form(request, products.get(product_id), invalid, INVALID)
        saved = products.get(product_id)
        return as_row(request, saved, f"{saved.sku} saved")
    product = products.get(product_id)
    if "edit" in request.GET:
        return as_form(request, product, ProductForm.of(product, ROW_FIELDS))
    return as_row(request, product)


def as_row(request: HttpRequest, product: Product, message: str = "") -> HttpResponse:
    context = {"product": product, "message": message, "has_focus": True}
    return render(request, "dashboard/_product_row.html", context)


def as_form(request: HttpRequest, product: Product, form: ProductForm, status: int = 200) -> HttpResponse:
    context = {"product": product, "form": form, "form_id": f"edit-{product.pk}"}
    return render(request, "dashboard/_product_row_form.html", context, status=status)


def change(product_id: int, form: ProductForm) -> ProductForm | None:
    """Save the changes of the form. Returns None, or the form with errors."""
    if form.errors:
        return form
    try:
        products.change(product_id, **form.changes)
    except SkuTaken as error:
        return form.with_error(error)
    return None


# --- One product ---


@form_methods
def one(request: HttpRequest, product_id: int) -> HttpResponse:
    product = products.get(product_id)
    if request.method != "POST":
        return page(request, product, ProductForm.of(product))
    if invalid := change(product_id, ProductForm.read(request.POST.dict())):
        return page(request, product, invalid, INVALID)
    messages.success(request, "Product saved")
    return redirect("console:product", product_id)


def page(request: HttpRequest, product: Product, form: ProductForm, status: int = 200) -> HttpResponse:
    context = {
        "product": product,
        "form": form,
        "history": history(product.pk),
        "history_limit": SHOWN,
        "kept_days": settings.IMPORT_KEEP_FILES_DAYS,
    }
    return render(request, "dashboard/product.html", context, status=status)


@form_methods
def new(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return render(request, "dashboard/product_new.html", {"form": ProductForm(BLANK)})
    form = ProductForm.read(request.POST.dict())
    if not form.errors:
        try:
            created = products.create(**form.changes)
        except SkuTaken as error:
            form = form.with_error(error)
        else:
            messages.success(request, "Product added")
            return redirect("console:product", created.pk)
    return render(request, "dashboard/product_new.html", {"form": form}, status=INVALID)


@require_POST
def delete(request: HttpRequest, product_id: int) -> HttpResponse:
    """Shows a message as well if the product has been deleted in the meantime."""
    errors = (ProductNotFound,)
    return done(
        request, lambda: products.remove(product_id), "Product deleted", "console:products", errors=errors
    )
