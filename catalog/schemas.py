"""The request and response schemas of products. catalog.validation has the rules of the fields."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from catalog.listing import PAGE_SIZE
from catalog.validation import FieldError, read_description, read_is_active, read_name, read_price, read_sku
from lib import read_only
from lib.limits import (
    CURSOR_LENGTH_MAX,
    DESCRIPTION_MAX_LENGTH,
    NAME_MAX_LENGTH,
    PAGE_DEPTH_MAX,
    SKU_MAX_LENGTH,
)
from lib.moments import Moment
from lib.openapi import without_default
from lib.pagination import PAGE_MAX

T = TypeVar("T")

PAGE_SIZE_MAX = 500
EXAMPLE: JsonDict = {
    "sku": "SKU001",
    "name": "Product 1",
    "description": "Description 1",
    "price": "29.99",
    "is_active": True,
}
STORED_EXAMPLE: JsonDict = {
    "id": 1,
    **EXAMPLE,
    "created_at": "2025-01-15T10:30:00Z",
    "updated_at": "2025-01-15T10:30:00Z",
}


def checked(read: Callable[[object], T]) -> BeforeValidator:
    def validate(value: object) -> T:
        try:
            return read(value)
        except FieldError as error:
            # The message is passed as a value, because it quotes the client's text, which may contain braces.
            raise PydanticCustomError(error.code, "{message}", {"message": error.message}) from None

    return BeforeValidator(validate)


def blank_is_none(value: object) -> object:
    """Empty filters, which forms send, are ignored."""
    return None if value == "" else value


Sku = Annotated[
    str,
    checked(read_sku),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": SKU_MAX_LENGTH}),
]
Name = Annotated[
    str,
    checked(read_name),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": NAME_MAX_LENGTH}),
]
Description = Annotated[
    str, checked(read_description), WithJsonSchema({"type": "string", "maxLength": DESCRIPTION_MAX_LENGTH})
]
PriceIn = Annotated[
    Decimal,
    checked(read_price),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "exclusiveMaximum": 10**10},
                {"type": "string", "pattern": r"^[0-9]{1,10}(\.[0-9]{1,2})?$"},
            ]
        }
    ),
]
IsActive = Annotated[bool, checked(read_is_active)]
PriceOut = Annotated[Decimal, PlainSerializer(lambda price: f"{price:.2f}", return_type=str)]
SearchText = Annotated[str, Field(max_length=NAME_MAX_LENGTH)]
Ordering = Literal[
    "id", "-id", "sku", "-sku", "name", "-name", "price", "-price",
    "created_at", "-created_at", "updated_at", "-updated_at",
]  # fmt: skip


class ProductIn(BaseModel):
    """A complete product; omitted fields get their defaults."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": EXAMPLE})

    sku: Sku
    name: Name
    description: Description = ""
    price: PriceIn = Decimal("0.00")
    is_active: IsActive = True


class ReadOnlyFields(BaseModel):
    """The read-only fields of a product, which requests may repeat."""

    id: read_only.OwnId = None
    created_at: read_only.Time = None
    updated_at: read_only.Time = None


READ_ONLY = set(ReadOnlyFields.model_fields)


class ProductReplacement(ReadOnlyFields, ProductIn):
    """A complete product, as GET returns it; omitted fields get their defaults."""


class ProductPatch(ReadOnlyFields):
    """The fields to change; omitted fields keep their values."""

    # A client could send null, so these defaults mean "not sent" and are never used.

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"price": "24.50"}})

    sku: Sku = Field("", json_schema_extra=without_default)
    name: Name = Field("", json_schema_extra=without_default)
    description: Description = Field("", json_schema_extra=without_default)
    price: PriceIn = Field(Decimal(0), json_schema_extra=without_default)
    is_active: IsActive = Field(True, json_schema_extra=without_default)


class ProductOut(BaseModel):
    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": STORED_EXAMPLE})

    id: int
    sku: str
    name: str
    description: str
    price: PriceOut = Field(description="Always has two decimals.")
    is_active: bool
    created_at: datetime
    updated_at: datetime


class ProductPage(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    count: int = Field(description="The exact number of matching products on all pages.")
    next: str | None = Field(description="The URL of the next page.")
    previous: str | None = Field(description="The URL of the previous page.")
    results: list[ProductOut]


class Deleted(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={"example": {"deleted": 450, "message": "Deleted 450 products."}}
    )

    deleted: int
    message: str


class ProductFilters(BaseModel):
    """Filters and order of the list."""

    ordering: Ordering = Field("id", description="A minus reverses the order. Ties are ordered by id.")
    sku: SearchText | None = Field(None, description="Part of the SKU, ignoring case.")
    name: SearchText | None = Field(None, description="Part of the name, ignoring case.")
    q: SearchText | None = Field(
        None, description="Words that the name or the SKU contains, in any order, ignoring case and accents."
    )
    is_active: Annotated[bool | None, BeforeValidator(blank_is_none)] = None
    price_min: Annotated[PriceIn | None, BeforeValidator(blank_is_none)] = None
    price_max: Annotated[PriceIn | None, BeforeValidator(blank_is_none)] = None
    updated_since: Annotated[Moment | None, BeforeValidator(blank_is_none)] = Field(
        None, description="Updated at or after this time; UTC unless it has an offset."
    )


class ProductQuery(ProductFilters):
    """The query of the product list."""

    page: int = Field(
        1,
        ge=1,
        le=PAGE_MAX,
        description=f"Page numbers reach the first {PAGE_DEPTH_MAX:,} products; beyond them, `next` continues with a cursor.",
    )
    page_size: int = Field(PAGE_SIZE, ge=1, le=PAGE_SIZE_MAX)
    cursor: str | None = Field(
        None,
        max_length=CURSOR_LENGTH_MAX,
        description="For long lists: start with an empty cursor, then follow `next` and `previous`.",
    )


class ExportQuery(ProductFilters):
    """The query of an export."""

    format: Literal["csv", "csv-eu", "xlsx", "jsonl"] = Field(
        "csv",
        description="`csv`, `csv-eu` and `xlsx` have the columns of an upload. `csv-eu` has semicolons and decimal commas, as "
        "Excel expects them in most of Europe; `xlsx` is an Excel workbook. `jsonl` has one product per line, as in the list.",
    )
