"""The schemas of an inspection: how a file would be read, and what is unclear about it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from imports.schemas import JobColumn, Warning


class InspectedColumn(JobColumn):
    number: int = Field(description="Counts from 1.")
    samples: list[str] = Field(description="The first five different values.", examples=[["12,50", "9,90"]])


class InspectedSheet(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    name: str
    last_row: int | None = Field(description="As the workbook tells it; null if it does not.")
    header_line: int
    header: list[str]
    has_same_columns: bool = Field(
        description="Whether it has the columns of `sheet`, so that `other_sheets=import` imports it too."
    )
    is_imported: bool


class Candidate(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    number: int
    key: str = Field(description="Names the column in the option `mapping`, or the sheet in `sheet`.")
    header: str
    reason: str = Field(examples=["Its values look like prices."])
    samples: list[str]


class Question(BaseModel):
    """Something that the file leaves open. An upload is refused until it is answered."""

    model_config = ConfigDict(from_attributes=True)

    field: str = Field(description="The field without a column, or `sheet`.", examples=["price"])
    message: str
    candidates: list[Candidate] = Field(
        description="The likeliest first; empty if no column looks like the field."
    )


class FittingProfile(BaseModel):
    """A saved profile that fits the header of a file."""

    id: int
    name: str = Field(examples=["Nordwind"])
    version: int
    fits: Literal["same header", "has its columns"] = Field(
        description="The file has the header that the profile was made from, or at least the columns it maps to fields."
    )


class Inspection(BaseModel):
    """How a file would be read."""

    model_config = ConfigDict(from_attributes=True)

    format: Literal["csv", "xlsx"]
    packing: Literal["", "gzip", "zip"]
    encoding: str = Field(examples=["utf-8"])
    encoding_confidence: float = Field(ge=0, le=1)
    delimiter: str = Field(examples=[";"])
    delimiter_confidence: float = Field(
        ge=0, le=1, description="The share of the first rows that fit the header with this delimiter."
    )
    decimal: Literal["", ".", ","] = Field(
        description="The decimal mark that the first prices show; empty if they show none, or both."
    )
    sheet: str = Field(
        description="The worksheet that would be read, or the first one; empty for a text file."
    )
    sheets: list[InspectedSheet]
    header_line: int
    recipe: str = Field(description="The recipe it would be read by; empty for none.", examples=["shopify"])
    profiles: list[FittingProfile] = Field(
        default=[], description="The saved profiles that fit the header, the best first; ten at most."
    )
    columns: list[InspectedColumn]
    questions: list[Question]
    warnings: list[Warning]
