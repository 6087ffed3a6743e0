"""Schemas of deliveries, test events and recoveries in requests and responses. Those of responses take their fields from the
models."""

import json
from datetime import datetime
from typing import Annotated, Literal

from pydantic import (
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

from hooks.deliveries import PAGE_SIZE, PAGE_SIZE_MAX
from hooks.models import DeliveryStatus
from lib.moments import Moment

ID_MAX = 2**63 - 1


def blank_as_null(text: str) -> str | None:
    return text or None


BlankAsNull = Annotated[str | None, BeforeValidator(blank_as_null)]
ProductEvent = Literal["product.created", "product.updated", "product.deleted"]


class TestQuery(BaseModel):
    event_type: ProductEvent | Literal["webhook.test"] = Field(
        "webhook.test", description="The event type to send, with sample data."
    )


class TestEvent(TestQuery):
    """The same in the body, which takes precedence over the query."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"event_type": "product.created"}}
    )


class TestResult(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    success: bool = Field(validation_alias="succeeded")
    status_code: int | None = Field(description="null without a response.")
    response_time_ms: int = Field(validation_alias="duration_ms")
    error: BlankAsNull = Field(description="The error message; null on success.")
    error_code: BlankAsNull = Field(examples=["connect.refused"])
    response_body: str | None = Field(description="The first 8 KiB; null without a response.")

    @field_validator("response_body")
    @classmethod
    def only_of_a_response(cls, body: str | None, info: ValidationInfo) -> str | None:
        return None if info.data["status_code"] is None else body


class DeliveryQuery(BaseModel):
    page_size: int = Field(PAGE_SIZE, ge=1, le=PAGE_SIZE_MAX)
    cursor: int | None = Field(None, ge=0, le=ID_MAX, description="From the `next` of a page.")
    status: DeliveryStatus | None = None
    event_type: str | None = Field(None, max_length=40)
    since: Moment | None = Field(None, description="Only events at or after this time.")
    until: Moment | None = Field(None, description="Only events before this time.")


class DeliveryOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    webhook_id: int
    event_id: str = Field(
        validation_alias=AliasPath("event", "message_id"),
        description="The value of the header webhook-id.",
        examples=["evt_0b0f6c0e5c554b0a9d0e0a3f1f3f7c11"],
    )
    event_type: str = Field(validation_alias=AliasPath("event", "event_type"))
    object_id: int | None = Field(
        validation_alias=AliasPath("event", "object_id"),
        description="The id of the product; null for other events.",
    )
    status: DeliveryStatus
    attempt_count: int = Field(validation_alias="attempts")
    next_attempt_at: datetime | None = Field(description="null once it is delivered or failed.")
    status_code: int | None = Field(description="Of the last attempt, like the next two fields.")
    error_code: BlankAsNull
    response_time_ms: int | None = Field(validation_alias="duration_ms")
    occurred_at: datetime = Field(validation_alias=AliasPath("event", "occurred_at"))
    completed_at: datetime | None

    @field_validator("next_attempt_at")
    @classmethod
    def only_while_pending(cls, at: datetime | None, info: ValidationInfo) -> datetime | None:
        return at if info.data["status"] == DeliveryStatus.PENDING else None


class AttemptOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    number: int
    started_at: datetime
    response_time_ms: int = Field(validation_alias="duration_ms")
    status_code: int | None
    error_code: BlankAsNull
    error: BlankAsNull
    response_headers: dict[str, str]
    response_body: str
    truncated: bool = Field(description="The response was longer, or incomplete.")
    is_manual: bool = Field(description="Requested by a person.")


class DeliveryDetail(DeliveryOut):
    payload: Annotated[dict[str, object], BeforeValidator(json.loads)] = Field(
        validation_alias=AliasPath("event", "body")
    )
    body: str = Field(
        validation_alias=AliasPath("event", "body"),
        description="The payload exactly as it was signed and sent.",
    )
    attempts: list[AttemptOut] = Field(validation_alias="all_attempts")


class DeliveryPage(BaseModel):
    next: str | None
    results: list[DeliveryOut]


class Recovery(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"since": "2025-01-15T10:30:00Z"}}
    )

    since: Moment
    until: Moment | None = Field(None, description="Now, if omitted.")


class RecoveryOut(BaseModel):
    since: datetime
    until: datetime
    message: str
