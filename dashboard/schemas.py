"""Figures as answers carry them: shapes only, for dashboard.api."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from dashboard.metrics.timeseries import Bucket, Metric
from lib.moments import Moment

EXAMPLE: JsonDict = {
    "total_products": 450,
    "active_products": 420,
    "recent_imports": 12,
    "configured_webhooks": 3,
    "total_events_sent": 2845,
    "failed_events": 23,
}


class StatsOut(BaseModel):
    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": EXAMPLE})

    total_products: int
    active_products: int
    recent_imports: int = Field(description="Jobs created in the last 7 days.")
    configured_webhooks: int
    total_events_sent: int = Field(description="Deliveries that a receiver has accepted.")
    failed_events: int = Field(description="Deliveries that were given up, and never accepted.")


class DeliveriesOut(BaseModel):
    are_sent: bool
    held_because: str | None = Field(
        description="Why none are sent: somebody paused them, or this database is a copy."
    )


# Before that nothing was recorded, and the calendar ends.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


def check_recorded(moment: datetime) -> datetime:
    if moment < EARLIEST:
        raise ValueError(f"should be a time from {EARLIEST.year} on")
    return moment


Recorded = Annotated[Moment, AfterValidator(check_recorded)]


class TimeseriesQuery(BaseModel):
    metric: Metric = Field(
        description="`imports` and `rows` go by when a file was uploaded, `deliveries` and `failures` by when they "
        "ended. `latency` is that from the commit of a change to its acceptance by a receiver, of a sample of the "
        "deliveries of each bucket."
    )
    bucket: Bucket = "hour"
    since: Recorded | None = Field(
        None,
        alias="from",
        description="UTC, unless it says otherwise. Left out: 24 hours or 30 days before `to`.",
    )
    until: Recorded | None = Field(
        None, alias="to", description="Left out: now. Both ends are widened to whole buckets."
    )


class PointOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    at: datetime = Field(description="When the bucket begins.")
    values: dict[str, int | None] = Field(
        description="A number for each of `series`; a latency is null where nothing was accepted.",
        examples=[{"delivered": 120, "failed": 2}],
    )


class TimeseriesOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    metric: Metric
    unit: str = Field(description="`ms` for latencies, else what is counted.", examples=["deliveries"])
    bucket: Bucket
    since: datetime = Field(serialization_alias="from")
    until: datetime = Field(serialization_alias="to")
    series: list[str] = Field(examples=[["delivered", "failed"]])
    points: list[PointOut] = Field(description="One for every bucket, the earliest first.")
