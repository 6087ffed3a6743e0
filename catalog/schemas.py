"""Products as requests and answers carry them: shapes only, for catalog.api.

What a field may hold is said in catalog.validation; pydantic turns its errors into the API's 422."""

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

from catalog.export import Format
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

T = TypeVar("T")

PAGE_SIZE_MAX = 500
PAGE_MAX = 10**12
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
            # The message goes in as a value: it quotes what the client sent, braces and all.
            raise PydanticCustomError(error.code, "{message}", {"message": error.message}) from None

    return BeforeValidator(validate)


def blank_is_none(value: object) -> object:
    """A form sends its empty fields too; they filter nothing."""
    return None if value == "" else value


def without_default(schema: JsonDict) -> None:
    schema.pop("default", None)


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
    """A whole product: what is left out gets its default."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": EXAMPLE})

    sku: Sku
    name: Name
    description: Description = ""
    price: PriceIn = Decimal("0.00")
    is_active: IsActive = True


class Told(BaseModel):
    """What answers have beside the fields of a product."""

    id: read_only.OwnId = None
    created_at: read_only.Time = None
    updated_at: read_only.Time = None


READ_ONLY = set(Told.model_fields)


class ProductReplacement(Told, ProductIn):
    """A whole product, as GET gives it: what is left out gets its default."""


class ProductPatch(Told):
    """The fields to change: what is left out stays as it is."""

    # None is a value that a client could send, so these defaults stand for "not sent" and are never read.

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
    price: PriceOut = Field(description="Always with two decimals.")
    is_active: bool
    created_at: datetime
    updated_at: datetime


class ProductPage(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    count: int = Field(description="How many products match, on all pages together; exact.")
    next: str | None = Field(description="The address of the next page.")
    previous: str | None = Field(description="The address of the page before.")
    results: list[ProductOut]


class Deleted(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={"example": {"deleted": 450, "message": "Deleted 450 products."}}
    )

    deleted: int
    message: str


class ProductFilters(BaseModel):
    """Which products, and in which order."""

    ordering: Ordering = Field("id", description="The id breaks ties. A minus turns the order around.")
    sku: SearchText | None = Field(None, description="Part of the SKU, in any case.")
    name: SearchText | None = Field(None, description="Part of the name, in any case.")
    q: SearchText | None = Field(None, description="Part of the name or of the SKU, in any case.")
    is_active: Annotated[bool | None, BeforeValidator(blank_is_none)] = None
    price_min: Annotated[PriceIn | None, BeforeValidator(blank_is_none)] = None
    price_max: Annotated[PriceIn | None, BeforeValidator(blank_is_none)] = None
    updated_since: Annotated[Moment | None, BeforeValidator(blank_is_none)] = Field(
        None, description="Changed at or after this time; UTC, unless it says otherwise."
    )


class ProductQuery(ProductFilters):
    """The query of the list."""

    page: int = Field(
        1,
        ge=1,
        le=PAGE_MAX,
        description=f"Reaches the first {PAGE_DEPTH_MAX:,} products; `next` leads on from there by a cursor.",
    )
    page_size: int = Field(PAGE_SIZE, ge=1, le=PAGE_SIZE_MAX)
    cursor: str | None = Field(
        None,
        max_length=CURSOR_LENGTH_MAX,
        description="For lists too long for numbers: empty to begin, then as `next` and `previous` have it.",
    )


class ExportQuery(ProductFilters):
    """The query of an export."""

    format: Format = Field(
        "csv", description="`csv` has the columns of an upload; `jsonl` a product a line, as the list has it."
    )
