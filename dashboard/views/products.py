"""Products: the list with its filters, a row of it edited in place, one product, and a new one.

What is done to many of them at once is dashboard.views.bulk_actions."""

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog import listing, products
from catalog.api import download
from catalog.cursors import Cursor, CursorInvalid
from catalog.export import MEDIA_TYPES
from catalog.models import Product
from catalog.products import ProductNotFound, SkuTaken
from dashboard.forms import product_filters
from dashboard.forms.product_filters import ORDERINGS, Filters
from dashboard.forms.product_form import BLANK, FIELDS_OF_A_ROW, ProductForm
from dashboard.views.shortcuts import choice, done
from imports.journal.product_history import SHOWN, history
from lib.places import holder_of

PAGE_SIZE = 50
COLUMNS = {"sku": "SKU", "name": "Name", "price": "Price", "updated_at": "Changed"}
INVALID = 422

form_methods = require_http_methods(["GET", "HEAD", "POST"])


# --- The list ---


@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    filters = product_filters.read(request.GET.dict())
    found, count = find(filters, cursor_of(request, filters))
    shown = {
        "filters": filters,
        "products": found.results,
        "count": count,
        "counted": listing.FEW,
        "before": found.before,
        "after": found.after,
        "orderings": ORDERINGS,
        "columns": COLUMNS,
        "export": f"?{urlencode(filters.given)}",
    }
    return render(request, "dashboard/products.html", shown)


def cursor_of(request: HttpRequest, filters: Filters) -> Cursor:
    """Where the page begins; an address that is too old to tell leads to the first one."""
    try:
        return Cursor.read(request.GET.get("cursor", ""), filters.query.ordering)
    except CursorInvalid:
        return Cursor(filters.query.ordering)


def find(filters: Filters, cursor: Cursor) -> tuple[listing.Stretch, int | None]:
    """A page of them, and how many there are in all. None: more than are counted; a question counts all (views_bulk)."""
    with filters.bounded():
        chosen, count = filters.products, filters.known_count
        if count is None and (ids := listing.few_ids(chosen)) is not None:
            chosen, count = Product.objects.filter(pk__in=ids), len(ids)
        return listing.stretch(chosen, cursor, PAGE_SIZE), count


@require_safe
def export(request: HttpRequest) -> StreamingHttpResponse:
    """What the list shows, all pages of it."""
    filters = product_filters.read_exactly(request.GET.dict())
    kind = choice(request, "format", MEDIA_TYPES, "csv")
    return download(filters.ordered, "jsonl" if kind == "jsonl" else "csv", holder_of(request))


# --- A row, edited in place ---


@form_methods
def row(request: HttpRequest, product_id: int) -> HttpResponse:
    """A part of the list, for htmx: the row, or the row as a form (`?edit`). Sent, the form becomes the row again, or
    says what is wrong."""
    if request.headers.get("HX-Request") != "true":
        return redirect("console:product", product_id)
    if request.method == "POST":
        form = ProductForm.read(request.POST.dict(), FIELDS_OF_A_ROW)
        if refused := change(product_id, form):
            return as_form(request, products.get(product_id), refused, INVALID)
        saved = products.get(product_id)
        return as_row(request, saved, f"{saved.sku} is saved.")
    product = products.get(product_id)
    if "edit" in request.GET:
        return as_form(request, product, ProductForm.of(product, FIELDS_OF_A_ROW))
    return as_row(request, product)


def as_row(request: HttpRequest, product: Product, said: str = "") -> HttpResponse:
    return render(request, "dashboard/_product_row.html", {"product": product, "said": said, "again": True})


def as_form(request: HttpRequest, product: Product, form: ProductForm, status: int = 200) -> HttpResponse:
    shown = {"product": product, "form": form, "form_id": f"edit-{product.pk}"}
    return render(request, "dashboard/_product_row_form.html", shown, status=status)


def change(product_id: int, form: ProductForm) -> ProductForm | None:
    """Write what the form changes. None: done. Else the form, with what is wrong."""
    if form.errors:
        return form
    try:
        products.change(product_id, **form.changes)
    except SkuTaken as refusal:
        return form.refused(refusal)
    return None


# --- One product ---


@form_methods
def one(request: HttpRequest, product_id: int) -> HttpResponse:
    product = products.get(product_id)
    if request.method != "POST":
        return page(request, product, ProductForm.of(product))
    if refused := change(product_id, ProductForm.read(request.POST.dict())):
        return page(request, product, refused, INVALID)
    messages.success(request, "The product is saved.")
    return redirect("console:product", product_id)


def page(request: HttpRequest, product: Product, form: ProductForm, status: int = 200) -> HttpResponse:
    shown = {
        "product": product,
        "form": form,
        "history": history(product.pk),
        "touches_shown": SHOWN,
        "kept_days": settings.IMPORT_KEEP_FILES_DAYS,
    }
    return render(request, "dashboard/product.html", shown, status=status)


@form_methods
def new(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return render(request, "dashboard/product_new.html", {"form": ProductForm(BLANK)})
    form = ProductForm.read(request.POST.dict())
    if not form.errors:
        try:
            created = products.create(**form.changes)
        except SkuTaken as refusal:
            form = form.refused(refusal)
        else:
            messages.success(request, "The product is in the catalog.")
            return redirect("console:product", created.pk)
    return render(request, "dashboard/product_new.html", {"form": form}, status=INVALID)


@require_POST
def delete(request: HttpRequest, product_id: int) -> HttpResponse:
    """Gone already is a message, too: somebody else was faster."""
    said, refused = "The product is deleted.", (ProductNotFound,)
    return done(request, lambda: products.remove(product_id), said, "console:products", refused=refused)
