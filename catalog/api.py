"""/products: what a request asks of catalog.products and catalog.listing, and what is answered.

project.api.api mounts the router and says which status a refusal has."""

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Query, Router, Status

from catalog import listing, products
from catalog.export import MEDIA_TYPES, Export, Format
from catalog.models import Product, ProductQuerySet
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
from lib.places import holder_of
from lib.read_only import check_same_id

router = Router(tags=["Products"])

EXPORT_ANSWER = {
    "responses": {
        200: {
            "description": "A file, which is sent as it is read.",
            "headers": DOWNLOAD,
            "content": {media_type: {"schema": {"type": "string"}} for media_type in MEDIA_TYPES.values()},
        },
        **error_responses(429, 503)["responses"],
    }
}


@router.get("/", response=ProductPage, summary="List products")
def list_products(request: HttpRequest, query: Query[ProductQuery]) -> listing.Page:
    """A page of the products that match every filter given.

    Either by number (`page`), or by cursor: `?cursor=` is the first page, `next` and `previous` lead on. A cursor
    is as fast on the last page as on the first and skips nothing when products come or go meanwhile. 503 while too many
    searches are under way, and for one that takes too long."""
    return listing.page(listing.Query(**query.model_dump()), url_of(request))


@router.post("/", response={201: ProductOut}, summary="Create a product", openapi_extra=error_responses(409))
def create_product(request: HttpRequest, product: ProductIn) -> Status[Product]:
    """409 if another product has the SKU, whatever its case."""
    return Status(201, products.create(**product.model_dump()))


# Before the routes with an id, which do not take it only because it is no number.
@router.delete("/bulk-delete/", response=Deleted, summary="Delete all products")
def delete_all_products(request: HttpRequest) -> Deleted:
    """Deletes every product. There is no way back."""
    deleted = products.remove_all()
    noun = "product" if deleted == 1 else "products"
    return Deleted(deleted=deleted, message=f"Deleted {deleted} {noun}.")


@router.get("/export", summary="Export products", openapi_extra=EXPORT_ANSWER)
def export_products(request: HttpRequest, query: Query[ExportQuery]) -> StreamingHttpResponse:
    """The products that match every filter, as they are at one moment, as a file of any length.

    The CSV can be uploaded again, and be opened in a spreadsheet: a text that begins like a formula (`=`, `+`, `-`,
    `@`, a tab or a line end) has an apostrophe in front, which an upload takes off. 429 while another export of the
    same key is under way, 503 while too many are in all. One that takes longer than ten minutes breaks off."""
    wanted = query.model_dump()
    kind = wanted.pop("format")
    return download(listing.ordered(listing.Query(**wanted)), kind, holder_of(request))


@router.get("/{int:product_id}/", response=ProductOut, summary="Get a product")
def get_product(request: HttpRequest, product_id: int) -> Product:
    return products.get(product_id)


@router.put(
    "/{int:product_id}/", response=ProductOut, summary="Replace a product", openapi_extra=error_responses(409)
)
def replace_product(request: HttpRequest, product_id: int, product: ProductReplacement) -> Product:
    """Fields left out get their defaults; PATCH leaves them alone. What GET gave can be sent back: `id` must be that of
    the path, `created_at` and `updated_at` are passed over."""
    check_same_id(product.id, product_id)
    return products.change(product_id, **product.model_dump(exclude=READ_ONLY))


@router.patch(
    "/{int:product_id}/", response=ProductOut, summary="Update a product", openapi_extra=error_responses(409)
)
def change_product(request: HttpRequest, product_id: int, product: ProductPatch) -> Product:
    """Only the fields sent change. The same values again leave `updated_at` as it is. Of what GET gave, `id` must be
    that of the path, `created_at` and `updated_at` are passed over."""
    check_same_id(product.id, product_id)
    return products.change(product_id, **product.model_dump(exclude=READ_ONLY, exclude_unset=True))


@router.delete("/{int:product_id}/", response={204: None}, summary="Delete a product")
def delete_product(request: HttpRequest, product_id: int) -> Status[None]:
    products.remove(product_id)
    return Status(204, None)


def download(chosen: ProductQuerySet, kind: Format, holder: str | None) -> StreamingHttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="products.{kind}"'}
    media_type = f"{MEDIA_TYPES[kind]}; charset=utf-8"
    return StreamingHttpResponse(Export(chosen, kind, holder), content_type=media_type, headers=headers)


def url_of(request: HttpRequest) -> str:
    """The address asked for, in the spelling that the documentation has: with a slash at the end of the path."""
    return request.build_absolute_uri(f"{request.path.rstrip('/')}/?{request.META.get('QUERY_STRING', '')}")
