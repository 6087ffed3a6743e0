"""The schemas of what an import changes, and of the query for it."""

from typing import Literal

from pydantic import BaseModel, Field

from imports.schemas import OF_SHEETS, is_empty
from lib import limits

Kind = Literal["created", "updated", "deactivated", "superseded"]
Flag = Literal["new_at_zero", "large_price_change", "goes_inactive"]
ChangeOrder = Literal["line", "price_change"]


class FieldChange(BaseModel):
    field: str = Field(examples=["price"])
    before: str | bool | None = Field(description="null for a new product.", examples=["19.99"])
    after: str | bool | None = Field(examples=["24.99"])


class Change(BaseModel):
    kind: Kind
    line: int | None = Field(description="The line of the file; null for a product missing from it.")
    sku: str | None = Field(examples=["SKU001"])
    product_id: int | None
    superseded_by: int | None = Field(description="The line of the row that replaced this one.")
    sheet: str = Field("", exclude_if=is_empty, description=f"The worksheet of the row. {OF_SHEETS}")
    superseded_by_sheet: str = Field(
        "", exclude_if=is_empty, description="The worksheet of the row that replaced this one."
    )
    fields: list[FieldChange]


class ChangePage(BaseModel):
    count: int
    next: str | None
    previous: str | None
    results: list[Change]


class ChangeQuery(BaseModel):
    page: int = Field(1, ge=1, le=10**9)
    page_size: int = Field(100, ge=1, le=500)
    kind: Kind | None = None
    flag: Flag | None = Field(
        None, description="What a person should know before confirming, as the preview and the job count it."
    )
    sku: str = Field(
        "",
        max_length=limits.SKU_MAX_CHARACTERS_WRITTEN,
        # PostgreSQL stores no NUL.
        pattern=r"^[^\x00]*$",
        description="A SKU or its beginning, in any case. Duplicates of an import that ran are not found by it.",
    )
    order: ChangeOrder = Field(
        "line",
        description="`price_change` lists the largest moves of a price first, in proportion to the old price.",
    )
