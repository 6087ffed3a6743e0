"""Schemas of webhooks and deliveries in requests and responses."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from hooks.deliveries import PAGE_SIZE
from hooks.models import DESCRIPTION_MAX_LENGTH, IN_FLIGHT_DEFAULT, IN_FLIGHT_MAX, RATE_MAX, DeliveryStatus
from hooks.outbox import SUBSCRIBABLE
from lib import read_only
from lib.moments import Moment
from lib.openapi import without_default
from lib.pagination import PAGE_MAX

PAGE_SIZE_MAX = 500
ID_MAX = 2**63 - 1
EXAMPLE: JsonDict = {
    "url": "https://example.com/webhook",
    "event_types": ["product.created", "product.updated"],
    "is_enabled": True,
}


def check_event_type(value: object) -> object:
    if value not in SUBSCRIBABLE:
        detail = f"Unknown event type. Use one of {', '.join(SUBSCRIBABLE)}."
        raise PydanticCustomError("event_types.unknown", "{detail}", {"detail": detail})
    return value


ProductEvent = Literal["product.created", "product.updated", "product.deleted"]
Subscription = Annotated[
    str, BeforeValidator(check_event_type), WithJsonSchema({"type": "string", "enum": list(SUBSCRIBABLE)})
]
EventTypes = Annotated[
    list[Subscription],
    Field(
        min_length=1,
        max_length=10,
        description="The events to send. `product.*` is every product event, `*` every event, including future types. "
        "`import.completed` is sent for imports uploaded with `events=summary`.",
    ),
]
Description = Annotated[str, Field(max_length=DESCRIPTION_MAX_LENGTH)]
Headers = Annotated[
    dict[str, str],
    Field(
        description="Custom headers of every delivery, for example `Authorization`. Responses show secret values as `***`; "
        "send `***` back to keep the stored value.",
    ),
]
InFlight = Annotated[int, Field(ge=1, le=IN_FLIGHT_MAX, description="The maximum of concurrent deliveries.")]
Rate = Annotated[
    Annotated[int, Field(ge=1, le=RATE_MAX)] | None,
    Field(description="The maximum of deliveries per second; null for no limit."),
]
WHSEC_FORMAT = "`whsec_` followed by 24 to 64 random bytes in base64 (Standard Webhooks)."


class WebhookIn(BaseModel):
    """A complete webhook. Omitted fields get their defaults."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"example": EXAMPLE})

    url: str
    event_types: EventTypes
    is_enabled: bool = True
    description: Description = ""
    headers: Headers = {}
    max_in_flight: InFlight = IN_FLIGHT_DEFAULT
    rate_per_second: Rate = None


class NewWebhook(WebhookIn):
    secret: str | None = Field(
        None, description=f"A signing secret of your own: {WHSEC_FORMAT} Generated if omitted."
    )


class ReadOnlyFields(BaseModel):
    """The read-only fields of a response, which are accepted and ignored in requests."""

    id: read_only.OwnId = None
    disabled_at: read_only.TimeOrNull = None
    disabled_reason: read_only.Text = None
    health: read_only.Facts = None
    created_at: read_only.Time = None
    updated_at: read_only.Time = None


READ_ONLY = set(ReadOnlyFields.model_fields)


class WebhookReplacement(ReadOnlyFields, WebhookIn):
    """A complete webhook, in the form of GET. Omitted fields get their defaults."""


class WebhookPatch(ReadOnlyFields):
    """The fields to change. Omitted fields stay as they are."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"example": {"is_enabled": False}}
    )

    url: str = Field("", json_schema_extra=without_default)
    event_types: EventTypes = Field([], json_schema_extra=without_default)
    is_enabled: bool = Field(True, json_schema_extra=without_default)
    description: Description = Field("", json_schema_extra=without_default)
    headers: Headers = Field({}, json_schema_extra=without_default)
    max_in_flight: InFlight = Field(IN_FLIGHT_DEFAULT, json_schema_extra=without_default)
    rate_per_second: Rate = Field(None, json_schema_extra=without_default)


class HealthOut(BaseModel):
    state: Literal["healthy", "open", "disabled"] = Field(
        description="`open`: after ten failures in a row the circuit breaker only lets single probes through; `disabled`: no "
        "events are sent."
    )
    consecutive_failures: int = 0
    failing_since: datetime | None = None
    last_success_at: datetime | None = None
    next_probe_at: datetime | None = None


class WebhookOut(BaseModel):
    id: int
    url: str = Field(
        description="Without the permission to change webhooks, the query and all header values are shown as `***`."
    )
    event_types: list[str]
    is_enabled: bool
    description: str
    headers: dict[str, str]
    max_in_flight: int
    rate_per_second: int | None
    disabled_at: datetime | None = Field(description="When it was disabled automatically after failures.")
    disabled_reason: str
    health: HealthOut
    created_at: datetime
    updated_at: datetime


class WebhookWithSecret(WebhookOut):
    secret: str = Field(description=f"Only shown in this response. {WHSEC_FORMAT}")


class WebhookPage(BaseModel):
    count: int
    next: str | None
    previous: str | None
    results: list[WebhookOut]


class Rotation(BaseModel):
    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"example": {"overlap_hours": 24}}
    )

    overlap_hours: int = Field(
        24,
        ge=0,
        le=168,
        description="How long deliveries are also signed with the old secret; 0 revokes it at once.",
    )
    secret: str | None = Field(
        None, description=f"A secret of your own: {WHSEC_FORMAT} Generated if omitted."
    )


class TestResult(BaseModel):
    success: bool
    status_code: int | None = Field(description="null without a response.")
    response_time_ms: int
    error: str | None = Field(description="The error message; null on success.")
    error_code: str | None = Field(examples=["connect.refused"])
    response_body: str | None = Field(description="The first 8 KiB; null without a response.")


class DeliveryOut(BaseModel):
    id: int
    webhook_id: int
    event_id: str = Field(
        description="The value of the header webhook-id.", examples=["evt_0b0f6c0e5c554b0a9d0e0a3f1f3f7c11"]
    )
    event_type: str
    object_id: int | None = Field(description="The id of the product; null for other events.")
    status: DeliveryStatus
    attempt_count: int
    next_attempt_at: datetime | None = Field(description="null once it is delivered or failed.")
    status_code: int | None = Field(description="Of the last attempt, like the next two fields.")
    error_code: str | None
    response_time_ms: int | None
    occurred_at: datetime
    completed_at: datetime | None


class AttemptOut(BaseModel):
    number: int
    started_at: datetime
    response_time_ms: int
    status_code: int | None
    error_code: str | None
    error: str | None
    response_headers: dict[str, str]
    response_body: str
    truncated: bool = Field(description="The response was longer, or incomplete.")
    is_manual: bool = Field(description="Requested by a person.")


class DeliveryDetail(DeliveryOut):
    payload: dict[str, object]
    body: str = Field(description="The payload exactly as it was signed and sent.")
    attempts: list[AttemptOut]


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


class TestQuery(BaseModel):
    event_type: ProductEvent | Literal["webhook.test"] = Field(
        "webhook.test", description="The event type to send, with sample data."
    )


class TestEvent(TestQuery):
    """The same in the body, which takes precedence over the query."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"event_type": "product.created"}}
    )


class WebhookQuery(BaseModel):
    page: int = Field(1, ge=1, le=PAGE_MAX)
    page_size: int = Field(PAGE_SIZE, ge=1, le=PAGE_SIZE_MAX)


class DeliveryQuery(BaseModel):
    page_size: int = Field(PAGE_SIZE, ge=1, le=PAGE_SIZE_MAX)
    cursor: int | None = Field(None, ge=0, le=ID_MAX, description="From the `next` of a page.")
    status: DeliveryStatus | None = None
    event_type: str | None = Field(None, max_length=40)
    since: Moment | None = Field(None, description="Only events at or after this time.")
    until: Moment | None = Field(None, description="Only events before this time.")
