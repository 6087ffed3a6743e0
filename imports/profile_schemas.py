"""Schemas of profiles in requests and responses."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic.config import JsonDict

from imports.options import Options, check_length, check_storable
from imports.profiles import checked_name
from imports.schemas import EXAMPLE_ID, JobOptions
from lib import limits, read_only
from lib.openapi import without_default
from lib.pagination import PAGE_MAX

EXAMPLE: JsonDict = {"name": "Nordwind", "from_job": EXAMPLE_ID}


ProfileName = Annotated[
    str,
    AfterValidator(checked_name),
    WithJsonSchema(
        {
            "type": "string",
            "minLength": 1,
            "maxLength": limits.PROFILE_NAME_MAX_CHARACTERS,
            "examples": ["Nordwind"],
        }
    ),
]
Header = Annotated[
    list[str],
    Field(
        max_length=limits.HEADER_MAX_COLUMNS,
        description="The header that the options were settled for. A file with another one must have the columns that are "
        "mapped to fields.",
        examples=[["Artikelnr", "VK brutto"]],
    ),
]


class GivenOptions(Options):
    """Import options, with the mapping as an object. Those that are omitted keep their values."""

    mapping: Annotated[dict[str, str], AfterValidator(check_length), AfterValidator(check_storable)] = Field(
        default_factory=dict,
        max_length=limits.MAPPING_MAX_HEADERS,
        description="From headers of the file to fields.",
        examples=[{"Artikelnr": "sku", "VK brutto": "price"}],
    )

    def given(self) -> dict[str, object]:
        return self.model_dump(include=self.model_fields_set)


class NewProfile(BaseModel):
    """A complete profile. Omitted options get their defaults, or those of the job."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": EXAMPLE})

    name: ProfileName
    from_job: UUID | None = Field(
        None,
        description="Take the options and the header of this job, with every column as it was read. `options` beside it win.",
        examples=[EXAMPLE_ID],
    )
    options: GivenOptions = GivenOptions()
    header: Header | None = None


class ReadOnlyFields(BaseModel):
    """The read-only fields of a response, which are accepted and ignored in requests."""

    id: read_only.OwnId = None
    version: read_only.Number = None
    created_at: read_only.Time = None
    saved_at: read_only.Time = None


class ProfileReplacement(ReadOnlyFields, NewProfile):
    """A complete profile, in the form of GET. Omitted options get their defaults, or those of the job."""


class ProfilePatch(ReadOnlyFields):
    """What to change. Omitted fields and options stay as they are."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"name": "Nordwind GmbH"}})

    name: ProfileName = Field("", json_schema_extra=without_default)
    from_job: UUID | None = Field(None, description="Take the options and the header of this job.")
    options: GivenOptions = Field(GivenOptions(), json_schema_extra=without_default)
    header: Header = Field([], json_schema_extra=without_default)


class VersionOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    version: int = Field(validation_alias="number", description="Counts from 1.")
    options: JobOptions
    header: list[str] = Field(description="The header that it was made from; empty if it is not known.")
    saved_at: datetime = Field(validation_alias="created_at")


class ProfileOut(BaseModel):
    """A profile, with its current version."""

    model_config = ConfigDict(from_attributes=True)

    id: int = Field(validation_alias="profile_id")
    name: str = Field(examples=["Nordwind"])
    version: int = Field(validation_alias="number", description="The number of its current version.")
    options: JobOptions
    header: list[str] = Field(description="The header that it was made from; empty if it is not known.")
    created_at: datetime = Field(validation_alias="begun_at")
    saved_at: datetime = Field(validation_alias="created_at", description="When the version was saved.")


class ProfilePage(BaseModel):
    count: int
    next: str | None
    previous: str | None
    results: list[ProfileOut]


class VersionPage(BaseModel):
    count: int
    next: str | None
    previous: str | None
    results: list[VersionOut]


class ProfileQuery(BaseModel):
    page: int = Field(1, ge=1, le=PAGE_MAX)
    page_size: int = Field(50, ge=1, le=200)
