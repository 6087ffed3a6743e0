"""The schemas of statistics and time series, for the API and the charts of the console."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from lib.moments import Moment

Metric = Literal["imports", "rows", "deliveries", "failures", "latency"]
Bucket = Literal["hour", "day"]
EXAMPLE: JsonDict = {
    "total_products": 450,
    "active_products": 420,
    "recent_imports": 12,
    "configured_webhooks": 3,
    "total_events_sent": 2845,
    "failed_events": 23,
}


class StatsOut(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE})

    total_products: int
    active_products: int
    recent_imports: int = Field(description="Jobs created in the last 7 days.")
    configured_webhooks: int
    total_events_sent: int = Field(description="Deliveries accepted by an endpoint.")
    failed_events: int = Field(description="Deliveries that failed after all attempts.")


class DeliveriesOut(BaseModel):
    are_sent: bool
    held_because: str | None = Field(
        description="Why deliveries are paused: manually, or because this database is a copy."
    )


# Older times have no data and may be outside the calendar.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


def check_recorded(moment: datetime) -> datetime:
    if moment < EARLIEST:
        raise ValueError(f"should be a time from {EARLIEST.year} on")
    return moment


Recorded = Annotated[Moment, AfterValidator(check_recorded)]


class TimeseriesQuery(BaseModel):
    metric: Metric = Field(
        description="`imports` and `rows` are counted by upload time, `deliveries` and `failures` by completion time. "
        "`latency` is the time from the commit of a change to its acceptance by an endpoint, for a sample of the "
        "deliveries in each bucket."
    )
    bucket: Bucket = "hour"
    since: Recorded | None = Field(
        None,
        alias="from",
        description="UTC unless it has an offset. Default: 24 hours (by hour) or 30 days (by day) before `to`.",
    )
    until: Recorded | None = Field(
        None, alias="to", description="Default: now. Both ends are widened to whole buckets."
    )


class PointOut(BaseModel):
    at: datetime = Field(description="Start of the bucket.")
    values: dict[str, int | None] = Field(
        description="A number for each of `series`. A latency is null if nothing was accepted.",
        examples=[{"delivered": 120, "failed": 2}],
    )


class TimeseriesOut(BaseModel):
    metric: Metric
    unit: str = Field(description="`ms` for latencies, otherwise what is counted.", examples=["deliveries"])
    bucket: Bucket
    since: datetime = Field(serialization_alias="from")
    until: datetime = Field(serialization_alias="to")
    series: list[str] = Field(examples=[["delivered", "failed"]])
    points: list[PointOut] = Field(description="One per bucket, earliest first.")
