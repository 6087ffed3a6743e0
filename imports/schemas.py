"""The schemas of jobs and their errors: what the API, event streams, the command line and the console read.

A schema takes its fields from a model by their names. A new field of a job is one line here, if the job has it."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    AliasGenerator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
)

from imports.matching.columns import Reason
from imports.models import Phase, Status
from imports.options import Options, check_length, check_storable
from lib import limits

EXAMPLE_ID = "0b0f6c0e-5c55-4b0a-9d0e-0a3f1f3f7c11"
NEW_AT_ZERO = "New products with the price 0.00."
LARGE_PRICE_CHANGE = "Updated products whose price moves by more than half of the old one, up or down."
GOES_INACTIVE = "Updated products that the file sets to inactive."


def at_the_time(measure: Callable[[datetime], object], info: ValidationInfo[dict[str, datetime]]) -> object:
    """What depends on the time is a method of the job; the context has the time."""
    return measure(info.context["now"])


AtTheTime = BeforeValidator(at_the_time)


def is_empty(text: str) -> bool:
    return not text


OF_SHEETS = "Only if the import reads several worksheets as one, of which `line` is a row."


class UploadAccepted(BaseModel):
    job_id: UUID = Field(examples=[EXAMPLE_ID])
    message: str = Field(examples=["Upload started successfully"])


class JobError(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    row: int | None = Field(
        description="Counts records from 1 after the header; null for an error of the file, and for a row found invalid "
        "after staging if the stored file could not be read again."
    )
    line: int | None = Field(description="The line of the file in which the record starts.")
    sheet: str = Field("", exclude_if=is_empty, description=f"The worksheet of the record. {OF_SHEETS}")
    column: str | None = Field(description="null for an error of a whole row or file.")
    code: str = Field(examples=["price.invalid"])
    message: str = Field(examples=["'abc' is not a price."])
    value: str | None = Field(examples=["abc"])


class Warning(BaseModel):
    column: str | None = Field(description="null for a warning about the whole file.")
    code: str = Field(examples=["header.unknown"])
    message: str


class JobFile(BaseModel):
    model_config = ConfigDict(
        from_attributes=True, alias_generator=AliasGenerator(validation_alias="file_{}".format)
    )

    bytes: int
    sha256: str
    encoding: str = Field(examples=["utf-8"])
    delimiter: str = Field(examples=[","])
    sheet: str = Field(description="The worksheet; empty for a text file.", examples=["Price list"])
    sheets: list[str] = Field(
        description="The worksheets that are read as one, in this order: `sheet`, and with `other_sheets=import` those with the "
        "same columns. Empty for a text file.",
        examples=[["Price list"]],
    )
    header_line: int = Field(description="The line of the header.", examples=[1])
    recipe: str = Field(description="The recipe it is read by; empty for none.", examples=["shopify"])


class JobProfile(BaseModel):
    """The profile and the version of it that a job ran with."""

    model_config = ConfigDict(from_attributes=True)

    name: str = Field(examples=["Nordwind"])
    version: int = Field(validation_alias="number", examples=[3])


class JobColumn(BaseModel):
    """How a column of the file is read."""

    model_config = ConfigDict(from_attributes=True)

    header: str = Field(examples=["VK brutto"])
    field: str | None = Field(description="null for a column that is ignored.", examples=["price"])
    reason: Reason = Field(
        description="What decided: the option `mapping`; the `profile`; the `recipe`; its name; its name together with its values; `ignored` by the mapping; "
        "a `note` (its name starts with `_`); `other`, known to be about something else; `unknown`."
    )
    confidence: float = Field(ge=0, le=1, description="1 is certain.")


class JobUndo(BaseModel):
    """The undo of an import. A worker carries it out when it is its turn among the imports."""

    model_config = ConfigDict(
        from_attributes=True, alias_generator=AliasGenerator(validation_alias="undo_{}".format)
    )

    status: Literal["pending", "processing", "completed", "failed"]
    progress: int = Field(ge=0, le=100, description="A whole percentage that never falls.")
    requested_at: datetime
    failure_code: str = Field(description="Empty unless it failed.", examples=["undo.crash_loop"])
    failure_message: str


class Preview(BaseModel):
    """What a preview would change."""

    created: int
    updated: int
    unchanged: int
    superseded: int
    errors: int
    deactivated: int
    new_at_zero: int | None = Field(
        description=f"{NEW_AT_ZERO} null for a preview from before they were counted."
    )
    large_price_change: int | None = Field(description=LARGE_PRICE_CHANGE)
    goes_inactive: int | None = Field(description=GOES_INACTIVE)


class JobOptions(Options):
    """All options of a job, with the mapping as an object instead of text."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    mapping: dict[str, str] = Field(
        default_factory=dict,
        description="From headers of the file to fields.",
        examples=[{"Artikelnr": "sku"}],
    )


class ChosenOptions(Options):
    """Options to change."""

    mapping: Annotated[dict[str, str], AfterValidator(check_length), AfterValidator(check_storable)] = Field(
        default_factory=dict,
        max_length=limits.MAPPING_MAX_HEADERS,
        description="From headers of the file to fields, instead of the mapping of the job.",
        examples=[{"Artikelnr": "sku"}],
    )


class JobSummary(BaseModel):
    """A job without its errors, as lists and event streams have it."""

    model_config = ConfigDict(from_attributes=True)

    job_id: UUID = Field(validation_alias="pk", examples=[EXAMPLE_ID])
    filename: str
    status: Status
    total_rows: int = Field(description="While the file is being read: the rows read so far.")
    processed_rows: int
    success_count: int
    error_count: int
    listed_count: int = Field(
        description="Rejected rows that `errors` and errors.csv list: the first 10,000, and none once they were deleted, "
        "`IMPORT_KEEP_FILES_DAYS` after the end."
    )
    progress: int = Field(ge=0, le=100, description="A whole percentage that never falls.")
    started_at: datetime | None
    completed_at: datetime | None
    created_at: datetime
    phase: Phase
    created_count: int
    updated_count: int
    unchanged_count: int
    superseded_count: int
    rows_per_second: Annotated[int, AtTheTime]
    eta_seconds: Annotated[int | None, AtTheTime] = Field(
        description="null until an estimate is available, and once the job has ended."
    )
    deactivated_count: int = Field(description="Products missing from the file, with the mode sync.")
    new_at_zero_count: int = Field(description=NEW_AT_ZERO)
    large_price_change_count: int = Field(description=LARGE_PRICE_CHANGE)
    goes_inactive_count: int = Field(description=GOES_INACTIVE)
    dry_run: bool = Field(validation_alias="waits_for_confirmation")
    preview: Preview | None = Field(description="What a preview would change; null for other jobs.")
    expires_at: datetime | None = Field(description="A preview that is ready can be confirmed until then.")
    confirmed_at: datetime | None
    cancel_requested: bool
    options: JobOptions
    retry_of: UUID | None = Field(
        validation_alias="retry_of_id", description="The job that this one retries."
    )
    profile: JobProfile | None = Field(
        validation_alias="profile_version",
        description="null without a profile, and once the profile is deleted. `options` and `columns` say what it settled.",
    )
    corrects: UUID | None = Field(
        validation_alias="corrects_id", description="The job whose file this one has corrected."
    )
    undo: JobUndo | None = Field(description="null until an undo of the import is requested.")
    undone_at: datetime | None = Field(description="When the undo was complete.")
    reverted_count: int = Field(description="Products that undoing the import restored or deleted so far.")
    kept_count: int = Field(
        description="Products that undoing kept so far, because they changed after the import."
    )
    file: JobFile
    warnings: list[Warning]


class Job(JobSummary):
    columns: list[JobColumn] = Field(validation_alias="file_columns")
    errors: list[JobError] = Field(
        description="The first 100. /jobs/{job_id}/errors lists those of `listed_count` rows."
    )


class JobPage(BaseModel):
    count: int
    next: str | None
    previous: str | None
    results: list[JobSummary]


class ErrorPage(BaseModel):
    count: int
    next: str | None
    previous: str | None
    results: list[JobError]


class JobQuery(BaseModel):
    page: int = Field(1, ge=1, le=10**9)
    page_size: int = Field(50, ge=1, le=500)
    status: Status | None = None


class ErrorQuery(BaseModel):
    page: int = Field(1, ge=1, le=10**9)
    page_size: int = Field(100, ge=1, le=500)
