"""Endpoints of /products."""

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Query, Router, Status

from catalog import listing, products
from catalog.export import download
from catalog.formats import FORMATS
from catalog.models import Product
from catalog.schemas import (
    READ_ONLY,
    Deleted,
    ExportQuery,
    ProductIn,
    ProductOut,
    ProductPage,
    ProductPatch,
    ProductQuery,
    ProductReplacement,
)
from lib.openapi import DOWNLOAD, error_responses
from lib.pagination import url_of
from lib.places import holder_of
from lib.read_only import check_same_id

router = Router(tags=["Products"])

EXPORT_ANSWER = {
    "responses": {
        200: {
            "description": "The file, streamed.",
            "headers": DOWNLOAD,
            "content": {
                form.media_type.split(";")[0]: {"schema": {"type": "string"}} for form in FORMATS.values()
            },
        },
        **error_responses(429, 503)["responses"],
    }
}


@router.get("/", response=ProductPage, summary="List products")
def list_products(request: HttpRequest, query: Query[ProductQuery]) -> listing.Page:
    """A page of the products that match all filters.

    Page by number (`page`) or by cursor: `?cursor=` is the first page, then follow `next` and `previous`. Cursors are as
    fast on the last page as on the first, and skip nothing when products are added or deleted. 503 while too many searches
    are running, and for a search that takes too long."""
    return listing.page(listing.Query(**query.model_dump()), url_of(request))


@router.post("/", response={201: ProductOut}, summary="Create a product", openapi_extra=error_responses(409))
def create_product(request: HttpRequest, product: ProductIn) -> Status[Product]:
    """409 if another product has the same SKU, ignoring case."""
    return Status(201, products.create(**product.model_dump()))


# Before the routes with an id, which match only numbers.
@router.delete("/bulk-delete/", response=Deleted, summary="Delete all products")
def delete_all_products(request: HttpRequest) -> Deleted:
    """Deletes every product. This cannot be undone."""
    deleted = products.remove_all()
    noun = "product" if deleted == 1 else "products"
    return Deleted(deleted=deleted, message=f"Deleted {deleted} {noun}.")


@router.get("/export", summary="Export products", openapi_extra=EXPORT_ANSWER)
def export_products(request: HttpRequest, query: Query[ExportQuery]) -> StreamingHttpResponse:
    """A file of all products that match the filters, from one consistent snapshot.

    CSV and Excel can be uploaded again and change nothing. They are safe to open in a spreadsheet: in CSV, text that starts
    like a formula (`=`, `+`, `-`, `@`, a tab or a line break) is prefixed with an apostrophe, which an upload removes; so is
    text that an upload would take for something else, such as `[clear]` or `#N/A`. 422 if the products do not fit into a
    workbook: 1,048,575 products, 32,767 characters in a cell. 429 while another export with the same key is running, 503
    while too many exports are running. An export that takes longer than ten minutes is aborted."""
    wanted = query.model_dump()
    name = wanted.pop("format")
    return download(listing.ordered(listing.Query(**wanted)), name, holder_of(request))


@router.get("/{int:product_id}/", response=ProductOut, summary="Get a product")
def get_product(request: HttpRequest, product_id: int) -> Product:
    return products.get(product_id)


@router.put(
    "/{int:product_id}/", response=ProductOut, summary="Replace a product", openapi_extra=error_responses(409)
)
def replace_product(request: HttpRequest, product_id: int, product: ProductReplacement) -> Product:
    """Omitted fields are reset to their defaults; PATCH keeps them. The response of GET can be sent back: `id` must match
    the path; `created_at` and `updated_at` are ignored."""
    check_same_id(product.id, product_id)
    return products.change(product_id, **product.model_dump(exclude=READ_ONLY))


@router.patch(
    "/{int:product_id}/", response=ProductOut, summary="Update a product", openapi_extra=error_responses(409)
)
def change_product(request: HttpRequest, product_id: int, product: ProductPatch) -> Product:
    """Changes only the fields sent. If no value differs, `updated_at` does not change. If sent, `id` must match the path;
    `created_at` and `updated_at` are ignored."""
    check_same_id(product.id, product_id)
    return products.change(product_id, **product.model_dump(exclude=READ_ONLY, exclude_unset=True))


@router.delete("/{int:product_id}/", response={204: None}, summary="Delete a product")
def delete_product(request: HttpRequest, product_id: int) -> Status[None]:
    products.remove(product_id)
    return Status(204, None)
